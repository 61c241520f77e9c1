"""How long to wait, and when to stop."""

import math

import pytest

from reconciler.api.retrying import Patience, Retry, moment_of, retry_after
from reconciler.errors import Unreachable

NOW = 1_792_407_600.0
"""Mon, 19 Oct 2026 11:00:00 GMT"""


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ("60", None, 60.0),
        ("1.5", {"retry_after": 9}, 1.5),
        ("Mon, 19 Oct 2026 11:00:30 GMT", None, 30.0),
        ("Mon, 19 Oct 2026 10:00:00 GMT", None, 0.0),
        (None, {"error": "Rate limit exceeded.", "retry_after": 60}, 60.0),
        (None, {"retry_after": "7"}, 7.0),
        ("soon", {"retry_after": 5}, 5.0),
        ("-3", None, 0.0),
        ("nan", None, None),
        ("inf", None, None),
        (None, {"retry_after": {"seconds": 3}}, None),
        (None, ["retry_after"], None),
        (None, None, None),
    ],
)
def test_the_wait_is_read_from_header_or_body(header: str, body: object, expected: object) -> None:
    assert retry_after(header, body, NOW) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "Mon, 99 Oct 2026 11:00:00 GMT"])
def test_what_is_no_date_is_no_moment(text: str) -> None:
    assert moment_of(text) is None


def test_a_date_without_a_zone_is_utc() -> None:
    assert moment_of("Mon, 19 Oct 2026 11:00:00 -0000") == NOW


def a_retry(asked: float | None = None, seconds: float = 0.0) -> Retry:
    return Retry(Unreachable("gone"), "broken connection", asked=asked, seconds=seconds)


def test_waits_double_up_to_half_a_minute() -> None:
    patience = Patience(math.inf, lambda: 0.5)
    assert [patience.wait(a_retry()) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_jitter_spreads_a_wait_from_half_to_one_and_a_half() -> None:
    waits = [Patience(math.inf, lambda at=at: at).wait(a_retry()) for at in (0.0, 1.0)]
    assert waits == [0.25, 0.75]


def test_patience_counts_the_attempts_too() -> None:
    patience = Patience(100, lambda: 0.5)
    patience.wait(a_retry(seconds=60))
    with pytest.raises(Unreachable):
        patience.wait(a_retry(seconds=60))


def test_a_server_that_asks_for_a_day_is_not_waited_for() -> None:
    with pytest.raises(Unreachable):
        Patience(120, lambda: 0.5).wait(a_retry(asked=86_400))


def test_a_server_that_asks_for_no_wait_does_not_get_a_tight_loop() -> None:
    assert Patience(120, lambda: 0.5).wait(a_retry(asked=0)) == 0.5
