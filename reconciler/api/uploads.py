"""Bytes to a storage: presigned URLs, whole or in parts, streamed and tried again (article: files).

The storage is not the API: its URLs carry their own permission, so no token goes there, they do
not count against the rate, and they are never shown whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from reconciler.api.address import is_safe
from reconciler.api.envelopes import shortened
from reconciler.api.responses import CHECK, PROXY, RETRIED, is_page
from reconciler.api.retrying import PAGE, Retry
from reconciler.api.session import Session
from reconciler.errors import ApiError, BadAnswer, StatusError, Unreachable
from reconciler.model import Json

CHUNK = 1 << 20
"""Bytes held in memory at a time."""
SECONDS = 120.0

OnBytes = Callable[[int], None]
"""Told how many bytes have gone out, those of repeated parts again."""


@dataclass(frozen=True, slots=True)
class UploadPart:
    """One piece of a file: where it goes, and from which byte up to which."""

    number: int
    url: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the answer to `request-upload` allows.  `upload_id` is None for a standard upload."""

    path: str
    parts: tuple[UploadPart, ...]
    upload_id: str | None


def ticket(answer: Json, size: int, session: Session) -> Ticket:
    """Read the answer to `request-upload`, whose names are not documented (docs/api.md).

    `size` is that of the file in bytes.  Raises BadAnswer for what no upload can be made of, with
    what the service said: nothing is sent on a guess.
    """
    fields = _unwrapped(answer)
    path = _first(fields, "file_path", "path", "key")
    if not isinstance(path, str):
        raise _odd("names no path of the file", sorted(fields))
    listed = _first(fields, "parts", "urls")
    if listed is None:
        return Ticket(path, (UploadPart(1, _url(_first(fields, *_URLS), session), 0, size),), None)
    if not isinstance(listed, list):
        raise _odd("has parts that are no list", listed)
    upload_id = fields.get("upload_id")
    if not isinstance(upload_id, str | int) or upload_id in ("", True, False):
        raise _odd("has parts and no upload_id", upload_id)
    return Ticket(path, _parts(fields, listed, size, session), str(upload_id))


REQUEST = "POST /v2.1/file/request-upload"
_URLS = ("upload_url", "presigned_url", "url")


def _odd(what: str, said: object) -> BadAnswer:
    """An answer of which no upload can be made; what it says is shortened, URLs are left out."""
    shown = shortened(json.dumps(said, default=str)) if said is not None else "nothing"
    return BadAnswer(
        f"an upload was asked for, and the answer {what}: {shown}",
        request=REQUEST,
        hint="nothing was uploaded; ask the vendor what this account answers to request-upload",
    )


def _unwrapped(answer: Json) -> Mapping[str, Any]:
    if isinstance(answer, Mapping) and isinstance(answer.get("data"), Mapping):
        return answer["data"]  # type: ignore[no-any-return]
    return answer if isinstance(answer, Mapping) else {}


def _first(fields: Mapping[str, Any], *names: str) -> Any:
    return next((fields[name] for name in names if fields.get(name)), None)


def _url(said: Any, session: Session) -> str:
    """An address that bytes may go to.  It carries its own permission: a secret (contract 7.2)."""
    if not isinstance(said, str):
        raise _odd("names no URL", said)
    try:
        url = httpx.URL(urljoin(session.base_url, said))
    except (httpx.InvalidURL, ValueError):
        raise _odd("names what is no URL", _without_query(said)) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise _odd("names a URL that is not http or https", _without_query(said))
    if not (session.insecure_http or is_safe(str(url))):
        raise BadAnswer(
            f"the bytes are to go to {url.host} over plain http, with a permission in the address "
            "that everybody on the way can read; nothing was uploaded",
            request=REQUEST,
            hint="ask the vendor for https, or pass --insecure-http where you trust the whole way",
        )
    return str(url)


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _parts(
    fields: Mapping[str, Any], listed: Sequence[Any], size: int, session: Session
) -> tuple[UploadPart, ...]:
    """Parts of one size but the last; where the answer does not say which, as even as can be."""
    said = _first(fields, "part_size", "chunk_size")
    step = -(-size // len(listed)) if said is None else _count(said, "part size")
    found = []
    for index, item in enumerate(listed):
        part = item if isinstance(item, Mapping) else {"url": item}
        number = _first(part, "part_number", "number")
        start = min(index * step, size)
        found.append(
            UploadPart(
                index + 1 if number is None else _count(number, "part number"),
                _url(_first(part, *_URLS), session),
                start,
                min(start + step, size),
            )
        )
    if found[-1].end != size:
        raise _odd(f"has parts that do not hold {size} bytes", [len(found), said])
    if len({part.number for part in found}) != len(found):
        raise _odd("has two parts of one number", [part.number for part in found])
    return tuple(found)


def _count(said: Any, what: str) -> int:
    """A whole number from 1 on, as JSON or as a text."""
    text = str(said)
    if isinstance(said, bool) or not (text.isascii() and text.isdecimal() and int(text)):
        raise _odd(f"has a {what} that is no whole number", said)
    return int(text)


def send(
    session: Session, file: Path, part: UploadPart, *, on_bytes: OnBytes = lambda _: None
) -> str:
    """Send one part, again where that may heal; its ETag, empty where the storage says none."""
    patience = session.patience()
    while True:
        try:
            return _sent(session, file, part, on_bytes)
        except Retry as retry:
            session.rest(retry, patience)


def _sent(session: Session, file: Path, part: UploadPart, on_bytes: OnBytes) -> str:
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
    if is_page(response) and response.content.strip():
        page = BadAnswer("a web page instead of the storage's answer", request=where, hint=PROXY)
        raise Retry(page, PAGE)
    return str(response.headers.get("etag", ""))


def _refused(response: httpx.Response, where: str) -> ApiError:
    return StatusError(response.status_code, "the storage refused the bytes", request=where)


def _chunks(file: Path, part: UploadPart, on_bytes: OnBytes) -> Iterator[bytes]:
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
