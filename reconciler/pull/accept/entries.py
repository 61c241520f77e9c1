"""Wishes carried out in the texts of the catalog's files, each to the character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.catalog.order import field_order
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Ref, Resource
from reconciler.normalize import composed
from reconciler.pull.accept.wishes import Become, Elements, Move, Relabel, Remove, Stays, Wish
from reconciler.refactor.entries import check_own, lines_under, shifted
from reconciler.refactor.files import Files, Spot
from reconciler.yamltext.edit import SideBySide
from reconciler.yamltext.edits import (
    DROP,
    CannotEdit,
    Edit,
    become,
    become_element,
    drop_objects,
    empty_list,
    label_of,
)
from reconciler.yamltext.remarks import extent
from reconciler.yamltext.spans import ListNode, MapNode, Node, Outline, ScalarNode


def carry_out(files: Files, catalog: Catalog, wishes: Iterable[Wish]) -> list[Stays]:
    """Edit the files as wished; returns what could not be edited, with the reason."""
    rounds = _Rounds(files, catalog)
    pending = list(wishes)
    for sort in (Become | Elements | Relabel, Move, Remove):
        some = [wish for wish in pending if isinstance(wish, sort)]
        while some:
            some = rounds.run(some)
    return rounds.stays


class _Rounds:
    """Rounds of edits that do not touch one another; each round reads the texts anew."""

    def __init__(self, files: Files, catalog: Catalog) -> None:
        self.files, self.catalog = files, catalog
        self.stays: list[Stays] = []
        self.edits: dict[str, SideBySide] = {}
        self.claimed: set[int] = set()
        resources = catalog.resources.values()
        self.uploads = frozenset(x.file for x in resources if x.file is not None)
        self.uses = Counter(catalog.text_files.values())

    def run(self, wishes: Sequence[Wish]) -> list[Wish]:
        """Carry out what can be side by side; returns what is left for the next round."""
        self.edits, self.claimed = {}, set()
        later: list[Wish] = []
        for wish in wishes:
            try:
                if not self._settle(wish):
                    later.append(wish)
            except CannotEdit as fault:
                self._stay(wish, str(fault), f":{fault.line}:{fault.column}")
        for file, found in self.edits.items():
            self.files.edit(file, found.edits)
        return later

    def _file(self, ref: Ref) -> str:
        return self._entry(ref).place.file

    def _entry(self, ref: Ref) -> Resource:
        """An object, or the defaults of a list."""
        return self.catalog.resources.get(ref) or self.catalog.defaults[ref]

    def _stay(self, wish: Wish, reason: str, at: str = "") -> None:
        place = f"{self._file(wish.ref)}{at}" if at else str(self._entry(wish.ref).place)
        self.stays.append(Stays(wish.ref, ".".join(wish.path), reason, place))

    def _settle(self, wish: Wish) -> bool:
        """True where the wish is settled, False where it has to wait for another one."""
        spot = self.files.spot(self._file(wish.ref), wish.ref)
        if spot is None:
            self._stay(wish, "it is written by way of an alias or an anchor")
            return True
        on = self.files.outline(spot.file)
        check_own(on, spot)
        if isinstance(wish, Become) and isinstance(wish.value, str) and self._in_prose(wish):
            return True
        if isinstance(wish, Move):
            return self._move(wish, spot, on)
        owner, found = _edits(wish, spot, on)
        taken = self.edits.setdefault(spot.file, SideBySide())
        if id(owner) in self.claimed or not taken.take(found):
            return False
        self.claimed.add(id(owner))
        return True

    def _in_prose(self, wish: Become) -> bool:
        """Edit the text file that a value stands in; False where it stands in the YAML."""
        resource, path = self._entry(wish.ref), ".".join(wish.path)
        place = resource.places.get(path)
        file = self.catalog.text_files.get(place) if place is not None else None
        if file is None or path in resource.origins:
            return False
        if self.uses[file] > 1:
            self._stay(wish, f"it stands in {file}, which is a text of others too")
        elif str(self.files.folder / file) in self.uploads:
            self._stay(wish, f"it stands in {file}, which is uploaded too")
        elif self.files.prose_text(file) != (resource.fields.get(path) or ""):
            self._stay(wish, f"{file} was changed meanwhile")
        elif "\r" in wish.value:
            self._stay(wish, f"it holds a line end that {file} cannot keep")
        else:
            self.files.put_prose(file, wish.value)
        return True

    # --- moving ---

    def _move(self, wish: Move, spot: Spot, on: Outline) -> bool:
        """Along with all that is nested in it; a flat entry only says another name."""
        if self.edits:
            return False
        if spot.above is None:
            value = DROP if wish.to is None else wish.to
            order = field_order(wish.ref.kind)
            self.edits[spot.file] = SideBySide(become(on, spot.node, wish.path[0], value, order))
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
        """Lines that stood in a column, at the end of the list that they belong to now."""
        on = self.files.outline(file)
        owner, name = self._list_of(wish, file, on)
        self.files.edit(file, lines_under(on, owner, name, lambda to: shifted(lines, to - column)))

    def _list_of(self, wish: Move, file: str, on: Outline) -> tuple[MapNode, str]:
        """The mapping that the list of an object's new place belongs to, and the list's name."""
        kind = KINDS[wish.ref.kind]
        if wish.to is None:
            assert isinstance(on.root, MapNode)
            return on.root, kind.plural
        there = self.files.spot(file, Ref(kind.name, wish.to))
        assert there is not None
        return there.node, NESTS[kind.name].list


# --- the edits of one wish ----------------------------------------------------------------------


def _edits(
    wish: Become | Elements | Relabel | Remove, spot: Spot, on: Outline
) -> tuple[Node, list[Edit]]:
    """The mapping or list that is edited, and the edits."""
    if isinstance(wish, Remove):
        return spot.list, _removed(on, spot)
    owner, name, missing = _owner(on, spot.node, wish.path)
    found = owner.get(name)
    if isinstance(wish, Relabel):
        return owner, _relabelled(on, owner, found, wish)
    value = _fitted(found, wish.value) if isinstance(wish, Become) else _listed(on, found, wish)
    if found is None and value in (DROP, []):
        return owner, []
    if missing:
        value = {missing: value}
    if owner is spot.node:
        return owner, become(on, owner, name, value, field_order(wish.ref.kind))
    is_last = len(owner.entries) == 1 and found is not None
    if is_last and value in (DROP, []):
        return spot.node, become(on, spot.node, wish.path[0], DROP)
    return owner, become(on, owner, name, value)


def _removed(on: Outline, spot: Spot) -> list[Edit]:
    """An entry goes, and with the last one its list."""
    if len(spot.list.items) > 1:
        if spot.list.flow:
            raise CannotEdit(spot.node, "its list stands in brackets")
        return drop_objects(on, spot.list, [spot.index])
    owner = spot.owner
    values = [entry.value for entry in owner.entries]
    index = values.index(spot.list)
    if len(values) == 1:
        # A folder without any list would not be a catalog any more.
        return empty_list(on, owner, index)
    return become(on, owner, owner.entries[index].name, DROP)


def _owner(on: Outline, node: MapNode, path: Sequence[str]) -> tuple[MapNode, str, str]:
    """The mapping that holds the end of a path, the entry's name, and what is to be made below
    that because it is not there yet."""
    if len(path) == 1:
        return node, path[0], ""
    step, name = path
    found = node.get(step)
    if found is None and on.merged(node, step):
        raise CannotEdit(node, f"`{step}` comes from an anchor as a whole")
    if found is None or (isinstance(found, ScalarNode) and not found.text):
        return node, step, name
    if not isinstance(found, MapNode):
        raise CannotEdit(found, f"`{step}` is an alias of what is used elsewhere too")
    if on.is_shared(found):
        raise CannotEdit(found, f"it stands in the anchor &{found.anchor}, used elsewhere")
    return found, name, ""


def _listed(on: Outline, found: Node | None, wish: Elements) -> list[Any]:
    """The list as it should be."""
    if not isinstance(found, ListNode):
        return list(wish.whole)
    drop = set(map(composed, wish.drop))
    kept: list[Any] = []
    for item in found.items:
        label = label_of(on, item)
        if label is not None and composed(label) not in drop:
            kept.append(label)
    return [*kept, *(element for element in wish.add if element not in kept)]


def _fitted(found: Node | None, value: Any) -> Any:
    """One option may stand alone or in a list: as it stood."""
    if isinstance(found, ListNode) and isinstance(value, str):
        return [value]
    if isinstance(found, ScalarNode) and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def _relabelled(on: Outline, owner: MapNode, found: Node | None, wish: Relabel) -> list[Edit]:
    old = composed(wish.old)
    for index, item in enumerate(found.items if isinstance(found, ListNode) else ()):
        if composed(label_of(on, item) or "") != old:
            continue
        if isinstance(item, MapNode):
            return become(on, item, "label", wish.new)
        assert isinstance(found, ListNode)
        return become_element(on, found, index, wish.new)
    raise CannotEdit(found or owner, f"'{wish.old}' is not written here")
