"""The fixture that most end-to-end tests take."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.worlds import World, world


@pytest.fixture
def pxm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[World]:
    """A fresh sandbox under the default dialect."""
    with world(tmp_path, monkeypatch, capsys) as made:
        yield made
