"""The store on a ref: what is in memory, and when it is pushed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

from reconciler.closing import Closing
from reconciler.errors import StateError
from reconciler.model import State
from reconciler.state import (
    Converged,
    Dates,
    Intent,
    Lock,
    Mark,
    Recorded,
    Run,
    Snapshot,
    Waits,
    no_date,
    silent,
    unheard,
)
from reconciler.state.git import messages
from reconciler.state.git.bare import Bare
from reconciler.state.git.command import GitFailed
from reconciler.state.git.layout import RefContents, snapshot_from
from reconciler.state.git.lease import Lease
from reconciler.state.git.lock import LockRef
from reconciler.state.git.pace import Pace
from reconciler.state.git.troubles import telling
from reconciler.state.rows import following


class GitStore(Closing):
    """`git:[REMOTE][#REF]`.

    Compare-and-swap is the push's lease: who has not seen the last version cannot write the next.
    Within a run `record` and `save` are pushed at most every 30 s, outside at once.
    """

    def __init__(
        self, bare: Bare, ref: str, pace: Pace, say: Callable[[str], None] = silent
    ) -> None:
        self.ref = ref
        self.mark = Mark()
        self._failure: StateError | None = None
        self._lock = LockRef(bare, ref, pace, say)
        self._lease: Lease | None = None
        self._bare = bare
        self._pace = pace
        self._guard = threading.RLock()
        self._commit: str | None = None
        self._book: RefContents | None = None
        self._run: Run | None = None
        self._pending = False
        self._pushed_at = 0.0
        self._alone = False
        self._wrote = False

    @property
    def failure(self) -> StateError | None:
        """What saving first failed with, or how the lock was lost."""
        lost = self._lease.failure if self._lease is not None else None
        return self._failure or lost

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

    def _read(self) -> RefContents:
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
        self._alone = self._lease is not None

    def _take(self, commit: str | None) -> None:
        if self._book is None or commit != self._commit:
            files = self._bare.files(commit) if commit is not None else None
            name = f"the state on {self.ref}"
            self._book = RefContents(
                snapshot_from(files, name) if files is not None else Snapshot()
            )
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

    def intend(self, intents: Sequence[Intent]) -> None:
        """Pushed at once, with all that lags behind."""
        with self._guard:
            self._writable().intend(intents, self._run.id if self._run else "")
            self._push(self._between())

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
            if not self._pending:
                return
            failure = self.failure
            if failure is not None:
                # Raised once, for whoever keeps it elsewhere.
                self._failure, self._pending, self._book = failure, False, None
                raise failure
            self._push(self._between())

    def _writable(self) -> RefContents:
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
                said = messages.on(self.ref, message)
                files = book.files(mark)
                commit = self._bare.commit(self._commit, said, files, self._pace.now())
                self._bare.push(self.ref, commit, self._commit)
        except StateError as error:
            self._failure, self._pending, self._book = error, False, None
            raise
        book.written(mark)
        self.mark, self._commit, self._pending, self._wrote = mark, commit, False, True
        self._pushed_at = self._pace.clock()

    # --- the lock ---

    @contextmanager
    def lock(
        self,
        holder: str,
        run: str,
        now: float,
        *,
        timeout: float = 0.0,
        date: Dates = no_date,
        waits: Waits = unheard,
    ) -> Iterator[None]:
        """A second ref that only one push can create.  Renewed while this goes on; the lock of a
        run that was killed is taken over once it has not beaten for 5 minutes."""
        lease = Lease(self._lock, Lock(holder, run, now), self._pace, date)
        lease.take(timeout, waits)
        self._lease, self._alone = lease, False
        try:
            yield
        except BaseException:
            # What went wrong in the run says more than that its lock could not be released.
            with suppress(StateError):
                self._end_lock(lease)
            raise
        self._end_lock(lease)

    def _end_lock(self, lease: Lease) -> None:
        """Save what lags behind, then let the others in."""
        try:
            self.flush()
        finally:
            self._failure = self.failure
            self._lease, self._alone = None, False
            lease.end()

    def prove(self) -> None:
        """Return while the lock is sure to be ours; without one nobody asks."""
        lease = self._lease
        if lease is not None:
            lease.prove()

    def locked(self) -> Lock | None:
        """Who holds the lock now."""
        found = self._lock.found()
        return found.lock if found is not None else None

    def unlock(self, lock: Lock) -> bool:
        """Break exactly this lock."""
        return self._lock.broken(lock)

    def trial(self) -> StateError | None:
        """Try whether the remote keeps such a ref: one beside it is made and deleted again.

        The error that a run would meet, None where all is well; the state is not touched.
        """
        ref = f"{self.ref}-trial-{uuid.uuid4().hex[:12]}"
        try:
            with self._telling("cannot be kept there"):
                said = messages.on(ref, "trial")
                commit = self._bare.commit(None, said, {}, self._pace.now())
                self._bare.push(ref, commit, None)
                self._bare.push(ref, None, commit)
        except StateError as error:
            return error
        return None

    def _telling(self, doing: str) -> AbstractContextManager[None]:
        """git's errors in our words."""
        return telling(doing, self.ref, self._bare.checkout)
