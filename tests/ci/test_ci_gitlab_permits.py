"""Which plan files count on GitLab, and why another does not (contract 8.4)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.api.rest import GITLAB, Rest
from reconciler.cli.ci import permits
from reconciler.cli.ci.forge import MOST_ARCHIVE
from reconciler.cli.ci.gitlab import GitLab, inert
from reconciler.cli.ci.labels import put_labels
from reconciler.cli.ci.permits import Wanted
from reconciler.cli.ci.runner import Runner
from reconciler.errors import BadAnswer, StatusError
from tests.ci.hub import zipped
from tests.ci.lab import BOT, FORK, PERSON, PROJECT, READER, TOKEN, Lab, serving
from tests.ci.test_ci_permits import HERE, OTHER, PLAN, SHA, TEXT, comment

MERGED = "5" * 40
WANTED = Wanted(None, "", HERE)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with serving() as made:
        made.merge_requests[7] = {
            "iid": 7, "state": "merged", "merged_at": "2026-01-01T00:00:00.000Z", "sha": SHA,
            "target_branch": "main", "source_project_id": PROJECT, "target_project_id": PROJECT,
            "changes_count": "1", "labels": ["urgent", "pxm:refused"],
        }  # fmt: skip
        made.of_commit[SHA] = [7]
        made.diffs[7] = [{"new_path": "catalog/a.yaml", "old_path": "catalog/a.yaml"}]
        made.pipelines.append(pipeline())
        made.put_artifacts(101, "pxm-plan", zipped({"plan.json": TEXT, "plan.html": "x"}))
        made.note(7, comment())
        yield made


def pipeline(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": 100 + number, "of": 7, "sha": SHA, "project_id": PROJECT,
        "source": "merge_request_event", **other,
    }  # fmt: skip


def collected(lab: Lab, folder: Path, wanted: Wanted = WANTED) -> str:
    """Why the plan of merge request 7 does not count; empty where it does."""
    with Rest(GITLAB, f"{lab.url}/api/v4", TOKEN) as rest:
        forge = GitLab(rest, str(PROJECT))
        (found,) = permits.collect(forge, Runner("42", branch="main"), wanted, [SHA], folder)
    if found.file:
        assert (folder / found.file).read_text() == TEXT
    return found.why


def test_what_reviewers_saw_counts(lab: Lab, tmp_path: Path) -> None:
    lab.most_per_page = 1
    lab.put_artifacts(101, "artifacts", zipped({"x": ""}))
    assert collected(lab, tmp_path) == ""


def _merge_request(**other: Any) -> Callable[[Lab], None]:
    return lambda lab: lab.merge_requests[7].update(other)


def _note(body: str, author: dict[str, Any] = BOT, **other: Any) -> Callable[[Lab], None]:
    def change(lab: Lab) -> None:
        lab.notes.clear()
        lab.note(7, body, author).update(other)

    return change


def _diff(new: str, old: str = "") -> Callable[[Lab], None]:
    return lambda lab: lab.diffs[7].append({"new_path": new, "old_path": old or new})


def _pipeline(**other: Any) -> Callable[[Lab], None]:
    return lambda lab: lab.pipelines[0].update(other)


def _artifacts(name: str, content: bytes | None, **other: Any) -> Callable[[Lab], None]:
    def change(lab: Lab) -> None:
        lab.jobs.clear()
        lab.put_artifacts(101, name, content)["artifacts_file"].update(other)

    return change


def _two(parents: list[str]) -> Callable[[Lab], None]:
    def change(lab: Lab) -> None:
        lab.pipelines[0]["sha"] = MERGED
        lab.parents[MERGED] = parents

    return change


NO_PLAN = "no plan was made of its last commit"
NO_DIGEST = "no comment on it shows the digest of a plan"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_merge_request(source_project_id=FORK), "it comes from a fork, whose plan was made against a sandbox"),
        (_merge_request(source_project_id=None), "it comes from a fork, whose plan was made against a sandbox"),
        (_note(comment(OTHER)), "its plan file is not the one that the comment on it shows"),
        (_note(comment(), PERSON), NO_DIGEST),
        (_note(comment(), system=True), NO_DIGEST),
        (_diff(".gitlab-ci.yml"), "it changes .gitlab-ci.yml, and so perhaps what made its plan"),
        (_diff("ci/x.txt", "ci/x.yaml"), "it changes ci/x.yaml, and so perhaps what made its plan"),
        (_merge_request(changes_count="1000+"), "it changes 1,000 files or more, and not all of them are listed"),
        (_pipeline(source="push"), NO_PLAN),
        (_pipeline(project_id=FORK), NO_PLAN),
        (_pipeline(sha="2" * 40), NO_PLAN),
        (_two([SHA]), NO_PLAN),
        (_two([SHA, "2" * 40]), NO_PLAN),
        (_artifacts("artifacts", zipped({"plan.json": TEXT})), "the pipeline of its last commit left no artifacts named pxm-plan"),
        (_artifacts("pxm-plan", None), "its plan file has expired"),
        (_artifacts("pxm-plan", b"x"), "its artifact cannot be read: File is not a zip file"),
        (_artifacts("pxm-plan", b"x", size=MOST_ARCHIVE + 1), "its plan file is too large: 67,108,865 bytes, at most 67,108,864 are read"),
    ],
)  # fmt: skip
def test_what_they_did_not_see_does_not_count(
    change: Callable[[Lab], None], why: str, lab: Lab, tmp_path: Path
) -> None:
    change(lab)
    assert collected(lab, tmp_path) == why


def test_a_pipeline_of_the_merged_result_counts(lab: Lab, tmp_path: Path) -> None:
    _two(["2" * 40, SHA])(lab)
    assert collected(lab, tmp_path) == ""


def test_the_newest_pipeline_counts(lab: Lab, tmp_path: Path) -> None:
    lab.pipelines.append(pipeline(2))
    lab.put_artifacts(102, "pxm-plan", zipped({"plan.json": TEXT.replace('"B"', '"C"')}))
    assert collected(lab, tmp_path).startswith("its plan file cannot be used")


def test_files_beside_the_catalog_say_nothing_of_the_plan(lab: Lab, tmp_path: Path) -> None:
    _diff("README.md")(lab)
    _diff("shop/catalog/x.yaml")(lab)
    assert collected(lab, tmp_path).startswith("it changes shop/catalog/x.yaml")
    # At the top of its repository nobody can tell the catalog from what the pipeline includes.
    lab.diffs[7].pop()
    assert collected(lab, tmp_path) == ""
    top = Wanted(None, "", HERE, catalog="")
    assert collected(lab, tmp_path, top).startswith("it changes catalog/a.yaml")


def test_artifacts_that_cannot_be_fetched_are_no_plan(lab: Lab, tmp_path: Path) -> None:
    lab.storage_works = False
    assert collected(lab, tmp_path) == "its plan file cannot be fetched: 410: gone"


def test_without_knowing_who_we_are_no_note_is_ours(lab: Lab, tmp_path: Path) -> None:
    lab.me = {}
    lab.notes[7][0]["author"] = {}
    with pytest.raises(BadAnswer, match="the user has no id"):
        collected(lab, tmp_path)


def test_labels_are_set_and_taken_away(lab: Lab) -> None:
    with Rest(GITLAB, f"{lab.url}/api/v4", TOKEN) as rest:
        assert put_labels(GitLab(rest, "42"), 7, PLAN, None) == "none"
        assert lab.merge_requests[7]["labels"] == ["urgent"]
        assert put_labels(GitLab(rest, "42"), 7, OTHER, None) == "pxm:no-changes"
    assert lab.merge_requests[7]["labels"] == ["urgent", "pxm:no-changes"]
    with Rest(GITLAB, f"{lab.url}/api/v4", READER) as rest:
        said = put_labels(GitLab(rest, "42"), 7, PLAN, None)
    assert said.startswith("not set: 403: insufficient_scope. PXM_GITLAB_TOKEN needs")


def test_a_job_token_is_told_which_token_is_needed(lab: Lab) -> None:
    with (
        Rest(GITLAB, f"{lab.url}/api/v4", "job-token") as rest,
        pytest.raises(StatusError) as error,
    ):
        GitLab(rest, "42").pull(7)
    assert error.value.message == "401: 401 Unauthorized"
    assert "another project access token" in error.value.hint


def test_no_line_of_a_note_is_an_order() -> None:
    assert inert("a\n/merge\n  /close\na /b\n// x\n") == "a\n&#47;merge\n  &#47;close\na /b\n// x\n"


def test_a_shallow_history_is_asked_of_the_server(lab: Lab) -> None:
    lab.base_of = lambda first, second: first if second == "head" else ""
    with Rest(GITLAB, f"{lab.url}/api/v4", TOKEN) as rest:
        assert GitLab(rest, "42").contains("old", "head")
        lab.base_of = lambda *_: "other"
        assert not GitLab(rest, "42").contains("old", "head")
