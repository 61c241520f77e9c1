"""What a GitHub runner says of the job that it runs, and the files by which it is answered."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.errors import UsageError


@dataclass(frozen=True, slots=True)
class Runner:
    """A job: whose repository, which commit and branch, which run, and the event behind it.

    `workflow` is the file of the workflow that was started (a caller's, not the called one's).
    `output` and `summary` are files to append to; None off a runner.
    """

    repository: str
    sha: str = ""
    branch: str = ""
    run_id: str = ""
    workflow: str = ""
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    token: str = field(default="", repr=False)
    event: Mapping[str, Any] = field(default_factory=dict)
    output: Path | None = None
    summary: Path | None = None

    @property
    def run_url(self) -> str:
        """The page of this run, where a waiting job is approved."""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"

    @property
    def pull(self) -> int:
        """The number of the pull request behind the event; UsageError where there is none."""
        pull = self.event.get("pull_request")
        number = pull.get("number") if isinstance(pull, Mapping) else None
        if not isinstance(number, int):
            raise UsageError(
                "the event is no pull request's", hint="run this in a job of `on: pull_request`"
            )
        return number

    @property
    def head(self) -> str:
        """The last commit of the pull request; else the commit that is checked out."""
        pull = self.event.get("pull_request")
        head = pull.get("head") if isinstance(pull, Mapping) else None
        return str(head.get("sha")) if isinstance(head, Mapping) else self.sha

    @property
    def base(self) -> str:
        """The commit that the pull request is to be merged into, as the event knows it."""
        pull = self.event.get("pull_request")
        base = pull.get("base") if isinstance(pull, Mapping) else None
        return str(base.get("sha") or "") if isinstance(base, Mapping) else ""

    def say(self, outputs: Mapping[str, str]) -> None:
        """Set outputs of the step; values are single lines."""
        lines = "".join(f"{name}={' '.join(value.split())}\n" for name, value in outputs.items())
        _append(self.output, lines)

    def tell(self, markdown: str) -> None:
        """Add to the summary of the job."""
        _append(self.summary, markdown)


def runner_of(environ: Mapping[str, str] = os.environ) -> Runner:
    """The job of this process; UsageError off a runner."""
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise UsageError(
            "not on a GitHub runner: GITHUB_REPOSITORY is not set",
            hint="`pxm ci` is for workflows; docs/ci.md shows them",
        )
    return Runner(
        repository=repository,
        sha=environ.get("GITHUB_SHA", ""),
        branch=environ.get("GITHUB_REF_NAME", ""),
        run_id=environ.get("GITHUB_RUN_ID", ""),
        workflow=_workflow(environ.get("GITHUB_WORKFLOW_REF", "")),
        api_url=environ.get("GITHUB_API_URL") or "https://api.github.com",
        server_url=environ.get("GITHUB_SERVER_URL") or "https://github.com",
        token=environ.get("GITHUB_TOKEN", ""),
        event=_event(environ.get("GITHUB_EVENT_PATH", "")),
        output=_path(environ.get("GITHUB_OUTPUT", "")),
        summary=_path(environ.get("GITHUB_STEP_SUMMARY", "")),
    )


def _workflow(ref: str) -> str:
    """`catalog.yml` of `owner/name/.github/workflows/catalog.yml@refs/heads/main`."""
    return ref.partition("@")[0].rpartition("/")[2]


def _event(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH {path}: cannot be read: {error}") from error
    return event if isinstance(event, dict) else {}


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
