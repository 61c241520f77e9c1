"""The account past the API: what tests, `--sandbox` and training use; and where it is kept."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.sandbox import DIALECTS, FURTHER, LISTED, Options, Sandbox, checked_dialects
from reconciler.sandbox.dialects import EXCLUSIVE
from tests.limits import HANG
from tests.sandbox.boxes import Box, served


def test_an_account_outlives_its_server(tmp_path: Path) -> None:
    db = tmp_path / "pxm.db"
    with served(db=db) as box:
        top = box.post("category", name="Top")["id"]
        box.post("category", name="Gone")
        box.delete(f"category/{box.get('category')[1]['id']}")
        box.put(f"category/{top}", name="Renamed")
        kept, account = box.sandbox.dump(), box.sandbox.account_id
    with served(db=db) as box:
        assert (box.sandbox.dump(), box.sandbox.account_id) == (kept, account)
        assert [item["name"] for item in box.get("category")] == ["Renamed"]


def test_ids_are_random_or_the_same_each_time() -> None:
    def ids(seed: int | None) -> list[str]:
        sandbox = Sandbox(None, Options(seed=seed))
        found = [sandbox.put_object("category", {"name": "x"}) for _ in range(3)]
        sandbox.close()
        return found

    assert ids(1) == ids(1)
    assert ids(None) != ids(None)


def test_what_is_read_is_a_copy(box: Box) -> None:
    made = box.sandbox.put_object("category", {"name": "x", "attributes": []})
    for item in (box.sandbox.get("category", made), box.sandbox.all("category")[0]):
        assert item is not None
        item["attributes"].append("scribble")
    box.sandbox.dump()["category"][0]["name"] = "scribble"
    stored = box.sandbox.get("category", made)
    assert stored is not None
    assert (stored["name"], stored["attributes"]) == ("x", [])
    assert box.sandbox.get("category", "gone") is None


def test_somebody_else_can_edit_and_remove(box: Box) -> None:
    made = box.sandbox.put_object("category", {"name": "x", "updated_date": "2020-01-01T00:00:00Z"})
    box.sandbox.edit("category", made, name="y")
    shown = box.get(f"category/{made}")
    assert shown["name"] == "y"
    assert shown["updated_date"] > "2020"
    box.sandbox.remove("category", made)
    box.sandbox.remove("category", made)
    assert box.get("category") == []
    with pytest.raises(KeyError):
        box.sandbox.edit("category", made, name="z")


def test_what_is_ensured_is_made_once(box: Box) -> None:
    ensure = box.sandbox.ensure_object
    assert ensure("category", name="Top") == ensure("category", name="Top")
    assert ensure("category", "c7", name="Top") == "c7" == ensure("category", "c7", name="Other")
    assert ensure("attribute", label="Color", value_type="Text") == ensure(
        "attribute", label="Color"
    )
    assert box.sandbox.ensure_region("EU") == box.sandbox.ensure_region("EU")
    assert [item["name"] for item in box.sandbox.all("category")] == ["Top", "Top"]


def test_a_file_can_be_put_without_bytes_or_with_them(box: Box) -> None:
    bare = box.sandbox.put_object("file", {"file_name": "a.jpg"})
    full = box.sandbox.put_file("b.bin", b"1234", type="misc")
    sizes = {item["id"]: item["file_size"] for item in box.get("file")}
    assert sizes == {bare: None, full: 4}
    assert box.sandbox.content(full) == b"1234"


def test_a_dump_keeps_the_spelling_of_numbers(box: Box) -> None:
    number = box.post("attribute", label="Weight", value_type="Number")["id"]
    entry = {"id": number, "type": "update", "value": "1.10"}
    box.post("collection", name="x", attributes=[entry])
    text = box.sandbox.dump_json()
    assert '"value": 1.10' in text
    assert list(json.loads(text)) == [
        "region", "category", "attribute", "attribute_group", "collection", "resource", "file",
    ]  # fmt: skip


def test_the_first_region_is_the_primary_one() -> None:
    sandbox = Sandbox(None, Options())
    us = sandbox.ensure_region("US")
    eu = sandbox.ensure_region("EU")
    with sandbox:
        primary = {item["id"]: item["is_primary"] for item in sandbox.all("region")}
        assert primary == {us: True, eu: False}


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sandbox = Sandbox(None, Options(), port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            sandbox.start()
        sandbox.close()


def test_a_server_waits_for_a_signal(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from reconciler.sandbox import *\n"
        "with Sandbox(pathlib.Path(sys.argv[1]), Options()) as s: s.heed_signals(); print(s.url, flush=True); s.wait()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "a.db")]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("http://127.0.0.1:")
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait(HANG) == 0


def test_wait_returns_where_the_sandbox_was_stopped() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    sandbox = Sandbox(None, Options())
    sandbox.start()
    stopper = threading.Timer(0.05, sandbox.stop)
    stopper.start()
    try:
        sandbox.wait()
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
        stopper.join()


# --- dialects as a table ---


def test_every_dialect_of_the_list_is_there_and_further_ones_are_marked() -> None:
    assert len(LISTED) == 37
    assert not LISTED.keys() & FURTHER.keys()
    assert {*LISTED, *FURTHER} == set(DIALECTS)
    assert all(name in DIALECTS for group in EXCLUSIVE for name in group)


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^unknown dialect 'page-cpa'; did you mean 'page-cap'\?$"
    ):
        checked_dialects(["page-cpa"])
    with pytest.raises(
        ValueError, match=r"^unknown dialect 'zzzz'; there are lists-raw, lists-wrapped"
    ):
        Sandbox(None, Options(dialects=frozenset({"zzzz"})))


@pytest.mark.parametrize("group", EXCLUSIVE, ids=lambda group: sorted(group)[0])
def test_dialects_that_contradict_each_other_are_refused(group: frozenset[str]) -> None:
    first, second, *_ = sorted(group)
    with pytest.raises(ValueError) as caught:
        checked_dialects([first, second])
    assert (
        str(caught.value) == f"dialects '{first}' and '{second}' contradict each other: choose one"
    )


def test_a_large_account_starts_and_pages_in_time(tmp_path: Path) -> None:
    """What is slow here is quadratic: the bound is far above what it takes."""
    db = tmp_path / "large.db"
    sandbox = Sandbox(db, Options(seed=1))
    store = sandbox.app.store
    store._db.execute("BEGIN")
    blank = sandbox.app.rules.blank("collection")
    for number in range(5_000):
        store.put("collection", {**blank, "id": f"c{number}", "name": f"C{number}"})
    store._db.execute("COMMIT")
    sandbox.close()
    begun = time.process_time()
    with served(db=db) as box:
        ids = [
            item["id"]
            for offset in range(0, 5_000, 1000)
            for item in box.get("collection", limit=1000, offset=offset)["collections"]
        ]
    assert ids == [f"c{number}" for number in range(5_000)]
    assert time.process_time() - begun < HANG
