"""Changes and policy become a plan, a value that says all that apply will do (contract 2, 3).

`build` is pure: the same catalog, live account and state give the same plan (contract 2.11).
Its steps, each a function from values to a value:

1  matched        who is who in catalog, account and state          matched.py
2  compared       what differs, what leaves, and what others put    deletes.py, takeouts.py
                  into what leaves
3  near_matches   what creates may exist already                    near.py
4  everything     all changes that the catalog asks for, refused    declared.py, links.py,
                  and blocked where they cannot be made             dropped_options.py
5  targeted       those that `--target` asks for                    targets.py
6  permitted      those that reviewed plans permit                  permits.py
7  made           those that are left, judged once more: what       links.py
                  5 and 6 leave out holds on to what it stands in
8  Plan           in order, with batches, notes and refusals, and   cost.py, notes.py, policy.py,
                  where each change stands and what it concerns     locations.py, reach.py

Each step needs those above it.  Blocked changes stay in the lists, to be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.behaviours import shuffled_kinds
from reconciler.diff import Difference
from reconciler.enums import Action
from reconciler.errors import CatalogError
from reconciler.model import Catalog, Change, Entry, Live, Note, Plan, Problem, Ref, Review, State
from reconciler.normalize import composed, texts
from reconciler.ordering import in_order, with_dependents_blocked
from reconciler.plan.cost import cut, price
from reconciler.plan.declared import NONE, difference_of, unlinks, upserts
from reconciler.plan.deletes import Leaving, leaving
from reconciler.plan.dropped_options import keep_held
from reconciler.plan.links import judged, linked, settled
from reconciler.plan.locations import Locations, labels, located
from reconciler.plan.matched import Matched, matched
from reconciler.plan.near import Near, near_matches, to_settle
from reconciler.plan.notes import (
    account_notes,
    change_notes,
    created_beside,
    foreign_names,
    new_state_notes,
)
from reconciler.plan.permits import permitted
from reconciler.plan.policy import Allow, check_account, refusals, regions_missing, remedies
from reconciler.plan.reach import with_reach
from reconciler.plan.settles import carried, settles, unchanged
from reconciler.plan.takeouts import TakeOut, by_holder, take_outs, with_taken_out
from reconciler.plan.targets import selected
from reconciler.plan.unpublish import unpublishes

__all__ = ["Allow", "Ask", "build", "check_account", "with_digests"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the caller asks of a plan besides its three inputs."""

    targets: tuple[str, ...] = ()
    environment: str | None = None
    allow: Allow = field(default_factory=Allow)
    day: str = ""
    """The day of the plan, `YYYY-MM-DD`: what goes live is told by it, and nothing else."""
    reviewed: tuple[Plan, ...] | None = None
    """Plan files that permit; None where the plan is not bound to any."""
    deleted: frozenset[Ref] = frozenset()
    """What a run has just deleted: a target that names one asks for nothing more."""


def build(catalog: Catalog, live: Live, state: State, ask: Ask | None = None) -> Plan:
    """The plan.

    Raises CatalogError for objects that match none or several, Refused for another account.
    """
    ask = ask or Ask()
    check_account(state, live.account)
    known = matched(catalog, live, state)
    problems = [*known.identity.problems, *_unknown_regions(known.catalog, live)]
    if problems:
        raise CatalogError(sorted(problems))
    compared = _compared(known)
    near = near_matches(known)
    everything = _everything(known, compared, near)
    targeted = _targeted(known, ask, everything, compared.taken_out)
    permits, review = _permitted(known, ask, targeted, everything)
    made = _made(known, permits, compared)
    steps = _Steps(compared, near, everything, targeted, review, made)
    return _plan(known, ask, steps)


def with_digests(catalog: Catalog, live: Live, state: State) -> State:
    """The state with the digest of each object that a plan finds nothing to do about, and without
    one of any other (contract 7.4); `diff.resting` says what they are for."""
    known = matched(catalog, live, state)
    if known.identity.problems:
        return state
    differences, entries = _compared(known).differences, dict(state.entries)
    for ref, entry in state.entries.items():
        is_at_rest = differences.get(ref) == NONE and known.entry(ref) is entry
        digest = _digest(known, ref, entry) if is_at_rest else ""
        if digest != entry.at_rest:
            entries[ref] = replace(entry, at_rest=digest)
    return replace(state, entries=entries, shared=known.resting.shared)


def _digest(known: Matched, ref: Ref, entry: Entry) -> str:
    """The digest of a bound object; what is external is never written and needs none."""
    resource = known.catalog.resources[ref]
    item = known.live.of(ref.kind)[entry.id]
    return "" if resource.external else known.resting.digest(resource, item, entry)


def _unknown_regions(catalog: Catalog, live: Live) -> Iterator[Problem]:
    known: set[str] = set()
    for region in live.regions:
        known.update((composed(region.id), composed(region.name)))
    shown = ", ".join(sorted(region.name for region in live.regions)) or "none"
    for ref, resource in catalog.resources.items():
        for name in texts(resource.fields.get("regions")):
            if composed(name) not in known:
                account = catalog.policy.regions.get(name)
                called = f"{account}', as the environment calls '{name}" if account else name
                text = f"{ref.kind} '{ref.key}': the account has no region '{called}'"
                yield Problem(resource.at("regions"), text, f"it shows {shown}")


# --- the steps ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Compared:
    """What differs by object, what leaves, and what is taken out of what leaves."""

    differences: Mapping[Ref, Difference]
    leave: Leaving
    taken_out: tuple[TakeOut, ...]


@dataclass(frozen=True, slots=True)
class _Steps:
    """What the steps of a plan have given; `made` are the changes in the order of the plan."""

    compared: _Compared
    near: Near
    everything: Sequence[Change]
    targeted: Sequence[Change]
    review: Review | None
    made: Sequence[Change]

    @property
    def active(self) -> list[Change]:
        """The changes that apply makes."""
        return [change for change in self.made if change.blocked is None]


def _compared(known: Matched) -> _Compared:
    """The differences hold what is taken out: it is drift that the plan reverts (contract 2.5)."""
    differences = {ref: difference_of(known, ref) for ref in known.identity.bound}
    blind = regions_missing(known.state, known.live)
    leave = leaving(known.catalog, known.live, known.identity, blind=blind)
    found = take_outs(known, differences, leave.changes)
    for ref, items in by_holder(found).items():
        differences[ref] = with_taken_out(differences[ref], items, known.view(ref))
    return _Compared(differences, leave, found)


def _everything(known: Matched, compared: _Compared, near: Near) -> list[Change]:
    differences, leave = compared.differences, compared.leave
    declared = upserts(known, differences, near.blocked)
    changes = [*declared, *unlinks(known, leave), *unpublishes(known, leave), *leave.changes]
    changes = judged(known, changes, leave, compared.taken_out)
    return linked(known, keep_held(changes, known.live, known.names))


def _targeted(
    known: Matched, ask: Ask, changes: list[Change], taken_out: Sequence[TakeOut]
) -> list[Change]:
    if not ask.targets:
        return changes
    gone = {str(ref) for ref in ask.deleted}
    targets = [text for text in ask.targets if text.rstrip("/") not in gone]
    return with_dependents_blocked(selected(targets, known.catalog, changes, taken_out))


def _permitted(
    known: Matched, ask: Ask, changes: list[Change], everything: Sequence[Change]
) -> tuple[list[Change], Review | None]:
    if ask.reviewed is None:
        return changes, None
    names = foreign_names(known, changes)
    beside = {change.ref for change in everything}.difference(change.ref for change in changes)
    return permitted(changes, ask.reviewed, known.catalog.resources, names, beside)


def _made(known: Matched, changes: list[Change], compared: _Compared) -> list[Change]:
    # A value that is written outside of what was targeted or permitted holds its option too.
    held = with_dependents_blocked(keep_held(changes, known.live, known.names))
    return in_order(settled(known, held, compared.leave, compared.taken_out))


# --- the plan -----------------------------------------------------------------------------------


def _plan(known: Matched, ask: Ask, steps: _Steps) -> Plan:
    differences, leave = steps.compared.differences, steps.compared.leave
    locations = Locations(known.catalog, known.live, known.names)
    changes = with_reach(located(steps.made, locations), known)
    rate = known.catalog.policy.rate
    shuffled = shuffled_kinds(known.state.behaviours)
    batches = cut(
        steps.active, known.live, known.names, known.state.refused, rate=rate, shuffled=shuffled
    )
    beside = tuple(created_beside(known, steps.active)) if known.state.new else ()
    refused = refusals(known.catalog, known.identity, tuple(steps.made), leave, ask.allow)
    differs = steps.review.differs if steps.review is not None else ()
    return Plan(
        account=known.live.account,
        changes=changes,
        batches=batches,
        settles=() if ask.targets else settles(known, differences, steps.everything, leave),
        near=dict(to_settle(known, steps.near, steps.everything)),
        moved=carried(known, changes, leave),
        unchanged=unchanged(known, differences, steps.everything),
        notes=tuple(_notes(known, ask, steps, beside)),
        refusals=(*differs, *(refusal.text for refusal in refused)),
        remedies=() if differs else tuple(remedies(refused)),
        new_state=known.state.new,
        needs_new_state=known.state.new and _needs_consent(steps, beside),
        targets=ask.targets,
        environment=ask.environment,
        cost=price(batches, rate),
        names=foreign_names(known, changes),
        ids=known.names.ids,
        roots=known.identity.roots,
        labels=labels(changes, locations),
        left=_left(known, steps),
        review=steps.review,
        day=ask.day,
        web=known.catalog.policy.web,
        since=known.live.since,
    )


def _notes(known: Matched, ask: Ask, steps: _Steps, beside: Sequence[str]) -> Iterator[Note]:
    compared = steps.compared
    yield from new_state_notes(known, beside)
    yield from account_notes(known, compared.leave, steps.near, targeted=bool(ask.targets))
    yield from change_notes(known, compared.differences, steps.everything, steps.targeted)


def _needs_consent(steps: _Steps, beside: Sequence[str]) -> bool:
    """A new state may double what is there: it adopts, or creates beside others (contract 2.1)."""
    if steps.near.found or beside:
        return True
    return any(change.action == Action.ADOPT for change in steps.active)


def _left(known: Matched, steps: _Steps) -> dict[str, int]:
    """How many objects are rightly not brought to what the catalog says, by reason."""
    differences = steps.compared.differences.values()
    found = {
        "drift kept": sum(bool(difference.kept) for difference in differences),
        "not targeted": len(steps.everything) - len(steps.targeted),
        "not permitted": steps.review.left_objects if steps.review else 0,
        "processing": len(known.live.processing),
    }
    return {reason: number for reason, number in found.items() if number}
