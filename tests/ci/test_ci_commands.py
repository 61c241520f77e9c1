"""`pxm ci …` alone: what it says where something is missing."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.model import Account, Change, FieldChange, Place, Plan, Ref
from reconciler.reports import github as words
from reconciler.reports.planjson import plan_json
from tests.ci.hub import BOT, PERSON, REPOSITORY, Hub, serving
from tests.ci.workflows import git

HERE = Account("https://pxm.example", frozenset({"r1"}), "me")


def change(key: str, place: Place | None = None, **more: object) -> Change:
    item = FieldChange("name", before=f"{key} A", after=f"{key} B", applied=f"{key} A")
    return Change("update", Ref("collection", key), key, key, place, (item,), **more)  # type: ignore[arg-type]


PLAN = Plan(
    HERE,
    (
        change("a", Place("a.yaml", 3), cls="conflict"),
        change("b", Place("b.yaml", 5), blocked="its type, 100%: cannot change\n::error::x"),
        change("c", Place("c.yaml", 7)),
        change("d", None, blocked="no place"),
    ),
)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A job on a pull request, in a folder of its own."""
    with serving() as hub:
        hub.tokens["t"] = {"pull-requests": "write", "issues": "write", "contents": "read"}
        hub.pulls[7] = {"number": 7, "merged_at": None, "head": {"sha": "1" * 40}}
        event = {"pull_request": {"number": 7, "head": {"sha": "1" * 40}}}
        (tmp_path / "event.json").write_text(json.dumps(event))
        monkeypatch.chdir(tmp_path)
        (tmp_path / "catalog").mkdir()
        git(tmp_path, "init", "--quiet")
        (tmp_path / "catalog" / "a.yaml").touch()
        git(tmp_path, "add", "catalog")
        git(tmp_path, "commit", "--quiet", "--message", "one")
        hub.latest_of = lambda *_: git(tmp_path, "rev-parse", "HEAD")
        for name, value in {
            "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": hub.url, "GITHUB_TOKEN": "t",
            "GITHUB_REF_NAME": "main", "GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "5",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        Path("plan.json").write_text(plan_json(PLAN, "0.1.0"))
        yield hub


def outputs() -> dict[str, str]:
    return dict(line.split("=", 1) for line in Path("output").read_text().splitlines())


def test_a_report_sets_outputs_and_annotates(job: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ci", "report", "plan.json", "--exit-code", "3"]) == 0
    found = outputs()
    digest = found.pop("digest")
    assert digest == words.digest_of(words.plan_comment(PLAN, None, "1", "u"))
    assert found == {
        "exit_code": "3", "plan_path": "plan.json", "has_changes": "true", "to_create": "0",
        "to_adopt": "0", "to_update": "2", "to_delete": "0", "to_unpublish": "0", "blocked": "2",
    }  # fmt: skip
    assert capsys.readouterr().out == (
        "::warning file=catalog/a.yaml,line=3,col=1::collection/a: git and the account both "
        "changed; apply writes what git says\n"
        "::warning file=catalog/b.yaml,line=5,col=1::collection/b is blocked: its type, 100%25: "
        "cannot change%0A::error::x\n"
    )
    assert Path("summary.md").read_text().startswith("<!-- pxm-plan -->\n## ")
    assert job.calls == []


@pytest.mark.usefixtures("job")
def test_a_report_of_no_plan_says_so() -> None:
    assert run(["ci", "report", "missing.json", "--exit-code", "1"]) == 0
    assert outputs() == {"exit_code": "1", "plan_path": "", "has_changes": "false"}
    assert Path("summary.md").read_text() == "## ❌ No plan\n\nThe log says why.\n\n"


def test_the_same_comment_is_not_written_twice(
    job: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    for done in ("written", "unchanged"):
        assert run(["ci", "comment", "plan.json"]) == 0
        assert capsys.readouterr().out == f"Comment on pull request 7: {done}.\n"
    assert [method for method, _ in job.writes()] == ["POST"]


def test_two_accounts_have_two_comments(job: Hub) -> None:
    assert run(["ci", "comment", "plan.json"]) == 0
    assert run(["ci", "comment", "plan.json", "--name", "staging"]) == 0
    one, two = job.bodies(7)
    assert one.splitlines()[0] == "<!-- pxm-plan -->"
    assert two.splitlines()[0] == "<!-- pxm-plan staging -->"
    assert " Plan for staging: " in two.splitlines()[1]
    assert words.digest_of(one) == words.digest_of(two)


@pytest.mark.parametrize("name", ["a b", "../x", "-", "x" * 62, "a\nb"])
def test_a_name_of_other_signs_is_refused(
    name: str, job: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ci", "comment", "plan.json", "--name", name]) == 1
    assert "letters, digits" in capsys.readouterr().err
    assert job.calls == []


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("GITHUB_REPOSITORY", "not on a runner of GitHub or GitLab: neither GITHUB_REPOSITORY"),
        ("GITHUB_TOKEN", "no token for GitHub: GITHUB_TOKEN is not set"),
        ("GITHUB_EVENT_PATH", "the event is no pull request's"),
    ],
)
def test_what_is_missing_is_named(
    gone: str,
    said: str,
    job: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv(gone)
    assert run(["ci", "comment", "plan.json"]) == 1
    assert said in capsys.readouterr().err
    assert job.writes() == []


@pytest.mark.usefixtures("job")
def test_an_event_that_is_no_json_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("event.json").write_text("{")
    assert run(["ci", "comment", "plan.json"]) == 1
    assert "GITHUB_EVENT_PATH" in capsys.readouterr().err


@pytest.mark.usefixtures("job")
def test_a_summary_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(Path("missing") / "summary.md"))
    assert run(["ci", "report", "plan.json"]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_drift_report_that_was_not_made_leaves_the_issue_alone(job: Hub) -> None:
    assert run(["ci", "drift", "missing.md", "--exit-code", "1"]) == 0
    assert outputs() == {"has_changes": "false", "exit_code": "1"}
    assert job.calls == []


@pytest.mark.usefixtures("job")
def test_a_drift_report_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ci", "drift", "missing.md", "--exit-code", "2"]) == 1
    assert "missing.md: cannot be read" in capsys.readouterr().err


def test_only_an_issue_of_ours_is_edited(job: Hub) -> None:
    theirs = {
        "number": 1, "state": "open", "labels": ["pxm-drift"], "user": PERSON,
        "body": "<!-- pxm-drift -->\nmine",
    }  # fmt: skip
    other = {**theirs, "number": 2, "user": BOT, "body": "<!-- pxm-drift staging -->\n"}
    pull = {**theirs, "number": 3, "user": BOT, "pull_request": {}}
    empty = {**theirs, "number": 4, "user": BOT, "body": None}
    job.issues += [theirs, other, pull, empty]
    Path("drift.md").write_text("<!-- pxm-drift -->\n## ⚠️ Drift: 1 changed\n")
    assert run(["ci", "drift", "drift.md", "--exit-code", "2"]) == 0
    assert len(job.issues) == 5
    assert job.issues[4]["title"] == "The PXM account was changed behind git's back"
    assert job.issues[0]["body"] == "<!-- pxm-drift -->\nmine"


@pytest.mark.parametrize("command", ["apply", "approved", "drift"])
def test_a_branch_of_which_nothing_is_known_stops_the_job(
    command: str, job: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty list of commits is no proof that nobody was here since."""
    monkeypatch.setenv("PXM_STATE", "git:")
    job.latest_of = lambda *_: ""
    Path("drift.md").write_text("<!-- pxm-drift -->\n")
    arguments = {
        "apply": ["permits", "--receipt", "r.json", "--waiting", "w.json"],
        "approved": ["plan.json", "--receipt", "r.json"],
        "drift": ["drift.md", "--exit-code", "2"],
    }
    assert run(["ci", command, *arguments[command]]) == 1
    assert "GitHub names no commit of catalog on" in capsys.readouterr().err
    assert job.issues == []


def test_a_catalog_outside_a_repository_is_named(
    job: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(tmp_path / ".git")
    Path("drift.md").write_text("<!-- pxm-drift -->\n")
    assert run(["ci", "drift", "drift.md", "--exit-code", "2"]) == 1
    assert "catalog is in no git repository" in capsys.readouterr().err
    assert job.issues == []


@pytest.mark.usefixtures("job")
def test_a_sandbox_without_a_seed_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--sandbox-db", "box.db", "ci", "sandbox", "missing"]) == 0
    assert capsys.readouterr().out == "There is no missing: the sandbox stays empty.\n"
    assert not Path("box.db").exists()


def test_the_group_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert not any(line.split()[:1] == ["ci"] for line in capsys.readouterr().out.splitlines())


def test_long_lists_say_what_they_leave_out() -> None:
    body = words.stopped_comment(None, [f"reason {number}" for number in range(12)], "u", "u#a")
    assert body.endswith("- reason 9\n- … shown 10 of 12\n")


def test_outside_text_is_inert_in_a_comment() -> None:
    body = words.stopped_comment(None, ["@team </details> #1 `x`"], "u", "u#a")
    assert body.splitlines()[-1] == "- `` @team </details> #1 `x` ``"


def test_the_largest_comment_fits() -> None:
    rows = tuple(change(f"key-{number}-{'x' * 150}", Place("a.yaml", 1)) for number in range(900))
    plan = Plan(HERE, rows)
    for body in (
        words.plan_comment(plan, "n" * 61, "1" * 40, "https://github.example/" + "r" * 100),
        words.waiting_comment(plan, "n" * 61, ["@x" * 500] * 50, "https://github.example/run"),
    ):
        assert 50_000 < len(body.encode("utf-16-le")) // 2 < 65_536
        assert words.digest_of(body) is not None


@pytest.mark.usefixtures("job")
def test_an_apply_whose_state_would_end_with_the_runner_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PXM_STATE", raising=False)
    options = ["--receipt", "receipt.json", "--waiting", "waiting.json"]
    assert run(["ci", "apply", "permits", *options]) == 1
    said = capsys.readouterr().err
    assert "nobody says where the state is kept: file:.reconciler/state.db ends with this" in said
    assert "the input `state` (PXM_STATE)" in said
