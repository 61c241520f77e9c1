"""What is said while long work goes on (contract 3)."""

import os
import pty
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from reconciler.api import RequestEvent
from reconciler.cli.console import STDERR
from reconciler.cli.logs import event_log
from reconciler.cli.progress import Lines, progress
from reconciler.cli.settings import Settings
from tests.limits import until


def all_of(terminal: int) -> Iterator[bytes]:
    """What is written to a terminal until nobody can write any more."""
    with suppress(OSError):
        while part := os.read(terminal, 4096):
            yield part
    os.close(terminal)


def test_off_a_terminal_a_line_comes_now_and_then_though_nothing_moves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said: list[str] = []

    def lines_so_far(words: str) -> bool:
        said.extend(capsys.readouterr().err.splitlines())
        return sum(words in line for line in said) >= 2

    lines = Lines(Settings(), every=0.01)
    lines.begin()
    assert until(lambda: lines_so_far("waiting for the first answer"))
    lines("collections", 1200, 5000)
    assert until(lambda: lines_so_far("collections: 1,200 of 5,000"))
    lines.waits(60, "429: too many\x1b[2J")
    # Of a wait that comes of another one nothing more is told.
    lines.waits(59, "the rate")
    assert until(
        lambda: lines_so_far("collections: 1,200 of 5,000; waiting 60 s: 429: too many\\x1b[2J")
    )
    lines.rest()
    capsys.readouterr()
    time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_a_wait_is_told_without_any_log() -> None:
    told: list[tuple[float, str]] = []
    log = event_log(Settings(), lambda seconds, words: told.append((seconds, words)))
    assert log is not None
    log(RequestEvent("request", "GET", "/a"))
    log(RequestEvent("retry", "GET", "/a", seconds=14, detail="429: slowly"))
    log(RequestEvent("wait", seconds=3))
    assert told == [
        (14, "429: slowly; then GET /a is tried again"),
        (3, "the rate of the account allows no more for now"),
    ]
    assert event_log(Settings()) is None


def test_a_log_line_stands_above_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal: after each line the bar is drawn anew, never on the same line."""
    master, slave = pty.openpty()
    parts: list[bytes] = []
    reader = threading.Thread(target=lambda: parts.extend(all_of(master)))
    reader.start()
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(slave, "w", buffering=1) as screen:
        monkeypatch.setattr("sys.stderr", screen)
        with progress(Settings()) as report:
            report("apply", 26, 187)
            report.waits(42, "the rate")
            STDERR.line("retry: GET /v2.1/category")
            report("apply", 27, 187)
            assert STDERR.screen is not None
        assert STDERR.screen is None
    reader.join()
    shown = b"".join(parts).decode()
    assert "waiting 42 s: the rate" in shown
    before = shown[: shown.index("retry: GET")]
    assert re.search(r"\x1b\[2K$", before), repr(before[-80:])
    assert shown[shown.index("retry: GET") :].startswith("retry: GET /v2.1/category\r\n")


def test_without_bars_a_line_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    STDERR.line("words")
    assert capsys.readouterr().err == "words\n"
