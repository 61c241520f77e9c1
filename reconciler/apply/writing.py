"""The requests that write: POST, PUT and DELETE, each recorded as soon as it is answered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from reconciler.api.envelopes import created_id
from reconciler.apply.entries import after_write
from reconciler.apply.runstate import RunState
from reconciler.apply.sending import (
    Mark,
    Read,
    check,
    look_at,
    look_before_delete,
    path,
    put,
    send_fresh,
    send_until_answered,
)
from reconciler.apply.uploads import upload
from reconciler.enums import Verb
from reconciler.errors import ApiError, NotFound
from reconciler.kinds import KINDS, Kind
from reconciler.model import Batch, Change, Entry, LiveObject, Ref
from reconciler.plan.undeletable import replaced
from reconciler.state import Recorded
from reconciler.wire import create_body

Answer = str | ApiError | None
"""An id; an error; None where a create was made and nobody said its id."""


def call(
    run: RunState, batch: Batch, change: Change, reads: dict[Ref, LiveObject], read_at: Mark
) -> Callable[[], str | None]:
    """The write of one change; it returns the object's id, None where the API did not say.

    `reads` are what the writes of a batch rest on; one that is made again is put there.  Only a
    DELETE raises Retry: whether it may go out again depends on lists.
    """
    kind = KINDS[batch.kind]
    if batch.verb == Verb.POST:
        return lambda: post(run, kind, change)
    item = reads.get(change.ref)
    if item is None:
        return lambda: _forget(run, change)
    if batch.verb == Verb.PUT:
        return lambda: _put(run, change, Read(item, read_at), reads)
    return lambda: delete(run, change, Read(item, read_at), reads)


def post(run: RunState, kind: Kind, change: Change) -> str | None:
    """Create; InDoubt where nobody knows, None where it was made and the API did not say what."""
    run.ledger.check()
    id_ = upload(run, change) if change.upload is not None else _created(run, kind, change)
    if id_ is not None:
        note_created(run, change, id_)
    return id_


def _created(run: RunState, kind: Kind, change: Change) -> str | None:
    body = create_body(kind, change.sent, run.seen.names, run.seen.manners)
    answer = run.session.post(f"/v2.1/{kind.path}", body)
    check(answer)
    return created_id(answer, (kind.name, *kind.lists))


def note_created(run: RunState, change: Change, id_: str) -> None:
    """The id of a create is durable before anything else is done with it (contract 2.6).

    What an upload takes the place of goes on under a key of its own.
    """
    now = run.tools.now()
    # Nobody has read a new file yet: it counts as processing until somebody has.
    since = now if change.upload is not None else 0.0
    entry = Entry(change.ref, id_, {}, change.prevent_destroy, now, since)
    kept = [Recorded(change.ref, entry, False)]
    if change.id is not None and change.upload is not None:
        old = replaced(change.ref, change.id)
        known = run.ledger.entries.get(change.ref) or Entry(old, change.id)
        entry_then = replace(known, ref=old, id=change.id)
        run.ledger.keep({old: entry_then})
        run.seen.know({old: change.id})
        kept.append(Recorded(old, entry_then, False))
    run.ledger.record(kept)


def _put(run: RunState, change: Change, read: Read, reads: dict[Ref, LiveObject]) -> str | None:
    run.ledger.check()
    used = send_until_answered(
        run, read, lambda: look_at(run, change), lambda item: put(run, change, item)
    )
    if used is not None:
        reads[change.ref] = used
    entry = after_write(change, run.ledger.entries.get(change.ref), run.seen.names, run.tools.now())
    run.ledger.record([Recorded(change.ref, entry, False)])
    return change.id


def delete(
    run: RunState, change: Change, read: Read | None, reads: dict[Ref, LiveObject]
) -> str | None:
    """Delete once, on a fresh read (`read`, or one that is made here).

    Raises Retry where that was not answered well.
    """
    run.ledger.check()
    where = path(KINDS[change.ref.kind], str(change.id))

    def send(_: LiveObject) -> None:
        # Somebody was faster: gone is what was wanted.
        with contextlib.suppress(NotFound):
            check(run.session.delete(where))

    used = send_fresh(run, read, lambda: look_before_delete(run, change), send)
    if used is not None:
        reads[change.ref] = used
    return _forget(run, change)


def _forget(run: RunState, change: Change) -> str | None:
    """Gone, by this run or by somebody who was faster."""
    run.ledger.record([Recorded(change.ref, None)])
    return change.id
