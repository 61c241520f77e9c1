"""`-vv` ends a run with what its stages took."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.profile import OTHER, Profile, profile_text

CATALOG = "attributes:\n  - {key: weight, label: Weight, type: Number}\n"


@dataclass
class Meters:
    """A clock, a CPU and a memory that move when they are told to."""

    time: float = 100.0
    cpu: float = 0.5
    memory: float | None = 10.0

    def profile(self) -> Profile:
        return Profile(lambda: self.time, lambda: self.cpu, lambda: self.memory)

    def work(self, seconds: float, cpu: float, memory: float = 0.0) -> None:
        self.time += seconds
        self.cpu += cpu
        self.memory = (self.memory or 0.0) + memory


def test_what_passes_belongs_to_the_stage_that_is_open() -> None:
    meters = Meters()
    profile = meters.profile()
    meters.work(1, 0.25)
    with profile.stage("catalog"):
        meters.work(3, 2, memory=5)

    rows = profile.rows()

    assert list(rows) == ["catalog", OTHER, "total"]
    assert (rows["catalog"].seconds, rows["catalog"].cpu, rows["catalog"].peak) == (3, 2, 15)
    assert (rows[OTHER].seconds, rows[OTHER].cpu) == (1, 0.75), "CPU of the start is counted"
    assert (rows["total"].seconds, rows["total"].cpu, rows["total"].peak) == (4, 2.75, 15)


def test_a_stage_inside_a_stage_is_booked_apart_and_may_be_entered_again() -> None:
    meters = Meters()
    profile = meters.profile()
    for _ in range(2):
        with profile.stage("apply"):
            meters.work(1, 0)
            with profile.stage("proof"):
                meters.work(10, 0)
                profile.count_request()
            meters.work(1, 0)

    rows = profile.rows()

    assert (rows["apply"].seconds, rows["proof"].seconds) == (4, 20)
    assert (rows["apply"].requests, rows["proof"].requests, rows["total"].requests) == (0, 2, 2)


def test_a_stage_that_an_error_leaves_is_closed() -> None:
    meters = Meters()
    profile = meters.profile()
    with pytest.raises(ZeroDivisionError), profile.stage("plan"):
        meters.work(1, 1 / 0)
    meters.work(2, 0)

    rows = profile.rows()

    assert (rows["plan"].seconds, rows[OTHER].seconds) == (0, 2)


def test_memory_that_nobody_can_tell_is_a_dash() -> None:
    profile = Profile(lambda: 0.0, lambda: 0.0, lambda: None)

    assert profile_text(profile.rows()).splitlines() == [
        "Profile               time       CPU    memory  requests",
        "  other             0.00 s    0.00 s         -         0",
        "  total             0.00 s    0.00 s         -         0",
    ]


# --- a real run ---------------------------------------------------------------------------------


def stderr_of(folder: Path, *arguments: str) -> str:
    (folder / "catalog").mkdir(exist_ok=True)
    (folder / "catalog" / "a.yaml").write_text(CATALOG, encoding="utf-8")
    command = [sys.executable, "-m", "reconciler", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr


def test_nothing_is_told_without_being_asked(tmp_path: Path) -> None:
    assert "Profile" not in stderr_of(tmp_path, "validate", "-v")


def test_an_apply_tells_all_its_stages_and_no_request_is_missing(tmp_path: Path) -> None:
    said = stderr_of(
        tmp_path, "apply", "--sandbox", "--yes", "--new-state", "-vv", "--log-format", "json"
    )  # fmt: skip
    lines = [json.loads(line) for line in said.splitlines()]
    stages = {line["stage"]: line for line in lines if line.get("event") == "profile"}

    assert list(stages) == [
        "catalog", "state", "account", "plan", "report", "apply", "apply, reads", "apply, writes",
        "proof", "other", "total",
    ]  # fmt: skip
    requests = sum(line.get("event") == "request" for line in lines)
    assert stages["total"]["requests"] == requests > 0
    assert stages["apply, writes"]["requests"] == 1
    assert stages["account"]["requests"] + stages["proof"]["requests"] == requests - 1
    assert stages["total"]["cpu"] > 0


@pytest.mark.parametrize(
    ("arguments", "stages"),
    [
        (["validate"], ["catalog", "report"]),
        (["plan", "--sandbox"], ["catalog", "state", "account", "plan", "report"]),
        (["pull", "new", "--sandbox"], ["state", "account", "pull"]),
        (["plan", "--sandbox", "--state", "nowhere:"], ["catalog", "state"]),
    ],
    ids=str,
)
def test_a_run_ends_with_a_table_also_where_it_fails(
    tmp_path: Path, arguments: list[str], stages: list[str]
) -> None:
    lines = stderr_of(tmp_path, *arguments, "-vv").splitlines()
    table = lines[lines.index("Profile               time       CPU    memory  requests") + 1 :]
    names = [line[2:16].strip() for line in table if line.startswith("  ")]

    assert names[: len(stages) + 2] == [*stages, "other", "total"]
