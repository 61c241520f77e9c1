"""The rate, with a clock that only sleeping moves."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.api.budget import Budget
from reconciler.api.pace import CLIMB, LONGEST_CALM
from reconciler.model import Rate
from tests.api.pretend import Clock
from tests.limits import HANG

RATES = st.builds(Rate, st.integers(1, 20), st.floats(0.1, 100))
STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "pair", "pass", "pause"]), st.floats(0, 50)), max_size=120
)


@given(RATES, STEPS)
@example(Rate(1, 1.0), [("pause", 1.0), ("take", 0.0), ("take", 0.0)])
def test_no_window_ever_holds_more_than_the_rate(
    rate: Rate, steps: list[tuple[str, float]]
) -> None:
    clock = Clock(1000.0)
    budget = Budget(rate, clock, clock.sleep)
    sent: list[float] = []
    for step, seconds in steps:
        if step == "take":
            budget.take()
            sent.append(clock.time)
        elif step == "pass":
            clock.time += seconds
        elif step == "pair" and rate.requests >= 4:
            budget.take(2)
            sent += [clock.time, clock.time]
        elif step == "pause":
            budget.pause(seconds)
    for first, last in zip(sent, sent[rate.requests :], strict=False):
        assert last - first >= rate.per_seconds


@given(st.integers(40, 2_000), st.integers(0, 400))
def test_the_rate_is_used_evenly_and_to_nineteen_twentieths(most: int, number: int) -> None:
    clock = Clock()
    budget = Budget(Rate(most, 60.0), clock, clock.sleep)
    for _ in range(number):
        budget.take()
    beyond = max(0.0, number - most / 20)
    assert abs(clock.time - beyond * 60 / (most * 0.95)) < 0.001


def test_a_full_bucket_goes_out_at_once_and_the_next_one_waits_its_turn() -> None:
    clock = Clock()
    budget = Budget(Rate(950, 60.0), clock, clock.sleep)
    for _ in range(47):
        budget.take()
    assert clock.time == 0
    budget.take()
    assert 0 < clock.time < 60 / (950 * 0.95)


@given(st.integers(1, 39), st.integers(0, 80))
def test_a_rate_of_a_few_requests_is_kept_too_and_comes_on(most: int, number: int) -> None:
    clock = Clock()
    budget = Budget(Rate(most, 60.0), clock, clock.sleep)
    for _ in range(number):
        budget.take()
    assert clock.time <= number * 60 / max(1, most / 2) + 0.001


@given(st.integers(4, 30), st.integers(0, 30))
def test_places_taken_together_are_there_at_one_moment_and_count(most: int, before: int) -> None:
    clock = Clock()
    budget = Budget(Rate(most, 60.0), clock, clock.sleep)
    for _ in range(before):
        budget.take()
    budget.take(2)
    taken = clock.time
    for _ in range(most - 1):
        budget.take()
    assert clock.time >= taken + 60 - 0.001


def test_what_waited_before_a_pause_goes_out_evenly_after_it() -> None:
    clock = Clock()
    budget = Budget(Rate(1, 10.0), clock, clock.sleep)
    budget.take()
    paused = []

    def sleep_through_a_429(seconds: float) -> None:
        if not paused:
            paused.append(clock.time)
            budget.pause(60)
        clock.time += seconds

    waiting = Budget(Rate(1, 10.0), clock, sleep_through_a_429)
    budget = waiting
    waiting.take()
    waiting.take()
    assert clock.time >= 70
    before = clock.time
    waiting.take()
    assert clock.time - before >= 10


def test_a_pause_stops_everybody_until_it_is_over() -> None:
    clock = Clock()
    budget = Budget(Rate(), clock, clock.sleep)
    budget.pause(60)
    budget.pause(5)
    budget.take()
    assert clock.time == 60


def test_many_threads_together_keep_to_the_rate() -> None:
    clock = Clock()
    budget = Budget(Rate(100, 10.0), clock, clock.sleep)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(400):
            pool.submit(budget.take)
    assert clock.time >= 30


def test_threads_that_wait_together_count_as_one_wait() -> None:
    clock, told = Clock(), []
    asleep = threading.Barrier(8)

    def sleep_together(_: float) -> None:
        asleep.wait(timeout=HANG)
        clock.time = 60.0

    budget = Budget(Rate(1_000, 60.0), clock, sleep_together, on_wait=told.append)
    budget.pause(60)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: budget.take(), range(8)))
    assert budget.waited == 60
    assert told == [60]


# --- the contract's figures ---------------------------------------------------------------------


def test_two_thousand_creates_take_little_more_than_the_least_time_and_no_minute_is_too_full() -> (
    None
):
    clock, rate = Clock(), Rate()
    budget = Budget(rate, clock, clock.sleep)
    sent = []
    for _ in range(2_000):
        budget.take()
        sent.append(clock.time)
    least = 2_000 * rate.per_seconds / rate.requests
    assert clock.time <= 1.05 * least
    assert fullest(sent, 60.0) <= 950
    assert fullest(sent, 1.0) <= 63, "evenly: never much more than the bucket in a second"


def fullest(sent: Sequence[float], window: float) -> int:
    """The most moments that any window holds."""
    found, first = 0, 0
    for index, moment in enumerate(sent):
        while sent[first] <= moment - window:
            first += 1
        found = max(found, index + 1 - first)
    return found


# --- after a 429 --------------------------------------------------------------------------------


def test_a_429_lowers_the_pace_and_it_comes_back_slowly() -> None:
    clock = Clock()
    budget = Budget(Rate(950, 60.0), clock, clock.sleep)
    budget.pause(60)
    budget.pause(60)
    assert budget.pace == 0.75, "429s that answer what went out side by side are one"
    clock.time += 60 + 60
    assert budget.pace == 0.75
    clock.time += 150
    assert budget.pace == 0.875
    clock.time += 150
    assert budget.pace == 1.0


@given(st.lists(st.tuples(st.floats(0, 3_000), st.floats(0, 120)), max_size=30))
def test_the_pace_never_exceeds_the_rate_and_always_comes_back(
    steps: list[tuple[float, float]],
) -> None:
    clock = Clock()
    budget = Budget(Rate(950, 60.0), clock, clock.sleep)
    for passed, asked in steps:
        clock.time += passed
        before = budget.pace
        budget.pause(asked)
        assert 0 < budget.pace <= before <= 1
    clock.time += 120 + LONGEST_CALM + CLIMB
    assert budget.pace == 1


@given(st.integers(100, 900), st.sampled_from([0.0, 1.0, 60.0]))
@settings(max_examples=15, deadline=None)
def test_a_service_that_takes_less_than_is_configured_is_not_asked_again_and_again(
    limit: int, retry_after: float
) -> None:
    clock = Clock()
    budget = Budget(Rate(950, 60.0), clock, clock.sleep)
    taken: deque[float] = deque()
    refused: list[float] = []
    hours, sent = 3, 0
    while clock.time < hours * 3600:
        budget.take()
        while taken and taken[0] <= clock.time - 60:
            taken.popleft()
        if len(taken) >= limit:
            refused.append(clock.time)
            budget.pause(max(retry_after, 0.25))
            continue
        taken.append(clock.time)
        sent += clock.time > 3600
    late = [moment for moment in refused if moment > 3600]
    between = [after - before for before, after in pairwise(late)]
    bursts = sum(gap > 120 for gap in between) + 1
    assert bursts <= 2 * 3600 / LONGEST_CALM + 1, "every quarter of an hour at most"
    assert sent >= 0.6 * limit * 60 * (hours - 1), "and what it takes is used"
