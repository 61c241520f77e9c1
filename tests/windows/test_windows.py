"""Nothing stands in Windows' way that it is known not to have; Windows itself is untried."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_layers import POSIX

ROOT = Path(__file__).parent.parent.parent


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A run of Python without them."""
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTHON_WITHOUT": ",".join(sorted(POSIX - {"posix"})),
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_modules_are_really_gone(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", "import fcntl")
    assert "ModuleNotFoundError: import of fcntl halted" in done.stderr


def test_a_catalog_is_planned_and_applied_without_them(tmp_path: Path) -> None:
    pxm = ("-m", "reconciler", "--sandbox-db", str(tmp_path / "sandbox.db"), "--state", "file:s.db")
    assert run(tmp_path, "-m", "reconciler", "init", "shop").returncode == 0
    shop = tmp_path / "shop"
    planned = run(shop, *pxm, "plan", "--detailed-exitcode")
    assert planned.returncode == 2, planned.stderr
    applied = run(shop, *pxm, "apply", "--yes")
    assert applied.returncode == 0, applied.stderr
    again = run(shop, *pxm, "plan", "--detailed-exitcode")
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    "suites",
    [
        ["sqlite"],
        pytest.param(
            ["contract", "git", "git_races", "guarded", "kills", "commands"], marks=pytest.mark.long
        ),
    ],
    ids=["file", "others"],
)
def test_the_suites_of_the_state_hold_without_them(suites: list[str]) -> None:
    files = [f"tests/state/test_state_{name}.py" for name in suites]
    options = ["-q", "-p", "no:cacheprovider", "-k", "not postgres", "-m", "not long"]
    done = run(ROOT, "-m", "pytest", *options, *files)
    assert done.returncode == 0, done.stdout
