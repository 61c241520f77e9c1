"""`pxm doctor` on accounts that behave otherwise."""

from pathlib import Path

import pytest

from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import world


def test_smaller_pages_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, "page-cap") as pxm:
        for number in range(60):
            pxm.sandbox.put_object("collection", {"name": f"P{number}"})
        pxm.write(SMALL)

        assert pxm.pxm("doctor") == 0
        assert "50 objects a page, though 250 were asked for: reads take longer" in pxm.out
