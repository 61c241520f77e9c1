"""What was created of late, in place of a whole list, for who looks for a create (contract 2.6).

A list can be asked for what was created since a day.  Accounts may refuse that, ignore it, or leave
out what they should show, so an answer counts as far as it proves itself: it shows nothing that is
older, and, before its silence counts, everything that this very run has made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.api import Session
from reconciler.api.paging import Listing
from reconciler.apply.runstate import RunState
from reconciler.behaviours import CREATED_SINCE, NO, YES, Behaviours, of, value_of
from reconciler.bydate import day_text, first_day, read_since
from reconciler.errors import BadAnswer, StatusError
from reconciler.kinds import KINDS, Kind
from reconciler.live import Listed, listed, read_kind, with_listing
from reconciler.model import Change, Live, Ref
from reconciler.normalize import instant, is_empty, spelled
from reconciler.plan.cost import PAGE

CREATED = "created_start_date"
"""The filter that is asked with."""

Standing = frozenset[str]
"""The decisive fields that an object has: a list may show products and leave their variants out."""


@dataclass(frozen=True, slots=True)
class Look:
    """A list in which a create may show.

    `proves` says that what it does not show is not there; `by_date` that it is not the whole list.
    That tells of what stands as something does that this run has made and it shows (`standings`).
    """

    listing: Listing[Listed]
    proves: bool
    by_date: bool = False
    standings: frozenset[Standing] = frozenset()

    def proves_of(self, changes: Iterable[Change]) -> bool:
        """Whether what these create is not there, if it does not show."""
        if not self.by_date:
            return self.proves
        return self.proves and self.standings.issuperset(map(_standing, changes))


def _standing(change: Change) -> Standing:
    kind = KINDS[change.ref.kind]
    decisive = (item.name for item in kind.fields if item.decisive)
    return frozenset(name for name in decisive if not is_empty(change.sent.get(name)))


def look(run: RunState, kind: Kind) -> Look:
    """What was created since the day before the run, where the account tells; else everything."""
    by_date = _by_date(run, kind)
    return by_date if by_date is not None else everything(run, kind)


def everything(run: RunState, kind: Kind) -> Look:
    """The whole list."""
    listing = read_kind(run.session, kind)
    return Look(listing, listing.whole)


def _by_date(run: RunState, kind: Kind) -> Look | None:
    """None where the account is seen not to heed the date, or where it would spare nothing."""
    name = of(CREATED_SINCE, kind.name)
    older = set(_older(run, kind))
    is_long = is_worth_while(run.seen.live(), kind)
    if not (is_long and older) or value_of(run.ledger.behaviours, name) == NO:
        return None
    listing = read_recent(run.session, kind, run.started)
    if listing is None or _ids(listing) & older:
        run.ledger.notice(name, NO)
        return None
    made = _made(run, kind)
    proves = listing.whole and bool(made) and made.keys() <= _ids(listing)
    if proves:
        run.ledger.notice(name, YES)
    standings = frozenset(_standing(run.ledger.changes[ref]) for ref in made.values())
    return Look(listing, proves, by_date=True, standings=standings)


def _ids(listing: Listing[Listed]) -> set[str]:
    return {entry.item.id for entry in listing.items if entry.item is not None}


def _older(run: RunState, kind: Kind) -> Iterator[str]:
    """Objects that were there before any day that is asked for, in whatever zone."""
    day = day_text(first_day(run.started))
    for id_, item in run.seen.planned.of(kind.name).items():
        made = instant(spelled(item.created or ""))
        if made is not None and made[:10] < day:
            yield id_


def _made(run: RunState, kind: Kind) -> dict[str, Ref]:
    """What this run has made, by id, as far as it knows."""
    before = run.seen.planned.of(kind.name)
    gone = {id_ for name, id_ in run.seen.gone if name == kind.name}
    others = gone.union(before, run.plan.ids.values())
    ids = ((ref, id_) for ref, id_ in run.seen.ids.items() if ref in run.ledger.changes)
    return {id_: ref for ref, id_ in ids if ref.kind == kind.name and id_ not in others}


# --- without a run ------------------------------------------------------------------------------


def is_worth_while(live: Live, kind: Kind) -> bool:
    """A list of one page is read as fast as a part of it."""
    return kind.by_date and live.listed(kind.name) > PAGE


def is_heeded(behaviours: Behaviours, kind: Kind) -> bool:
    """The account was seen to show what was just made, and nothing older."""
    return value_of(behaviours, of(CREATED_SINCE, kind.name)) == YES


def read_recent(session: Session, kind: Kind, since: float) -> Listing[Listed] | None:
    """What was created since the day before a moment, in seconds since 1970; None where the account
    does not take the day.  Raises ApiError where it cannot be reached."""
    try:
        return read_since(session, kind, CREATED, since, lambda raw: listed(kind, raw))
    except (StatusError, BadAnswer):
        return None


def with_recent(live: Live, kind: Kind, listing: Listing[Listed]) -> Live:
    """The account with what a list by date brings."""
    new = with_listing(Live(live.account), kind, listing).of(kind.name)
    objects = {**live.objects, kind.name: {**live.of(kind.name), **new}}
    return replace(live, objects=objects)
