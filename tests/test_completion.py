"""Completion of commands, options and keys (contract 3, 9)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.cli.completion import SHELLS
from reconciler.cli.keycache import MOST, proposals, remember
from tests.test_startup import HEAVY

CATALOG = """\
categories:
  - {key: tents, name: Tents}
  - {key: tarps, name: Tarps}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalog, and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "a.yaml").write_text(CATALOG)
    return tmp_path


def completed(root: Path, *words: str) -> list[str]:
    """What bash is told to propose for the last word."""
    program = (
        "import sys; from reconciler.cli import main\n"
        "try: main()\n"
        "finally: print(*sorted({n.partition('.')[0] for n in sys.modules}), file=sys.stderr)"
    )
    environment = {
        **os.environ,
        "_PXM_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("pxm", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not HEAVY & set(done.stderr.split()), done.stderr
    return [line.partition(",")[2] for line in done.stdout.split()]


def test_keys_are_those_that_were_read_last_and_no_catalog_is_parsed(root: Path) -> None:
    assert completed(root, "explain", "cat") == []
    assert run(["validate"]) == 0
    assert completed(root, "explain", "cat") == ["category/tarps", "category/tents"]
    assert completed(root, "plan", "--target", "category/te") == ["category/tents"]
    assert completed(root, "--catalog", "elsewhere", "explain", "cat") == []
    assert completed(root, "export", "--under", "te") == ["tents"]
    assert completed(root, "exp") == ["explain", "export"]
    # A broken catalog leaves what is known.
    (root / "catalog" / "b.yaml").write_text("nonsense: 1\n")
    assert run(["validate"]) == 1
    assert completed(root, "rename", "category/ta") == ["category/tarps"]


def test_environments_are_those_that_were_read_last(root: Path) -> None:
    (root / "catalog" / "reconciler.yaml").write_text(
        "environments:\n  staging: {state: 'file:s.db'}\n  production: {state: 'file:p.db'}\n"
    )
    assert run(["--env", "staging", "validate"]) == 0
    assert completed(root, "--env", "s") == ["staging"]
    assert completed(root, "plan", "--env", "p") == ["production"]


def test_of_too_many_keys_the_kinds_are_proposed(root: Path) -> None:
    remember(root / "big", (f"collection/{n}" for n in range(MOST + 1)))
    assert proposals(root / "big", "") == ["collection/"]
    assert len(proposals(root / "big", "collection/")) == MOST
    assert proposals(root / "big", "collection/50") == ["collection/50", "collection/500"]


def test_a_cache_that_cannot_be_written_is_no_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "file"))
    assert run(["validate"]) == 0
    assert proposals(root / "catalog", "") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"{shell}_complete" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert run(["completion", "tcsh"]) == 1
