"""GitHub's REST API as the jobs ask it (contract 8.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reconciler.api.rest import Rest
from reconciler.cli.ci.forge import (
    MOST_ARCHIVE,
    Changed,
    Post,
    Pull,
    PullState,
    Unfit,
    too_large,
)
from reconciler.errors import ApiError, NotFound

MOST_FILES = 3000
"""GitHub lists no more files of a pull request than these."""


class GitHub:
    """A repository on GitHub, `owner/name`."""

    def __init__(self, rest: Rest, repository: str) -> None:
        self._rest, self._repository = rest, repository

    # --- threads --------------------------------------------------------------------------------

    def pull(self, number: int) -> PullState:
        """A pull request as it stands now."""
        found = _mapping(self._rest.get(f"pulls/{number}"))
        labels = found.get("labels")
        names = {
            str(_mapping(item).get("name")) for item in (labels if isinstance(labels, list) else ())
        }
        head = str(_mapping(found.get("head")).get("sha") or "")
        return PullState(head, bool(found.get("merged_at")), frozenset(names))

    def comments(self, number: int) -> Iterator[Post]:
        """What a bot wrote: the job's token writes as one."""
        for item in self._rest.pages(f"issues/{number}/comments"):
            if _is_ours(item):
                yield Post(item["id"], str(item.get("body") or ""))

    def add_comment(self, number: int, body: str) -> None:
        """Write a comment on a pull request."""
        self._rest.post(f"issues/{number}/comments", {"body": body})

    def edit_comment(self, _: int, comment: int, body: str) -> None:
        """Make a comment say something else."""
        self._rest.patch(f"issues/comments/{comment}", {"body": body})

    def put_labels(self, number: int, add: Sequence[str], remove: Sequence[str]) -> None:
        """Set labels of a pull request, and take others away."""
        if add:
            self._rest.post(f"issues/{number}/labels", {"labels": list(add)})
        for label in remove:
            self._rest.delete(f"issues/{number}/labels/{quote(label, safe='')}")

    def label_hint(self, names: Sequence[str]) -> str:
        """With this token labels can be set, and not made."""
        made = "; ".join(f'gh label create "{item}"' for item in names)
        return f"Labels are made once, with: {made}"

    def issues(self, label: str) -> Iterator[Post]:
        """Open issues of a bot that have a label; a pull request is an issue, too."""
        for item in self._rest.pages("issues", state="open", labels=label):
            if _is_ours(item) and "pull_request" not in item:
                yield Post(item["number"], str(item.get("body") or ""))

    def open_issue(self, title: str, body: str, label: str) -> None:
        """Open an issue."""
        self._rest.post("issues", {"title": title, "body": body, "labels": [label]})

    def edit_issue(self, issue: int, body: str) -> None:
        """Make an issue say something else."""
        self._rest.patch(f"issues/{issue}", {"body": body})

    def close_issue(self, issue: int, words: str) -> None:
        """Close an issue with a last word."""
        self._rest.post(f"issues/{issue}/comments", {"body": words})
        self._rest.patch(f"issues/{issue}", {"state": "closed", "state_reason": "completed"})

    # --- commits --------------------------------------------------------------------------------

    def newest(self, branch: str, folder: str) -> str:
        """The newest commit of a branch in a folder; empty where GitHub names none."""
        # Without a branch GitHub takes the repository's own; a folder without a name is all of it.
        asked = {"sha": branch, "path": folder}
        given = {name: text for name, text in asked.items() if text}
        listed = self._rest.get("commits", per_page=1, **given)
        first = _mapping(listed[0]) if isinstance(listed, list) and listed else {}
        sha = first.get("sha")
        return sha if isinstance(sha, str) else ""

    def contains(self, commit: str, head: str) -> bool:
        """Whether a commit is in the history of another."""
        compared = _mapping(self._rest.get(f"compare/{commit}...{head}", per_page=1))
        return compared.get("status") in ("ahead", "identical")

    # --- plan files -----------------------------------------------------------------------------

    def merged_by(self, commit: str, branch: str) -> Iterator[Pull]:
        """The pull requests that brought a commit to a branch."""
        for item in self._rest.pages(f"commits/{commit}/pulls"):
            base, head = _mapping(item.get("base")), _mapping(item.get("head"))
            if item.get("merged_at") and base.get("ref") == branch:
                fork = _mapping(head.get("repo")).get("full_name") != self._repository
                yield Pull(item["number"], str(head.get("sha")), str(item["merged_at"]), fork)

    def changed(self, number: int) -> Changed:
        """The files that a pull request changes."""
        files = list(self._rest.pages(f"pulls/{number}/files"))
        names: set[str] = set()
        for item in files:
            names |= {str(item.get("filename") or ""), str(item.get("previous_filename") or "")}
        return Changed(frozenset(names), MOST_FILES if len(files) >= MOST_FILES else 0)

    def rules_its_plan(self, path: str, _: str) -> bool:
        """Workflows and actions are in one folder."""
        return path.startswith(".github/")

    def archive(self, pull: Pull, artifact: str, workflow: str) -> bytes:
        """The artifact of the newest run of the plan workflow on the last commit."""
        found = False
        for run in self._runs(pull, workflow):
            found = True
            path = f"actions/runs/{run['id']}/artifacts"
            listed = self._rest.pages(path, "artifacts", name=artifact)
            # GitHub was asked for this name alone; an older server may list them all.
            named = [item for item in listed if item.get("name") == artifact]
            if named:
                return self._download(max(named, key=lambda item: int(item["id"])))
        if found:
            raise Unfit("the run on its last commit left no plan file")
        raise Unfit("no plan was made of its last commit")

    def _download(self, item: Mapping[str, Any]) -> bytes:
        if item.get("expired"):
            raise Unfit("its plan file has expired")
        size = item.get("size_in_bytes")
        if isinstance(size, int) and size > MOST_ARCHIVE:
            raise too_large(size)
        try:
            return self._rest.download(f"actions/artifacts/{item['id']}/zip", MOST_ARCHIVE)
        except ApiError as error:
            raise Unfit(f"its plan file cannot be fetched: {error.message}") from error

    def _runs(self, pull: Pull, workflow: str) -> list[Mapping[str, Any]]:
        """Newest first; runs of another workflow, event, commit or repository are not there."""
        path = f"actions/workflows/{workflow}/runs"
        asked = {"event": "pull_request", "head_sha": pull.head}
        try:
            listed = list(self._rest.pages(path, "workflow_runs", **asked))
        except NotFound:
            raise Unfit(f"this repository has no workflow {workflow}") from None
        return sorted(
            (run for run in listed if self._is_trusted(run, workflow, pull)),
            key=lambda run: (run.get("run_number") or 0, run["id"]),
            reverse=True,
        )

    def _is_trusted(self, run: Mapping[str, Any], workflow: str, pull: Pull) -> bool:
        """GitHub was asked for just these; what permits writes is checked all the same."""
        path = str(run.get("path", "")).partition("@")[0]
        return (
            run.get("event") == "pull_request"
            and run.get("head_sha") == pull.head
            and path == f".github/workflows/{workflow}"
            and _mapping(run.get("head_repository")).get("full_name") == self._repository
        )


def _is_ours(item: Mapping[str, Any]) -> bool:
    return _mapping(item.get("user")).get("type") == "Bot"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
