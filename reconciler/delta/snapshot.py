"""The account as a full read saw it: kept sealed, found again, or not usable with a reason.

Only kinds are kept whose lists can be asked for what has changed (`Kind.by_date`), and only where
their list was whole.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler import __version__
from reconciler.cache import Cache, Damaged, Shelf, Unusable
from reconciler.diff.resting import FORM as CANONICAL
from reconciler.jsontext import packed
from reconciler.kinds import KINDS, LABELLED, ORDER, Kind
from reconciler.model import Live, LiveObject, Number
from reconciler.wire import WireFields

SHELF, CONTENTS = "snapshot", "contents"

FORM = 1
"""How objects are written here and decoded (`wire.decode`): another number, another snapshot."""

CHUNK = 256
"""Objects of a blob: few enough to be opened for one of them, many enough to compress well."""

MOST_AGE = 7 * 86_400.0
"""Seconds after which a snapshot is too old: what was deleted since is not seen."""

AHEAD = 300.0
"""Seconds by which clocks of one service may differ; a snapshot further ahead is of no time."""


class NoSnapshot(Exception):
    """There is none, or none that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of a snapshot.  `page_size` is what a server that caps pages serves, else None."""

    objects: tuple[LiveObject, ...]
    nameless: tuple[LiveObject, ...]
    page_size: int | None


@dataclass(frozen=True, slots=True)
class FullRead:
    """What the last full read saw; `read_at` is when it began (server's Date, since 1970).

    `standing` are the ids of what the other kinds had, options among it: what names one of them
    may change without a date where it goes.
    """

    read_at: float
    kinds: Mapping[str, Part]
    standing: Mapping[str, frozenset[str]]


# --- kept ---------------------------------------------------------------------------------------


def keep(cache: Cache, live: Live) -> bool:
    """Keep a full read in place of an earlier one; False where there is nothing to be kept.

    Raises Unusable where the cache cannot be written.
    """
    kinds = [kind for kind in ORDER if _can_be_kept(kind, live)]
    if live.read_at is None or live.since or not kinds:
        return False
    name = secrets.token_hex(16)
    contents = {
        "tool": _tool(),
        "name": name,
        "read_at": live.read_at,
        "regions": sorted(live.account.regions),
        "kinds": {kind.name: _part_contents(kind, live) for kind in kinds},
        "standing": {name: sorted(standing(live, name)) for name in live.objects},
    }
    blobs = [(CONTENTS, json.dumps(contents).encode("ascii"))]
    for kind in kinds:
        blobs.extend(_blobs(name, kind, live))
    cache.replace(SHELF, blobs)
    return True


def _can_be_kept(kind: Kind, live: Live) -> bool:
    if not kind.by_date or kind.name not in live.objects or kind.name in live.partial:
        return False
    return all(isinstance(item.fields, WireFields) for item in live.holders_of(kind.name))


def standing(live: Live, kind: str) -> frozenset[str]:
    """The ids of the objects of a kind that is read whole, and of the options of each."""
    if KINDS[kind].by_date:
        return frozenset()
    sets = [item.name for item in KINDS[kind].fields if item.type in LABELLED]
    found = set(live.of(kind))
    for id_, item in live.of(kind).items():
        for name in sets:
            found.update(f"{id_} {option}" for option, *_ in item.fields.get(name) or ())
    return frozenset(found)


def _tool() -> list[Any]:
    """What must not differ between the run that wrote and the one that reads."""
    rows = []
    for kind in ORDER:
        rows += [[kind.name, item.name, item.type.value, item.wire] for item in kind.fields]
    table = hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()
    return [__version__, FORM, CANONICAL, packed([Number("1.10"), "é"]), table]


def _part_contents(kind: Kind, live: Live) -> dict[str, Any]:
    return {"count": len(live.of(kind.name)), "page_size": live.page_sizes.get(kind.name)}


def _blobs(name: str, kind: Kind, live: Live) -> Iterator[tuple[str, bytes]]:
    """What is kept of a kind, each blob under the snapshot's own name: no other's opens there."""
    objects = list(live.of(kind.name).values())
    nameless = [item for item in live.nameless if item.kind == kind.name]
    yield f"{name} {kind.name} nameless", _written(nameless)
    for start in range(0, len(objects), CHUNK):
        yield f"{name} {kind.name} {start // CHUNK}", _written(objects[start : start + CHUNK])


def _written(objects: Sequence[LiveObject]) -> bytes:
    """Objects with their fields as the API spelled them: a line of what they are called, and then
    a line for the fields of each."""
    fields = [item.fields for item in objects if isinstance(item.fields, WireFields)]
    names = list(dict.fromkeys(one.names for one in fields))
    number = {of: index for index, of in enumerate(names)}
    head = [
        [item.id for item in objects],
        [item.created for item in objects],
        names,
        [number[one.names] for one in fields],
    ]
    return "\n".join([json.dumps(head), *(one.text for one in fields)]).encode("ascii")


# --- found --------------------------------------------------------------------------------------


def find(cache: Cache, regions: frozenset[str], now: float | None) -> FullRead:
    """The snapshot of this account; `now` is the server's Date.

    Raises NoSnapshot where there is none, or where anything about it is not as it must be.
    """
    try:
        shelf = cache.read(SHELF)
        contents = json.loads(shelf.get(CONTENTS) or b"null")
        if contents is None:
            raise NoSnapshot("no snapshot is kept yet")
        _check(contents, regions, now)
        parts = {kind: _part(shelf, contents, KINDS[kind]) for kind in contents["kinds"]}
        stood = {kind: frozenset(ids) for kind, ids in contents["standing"].items()}
        return FullRead(contents["read_at"], parts, stood)
    except (Damaged, Unusable) as error:
        raise NoSnapshot(f"the snapshot is damaged: {error}") from None
    except (KeyError, TypeError, ValueError):
        # Sealed by us, and in a form that we do not know.
        raise NoSnapshot("another version of pxm wrote the snapshot") from None


def _check(contents: Mapping[str, Any], regions: frozenset[str], now: float | None) -> None:
    if contents["tool"] != _tool():
        raise NoSnapshot("another version of pxm wrote the snapshot")
    if frozenset(contents["regions"]) != regions:
        raise NoSnapshot("the credentials saw other regions when the snapshot was read")
    if now is None:
        raise NoSnapshot("the server does not say what time it is")
    if contents["read_at"] > now + AHEAD:
        raise NoSnapshot("the snapshot is from the future")
    if contents["read_at"] < now - MOST_AGE:
        raise NoSnapshot(f"the snapshot is older than {MOST_AGE / 86_400:.0f} days")


def _part(shelf: Shelf, contents: Mapping[str, Any], kind: Kind) -> Part:
    name, known = contents["name"], contents["kinds"][kind.name]
    objects: list[LiveObject] = []
    for index in range(-(-known["count"] // CHUNK)):
        objects.extend(_read(kind, _blob(shelf, f"{name} {kind.name} {index}")))
    nameless = tuple(_read(kind, _blob(shelf, f"{name} {kind.name} nameless")))
    return Part(tuple(objects), nameless, known["page_size"])


def _blob(shelf: Shelf, name: str) -> bytes:
    found = shelf.get(name)
    if found is None:
        raise Damaged("a part of it is missing")
    return found


def _read(kind: Kind, blob: bytes) -> Iterator[LiveObject]:
    """Objects as `_written` wrote them, not decoded yet."""
    head, *texts = blob.decode("ascii").split("\n")
    ids, created, spelled, number = json.loads(head)
    names = [tuple(of) for of in spelled]
    for id_, date, of, text in zip(ids, created, number, texts, strict=True):
        yield LiveObject(kind.name, id_, WireFields(kind, names[of], text), date)
