"""A server that speaks the calls of GitHub's REST API that we use, and holds to permissions."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

REPOSITORY = "acme/catalog"
FORK = "visitor/catalog"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
PERSON = {"login": "eve", "type": "User"}


@dataclass
class Hub:
    """What GitHub knows of one repository; tests look into it and change it."""

    url: str = ""
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    pulls_of: dict[str, list[int]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    caches: dict[str, Path] = field(default_factory=dict)
    workflows: tuple[str, ...] = ("catalog.yml", "catalog-drift.yml")
    tokens: dict[str, Mapping[str, str]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    latest_of: Callable[[str, str], str] = lambda *_: ""
    status_of: Callable[[str, str], str] = lambda *_: "diverged"
    most_per_page: int = 100
    lists_all: bool = False
    has_labels: bool = True
    ids: int = 1000
    permissions: dict[str, str] = field(default_factory=dict)
    users: dict[str, Mapping[str, str]] = field(default_factory=dict)
    branches: Callable[[], Mapping[str, str]] = dict
    actions_may_open: bool = True

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    def comment(self, pull: int, body: str, user: Mapping[str, str] = BOT) -> dict[str, Any]:
        made = {"id": self.next_id(), "body": body, "user": dict(user)}
        self.comments.setdefault(pull, []).append(made)
        return made

    def bodies(self, pull: int) -> list[str]:
        return [item["body"] for item in self.comments.get(pull, [])]

    def put_artifact(self, run: int, name: str, content: bytes) -> dict[str, Any]:
        """An artifact of a run; one of the same name is replaced, as `overwrite: true` asks."""
        self.artifacts = [
            item for item in self.artifacts if (item["run"], item["name"]) != (run, name)
        ]
        made = {
            "id": self.next_id(), "name": name, "run": run, "expired": False, "content": content,
            "size_in_bytes": len(content),
        }  # fmt: skip
        self.artifacts.append(made)
        return made

    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]


def zipped(files: Mapping[str, str], errors: str = "strict") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text.encode("utf-8", errors))
    return buffer.getvalue()


_BASE = rf"/repos/{REPOSITORY}"
_ROUTES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("GET", rf"{_BASE}/commits/(\w+)/pulls", "pulls_of_commit", ("pull-requests:read",)),
    ("GET", rf"{_BASE}/commits", "commits", ("contents:read",)),
    ("GET", rf"{_BASE}/compare/(\w+)\.\.\.(\w+)", "compare", ("contents:read",)),
    ("GET", rf"{_BASE}/pulls", "list_pulls", ("pull-requests:read",)),
    ("POST", rf"{_BASE}/pulls", "open_pull", ("pull-requests:write",)),
    ("GET", rf"{_BASE}/collaborators/([^/]+)/permission", "permission", ("metadata:read",)),
    ("GET", rf"{_BASE}/pulls/(\d+)", "pull", ("pull-requests:read",)),
    ("GET", rf"{_BASE}/pulls/(\d+)/files", "files_of_pull", ("pull-requests:read",)),
    (
        "GET",
        rf"{_BASE}/issues/(\d+)/comments",
        "list_comments",
        ("pull-requests:read", "issues:read"),
    ),
    (
        "POST",
        rf"{_BASE}/issues/(\d+)/comments",
        "add_comment",
        ("pull-requests:write", "issues:write"),
    ),
    (
        "PATCH",
        rf"{_BASE}/issues/comments/(\d+)",
        "edit_comment",
        ("pull-requests:write", "issues:write"),
    ),
    (
        "POST",
        rf"{_BASE}/issues/(\d+)/labels",
        "add_labels",
        ("pull-requests:write", "issues:write"),
    ),
    (
        "DELETE",
        rf"{_BASE}/issues/(\d+)/labels/([^/]+)",
        "remove_label",
        ("pull-requests:write", "issues:write"),
    ),
    ("GET", rf"{_BASE}/issues", "list_issues", ("issues:read",)),
    ("POST", rf"{_BASE}/issues", "add_issue", ("issues:write",)),
    ("GET", rf"{_BASE}/issues/(\d+)", "issue", ("issues:read",)),
    ("PATCH", rf"{_BASE}/issues/(\d+)", "edit_issue", ("issues:write",)),
    ("GET", rf"{_BASE}/actions/workflows/([\w.-]+)/runs", "list_runs", ("actions:read",)),
    ("GET", rf"{_BASE}/actions/runs/(\d+)/artifacts", "list_artifacts", ("actions:read",)),
    ("GET", rf"{_BASE}/actions/artifacts/(\d+)/zip", "redirect", ("actions:read",)),
)


@dataclass(frozen=True)
class Refusal:
    status: int
    words: str


class Answers:
    """One method per call; each takes the path's parts, the query and the body."""

    def __init__(self, hub: Hub, token: str) -> None:
        self.hub = hub
        self.user = hub.users.get(token, BOT)

    def pulls_of_commit(self, sha: str, *_: Any) -> Any:
        return [self.hub.pulls[number] for number in self.hub.pulls_of.get(sha, [])]

    def commits(self, query: Mapping[str, str], _: Any) -> Any:
        sha = self.hub.latest_of(query["sha"], query.get("path", "."))
        return [{"sha": sha}] if sha else []

    def compare(self, base: str, head: str, *_: Any) -> Any:
        return {"status": self.hub.status_of(base, head)}

    def pull(self, number: str, *_: Any) -> Any:
        return self.hub.pulls.get(int(number))

    def list_pulls(self, query: Mapping[str, str], _: Any) -> Any:
        assert query["state"] == "all"
        branch = query["head"].removeprefix(f"{REPOSITORY.partition('/')[0]}:")
        return [item for item in self.hub.pulls.values() if item["head"].get("ref") == branch]

    def open_pull(self, _: Any, body: Mapping[str, Any]) -> Any:
        """One of a branch that is there; where the repository lets no workflow, not by its token."""
        if self.user == BOT and not self.hub.actions_may_open:
            words = "GitHub Actions is not permitted to create or approve pull requests."
            return Refusal(403, words)
        branches = self.hub.branches()
        if body["head"] not in branches or body["base"] not in branches:
            return Refusal(422, "Validation Failed")
        number = self.hub.next_id()
        head = {
            "ref": body["head"],
            "sha": branches[body["head"]],
            "repo": {"full_name": REPOSITORY},
        }
        made = {**body, "number": number, "user": dict(self.user), "merged_at": None, "head": head,
                "base": {"ref": body["base"]}}  # fmt: skip
        self.hub.pulls[number] = made
        return made

    def permission(self, login: str, *_: Any) -> Any:
        found = self.hub.permissions.get(unquote(login))
        return {"permission": found} if found else None

    def issue(self, number: str, *_: Any) -> Any:
        return next((item for item in self.hub.issues if item["number"] == int(number)), None)

    def files_of_pull(self, number: str, *_: Any) -> Any:
        return self.hub.files.get(int(number), [])

    def list_comments(self, number: str, *_: Any) -> Any:
        return self.hub.comments.get(int(number), [])

    def add_comment(self, number: str, _: Any, body: Mapping[str, Any]) -> Any:
        return self.hub.comment(int(number), body["body"])

    def edit_comment(self, id_: str, _: Any, body: Mapping[str, Any]) -> Any:
        every = (item for items in self.hub.comments.values() for item in items)
        found = next(item for item in every if item["id"] == int(id_))
        found.update(body)
        return found

    def add_labels(self, number: str, _: Any, body: Mapping[str, Any]) -> Any:
        if not self.hub.has_labels:
            return None
        pull = self.hub.pulls[int(number)]
        pull.setdefault("labels", []).extend({"name": name} for name in body["labels"])
        return pull["labels"]

    def remove_label(self, number: str, label: str, *_: Any) -> Any:
        pull = self.hub.pulls[int(number)]
        kept = [item for item in pull.get("labels", []) if item["name"] != unquote(label)]
        found = len(kept) < len(pull.get("labels", []))
        pull["labels"] = kept
        return kept if found else None

    def list_issues(self, query: Mapping[str, str], _: Any) -> Any:
        return [
            item
            for item in self.hub.issues
            if item["state"] == query["state"] and query["labels"] in item["labels"]
        ]

    def add_issue(self, _: Any, body: Mapping[str, Any]) -> Any:
        made = {"number": self.hub.next_id(), "state": "open", "user": dict(BOT), **body}
        self.hub.issues.append(made)
        return made

    def edit_issue(self, number: str, _: Any, body: Mapping[str, Any]) -> Any:
        found = next(item for item in self.hub.issues if item["number"] == int(number))
        found.update(body)
        return found

    def list_runs(self, file: str, query: Mapping[str, str], _: Any) -> Any:
        if file not in self.hub.workflows:
            return None
        found = [
            run
            for run in self.hub.runs
            if run["path"] == f".github/workflows/{file}"
            and run["event"] == query["event"]
            and run["head_sha"] == query["head_sha"]
        ]
        return {"total_count": len(found), "workflow_runs": found}

    def list_artifacts(self, run: str, query: Mapping[str, str], _: Any) -> Any:
        found = [
            {key: value for key, value in item.items() if key != "content"}
            for item in self.hub.artifacts
            if item["run"] == int(run) and (self.hub.lists_all or item["name"] == query["name"])
        ]
        return {"total_count": len(found), "artifacts": found}


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _answer(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        if url.path.startswith("/storage/"):
            self._storage(int(url.path.rpartition("/")[2]))
            return
        self.hub.calls.append((self.command, url.path))
        for method, pattern, name, needed in _ROUTES:
            found = re.fullmatch(pattern, url.path)
            if found and method == self.command:
                if not self._may(needed):
                    self._send(403, {"message": f"Resource not accessible: {needed}"})
                elif name == "redirect":
                    self._redirect(int(found[1]))
                else:
                    query = {key: values[0] for key, values in parse_qs(url.query).items()}
                    answer = getattr(Answers(self.hub, self._token), name)(
                        *found.groups(), query, body
                    )
                    if isinstance(answer, Refusal):
                        self._send(answer.status, {"message": answer.words})
                        return
                    if answer is not None:
                        self._page(answer, query)
                        return
                    continue
                return
        self._send(404, {"message": "Not Found"})

    @property
    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _may(self, needed: tuple[str, ...]) -> bool:
        """Whoever has a token may read the metadata."""
        token = self._token
        has = {"metadata": "read", **self.hub.tokens[token]} if token in self.hub.tokens else {}
        return any(_covers(has, item) for item in needed)

    def _page(self, answer: Any, query: Mapping[str, str]) -> None:
        key = next((k for k in ("workflow_runs", "artifacts") if k in answer), None)
        rows = answer[key] if key else answer
        if not isinstance(rows, list):
            self._send(200 if self.command != "POST" else 201, answer)
            return
        size = min(int(query.get("per_page", 30)), self.hub.most_per_page)
        page = int(query.get("page", 1))
        shown = rows[(page - 1) * size : page * size]
        more = f'<{self.hub.url}{self.path}>; rel="next"' if rows[page * size :] else ""
        self._send(200, {**answer, key: shown} if key else shown, link=more)

    def _redirect(self, id_: int) -> None:
        self.send_response(302)
        # Another host than the API's, as GitHub's storage is.
        self.send_header(
            "Location", f"{self.hub.url.replace('127.0.0.1', 'localhost')}/storage/{id_}"
        )
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _storage(self, id_: int) -> None:
        if self.headers.get("Authorization"):
            self._send(400, {"message": "the storage was shown the token"})
            return
        content = next(item["content"] for item in self.hub.artifacts if item["id"] == id_)
        if content is None:
            self._send(410, {"message": "gone"})
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send(self, status: int, answer: Any, link: str = "") -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(content)


def _covers(has: Mapping[str, str], needed: str) -> bool:
    scope, _, level = needed.partition(":")
    return has.get(scope) in (("write",) if level == "write" else ("read", "write"))


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub on a loopback port."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
