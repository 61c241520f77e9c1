"""The requests that write: POST, PUT and DELETE, each recorded as soon as it is answered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from reconciler.api.answers import created_id
from reconciler.apply.entries import after_write
from reconciler.apply.sending import (
    Mark,
    Seen,
    check,
    look_at,
    look_before_delete,
    path,
    send_fresh,
    send_until_answered,
)
from reconciler.apply.uploads import upload
from reconciler.apply.work import Work
from reconciler.enums import Verb
from reconciler.errors import NotFound
from reconciler.kinds import KINDS, Kind
from reconciler.model import Batch, Change, Entry, LiveObject, Ref
from reconciler.plan.leftbehind import replaced
from reconciler.state import Recorded
from reconciler.wire import create_body, update_body

Reads = dict[Ref, LiveObject]
"""What writes rest on, by object: the reads of a batch, replaced where one is made again."""


def call(
    work: Work, batch: Batch, change: Change, before: Reads, read_at: Mark
) -> Callable[[], str | None]:
    """The write of one change; it answers the object's id, None where the API did not say.

    Only that of a DELETE raises Retry: whether it may go out again depends on lists.
    """
    kind = KINDS[batch.kind]
    if batch.verb == Verb.POST:
        return lambda: post(work, kind, change)
    item = before.get(change.ref)
    if item is None:
        return lambda: _forget(work, change)
    if batch.verb == Verb.PUT:
        return lambda: _put(work, kind, change, Seen(item, read_at), before)
    return lambda: delete(work, kind, change, Seen(item, read_at), before)


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
    now = work.tools.now()
    # Nobody has read a new file yet: it counts as processing until somebody has.
    since = now if change.upload is not None else 0.0
    entry = Entry(change.ref, id_, {}, change.prevent_destroy, now, since)
    kept = [Recorded(change.ref, entry, False)]
    if change.id is not None and change.upload is not None:
        old = replaced(change.ref, change.id)
        known = work.entries.get(change.ref) or Entry(old, change.id)
        work.entries[old] = replace(known, ref=old, id=change.id)
        work.ids[old] = change.id
        kept.append(Recorded(old, work.entries[old], False))
    work.record_all(kept)


def _put(work: Work, kind: Kind, change: Change, seen: Seen, before: Reads) -> str | None:
    work.check_state()

    def send(item: LiveObject) -> None:
        names, manners, not_sent = work.names, work.manners, work.not_sent(change, item)
        body = update_body(kind, change.fields, item.raw or {}, names, manners, not_sent)
        check(work.session.put(path(kind, str(change.id)), body))

    used = send_until_answered(work, seen, lambda: look_at(work, change), send)
    if used is not None:
        before[change.ref] = used
    entry = after_write(change, work.entries.get(change.ref), work.names, work.tools.now())
    work.record(change.ref, entry, done=False)
    return change.id


def delete(work: Work, kind: Kind, change: Change, seen: Seen | None, before: Reads) -> str | None:
    """Delete once, on a fresh read (`seen`, or one that is made here).

    Raises Retry where that was not answered well.
    """
    work.check_state()
    where = path(kind, str(change.id))

    def send(_: LiveObject) -> None:
        # Somebody was faster: gone is what was wanted.
        with contextlib.suppress(NotFound):
            check(work.session.delete(where))

    used = send_fresh(work, seen, lambda: look_before_delete(work, change), send)
    if used is not None:
        before[change.ref] = used
    return _forget(work, change)


def _forget(work: Work, change: Change) -> str | None:
    """Gone, by this run or by somebody who was faster."""
    work.record(change.ref, None)
    return change.id
