"""What goes out of a text: entries and elements, and what holds nothing else any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.refactor.files import MODELINE, Files
from reconciler.refactor.places import Step, Steps, parts
from reconciler.yamltext.edit import CannotEdit, Edit, check_not_shared
from reconciler.yamltext.remarks import all_comments
from reconciler.yamltext.removal import (
    drop_entries,
    drop_entry,
    drop_items,
    drop_objects,
    drop_section,
)
from reconciler.yamltext.spans import Holder, ListNode, MapNode, Outline


@dataclass(slots=True)
class _Taken:
    """A holder that loses some of what it has; `above` leads to it."""

    holder: Holder
    above: Steps
    indexes: set[int] = field(default_factory=set)

    @property
    def holds_nothing(self) -> bool:
        return len(self.indexes) == len(parts(self.holder))


TOGETHER = frozenset({"when"})
"""Lists of a rule that mean all of their names together: with fewer it would hold for more."""
ASKS = frozenset({"require", "require_groups"})
"""Lines of a rule of which one is enough."""


@dataclass(slots=True)
class Cut:
    """Entries and elements that go out of one text.

    A list or mapping that is left empty goes with its key.  In `settings` a mapping in a list is a
    rule, and goes as a whole where it would hold for more than it said.
    """

    on: Outline
    settings: bool = False
    _taken: dict[int, _Taken] = field(default_factory=dict)

    def drop(self, steps: Steps) -> None:
        """What the last step leads to goes."""
        above, (holder, index) = steps[:-1], (steps[-1].holder, steps[-1].index)
        taken = self._taken.setdefault(id(holder), _Taken(holder, above))
        taken.indexes.add(index)
        if above and (taken.holds_nothing or (self.settings and _is_less_of_a_rule(taken))):
            self.drop(above)

    @property
    def leaves_nothing(self) -> bool:
        """Whether all of the text goes."""
        taken = self._taken.get(id(self.on.root))
        return taken is not None and taken.holds_nothing

    def edits(self) -> Iterator[tuple[Edit, ...]]:
        """The edits, those that belong together side by side.

        Raises CannotEdit where something outside shows what would go.
        """
        for taken in self._taken.values():
            if not any(map(self._goes, taken.above)):
                yield from _edits(self.on, taken)

    def _goes(self, step: Step) -> bool:
        taken = self._taken.get(id(step.holder))
        return taken is not None and step.index in taken.indexes


def _is_less_of_a_rule(taken: _Taken) -> bool:
    """Whether a rule, or a list of one, says something else without what it loses."""
    holder, above = taken.holder, taken.above[-1]
    if isinstance(holder, ListNode):
        outer = above.holder
        return isinstance(outer, MapNode) and outer.entries[above.index].name in TOGETHER
    names = [entry.name for entry in holder.entries]
    lost = {names[index] for index in taken.indexes}
    still_asks = lost <= ASKS and bool(ASKS.intersection(names) - lost)
    return isinstance(above.holder, ListNode) and not still_asks


def _edits(on: Outline, taken: _Taken) -> Iterator[tuple[Edit, ...]]:
    holder, indexes = taken.holder, sorted(taken.indexes)
    for index in indexes:
        check_not_shared(on, parts(holder)[index])
    if isinstance(holder, MapNode):
        names = [holder.entries[index].name for index in indexes]
        if "" in names:
            raise CannotEdit(holder, "the key of what would go is an alias or empty")
        if holder.flow:
            yield tuple(drop_entries(on, holder, names))
            return
        drop = drop_section if holder is on.root else drop_entry
        for name in names:
            yield tuple(drop(on, holder, name))
    elif holder.flow or not isinstance(holder.items[indexes[0]], MapNode):
        yield tuple(drop_items(on, holder, indexes))
    else:
        yield tuple(drop_objects(on, holder, indexes))


def carry_out(files: Files, file: str, cut: Cut) -> None:
    """Edit a file as far as the edits do not touch one another; one that is left empty goes."""
    files.edit(file, side_by_side(cut.edits()))
    if cut.leaves_nothing and _says_nothing(files, file):
        files.drop(file)


def _says_nothing(files: Files, file: str) -> bool:
    """Whether a text is empty but for the line that names its schema to editors."""
    on = files.outline(file)
    if on.root is not None:
        return False
    return all(words.startswith(MODELINE) for _, words in all_comments(on))


def side_by_side(groups: Iterable[tuple[Edit, ...]]) -> list[Edit]:
    """Edits that do not overlap; those of one group belong together."""
    taken: list[Edit] = []
    for group in sorted(groups):
        if not taken or not group or taken[-1].end <= min(group).start:
            taken += sorted(group)
    return taken
