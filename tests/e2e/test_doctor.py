"""`pxm doctor`: what works, and what to do about what does not."""

import subprocess
import time
from pathlib import Path

import pytest

from reconciler.cli.doctor import clock_check
from reconciler.state import open_store
from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import World


def statuses(pxm: World, *arguments: str) -> dict[str, str]:
    """Each check's status."""
    pxm.pxm("doctor", "--format", "json", *arguments)
    return {check["name"]: check["status"] for check in pxm.result["checks"]}


def test_everything_works_on_an_account_that_was_applied_to(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    before = len(pxm.sandbox.requests)

    assert pxm.pxm("doctor") == 0

    assert pxm.out.endswith("Everything works.\n")
    assert {line.split()[0] for line in pxm.out.splitlines()[:-2]} == {"ok"}
    asked = [(x.method, x.path) for x in pxm.sandbox.requests[before:]]
    assert [path for method, path in asked if method != "GET"] in ([], ["/v2.1/oauth/authorize"])


def test_without_credentials_the_rest_is_still_checked(
    pxm: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PXM_CLIENT_SECRET")
    pxm.write(SMALL)

    assert pxm.pxm("doctor") == 1
    assert "not ok   credentials  no credentials" in pxm.out
    assert "→ make them in PXM" in pxm.out
    assert "1 of 14 checks failed." in pxm.out
    found = statuses(pxm)
    assert found["connection"] == found["page size"] == "skipped"
    assert found["catalog"] == found["state"] == found["lock"] == "ok"


def test_what_is_wrong_is_said_with_what_to_do(pxm: World) -> None:
    pxm.write("collections:\n  - key: a\n")
    Path(".reconciler").mkdir(exist_ok=True)
    Path(".reconciler/unsaved.json").write_text("{}")

    assert pxm.pxm("doctor") == 1
    assert "catalog      1 errors, the first: " in pxm.out
    assert "run `pxm validate`" in pxm.out
    assert "bring it back with `pxm state push`" in pxm.out


def test_a_token_that_others_can_read_is_no_secret(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    token = next((pxm.root / "cache").rglob("token-*"))
    token.chmod(0o644)

    assert statuses(pxm)["token"] == "not ok"
    assert f"chmod 600 {token}" in pxm.result["checks"][5]["todo"]


@pytest.mark.parametrize(
    ("now", "server", "status", "found"),
    [
        (1000.0, 1020.0, "ok", "within 30 s of the server's"),
        (1000.0, 1600.0, "not ok", "600 s behind the server's"),
        (1600.0, 1000.0, "not ok", "600 s ahead of the server's"),
        (1000.0, None, "skipped", "the server sends no Date"),
    ],
)
def test_a_clock_that_is_off_is_told(
    now: float, server: float | None, status: str, found: str
) -> None:
    check = clock_check(now, server)

    assert (check.status, check.found) == (status, found)


def test_another_account_and_missing_regions_are_told(pxm: World) -> None:
    second = pxm.sandbox.ensure_region("Second")
    pxm.write(SMALL)
    pxm.apply()
    other = ("--sandbox-db", "other.db", "--state", "file:.reconciler/state.db")

    assert statuses(pxm)["account"] == "ok"
    assert statuses(pxm, *other)["account"] == "not ok"
    pxm.sandbox.remove("region", second)
    assert statuses(pxm)["account"] == "not ok"
    assert "1 of the state's regions are not seen" in pxm.out


def test_a_state_that_is_locked_or_in_no_repository_is_told(pxm: World) -> None:
    pxm.write(SMALL)
    store = open_store("file:.reconciler/state.db", root=pxm.root)
    with store, store.lock("somebody@else", "run1", time.time()):
        assert statuses(pxm)["lock"] == "not ok"
        assert "somebody@else" in pxm.out

    found = statuses(pxm, "--state", "git:")
    assert (found["state"], found["lock"], found["account"]) == ("not ok", "skipped", "skipped")


def test_a_folder_that_is_not_there_yet_is_no_fault(pxm: World) -> None:
    assert pxm.pxm("doctor", "--catalog", "none", "--sandbox") == 0
    assert "there is no folder none yet" in pxm.out


def test_a_page_that_is_cut_short_is_seen(pxm: World) -> None:
    for number in range(60):
        pxm.sandbox.put_object("collection", {"name": f"P{number}"})
    pxm.write(SMALL)

    assert pxm.pxm("doctor") == 0
    assert "all 60 collections in one page" in pxm.out
    assert "(2 asked for)" in pxm.out


def test_a_token_of_ones_own_is_used_and_not_kept(
    pxm: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pxm.write(SMALL)
    monkeypatch.setenv("PXM_TOKEN", "no-such-token")

    assert pxm.pxm("doctor") == 1
    assert "ok       credentials  PXM_TOKEN is set, and is not renewed when it expires" in pxm.out
    assert "not ok   connection   401" in pxm.out


def test_a_host_that_takes_no_refs_of_ours_is_offered_a_branch(pxm: World) -> None:
    pxm.write(SMALL)
    origin = pxm.root / "origin.git"
    git("init", "-q", "--bare", str(origin))
    hook = origin / "hooks" / "update"
    hook.write_text(
        '#!/bin/sh\ncase "$1" in refs/reconciler/*) echo "hook declined"; exit 1;; esac\n'
    )
    hook.chmod(0o755)
    git("-C", str(pxm.root), "init", "-q")
    git("-C", str(pxm.root), "remote", "add", "origin", str(origin))
    git(
        "-C",
        str(pxm.root),
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-qm",
        "x",
        "--allow-empty",
    )

    pxm.pxm("doctor", "--state", "git:")

    assert "not ok   lock" in pxm.out
    assert "→ a branch serves: --state 'git:origin#refs/heads/pxm-state'" in pxm.out


def git(*arguments: str) -> None:
    """git, without the settings of this machine."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)
