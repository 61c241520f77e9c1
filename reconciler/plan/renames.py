"""Objects that are the same in content but not in natural key (contract 2.1, 2.9).

A managed object whose key has left and one new key of the same content (a category also of the
same name or the same children): a rename is offered, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.kinds import CHILDREN, KINDS, Kind, Type
from reconciler.model import Change, Live, LiveObject, Ref, Resource, Value
from reconciler.normalize import canon, is_empty
from reconciler.wire import Names, same_label, type_of, view

TELLING = 2
"""Filled fields that two objects must share before their content says anything."""

_PLAIN = frozenset({Type.BOOLEAN, Type.INSTANT, Type.WORD, Type.MULTIPLE, Type.CONTENT})
"""Types that too many objects have in common to tell them apart."""

Paths = tuple[str, ...]


def content_paths(resource: Resource) -> Paths:
    """The declared, filled fields that are not part of a natural key; none if they tell little."""
    kind = KINDS[resource.ref.kind]
    paths: list[str] = []
    telling = 0
    for path in sorted(resource.fields.keys() - kind.natural_fields):
        if is_empty(resource.fields[path]):
            continue
        paths.append(path)
        if kind.field(path).type not in _PLAIN:
            telling += 1
    return tuple(paths) if telling >= TELLING else ()


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


# --- offers -------------------------------------------------------------------------------------

Pairs = Mapping[Ref, Ref]
"""New keys by the keys that leave."""


@dataclass(frozen=True, slots=True)
class Turnover:
    """What leaves the catalog, by kind and live id, and what is new in it."""

    leaving: Mapping[tuple[str, str], Ref]
    coming: Mapping[Ref, Resource]
    resources: Mapping[Ref, Resource]
    live: Live
    names: Names


def offers(
    creates: Sequence[Resource],
    deletes: Sequence[Change],
    resources: Mapping[Ref, Resource],
    live: Live,
    names: Names,
) -> Iterator[str]:
    """The `moved:` lines to add where one new key is what one that leaves was (contract 2.9)."""
    leaving = {(change.ref.kind, str(change.id)): change.ref for change in deletes}
    if not leaving or not creates:
        return
    both = Turnover(leaving, {item.ref: item for item in creates}, resources, live, names)
    pairs: dict[Ref, Ref] = {}
    same: dict[Ref, str] = {}
    for words, way in (("content", _by_content), ("name", _by_name), ("children", _by_children)):
        # A pair that is found tells more of what stands in it.
        while fresh := _one_to_one(way(both, pairs), pairs):
            pairs.update(fresh)
            same.update(dict.fromkeys(fresh, words))
    for source, target in sorted(pairs.items()):
        line = f"moved: [{{kind: {source.kind}, from: {source.key}, to: {target.key}}}]"
        yield (
            f"{source} leaves and {target} is new with the same {same[source]}. "
            f"If it is a rename, add `{line}`"
        )


def _one_to_one(candidates: Iterable[tuple[Ref, Ref]], pairs: Pairs) -> dict[Ref, Ref]:
    """Those of which neither side has another candidate, or is paired already."""
    every = dict.fromkeys(candidates)
    sources = Counter(source for source, _ in every)
    targets = Counter(target for _, target in every)
    taken = set(pairs.values())
    found: dict[Ref, Ref] = {}
    for source, target in every:
        is_paired = source in pairs or target in taken
        if sources[source] == targets[target] == 1 and not is_paired:
            found[source] = target
    return found


def _by_content(both: Turnover, _: Pairs) -> Iterator[tuple[Ref, Ref]]:
    items = [both.live.of(kind)[id_] for kind, id_ in both.leaving]
    for ref, same in same_content(list(both.coming.values()), items, both.names).items():
        for item in same:
            yield both.leaving[item.kind, item.id], ref


def _by_name(both: Turnover, _: Pairs) -> Iterator[tuple[Ref, Ref]]:
    """A kind that is told apart by its place and its name may have moved under a new key."""
    by_name: dict[tuple[str, str], list[Ref]] = {}
    for (kind, id_), ref in both.leaving.items():
        title = both.live.of(kind)[id_].label
        if KINDS[kind].moves_by_name:
            by_name.setdefault((kind, same_label(title)), []).append(ref)
    for ref, resource in both.coming.items():
        title = same_label(resource.fields.get(KINDS[ref.kind].title) or "")
        for source in by_name.get((ref.kind, title), ()):
            yield source, ref


def _by_children(both: Turnover, pairs: Pairs) -> Iterator[tuple[Ref, Ref]]:
    """The children that stay are the same ones; what is paired already counts as one."""
    before, after = _held(both, pairs), _holding(both, pairs)
    by_children: dict[frozenset[Ref], list[Ref]] = {}
    for target, children in after.items():
        by_children.setdefault(frozenset(children), []).append(target)
    for source, children in before.items():
        for target in by_children.get(frozenset(children), ()):
            if target.kind == source.kind:
                yield source, target


def _held(both: Turnover, pairs: Pairs) -> dict[Ref, set[Ref]]:
    """By leaving key, the objects of the catalog that stand in its object now."""
    found: dict[Ref, set[Ref]] = {}
    for kind, holder, name in CHILDREN:
        for item in both.live.of(holder).values():
            source = both.leaving.get((kind, str(item.fields.get(name))))
            child = Ref(holder, both.names.token(holder, item.id))
            child = pairs.get(child, child)
            if source is not None and child in both.resources:
                found.setdefault(source, set()).add(child)
    return found


def _holding(both: Turnover, pairs: Pairs) -> dict[Ref, set[Ref]]:
    """By new key, the objects that stand in it and that exist."""
    existing = both.resources.keys() - both.coming.keys() | set(pairs.values())
    found: dict[Ref, set[Ref]] = {}
    for kind, holder, name in CHILDREN:
        for ref, resource in both.resources.items():
            target = Ref(kind, str(resource.fields.get(name) or ""))
            if ref.kind == holder and ref in existing and target in both.coming:
                found.setdefault(target, set()).add(ref)
    return found
