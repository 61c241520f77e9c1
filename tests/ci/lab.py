"""A server that speaks the calls of GitLab's REST API that we use, and holds to tokens."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PROJECT = 42
FORK = 77
BOT = {"id": 50, "username": "project_42_bot_1f0a"}
PERSON = {"id": 9, "username": "eve"}
TOKEN = "glpat-notes"
READER = "glpat-reader"


@dataclass
class Lab:
    """What GitLab knows of one project; tests look into it and change it."""

    url: str = ""
    merge_requests: dict[int, dict[str, Any]] = field(default_factory=dict)
    diffs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    of_commit: dict[str, list[int]] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    parents: dict[str, list[str]] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=lambda: {TOKEN: "api", READER: "read_api"})
    calls: list[tuple[str, str]] = field(default_factory=list)
    latest_of: Callable[[str, str], str] = lambda *_: ""
    base_of: Callable[[str, str], str] = lambda *_: ""
    me: dict[str, Any] = field(default_factory=lambda: dict(BOT))
    storage_works: bool = True
    most_per_page: int = 100
    ids: int = 1000

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    def note(self, number: int, body: str, author: Mapping[str, Any] = BOT) -> dict[str, Any]:
        made = {"id": self.next_id(), "body": body, "author": dict(author), "system": False}
        self.notes.setdefault(number, []).append(made)
        return made

    def bodies(self, number: int) -> list[str]:
        return [item["body"] for item in self.notes.get(number, [])]

    def put_artifacts(self, pipeline: int, name: str, content: bytes | None) -> dict[str, Any]:
        """A job of a pipeline with its artifacts."""
        made = {
            "id": self.next_id(), "pipeline": pipeline, "content": content,
            "artifacts_file": {"filename": f"{name}.zip", "size": len(content or b"")},
        }  # fmt: skip
        self.jobs.append(made)
        return made

    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]


_HERE = rf"/api/v4/projects/{PROJECT}"
_MR = rf"{_HERE}/merge_requests/(\d+)"
_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("GET", r"/api/v4/user", "user"),
    ("GET", _MR, "merge_request"),
    ("PUT", _MR, "edit_merge_request"),
    ("GET", rf"{_MR}/notes", "list_notes"),
    ("POST", rf"{_MR}/notes", "add_note"),
    ("PUT", rf"{_MR}/notes/(\d+)", "edit_note"),
    ("GET", rf"{_MR}/diffs", "list_diffs"),
    ("GET", rf"{_MR}/pipelines", "list_pipelines"),
    ("GET", rf"{_HERE}/pipelines/(\d+)/jobs", "list_jobs"),
    ("GET", rf"{_HERE}/jobs/(\d+)/artifacts", "redirect"),
    ("GET", rf"{_HERE}/repository/commits", "commits"),
    ("GET", rf"{_HERE}/repository/commits/(\w+)", "commit"),
    ("GET", rf"{_HERE}/repository/commits/(\w+)/merge_requests", "of_commit"),
    ("GET", rf"{_HERE}/repository/merge_base", "merge_base"),
    ("GET", rf"{_HERE}/issues", "list_issues"),
    ("POST", rf"{_HERE}/issues", "add_issue"),
    ("PUT", rf"{_HERE}/issues/(\d+)", "edit_issue"),
    ("POST", rf"{_HERE}/issues/(\d+)/notes", "add_word"),
)
_UNLISTED = ("changes_count",)
"""What GitLab shows of a merge request alone, and not in a list."""


class Answers:
    """One method per call; each takes the path's parts, the query and the body."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def user(self, *_: Any) -> Any:
        return self.lab.me

    def merge_request(self, number: str, *_: Any) -> Any:
        return self.lab.merge_requests.get(int(number))

    def edit_merge_request(self, number: str, _: Any, body: Mapping[str, Any]) -> Any:
        found = self.lab.merge_requests[int(number)]
        removed = body.get("remove_labels", "").split(",")
        kept = [name for name in found.get("labels", []) if name not in removed]
        found["labels"] = kept + [name for name in body.get("add_labels", "").split(",") if name]
        return found

    def list_notes(self, number: str, query: Mapping[str, list[str]], _: Any) -> Any:
        assert query["sort"] == ["asc"]
        return self.lab.notes.get(int(number), [])

    def add_note(self, number: str, _: Any, body: Mapping[str, Any]) -> Any:
        return self.lab.note(int(number), body["body"])

    def edit_note(self, number: str, id_: str, _: Any, body: Mapping[str, Any]) -> Any:
        found = next(i for i in self.lab.notes[int(number)] if i["id"] == int(id_))
        found.update(body)
        return found

    def list_diffs(self, number: str, *_: Any) -> Any:
        return self.lab.diffs.get(int(number), [])

    def list_pipelines(self, number: str, *_: Any) -> Any:
        return [item for item in self.lab.pipelines if item.get("of") == int(number)]

    def list_jobs(self, pipeline: str, *_: Any) -> Any:
        return [
            {key: value for key, value in item.items() if key != "content"}
            for item in self.lab.jobs
            if item["pipeline"] == int(pipeline)
        ]

    def commits(self, query: Mapping[str, list[str]], _: Any) -> Any:
        sha = self.lab.latest_of(query["ref_name"][0], query.get("path", ["."])[0])
        return [{"id": sha}] if sha else []

    def commit(self, sha: str, *_: Any) -> Any:
        parents = self.lab.parents.get(sha)
        return None if parents is None else {"id": sha, "parent_ids": parents}

    def of_commit(self, sha: str, *_: Any) -> Any:
        found = [self.lab.merge_requests[number] for number in self.lab.of_commit.get(sha, [])]
        return [
            {key: value for key, value in item.items() if key not in _UNLISTED} for item in found
        ]

    def merge_base(self, query: Mapping[str, list[str]], _: Any) -> Any:
        sha = self.lab.base_of(*query["refs[]"])
        return {"id": sha} if sha else None

    def list_issues(self, query: Mapping[str, list[str]], _: Any) -> Any:
        [state], [label] = query["state"], query["labels"]
        return [i for i in self.lab.issues if i["state"] == state and label in i["labels"]]

    def add_issue(self, _: Any, body: Mapping[str, Any]) -> Any:
        made = {
            "iid": self.lab.next_id(), "state": "opened", "author": dict(BOT), "words": [],
            **body, "labels": body["labels"].split(","),
        }  # fmt: skip
        self.lab.issues.append(made)
        return made

    def edit_issue(self, number: str, _: Any, body: Mapping[str, Any]) -> Any:
        found = self._issue(number)
        found.update({key: value for key, value in body.items() if key != "state_event"})
        if body.get("state_event") == "close":
            found["state"] = "closed"
        return found

    def add_word(self, number: str, _: Any, body: Mapping[str, Any]) -> Any:
        self._issue(number)["words"].append(body["body"])
        return {"id": self.lab.next_id(), **body}

    def _issue(self, number: str) -> dict[str, Any]:
        return next(item for item in self.lab.issues if item["iid"] == int(number))


class _Handler(BaseHTTPRequestHandler):
    lab: Lab

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_GET  # noqa: N815

    def _answer(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        if url.path.startswith("/storage/"):
            self._storage(int(url.path.rpartition("/")[2]))
            return
        self.lab.calls.append((self.command, url.path))
        refused = self._refused()
        if refused:
            self._send(*refused)
            return
        for method, pattern, name in _ROUTES:
            found = re.fullmatch(pattern, url.path)
            if found and method == self.command:
                self._found(name, found, parse_qs(url.query), body)
                return
        self._send(404, {"message": "404 Not Found"})

    def _refused(self) -> tuple[int, Any] | None:
        """GitLab takes no job's token for these calls, and no write with a scope of reading."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        scope = self.lab.scopes.get(token)
        if scope is None:
            return 401, {"message": "401 Unauthorized"}
        if self.command != "GET" and scope != "api":
            return 403, {"error": "insufficient_scope"}
        return None

    def _found(
        self, name: str, path: re.Match[str], query: Mapping[str, list[str]], body: Any
    ) -> None:
        if name == "redirect":
            self._redirect(int(path[1]))
            return
        answer = getattr(Answers(self.lab), name)(*path.groups(), query, body)
        if answer is None:
            self._send(404, {"message": "404 Not found"})
        elif isinstance(answer, list):
            self._page(answer, query)
        else:
            self._send(201 if self.command == "POST" else 200, answer)

    def _page(self, rows: list[Any], query: Mapping[str, list[str]]) -> None:
        size = min(int(query.get("per_page", ["20"])[0]), self.lab.most_per_page)
        page = int(query.get("page", ["1"])[0])
        more = f'<{self.lab.url}{self.path}>; rel="next"' if rows[page * size :] else ""
        self._send(200, rows[(page - 1) * size : page * size], link=more)

    def _redirect(self, id_: int) -> None:
        job = next((item for item in self.lab.jobs if item["id"] == id_), None)
        if job is None or job["content"] is None:
            self._send(404, {"message": "404 Not Found"})
            return
        self.send_response(302)
        # Another host than the API's, as object storage is.
        other = self.lab.url.replace("127.0.0.1", "localhost")
        self.send_header("Location", f"{other}/storage/{id_}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _storage(self, id_: int) -> None:
        if self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN"):
            self._send(400, {"message": "the storage was shown the token"})
            return
        if not self.lab.storage_works:
            self._send(410, {"message": "gone"})
            return
        content = next(item["content"] for item in self.lab.jobs if item["id"] == id_)
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


@contextmanager
def serving() -> Iterator[Lab]:
    """A lab on a loopback port."""
    lab = Lab()
    handler = type("Handler", (_Handler,), {"lab": lab})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    lab.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield lab
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
