"""What was created or updated since the last full read, on top of it.

An account may refuse the filters, ignore them, count days in another zone, or not date what
changes.  Each is noticed by what it answers, and the kind is then read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reconciler.api import Session
from reconciler.api.envelopes import items
from reconciler.api.paging import Listing
from reconciler.bydate import DAY, first_day, read_since
from reconciler.cache import Cache
from reconciler.delta.snapshot import FullRead, NoSnapshot, Part, find, standing
from reconciler.errors import BadAnswer, StatusError
from reconciler.kinds import KINDS, Kind
from reconciler.live import Listed, Progress, listed, with_kind, with_listing
from reconciler.model import Json, Live, State
from reconciler.normalize import instant
from reconciler.plan.cost import PAGE
from reconciler.wire import text_id

SLACK = 300.0
"""Seconds by which an own clock may go wrong against the server's between two answers."""

LONG_AGO = "2000-01-01"
"""A day before whatever an account dates."""

FILTERS = {"updated_start_date": "updated_date", "created_start_date": "created_date"}
"""The filters (article), and the field that each goes by: a new object may lack the first."""

Say = Callable[[str], None]


class Unheeded(Exception):
    """The account does not answer by date; the text says how that shows."""


@dataclass
class Delta:
    """Reads each kind as far as it must be read.

    `say` is told what is read in full and why.  `used` is the full read that the rest is on top
    of, None where all is read in full; `fresh` has the ids of what was read by date, by kind, and
    `read_at` is when that began, by the server's Date.
    """

    cache: Cache
    say: Say
    now: float
    used: FullRead | None = None
    fresh: dict[str, frozenset[str]] = field(default_factory=dict)
    read_at: float = 0.0
    _found: FullRead | None = None
    _looked: bool = False

    def with_kind(
        self, session: Session, live: Live, kind: Kind, state: State, progress: Progress
    ) -> Live:
        """The account with a kind taken in; in place of `live.with_kind`."""
        full_read = self._full_read(session, live)
        part = full_read.kinds.get(kind.name) if full_read is not None else None
        if full_read is None or part is None:
            return with_kind(session, live, kind, state, progress)
        try:
            _check_standing(kind, full_read, live)
            changed = _changed(session, kind, full_read.read_at, part)
            self._check_our_own(session, kind, full_read, changed, state)
        except Unheeded as error:
            self.say(f"{kind.plural} are read in full: {error}")
            return with_kind(session, live, kind, state, progress)
        self.used = full_read
        self.fresh[kind.name] = frozenset(changed.entries)
        return with_listing(live, kind, _on_top(part, changed))

    @property
    def since(self) -> str:
        """The instant of the full read that the rest is on top of; empty where there is none."""
        if self.used is None:
            return ""
        return f"{datetime.fromtimestamp(self.used.read_at, UTC):%Y-%m-%dT%H:%M:%SZ}"

    def _full_read(self, session: Session, live: Live) -> FullRead | None:
        # Only the account itself tells which one it is.
        if not self._looked:
            self._looked = True
            self.read_at = session.server_date or 0.0
            try:
                self._found = find(self.cache, live.account.regions, session.server_date)
            except NoSnapshot as error:
                self.say(f"everything is read in full: {error}")
        return self._found

    def _check_our_own(
        self, session: Session, kind: Kind, full_read: FullRead, changed: Changed, state: State
    ) -> None:
        """What we have written since must be among what changed, or changes are not dated."""
        ahead = self.now - (session.server_date or self.now)
        since = full_read.read_at + ahead + SLACK
        for ref, entry in state.entries.items():
            was_written = ref.kind == kind.name and entry.written > since
            if was_written and entry.id not in changed.entries:
                raise Unheeded(f"{ref} was written since, and is not among what has changed")


def _check_standing(kind: Kind, full_read: FullRead, live: Live) -> None:
    """What goes may take values and memberships along, and nothing dates the objects that had
    them."""
    for to in dict.fromkeys(item.to for item in kind.fields if item.to in live.objects):
        stood = full_read.standing.get(to)
        if stood is None:
            raise Unheeded(f"which {KINDS[to].plural} there were is not known of the snapshot")
        if stood - standing(live, to):
            raise Unheeded(f"one of the {KINDS[to].plural}, or of their options, was deleted since")


# --- by date ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """What has changed: entries of the list by their ids, those without one, and whether the lists
    of them fitted together."""

    entries: Mapping[str, Listed]
    nameless: tuple[Listed, ...]
    whole: bool


_Entry = tuple[str | None, Listed]
"""An entry of a list with its id, which one that is deleted has too."""


@dataclass(slots=True)
class _Dated:
    """Makes an entry of a list by date, and looks whether its date is one that was asked for.

    After `most` entries it takes less to read everything.
    """

    kind: Kind
    filter: str
    earliest: float
    most: int
    seen: int = 0

    def __call__(self, raw: Mapping[str, Json]) -> _Entry:
        self.seen += 1
        if self.seen > self.most:
            raise Unheeded("more than a quarter of them has changed since")
        date = _moment(raw, FILTERS[self.filter]) or _moment(raw, "created_date")
        if date is None:
            raise Unheeded(f"the account does not date {self.kind.plural}")
        if date < self.earliest:
            raise Unheeded(f"the account does not heed the filter {self.filter}")
        return text_id(raw), listed(self.kind, raw)


def dated(raw: Mapping[str, Json]) -> float | None:
    """When an object was last changed, by its own dates (seconds since 1970); None without any."""
    found = [_moment(raw, name) for name in FILTERS.values()]
    return max((date for date in found if date is not None), default=None)


def _moment(raw: Mapping[str, Json], name: str) -> float | None:
    text = instant(str(raw.get(name) or ""))
    return datetime.fromisoformat(text).timestamp() if text else None


def _changed(session: Session, kind: Kind, read_at: float, part: Part) -> Changed:
    """What the filters answer; Unheeded where an answer shows that one of them is not heeded."""
    entries: dict[str, Listed] = {}
    nameless: list[Listed] = []
    whole = True
    for name in FILTERS:
        listing = _asked(session, kind, name, read_at, part)
        entries.update((id_, entry) for id_, entry in listing.items if id_ is not None)
        nameless.extend(entry for _, entry in listing.nameless)
        whole = whole and listing.whole
    return Changed(entries, tuple(nameless), whole)


def _asked(session: Session, kind: Kind, name: str, read_at: float, part: Part) -> Listing[_Entry]:
    """The list by one filter; Unheeded where the account does not take it."""
    most = max(PAGE, len(part.objects) // 4)
    make = _Dated(kind, name, first_day(read_at) - DAY, most)
    try:
        listing = read_since(session, kind, name, read_at, make)
        if part.objects and not (listing.items or listing.nameless):
            _check_answers(session, kind, name)
    except (StatusError, BadAnswer) as error:
        raise Unheeded(f"the account refuses the filter {name} ({error.message})") from None
    return listing


def _check_answers(session: Session, kind: Kind, name: str) -> None:
    """A filter that finds nothing must find something since long ago, or it never does."""
    answer = session.get(f"/v2.1/{kind.path}", {name: LONG_AGO, "limit": 1})
    found = items(answer, kind.lists)
    if not found:
        raise Unheeded(f"the filter {name} finds nothing whatever it is asked")
    make = _Dated(kind, name, 0.0, PAGE)
    for raw in found:
        make(raw)


# --- on top -------------------------------------------------------------------------------------


def _on_top(part: Part, changed: Changed) -> Listing[Listed]:
    """The list as it would be read now, but for what was deleted."""
    entries = {item.id: Listed(item, is_named=True) for item in part.objects}
    entries.update((item.id, Listed(item)) for item in part.nameless if item.id)
    entries.update(changed.entries)
    nameless = [Listed(item) for item in part.nameless if not item.id]
    nameless += _new(changed.nameless, nameless)
    return Listing(
        items=tuple(entries.values()),
        whole=changed.whole,
        page_size=part.page_size or PAGE,
        requests=0,
        nameless=tuple(nameless),
    )


def _new(entries: Iterable[Listed], known: Iterable[Listed]) -> list[Listed]:
    shown = [entry.item for entry in known]
    return [entry for entry in entries if entry.item not in shown]
