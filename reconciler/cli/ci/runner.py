"""What a runner of GitHub or GitLab says of its job, and the files by which it is answered."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.api.rest import GITHUB as GITHUB_SERVER
from reconciler.api.rest import GITLAB as GITLAB_SERVER
from reconciler.api.rest import Server
from reconciler.errors import UsageError


@dataclass(frozen=True, slots=True)
class Host:
    """A kind of server that runs our jobs, in the words and addresses of its own.

    `blob` and `raw` are the address of a file and of its bytes.  `prefix` goes before the names of
    outputs.  `lands_on_merge` says that a pull request's job checks out its merge into the base;
    `gives_token` that every job has a token; `reads_log` that lines of a log annotate files.
    """

    server: Server
    noun: str
    token: str
    no_token: str
    no_pull: str
    shallow: str
    permissions: str
    blob: str
    raw: str
    prefix: str = ""
    lands_on_merge: bool = False
    gives_token: bool = False
    reads_log: bool = False

    @property
    def name(self) -> str:
        """What the server is called."""
        return self.server.name


GITHUB = Host(
    server=GITHUB_SERVER,
    noun="pull request",
    token="GITHUB_TOKEN",
    no_token="give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`",
    no_pull="run this in a job of `on: pull_request`",
    shallow="Give actions/checkout `fetch-depth: 2`.",
    permissions="run the job again; docs/ci.md lists the permissions that it needs",
    blob="{url}/blob/{commit}/{path}",
    raw="{url}/blob/{commit}/{path}?raw=true",
    lands_on_merge=True,
    gives_token=True,
    reads_log=True,
)
GITLAB = Host(
    server=GITLAB_SERVER,
    noun="merge request",
    token="PXM_GITLAB_TOKEN",
    no_token="keep a project access token with the role Reporter and the scope `api` as the masked "
    "variable PXM_GITLAB_TOKEN: the job's own CI_JOB_TOKEN may not write notes (docs/ci.md)",
    no_pull='run this in a job of `$CI_PIPELINE_SOURCE == "merge_request_event"`',
    shallow='Give the job `variables: {GIT_DEPTH: "0"}`.',
    permissions="run the job again; docs/ci.md says what PXM_GITLAB_TOKEN may do",
    blob="{url}/-/blob/{commit}/{path}",
    raw="{url}/-/raw/{commit}/{path}",
    prefix="PXM_",
)


@dataclass(frozen=True, slots=True)
class Runner:
    """A job: whose repository, which commit and branch, which run, and which pull request.

    `repository` is `owner/name`, or GitLab's number of the project.  `workflow` is the file of the
    workflow that was started (a caller's, not the called one's), empty on GitLab.  `head` is the
    last commit of the pull request, else the one that is checked out; `base` the one that it is to
    be merged into, as the event knows it.  `output` and `summary` are files to append to; None
    where there is none.
    """

    repository: str
    host: Host = GITHUB
    branch: str = ""
    workflow: str = ""
    api_url: str = ""
    url: str = ""
    run_url: str = ""
    artifacts_url: str = ""
    token: str = field(default="", repr=False)
    number: int | None = None
    head: str = ""
    base: str = ""
    output: Path | None = None
    summary: Path | None = None

    @property
    def pull(self) -> int:
        """The number of the pull request behind the event; UsageError where there is none."""
        if self.number is None:
            raise UsageError(f"the event is no {self.host.noun}'s", hint=self.host.no_pull)
        return self.number

    def file_url(self, commit: str, path: str, *, raw: bool = False) -> str:
        """The address of a file at a commit; `path` is percent-encoded."""
        pattern = self.host.raw if raw else self.host.blob
        return pattern.format(url=self.url, commit=commit, path=path)

    def say(self, outputs: Mapping[str, str]) -> None:
        """Set outputs of the step; values are single lines."""
        prefix = self.host.prefix
        for name, value in outputs.items():
            shown = f"{prefix}{name.upper()}" if prefix else name
            _append(self.output, f"{shown}={' '.join(value.split())}\n")

    def tell(self, markdown: str) -> None:
        """Add to the summary of the job."""
        _append(self.summary, markdown)


def runner_of(environ: Mapping[str, str] = os.environ) -> Runner:
    """The job of this process; UsageError off a runner."""
    if environ.get("GITLAB_CI"):
        return _gitlab(environ)
    if environ.get("GITHUB_REPOSITORY"):
        return _github(environ)
    raise UsageError(
        "not on a runner of GitHub or GitLab: neither GITHUB_REPOSITORY nor GITLAB_CI is set",
        hint="`pxm ci` is for workflows; docs/ci.md shows them",
    )


# --- GitHub -------------------------------------------------------------------------------------


def _github(environ: Mapping[str, str]) -> Runner:
    repository = environ["GITHUB_REPOSITORY"]
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    run_url = f"{server}/{repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}"
    pull = _mapping(event_of(environ).get("pull_request"))
    number = pull.get("number")
    return Runner(
        repository=repository,
        branch=environ.get("GITHUB_REF_NAME", ""),
        workflow=_workflow(environ.get("GITHUB_WORKFLOW_REF", "")),
        api_url=environ.get("GITHUB_API_URL") or "https://api.github.com",
        url=f"{server}/{repository}",
        run_url=run_url,
        artifacts_url=f"{run_url}#artifacts",
        token=environ.get(GITHUB.token, ""),
        number=number if isinstance(number, int) else None,
        head=str(_mapping(pull.get("head")).get("sha") or environ.get("GITHUB_SHA", "")),
        base=str(_mapping(pull.get("base")).get("sha") or ""),
        output=_path(environ.get("GITHUB_OUTPUT", "")),
        summary=_path(environ.get("GITHUB_STEP_SUMMARY", "")),
    )


def _workflow(ref: str) -> str:
    """`catalog.yml` of `owner/name/.github/workflows/catalog.yml@refs/heads/main`."""
    return ref.partition("@")[0].rpartition("/")[2]


def event_of(environ: Mapping[str, str]) -> Mapping[str, Any]:
    """What GitHub says of the event behind the run; UsageError where the file cannot be read."""
    path = environ.get("GITHUB_EVENT_PATH", "")
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH {path}: cannot be read: {error}") from error
    return _mapping(event)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


# --- GitLab -------------------------------------------------------------------------------------


def _gitlab(environ: Mapping[str, str]) -> Runner:
    def said(*names: str) -> str:
        return next((environ[name] for name in names if environ.get(name)), "")

    number = said("CI_MERGE_REQUEST_IID")
    return Runner(
        # In a pipeline of a fork's the project of the merge request is another than the job's.
        repository=said("CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID"),
        host=GITLAB,
        branch=said("CI_COMMIT_BRANCH", "CI_DEFAULT_BRANCH"),
        api_url=said("CI_API_V4_URL"),
        url=said("CI_PROJECT_URL"),
        run_url=said("CI_PIPELINE_URL"),
        artifacts_url=f"{said('CI_JOB_URL')}/artifacts/browse",
        token=said(GITLAB.token),
        number=int(number) if number.isdecimal() else None,
        # The first of each pair is set where the job checks out the merge of the two alone.
        head=said("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"),
        base=said("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        output=_path(said("PXM_CI_OUTPUT")),
        summary=_path(said("PXM_CI_SUMMARY")),
    )


# --- files --------------------------------------------------------------------------------------


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _append(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
