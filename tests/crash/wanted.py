"""A catalog as a value that can be changed and written down, and changes made up from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from reconciler.catalog import read

Object = dict[str, Any]

PLURAL = {
    "category": "categories",
    "attribute": "attributes",
    "attribute_group": "attribute_groups",
    "collection": "collections",
    "resource": "resources",
}
SETTINGS = """
rate: {requests: 100000, per_seconds: 60, concurrency: 1}
limits: {deletes: 1000, delete_percent: 100, clears: 1000, gone: 1000}
"""
TITLE = {"attribute": "label", "resource": "description"}
NAMES = ("A", "B", "C")
KEYS = {
    "category": ("k1", "k2", "k3"),
    # A key keeps its type: another one would be another attribute.
    "attribute": ("text1", "text2", "number1", "pick1"),
    "attribute_group": ("g1", "g2"),
    "collection": ("c1", "c2", "c3", "v1", "v2"),
    "resource": ("r1", "r2"),
}
TYPES = {"text": "Text", "number": "Number", "pick": "Pick List"}
OPTIONS = ("X", "Y", "Z")


class Wanted:
    """The catalog: objects by kind and key, as the YAML has them, and what it says of keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects: dict[str, dict[str, Object]] = {kind: {} for kind in PLURAL}
        self.moved: list[Object] = []
        self.removed: list[Object] = []
        folder.mkdir()
        (folder / "reconciler.yaml").write_text(SETTINGS)
        self.write()

    def copy(self) -> dict[str, dict[str, Object]]:
        """The objects as they are said now."""
        return deepcopy(self.objects)

    def write(self) -> None:
        """The files: YAML takes JSON."""
        lists: Object = {PLURAL[kind]: [*items.values()] for kind, items in self.objects.items()}
        lists |= {"moved": self.moved, "removed": self.removed}
        text = json.dumps({name: items for name, items in lists.items() if items}, indent=1)
        (self.folder / "a.yaml").write_text(text)

    def change(self, how: Callable[[], None]) -> None:
        """Change the catalog, unless that makes it one that `validate` refuses."""
        before = deepcopy((self.objects, self.moved, self.removed))
        how()
        self._tidy()
        self.write()
        if any(problem.severity == "error" for problem in read(self.folder).problems):
            self.objects, self.moved, self.removed = before
            self.write()

    def _tidy(self) -> None:
        """References to what is there, `moved` and `removed` of what is not."""
        there = self.objects
        for item in there["category"].values():
            if item.get("parent") not in there["category"]:
                item.pop("parent", None)
            self._valued(item)
        for item in there["attribute_group"].values():
            item["attributes"] = [key for key in item["attributes"] if key in there["attribute"]]
        for key, item in [*there["collection"].items()]:
            if key.startswith("v") and item["variant_of"] not in there["collection"]:
                del there["collection"][key]
        for item in there["collection"].values():
            self._placed(item)
            self._valued(item)
        for item in there["resource"].values():
            self._placed(item)
            item["collections"] = [k for k in item["collections"] if k in there["collection"]]
        self.moved = [
            move
            for move in self.moved
            if move["to"] in there[move["kind"]] and move["from"] not in there[move["kind"]]
        ]
        self.removed = [item for item in self.removed if item["key"] not in there[item["kind"]]]

    def _valued(self, item: Object) -> None:
        known = self.objects["attribute"]
        item["attributes"] = {k: value for k, value in item["attributes"].items() if k in known}

    def _placed(self, item: Object) -> None:
        if item.get("category") not in self.objects["category"]:
            item.pop("category", None)
        if "categories" in item:
            known = [key for key in item["categories"] if key in self.objects["category"]]
            item["categories"] = known

    def rename(self, kind: str, old: str, new: str) -> None:
        """Another key, everywhere."""
        items = self.objects[kind]
        self.objects[kind] = {
            (new if key == old else key): ({**item, "key": new} if key == old else item)
            for key, item in items.items()
        }
        text = json.dumps(self.objects).replace(f'"{kind}:{old}"', f'"{kind}:{new}"')
        self.objects = json.loads(text)
        for other in self.objects.values():
            for item in other.values():
                _renamed_in(item, kind, old, new)


_REFERENCES = {
    "category": ("parent", "category", "categories"),
    "attribute": ("attributes",),
    "collection": ("variant_of", "collections"),
}


def _renamed_in(item: Object, kind: str, old: str, new: str) -> None:
    for name in _REFERENCES.get(kind, ()):
        value = item.get(name)
        if isinstance(value, list):
            item[name] = [new if key == old else key for key in value]
        elif isinstance(value, dict):
            item[name] = {(new if key == old else key): one for key, one in value.items()}
        elif value == old:
            item[name] = new


# --- made up --------------------------------------------------------------------------------------


def body(kind: str, key: str, dice: random.Random) -> Object:
    """The fields of an object, from few words, so that they meet those of others.

    With `id: new`: a near match is never meant.
    """

    def some(of: str) -> list[str]:
        return sorted(key for key in KEYS[of] if dice.random() < 0.4)

    name, place = dice.choice(NAMES), dice.choice((None, *KEYS["category"]))
    inside = {"category": place} if place else {}
    said: Object = {"key": key, "id": "new"}
    if kind == "category":
        values = {"text1": dice.choice(("t", "above"))} if dice.random() < 0.4 else {}
        return {**said, "name": name, "parent": place, "attributes": values}
    if kind == "attribute":
        type_ = TYPES[key.rstrip("12")]
        # Options that values hold are never taken away: those would have to go first.
        labels = [*OPTIONS, *dice.choice(((), ("W",)))]
        options = {"options": labels} if type_ == "Pick List" else {}
        return {**said, "label": name, "type": type_, **options}
    if kind == "attribute_group":
        return {**said, "name": name, "attributes": some("attribute")}
    if kind == "resource":
        link = {"description": name, "link": "https://example.com/a"}
        return {**said, **link, **inside, "collections": some("collection")}
    title = dice.choice((None, None, "S1", "S2", "S3", "S4"))
    values = {
        "text1": dice.choice((None, "t", "u & v")),
        "number1": dice.choice((1, 2)),
        "pick1": [dice.choice(OPTIONS)],
    }
    return {
        **said,
        "name": name,
        **({"additional_title": title} if title else {}),
        **({"variant_of": dice.choice(("c1", "c2", "c3"))} if key.startswith("v") else {}),
        **inside,
        "categories": some("category"),
        "attributes": {key: value for key, value in values.items() if dice.random() < 0.8},
    }


def rewrite(wanted: Wanted, dice: random.Random, number: int) -> list[str]:
    """So many changes of a catalog, each with a line that says what it is."""
    said = []
    for _ in range(number):
        kind = dice.choice((*PLURAL, "collection"))
        step = dice.choice((declare, declare, declare, declare, drop, rekey))
        said.append(step(wanted, kind, dice))
    return [line for line in said if line]


def declare(wanted: Wanted, kind: str, dice: random.Random) -> str:
    """An object under a key, new or changed."""
    key = dice.choice(KEYS[kind])
    item = body(kind, key, dice)
    wanted.change(lambda: wanted.objects[kind].__setitem__(key, item))
    return f"declare {kind}/{key}: {item}"


def drop(wanted: Wanted, kind: str, dice: random.Random) -> str:
    """An object leaves the catalog, with or without a word."""
    keys = [*wanted.objects[kind]]
    if not keys:
        return ""
    key = dice.choice(keys)
    line = [{"kind": kind, "key": key}] if dice.random() < 0.3 else []

    def dropped() -> None:
        del wanted.objects[kind][key]
        wanted.removed += line

    wanted.change(dropped)
    return f"drop {kind}/{key} {line}"


def rekey(wanted: Wanted, kind: str, dice: random.Random) -> str:
    """Another key, with `moved:` or without."""
    keys = [*wanted.objects[kind]]
    if not keys:
        return ""
    old = dice.choice(keys)
    new = dice.choice([key for key in KEYS[kind] if key.rstrip("123") == old.rstrip("123")])
    if new in keys:
        return ""
    lines = [{"kind": kind, "from": old, "to": new}] if dice.random() < 0.5 else []

    def renamed() -> None:
        wanted.rename(kind, old, new)
        wanted.moved += lines

    wanted.change(renamed)
    return f"rekey {kind}/{old} to {new} {lines}"


def elsewhere(wanted: Wanted, kind: str, key: str, dice: random.Random) -> str:
    """Another name and place for an object, all else as it is."""
    item = {**wanted.objects[kind][key], TITLE.get(kind, "name"): dice.choice(NAMES)}
    place = dice.choice((None, *KEYS["category"]))
    if kind == "category":
        item["parent"] = place
    elif kind in ("collection", "resource") and place:
        item["category"] = place
    wanted.change(lambda: wanted.objects[kind].__setitem__(key, item))
    return f"elsewhere {kind}/{key}: {item}"
