"""SIGINT and SIGTERM: what is in flight is finished and recorded, the next run goes on."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.api.session import POST_SECONDS
from reconciler.model import Ref
from reconciler.sandbox import Answer, Options, Request, Sandbox
from reconciler.state import raw_store
from tests.crash.program import Child, Program
from tests.limits import HANG, until

CATALOG = "categories:\n" + "".join(f"  - {{key: k{n:02}, name: N{n:02}}}\n" for n in range(24))
FAST = "rate: {requests: 100000, per_seconds: 60, concurrency: 4}\n"


@dataclass
class Held:
    """An account whose answer to the n-th create waits until the test lets it go."""

    folder: Path
    program: Program
    box: Sandbox
    at: int = 6
    met: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._posts = 0
        self._guard = threading.Lock()
        (self.folder / "catalog").mkdir()
        (self.folder / "catalog" / "a.yaml").write_text(CATALOG)
        (self.folder / "catalog" / "reconciler.yaml").write_text(FAST)
        self.box.on_answer(self._hold)

    def _hold(self, request: Request) -> Answer | None:
        if request.method == "POST":
            with self._guard:
                self._posts += 1
                mine = self._posts == self.at
            if mine:
                self.met.set()
                self.go.wait(HANG)
        return None

    def start(self, *command: str) -> Child:
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "PXM_TOKEN": "t",
            "PXM_BASE_URL": self.box.url,
        }
        words = command or ("apply", "--yes", "--grace", "0.3")
        return self.program.start([words], self.folder, env, self.output)

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def said(self, words: str) -> bool:
        """Wait until the program has said it."""
        return bool(until(lambda: self.output.exists() and words in self.output.read_text()))

    def names(self) -> list[str]:
        return sorted(item["name"] for item in self.box.all("category"))


@pytest.fixture
def held(tmp_path: Path, program: Program) -> Iterator[Held]:
    with Sandbox(None, Options(rate_limit=None, open_access=True)) as box:
        made = Held(tmp_path, program, box)
        try:
            yield made
        finally:
            made.go.set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_in_flight_end_and_records_it(held: Held, number: int) -> None:
    child = held.start()
    assert held.met.wait(HANG)
    child.signal(number)
    assert held.said("Finishing what is in flight")
    held.go.set()

    assert child.wait() == 130
    told = re.search(r"Interrupted at (.*) changes not proved yet\.", held.output.read_text())
    assert told, held.output.read_text()
    counts = re.fullmatch(r"(?:(\d+) created|0 made), (\d+) of 24", told[1])
    assert counts, told[1]
    assert int(counts[1] or 0) + int(counts[2]) == 24
    assert "Traceback" not in held.output.read_text()
    made = {item["id"]: item["name"] for item in held.box.all("category")}
    assert 6 <= len(made) < 24
    with raw_store("file:.reconciler/state.db", root=held.folder) as store:
        entries = store.load().entries
    assert {entry.id: ref for ref, entry in entries.items()} == {
        id_: Ref("category", name.replace("N", "k")) for id_, name in made.items()
    }

    assert held.start().wait() == 0, held.output.read_text()
    assert held.names() == [f"N{n:02}" for n in range(24)]
    assert held.start("plan", "--detailed-exitcode").wait() == 0


def test_a_second_interrupt_stops_at_once(held: Held) -> None:
    child = held.start()
    assert held.met.wait(HANG)
    child.signal(signal.SIGINT)
    assert held.said("once more stops at once")
    child.signal(signal.SIGINT)

    # The answer is still held back, and will be for longer than the program would wait for it.
    assert child.wait(POST_SECONDS / 2) == 130
    assert not held.go.is_set()
    held.go.set()
    assert held.start().wait() == 0, held.output.read_text()
    assert held.names() == [f"N{n:02}" for n in range(24)]


def test_an_interrupt_while_a_create_is_looked_for_leaves_it_to_the_next_run(held: Held) -> None:
    held.at = 0
    held.box.on_answer(lambda r: Answer(drop=True) if r.method == "POST" else None)
    looking = threading.Event()
    posted = threading.Event()

    def watch(request: Request) -> None:
        posted.set() if request.method == "POST" else None
        looking.set() if posted.is_set() and request.method == "GET" else None

    held.box.on_request(watch)
    child = held.start("apply", "--yes", "--grace", str(HANG * 10))
    assert looking.wait(HANG)
    child.signal(signal.SIGTERM)

    assert child.wait(HANG) in (0, 1, 130)
    held.box.on_answer(None)
    held.box.on_request(None)
    assert held.start().wait() == 0, held.output.read_text()
    assert held.names() == [f"N{n:02}" for n in range(24)]


def test_a_plan_is_interrupted_at_once_and_says_so(held: Held) -> None:
    reading, go = threading.Event(), threading.Event()

    def hold(_: Request) -> None:
        reading.set()
        go.wait(HANG)

    held.box.on_request(hold)
    child = held.start("plan")
    assert reading.wait(HANG)
    child.signal(signal.SIGINT)
    assert held.said("Finishing what is in flight")
    go.set()

    assert child.wait(HANG) == 130
    assert "Traceback" not in held.output.read_text()
