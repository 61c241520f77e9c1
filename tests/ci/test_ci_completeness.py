"""What a pull request makes of the completeness: the base's catalog out of git (contract 8.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.ci.completeness import difference
from reconciler.cli.ci.runner import GITLAB, Runner
from reconciler.cli.settings import Settings
from reconciler.reports.github import digest_of
from tests.ci.team import FAST, team
from tests.ci.workflows import git

RULES = "rules:\n  - {require: [color]}\n"
HEAD = """
categories:
  - {key: jackets, name: Jackets}
  - {key: hats, name: Hats}
attributes:
  - {key: color, label: Color, type: Text}
collections:
"""


def product(key: str, category: str, color: str = "") -> str:
    values = f", attributes: {{color: {color}}}" if color else ""
    return f"  - {{key: {key}, name: {key}, category: {category}{values}}}\n"


BARE = (
    HEAD
    + product("parka", "jackets")
    + product("cape", "jackets", "Red")
    + product("cap", "hats", "Red")
)
BETTER = BARE.replace(product("parka", "jackets"), product("parka", "jackets", "Blue"))


def commit(folder: Path, words: str, **files: str) -> str:
    """A commit of these files of the catalog; its hash."""
    (folder / "catalog").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "catalog" / f"{name}.yaml").write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", words)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a catalog on main."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "one", a=BARE, reconciler=RULES)
    return folder


def merged(folder: Path, **files: str) -> None:
    """What is checked out for a pull request: GitHub's merge of it into main."""
    git(folder, "checkout", "--quiet", "-b", "change")
    commit(folder, "two", **files)
    git(folder, "checkout", "--quiet", "--detach", "main")
    git(folder, "merge", "--quiet", "--no-ff", "--message", "Merge", "change")


def told(folder: Path, base: str = "", env: str | None = None) -> str:
    runner = Runner("o/r", number=1, base=base)
    return difference(Settings(catalog=folder / "catalog", env=env), runner)


JACKETS = "| Jackets | 50 % | 1 of 2 | 100 % | 2 of 2 |\n"


def test_a_merge_is_held_against_its_first_parent(repository: Path) -> None:
    merged(repository, a=BETTER)

    assert told(repository) == (
        "### ✅ Completeness: 66 % → 100 %\n\n3 of 3 objects keep the rule.\n\n"
        "| Category | Before | | After | |\n| --- | ---: | ---: | ---: | ---: |\n" + JACKETS
    )
    assert git(repository, "status", "--porcelain") == ""


def test_a_change_that_moves_nothing_says_so(repository: Path) -> None:
    merged(repository, b="categories: [{key: new, name: New}]\n")

    assert told(repository) == (
        "### ⚠️ Completeness: 66 %, as before\n\n2 of 3 objects keep the rule.\n"
    )


def test_the_head_of_a_branch_is_held_against_where_it_left_its_base(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "change")
    commit(repository, "two", a=BETTER)
    git(repository, "checkout", "--quiet", "main")
    later = commit(repository, "three", a=BARE + product("hat", "hats"))
    git(repository, "checkout", "--quiet", "change")

    assert JACKETS in told(repository, later)
    assert "Hats" not in told(repository, later)


def test_on_gitlab_a_branch_that_took_in_its_target_is_held_against_that(repository: Path) -> None:
    """What is checked out there is the branch: its last commit may be a merge of its own."""
    git(repository, "checkout", "--quiet", "-b", "change")
    commit(repository, "two", a=BETTER)
    git(repository, "checkout", "--quiet", "main")
    later = commit(repository, "three", b="categories: [{key: new, name: New}]\n")
    git(repository, "checkout", "--quiet", "change")
    git(repository, "merge", "--quiet", "--no-ff", "--message", "Take in main", "main")

    runner = Runner("42", host=GITLAB, number=1, base=later)
    assert JACKETS in difference(Settings(catalog=repository / "catalog"), runner)
    lost = Runner("42", host=GITLAB, number=1, base="5" * 40)
    said = difference(Settings(catalog=repository / "catalog"), lost)
    assert 'Give the job `variables: {GIT_DEPTH: "0"}`.' in said


def test_a_rule_that_is_new_holds_for_both_sides(repository: Path) -> None:
    merged(repository, reconciler=RULES + "  - {require: [additional_title], under: hats}\n")

    assert told(repository) == (
        "### ⚠️ Completeness: 33 %, as before\n\n1 of 3 objects keep every one of 2 rules. "
        "The rules change as well (1 new or changed: 1 object looked at, 1 breaking them); "
        "the catalog as it was is held against the new ones.\n"
    )


def test_a_rule_for_a_category_that_is_new_looked_at_nothing_before(repository: Path) -> None:
    more = BARE.replace("attributes:\n", "  - {key: socks, name: Socks}\nattributes:\n", 1)
    merged(
        repository,
        a=more + product("sock", "socks"),
        reconciler="rules:\n  - {require: [color], under: socks}\n",
    )

    assert "| Socks | – |  | 0 % | 0 of 1 |" in told(repository)


def test_a_first_catalog_was_not_there_before(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "readme").write_text("none yet")
    git(tmp_path, "add", "readme")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    merged(tmp_path, a=BETTER, reconciler=RULES)

    assert "| Jackets | – |  | 100 % | 2 of 2 |" in told(tmp_path)


def test_a_catalog_at_the_top_of_its_repository_has_a_base_too(repository: Path) -> None:
    home = repository / "catalog"
    git(repository, "rm", "-r", "--quiet", "--cached", ".")
    git(home, "init", "--quiet", "--initial-branch=main")
    git(home, "add", "--all")
    git(home, "commit", "--quiet", "--message", "one")
    (home / "a.yaml").write_text(BETTER)
    before = git(home, "rev-parse", "HEAD")
    git(home, "commit", "--quiet", "--all", "--message", "two")

    assert JACKETS in told(repository, before)


def test_a_shallow_checkout_says_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    merged(repository, a=BETTER)
    base = git(repository, "rev-parse", "main")
    git(repository, "checkout", "--quiet", "-b", "merge")
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--depth=1",
        "--branch=merge",
        f"file://{repository}",
        "shallow",
    )
    shown = told(tmp_path / "shallow", base)

    assert shown.startswith("### ✅ Completeness: 100 %\n")
    assert "fetch-depth" in shown


def test_without_git_it_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "a.yaml").write_text(BARE)
    (tmp_path / "catalog" / "reconciler.yaml").write_text(RULES)

    assert "What it was before cannot be told" in told(tmp_path)


def test_without_rules_nothing_is_said(repository: Path) -> None:
    merged(repository, reconciler="prune: managed\n")

    assert told(repository) == ""


def test_a_broken_catalog_is_compared_as_far_as_it_can_be_read(repository: Path) -> None:
    merged(repository, a=BETTER, b="collections: [\n")

    assert JACKETS in told(repository)


def test_links_of_the_base_are_not_followed(repository: Path) -> None:
    (repository / "catalog" / "b.yaml").symlink_to("{collections: [{key: evil, name: Evil}]}")
    commit(repository, "a link")
    (repository / "catalog" / "b.yaml").unlink()
    git(repository, "commit", "--quiet", "--all", "--message", "no link")
    link = git(repository, "rev-parse", "HEAD^")

    assert "as before" in told(repository, link)


def test_environments_that_are_alike_are_told_once(repository: Path) -> None:
    environments = "environments: {staging: {state: a}, production: {state: b}}\n"
    merged(repository, a=BETTER, reconciler=RULES + environments)

    assert told(repository).count("Completeness") == 1
    assert told(repository, env="staging") == told(repository)


def test_the_comment_and_the_summary_tell_it(tmp_path: Path) -> None:
    with team(tmp_path) as crew:
        files = {"catalog/catalog.yaml": BARE, "catalog/reconciler.yaml": FAST + RULES}
        crew.write(files, "A catalog with rules, which is not complete")
        git(crew.clone, "push", "--quiet", "origin", "main")
        warned = FAST + RULES.replace("}", ", level: warning}")
        pull = crew.open({"catalog/catalog.yaml": BETTER, "catalog/reconciler.yaml": warned})
        run = crew.planned(pull)
        [body] = crew.hub.bodies(pull.number)

        assert "### ✅ Completeness: 66 % → 100 %" in body
        assert JACKETS in body
        assert digest_of(body) is not None
        assert JACKETS in run.jobs["plan/validate"].summary


def test_what_is_missing_is_told_where_it_stops_the_plan(tmp_path: Path) -> None:
    with team(tmp_path) as crew:
        files = {"catalog/catalog.yaml": BETTER, "catalog/reconciler.yaml": FAST + RULES}
        crew.write(files, "A catalog with rules")
        git(crew.clone, "push", "--quiet", "origin", "main")
        pull = crew.open({"catalog/catalog.yaml": BARE})
        run = crew.planned(pull)

        assert run.results()["plan/validate"] == "failure"
        assert "| Jackets | 100 % | 2 of 2 | 50 % | 1 of 2 |" in run.jobs["plan/validate"].summary
