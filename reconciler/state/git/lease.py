"""A git state's lock while its run lives: renewed, and proved before writes (contract 5).

    beat     every 20 s the lock's commit is made anew and pushed with the last one as its lease:
             the push fails where somebody has released the lock or taken it over
    proof    a push that went through; it holds from the moment at which it began
    prove    before a write: passes within 30 s of the last proof, else proves first; where that
             cannot be done for 2 minutes, or the lock is lost, nothing more is written

The next run waits for a beat for 5 minutes (`lock.STALE`): by then this one writes no more.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from reconciler.errors import PxmError, StateError
from reconciler.state import Dates, Lock, Waits, unheard
from reconciler.state.git.command import GitFailed
from reconciler.state.git.lock import LockRef
from reconciler.state.git.pace import Clocks, Pace
from reconciler.state.lockmessages import lock_words

FRESH = 30.0
"""Seconds for which a proof serves."""

UNPROVED = 120.0
"""Seconds without a proof after which nothing more is written."""

ATTEMPT = 30.0
"""Seconds after which one push is given up."""

AGAIN = "run `pxm apply` again: it looks for what this run has made"


class Lease:
    """One run's hold on the lock, from `take` to `end`.  Thread-safe.

    `failure` is why nothing more may be written; it never goes away.
    """

    def __init__(self, ref: LockRef, lock: Lock, pace: Pace, date: Dates) -> None:
        self.failure: StateError | None = None
        self._ref = ref
        self._lock = lock
        self._pace = pace
        self._clocks = Clocks(pace, date)
        self._proven = self._clocks.moment()
        self._held = ""
        self._in_doubt: list[str] = []
        self._trouble = ""
        self._mutex = threading.Lock()
        self._over = threading.Event()
        # A daemon: whatever ends the process ends the beats.
        self._beats = threading.Thread(target=self._go_on, name="pxm-lock", daemon=True)

    def take(self, timeout: float, waits: Waits = unheard) -> None:
        """Take the lock, and beat from now on; Locked where somebody else keeps it."""
        taken = self._ref.take(self._lock, timeout, self._clocks, waits)
        self._held, self._proven = taken.commit, taken.begun
        self._beats.start()

    def _go_on(self) -> None:
        while not self._over.wait(self._pace.beat):
            self.beat()

    def beat(self) -> None:
        """Renew the lock; what stands in the way is for `prove` to tell."""
        with self._mutex:
            self._renew()

    def prove(self) -> None:
        """Return while the lock is sure to be ours; StateError where it is not (contract 5)."""
        if self._is_fresh():
            return
        with self._mutex:
            told = False
            while not (self._is_fresh() or self._renew()):
                self._check_not_lost()
                if not told:
                    self._ref.say(f"Nothing is sent until the lock is renewed: {self._trouble}.")
                    told = True
                self._pace.sleep(self._pace.poll)

    def _is_fresh(self) -> bool:
        """Whether the last proof is so young that nobody can have taken the lock since."""
        return self.failure is None and self._age() <= FRESH

    def _check_not_lost(self) -> None:
        if self.failure is None and self._age() > UNPROVED:
            self.failure = self._unproved()
        if self.failure is not None:
            raise self.failure

    def end(self) -> None:
        """Beat no more and let the others in; a lock that somebody broke is not ours to release."""
        self._over.set()
        self._beats.join()
        with self._mutex, self._ref.telling("is saved, but its lock cannot be released"):
            if not self._ref.swapped(None, self._held, ATTEMPT) and self._is_mine(self._there()):
                self._ref.swapped(None, self._held, ATTEMPT)

    # --- one beat ---

    def _age(self) -> float:
        return self._clocks.moment().since(self._proven)

    def _renew(self) -> bool:
        """Whether the lock was proved just now; `failure` where it is known to be lost."""
        if self.failure is not None:
            return False
        begun = self._clocks.moment()
        try:
            with self._ref.telling("has a lock that cannot be renewed"):
                proved = self._pushed(begun.told)
        except PxmError as error:
            self._trouble = error.message
            return False
        if proved:
            self._proven = begun
        return proved

    def _pushed(self, beat: float) -> bool:
        new = self._commit(replace(self._lock, beat=beat))
        self._in_doubt.append(new)
        if self._ref.swapped(new, self._held, ATTEMPT):
            self._held, self._in_doubt = new, []
            return True
        there = self._there()
        if self._is_mine(there):
            # Two pushes met, or an earlier beat has arrived whose answer did not: once more.
            self._trouble = "another push was faster"
        else:
            self.failure = self._lost(there)
        return False

    def _commit(self, lock: Lock) -> str:
        try:
            return self._ref.commit(lock, self._held)
        except GitFailed:
            # The last beat is no longer here: the cache was made anew.
            return self._ref.commit(lock)

    def _there(self) -> str | None:
        return self._ref.bare.remote_commit(self._ref.name, ATTEMPT)

    def _is_mine(self, there: str | None) -> bool:
        """Whether the remote has one of our beats; that one is then what we hold."""
        if there is None or there not in (self._held, *self._in_doubt):
            return False
        self._held = there
        return True

    # --- why it is over ---

    def _lost(self, there: str | None) -> StateError:
        words = "somebody has released it"
        if there is not None:
            found = self._ref.found()
            words = f"it is held by {lock_words(found.lock if found else None)}"
        return StateError(f"this run has lost the lock of the state: {words}", hint=AGAIN)

    def _unproved(self) -> StateError:
        return StateError(
            f"the lock of the state could not be renewed for {UNPROVED:.0f} s: {self._trouble}",
            hint=AGAIN,
        )
