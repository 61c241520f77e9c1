"""What each party last wrote in the account, leaf by leaf, and what was written that may not be.

A leaf is a field of an object, an element of a set, or one attribute's value.  After each request
of the program, and around each act of other people, the account is compared with how it stood
before: so every leaf has a last writer.  A change by the program of what others wrote last is
wrong, unless the catalog of that run declares the leaf, or has declared it since they wrote.

Nobody can protect what others write between the program's last read of an object and its write:
a PUT replaces whole arrays.  That alone is excused, and only where no attempt at that write had
failed before: a repeat needs a read of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model import Ref, State
from reconciler.sandbox import Request, Sandbox
from tests.crash.wanted import PLURAL, Wanted

Object = dict[str, Any]
Catalog = dict[str, dict[str, Object]]

OURS, OTHERS = "ours", "others"
_OWN = frozenset({"id", "created_date", "updated_date", "is_primary", "language"})
SETS = frozenset({"direct_parent", "region_ids", "collections"})
_NAMING = frozenset({"direct_parent", "collections", "attributes"})
"""Sets whose elements are objects."""
GOOD = frozenset({"", "slow"})
"""Faults under which an answer reaches the program whole."""
_GIVEN = ("region_ids/", "options/", "maximum", "collection_type", "value_type")
"""Leaves that stay where the catalog no longer says them: the server gave them, or they are for
good."""


def leaves(kind: str, item: Object) -> dict[str, str]:
    """An object leaf by leaf, each as JSON; what is empty is not there."""
    found: dict[str, str] = {}
    for name, value in item.items():
        if name in _OWN or name[0] == "_" or value in (None, "", [], False):
            continue
        if name in SETS or (kind == "attribute_group" and name == "attributes"):
            found |= {f"{name}/{one}": "true" for one in value}
        elif name == "attributes":
            found |= {f"{name}/{entry['id']}": _json(entry["value"]) for entry in value}
        elif name == "options":
            found |= {f"{name}/{option['id']}": _json(option) for option in value}
        else:
            found[name] = _json(value)
    return found


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)


@dataclass(frozen=True)
class Line:
    """Who wrote a leaf last, what ("" where it was taken away), and when."""

    who: str
    value: str
    at: int


@dataclass(frozen=True)
class Suspect:
    """A change by the program of what others wrote last."""

    request: str
    id: str
    leaf: str
    was: Line
    value: str
    run: int

    def __str__(self) -> str:
        became = f"became {self.value}" if self.value else "is gone"
        return f"{self.request}: {self.leaf} of {self.id}, by others {self.was.value}, {became}"


@dataclass(frozen=True)
class Claim:
    """The catalog of a run declared a leaf: from when to when it ran, and with what value."""

    start: int
    end: int
    value: str | None


class Ledger:
    """The account's ledger.  `wrong` is what the program should not have done."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.time = 0
        self.runs: list[tuple[int, Catalog]] = []
        self.wrong: list[str] = []
        self.kinds: dict[str, str] = {}
        self.makers: dict[str, str] = {}
        self.managed: set[str] = set()
        self.free: set[str] = set()
        self._items: dict[str, Object] = {}
        self._lines: dict[str, dict[str, Line]] = {}
        self._read: dict[str, int] = {}
        self._tried: dict[str, int] = {}
        self._claims: dict[str, dict[str, list[Claim]]] = {}
        self._open: dict[Ref, list[tuple[int, int, Object]]] = {}
        self._suspects: list[Suspect] = []
        self.request: Request | None = None
        self.observe(OTHERS)

    # --- what happens -----------------------------------------------------------------------------

    def begin(self, wanted: Wanted) -> None:
        """A run of the program begins, with this catalog."""
        self.observe(OTHERS)
        self.runs.append((self.time, wanted.copy()))

    def asked(self, request: Request) -> None:
        """A request of the program has come in."""
        self.observe(OURS)
        self.request = request

    def answered(self, request: Request) -> None:
        """It was handled; whether it reaches the program, its fault says."""
        self.observe(OURS)
        good = request.fault in GOOD and request.status < 300
        target = _target(request)
        if request.method == "GET" and good and request.answer is not None:
            self._read.update(dict.fromkeys(_shown(request.answer.body), self.time))
        elif request.method in ("PUT", "DELETE") and not good and target:
            self._tried[target] = self.time

    def observe(self, who: str) -> None:
        """Write down what changed since the last look, as done by `who`."""
        self.time += 1
        with self.box.app.guard:
            now = {
                id_: (kind, item)
                for kind in PLURAL
                for id_, item in self.box.app.store.of(kind).items()
            }
        for id_ in self._items.keys() - now.keys():
            self._gone(who, id_)
        for id_, (kind, item) in now.items():
            if self._items.get(id_) is not item:
                self._changed(who, id_, kind, item)

    def _gone(self, who: str, id_: str) -> None:
        del self._items[id_]
        lines = self._lines.pop(id_)
        if who == OTHERS or (id_ == _target(self.request) and self._is_ours(id_)):
            return
        written = max((line.at for line in lines.values() if line.who == OTHERS), default=0)
        if not self._excused(id_, written):
            key = self._wanted_key(id_)
            if key is not None or not self._is_ours(id_):
                self.wrong.append(f"{self._said}: {key or 'theirs'} is gone: {_lines(lines)}")

    def _changed(self, who: str, id_: str, kind: str, item: Object) -> None:
        if id_ not in self._items:
            self.makers.setdefault(id_, who)
            self.kinds[id_] = kind
            self._lines[id_] = {}
        before = leaves(kind, self._items[id_]) if id_ in self._items else {}
        self._items[id_] = item
        after = leaves(kind, item)
        for leaf in sorted(before.keys() | after.keys()):
            value = after.get(leaf, "")
            if before.get(leaf, "") != value:
                self._lines[id_][leaf] = self._line(who, id_, leaf, value)

    def _line(self, who: str, id_: str, leaf: str, value: str) -> Line:
        was = self._lines[id_].get(leaf)
        line = Line(who, value, self.time)
        if who == OTHERS or was is None or was.who == OURS or self._falls(id_, leaf):
            return line
        if self._excused(id_, was.at):
            return Line(OTHERS, value, self.time)
        self._suspects.append(Suspect(self._said, id_, leaf, was, value, len(self.runs) - 1))
        return line

    def _falls(self, id_: str, leaf: str) -> bool:
        """It goes with the object that it names: that is gone, or the program may delete it."""
        field, _, element = leaf.partition("/")
        deletes = self.request is not None and self.request.method == "DELETE"
        if deletes and leaf == "category_id":
            return True  # A resource merely loses its category.
        if not deletes or element != _target(self.request):
            return field in _NAMING and element not in self._items
        if field == "attributes" and self.kinds[id_] != "attribute_group":
            return False  # An attribute with values of others is not deleted.
        links = "attributes" if self.kinds[id_] == "attribute_group" else "collections"
        return field == links or self._is_ours(id_)

    def _excused(self, id_: str, written: int) -> bool:
        """They wrote it since the program last read the object, and this is no repeat."""
        read = self._read.get(id_, -1)
        return written > read and self._tried.get(id_, -2) < read

    def _is_ours(self, id_: str) -> bool:
        return self.makers.get(id_) == OURS or id_ in self.managed

    def _wanted_key(self, id_: str) -> str | None:
        """The key under which the catalog of this run wants an object."""
        wanted = self.runs[-1][1]
        key = self.keys.get(id_)
        there = key is not None and key.key in wanted[key.kind]
        return str(key) if there else None

    @property
    def _said(self) -> str:
        request = self.request
        return f"{request.method} {request.path}" if request is not None else "before the run"

    keys: Mapping[str, Ref] = {}

    # --- after a run ------------------------------------------------------------------------------

    def judge(self, state: State) -> None:
        """The run is over and the state says who is who: what it claims, and what was wrong."""
        self.observe(OURS)
        self.request = None
        start, wanted = self.runs[-1]
        self.keys = {entry.id: ref for ref, entry in state.entries.items()}
        self.managed |= self.keys.keys()
        for kind, items in wanted.items():
            for key, item in items.items():
                self._open.setdefault(Ref(kind, key), []).append((start, self.time, item))
        for ref in [ref for ref in self._open if ref in state.entries]:
            self._claim(ref, state)
        suspects, self._suspects = self._suspects, []
        for suspect in suspects:
            self._judge(suspect)

    def _claim(self, ref: Ref, state: State) -> None:
        claims = self._claims.setdefault(state.entries[ref].id, {})
        for start, end, item in self._open.pop(ref):
            for leaf, value in self.declared(ref, item, state).items():
                claims.setdefault(leaf, []).append(Claim(start, end, value))

    def _judge(self, suspect: Suspect) -> None:
        if not self._is_ours(suspect.id):
            self.wrong.append(str(suspect))
        elif suspect.id not in self.keys and suspect.id in self._items:
            self._suspects.append(suspect)  # The next run knows whose it is.
        elif not self._may(suspect):
            self.wrong.append(str(suspect))

    def _may(self, suspect: Suspect) -> bool:
        """The leaf is declared, or was, since they wrote it; or what it names is to leave."""
        if self._leaves(suspect):
            return True
        claims = self._claims.get(suspect.id, {}).get(suspect.leaf, ())
        return any(
            claim.start > suspect.was.at
            or claim.start == self.runs[suspect.run][0]
            or (claim.end > suspect.was.at and claim.value in (None, suspect.was.value))
            for claim in claims
        )

    def _leaves(self, suspect: Suspect) -> bool:
        """It names an object of ours that the catalog of that run no longer has: whatever lives
        on is taken out of it first."""
        field, _, element = suspect.leaf.partition("/")
        named = element or str(suspect.was.value).strip('"')
        if field == "attributes" or named not in self.makers or not self._is_ours(named):
            return False
        ref, wanted = self.keys.get(named), self.runs[suspect.run][1]
        return ref is None or ref.key not in wanted[ref.kind]

    # --- what people do ---------------------------------------------------------------------------

    def all_theirs(self) -> None:
        """The state is lost: all that is there may be anybody's."""
        self.time += 1
        self.managed.clear()
        self.keys = {}
        self._claims.clear()
        self._open.clear()
        for id_ in self._items:
            self.let_go(id_)

    def let_go(self, id_: str) -> None:
        """An object is nobody's from here on."""
        self.free.add(id_)
        self.makers[id_] = OTHERS
        self.managed.discard(id_)
        self._claims.pop(id_, None)
        lines = self._lines[id_]
        self._lines[id_] = {
            leaf: Line(OTHERS, line.value, self.time) for leaf, line in lines.items()
        }

    # --- the end ----------------------------------------------------------------------------------

    def complaints(self, state: State, wanted: Wanted) -> Iterator[str]:
        """What is wrong in the account at the end of all runs."""
        yield from self.wrong
        ids = {entry.id for entry in state.entries.values()}
        for id_, item in self._items.items():
            if self._is_ours(id_) and not {id_} & (ids | self.free):
                yield f"nobody's {self.kinds[id_]}: {item}"
        for kind, items in wanted.objects.items():
            for key, item in items.items():
                yield from self._compared(Ref(kind, key), item, state)

    def _compared(self, ref: Ref, item: Object, state: State) -> Iterator[str]:
        id_ = state.entries[ref].id
        if id_ not in self._items:
            yield f"{ref} is not there"
            return
        shown = leaves(ref.kind, self._items[id_])
        declared = self.declared(ref, item, state)
        for leaf, value in declared.items():
            if value is not None and shown.get(leaf, "") != value:
                yield f"{ref} {leaf}: {shown.get(leaf, 'nothing')}, not {value or 'nothing'}"
        for leaf, line in self._lines[id_].items():
            stays = leaf in declared or leaf.startswith(_GIVEN)
            if line.who == OURS and line.value and not stays:
                yield f"{ref} {leaf}: {line.value} is left, and nobody's"

    def declared(self, ref: Ref, item: Object, state: State) -> dict[str, str | None]:
        """The leaves that a catalog's object says, with their values ("" for none).

        None for a value that cannot be told, since what it names is not there.
        """
        ids = {other: entry.id for other, entry in state.entries.items()}
        found: dict[str, str | None] = {}
        for name, kind in _REFERENCES.get(ref.kind, {}).items():
            # Where a category stands is always declared.
            if name in item or name == "parent":
                value = item.get(name)
                found[_FIELDS[ref.kind, name]] = _json(ids.get(Ref(kind, value))) if value else ""
        for name, (leaf, kind) in _SETS.get(ref.kind, {}).items():
            for key in _listed(item.get(name)):
                if Ref(kind, key) in ids:
                    found[f"{leaf}/{ids[Ref(kind, key)]}"] = "true"
        for name in ("name", "label", "description", "link", "additional_title"):
            if name in item:
                found[name] = _json(item[name]) if item[name] else ""
        if "variant_of" in item:
            found["collection_type"] = _json("variant")
        if ref.kind in ("category", "collection"):
            for key, value in item.get("attributes", {}).items():
                if Ref("attribute", key) in ids:
                    id_ = ids[Ref("attribute", key)]
                    found[f"attributes/{id_}"] = self._value(id_, value)
        return found

    def _value(self, id_: str, value: Any) -> str | None:
        if value is None:
            return ""
        if not isinstance(value, list):
            return _json(value)
        options = self._items.get(id_, {}).get("options") or ()
        labels = {option["label"]: option["id"] for option in options}
        found = [labels.get(label) for label in value]
        return _json(found) if all(found) else None


_REFERENCES: Mapping[str, Mapping[str, str]] = {
    "category": {"parent": "category"},
    "collection": {"category": "category", "variant_of": "collection"},
    "resource": {"category": "category"},
}
_FIELDS = {
    ("category", "parent"): "parent_id",
    ("collection", "category"): "parent_id",
    ("collection", "variant_of"): "parent_topic_id",
    ("resource", "category"): "category_id",
}
_SETS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "attribute_group": {"attributes": ("attributes", "attribute")},
    "collection": {
        "category": ("direct_parent", "category"),
        "categories": ("direct_parent", "category"),
    },
    "resource": {"collections": ("collections", "collection")},
}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _lines(lines: Mapping[str, Line]) -> str:
    return ", ".join(f"{leaf}={line.value}" for leaf, line in lines.items() if line.value)


def _target(request: Request | None) -> str:
    """The id that a request's path ends with."""
    return request.path.rsplit("/", 1)[-1] if request is not None else ""


def _shown(body: Any) -> Iterator[str]:
    """The ids of the objects in an answer."""
    if isinstance(body, list):
        for item in body:
            yield from _shown(item)
    elif isinstance(body, dict):
        if "id" in body:
            yield str(body["id"])
        else:
            for value in body.values():
                yield from _shown(value)
