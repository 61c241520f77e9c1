"""What goes because something is deleted, told once and with what is deleted (8.1)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.enums import Action
from reconciler.kinds import CONTENT, KINDS, MARK, named_last
from reconciler.model import FieldChange, Ref
from reconciler.reports.items import NOUNS, Item

_LEFT = "the file before stays in the account, without our links: the API deletes none"


def told_once(items: Sequence[Item], labels: Mapping[Ref, str]) -> list[Item]:
    """The items; what the plan takes away with a delete is told there and no more by itself.

    Elements of sets that are deleted fall with them, and what an upload replaces loses its links
    to it.  What falls is named by name.
    """
    falls: dict[Ref, list[str]] = {item.ref: [] for item in items if _is_deleted(item)}
    replaced = set(_replaced(items))
    kept: list[Item] = []
    for item in items:
        if not _is_predecessor(item, replaced):
            kept += _told_itself(item, falls)
    return [_named(_with_fallout(item, falls, replaced), labels) for item in kept]


def _is_deleted(item: Item) -> bool:
    return item.action == Action.DELETE and item.blocked is None


def _replaced(items: Sequence[Item]) -> Iterator[Ref]:
    """The objects that an upload puts in the place of others, which lose our links."""
    uploads = {item.ref for item in items if _is_upload(item)}
    for item in items:
        if _is_predecessor(item, uploads):
            yield _successor(item.ref)


def _is_upload(item: Item) -> bool:
    return any(part.path == CONTENT for part in item.fields)


def _is_predecessor(item: Item, successors: Container[Ref]) -> bool:
    """It stands for what the account held before one of these."""
    return MARK in item.ref.key and _successor(item.ref) in successors


def _successor(ref: Ref) -> Ref:
    return Ref(ref.kind, ref.key.partition(MARK)[0])


def _told_itself(item: Item, falls: Mapping[Ref, list[str]]) -> list[Item]:
    """What is left to tell of an item; nothing where all that it loses is deleted."""
    if item.blocked is not None or not any(part.remove for part in item.fields):
        return [item]
    fields: list[FieldChange] = []
    for part in item.fields:
        fields += _without_fallen(item, part, falls)
    return [replace(item, fields=tuple(fields))] if fields else []


def _without_fallen(
    item: Item, part: FieldChange, falls: Mapping[Ref, list[str]]
) -> list[FieldChange]:
    """A change without the elements that the plan deletes; these get their links told."""
    stay: list[str] = []
    for key in part.remove:
        fallen = falls.get(_element(item, part, key))
        if fallen is None:
            stay.append(key)
        else:
            fallen.append(f"its link on {item.noun()} '{item.label}'")
    if len(stay) == len(part.remove):
        return [part]
    says_more = stay or part.add or part.rename or part.order
    return [replace(part, remove=tuple(stay))] if says_more else []


def _element(item: Item, part: FieldChange, key: str) -> Ref:
    return Ref(KINDS[item.ref.kind].field(part.path).to, key)


def _with_fallout(item: Item, falls: Mapping[Ref, list[str]], replaced: set[Ref]) -> Item:
    if item.ref in falls:
        return replace(item, fallout=(*item.fallout, *sorted(falls[item.ref])))
    if item.ref in replaced:
        return replace(item, concerns=(*item.concerns, _LEFT))
    return item


def _named(item: Item, labels: Mapping[Ref, str]) -> Item:
    """What falls, by name: `link on resource/care` is the link on resource 'Care guide'."""
    if not item.fallout:
        return item
    return replace(item, fallout=tuple(_by_name(text, labels) for text in item.fallout))


def _by_name(text: str, labels: Mapping[Ref, str]) -> str:
    found = named_last(text)
    label = labels.get(Ref(*found)) if found else None
    if found is None or label is None:
        return text
    head, _, _ = text.rpartition(" ")
    return f"{head} {NOUNS[found[0]][0]} '{label}'"
