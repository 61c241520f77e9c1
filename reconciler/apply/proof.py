"""What a read just after a write proves: what stuck, what is spelled otherwise, what else moved.

Contract 2.4 (a surprise) and 2.8 (proof).  Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.kinds import KINDS, LABELLED, Kind, Type
from reconciler.model import Change, FieldChange, LiveObject, Unstuck, Value
from reconciler.normalize import alike, canon, is_empty, texts
from reconciler.wire import VALUE, Names, as_spelled, same_label, type_of, view


@dataclass(frozen=True, slots=True)
class Proof:
    """`unstuck` did not stick, `respelled` stuck in another spelling, `foreign` changed beside."""

    unstuck: tuple[Unstuck, ...] = ()
    respelled: tuple[Unstuck, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """All that was sent is there, and nothing else changed."""
        return not self.unstuck and not self.foreign


Inherited = Mapping[str, frozenset[Any]]
"""By attribute id, the canonical values that the categories above an object show."""


def prove(
    change: Change,
    before: LiveObject | None,
    after: LiveObject,
    names: Names,
    inherited: Inherited | None = None,
) -> Proof:
    """Compare what a change wrote with the object as read after it.

    `before` is the object as read just before, None for a create.  `inherited` are values that
    come and go with the categories above, before and after.
    """
    kind = KINDS[change.ref.kind]
    shown = view(kind, after.fields, names)
    unstuck, respelled = [], []
    for item in written(change):
        now = _shown(kind, item.path, shown)
        if _differs(kind, item, now, names):
            unstuck.append(Unstuck(item.path, _wanted(item), now))
        elif _other_order(item, now) or _other_spelling(kind, item, now, names):
            respelled.append(Unstuck(item.path, item.after, now))
    foreign = _foreign(change, before, after, kind, names, inherited or {}) if before else ()
    return Proof(tuple(unstuck), tuple(respelled), tuple(foreign))


def written(change: Change) -> Iterator[FieldChange]:
    """The fields that a change sends; those of a create are all that it declares."""
    if change.verb != "POST":
        yield from change.fields
        return
    kind = KINDS[change.ref.kind]
    for path, value in change.sent.items():
        if kind.field(path).is_set:
            yield FieldChange(path, after=value, add=texts(value), is_set=True)
        elif not is_empty(value):
            yield FieldChange(path, after=value)


def _shown(kind: Kind, path: str, shown: Mapping[str, Value]) -> Value:
    value = shown.get(path)
    return bool(value) if kind.field(path).type is Type.MULTIPLE else value


def _wanted(item: FieldChange) -> Value:
    return item.add + tuple(f"not {name}" for name in item.remove) if item.is_set else item.after


def _differs(kind: Kind, item: FieldChange, now: Value, names: Names) -> bool:
    if not item.is_set:
        return not alike(item.after, now, type_of(kind, item.path, names))
    present = {same_label(text) for text in texts(now)}
    lost = any(same_label(text) not in present for text in item.add)
    renamed = any(same_label(new) not in present for _, new in item.rename)
    return lost or renamed or any(same_label(text) in present for text in item.remove)


def _other_spelling(kind: Kind, item: FieldChange, now: Value, names: Names) -> bool:
    type_ = type_of(kind, item.path, names)
    # Of a content the other side shows the size alone.
    return not item.is_set and type_ != "content" and canon(item.after, type_) != canon(now, type_)


def _other_order(item: FieldChange, now: Value) -> bool:
    """Noted, and no surprise: the account keeps an order of its own (contract 2.3)."""
    if not item.ordered:
        return False
    wanted = texts(item.after)
    shown = as_spelled(texts(now), wanted)
    return [label for label in shown if label in wanted] != [x for x in wanted if x in shown]


def _foreign(
    change: Change,
    before: LiveObject,
    after: LiveObject,
    kind: Kind,
    names: Names,
    inherited: Inherited,
) -> Iterator[str]:
    """What the PUT carried for somebody else, or did not speak of, and that changed."""
    was, now = view(kind, before.fields, names), view(kind, after.fields, names)
    ours = {item.path: item for item in change.fields}
    # A server may join what belongs together.
    along = {name for path in ours for name in kind.field(path).companions}
    for path in sorted({*was, *now} - ours.keys()):
        sides = (was.get(path), now.get(path))
        if path.partition(".")[0] not in along and _changed(kind, path, sides, names, inherited):
            yield path
    for path, item in ours.items():
        lost = item.is_set and _lost(item, was.get(path), now.get(path))
        if lost or (kind.field(path).type in LABELLED and _reissued(item, before, after)):
            yield path


def _changed(
    kind: Kind, path: str, sides: tuple[Value, Value], names: Names, inherited: Inherited
) -> bool:
    """A value is another one; of a set something is lost, what is new may be somebody's."""
    if kind.field(path).is_set:
        return _lost(FieldChange(path, is_set=True), *sides)
    type_ = type_of(kind, path, names)
    one, other = (canon(value, type_) for value in sides)
    return one != other and not _comes_and_goes(path, (one, other), names, inherited)


def _reissued(item: FieldChange, before: LiveObject, after: LiveObject) -> bool:
    """Options that stay have other ids: every value that holds one would point to nothing."""
    gone = {same_label(label) for label in item.remove}
    stay = {
        id_
        for id_, label, _ in before.fields.get(item.path) or ()
        # Where an option has no id its label is one.
        if id_ != label and same_label(label) not in gone
    }
    return not stay <= {id_ for id_, _, _ in after.fields.get(item.path) or ()}


def _comes_and_goes(
    path: str, forms: Iterable[Hashable], names: Names, inherited: Inherited
) -> bool:
    """A value of the categories above, by which a membership is gained or lost."""
    if not path.startswith(VALUE):
        return False
    known = inherited.get(names.id("attribute", path[len(VALUE) :]), frozenset())
    return all(form is None or form in known for form in forms)


def _lost(item: FieldChange, was: Value, now: Value) -> bool:
    renamed = {same_label(old) for old, _ in item.rename}
    expected = {same_label(text) for text in texts(was)} - renamed
    expected -= {same_label(text) for text in item.remove}
    return bool(expected - {same_label(text) for text in texts(now)})
