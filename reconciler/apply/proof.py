"""What a read just after a write proves: what stuck, what is spelled otherwise, what else moved.

Contract 2.4 (a surprise) and 2.8 (proof).  Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.apply.unknown import changed_keys
from reconciler.behaviours import NO, YES
from reconciler.enums import Verb
from reconciler.kinds import KINDS, LABELLED, Kind, Type, names_place
from reconciler.model import Change, FieldChange, LiveObject, Unstuck, Value
from reconciler.normalize import alike, canon, is_empty, texts
from reconciler.paths import attribute_of, field_of, is_value, value_path
from reconciler.wire import Names, as_spelled, same_label, type_of, view, view_value
from reconciler.wire.inherited import Inherited


@dataclass(frozen=True, slots=True)
class Proof:
    """`unstuck` did not stick, `respelled` stuck in another spelling, `foreign` changed beside;
    of these `emptied` are values that were there before and are empty now."""

    unstuck: tuple[Unstuck, ...] = ()
    respelled: tuple[Unstuck, ...] = ()
    foreign: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """All that was sent is there, and nothing else changed."""
        return not self.unstuck and not self.foreign


@dataclass(frozen=True, slots=True)
class Above:
    """What the categories above an object show, before a write and after it.

    `ours` are the attributes whose values are ours, by id: no category has a part in them.
    `inherits` is whether the account was seen to hand values down; None while that is unknown.
    """

    before: Inherited = field(default_factory=dict)
    after: Inherited = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    inherits: str | None = None


def prove(
    change: Change,
    before: LiveObject | None,
    after: LiveObject,
    names: Names,
    above: Above | None = None,
) -> Proof:
    """Compare what a change wrote with the object as read after it.

    `before` is the object as read just before, None for a create.
    """
    above = above or Above()
    shown = view(KINDS[change.ref.kind], after.fields, names)
    proof = _of_written(change, shown, names, above)
    if before is None:
        return proof
    beside = _beside(change, before, after, names, above)
    foreign = (*beside, *changed_keys(change, before, after, names))
    gone = tuple(path for path in foreign if is_value(path) and path not in shown)
    return replace(proof, foreign=foreign, emptied=gone)


# --- what was written ---------------------------------------------------------------------------


def _of_written(change: Change, shown: Mapping[str, Value], names: Names, above: Above) -> Proof:
    """Whether what a change sent is there, and in the same spelling."""
    kind = KINDS[change.ref.kind]
    unstuck, respelled = [], []
    for item in written(change):
        now = _shown(kind, item.path, shown)
        if now.__class__ is str and now == item.after:
            # As it was sent, to the character: nearly all values of nearly all objects.
            continue
        if _differs(kind, item, now, names) and not _shows_above(item, now, names, above):
            unstuck.append(Unstuck(item.path, _wanted(item), now))
        elif _other_order(item, now) or _other_spelling(kind, item, now, names):
            respelled.append(Unstuck(item.path, item.after, now))
    return Proof(tuple(unstuck), tuple(respelled))


def written(change: Change) -> Iterator[FieldChange]:
    """The fields that a change sends; those of a create are all that it declares."""
    if change.verb != Verb.POST:
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
    if not item.is_set:
        return item.after
    return item.add + tuple(f"not {name}" for name in item.remove)


def _differs(kind: Kind, item: FieldChange, now: Value, names: Names) -> bool:
    if not item.is_set:
        return not alike(item.after, now, type_of(kind, item.path, names))
    present = _labels(texts(now))
    wanted = _labels(item.add) | _labels(new for _, new in item.rename)
    return not wanted <= present or not present.isdisjoint(_labels(item.remove))


def _labels(elements: Iterable[str]) -> set[str]:
    """The elements of a set, as labels are compared."""
    return set(map(same_label, elements))


def _other_spelling(kind: Kind, item: FieldChange, now: Value, names: Names) -> bool:
    type_ = type_of(kind, item.path, names)
    # Of a content the other side shows the size alone.
    if item.is_set or type_ == "content":
        return False
    return canon(item.after, type_) != canon(now, type_)


def _other_order(item: FieldChange, now: Value) -> bool:
    """Noted, and no surprise: the account keeps an order of its own (contract 2.3)."""
    if not item.ordered:
        return False
    wanted = texts(item.after)
    shown = as_spelled(texts(now), wanted)
    as_shown = [label for label in shown if label in wanted]
    as_wanted = [label for label in wanted if label in shown]
    return as_shown != as_wanted


# --- what changed beside the write --------------------------------------------------------------


def _beside(
    change: Change, before: LiveObject, after: LiveObject, names: Names, above: Above
) -> Iterator[str]:
    """What the PUT carried for somebody else, or did not speak of, and that changed."""
    kind = KINDS[change.ref.kind]
    was, now = view(kind, before.fields, names), view(kind, after.fields, names)
    ours = {item.path: item for item in change.fields}
    along = _along(kind, ours)
    for path in sorted({*was, *now} - ours.keys()):
        sides = (was.get(path), now.get(path))
        if field_of(path) not in along and _changed(kind, path, sides, names, above):
            yield path
    for path, item in ours.items():
        lost = item.is_set and _loses(was.get(path), now.get(path), _taken_out(item))
        labelled = kind.field(path).type in LABELLED
        if lost or (labelled and _reissued(item, before, after)):
            yield path


def _along(kind: Kind, paths: Iterable[str]) -> set[str]:
    """Fields that a server may change with those that were written: it joins what goes together."""
    found: set[str] = set()
    for path in paths:
        found.update(kind.field(path).companions)
    return found


def _changed(kind: Kind, path: str, sides: tuple[Value, Value], names: Names, above: Above) -> bool:
    """A value is another one; of a set something is lost, what is new may be somebody's."""
    if kind.field(path).is_set:
        return _loses(*sides, set())
    type_ = type_of(kind, path, names)
    was, now = (canon(value, type_) for value in sides)
    return was != now and not _handed_down(path, was, now, names, above)


def _loses(was: Value, now: Value, taken_out: set[str]) -> bool:
    """Elements of a set are not there any more that nobody took out."""
    stay = _labels(texts(was)) - taken_out
    return not stay <= _labels(texts(now))


def _taken_out(item: FieldChange) -> set[str]:
    """What a change takes out of a set, as labels are compared."""
    return _labels(item.remove) | _labels(old for old, _ in item.rename)


def _reissued(item: FieldChange, before: LiveObject, after: LiveObject) -> bool:
    """Options that stay have other ids: every value that holds one would point to nothing."""
    gone = _labels(item.remove)
    ids = {id_ for id_, _, _ in after.fields.get(item.path) or ()}
    for id_, label, _ in before.fields.get(item.path) or ():
        # Where an option has no id its label is one.
        has_id, stays = id_ != label, same_label(label) not in gone
        if has_id and stays and id_ not in ids:
            return True
    return False


# --- what categories hand down ------------------------------------------------------------------


def _handed_down(path: str, was: Hashable, now: Hashable, names: Names, above: Above) -> bool:
    """Whether a value that nobody here wrote is another one because of the categories above.

    it appears  one of them shows it now
    it changes  one showed the old value and one shows the new one, and the account was not seen
                not to inherit
    it goes     one showed it and none does any more, and the account was seen to inherit

    Everything else was lost, or put in by somebody else (contract 2.3).
    """
    id_ = _attribute(path, names)
    if id_ is None or id_ in above.ours:
        return False
    shown, shows = above.before.get(id_, frozenset()), above.after.get(id_, frozenset())
    if was is None:
        return now in shows
    if now is None:
        return above.inherits == YES and was in shown and was not in shows
    return above.inherits != NO and was in shown and now in shows


def _shows_above(item: FieldChange, now: Value, names: Names, above: Above) -> bool:
    """A value of ours that was cleared shows what a category above shows: it was cleared.

    While it is unknown whether the account inherits, only where it shows another value than ours.
    """
    id_ = _attribute(item.path, names)
    if id_ is None or item.after is not None:
        return False
    type_ = names.definition(attribute_of(item.path)).type
    form = canon(now, type_)
    other = form != canon(item.before, type_) and above.inherits != NO
    return form in above.after.get(id_, frozenset()) and (other or above.inherits == YES)


def _attribute(path: str, names: Names) -> str | None:
    """The id of the attribute whose value stands at a path; None for any other field."""
    return names.id("attribute", attribute_of(path)) if is_value(path) else None


def seen_to_inherit(
    change: Change, before: LiveObject | None, after: LiveObject, names: Names, above: Above
) -> str | None:
    """What a write shows of whether the account hands values down (contract 2.3).

    `YES` where the object shows a value that nobody sent and a category above it shows, `NO` where
    it was made or put under one and does not show it; None where the write tells nothing.
    """
    not_shown = False
    for id_, is_cleared in _left_to_categories(change, names, above):
        was, now = _form(id_, before, names), _form(id_, after, names)
        if now in above.after[id_] and now != was:
            return YES
        if now is was is None and not is_cleared:
            not_shown = True
    return NO if not_shown and _is_put(change) else None


def _left_to_categories(change: Change, names: Names, above: Above) -> Iterator[tuple[str, bool]]:
    """Attributes that a category shows and a write gave no value, by id, and whether it cleared
    them."""
    fields = {item.path: item.after for item in change.fields}
    for id_ in above.after:
        path = value_path(names.token("attribute", id_))
        if path in fields and fields[path] is None:
            yield id_, True
        elif id_ not in above.ours and path not in fields and path not in change.sent:
            yield id_, False


def _form(id_: str, item: LiveObject | None, names: Names) -> Hashable:
    """An object's value of an attribute, as it is compared."""
    raw = item.fields.get(value_path(id_)) if item is not None else None
    definition = names.definition(names.token("attribute", id_))
    return canon(view_value(raw, definition), definition.type)


def _is_put(change: Change) -> bool:
    """It was made, or its place among the categories is another one."""
    if change.verb == Verb.POST:
        return True
    kind = KINDS[change.ref.kind]
    return any(names_place(kind.field(item.path)) for item in change.fields)
