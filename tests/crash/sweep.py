"""Break a run at its k-th request, run the program again, and compare the account.

A `Setting` says under what circumstances, `prepare` makes the account and state that every
attempt starts from a copy of, `attempt` breaks one run and judges what is left.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.sandbox import Answer, Options, Request, Sandbox
from reconciler.sandbox.store import loads
from reconciler.state import Snapshot
from tests.crash.program import Child, Program
from tests.crash.scenario import (
    ASSETS,
    FIRST,
    SECOND,
    SETTINGS,
    Account,
    Others,
    ids_of,
    named,
    whole,
)
from tests.limits import HANG
from tests.state.backends import Git, Postgres, Sqlite, make_remote

Backend = Sqlite | Git | Postgres
SIDE_BY_SIDE = 4
"""Attempts at a time: each waits for a grace time more than it works."""


@dataclass(frozen=True)
class Setting:
    """Circumstances of a sweep: how the API behaves, where the state is, how long lists lag.

    `runs` is how many runs may follow a broken one: more than one only where creates in doubt
    stop each of them.
    """

    name: str
    dialects: frozenset[str] = frozenset()
    state: str = "file"
    grace: float = 0.5
    runs: int = 1
    second: str = SECOND

    @property
    def goes_back(self) -> bool:
        """The first catalog comes again after the second."""
        return self.second != SECOND

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
class Way:
    """What breaks a run, and when.

    `kills` is SIGKILL, else the connection is dropped.  `when` is `before` a request takes
    effect, `after` it, or `late`: a create takes effect a moment later.  A read has no effect, so
    only `before` meets every request; `after` meets writes, `late` creates.  `back` has the
    catalog go back to the first one before the next run.
    """

    name: str
    kills: bool
    when: str
    back: bool = False

    def meets(self, sort: str) -> bool:
        """A request that is counted."""
        return self.when == "before" or sort == CREATE or (self.when == "after" and sort != "GET")


CREATE = "create"


def sort_of(request: Request) -> str:
    """Its method; POSTs that make an object at once, which uploads do not, are creates."""
    creates = request.method == "POST" and not request.path.endswith("-upload")
    return CREATE if creates else request.method


KILL_BEFORE = Way("SIGKILL before it takes effect", True, "before")
KILL_AFTER = Way("SIGKILL after it took effect", True, "after")
KILL_LATE = Way("SIGKILL, and the create lands later", True, "late")
DROP_BEFORE = Way("connection dropped before it takes effect", False, "before")
DROP_AFTER = Way("connection dropped after it took effect", False, "after")
DROP_LATE = Way("connection dropped, and the create lands later", False, "late")
BACK_BEFORE = Way("SIGKILL before, then the first catalog again", True, "before", True)
BACK_AFTER = Way("SIGKILL after, then the first catalog again", True, "after", True)
BACK_LATE = Way("SIGKILL, a create lands later, the first catalog again", True, "late", True)


@dataclass(frozen=True)
class Base:
    """What every attempt starts from, what it ends with (`expected`, or `first` where the catalog
    goes back), and the methods of the requests that an unbroken run sends."""

    setting: Setting
    folder: Path
    state: Snapshot
    theirs: Account
    expected: Sequence[str] = ()
    first: Sequence[str] = ()
    methods: Sequence[str] = ()

    def points(self, way: Way) -> range:
        """The numbers of the requests at which a way can break a run."""
        return range(1, sum(map(way.meets, self.methods)) + 1)


@dataclass
class Verdict:
    """What one attempt left wrong; nothing where it is empty."""

    way: Way
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
        parts = [f"{self.way.name}, number {self.k}: the next run ended with {self.code}"]
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
        (folder / "assets").mkdir(exist_ok=True)
        for name, words in ASSETS.items():
            (folder / "assets" / f"{name}.txt").write_text(words)
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
        schema = f"sweep_{uuid.uuid4().hex[:12]}"
        return Postgres(socket, schema, folder)
    if setting.state == "git":
        template = folder.parent / "template"
        if not template.exists():
            template.mkdir()
            make_remote(template)
        made = Git(folder, template / "remote.git")
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
    base = Base(setting, folder, state, theirs)
    first = _first_again(base, program, socket) if setting.goes_back else []
    with begun(base, program, socket, "unbroken") as at:
        assert _until_done(at, plan=False) == 0, at.output.read_text()
        methods = [sort_of(request) for request in at.box.requests]
        assert at.start(["plan", "--detailed-exitcode"]).wait() == 0, at.output.read_text()
        assert whole(at.box.dump(), ids_of(theirs)) == theirs
        return replace(base, expected=named(at.box.dump()), first=first, methods=methods)


def _first_again(base: Base, program: Program, socket: str) -> Sequence[str]:
    """What the first catalog makes of other people's edits, had there never been a second."""
    with begun(base, program, socket, "first") as at:
        at.write(FIRST)
        assert _until_done(at) == 0, at.output.read_text()
        return named(at.box.dump())


def _until_done(at: Place, *, plan: bool = True) -> int:
    """Five creates in doubt in a row stop a run (contract 2.6): the next one goes on."""
    for _ in range(at.setting.runs):
        code = at.apply(plan=plan)
        if code == 0:
            break
    return code


@contextmanager
def begun(base: Base, program: Program, socket: str, name: str) -> Iterator[Place]:
    """A copy of what every attempt starts from, with the second catalog; gone afterwards."""
    folder = base.folder / name
    folder.mkdir()
    for path in (base.folder / "start").glob("account.db*"):
        target = folder / path.name
        shutil.copytree(path, target) if path.is_dir() else shutil.copyfile(path, target)
    try:
        with place(folder, base.setting, program, socket) as at:
            with at.backend.open(at.root) as store:
                store.restore(base.state)
            at.write(base.setting.second)
            yield at
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- one attempt --------------------------------------------------------------------------------


def attempt(base: Base, program: Program, socket: str, way: Way, k: int) -> Verdict:
    """Break the run at its k-th request; run again, and only that; judge."""
    with begun(base, program, socket, f"{way.when}-{way.kills:d}{way.back:d}-{k}") as at:
        broken = _Breaker(at, way, k).run()
        if way.back:
            at.write(FIRST)
        if broken == 0 and not way.back:
            code = at.start(["plan", "--detailed-exitcode"]).wait()
        else:
            code = _until_done(at)
        return _judged(base, at, Verdict(way, k, code=code, broken=broken))


def _judged(base: Base, at: Place, verdict: Verdict) -> Verdict:
    dump = at.box.dump()
    wanted = base.first if verdict.way.back else base.expected
    expected, found = Counter(wanted), Counter(named(dump))
    verdict.doubles = sorted((found - expected).elements())
    verdict.losses = sorted((expected - found).elements())
    verdict.theirs = whole(dump, ids_of(base.theirs)) == base.theirs
    verdict.output = "" if verdict.good else at.output.read_text()
    return verdict


class _Breaker:
    """Counts requests and strikes at the k-th."""

    def __init__(self, at: Place, way: Way, k: int) -> None:
        self.at, self.way, self.k = at, way, k
        self.child: Child | None = None
        self.struck = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._living = threading.Event()

    def run(self) -> int:
        """The exit code of the broken run."""
        box, setting = self.at.box, self.at.setting
        hook: Callable[[Callable[[Request], Answer | None] | None], None]
        hook = box.on_answer if self.way.when == "after" else box.on_request
        hook(self._meet)
        self.child = self.at.start(["apply", "--yes", "--grace", str(setting.grace)])
        self._living.set()
        code = self.child.wait()
        hook(None)
        return code

    def _meet(self, request: Request) -> Answer | None:
        with self._lock:
            counts = self.way.meets(sort_of(request))
            self._count += counts
            gone = self.struck.is_set() and self.way.kills
            mine = counts and self._count == self.k
        if mine:
            self.struck.set()
            return self._strike(request)
        return Answer(drop=True) if gone else None

    def _strike(self, request: Request) -> Answer:
        if self.way.kills:
            self._living.wait(HANG)
            assert self.child is not None
            self.child.signal(signal.SIGKILL)
        late = self.way.when == "late"
        return _late(self.at.box, request) if late else Answer(drop=True)


def _late(box: Sandbox, request: Request) -> Answer:
    """Nothing is answered, and a moment later the create takes effect."""
    kind = request.path.rpartition("/")[2].replace("-", "_")
    return Answer(0, late=lambda: box.app.rules.create(kind, loads(request.body)))


Point = tuple[Way, int]


def sweep(base: Base, program: Program, socket: str, points: Sequence[Point]) -> list[Verdict]:
    """Several attempts side by side, in the order of their points."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(pool.map(lambda point: attempt(base, program, socket, *point), points))


# --- the table ----------------------------------------------------------------------------------

HEAD = ("circumstances", "broken by", "cut points", "doubles", "losses", "theirs", "not empty")


def rows(setting: Setting, verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """What was found, a row for each way: cut points tried, and what was wrong after them."""
    found = []
    for way in dict.fromkeys(verdict.way for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.way == way]
        counts = (
            len(own),
            sum(len(verdict.doubles) for verdict in own),
            sum(len(verdict.losses) for verdict in own),
            sum(not verdict.theirs for verdict in own),
            sum(verdict.code != 0 for verdict in own),
        )
        found.append((setting.name, way.name, *map(str, counts)))
    return found


def table(lines: Sequence[Sequence[str]]) -> str:
    """The rows as Markdown."""
    written = [HEAD, ["---"] * len(HEAD), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in written)
