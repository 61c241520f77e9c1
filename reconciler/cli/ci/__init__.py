"""`pxm ci …`: the steps of the workflows that need more than a line of shell.

Hidden: they are for the workflows under `.github/` and GitLab's pipeline, and speak of a runner's
files and variables.  What the server is, `runner` and `forge` say; a job is the same on each.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import click

from reconciler.api.address import check_way
from reconciler.api.rest import Rest
from reconciler.cli import outfiles
from reconciler.cli.ci import applied, completeness, permits, takeover, threads
from reconciler.cli.ci.forge import Forge
from reconciler.cli.ci.github import GitHub
from reconciler.cli.ci.gitlab import GitLab
from reconciler.cli.ci.labels import put_labels
from reconciler.cli.ci.newest import Behind, check_newest, folder_of
from reconciler.cli.ci.runner import GITHUB, GITLAB, Runner, runner_of
from reconciler.cli.ci.site import comment_site, page_site
from reconciler.cli.environments import chosen, declared
from reconciler.cli.planning import CHANGES, read_plan
from reconciler.cli.sandboxcommands import seeded
from reconciler.cli.session import open_state
from reconciler.cli.settings import Settings, global_options, option
from reconciler.errors import UsageError
from reconciler.reports import github as words
from reconciler.reports.markdown import STEP_SUMMARY, plan_markdown
from reconciler.reports.planjson import plan_digest
from reconciler.reports.problems import problems_github, problems_text
from reconciler.reports.takeover import OFFER
from reconciler.state.git.command import Git

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


def _checked_name(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """A name goes into markers and names of artifacts, so its signs are few."""
    if value and not _NAME.fullmatch(value):
        raise UsageError(f"--name {value!r}: letters, digits, `.`, `_` and `-`, at most 61")
    return value or None


_account_name = option(
    "--name", callback=_checked_name, help="Tells several accounts of one repository apart [--env]."
)
_snapshot = option("--snapshot", is_flag=True, help="Keep what was read for plans by date.")
_exit_code = option("--exit-code", type=int, default=0, help="What the command before left with.")
_file = click.Path(path_type=Path, dir_okay=False)
_folder = click.Path(path_type=Path, file_okay=False)


def _named(settings: Settings, name: str | None) -> str | None:
    return name or settings.env


def _kept(settings: Settings) -> Settings:
    """The settings; UsageError where nobody says where the state is: a runner keeps nothing."""
    if settings.state is None and not settings.sandbox:
        name = settings.env or "NAME"
        raise UsageError(
            f"nobody says where the state is kept: {settings.state_url} ends with this runner",
            hint=f'say `environments: {{{name}: {{state: "git:origin#refs/reconciler/{name}"}}}}` '
            "in reconciler.yaml, or the input `state` (PXM_STATE)",
        )
    return settings


@contextmanager
def _forge(runner: Runner, settings: Settings) -> Iterator[Forge]:
    """The server that keeps the repository, for the time of a job."""
    kind = GitLab if runner.host is GITLAB else GitHub
    with _rest(runner, settings, runner.token) as rest:
        yield kind(rest, runner.repository)


def _rest(runner: Runner, settings: Settings, token: str) -> Rest:
    """The API of the server with a token, to be closed again."""
    host = runner.host
    if not token:
        raise UsageError(f"no token for {host.name}: {host.token} is not set", hint=host.no_token)
    check_way(runner.api_url, insecure=settings.insecure_http)
    base = runner.api_url.rstrip("/")
    path = "" if host is GITLAB else f"/repos/{runner.repository}"
    return Rest(host.server, f"{base}{path}", token)


def _no_notes(runner: Runner) -> str:
    """Why nothing can be said on the server; empty where something can.

    Where every job is given a token, a missing one is a mistake, which `_forge` tells.
    """
    if runner.host.gives_token or runner.token:
        return ""
    return f"{runner.host.token} is not set: {runner.host.no_token}"


@click.group(hidden=True)
def ci() -> None:
    """Steps of the workflows on GitHub and of the pipeline on GitLab."""


@ci.command("report")
@global_options
@click.argument("planfile", type=_file)
@_exit_code
def report(settings: Settings, planfile: Path, exit_code: int) -> int:
    """Outputs, annotations and the job's summary from a plan file; always exits with 0."""
    runner = runner_of()
    outputs = {"exit_code": str(exit_code), "plan_path": ""}
    if not planfile.is_file():
        runner.say({**outputs, "has_changes": "false"})
        runner.tell("## ❌ No plan\n\nThe log says why.\n\n")
        return 0
    plan = read_plan(planfile)
    runner.say({**outputs, **words.plan_outputs(plan, plan_digest(plan)),
                "plan_path": str(planfile)})  # fmt: skip
    runner.tell(plan_markdown(plan, STEP_SUMMARY) + "\n")
    annotated = problems_github if runner.host.reads_log else problems_text
    found = list(words.plan_findings(plan))
    click.echo(annotated(found, prefix=f"{settings.catalog.as_posix()}/"), nl=False)
    return 0


@ci.command("page")
@global_options
@click.argument("planfile", type=_file)
@option("--out", type=_file, required=True, help="Where the page is written.")
def page(settings: Settings, planfile: Path, out: Path) -> int:
    """The plan as a page that stands alone: all of it, with its pictures."""
    # jinja2 takes a tenth of a second to load, which the other steps have no use for.
    from reconciler.cli.shopwindow import shop_beside
    from reconciler.reports.html import plan_html

    runner, plan = runner_of(), read_plan(planfile)
    site, shop = page_site(plan, settings.catalog, runner), shop_beside(plan, settings.catalog)
    out.parent.mkdir(parents=True, exist_ok=True)
    outfiles.write(out, plan_html(plan, site, shop), "--out")
    return 0


@ci.command("completeness")
@global_options
def completeness_(settings: Settings) -> int:
    """What the pull request makes of the completeness, for the job's summary; exits with 0."""
    runner = runner_of()
    told = completeness.difference(settings, runner)
    if told:
        runner.tell(f"{told}\n")
    return 0


@ci.command("comment")
@global_options
@click.argument("planfile", type=_file)
@_account_name
@option("--page", default="", help="The address of the page that has all of the plan.")
@option("--labels", is_flag=True, help="Label the pull request: no changes, deletes, refused.")
def comment(settings: Settings, planfile: Path, name: str | None, page: str, labels: bool) -> int:
    """The one comment on the pull request; where there is no plan file, that there is no plan.

    A job that runs again after a later push, or after the merge, leaves it as it is: it is what
    reviewers see, or saw.
    """
    runner, name = runner_of(), _named(settings, name)
    silent = _no_notes(runner)
    if silent:
        click.echo(f"No note: {silent}. The plan is among the job's artifacts.")
        return 0
    plan = read_plan(planfile) if planfile.is_file() else None
    if plan is not None:
        told = completeness.difference(settings, runner)
        site = comment_site(plan, settings.catalog, runner, page)
        body = words.plan_comment(plan, name, runner.head, runner.run_url, told, site)
    else:
        body = words.failed_comment(name, runner.head, runner.run_url)
    with _forge(runner, settings) as forge:
        left = threads.why_left(forge, runner.pull, runner.head)
        done = left or threads.put_comment(forge, runner.pull, words.plan_mark(name), body)
        said = put_labels(forge, runner.pull, plan, name) if labels and not left else ""
    shown = f"{runner.host.noun} {runner.pull}"
    click.echo(f"Comment on {shown}: {done}.")
    if said:
        click.echo(f"Labels of {shown}: {said}.")
    return 0


@ci.command("apply")
@global_options
@click.argument("folder", type=_folder)
@_account_name
@option("--workflow", default="", help="File of the plan workflow [the one that runs].")
@option("--receipt", type=_file, required=True, help="Where the proof is kept.")
@option("--waiting", type=_file, required=True, help="Where the plan of what waits is kept.")
@_snapshot
def apply(
    settings: Settings,
    folder: Path,
    name: str | None,
    workflow: str,
    receipt: Path,
    waiting: Path,
    snapshot: bool,
) -> int:
    """Apply what the plans of merged pull requests permit; the rest is planned and waits.

    The plan files that count are kept in FOLDER.
    """
    runner, name = runner_of(), _named(settings, name)
    with _forge(runner, settings) as forge:
        job = applied.Job(_kept(chosen(settings)), runner, forge, name, receipt, snapshot)
        try:
            job.check()
            found = _permits(job, workflow, folder)
            noun = runner.host.noun.capitalize()
            for item in found:
                click.echo(f"{noun} {item.pull}: {item.why or 'its plan counts'}.")
            return applied.apply_permitted(job, found, folder, waiting)
        except Behind as behind:
            return applied.leave_to_newer(job, behind)


def _permits(job: applied.Job, workflow: str, folder: Path) -> tuple[permits.Permit, ...]:
    with open_state(job.settings) as store:
        snapshot = store.snapshot()
    converged = snapshot.converged.commit if snapshot.converged else ""
    wanted = permits.Wanted(
        job.name,
        workflow or job.runner.workflow,
        snapshot.state.account,
        job.settings.env,
        folder_of(Git(job.settings.catalog)),
    )
    commits = permits.commits_since(job.settings.catalog, converged)
    return permits.collect(job.forge, job.runner, wanted, commits, folder)


@ci.command("approved")
@global_options
@click.argument("planfile", type=_file)
@_account_name
@option("--pulls", default="", help="Numbers of the pull requests that were told, by commas.")
@option("--receipt", type=_file, required=True, help="Where the proof is kept.")
@_snapshot
def approved(
    settings: Settings,
    planfile: Path,
    name: str | None,
    pulls: str,
    receipt: Path,
    snapshot: bool,
) -> int:
    """Apply the plan that waited, and say so where it was said that it waits."""
    runner, name = runner_of(), _named(settings, name)
    numbers = [int(text) for text in pulls.split(",") if text.strip().isdecimal()]
    with _forge(runner, settings) as forge:
        job = applied.Job(_kept(chosen(settings)), runner, forge, name, receipt, snapshot)
        try:
            return applied.apply_approved(job, planfile, numbers)
        except Behind as behind:
            return applied.leave_to_newer(job, behind)


@ci.command("drift")
@global_options
@click.argument("reportfile", type=_file)
@_account_name
@_exit_code
def drift(settings: Settings, reportfile: Path, name: str | None, exit_code: int) -> int:
    """Open, edit or close the drift issue; REPORTFILE is what `drift --format markdown` wrote."""
    runner, name = runner_of(), _named(settings, name)
    runner.say({"has_changes": str(exit_code == CHANGES).lower(), "exit_code": str(exit_code)})
    if exit_code not in (0, CHANGES):
        runner.tell("## ❌ No drift report\n\nThe log says why; the issue is left as it is.\n")
        return 0
    text = _text(reportfile)
    runner.tell(text)
    silent = _no_notes(runner)
    if silent:
        # Drift that nobody is told of fails the job, so that whoever is told of failures is.
        click.echo(f"No issue: {silent}. The report is among the job's artifacts.")
        return exit_code
    mark = words.drift_mark(name)
    with _forge(runner, settings) as forge:
        try:
            check_newest(forge, runner, settings.catalog)
        except Behind as behind:
            click.echo(f"Drift issue: left as it is. {behind.words}")
            return 0
        if exit_code == CHANGES:
            body = words.drift_issue(text, name, settings.env)
            if runner.host is GITHUB and takeover.is_offered():
                body += OFFER
            done = threads.put_issue(forge, mark, words.drift_title(name), body)
        else:
            done = threads.close_issue(forge, mark, words.drift_over(runner.run_url))
    click.echo(f"Drift issue: {done}.")
    return 0


@ci.command("accept")
@global_options
@_account_name
def accept(settings: Settings, name: str | None) -> int:
    """Take drift over that a comment or a dispatched run names, as a pull request."""
    runner, name = runner_of(), _named(settings, name)
    if runner.host is not GITHUB:
        raise UsageError("only a workflow of GitHub takes drift over", hint="`pxm pull --accept`")
    other = os.environ.get(takeover.PULL_TOKEN, "")
    with _rest(runner, settings, runner.token) as rest, ExitStack() as stack:
        opener = stack.enter_context(_rest(runner, settings, other)) if other else rest
        return takeover.run(takeover.Job(_kept(settings), runner, rest, name, opener))


@ci.command("sandbox")
@global_options
@click.argument("seed", type=_folder)
def sandbox(settings: Settings, seed: Path) -> int:
    """Fill the sandbox of --sandbox-db from a catalog, with the state beside it."""
    if not seed.is_dir():
        click.echo(f"There is no {seed}: the sandbox stays empty.")
        return 0
    known = declared(replace(settings, catalog=seed))
    if known and settings.env is not None and settings.env not in known:
        click.echo(f"{seed} has no environment {settings.env} yet: the sandbox stays empty.")
        return 0
    # Before its first environment a catalog is for one account.
    seeded(settings if known else replace(settings, env=None), seed, settings.sandbox_db)
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
