"""The catalog's files as text: where each object stands, and wishes carried out in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.kinds import KINDS, PLURALS
from reconciler.model import Catalog, Ref
from reconciler.normalize import composed
from reconciler.pull.accept.wishes import Become, Elements, Move, Relabel, Remove, Stays, Wish
from reconciler.pull.order import field_order
from reconciler.yamltext.document import entry as entry_lines
from reconciler.yamltext.document import item as item_lines
from reconciler.yamltext.edits import (
    DROP,
    CannotEdit,
    Edit,
    append_lines,
    become,
    drop_object,
    edited,
    empty_list,
    label_of,
    overlap,
)
from reconciler.yamltext.remarks import extent
from reconciler.yamltext.scalars import INDENT
from reconciler.yamltext.spans import Node, Outline, outline

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an object stands: its file, its mapping, and what that is in, from the root down."""

    file: str
    node: Node
    inside: tuple[Node, ...]
    above: Ref | None

    @property
    def list(self) -> Node:
        """The list that the object is an element of."""
        return self.inside[-1]

    @property
    def index(self) -> int:
        """Which element of it."""
        return self.list.items.index(self.node)


@dataclass(slots=True)
class Files:
    """Texts by path, read once and edited in memory."""

    texts: dict[str, str]
    before: dict[str, str] = field(default_factory=dict)
    _outlines: dict[str, Outline] = field(default_factory=dict)
    _spots: dict[str, dict[Ref, Spot]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = dict(self.texts)
        # A mark at the very beginning is no character of the YAML, and stays all the same.
        self.texts = {name: text.removeprefix(BOM) for name, text in self.texts.items()}

    @property
    def changed(self) -> dict[str, str]:
        """The texts that are no longer as they were read, as they are to be written."""
        marked = {name for name, text in self.before.items() if text.startswith(BOM)}
        now = {name: BOM * (name in marked) + text for name, text in self.texts.items()}
        return {name: text for name, text in now.items() if text != self.before.get(name)}

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

    def put(self, file: str, text: str) -> None:
        """A file holds this text."""
        self.texts[file] = text
        self._outlines.pop(file, None)
        self._spots.pop(file, None)


def _spots(file: str, on: Outline) -> Iterator[tuple[Ref, Spot]]:
    for name, node in on.root.entries if on.root is not None else ():
        if name.text in PLURALS and node.kind == "list" and on.root is not None:
            kind = PLURALS[name.text].name
            yield from _in_list(file, kind, node, (on.root,), None)


def _in_list(
    file: str, kind: str, node: Node, inside: tuple[Node, ...], above: Ref | None
) -> Iterator[tuple[Ref, Spot]]:
    nest = NESTS.get(kind)
    for item in node.items:
        key = item.get("key") if item.kind == "mapping" else None
        if key is None or key.kind != "scalar":
            continue
        ref = Ref(kind, key.text)
        yield ref, Spot(file, item, (*inside, node), above)
        below = item.get(nest.list) if nest else None
        if below is not None and below.kind == "list":
            yield from _in_list(file, kind, below, (*inside, node, item), ref)


# --- carrying wishes out ------------------------------------------------------------------------


def carry_out(files: Files, catalog: Catalog, wishes: Iterable[Wish]) -> list[Stays]:
    """Edit the files as wished; answers what could not be edited, with the reason."""
    work = _Work(files, catalog)
    pending = list(wishes)
    for sort in (Become | Elements | Relabel, Move, Remove):
        some = [wish for wish in pending if isinstance(wish, sort)]
        while some:
            some = work.round(some)
    return work.stays


class _Work:
    """Rounds of edits that do not touch one another; each round reads the texts anew."""

    def __init__(self, files: Files, catalog: Catalog) -> None:
        self.files, self.catalog = files, catalog
        self.stays: list[Stays] = []

    def round(self, wishes: Sequence[Wish]) -> list[Wish]:
        """Carry out what can be side by side; answers what is left for the next round."""
        edits: dict[str, list[Edit]] = {}
        claimed: set[int] = set()
        later: list[Wish] = []
        for wish in wishes:
            try:
                done = self._one(wish, edits, claimed)
            except CannotEdit as fault:
                done = True
                self._stay(wish, str(fault), f":{fault.line}:{fault.column}")
            if not done:
                later.append(wish)
        for file, found in edits.items():
            self.files.edit(file, found)
        return later

    def _file(self, ref: Ref) -> str:
        return self.catalog.resources[ref].place.file

    def _stay(self, wish: Wish, reason: str, at: str = "") -> None:
        place = f"{self._file(wish.ref)}{at}" if at else str(self.catalog.resources[wish.ref].place)
        self.stays.append(Stays(wish.ref, ".".join(wish.path), reason, place))

    def _one(self, wish: Wish, edits: dict[str, list[Edit]], claimed: set[int]) -> bool:
        """True where the wish is settled, False where it has to wait for another one."""
        spot = self.files.spot(self._file(wish.ref), wish.ref)
        if spot is None:
            self._stay(wish, "it is written by way of an alias or an anchor")
            return True
        on = self.files.outline(spot.file)
        for node in (*spot.inside, spot.node):
            if on.leaned_on(node):
                raise CannotEdit(node, f"it stands in the anchor &{node.anchor}, used elsewhere")
        if isinstance(wish, Move):
            return self._move(wish, spot, on, edits)
        owner, found = self._edits(wish, spot, on)
        taken = edits.setdefault(spot.file, [])
        if id(owner) in claimed or overlap(found, taken):
            return False
        claimed.add(id(owner))
        taken += found
        return True

    def _edits(self, wish: Wish, spot: Spot, on: Outline) -> tuple[Node, list[Edit]]:
        """The mapping or list that is edited, and the edits."""
        if isinstance(wish, Remove):
            return spot.list, _removed(on, spot)
        assert not isinstance(wish, Move)
        order = field_order(wish.ref.kind)
        owner, name, lead = _owner(on, spot.node, wish.path)
        found = owner.get(name)
        if isinstance(wish, Relabel):
            return owner, _relabelled(on, found, wish)
        value: Any
        value = (
            _listed(on, found, wish) if isinstance(wish, Elements) else _fitted(found, wish.value)
        )
        last = len(owner.entries) == 1 and owner is not spot.node and found is not None
        if last and (value is DROP or value == []):
            return spot.node, become(on, spot.node, wish.path[0], DROP, order)
        if lead:
            if value is DROP:
                return owner, []
            value = {lead: value}
        return owner, become(on, owner, name, value, order if owner is spot.node else ())

    # --- moving ---

    def _move(self, wish: Move, spot: Spot, on: Outline, edits: dict[str, list[Edit]]) -> bool:
        """Along with all that is nested in it; a flat entry only says another name."""
        if edits:
            return False
        if spot.above is None:
            value = DROP if wish.to is None else wish.to
            order = field_order(wish.ref.kind)
            edits[spot.file] = become(on, spot.node, wish.path[0], value, order)
            return True
        target = self._target(wish, spot)
        if target is None or spot.list.flow or spot.node.flow:
            self._stay(wish, "it is nested where it cannot be moved from; move it by hand")
            return True
        begin, end = extent(on, spot.list, spot.index)
        lines = on.text[begin:end].replace("\r\n", "\n").split("\n")
        self.files.edit(spot.file, _removed(on, spot))
        self._paste(wish, target, lines, spot.list.column)
        return True

    def _target(self, wish: Move, spot: Spot) -> str | None:
        """The file that it moves to."""
        if wish.to is None:
            return spot.file
        ref = Ref(wish.ref.kind, wish.to)
        file = self._file(ref)
        there = self.files.spot(file, ref)
        return file if there is not None and not there.node.flow else None

    def _paste(self, wish: Move, file: str, lines: Sequence[str], column: int) -> None:
        on = self.files.outline(file)
        kind = KINDS[wish.ref.kind]
        assert on.root is not None
        if wish.to is None:
            owner, name = on.root, kind.plural
        else:
            there = self.files.spot(file, Ref(kind.name, wish.to))
            assert there is not None
            owner, name = there.node, NESTS[kind.name].list
        node = owner.get(name)
        if node is not None and node.kind == "list" and node.items and not node.flow:
            moved = _shifted(lines, node.column - column)
            self.files.edit(file, append_lines(on, node, moved))
            return
        moved = _shifted(lines, owner.column + INDENT - column)
        head = f"{' ' * owner.column}{name}:"
        self.files.edit(file, append_lines(on, owner, [head, *moved]))


def _shifted(lines: Sequence[str], by: int) -> list[str]:
    """Lines further in or out; what stands less far in than that goes as far as it can."""
    if by >= 0:
        return [" " * by + line if line.strip() else line for line in lines]
    return [line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in lines]


def _removed(on: Outline, spot: Spot) -> list[Edit]:
    """An entry goes, and with the last one its list."""
    if len(spot.list.items) > 1:
        if spot.list.flow:
            raise CannotEdit(spot.node, "its list stands in brackets")
        return drop_object(on, spot.list, spot.index)
    owner = spot.inside[-2]
    index = next(n for n, (_, v) in enumerate(owner.entries) if v is spot.list)
    if len(owner.entries) == 1:
        # A folder without any list would not be a catalog any more.
        return empty_list(on, owner, index)
    return become(on, owner, owner.entries[index][0].text, DROP)


def _owner(on: Outline, node: Node, path: Sequence[str]) -> tuple[Node, str, str]:
    """The mapping that holds the end of a path, the entry's name, and what is to be made below
    that because it is not there yet."""
    if len(path) == 1:
        return node, path[0], ""
    step, name = path
    found = node.get(step)
    if found is None and on.merged(node, step):
        raise CannotEdit(node, f"`{step}` comes from an anchor as a whole")
    if found is None or (found.kind == "scalar" and not found.text):
        return node, step, name
    if found.kind != "mapping":
        raise CannotEdit(found, f"`{step}` is an alias of what is used elsewhere too")
    if on.leaned_on(found):
        raise CannotEdit(found, f"it stands in the anchor &{found.anchor}, used elsewhere")
    return found, name, ""


def _listed(on: Outline, found: Node | None, wish: Elements) -> list[Any]:
    """The list as it should be."""
    if found is None or found.kind != "list":
        return list(wish.whole)
    labels = [label for x in found.items if (label := label_of(on, x)) is not None]
    drop = set(map(composed, wish.drop))
    kept: list[Any] = [label for label in labels if composed(label) not in drop]
    return [*kept, *(x for x in wish.add if x not in kept)]


def _fitted(found: Node | None, value: Any) -> Any:
    """One option may stand alone or in a list: as it stood."""
    if found is not None and found.kind == "list" and isinstance(value, str):
        return [value]
    alone = found is not None and found.kind == "scalar" and isinstance(value, list)
    return value[0] if alone and len(value) == 1 else value


def _relabelled(on: Outline, found: Node | None, wish: Relabel) -> list[Edit]:
    for item in found.items if found is not None else ():
        if composed(label_of(on, item) or "") == composed(wish.old):
            if item.kind == "mapping":
                return become(on, item, "label", wish.new)
            holder = Node("mapping", item.head, item.start, item.end, item.line, 0, 0)
            assert found is not None
            holder.flow = found.flow
            holder.entries = [(Node("scalar", item.head, item.head, item.head, 0, 0, 0), item)]
            return become(on, holder, "", wish.new)
    raise CannotEdit(found or Node("scalar", 0, 0, 0, 0, 0, 0), f"'{wish.old}' is not written here")


# --- new objects --------------------------------------------------------------------------------


def put_in(files: Files, file: str, sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Entries at the end of a file's lists; what there is none of is made."""
    for name, entries in sections.items():
        on = outline(files.texts.setdefault(file, ""))
        node = on.root.get(name) if on.root is not None else None
        if node is not None and node.kind == "list" and node.items and not node.flow:
            lines = [line for x in entries for line in item_lines(x, node.column)]
            files.edit(file, append_lines(on, node, lines))
        elif node is not None:
            raise CannotEdit(node, f"the list `{name}` in {file} is not one entry a line")
        else:
            text = files.texts[file]
            gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
            files.put(file, text + gap + "\n".join(entry_lines(name, list(entries), 0)) + "\n")
