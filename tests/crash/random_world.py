"""One account, one catalog, one state, and all that can come between them, from a seed.

python -m tests.crash.random_world 17        plays a world and tells its story
"""

from __future__ import annotations

import random
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from reconciler.model import Ref, State
from reconciler.sandbox import Answer, Incident, Options, Request, Sandbox
from reconciler.sandbox.chaos import TWICE
from reconciler.state import raw_store
from tests.crash.others import Others
from tests.crash.program import Child, Program
from tests.crash.wanted import Wanted, elsewhere, rewrite
from tests.limits import HANG

FAULTS = {
    "500": 0.02,
    "502-before": 0.02,
    "502-after": 0.02,
    "reset-after": 0.02,
    "cut": 0.02,
    "502-twice": 0.01,
}
BEFORE = ("503", "503", "502-before", "500", "429")
"""Faults between which and the repeat somebody else acts."""

DIALECTS = (
    "attributes-patch", "clear-blank", "clear-null", "delete-cascades", "delete-orphans",
    "groups-both", "inherited-values", "links-bare", "none-absent", "options-extra",
    "options-kept", "options-nested", "options-sorted", "page-cap", "published-strict",
    "references-objects", "revisions", "sets-reordered", "update-stale", "variants-emptied",
    "variants-freed", "write-empty", "write-results",
)  # fmt: skip
Hook = Callable[[Request], Answer | None]
RUNS = 8
"""Runs without faults after which all must be done."""


class World:
    """A world of a seed: `play` it, and it raises AssertionError where somebody lost something.

    `story` tells what happened, and what the runs said.
    """

    def __init__(self, program: Program, seed: int) -> None:
        self.program = program
        self.dice = random.Random(f"world {seed}")
        self.seed = seed
        self.story: list[str] = [f"world {seed}"]
        self.folder = Path(tempfile.mkdtemp(prefix="pxm-world-"))
        names = self.dice.sample(DIALECTS, self.dice.choice((0, 0, 1, 1, 2)))
        try:
            options = Options(frozenset(names), rate_limit=None, open_access=True, seed=seed)
            self.box = Sandbox(None, options)
        except ValueError:  # They contradict each other.
            self.box = Sandbox(None, Options(rate_limit=None, open_access=True, seed=seed))
        self.story.append(f"dialects {sorted(self.box.app.dialects)}")
        self.box.start()
        self.wanted = Wanted(self.folder / "catalog")
        self.others = Others(self.box)
        self.ledger = self.others.ledger
        self.converged = False

    def close(self) -> None:
        """Nothing of it stays."""
        self.box.stop()
        shutil.rmtree(self.folder)

    def play(self) -> None:
        """All of it, then runs without faults until all is done."""
        self.story += rewrite(self.wanted, self.dice, 24)
        for _ in range(self.dice.randrange(3, 6)):
            self._episode()
        self._converge()

    # --- episodes ---------------------------------------------------------------------------------

    def _episode(self) -> None:
        """A commit, other people, perhaps a lost state, and a run."""
        dice = self.dice
        self.story += rewrite(self.wanted, dice, dice.choice((0, 1, 3, 6)))
        self._others(dice.choice((0, 0, 1, 2)))
        if dice.random() < 0.08:
            self._lose_the_state()
        elif dice.random() < 0.1:
            self._let_go()
        before = self.state().entries.keys()
        code = self._run(disturbed=True)
        if code < 0:
            self._elsewhere({*before})

    def _others(self, number: int) -> None:
        for _ in range(number):
            self.others.act(self.dice)
        self._told()

    def _told(self) -> None:
        self.story += self.others.said
        self.others.said.clear()

    def _elsewhere(self, before: set[Ref]) -> None:
        """What a killed run was about to make gets another name and place before the next one."""
        dice = self.dice
        for kind, items in self.wanted.objects.items():
            for key in [*items]:
                if Ref(kind, key) not in before and dice.random() < 0.5:
                    self.story.append(elsewhere(self.wanted, kind, key, dice))

    def _lose_the_state(self) -> None:
        for path in self.folder.glob("state.db*"):
            path.unlink()
        self.ledger.all_theirs()
        self.converged = False
        self.story.append("the state is lost")

    def _let_go(self) -> None:
        """`removed:` with `destroy: false`: it stays, and is nobody's."""
        entries = self.state().entries
        refs = [ref for ref in entries if ref.key in self.wanted.objects[ref.kind]]
        if not self.converged or not refs:
            return
        ref = self.dice.choice(refs)

        def gone() -> None:
            del self.wanted.objects[ref.kind][ref.key]
            self.wanted.removed.append({"kind": ref.kind, "key": ref.key, "destroy": False})

        self.wanted.change(gone)
        if ref.key not in self.wanted.objects[ref.kind]:
            self.story.append(f"let go of {ref}")
            self.ledger.let_go(entries[ref].id)

    # --- runs -------------------------------------------------------------------------------------

    def _run(self, *, disturbed: bool = False) -> int:
        """One run of the program; its exit code, negative where it was killed."""
        living, count, child = threading.Event(), [0], list[Child]()
        kill_at, kills_after, acts = self._disturbances() if disturbed else (0, False, set())

        def killed(at: bool) -> Answer | None:
            if not at or count[0] != kill_at:
                return None
            living.wait(HANG)
            child[0].signal(signal.SIGKILL)
            return Answer(drop=True)

        def before(request: Request) -> Answer | None:
            count[0] += 1
            self.ledger.asked(request)
            if count[0] in acts:
                self.others.act(self.dice)
            return killed(not kills_after)

        def after(request: Request) -> Answer | None:
            twins = request.fault in TWICE and request.method == "POST"
            known = {*self.ledger.makers}
            self.ledger.answered(request)
            # Of two that one request made one is a double, which a person has to remove.
            self.ledger.free |= {*self.ledger.makers} - known if twins else set()
            return killed(kills_after)

        self.ledger.begin(self.wanted)
        self.box.on_request(self._watched(before))
        self.box.on_answer(self._watched(after))
        child.append(self._start())
        living.set()
        code = child[0].wait()
        self.box.on_request(None)
        self.box.on_answer(None)
        self.box.set_chaos({})
        self._told()
        said = self.output.read_text(encoding="utf-8")
        self.story.append(f"run: {code}, {count[0]} requests\n{said}")
        self.ledger.judge(self.state())
        self.converged = code == 0
        return code

    def _watched(self, hook: Hook) -> Hook:
        """A hook that fails makes the world fall, too."""

        def call(request: Request) -> Answer | None:
            try:
                return hook(request)
            except Exception:
                self.ledger.wrong.append(traceback.format_exc())
                raise

        return call

    def _disturbances(self) -> tuple[int, bool, set[int]]:
        """At which request the run is killed and whether after it, and at which others act."""
        dice = self.dice
        if dice.random() < 0.5:
            self.box.set_chaos(FAULTS, dice.randrange(10**6))
        if dice.random() < 0.3:
            nth, fault = dice.randrange(1, 12), dice.choice(BEFORE)
            act = lambda: self.others.act(dice)  # noqa: E731
            self.box.stage(Incident("PUT|DELETE", fault=fault, nth=nth, then=act))
        acts = {dice.randrange(5, 70) for _ in range(dice.choice((0, 0, 2, 4)))}
        kill_at = dice.randrange(10, 70) if dice.random() < 0.4 else 0
        if kill_at or acts:
            self.story.append(f"kill at {kill_at}, others act at {sorted(acts)}")
        return kill_at, dice.random() < 0.5, acts

    def _start(self) -> Child:
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "PXM_TOKEN": "t",
            "PXM_BASE_URL": self.box.url,
            "PXM_STATE": "file:state.db",
        }
        self.output.write_text("")
        command = ["apply", "--yes", "--new-state", "--grace", "0.3"]
        return self.program.start([command], self.folder, env, self.output)

    def state(self) -> State:
        """What the state holds now."""
        with raw_store("file:state.db", root=self.folder) as store:
            return store.load()

    @property
    def output(self) -> Path:
        """What the last run said."""
        return self.folder / "output"

    # --- the end ----------------------------------------------------------------------------------

    def _converge(self) -> None:
        """Runs until all is done; what only a person can settle is settled."""
        for _ in range(RUNS):
            if self._run() == 0:
                break
            self._settle_by_hand(self.output.read_text(encoding="utf-8"))
        assert not self.ledger.wrong, "\n".join(self.ledger.wrong)
        assert self.converged, "it does not converge"
        assert self._run() == 0, "it does not stay converged"
        assert "No changes." in self.output.read_text(encoding="utf-8"), "the plan is not empty"
        wrong = [*self.ledger.complaints(self.state(), self.wanted)]
        assert not wrong, "\n".join(wrong)

    def _settle_by_hand(self, said: str) -> None:
        """Where several objects match one of theirs goes, and theirs leave what is to leave."""
        if "the state holds both" in said:
            # Its old object has left in the same commit: then this is no rename.
            self.story.append("by hand: no moves")
            self.wanted.change(self.wanted.moved.clear)
            return
        nobodys = {id_ for id_ in self.ledger.makers if id_ not in self.ledger.managed}
        lines = [line for line in said.splitlines() if "live objects match" in line]
        doubtful = {id_ for line in lines for id_ in nobodys if id_ in line}
        if doubtful:
            id_ = min(doubtful)
            self.story.append(f"by hand: {id_} goes")
            self.others.go(self.ledger.kinds[id_], id_)
            self.ledger.observe("others")
            return
        entries = self.state().entries.items()
        going = {entry.id for ref, entry in entries if ref.key not in self.wanted.objects[ref.kind]}
        self.story.append("by hand: theirs make way")
        self.others.make_way(going)
        self._told()


def play(program: Program, seed: int) -> None:
    """Play one world; where it goes wrong its story is told."""
    world = World(program, seed)
    try:
        world.play()
    except AssertionError as error:
        raise AssertionError("\n".join([*world.story, "", f"world {seed}:", str(error)])) from None
    finally:
        world.close()


def main(arguments: list[str]) -> int:
    """Play the worlds of these seeds."""
    failed = 0
    with Program() as program:
        for seed in map(int, arguments):
            try:
                play(program, seed)
                print(f"world {seed}: right", flush=True)
            except AssertionError as error:
                failed += 1
                print(error, flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
