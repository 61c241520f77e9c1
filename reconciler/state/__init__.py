"""What the program remembers, behind one small protocol (contract 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from reconciler.errors import UsageError
from reconciler.model import Entry, Json, Ref, State


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a run is about to do; `natural` is what its object would be found by."""

    action: str
    ref: Ref
    id: str | None = None
    natural: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One apply: who, since when (seconds since 1970), and all that it is about to do."""

    id: str
    holder: str
    started: float
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of one operation: the entry as it is now, None where it is to be forgotten.

    With `done` the run's intent for this object is settled and `open_runs` no longer has it.
    """

    ref: Ref
    entry: Entry | None
    done: bool = True


class Store(Protocol):
    """A state backend.  Writes are durable when they return; `record` may come from any thread."""

    def load(self) -> State:
        """The state; an empty one where there is none yet.  Creates nothing."""
        ...

    def lock(
        self, holder: str, run: str, now: float, *, timeout: float = 0.0
    ) -> AbstractContextManager[None]:
        """Keep other applies out; Locked names who is in."""
        ...

    def begin(self, run: Run) -> None:
        """Keep all that a run is about to do, before its first write (contract 2.6)."""
        ...

    def record(self, changes: Sequence[Recorded]) -> None:
        """Keep what came of operations, in one transaction."""
        ...

    def close_run(self, run_id: str, *, converged: bool) -> None:
        """The run has ended by itself, or a later one has settled what it left open."""
        ...

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended (killed ones), with the intents that are not done."""
        ...

    def save(self, state: State) -> None:
        """Make the state exactly this."""
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


def open_store(url: str, *, root: Path) -> Store:
    """The store of a `--state` URL; `root` is what a relative path starts from."""
    from reconciler.state.sqlite import SqliteStore

    scheme, colon, rest = url.partition(":")
    if scheme == "file" and rest:
        return SqliteStore(root / rest)
    if colon and scheme in ("git", "postgresql"):
        raise UsageError(f"--state {scheme}: comes later", hint="use file:PATH")
    # The URL itself is not repeated: it may hold a password.
    raise UsageError("--state: not the URL of a state", hint="use file:PATH")
