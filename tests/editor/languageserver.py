"""yaml-language-server over stdio, as an editor talks to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CURSOR = "¦"


class LanguageServer:
    """One running server; `proposals` opens a text and asks what may stand at the cursor."""

    def __init__(self, command: list[str], folder: Path) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
        self.last = 0
        item = {"documentationFormat": ["markdown"]}
        able = {"textDocument": {"completion": {"completionItem": item}}}
        self._ask("initialize", processId=os.getpid(), rootUri=folder.as_uri(), capabilities=able)
        self._send(method="initialized", params={})

    def proposals(self, path: Path, text: str) -> dict[str, str]:
        """What it proposes where `¦` stands: label → what is told of it."""
        before = text.partition(CURSOR)[0]
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1}
        opened = {**document, "text": text.replace(CURSOR, "")}
        self._send(method="textDocument/didOpen", params={"textDocument": opened})
        line = before.count("\n")
        column = len(before.rpartition("\n")[2])
        position = {"line": line, "character": column}
        found = self._ask("textDocument/completion", textDocument={"uri": uri}, position=position)
        items = found["items"] if isinstance(found, dict) else found
        self._send(method="textDocument/didClose", params={"textDocument": {"uri": uri}})
        return {item["label"]: _told(item) for item in items}

    def close(self) -> None:
        """End the server."""
        self.process.kill()
        self.process.communicate()

    def _ask(self, method: str, **params: Any) -> Any:
        self.last += 1
        self._send(id=self.last, method=method, params=params)
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self.last:
                return message["result"]
            if "id" in message:
                # It asks for settings: none.
                items = message.get("params", {}).get("items", [])
                self._send(id=message["id"], result=[None for _ in items])

    def _send(self, **message: Any) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message


def _told(item: dict[str, Any]) -> str:
    told = item.get("documentation") or ""
    return str(told["value"] if isinstance(told, dict) else told)


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[LanguageServer]:
    """A server for as long as the block lasts."""
    server = LanguageServer(command, folder)
    try:
        yield server
    finally:
        server.close()
