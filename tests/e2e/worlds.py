"""A catalog in a folder, a sandbox over real HTTP, and the program run in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import run
from reconciler.sandbox import Options, Sandbox

FAST = "rate: {requests: 100000, per_seconds: 60}\n"


@dataclass
class World:
    """What a test holds: the sandbox, the catalog folder and what was printed last."""

    sandbox: Sandbox
    root: Path
    capture: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""
    said: set[str] = field(default_factory=set)

    def write(self, text: str, name: str = "catalog.yaml") -> None:
        """A catalog file, in place of what it held."""
        path = self.root / "catalog" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @property
    def result(self) -> Any:
        """What the last command found, out of its envelope."""
        return json.loads(self.out)["result"]

    def pxm(self, *arguments: str) -> int:
        """Run a command; its output is in `out` and `err`."""
        code = run(["--catalog", str(self.root / "catalog"), *arguments])
        self.out, self.err = self.capture.readouterr()
        return code

    def apply(self, *arguments: str) -> int:
        """Apply, beside whatever is there, and, where that went well, plan again: nothing."""
        code = self.pxm("apply", "--yes", "--new-state", *arguments)
        printed = self.out, self.err
        if code == 0:
            again = self.pxm("plan", "--detailed-exitcode")
            assert again == 0, self.out
            assert "No changes." in self.out
        self.out, self.err = printed
        return code


@contextmanager
def world(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capture: pytest.CaptureFixture[str],
    *dialects: str,
    options: Options | None = None,
) -> Iterator[World]:
    """A fresh account and an empty catalog folder."""
    options = options or Options(dialects=frozenset(dialects), rate_limit=None)
    tmp_path.mkdir(parents=True, exist_ok=True)
    with Sandbox(None, options) as sandbox:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PXM_BASE_URL", sandbox.url)
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setenv("PXM_CLIENT_ID", "sandbox")
        monkeypatch.setenv("PXM_CLIENT_SECRET", "sandbox")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        made = World(sandbox, tmp_path, capture)
        made.write(FAST, "reconciler.yaml")
        yield made
