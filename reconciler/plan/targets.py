"""`--target`: a part of the plan, with what it cannot do without (contract 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.enums import CREATES, LEAVES, Action, Class
from reconciler.errors import UsageError
from reconciler.kinds import KINDS, Type
from reconciler.known import references
from reconciler.model import Catalog, Change, Ref, Resource
from reconciler.normalize import texts
from reconciler.plan.takeouts import TakeOut, by_holder, making_room


def parse_target(text: str) -> tuple[Ref, bool]:
    """`KIND/KEY`, and whether a trailing slash asks for what it contains too."""
    kind, _, key = text.partition("/")
    if kind not in KINDS or not key.rstrip("/"):
        kinds = ", ".join(KINDS)
        raise UsageError(f"--target {text}: not KIND/KEY", hint=f"kinds are {kinds}")
    return Ref(kind, key.rstrip("/")), key.endswith("/")


def selected(
    targets: Sequence[str],
    catalog: Catalog,
    changes: Sequence[Change],
    taken_out: Sequence[TakeOut] = (),
) -> list[Change]:
    """The changes of the targets, plus creates and bare adoptions of what they reference, and
    what must be taken out of what they delete.

    A target that depends on a change which is left out is blocked: it could not be made.
    """
    by_ref = {change.ref: change for change in changes}
    wanted = wanted_refs(targets, catalog, by_ref)
    needed = _needed(wanted, catalog, by_ref)
    room = by_holder(item for item in taken_out if item.leaving in wanted)
    # A part of a change may lack what another one depends on.
    whole = wanted | {ref for ref in needed if not by_ref[ref].fields}
    parts = _parts(changes, wanted, needed, room)
    return [_without(part, whole) for part in parts]


def _parts(
    changes: Iterable[Change],
    wanted: set[Ref],
    needed: set[Ref],
    room: Mapping[Ref, Sequence[TakeOut]],
) -> Iterator[Change]:
    for change in changes:
        if change.ref in wanted:
            yield change
        elif change.ref in needed:
            yield _bare(change)
        elif change.ref in room:
            part = making_room(change, room[change.ref])
            if part is not None:
                yield part


def _brings(change: Change) -> bool:
    return change.action in CREATES | {Action.ADOPT}


def _bare(change: Change) -> Change:
    """Created or adopted, nothing more: what an adoption would write too is left out."""
    if change.action != Action.ADOPT:
        return change
    written = {item.path for item in change.fields}
    sent = {path: value for path, value in change.sent.items() if path not in written}
    return replace(change, fields=(), cls=Class.PENDING, forget=(), sent=sent)


def _without(change: Change, present: set[Ref]) -> Change:
    """The change as far as what it depends on is in the plan."""
    if change.action == Action.DELETE or change.blocked is not None:
        return change
    for ref in change.depends_on:
        if ref not in present:
            return change.block(f"it depends on {ref}, which --target leaves out")
    return change


def wanted_refs(
    targets: Sequence[str], catalog: Catalog, changes: Mapping[Ref, Change]
) -> set[Ref]:
    """The targets themselves; UsageError for one that is neither declared nor leaving."""
    wanted: set[Ref] = set()
    for text in targets:
        ref, deep = parse_target(text)
        if ref not in catalog.resources and ref not in changes:
            raise UsageError(f"--target {text}: no such object in the catalog or the state")
        wanted.add(ref)
        if deep:
            wanted |= _contents({ref}, catalog.resources)
            wanted |= _leaving_with(ref, changes)
    return wanted


def _leaving_with(ref: Ref, changes: Mapping[Ref, Change]) -> set[Ref]:
    """The deletes of what stands in an object that leaves, at any depth."""
    found: set[Ref] = set()
    pending = [ref]
    while pending:
        change = changes.get(pending.pop())
        if change is not None and change.action in LEAVES:
            found.add(change.ref)
            pending.extend(inner for inner in change.depends_on if inner not in found)
    return found


def _contents(refs: set[Ref], resources: Mapping[Ref, Resource]) -> set[Ref]:
    """What lies inside, at any depth: sub-categories, collections, variants, linked resources."""
    content: dict[Ref, list[Ref]] = {}
    for ref, resource in resources.items():
        for container in _containers(resource):
            content.setdefault(container, []).append(ref)
    inside = set(refs)
    pending = list(refs)
    while pending:
        for ref in content.get(pending.pop(), ()):
            if ref not in inside:
                inside.add(ref)
                pending.append(ref)
    return inside


def _containers(resource: Resource) -> Iterator[Ref]:
    for item in KINDS[resource.ref.kind].fields:
        if item.type in (Type.REFERENCE, Type.REFERENCES) and item.to in _CONTAINERS:
            for key in texts(resource.fields.get(item.name)):
                yield Ref(item.to, key)


_CONTAINERS = ("category", "collection")


def _needed(wanted: set[Ref], catalog: Catalog, changes: Mapping[Ref, Change]) -> set[Ref]:
    needed: set[Ref] = set()
    pending = list(wanted)
    while pending:
        resource = catalog.resources.get(pending.pop())
        if resource is None:
            continue
        for ref in _references(resource):
            change = changes.get(ref)
            if change is not None and ref not in needed and _brings(change):
                needed.add(ref)
                pending.append(ref)
    return needed


def _references(resource: Resource) -> Iterator[Ref]:
    for path, value in resource.fields.items():
        yield from references(resource.ref.kind, path, value)
