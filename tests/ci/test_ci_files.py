"""The workflows and the action as files: pinned, bounded, with no more rights than they need."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.starter import PIPELINE, github_workflows, gitlab_pipeline
from reconciler.starter import WORKFLOWS as STARTERS
from tests.ci.workflows import ROOT, read_yaml

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
CALLERS = [ROOT / "reconciler" / "starter" / "github" / name for name in STARTERS]
ACTION = GITHUB / "actions" / "pxm" / "action.yml"
FILES = [*WORKFLOWS, ACTION]
USES = re.compile(r"uses: (\S+)(?: # (\S+))?$", re.MULTILINE)


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def jobs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from read_yaml(path)["jobs"].items()


def steps(path: Path) -> list[dict[str, Any]]:
    if path == ACTION:
        found: list[dict[str, Any]] = read_yaml(path)["runs"]["steps"]
        return found
    return [step for _, job in jobs(path) for step in job.get("steps", [])]


@pytest.mark.parametrize("path", FILES, ids=names(FILES))
def test_actions_are_pinned_by_hash_with_their_version_beside_it(path: Path) -> None:
    found = [uses for uses in USES.findall(path.read_text()) if not uses[0].startswith("$/")]
    assert found
    for name, version in found:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name), name
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), name


@pytest.mark.parametrize("path", FILES, ids=names(FILES))
def test_one_action_is_pinned_to_one_hash_everywhere(path: Path) -> None:
    pins = {
        name.partition("@")[0]: name
        for file in FILES
        for name, _ in USES.findall(file.read_text())
        if "@" in name
    }
    for name, _ in USES.findall(path.read_text()):
        assert name.startswith("$/") or pins[name.partition("@")[0]] == name


@pytest.mark.parametrize("path", FILES, ids=names(FILES))
def test_no_expression_stands_in_a_script(path: Path) -> None:
    scripts = [step["run"] for step in steps(path) if "run" in step]
    assert not any("${{" in script for script in scripts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=names(WORKFLOWS))
def test_jobs_say_their_permissions_and_have_an_end(path: Path) -> None:
    assert read_yaml(path)["permissions"] == {}
    for name, job in jobs(path):
        assert isinstance(job["permissions"], dict), name
        assert 0 < job["timeout-minutes"] <= 240, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=names(WORKFLOWS))
def test_a_checkout_leaves_no_token_behind(path: Path) -> None:
    found = [step for step in steps(path) if "actions/checkout@" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in found)


def test_secrets_reach_only_the_steps_that_use_them() -> None:
    for path in WORKFLOWS:
        for name, job in jobs(path):
            with_secrets = [step for step in job["steps"] if "secrets." in str(step)]
            assert "secrets." not in str({**job, "steps": []}), name
            ours = [step for step in with_secrets if step["uses"] == "$/.github/actions/pxm"]
            # An app's key makes a token, and is seen by nothing else.
            others = [step["uses"].partition("@")[0] for step in with_secrets if step not in ours]
            assert others == ["actions/create-github-app-token"] * (name == "accept"), name
            commands = {step["with"]["command"] for step in ours}
            assert commands <= {"plan", "apply", "approved", "drift", "accept"}, name


def test_what_somebody_wrote_reaches_no_variable_and_no_script() -> None:
    """It is looked at in conditions, and by the program in the file of the event."""
    for path in [*FILES, *CALLERS]:
        text = path.read_text()
        for line in text.splitlines():
            if "github.event.comment.body" in line:
                assert "startsWith(github.event.comment.body, '/accept')" in line, path
        assert "inputs.objects" not in text, path


def test_apply_runs_one_at_a_time_and_is_never_cancelled() -> None:
    found = dict(jobs(GITHUB / "workflows" / "catalog-apply.yml"))
    for job in found.values():
        assert job["concurrency"]["cancel-in-progress"] is False
    assert found["approved"]["environment"] == "${{ inputs.environment || 'pxm-approval' }}"
    assert found["apply"]["environment"] == "${{ inputs.gate }}"


@pytest.mark.parametrize("path", CALLERS, ids=names(CALLERS))
def test_a_caller_grants_just_what_is_asked_for(path: Path) -> None:
    for name, job in jobs(path):
        called = job["uses"].partition("@")[0].rpartition("/")[2]
        asked: dict[str, str] = {}
        for _, inner in jobs(GITHUB / "workflows" / called):
            for scope, level in inner["permissions"].items():
                asked[scope] = "write" if "write" in (level, asked.get(scope)) else level
        assert job["permissions"] == asked, name


def test_the_callers_name_the_commit_that_they_are_given() -> None:
    made = github_workflows("acme/pxm", "a" * 40)
    assert list(made) == [f".github/workflows/{name}" for name in STARTERS]
    for text in made.values():
        assert "OWNER" not in text
        found = re.findall(r"uses: (\S+)", text)
        assert found
        assert all(re.fullmatch(rf"acme/pxm/\S+\.yml@{'a' * 40}", uses) for uses in found)


def test_the_action_installs_every_dependency_at_a_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"], "hatchling"]
    text = (ACTION.parent / "requirements.txt").read_text()
    blocks = re.findall(r"^(\S+)==\S+.*\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.M)
    pinned = {name.lower() for name, _ in blocks}
    assert len(pinned) == text.count("==") - text.count(" == ")
    for requirement in wanted:
        name = re.split(r"[\[>=<~ ]", requirement)[0].lower()
        assert name in pinned, requirement


def test_ci_asks_make_for_targets_that_are_there() -> None:
    scripts = [step["run"] for step in steps(GITHUB / "workflows" / "ci.yml") if "run" in step]
    asked = {name for script in scripts for name in re.findall(r"^make ([\w-]+)$", script, re.M)}
    assert asked == {
        "lint", "lint-ci", "types", "packages-all", "test", "test-long", "test-lowest", "test-wheel"
    }  # fmt: skip
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in asked)


def test_ci_tests_the_pythons_from_3_11_to_3_14_after_lint_and_types() -> None:
    found = dict(jobs(GITHUB / "workflows" / "ci.yml"))
    assert found["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert {name for name, job in found.items() if job.get("needs") == "lint"} == {
        "test", "lowest", "wheel", "long"
    }  # fmt: skip


DOC = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_the_docs_name_every_input_of_the_workflows() -> None:
    called = (read_yaml(path)["on"].get("workflow_call") for path in WORKFLOWS)
    inputs = {name for item in called if item for name in item["inputs"]}
    table = DOC.split("## Settings")[1].split("```")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == inputs


def test_the_docs_name_every_command_and_output_of_the_action() -> None:
    action = read_yaml(ACTION)
    line = next(line for line in DOC.splitlines() if line.startswith("Commands: "))
    commands, outputs = line.split("Outputs: ")
    said = set(re.findall(r"`([\w-]+)`", commands))
    conditions = " ".join(str(step.get("if", "")) for step in steps(ACTION))
    assert said == set(re.findall(r"inputs.command == '([\w-]+)'", conditions))
    assert set(re.findall(r"`(\w+)`", outputs)) == set(action["outputs"])


def test_the_docs_name_every_job_and_variable_of_gitlabs_pipeline() -> None:
    pipeline = yaml.safe_load(gitlab_pipeline()[PIPELINE])
    jobs = {name for name, job in pipeline.items() if "script" in job}
    part = DOC.split("## GitLab")[1].split("## Other CI")[0]
    table, tokens = part.split("### Tokens")
    assert set(re.findall(r"^\|[^|]*\| `([\w-]+)` \|", table, re.MULTILINE)) == jobs
    variables = set(re.findall(r"`(PXM_\w+)`", tokens.split("- Without")[0]))
    assert variables == {
        "PXM_CLIENT_ID", "PXM_CLIENT_SECRET", "PXM_GITLAB_TOKEN", "PXM_GIT_TOKEN"
    }  # fmt: skip


def test_no_text_of_an_event_stands_in_a_script_of_gitlabs_pipeline() -> None:
    """Titles and branches are text of whoever opened the merge request."""
    pipeline = yaml.safe_load(gitlab_pipeline()[PIPELINE])
    scripts = "\n".join(line for job in pipeline.values() for line in job.get("script", []))
    used = set(re.findall(r"\$(\w+)", scripts))
    assert used == {
        "code", "CI_JOB_URL", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "PXM_CATALOG", "PXM_WAITING"
    }  # fmt: skip
    assert "eval" not in scripts


def test_the_yaml_of_the_docs_is_yaml() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)
    assert [type(yaml.safe_load(block)) for block in blocks] == [
        list,
        dict,
        dict,
        dict,
        dict,
    ]
