"""A PUT or DELETE goes out right after a read of its object, and again only after another one.

Contract 7.2 and 7.5: a read older than 10 s, or from before a 429, is made again; a write that
was not answered well is never sent again as it was, since others may have written meanwhile.
Each read is judged: found as intended there is nothing left to do, overtaken the write is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.api import quote_id
from reconciler.api.envelopes import write_failed
from reconciler.api.retrying import Retry
from reconciler.apply.events import PLAN_AGAIN
from reconciler.apply.proof import prove
from reconciler.apply.reading import alive, why_overtaken
from reconciler.apply.runstate import RunState, not_sent
from reconciler.errors import NotFound, Overtaken, StatusError
from reconciler.kinds import KINDS, Kind
from reconciler.live import read_one
from reconciler.model import Change, LiveObject
from reconciler.wire import update_body

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
class Read:
    """An object as it was read, and when."""

    item: LiveObject
    mark: Mark


Look = Callable[[], Read | None]
"""Reads again and judges: None where nothing is left to do; raises where it may not be done."""
Send = Callable[[LiveObject], None]
"""Builds the body from a read and sends it."""


def mark(run: RunState) -> Mark:
    """The present, taken just before a read."""
    return Mark(run.tools.clock(), run.session.throttled)


def send_fresh(run: RunState, read: Read | None, look: Look, send: Send) -> LiveObject | None:
    """Send a write once, on a fresh read; `read` is one that there is already.

    Returns the read that it was built from, None where nothing was left to do.  Raises Retry
    where it was not answered well.
    """
    while True:
        # Waiting for the rate takes time, so it is judged afterwards whether a read is fresh.
        with run.session.places(2 if read is None else 1):
            if read is None:
                read = look()
                if read is None:
                    return None
            if not _is_fresh(run, read):
                read = None
            elif run.session.has_place:
                send(read.item)
                return read.item


def send_until_answered(
    run: RunState, read: Read | None, look: Look, send: Send
) -> LiveObject | None:
    """`send_fresh`, and again on another read where it was not answered well."""
    patience = run.session.patience()
    while True:
        try:
            return send_fresh(run, read, look, send)
        except Retry as retry:
            run.session.rest(retry, patience)
            run.ledger.cause(REPEATED)
            read = None


def _is_fresh(run: RunState, read: Read) -> bool:
    at = read.mark
    return run.tools.clock() - at.at <= OLD and run.session.throttled == at.throttled


# --- judged again -------------------------------------------------------------------------------


def look_at(run: RunState, change: Change) -> Read | None:
    """The object of a PUT, read again: None where it is as the change intends.

    Raises Overtaken where somebody changed what the change is about, NotFound where it is gone.
    """
    run.ledger.cause(READ)
    read = read_again(run, change)
    if read is None:
        raise NotFound(404, "it was deleted by somebody else", hint=PLAN_AGAIN)
    if is_as_intended(run, change, read.item):
        return None
    return _not_overtaken(run, change, read)


def look_before_delete(run: RunState, change: Change) -> Read | None:
    """The object of a DELETE, read again: None where it is gone."""
    run.ledger.cause(READ)
    read = read_again(run, change)
    return _not_overtaken(run, change, read) if read is not None else None


def is_as_intended(run: RunState, change: Change, item: LiveObject) -> bool:
    """Every field that a PUT would write is there already, in the same spelling."""
    proof = prove(change, None, item, run.seen.names)
    return not proof.unstuck and not proof.respelled


def read_again(run: RunState, change: Change) -> Read | None:
    """The object of a change as it is now; None where it answers 404."""
    throttled = run.session.throttled
    item = read_one(run.session, change.ref.kind, str(change.id), keep_raw=True)
    # A slow answer is not an old one.
    return Read(item, Mark(run.tools.clock(), throttled)) if item is not None else None


def _not_overtaken(run: RunState, change: Change, read: Read) -> Read:
    words = why_overtaken(run, change, read.item)
    if words:
        raise Overtaken(words, hint=PLAN_AGAIN)
    return Read(alive(run, read.item), read.mark)


# --- one request --------------------------------------------------------------------------------


def path(kind: Kind, id_: str) -> str:
    """The path of one object."""
    return f"/v2.1/{kind.path}/{quote_id(id_)}"


def put(run: RunState, change: Change, item: LiveObject) -> None:
    """Send the fields of a change, on its object as it was read."""
    kind, left_out = KINDS[change.ref.kind], not_sent(run, change, item)
    names, manners = run.seen.names, run.seen.manners
    body = update_body(kind, change.fields, item.raw or {}, names, manners, left_out)
    check(run.session.put(path(kind, str(change.id)), body))


def check(answer: object) -> None:
    """A write result that counts errors is an error (docs/api.md)."""
    words = write_failed(answer)
    if words is not None:
        raise StatusError(400, words)
