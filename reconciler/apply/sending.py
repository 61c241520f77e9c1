"""A PUT or DELETE goes out right after a read of its object, and again only after another one.

Contract 7.2 and 7.5: a read older than 10 s, or from before a 429, is made again; a write that
was not answered well is never sent again as it was, since others may have written meanwhile.
Each read is judged: found as intended there is nothing left to do, overtaken the write is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.api import quote_id
from reconciler.api.answers import write_failed
from reconciler.api.retrying import Retry
from reconciler.apply.proof import prove
from reconciler.apply.reading import alive, why_overtaken
from reconciler.apply.work import PLAN_AGAIN, Work
from reconciler.errors import NotFound, Overtaken, StatusError
from reconciler.kinds import Kind
from reconciler.live import read_one
from reconciler.model import Change, LiveObject

OLD = 10.0
"""Seconds after which a read before a write is made again (contract 7.5)."""

READ = "read again before a write"
REPEATED = "sent again after a read: it was not answered well"


@dataclass(frozen=True, slots=True)
class Mark:
    """When something was read: the clock, and how many 429s had come by then."""

    at: float
    throttled: int


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it was read, and when."""

    item: LiveObject
    mark: Mark


Look = Callable[[], Seen | None]
"""Reads again and judges: None where nothing is left to do; raises where it may not be done."""
Send = Callable[[LiveObject], None]
"""Builds the body from a read and sends it."""


def mark(work: Work) -> Mark:
    """The present, taken just before a read."""
    return Mark(work.tools.clock(), work.session.throttled)


def send_fresh(work: Work, seen: Seen | None, look: Look, send: Send) -> LiveObject | None:
    """Send a write once, on a fresh read; `seen` is one that there is already.

    Returns the read that it was built from, None where nothing was left to do.  Raises Retry
    where it was not answered well.
    """
    while True:
        # Waiting for the rate takes time, so it is judged afterwards whether a read is fresh.
        with work.session.places(2 if seen is None else 1):
            if seen is None:
                seen = look()
                if seen is None:
                    return None
            if not _is_fresh(work, seen.mark):
                seen = None
            elif work.session.has_place:
                send(seen.item)
                return seen.item


def send_until_answered(work: Work, seen: Seen | None, look: Look, send: Send) -> LiveObject | None:
    """`send_fresh`, and again on another read where it was not answered well."""
    patience = work.session.patience()
    while True:
        try:
            return send_fresh(work, seen, look, send)
        except Retry as retry:
            work.session.rest(retry, patience)
            work.cause(REPEATED)
            seen = None


def _is_fresh(work: Work, read: Mark) -> bool:
    return work.tools.clock() - read.at <= OLD and work.session.throttled == read.throttled


# --- judged again -------------------------------------------------------------------------------


def look_at(work: Work, change: Change) -> Seen | None:
    """The object of a PUT, read again: None where it is as the change intends.

    Raises Overtaken where somebody changed what the change is about, NotFound where it is gone.
    """
    work.cause(READ)
    seen = read_again(work, change)
    if seen is None:
        raise NotFound(404, "it was deleted by somebody else", hint=PLAN_AGAIN)
    if is_as_intended(work, change, seen.item):
        return None
    return _not_overtaken(work, change, seen)


def look_before_delete(work: Work, change: Change) -> Seen | None:
    """The object of a DELETE, read again: None where it is gone."""
    work.cause(READ)
    seen = read_again(work, change)
    return _not_overtaken(work, change, seen) if seen is not None else None


def is_as_intended(work: Work, change: Change, item: LiveObject) -> bool:
    """Every field that a PUT would write is there already, in the same spelling."""
    proof = prove(change, None, item, work.names)
    return not proof.unstuck and not proof.respelled


def read_again(work: Work, change: Change) -> Seen | None:
    """The object of a change as it is now; None where it answers 404."""
    throttled = work.session.throttled
    item = read_one(work.session, change.ref.kind, str(change.id), keep_raw=True)
    # A slow answer is not an old one.
    return Seen(item, Mark(work.tools.clock(), throttled)) if item is not None else None


def _not_overtaken(work: Work, change: Change, seen: Seen) -> Seen:
    words = why_overtaken(work, change, seen.item)
    if words:
        raise Overtaken(words, hint=PLAN_AGAIN)
    return Seen(alive(work, seen.item), seen.mark)


# --- one request --------------------------------------------------------------------------------


def path(kind: Kind, id_: str) -> str:
    """The path of one object."""
    return f"/v2.1/{kind.path}/{quote_id(id_)}"


def check(answer: object) -> None:
    """A write result that counts errors is an error (docs/api.md)."""
    words = write_failed(answer)
    if words is not None:
        raise StatusError(400, words)
