"""Which plan files count, and why another does not (contract 8.4)."""

import re
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.api.rest import GITHUB, Rest
from reconciler.cli.ci import permits
from reconciler.cli.ci.forge import MOST_ARCHIVE, Pull
from reconciler.cli.ci.github import GitHub
from reconciler.cli.ci.permits import Wanted
from reconciler.cli.ci.runner import Runner
from reconciler.model import Account, Change, FieldChange, Place, Plan, Ref
from reconciler.reports.github import plan_comment
from reconciler.reports.planjson import plan_json
from tests.ci.hub import BOT, FORK, PERSON, REPOSITORY, Hub, serving, zipped
from tests.ci.workflows import git

HERE = Account("https://pxm.example", frozenset({"r1"}), "me")
FIELD = FieldChange("name", before="A", after="B", applied="A")
CHANGE = Change("update", Ref("collection", "a"), "1", "A", Place("a.yaml", 2), (FIELD,))
PLAN = Plan(HERE, (CHANGE,))
OTHER = Plan(HERE)
SHA = "1" * 40
WANTED = Wanted(None, "catalog.yml", HERE)
TEXT = plan_json(PLAN, "0.1.0")


def comment(plan: Plan = PLAN, name: str | None = None) -> str:
    return plan_comment(plan, name, SHA, "https://github.example/run")


def run(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": 100 + number, "run_number": number, "event": "pull_request", "head_sha": SHA,
        "path": ".github/workflows/catalog.yml", "head_repository": {"full_name": REPOSITORY},
        **other,
    }  # fmt: skip


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as made:
        made.tokens["t"] = {"pull-requests": "read", "actions": "read"}
        made.pulls[7] = {
            "number": 7, "merged_at": "2026-01-01T00:00:00Z", "base": {"ref": "main"},
            "head": {"sha": SHA, "repo": {"full_name": REPOSITORY}},
        }  # fmt: skip
        made.pulls_of[SHA] = [7]
        made.files[7] = [{"filename": "catalog/a.yaml"}]
        made.runs.append(run())
        made.put_artifact(101, "pxm-plan", zipped({"plan.json": TEXT}))
        made.comment(7, comment())
        yield made


@contextmanager
def asked(hub: Hub) -> Iterator[GitHub]:
    with Rest(GITHUB, f"{hub.url}/repos/{REPOSITORY}", "t") as rest:
        yield GitHub(rest, REPOSITORY)


def collected(hub: Hub, folder: Path, wanted: Wanted = WANTED) -> str:
    """Why the plan of pull request 7 does not count; empty where it does."""
    runner = Runner(REPOSITORY, branch="main")
    with asked(hub) as github:
        (found,) = permits.collect(github, runner, wanted, [SHA], folder)
    assert found.newest
    assert (found.file is None) == bool(found.why)
    if found.file:
        assert (folder / found.file).read_text() == TEXT
    return found.why


def test_what_reviewers_saw_counts(hub: Hub, tmp_path: Path) -> None:
    assert collected(hub, tmp_path) == ""


def _from_a_fork(hub: Hub) -> None:
    hub.pulls[7]["head"]["repo"]["full_name"] = FORK


def _fork_is_gone(hub: Hub) -> None:
    hub.pulls[7]["head"]["repo"] = None


def _other_digest(hub: Hub) -> None:
    hub.comments[7] = [{"id": 1, "body": comment(OTHER), "user": BOT}]


def _no_comment(hub: Hub) -> None:
    hub.comments[7] = []


def _a_persons_comment(hub: Hub) -> None:
    hub.comments[7] = [{"id": 1, "body": comment(), "user": PERSON}]


def _renamed_workflow(hub: Hub) -> None:
    hub.files[7] = [{"filename": "x.yml", "previous_filename": ".github/workflows/catalog.yml"}]


def _far_too_many_files(hub: Hub) -> None:
    hub.files[7] = [{"filename": f"catalog/{number}.yaml"} for number in range(3000)]


def _expired(hub: Hub) -> None:
    hub.artifacts[0]["expired"] = True


def _no_artifact(hub: Hub) -> None:
    hub.artifacts.clear()


def _runs(**other: Any) -> Callable[[Hub], None]:
    def change(hub: Hub) -> None:
        hub.runs[:] = [run(**other)]

    return change


PACKED = zipped({"plan.json": TEXT})


def _flagged(bits: int) -> bytes:
    """The archive with flags in both places where it keeps them."""
    found = bytearray(PACKED)
    central = found.index(b"PK\x01\x02")
    found[6] |= bits
    found[central + 8] |= bits
    return bytes(found)


def _method(number: int) -> bytes:
    """The archive as one of another kind of compression."""
    found = bytearray(PACKED)
    central = found.index(b"PK\x01\x02")
    found[8] = found[central + 10] = number
    return bytes(found)


def _archive(content: bytes | None) -> Callable[[Hub], None]:
    def change(hub: Hub) -> None:
        hub.artifacts[0]["content"] = content

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_from_a_fork, "it comes from a fork, whose plan was made against a sandbox"),
        (_fork_is_gone, "it comes from a fork, whose plan was made against a sandbox"),
        (_other_digest, "its plan file is not the one that the comment on it shows"),
        (_no_comment, "no comment on it shows the digest of a plan"),
        (_a_persons_comment, "no comment on it shows the digest of a plan"),
        (_renamed_workflow, "it changes .github/workflows/catalog.yml, and so perhaps what made its plan"),
        (_far_too_many_files, "it changes 3,000 files or more, and not all of them are listed"),
        (_expired, "its plan file has expired"),
        (_no_artifact, "the run on its last commit left no plan file"),
        (_runs(head_sha="2" * 40), "no plan was made of its last commit"),
        (_runs(event="push"), "no plan was made of its last commit"),
        (_runs(path=".github/workflows/evil.yml"), "no plan was made of its last commit"),
        (_runs(head_repository={"full_name": FORK}), "no plan was made of its last commit"),
        (_runs(head_repository=None), "no plan was made of its last commit"),
        (_archive(None), "its plan file cannot be fetched: 410: gone"),
        (_archive(zipped({"plan.json": " " * (MOST_ARCHIVE + 1)})), "its plan file is too large: at most 67,108,864 bytes are read"),
        (_archive(zipped({"../plan.json": TEXT})), "its artifact holds no plan.json"),
        (_archive(zipped({"plan.json/": ""})), "its artifact holds no plan.json"),
        (_archive(zipped({})), "its artifact holds no plan.json"),
        (_archive(_flagged(1)), "its artifact is encrypted, so nobody can read its plan file"),
        (_archive(zipped({"plan.json": TEXT.replace('"B"', '"C"')})), "its plan file cannot be used: plan.json was changed after it was made: its digest is another"),
    ],
)  # fmt: skip
def test_what_they_did_not_see_does_not_count(
    change: Callable[[Hub], None], why: str, hub: Hub, tmp_path: Path
) -> None:
    change(hub)
    assert collected(hub, tmp_path) == why


@pytest.mark.parametrize(
    "change",
    [
        _archive(b"no archive"),
        _archive(b""),
        _archive(PACKED[:-30]),
        _archive(PACKED[:60] + PACKED[-200:]),
        _archive(_method(99)),
        _archive(_method(14)),
        _archive(zipped({"plan.json": "\udcff"}, "surrogateescape")),
    ],
)
def test_an_archive_that_cannot_be_read_permits_nothing(
    change: Callable[[Hub], None], hub: Hub, tmp_path: Path
) -> None:
    change(hub)
    assert re.fullmatch("its artifact cannot be read: .+", collected(hub, tmp_path))


def test_a_size_that_is_known_beforehand_is_not_fetched(hub: Hub, tmp_path: Path) -> None:
    hub.artifacts[0]["size_in_bytes"] = MOST_ARCHIVE + 1
    assert collected(hub, tmp_path) == (
        "its plan file is too large: 67,108,865 bytes, at most 67,108,864 are read"
    )
    assert not any(path.endswith("/zip") for _, path in hub.calls)


def test_an_archive_that_lies_about_its_size_fills_no_memory(tmp_path: Path, hub: Hub) -> None:
    """It says that it holds a byte, and unpacks to 200 MB."""
    bomb = bytearray(zipped({"plan.json": " " * 200_000_000}))
    central = bomb.index(b"PK\x01\x02")
    bomb[22:26] = bomb[central + 24 : central + 28] = (1).to_bytes(4, "little")
    hub.artifacts[0]["content"] = bytes(bomb)
    tracemalloc.start()
    why = collected(hub, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert why.startswith("its artifact cannot be read: Bad CRC-32")
    assert peak < 150_000_000


def test_an_artifact_of_another_name_is_passed_over(hub: Hub, tmp_path: Path) -> None:
    """A server that does not know the filter lists them all."""
    hub.lists_all = True
    hub.put_artifact(101, "pxm-plan-staging", zipped({"plan.json": plan_json(OTHER, "0.1.0")}))
    hub.artifacts.reverse()
    assert collected(hub, tmp_path) == ""


def test_a_plan_of_another_account_does_not_count(hub: Hub, tmp_path: Path) -> None:
    elsewhere = Wanted(None, "catalog.yml", Account("https://other.example", frozenset({"r2"})))
    why = "its plan was made for another account (https://pxm.example)"
    assert collected(hub, tmp_path, elsewhere) == why


def test_a_workflow_that_is_not_there_is_named(hub: Hub, tmp_path: Path) -> None:
    why = "this repository has no workflow plan.yml"
    assert collected(hub, tmp_path, Wanted(None, "plan.yml", HERE)) == why


def test_a_plan_counts_where_the_state_knows_no_account_yet(hub: Hub, tmp_path: Path) -> None:
    assert collected(hub, tmp_path, Wanted(None, "catalog.yml")) == ""


def test_each_account_has_a_comment_and_an_artifact_of_its_own(hub: Hub, tmp_path: Path) -> None:
    staging = Wanted("staging", "catalog.yml", HERE)
    assert collected(hub, tmp_path, staging) == "no comment on it shows the digest of a plan"
    hub.comment(7, comment(name="staging"))
    assert collected(hub, tmp_path, staging) == "the run on its last commit left no plan file"
    hub.put_artifact(101, "pxm-plan-staging", zipped({"plan.json": TEXT}))
    assert collected(hub, tmp_path, staging) == ""


def test_the_newest_run_counts(hub: Hub, tmp_path: Path) -> None:
    hub.runs.append(run(2))
    hub.put_artifact(102, "pxm-plan", zipped({"plan.json": plan_json(OTHER, "0.1.0")}))
    why = "its plan file is not the one that the comment on it shows"
    assert collected(hub, tmp_path) == why


def test_pull_requests_into_other_branches_and_open_ones_are_passed_over(hub: Hub) -> None:
    hub.pulls[8] = {**hub.pulls[7], "number": 8, "base": {"ref": "next"}}
    hub.pulls[9] = {**hub.pulls[7], "number": 9, "merged_at": None}
    hub.pulls_of[SHA] = [7, 8, 9]
    with asked(hub) as github:
        found = permits.merged_by(github, [SHA], "main")
    assert found == {SHA: (Pull(7, SHA, "2026-01-01T00:00:00Z"),)}


def test_pull_requests_come_in_the_order_of_their_merges(hub: Hub, tmp_path: Path) -> None:
    late, early = "3" * 40, "2" * 40
    hub.pulls[3] = {**hub.pulls[7], "number": 3, "merged_at": "2026-01-03T00:00:00Z"}
    hub.pulls[5] = {**hub.pulls[7], "number": 5, "merged_at": "2025-12-31T00:00:00Z"}
    hub.pulls_of |= {early: [5], late: [3, 7]}
    with asked(hub) as github:
        commits = [early, SHA, late]
        found = permits.collect(
            github, Runner(REPOSITORY, branch="main"), WANTED, commits, tmp_path
        )
    assert [(item.pull, item.newest) for item in found] == [(5, False), (7, True), (3, True)]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "repo")
    repo = tmp_path / "repo"
    for name in ("one", "two"):
        git(repo, "commit", "--quiet", "--allow-empty", "--message", name)
    git(repo, "checkout", "--quiet", "-b", "side", "HEAD^")
    git(repo, "commit", "--quiet", "--allow-empty", "--message", "side")
    git(repo, "checkout", "--quiet", "main")
    git(repo, "merge", "--quiet", "--no-ff", "--message", "merge", "side")
    return repo


def test_commits_since_follow_the_branch_itself(history: Path) -> None:
    first, second = git(history, "rev-list", "--first-parent", "--reverse", "HEAD").split()[:2]
    head = git(history, "rev-parse", "HEAD")
    assert permits.commits_since(history, first) == (second, head)
    assert permits.commits_since(history, head) == ()


def test_without_a_known_commit_this_merge_alone_counts(history: Path) -> None:
    head = git(history, "rev-parse", "HEAD")
    assert permits.commits_since(history, "") == (head,)
    assert permits.commits_since(history, "4" * 40) == (head,)
    git(history, "checkout", "--quiet", "--orphan", "other")
    git(history, "commit", "--quiet", "--allow-empty", "--message", "elsewhere")
    assert permits.commits_since(history, head) == (git(history, "rev-parse", "HEAD"),)
