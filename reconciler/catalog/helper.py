"""A process that reads catalog files for another one (`crew.py`), each apart from all others.

It is asked on its input and answers on its output, until the input ends: whatever becomes of the
other process, it does not outlive it.
"""

from __future__ import annotations

import marshal
import os
import signal
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from reconciler.catalog import objects
from reconciler.catalog.draft import Book, Findings
from reconciler.catalog.files import Folder, source_of
from reconciler.catalog.forms import judged
from reconciler.catalog.pieces import packed, start
from reconciler.collector import patient_collector

_HEAD = struct.Struct(">4sQ")
_MARK = b"pxm\1"

Question = tuple[str | None, int, Sequence[tuple[str, bytes]]]
"""The environment, the bound of a file's bytes, and files by name."""

Answer = Sequence[bytes | None]
"""Of each file its piece; None where it has none (`pieces.packed`)."""


def main() -> None:
    """Answer on the output what is asked on the input."""
    # Ctrl-C reaches both; the other process says when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with patient_collector():
        serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer questions until there are no more."""
    while (question := received(questions)) is not None:
        send(answers, answer(question))


def answer(question: Question) -> Answer:
    """What each of the files declares."""
    environment, max_bytes, files = question
    return [_piece(file, raw, environment, max_bytes) for file, raw in files]


def _piece(file: str, raw: bytes, environment: str | None, max_bytes: int) -> bytes | None:
    folder = Folder(max_bytes=max_bytes)
    # Of what names other files there is no piece, so nothing is looked for beside it.
    book = Book(Findings(), folder.lost, environment, Path(os.devnull))
    since = start(book)
    root = judged(book, source_of(folder, file, raw), "catalog")
    if root is None:
        return None
    objects.read_document(book, root)
    return packed(book, since)


def send(stream: IO[bytes], message: Any) -> None:
    """Write a message.  OSError where nobody reads it."""
    data = marshal.dumps(message)
    stream.write(_HEAD.pack(_MARK, len(data)))
    stream.write(data)
    stream.flush()


def received(stream: IO[bytes]) -> Any:
    """The next message; None where there is none.  ValueError or EOFError where it is damaged."""
    head = stream.read(_HEAD.size)
    if not head:
        return None
    if len(head) < _HEAD.size:
        raise EOFError("half a message")
    mark, size = _HEAD.unpack(head)
    if mark != _MARK:
        raise ValueError("this is no message")
    return marshal.loads(stream.read(size))
