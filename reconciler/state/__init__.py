"""What the program remembers, behind one small protocol (contract 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from reconciler.errors import StateError, UsageError
from reconciler.model import Account, Entry, Json, Ref, State

if TYPE_CHECKING:
    from reconciler.state.guarded import Guarded
    from reconciler.state.pgpace import PgPace


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a run is about to do; `natural` is what its object would be found by."""

    action: str
    ref: Ref
    id: str | None = None
    natural: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One apply: who, since when (seconds since 1970), and all that it is about to do.

    `commit` is the catalog's git commit, empty where there is none; `about` says in a few words
    what the run is for.  With `account` a state that had none gets it before the first write; it
    is not kept with the run.
    """

    id: str
    holder: str
    started: float
    intents: tuple[Intent, ...] = ()
    commit: str = ""
    about: str = ""
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of one operation: the entry as it is now, None where it is to be forgotten.

    With `done` the run's intent for this object is settled and `open_runs` no longer has it.
    """

    ref: Ref
    entry: Entry | None
    done: bool = True


@dataclass(frozen=True, slots=True)
class Converged:
    """The last run after which nothing remained: which, from what commit of the catalog, when."""

    run: str
    commit: str
    at: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Which version of which state: `lineage` is drawn once, when a state is first written;
    `serial` goes up with each write; `writer` is the run that wrote last, empty for commands."""

    lineage: str = ""
    serial: int = 0
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a backend holds, as one value: what `state pull` writes and `state push` brings."""

    state: State = field(default_factory=State)
    mark: Mark = Mark()
    converged: Converged | None = None
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds the state, for which run, since when (seconds since 1970).

    `beat` is when its run last showed itself, None where the lock ends with its process, or
    comes from a version that did not beat.  It is no part of who holds the lock.
    """

    holder: str
    run: str
    since: float
    beat: float | None = field(default=None, compare=False)

    @property
    def seen(self) -> float:
        """When its run was last known to be alive."""
        return self.since if self.beat is None else self.beat


Dates = Callable[[], float | None]
"""What the API's last Date header said, in seconds since 1970; None where none was seen yet."""


def no_date() -> float | None:
    """Nobody asked the API anything."""
    return None


Waits = Callable[[float, str], None]
"""Told of a wait: for how many seconds at most, and why."""


def unheard(_: float, __: str) -> None:
    """Nobody is told that one waits."""


def silent(_: str) -> None:
    """Nobody listens."""


class Store(Protocol):
    """A state backend.  Methods may be called from any thread; all raise StateError.

    What `begin`, `intend`, `close_run`, `save`, `restore` and `flush` were given is durable when
    they return.  `record`, and `save` between `begin` and `close_run`, may lag behind by half a
    minute where each write costs a network round trip (git); intents settle what a kill loses.
    """

    @property
    def mark(self) -> Mark:
        """The version that this store has last read or written."""
        ...

    @property
    def failure(self) -> StateError | None:
        """What saving first failed with; nothing more may be sent once it is there."""
        ...

    def load(self) -> State:
        """The state; an empty one where there is none yet.  Creates nothing."""
        ...

    def snapshot(self) -> Snapshot:
        """All that is held.  Creates nothing."""
        ...

    def lock(
        self,
        holder: str,
        run: str,
        now: float,
        *,
        timeout: float = 0.0,
        date: Dates = no_date,
        waits: Waits = unheard,
    ) -> AbstractContextManager[None]:
        """Keep other applies out; Locked names who is in, after `timeout` seconds; `waits` is told
        of them again and again.

        By `date` a backend whose lock does not end with its process tells that the run lives.
        """
        ...

    def prove(self) -> None:
        """Return while the lock is sure to be held; StateError where it is lost (contract 5).

        Asked before each write to the account, by any thread.  Whoever took none is not asked.
        """
        ...

    def locked(self) -> Lock | None:
        """Who holds the lock now."""
        ...

    def unlock(self, lock: Lock) -> bool:
        """Break exactly this lock; False where it is no longer held, or ends by itself, or where
        its run has shown itself since."""
        ...

    def begin(self, run: Run) -> None:
        """Keep all that a run is about to do, before its first write (contract 2.6)."""
        ...

    def intend(self, intents: Sequence[Intent]) -> None:
        """Keep what the run that began is about to do besides, before it does it."""
        ...

    def record(self, changes: Sequence[Recorded]) -> None:
        """Keep what came of operations, in one transaction."""
        ...

    def flush(self) -> None:
        """Return when everything recorded so far is durable."""
        ...

    def close_run(self, run_id: str, *, converged: bool, words: str = "") -> None:
        """The run has ended by itself, or a later one has settled what it left open.

        `words` say what came of it, for those who read the backend's own history.
        """
        ...

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended (killed ones), with the intents that are not done."""
        ...

    def converged(self) -> Converged | None:
        """The last converged run, None where there was none yet."""
        ...

    def save(self, state: State, *, words: str = "") -> None:
        """Make the state exactly this; runs stay.  `words` as for `close_run`."""
        ...

    def restore(self, snapshot: Snapshot, *, words: str = "") -> None:
        """Make everything exactly this, runs and mark included."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


UNSAVED = Path(".reconciler/unsaved.json")
"""Where a run leaves what it could not save, relative to the folder that it ran in."""

POSTGRES = ("postgresql", "postgres")
USE = "use file:PATH, git:[REMOTE][#REF] or postgresql://…"


def open_store(
    url: str,
    *,
    root: Path,
    catalog: Path | None = None,
    say: Callable[[str], None] = silent,
    unsaved: Path = UNSAVED,
) -> Guarded:
    """The store of a `--state` URL.

    `root` is what a relative path starts from; `catalog` the folder whose git repository keeps a
    `git:` state, `root` where it is not given; `say` is told what a waiting user should know.
    `unsaved` is where a run leaves what it could not save, under `root`.
    """
    from reconciler.state.guarded import Guarded

    return Guarded(raw_store(url, root=root, catalog=catalog, say=say), root / unsaved)


def raw_store(
    url: str, *, root: Path, catalog: Path | None = None, say: Callable[[str], None] = silent
) -> Store:
    """The same without the guard that keeps what cannot be saved."""
    scheme, _, rest = url.partition(":")
    if scheme == "file" and rest:
        from reconciler.state.sqlite import SqliteStore

        return SqliteStore(root / rest)
    if scheme == "git":
        from reconciler.state.git import git_store

        return git_store(rest, catalog or root, root, say=say)
    if scheme in POSTGRES:
        return _postgres(url, say)
    # The URL itself is not repeated: it may hold a password.
    raise UsageError("--state: not the URL of a state", hint=USE)


def _postgres(url: str, say: Callable[[str], None]) -> Store:
    try:
        from reconciler.state.postgres import postgres_store
    except ImportError as error:
        raise UsageError(
            "--state postgresql: needs psycopg, which is not installed",
            hint="pip install 'pxm[postgres]'",
        ) from error
    return postgres_store(url, say)


def shared_pace(
    url: str, *, account: str, run: str, bucket: tuple[float, float], ahead: float, window: float
) -> PgPace | None:
    """Places in a rate that all runs on a state have together; None where the backend of this
    `--state` URL has nothing to tell them by.

    `bucket` is a size and what it gains in a second; places are given out `ahead` seconds before
    they are due at most, and who asked within `window` seconds counts as a run.
    """
    if url.partition(":")[0] not in POSTGRES:
        return None
    from reconciler.state.pgpace import PgPace
    from reconciler.state.postgres import address

    return PgPace(
        *address(url), account=account, run=run, bucket=bucket, ahead=ahead, window=window
    )
