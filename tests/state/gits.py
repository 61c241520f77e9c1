"""What the tests of the git backend share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reconciler.model import Entry, Ref
from tests.state.backends import (
    ENTRY,
    Git,
)


def entries(number: int) -> dict[Ref, Entry]:
    refs = [Ref("collection", f"product-{index}") for index in range(number)]
    return {ref: replace(ENTRY, ref=ref, id=f"id-{ref.key}") for ref in refs}


def hook(backend: Git, name: str, script: str) -> Path:
    """A hook of the remote."""
    path = backend.remote / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
