"""How desired and live objects are read for their natural keys (contract 2.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from reconciler.identity.bound import Bound
from reconciler.kinds import ATTRIBUTE, Field, roots_of
from reconciler.known import above, depth
from reconciler.model import Catalog, Live, LiveObject, Ref, Resource
from reconciler.natural import Chain, Form, KeyReader, Row, has_specific, keys_of
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.wire import definition_of, view_value


def layers(seeking: list[Resource], catalog: Catalog) -> Iterator[list[Resource]]:
    """The objects level by level: those whose natural key depends on another one come after it."""
    resources = catalog.resources
    depths: dict[Ref, int] = {}
    levels: dict[int, list[Resource]] = defaultdict(list)
    for resource in seeking:
        level = depth(resource.ref, lambda ref: above(ref, resources), depths)
        levels[level].append(resource)
    for level in sorted(levels):
        yield levels[level]


@dataclass(frozen=True, slots=True)
class KeyContext:
    """What natural keys depend on: the account, its hidden root categories, and who is bound.

    `bound` grows while the kinds are walked in order.
    """

    live: Live
    bound: Mapping[Ref, Bound]
    roots: frozenset[str]


def desired_reader(context: KeyContext, resource: Resource) -> KeyReader:
    """A desired object stands in what is bound already; elsewhere it has no key yet."""

    def places(field: Field, keys: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        for key in keys:
            bound = context.bound.get(Ref(field.to, key))
            if bound is not None:
                found.append(bound.id)
        return found

    return KeyReader(resource.fields.get, places)


def live_reader(context: KeyContext, item: LiveObject) -> KeyReader:
    """A live object's attribute value is read by the definition of the attribute that is bound;
    what stands in a hidden root stands at the top."""

    def value(path: str) -> object:
        return _live_value(context, item, path) if is_value(path) else item.fields.get(path)

    def places(field: Field, ids: Sequence[str]) -> list[str | None]:
        return [*sorted(set(ids) - roots_of(field.to, context.roots))] or [None]

    return KeyReader(value, places)


def _live_value(context: KeyContext, item: LiveObject, path: str) -> object:
    bound = context.bound.get(Ref(ATTRIBUTE.name, attribute_of(path)))
    if bound is None:
        return None
    definition = definition_of(context.live.of(ATTRIBUTE.name)[bound.id])
    return view_value(item.fields.get(value_path(bound.id)), definition)


def natural_keys(chain: Chain, row: Row, item: KeyReader, form: Form) -> list[Hashable]:
    """A desired object's natural keys of a row; none where it has none, or cannot have yet."""
    keys = keys_of(chain, row, item, form)
    if row in chain.specific:
        return keys
    has = has_specific(chain, item)
    return [(has, key) for key in keys]


def live_keys(chain: Chain, row: Row, item: KeyReader, form: Form) -> list[Hashable]:
    """The same keys as `natural_keys`, of a live object."""
    keys = keys_of(chain, row, item, form)
    if row in chain.specific:
        return keys
    # A key that names more must not fall back on an object that has a name of its own.
    may_have = [(False,) if has else (False, True) for has in has_specific(chain, item)]
    return list(product(product(*may_have), keys))
