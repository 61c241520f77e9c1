"""Drift that somebody takes over by a comment: the workflow, over a real remote (contract 8.4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.hub import PERSON
from tests.ci.team import Team, team
from tests.ci.workflows import Run, git

DONE = {"accept/accept": "success"}


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Team]:
    """A team whose catalog is applied, with a drift issue about two products."""
    with team(tmp_path) as made:
        made.begin()
        made.edit("Rain Jacket", "Rain Hat")
        made.edit("Wind Jacket", "Wind Hat")
        made.watched()
        yield made


def answers(crew: Team) -> list[str]:
    """What was answered, without the hidden first line."""
    return [body.split("\n", 1)[1] for body in crew.hub.bodies(crew.hub.issues[-1]["number"])]


def opened(crew: Team) -> list[int]:
    return sorted(crew.hub.pulls)


def on_branch(crew: Team, branch: str) -> str:
    """The catalog on a branch of the remote."""
    return git(crew.folder / "remote.git", "show", f"{branch}:catalog/catalog.yaml")


def refused(crew: Team, run: Run) -> str:
    """The one answer of a run that made nothing."""
    assert run.results() == DONE, run.log
    assert opened(crew) == []
    assert list(crew.branches()) == ["main"]
    (said,) = answers(crew)
    return said


def test_drift_is_taken_over_by_a_comment_and_its_issue_closes_after_the_merge(crew: Team) -> None:
    (issue,) = crew.hub.issues
    assert "### To settle (2)" in issue["body"]
    assert "- [ ] `collection/rain` Rain Jacket <!-- " in issue["body"]
    assert "comment `/accept all`" in issue["body"]
    state = crew.state()

    run = crew.asked("/accept collection/rain")

    assert run.results() == DONE, run.log
    (number,) = opened(crew)
    pull = crew.hub.pulls[number]
    assert pull["title"] == "Take over collection/rain from the account"
    assert pull["base"] == {"ref": "main"}
    assert "**1 object**" in pull["body"]
    assert "Rain Jacket" in pull["body"]
    assert "Rain Hat" in pull["body"]
    assert "Wind" not in pull["body"]
    assert (
        "⚠️ 1 other object drifts. **The plan of this pull request puts that back**" in pull["body"]
    )
    assert f"asked for by @ada ([where](https://github.example/acme/catalog/issues/{issue['number']}#" in pull["body"]  # fmt: skip
    branch = pull["head"]["ref"]
    taken = crew.taken(number)
    assert git(crew.clone, "diff", "--unified=0", "main", taken.branch).splitlines()[-2:] == [
        "-  - {key: rain, name: Rain Jacket, category: jackets}",
        "+  - {key: rain, name: Rain Hat, category: jackets}",
    ]
    assert git(crew.folder / "remote.git", "log", "--format=%s", "-1", branch) == pull["title"]
    (said,) = answers(crew)
    assert said.startswith(f"✅ #{number} takes over `collection/rain`.")
    assert "close and open it again" in said
    assert "- [x] `collection/rain` Rain Jacket <" in issue["body"]
    assert "- [ ] `collection/wind` Wind Jacket <" in issue["body"]
    assert crew.state() == state

    crew.hub.calls.clear()
    crew.watched()
    assert crew.hub.writes() == []

    planned = crew.planned(taken)
    assert planned.results()["plan/plan"] == "success", planned.log
    crew.merge(taken)
    applied = crew.applied()
    assert applied.results()["apply/apply"] == "success", applied.log
    # The plan that was reviewed puts back what nobody has accepted, as every plan does.
    assert {"Rain Hat", "Wind Jacket"} <= crew.names()
    crew.watched()
    assert issue["state"] == "closed"


def test_each_comment_has_a_branch_of_its_own(crew: Team) -> None:
    first, second = crew.asked("/accept collection/rain"), crew.asked("/accept collection/wind")

    assert first.results() == second.results() == DONE
    one, two = (crew.hub.pulls[number]["head"]["ref"] for number in opened(crew))
    assert "Rain Hat" in on_branch(crew, one)
    assert "Wind Hat" not in on_branch(crew, one)
    assert "Wind Hat" in on_branch(crew, two)
    for number in opened(crew):
        crew.merge(crew.taken(number))
    crew.applied()
    crew.watched()
    assert crew.hub.issues[-1]["state"] == "closed"


def test_a_run_by_hand_does_the_same(crew: Team) -> None:
    run = crew.dispatched("collection/rain collection/wind")

    assert run.results() == DONE, run.log
    (number,) = opened(crew)
    pull = crew.hub.pulls[number]
    assert pull["title"] == "Take over 2 objects from the account"
    assert f"of #{crew.hub.issues[-1]['number']}, asked for by @ada ([where]({run.url}))" in pull["body"]  # fmt: skip
    assert answers(crew) == []
    assert f"✅ #{number} takes over" in run.jobs["accept/accept"].summary
    assert crew.hub.issues[-1]["body"].count("- [x] ") == 2


# --- who opens the pull request -----------------------------------------------------------------


def test_a_token_of_its_own_opens_a_pull_request_that_is_planned(crew: Team) -> None:
    crew.runs.secrets = {**crew.runs.secrets, "PXM_PULL_TOKEN": "own"}
    crew.hub.tokens["own"] = {"pull-requests": "write"}
    crew.hub.users["own"] = {"login": "robot", "type": "User"}
    crew.hub.actions_may_open = False

    run = crew.asked("/accept all")

    assert run.results() == DONE, run.log
    (number,) = opened(crew)
    assert crew.hub.pulls[number]["user"]["login"] == "robot"
    assert "close and open it again" not in answers(crew)[0]


def test_an_app_opens_it_with_no_more_rights_than_that_takes(crew: Team) -> None:
    crew.runs.secrets = {**crew.runs.secrets, "PXM_APP_KEY": "key"}
    crew.runs.variables = {**crew.runs.variables, "PXM_APP_ID": "Iv1"}

    run = crew.asked("/accept all")

    assert run.results() == DONE, run.log
    (number,) = opened(crew)
    assert crew.hub.pulls[number]["user"]["login"] == "acme-pxm[bot]"
    assert {"contents": "read", "pull-requests": "write"} in crew.hub.tokens.values()


def test_where_no_workflow_may_open_one_the_answer_leads_to_the_page_that_does(crew: Team) -> None:
    crew.hub.actions_may_open = False

    run = crew.asked("/accept all")

    assert run.results() == DONE, run.log
    assert opened(crew) == []
    branch = next(name for name in crew.branches() if name != "main")
    assert "Wind Hat" in on_branch(crew, branch)
    (said,) = answers(crew)
    assert f"(https://github.example/acme/catalog/compare/main...{branch}?expand=1)" in said
    assert "not permitted" in said
    assert "- [x]" not in crew.hub.issues[-1]["body"]


# --- who may, and in which words ----------------------------------------------------------------


@pytest.mark.parametrize("permission", ["read", "none", ""])
def test_who_may_not_write_is_told_so_whatever_the_event_says_of_them(
    crew: Team, permission: str
) -> None:
    crew.hub.permissions["eve"] = permission

    said = refused(crew, crew.asked("/accept all", "eve"))

    assert said.startswith("🚫 @eve may not write to this repository, so nothing was done.")


def test_other_words_do_nothing_and_the_answer_says_which_would(crew: Team) -> None:
    texts = [
        "/accept collection/$(touch${IFS}hacked)",
        "/accept ::set-output/name=x::y ##[error]x",
        "/accept <!-- pxm-drift --> @everyone #1",
    ]

    for text in texts:
        run = crew.asked(text)
        assert run.results() == DONE, run.log
        assert not [line for line in run.log.splitlines() if line.startswith("::") or "##[" in line]

    said = answers(crew)
    assert [text.startswith("❓ Nothing was done: ") for text in said] == [True] * 3
    assert all("A comment is the command alone" in text for text in said)
    assert "is not spelled as a key is" in said[0].replace("`", "")
    assert "@everyone" not in said[2]
    assert opened(crew) == []
    assert list(crew.branches()) == ["main"]


def test_a_comment_that_is_not_for_us_starts_nothing(crew: Team) -> None:
    """Another issue, a pull request, an edit of a comment, another word."""
    issue = crew.hub.issues[-1]
    skipped = [
        crew.asked("I accept all"),
        crew.asked("/accept all", issue={**issue, "labels": []}),
        crew.asked("/accept all", issue={**issue, "pull_request": {"url": "x"}}),
    ]
    assert [run.results() for run in skipped] == [
        {"accept": "skipped"},
        {"accept/accept": "skipped"},
        {"accept/accept": "skipped"},
    ]
    left = [
        crew.asked("/acceptance is a virtue"),
        crew.asked("/accept all", action="edited"),
        crew.asked("/accept all", issue={**issue, "user": PERSON}),
        crew.asked("/accept all", issue={**issue, "body": "<!-- pxm-drift outlet -->"}),
    ]
    for run in left:
        assert run.results() == DONE, run.log
        assert "Not for us" in run.log
    assert opened(crew) == []
    assert answers(crew) == []


# --- what there is to take over -----------------------------------------------------------------


def test_what_does_not_drift_is_named_and_the_rest_is_taken_over(crew: Team) -> None:
    run = crew.asked("/accept collection/rain collection/snow collection/sleet")

    assert run.results() == DONE, run.log
    (number,) = opened(crew)
    (said,) = answers(crew)
    assert said.startswith(f"✅ #{number} takes over `collection/rain`.")
    plain = said.replace("`", "")
    assert "- collection/snow does not drift: the account has it as it was left\n" in plain
    assert "- collection/sleet is not in the catalog\n" in plain
    assert "collection/sleet is not in the catalog" in crew.hub.pulls[number]["body"].replace("`", "")  # fmt: skip


def test_where_nothing_drifts_any_more_the_answer_says_so(crew: Team) -> None:
    crew.edit("Rain Hat", "Rain Jacket")
    crew.edit("Wind Hat", "Wind Jacket")
    assert "Nothing drifts" in refused(crew, crew.asked("/accept all"))


def test_what_the_catalog_says_already_needs_no_pull_request(crew: Team) -> None:
    crew.merge(crew.open(crew.edited("name: Rain Jacket", "name: Rain Hat")))
    crew.hub.pulls.clear()

    said = refused(crew, crew.asked("/accept collection/rain"))

    assert "The catalog says already what the account has" in said.replace("`", "")


# --- run again ----------------------------------------------------------------------------------


def test_a_run_that_is_run_again_makes_no_second_pull_request(crew: Team) -> None:
    crew.asked("/accept all", id_=77)
    before = crew.branches()
    again = crew.asked("/accept all", id_=77)

    assert again.results() == DONE, again.log
    assert len(opened(crew)) == 1
    assert crew.branches() == before
    (said,) = answers(crew)
    assert said.startswith(f"✅ #{opened(crew)[0]} is the pull request of this comment.")


def test_a_branch_on_which_somebody_has_worked_is_never_pushed_to(crew: Team) -> None:
    crew.hub.actions_may_open = False
    crew.asked("/accept all", id_=77)
    git(crew.clone, "fetch", "--quiet", "origin", "pxm-accept-77:mine")
    git(crew.clone, "checkout", "--quiet", "mine")
    crew.write({"catalog/note.txt": "mine"}, "Mine")
    git(crew.clone, "push", "--quiet", "origin", "mine:pxm-accept-77")
    git(crew.clone, "checkout", "--quiet", "main")
    before = crew.branches()

    again = crew.asked("/accept all", id_=77)

    assert again.results() == DONE, again.log
    assert crew.branches() == before
    assert "which is left as it is" in answers(crew)[0]


def test_an_old_run_that_is_run_again_edits_no_old_catalog(crew: Team) -> None:
    crew.write({"catalog/more.yaml": "categories: [{key: hats, name: Hats}]\n"}, "More")
    newest = git(crew.clone, "rev-parse", "HEAD")
    git(crew.clone, "push", "--quiet", "origin", "main")
    git(crew.clone, "update-ref", "refs/heads/main", "main~1")
    git(crew.clone, "reset", "--quiet", "--hard")

    said = refused(crew, crew.asked("/accept all"))

    assert f"commit {newest[:12]} has changed the catalog since" in said.replace("`", "")


def test_a_run_that_fails_says_so_in_its_answer(crew: Team) -> None:
    crew.write({"catalog/more.yaml": "categories: [{key: hats}]\n"}, "A fault")
    git(crew.clone, "push", "--quiet", "origin", "main")

    run = crew.asked("/accept all")

    assert run.results() == {"accept/accept": "failure"}
    (said,) = answers(crew)
    assert said.startswith("❌ Nothing was done: the catalog has")
    assert run.url in said


# --- boxes --------------------------------------------------------------------------------------


def test_a_box_stays_ticked_until_its_object_drifts_otherwise(crew: Team) -> None:
    issue = crew.hub.issues[-1]
    issue["body"] = issue["body"].replace("- [ ] ", "- [x] ")
    crew.hub.calls.clear()
    crew.watched()
    assert crew.hub.writes() == []

    crew.edit("Rain Hat", "Rain Cap")
    crew.watched()
    assert "- [ ] `collection/rain` Rain Jacket <" in issue["body"]
    assert "- [x] `collection/wind` Wind Jacket <" in issue["body"]


def test_without_a_workflow_that_listens_no_command_is_offered(tmp_path: Path) -> None:
    with team(tmp_path) as made:
        made.write({".github/workflows/catalog-accept.yml": None}, "Not here")
        git(made.clone, "push", "--quiet", "origin", "main")
        made.begin()
        made.edit("Rain Jacket", "Rain Hat")
        made.watched()
        body = made.hub.issues[-1]["body"]
        assert "- [ ] `collection/rain`" in body
        assert "/accept" not in body
