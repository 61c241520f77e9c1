"""The whole flow as a team lives it: our workflows, run step by step (contract 8.4)."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from reconciler.reports.digest import digest
from reconciler.reports.github import digest_of
from reconciler.reports.planform import filled
from reconciler.sandbox import Options, Sandbox
from tests.ci.hub import PERSON, zipped
from tests.ci.team import CATALOG, FAST, PLANNED, Team, team
from tests.ci.workflows import ROOT, Run, git

APPROVAL = "pxm-approval"
OURS = ROOT / ".github" / "workflows"
ALL = {"Rain Jacket", "Hail Jacket", "Snow Jacket", "Wind Jacket"}


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Team]:
    with team(tmp_path) as made:
        yield made


@pytest.fixture
def begun(crew: Team) -> Team:
    """A team whose first catalog is applied."""
    crew.begin()
    return crew


def plan_in(crew: Team, run: Run, name: str = "pxm-plan") -> dict[str, object]:
    (item,) = [i for i in crew.hub.artifacts if (i["run"], i["name"]) == (run.id, name)]
    with ZipFile(BytesIO(item["content"])) as archive:
        assert archive.namelist() == ["plan.json"]
        found: dict[str, object] = json.loads(archive.read("plan.json"))
    return found


def test_the_first_run_waits_for_approval_and_starts_the_state(crew: Team) -> None:
    run = crew.applied()

    assert run.results() == {
        "plan": "skipped",
        "apply/apply": "success",
        "apply/approved": "waiting",
    }
    assert crew.names() == set()
    assert (
        "What no reviewed plan permits was planned anew and waits"
        in run.jobs["apply/apply"].summary
    )
    assert "the commit came by no pull request" in run.jobs["apply/apply"].summary

    run.approve(APPROVAL)
    assert run.results()["apply/approved"] == "success", run.log
    assert crew.names() == ALL
    assert "Converged: 0 changes remain." in run.log
    assert crew.state() == "applied, converged: 5 created"


def test_a_pull_request_has_one_comment_with_the_digest_of_its_plan(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    first = begun.planned(pull)

    assert {name: first.results()[name] for name in PLANNED} == dict.fromkeys(PLANNED, "success"), (
        first.log
    )
    assert first.results()["plan/sandbox"] == "skipped"
    (body,) = begun.hub.bodies(pull.number)
    assert body.startswith("<!-- pxm-plan -->\n## ")
    assert "**1** to update" in body
    assert digest_of(body) == plan_in(begun, first)["digest"]
    assert first.url in body
    assert begun.names() == ALL

    begun.push(pull, begun_again(begun))
    second = begun.planned(pull)
    (again,) = begun.hub.bodies(pull.number)
    assert "**2** to update" in again
    assert digest_of(again) == plan_in(begun, second)["digest"]
    assert "Plan" in second.jobs["plan/plan"].summary


def begun_again(crew: Team) -> dict[str, str | None]:
    both = crew.catalog().replace("Rain Jacket", "Rain Coat").replace("Wind Jacket", "Wind Coat")
    return {"catalog/catalog.yaml": both}


def test_what_was_reviewed_is_applied_when_it_is_merged(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    begun.merge(pull)
    run = begun.applied()

    assert run.results() == {
        "plan": "skipped",
        "apply/apply": "success",
        "apply/approved": "skipped",
    }, run.log
    assert f"Pull request {pull.number}: its plan counts." in run.log
    assert begun.names() >= {"Rain Coat", "Wind Jacket"}
    reviewed, told = begun.hub.bodies(pull.number)
    assert "**Merging applies this plan**" in reviewed
    assert told == (
        "<!-- pxm-apply -->\n## ✅ Applied\n\n"
        f"**1** made, by [this run]({run.url}). The receipt is [among its artifacts]"
        f"({run.url}#artifacts).\n"
    )
    assert "Apply: converged" in run.jobs["apply/apply"].summary
    assert any(item["name"] == "pxm-receipt-apply" for item in begun.hub.artifacts)


def test_two_merges_one_after_the_other_are_applied_by_the_second_run(begun: Team) -> None:
    """GitHub drops the first run while it waits for its turn."""
    one = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(one)
    two = begun.open(begun.edited("name: Wind Jacket", "name: Wind Coat"))
    begun.planned(two)
    begun.merge(one)
    begun.merge(two)
    run = begun.applied()

    assert run.results()["apply/approved"] == "skipped", run.log
    assert begun.names() >= {"Rain Coat", "Wind Coat"}
    assert (
        f"Pull request {one.number}: its plan counts.\nPull request {two.number}: its plan counts."
        in run.log
    )


def test_a_plan_that_no_longer_permits_waits_and_the_pull_request_says_so(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    begun.edit("Rain Jacket", "Rain Hat")
    begun.merge(pull)
    run = begun.applied()

    assert run.results()["apply/approved"] == "waiting", run.log
    assert begun.names() >= {"Rain Hat", "Wind Jacket"}
    _, told = begun.hub.bodies(pull.number)
    assert told.startswith("<!-- pxm-apply -->\n## ⏸️ Waits for approval")
    assert f"[review and approve it]({run.url})" in told
    assert "is not as it was reviewed" in told

    run.approve(APPROVAL)
    assert run.results()["apply/approved"] == "success", run.log
    assert begun.names() >= {"Rain Coat", "Wind Jacket"}
    _, told = begun.hub.bodies(pull.number)
    assert told.startswith("<!-- pxm-apply -->\n## ✅ Applied")


def test_an_approval_that_a_later_merge_has_overtaken_writes_nothing(begun: Team) -> None:
    git(begun.clone, "checkout", "--quiet", "main")
    begun.write(begun.edited("name: Rain Jacket", "name: Rain Coat"), "Pushed past review")
    git(begun.clone, "push", "--quiet", "origin", "main")
    old = begun.applied()
    assert old.results()["apply/approved"] == "waiting"
    begun.write(begun.edited("name: Rain Coat", "name: Rain Hat"), "And again")
    git(begun.clone, "push", "--quiet", "origin", "main")

    newest = git(begun.clone, "rev-parse", "main")
    told = f"Nothing was sent: commit {newest[:12]} has changed the catalog since"
    old.approve(APPROVAL)
    assert old.results()["apply/approved"] == "success"
    assert told in old.log
    assert told in old.jobs["apply/approved"].summary
    assert begun.names() == ALL


def test_an_old_apply_that_is_run_again_does_not_undo_a_later_revert(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    old = begun.merge(pull)
    begun.applied()
    back = begun.open(begun.edited("name: Rain Coat", "name: Rain Jacket"))
    begun.planned(back)
    begun.merge(back)
    newest = begun.latest("main", "catalog")
    begun.applied()
    assert begun.names() == ALL
    state = begun.state()

    for _ in range(2):
        run = begun.applied(sha=old)
        assert run.results()["apply/apply"] == "success", run.log
        assert run.results()["apply/approved"] == "skipped"
        assert f"Nothing was sent: commit {newest[:12]} has changed the catalog since" in run.log
        assert begun.names() == ALL
    assert begun.state() == state
    assert len(begun.hub.bodies(pull.number)) == 2


def test_a_merge_that_waits_its_turn_leaves_its_work_to_the_one_behind_it(begun: Team) -> None:
    one = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(one)
    two = begun.open(begun.edited("name: Wind Jacket", "name: Wind Coat"))
    begun.planned(two)
    first = begun.merge(one)
    begun.merge(two)

    early = begun.applied(sha=first)
    assert early.results()["apply/apply"] == "success", early.log
    assert begun.names() == ALL
    late = begun.applied()
    assert late.results()["apply/approved"] == "skipped", late.log
    assert begun.names() >= {"Rain Coat", "Wind Coat"}


def test_a_commit_that_comes_while_the_lock_is_waited_for_is_seen(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    begun.merge(pull)
    asked: list[str] = []

    def latest(branch: str, path: str) -> str:
        asked.append(path)
        return begun.latest(branch, path) if len(asked) == 1 else "9" * 40

    begun.hub.latest_of = latest
    run = begun.applied()
    assert run.results()["apply/apply"] == "success", run.log
    assert "Nothing was sent: commit 999999999999 has changed the catalog since" in run.log
    assert asked == ["catalog", "catalog"]
    assert begun.names() == ALL


def test_a_later_commit_of_something_else_holds_nothing_up(begun: Team) -> None:
    """Even where the checkout is shallow, and so lacks the catalog's own last commit."""
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    merged = begun.merge(pull)
    git(begun.clone, "checkout", "--quiet", "main")
    begun.write({"README.md": "A catalog.\n"}, "Something else")
    git(begun.clone, "push", "--quiet", "origin", "main")
    run = begun.applied(sha=merged)
    assert "Nothing was sent" not in run.log
    assert begun.names() >= {"Rain Coat"}

    begun.edit("Rain Coat", "Rain Hat")
    assert begun.watched().results() == {"drift/drift": "success"}
    assert len(begun.hub.issues) == 1
    assert any("/compare/" in path for _, path in begun.hub.calls)


def test_an_old_plan_that_is_run_again_leaves_the_newer_comment(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    older = dict(begun.hub.pulls[pull.number], head=dict(begun.hub.pulls[pull.number]["head"]))
    begun.planned(pull)
    begun.push(pull, begun_again(begun))
    begun.planned(pull)
    (shown,) = begun.hub.bodies(pull.number)
    newest = begun.hub.pulls[pull.number]["head"]["sha"]

    again = begun.planned(pull, known=older)
    assert again.results()["plan/plan"] == "success", again.log
    assert f"left as it is, commit {newest[:12]} is newer" in again.log
    assert begun.hub.bodies(pull.number) == [shown]


def test_a_plan_that_is_run_again_after_the_merge_is_not_what_was_reviewed(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    (shown,) = begun.hub.bodies(pull.number)
    begun.merge(pull)
    begun.edit("Wind Jacket", "Wind Hat")
    begun.edit("Rain Jacket", "Rain Hat")

    again = begun.planned(pull)
    assert "left as it is, it was merged" in again.log
    assert begun.hub.bodies(pull.number) == [shown]


def test_an_old_night_that_is_run_again_leaves_the_drift_issue(begun: Team) -> None:
    old = git(begun.clone, "rev-parse", "main")
    begun.edit("Rain Jacket", "Rain Hat")
    begun.watched()
    (issue,) = begun.hub.issues
    git(begun.clone, "checkout", "--quiet", "main")
    begun.write(begun.edited("name: Wind Jacket", "name: Wind Coat"), "Pushed past review")
    git(begun.clone, "push", "--quiet", "origin", "main")
    begun.edit("Rain Hat", "Rain Jacket")

    again = begun.watched(sha=old)
    assert again.results() == {"drift/drift": "success"}
    assert "Drift issue: left as it is. Nothing was sent: commit " in again.log
    assert begun.hub.issues == [issue]
    assert issue["state"] == "open"


def forged(crew: Team, run: Run) -> bytes:
    """The plan with another name in it, and the digest that goes with that."""
    file = plan_in(crew, run)
    text = json.dumps(file).replace("Rain Coat", "Rain Hat")
    changed = json.loads(text)
    reviewed = {"regions": changed["account"]["regions"]} | {
        name: changed[name] for name in ("environment", "targets", "new_state")
    }
    reviewed["changes"] = list(map(filled, changed["changes"]))
    return zipped({"plan.json": json.dumps({**changed, "digest": digest(reviewed)})})


def test_a_forged_plan_permits_nothing(begun: Team) -> None:
    """In place of the reviewed one, and as the artifact of another workflow's run."""
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    run = begun.planned(pull)
    git(begun.clone, "checkout", "--quiet", pull.branch)
    begun.hub.put_artifact(run.id, "pxm-plan", forged(begun, run))
    begun.merge(pull)
    after = begun.applied()

    assert after.results()["apply/approved"] == "waiting", after.log
    assert (
        "its plan file is not the one that the comment on it shows"
        in begun.hub.bodies(pull.number)[1]
    )
    assert begun.names() == ALL


def test_a_pull_request_that_changes_a_workflow_permits_nothing(begun: Team) -> None:
    files = begun.edited("name: Rain Jacket", "name: Rain Coat")
    pull = begun.open({**files, ".github/workflows/other.yml": "name: Other\n"})
    begun.planned(pull)
    begun.merge(pull)
    run = begun.applied()

    assert run.results()["apply/approved"] == "waiting", run.log
    assert "it changes" in begun.hub.bodies(pull.number)[1]


def test_a_comment_that_somebody_forged_is_passed_over(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.hub.comment(pull.number, "<!-- pxm-plan -->\nmine", PERSON)
    begun.planned(pull)

    theirs, ours = begun.hub.bodies(pull.number)
    assert theirs == "<!-- pxm-plan -->\nmine"
    assert "**1** to update" in ours


def test_a_fork_is_planned_against_a_sandbox_and_its_merge_waits(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"), fork=True)
    run = begun.planned(pull)

    assert run.results() == {
        "plan/validate": "success", "plan/plan": "skipped", "plan/sandbox": "success", "apply": "skipped"
    }, run.log  # fmt: skip
    assert begun.hub.calls == []
    assert begun.hub.bodies(pull.number) == []
    summary = run.jobs["plan/sandbox"].summary
    assert "**1** to update" in summary
    assert "Rain Jacket" in summary
    assert "Rain Coat" in summary

    begun.merge(pull)
    after = begun.applied()
    assert after.results()["apply/approved"] == "waiting", after.log
    (told,) = begun.hub.bodies(pull.number)
    assert "it comes from a fork" in told


def test_a_catalog_with_an_error_is_annotated_and_not_planned(begun: Team) -> None:
    pull = begun.open(begun.edited("category: jackets", "category: jakets"))
    run = begun.planned(pull)

    assert run.results()["plan/validate"] == "failure"
    assert run.results()["plan/plan"] == "skipped"
    assert "::error file=catalog/catalog.yaml,line=4,col=" in run.log


def test_a_plan_that_cannot_be_made_voids_the_one_that_was_shown(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    begun.runs.secrets = {"PXM_CLIENT_ID": "sandbox", "PXM_CLIENT_SECRET": "wrong"}
    run = begun.planned(pull)

    assert run.results()["plan/plan"] == "failure", run.log
    (body,) = begun.hub.bodies(pull.number)
    assert "## ❌ No plan" in body
    assert digest_of(body) is None


def test_drift_opens_one_issue_that_closes_by_itself(begun: Team) -> None:
    assert begun.watched().results() == {"drift/drift": "success"}
    assert begun.hub.issues == []

    begun.edit("Rain Jacket", "Rain Hat")
    found = begun.watched()
    assert found.results() == {"drift/drift": "success"}, found.log
    (issue,) = begun.hub.issues
    assert issue["state"] == "open"
    assert issue["body"].startswith("<!-- pxm-drift -->")
    assert "Rain Hat" in issue["body"]

    begun.hub.calls.clear()
    begun.watched()
    assert begun.hub.writes() == []

    begun.edit("Wind Jacket", "Wind Hat")
    begun.watched()
    (issue,) = begun.hub.issues
    assert "Wind Hat" in issue["body"]

    begun.edit("Rain Hat", "Rain Jacket")
    begun.edit("Wind Hat", "Wind Jacket")
    begun.watched()
    (issue,) = begun.hub.issues
    assert issue["state"] == "closed"
    assert issue["state_reason"] == "completed"


def test_a_refusal_that_no_approval_settles_fails_and_says_so(begun: Team) -> None:
    files = {"catalog/reconciler.yaml": FAST + "limits: {deletes: 0}\n"}
    git(begun.clone, "checkout", "--quiet", "main")
    text = begun.catalog().replace("  - {key: wind, name: Wind Jacket, category: jackets}\n", "")
    pull = begun.open({**files, "catalog/catalog.yaml": text})
    planned = begun.planned(pull)
    assert planned.results()["plan/plan"] == "failure"
    begun.merge(pull)
    run = begun.applied()

    assert run.results()["apply/apply"] == "failure"
    assert run.results()["apply/approved"] == "skipped"
    assert begun.names() == ALL
    told = begun.hub.bodies(pull.number)[1]
    assert told.startswith("<!-- pxm-apply -->\n## ❌ Not applied")
    assert "1 deletes, the limit is 0" in told.replace("`", "")


def test_an_account_with_a_name_keeps_to_its_own_comment_and_artifacts(begun: Team) -> None:
    begun.runs.inputs = {**begun.runs.inputs, "name": "staging"}
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    run = begun.planned(pull)
    (body,) = begun.hub.bodies(pull.number)
    assert body.startswith("<!-- pxm-plan staging -->")
    assert digest_of(body) == plan_in(begun, run, "pxm-plan-staging")["digest"]
    begun.merge(pull)
    after = begun.applied()

    assert after.results()["apply/approved"] == "skipped", after.log
    assert "Rain Coat" in begun.names()

    pushed = begun.edited("name: Wind Jacket", "name: Wind Coat")
    begun.write(pushed, "Pushed past review")
    git(begun.clone, "push", "--quiet", "origin", "main")
    direct = begun.applied()
    direct.approve(APPROVAL)
    assert direct.results()["apply/approved"] == "success", direct.log
    assert "Wind Coat" in begun.names()


def promotion() -> str:
    """The caller of docs/ci.md for staging and production."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if "apply-production:" in block]
    return found


@pytest.fixture
def promoting(crew: Team) -> Iterator[tuple[Team, Sandbox]]:
    """A team with two accounts, whose merges go to staging and, once approved, to production."""
    options = Options(rate_limit=None, client_id="prod", client_secret="other")
    with Sandbox(None, options) as production:
        accounts = {"staging": crew.sandbox.url, "production": production.url}
        lines = [
            f'  {name}: {{state: "git:origin#refs/reconciler/{name}", base_url: "{url}"}}'
            for name, url in accounts.items()
        ]
        settings = "\n".join([FAST.rstrip(), "environments:", *lines, ""])
        for sandbox in (crew.sandbox, production):
            sandbox.ensure_region("US")
        crew.runs.inputs = {"version": "installed"}
        crew.runs.secrets = {
            "PXM_STAGING_CLIENT_ID": "sandbox",
            "PXM_STAGING_CLIENT_SECRET": "sandbox",
            "PXM_PRODUCTION_CLIENT_ID": "prod",
            "PXM_PRODUCTION_CLIENT_SECRET": "other",
        }
        files = {
            "catalog/reconciler.yaml": settings,
            ".github/workflows/catalog.yml": promotion(),
        }
        crew.write(files, "Two environments")
        git(crew.clone, "push", "--quiet", "origin", "main")
        yield crew, production


def named(sandbox: Sandbox) -> set[str]:
    return {item["name"] for item in sandbox.all("collection")}


def test_a_merge_goes_to_staging_and_once_approved_to_production(
    promoting: tuple[Team, Sandbox],
) -> None:
    crew, production = promoting
    first = crew.applied()
    # Nobody has reviewed a plan yet: the state of each begins with an approval of its own.
    assert first.results()["apply-staging/approved"] == "waiting", first.log
    assert "apply-production/apply" not in first.results()
    first.approve(APPROVAL)
    assert crew.names() == ALL
    assert first.results()["apply-production/apply"] == "waiting"
    first.approve("production")
    assert first.results()["apply-production/approved"] == "success", first.log
    assert named(production) == ALL

    pull = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"))
    planned = crew.planned(pull)
    bodies = crew.hub.bodies(pull.number)
    assert [body.partition("\n")[0] for body in bodies] == [
        "<!-- pxm-plan staging -->",
        "<!-- pxm-plan production -->",
    ], planned.log
    for name in ("staging", "production"):
        assert plan_in(crew, planned, f"pxm-plan-{name}")["environment"] == name
    merged = crew.merge(pull)
    run = crew.applied()

    assert run.results()["apply-staging/apply"] == "success", run.log
    assert "Rain Coat" in crew.names()
    assert run.results()["apply-production/apply"] == "waiting"
    assert "Rain Coat" not in named(production)
    run.approve("production")
    assert run.results()["apply-production/apply"] == "success", run.log
    assert run.results()["apply-production/approved"] == "skipped"
    assert "Rain Coat" in named(production)
    for name in ("staging", "production"):
        said = git(
            crew.folder / "remote.git", "log", "-1", "--format=%B", f"refs/reconciler/{name}"
        )
        assert merged in said


def test_production_takes_all_merges_since_its_own_last_run_and_never_an_old_commit(
    promoting: tuple[Team, Sandbox],
) -> None:
    crew, production = promoting
    first = crew.applied()
    first.approve(APPROVAL)
    first.approve("production")
    one = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"))
    crew.planned(one)
    crew.merge(one)
    old = crew.applied()
    two = crew.open(crew.edited("name: Wind Jacket", "name: Wind Coat"))
    crew.planned(two)
    crew.merge(two)
    new = crew.applied()
    assert crew.names() >= {"Rain Coat", "Wind Coat"}
    assert named(production) == ALL

    old.approve("production")
    assert old.results()["apply-production/apply"] == "success", old.log
    assert "Nothing was sent" in old.jobs["apply-production/apply"].log
    assert named(production) == ALL

    new.approve("production")
    assert new.results()["apply-production/approved"] == "skipped", new.log
    assert named(production) >= {"Rain Coat", "Wind Coat"}


def test_a_staging_that_fails_keeps_the_merge_from_production(
    promoting: tuple[Team, Sandbox],
) -> None:
    crew, production = promoting
    crew.runs.secrets = {**crew.runs.secrets, "PXM_STAGING_CLIENT_SECRET": "wrong"}
    run = crew.applied()

    assert run.results()["apply-staging/apply"] == "failure"
    assert run.results()["apply-production"] == "skipped"
    assert named(production) == set()


def test_in_this_repository_the_workflows_run_without_an_account(tmp_path: Path) -> None:
    with team(tmp_path, PXM_VERSION="installed") as crew:
        crew.runs.secrets = {}
        pull = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"))
        run = crew.planned(pull, OURS / "catalog-plan.yml")
        assert run.results() == {"validate": "success", "plan": "skipped", "sandbox": "success"}, (
            run.log
        )
        assert "**1** to update" in run.jobs["sandbox"].summary
        assert crew.hub.calls == []
        crew.merge(pull)
        for name, jobs in (("catalog-apply.yml", 2), ("catalog-drift.yml", 1)):
            results = crew.applied(path=OURS / name).results()
            assert list(results.values()) == ["skipped"] * jobs


def test_a_first_catalog_in_a_pull_request_from_a_fork_has_an_empty_sandbox(tmp_path: Path) -> None:
    with team(tmp_path, catalog=False) as crew:
        files = {"catalog/catalog.yaml": CATALOG}
        run = crew.planned(crew.open(files, fork=True))
        assert run.results()["plan/sandbox"] == "success", run.log
        assert "the sandbox stays empty" in run.log
        assert "**5** to create" in run.jobs["plan/sandbox"].summary


def test_an_account_that_lets_nobody_in_fails_and_says_so(begun: Team) -> None:
    pull = begun.open(begun.edited("name: Rain Jacket", "name: Rain Coat"))
    begun.planned(pull)
    begun.merge(pull)
    begun.runs.secrets = {"PXM_CLIENT_ID": "sandbox", "PXM_CLIENT_SECRET": "wrong"}
    run = begun.applied()

    assert run.results()["apply/apply"] == "failure"
    assert run.results()["apply/approved"] == "skipped"
    told = begun.hub.bodies(pull.number)[1]
    assert told.startswith("<!-- pxm-apply -->\n## ❌ Not applied")
    assert "wrong" not in told

    begun.runs.secrets = {"PXM_CLIENT_ID": "sandbox", "PXM_CLIENT_SECRET": "sandbox"}
    again = begun.applied()
    assert again.results()["apply/apply"] == "success", again.log
    assert begun.hub.bodies(pull.number)[1].startswith("<!-- pxm-apply -->\n## ✅ Applied")


@pytest.mark.long
def test_the_program_as_it_is_installed_does_the_same(tmp_path: Path) -> None:
    """Every `pxm` a process of its own, from the first run to a merge."""
    with team(tmp_path) as crew:
        crew.runs.real = True
        crew.applied().approve(APPROVAL)
        pull = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"))
        crew.planned(pull)
        crew.merge(pull)
        run = crew.applied()
        assert run.results()["apply/approved"] == "skipped", run.log
        assert "Rain Coat" in crew.names()
        crew.edit("Rain Coat", "Rain Hat")
        assert crew.watched().results() == {"drift/drift": "success"}
        assert len(crew.hub.issues) == 1


@pytest.mark.long
def test_the_action_installs_the_code_beside_it_at_pinned_versions(tmp_path: Path) -> None:
    with team(tmp_path) as crew:
        crew.runs.real = True
        crew.runs.inputs = {**crew.runs.inputs, "version": ""}
        crew.runs.variables = {}
        pull = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"), fork=True)
        run = crew.planned(pull)
        assert run.results()["plan/sandbox"] == "success", run.log
        assert "**1** to update" in run.jobs["plan/sandbox"].summary
