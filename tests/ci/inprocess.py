"""A `pxm` for scripts that runs in the test's own process: no start-up, and coverage sees it.

The script's `pxm` is a client that hands over arguments, folder and environment; the test answers
while it waits for the script.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import selectors
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.cli import run
from tests.limits import HANG

_CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({address!r})
    call = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
    line.sendall(json.dumps(call).encode())
    line.shutdown(socket.SHUT_WR)
    answer = json.load(line.makefile())
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
sys.exit(answer["code"])
"""


def answering(
    command: list[str], folder: Path, environment: Mapping[str, str], cwd: Path
) -> tuple[int, str]:
    """Run a script, answer each `pxm` in it; its exit code, and all that was printed."""
    # The path of a socket may not be long; a folder of a test's is.
    address = f"\0pxm-{uuid.uuid4().hex}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        client = folder / "bin" / "pxm"
        client.parent.mkdir(exist_ok=True)
        client.write_text(_CLIENT.format(python=sys.executable, address=address))
        client.chmod(0o755)
        around = {**environment, "PATH": f"{client.parent}:{environment['PATH']}"}
        with subprocess.Popen(
            command, cwd=cwd, env=around, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as script:
            printed = _serve(server, script)
        return script.returncode, printed


def _serve(server: socket.socket, script: subprocess.Popen[bytes]) -> str:
    """Until the script has closed its output."""
    assert script.stdout is not None
    parts: list[bytes] = []
    with selectors.DefaultSelector() as ready:
        ready.register(server, selectors.EVENT_READ)
        ready.register(script.stdout, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select(timeout=HANG):
                if key.fileobj is server:
                    _answer(server)
                    continue
                part = os.read(script.stdout.fileno(), 65536)
                if not part:
                    return b"".join(parts).decode()
                parts.append(part)


def _answer(server: socket.socket) -> None:
    line, _ = server.accept()
    with line, line.makefile("rb") as asked:
        call = json.load(asked)
        out, err = io.StringIO(), io.StringIO()
        with (
            _around(call["folder"], call["environment"]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(call["arguments"])
        answer = {"code": code, "out": out.getvalue(), "err": err.getvalue()}
        line.sendall(json.dumps(answer).encode())


@contextlib.contextmanager
def _around(folder: str, environment: Mapping[str, str]) -> Iterator[None]:
    """The script's folder and environment, for the time of one command."""
    kept, before = dict(os.environ), Path.cwd()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        os.chdir(before)
