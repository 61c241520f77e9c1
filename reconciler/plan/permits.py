"""What reviewed plans permit of a new one: a plan file permits, it never instructs (contract 2.7).

Permits are per field and set element, per create, adopt, move and delete.  The new plan, made
from catalog, state and account as they are now, is cut down to what some file permits:

in the new plan     in the files            what becomes of it
held                permitted, the same     made
held, pending       otherwise               nothing at all is written
held, drift         otherwise, or not       left out and listed
held, pending       not there               left out and listed, with what depends on it
not held            permitted               done, or overtaken: listed, stops nothing
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from reconciler.enums import LEAVES, Action, Class, Verb
from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Plan, Ref, Resource, Review, Value
from reconciler.nested import differing_parts
from reconciler.normalize import canon, loosened, texts
from reconciler.ordering.graphs import spread
from reconciler.paths import attribute_of, value_path

_same = loosened
"""What elements are compared by: an account may clean labels, and files hold what was typed."""

ANY = object()
"""What a field was before, where the reviewed change was to make the object."""


class Unit(NamedTuple):
    """What one permit is about: an object's existence (no path), a field, an element of a set."""

    ref: Ref
    path: str = ""
    element: str = ""

    def __str__(self) -> str:
        parts = (str(self.ref), self.path, self.element)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to happen to it: `before` and `after` in canonical form, and what falls with it."""

    before: object
    after: object
    fallout: frozenset[str] = frozenset()

    def permit(self, new: Terms) -> bool:
        """Whether these reviewed terms cover the new ones."""
        if ANY not in (self.before, new.before) and self.before != new.before:
            return False
        return self.after == new.after and new.fallout <= self.fallout


Book = dict[Unit, Terms]


def book_of(plans: Iterable[Plan]) -> Book:
    """All permits; of several files the last that speaks of a unit counts."""
    found: Book = {}
    for plan in plans:
        for change in plan.changes:
            if change.blocked is None:
                found.update(_units(change, plan.names))
    return found


# --- a change as units --------------------------------------------------------------------------


def _units(change: Change, names: Mapping[str, str]) -> Iterator[tuple[Unit, Terms]]:
    exists = _existence(change)
    if exists is not None:
        yield Unit(change.ref), exists
    # What an upload changes says more than what it declares, and counts.
    if change.verb == Verb.POST:
        for path, value in change.sent.items():
            yield from _field_units(change.ref, declared(change.ref, path, value), names)
    for item in change.fields:
        yield from _field_units(change.ref, item, names)


def _existence(change: Change) -> Terms | None:
    if change.action == Action.UPDATE:
        return None
    before = dict.fromkeys((Action.ADOPT, *LEAVES), change.id) | {Action.MOVE: change.source}
    known = before.get(change.action)
    return Terms(known, change.action, frozenset(change.fallout))


def declared(ref: Ref, path: str, value: Value) -> FieldChange:
    """A field of a create as the change that it is."""
    if KINDS[ref.kind].field(path).is_set and isinstance(value, tuple):
        return FieldChange(path, before=ANY, add=texts(value), is_set=True)  # type: ignore[arg-type]
    return FieldChange(path, before=ANY, after=value)  # type: ignore[arg-type]


def _field_units(
    ref: Ref, item: FieldChange, names: Mapping[str, str]
) -> Iterator[tuple[Unit, Terms]]:
    path = _path(item.path, names)
    if not item.is_set:
        before = ANY if item.before is ANY else _form(item.before, names)
        yield Unit(ref, path), Terms(before, _form(item.after, names))
        return
    for element, terms in _elements(item):
        yield Unit(ref, path, _same(names.get(element, element))), terms


IN_ORDER = ""
"""In place of an element: the order of those that stay."""


class _Record(frozenset[tuple[str, Hashable]]):
    """The canonical form of a record: its parts by name.  A set of values looks the same."""

    __slots__ = ()


class _Order(tuple[str, ...]):
    """What is to become of an order; other terms have no elements."""

    __slots__ = ()


def _elements(item: FieldChange) -> Iterator[tuple[str, Terms]]:
    """Elements are there or not: the state before says nothing more."""
    if item.order:
        yield IN_ORDER, Terms(None, _Order(item.order))
    for text in item.add:
        yield text, Terms(None, "add")
    for text in item.remove:
        yield text, Terms(None, "remove")
    for old, new in item.rename:
        yield old, Terms(None, f"rename {_same(new)}")


def _path(path: str, names: Mapping[str, str]) -> str:
    """As plan files say it: what no key names, by its name."""
    token = attribute_of(path)
    return value_path(names[token]) if token in names else path


def _form(value: Value, names: Mapping[str, str]) -> object:
    form = canon(_named(value, names))
    if isinstance(value, Mapping) and isinstance(form, frozenset):
        return _Record(form)
    return form


def _named(value: Value, names: Mapping[str, str]) -> Value:
    """The value with the names of what no key names."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(_named(item, names) for item in value)
    return value


# --- the new plan cut down ----------------------------------------------------------------------


@dataclass
class _Cut:
    """The lists that grow while changes are cut down; `out` are changes that others miss."""

    book: Book
    names: Mapping[str, str]
    differs: list[str] = field(default_factory=list)
    not_permitted: dict[Ref, list[str]] = field(default_factory=dict)
    drift: dict[Ref, list[str]] = field(default_factory=dict)
    out: set[Ref] = field(default_factory=set)
    seen: set[Unit] = field(default_factory=set)
    elements: dict[tuple[Ref, str], Set[str]] = field(default_factory=dict)

    def change(self, change: Change) -> Change | None:
        """What is left of a change; None where nothing is."""
        exists = _existence(change)
        if exists is not None and not self._allows(Unit(change.ref), exists, Class.PENDING):
            self.out.add(change.ref)
            return None
        left = with_fields(change, [self.field(change.ref, item) for item in change.fields])
        if change.verb == Verb.POST:
            left = replace(left, sent=dict(self._declared(change)))
        if exists is None and not left.fields:
            return None
        return left

    def _declared(self, change: Change) -> Iterator[tuple[str, Value]]:
        for path, value in change.sent.items():
            item = declared(change.ref, path, value)
            left = self.field(change.ref, item)
            if left is not None:
                yield path, left.add if left.is_set else value

    def field(self, ref: Ref, item: FieldChange) -> FieldChange | None:
        """What is left of a field; None where nothing is."""
        if item.is_set:
            return self._set(ref, item)
        ((unit, terms),) = _field_units(ref, item, self.names)
        if self._allows(unit, terms, item.cls):
            return item
        self._missed(ref, item)
        return None

    def _set(self, ref: Ref, item: FieldChange) -> FieldChange | None:
        path = _path(item.path, self.names)
        kept: set[str] = set()
        drifted = _drifted(item)
        for element, terms in _elements(item):
            unit = Unit(ref, path, _same(self.names.get(element, element)))
            if self._allows(unit, terms, Class.DRIFT if element in drifted else Class.PENDING):
                kept.add(element)
        left = _with_elements(item, kept)
        before, after = (item.add, item.remove, item.rename), (left.add, left.remove, left.rename)
        if before != after:
            self._missed(ref, item)
        is_emptied = any(_elements(item)) and not any(_elements(left))
        return None if is_emptied else left

    def declares(self, unit: Unit, resource: Resource) -> bool:
        """Whether the catalog has an element of a set, looked up once for each set."""
        key = unit.ref, unit.path
        if key not in self.elements:
            self.elements[key] = set(map(_same, texts(resource.fields.get(unit.path))))
        return unit.element in self.elements[key]

    def _missed(self, ref: Ref, item: FieldChange) -> None:
        """What depends on the object may need what is left out of it."""
        if KINDS[ref.kind].field(item.path).structural:
            self.out.add(ref)

    def _allows(self, unit: Unit, terms: Terms, cls: Class) -> bool:
        self.seen.add(unit)
        reviewed = self.book.get(unit)
        if reviewed is not None and _covers(reviewed, terms, cls):
            return True
        what = " ".join(filter(None, (unit.path, unit.element))) or str(terms.after)
        if cls == Class.DRIFT:
            self.drift.setdefault(unit.ref, []).append(what)
        elif reviewed is None:
            self.not_permitted.setdefault(unit.ref, []).append(what)
        else:
            parts = _differing(reviewed, terms)
            self.differs.append(f"{unit.ref}: {what}{parts} is not as it was reviewed")
        return False


def _with_elements(item: FieldChange, kept: Container[str]) -> FieldChange:
    """A set's change with those of its elements that are kept."""
    order = item.order if IN_ORDER in kept else ()
    return replace(
        item,
        add=tuple(text for text in item.add if text in kept),
        remove=tuple(text for text in item.remove if text in kept),
        rename=tuple((old, new) for old, new in item.rename if old in kept),
        order=order,
        ordered=item.ordered and order == item.order,
    )


def _covers(reviewed: Terms, terms: Terms, cls: Class) -> bool:
    """What drifted after a reviewed create is not what finishes it."""
    if cls == Class.DRIFT and reviewed.before is ANY:
        return False
    return reviewed.permit(terms)


def _differing(reviewed: Terms, terms: Terms) -> str:
    """` (Length)`: the parts of a record that are not as they were reviewed; else nothing."""
    sides = (reviewed.after, terms.after)
    if sides[0] == sides[1]:
        sides = (reviewed.before, terms.before)
    records = [side for side in sides if isinstance(side, _Record)]
    if len(records) < len(sides):
        return ""
    return f" ({', '.join(differing_parts(*map(_spelled, records)))})"


def _spelled(record: _Record) -> dict[str, str]:
    return {name: str(form) for name, form in record}


def _drifted(item: FieldChange) -> Set[str]:
    """The elements that we wrote before and that are gone, or that nobody declared; and their
    order, where it is another one than we wrote."""
    ours = set(map(_same, texts(item.applied)))
    added = set(item.add)
    found = {text for text in (*item.add, *item.remove) if (_same(text) in ours) == (text in added)}
    found.difference_update(old for old, _ in item.rename)
    return found | {IN_ORDER} if _is_moved(item) else found - {IN_ORDER}


def _is_moved(item: FieldChange) -> bool:
    """The elements that stay were sent in this order."""
    before = texts(item.applied)
    known, staying = set(before), set(item.order)
    stayed = [text for text in item.order if text in known]
    return stayed == [text for text in before if text in staying]


def with_fields(change: Change, items: Sequence[FieldChange | None]) -> Change:
    """The change with what is left of its fields; what it does not write is not remembered."""
    left = {item.path: item for item in items if item is not None}
    before = {item.path: item for item in change.fields}
    left_out = before.keys() - left.keys()
    sent: dict[str, Value] = {}
    for path, value in change.sent.items():
        if path in left:
            sent[path] = _sent_of(before[path], left[path], value)
        elif path not in left_out:
            sent[path] = value
    forget = tuple(path for path in change.forget if path not in left_out)
    return replace(change, fields=tuple(left.values()), sent=sent, forget=forget)


def _sent_of(before: FieldChange, after: FieldChange, desired: Value) -> Value:
    """What counts as sent of a set that is written in part; what is not removed stays ours."""
    if after == before or not isinstance(desired, tuple):
        return desired
    not_added = set(before.add) - set(after.add)
    sent = [text for text in texts(desired) if text not in not_added]
    ours = set(map(_same, texts(before.applied)))
    removed = set(after.remove)
    not_removed = (text for text in before.remove if text not in removed)
    sent.extend(text for text in not_removed if _same(text) in ours)
    return tuple(sent)


def permitted(
    changes: Sequence[Change],
    plans: Sequence[Plan],
    resources: Mapping[Ref, Resource],
    names: Mapping[str, str],
    beside: Set[Ref] = frozenset(),
) -> tuple[list[Change], Review]:
    """The changes that reviewed plans permit, and what became of the rest.

    `names` are those of the elements that no key names.  Blocked changes stay, to be shown.
    `beside` are objects with changes that are not asked for now.
    """
    cut = _Cut(book_of(plans), names)
    left = []
    for change in changes:
        part = change if change.blocked is not None else cut.change(change)
        if part is not None:
            left.append(part)
    left = _without_dependents(left, cut)
    waiting = beside | {change.ref for change in changes if change.blocked is not None}
    done, overtaken = _not_held(cut, resources, waiting)
    return left, Review(
        differs=tuple(cut.differs),
        not_permitted=_listed(cut.not_permitted),
        drift=_listed(cut.drift),
        overtaken=tuple(overtaken),
        done=tuple(done),
        left_objects=len(cut.not_permitted.keys() | cut.drift.keys()),
    )


def _without_dependents(changes: Sequence[Change], cut: _Cut) -> list[Change]:
    found = {change.ref: change for change in changes}

    def misses(ref: Ref) -> bool:
        missing = _missing(found[ref], cut.out)
        if missing is not None:
            del found[ref]
            cut.out.add(ref)
            cut.not_permitted.setdefault(ref, []).append(f"depends on {missing}")
        return missing is not None

    spread({change.ref: change.depends_on for change in changes}, cut.out, misses)
    return list(found.values())


def _missing(change: Change, out: Container[Ref]) -> Ref | None:
    """What a change depends on and that is not made; deletes are judged by what stays."""
    if change.blocked is not None or change.action == Action.DELETE:
        return None
    return next((ref for ref in change.depends_on if ref in out), None)


def _listed(found: Mapping[Ref, Sequence[str]]) -> tuple[str, ...]:
    return tuple(f"{ref}: {', '.join(parts)}" for ref, parts in sorted(found.items()))


# --- what the new plan no longer holds ----------------------------------------------------------


def _not_held(
    cut: _Cut, resources: Mapping[Ref, Resource], waiting: Container[Ref]
) -> tuple[list[str], list[str]]:
    """What is done and what is overtaken; what is `waiting` is neither."""
    done: list[str] = []
    overtaken: list[str] = []
    for unit, terms in cut.book.items():
        if unit in cut.seen or unit.ref in waiting:
            continue
        (done if _is_done(cut, unit, terms, resources) else overtaken).append(str(unit))
    return done, overtaken


def _is_done(cut: _Cut, unit: Unit, terms: Terms, resources: Mapping[Ref, Resource]) -> bool:
    resource = resources.get(unit.ref)
    if resource is None:
        return _takes_away(unit, terms)
    if unit.element:
        return cut.declares(unit, resource) == (terms.after != "remove")
    return _still_wanted(unit, terms, resource, cut.names)


def _takes_away(unit: Unit, terms: Terms) -> bool:
    """It deletes, removes or clears: what the catalog no longer has is to end so."""
    if terms.after in (None, canon(False)):
        return bool(unit.path)
    return terms.after in (*LEAVES, "remove")


def _still_wanted(unit: Unit, terms: Terms, resource: Resource, names: Mapping[str, str]) -> bool:
    """The catalog wants it still; since the plan does not hold it, the account has it so."""
    if not unit.path:
        return terms.after not in LEAVES
    value = resource.fields.get(unit.path)
    if isinstance(terms.after, _Order):
        staying = set(terms.after)
        ordered = (text for text in texts(value) if text in staying)
        return _Order(ordered) == terms.after
    return _form(value, names) == terms.after
