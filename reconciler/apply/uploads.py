"""Files: uploaded, confirmed, and then what a confirmation does not take (article: files).

A changed file is uploaded as a new object; the plan takes our links from the old one once the
new one has them (`plan.leftbehind`).
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.api.answers import created_id
from reconciler.api.uploads import Ticket, digest_of, send, ticket
from reconciler.apply.proof import written
from reconciler.apply.sending import (
    Seen,
    check,
    is_as_intended,
    path,
    read_again,
    send_until_answered,
)
from reconciler.apply.work import PLAN_AGAIN, Work, looks
from reconciler.enums import Action
from reconciler.errors import ApiError, BadAnswer, Overtaken
from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Json, LiveObject, Ref
from reconciler.normalize import size_of
from reconciler.plan.cost import needs_put
from reconciler.wire import create_body, update_body

REQUEST = "/v2.1/file/request-upload"
CONFIRM = "/v2.1/file/confirm-upload"


def upload(work: Work, change: Change) -> str | None:
    """Upload and confirm; the new object's id, None where the API does not say it.

    Raises InDoubt where nobody knows whether the confirmation was taken.
    """
    kind, file = KINDS[change.ref.kind], Path(change.upload or "")
    name, planned = str(change.sent["file_name"]), str(change.sent["content"])
    size = int(size_of(planned))
    found = _asked(work, name, size)
    etags = _sent(work, file, found, name, size)
    if digest_of(file) not in planned:
        raise Overtaken(f"{file.name} changed while it was uploaded", hint=PLAN_AGAIN)
    body = create_body(kind, change.sent, work.names, work.manners)
    answer = work.session.post(CONFIRM, _confirmation(found, name, size, etags, body))
    check(answer)
    return created_id(answer, (kind.name, *kind.lists))


def _asked(work: Work, name: str, size: int) -> Ticket:
    mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # The article: both names, for tenants of different configuration.
    body = {"filename": name, "file_name": name, "mime_type": mime_type, "size": size}
    return ticket(work.session.ask(REQUEST, body), size, work.session)


def _sent(work: Work, file: Path, found: Ticket, name: str, size: int) -> list[str]:
    """One part after the other: files go side by side already."""
    sent = 0

    def told(number: int) -> None:
        nonlocal sent
        sent += number
        work.tools.transfer(name, min(sent, size), size)

    etags = []
    for part in found.parts:
        work.check_state()
        etag = send(work.session, file, part, on_bytes=told)
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


def complete(work: Work, made: Mapping[Ref, tuple[Change, str]]) -> dict[Ref, str]:
    """Put what confirmations did not take: links and attribute values.

    `made` are creates of one kind with their ids; returns the ids of those that are through, the
    others get their outcome here.  A new file is looked for over the grace time: the service may
    show it late (contract 2.8).
    """
    waiting = {ref: row for ref, row in made.items() if _rest(row[0])}
    failed: dict[Ref, ApiError] = {}
    for _ in looks(work.tools) if waiting else ():
        results = work.session.each([_completer(work, *row) for row in waiting.values()])
        for ref, result in zip(tuple(waiting), results, strict=True):
            if isinstance(result, ApiError):
                failed[ref] = result
            if result is not False:
                del waiting[ref]
        if not waiting:
            break
        work.cause(LATE, len(waiting))
    for ref, error in failed.items():
        work.unproved_write(made[ref][0], error, made[ref][1])
    for row in waiting.values():
        work.still_processing(*row)
    return {ref: id_ for ref, (_, id_) in made.items() if ref not in {*failed, *waiting}}


LATE = "looked for a new file that could not be read yet"


def _completer(work: Work, change: Change, id_: str) -> Callable[[], bool]:
    return lambda: _complete(work, change, id_)


def _complete(work: Work, change: Change, id_: str) -> bool:
    """Put the rest of one file; False where it cannot be read yet.

    The service may have linked the new file itself by now, so our links are merged with a read
    made just before (contract 2.3).
    """
    kind, rest = KINDS[change.ref.kind], _rest(change)
    put = replace(change, action=Action.UPDATE, id=id_, fields=rest, upload=None)
    there = False

    def look() -> Seen | None:
        nonlocal there
        seen = read_again(work, put)
        there = seen is not None
        return None if seen is None or is_as_intended(work, put, seen.item) else seen

    def send(item: LiveObject) -> None:
        names, manners, not_sent = work.names, work.manners, work.not_sent(put, item)
        body = update_body(kind, rest, item.raw or {}, names, manners, not_sent)
        check(work.session.put(path(kind, id_), body))

    send_until_answered(work, None, look, send)
    return there


def _rest(change: Change) -> tuple[FieldChange, ...]:
    """The fields that a confirmed upload does not take with it."""
    if change.upload is None:
        return ()
    return tuple(item for item in written(change) if needs_put(item.path) and _says(item))


def _says(item: FieldChange) -> bool:
    return bool(item.add) if item.is_set else True
