"""Runs on one PostgreSQL state keep to the rate of their account together (contract 7.2).

A real server, real processes, and a sandbox that enforces a limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.api.lots import AHEAD, together
from reconciler.cli import run
from reconciler.errors import StateError
from reconciler.model import Rate
from reconciler.sandbox import Options, Request, Sandbox
from reconciler.state import shared_pace
from reconciler.state.pgpace import PgPace
from tests.api.test_api_budget import fullest
from tests.limits import HANG
from tests.state.backends import STATE, Postgres

RATE = Rate(60, 3.0)
READER = """
import sys, time
from pathlib import Path
from reconciler.api import Access, Hooks, Session
from reconciler.cli import run
from reconciler.api.lots import AHEAD, together
from reconciler.model import Rate
from reconciler.state import shared_pace

state, url, name, seconds = sys.argv[1:]
rate = Rate(60, 3.0)
giver = shared_pace(
    state, account=url, run=name, bucket=together(rate), ahead=AHEAD, window=rate.per_seconds
)
with Session(url, Access(open_access=True), rate=rate, hooks=Hooks(giver=giver)) as session:
    end = time.monotonic() + float(seconds)

    def read():
        while time.monotonic() < end:
            session.get("/v2.1/category", {"who": name})

    session.each([read] * 4)
    sys.exit(session.throttled)
"""


def pace(postgres: Postgres, run: str, rate: Rate = RATE, account: str = "a") -> PgPace:
    bucket = together(rate)
    made = shared_pace(
        postgres.url, account=account, run=run, bucket=bucket, ahead=AHEAD, window=rate.per_seconds
    )
    assert made is not None
    return made


def with_state(postgres: Postgres) -> None:
    with postgres.open() as store:
        store.save(STATE)


def reader(postgres: Postgres, url: str, name: str, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", READER, postgres.url, url, name, str(seconds)]
    return subprocess.Popen(command)


def test_two_processes_share_the_rate_without_a_429(postgres: Postgres) -> None:
    with_state(postgres)
    sent: list[tuple[float, str]] = []
    guard = threading.Lock()

    def note(request: Request) -> None:
        with guard:
            sent.append((time.monotonic(), request.query["who"]))

    options = Options(open_access=True, rate_limit=63, rate_period=3.0)
    with Sandbox(None, options) as sandbox:
        sandbox.on_request(note)
        both = [reader(postgres, sandbox.url, name, 9.0) for name in ("one", "two")]
        assert [run.wait(HANG) for run in both] == [0, 0], "no 429"
    moments = [moment for moment, _ in sent]
    assert fullest(moments, RATE.per_seconds) <= 63
    # While both were at it neither starved the other.
    first = {name: min(at for at, who in sent if who == name) for name in ("one", "two")}
    last = {name: max(at for at, who in sent if who == name) for name in ("one", "two")}
    start, end = max(first.values()), min(last.values())
    shares = Counter(who for at, who in sent if start <= at <= end)
    assert min(shares.values()) >= 0.25 * sum(shares.values())


def test_a_run_that_dies_gives_its_share_back(postgres: Postgres) -> None:
    with_state(postgres)
    with Sandbox(None, Options(open_access=True, rate_limit=None)) as sandbox:
        dies = reader(postgres, sandbox.url, "dies", HANG)
        sandbox_knows = postgres_runs(postgres, sandbox.url)
        while "dies" not in sandbox_knows:
            time.sleep(0.05)
            sandbox_knows = postgres_runs(postgres, sandbox.url)
        dies.kill()
        dies.wait(HANG)
        died = time.monotonic()
        with closing(pace(postgres, "lives", account=sandbox.url)) as lives:
            while lives.give(1).runs > 1:
                time.sleep(0.1)
            assert time.monotonic() - died < HANG
            time.sleep(2 * AHEAD)
            assert lives.give(100).places >= int(together(RATE)[1] * AHEAD)


def postgres_runs(postgres: Postgres, account: str) -> set[str]:
    if postgres.sql("SELECT to_regclass('pace')") == [(None,)]:
        return set()
    rows = postgres.sql("SELECT jsonb_object_keys(runs) FROM pace WHERE account = %s", account)
    return {row[0] for row in rows}


def test_places_of_many_at_once_are_given_once(postgres: Postgres) -> None:
    with_state(postgres)
    rate = Rate(1_000, 1_000.0)
    given: list[int] = []

    def take(name: str) -> None:
        with closing(pace(postgres, name, rate)) as mine:
            given.extend(mine.give(5).places for _ in range(20))

    threads = [threading.Thread(target=take, args=(f"r{n}",)) for n in range(6)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG)
    size, per_second = together(rate)
    assert size <= sum(given) <= size + per_second * (AHEAD + time.monotonic() - started + 1)
    assert postgres_runs(postgres, "a") == {f"r{n}" for n in range(6)}


def test_each_account_has_a_bucket_of_its_own(postgres: Postgres) -> None:
    with_state(postgres)
    slow = Rate(40, 4_000.0)
    with (
        closing(pace(postgres, "r", slow, "a")) as one,
        closing(pace(postgres, "r", slow, "b")) as other,
    ):
        assert [one.give(2).places, one.give(2).places] == [2, 0]
        assert other.give(2).places == 2


def test_a_clock_that_was_ahead_keeps_nobody_waiting_once_it_is_right(postgres: Postgres) -> None:
    with_state(postgres)
    with closing(pace(postgres, "r")) as mine:
        while mine.give(100).places:
            pass
        ahead = {"of another time": time.time() + 3_600}
        postgres.sql("UPDATE pace SET at = at + 3600, runs = %s", json.dumps(ahead))
        lot = mine.give(1)
        assert lot.places == 0, "what was given counts on"
        assert lot.runs == 1
        time.sleep(2 * AHEAD)
        places = mine.give(100).places
    size, per_second = together(RATE)
    assert per_second * AHEAD <= places <= size + 2 * per_second * AHEAD + 1


def test_where_there_is_no_state_yet_there_is_nothing_to_share(postgres: Postgres) -> None:
    with closing(pace(postgres, "r")) as mine, pytest.raises(StateError, match="no state yet"):
        mine.give(1)
    assert postgres.sql("SELECT to_regclass('pace')") == [(None,)]
    with_state(postgres)
    with closing(pace(postgres, "r")) as mine:
        assert mine.give(1).places == 1


def test_who_may_only_read_the_state_is_told_by_nobody(postgres: Postgres) -> None:
    with_state(postgres)
    if not postgres.sql("SELECT 1 FROM pg_roles WHERE rolname = 'reads'"):
        postgres.sql("CREATE ROLE reads LOGIN")
    postgres.sql(f"GRANT USAGE ON SCHEMA {postgres.schema} TO reads")
    postgres.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {postgres.schema} TO reads")
    url = postgres.url.replace("pxm@", "reads@")
    mine = shared_pace(url, account="a", run="r", bucket=together(RATE), ahead=1.0, window=3.0)
    assert mine is not None
    with closing(mine), pytest.raises(StateError, match="permission denied"):
        mine.give(1)


@pytest.mark.parametrize("url", ["file:state.db", "git:"])
def test_other_states_have_nothing_to_tell_their_runs_by(url: str) -> None:
    assert shared_pace(url, account="a", run="r", bucket=(1, 1), ahead=1, window=1) is None


def test_a_server_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    url = f"postgresql://pxm@/postgres?host={tmp_path}"
    mine = shared_pace(url, account="a", run="r", bucket=(1, 1), ahead=1, window=1)
    assert mine is not None
    with closing(mine), pytest.raises(StateError, match="the shared pace cannot be used"):
        mine.give(1)


def test_every_command_on_the_account_takes_part(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "a.yaml").write_text("categories: [{key: a, name: A}]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PXM_CLIENT_ID", "sandbox")
    monkeypatch.setenv("PXM_CLIENT_SECRET", "sandbox")
    with Sandbox(None, Options()) as sandbox:
        there = ["--base-url", sandbox.url, "--state", postgres.url]
        assert run(["apply", "--yes", "--new-state", *there]) == 0
        assert run(["plan", *there]) == 0
        ((account, runs),) = postgres.sql("SELECT account, runs FROM pace")
        assert account == sandbox.url
        assert len(runs) == 2
        assert run(["drift", *there]) == 0
        assert len(postgres_runs(postgres, sandbox.url)) == 3
