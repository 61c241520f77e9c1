"""The catalog's files as text, and where each object stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.catalog import SETTINGS
from reconciler.catalog.objects import LISTS, NESTS
from reconciler.errors import CatalogError, UsageError
from reconciler.kinds import PLURALS
from reconciler.model import Catalog, Place, Problem, Ref, defaults_ref
from reconciler.refactor.places import Step, Steps, parts
from reconciler.textfile import parse_text
from reconciler.yamltext.edit import CannotEdit, Edit, edited
from reconciler.yamltext.spans import (
    Holder,
    ListNode,
    MapNode,
    Outline,
    ScalarNode,
    outline,
)

BOM = "\ufeff"
MODELINE = "# yaml-language-server:"
"""How the comment begins that names a file's schema to editors."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an object stands: its file, its mapping, and what that is in, from the root down.

    `list` is the innermost of that, of which it is an element.  `above` is the object it is
    nested in.
    """

    file: str
    node: MapNode
    inside: tuple[Holder, ...]
    list: ListNode
    above: Ref | None

    @property
    def owner(self) -> MapNode:
        """The mapping that the list stands in."""
        owner = self.inside[-2]
        assert isinstance(owner, MapNode)
        return owner

    @property
    def index(self) -> int:
        """Which element of it."""
        return self.list.items.index(self.node)

    @property
    def steps(self) -> Steps:
        """The way to it from the root."""
        inner = (*self.inside[1:], self.node)
        return tuple(
            Step(holder, parts(holder).index(node))
            for holder, node in zip(self.inside, inner, strict=True)
        )


@dataclass(slots=True)
class Files:
    """Texts by path, read once and edited in memory.

    `before` are the texts as they were, `gone` the files that go; `prose` are text files beside
    the YAML that were edited, as they are to be written.
    """

    texts: dict[str, str]
    folder: Path = Path()
    before: dict[str, str] = field(default_factory=dict)
    prose: dict[str, bytes] = field(default_factory=dict)
    prose_before: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    _outlines: dict[str, Outline] = field(default_factory=dict)
    _spots: dict[str, dict[Ref, Spot]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = dict(self.texts)
        # A mark at the very beginning is no character of the YAML, and stays all the same.
        self.texts = {name: text.removeprefix(BOM) for name, text in self.texts.items()}

    @property
    def changed(self) -> dict[str, str | None]:
        """The texts that are no longer as they were read, as they are to be written.

        None is a file that goes.
        """
        marked = {name for name, text in self.before.items() if text.startswith(BOM)}
        now = {name: BOM * (name in marked) + text for name, text in self.texts.items()}
        changed = {name: text for name, text in now.items() if text != self.before.get(name)}
        return {**changed, **dict.fromkeys(self.gone)}

    @property
    def edited(self) -> dict[str, str | bytes | None]:
        """The same with the text files beside the YAML."""
        return {**self.changed, **self.prose}

    def drop(self, file: str) -> None:
        """The file goes."""
        self.gone.add(file)
        del self.texts[file]

    def load(self, names: Iterable[str]) -> None:
        """Read more files of the catalog folder; those that are there stay as they are."""
        for name in names:
            if name not in self.texts and (self.folder / name).exists():
                self.before[name] = (self.folder / name).read_bytes().decode("utf-8")
                self.texts[name] = self.before[name].removeprefix(BOM)

    def open(self, file: str) -> Outline:
        """A file's nodes; the file is a new one where there is none."""
        self.texts.setdefault(file, "")
        return self.outline(file)

    def outline(self, file: str) -> Outline:
        """A file's nodes as it is now."""
        if file not in self._outlines:
            self._outlines[file] = outline(self.texts[file])
        return self._outlines[file]

    def spot(self, file: str, ref: Ref) -> Spot | None:
        """Where an object stands in a file."""
        if file not in self._spots:
            self._spots[file] = dict(_spots(file, self.outline(file)))
        return self._spots[file].get(ref)

    def edit(self, file: str, edits: Sequence[Edit]) -> None:
        """Carry edits out; nodes that were asked for before are void."""
        self.put(file, edited(self.texts[file], edits))

    def prose_text(self, file: str) -> str | None:
        """What a text file says on disk; None where it cannot be read any more."""
        try:
            return parse_text(self._prose(file)).text
        except (OSError, UnicodeDecodeError):
            return None

    def put_prose(self, file: str, text: str) -> None:
        """A text file says this, in its own encoding and with its own line ends."""
        self.prose[file] = parse_text(self._prose(file)).written(text)

    def _prose(self, file: str) -> bytes:
        if file not in self.prose_before:
            self.prose_before[file] = (self.folder / file).read_bytes()
        return self.prose_before[file]

    def put(self, file: str, text: str) -> None:
        """A file holds this text."""
        self.texts[file] = text
        self._outlines.pop(file, None)
        self._spots.pop(file, None)


def _spots(file: str, on: Outline) -> Iterator[tuple[Ref, Spot]]:
    if not isinstance(on.root, MapNode):
        return
    for entry in on.root.entries:
        if entry.name in PLURALS and isinstance(entry.value, ListNode):
            kind = PLURALS[entry.name].name
            yield from _in_list(file, kind, entry.value, (on.root,), None)
        elif entry.name == "defaults" and isinstance(entry.value, MapNode):
            yield from _of_defaults(file, on.root, entry.value)


def _of_defaults(file: str, root: MapNode, node: MapNode) -> Iterator[tuple[Ref, Spot]]:
    """The defaults of each list, where an object would stand."""
    for entry in node.entries:
        if entry.name in LISTS and isinstance(entry.value, MapNode):
            ref = defaults_ref(LISTS[entry.name].name, entry.name, file)
            # They are in no list: nothing moves or removes them.
            nowhere = ListNode(node.head, node.start, node.end, node.line, node.at, node.column)
            yield ref, Spot(file, entry.value, (root, node), nowhere, None)


def _in_list(
    file: str, kind: str, node: ListNode, inside: tuple[Holder, ...], above: Ref | None
) -> Iterator[tuple[Ref, Spot]]:
    for item in node.items:
        key = item.get("key") if isinstance(item, MapNode) else None
        if isinstance(item, MapNode) and isinstance(key, ScalarNode):
            yield from within(file, kind, Spot(file, item, (*inside, node), node, above))


def within(file: str, kind: str, spot: Spot) -> Iterator[tuple[Ref, Spot]]:
    """An object and all that is nested in it."""
    key, nest = spot.node.get("key"), NESTS.get(kind)
    assert isinstance(key, ScalarNode)
    ref = Ref(kind, key.text)
    yield ref, spot
    below = spot.node.get(nest.list) if nest else None
    if isinstance(below, ListNode):
        yield from _in_list(file, kind, below, (*spot.inside, spot.node), ref)


# --- on disk ------------------------------------------------------------------------------------


def catalog_texts(folder: Path, catalog: Catalog, into: str) -> dict[str, str]:
    """The files that declare anything, as text with its line ends; `into` too, if it is there."""
    names = {resource.place.file for resource in catalog.resources.values()}
    names |= {into} if into and (folder / into).exists() else set()
    return {name: (folder / name).read_bytes().decode("utf-8") for name in sorted(names)}


def file_in(folder: Path, path: Path, option: str) -> str:
    """A catalog file's path from the catalog folder; UsageError where it is none of it."""
    home, full = folder.resolve(), path.resolve()
    if not full.is_relative_to(home) or full.suffix.lower() not in (".yaml", ".yml"):
        raise UsageError(f"{option} {path}: not a YAML file in the catalog folder {folder}")
    name = full.relative_to(home).as_posix()
    if name == SETTINGS or any(part.startswith(".") for part in name.split("/")):
        raise UsageError(f"{option} {path}: no catalog file can have that name")
    return name


def uneditable(faults: Iterable[tuple[str, CannotEdit]]) -> CatalogError:
    """Where the files cannot be edited, and why."""
    problems = [
        Problem(Place(file, fault.line, fault.column), f"cannot be edited: {fault}", _WRITE_OUT)
        for file, fault in faults
    ]
    return CatalogError(problems, hint="Nothing was written.")


_WRITE_OUT = "write it out there, without the anchor or alias"
