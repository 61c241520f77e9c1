"""Whatever happens between a catalog and an account, in the end each has what is its own.

Hypothesis makes up catalogs, other people's objects and edits, faults of the server, kills, lost
states, renamed and moved keys.  After enough runs without faults the account is as the catalog
says where it is ours, untouched where it is not, and nothing is there twice.
"""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from reconciler.model import Ref, State
from reconciler.sandbox import Answer, Options, Request, Sandbox
from reconciler.sandbox.chaos import Chaos
from reconciler.state import raw_store
from tests.crash.program import Child, Program
from tests.crash.worlds import KEYS, NAMES, OPTIONS, PLURAL, TYPES, Others, Wanted
from tests.limits import HANG

FAULTS = {"500": 0.02, "502-before": 0.02, "502-after": 0.02, "reset-after": 0.02, "cut": 0.02}
QUICK = ["--grace", "0.3"]
PICK = st.integers(0, 7)
SEED = st.integers(0, 2**20)


def declared(kind: str, key: str, dice: random.Random) -> dict[str, Any]:
    """The fields of an object, from few words, so that they meet those of others."""

    def some(of: str) -> list[str]:
        return sorted(key for key in KEYS[of] if dice.random() < 0.4)

    name, place = dice.choice(NAMES), dice.choice((None, *KEYS["category"]))
    inside = {"category": place} if place else {}
    if kind == "category":
        return {"name": name, "parent": place}
    if kind == "attribute":
        type_ = TYPES[key.rstrip("12")]
        # Options are never taken away: values that hold them would have to go first.
        options = {"options": [*OPTIONS]} if type_ == "Pick List" else {}
        return {"label": name, "type": type_, **options}
    if kind == "attribute_group":
        return {"name": name, "attributes": some("attribute")}
    if kind == "resource":
        link = {"description": name, "link": "https://example.com/a"}
        return {**link, **inside, "collections": some("collection")}
    title = dice.choice((None, None, "S1", "S2", "S3", "S4"))
    return {
        "name": name,
        **({"additional_title": title} if title else {}),
        **({"variant_of": dice.choice(("c1", "c2", "c3"))} if key.startswith("v") else {}),
        **inside,
        "categories": some("category"),
        "attributes": {
            "text1": dice.choice((None, "t", "u & v")),
            "number1": dice.choice((1, 2)),
            "pick1": [dice.choice(OPTIONS)],
        },
    }


class Worlds(RuleBasedStateMachine):
    """One account, one catalog, one state."""

    program: Program

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="pxm-world-"))
        self.box = Sandbox(None, Options(rate_limit=None, open_access=True))
        self.box.start()
        self.wanted = Wanted(self.folder / "catalog")
        self.others = Others(self.box)
        self.settled = False

    def teardown(self) -> None:
        self.converge()
        self.box.stop()
        shutil.rmtree(self.folder)

    # --- the catalog ---

    @initialize(seed=SEED)
    def begin(self, seed: int) -> None:
        """Half of all that could be declared is."""
        self._rewrite(random.Random(seed), 24)

    def _meanwhile(self, seed: int) -> None:
        """What happens between two runs: a commit, and other people."""
        dice = random.Random(seed)
        self._rewrite(dice, dice.choice((0, 1, 3, 6)))
        for _ in range(dice.choice((0, 0, 1, 2))):
            self._edit(dice.randrange(8), dice.choice([*PLURAL]), dice.randrange(8))

    def _rewrite(self, dice: random.Random, number: int) -> None:
        for _ in range(number):
            kind = dice.choice((*PLURAL, "collection"))
            declare = (self._declare, kind, dice.choice(KEYS[kind]), dice)
            drop, rekey = (self._drop, kind, dice), (self._rekey, kind, dice)
            step, *given = dice.choice((declare, declare, declare, declare, drop, rekey))
            step(*given)

    def _declare(self, kind: str, key: str, dice: random.Random) -> None:
        """An object under a key, new or changed.  A near match is never meant."""
        body = {"key": key, "id": "new", **declared(kind, key, dice)}
        self.wanted.change(lambda: self.wanted.objects[kind].__setitem__(key, body))

    def _drop(self, kind: str, dice: random.Random) -> None:
        """An object leaves the catalog, with or without a word."""
        keys = [*self.wanted.objects[kind]]
        if not keys:
            return
        key = dice.choice(keys)
        line = [{"kind": kind, "key": key}] if dice.random() < 0.3 else []

        def dropped() -> None:
            del self.wanted.objects[kind][key]
            self.wanted.removed += line

        self.wanted.change(dropped)

    def _rekey(self, kind: str, dice: random.Random) -> None:
        """Another key, with `moved:` or without."""
        keys = [*self.wanted.objects[kind]]
        if not keys:
            return
        old = dice.choice(keys)
        new = dice.choice([key for key in KEYS[kind] if key.rstrip("123") == old.rstrip("123")])
        if new in keys:
            return
        line = {"kind": kind, "from": old, "to": new}

        def renamed() -> None:
            self.wanted.rename(kind, old, new)
            self.wanted.moved += [line] if dice.random() < 0.5 else []

        self.wanted.change(renamed)

    @rule(kind=st.sampled_from([*PLURAL]), pick=PICK)
    def let_go(self, kind: str, pick: int) -> None:
        """`removed:` with `destroy: false`: it stays, and is nobody's."""
        entries = self.state().entries
        keys = [key for key in self.wanted.objects[kind] if Ref(kind, key) in entries]
        if not self.settled or not keys:
            return
        key = keys[pick % len(keys)]

        def gone() -> None:
            del self.wanted.objects[kind][key]
            self.wanted.removed.append({"kind": kind, "key": key, "destroy": False})

        self.wanted.change(gone)
        if key not in self.wanted.objects[kind]:
            self.others.free.add(entries[Ref(kind, key)].id)
            self.apply()

    # --- other people ---

    @rule(kind=st.sampled_from([*PLURAL]), name=st.sampled_from(NAMES), inside=st.booleans())
    def others_put(self, kind: str, name: str, inside: bool) -> None:
        place = self.others.home if inside else None
        fields: dict[str, dict[str, Any]] = {
            "category": {"name": name, "parent_id": place},
            "attribute": {"label": name, "value_type": "Text"},
            "attribute_group": {"name": name},
            "collection": {
                "name": name,
                "parent_id": place,
                "direct_parent": [place] if place else [],
                "attributes": [{"id": self.others.note, "value": "n"}],
            },
            "resource": {"description": name, "link": "https://example.com/a"},
        }
        if not self._namesake(kind, fields[kind]):
            self.others.put(kind, **fields[kind])

    def _namesake(self, kind: str, fields: dict[str, Any]) -> bool:
        """Two of one name in one place are for a person to tell apart."""
        places = ("parent_id", "parent_topic_id", "value_type")
        title = {"attribute": "label", "resource": "description"}.get(kind, "name")

        def place(item: dict[str, Any]) -> tuple[Any, ...]:
            return (item.get(title), *(item.get(name) for name in places))

        return any(place(item) == place(fields) for item in self.box.all(kind))

    @rule(what=st.integers(0, 7), kind=st.sampled_from([*PLURAL]), pick=PICK)
    def others_edit(self, what: int, kind: str, pick: int) -> None:
        self._edit(what, kind, pick)

    def _edit(self, what: int, kind: str, pick: int) -> None:
        """One edit of an object that is ours by now."""
        others = self.others
        edits: tuple[Callable[[str], None], ...] = (
            others.join,
            others.leave,
            others.annotate,
            others.overwrite,
            others.carry_off,
        )
        kind = "collection" if what < len(edits) else kind
        ours = {entry.id for entry in self.state().entries.values()}
        items = [item for item in self.box.all(kind) if item["id"] in ours]
        if not items:
            return
        id_ = items[pick % len(items)]["id"]
        if what < len(edits):
            edits[what](id_)
        elif what == len(edits):
            others.drift(kind, id_, f"Drifted {pick}")
        elif kind in ("resource", "attribute_group") or self._is_leaf(kind, id_):
            others.delete(id_)

    def _is_leaf(self, kind: str, id_: str) -> bool:
        return kind == "collection" and not any(
            item["parent_topic_id"] == id_ for item in self.box.all("collection")
        )

    # --- runs ---

    @rule(seed=SEED)
    def run_undisturbed(self, seed: int) -> None:
        self._meanwhile(seed)
        self.settled = self.apply() == 0

    @rule(seed=st.integers(0, 1000))
    def run_with_faults(self, seed: int) -> None:
        self._meanwhile(seed)
        self.box.app.chaos = Chaos(FAULTS, seed)
        self.settled = self.apply() == 0
        self.box.app.chaos = Chaos({}, 0)

    @rule(seed=SEED, at=st.integers(10, 60), after=st.booleans())
    def run_killed(self, seed: int, at: int, after: bool) -> None:
        self._meanwhile(seed)
        count = [0]
        child: list[Child] = []
        living = threading.Event()

        def kill(_: Request) -> Answer | None:
            count[0] += 1
            if count[0] < at:
                return None
            living.wait(HANG)
            child[0].signal(signal.SIGKILL)
            return Answer(drop=True)

        (self.box.on_answer if after else self.box.on_request)(kill)
        child.append(self.start())
        living.set()
        code = child[0].wait()
        self.box.on_answer(None)
        self.box.on_request(None)
        self.settled = code == 0
        self.others.seen(self.state())

    @rule(
        seed=SEED,
        at=st.integers(8, 60),
        what=st.integers(0, 7),
        kind=st.sampled_from([*PLURAL]),
        pick=PICK,
    )
    def run_while_others_edit(self, seed: int, at: int, what: int, kind: str, pick: int) -> None:
        self._meanwhile(seed)
        count = [0]

        def edit(_: Request) -> None:
            count[0] += 1
            if count[0] == at:
                self._edit(what, kind, pick)

        self.box.on_request(edit)
        self.settled = self.apply() == 0
        self.box.on_request(None)

    @rule()
    def lose_the_state(self) -> None:
        for path in self.folder.glob("state.db*"):
            path.unlink()
        self.others.lost()
        self.settled = False

    def state(self) -> State:
        with raw_store("file:state.db", root=self.folder) as store:
            return store.load()

    def start(self) -> Child:
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "PXM_TOKEN": "t",
            "PXM_BASE_URL": self.box.url,
            "PXM_STATE": "file:state.db",
        }
        command = ["apply", "--yes", "--new-state", *QUICK]
        self.output.write_text("")
        return self.program.start([command], self.folder, env, self.output)

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def apply(self) -> int:
        code = self.start().wait()
        self.others.seen(self.state())
        note(self.output.read_text())
        return code

    # --- the end ---

    def converge(self) -> None:
        """Runs without faults until all is done; what only a person can settle is settled."""
        for _ in range(6):
            code = self.apply()
            if code == 0:
                break
            self._settle_by_hand(self.output.read_text())
        said = self.output.read_text()
        assert code == 0, said
        assert self.apply() == 0
        assert "No changes." in self.output.read_text(), self.output.read_text()
        state = self.state()
        wrong = [*self.others.complaints(state), *self.differences(state)]
        assert not wrong, "\n".join([*wrong, said])

    def _settle_by_hand(self, said: str) -> None:
        """Where several objects match one of theirs goes, and theirs leave what is to leave."""
        if "the state holds both" in said:
            # Its old object has left in the same commit: then this is no rename.
            self.wanted.change(self.wanted.moved.clear)
            return
        doubtful = {
            id_
            for line in said.splitlines()
            if "live objects match" in line
            for id_ in {*self.others.theirs, *self.others.free}
            if id_ in line
        }
        if doubtful:
            self.others.delete(min(doubtful))
            return
        entries = self.state().entries.items()
        going = {entry.id for ref, entry in entries if ref.key not in self.wanted.objects[ref.kind]}
        self.others.make_way(going)

    def differences(self, state: State) -> list[str]:
        """Where the account is not as the catalog says."""
        return [
            f"{kind}/{key} {name}: {live!r}, not {wanted!r}"
            for kind, items in self.wanted.objects.items()
            for key, item in items.items()
            for name, wanted, live in self._compared(state, kind, key, item)
            if wanted != live
        ]

    def _compared(
        self, state: State, kind: str, key: str, item: dict[str, Any]
    ) -> list[tuple[str, Any, Any]]:
        id_ = state.entries[Ref(kind, key)].id
        live = self.box.get(kind, id_)
        if live is None:
            return [("id", "there", None)]

        def at(to: str, name: str | None) -> str | None:
            return state.entries[Ref(to, name)].id if name else None

        title = {"attribute": "label", "resource": "description"}.get(kind, "name")
        found: list[tuple[str, Any, Any]] = [(title, item[title], live[title])]
        if kind == "category":
            found.append(("parent", at(kind, item.get("parent")), live["parent_id"]))
        if "category" in item:
            wire = "parent_id" if kind == "collection" else "category_id"
            found.append(("category", at("category", item["category"]), live[wire]))
        sets = {
            "attribute_group": ("attributes", "attribute", item.get("attributes", ())),
            "collection": ("direct_parent", "category", item.get("categories", ())),
            "resource": ("collections", "collection", item.get("collections", ())),
        }
        if kind in sets:
            wire, to, keys = sets[kind]
            ids = {str(at(to, name)) for name in keys}
            ids |= (
                {str(live["parent_id"])} if "category" in item and kind == "collection" else set()
            )
            found.append((f"missing {wire}", set(), ids - {*live[wire]}))
            found.append((f"stray {wire}", set(), self.others.strangers(kind, id_, wire, ids)))
        if kind == "collection":
            values = {entry["id"]: str(entry["value"]) for entry in live["attributes"]}
            for name, value in item["attributes"].items():
                shown = values.get(str(at("attribute", name)))
                found.append((name, self._said(state, name, value), shown))
        return found

    def _said(self, state: State, name: str, value: Any) -> str | None:
        """A value as the account keeps it."""
        if not isinstance(value, list):
            return None if value is None else str(value)
        definition = self.box.get("attribute", state.entries[Ref("attribute", name)].id)
        assert definition is not None
        ids = {option["label"]: option["id"] for option in definition["options"]}
        return str([ids[label] for label in value])


def play(program: Program, examples: int, steps: int) -> None:
    """So many worlds, of at most so many steps each; the same ones each time."""
    machine = type("Played", (Worlds,), {"program": program})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        ),
    )


def test_each_has_what_is_its_own_whatever_happened(program: Program) -> None:
    play(program, 3, 12)


@pytest.mark.long
def test_each_has_what_is_its_own_in_many_worlds(program: Program) -> None:
    play(program, 40, 30)
