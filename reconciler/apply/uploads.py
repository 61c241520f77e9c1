"""Files: uploaded, confirmed, and then what a confirmation does not take (article: files).

A changed file is uploaded as a new object; the plan takes our links from the old one once the
new one has them (`plan.undeletable`).
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reconciler.api.envelopes import created_id
from reconciler.api.uploads import Ticket, digest_of, send, ticket
from reconciler.apply import events
from reconciler.apply.entries import after_confirm
from reconciler.apply.events import PLAN_AGAIN, Event, Says
from reconciler.apply.proof import written
from reconciler.apply.runstate import RunState
from reconciler.apply.sending import (
    Read,
    check,
    is_as_intended,
    put,
    read_again,
    send_until_answered,
)
from reconciler.apply.tools import looks
from reconciler.enums import Action, Status
from reconciler.errors import ApiError, BadAnswer, Overtaken
from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Json, Outcome, Ref
from reconciler.normalize import size_of
from reconciler.plan.cost import needs_put
from reconciler.wire import create_body

REQUEST = "/v2.1/file/request-upload"
CONFIRM = "/v2.1/file/confirm-upload"


def upload(run: RunState, change: Change) -> str | None:
    """Upload and confirm; the new object's id, None where the API does not say it.

    Raises InDoubt where nobody knows whether the confirmation was taken.
    """
    kind, file = KINDS[change.ref.kind], Path(change.upload or "")
    name, planned = str(change.sent["file_name"]), str(change.sent["content"])
    size = int(size_of(planned))
    found = _asked(run, name, size)
    etags = _sent(run, file, found, name, size)
    if digest_of(file) not in planned:
        raise Overtaken(f"{file.name} changed while it was uploaded", hint=PLAN_AGAIN)
    body = create_body(kind, change.sent, run.seen.names, run.seen.manners)
    answer = run.session.post(CONFIRM, _confirmation(found, name, size, etags, body))
    check(answer)
    return created_id(answer, (kind.name, *kind.lists))


def _asked(run: RunState, name: str, size: int) -> Ticket:
    mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # The article: both names, for tenants of different configuration.
    body = {"filename": name, "file_name": name, "mime_type": mime_type, "size": size}
    return ticket(run.session.ask(REQUEST, body), size, run.session)


def _sent(run: RunState, file: Path, found: Ticket, name: str, size: int) -> list[str]:
    """One part after the other: files go side by side already."""
    sent = 0

    def told(number: int) -> None:
        nonlocal sent
        sent += number
        run.tools.transfer(name, min(sent, size), size)

    etags = []
    for part in found.parts:
        run.ledger.check()
        etag = send(run.session, file, part, on_bytes=told)
        if not etag and found.upload_id is not None:
            raise BadAnswer(
                f"the storage answered no ETag for part {part.number}, which a confirmation names",
                hint="nothing was confirmed; a proxy may take the header away: look at that first",
            )
        etags.append(etag)
    return etags


def _confirmation(
    found: Ticket, name: str, size: int, etags: list[str], body: dict[str, Json]
) -> dict[str, Any]:
    metadata = {wire: value for wire, value in body.items() if wire in _METADATA}
    confirmed: dict[str, Any] = {"file_path": found.path, "file_name": name, "file_size": size}
    if found.upload_id is not None:
        parts = zip(found.parts, etags, strict=True)
        confirmed["upload_id"] = found.upload_id
        confirmed["multipart"] = [
            {"part_number": part.number, "etag": etag} for part, etag in parts
        ]
    return {**confirmed, "metadata": metadata}


_METADATA = frozenset({"published", "published_start_date", "published_end_date", "region_ids"})
"""What a confirmation takes with it."""


Made = tuple[Change, str]
"""A create, and the id of the object that it made."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The ids of the creates that are through, and events of those that are not."""

    ids: dict[Ref, str]
    events: tuple[Event, ...] = ()


def complete(run: RunState, made: Mapping[Ref, Made]) -> Completed:
    """Put what confirmations did not take: links and attribute values.

    A new file is looked for over the grace time: the service may show it late (contract 2.8).
    """
    waiting = {ref: row for ref, row in made.items() if _rest(row[0])}
    failed: dict[Ref, ApiError] = {}
    for _ in looks(run.tools) if waiting else ():
        results = run.session.each([_completer(run, *row) for row in waiting.values()])
        late = {}
        for (ref, row), there in zip(waiting.items(), results, strict=True):
            if isinstance(there, ApiError):
                failed[ref] = there
            elif not there:
                late[ref] = row
        waiting = late
        if not waiting:
            break
        run.ledger.cause(LATE, len(waiting))
    return _completed(run, made, failed, waiting)


def _completed(
    run: RunState,
    made: Mapping[Ref, Made],
    failed: Mapping[Ref, ApiError],
    late: Mapping[Ref, Made],
) -> Completed:
    ended = [events.unproved(*made[ref], error) for ref, error in failed.items()]
    ended += [still_processing(run, *row) for row in late.values()]
    through = made.keys() - failed.keys() - late.keys()
    return Completed({ref: id_ for ref, (_, id_) in made.items() if ref in through}, tuple(ended))


def still_processing(run: RunState, change: Change, id_: str) -> Event:
    """A file that was confirmed and cannot be read yet: it was made, and its links wait.

    That stops nothing, and says nothing against its sort (contract 2.8).
    """
    run.seen.wait_for(change.ref, id_)
    return Event(
        Outcome(change, Status.DONE, id_),
        Says.TAKEN,
        entry=after_confirm(change, id_, run.seen.names, run.tools.now()),
        note=f"{change.ref}: the file was uploaded and cannot be read yet: what the service has to "
        "process first is linked by a later `pxm apply`",
    )


LATE = "looked for a new file that could not be read yet"


def _completer(run: RunState, change: Change, id_: str) -> Callable[[], bool]:
    return lambda: _complete(run, change, id_)


def _complete(run: RunState, change: Change, id_: str) -> bool:
    """Put the rest of one file; False where it cannot be read yet.

    The service may have linked the new file itself by now, so our links are merged with a read
    made just before (contract 2.3).
    """
    rest = replace(change, action=Action.UPDATE, id=id_, fields=_rest(change), upload=None)
    there = False

    def look() -> Read | None:
        nonlocal there
        read = read_again(run, rest)
        there = read is not None
        return None if read is None or is_as_intended(run, rest, read.item) else read

    send_until_answered(run, None, look, lambda item: put(run, rest, item))
    return there


def _rest(change: Change) -> tuple[FieldChange, ...]:
    """The fields that a confirmed upload does not take with it."""
    if change.upload is None:
        return ()
    return tuple(item for item in written(change) if needs_put(item.path) and _says(item))


def _says(item: FieldChange) -> bool:
    return bool(item.add) if item.is_set else True
