"""The program in processes of its own, a PostgreSQL server, and what the sweeps found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.program import Program
from tests.crash.sweep import table
from tests.e2e.worlds import World, world
from tests.state.server import server

SWEPT = "swept"


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """Starts runs of the program."""
    with Program() as started:
        yield started


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """The folder of a PostgreSQL server's socket."""
    with server() as folder:
        yield folder


@pytest.fixture
def pxm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[World]:
    """A fresh sandbox, and the program in this process."""
    with world(tmp_path, monkeypatch, capsys) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The sweeps' table, whichever worker made it."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    found = [
        row for report in reports for name, lines in report.user_properties if name == SWEPT
        for row in lines
    ]  # fmt: skip
    if found:
        terminalreporter.section("runs broken at a request, and run again")
        terminalreporter.write_line(table(found))
