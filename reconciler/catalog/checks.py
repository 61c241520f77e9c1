"""What only the whole catalog shows: references, cycles, dates, natural keys, moves (1.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator

from reconciler.catalog.values import did_you_mean
from reconciler.identity import NEW
from reconciler.kinds import KINDS, Type
from reconciler.model import Catalog, Problem, Ref, Resource
from reconciler.normalize import loosened, spelled, texts


def check(catalog: Catalog) -> Iterator[Problem]:
    """Every problem that no single field has."""
    for resource in catalog.resources.values():
        yield from _references(catalog, resource)
        yield from _dates(resource)
        yield from _variant(catalog, resource)
        yield from _attribute(resource)
    yield from _cycles(catalog)
    yield from _collisions(catalog)
    yield from _moves(catalog)


def _at(resource: Resource, path: str, message: str, hint: str = "") -> Problem:
    ref = resource.ref
    return Problem(resource.at(path), f"{ref.kind} '{ref.key}': {message}", hint)


def _references(catalog: Catalog, resource: Resource) -> Iterator[Problem]:
    for item in KINDS[resource.ref.kind].fields:
        if item.type not in (Type.REFERENCE, Type.REFERENCES) or item.to is None:
            continue
        first = resource.fields.get("category") if item.name == "categories" else None
        for key in texts(resource.fields.get(item.name)):
            if Ref(item.to, key) not in catalog.resources and key != first:
                known = (ref.key for ref in catalog.resources if ref.kind == item.to)
                what = f"unknown {item.to} '{key}'"
                yield _at(resource, item.name, what, did_you_mean(key, known))


def _dates(resource: Resource) -> Iterator[Problem]:
    fields = resource.fields
    start, end = fields.get("published_start_date"), fields.get("published_end_date")
    if fields.get("published") is True and not start:
        yield _at(
            resource, "published", "published needs a published_start_date", "the API asks for both"
        )
    if start and end and str(end) < str(start):
        yield _at(resource, "published_end_date", "published_end_date lies before the start")


def _variant(catalog: Catalog, resource: Resource) -> Iterator[Problem]:
    around = resource.fields.get("variant_of")
    above = catalog.resources.get(Ref("collection", str(around))) if around else None
    if above is not None and above.fields.get("variant_of") and resource.ref.kind == "collection":
        yield _at(resource, "variant_of", f"its parent '{around}' is a variant itself")


def _attribute(resource: Resource) -> Iterator[Problem]:
    if resource.ref.kind != "attribute":
        return
    type_ = resource.fields.get("type")
    for name, needed in (("options", "Pick List"), ("multiple", "Pick List"), ("fields", "List")):
        if name in resource.fields and type_ not in (needed, None):
            yield _at(resource, name, f"`{name}` goes with type {needed} only")
    if type_ == "List" and not resource.fields.get("fields") and not resource.external:
        yield _at(resource, "type", "a List needs `fields`")


def _cycles(catalog: Catalog) -> Iterator[Problem]:
    done: set[str] = set()
    for resource in catalog.of("category"):
        chain: list[str] = []
        step: str | None = resource.ref.key
        while step is not None and step not in done and step not in chain:
            chain.append(step)
            above = catalog.resources.get(Ref("category", step))
            parent = above.fields.get("parent") if above else None
            step = str(parent) if parent else None
        if step is not None and step in chain:
            loop = [*chain[chain.index(step) :], step]
            yield _at(
                catalog.resources[Ref("category", step)], "parent", f"a cycle: {' -> '.join(loop)}"
            )
        done.update(chain)


def _collisions(catalog: Catalog) -> Iterator[Problem]:
    """Two objects with one natural key, unless all but one are pinned (2.1)."""
    groups: dict[Hashable, list[Resource]] = defaultdict(list)
    for resource in catalog.resources.values():
        if resource.id in (None, NEW):
            for key in _natural_keys(catalog, resource):
                groups[key].append(resource)
    reported: set[Ref] = set()
    for group in groups.values():
        for other in group[1:]:
            if other.ref not in reported:
                reported.add(other.ref)
                first = group[0]
                what = f"it cannot be told apart from '{first.ref.key}' ({first.place})"
                hint = "give one another name, an additional_title, or an `id:`"
                yield Problem(other.place, f"{other.ref.kind} '{other.ref.key}': {what}", hint)


def _natural_keys(catalog: Catalog, resource: Resource) -> Iterator[Hashable]:
    fields, kind = resource.fields, resource.ref.kind

    def form(name: str) -> str | None:
        value = fields.get(name)
        return loosened(spelled(value)) if value is not None else None

    if kind != "collection":
        yield (kind, *(form(name) for name in KINDS[kind].natural[0]))
        return
    configured = catalog.policy.natural_keys.get("collection", "additional_title")
    specific = f"attributes.{configured.partition(':')[2]}" if ":" in configured else configured
    for name in dict.fromkeys((specific, "additional_title")):
        if form(name):
            yield (kind, name, fields.get("type") == "variant", form(name))
            return
    if fields.get("variant_of"):
        yield (kind, "variant", fields["variant_of"], form("name"))
        return
    for category in texts(fields.get("categories")) or (None,):
        yield (kind, "in", category, form("name"))


def _moves(catalog: Catalog) -> Iterator[Problem]:
    targets = [(item.kind, item.target) for item in catalog.moved]
    sources = [(item.kind, item.source) for item in catalog.moved]
    for move in catalog.moved:
        if Ref(move.kind, move.target) not in catalog.resources:
            known = (ref.key for ref in catalog.resources if ref.kind == move.kind)
            what = f"moved: unknown {move.kind} '{move.target}'"
            yield Problem(move.place, what, did_you_mean(move.target, known))
        declared = Ref(move.kind, move.source) in catalog.resources
        if declared and (move.kind, move.source) not in targets:
            what = f"moved: '{move.source}' is still in the catalog"
            yield Problem(move.place, what, "a key that moves away must be gone, or another's `to`")
        if (
            targets.count((move.kind, move.target)) > 1
            or sources.count((move.kind, move.source)) > 1
        ):
            yield Problem(move.place, "moved: a key moves twice")
    for removed in catalog.removed:
        if removed.ref in catalog.resources:
            what = f"removed: {removed.ref.kind} '{removed.ref.key}' is still in the catalog"
            yield Problem(removed.place, what)
