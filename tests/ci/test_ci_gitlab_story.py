"""The whole flow on GitLab: the pipeline of `pxm init --gitlab`, run job by job (contract 8.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.reports.github import digest_of
from tests.ci.lab import PERSON, READER
from tests.ci.pipelines import LabTeam, Pipeline, lab_team
from tests.ci.workflows import git

ALL = {"Rain Jacket", "Hail Jacket", "Snow Jacket", "Wind Jacket"}


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[LabTeam]:
    with lab_team(tmp_path) as made:
        yield made


@pytest.fixture
def begun(crew: LabTeam) -> LabTeam:
    """A team whose first catalog is applied: nobody has reviewed it, so somebody approves it."""
    first = crew.applied()
    assert first.results() == {"apply": "success", "approved": "manual"}, first.log
    assert crew.names() == set()
    assert "the commit came by no merge request" in first.jobs["apply"].files()["apply.md"]
    first.play("approved")
    assert first.results()["approved"] == "success", first.log
    assert crew.names() == ALL
    return crew


def planned(crew: LabTeam, number: int) -> Pipeline:
    pipeline = crew.planned(number)
    assert pipeline.results() == {"validate": "success", "plan": "success"}, pipeline.log
    return pipeline


def test_a_merge_request_has_one_note_and_its_merge_applies_what_was_reviewed(
    begun: LabTeam,
) -> None:
    number = begun.open("name: Rain Jacket", "name: Rain Coat")
    first = planned(begun, number)
    (body,) = begun.lab.bodies(number)
    assert body.startswith("<!-- pxm-plan -->\n## ")
    assert "**1** to update" in body
    assert "**Merging applies this plan**" in body
    assert first.url in body
    head = begun.lab.merge_requests[number]["sha"]
    line = f"https://gitlab.example/acme/shop/-/blob/{head}/catalog/catalog.yaml#L"
    assert line in body
    files = first.jobs["plan"].files()
    assert set(files) == {"plan.json", "plan.md", "plan.html"}
    assert digest_of(body) == json.loads(files["plan.json"])["digest"]
    assert "/artifacts/file/plan.html)" in body

    begun.amend(number, "name: Wind Jacket", "name: Wind Coat")
    planned(begun, number)
    (again,) = begun.lab.bodies(number)
    assert "**2** to update" in again
    old = begun.planned(number, sha=head)
    assert f"Comment on merge request {number}: left as it is, commit" in old.log
    assert begun.lab.bodies(number) == [again]

    begun.merge(number)
    run = begun.applied()
    assert run.results() == {"apply": "success", "approved": "manual"}, run.log
    assert f"Merge request {number}: its plan counts." in run.log
    assert begun.names() >= {"Rain Coat", "Wind Coat"}
    _, told = begun.lab.bodies(number)
    assert told.startswith("<!-- pxm-apply -->\n## ✅ Applied\n\n**2** made, by [this run]")
    assert "receipt.json" in run.jobs["apply"].files()
    run.play("approved")
    assert "Nothing waits for approval." in run.jobs["approved"].log


def test_what_no_reviewed_plan_permits_waits_and_the_merge_request_says_so(begun: LabTeam) -> None:
    number = begun.open("name: Rain Jacket", "name: Rain Coat")
    planned(begun, number)
    begun.edit("Rain Jacket", "Rain Hat")
    begun.merge(number)
    run = begun.applied()
    assert run.results() == {"apply": "success", "approved": "manual"}, run.log
    assert "Rain Hat" in begun.names()
    _, told = begun.lab.bodies(number)
    assert told.startswith("<!-- pxm-apply -->\n## ⏸️ Waits for approval")
    assert f"[review and approve it]({run.url})" in told

    run.play("approved")
    assert run.results()["approved"] == "success", run.log
    assert "Rain Coat" in begun.names()
    _, told = begun.lab.bodies(number)
    assert told.startswith("<!-- pxm-apply -->\n## ✅ Applied")


def test_old_jobs_that_are_run_again_send_nothing(begun: LabTeam) -> None:
    number = begun.open("name: Rain Jacket", "name: Rain Coat")
    planned(begun, number)
    old = begun.merge(number)
    begun.applied()
    waits = begun.applied(begun.push(begun.edited("name: Rain Coat", "name: Rain Hat")))
    newest = begun.push(begun.edited("name: Rain Hat", "name: Rain Jacket"))
    told = f"Nothing was sent: commit {newest[:12]} has changed the catalog since"

    again = begun.applied(old)
    assert again.results()["apply"] == "success"
    assert told in again.log
    waits.play("approved")
    assert told in waits.jobs["approved"].log
    assert "Rain Coat" in begun.names()


def test_two_merges_one_after_the_other_are_applied_by_the_second(begun: LabTeam) -> None:
    one = begun.open("name: Rain Jacket", "name: Rain Coat")
    two = begun.open("name: Wind Jacket", "name: Wind Coat")
    planned(begun, one)
    planned(begun, two)
    first = begun.merge(one)
    begun.merge(two)
    assert "Nothing was sent" in begun.applied(first).log
    run = begun.applied()
    assert (
        f"Merge request {one}: its plan counts.\nMerge request {two}: its plan counts." in run.log
    )
    assert begun.names() >= {"Rain Coat", "Wind Coat"}


def test_a_merge_request_that_changes_the_pipeline_permits_nothing(begun: LabTeam) -> None:
    number = begun.open("name: Rain Jacket", "name: Rain Coat", **{"ci/jobs.yml": "x: 1\n"})
    planned(begun, number)
    begun.merge(number)
    run = begun.applied()
    assert f"Merge request {number}: it changes ci/jobs.yml, and so perhaps what made" in run.log
    assert "Rain Jacket" in begun.names()


def test_a_note_that_somebody_else_wrote_counts_for_nothing(begun: LabTeam) -> None:
    number = begun.open("name: Rain Jacket", "name: Rain Coat")
    planned(begun, number)
    (note,) = begun.lab.notes[number]
    note["author"] = PERSON
    begun.merge(number)
    run = begun.applied()
    assert f"Merge request {number}: no comment on it shows the digest of a plan" in run.log
    assert "Rain Jacket" in begun.names()


def test_a_fork_is_planned_against_a_sandbox_and_its_merge_waits(begun: LabTeam) -> None:
    number = begun.open("name: Rain Jacket", "name: Rain Coat", fork=True)
    pipeline = begun.planned(number)
    assert pipeline.results() == {"validate": "success", "plan-fork": "success"}, pipeline.log
    assert "**1** to update" in pipeline.jobs["plan-fork"].files()["plan.md"]
    assert begun.lab.bodies(number) == []
    begun.merge(number)
    run = begun.applied()
    assert f"Merge request {number}: it comes from a fork" in run.log
    assert begun.names() == ALL


def test_without_a_token_the_plan_is_an_artifact_and_a_line_says_so(begun: LabTeam) -> None:
    del begun.secrets["PXM_GITLAB_TOKEN"]
    number = begun.open("name: Rain Jacket", "name: Rain Coat")
    pipeline = planned(begun, number)
    assert "No note: PXM_GITLAB_TOKEN is not set: keep a project access token" in pipeline.log
    assert "plan.html" in pipeline.jobs["plan"].files()
    assert begun.lab.bodies(number) == []

    begun.edit("Rain Jacket", "Rain Hat")
    night = begun.watched()
    assert night.results() == {"drift": "failed"}
    assert "No issue: PXM_GITLAB_TOKEN is not set" in night.log
    assert "Rain Hat" in night.jobs["drift"].files()["drift.md"]

    begun.merge(number)
    run = begun.applied()
    assert run.results()["apply"] == "failed"
    assert "no token for GitLab: PXM_GITLAB_TOKEN is not set" in run.log


def test_a_token_that_may_not_write_is_explained(begun: LabTeam) -> None:
    begun.secrets["PXM_GITLAB_TOKEN"] = READER
    pipeline = begun.planned(begun.open("name: Rain Jacket", "name: Rain Coat"))
    assert pipeline.results()["plan"] == "failed"
    assert "403: insufficient_scope" in pipeline.log
    assert "needs the role Reporter and the scope `api`" in pipeline.log


def test_drift_is_one_issue_that_opens_and_closes(begun: LabTeam) -> None:
    assert begun.watched().results() == {"drift": "success"}
    assert begun.lab.issues == []
    begun.edit("Rain Jacket", "Rain Hat")
    assert begun.watched().results() == {"drift": "success"}
    (issue,) = begun.lab.issues
    assert issue["labels"] == ["pxm-drift"]
    assert "Rain Hat" in issue["description"]
    writes = len(begun.lab.writes())
    assert "Drift issue: unchanged." in begun.watched().log
    assert len(begun.lab.writes()) == writes

    begun.edit("Wind Jacket", "Wind Hat")
    assert "Drift issue: edited." in begun.watched().log
    assert "Wind Hat" in issue["description"]
    begun.edit("Rain Hat", "Rain Jacket")
    begun.edit("Wind Hat", "Wind Jacket")
    assert "Drift issue: closed." in begun.watched().log
    assert issue["state"] == "closed"
    assert issue["words"][0].startswith("The catalog and the account match again")


def test_a_broken_catalog_is_told_at_its_lines_and_its_note_is_void(begun: LabTeam) -> None:
    number = begun.open("name: Rain Jacket", "nom: Rain Jacket")
    pipeline = begun.planned(number)
    assert pipeline.results() == {"validate": "failed", "plan": "failed"}
    text = pipeline.jobs["validate"].log
    entries = json.loads(text[text.index("[\n") :])
    assert {entry["location"]["path"] for entry in entries} == {"catalog/catalog.yaml"}
    (body,) = begun.lab.bodies(number)
    assert body.startswith("<!-- pxm-plan -->\n## ❌ No plan")
    git(begun.clone, "checkout", "--quiet", "main")
