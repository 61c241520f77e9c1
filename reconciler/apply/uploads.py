"""Files: uploaded, confirmed, and then what a confirmation does not take (article: files).

A changed file is uploaded as a new object; the plan takes our links from the old one once the
new one has them (`plan.leftbehind`).
"""

from __future__ import annotations

import mimetypes
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.api import quote_id
from reconciler.api.answers import created_id
from reconciler.api.uploads import Ticket, digest_of, send, ticket
from reconciler.apply.proof import written
from reconciler.apply.sending import Seen, is_as_intended, read_again, send_until_answered
from reconciler.apply.work import PLAN_AGAIN, Work
from reconciler.errors import Overtaken
from reconciler.kinds import KINDS, Kind
from reconciler.model import Change, FieldChange, Json, LiveObject
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
    return created_id(answer, (kind.name, *kind.lists))


def _asked(work: Work, name: str, size: int) -> Ticket:
    mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # The article: both names, for tenants of different configuration.
    body = {"filename": name, "file_name": name, "mime_type": mime_type, "size": size}
    return ticket(work.session.ask(REQUEST, body), size, work.session.base_url)


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
        etags.append(send(work.session, file, part, on_bytes=told))
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


def complete(work: Work, kind: Kind, change: Change, id_: str) -> None:
    """Put what the confirmation did not take: links and attribute values.

    The service may have linked the new file itself by now, so they are merged with a read made
    just before (contract 2.3).
    """
    rest = tuple(item for item in written(change) if needs_put(item.path) and _says(item))
    if not rest:
        return
    put = replace(change, action="update", id=id_, fields=rest, upload=None)

    def look() -> Seen | None:
        seen = read_again(work, put)
        return None if seen is None or is_as_intended(work, put, seen.item) else seen

    def send(item: LiveObject) -> None:
        names, manners, not_sent = work.names, work.manners, work.not_sent(put, item)
        body = update_body(kind, rest, item.raw or {}, names, manners, not_sent)
        work.session.put(f"/v2.1/{kind.path}/{quote_id(id_)}", body)

    send_until_answered(work, None, look, send)


def _says(item: FieldChange) -> bool:
    return bool(item.add) if item.is_set else True
