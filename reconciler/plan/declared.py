"""The changes of what the catalog declares: differences of what exists, creates of what does not.

Files that have left it or that an upload replaces are here too: they cannot be deleted, so they
lose our links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.diff import Difference, at_rest, compare
from reconciler.enums import Action
from reconciler.kinds import CONTENT, KINDS
from reconciler.model import Change, Ref, Resource, Value
from reconciler.plan.deletes import Leaving
from reconciler.plan.duplicates import Unread
from reconciler.plan.matched import Matched
from reconciler.plan.policy import regions_missing
from reconciler.plan.undeletable import successor, unlinked, unlinked_by_upload

NONE = Difference()
"""Nothing to do."""


def difference_of(known: Matched, ref: Ref) -> Difference:
    """What differs on a bound object; nothing on one that is external."""
    bound, resource = known.identity.bound[ref], known.catalog.resources[ref]
    item = known.live.of(ref.kind)[bound.id]
    if bound.how == "external":
        return NONE
    entry = known.entry(ref)
    if known.resting.holds(resource, item, entry):
        return NONE
    if at_rest(resource, item, entry, known.names, known.catalog.policy):
        return NONE
    return compare(known.view(ref))


def upserts(
    known: Matched, differences: Mapping[Ref, Difference], held_up: Mapping[Ref, str]
) -> Iterator[Change]:
    """The change of each declared object that needs one, and of what an upload replaces.

    `held_up` are the creates that a near match blocks, with the reason.
    """
    unread = Unread(known.live, known.names)
    for ref, resource in known.catalog.resources.items():
        if ref in differences:
            change = _of_bound(known, resource, differences[ref])
            if change is not None:
                yield change
                yield from _replaced(known, change)
        elif ref in known.identity.missing:
            yield _missing(known, resource)
        elif not resource.external and ref not in known.identity.processing:
            yield _create(known, resource, held_up.get(ref) or unread.may_be(resource))


def _missing(known: Matched, resource: Resource) -> Change:
    """What its `id:` names is not there; nothing but a person's correction helps."""
    ref = resource.ref
    action = Action.UPDATE if ref in known.identity.entries else Action.ADOPT
    reason = known.identity.missing[ref]
    return Change(action, ref, None, _title(resource), resource.place, blocked=reason)


def _create(known: Matched, resource: Resource, blocked: str | None) -> Change:
    ref = resource.ref
    gone, source = ref in known.identity.gone, known.moved_from(ref)
    if gone and regions_missing(known.state, known.live):
        blocked = "it is gone, but so are regions of the account: these credentials see less"
    return Change(
        Action.RECREATE if gone else Action.CREATE,
        ref,
        None,
        _title(resource),
        resource.place,
        sent=resource.fields,
        blocked=blocked,
        source=str(source) if source else None,
        upload=resource.file,
        inside=resource.inside,
        prevent_destroy=resource.lifecycle.prevent_destroy,
        origins=resource.origins,
    )


def _of_bound(known: Matched, resource: Resource, difference: Difference) -> Change | None:
    """The change of an object that exists; None where there is nothing to do."""
    ref = resource.ref
    source = _source(known, ref)
    action = _action(known, ref, source)
    if action == Action.UPDATE and not difference.fields and not difference.blocked:
        return None
    written = [item.path for item in difference.fields]
    # Fields that the YAML no longer has: once they are cleared they are no longer ours.
    cleared = [path for path in written if path not in resource.fields]
    change = Change(
        action,
        ref,
        known.identity.bound[ref].id,
        _title(resource),
        resource.place,
        fields=difference.fields,
        cls=difference.cls,
        blocked=difference.blocked,
        source=str(source) if source else None,
        sent=_sent(resource, difference),
        forget=(*difference.forget, *cleared),
        prevent_destroy=resource.lifecycle.prevent_destroy,
    )
    return _uploading(change, resource) if CONTENT in written else change


def _uploading(change: Change, resource: Resource) -> Change:
    """An upload makes a new object, which gets all that is declared."""
    return replace(
        change,
        upload=resource.file,
        inside=resource.inside,
        sent=resource.fields,
        origins=resource.origins,
    )


def _source(known: Matched, ref: Ref) -> Ref | None:
    if known.identity.bound[ref].how == "external":
        return None
    return known.moved_from(ref)


def _action(known: Matched, ref: Ref, source: Ref | None) -> Action:
    if known.identity.bound[ref].how in ("adopted", "pinned"):
        return Action.ADOPT
    return Action.MOVE if source else Action.UPDATE


def _sent(resource: Resource, difference: Difference) -> dict[str, Value]:
    """The declared fields that count as sent once the change is made: those that it writes, and
    those that are as declared though something else, or nothing, was sent."""
    sent = {item.path for item in difference.fields}
    sent.update(difference.settled)
    return {path: value for path, value in resource.fields.items() if path in sent}


def _replaced(known: Matched, change: Change) -> Iterator[Change]:
    """What an upload replaces loses our links, once the new object has them."""
    if change.upload is None or change.blocked is not None:
        return
    item = known.live.of(change.ref.kind)[str(change.id)]
    entry = known.entry(change.ref)
    applied = entry.applied if entry else {}
    found = unlinked_by_upload(change.ref, item, applied, change.sent, known.names)
    if found is not None:
        yield found


def unlinks(known: Matched, leave: Leaving) -> Iterator[Change]:
    """Files that have left the catalog and still have links of ours."""
    if known.catalog.policy.prune == "never":
        return
    for entry in leave.unlinks:
        # It keeps our links until the one in its place can take them.
        if successor(entry.ref) in known.identity.processing:
            continue
        item = known.live.of(entry.ref.kind)[entry.id]
        found = unlinked(entry.ref, entry, item, known.names)
        if found is not None:
            yield found


def _title(resource: Resource) -> str:
    return str(resource.fields.get(KINDS[resource.ref.kind].title) or resource.ref.key)
