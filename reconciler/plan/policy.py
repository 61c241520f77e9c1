"""The limits of a run: over any of them nothing is written (contract 2.5, 2.10, 2.12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from reconciler.enums import LEAVES, Action, Class
from reconciler.errors import Refused
from reconciler.identity import Identity
from reconciler.model import Account, Catalog, Change, Limits, Live, Ref, Remedy, State
from reconciler.plan.deletes import Leaving

PERCENT_FROM = 20
"""Managed objects of a kind from which `delete_percent` counts (contract 1.8)."""

ALL_GONE_FROM = 10
"""Managed objects of a kind of which none is left: other credentials are the likely cause."""


@dataclass(frozen=True, slots=True)
class Allow:
    """What the command line lifts for one run; None leaves the catalog's limit.

    `deletes` takes the place of both limits on deletes.  `by_hand` says that whoever reads a
    refusal can pass options; in CI a reviewer has the commit alone.
    """

    deletes: int | None = None
    clears: int | None = None
    recreate: int | None = None
    fail_on_conflict: bool = False
    by_hand: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing would be written; the limits that would have to be raised to what, and the
    deletes that could be stated instead."""

    text: str
    limits: Mapping[str, int] = field(default_factory=dict)
    deletes: tuple[Ref, ...] = ()


def check_account(state: State, account: Account) -> None:
    """Refuse credentials of another account (contract 2.12); nothing was written."""
    if state.account is not None and not same_account(state.account, account):
        raise Refused(
            "the state belongs to another account: "
            "none of its regions is seen with these credentials",
            hint="check PXM_CLIENT_ID and --base-url; for another account use another --state",
        )


def same_account(known: Account, seen: Account) -> bool:
    """One account shows at least one region of the state; without regions URL and client decide."""
    if known.regions and seen.regions:
        return bool(known.regions & seen.regions)
    return (known.base_url, known.client_id) == (seen.base_url, seen.client_id)


def regions_missing(state: State, live: Live) -> bool:
    """Some of the state's regions are no longer seen: absence proves nothing."""
    return state.account is not None and bool(state.account.regions - live.account.regions)


def refusals(
    catalog: Catalog,
    identity: Identity,
    changes: tuple[Change, ...],
    leave: Leaving,
    allow: Allow,
) -> tuple[Refusal, ...]:
    """Every reason for which nothing at all would be written."""
    active = [change for change in changes if change.blocked is None]
    limits = catalog.policy.limits
    return (
        *_deletes(active, leave.stated, identity, limits, allow),
        *_clears(active, limits, allow),
        *_gone(identity, leave.lost, limits, allow),
        *_conflicts(active, allow),
    )


def remedies(found: Sequence[Refusal]) -> Iterator[Remedy]:
    """What a review of the same commit can write to lift them, as YAML to paste."""
    limits: dict[str, int] = {}
    deletes: dict[Ref, None] = {}
    for refusal in found:
        limits.update(refusal.limits)
        deletes.update(dict.fromkeys(refusal.deletes))
    if limits:
        raised = "".join(f"  {name}: {number}\n" for name, number in limits.items())
        yield Remedy(
            "In reconciler.yaml, these limits in place of those there", f"limits:\n{raised}"
        )
    if deletes:
        # Keys are of letters, digits and `._/-` (contract 1.1): YAML needs no quotes.
        lines = "".join(f"  - {{kind: {ref.kind}, key: {ref.key}}}\n" for ref in deletes)
        yield Remedy("In a file of the catalog, that these go on purpose", f"removed:\n{lines}")


def _deletes(
    active: list[Change], stated: frozenset[Ref], identity: Identity, limits: Limits, allow: Allow
) -> Iterator[Refusal]:
    deletes = [item for item in active if item.action in LEAVES and item.ref not in stated]
    number, most = len(deletes), _most(limits.deletes, allow.deletes)
    if number > most:
        flag = f"--allow-deletes {number}"
        yield _lost(
            f"{number} {_SAID[deletes[0].action]}, the limit is {most}",
            ("deletes", number),
            flag,
            deletes,
            allow,
        )
    if allow.deletes is None:
        yield from _percent(deletes, identity, limits, allow)


def _lost(
    what: str, limit: tuple[str, int], flag: str, deletes: Sequence[Change], allow: Allow
) -> Refusal:
    """Too much that leaves.  What would be unpublished is deleted once it is stated: that is no
    way to let it through."""
    refs = tuple(item.ref for item in deletes if item.action == Action.DELETE)
    others = (REMOVED,) if refs else ()
    name, number = limit
    ways = _ways(allow, flag, f"{name}: {number}", *others)
    return Refusal(f"{what}: {ways}", {name: number}, refs)


def _most(limit: int, allowed: int | None) -> int:
    """The command line's limit where it gives one, else the catalog's."""
    return limit if allowed is None else allowed


_SAID = {Action.DELETE: "deletes", Action.UNPUBLISH: "objects to unpublish"}
"""What `deletes` limits: what is unpublished is lost to the shop as well.  `prune` makes one of
them of all that leaves and that no `removed:` names."""


REMOVED = "list the keys under `removed:`"


def _ways(allow: Allow, flag: str, limit: str, *others: str) -> str:
    """How a limit is lifted: by an option, or by what a review of the same commit sees."""
    commit = " or ".join((f"set `limits: {{{limit}}}` in reconciler.yaml", *others))
    if allow.by_hand:
        return f"pass {flag}, or in the same commit {commit}"
    return f"in the same commit, {commit}"


def _percent(
    deletes: list[Change], identity: Identity, limits: Limits, allow: Allow
) -> Iterator[Refusal]:
    managed = Counter(ref.kind for ref in identity.entries)
    most = 0
    for kind, number in sorted(Counter(item.ref.kind for item in deletes).items()):
        total = managed[kind]
        if total < PERCENT_FROM:
            continue
        percent = 100 * number / total
        if percent > limits.delete_percent:
            # One limit serves all kinds.
            most = max(most, ceil(percent))
            what = (
                f"{number} of {total} managed {kind} objects would be {deletes[0].action.past}, "
                f"the limit is {limits.delete_percent} %"
            )
            of_kind = [item for item in deletes if item.ref.kind == kind]
            flag = f"--allow-deletes {len(deletes)}"
            yield _lost(what, ("delete_percent", most), flag, of_kind, allow)


def _clears(active: list[Change], limits: Limits, allow: Allow) -> Iterator[Refusal]:
    number = sum(clears(change) for change in active)
    most = _most(limits.clears, allow.clears)
    if number > most:
        ways = _ways(allow, f"--allow-clears {number}", f"clears: {number}")
        text = f"{number} fields would be cleared, the limit is {most}: {ways}"
        yield Refusal(text, {"clears": number})


def clears(change: Change) -> int:
    """How many fields, values and options a change empties."""
    number = 0
    for item in change.fields:
        if item.clears:
            number += max(1, len(item.remove)) if item.path in ("options", "fields") else 1
    return number


def _gone(
    identity: Identity, lost: frozenset[Ref], limits: Limits, allow: Allow
) -> Iterator[Refusal]:
    gone = (identity.gone - identity.bound.keys()) | lost
    number, most = len(gone), _most(limits.gone, allow.recreate)
    if number > most:
        ways = _ways(allow, f"--allow-recreate {number}", f"gone: {number}")
        text = (
            f"{number} managed objects are gone, the limit is {most}: other credentials, or "
            f"fewer rights, are the likely cause; else {ways}"
        )
        yield Refusal(text, {"gone": number})
    elif allow.recreate is None:
        yield from _none_left(identity, lost, allow)


def _none_left(identity: Identity, lost: frozenset[Ref], allow: Allow) -> Iterator[Refusal]:
    way = "pass --allow-recreate" if allow.by_hand else "run `pxm apply` by hand: --allow-recreate"
    managed = Counter(ref.kind for ref in identity.entries)
    gone = Counter(ref.kind for ref in identity.gone | lost)
    for kind, number in sorted(managed.items()):
        if number >= ALL_GONE_FROM and number == gone[kind]:
            yield Refusal(
                f"none of the {number} managed {kind} objects is left: other credentials are the "
                f"likely cause; else {way} {number}"
            )


def _conflicts(active: list[Change], allow: Allow) -> Iterator[Refusal]:
    if not allow.fail_on_conflict:
        return
    found = [str(change.ref) for change in active if change.cls == Class.CONFLICT]
    if found:
        first = ", ".join(found[:5])
        yield Refusal(f"{len(found)} conflicts, and --fail-on-conflict is set: {first}")
