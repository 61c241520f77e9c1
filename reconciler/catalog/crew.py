"""Processes that read files beside this one, and what becomes of files when they do not."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import IO

from reconciler.catalog.ahead import Helpers, Taken
from reconciler.catalog.helper import Answer, received, send

CHUNK = 64 * 1024
"""Bytes of files that a helper is asked for at once, or one file."""

# Not multiprocessing: its queues need semaphores, which some containers refuse, and a fork takes
# along the threads' locks.
_MAIN = "import sys; sys.path[:] = sys.argv[1:]; from reconciler.catalog.helper import main; main()"
PROGRAM = (sys.executable or "", "-P", "-c", _MAIN, *sys.path)

_FAULTS = (OSError, ValueError, EOFError, TypeError, MemoryError)

Asked = tuple[Sequence[Taken], "Future[Answer]"]


class Crew:
    """Helpers, each a process, and a thread for each that waits for it.

    Once one of them fails none is asked again, and their files have no pieces: this process reads
    them.
    """

    def __init__(self, helpers: Helpers, environment: str | None, max_bytes: int) -> None:
        """OSError where no process or pipe is to be had."""
        self._environment = environment
        self._max_bytes = max_bytes
        self._most = 3 * helpers.number
        self._patience = helpers.patience
        self._failed = False
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(helpers.number, "catalog")
        try:
            for _ in range(helpers.number):
                self._start(helpers.program or PROGRAM)
        except BaseException:
            self.close()
            raise

    def _start(self, program: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        process = subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self._processes.append(process)
        self._idle.put(process)

    def read(self, files: Iterable[Taken]) -> Iterator[Taken]:
        """The files in their order, with their pieces as far as they have any."""
        asked: deque[Asked] = deque()
        for chunk in _chunks(files):
            asked.append((chunk, self._submitted(chunk)))
            if len(asked) > self._most:
                yield from self._answered(*asked.popleft())
        while asked:
            yield from self._answered(*asked.popleft())
        self._dismiss()

    def _submitted(self, chunk: Sequence[Taken]) -> Future[Answer]:
        try:
            return self._threads.submit(self._ask, chunk)
        except RuntimeError:  # no thread to be had
            self._failed = True
            nothing: Future[Answer] = Future()
            nothing.set_result([])
            return nothing

    def _ask(self, chunk: Sequence[Taken]) -> Answer:
        """In a thread: there are as many as helpers, so one is idle."""
        process = self._idle.get()
        try:
            return [] if self._failed else self._asked(process, chunk)
        except _FAULTS:
            self._failed = True
            return []
        finally:
            self._idle.put(process)

    def _asked(self, process: subprocess.Popen[bytes], chunk: Sequence[Taken]) -> Answer:
        files = [(item.file, item.raw) for item in chunk if item.piece is None]
        if not files:
            return []
        send(_stream(process.stdin), (self._environment, self._max_bytes, files))
        answer: Answer | None = received(_stream(process.stdout))
        if answer is None or len(answer) != len(files):
            raise EOFError("not answered")
        return answer

    def _answered(self, chunk: Sequence[Taken], answer: Future[Answer]) -> Iterator[Taken]:
        try:
            pieces = iter(answer.result(self._patience))
        except TimeoutError:
            self._failed = True
            self._kill()
            pieces = iter(())
        for item in chunk:
            yield item if item.piece is not None else item.with_piece(next(pieces, None))

    def _dismiss(self) -> None:
        """All is read: the helpers end by themselves."""
        for process in self._processes:
            _end_input(process)
        for process in self._processes:
            # One that does not is killed in the end.
            with suppress(subprocess.TimeoutExpired):
                process.wait(self._patience)

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()

    def close(self) -> None:
        """Leave nothing behind, whatever has happened."""
        self._kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.wait()
            _end_input(process)
            _stream(process.stdout).close()


def _end_input(process: subprocess.Popen[bytes]) -> None:
    # What was not sent to one that has died stays unsent.
    with suppress(OSError):
        _stream(process.stdin).close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _chunks(files: Iterable[Taken]) -> Iterator[Sequence[Taken]]:
    """The files, in portions that are worth a question."""
    chunk: list[Taken] = []
    size = 0
    for item in files:
        chunk.append(item)
        size += len(item.raw)
        if size >= CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
