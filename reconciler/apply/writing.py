"""The requests that write: POST, PUT and DELETE, each recorded as soon as it is answered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from reconciler.api import quote_id
from reconciler.api.answers import created_id, write_failed
from reconciler.apply.entries import after_write
from reconciler.apply.reading import Before, alive, why_overtaken
from reconciler.apply.uploads import complete, upload
from reconciler.apply.work import PLAN_AGAIN, Work
from reconciler.errors import NotFound, Overtaken, StatusError
from reconciler.kinds import KINDS, Kind
from reconciler.live import read_one
from reconciler.model import Batch, Change, Entry, LiveObject
from reconciler.plan.leftbehind import replaced
from reconciler.state import Recorded
from reconciler.wire import create_body, update_body

OLD = 10.0
"""Seconds after which a read before a write is made again (contract 7.5)."""

Mark = tuple[float, int]
"""When a batch was read: the clock, and how many 429s had come by then."""


def mark(work: Work) -> Mark:
    """Now."""
    return work.tools.clock(), work.session.throttled


def call(
    work: Work, batch: Batch, change: Change, before: Before, read_at: Mark
) -> Callable[[], str | None]:
    """The write of one change; it answers the object's id, None where the API did not say."""
    kind = KINDS[batch.kind]
    if batch.verb == "POST":
        return lambda: post(work, kind, change)
    if batch.verb == "PUT":
        return lambda: _put(work, kind, change, before[change.ref], read_at)
    return lambda: _delete(work, kind, change)


def post(work: Work, kind: Kind, change: Change) -> str | None:
    """Create; InDoubt where nobody knows, None where it was made and the API did not say what."""
    work.check_state()
    id_ = upload(work, change) if change.upload is not None else _created(work, kind, change)
    if id_ is not None:
        note_created(work, change, id_)
    return id_


def _created(work: Work, kind: Kind, change: Change) -> str | None:
    body = create_body(kind, change.sent, work.names, work.manners)
    answer = work.session.post(f"/v2.1/{kind.path}", body)
    check(answer)
    return created_id(answer, (kind.name, *kind.lists))


def note_created(work: Work, change: Change, id_: str) -> None:
    """The id of a create is durable before anything else is done with it (contract 2.6).

    What an upload takes the place of goes on under a key of its own.
    """
    entry = Entry(change.ref, id_, {}, change.prevent_destroy, work.tools.now())
    kept = [Recorded(change.ref, entry, False)]
    if change.id is not None and change.upload is not None:
        old = replaced(change.ref, change.id)
        known = work.entries.get(change.ref) or Entry(old, change.id)
        work.entries[old] = replace(known, ref=old, id=change.id)
        work.ids[old] = change.id
        kept.append(Recorded(old, work.entries[old], False))
    work.tools.store.record(kept)
    if change.upload is not None:
        complete(work, KINDS[change.ref.kind], change, id_)


def _put(work: Work, kind: Kind, change: Change, item: LiveObject, read_at: Mark) -> str | None:
    work.check_state()
    item = _fresh(work, change, item, read_at)
    body = update_body(
        kind, change.fields, item.raw or {}, work.names, work.manners, work.not_sent(change, item)
    )
    check(work.session.put(path(kind, str(change.id)), body))
    entry = after_write(change, work.entries.get(change.ref), work.names, work.tools.now())
    work.record(change.ref, entry, done=False)
    return change.id


def _fresh(work: Work, change: Change, item: LiveObject, read_at: Mark) -> LiveObject:
    """A read older than 10 s, or from before a 429, is made again."""
    at, throttled = read_at
    if work.tools.clock() - at <= OLD and work.session.throttled == throttled:
        return item
    work.cause("read again before a write")
    again = read_one(work.session, item.kind, item.id, keep_raw=True)
    if again is None:
        raise StatusError(404, "it was deleted by somebody else", hint=PLAN_AGAIN)
    words = why_overtaken(work, change, again)
    if words:
        raise Overtaken(words, hint=PLAN_AGAIN)
    return alive(work, again)


def _delete(work: Work, kind: Kind, change: Change) -> str | None:
    work.check_state()
    # Somebody was faster: gone is what was wanted.
    with contextlib.suppress(NotFound):
        check(work.session.delete(path(kind, str(change.id))))
    work.record(change.ref, None)
    return change.id


def path(kind: Kind, id_: str) -> str:
    """The path of one object."""
    return f"/v2.1/{kind.path}/{quote_id(id_)}"


def check(answer: object) -> None:
    """A write result that counts errors is an error (docs/api.md)."""
    words = write_failed(answer)
    if words is not None:
        raise StatusError(400, words)
