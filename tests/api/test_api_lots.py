"""Places that several runs have together, with a clock that only sleeping moves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.api.bucket import fill
from reconciler.api.budget import Budget
from reconciler.api.lots import AGAIN, AHEAD, HELD, Lots, together
from reconciler.errors import StateError
from reconciler.model import Lot, Rate
from tests.api.pretend import Clock
from tests.api.test_api_budget import fullest
from tests.limits import HANG


@dataclass
class Row:
    """The bucket of all runs, as a database keeps it."""

    rate: Rate
    clock: Clock
    filled: float = 0.0
    at: float = 0.0
    runs: int = 1
    asked: int = 0
    gone: bool = False

    def __post_init__(self) -> None:
        self.filled = together(self.rate)[0]

    def give(self, most: int) -> Lot:
        self.asked += 1
        if self.gone:
            raise StateError("the server is gone")
        size, per_second = together(self.rate)
        self.filled = min(size, self.filled + (self.clock.time - self.at) * per_second)
        self.at = self.clock.time
        before = self.filled
        given = max(0, min(most, int(before + per_second * AHEAD)))
        self.filled -= given
        return Lot(given, before, self.runs)

    def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Runs:
    """Several runs, each with its own budget, on one clock."""

    rate: Rate
    number: int
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.row = Row(self.rate, self.clock, runs=self.number)
        self.lots = [Lots(self.row, self.rate, self.clock) for _ in range(self.number)]
        self.budgets = [
            Budget(self.rate, self.clock, self.clock.sleep, lots=lots) for lots in self.lots
        ]

    def close(self) -> None:
        for lots in self.lots:
            lots.close()


@given(st.integers(60, 2_000), st.integers(1, 4), st.data())
@settings(max_examples=15, deadline=None)
def test_no_window_holds_more_than_the_rate_of_all_runs_together(
    most: int, number: int, data: st.DataObject
) -> None:
    runs = Runs(Rate(most, 60.0), number)
    sent = []
    for _ in range(400):
        budget = runs.budgets[data.draw(st.integers(0, number - 1))]
        budget.take(data.draw(st.sampled_from([1, 1, 2])))
        sent.append(runs.clock.time)
        runs.clock.time += data.draw(st.sampled_from([0.0, 0.0, 0.1, HELD, 5.0]))
    runs.close()
    assert fullest(sent, 60.0) <= most


def test_one_run_alone_is_not_slowed_down_and_asks_seldom() -> None:
    runs = Runs(Rate(), 1)
    for _ in range(2_000):
        runs.budgets[0].take()
    runs.close()
    assert runs.clock.time <= 1.05 * 2_000 * 60 / 950
    assert runs.row.asked <= 2 * runs.clock.time, "twice a second"


def test_two_runs_get_about_the_same() -> None:
    runs = Runs(Rate(), 2)
    ended = []
    for _ in range(500):
        for budget in runs.budgets:
            budget.take()
        ended.append(runs.clock.time)
    runs.close()
    assert ended[-1] <= 1.1 * 1_000 * 60 / 950


def test_without_an_answer_a_run_sends_its_fair_share_and_asks_again() -> None:
    runs = Runs(Rate(600, 60.0), 3)
    mine = runs.budgets[0]
    mine.take()
    runs.row.gone = True
    start, asked = runs.clock.time, runs.row.asked
    sent = 0
    while runs.clock.time < start + 120:
        mine.take()
        sent += 1
    assert 0.9 * 400 <= sent <= 400 + 10, "a third of 600, for two minutes"
    assert runs.row.asked - asked <= 120 / AGAIN + 1
    runs.row.gone = False
    runs.clock.time += AGAIN
    before = runs.clock.time
    for _ in range(300):
        mine.take()
    runs.close()
    assert runs.clock.time - before < 40, "all of it again, once there are answers"


class Silent:
    """A server that hangs until it is let go."""

    def __init__(self) -> None:
        self.hangs = threading.Event()

    def give(self, most: int) -> Lot:
        assert self.hangs.wait(HANG)
        return Lot(most, most)

    def close(self) -> None:
        """Nothing is held open."""


def test_a_server_that_hangs_holds_nobody_up_for_long() -> None:
    clock, silent = Clock(), Silent()
    lots = Lots(silent, Rate(600, 60.0), clock)
    budget = Budget(Rate(600, 60.0), clock, clock.sleep, lots=lots)
    for _ in range(50):
        budget.take()
    assert clock.time <= 10
    silent.hangs.set()
    lots.close()


def test_the_bucket_of_all_runs_leaves_room_for_what_is_sent_late() -> None:
    for most in (1, 2, 5, 100, 950):
        size, per_second = together(Rate(most, 60.0))
        assert size + per_second * (60.0 + HELD) <= max(most, 1) + (most < 4)
        assert fill(Rate(most, 60.0))[1] > 0
