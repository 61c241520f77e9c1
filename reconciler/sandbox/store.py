"""The account's objects: in memory for reading, in SQLite for keeping (contract 6)."""

from __future__ import annotations

import json
import random
import re
import secrets
import sqlite3
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

KINDS = (
    "region",
    "category",
    "attribute",
    "attribute_group",
    "collection",
    "resource",
    "file",
)

_MARK = secrets.token_hex(8)
_NUMBERS = re.compile(f'"{_MARK}([^"]*)"')

Object = dict[str, Any]


def loads(text: bytes | str) -> Any:
    """JSON with the spelling of numbers kept: 450.000 stays 450.000."""
    return json.loads(text, parse_float=Decimal)


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON; decimals in their own spelling.  `indent` lays it out for people.

    The C encoder cannot write a number as it was spelled: it writes marked texts, unmarked after.
    """
    text = json.dumps(
        value, default=lambda number: f"{_MARK}{number}", ensure_ascii=False, indent=indent
    )
    return _NUMBERS.sub(r"\1", text) if _MARK in text else text


class Store:
    """One account.  `seed` makes its ids the same each time; without it they are random."""

    def __init__(self, path: Path | None, seed: int | None = None) -> None:
        self._random = random.Random(seed) if seed is not None else None
        self._db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(
            "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);"
            "CREATE TABLE IF NOT EXISTS objects (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
            " kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id));"
        )
        self.objects: dict[str, dict[str, Object]] = {kind: {} for kind in KINDS}
        for kind, id_, body in self._db.execute("SELECT kind, id, body FROM objects ORDER BY seq"):
            self.objects[kind][id_] = loads(body)
        self.account_id = self._setting("account_id", self.new_id())

    def close(self) -> None:
        """Close the file."""
        self._db.close()

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

    def of(self, kind: str) -> dict[str, Object]:
        """All objects of a kind by id, oldest first."""
        return self.objects[kind]

    def get(self, kind: str, id_: str) -> Object | None:
        """One object as stored."""
        return self.objects[kind].get(id_)

    def put(self, kind: str, item: Object) -> None:
        """Keep an object, new or changed."""
        self.objects[kind][item["id"]] = item
        self._db.execute(
            "INSERT INTO objects (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, item["id"], dumps(item)),
        )

    def remove(self, kind: str, id_: str) -> None:
        """Drop an object."""
        self.objects[kind].pop(id_, None)
        self._db.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, id_))

    def dump(self) -> dict[str, list[Object]]:
        """The whole account, sorted by id."""
        return {kind: [items[id_] for id_ in sorted(items)] for kind, items in self.objects.items()}

    def holding(self, kind: str, field: str, id_: str) -> Iterator[Object]:
        """Objects whose field is an id, or a list that has it."""
        for item in self.objects[kind].values():
            value = item.get(field)
            if value == id_ or (isinstance(value, list) and id_ in value):
                yield item
