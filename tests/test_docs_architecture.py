"""What docs/architecture.md says of the code is there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
ROWS = re.findall(r"^\|.*\|(.*)\|$", PAGE.read_text().partition("## The road")[2], re.MULTILINE)
NAMED = sorted({name for row in ROWS for name in re.findall(r"`([a-z_.]+\.[A-Za-z_]+)`", row)})


def test_the_roads_are_found() -> None:
    assert len(NAMED) > 25


@pytest.mark.parametrize("name", NAMED)
def test_each_step_of_a_road_is_a_function_of_its_module(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(import_module(f"reconciler.{module}"), function))
