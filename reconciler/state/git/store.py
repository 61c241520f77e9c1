"""The store on a ref: what is in memory, and when it is pushed."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from reconciler.closing import Closing
from reconciler.errors import Locked, StateError
from reconciler.model import State
from reconciler.state import Converged, Lock, Mark, Recorded, Run, Snapshot
from reconciler.state.git import messages
from reconciler.state.git.bare import Bare
from reconciler.state.git.command import GitFailed
from reconciler.state.git.layout import Book, snapshot_from
from reconciler.state.git.troubles import OVERTAKEN, sort_of, told
from reconciler.state.rows import following
from reconciler.state.words import RELEASE, locked_error

_LOCK_FILE = "lock.json"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds: `every` the least time between two pushes of a run, `poll` between
    two looks at a taken lock, `pauses` before a push is tried again.  Clocks are injected."""

    every: float = 30.0
    poll: float = 2.0
    pauses: tuple[float, ...] = (1.0, 4.0)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


class GitStore(Closing):
    """`git:[REMOTE][#REF]`.

    Compare-and-swap is the push's lease: who has not seen the last version cannot write the next.
    Within a run `record` and `save` are pushed at most every 30 s, outside at once.
    """

    def __init__(self, bare: Bare, ref: str, pace: Pace) -> None:
        self.ref = ref
        self.lock_ref = f"{ref}-lock"
        self.mark = Mark()
        self.failure: StateError | None = None
        self._bare = bare
        self._pace = pace
        self._guard = threading.RLock()
        self._commit: str | None = None
        self._book: Book | None = None
        self._run: Run | None = None
        self._pending = False
        self._pushed_at = 0.0
        self._alone = False
        self._wrote = False

    def close(self) -> None:
        """Push what lags behind."""
        self.flush()
        if self._wrote:
            self._wrote = False
            self._bare.tidy()

    # --- reading ---

    def load(self) -> State:
        """The state as the remote has it, with what this run has not pushed yet."""
        with self._guard:
            return self._read().state

    def snapshot(self) -> Snapshot:
        """All of it."""
        with self._guard:
            return self._read().snapshot

    def open_runs(self) -> tuple[Run, ...]:
        """Runs that began and never ended."""
        with self._guard:
            return self._read().runs

    def converged(self) -> Converged | None:
        """The last converged run."""
        with self._guard:
            return self._read().converged

    def _read(self) -> Book:
        """The book of the last version; what is pending belongs to the version it was made on."""
        if self._book is None or not (self._pending or self._alone):
            self._refresh()
        assert self._book is not None
        return self._book

    def _refresh(self) -> None:
        with self._telling("cannot be read"):
            try:
                self._take(self._bare.fetch(self.ref))
            except GitFailed as failed:
                if failed.command not in ("ls-tree", "cat-file"):
                    raise
                # Objects are missing here, not there.
                self._bare.renew()
                self._take(self._bare.fetch(self.ref))
        self._alone = self._held is not None

    def _take(self, commit: str | None) -> None:
        if self._book is None or commit != self._commit:
            files = self._bare.files(commit) if commit is not None else None
            name = f"the state on {self.ref}"
            self._book = Book(snapshot_from(files, name) if files is not None else Snapshot())
            self._commit = commit
        self.mark = self._book.mark

    # --- writing ---

    def begin(self, run: Run) -> None:
        """The run's opening commit."""
        with self._guard:
            book = self._writable()
            book.begin(run)
            self._run = run
            self._push(messages.opening(run))

    def record(self, changes: Sequence[Recorded]) -> None:
        """Kept in memory until the next push is due."""
        with self._guard:
            self._writable().record(changes, self._run.id if self._run else "")
            self._lag(f"{len(changes)} recorded")

    def save(self, state: State, *, words: str = "") -> None:
        """Within a run kept until the next push is due."""
        with self._guard:
            self._writable().save(state)
            self._lag(words)

    def close_run(self, run_id: str, *, converged: bool, words: str = "") -> None:
        """The run's closing commit; a run of before is closed with the next push."""
        with self._guard:
            book = self._writable()
            run = next((run for run in book.runs if run.id == run_id), None)
            book.end(run_id, converged, self._pace.now())
            if self._run is not None and self._run.id != run_id:
                self._pending = True
                return
            self._push(messages.closing(run, run_id, converged=converged, words=words))
            self._run = None

    def restore(self, snapshot: Snapshot, *, words: str = "") -> None:
        """A commit that makes everything exactly this."""
        with self._guard:
            self._writable().restore(snapshot)
            self._push(messages.command(words), snapshot.mark)

    def flush(self) -> None:
        """Push what lags behind."""
        with self._guard:
            if self._pending and self.failure is None:
                self._push(self._between())

    def _writable(self) -> Book:
        if self.failure is not None:
            raise self.failure
        return self._read()

    def _lag(self, words: str) -> None:
        self._pending = True
        if self._run is None:
            self._push(messages.command(words))
        elif self._pace.clock() - self._pushed_at >= self._pace.every:
            self._push(self._between())

    def _between(self) -> str:
        assert self._book is not None
        own = self._run.id if self._run is not None else ""
        run = next((run for run in self._book.runs if run.id == own), None)
        return messages.between(run) if run is not None else messages.command("")

    def _push(self, message: str, mark: Mark | None = None) -> None:
        """One commit and its push.  Where that fails the store is done: what the ref holds and
        what is known here have parted."""
        book = self._book
        assert book is not None
        mark = mark or following(book.mark, self._run.id if self._run else "")
        try:
            with self._telling("cannot be saved"):
                commit = self._bare.commit(
                    self._commit, self._told(message), book.files(mark), self._pace.now()
                )
                self._bare.push(self.ref, commit, self._commit)
        except StateError as error:
            self.failure, self._pending, self._book = error, False, None
            raise
        book.written(mark)
        self.mark, self._commit, self._pending, self._wrote = mark, commit, False, True
        self._pushed_at = self._pace.clock()

    def _told(self, message: str) -> str:
        """On a branch a push starts pipelines, unless its message says not to."""
        return f"{message}\n[skip ci]\n" if self.ref.startswith("refs/heads/") else message

    # --- the lock ---

    _held: str | None = None

    @contextmanager
    def lock(self, holder: str, run: str, now: float, *, timeout: float = 0.0) -> Iterator[None]:
        """A second ref that only one push can create; it stays if its run is killed."""
        self._held = self._taken(Lock(holder, run, now), self._pace.clock() + timeout)
        self._alone = False
        try:
            yield
        except BaseException:
            # What went wrong in the run says more than that its lock could not be released.
            with suppress(StateError):
                self._end_lock()
            raise
        self._end_lock()

    def _end_lock(self) -> None:
        """Save what lags behind, then let the others in."""
        held, self._held, self._alone = self._held, None, False
        try:
            self.flush()
        finally:
            self._release(held)

    def _taken(self, lock: Lock, deadline: float) -> str:
        with self._telling("cannot be locked"):
            commit = self._bare.commit(
                None,
                self._told(messages.locking(lock.holder, lock.run, lock.since)),
                {_LOCK_FILE: _lock_text(lock)},
                lock.since,
            )
            while not self._swapped(commit, None):
                left = deadline - self._pace.clock()
                if left <= 0:
                    raise self._locked_error()
                self._pace.sleep(min(self._pace.poll, left))
        return commit

    def _swapped(self, new: str | None, expected: str | None) -> bool:
        """Whether the lock's ref went from one to the other."""
        try:
            self._bare.push(self.lock_ref, new, expected)
        except GitFailed as failed:
            if sort_of(failed).name == OVERTAKEN:
                return False
            raise
        return True

    def _locked_error(self) -> Locked:
        return locked_error(self.locked(), RELEASE)

    def _release(self, commit: str | None) -> None:
        with self._telling("is saved, but its lock cannot be released"):
            # Somebody may have broken it: then it is not ours to release.
            self._swapped(None, commit)

    def locked(self) -> Lock | None:
        """Who holds the lock now."""
        found = self._lock()
        return found[1] if found is not None else None

    def unlock(self, lock: Lock) -> bool:
        """Break exactly this lock."""
        found = self._lock()
        if found is None or found[1] != lock:
            return False
        with self._telling("cannot be unlocked"):
            return self._swapped(None, found[0])

    def _lock(self) -> tuple[str, Lock] | None:
        with self._telling("cannot be read"):
            commit = self._bare.fetch(self.lock_ref)
            if commit is None:
                return None
            files = dict(self._bare.files(commit))
        return commit, _lock_from(files.get(_LOCK_FILE, b""))

    def trial(self) -> StateError | None:
        """Try whether the remote keeps such a ref: one beside it is made and deleted again.

        The error that a run would meet, None where all is well; the state is not touched.
        """
        ref = f"{self.ref}-trial-{uuid.uuid4().hex[:12]}"
        try:
            with self._telling("cannot be kept there"):
                commit = self._bare.commit(None, self._told("trial"), {}, self._pace.now())
                self._bare.push(ref, commit, None)
                self._bare.push(ref, None, commit)
        except StateError as error:
            return error
        return None

    @contextmanager
    def _telling(self, doing: str) -> Iterator[None]:
        """git's errors in our words."""
        try:
            yield
        except GitFailed as failed:
            raise told(
                failed,
                doing=doing,
                ref=self.ref,
                remote=self._bare.checkout.remote,
                url=self._bare.checkout.url,
            ) from failed


def _lock_text(lock: Lock) -> bytes:
    """Never the same twice: two runs must not make the same commit and both think it theirs, and
    a commit that was once fetched is marked shallow here and would be refused."""
    value = {"holder": lock.holder, "run": lock.run, "since": lock.since, "nonce": uuid.uuid4().hex}
    return json.dumps(value).encode() + b"\n"


def _lock_from(text: bytes) -> Lock:
    try:
        value = json.loads(text)
        return Lock(str(value["holder"]), str(value["run"]), float(value["since"]))
    except (ValueError, LookupError, TypeError):
        return Lock("somebody", "unknown", 0.0)
