"""The main scenarios under every dialect; the docs say what comes of each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.sandbox.dialects import DIALECTS, LISTED
from tests.e2e.worlds import world
from tests.matrix.story import Facts, tell
from tests.matrix.table import DEFAULT, OTHERWISE, TOLD, expected

_FACTS: dict[str, Facts] = {}


def facts_of_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, Facts]:
    """What the account holds after each step where nothing is out of the ordinary."""
    if not _FACTS:
        with world(tmp_path / "default", monkeypatch, capsys) as pxm:
            tell(pxm, _FACTS.__setitem__)
    return _FACTS


CASES = [
    *(name for name in TOLD if name == DEFAULT or name in LISTED),
    *(pytest.param(name, marks=pytest.mark.long) for name in TOLD if name not in LISTED),
]

CHOSEN = frozenset(os.environ.get("PXM_MATRIX_ONLY", "").split())
"""Where only some of the page's rows are made anew."""


def test_every_dialect_has_its_row() -> None:
    assert TOLD.keys() | {*OTHERWISE} == DIALECTS.keys() | {DEFAULT}
    assert expected().keys() == TOLD.keys()


@pytest.mark.parametrize("dialect", CASES)
def test_the_story_goes_as_the_docs_say_under(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = facts_of_default(tmp_path, monkeypatch, capsys)

    def check(step: str, found: Facts) -> None:
        assert found == known[step], step

    if CHOSEN and dialect not in CHOSEN:
        pytest.skip("its row stays")
    names = [] if dialect == DEFAULT else [dialect]
    with world(tmp_path / "story", monkeypatch, capsys, *names) as pxm:
        outcomes = tell(pxm, check)

    if os.environ.get("PXM_MATRIX"):
        with Path(os.environ["PXM_MATRIX"]).open("a", encoding="utf-8") as file:
            file.write(f"{dialect}\t" + "\t".join(outcomes.values()) + "\n")
    else:
        assert outcomes == expected()[dialect]
