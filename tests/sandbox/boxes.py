"""A sandbox on loopback and a plain HTTP client with a token, for tests."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from reconciler.sandbox import Options, Sandbox
from tests import patient
from tests.limits import until as until

JSON = dict[str, Any]


@dataclass
class Box:
    """A sandbox and a client of its API; `v` is the version in the path."""

    sandbox: Sandbox
    client: httpx.Client
    v: str = "/v2.1"

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        return self.client.request(method, f"{self.v}/{path}", **options)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that must go well."""
        return self._ok(self.send("GET", path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        """The JSON of a POST that must go well."""
        return self._ok(self.send("POST", path, json=body))

    def put(self, path: str, **body: Any) -> Any:
        """The JSON of a PUT that must go well."""
        return self._ok(self.send("PUT", path, json=body))

    def delete(self, path: str) -> Any:
        """The JSON of a DELETE that must go well."""
        return self._ok(self.send("DELETE", path))

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Status and message of a request that must be refused."""
        answer = self.send(method, path, **options)
        assert answer.status_code >= 400, answer.text
        body = answer.json()
        assert body["error"] == body["message"]
        return answer.status_code, body["message"]

    @staticmethod
    def _ok(answer: httpx.Response) -> Any:
        assert answer.status_code < 300, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None


@contextmanager
def served(*dialects: str, db: Path | None = None, **options: Any) -> Iterator[Box]:
    """A sandbox under dialects, without a rate limit unless one is given."""
    options.setdefault("rate_limit", None)
    options.setdefault("processing", 0.0)
    with (
        Sandbox(db, Options(dialects=frozenset(dialects), **options)) as sandbox,
        patient.client(base_url=sandbox.url) as client,
    ):
        client.headers["Authorization"] = f"Bearer {token(client)}"
        yield Box(sandbox, client)


def token(client: httpx.Client) -> str:
    """A token, as the article gets it; "none" where chaos or a hook forbids."""
    answer = client.post(
        "/v2.1/oauth/authorize",
        auth=("sandbox", "sandbox"),
        json={"grant_type": "client_credentials"},
    )
    return str(answer.json()["access_token"])


def picture(width: int = 640, height: int = 480, colour: str = "teal", form: str = "JPEG") -> bytes:
    """A small image."""
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, form)
    return target.getvalue()


def upload(box: Box, name: str, content: bytes, **metadata: Any) -> JSON:
    """Send a file in one piece or in parts, as the answer says, and confirm it."""
    asked = box.post(
        "file/request-upload",
        filename=name,
        file_name=name,
        mime_type="image/jpeg",
        size=len(content),
    )
    confirm: JSON = {"file_path": asked["file_path"], "file_name": name, "file_size": len(content)}
    if asked["upload_type"] == "standard":
        patient.put(asked["upload_url"], content=content).raise_for_status()
    else:
        confirm["upload_id"] = asked["upload_id"]
        confirm["multipart"] = list(sent_parts(asked, content))
    found: JSON = box.post("file/confirm-upload", **confirm, metadata=metadata)
    return found


def sent_parts(asked: JSON, content: bytes) -> Iterator[JSON]:
    """Send each part; number and ETag."""
    size = asked["part_size"]
    for part in asked["parts"]:
        number = part["part_number"]
        piece = content[(number - 1) * size : number * size]
        answer = patient.put(part["upload_url"], content=piece).raise_for_status()
        yield {"part_number": number, "etag": answer.headers["ETag"]}
