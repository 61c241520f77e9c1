"""What a plan makes of products: each as it is, and as it will be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.enums import CREATES, LEAVES
from reconciler.kinds import COLLECTION, PUBLISHED
from reconciler.model import Change, FieldChange, Plan, Ref, Value
from reconciler.paths import is_value
from reconciler.reports.preview.faces import Face, Frame, face_of, frame_of
from reconciler.reports.preview.shop import Shop
from reconciler.reports.preview.words import spoken
from reconciler.reports.site import NOWHERE, Picture, Site
from reconciler.reports.values import named

MOST = 100
"""Products that the page of a plan shows as cards."""


@dataclass(frozen=True, slots=True)
class Card:
    """A product before and after a plan; `before` is None where the plan makes it."""

    ref: Ref
    before: Face | None
    after: Face


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of a plan, of `total` products that it concerns."""

    cards: tuple[Card, ...] = ()
    total: int = 0


NO_CARDS = Cards()


def cards_of(plan: Plan, shop: Shop, site: Site = NOWHERE) -> Cards:
    """A card for each product that a plan changes, itself or in its variants."""
    changes = _changes(plan)
    families = _families(changes, shop)
    uploaded = frozenset(item.ref for item in plan.active if item.inside)
    maker = _Maker(plan, shop, site, changes, uploaded)
    shown = list(families)[:MOST]
    return Cards(tuple(maker.card(ref, families[ref]) for ref in shown), len(families))


def concerned(plan: Plan, shop: Shop) -> tuple[Ref, ...]:
    """The products that have a card."""
    return tuple(_families(_changes(plan), shop))[:MOST]


def _changes(plan: Plan) -> Mapping[Ref, Change]:
    return {item.ref: item for item in plan.active if item.ref.kind == COLLECTION.name}


def _families(changes: Mapping[Ref, Change], shop: Shop) -> Mapping[Ref, tuple[Ref, ...]]:
    """The products with a card, each with the variants that leave it.

    What the catalog does not hold has none, nor what it wants otherwise than the plan: that plan
    is of another commit.
    """
    found: dict[Ref, list[Ref]] = {}
    stale: set[Ref] = set()
    for ref, change in changes.items():
        family = _family(change, shop)
        if family.key == "" or family not in shop.resources:
            continue
        leaving = found.setdefault(family, [])
        if change.action in LEAVES:
            leaving.append(ref)
        elif not _agrees(change, shop.fields(ref)):
            stale.add(family)
    return {ref: tuple(leaving) for ref, leaving in found.items() if ref not in stale}


def _family(change: Change, shop: Shop) -> Ref:
    """The product that is shown: a variant's own, as the catalog has it or as it was."""
    if change.action in LEAVES:
        return Ref(change.ref.kind, change.group.product)
    parent = spoken(shop.fields(change.ref).get("variant_of"))
    return Ref(change.ref.kind, parent) if parent else change.ref


def _agrees(change: Change, fields: Mapping[str, Value]) -> bool:
    """Whether the catalog wants what the plan is to make."""
    return all(_wanted(item, fields) for item in change.fields) and bool(fields)


def _wanted(item: FieldChange, fields: Mapping[str, Value]) -> bool:
    now = fields.get(item.path)
    if not item.is_set:
        return now == item.after or (item.clears and now is None)
    has = set(_elements(now))
    return has.issuperset(item.add) and has.isdisjoint(item.remove)


def _elements(value: Value) -> tuple[str, ...]:
    return tuple(map(spoken, value)) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class _Maker:
    plan: Plan
    shop: Shop
    site: Site
    changes: Mapping[Ref, Change]
    uploaded: frozenset[Ref]

    def card(self, ref: Ref, leaving: tuple[Ref, ...]) -> Card:
        frame = self._frame(ref, leaving)
        before = face_of(self.shop, frame, self._before, self._picture(ref, "before"))
        after = face_of(self.shop, frame, self._after, self._picture(ref, "after"))
        assert after is not None, "a product of the catalog"
        return Card(ref, before, after)

    def _frame(self, ref: Ref, leaving: tuple[Ref, ...]) -> Frame:
        frame = frame_of(self.shop, ref)
        family = (*frame.family, *leaving)
        marks: dict[Ref, str] = {}
        changed: dict[Ref, tuple[str, ...]] = {}
        if ref in self.changes:
            changed[ref] = tuple(part.path for part in self.changes[ref].fields)
        for item in family:
            change = self.changes.get(item)
            if change is None:
                continue
            marks[item] = self._mark(item)
            if marks[item] == "changed":
                changed[item] = _seen(change.fields, frame)
        return replace(frame, family=family, marks=marks, changed=changed)

    def _mark(self, ref: Ref) -> str:
        action = self.changes[ref].action
        if action in CREATES:
            return "new"
        return "deleted" if action in LEAVES else "changed"

    def _before(self, ref: Ref) -> Mapping[str, Value] | None:
        change = self.changes.get(ref)
        if change is None:
            return self.shop.fields(ref)
        if change.action in CREATES:
            return None
        if change.action in LEAVES:
            return {"name": change.label}
        return undone(self.shop.fields(ref), change, self.plan.names)

    def _after(self, ref: Ref) -> Mapping[str, Value] | None:
        change = self.changes.get(ref)
        return None if change and change.action in LEAVES else self.shop.fields(ref)

    def _picture(self, ref: Ref, when: str) -> Picture | None:
        """Of a file that the plan uploads its picture then, of all others the one they have."""
        for file in self.shop.pictured(ref):
            for item in self.site.pictures.get(file, ()):
                if item.when == when:
                    return item
            if file in self.shop.pictures and (when == "after" or file not in self.uploaded):
                return self.shop.pictures[file]
        return None


def _seen(fields: Iterable[FieldChange], frame: Frame) -> tuple[str, ...]:
    """The changes of a variant that a card tells; what heads its row is seen already."""
    found = []
    for item in fields:
        shown = is_value(item.path) or item.path in ("name", "additional_title", PUBLISHED)
        if shown and item.path not in frame.telling:
            found.append(item.path)
    return tuple(found)


def undone(
    fields: Mapping[str, Value], change: Change, names: Mapping[str, str]
) -> Mapping[str, Value]:
    """What an object is before a change; what nobody declares and nothing changes is not known."""
    found = dict(fields)
    for item in change.fields:
        if item.is_set:
            kept = (part for part in _elements(found.get(item.path)) if part not in item.add)
            found[item.path] = (*kept, *item.remove)
        else:
            found[item.path] = named(change.ref.kind, item.path, item.before, names)
    return found
