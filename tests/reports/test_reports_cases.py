"""Realistic plans, and the comments that pull requests show of them (contract 8.1)."""

from pathlib import Path

import pytest

from reconciler.cli.planning import read_plan
from reconciler.reports.github import plan_comment
from reconciler.reports.site import Picture, Site

FOLDER = Path(__file__).parents[1] / "cases" / "reports"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
RUN = "https://github.example/acme/catalog/actions/runs/1"
COMMIT = "4f1c0de2a7b95e3d" * 2 + "00000000"
BLOB = f"https://github.example/acme/catalog/blob/{COMMIT}/catalog"


def comment(case: str) -> str:
    """The comment on a pull request with the plan of a case."""
    plan = read_plan(FOLDER / case / "plan.json")
    pictures = {
        change.ref: (
            Picture("before", "tent.jpg", f"{BLOB}/{change.inside}?raw=true"),
            Picture("after", "tent.jpg", f"{BLOB}/{change.inside}?raw=true"),
        )
        for change in plan.changes
        if change.inside
    }
    return plan_comment(plan, None, COMMIT, RUN, "", Site(BLOB, f"{RUN}/artifacts/2", pictures))


@pytest.mark.parametrize("case", CASES)
def test_a_realistic_pull_request_shows_this(case: str) -> None:
    assert comment(case) == (FOLDER / case / "comment.md").read_text(encoding="utf-8")


def test_the_cases_are_all_there() -> None:
    assert CASES == ["deletes-over-the-limit", "five-edits", "option-rename", "subtree-move"]


if __name__ == "__main__":
    for name in CASES:
        (FOLDER / name / "comment.md").write_text(comment(name), encoding="utf-8")
