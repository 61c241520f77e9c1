"""What is still running, for whoever must not leave before it is done."""

from __future__ import annotations

import threading
from types import TracebackType


class InFlight:
    """Counts the calls between `with` and its end; `wait` blocks until there are none.

    A pool's own shutdown is not enough: a Ctrl-C that meets the caller while the pool starts a
    thread leaves a running thread that the pool does not know.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0

    def __enter__(self) -> None:
        self._add(1)

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self._add(-1)

    def wait(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._number == 0)

    def _add(self, number: int) -> None:
        with self._changed:
            self._number += number
            self._changed.notify_all()
