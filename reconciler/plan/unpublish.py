"""`prune: unpublish`: what leaves the catalog is taken out of sight and let go (contract 1.8).

`published` becomes false, and the memberships and links that are ours go.  Once that is so the
state forgets the object: it is like any other that nobody manages, and is recognised as one where
the catalog declares it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.diff import compare, view_of
from reconciler.enums import Action
from reconciler.kinds import KINDS, PUBLISHED, Field, Kind, Type
from reconciler.model import Change, Entry, Lifecycle, Place, Policy, Ref, Resource, Settle
from reconciler.plan.deletes import PROTECTED, Leaving
from reconciler.plan.matched import Matched


def unpublishes(known: Matched, leave: Leaving) -> Iterator[Change]:
    """The changes of objects that have left the catalog and are still in sight."""
    for ref, place in leave.unpublish.items():
        change = _unpublish(known, known.identity.left[ref], place)
        if change.fields:
            yield change


def let_go(
    leave: Leaving, changes: Iterable[Change], left: Mapping[Ref, Entry]
) -> Iterator[Settle]:
    """What is out of sight already needs no request: the state forgets it."""
    changed = {change.ref for change in changes}
    for ref in leave.unpublish:
        if ref not in changed:
            yield Settle(ref, left[ref].id, drop=True)


def _unpublish(known: Matched, entry: Entry, place: Place | None) -> Change:
    """The object compared with one that declares nothing but that it is not published."""
    ref = entry.ref
    item, kind = known.live.of(ref.kind)[entry.id], KINDS[ref.kind]
    ignore = frozenset(field.name for field in kind.fields if not _is_dropped(kind, field))
    hidden = Resource(ref, {PUBLISHED: False}, Place(""), lifecycle=Lifecycle(ignore=ignore))
    policy = _whatever_drifted(known.catalog.policy)
    difference = compare(view_of(hidden, item, entry, known.names, policy))
    cleared = [part.path for part in difference.fields if part.path != PUBLISHED]
    return Change(
        Action.UNPUBLISH,
        ref,
        entry.id,
        item.label,
        place,
        fields=tuple(replace(part, clears=False) for part in difference.fields),
        cls=difference.cls,
        blocked=PROTECTED if entry.prevent_destroy else None,
        sent={part.path: False for part in difference.fields if part.path == PUBLISHED},
        forget=tuple(cleared),
        prevent_destroy=entry.prevent_destroy,
    )


def _is_dropped(kind: Kind, field: Field) -> bool:
    """It says where people find an object: the flag, memberships and links."""
    return field.name == PUBLISHED or field.type is Type.REFERENCES or field == kind.primary


def _whatever_drifted(policy: Policy) -> Policy:
    """Nothing is kept because somebody changed it since, and what others put there stays."""
    return replace(policy, drift="revert", exact=frozenset())
