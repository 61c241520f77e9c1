"""Places in a rate that several runs on one account have together (contract 7.2).

Whoever gives the places out (a PostgreSQL state) is asked for small lots, a second's worth at most.
A place that is not sent within a second is void, so a run that dies takes nothing along.  While
nobody answers, a run sends at most what is its share among those that were seen last.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from reconciler.api.bucket import Bucket, fill
from reconciler.closing import Closing
from reconciler.errors import PxmError
from reconciler.model import Lot, Rate

HELD = 1.0
"""Seconds for which a place may be sent, once it is due."""

AHEAD = 1.0
"""Seconds for which places may be given out before they are due: so many are a lot."""

PATIENCE = 1.0
"""Seconds that an answer may take; a later one is of no use any more."""

AGAIN = 5.0
"""Seconds after which somebody who did not answer is asked again."""


PART = 40
"""The bucket of all runs holds a fortieth: each has its own beside it, and what is lost of a lot
must be gained again."""


def together(rate: Rate) -> tuple[float, float]:
    """What the bucket of all runs holds, and gains in a second: its places go out up to `HELD`
    seconds late."""
    return fill(rate, part=PART, late=HELD)


class Giver(Protocol):
    """Gives out places of what all runs on an account have together; raises PxmError."""

    def give(self, most: int) -> Lot:
        """So many places at most, `AHEAD` seconds before they are due at most."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Lots(Closing):
    """The places of one run.  Thread-safe; the giver is asked in a thread of its own.

    Each place is due at a moment and void `HELD` seconds later.
    """

    def __init__(self, giver: Giver, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._per_second = together(rate)[1]
        self._size = max(1, int(self._per_second * AHEAD))
        self._places: deque[tuple[float, float]] = deque()
        self._runs = 1
        self._asker = _Asker(giver)
        self._not_before = clock()
        self._alone: Bucket | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Ask nobody any more."""
        self._asker.stop()

    def take(self, number: int) -> tuple[bool, float]:
        """Whether `number` are taken, and the seconds until they may be sent at once; until it is
        worth while to ask again where they are not."""
        with self._lock:
            now = self._clock()
            while self._places and self._places[0][1] < now:
                self._places.popleft()
            lacking = number - len(self._places)
            if lacking > 0:
                wait = self._more(lacking, now)
                if wait > 0:
                    return False, wait
            due = self._places[number - 1][0]
            for _ in range(number):
                self._places.popleft()
            return True, max(0.0, due - self._clock())

    def _more(self, lacking: int, now: float) -> float:
        """Ask for places; 0 where there are enough, else seconds until asking again is of use."""
        if now < self._not_before:
            return self._share(lacking, now)
        lot = self._asker.ask(max(lacking, self._size // self._runs))
        if lot is None:
            self._not_before = now + AGAIN
            return self._share(lacking, now)
        self._alone, self._runs = None, max(1, lot.runs)
        answered = self._clock()
        for number in range(1, lot.places + 1):
            late = max(0.0, (number - lot.filled) / self._per_second)
            self._places.append((answered + late, now + late + HELD))
        if lot.places >= lacking:
            return 0.0
        return max(1e-3, (lacking - lot.filled) / self._per_second - AHEAD)

    def _share(self, lacking: int, now: float) -> float:
        """Without an answer: what each of the runs may send by itself; see `_more`."""
        if self._alone is None:
            # What was sent together counts still, so it begins empty.
            self._alone = Bucket(self._rate, now, filled=0.0)
        due = now + self._alone.take(lacking, now, 1 / self._runs)
        self._places.extend([(due, due + HELD)] * lacking)
        return 0.0


class _Asker:
    """Asks in a thread of its own: a connection that hangs must not stop a run."""

    def __init__(self, giver: Giver) -> None:
        self._giver = giver
        self._questions: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Lot | None] = queue.SimpleQueue()
        self._waiting = False
        self._thread = threading.Thread(target=self._run, name="pxm-lots", daemon=True)
        self._thread.start()

    def ask(self, most: int) -> Lot | None:
        """So many places at most; None where there is no answer in time, or only a late one."""
        if self._waiting and self._answer(0) is _NONE:
            return None
        self._questions.put(most)
        self._waiting = True
        lot = self._answer(PATIENCE)
        return lot if isinstance(lot, Lot) else None

    def stop(self) -> None:
        """Ask no more."""
        self._questions.put(None)
        self._thread.join(PATIENCE)

    def _answer(self, seconds: float) -> Lot | object | None:
        try:
            lot = self._answers.get(timeout=seconds) if seconds else self._answers.get_nowait()
        except queue.Empty:
            return _NONE
        self._waiting = False
        return lot

    def _run(self) -> None:
        while (most := self._questions.get()) is not None:
            try:
                lot = self._giver.give(most)
            except PxmError:
                lot = None
            self._answers.put(lot)
        self._giver.close()


_NONE = object()
"""No answer yet."""
