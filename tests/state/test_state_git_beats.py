"""A git state's lock: renewed while its run lives, proved before writes, taken over when dead."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.errors import Locked, StateError
from reconciler.state import Lock, Recorded
from reconciler.state.git import GitStore, Pace, git_store
from reconciler.state.git.command import Git as RunGit
from reconciler.state.guarded import Guarded
from tests.state.backends import ENTRY, JACKET, RUN, Git, git
from tests.state.gits import hook

START = 1764000000.0
NEVER = 1e6
"""Seconds between two beats of the thread: the tests beat by hand."""


@dataclass
class Clock:
    """Three clocks that pass only as the test says; `date` is None where no answer was seen.

    `while_asleep` is called whenever somebody sleeps.
    """

    clock: float = 0.0
    now: float = START
    date: float | None = None
    slept: list[float] = field(default_factory=list)
    while_asleep: Callable[[], None] = lambda: None

    def pass_(self, seconds: float) -> None:
        self.clock += seconds
        self.now += seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        assert sum(self.slept) < 10_000, "it waits for ever"
        self.pass_(seconds)
        self.while_asleep()

    def pace(self, beat: float = NEVER) -> Pace:
        return Pace(
            beat=beat,
            pauses=(),
            sleep=self.sleep,
            clock=lambda: self.clock,
            now=lambda: self.now,
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(git_backend: Git, clock: Clock) -> Iterator[GitStore]:
    """The run that is tested."""
    with git_backend.open(pace=clock.pace()) as store:
        yield store


@pytest.fixture
def other(git_backend: Git) -> Iterator[GitStore]:
    """Somebody else, elsewhere."""
    with git_backend.open(pace=Clock().pace()) as store:
        yield store


def hold(store: GitStore, clock: Clock) -> Any:
    return store.lock("ann", "r1", START, date=lambda: clock.date)


def beat(store: GitStore) -> None:
    assert store._lease is not None
    store._lease.beat()


def lock_commit(backend: Git) -> str:
    return git(backend.remote, "rev-parse", f"{backend.ref}-lock")


def written(backend: Git) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(git(backend.remote, "show", f"{backend.ref}-lock:lock.json"))
    return value


def last_beat(store: GitStore) -> float | None:
    lock = store.locked()
    assert lock is not None
    return lock.beat


# --- beats --------------------------------------------------------------------------------------


def test_a_beat_renews_the_lock_and_leaves_the_states_ref_alone(
    git_backend: Git, store: GitStore, other: GitStore, clock: Clock
) -> None:
    with hold(store, clock):
        store.begin(RUN)
        before, log = lock_commit(git_backend), git_backend.log()
        clock.pass_(20)
        beat(store)
        assert lock_commit(git_backend) != before
        assert git_backend.log() == log
        assert other.locked() == Lock("ann", "r1", START)
        assert last_beat(other) == START + 20
    assert other.locked() is None
    assert git_backend.refs() == [git_backend.ref]


def test_a_beat_is_a_child_of_the_last_for_hosts_that_take_no_other_push(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    git(git_backend.remote, "config", "receive.denyNonFastForwards", "true")
    with hold(store, clock):
        for _ in range(3):
            clock.pass_(40)
            store.prove()
        assert git(git_backend.remote, "rev-list", "--count", f"{git_backend.ref}-lock") == "4"


def test_a_beat_on_a_branch_starts_no_pipeline(git_backend: Git, clock: Clock) -> None:
    place = git_backend.place()
    branch = "refs/heads/pxm-state"
    with (
        git_store(f"origin#{branch}", place, place, clock.pace()) as store,
        hold(store, clock),
    ):
        beat(store)
        said = git(git_backend.remote, "log", "--format=%B", f"{branch}-lock")
    assert said.count("lock: ann") == said.count("[skip ci]") == 2


def test_beats_come_by_themselves_and_end_with_the_lock(git_backend: Git, clock: Clock) -> None:
    with git_backend.open(pace=clock.pace(beat=0.01)) as store:
        with hold(store, clock):
            first = lock_commit(git_backend)
            for _ in range(2):
                while lock_commit(git_backend) == first:
                    pass
                first = lock_commit(git_backend)
        assert [item.name for item in threading.enumerate() if item.name == "pxm-lock"] == []
        assert store.locked() is None
        with pytest.raises(ZeroDivisionError), hold(store, clock):
            raise ZeroDivisionError
        assert [item.name for item in threading.enumerate() if item.name == "pxm-lock"] == []
        assert store.locked() is None


def test_a_beat_says_the_apis_time_and_the_own_one_before_the_first_answer(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    with hold(store, clock):
        assert written(git_backend)["beat"] == START
        clock.date = START - 5000
        beat(store)
        assert written(git_backend)["beat"] == START - 5000
        clock.pass_(400)
        beat(store)
        assert written(git_backend)["beat"] == START - 4600, "no answer since, and yet alive"
        clock.now -= 3600
        beat(store)
        assert written(git_backend)["beat"] == START - 4600, "the own clock was set back"


# --- proof --------------------------------------------------------------------------------------


def proofs(backend: Git, store: GitStore) -> int:
    """How many pushes a proof takes: one or none."""
    before = lock_commit(backend)
    store.prove()
    return int(lock_commit(backend) != before)


def test_a_proof_serves_for_thirty_seconds_by_any_clock(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    clock.date = START
    with hold(store, clock):
        assert proofs(git_backend, store) == 0
        clock.pass_(30)
        assert proofs(git_backend, store) == 0
        clock.pass_(1)
        assert proofs(git_backend, store) == 1
        assert proofs(git_backend, store) == 0
        clock.now += 31  # the machine slept: its monotonic clock stood still
        assert proofs(git_backend, store) == 1
        clock.clock += 31  # its clock was set back
        assert proofs(git_backend, store) == 1
        clock.date += 200  # both stood still, and the next answer tells
        assert proofs(git_backend, store) == 1
        clock.date -= 4000  # a Date that is none
        assert proofs(git_backend, store) == 0


def test_whoever_holds_no_lock_proves_none(store: GitStore) -> None:
    store.prove()


def test_a_lock_that_was_released_stops_the_run(
    store: GitStore, other: GitStore, clock: Clock
) -> None:
    with hold(store, clock):
        assert other.unlock(Lock("ann", "r1", START))
        store.prove()
        clock.pass_(31)
        with pytest.raises(StateError) as caught:
            store.prove()
    assert caught.value.message == (
        "this run has lost the lock of the state: somebody has released it"
    )
    assert caught.value.hint == "run `pxm apply` again: it looks for what this run has made"


def test_a_lock_that_another_run_took_stops_this_one_and_stays_the_others(
    store: GitStore, other: GitStore, clock: Clock
) -> None:
    held = hold(store, clock)
    held.__enter__()
    assert other.unlock(Lock("ann", "r1", START))
    with other.lock("bob", "r2", START + 40):
        beat(store)
        for _ in range(2):
            with pytest.raises(StateError) as caught:
                store.prove()
        assert caught.value.message == (
            "this run has lost the lock of the state: it is held by bob, run r2, "
            "since 2025-11-24 16:00:40 UTC, last beat 2025-11-24 16:00:00 UTC"
        )
        held.__exit__(None, None, None)
        assert other.locked() == Lock("bob", "r2", START + 40)


def test_what_a_run_without_its_lock_had_not_pushed_goes_to_the_file(
    git_backend: Git, other: GitStore, clock: Clock
) -> None:
    place = git_backend.place()
    guarded = Guarded(git_backend.open(place, clock.pace()), place / "unsaved.json")

    def run() -> None:
        with guarded, guarded.lock("ann", "r1", START):
            guarded.begin(RUN)
            guarded.record([Recorded(JACKET, ENTRY)])
            assert other.unlock(Lock("ann", "r1", START))
            clock.pass_(31)
            guarded.prove()

    with pytest.raises(StateError) as caught:
        run()
    assert caught.value.message == (
        "the state could not be saved, nothing more was sent: this run has lost the lock of the "
        f"state: somebody has released it; what is unsaved is in {place / 'unsaved.json'}"
    )
    assert '"c-1"' in (place / "unsaved.json").read_text()
    assert other.load().entries == {}


def test_a_remote_that_is_away_is_waited_for_and_nothing_is_sent_after_two_minutes(
    git_backend: Git, clock: Clock
) -> None:
    said: list[str] = []
    place = git_backend.place()
    moved = git_backend.remote.with_name("moved.git")
    with git_store("", place, place, clock.pace(), said.append) as store:
        held = hold(store, clock)
        held.__enter__()
        git_backend.remote.rename(moved)
        clock.pass_(31)
        with pytest.raises(StateError) as caught:
            store.prove()
        moved.rename(git_backend.remote)
        held.__exit__(None, None, None)
    assert sum(clock.slept) == 90
    assert caught.value.message.startswith(
        "the lock of the state could not be renewed for 120 s: the state has a lock that cannot "
        "be renewed: "
    )
    [words] = said
    assert words.startswith("Nothing is sent until the lock is renewed: the state has a lock that")


def test_a_remote_that_comes_back_in_time_lets_the_run_go_on(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    moved = git_backend.remote.with_name("moved.git")

    def back() -> None:
        if clock.clock > 100:
            moved.rename(git_backend.remote)
            clock.while_asleep = lambda: None

    clock.while_asleep = back
    with hold(store, clock):
        git_backend.remote.rename(moved)
        clock.pass_(31)
        store.prove()
        assert clock.clock < 120
    assert git_backend.refs() == []


def test_a_machine_that_slept_for_an_hour_goes_on_if_nobody_took_the_lock(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    with hold(store, clock):
        clock.now += 3600
        assert proofs(git_backend, store) == 1


def test_many_writers_prove_once(git_backend: Git, store: GitStore, clock: Clock) -> None:
    with hold(store, clock):
        clock.pass_(31)
        threads = [threading.Thread(target=store.prove) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert git(git_backend.remote, "rev-list", "--count", f"{git_backend.ref}-lock") == "2"


def test_a_beat_that_arrived_and_whose_answer_got_lost_is_ours(
    git_backend: Git, store: GitStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remote takes the push, and git is killed before it says so; nor can it be asked."""
    whole = RunGit.run

    def lost(self: RunGit, *arguments: str, **options: Any) -> bytes:
        answer = whole(self, *arguments, **options) if arguments[0] != "ls-remote" else b""
        if arguments[0] in ("push", "ls-remote"):
            raise subprocess.TimeoutExpired(list(arguments), 1)
        return answer

    from reconciler.state.git.command import GitFailed

    def failing(self: RunGit, *arguments: str, **options: Any) -> bytes:
        try:
            return lost(self, *arguments, **options)
        except subprocess.TimeoutExpired:
            raise GitFailed(arguments[0], "gave no answer within 30 s") from None

    with hold(store, clock):
        before = lock_commit(git_backend)
        with monkeypatch.context() as patched:
            patched.setattr(RunGit, "run", failing)
            beat(store)
        assert lock_commit(git_backend) != before
        clock.pass_(31)
        store.prove()
        beat(store)
    assert git_backend.refs() == []


def test_pushes_of_the_state_and_of_its_lock_at_the_same_moment_both_arrive(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    with hold(store, clock):
        store.begin(RUN)
        thread = threading.Thread(target=lambda: [beat(store) for _ in range(5)])
        thread.start()
        for _ in range(5):
            clock.pass_(31)
            store.record([Recorded(JACKET, ENTRY)])
        thread.join()
        store.prove()
        store.close_run("r1", converged=True)
    assert len(git_backend.log()) == 7


def test_a_push_that_meets_another_ref_in_the_remote_is_tried_again(
    git_backend: Git, clock: Clock
) -> None:
    """The remote is locked by a push of something else: this ref is as it was."""
    pace = Pace(beat=NEVER, pauses=(1.0,), sleep=clock.sleep, clock=lambda: clock.clock)
    with git_backend.open(pace=pace) as store, hold(store, clock):
        store.begin(RUN)
        busy = git_backend.remote / f"{git_backend.ref}.lock"
        busy.touch()
        clock.while_asleep = lambda: busy.unlink(missing_ok=True)
        store.close_run("r1", converged=True)
    assert clock.slept == [1.0]


# --- taking over --------------------------------------------------------------------------------


@pytest.fixture
def dead(git_backend: Git, clock: Clock) -> Iterator[None]:
    """The lock of a run that was killed: nobody beats, and nobody releases it."""
    store = git_backend.open(pace=clock.pace())
    held = store.lock("ann", "r1", START - 60)
    held.__enter__()
    yield
    held.__exit__(None, None, None)
    store.close()


@pytest.mark.usefixtures("dead")
def test_a_lock_without_a_beat_for_five_minutes_is_taken_over_with_a_word(
    git_backend: Git, clock: Clock
) -> None:
    said: list[str] = []
    place = git_backend.place()
    who = "the lock of ann, run r1, since 2025-11-24 15:59:00 UTC, last beat "
    with git_store("", place, place, clock.pace(), said.append) as store:
        clock.pass_(299)
        with pytest.raises(Locked) as caught, store.lock("bob", "r2", START):
            pass
        assert caught.value.hint == (
            "wait, or pass --lock-timeout SECONDS; 5 minutes after the last beat of a run that "
            "is dead the next one takes over, `pxm state unlock` releases it at once"
        )
        clock.pass_(1)
        with store.lock("bob", "r2", START + 300):
            assert store.locked() == Lock("bob", "r2", START + 300)
    assert sum(clock.slept) == 45
    assert said == [
        f"No beat for 5 min: {who}2025-11-24 16:00:00 UTC is taken over unless one comes within "
        "45 s.",
        f"Taken over after 6 min without a beat: {who}2025-11-24 16:00:00 UTC.",
    ]


@pytest.mark.usefixtures("dead")
def test_the_age_of_a_lock_is_told_by_the_apis_date(git_backend: Git, clock: Clock) -> None:
    with git_backend.open(pace=clock.pace()) as store:
        clock.pass_(10_000)
        with (
            pytest.raises(Locked),
            store.lock("bob", "r2", START, date=lambda: START + 299),
        ):
            pass
        clock.now = 0.0
        with store.lock("bob", "r2", START, date=lambda: START + 300):
            assert store.locked() == Lock("bob", "r2", START)


def test_a_run_that_beats_while_it_is_watched_is_left_alone(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    """The clock of whoever comes is an hour ahead: the living run must not look dead."""
    ahead = Clock(now=START + 3600)
    with hold(store, clock), git_backend.open(pace=ahead.pace()) as other:
        ahead.while_asleep = lambda: beat(store) if len(ahead.slept) == 10 else None
        with pytest.raises(Locked), other.lock("bob", "r2", START):
            pass
        assert sum(ahead.slept) == 20
        store.prove()


def test_a_lock_of_a_version_that_does_not_beat_is_never_taken_over(
    git_backend: Git, store: GitStore, clock: Clock
) -> None:
    old = '{"holder": "ann", "run": "r1", "since": 1764000000.0, "nonce": "x"}\n'
    _plant(git_backend, old.encode())
    clock.pass_(100_000)
    with pytest.raises(Locked, match="locked by ann, run r1, since 2025"), hold(store, clock):
        pass
    assert store.unlock(Lock("ann", "r1", START))


@pytest.mark.parametrize("value", ["true", "-1", "1e400", "NaN", '"1"', "1e300", "{}"])
def test_a_beat_that_no_clock_says_is_a_lock_of_somebody(
    git_backend: Git, store: GitStore, value: str
) -> None:
    _plant(git_backend, f'{{"holder": "a", "run": "b", "since": 1.0, "beat": {value}}}'.encode())
    assert store.locked() == Lock("somebody", "unknown", 0.0)
    assert store.unlock(Lock("somebody", "unknown", 0.0))


def _plant(backend: Git, content: bytes) -> None:
    blob = git(backend.remote, "hash-object", "-w", "--stdin", given=content)
    tree = git(backend.remote, "mktree", given=f"100644 blob {blob}\tlock.json\n".encode())
    commit = git(backend.remote, "commit-tree", "-m", "lock", tree)
    git(backend.remote, "update-ref", f"{backend.ref}-lock", commit)


# --- unlock -------------------------------------------------------------------------------------


def test_a_lock_that_has_beaten_since_it_was_looked_at_is_not_broken(
    store: GitStore, other: GitStore, clock: Clock
) -> None:
    with hold(store, clock):
        looked_at = other.locked()
        assert looked_at is not None
        clock.pass_(20)
        beat(store)
        assert not other.unlock(looked_at)
        assert other.unlock(Lock("ann", "r1", START)), "by its name alone it is, alive or not"


def test_a_beat_at_the_moment_of_unlocking_does_not_keep_the_lock(
    git_backend: Git, store: GitStore, other: GitStore, clock: Clock
) -> None:
    """Another beat arrives between the look and the push, and the lock is still the same."""
    with hold(store, clock):
        flag = git_backend.remote / "once"
        flag.touch()
        name = f"{git_backend.ref}-lock"
        beaten = git(git_backend.remote, "commit-tree", "-m", "x", f"{name}^{{tree}}")
        hook(
            git_backend,
            "update",
            f'[ -e once ] || exit 0; rm once; [ "$1" = {name} ] && '
            f"git update-ref {name} {beaten}; exit 0",
        )
        assert other.unlock(Lock("ann", "r1", START))
    assert git_backend.refs() == []
