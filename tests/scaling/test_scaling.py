"""No step of the program takes more than about four times as long for four times as much.

Steps are counted, function by function, in catalogs of one shape and accounts of one sort; where
one function takes over five times the steps at four times the size, its name is in the failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pytest

from reconciler.errors import PxmError
from tests.scaling.counting import steep, steps
from tests.scaling.situations import SITUATIONS
from tests.scaling.stages import FOLDERS, REPORTS, STAGES, Case, Stage, case
from tests.scaling.worlds import SHAPES

LONG_BY_NATURE = frozenset(
    {
        # Each delete names all entries without an id, any of which may hold what it deletes.
        *((shape, "left beside nameless") for shape in SHAPES),
        # Each new link names all links of somebody else that are called as it is.
        ("one name", "strangers"),
    }
)
"""What is told is as long as it is: so many objects times so many."""

IN_ROUNDS = frozenset({"one name", "group"})
"""Shapes in which `pull --accept` edits one place after the other, and reads the file again for
each: so many objects times so many. Not mended yet."""

SHORT = (
    ("files", "near"),
    ("families", "strangers"),
    ("families", "lent"),
    ("options", "new"),
    ("options", "options dropped"),
    ("options", "options relabelled"),
    ("options", "stale"),
    ("group", "new"),
    ("group", "all but last"),
    ("groups", "drifted"),
    ("link", "all but last"),
    ("chain", "adopted"),
    ("chain", "root missing"),
    ("chain", "leaf held"),
    ("placed", "guests"),
    ("plain", "beside nameless"),
    ("plain", "doubtful"),
    ("plain", "gone"),
    ("plain", "moved"),
    ("plain", "renamed twice"),
)
"""Pairs that each found something once, and one of each sort of account."""


TOLD = (("family", "new"), ("group", "drifted"))
"""What reports are made of, and what becomes of it in files and states."""


def counted(made: Case, stage: Stage) -> Mapping[str, int]:
    """The steps of a stage; an error of ours is an end like another."""

    def run() -> None:
        with suppress(PxmError):
            stage(made)

    return steps(run)


def steep_stages(shape: str, situation: str, size: int, stages: Mapping[str, Stage]) -> list[str]:
    """Each function that takes too many steps at four times the size, with its stage.

    What is done otherwise from some size on (lists are folded from a screenful on, a comment that
    would be too long is written in fewer words) is steep there: named is what is steep at the next
    sizes as well.
    """
    found = _steep(shape, situation, size, stages)
    for larger in (4 * size, 16 * size):
        if not found:
            break
        suspects = {name: stages[name] for name, _ in found}
        again = _steep(shape, situation, larger, suspects)
        found = {which: counts for which, counts in again.items() if which in found}
    return [f"{name}: {what} {few:,} → {many:,}" for (name, what), (few, many) in found.items()]


def _steep(
    shape: str, situation: str, size: int, stages: Mapping[str, Stage]
) -> dict[tuple[str, str], tuple[int, int]]:
    """By stage and function the steps of those that take too many at four times the size."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    with case(shape, size, situation) as small, case(shape, 4 * size, situation) as large:
        for name, stage in stages.items():
            before, after = counted(small, stage), counted(large, stage)
            for function, pair in steep(before, after, 4 * size).items():
                found[name, function] = pair
    return found


@pytest.mark.parametrize(("shape", "situation"), SHORT)
def test_four_times_as_much_takes_about_four_times_as_many_steps(
    shape: str, situation: str
) -> None:
    assert steep_stages(shape, situation, 8, STAGES) == []


@pytest.mark.parametrize(("shape", "situation"), TOLD)
def test_so_do_reports_and_states(shape: str, situation: str) -> None:
    # More than a screenful, from which on a terminal is told otherwise.
    assert steep_stages(shape, situation, 52, REPORTS) == []


@pytest.mark.parametrize(
    ("shape", "situation"),
    [("plain", "drifted"), ("options", "options reordered")],
)
def test_so_do_reading_pull_and_accept(shape: str, situation: str) -> None:
    assert steep_stages(shape, situation, 8, FOLDERS) == []


@pytest.mark.long
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_so_it_is_with_any_catalog_in_any_account(shape: str, situation: str) -> None:
    if (shape, situation) in LONG_BY_NATURE:
        pytest.skip("what is told is as long")
    assert steep_stages(shape, situation, 25, {**STAGES, **REPORTS}) == []


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_so_is_reading_pull_and_accept_of_any_catalog(shape: str) -> None:
    if shape in IN_ROUNDS:
        pytest.skip("accepts in rounds")
    assert steep_stages(shape, "drifted", 25, FOLDERS) == []
