"""What is left to be done once the files are there, as commands to paste (docs/ci.md)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from reconciler.cli.initcommand.source import Source
from reconciler.cli.initcommand.wanted import Wanted
from reconciler.starter import REF, REPOSITORY

APPROVAL = "pxm-approval"
CHECK = "plan / Plan"
"""What GitHub calls the job `Plan` of a workflow that the job `plan` calls."""

BRANCH = "git switch -c catalog && git add --all && git commit -m 'The catalog'"


def next_steps(
    wanted: Wanted, source: Source, folder: Path, variables: tuple[str, str], pulled: bool
) -> Iterator[str]:
    """Lines for a terminal; `variables` hold the credentials, by their names."""
    where = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    if wanted.github:
        yield from _github(source, where, variables)
    elif wanted.gitlab:
        yield from _gitlab(where, variables)
    elif pulled:
        yield f"Try it: `{where}pxm plan` says that there is nothing to do."
    else:
        yield f"Try it: `{where}pxm plan --sandbox`, then `pxm apply --sandbox`."


def _github(source: Source, where: str, variables: tuple[str, str]) -> Iterator[str]:
    if not source.known:
        repository = REPOSITORY if source.repository == REPOSITORY else source.repository
        yield (
            f"The workflows still name {repository}@{REF}: say where pxm's are with `pxm init "
            "--github --repository OWNER/NAME@COMMIT`"
            " and `--force` for each of the three files."
        )
    yield ""
    yield "Paste this: the credentials, who approves, and that `main` takes pull requests only"
    yield "(on GitHub's free plan private repositories have no environments that wait for"
    yield "approval, and no protected branches):"
    yield ""
    yield f"  {where}" + " && \\\n  ".join(_set_up(variables))
    yield ""
    yield "Then open the pull request; the plan appears in it as a comment:"
    yield ""
    yield f"  {BRANCH} && git push --set-upstream origin catalog && gh pr create --fill"


def _set_up(variables: tuple[str, str]) -> Iterator[str]:
    """Each a command of GitHub's command line; a secret is read from the environment."""
    for name in variables:
        yield f'printf %s "${name}" | gh secret set {name}'
    yield _call(
        f"environments/{APPROVAL}",
        "-F 'reviewers[][type]=User'",
        '-F "reviewers[][id]=$(gh api user --jq .id)"',
    )
    yield _call(
        "branches/main/protection",
        "-F 'required_status_checks[strict]=false'",
        f"-F 'required_status_checks[contexts][]={CHECK}'",
        "-F 'required_pull_request_reviews[required_approving_review_count]=1'",
        "-F enforce_admins=null -F restrictions=null",
    )


def _call(path: str, *fields: str) -> str:
    # `{owner}` and `{repo}` are filled in by gh, from the repository that it is run in.
    call = f"gh api --silent -X PUT 'repos/{{owner}}/{{repo}}/{path}'"
    return " \\\n    ".join((call, *fields))


def _gitlab(where: str, variables: tuple[str, str]) -> Iterator[str]:
    yield ""
    yield "Make two project access tokens (Settings, Access tokens), kept in the environment:"
    yield "  PXM_GITLAB_TOKEN  role Reporter, scope `api`: writes the notes and the drift issue"
    yield "  PXM_GIT_TOKEN     role Developer, scope `write_repository`: the state is a ref of it"
    yield ""
    yield "Paste this; merge requests see all of them but the last:"
    yield ""
    commands = [
        f'printf %s "${name}" | glab variable set {name} --masked'
        for name in (*variables, "PXM_GITLAB_TOKEN")
    ]
    commands.append(
        'printf %s "$PXM_GIT_TOKEN" | glab variable set PXM_GIT_TOKEN --masked --protected'
    )
    yield f"  {where}" + " && \\\n  ".join(commands)
    yield ""
    yield f"Protect the environment `{APPROVAL}` (Settings, CI/CD): it says who approves what no"
    yield "reviewed plan permits.  Where the tier has none, whoever may merge into the branch may."
    yield ""
    yield "Then open the merge request; the plan appears in it as a note:"
    yield ""
    yield f"  {BRANCH} && git push --set-upstream origin catalog && glab mr create --fill"
