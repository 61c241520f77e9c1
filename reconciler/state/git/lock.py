"""The ref that is there while somebody holds the state: taken, looked at, broken (contract 5).

Its commit says who holds it and when that run last showed itself; `lease` renews it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from reconciler.state import Lock, Waits, unheard
from reconciler.state.git import messages
from reconciler.state.git.bare import Bare
from reconciler.state.git.command import PATIENCE, GitFailed
from reconciler.state.git.pace import Clocks, Moment, Pace
from reconciler.state.git.troubles import OVERTAKEN, sort_of, telling
from reconciler.state.jsonform import UNREADABLE, moment_from
from reconciler.state.lockmessages import TAKEN_OVER, lock_words, locked_error, span, waiting_words

STALE = 300.0
"""Seconds without a beat after which the next run takes a lock over."""

WATCH = 45.0
"""Seconds for which such a lock is watched first: two beats of a run that is alive.  Clocks that
disagree must not make it look dead."""

_FILE = "lock.json"

_TRIES = 5
"""Beats that may come between looking at a lock and breaking it."""


@dataclass(frozen=True, slots=True)
class FoundLock:
    """The lock as the remote has it, and the commit that says so."""

    commit: str
    lock: Lock


@dataclass(frozen=True, slots=True)
class Taken:
    """The commit by which a lock is held, and when its push began."""

    commit: str
    begun: Moment


class LockRef:
    """The ref beside the state's.  Methods raise StateError unless they say otherwise."""

    def __init__(self, bare: Bare, state_ref: str, pace: Pace, say: Callable[[str], None]) -> None:
        self.bare = bare
        self.name = f"{state_ref}-lock"
        self.say = say
        self._state_ref = state_ref
        self._pace = pace

    def take(self, lock: Lock, timeout: float, clocks: Clocks, waits: Waits = unheard) -> Taken:
        """Hold the lock; Locked where somebody else keeps it for longer than `timeout`."""
        with self.telling("cannot be locked"):
            taken = self._created(lock, clocks)
            return taken if taken is not None else self._waited(lock, timeout, clocks, waits)

    def _waited(self, lock: Lock, timeout: float, clocks: Clocks, waits: Waits) -> Taken:
        """Look at the lock of another run until it is free, or is taken over."""
        deadline = self._pace.clock() + timeout
        watch = Watch(self._pace, clocks)
        while True:
            found = self.found()
            if found is None:
                watch = Watch(self._pace, clocks)
                taken = self._created(lock, clocks)
                if taken is not None:
                    return taken
            elif watch.looks_dead(found) and watch.is_new:
                self.say(_watching(found.lock, watch.silence))
            left = watch.left if watch.dead else deadline - self._pace.clock()
            if left > 0:
                waits(left, waiting_words(found.lock if found is not None else None))
                self._pace.sleep(min(self._pace.poll, left))
            else:
                self._break(found, watch)

    def _break(self, found: FoundLock | None, watch: Watch) -> None:
        """Take a dead lock away once the time is over; Locked where it is alive."""
        if found is None or not watch.dead:
            raise locked_error(found.lock if found else None, TAKEN_OVER)
        if self.swapped(None, found.commit):
            self.say(_taken_over(found.lock, watch.silence))
        else:
            self._pace.sleep(self._pace.poll)

    def _created(self, lock: Lock, clocks: Clocks) -> Taken | None:
        begun = clocks.moment()
        commit = self.commit(replace(lock, beat=begun.told))
        return Taken(commit, begun) if self.swapped(commit, None) else None

    def found(self) -> FoundLock | None:
        """Who holds the lock now."""
        with self.telling("cannot be read"):
            commit = self.bare.fetch(self.name)
            if commit is None:
                return None
            files = dict(self.bare.files(commit))
        return FoundLock(commit, _lock_from(files.get(_FILE, b"")))

    def broken(self, lock: Lock) -> bool:
        """Break exactly this lock; where it has a beat, only if none came since."""
        for _ in range(_TRIES):
            found = self.found()
            if found is None or found.lock != lock or lock.beat not in (None, found.lock.beat):
                return False
            with self.telling("cannot be unlocked"):
                if self.swapped(None, found.commit):
                    return True
        return False

    # --- pushes; these raise GitFailed ---

    def commit(self, lock: Lock, parent: str | None = None) -> str:
        """A commit that says who holds the lock.

        A beat is a child of the last one: there are hosts that take no other push.
        """
        words = messages.locking(lock.holder, lock.run, lock.since)
        return self.bare.single(parent, messages.on(self.name, words), _FILE, _lock_text(lock))

    def swapped(self, new: str | None, expected: str | None, timeout: float = PATIENCE) -> bool:
        """Whether the ref went from one to the other."""
        try:
            self.bare.push(self.name, new, expected, timeout)
        except GitFailed as failed:
            if sort_of(failed).name == OVERTAKEN:
                return False
            raise
        return True

    def telling(self, doing: str) -> AbstractContextManager[None]:
        """git's errors in our words."""
        return telling(doing, self._state_ref, self.bare.checkout)


class Watch:
    """What a run that waits for a lock sees of it.

    `dead`: its last beat is 5 minutes old by what it says, and none came while it was watched.
    A lock of a version that does not beat is never dead: its run may be alive.
    """

    def __init__(self, pace: Pace, clocks: Clocks) -> None:
        self.silence = 0.0
        self.dead = False
        self.is_new = False
        self._pace = pace
        self._clocks = clocks
        self._commit = ""
        self._since = 0.0
        self._beats = False

    def looks_dead(self, found: FoundLock) -> bool:
        """Look once more."""
        now = self._pace.clock()
        self.is_new = found.commit != self._commit
        if self.is_new:
            # Whatever the clocks say: what changes is alive.
            self._beats = self._commit != ""
            self._commit, self._since = found.commit, now
        beat = found.lock.beat
        self.silence = self._clocks.moment().told - beat if beat is not None else 0.0
        if self._beats:
            self.silence = min(self.silence, now - self._since)
        self.dead = self.silence >= STALE
        return self.dead

    @property
    def left(self) -> float:
        """Seconds for which it is still watched."""
        return self._since + WATCH - self._pace.clock()


def _watching(lock: Lock, silence: float) -> str:
    return (
        f"No beat for {span(silence)}: the lock of {lock_words(lock)} is taken over unless one "
        f"comes within {WATCH:.0f} s."
    )


def _taken_over(lock: Lock, silence: float) -> str:
    return f"Taken over after {span(silence)} without a beat: the lock of {lock_words(lock)}."


def _lock_text(lock: Lock) -> bytes:
    """Never the same twice: two runs must not make the same commit and both think it theirs, and
    a commit that was once fetched is marked shallow here and would be refused."""
    value = {
        "holder": lock.holder,
        "run": lock.run,
        "since": lock.since,
        "beat": lock.beat,
        "nonce": uuid.uuid4().hex,
    }
    return json.dumps(value).encode() + b"\n"


def _lock_from(text: bytes) -> Lock:
    """What is written there; a lock that says nothing is somebody's, and never dead by itself."""
    try:
        value = json.loads(text)
        beat = value.get("beat")
        return Lock(
            str(value["holder"]),
            str(value["run"]),
            moment_from(value["since"]),
            None if beat is None else moment_from(beat),
        )
    except UNREADABLE:
        return Lock("somebody", "unknown", 0.0)
