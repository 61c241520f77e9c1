"""GitLab's REST API as the jobs ask it (contract 8.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

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
from reconciler.errors import ApiError, BadAnswer, NotFound

_QUICK_ACTION = re.compile(r"^(\s*)/(?=\w)", re.MULTILINE)
"""A line that GitLab would take for an order, such as `/merge`."""


class GitLab:
    """A project on GitLab by its number, asked as the user whose token it is."""

    def __init__(self, rest: Rest, project: str) -> None:
        self._rest, self._project = rest, project
        self._here = f"projects/{project}"

    # --- threads --------------------------------------------------------------------------------

    def pull(self, number: int) -> PullState:
        """A merge request as it stands now."""
        found = self._merge_request(number)
        labels = found.get("labels")
        names = frozenset(map(str, labels)) if isinstance(labels, list) else frozenset()
        return PullState(str(found.get("sha") or ""), found.get("state") == "merged", names)

    def comments(self, number: int) -> Iterator[Post]:
        """Notes of the token's own user, oldest first."""
        path = f"{self._here}/merge_requests/{number}/notes"
        for item in self._rest.pages(path, sort="asc", order_by="created_at"):
            if self._is_ours(item) and not item.get("system"):
                yield Post(item["id"], str(item.get("body") or ""))

    def add_comment(self, number: int, body: str) -> None:
        """Write a note on a merge request."""
        self._rest.post(f"{self._here}/merge_requests/{number}/notes", {"body": inert(body)})

    def edit_comment(self, number: int, comment: int, body: str) -> None:
        """Make a note say something else."""
        self._rest.put(
            f"{self._here}/merge_requests/{number}/notes/{comment}", {"body": inert(body)}
        )

    def put_labels(self, number: int, add: Sequence[str], remove: Sequence[str]) -> None:
        """Set labels of a merge request, and take others away; GitLab makes what is missing."""
        if add or remove:
            body = {"add_labels": ",".join(add), "remove_labels": ",".join(remove)}
            self._rest.put(f"{self._here}/merge_requests/{number}", body)

    def label_hint(self, _: Sequence[str]) -> str:
        """Labels are made as they are set."""
        return "PXM_GITLAB_TOKEN needs the role Reporter"

    def issues(self, label: str) -> Iterator[Post]:
        """Open issues of the token's own user that have a label."""
        for item in self._rest.pages(f"{self._here}/issues", state="opened", labels=label):
            if self._is_ours(item):
                yield Post(item["iid"], str(item.get("description") or ""))

    def open_issue(self, title: str, body: str, label: str) -> None:
        """Open an issue."""
        self._rest.post(
            f"{self._here}/issues", {"title": title, "description": inert(body), "labels": label}
        )

    def edit_issue(self, issue: int, body: str) -> None:
        """Make an issue say something else."""
        self._rest.put(f"{self._here}/issues/{issue}", {"description": inert(body)})

    def close_issue(self, issue: int, words: str) -> None:
        """Close an issue with a last word."""
        self._rest.post(f"{self._here}/issues/{issue}/notes", {"body": inert(words)})
        self._rest.put(f"{self._here}/issues/{issue}", {"state_event": "close"})

    # --- commits --------------------------------------------------------------------------------

    def newest(self, branch: str, folder: str) -> str:
        """The newest commit of a branch in a folder; empty where GitLab names none."""
        asked = {"ref_name": branch, "path": folder}
        given = {name: text for name, text in asked.items() if text}
        listed = self._rest.get(f"{self._here}/repository/commits", per_page=1, **given)
        first = _mapping(listed[0]) if isinstance(listed, list) and listed else {}
        sha = first.get("id")
        return sha if isinstance(sha, str) else ""

    def contains(self, commit: str, head: str) -> bool:
        """Whether a commit is in the history of another."""
        found = self._rest.get(f"{self._here}/repository/merge_base", **{"refs[]": [commit, head]})
        return _mapping(found).get("id") == commit

    # --- plan files -----------------------------------------------------------------------------

    def merged_by(self, commit: str, branch: str) -> Iterator[Pull]:
        """The merge requests that brought a commit to a branch, squashed or not."""
        for item in self._rest.pages(f"{self._here}/repository/commits/{commit}/merge_requests"):
            if item.get("merged_at") and item.get("target_branch") == branch:
                fork = item.get("source_project_id") != item.get("target_project_id")
                yield Pull(item["iid"], str(item.get("sha")), str(item["merged_at"]), fork)

    def changed(self, number: int) -> Changed:
        """The files that a merge request changes; of a great many GitLab counts `1000+`."""
        count = str(self._merge_request(number).get("changes_count") or "")
        names: set[str] = set()
        for item in self._rest.pages(f"{self._here}/merge_requests/{number}/diffs"):
            names |= {str(item.get("new_path") or ""), str(item.get("old_path") or "")}
        most = int(count[:-1]) if count.endswith("+") and count[:-1].isdecimal() else 0
        return Changed(frozenset(names), most)

    def rules_its_plan(self, path: str, catalog: str) -> bool:
        """A pipeline may include any YAML file of its repository, and GitLab tells of none."""
        inside = catalog and path.startswith(f"{catalog}/")
        return path.lower().endswith((".yml", ".yaml")) and not inside

    def archive(self, pull: Pull, artifact: str, _: str) -> bytes:
        """The artifacts of that name of the newest pipeline of the last commit."""
        found = False
        for pipeline in self._pipelines(pull):
            found = True
            jobs = self._rest.pages(f"{self._here}/pipelines/{pipeline['id']}/jobs")
            named = [job for job in jobs if _file(job).get("filename") == f"{artifact}.zip"]
            if named:
                return self._download(max(named, key=lambda job: int(job["id"])))
        if found:
            raise Unfit(f"the pipeline of its last commit left no artifacts named {artifact}")
        raise Unfit("no plan was made of its last commit")

    def _download(self, job: Mapping[str, Any]) -> bytes:
        size = _file(job).get("size")
        if isinstance(size, int) and size > MOST_ARCHIVE:
            raise too_large(size)
        try:
            return self._rest.download(f"{self._here}/jobs/{job['id']}/artifacts", MOST_ARCHIVE)
        except NotFound:
            raise Unfit("its plan file has expired") from None
        except ApiError as error:
            raise Unfit(f"its plan file cannot be fetched: {error.message}") from error

    def _pipelines(self, pull: Pull) -> list[Mapping[str, Any]]:
        """Newest first; those of a branch, of a fork or of another commit are not there."""
        listed = self._rest.pages(f"{self._here}/merge_requests/{pull.number}/pipelines")
        trusted = [item for item in listed if self._is_trusted(item, pull)]
        return sorted(trusted, key=lambda item: int(item["id"]), reverse=True)

    def _is_trusted(self, pipeline: Mapping[str, Any], pull: Pull) -> bool:
        """Of this project, for the merge request, of its last commit or the merge of that."""
        if pipeline.get("source") != "merge_request_event":
            return False
        if str(pipeline.get("project_id")) != self._project:
            return False
        sha = str(pipeline.get("sha") or "")
        return sha == pull.head or self._is_merge_of(sha, pull.head)

    def _is_merge_of(self, sha: str, head: str) -> bool:
        """A pipeline of merged results is made of a commit whose second parent is the branch."""
        try:
            parents = _mapping(self._rest.get(f"{self._here}/repository/commits/{sha}")).get(
                "parent_ids"
            )
        except NotFound:
            return False
        return isinstance(parents, list) and len(parents) == 2 and parents[1] == head

    # --- who and where --------------------------------------------------------------------------

    def _is_ours(self, item: Mapping[str, Any]) -> bool:
        return _mapping(item.get("author")).get("id") == self._user

    @cached_property
    def _user(self) -> int:
        """Who wrote what this token wrote."""
        found = _mapping(self._rest.get("user")).get("id")
        if not isinstance(found, int):
            raise BadAnswer("the user has no id", request="GET user")
        return found

    def _merge_request(self, number: int) -> Mapping[str, Any]:
        return _mapping(self._rest.get(f"{self._here}/merge_requests/{number}"))


def inert(body: str) -> str:
    """A text none of whose lines is an order to GitLab."""
    return _QUICK_ACTION.sub(r"\1&#47;", body)


def _file(job: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(job.get("artifacts_file"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
