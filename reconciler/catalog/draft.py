"""Objects while they are read, and where their problems go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from reconciler.catalog.files import Lost
from reconciler.kinds import KINDS, Field, Kind
from reconciler.model import (
    Environment,
    Lifecycle,
    Moved,
    Origin,
    Place,
    Policy,
    Problem,
    Ref,
    Removed,
    Resource,
    Value,
)
from reconciler.places import NOTHING, Marked, Places, place_at
from reconciler.quoting import quoted
from reconciler.suggestions import Speller
from reconciler.yamlfile import Node, Scalar

K = TypeVar("K")
T = TypeVar("T")


class Unfit(Exception):
    """A value that cannot be what its field is."""

    def __init__(
        self,
        place: Place,
        what: str,
        hint: str = "",
        *,
        also: Place | None = None,
    ) -> None:
        super().__init__(what)
        self.place = place
        self.what = what
        self.hint = hint
        self.also = also


@dataclass(slots=True)
class Refused(Scalar):
    """Stands where the JSON Schema has refused a part of an entry: declared, and not readable."""

    text: str = ""
    plain: bool = False


@dataclass(slots=True)
class Findings:
    """Problems as they are found; of what is no proper YAML nothing more need be said."""

    found: dict[Problem, None] = field(default_factory=dict)
    unreadable: set[Place] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        """A problem that stands for itself."""
        self.found[problem] = None

    def yaml(self, problem: Problem) -> None:
        """What is wrong with the YAML itself."""
        self.unreadable.add(problem.place)
        self.add(problem)

    def form(self, problem: Problem) -> None:
        """A part that does not have the form that it must have."""
        if problem.place not in self.unreadable:
            self.add(problem)

    def all(self) -> tuple[Problem, ...]:
        """Every problem, sorted by place."""
        return tuple(sorted(self.found))


class Edge(NamedTuple):
    """A field that names an object."""

    field: str
    ref: Ref


@lru_cache(maxsize=10_000)
def edge(field: str, kind: str, key: str) -> Edge:
    """The same edge for all that name the same object in the same field."""
    return Edge(field, Ref(kind, key))


class Mention(NamedTuple):
    """A key named in a field: of which kind, where, and in which field."""

    field: str
    ref: Ref
    place: Place


class Mentions(Marked[Edge]):
    """The keys that an entry names: `names` are edges, and each is a mention when asked for."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Mention]:
        for name, mark in zip(self.names, self.marks, strict=True):
            yield Mention(*name, place_at(self.file, mark))


def own(shared: Mapping[K, T]) -> dict[K, T]:
    """A dict to write to, for what most drafts have nothing in: they share an empty one."""
    return shared if isinstance(shared, dict) else {}


@dataclass(slots=True, eq=False)
class Draft:
    """An object while it is read; `broken` are fields that are declared and could not be read.

    `file`, `mark` and `key_mark` say where it and its key stand; `nested` is the mark of its
    children or variants.  `values` are attribute values not yet read by their type; `labels` those
    of options and sub-fields, doubles too, with their marks; `was` an option's label, the one
    before, and the mark of that.  `pinned` says that it has an id, in this environment or in
    another.  None of `ignored`, `prevent_destroy` and `inherit`: it does not say.  `upload` is a
    path of this machine, `inside` the same in the catalog folder.  `origins` are fields that it has
    from elsewhere, once `defaults` and `inherit` are applied; `linked` the objects by field that
    say themselves that they are linked to it.
    """

    ref: Ref
    file: str
    mark: int
    key_mark: int
    fields: dict[str, Value] = field(init=False)
    places: Places = field(init=False)
    mentions: Mentions = field(init=False)
    broken: Mapping[str, None] = field(init=False)
    values: Mapping[str, Node] = field(init=False)
    labels: Mapping[str, list[tuple[str, int]]] = field(init=False)
    was: list[tuple[str, str, int]] | None = None
    ignored: list[tuple[str, int]] | None = None
    id: str | None = None
    pinned: bool = False
    external: bool = False
    prevent_destroy: bool | None = None
    inherit: tuple[str, ...] | None = None
    nested: int | None = None
    upload: str | None = None
    inside: str = ""
    origins: Mapping[str, Origin] = field(init=False)
    linked: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {}
        self.places = Places(self.file)
        self.mentions = Mentions(self.file)
        self.broken = self.values = self.labels = self.origins = self.linked = NOTHING

    @property
    def place(self) -> Place:
        """Where it stands."""
        return place_at(self.file, self.mark)

    @property
    def key_place(self) -> Place:
        """Where its key stands."""
        return self.place_of(self.key_mark)

    def place_of(self, mark: int) -> Place:
        """The place of a mark in its file."""
        return place_at(self.file, mark)

    @property
    def kind(self) -> Kind:
        """Its row in the table of kinds."""
        return KINDS[self.ref.kind]

    @property
    def name(self) -> str:
        """How problems call it: `collection 'rain-jacket'`."""
        return f"{self.ref.kind} {quoted(self.ref.key)}"

    def at(self, path: str) -> Place:
        """Where a field stands; the object's own place where it is not written."""
        return self.places.get(path, self.place)

    def problem(
        self, place: Place, what: str, hint: str = "", also: Place | None = None
    ) -> Problem:
        """A problem of this object, or of what it has a value from that stands there."""
        return Problem(place, f"{self.name_at(place)}: {what}", hint, also=also)

    def name_at(self, place: Place) -> str:
        """Whose a value at a place is: where the object has it from elsewhere, a problem is one of
        the defaults or of its parent, so that it is told once and not of each entry."""
        origin = next((item for item in self.origins.values() if item.place == place), None)
        if origin is None:
            return self.name
        if origin.list:
            return _of_defaults(origin.list)
        return f"{origin.owner.kind} {quoted(origin.owner.key)}"

    def spoil(self, *names: str) -> None:
        """Note fields that are declared and could not be read."""
        self.broken = own(self.broken)
        self.broken.update(dict.fromkeys(names))

    def pack(self) -> None:
        """Take up less room, once its entry has been read."""
        self.places.pack()
        self.mentions.pack()

    def has(self, path: str) -> bool:
        """The field is declared, whether or not it could be read."""
        return path in self.fields or path in self.broken

    def says(self, path: str) -> bool:
        """The field is declared by the object's own entry."""
        return self.has(path) and path not in self.origins

    def resource(self) -> Resource:
        """The finished object."""
        return Resource(
            ref=self.ref,
            fields=self.fields,
            place=self.place,
            places=self.places,
            id=self.id,
            external=self.external,
            lifecycle=self._lifecycle(),
            file=self.upload,
            inside=self.inside,
            renames={new: old for new, old, _ in self.was} if self.was else NOTHING,
            origins=self.origins,
            inherit=self.inherit or (),
            linked=self.linked,
        )

    def _lifecycle(self) -> Lifecycle:
        # A hundred thousand objects share what most of them have.
        if not self.prevent_destroy and not self.ignored:
            return _USUAL
        ignore = frozenset(name for name, _ in self.ignored or ())
        return Lifecycle(bool(self.prevent_destroy), ignore)


@dataclass(slots=True, eq=False)
class Defaults(Draft):
    """What a file gives to the entries of one of its lists, read as if it were one (1.9)."""

    list: str = ""

    @property
    def name(self) -> str:
        """How problems call it: `defaults of collections`."""
        return _of_defaults(self.list)


def _of_defaults(name: str) -> str:
    return f"defaults of {name}"


_USUAL = Lifecycle()


@dataclass(slots=True)
class Move:
    """A `moved:` entry with the places of both its keys."""

    entry: Moved
    source_place: Place
    target_place: Place


@dataclass(slots=True)
class Book:
    """All that was read.  `drafts` holds every object, `index` the first of each key, `defaults`
    what files give to the entries of their lists.

    `folder` is the catalog folder; with `contents` the files to upload are read for their digest.
    `edited` are files that count instead of what is on disk; `texts` are text files by path in the
    folder, read once; `text_files` their paths by the place of the value that names them.
    `elsewhere` are objects that this environment does not have, by the place of their `only`, and
    `left_out` each entry of one, with the places of its key and of itself;
    `named` are the environments that objects name: who, which one, and where; `only` is what the
    defaults of the file at hand say of it, by list.
    `mentions` are keys that are named outside of the objects: in the settings.
    `looked_beside` says that the file at hand names others, which were looked at.
    """

    findings: Findings
    lost: Lost
    environment: str | None = None
    folder: Path = Path()
    contents: bool = False
    edited: Mapping[str, str | bytes | None] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    text_files: dict[Place, str] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    index: dict[Ref, Draft] = field(default_factory=dict)
    defaults: dict[Ref, Defaults] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    removed: list[tuple[Removed, Place]] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    environments: Mapping[str, Environment] = field(default_factory=dict)
    elsewhere: dict[Ref, Place] = field(default_factory=dict)
    left_out: list[tuple[Ref, Place, Place]] = field(default_factory=list)
    only: Mapping[str, Node] = field(default_factory=dict)
    named: list[tuple[str, str, Place]] = field(default_factory=list)
    looked_beside: bool = False
    speller: Speller = field(default_factory=Speller)
    _keys: dict[str, list[str]] = field(default_factory=dict)

    def said(self) -> Iterator[Draft]:
        """All that says anything itself: the defaults of files, then objects."""
        yield from self.defaults.values()
        yield from self.drafts

    def of(self, kind: str) -> Iterator[Draft]:
        """The objects of a kind, each key once."""
        return (draft for ref, draft in self.index.items() if ref.kind == kind)

    def keys(self, kind: str) -> list[str]:
        """All keys of a kind; asked for when everything has been read."""
        if kind not in self._keys:
            self._keys[kind] = [ref.key for ref in self.index if ref.kind == kind]
        return self._keys[kind]

    def left_alone(self, draft: Draft, name: str) -> bool:
        """A field that the object or the settings leave to the web interface (contract 1.3)."""
        if any(name == path for path, _ in draft.ignored or ()):
            return True
        return any(
            name in rule.fields
            and rule.kind == draft.ref.kind
            and fnmatchcase(draft.ref.key, rule.match)
            for rule in self.policy.ignore
        )

    def unfit(self, owner: str, fault: Unfit) -> None:
        """Put down what a reader could not read.  `owner` is the object, or the section, if any.

        Of a part that the schema has refused all has been said.
        """
        prefix = f"{owner}: " if owner else ""
        if fault.what:
            problem = Problem(fault.place, prefix + fault.what, fault.hint, also=fault.also)
            self.findings.form(problem)


def each(
    nodes: Iterable[Node], read: Callable[[Node], T], complain: Callable[[Unfit], None]
) -> Iterator[T]:
    """What could be read of a list; complains of the rest and goes on."""
    for node in nodes:
        try:
            yield read(node)
        except Unfit as fault:
            complain(fault)


def readable_fields(kind: Kind) -> Mapping[str, Field]:
    """The fields that a catalog may declare under a kind."""
    return _FIELDS[kind.name]


def _in_yaml(kind: Kind) -> dict[str, Field]:
    return {item.name: item for item in kind.fields if item.yaml}


_FIELDS = {kind.name: _in_yaml(kind) for kind in KINDS.values()}
