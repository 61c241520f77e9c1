"""Schemathesis takes the served description and tries to find an answer that departs from it.

It runs as the program that it is, over real HTTP, in four phases: the examples, the edges of every
schema, random data, and chains of requests along the links (create, read, change, delete, read).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.openapi.account import client, seed
from tests.openapi.description import operations

CONFIG = Path(__file__).with_name("schemathesis.toml")
PHASES = ("examples", "coverage", "fuzzing", "stateful")


def attacked(folder: Path, *options: str, dialects: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Run it against a fresh sandbox; its report, with what it printed under `printed`."""
    with Sandbox(None, Options(dialects=dialects, rate_limit=None, seed=7)) as sandbox:
        seed(sandbox)
        report = folder / "report.json"
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color"),
            *("run", f"{sandbox.url}/openapi.json", *options),
            *("--report", "json", "--report-json-path", str(report)),
        ]
        # It keeps a cache where it runs; a folder of the test's own makes every run the first.
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **credentials(sandbox)},
            capture_output=True,
            text=True,
            check=False,
        )
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return {**found, "printed": done.stdout + done.stderr}


def credentials(sandbox: Sandbox) -> dict[str, str]:
    """What the configuration takes from the environment."""
    with client(sandbox) as http:
        token = http.headers["Authorization"].removeprefix("Bearer ")
    options = sandbox.options
    return {
        "SANDBOX_TOKEN": token,
        "SANDBOX_CLIENT_ID": options.client_id,
        "SANDBOX_CLIENT_SECRET": options.client_secret,
    }


def whole(report: dict[str, Any]) -> bool:
    """Every operation was tried in every phase."""
    counts = report["operations"]
    return counts["tested"] == counts["total"] == len(operations()) and all(
        phase["status"] == "success" for phase in report["phases"].values()
    )


def test_no_answer_of_the_sandbox_departs_from_the_description(tmp_path: Path) -> None:
    report = attacked(tmp_path, "--max-examples", "3", "--generation-deterministic")

    assert report["failures"] == [], report["printed"]
    assert tuple(report["phases"]) == PHASES
    assert whole(report), report["printed"]
    assert report["test_cases"]["generated"] > 2000


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_no_answer_departs_in_a_longer_search(number: int, tmp_path: Path) -> None:
    report = attacked(tmp_path, "--max-examples", "60", "--seed", str(number))

    assert report["failures"] == [], report["printed"]
    assert whole(report), report["printed"]


OTHER_ACCOUNTS = (
    {"write-results", "lists-wrapped", "none-null", "errors-nested", "related-topics"},
    {"single-data", "references-objects", "scalars-as-strings", "dates-millis", "errors-text"},
    {"write-empty", "lists-data", "none-absent", "ids-int", "hits-wrapped", "definition-names"},
)
"""Dialects that change the shape of nearly every answer, in sets that do not contradict."""


@pytest.mark.long
@pytest.mark.parametrize("dialects", OTHER_ACCOUNTS, ids=lambda found: "+".join(sorted(found)))
def test_no_answer_of_another_account_departs_either(dialects: set[str], tmp_path: Path) -> None:
    report = attacked(
        tmp_path,
        *("--max-examples", "3", "--generation-deterministic"),
        dialects=frozenset(dialects),
    )

    assert report["failures"] == [], report["printed"]
    assert whole(report), report["printed"]
