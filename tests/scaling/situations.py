"""What an account and a state may be to a catalog: all new, all gone, all drifted, and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.behaviours import UNIQUE_NAMES, YES, of
from reconciler.kinds import KINDS, Type
from reconciler.model import (
    Behaviour,
    Catalog,
    Live,
    LiveObject,
    Moved,
    Place,
    Ref,
    Removed,
    Resource,
    State,
)
from reconciler.normalize import texts
from reconciler.paths import attribute_of
from tests.scaling.worlds import account, managed, shown

PLACE = Place("all.yaml", 1, 1)


@dataclass(frozen=True)
class Inputs:
    """What a plan is made of."""

    catalog: Catalog
    live: Live
    state: State


def _objects(live: Live) -> list[LiveObject]:
    return [item for items in live.objects.values() for item in items.values()]


def _edited(live: Live, edit: Callable[[LiveObject], Mapping[str, Any]]) -> Live:
    return account([replace(item, fields={**item.fields, **edit(item)}) for item in _objects(live)])


def _with(catalog: Catalog, items: Iterable[Resource], **rest: Any) -> Catalog:
    return replace(catalog, resources={item.ref: item for item in items}, **rest)


def unchanged(catalog: Catalog) -> Inputs:
    """Nothing to do."""
    live = shown(catalog)
    return Inputs(catalog, live, managed(catalog, live))


def new(catalog: Catalog) -> Inputs:
    """An empty account."""
    return Inputs(catalog, account([]), State())


def adopted(catalog: Catalog) -> Inputs:
    """A lost state."""
    return Inputs(catalog, shown(catalog), State())


def pinned(catalog: Catalog) -> Inputs:
    """A lost state, and each object with its id."""
    live = shown(catalog)
    ids = managed(catalog, live).entries
    items = [replace(item, id=ids[ref].id) for ref, item in catalog.resources.items()]
    return Inputs(_with(catalog, items), live, State())


def missing(catalog: Catalog) -> Inputs:
    """Ids of an empty account: all is blocked."""
    return Inputs(pinned(catalog).catalog, account([]), State())


def meant_new(catalog: Catalog) -> Inputs:
    """Each object says that it is new, beside as many of its name."""
    items = [replace(item, id="new") for item in catalog.resources.values()]
    return Inputs(_with(catalog, items), shown(catalog), State())


def external(catalog: Catalog) -> Inputs:
    """All is somebody else's."""
    items = [replace(item, external=True) for item in catalog.resources.values()]
    return Inputs(_with(catalog, items), shown(catalog), State())


def handed_over(catalog: Catalog) -> Inputs:
    """All was ours and is somebody else's."""
    return replace(unchanged(catalog), catalog=external(catalog).catalog)


def gone(catalog: Catalog) -> Inputs:
    """All was there."""
    return replace(unchanged(catalog), live=account([]))


def _drifted(item: LiveObject) -> Mapping[str, Any]:
    title = KINDS[item.kind].title
    values = {path: f"{value}!" for path, value in item.fields.items() if _is_text(path, value)}
    sets = {path: value[1:] for path, value in item.fields.items() if isinstance(value, tuple)}
    return {**values, **sets, title: f"{item.fields[title]} II"}


def _is_text(path: str, value: Any) -> bool:
    return path.startswith("attributes.") and isinstance(value, str)


def drifted(catalog: Catalog) -> Inputs:
    """All was changed in the account."""
    found = unchanged(catalog)
    return replace(found, live=_edited(found.live, _drifted))


def looks_near(catalog: Catalog) -> Inputs:
    """A lost state of an account in which all was renamed."""
    return replace(drifted(catalog), state=State())


def changed(catalog: Catalog) -> Inputs:
    """All was changed in the catalog."""
    found = drifted(catalog)
    return replace(found, state=managed(catalog, found.live))


def rotated(catalog: Catalog) -> Inputs:
    """Each object takes the name of the next one of its kind."""
    items: dict[str, list[Resource]] = {}
    for item in catalog.resources.values():
        items.setdefault(item.ref.kind, []).append(item)
    turned: list[Resource] = []
    for kind, found in items.items():
        title = KINDS[kind].title
        for item, other in zip(found, [*found[1:], found[0]], strict=True):
            turned.append(replace(item, fields={**item.fields, title: other.fields[title]}))
    return replace(unchanged(catalog), catalog=_with(catalog, turned))


def _elsewhere(state: State) -> State:
    """The state with other keys."""
    entries = {}
    for ref, entry in state.entries.items():
        other = Ref(ref.kind, f"was-{ref.key}")
        entries[other] = replace(entry, ref=other)
    return replace(state, entries=entries)


def moved(catalog: Catalog) -> Inputs:
    """All keys were renamed."""
    found = unchanged(catalog)
    steps = tuple(Moved(ref.kind, f"was-{ref.key}", ref.key, PLACE) for ref in catalog.resources)
    return Inputs(replace(catalog, moved=steps), found.live, _elsewhere(found.state))


def renamed(catalog: Catalog) -> Inputs:
    """All keys were renamed and nobody says so."""
    found = unchanged(catalog)
    return replace(found, state=_elsewhere(found.state))


def renamed_twice(catalog: Catalog) -> Inputs:
    """Keys and names were changed, and nobody says so."""
    found = changed(catalog)
    return replace(found, state=_elsewhere(found.state))


def left(catalog: Catalog) -> Inputs:
    """All has left the catalog."""
    return replace(unchanged(catalog), catalog=_with(catalog, ()))


def removed(catalog: Catalog) -> Inputs:
    """All is to be deleted."""
    entries = tuple(Removed(ref, True, PLACE) for ref in catalog.resources)
    return replace(unchanged(catalog), catalog=_with(catalog, (), removed=entries))


def let_go(catalog: Catalog) -> Inputs:
    """All is let go."""
    entries = tuple(Removed(ref, False, PLACE) for ref in catalog.resources)
    return replace(unchanged(catalog), catalog=_with(catalog, (), removed=entries))


def unpublished(catalog: Catalog) -> Inputs:
    """All has left the catalog and is taken out of sight."""
    policy = replace(catalog.policy, prune="unpublish")
    return replace(unchanged(catalog), catalog=_with(catalog, (), policy=policy))


def deleted_of_others(catalog: Catalog) -> Inputs:
    """What leaves holds what somebody else has put there: deletes are blocked."""
    found = left(catalog)
    others = [
        LiveObject("category", f"id-x-{item.id}", {"name": "Theirs", "parent": item.id})
        for item in found.live.of("category").values()
    ]
    others += [
        LiveObject("collection", f"id-x-{item.id}", {"name": "Theirs", "variant_of": item.id})
        for item in found.live.of("collection").values()
    ]
    return replace(found, live=account([*_objects(found.live), *others]))


def beside_nameless(catalog: Catalog) -> Inputs:
    """All is new, and the account's lists are full of entries without a name."""
    blank = [
        replace(item, fields={**item.fields, KINDS[item.kind].title: None})
        for item in _objects(shown(catalog))
    ]
    return replace(new(catalog), live=account([], nameless=tuple(blank)))


def deleted_beside_nameless(catalog: Catalog) -> Inputs:
    """All has left, and the account's lists are full of entries without an id."""
    found = left(catalog)
    bare = [LiveObject(item.kind, "", {"name": item.label}) for item in _objects(found.live)]
    return replace(found, live=account(_objects(found.live), nameless=tuple(bare)))


def doubtful(catalog: Catalog) -> Inputs:
    """Each create may have been taken twice, and was."""
    found = unchanged(catalog)
    twins = [replace(item, id=f"x-{item.id}") for item in _objects(found.live)]
    live = account([*_objects(found.live), *twins])
    return replace(
        found, live=live, state=replace(found.state, doubtful=dict.fromkeys(catalog.resources, 1.0))
    )


def refused(catalog: Catalog) -> Inputs:
    """All was refused the last time."""
    found = changed(catalog)
    return replace(found, state=replace(found.state, refused=frozenset(catalog.resources)))


def strangers(catalog: Catalog) -> Inputs:
    """A lost state; what stands in something else stands in somebody else's, by the same names."""
    found = [*_objects(shown(catalog))]
    twins: list[LiveObject] = []
    for item in found:
        fields = {path: _theirs(item.kind, path, value) for path, value in item.fields.items()}
        name = KINDS[item.kind].title
        if all(fields.get(path) is None for path in KINDS[item.kind].placed):
            fields[name] = f"Their {fields[name]}"
            twins.append(item)
        twins.append(LiveObject(item.kind, f"their-{item.id}", fields))
    return Inputs(catalog, account(twins), State())


def _theirs(kind: str, path: str, value: Any) -> Any:
    if path in KINDS[kind].placed and value is not None:
        return f"their-{value}" if isinstance(value, str) else tuple(f"their-{x}" for x in value)
    return value


def _pruned(item: Resource, there: Mapping[Ref, Resource]) -> Resource:
    """The object without its references to what is not there."""
    fields: dict[str, Any] = {}
    for path, value in item.fields.items():
        row = KINDS[item.ref.kind].field(path)
        if row.type is Type.REFERENCES:
            fields[path] = tuple(key for key in value if Ref(row.to, key) in there)  # type: ignore[union-attr]
        elif row.type is Type.VALUES:
            if Ref(row.to, attribute_of(path)) in there:
                fields[path] = value
        elif row.type is not Type.REFERENCE or Ref(row.to, str(value)) in there:
            fields[path] = value
    return replace(item, fields=fields)


def _only(catalog: Catalog, item: Resource) -> Inputs:
    alone = _pruned(item, {item.ref: item})
    return replace(unchanged(catalog), catalog=_with(catalog, [alone]))


def all_but_last(catalog: Catalog) -> Inputs:
    """All but one object has left, and it lets go of them."""
    return _only(catalog, [*catalog.resources.values()][-1])


def all_but_first(catalog: Catalog) -> Inputs:
    """The same, of the first one."""
    return _only(catalog, next(iter(catalog.resources.values())))


def root_missing(catalog: Catalog) -> Inputs:
    """All is new but one, on which others depend, that is blocked."""
    items = [*catalog.resources.values()]
    items[-1] = replace(items[-1], id="nobody")
    return Inputs(_with(catalog, items), account([]), State())


def leaf_held(catalog: Catalog) -> Inputs:
    """All has left, and somebody's objects stand in the first one."""
    found = left(catalog)
    item = next(iter(_objects(found.live)))
    kind, path = (
        ("collection", "variant_of") if item.kind == "collection" else ("category", "parent")
    )
    theirs = LiveObject(kind, "theirs", {"name": "Theirs", path: item.id})
    return replace(found, live=account([*_objects(found.live), theirs]))


def refused_names(catalog: Catalog) -> Inputs:
    """Names go round on an account that refuses equal ones."""
    found = rotated(catalog)
    seen = {of(UNIQUE_NAMES, kind): Behaviour(YES, "2026-01-01") for kind in KINDS}
    return replace(found, state=replace(found.state, behaviours=seen))


def passed_on(catalog: Catalog) -> Inputs:
    """Names are handed down on such an account, and who gives up the first one is blocked."""
    found = refused_names(catalog)
    items = [*found.catalog.resources.values()]
    title = KINDS[items[-1].ref.kind].title
    fields = {**items[-1].fields, title: "Last"}
    items[-1] = replace(items[-1], fields=fields)
    if items[0].ref.kind == "collection":
        items[0] = replace(items[0], fields={**items[0].fields, "type": "variant"})
    return replace(found, catalog=_with(catalog, items))


def _with_options(catalog: Catalog, edit: Callable[[Resource], Resource]) -> Inputs:
    items = [edit(x) if x.fields.get("options") else x for x in catalog.resources.values()]
    return replace(unchanged(catalog), catalog=_with(catalog, items))


def _options(item: Resource) -> tuple[str, ...]:
    return texts(item.fields["options"])


def dropped(catalog: Catalog) -> Inputs:
    """All options but the first are dropped; who had them has them still."""
    return _with_options(
        catalog, lambda item: replace(item, fields={**item.fields, "options": _options(item)[:1]})
    )


def reordered(catalog: Catalog) -> Inputs:
    """Options stand the other way round."""
    return _with_options(
        catalog, lambda item: replace(item, fields={**item.fields, "options": _options(item)[::-1]})
    )


def relabelled(catalog: Catalog) -> Inputs:
    """All options have new labels, and say what they were."""

    def edit(item: Resource) -> Resource:
        labels = {f"{label} II": label for label in _options(item)}
        return replace(item, fields={**item.fields, "options": tuple(labels)}, renames=labels)

    return _with_options(catalog, edit)


def stale(catalog: Catalog) -> Inputs:
    """Values name options that are no more."""
    found = unchanged(catalog)

    def edit(item: LiveObject) -> Mapping[str, Any]:
        picks = {path: value for path, value in item.fields.items() if isinstance(value, list)}
        return {path: [f"{id_}-gone" for id_ in value] for path, value in picks.items()}

    return replace(found, live=_edited(found.live, edit))


def lent(catalog: Catalog) -> Inputs:
    """All is somebody else's, and told by its name alone."""
    items: list[Resource] = []
    for item in catalog.resources.values():
        names = {*KINDS[item.ref.kind].near, KINDS[item.ref.kind].title, "type", "parent"}
        said = {path: value for path, value in item.fields.items() if path in names}
        items.append(replace(item, fields=said, external=True))
    return Inputs(_with(catalog, items), shown(catalog), State())


def guests(catalog: Catalog) -> Inputs:
    """What all leaves holds the last object, and nobody of us put it there."""
    found = all_but_last(catalog)
    (ref,) = found.catalog.resources
    entry = found.state.entries[ref]
    sets = {path for path, value in entry.applied.items() if isinstance(value.sent, tuple)}
    applied = {path: value for path, value in entry.applied.items() if path not in sets}
    fields = found.catalog.resources[ref].fields
    item = replace(
        found.catalog.resources[ref],
        fields={path: value for path, value in fields.items() if path not in sets},
    )
    entries = {**found.state.entries, ref: replace(entry, applied=applied)}
    return replace(
        found, catalog=_with(catalog, [item]), state=replace(found.state, entries=entries)
    )


SITUATIONS: Mapping[str, Callable[[Catalog], Inputs]] = {
    "unchanged": unchanged,
    "new": new,
    "adopted": adopted,
    "pinned": pinned,
    "missing": missing,
    "meant new": meant_new,
    "external": external,
    "handed over": handed_over,
    "gone": gone,
    "drifted": drifted,
    "near": looks_near,
    "changed": changed,
    "rotated": rotated,
    "moved": moved,
    "renamed": renamed,
    "renamed twice": renamed_twice,
    "left": left,
    "removed": removed,
    "let go": let_go,
    "unpublished": unpublished,
    "held by others": deleted_of_others,
    "beside nameless": beside_nameless,
    "left beside nameless": deleted_beside_nameless,
    "doubtful": doubtful,
    "refused": refused,
    "strangers": strangers,
    "stale": stale,
    "lent": lent,
    "guests": guests,
    "all but last": all_but_last,
    "all but first": all_but_first,
    "root missing": root_missing,
    "leaf held": leaf_held,
    "names refused": refused_names,
    "names passed on": passed_on,
    "options dropped": dropped,
    "options reordered": reordered,
    "options relabelled": relabelled,
}
