"""A run that is broken at any request and run again leaves what an unbroken one leaves.

Contract 2.6.  Each circumstance meets a sample of cut points here, and all of them, or as many
as there is time for, in `make test-long`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.crash.conftest import SWEPT
from tests.crash.program import Program
from tests.crash.scenario import NAMES, SECOND_AND_BACK
from tests.crash.sweep import (
    BACK_AFTER,
    BACK_BEFORE,
    BACK_LATE,
    DROP_AFTER,
    DROP_BEFORE,
    DROP_LATE,
    KILL_AFTER,
    KILL_BEFORE,
    KILL_LATE,
    Base,
    Point,
    Setting,
    Way,
    prepare,
    rows,
    sweep,
)

KILLS = (KILL_BEFORE, KILL_AFTER)
DROPS = (DROP_BEFORE, DROP_AFTER)
BACK = (BACK_BEFORE, BACK_AFTER, BACK_LATE)


def lists(dialect: str, grace: float) -> Setting:
    return Setting(dialect, frozenset({dialect}), grace=grace)


@dataclass(frozen=True)
class Sweep:
    """A setting, the ways that break a run in it, and every how many requests they do: `quick`
    in `make test`, `every` in `make test-long`."""

    setting: Setting
    ways: tuple[Way, ...]
    quick: int
    every: int = 1

    def points(self, base: Base, step: int) -> list[Point]:
        """Cut points; each way starts at another one, so that together they meet more."""
        return [
            (way, k)
            for index, way in enumerate(self.ways)
            for k in base.points(way)[(index * 3 + 1) % step :: step]
        ]


LATE = (KILL_LATE, DROP_LATE)
PLAIN = Sweep(Setting("file, plain", grace=0.5), (*KILLS, *DROPS), 41)
SWEEPS = (
    PLAIN,
    Sweep(Setting("file, creates land late", grace=3.0), LATE, 13),
    Sweep(Setting("file, catalog goes back", grace=3.0, second=SECOND_AND_BACK), BACK, 29, 3),
    Sweep(lists("stale-lists", 1.6), (*KILLS, *DROPS), 79, 6),
    Sweep(lists("write-empty", 0.8), (*KILLS, *DROPS), 79, 6),
    Sweep(lists("names-unique", 0.5), (*KILLS, *DROPS, *LATE), 79, 6),
    Sweep(Setting("names taken over", grace=0.5, second=NAMES), (*KILLS, *DROPS), 23, 6),
    Sweep(
        replace(lists("names-unique", 0.5), name="names taken over, unique", second=NAMES),
        (*KILLS, *DROPS, *LATE), 23, 6,
    ),
    Sweep(
        Setting("slow-create", frozenset({"slow-create"}), grace=3.0, runs=20),
        (KILL_BEFORE, DROP_BEFORE), 400, 31,
    ),
    Sweep(Setting("git", state="git", grace=0.5), (*KILLS, *DROPS, KILL_LATE), 79, 6),
    Sweep(Setting("postgresql", state="postgres", grace=0.5), (*KILLS, *DROPS, KILL_LATE), 79, 6),
)  # fmt: skip


def swept(
    one: Sweep, step: int, folder: Path, program: Program, socket: str, record: Callable[..., None]
) -> None:
    """Sweep, keep the counts for the table, and fail with what was wrong."""
    base = prepare(folder, one.setting, program, socket)
    if one is PLAIN:
        writes = Counter(method for method in base.methods if method != "GET")
        assert writes == {"create": 34, "POST": 4, "PUT": 17, "DELETE": 7}
    verdicts = sweep(base, program, socket, one.points(base, step))
    record(SWEPT, rows(one.setting, verdicts))
    bad = [str(verdict) for verdict in verdicts if not verdict.good]
    assert not bad, "\n\n".join(bad)


def socket_of(one: Sweep, request: pytest.FixtureRequest) -> str:
    needs = one.setting.state == "postgres"
    return str(request.getfixturevalue("postgres_socket")) if needs else ""


named: dict[str, Any] = {"ids": [one.setting.name for one in SWEEPS]}


FEW = ("file, plain", "stale-lists", "git", "postgresql")
"""Settings that `make test` samples; the others are for `make test-long`."""


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(one, marks=[] if one.setting.name in FEW else [pytest.mark.long])
        for one in SWEEPS
    ],
    **named,
)
def test_a_run_broken_at_a_request_and_run_again_ends_like_an_unbroken_one(
    one: Sweep,
    tmp_path: Path,
    program: Program,
    request: pytest.FixtureRequest,
    record_property: Callable[..., None],
) -> None:
    swept(one, one.quick, tmp_path, program, socket_of(one, request), record_property)


@pytest.mark.long
@pytest.mark.parametrize("one", SWEEPS, **named)
def test_no_request_is_one_at_which_a_run_must_not_be_broken(
    one: Sweep,
    tmp_path: Path,
    program: Program,
    request: pytest.FixtureRequest,
    record_property: Callable[..., None],
) -> None:
    swept(one, one.every, tmp_path, program, socket_of(one, request), record_property)
