"""Links of pulled objects, at the end at which the catalog says them (contract 1.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.catalog.links import LINKS, Link, at_owners
from reconciler.model import Catalog, Ref
from reconciler.normalize import texts
from reconciler.pull.pulled import Pulled


def at_their_ends(pulled: Iterable[Pulled], base: Catalog) -> list[Pulled]:
    """The objects with their links where `base` says most of its own.

    A link to what the files have already stays where it is: nothing there is edited.
    """
    found = {item.ref: item for item in pulled}
    for owner, lists in LINKS.items():
        for name, link in lists.items():
            if at_owners(base, link):
                _turn(found, owner, name, link)
    return list(found.values())


def _turn(found: dict[Ref, Pulled], owner: str, name: str, link: Link) -> None:
    for item in list(found.values()):
        if item.ref.kind != link.kind or item.external:
            continue
        keys = list(_keys(item.fields.get(link.field)))
        moved = [key for key in keys if _is_new(found, Ref(owner, key))]
        if moved:
            left = [key for key in keys if key not in moved]
            found[item.ref] = _with_field(item, link.field, left)
        for key in moved:
            other = found[Ref(owner, key)]
            more = [*other.fields.get(name, ()), item.ref.key]
            found[other.ref] = _with_field(other, name, more)


def _with_field(item: Pulled, name: str, keys: list[str]) -> Pulled:
    """The object with these keys in a field; without the field where there are none."""
    fields = dict(item.fields)
    fields.pop(name, None)
    return replace(item, fields={**fields, name: keys} if keys else fields)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from texts(tuple(value))


def _is_new(found: Mapping[Ref, Pulled], ref: Ref) -> bool:
    return ref in found and not found[ref].external
