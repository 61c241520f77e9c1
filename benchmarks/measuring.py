"""A command as a child process: what it took, and what it said."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

PXM = (sys.executable, "-m", "reconciler")
UNIT = (1 << 20) if sys.platform == "darwin" else (1 << 10)
"""Of what the system tells, in a MiB."""
PAUSE = 0.005
"""Seconds between looks at a child."""
EVERY = 20
"""Looks between those at the processes that it has started."""


class Failed(Exception):
    """A command that was to be measured did something else."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: seconds of wall clock and of CPU, the most memory in MiB, what was printed.

    CPU and memory are those of the process and of all that it started.
    """

    wall: float
    cpu: float
    peak: float
    out: str = field(repr=False, default="")
    err: str = field(repr=False, default="")

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of a JSON log."""
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]

    @property
    def profile(self) -> dict[str, dict[str, Any]]:
        """What `-vv --log-format json` says of each stage."""
        return {line["stage"]: line for line in self.log if line.get("event") == "profile"}

    def requests(self, kind: str = "") -> int:
        """How many requests went out, those for tokens apart; of a path, where one is named."""
        found = (line for line in self.log if line.get("event") == "request")
        return sum(line["path"].endswith(kind) for line in found)


def clean() -> dict[str, str]:
    """The environment without what would change what is measured."""
    left = {name: text for name, text in os.environ.items() if not name.startswith("PXM_")}
    left.pop("CI", None)
    root = str(Path(__file__).parents[1])
    return {**left, "PYTHONPATH": root, "NO_COLOR": "1"}


Command = Sequence[str | Path]


def measure(
    command: Command,
    cwd: Path,
    env: Mapping[str, str] | None = None,
) -> Measured:
    """Run a command to its end; Failed where it does not leave with 0."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=err)
        family = _Family(process.pid)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            family.look()
            time.sleep(PAUSE)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [_text(stream) for stream in (out, err)]
    if process.returncode != 0:
        words = " ".join(map(str, command))
        raise Failed(f"{words} left with {process.returncode}: {texts[1][-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, family.peak_by(usage), *texts)


def _text(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read().decode("utf-8", "replace"))


class _Family:
    """The memory of a process with all that it started: what is shared is counted once."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._looks = 0
        self._seen = self._together = 0.0

    def look(self) -> None:
        """Called while the process runs."""
        self._seen = max(self._seen, _memory(self._pid, "status", "VmHWM:"))
        self._looks += 1
        if self._looks % EVERY:
            return
        others = _descendants(self._pid)
        if others:
            whole = [_memory(pid, "smaps_rollup", "Pss:") for pid in (self._pid, *others)]
            self._together = max(self._together, sum(whole))

    def peak_by(self, usage: resource.struct_rusage) -> float:
        """MiB, once the system has told what it knows.

        It counts what the process held before it became another program: a copy of this one.
        """
        told, ours = (
            usage.ru_maxrss / UNIT,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT,
        )
        own = told if told > ours or not self._seen else self._seen
        return max(own, self._together)


def _descendants(pid: int) -> list[int]:
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    found = []
    for child in map(int, words):
        found += [child, *_descendants(child)]
    return found


def _memory(pid: int, file: str, field: str) -> float:
    """MiB, as Linux tells them; 0 where nobody does."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    for line in lines:
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0


def middle(runs: Sequence[Measured]) -> dict[str, Any]:
    """The medians of several runs, with the extremes of what matters most."""
    cpus = [run.cpu for run in runs]
    return {
        "wall": round(median(run.wall for run in runs), 3),
        "cpu": round(median(cpus), 3),
        "cpu_least": round(min(cpus), 3),
        "cpu_most": round(max(cpus), 3),
        "peak": round(median(run.peak for run in runs), 1),
        "runs": len(runs),
    }
