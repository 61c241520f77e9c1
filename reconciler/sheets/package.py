"""An .xlsx file from outside: a zip of XML parts, looked at before anything of it is read.

It may be made to do harm, so each part is bounded before it is unpacked, no part may declare
entities, and what could run or reach somewhere else (macros, links to other workbooks) is refused.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any
from xml.parsers import expat

from reconciler.sheets.trouble import SheetError

MOST_PARTS = 10_000
MOST_BYTES = 512 * 1024 * 1024
"""What all parts may come to when they are unpacked: a hundred thousand products are half of it."""

CHUNK = 64 * 1024
LONGEST_TAG = 1024 * 1024
"""Bytes that may pass without an element: expat would look at all of them again for each chunk."""

_RESAVE = "open it, save it as .xlsx again, and import that"
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFUSED = (
    ("vbaproject", "macros"),
    ("macrosheets/", "macros"),
    ("activex/", "controls that run code"),
    ("embeddings/", "embedded files"),
    ("externallinks/", "links to other workbooks"),
    ("connections.xml", "connections to data elsewhere"),
)
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    UnicodeDecodeError,
    ValueError,
)

Attributes = Mapping[str, str]


@dataclass(slots=True)
class Events:
    """What is to be told of a part: elements by their names without a namespace, and texts."""

    start: Any
    end: Any = None
    text: Any = None


class Package:
    """The parts of a workbook.  Raises SheetError for what is none, or should not be opened."""

    def __init__(self, data: bytes) -> None:
        _check_signature(data)
        with _readable():
            self.zip = zipfile.ZipFile(io.BytesIO(data))
        self.names = {info.filename.lstrip("/"): info for info in self.zip.infolist()}
        self._check()

    def _check(self) -> None:
        size = sum(info.file_size for info in self.zip.infolist())
        if size > MOST_BYTES or len(self.zip.infolist()) > MOST_PARTS:
            raise SheetError(
                f"it unpacks to {size:,} bytes in {len(self.names):,} parts, which is no sheet",
                hint="export fewer rows at a time, with --under CATEGORY",
            )
        for name in self.names:
            for part, what in _REFUSED:
                if part in name.lower():
                    hint = "save it as .xlsx without them"
                    raise SheetError(f"it holds {what} ({name})", hint=hint)

    def has(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return name in self.names

    def parse(self, name: str, events: Events) -> None:
        """Tell the elements of a part, chunk by chunk; SheetError where it is no sound XML."""
        if not self.has(name):
            raise SheetError(f"its part {name} is missing", hint=_RESAVE)
        with _readable(), self.zip.open(self.names[name]) as stream:
            _parse(stream, name, events)

    def related(self, part: str) -> dict[str, str]:
        """The parts that a part names by their ids."""
        folder, _, file = part.rpartition("/")
        found: dict[str, str] = {}

        def start(name: str, attributes: Attributes) -> None:
            target = attributes.get("Target", "")
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                path = posixpath.normpath(posixpath.join("/" + folder, target))
                found[attributes.get("Id", "")] = path.lstrip("/")

        name = f"{folder}/_rels/{file}.rels".lstrip("/")
        if self.has(name):
            self.parse(name, Events(start))
        return found


def _check_signature(data: bytes) -> None:
    if data.startswith(_OLD):
        what = "it is an old .xls workbook, or is locked with a password"
        raise SheetError(what, hint="save it as .xlsx without a password")
    if not data.startswith(b"PK\x03\x04"):
        what = "it is no .xlsx workbook" if data else "it is empty"
        raise SheetError(what, hint="export a new one with `pxm export FILE.xlsx`")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise SheetError(f"it is damaged: {error}", hint=_RESAVE) from None


def _parse(stream: IO[bytes], name: str, events: Events) -> None:
    # The separator stands between a namespace and a name, which alone counts.
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise SheetError(f"its part {name} declares entities of its own", hint=_RESAVE)

    def declared(_: str, encoding: str | None, __: int) -> None:
        if encoding and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
            raise SheetError(f"its part {name} is {encoding}, not UTF-8", hint=_RESAVE)

    def start(tag: str, attributes: Attributes) -> None:
        events.start(local(tag), {local(key): value for key, value in attributes.items()})

    def end(tag: str) -> None:
        events.end(local(tag))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.XmlDeclHandler = declared
    parser.StartElementHandler = start
    if events.end is not None:
        parser.EndElementHandler = end
    if events.text is not None:
        parser.CharacterDataHandler = events.text
    try:
        _feed(parser, stream, name)
    except expat.ExpatError as error:
        raise SheetError(f"its part {name} is no sound XML: {error}", hint=_RESAVE) from None


@lru_cache(maxsize=1000)
def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition(" ")[2]


def _feed(parser: Any, stream: IO[bytes], name: str) -> None:
    fed = 0
    while chunk := stream.read(CHUNK):
        parser.Parse(chunk)
        fed += len(chunk)
        if fed - parser.CurrentByteIndex > LONGEST_TAG:
            raise SheetError(f"its part {name} holds one huge element", hint=_RESAVE)
    parser.Parse(b"", True)
