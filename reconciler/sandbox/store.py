"""The account's objects: in memory for reading, in SQLite for keeping; bytes in a folder beside."""

from __future__ import annotations

import itertools
import json
import random
import re
import secrets
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from reconciler.sandbox.blobs import Blobs

KINDS = (
    "region",
    "category",
    "attribute",
    "attribute_group",
    "collection",
    "resource",
    "file",
)

INDEXED: Mapping[str, tuple[str, ...]] = {
    "category": ("parent_id",),
    "collection": ("parent_id", "direct_parent", "parent_topic_id"),
    "attribute_group": ("attributes",),
    "resource": ("category_id", "collections"),
    "file": ("collections",),
}
"""Fields by whose ids objects are found without looking at all of them."""

APPLICATION = int.from_bytes(b"pxmb", "big")
"""`PRAGMA application_id`: another program's file is never taken for an account."""

_TABLES = f"""
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id)
);
PRAGMA application_id = {APPLICATION};
"""

_GRAVE = "deleted "
_MARK = secrets.token_hex(8)
_NUMBERS = re.compile(f'"{_MARK}([^"]*)"')

Object = dict[str, Any]


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def loads(text: bytes | str) -> Any:
    """JSON with the spelling of numbers kept: 450.000 stays 450.000.  ValueError otherwise."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON; decimals in their own spelling.  `indent` lays it out for people.

    The C encoder cannot write a number as it was spelled: it writes marked texts, unmarked after.
    """
    text = json.dumps(
        value, default=lambda number: f"{_MARK}{number}", ensure_ascii=False, indent=indent
    )
    return _NUMBERS.sub(r"\1", text) if _MARK in text else text


def references(item: Object, field: str) -> tuple[str, ...]:
    """The ids in a field, be it one or a list of them."""
    value = item.get(field)
    if isinstance(value, list):
        return tuple(dict.fromkeys(value))
    return (value,) if value else ()


def _opened(path: Path | None) -> sqlite3.Connection:
    """The database, made if there is none; ValueError where the file is somebody else's, or
    cannot be read and written."""
    try:
        db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise ValueError(f"{path} cannot be opened: {error}") from error
    try:
        [mark] = db.execute("PRAGMA application_id").fetchone()
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if mark != APPLICATION and tables and not {"settings", "objects"} <= tables:
            raise ValueError(f"{path} is the database of another program")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_TABLES)
    except sqlite3.OperationalError as error:
        db.close()
        raise ValueError(f"{path} cannot be used: {error}") from error
    except sqlite3.DatabaseError as error:
        db.close()
        raise ValueError(f"{path} is no database of a sandbox: {error}") from error
    except ValueError:
        db.close()
        raise
    return db


class AccountStore:
    """One account.  `seed` makes its ids the same each time; without it they are random.

    ValueError where the file at `path` is no sandbox's.  An object that was put is never changed
    in place: a changed copy is put.
    """

    def __init__(self, path: Path | None, seed: int | None = None) -> None:
        self._random = random.Random(seed) if seed is not None else None
        self._db = _opened(path)
        self.objects: dict[str, dict[str, Object]] = {kind: {} for kind in KINDS}
        self.graves: dict[str, dict[str, Object]] = {kind: {} for kind in KINDS}
        self.versions: dict[str, int] = dict.fromkeys(KINDS, 0)
        self.writes: Counter[str] = Counter()
        """How often each object was written since the store was opened."""
        self._order: dict[str, list[str] | None] = dict.fromkeys(KINDS)
        self._ages: dict[str, int] = {}
        self._clock = itertools.count()
        self._index: dict[tuple[str, str, str], dict[str, None]] = {}
        self._load()
        self.account_id = self._setting("account_id", self.new_id())
        self.blobs = Blobs(path)

    def _load(self) -> None:
        rows = self._db.execute("SELECT kind, id, body FROM objects ORDER BY seq")
        for kind, id_, body in rows:
            if kind.startswith(_GRAVE):
                self.graves[kind.removeprefix(_GRAVE)][id_] = loads(body)
            else:
                self._keep(kind, id_, loads(body))

    def close(self) -> None:
        """Close the file; what was in memory only is gone."""
        self._db.close()
        self.blobs.close()

    def _setting(self, name: str, default: str) -> str:
        self._db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (name, default))
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row[0])

    def new_id(self) -> str:
        """A random id, as every account has its own."""
        bits = self._random.getrandbits(128) if self._random else secrets.randbits(128)
        return str(uuid.UUID(int=bits, version=4))

    def new_number(self) -> str:
        """A random id that is a number (dialect ids-int)."""
        source = self._random or random.SystemRandom()
        return str(source.randrange(10**6, 10**12))

    # --- reading ---

    def of(self, kind: str) -> dict[str, Object]:
        """All objects of a kind by id, oldest first."""
        return self.objects[kind]

    def get(self, kind: str, id_: str) -> Object | None:
        """One object as stored."""
        return self.objects[kind].get(id_)

    def order(self, kind: str) -> list[str]:
        """The ids of a kind, oldest first.  The list is the store's own: not to be changed."""
        known = self._order[kind]
        if known is None:
            known = self._order[kind] = list(self.objects[kind])
        return known

    def age(self, id_: str) -> int:
        """How many objects are older, those that have gone included."""
        return self._ages.get(id_, 0)

    def some(self, kind: str, ids: Iterable[str]) -> list[Object]:
        """Those of the ids that exist, oldest first."""
        items = self.objects[kind]
        found = dict.fromkeys(id_ for id_ in ids if id_ in items)
        return [items[id_] for id_ in sorted(found, key=self._ages.__getitem__)]

    def holding(self, kind: str, field: str, id_: str) -> list[Object]:
        """Objects whose field is an id, or a list that has it, oldest first."""
        if field in INDEXED.get(kind, ()):
            return self.some(kind, self._index.get((kind, field, id_), ()))
        return [item for item in self.objects[kind].values() if id_ in references(item, field)]

    def dump(self) -> dict[str, list[Object]]:
        """The whole account, sorted by id."""
        found = {}
        for kind, items in self.objects.items():
            found[kind] = [items[id_] for id_ in sorted(items)]
        return found

    # --- writing ---

    def put(self, kind: str, item: Object) -> None:
        """Keep an object, new or changed."""
        self._keep(kind, item["id"], item)
        self.writes[item["id"]] += 1
        self._write(kind, item)

    def remove(self, kind: str, id_: str) -> None:
        """Drop an object and its bytes."""
        item = self.objects[kind].pop(id_, None)
        if item is None:
            return
        self._unindex(kind, item)
        self._changed(kind, listed=True)
        self._db.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, id_))
        if kind == "file":
            self.blobs.remove(id_)

    def bury(self, kind: str, item: Object) -> None:
        """Keep a dropped object for those who look at what was (dialect status-deleted)."""
        self.graves[kind][item["id"]] = item
        self._changed(kind, listed=True)
        self._write(f"{_GRAVE}{kind}", item)

    def _write(self, kind: str, item: Object) -> None:
        self._db.execute(
            "INSERT INTO objects (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, item["id"], dumps(item)),
        )

    def _keep(self, kind: str, id_: str, item: Object) -> None:
        before = self.objects[kind].get(id_)
        self.objects[kind][id_] = item
        if before is None:
            self._ages[id_] = next(self._clock)
        else:
            self._unindex(kind, before, besides=item)
        for key in _keys(kind, item):
            self._index.setdefault(key, {})[id_] = None
        self._changed(kind, listed=before is None)

    def _unindex(self, kind: str, item: Object, *, besides: Object | None = None) -> None:
        kept = set(_keys(kind, besides)) if besides else set()
        for key in set(_keys(kind, item)) - kept:
            holders = self._index.get(key, {})
            holders.pop(item["id"], None)
            if not holders:
                self._index.pop(key, None)

    def _changed(self, kind: str, *, listed: bool) -> None:
        self.versions[kind] += 1
        if listed:
            self._order[kind] = None


def _keys(kind: str, item: Object) -> Iterator[tuple[str, str, str]]:
    for field in INDEXED.get(kind, ()):
        for id_ in references(item, field):
            yield kind, field, id_
