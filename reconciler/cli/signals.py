"""SIGINT and SIGTERM: finish what is in flight, record it, leave with 130 (contract 3)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from reconciler.cli.console import STDERR
from reconciler.errors import Interrupted

if TYPE_CHECKING:
    from reconciler.api import Session

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], None]


@contextmanager
def gentle(session: Session) -> Iterator[None]:
    """While requests go out: the first signal lets those in flight end and sends no more, the
    second one stops at once."""
    asked: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        if asked:
            os._exit(INTERRUPTED)
        asked.append(number)
        session.stop()
        STDERR.line("Finishing what is in flight; once more stops at once.")

    with _handled(stop):
        try:
            yield
        except Interrupted as error:
            if not asked:
                raise
            # Told as a Ctrl-C is, not as a request that failed.
            raise KeyboardInterrupt(*filter(None, (error.stand,))) from None


@contextmanager
def abrupt() -> Iterator[None]:
    """Elsewhere SIGTERM is what Ctrl-C is."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled(interrupt):
        yield


@contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.signal(number, handler)) for number in SIGNALS]
    try:
        yield
    finally:
        for number, was in before:
            signal.signal(number, was)
