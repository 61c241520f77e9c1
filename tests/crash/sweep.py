"""Break a run at its k-th request, run the program again, and compare the account.

A `Setting` says under what circumstances, `prepare` makes the account and state that every
attempt starts from a copy of, `attempt` breaks one run and judges what is left.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.sandbox import Answer, Options, Request, Sandbox
from reconciler.sandbox.store import loads
from reconciler.state import Snapshot
from tests.crash.program import Child, Program
from tests.crash.scenario import (
    FIRST,
    SECOND,
    SETTINGS,
    Account,
    Others,
    ids_of,
    named,
    whole,
)
from tests.state.backends import Git, Postgres, Sqlite

Backend = Sqlite | Git | Postgres
SIDE_BY_SIDE = 4
"""Attempts at a time: each waits for a grace time more than it works."""


@dataclass(frozen=True)
class Setting:
    """Circumstances of a sweep.

    `how` is what breaks the run: `kill` (SIGKILL) or `drop` (the connection).  `when` is `before`
    or `after` the request takes effect, or `late`: a create takes effect a moment after the run
    was broken.  `back` has the catalog go back to the first one before the next run.
    """

    name: str
    dialects: frozenset[str] = frozenset()
    state: str = "file"
    how: str = "kill"
    when: str = "before"
    grace: float = 0.5
    back: bool = False
    runs: int = 1
    """How many runs may follow: more than one only where creates in doubt stop each of them."""

    @property
    def options(self) -> Options:
        return Options(
            dialects=self.dialects,
            rate_limit=None,
            open_access=True,
            create_wait=0.05,
            create_delay=0.3,
        )


@dataclass(frozen=True)
class Base:
    """What every attempt starts from, and what it has to end with.

    `count` requests an unbroken run takes; `creates` are those of them that are POSTs (by number,
    counted from 1).
    """

    setting: Setting
    folder: Path
    state: Snapshot
    theirs: Account
    expected: Sequence[str]
    count: int
    writes: int


@dataclass
class Verdict:
    """What one attempt left wrong; nothing where it is empty."""

    k: int
    doubles: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    theirs: bool = True
    code: int = 0
    broken: int | None = 0
    output: str = ""

    @property
    def good(self) -> bool:
        return not (self.doubles or self.losses or self.code) and self.theirs

    def __str__(self) -> str:
        parts = [f"request {self.k}: the next run ended with {self.code}"]
        parts += [f"  double or changed: {text}" for text in self.doubles]
        parts += [f"  lost or unchanged: {text}" for text in self.losses]
        parts += [] if self.theirs else ["  what is not ours has changed"]
        return "\n".join([*parts, self.output])


# --- one place: an account, a catalog, a state --------------------------------------------------


@dataclass
class Place:
    """A folder with an account, a catalog and a state, and the program at hand."""

    folder: Path
    setting: Setting
    program: Program
    backend: Backend
    box: Sandbox

    @property
    def root(self) -> Path:
        """The folder that the program runs in."""
        return self.backend.places[0] if isinstance(self.backend, Git) else self.folder

    def write(self, text: str) -> None:
        """The catalog, in place of what it was."""
        folder = self.root / "catalog"
        folder.mkdir(exist_ok=True)
        (folder / "a.yaml").write_text(text, encoding="utf-8")
        (folder / "reconciler.yaml").write_text(SETTINGS, encoding="utf-8")

    def start(self, *commands: Sequence[str]) -> Child:
        """Commands one after the other in one process, up to the first that is not 0."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PXM_TOKEN": "t",
            "PXM_BASE_URL": self.box.url,
            "PXM_STATE": self.backend.url,
        }
        return self.program.start(commands, self.root, env, self.output)

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def apply(self, *, plan: bool = True) -> int:
        """Apply and, where that went well, plan: changes that are left are an error."""
        apply = ["apply", "--yes", "--grace", str(self.setting.grace)]
        planning = [["plan", "--detailed-exitcode"]] if plan else []
        unlock = [["state", "unlock"]] if isinstance(self.backend, Git) else []
        return self.start(*unlock, apply, *planning).wait()


@contextmanager
def place(folder: Path, setting: Setting, program: Program, socket: str) -> Iterator[Place]:
    """A folder made ready: what is in it already is taken up."""
    box = Sandbox(folder / "account.db", setting.options)
    with box:
        yield Place(folder, setting, program, _backend(folder, setting, socket), box)


def _backend(folder: Path, setting: Setting, socket: str) -> Backend:
    if setting.state == "postgres":
        schema = f"sweep_{os.getpid()}_{folder.name.replace('-', '_')}"
        return Postgres(socket, schema, folder)
    if setting.state == "git":
        made = Git(folder)
        made.place()
        return made
    return Sqlite(folder)


# --- before the sweep ---------------------------------------------------------------------------


def prepare(folder: Path, setting: Setting, program: Program, socket: str = "") -> Base:
    """The account with the first catalog applied and other people's things in it, and what an
    unbroken run makes of it."""
    start = folder / "start"
    start.mkdir(parents=True)
    with place(start, setting, program, socket) as at:
        at.write(FIRST)
        assert _until_done(at) == 0, at.output.read_text()
        ours = ids_of(at.box.dump())
        Others(at.box)
        theirs = whole(at.box.dump(), ids_of(at.box.dump()) - ours)
        with at.backend.open(at.root) as store:
            state = store.snapshot()
    base = Base(setting, folder, state, theirs, (), 0, 0)
    with begun(base, program, socket, 0) as at:
        before = len(at.box.requests)
        assert _until_done(at) == 0, at.output.read_text()
        made = at.box.requests[before:]
        expected = named(at.box.dump())
        assert whole(at.box.dump(), ids_of(theirs)) == theirs
        plan = _planning(at)
    if setting.back:
        expected = _first_again(base, program, socket)
    writes = sum(request.method != "GET" for request in made)
    return Base(setting, folder, state, theirs, expected, len(made) - plan, writes)


def _until_done(at: Place) -> int:
    """Five creates in doubt in a row stop a run (contract 2.6): the next one goes on."""
    for _ in range(at.setting.runs):
        code = at.apply()
        if code == 0:
            break
    return code


def _planning(at: Place) -> int:
    """Requests of a plan that finds nothing: the last ones of an unbroken run."""
    before = len(at.box.requests)
    assert at.start(["plan", "--detailed-exitcode"]).wait() == 0
    return len(at.box.requests) - before


def _first_again(base: Base, program: Program, socket: str) -> Sequence[str]:
    with begun(base, program, socket, 0) as at:
        at.write(FIRST)
        assert at.apply() == 0, at.output.read_text()
        return named(at.box.dump())


@contextmanager
def begun(base: Base, program: Program, socket: str, k: int) -> Iterator[Place]:
    """A copy of what every attempt starts from, with the second catalog; gone afterwards."""
    folder = base.folder / f"attempt-{os.getpid()}-{k}"
    folder.mkdir()
    for path in (base.folder / "start").glob("account.db*"):
        target = folder / path.name
        shutil.copytree(path, target) if path.is_dir() else shutil.copyfile(path, target)
    try:
        with place(folder, base.setting, program, socket) as at:
            with at.backend.open(at.root) as store:
                store.restore(base.state)
            at.write(SECOND)
            yield at
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- one attempt --------------------------------------------------------------------------------


def attempt(base: Base, program: Program, socket: str, k: int) -> Verdict:
    """Break the run at its k-th request; run again, and only that; judge."""
    setting = base.setting
    with begun(base, program, socket, k) as at:
        breaker = _Breaker(at, k)
        broken = breaker.run()
        if setting.back:
            at.write(FIRST)
        if setting.how == "drop" and not setting.back and broken == 0:
            code = at.start(["plan", "--detailed-exitcode"]).wait()
        else:
            code = _until_done(at)
        return _judged(base, at, Verdict(k, code=code, broken=broken))


def _judged(base: Base, at: Place, verdict: Verdict) -> Verdict:
    dump = at.box.dump()
    expected, found = Counter(base.expected), Counter(named(dump))
    verdict.doubles = sorted((found - expected).elements())
    verdict.losses = sorted((expected - found).elements())
    verdict.theirs = whole(dump, ids_of(base.theirs)) == base.theirs
    verdict.output = "" if verdict.good else at.output.read_text()
    return verdict


class _Breaker:
    """Counts requests and strikes at the k-th."""

    def __init__(self, at: Place, k: int) -> None:
        self.at, self.k = at, k
        self.child: Child | None = None
        self.struck = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._living = threading.Event()

    def run(self) -> int:
        """The exit code of the broken run."""
        box, setting = self.at.box, self.at.setting
        hook: Callable[[Callable[[Request], Answer | None] | None], None]
        hook = box.on_answer if setting.when == "after" else box.on_request
        hook(self._meet)
        self.child = self.at.start(["apply", "--yes", "--grace", str(setting.grace)])
        self._living.set()
        code = self.child.wait()
        hook(None)
        return code

    def _meet(self, request: Request) -> Answer | None:
        if "_sandbox" in request.path:
            return None
        with self._lock:
            self._count += 1
            mine = self._count == self.k
            gone = self.struck.is_set() and self.at.setting.how == "kill"
        if gone:
            return Answer(drop=True)
        if not mine:
            return None
        self.struck.set()
        return self._strike(request)

    def _strike(self, request: Request) -> Answer:
        setting = self.at.setting
        if setting.how == "kill":
            self._living.wait(10)
            assert self.child is not None
            self.child.signal(signal.SIGKILL)
        if setting.when == "late" and request.method == "POST":
            return _late(self.at.box, request)
        return Answer(drop=True)


def _late(box: Sandbox, request: Request) -> Answer:
    """Nothing is answered, and a moment later the create takes effect."""
    kind = request.path.rpartition("/")[2].replace("-", "_")
    return Answer(0, late=lambda: box.app.rules.create(kind, loads(request.body)))


def sweep(base: Base, program: Program, socket: str, points: Sequence[int]) -> list[Verdict]:
    """Several attempts side by side, in the order of their numbers."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(pool.map(lambda k: attempt(base, program, socket, k), points))


# --- the table ----------------------------------------------------------------------------------


@dataclass
class Row:
    """What a sweep found: how many cut points, and what was wrong after them."""

    setting: Setting
    points: int = 0
    doubles: int = 0
    losses: int = 0
    theirs: int = 0
    not_empty: int = 0

    def add(self, verdict: Verdict) -> None:
        self.points += 1
        self.doubles += len(verdict.doubles)
        self.losses += len(verdict.losses)
        self.theirs += not verdict.theirs
        self.not_empty += verdict.code != 0


_HEAD = "| configuration | cut points | doubles | losses | theirs changed | plans not empty |"


def table(rows: Sequence[Row]) -> str:
    """The sweeps as Markdown."""
    lines = [_HEAD, re.sub(r"[^|]+", " --- ", _HEAD)]
    for row in rows:
        values = (row.points, row.doubles, row.losses, row.theirs, row.not_empty)
        lines.append(f"| {row.setting.name} | {' | '.join(map(str, values))} |")
    return "\n".join(lines)
