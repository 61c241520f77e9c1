"""Natural keys of desired and of live objects (contract 2.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator

from reconciler.identity.bound import Known
from reconciler.kinds import ORDER, Kind
from reconciler.known import depth
from reconciler.model import Catalog, LiveObject, Ref, Resource
from reconciler.normalize import is_empty, spelled
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.wire import definition_of, view_value


def layers(kind: Kind, seeking: list[Resource], catalog: Catalog) -> Iterator[list[Resource]]:
    """The objects level by level: those whose natural key depends on another one come after it."""
    depths: dict[Ref, int] = {}
    own = [item.name for item in kind.fields if item.to == kind.name and item.structural]
    levels: dict[int, list[Resource]] = defaultdict(list)
    for resource in seeking:
        level = depth(resource.ref, lambda ref: _above(ref, own, catalog), depths)
        levels[level].append(resource)
    for level in sorted(levels):
        yield levels[level]


def _above(ref: Ref, own: list[str], catalog: Catalog) -> Ref | None:
    """The declared object that one stands in, of its own kind."""
    fields = catalog.resources[ref].fields
    for name in own:
        above = Ref(ref.kind, str(fields.get(name) or ""))
        if above in catalog.resources:
            return above
    return None


Form = Callable[[str], str]


def natural_keys(known: Known, resource: Resource, level: int, form: Form) -> list[Hashable]:
    """A desired object's natural keys of a level; none where it has none, or cannot have yet.

    Level 0 is the configured field, 1 the first of the kind's chain, 2 the second.
    """
    kind = resource.ref.kind
    if kind == "collection":
        return _collection_keys(known, resource, level, form)
    if level != 1:
        return []
    if kind == "category":
        return _in_parent(known, resource, form)
    parts = [resource.fields.get(name) for name in search_row(kind)]
    return [tuple(form(spelled(part)) if part else None for part in parts)]


def search_row(kind: str) -> tuple[str, ...]:
    """The fields of a kind's only natural key."""
    return next(row.natural[0] for row in ORDER if row.name == kind)


def _in_parent(known: Known, resource: Resource, form: Form) -> list[Hashable]:
    parent = resource.fields.get("parent")
    if parent is None:
        return [(None, form(str(resource.fields["name"])))]
    above = known.bound.get(Ref("category", str(parent)))
    return [(above.id, form(str(resource.fields["name"])))] if above else []


def _collection_keys(known: Known, resource: Resource, level: int, form: Form) -> list[Hashable]:
    is_variant = resource.fields.get("type") == "variant"
    if level < 2:
        value = resource.fields.get(specific(known, level) or "")
        return [(is_variant, form(spelled(value)))] if not is_empty(value) else []
    lacking = tuple(has(resource, specific(known, index)) for index in (0, 1))
    name = form(str(resource.fields["name"]))
    return [(lacking, is_variant, place, name) for place in _places(known, resource, is_variant)]


def specific(known: Known, level: int) -> str | None:
    """The field of the configured key (level 0), or additional_title (level 1)."""
    if level == 1:
        return "additional_title"
    configured = known.catalog.policy.natural_keys.get("collection")
    return value_path(configured.partition(":")[2]) if configured and ":" in configured else None


def has(resource: Resource, path: str | None) -> bool:
    return path is not None and not is_empty(resource.fields.get(path))


def _places(known: Known, resource: Resource, is_variant: bool) -> list[str | None]:
    """Live ids of what a collection's name is unique in: its parent, or any declared category."""
    if is_variant:
        above = known.bound.get(Ref("collection", str(resource.fields["variant_of"])))
        return [above.id] if above else []
    keys = resource.fields.get("categories") or ()
    if not keys:
        return [None]
    found = (known.bound.get(Ref("category", str(key))) for key in tuple(keys))  # type: ignore[arg-type]
    return [bound.id for bound in found if bound]


def live_keys(known: Known, item: LiveObject, level: int, form: Form) -> Iterator[Hashable]:
    """The same keys as `natural_keys`, of a live object."""
    if item.kind == "collection":
        yield from _live_collection_keys(known, item, level, form)
    elif level == 1 and item.kind == "category":
        parent = item.fields.get("parent")
        above = None if parent in known.roots else parent
        yield (above, form(spelled(item.fields.get("name") or "")))
    elif level == 1:
        parts = [item.fields.get(name) for name in search_row(item.kind)]
        yield tuple(form(spelled(part)) if not is_empty(part) else None for part in parts)


def _live_collection_keys(
    known: Known, item: LiveObject, level: int, form: Form
) -> Iterator[Hashable]:
    # Variant or not is read from `parent_topic_id`: `collection_type` is missing on old records.
    is_variant = not is_empty(item.fields.get("variant_of"))
    if level < 2:
        value = _live_specific(known, item, level)
        if not is_empty(value):
            yield (is_variant, form(spelled(value)))
        return
    # A key that names more must not fall back on an object that has a name of its own.
    for lacking in _lackings(known, item):
        for place in _live_places(known, item, is_variant):
            yield (lacking, is_variant, place, form(spelled(item.fields.get("name") or "")))


def _lackings(known: Known, item: LiveObject) -> Iterator[tuple[bool, bool]]:
    has = tuple(not is_empty(_live_specific(known, item, level)) for level in (0, 1))
    for configured in (False, True):
        for titled in (False, True):
            if not (configured and has[0]) and not (titled and has[1]):
                yield (configured, titled)


def _live_specific(known: Known, item: LiveObject, level: int) -> object:
    path = specific(known, level)
    if path is None or not is_value(path):
        return item.fields.get(path or "")
    bound = known.bound.get(Ref("attribute", attribute_of(path)))
    if bound is None:
        return None
    definition = definition_of(known.live.of("attribute")[bound.id])
    return view_value(item.fields.get(value_path(bound.id)), definition)


def _live_places(known: Known, item: LiveObject, is_variant: bool) -> list[str | None]:
    if is_variant:
        return [item.fields["variant_of"]]
    memberships = {item.fields.get("category"), *(item.fields.get("categories") or ())}
    return sorted(memberships - {None} - known.roots) or [None]
