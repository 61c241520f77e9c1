"""The sandbox in a process of its own: its CPU and memory are not the client's."""

from __future__ import annotations

import base64
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import PXM, Failed, clean

LOGIN = ("sandbox", "sandbox")


@dataclass(frozen=True, slots=True)
class Server:
    """A sandbox that answers."""

    url: str

    @property
    def env(self) -> dict[str, str]:
        """The variables by which a client finds it."""
        name, secret = LOGIN
        return {"PXM_BASE_URL": self.url, "PXM_CLIENT_ID": name, "PXM_CLIENT_SECRET": secret}

    def token(self) -> str:
        """A token of its own."""
        login = base64.b64encode(":".join(LOGIN).encode()).decode()
        request = urllib.request.Request(
            f"{self.url}/v2.1/oauth/authorize",
            data=b'{"grant_type": "client_credentials"}',
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["access_token"])

    def pages(self, path: str, limit: int = 250) -> Iterator[bytes]:
        """The pages of a list as they come over the wire."""
        token = self.token()
        for offset in range(0, 1 << 30, limit):
            request = urllib.request.Request(
                f"{self.url}{path}?limit={limit}&offset={offset}",
                headers={"Authorization": f"Bearer {token}"},
            )
            with urllib.request.urlopen(request) as answer:
                page = answer.read()
            if not _items(json.loads(page)):
                return
            yield page


def _items(page: Any) -> list[Any]:
    lists = (
        [value for value in page.values() if isinstance(value, list)]
        if isinstance(page, dict)
        else [page]
    )
    return lists[0] if lists else []


@contextmanager
def serving(db: Path | None = None, *, limit: int = 0) -> Iterator[Server]:
    """A sandbox of a database, or in memory; `limit` requests in 60 s, 0 for none."""
    command = [*PXM, "sandbox", "serve", "--port", "0", "--rate-limit", str(limit)]
    if db is not None:
        command += ["--db", str(db)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean()) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            if "http" not in first:
                raise Failed(f"the sandbox did not start: {first}")
            yield Server(first.split()[-1])
        finally:
            process.terminate()
