"""Uploads: asked for, sent to a storage of its own in one piece or in parts, confirmed (article).

The names in the answer to a request are not documented: dialects vary them.
"""

from __future__ import annotations

import hashlib
import mimetypes
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.sandbox.blobs import Blobs
from reconciler.sandbox.exchange import Options
from reconciler.sandbox.rules import HttpRefusal, Rules
from reconciler.sandbox.rules.checks import FILE_NAME
from reconciler.sandbox.rules.shapes import entries_of, object_of, whole
from reconciler.sandbox.rules.texts import text_of
from reconciler.sandbox.store import Object

EXPIRES = 3600
"""Seconds that presigned URLs are said to live."""
MOST_PARTS = 10_000
WHOLE = 0
"""The number of the only part of a standard upload."""


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """What has arrived of a part: its size in bytes and its ETag."""

    size: int
    etag: str


@dataclass(slots=True)
class Upload:
    """One upload on its way.  `part_size` is 0 where it comes in one piece."""

    id: str
    file_name: str
    mime_type: str
    size: int
    part_size: int
    path: Path
    arrived: dict[int, ReceivedPart] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many parts it has."""
        return -(-self.size // self.part_size) if self.part_size else 1

    @property
    def key(self) -> str:
        """The path that confirms it."""
        return f"s3path/temp/{self.id}/{self.file_name}"

    def numbers(self) -> list[int]:
        """The numbers of its parts."""
        return list(range(1, self.count + 1)) if self.part_size else [WHOLE]

    def expected(self, number: int) -> int:
        """How many bytes a part has."""
        if not self.part_size:
            return self.size
        return min(self.part_size, self.size - (number - 1) * self.part_size)


class Uploads:
    """The storage's side: what was asked for and not confirmed yet."""

    def __init__(self, blobs: Blobs, options: Options) -> None:
        self.blobs = blobs
        self._options = options
        self._open: dict[str, Upload] = {}

    def open(self, file_name: str, mime_type: str, size: int) -> Upload:
        """A new upload."""
        parted = size >= self._options.multipart_threshold
        # A storage takes no more parts than this: they grow instead.
        part_size = max(self._options.part_size, -(-size // MOST_PARTS)) if parted else 0
        id_ = f"upl_{secrets.token_hex(8)}"
        upload = Upload(id_, file_name, mime_type, size, part_size, self.blobs.upload(id_))
        self._open[id_] = upload
        return upload

    def get(self, id_: str, number: int) -> Upload | None:
        """The upload that a presigned URL is for."""
        upload = self._open.get(id_)
        return upload if upload is not None and number in upload.numbers() else None

    def of_path(self, path: Any) -> Upload:
        """The upload that is to be confirmed; HttpRefusal where there is none."""
        for upload in self._open.values():
            if upload.key == path:
                return upload
        raise HttpRefusal(400, "file_path: no upload has this path")

    def close(self, upload: Upload, file_id: str) -> None:
        """It has become a file."""
        self.blobs.adopt(upload.path, file_id)
        del self._open[upload.id]


async def receive(upload: Upload, number: int, chunks: AsyncIterator[bytes]) -> ReceivedPart | None:
    """Take one part to disk, chunk by chunk; None where it is longer than it may be."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    upload.path.touch()
    with upload.path.open("r+b") as target:
        target.seek(max(number - 1, 0) * upload.part_size)
        async for chunk in chunks:
            size += len(chunk)
            if size > upload.expected(number):
                return None
            digest.update(chunk)
            target.write(chunk)
    part = ReceivedPart(size, f'"{digest.hexdigest()}"')
    upload.arrived[number] = part
    return part


# --- request-upload ---


def requested(uploads: Uploads, dialects: frozenset[str], body: Object, base: str) -> Object:
    """The answer to request-upload; HttpRefusal for what cannot be uploaded."""
    names = [_name(body[word]) for word in ("file_name", "filename") if word in body]
    if not names:
        raise HttpRefusal(400, "file_name is required")
    name = names[0]
    size = whole(body.get("size"), "size")
    if size == 0:
        raise HttpRefusal(400, "size must be more than 0")
    said = text_of(body.get("mime_type", ""), "mime_type")
    mime_type = said or mimetypes.guess_type(name)[0] or "application/octet-stream"
    upload = uploads.open(name, mime_type, size)
    return _shaped(dialects, upload, base)


def _name(name: Any) -> str:
    if not isinstance(name, str) or not FILE_NAME.fullmatch(name):
        raise HttpRefusal(400, "file_name: only letters, digits and _ - . are allowed")
    return name


_NAMES: Mapping[str, tuple[str, str, str]] = {
    "upload-url": ("url", "parts", "path"),
    "upload-presigned": ("presigned_url", "urls", "key"),
    "": ("upload_url", "parts", "file_path"),
}
"""By dialect: what a URL, the list of parts, and the path are called."""


def _shaped(dialects: frozenset[str], upload: Upload, base: str) -> Object:
    dialect = next((name for name in _NAMES if name in dialects), "")
    url, parts, path = _NAMES[dialect]
    urls = {number: f"{base}/_storage/uploads/{upload.id}/{number}" for number in upload.numbers()}
    answer: Object = {path: upload.key, "upload_id": upload.id, "expires_in": EXPIRES}
    if not upload.part_size:
        return {"upload_type": "standard", url: urls[WHOLE], **answer}
    listed: list[Any] = [{"part_number": number, url: link} for number, link in urls.items()]
    if parts == "urls":
        listed = list(urls.values())
    return {"upload_type": "multipart", "part_size": upload.part_size, parts: listed, **answer}


# --- confirm-upload ---


def confirmed(uploads: Uploads, rules: Rules, body: Object) -> Object:
    """The file that a confirmed upload becomes; HttpRefusal where something does not fit."""
    upload = uploads.of_path(body.get("file_path"))
    name = _name(body.get("file_name") or upload.file_name)
    _arrived(upload, body)
    if whole(body.get("file_size", upload.size), "file_size") != upload.size:
        raise HttpRefusal(400, f"file_size: {upload.size} bytes were announced")
    metadata = object_of(body.get("metadata") or {})
    item = rules.made("file", {**metadata, "file_name": name, "type": type_of(upload.mime_type)})
    item.update(file_size=upload.size, mime_type=upload.mime_type, is_converting=True)
    if "auto-links" in rules.dialects:
        item["collections"] = linked(rules, item)
    uploads.close(upload, item["id"])
    rules.store.put("file", item)
    return item


def _arrived(upload: Upload, body: Object) -> None:
    missing = [number for number in upload.numbers() if number not in upload.arrived]
    if missing:
        raise HttpRefusal(400, f"the upload is not complete: {len(missing)} part(s) are missing")
    sizes = {number: part.size for number, part in upload.arrived.items()}
    short = [number for number, size in sizes.items() if size != upload.expected(number)]
    if short:
        raise HttpRefusal(400, f"file_size: {sum(sizes.values())} bytes arrived, not {upload.size}")
    if upload.part_size:
        _parts_fit(upload, body)


def _parts_fit(upload: Upload, body: Object) -> None:
    if body.get("upload_id") != upload.id:
        raise HttpRefusal(400, "upload_id is not that of this upload")
    given = {}
    for entry in entries_of(body.get("multipart"), "multipart"):
        if not isinstance(entry, dict):
            raise HttpRefusal(400, "multipart: each part needs a part_number and an etag")
        number = whole(entry.get("part_number"), "multipart: part_number")
        given[number] = str(entry.get("etag")).strip('"')
    wanted = {number: part.etag.strip('"') for number, part in upload.arrived.items()}
    for number in sorted({*given, *wanted}):
        if given.get(number) != wanted.get(number):
            raise HttpRefusal(400, f"multipart: part {number} has another etag, or is not there")


def type_of(mime_type: str) -> str:
    """What a file is, from its media type."""
    main, _, sub = mime_type.partition("/")
    if main in ("image", "video"):
        return main
    return "document" if main == "text" or sub in _DOCUMENTS else "misc"


_DOCUMENTS = frozenset({"pdf", "msword", "rtf"}) | {
    f"vnd.openxmlformats-officedocument.{name}"
    for name in (
        "wordprocessingml.document",
        "spreadsheetml.sheet",
        "presentationml.presentation",
    )
}


def linked(rules: Rules, item: Object) -> list[str]:
    """A file's links with those that the service gives it (dialects auto-links)."""
    return list(dict.fromkeys([*item["collections"], *_tagged(rules, item["file_name"])]))


def _tagged(rules: Rules, file_name: str) -> list[str]:
    """Products whose title or name stands in a file's name (help centre: tags)."""
    slug = _slug(file_name)
    found = []
    for item in rules.store.of("collection").values():
        tags = {_slug(item["additional_title"] or ""), _slug(item["name"] or "")}
        if any(tag in slug for tag in tags if tag):
            found.append(item["id"])
    return found


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")
