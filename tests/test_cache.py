"""The sealed cache: nobody reads it without the secret, and nothing but what was written opens."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cache import Cache, Damaged, Owner, Unusable
from tests.limits import HANG

URL, CLIENT, SECRET = "https://pxm.example.com", "client-of-acme", "the-secret-of-acme"
OWNER = Owner(URL, CLIENT, SECRET)
TEXTS = {"one": b"Emberline Jacket", "two": b"Slate Trousers", "three": b"x" * 5000}


def filled(folder: Path, owner: Owner = OWNER) -> Cache:
    cache = Cache(folder, owner)
    cache.put("products", TEXTS.items(), "7")
    return cache


def rows(cache: Cache) -> sqlite3.Connection:
    return sqlite3.connect(cache.path, isolation_level=None)


def test_what_was_put_is_there_again(tmp_path: Path) -> None:
    shelf = filled(tmp_path).read("products")
    assert {name: shelf.get(name, "7") for name in TEXTS} == TEXTS
    assert shelf.get("four", "7") is None
    assert len(Cache(tmp_path, OWNER).read("files")) == 0


def test_nothing_is_made_by_reading(tmp_path: Path) -> None:
    assert len(Cache(tmp_path / "none", OWNER).read("products")) == 0
    assert not (tmp_path / "none").exists()


def test_a_shelf_is_replaced_in_one_step_and_others_stay(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    cache.put("files", [("a", b"1")])
    cache.replace("products", [("two", b"2")], "8")
    shelf = cache.read("products")
    assert (len(shelf), shelf.get("two", "8")) == (1, b"2")
    assert cache.read("files").get("a") == b"1"


def test_in_clear_stands_nothing_of_what_is_kept_or_whose_it_is(tmp_path: Path) -> None:
    filled(tmp_path)
    (path,) = tmp_path.iterdir()
    found = path.name.encode() + path.read_bytes()
    for text in (
        *TEXTS.values(),
        *map(str.encode, (URL, CLIENT, SECRET, "products", "acme", *TEXTS)),
    ):
        assert text not in found


def test_without_a_secret_there_is_no_cache(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without a client secret"):
        Cache(tmp_path, Owner(URL, CLIENT, ""))


@pytest.mark.parametrize(
    "other",
    [
        Owner("https://b.example.com", CLIENT, SECRET),
        Owner(URL, "b", SECRET),
        Owner(URL, CLIENT, "b"),
    ],
)
def test_another_owner_finds_nothing_and_opens_nothing(tmp_path: Path, other: Owner) -> None:
    cache, theirs = filled(tmp_path), Cache(tmp_path, other)
    assert theirs.path != cache.path
    assert len(theirs.read("products")) == 0
    cache.path.rename(theirs.path)
    assert theirs.read("products").get("one", "7") is None


def test_another_version_does_not_open_and_is_replaced(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    with pytest.raises(Damaged):
        cache.read("products").get("one", "8")
    cache.put("products", [("one", b"new")], "8")
    assert cache.read("products").get("one", "8") == b"new"
    assert len(cache.read("products")) == len(TEXTS)


def test_swapped_rows_do_not_open(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    with closing(rows(cache)) as found:
        one, two = found.execute("SELECT sealed FROM blobs WHERE id < 3 ORDER BY id")
        found.executemany("UPDATE blobs SET sealed = ? WHERE id = ?", [(*two, 1), (*one, 2)])
    for name in ("one", "two"):
        with pytest.raises(Damaged):
            cache.read("products").get(name, "7")
    assert cache.read("products").get("three", "7") == TEXTS["three"]


def test_a_row_of_an_earlier_writing_does_not_open_among_those_of_a_later_one(
    tmp_path: Path,
) -> None:
    cache = filled(tmp_path)
    with closing(rows(cache)) as found:
        (old,) = found.execute("SELECT sealed FROM blobs WHERE id = 1").fetchone()
        cache.replace("products", TEXTS.items(), "8")
        found.execute("UPDATE blobs SET sealed = ? WHERE id = (SELECT min(id) FROM blobs)", (old,))
    with pytest.raises(Damaged):
        cache.read("products").get("one", "8")


@given(data=st.data())
def test_whatever_becomes_of_the_file_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bits that flip, ends that are cut off, junk that comes: never another content."""
    cache = filled(tmp_path_factory.mktemp("cache"))
    whole = cache.path.read_bytes()
    spoiled = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(whole), data.draw(st.integers(0, len(whole)))]))
    cache.path.write_bytes(bytes(spoiled[:cut]))
    for name, text in TEXTS.items():
        with suppress(Damaged, Unusable):
            assert cache.read("products").get(name, "7") in (text, None)
    cache.replace("products", TEXTS.items(), "7")
    shelf = cache.read("products")
    assert {name: shelf.get(name, "7") for name in TEXTS} == TEXTS


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
def test_it_is_for_its_user_alone(tmp_path: Path) -> None:
    cache = filled(tmp_path / "cache")
    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.path.parent.stat().st_mode) == 0o700


def test_it_stays_within_its_size_and_the_oldest_go_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, OWNER, most_bytes=20_000)
    for number in range(10):
        cache.put("products", [(str(number), os.urandom(5000))])
    shelf = cache.read("products")
    assert [number for number in range(10) if shelf.get(str(number)) is not None] == [7, 8, 9]
    assert cache.path.stat().st_size < 60_000


def test_a_file_that_nobody_writes_any_more_is_taken_away(tmp_path: Path) -> None:
    old, young = (
        filled(tmp_path, Owner(URL, CLIENT, "old")),
        filled(tmp_path, Owner(URL, CLIENT, "young")),
    )
    long_ago = time.time() - 31 * 86_400
    os.utime(old.path, (long_ago, long_ago))
    filled(tmp_path)
    assert not old.path.exists()
    assert young.path.exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unusable, match="cannot be written"):
        filled(tmp_path / "file" / "cache")


def begun_and_read_at_once(cache: Cache) -> list[Unusable]:
    """What stands in the way of whoever reads while another run begins the file."""
    faults: list[Unusable] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                cache.read("products")
            except Unusable as error:
                faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    cache.put("products", [("a", b"text")])
    done.set()
    reader.join(HANG)
    return faults


def test_a_file_is_there_with_its_table_or_not_at_all(tmp_path: Path) -> None:
    for number in range(40):
        cache = Cache(tmp_path / str(number), OWNER)
        assert begun_and_read_at_once(cache) == []
        assert list(cache.path.parent.iterdir()) == [cache.path]


def test_runs_side_by_side_find_one_writing_or_the_other(tmp_path: Path) -> None:
    """Each shelf is of one writing, whoever reads while it is replaced."""
    cache, seen, faults = Cache(tmp_path, OWNER), set(), list[object]()

    def watched(work: Callable[..., None], *arguments: str) -> None:
        try:
            work(*arguments)
        except Exception as error:
            faults.append(error)

    def write(letter: str) -> None:
        for _ in range(10):
            Cache(tmp_path, OWNER).replace("products", [(name, letter.encode()) for name in TEXTS])

    def read() -> None:
        for _ in range(30):
            shelf = cache.read("products")
            found = {shelf.get(name) for name in TEXTS}
            seen.update(found)
            if len(found) != 1:
                faults.append(found)

    workers = [threading.Thread(target=watched, args=(write, letter)) for letter in "ab"]
    workers += [threading.Thread(target=watched, args=(read,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(HANG)
    assert not faults
    assert seen <= {b"a", b"b", None}
