"""The program as real processes that start fast: forked from one that has imported it already.

`Program` is the test's end; run as a module this is the other one, which forks a child for each
order and says how it ended.  A child can be killed like any process, and nobody has to import
the program again.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

import reconciler
from tests.limits import HANG

ROOT = Path(__file__).parents[2]


@dataclass
class Child:
    """One run: its process id once it lives, its exit code (negative: the signal) at its end."""

    pid: int
    ended: threading.Event = field(default_factory=threading.Event)
    code: int = 0

    def signal(self, number: int) -> None:
        """Send a signal; nothing where it has ended already."""
        if not self.ended.is_set():
            os.kill(self.pid, number)

    def wait(self, seconds: float = HANG) -> int:
        """The exit code; a run that does not end is a failure of the test."""
        assert self.ended.wait(seconds), f"process {self.pid} did not end in {seconds} s"
        return self.code


class Program:
    """Starts runs of the program in a folder.  A context manager: at its end no run is left."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.program"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.root,
            text=True,
        )
        self._children: dict[int, Child] = {}
        self._started: list[Child] = []
        self._over = False
        self._ordering = threading.Lock()
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(HANG)
        self._reader.join(HANG)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start(
        self, commands: Sequence[Sequence[str]], cwd: Path, env: Mapping[str, str], out: Path
    ) -> Child:
        """Run commands one after the other in one process, up to the first that is not 0."""
        order = {
            "commands": [list(command) for command in commands],
            "cwd": str(cwd),
            "env": dict(env),
            "out": str(out),
        }
        assert self._process.stdin is not None
        with self._ordering, self._news:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            self._news.wait_for(lambda: self._started or self._over, HANG)
            assert self._started, "no process was started"
            return self._started.pop()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            pid, code = json.loads(line)
            with self._news:
                if code is None:
                    self._children[pid] = child = Child(pid)
                    self._started.append(child)
                else:
                    child = self._children.pop(pid)
                    child.code = code
                    child.ended.set()
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()


# --- the other end ------------------------------------------------------------------------------


def serve(orders: IO[str]) -> None:
    """Fork a child for each order, tell when it begins and how it ends."""
    waiting = []
    for line in orders:
        order = json.loads(line)
        ready, go = os.pipe()
        with _telling:  # else the child could inherit a lock that nobody lets go
            pid = os.fork()
        if pid == 0:
            os.close(go)
            _child(order, ready)
        os.close(ready)
        _tell(pid, None)
        # Told before it begins: who wants to kill it knows its number.
        os.close(go)
        waiting.append(threading.Thread(target=_await, args=(pid,)))
        waiting[-1].start()
    for thread in waiting:
        thread.join()


_telling = threading.Lock()


def _tell(pid: int, code: int | None) -> None:
    with _telling:
        print(json.dumps([pid, code]), flush=True)


def _await(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    _tell(pid, os.waitstatus_to_exitcode(status))


def _child(order: Mapping[str, Any], ready: int) -> NoReturn:
    os.read(ready, 1)
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, handle in ((0, nothing), (1, out), (2, out)):
        os.dup2(handle, number)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    from reconciler.cli import run

    code = 1
    try:
        code = next(filter(None, map(run, order["commands"])), 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    # Commands import what they use: here all of it, once, so that no child has to.
    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    # A child is forked while threads wait for others: they hold no lock that it could need.
    warnings.simplefilter("ignore", DeprecationWarning)
    serve(sys.stdin)
