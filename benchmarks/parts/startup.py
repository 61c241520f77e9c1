"""How long commands take before they do anything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.measuring import Measured, clean, measure, middle
from benchmarks.session import Session

RUNS = 9
"""A start is short: more of them than of anything else."""


def run(session: Session) -> dict[str, Any]:
    """CPU and wall clock of commands that do little, beside Python alone."""
    found = {}
    for name, (command, env) in commands().items():
        runs = [_start(command, env, session.work) for _ in range(RUNS if session.runs > 1 else 1)]
        found[name] = middle(runs)
        session.say(f"{name}: {found[name]['cpu']:.3f} s of CPU")
    return {"commands": found}


def _start(command: list[str], env: dict[str, str], folder: Path) -> Measured:
    return measure(command, folder, {**clean(), **env})


def commands() -> dict[str, tuple[list[str], dict[str, str]]]:
    """By what they are called on the page: the command, and variables that it is given."""
    pxm = str(Path(sys.executable).with_name("pxm"))
    example = ["--catalog", str(ROOT / "catalog")]
    words = {"COMP_WORDS": "pxm pl", "COMP_CWORD": "1", "_PXM_COMPLETE": "bash_complete"}
    return {
        "python -c pass": ([sys.executable, "-c", "pass"], {}),
        "pxm --version": ([pxm, "--version"], {}),
        "completion of a command": ([pxm], words),
        "pxm --help": ([pxm, "--help"], {}),
        "pxm plan --help": ([pxm, "plan", "--help"], {}),
        "validate of the example": ([pxm, *example, "validate", "--env", "all"], {}),
    }
