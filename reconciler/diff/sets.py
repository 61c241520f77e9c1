"""The change of a set, element by element, and of the order of options (contract 2.2, 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.diff.judged import Judged, Mark
from reconciler.diff.sides import View, is_exact
from reconciler.enums import Class
from reconciler.kinds import LABELLED, Field, Type
from reconciler.merge import WRITES, SetMerge, merge_sets, order_class
from reconciler.model import FOREIGN, FieldChange, Resource
from reconciler.normalize import composed, texts
from reconciler.wire import as_live, as_spelled, label_key, same_label


def judge_set(sides: View, item: Field, declared: bool) -> Judged:
    """What became of a set: one change, or its drift and ours where policy keeps drift."""
    these = _sides_of(sides, item)
    exact = declared and is_exact(sides.policy, item.name)
    merge = these.merge(exact=exact)
    ordered = declared and is_ordered(sides, item.name)
    order = these.order_class() if ordered else Class.UNCHANGED
    moved = these.staying() if order in WRITES else ()
    whole = _Part(merge, these.renames, ordered=ordered, order=moved)
    if whole.is_empty:
        return Judged(mark=Mark.UNCHANGED if declared else Mark.FORGOTTEN)
    drifted = Class.DRIFT in (merge.cls, order)
    if sides.policy.drift == "keep" and drifted:
        return Judged(_apart(sides, item, these, whole, order))
    return Judged((_change(sides, item, these, whole, order),))


@dataclass(frozen=True, slots=True)
class _SetSides:
    """A set on its three sides; `now` and `before` have the labels that pending renames make."""

    item: Field
    desired: tuple[str, ...]
    live: tuple[str, ...]
    now: tuple[str, ...]
    before: tuple[str, ...]
    shown: tuple[str, ...] | None
    renames: Mapping[str, str]

    def merge(self, *, exact: bool) -> SetMerge:
        """Three-way, element by element."""
        same = comparison(self.item, self.desired, self.now, self.before)
        return merge_sets(self.desired, self.now, self.before, self.shown, exact=exact, same=same)

    def order_class(self) -> Class:
        """How the order of options stands; the account's labels may be spelled otherwise."""
        shown = None if self.shown is None else as_spelled(self.shown, self.desired)
        now = as_spelled(self.now, self.desired)
        return order_class(self.desired, now, as_spelled(self.before, self.desired), shown)

    def staying(self) -> tuple[str, ...]:
        """Those that are there already, in the order of the catalog."""
        there = set(as_spelled(self.now, self.desired))
        return tuple(label for label in self.desired if label in there)


def _sides_of(sides: View, item: Field) -> _SetSides:
    live = texts(sides.live.get(item.name))
    applied = sides.applied.get(item.name)
    sent = texts(applied.sent) if applied else ()
    shown = texts(applied.shown) if applied and applied.seen else None
    renames = _pending_renames(sides.resource, live) if item.type is Type.OPTIONS else {}
    new = {same_label(old): label for old, label in renames.items()}

    def by_new_names(labels: Iterable[str]) -> tuple[str, ...]:
        return tuple(new.get(same_label(label), label) for label in labels)

    return _SetSides(
        item,
        desired=texts(sides.resource.fields.get(item.name)),
        live=live,
        now=tuple(renames.get(label, label) for label in live),
        before=by_new_names(sent),
        shown=None if shown is None else by_new_names(shown),
        renames=renames,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one change makes of a set: elements, labels, and the order of those that stay."""

    merge: SetMerge
    renames: Mapping[str, str]
    ordered: bool = False
    order: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """It changes nothing."""
        return self.merge.cls is Class.UNCHANGED and not self.renames and not self.order


def _apart(
    sides: View, item: Field, these: _SetSides, whole: _Part, order: Class
) -> tuple[FieldChange, ...]:
    """The drift of a set, which policy keeps, and what the catalog changes besides."""
    moved = order is Class.DRIFT
    theirs = _Part(whole.merge.theirs, {}, order=whole.order if moved else ())
    drift = _change(sides, item, these, theirs, Class.DRIFT)
    ordered = whole.ordered and not (moved and whole.order)
    ours = replace(
        whole,
        merge=whole.merge.ours,
        ordered=ordered,
        order=whole.order if ordered else (),
    )
    if ours.is_empty:
        return (drift,)
    return drift, _change(sides, item, these, ours, Class.PENDING)


def _change(sides: View, item: Field, these: _SetSides, part: _Part, order: Class) -> FieldChange:
    merge = part.merge
    removed = by_name(sides, item, (*merge.remove, *merge.foreign))
    added = {*merge.add, *merge.restored}
    emptied = bool(removed) and not added and set(these.live) <= set(removed)
    drops_options = item.type in LABELLED and bool(removed)
    after = sides.resource.fields.get(item.name)
    applied = sides.applied.get(item.name)
    return FieldChange(
        item.name,
        before=by_name(sides, item, these.live),
        after=after,
        applied=applied.sent if applied else None,
        add=tuple(text for text in texts(after) if text in added),
        remove=removed,
        rename=tuple(part.renames.items()),
        is_set=True,
        cls=Class.DRIFT if Class.DRIFT in (merge.cls, order) else Class.PENDING,
        clears=emptied or drops_options,
        ordered=part.ordered,
        order=part.order,
    )


def is_ordered(sides: View, path: str) -> bool:
    """Options under `exact`: the catalog's order counts (contract 2.3)."""
    return sides.kind.field(path).type is Type.OPTIONS and is_exact(sides.policy, path)


def comparison(item: Field, *sides: Iterable[str]) -> Callable[[str], str]:
    """What the elements of a set are compared by: labels as a server may clean them."""
    return label_key(*sides) if item.type in LABELLED else composed


def by_name(sides: View, item: Field, elements: tuple[str, ...]) -> tuple[str, ...]:
    """Elements in an order that no page and no id makes: keys, then what others call theirs."""

    def order(text: str) -> tuple[bool, str, str]:
        foreign = text.startswith(FOREIGN)
        return foreign, sides.names.label(item.to, text) if foreign else text, text

    return tuple(sorted(elements, key=order))


def _pending_renames(resource: Resource, live: Collection[str]) -> dict[str, str]:
    """old label → new label, where the account still has the old one alone (`was`)."""
    present = set(map(same_label, live))
    pending = {old: new for new, old in resource.renames.items() if same_label(new) not in present}
    return as_live(pending, live)
