"""What a measurement was made on: no names of hosts, people or paths."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def machine() -> dict[str, str | int]:
    """Date, commit, Python, system, cores and processor."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        "cpu": _cpu_model(),
    }


def commit() -> str:
    """The commit that is checked out, `+` behind it where the program was changed since."""
    here = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", "reconciler", "pyproject.toml")
    return (here or "unknown") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
