"""The program as a person meets it: a real terminal, its own process."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import World
from tests.limits import HANG


def on_terminal(
    pxm: World, *arguments: str, answer: str = "", rows: int = 0, **env: str
) -> tuple[int, str]:
    """Run a command on a terminal of its own; its exit code and all that it showed.

    `answer` is typed once a question stands there.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 100, 0, 0))
    command = [sys.executable, "-m", "reconciler", "--catalog", str(pxm.root / "catalog")]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment, "TERM": "xterm", "COLUMNS": "100", **env},
        cwd=pxm.root,
        close_fds=True,
    )
    os.close(slave)
    shown, deadline = b"", time.monotonic() + HANG
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        shown += part
        if answer and b"[y/N]: " in shown:
            os.write(master, f"{answer}\n".encode())
            answer = ""
        if not part:
            break
    os.close(master)
    return process.wait(HANG), shown.decode()


def test_on_a_terminal_apply_asks_and_shows_bars(pxm: World) -> None:
    pxm.write(SMALL)

    code, shown = on_terminal(pxm, "apply", answer="y")

    assert code == 0, shown
    assert "Apply these changes?" in shown
    assert "━" in shown
    assert "Apply complete! 10 created" in shown
    assert "\x1b[3" in shown


def test_what_is_longer_than_the_terminal_goes_through_the_pager(pxm: World) -> None:
    pxm.write(SMALL)
    pager = pxm.root / "pager"
    pager.write_text("#!/bin/sh\necho paged; cat\n")
    pager.chmod(0o755)

    code, shown = on_terminal(pxm, "plan", PAGER=str(pager), rows=10)
    assert code == 0
    assert "paged\r\n" in shown
    assert "Plan: 10 to create" in shown
    assert "paged" not in on_terminal(pxm, "plan", PAGER=str(pager), rows=500)[1]
    assert "paged" not in on_terminal(pxm, "plan", PAGER=str(pager), rows=10, CI="1")[1]
    code, shown = on_terminal(pxm, "apply", answer="y", PAGER=str(pager), rows=10)
    assert code == 0
    assert "paged" not in shown


def test_a_no_on_the_terminal_writes_nothing(pxm: World) -> None:
    pxm.write(SMALL)

    code, shown = on_terminal(pxm, "apply", answer="n")

    assert code == 3, shown
    assert "nothing was written" in shown
    assert pxm.sandbox.all("collection") == []


def test_in_ci_there_are_no_bars(pxm: World) -> None:
    pxm.write(SMALL)

    code, shown = on_terminal(pxm, "apply", "--yes", CI="true")

    assert code == 0, shown
    assert "━" not in shown


def test_colour_follows_the_environment(pxm: World) -> None:
    pxm.write(SMALL)

    assert "\x1b[32m+ category/apparel" in on_terminal(pxm, "plan", CI="1")[1]
    assert "\x1b[3" not in on_terminal(pxm, "plan", NO_COLOR="1", CI="1")[1]
    assert "\x1b[3" not in on_terminal(pxm, "--no-color", "plan", CI="1")[1]


def test_colour_can_be_forced_into_a_pipe(pxm: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pxm.write(SMALL)

    assert pxm.pxm("plan") == 0
    assert "\x1b[" not in pxm.out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert pxm.pxm("plan") == 0
    assert "\x1b[32m+ category/apparel" in pxm.out


def test_logs_are_json_lines_on_stderr_where_asked_for(pxm: World) -> None:
    import json

    pxm.write(SMALL)

    assert pxm.pxm("-vv", "--log-format", "json", "plan") == 0
    rows = [json.loads(line) for line in pxm.err.splitlines()]
    assert {row["level"] for row in rows} == {"debug", "info"}
    assert any(row.get("path") == "/v2.1/collection" for row in rows)
    assert pxm.pxm("-v", "plan") == 0
    assert "/v2.1/collection" not in pxm.err


def test_a_broken_catalog_is_named_by_its_folder_in_every_command(
    pxm: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pxm.write("categories: [{key: a, name: A, parent: b}]\n")
    monkeypatch.chdir(pxm.root)

    for command in ("validate", "plan"):
        from reconciler.cli import run

        assert run([command]) == 1
        out, err = pxm.capture.readouterr()
        assert "catalog/catalog.yaml:1:" in out + err


def test_python_m_reconciler_is_the_same_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reconciler", "--version"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)

    assert found.stdout.startswith("pxm, version ")
