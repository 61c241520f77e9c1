"""Drift of values that objects have from elsewhere: which line is edited (contract 1.9).

A line of `defaults` becomes what the account has where all that have the value from it have drifted
alike.  A parent's own value is edited where the parent has drifted, and its variants follow where
they have drifted alike.  Whatever then has another value than it would be given says it itself,
null where it has none.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.kinds import KINDS, Type
from reconciler.model import DEFAULTS, Catalog, Ref, Resource, Value
from reconciler.normalize import spelled, texts
from reconciler.paths import attribute_of, is_value
from reconciler.pull import values
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.labels import shape_of
from reconciler.pull.accept.wishes import Become, Elements, Move, Remove, Wish, joined
from reconciler.pull.compact import spelling
from reconciler.pull.given import given_paths
from reconciler.pull.pulled import Inexpressible
from reconciler.yamltext.edits import DROP

Wished = dict[str, dict[Ref, Wish]]
"""Wishes for values and sets by path and object."""


def settle_elsewhere(context: Context) -> None:
    """Put the wishes for values that stand elsewhere where they belong."""
    for ref in context.wishes.refs(Move):
        _take_along(context, ref)
    wished = _wished(context)
    takers = _takers(context, wished)
    for path, by_ref in wished.items():
        _Line(context, path, by_ref, takers.get(path, {})).settle()
    for wish in list(context.wishes.found.values()):
        _say_nothing(context, wish)


def _wished(context: Context) -> Wished:
    found: Wished = {}
    for wish in context.wishes.found.values():
        if isinstance(wish, Become | Elements) and not wish.ref.key.startswith(DEFAULTS):
            found.setdefault(joined(wish.path), {})[wish.ref] = wish
    return found


Takers = Mapping[Ref, list[Ref]]
"""Who has a value from a line, by whose line it is."""


def _takers(context: Context, wished: Wished) -> dict[str, dict[Ref, list[Ref]]]:
    gone = context.wishes.refs(Remove)
    found: dict[str, dict[Ref, list[Ref]]] = {path: {} for path in wished}
    for ref, resource in context.catalog.resources.items():
        for path, origin in resource.origins.items():
            if path in found and ref not in gone:
                found[path].setdefault(origin.owner, []).append(ref)
    return found


@dataclass(slots=True)
class _Line:
    """One field: who wishes for what, and who has it from whom."""

    context: Context
    path: str
    wished: Mapping[Ref, Wish]
    takers: Takers
    done: set[Ref] = field(default_factory=set)
    """Objects that follow a line that others have too."""

    def settle(self) -> None:
        for owner in self.takers:
            if owner.key.startswith(DEFAULTS):
                self._default(owner)
        for owner in self.takers:
            if owner not in self.done and not owner.key.startswith(DEFAULTS):
                self._parent(owner)

    def _default(self, owner: Ref) -> None:
        """The default is edited where all have drifted alike that have it, by a parent too."""
        direct = self.takers[owner]
        members = list(direct)
        for parent in direct:
            members += self.takers.get(parent, ())
        asked = [self.wished.get(ref) for ref in members]
        first = asked[0]
        if first is None or any(not _is_same(first, wish) for wish in asked):
            self._own(direct, owner)
            return
        for ref in members:
            self._follow(ref)
        self.context.wishes.add(_elsewhere(first, owner))
        place = self.context.catalog.defaults[owner].at(self.path)
        words = f"the default of all {len(members):,} that have it"
        self.context.tell(members[0], self.path, words, place)

    def _parent(self, owner: Ref) -> None:
        """Variants follow their parent where both have drifted alike."""
        wish, takers = self.wished.get(owner), self.takers[owner]
        if wish is None:
            self._own(takers, owner)
            return
        following = [ref for ref in takers if _is_same(wish, self.wished.get(ref))]
        for ref in following:
            self._follow(ref)
        self._own([ref for ref in takers if ref not in following], owner)
        for ref in takers:
            if ref not in self.wished:
                self._as_it_was(ref)
        if isinstance(wish, Become) and wish.value is DROP:
            _hand_on_no_more(self.context, owner, attribute_of(self.path))
        if following:
            words = f"its own value, which {len(following):,} of its variants have from it"
            place = self.context.catalog.resources[owner].at(self.path)
            self.context.tell(owner, self.path, words, place)

    def _follow(self, ref: Ref) -> None:
        self.done.add(ref)
        self.context.wishes.follow(self.wished[ref])

    def _own(self, refs: list[Ref], owner: Ref) -> None:
        """They say themselves what the account has; of the others the line stays right."""
        for ref in refs:
            if ref in self.wished:
                words = f"said by itself now; {_called(self.context.catalog, owner)} stays"
                place = self.context.catalog.resources[ref].at(self.path)
                self.context.tell(ref, self.path, words, place)

    def _as_it_was(self, ref: Ref) -> None:
        """A variant that has not drifted goes on having what its parent handed to it."""
        _say(self.context, ref, self.path)
        place = self.context.catalog.resources[ref].at(self.path)
        self.context.tell(ref, self.path, "said by itself now, as it was", place)


def _called(catalog: Catalog, owner: Ref) -> str:
    """What a line is called that is not edited."""
    if owner in catalog.defaults:
        return "the default"
    return f"the value of {owner}"


def _is_same(one: Wish, other: Wish | None) -> bool:
    if isinstance(one, Become) and isinstance(other, Become):
        return _spelled(one.value) == _spelled(other.value)
    if isinstance(one, Elements) and isinstance(other, Elements):
        return (one.drop, one.add) == (other.drop, other.add)
    return False


def _spelled(value: Any) -> Hashable:
    return None if value is DROP else spelling(value)


def _elsewhere(wish: Wish, owner: Ref) -> Wish:
    assert isinstance(wish, Become | Elements)
    return replace(wish, ref=owner)


def _hand_on_no_more(context: Context, parent: Ref, key: str) -> None:
    """What a parent has no more it cannot hand on; `inherit` by default asks for nothing."""
    resource = context.catalog.resources[parent]
    if key in resource.inherit and "inherit" not in resource.origins:
        rest = tuple(name for name in resource.inherit if name != key)
        context.wishes.add(Elements(parent, ("inherit",), drop=(key,), whole=rest))


# --- what would be given ------------------------------------------------------------------------


def _say_nothing(context: Context, wish: Wish) -> None:
    """A line that goes would show again what is given from elsewhere: null says that it is not."""
    if not isinstance(wish, Become | Elements) or wish.ref.key.startswith(DEFAULTS):
        return
    resource, path = context.catalog.resources[wish.ref], joined(wish.path)
    if not is_given(context.catalog, resource, path) or not _empties(resource, wish, path):
        return
    context.wishes.withdraw(wish)
    if KINDS[wish.ref.kind].field(path).type is Type.REGIONS:
        context.stay(wish.ref, path, "its default cannot be emptied: say which regions it has")
    else:
        due = isinstance(wish, Become) and wish.due
        context.wishes.add(Become(wish.ref, wish.path, None, due=due))


def _empties(resource: Resource, wish: Become | Elements, path: str) -> bool:
    if isinstance(wish, Become):
        return wish.value is DROP
    primary = KINDS[resource.ref.kind].primary
    first = resource.fields.get(primary.name) if primary and primary.among == path else None
    kept = [key for key in texts(resource.fields.get(path)) if key not in wish.drop]
    return not wish.add and not [key for key in kept if key != first]


def is_given(catalog: Catalog, resource: Resource, path: str) -> bool:
    """Whether an object would have a field from elsewhere if its entry did not say it."""
    kind, nest = resource.ref.kind, NESTS.get(resource.ref.kind)
    above = spelled(resource.fields.get(nest.field) or "") if nest else ""
    given = given_paths(catalog, kind, above, resource.place.file)
    return not resource.external and path in given


# --- objects that go elsewhere ------------------------------------------------------------------


def _take_along(context: Context, ref: Ref) -> None:
    """What moves says itself what it had from where it stood."""
    resource = context.catalog.resources[ref]
    for path in resource.origins:
        if path in resource.fields and not context.wishes.has(Become(ref, _steps(path), None)):
            _say(context, ref, path)


def _say(context: Context, ref: Ref, path: str) -> None:
    """An object's own entry says what it has."""
    value = context.catalog.resources[ref].fields[path]
    try:
        data = _data(context, ref, path, value)
    except Inexpressible as why:
        context.stay(ref, path, str(why))
    else:
        context.wishes.add(Become(ref, _steps(path), data))


def _data(context: Context, ref: Ref, path: str, value: Value) -> Any:
    """A declared value as YAML data."""
    if value is None or value == ():
        return None
    if is_value(path):
        return values.value_of(value, shape_of(context, Ref("attribute", attribute_of(path))))
    field_ = KINDS[ref.kind].field(path)
    if field_.type is Type.INSTANT:
        return values.moment(value)
    if isinstance(value, tuple):
        primary = KINDS[ref.kind].primary
        first = primary.name if primary and primary.among == path else ""
        known = context.declared(ref).get(first)
        return [text for text in texts(value) if text != known]
    return value


def _steps(path: str) -> tuple[str, ...]:
    return ("attributes", attribute_of(path)) if is_value(path) else (path,)
