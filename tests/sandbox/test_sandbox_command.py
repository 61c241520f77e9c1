"""`pxm sandbox serve` as a command: its options, its errors, what it prints."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest

from reconciler.cli import cli, run
from reconciler.cli.sandboxcommands import sandbox_options
from reconciler.cli.sizes import size_in_bytes
from tests import patient
from tests.limits import HANG
from tests.sandbox.boxes import served

Capture = pytest.CaptureFixture[str]
USAGE = "Usage: pxm sandbox serve [OPTIONS]\nTry 'pxm sandbox serve --help' for help.\n\n"
HINT = "  pass --db PATH, a new file or one that a sandbox keeps\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dialect", "page-cpa"], "Error: --dialect: unknown dialect 'page-cpa'; did you mean 'page-cap'?\n"),
        (
            ["--dialect", "lists-raw, lists-data"],
            "Error: --dialect: dialects 'lists-data' and 'lists-raw' contradict each other: choose one\n",
        ),
        (["--chaos", "429"], "Error: --chaos: '429' is not like 429=0.05\n"),
        (
            ["--multipart-from", "5MB"],
            f"{USAGE}Error: Invalid value for '--multipart-from': '5MB' is no size; such as 500, 64KiB, 5MiB or 1GiB\n",
        ),
        (
            ["--multipart-from", "0"],
            f"{USAGE}Error: Invalid value for '--multipart-from': '0' is no size; such as 500, 64KiB, 5MiB or 1GiB\n",
        ),
        (["--chaos", "50x=0.1"], "Error: --chaos: unknown fault '50x'; did you mean '503'?\n"),
        (
            ["--dump"],
            "Error: --dump needs a database\n"
            "  pass --db PATH, the file that `pxm sandbox serve --db` keeps\n",
        ),
        (
            ["--dump", "--db", "none.db"],
            "Error: there is no sandbox database at none.db\n"
            "  pass --db PATH, the file that `pxm sandbox serve --db` keeps\n",
        ),
    ],
)  # fmt: skip
def test_a_wrong_option_says_what_is_wrong(
    arguments: list[str],
    words: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["sandbox", "serve", *arguments]) == 1
    assert capsys.readouterr() == ("", words)


def test_a_port_that_is_taken_is_a_clear_error(capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["sandbox", "serve", "--port", port]) == 1
    assert capsys.readouterr().err == (
        f"Error: the sandbox cannot listen on 127.0.0.1:{port}: Address already in use\n"
        "  choose another --port; 0 takes any free one\n"
    )


def test_a_file_of_another_program_is_left_alone(capsys: Capture, tmp_path: Path) -> None:
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("no database, but as long as one may be " * 20)
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE things (name)")
    db.close()
    before = other.read_bytes()
    for arguments in ([], ["--dump"]):
        assert run(["sandbox", "serve", "--db", str(text), *arguments]) == 1
        assert capsys.readouterr().err == (
            f"Error: {text} is no database of a sandbox: file is not a database\n{HINT}"
        )
        assert run(["sandbox", "serve", "--db", str(other), *arguments]) == 1
        assert capsys.readouterr().err == (
            f"Error: {other} is the database of another program\n{HINT}"
        )
    assert other.read_bytes() == before


def test_a_dump_is_the_account_as_json(capsys: Capture, tmp_path: Path) -> None:
    db = tmp_path / "pxm.db"
    with served(db=db) as box:
        box.post("category", name="Shoes")
        kept = box.sandbox.dump()
    assert run(["sandbox", "serve", "--db", str(db), "--dump"]) == 0
    assert json.loads(capsys.readouterr().out) == kept
    with served(db=db) as box:
        assert box.sandbox.dump() == kept


@pytest.mark.parametrize(
    ("size", "threshold", "part"),
    [("8", 8, 4), ("64KiB", 65536, 32768), ("1GiB", 2**30, 16 * 2**20), ("1", 1, 1)],
)
def test_uploads_go_in_parts_from_the_size_that_was_said(
    size: str, threshold: int, part: int
) -> None:
    context = click.Context(cli)
    parameter = click.Option(["--multipart-from"])
    found = sandbox_options(0, "", "", 0, size_in_bytes(context, parameter, size))
    assert (found.multipart_threshold, found.part_size) == (threshold, part)
    with served(multipart_threshold=threshold, part_size=part) as box:
        answers = [
            box.post("file/request-upload", file_name="a.bin", size=bytes_)
            for bytes_ in (max(1, threshold - 1), threshold)
        ]
    assert [answer["upload_type"] for answer in answers][1] == "multipart"
    assert len(answers[1]["parts"]) >= min(2, threshold)


def test_a_server_says_where_it_is_and_ends_by_a_signal(tmp_path: Path) -> None:
    db = tmp_path / "folder" / "pxm.db"
    command = [
        sys.executable, "-m", "reconciler", "sandbox", "serve", "--port", "0", "--db", str(db),
        "--region", "EU", "--region", "US", "--dialect", "lists-items", "--chaos", "500=0.5",
        "--chaos-seed", "4",
    ]  # fmt: skip
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as server:
        assert server.stdout is not None
        url = server.stdout.readline().removeprefix("PXM sandbox on ").strip()
        assert server.stdout.readline() == f"  export PXM_BASE_URL={url}\n"
        assert server.stdout.readline() == (
            "  export PXM_CLIENT_ID=sandbox PXM_CLIENT_SECRET=sandbox\n"
        )
        statuses = []
        for _ in range(8):
            answer = patient.post(
                f"{url}/v2.1/oauth/authorize",
                auth=("sandbox", "sandbox"),
                json={"grant_type": "client_credentials"},
            )
            statuses.append(answer.status_code)
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait(HANG) == 0
    assert statuses == [500, 500, 500, 200, 500, 200, 500, 500]
    with served(db=db) as box:
        assert [item["name"] for item in box.get("region")] == ["Global", "EU", "US"]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--sandbox-db", "taken/box.db", "--state", "file:s.db", "plan"], "--sandbox-db"),
        (["sandbox", "serve", "--db", "taken/box.db"], "--db"),
    ],
)
def test_a_folder_that_cannot_be_made_is_told(
    arguments: list[str],
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("catalog").mkdir()
    Path("catalog/a.yaml").write_text("categories: []\n")
    Path("taken").touch()
    assert run(arguments) == 1
    assert capsys.readouterr().err == (
        f"Error: {option}: the folder of taken/box.db cannot be made: File exists\n"
        f"  name a file in a folder that you may write: {option} PATH\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--sandbox-db", "box.db", "--state", "file:s.db", "plan"],
            "Error: --sandbox-db: box.db cannot be opened: unable to open database file\n"
            "  name another file\n",
        ),
        (
            ["sandbox", "serve", "--db", "box.db"],
            f"Error: box.db cannot be opened: unable to open database file\n{HINT}",
        ),
    ],
)
def test_a_database_that_cannot_be_opened_is_told(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("catalog").mkdir()
    Path("catalog/a.yaml").write_text("categories: []\n")
    Path("box.db").symlink_to("box.db")
    assert run(arguments) == 1
    assert capsys.readouterr().err == words
