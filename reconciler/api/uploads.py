"""Bytes to a storage: presigned URLs, whole or in parts, streamed and tried again (article: files).

The storage is not the API: its URLs carry their own permission, so no token goes there, they do
not count against the rate, and they are never shown whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from reconciler.api.retrying import Retry
from reconciler.api.session import Session
from reconciler.api.verdict import CHECK, RETRIED
from reconciler.errors import ApiError, BadAnswer, StatusError, Unreachable
from reconciler.model import Json

CHUNK = 1 << 20
"""Bytes held in memory at a time."""
SECONDS = 120.0

OnBytes = Callable[[int], None]
"""Told how many bytes have gone out, those of repeated parts again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a file: where it goes, and from which byte up to which."""

    number: int
    url: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the answer to `request-upload` allows.  `upload_id` is None for a standard upload."""

    path: str
    parts: tuple[Part, ...]
    upload_id: str | None


def ticket(answer: Json, size: int, base_url: str) -> Ticket:
    """Read the answer to `request-upload`, whose names are not documented (docs/api.md).

    `size` is that of the file in bytes.  Raises BadAnswer for what names no URL.
    """
    fields = _unwrapped(answer)
    path = str(_first(fields, "file_path", "path", "key") or "")
    listed = _first(fields, "parts", "urls")
    if isinstance(listed, Sequence) and not isinstance(listed, str) and listed:
        return Ticket(path, _parts(fields, listed, size, base_url), str(fields.get("upload_id")))
    url = _first(fields, *_URLS)
    if not isinstance(url, str) or not path:
        raise BadAnswer("an upload was asked for, and the answer names no URL or no path")
    return Ticket(path, (Part(1, urljoin(base_url, url), 0, size),), None)


_URLS = ("upload_url", "presigned_url", "url")


def _unwrapped(answer: Json) -> Mapping[str, Any]:
    if isinstance(answer, Mapping) and isinstance(answer.get("data"), Mapping):
        return answer["data"]  # type: ignore[no-any-return]
    return answer if isinstance(answer, Mapping) else {}


def _first(fields: Mapping[str, Any], *names: str) -> Any:
    return next((fields[name] for name in names if fields.get(name)), None)


def _parts(
    fields: Mapping[str, Any], listed: Sequence[Any], size: int, base_url: str
) -> tuple[Part, ...]:
    """Parts of one size but the last; where the answer does not say which, as even as can be."""
    said = int(str(_first(fields, "part_size", "chunk_size") or 0))
    step = said or -(-size // len(listed))
    found = []
    for index, item in enumerate(listed):
        url = _first(item, *_URLS) if isinstance(item, Mapping) else item
        if not isinstance(url, str):
            raise BadAnswer("an upload in parts was asked for, and a part has no URL")
        number = (
            int(str(_first(item, "part_number", "number") or index + 1))
            if isinstance(item, Mapping)
            else index + 1
        )
        start = min(index * step, size)
        found.append(Part(number, urljoin(base_url, url), start, min(start + step, size)))
    if found[-1].end != size:
        raise BadAnswer(f"the {len(found)} parts of an upload do not hold {size} bytes")
    return tuple(found)


def send(session: Session, file: Path, part: Part, *, on_bytes: OnBytes = lambda _: None) -> str:
    """Send one part, again where that may heal; its ETag, empty where the storage says none."""
    patience = session.patience()
    while True:
        try:
            return _sent(session, file, part, on_bytes)
        except Retry as retry:
            session.rest(retry, patience)


def _sent(session: Session, file: Path, part: Part, on_bytes: OnBytes) -> str:
    headers = {"Content-Length": str(part.end - part.start)}
    where = f"PUT {httpx.URL(part.url).host} (part {part.number})"
    try:
        response = session.storage.put(
            part.url, content=_chunks(file, part, on_bytes), headers=headers, timeout=SECONDS
        )
    except httpx.RequestError as error:
        what = f"the storage gave no answer ({type(error).__name__})"
        raise Retry(Unreachable(what, request=where, hint=CHECK), "storage") from None
    if response.status_code in (*RETRIED, 429):
        raise Retry(_refused(response, where), "storage")
    if response.status_code >= 300:
        raise _refused(response, where)
    return str(response.headers.get("etag", ""))


def _refused(response: httpx.Response, where: str) -> ApiError:
    return StatusError(response.status_code, "the storage refused the bytes", request=where)


def _chunks(file: Path, part: Part, on_bytes: OnBytes) -> Iterator[bytes]:
    left = part.end - part.start
    with file.open("rb") as source:
        source.seek(part.start)
        while left > 0 and (chunk := source.read(min(CHUNK, left))):
            left -= len(chunk)
            on_bytes(len(chunk))
            yield chunk


def digest_of(file: Path) -> str:
    """The SHA-256 of a file, read piece by piece."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
