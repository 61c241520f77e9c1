"""What is kept of catalog files: a catalog reads the same with it, whatever has become of either."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cache import Cache, Owner
from reconciler.catalog import read
from reconciler.catalog.kept import SHELF, Pieces

OWNER = Owner("https://pxm.example.com", "client", "secret")
CASES = sorted((Path(__file__).parent / "cases" / "validate").iterdir())

FILES = ("a.yaml", "b.yaml", "c/d.yaml")
TEXTS = (
    "categories:\n  - key: shoes\n    name: Shoes\n    children: [{key: boots, name: Boots}]\n",
    "attributes:\n"
    "  - {key: color, label: Color, type: Pick List, options: [Red, {label: Blue, was: Navy}]}\n"
    "  - {key: size, label: Size, type: List, fields: [{label: Width, type: Number}]}\n"
    "  - {key: text, label: Text, type: Text}\n",
    "defaults:\n  collections: {category: shoes, lifecycle: {ignore: [regions]}}\n"
    "collections:\n  - {key: one, name: One, attributes: {color: Red, size: {Width: 1.10}}}\n",
    "collections:\n  - key: two\n    name: &n Two\n    only: [staging]\n    attributes: {text: *n}\n",
    "collections:\n"
    "  - key: three\n    name: Three\n    id: {staging: '7', live: new}\n    inherit: [text]\n"
    "    attributes: {color: [Red, Blue], text: {file: care.txt}}\n"
    "    variants: [{key: one, name: One, external: true, only: [live]}]\n",
    "collections:\n  - {key: two, name: Two, only: [live], attributes: {color: Green}}\n",
    "resources:\n  - {key: r, description: R, link: 'https://example.com', collections: [one]}\n",
    "moved:\n  - {kind: category, from: old, to: shoes}\n",
    "removed:\n  - {kind: collection, key: four}\n",
    "collections:\n  - {name: Without a key}\n",
    "collections: [\n",
    "# nothing\n",
    "",
)
SETTINGS = "environments: {staging: {state: 'file:a'}, live: {state: 'file:b'}}\n"


class Memory:
    """Pieces by file and bytes."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[str, bytes], bytes] = {}
        self.found = 0

    def get(self, file: str, raw: bytes) -> bytes | None:
        self.found += (file, raw) in self.pieces
        return self.pieces.get((file, raw))

    def put(self, file: str, raw: bytes, piece: bytes) -> None:
        self.pieces[file, raw] = piece


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_catalog_reads_the_same_from_what_is_kept_of_it(case: Path) -> None:
    folder = case / "catalog" if (case / "catalog").is_dir() else case
    memory = Memory()
    expected = repr(read(folder))
    assert repr(read(folder, kept=memory)) == expected
    assert repr(read(folder, kept=memory)) == expected
    assert memory.found == len(memory.pieces)


EDITS = st.lists(st.dictionaries(st.sampled_from(FILES), st.sampled_from(TEXTS)), max_size=4)


@given(EDITS, st.sampled_from([None, "staging", "live"]))
def test_it_reads_the_same_whatever_was_edited_since(
    tmp_path_factory: pytest.TempPathFactory,
    edits: list[dict[str, str]],
    environment: str | None,
) -> None:
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "c").mkdir()
    (folder / "care.txt").write_text("wash", encoding="utf-8")
    (folder / "reconciler.yaml").write_text(SETTINGS, encoding="utf-8")
    memory = Memory()
    for edited in edits:
        write(folder, edited)
        expected = repr(read(folder, environment=environment))
        assert repr(read(folder, environment=environment, kept=memory)) == expected
        assert repr(read(folder, environment=environment, kept=memory)) == expected


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


# --- in a cache ---------------------------------------------------------------------------------


def shop(folder: Path, name: str = "One") -> Path:
    folder.mkdir(exist_ok=True)
    write(folder, {"a.yaml": TEXTS[0], "b.yaml": TEXTS[1]})
    write(folder, {"c.yaml": f"collections:\n  - {{key: one, name: {name}, category: boots}}\n"})
    return folder


def kept(folder: Path, caches: Path, environment: str | None = None) -> int:
    """Reads a catalog as it is, from a cache; returns how many files the cache had."""
    pieces = Pieces(Cache(caches, OWNER), environment, use=True)
    reading = read(folder, environment=environment, kept=pieces)
    pieces.save()
    assert repr(reading) == repr(read(folder, environment=environment))
    return pieces.found


def test_only_files_that_were_edited_are_read(tmp_path: Path) -> None:
    folder, caches = shop(tmp_path / "catalog"), tmp_path / "caches"
    assert kept(folder, caches) == 0
    assert kept(folder, caches) == 3
    shop(folder, name="Another")
    assert kept(folder, caches) == 2
    assert kept(folder, caches) == 3


def test_a_file_of_the_same_bytes_under_another_name_is_read(tmp_path: Path) -> None:
    folder, caches = shop(tmp_path / "catalog"), tmp_path / "caches"
    kept(folder, caches)
    (folder / "c.yaml").rename(folder / "d.yaml")
    assert kept(folder, caches) == 2


def test_each_environment_has_its_own(tmp_path: Path) -> None:
    folder, caches = shop(tmp_path / "catalog"), tmp_path / "caches"
    write(folder, {"reconciler.yaml": SETTINGS})
    kept(folder, caches, "staging")
    assert kept(folder, caches, "live") == 0


def test_a_full_read_takes_nothing_of_it_and_leaves_what_there_is_now(tmp_path: Path) -> None:
    folder, caches = shop(tmp_path / "catalog"), tmp_path / "caches"
    kept(folder, caches)
    (folder / "a.yaml").rename(folder / "z.yaml")
    pieces = Pieces(Cache(caches, OWNER), None, use=False)
    read(folder, kept=pieces)
    pieces.save()
    assert pieces.found == 0
    assert len(Cache(caches, OWNER).read(SHELF)) == 3
    assert kept(folder, caches) == 3


def rows(caches: Path) -> sqlite3.Connection:
    return sqlite3.connect(Cache(caches, OWNER).path, isolation_level=None)


DAMAGES = {
    "swapped": "CREATE TEMP TABLE was AS SELECT id, sealed FROM blobs; UPDATE blobs "
    "SET sealed = (SELECT sealed FROM was WHERE was.id != blobs.id LIMIT 1)",
    "truncated": "UPDATE blobs SET sealed = substr(sealed, 1, 40)",
    "foreign": "UPDATE blobs SET sealed = randomblob(length(sealed))",
    "empty": "UPDATE blobs SET sealed = x''",
    "a text": "UPDATE blobs SET sealed = 'a text'",
    "gone": "DELETE FROM blobs",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_read_anew(tmp_path: Path, damage: str) -> None:
    folder, caches = shop(tmp_path / "catalog"), tmp_path / "caches"
    kept(folder, caches)
    with closing(rows(caches)) as connection:
        connection.executescript(DAMAGES[damage])
    assert kept(folder, caches) == 0
    assert kept(folder, caches) == 3


def test_what_was_kept_of_earlier_bytes_does_not_come_back(tmp_path: Path) -> None:
    folder, caches = shop(tmp_path / "catalog"), tmp_path / "caches"
    kept(folder, caches)
    with closing(rows(caches)) as connection:
        before = connection.execute("SELECT name, sealed FROM blobs").fetchall()
        shop(folder, name="Another")
        kept(folder, caches)
        connection.executemany("UPDATE blobs SET sealed = ?2 WHERE name = ?1", before)
    assert kept(folder, caches) == 2


def test_a_file_that_names_others_is_read_with_them(tmp_path: Path) -> None:
    folder, memory = shop(tmp_path / "catalog"), Memory()
    (folder / "care.html").write_text("wash", encoding="utf-8")
    resource = "resources:\n  - {key: r, link: 'https://a', description: {file: care.html}}\n"
    write(folder, {"d.yaml": resource, "e.yaml": "files:\n  - {key: f, path: care.html}\n"})
    read(folder, kept=memory)
    assert {file for file, _ in memory.pieces} == {"a.yaml", "b.yaml", "c.yaml"}
    (folder / "care.html").write_text("dry clean", encoding="utf-8")
    assert "dry clean" in repr(read(folder, kept=memory).catalog)


def test_a_long_text_of_a_value_is_read_each_time(tmp_path: Path) -> None:
    folder, memory = shop(tmp_path / "catalog"), Memory()
    (folder / "care.html").write_text("wash", encoding="utf-8")
    value = "{key: a, name: A, attributes: {text: {file: care.html}}}"
    write(folder, {"c.yaml": f"collections:\n  - {value}\n"})
    read(folder, kept=memory)
    (folder / "care.html").write_text("dry clean", encoding="utf-8")
    assert "dry clean" in repr(read(folder, kept=memory).catalog)
    assert memory.found == 3


def test_of_an_object_that_two_files_leave_out_each_has_its_own_place(tmp_path: Path) -> None:
    folder, memory = shop(tmp_path / "catalog"), Memory()
    two = "collections:\n  - {key: two, name: Two, only: [live]}\n"
    write(folder, {"reconciler.yaml": SETTINGS, "d.yaml": two, "e.yaml": f"# below\n\n{two}"})
    read(folder, environment="staging", kept=memory)
    write(folder, {"d.yaml": "resources:\n  - {key: r, link: 'https://a', collections: [two]}\n"})
    expected = repr(read(folder, environment="staging"))
    assert repr(read(folder, environment="staging", kept=memory)) == expected
    assert "file='e.yaml', line=4, column=33" in expected
