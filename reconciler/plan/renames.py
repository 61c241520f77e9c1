"""Objects that are the same in content but not in natural key (contract 2.1, 2.9).

A managed object whose key has left and one new key of the same content: a rename is offered,
never guessed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from reconciler.kinds import KINDS, Kind, Type
from reconciler.model import Change, Live, LiveObject, Ref, Resource, Value
from reconciler.normalize import canon, is_empty
from reconciler.wire import Names, type_of, view

TELLING = 2
"""Filled fields that two objects must share before their content says anything."""

_PLAIN = frozenset({Type.BOOLEAN, Type.INSTANT, Type.WORD, Type.MULTIPLE, Type.CONTENT})
"""Types that too many objects have in common to tell them apart."""

Paths = tuple[str, ...]


def natural_fields(kind: Kind) -> frozenset[str]:
    """The fields that the kind's natural keys are made of."""
    return frozenset(part for key in kind.natural for name in key for part in name.split("|"))


def content_paths(resource: Resource) -> Paths:
    """The declared, filled fields that are not part of a natural key; none if they tell little."""
    kind = KINDS[resource.ref.kind]
    natural = natural_fields(kind)
    paths = tuple(
        path
        for path, value in sorted(resource.fields.items())
        if path not in natural and not is_empty(value)
    )
    telling = [path for path in paths if kind.field(path).type not in _PLAIN]
    return paths if len(telling) >= TELLING else ()


def signature(kind: Kind, fields: Mapping[str, Value], paths: Paths, names: Names) -> Hashable:
    """The canonical content of an object on some fields."""
    return tuple(canon(fields.get(path), type_of(kind, path, names)) for path in paths)


def same_content(
    wanted: Sequence[Resource], candidates: Iterable[LiveObject], names: Names
) -> dict[Ref, list[LiveObject]]:
    """For each wanted object the candidates of its kind with the same content."""
    items = [(item, view(KINDS[item.kind], item.fields, names)) for item in candidates]
    indexes: dict[tuple[str, Paths], dict[Hashable, list[LiveObject]]] = {}
    found: dict[Ref, list[LiveObject]] = {}
    for resource in wanted:
        paths = content_paths(resource)
        if not paths:
            continue
        kind = KINDS[resource.ref.kind]
        index = indexes.setdefault((kind.name, paths), {})
        if not index:
            index.update(_index(kind, paths, items, names))
        found[resource.ref] = index.get(signature(kind, resource.fields, paths, names), [])
    return found


def _index(
    kind: Kind,
    paths: Paths,
    items: Iterable[tuple[LiveObject, Mapping[str, Value]]],
    names: Names,
) -> dict[Hashable, list[LiveObject]]:
    index: dict[Hashable, list[LiveObject]] = {}
    for item, fields in items:
        if item.kind == kind.name:
            index.setdefault(signature(kind, fields, paths, names), []).append(item)
    return index


def offers(
    creates: Sequence[Resource], deletes: Sequence[Change], live: Live, names: Names
) -> Iterator[str]:
    """The `moved:` lines to add where one new key has the content of one that has left."""
    by_id = {(change.ref.kind, str(change.id)): change.ref for change in deletes}
    leaving = [live.of(kind)[id_] for kind, id_ in by_id if id_ in live.of(kind)]
    matches = same_content(creates, leaving, names)
    claims: dict[Ref, list[Ref]] = {}
    for ref, items in matches.items():
        for item in items:
            claims.setdefault(by_id[item.kind, item.id], []).append(ref)
    for source, targets in sorted(claims.items()):
        if len(targets) == 1 and len(matches[targets[0]]) == 1:
            target = targets[0]
            line = f"moved: [{{kind: {source.kind}, from: {source.key}, to: {target.key}}}]"
            yield (
                f"{source} leaves and {target} is new with the same content. "
                f"If it is a rename, add `{line}`"
            )
