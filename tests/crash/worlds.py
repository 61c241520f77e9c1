"""A catalog, an account with other people in it, and the program between them.

`Wanted` is the catalog as a value that can be changed and written down; `Others` does what other
people do in the account and remembers it, so that it can be seen afterwards that nobody lost
anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from reconciler.catalog import read
from reconciler.model import State
from reconciler.sandbox import Sandbox

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
        for item in there["attribute_group"].values():
            item["attributes"] = [key for key in item["attributes"] if key in there["attribute"]]
        for key, item in [*there["collection"].items()]:
            if key.startswith("v") and item["variant_of"] not in there["collection"]:
                del there["collection"][key]
        for item in there["collection"].values():
            self._placed(item)
            item["attributes"] = {
                key: value for key, value in item["attributes"].items() if key in there["attribute"]
            }
        for item in there["resource"].values():
            self._placed(item)
            item["collections"] = [k for k in item["collections"] if k in there["collection"]]
        self.moved = [
            move
            for move in self.moved
            if move["to"] in there[move["kind"]] and move["from"] not in there[move["kind"]]
        ]
        self.removed = [item for item in self.removed if item["key"] not in there[item["kind"]]]

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


# --- the others ---------------------------------------------------------------------------------

Mark = tuple[str, str, str, str]
"""Kind, id, field and element of a set that somebody else put there."""


class Others:
    """What other people do in the account, and what must therefore be there at the end.

    `theirs` maps the ids of their objects to the JSON that they left; `marks` are their elements
    on our objects; `free` are ids that were let go and belong to nobody.
    """

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.theirs: dict[str, str] = {}
        self.marks: set[Mark] = set()
        self.free: set[str] = set()
        self.once_ours: set[str] = set()
        self.home = self.put("category", name="Others")
        self.note = self.put("attribute", label="Note", value_type="Text")

    # --- what they do ---

    def put(self, kind: str, **fields: Any) -> str:
        """An object of theirs; elements of its sets are marks once it should become ours."""
        id_ = self.box.put_object(kind, fields)
        self.theirs[id_] = self._json(kind, id_)
        self.marks.update(self._elements(kind, id_))
        return id_

    def drift(self, kind: str, id_: str, name: str) -> None:
        """Another name for an object."""
        self._edit(kind, id_, **{TITLE.get(kind, "name"): name})

    def join(self, id_: str) -> None:
        """A collection becomes a member of a category of theirs."""
        item = self._get("collection", id_)
        self._edit("collection", id_, direct_parent=_with(item["direct_parent"], self.home))
        self.marks.add(("collection", id_, "direct_parent", self.home))

    def leave(self, id_: str) -> None:
        """A collection loses all its memberships but theirs."""
        item = self._get("collection", id_)
        left = [one for one in item["direct_parent"] if one == self.home]
        self._edit("collection", id_, direct_parent=left)
        self.marks -= {
            mark for mark in self.marks if mark[:3] == ("collection", id_, "direct_parent")
        } - {("collection", id_, "direct_parent", self.home)}

    def annotate(self, id_: str) -> None:
        """A value of theirs on a collection."""
        item = self._get("collection", id_)
        kept = [entry for entry in item["attributes"] if entry["id"] != self.note]
        value = {"id": self.note, "value": " theirs & <b>so</b> "}
        self._edit("collection", id_, attributes=[*kept, value])
        self.marks.add(("collection", id_, "attributes", self.note))

    def overwrite(self, id_: str) -> None:
        """Other values for every Text of a collection."""
        item = self._get("collection", id_)
        texts = {one["id"] for one in self.box.all("attribute") if one["value_type"] == "Text"} - {
            self.note
        }
        said = [
            {**entry, "value": "edited"} if entry["id"] in texts else entry
            for entry in item["attributes"]
        ]
        self._edit("collection", id_, attributes=said)

    def carry_off(self, id_: str) -> None:
        """A collection is moved into a category of theirs."""
        self.join(id_)
        self._edit("collection", id_, parent_id=self.home)

    def delete(self, id_: str) -> None:
        """An object goes; what pointed to it goes on doing so."""
        for kind in PLURAL:
            self.box.remove(kind, id_)
        self.theirs.pop(id_, None)
        self.free.discard(id_)

    def make_way(self, going: set[str]) -> None:
        """Whatever stands in what is to be deleted leaves it, with nobody's permission but that
        of those who put it there."""
        for kind in PLURAL:
            for item in self.box.all(kind):
                if item["id"] not in going:
                    self._edit(kind, item["id"], **_without(item, going))

    def _edit(self, kind: str, id_: str, **fields: Any) -> None:
        self.box.edit(kind, id_, **fields)
        if id_ in self.theirs:
            self.theirs[id_] = self._json(kind, id_)

    # --- what became of the state ---

    def seen(self, state: State) -> None:
        """After a run: what the state holds is ours, and so are the elements it has sent."""
        wire = {"categories": "direct_parent", "collections": "collections"}
        for ref, entry in state.entries.items():
            self.once_ours.add(entry.id)
            for path, applied in entry.applied.items():
                name, _, element = path.partition(".")
                sent = {element} if element else _texts(applied.sent)
                field = wire.get(name, name)
                self.marks -= {(ref.kind, entry.id, field, one) for one in sent}

    def lost(self) -> None:
        """The state is gone: all that is there may be anybody's."""
        self.theirs.clear()
        for kind in PLURAL:
            for item in self.box.all(kind):
                self.theirs[item["id"]] = self._json(kind, item["id"])
                self.marks.update(self._elements(kind, item["id"]))
        self.once_ours.clear()
        self.free.clear()

    # --- what must be there ---

    def complaints(self, state: State) -> Iterator[str]:
        """What somebody lost, and what is there and belongs to nobody."""
        ours = {entry.id for entry in state.entries.values()}
        there = {item["id"]: (kind, item) for kind in PLURAL for item in self.box.all(kind)}
        for id_, was in self.theirs.items():
            if id_ in ours or id_ in self.free or id_ in self.once_ours:
                continue
            if id_ not in there:
                yield f"theirs is gone: {was}"
            elif self._json(there[id_][0], id_) != was:
                yield f"theirs has changed: {was} is now {self._json(there[id_][0], id_)}"
        for id_, (kind, item) in there.items():
            if not {id_} & (ours | self.free | self.theirs.keys()):
                yield f"nobody's {kind}: {item}"
        for _, id_, field, element in self.marks:
            alive = id_ in ours and id_ in there and element in there
            if alive and element not in {*_elements_of(there[id_][1], field)}:
                yield f"their {element} in {field} of {there[id_][1]} is gone"

    def strangers(self, kind: str, id_: str, field: str, wanted: set[str]) -> set[str]:
        """Elements that are neither wanted nor anybody's."""
        item = self._get(kind, id_)
        known = {mark[3] for mark in self.marks if mark[:3] == (kind, id_, field)}
        return {*_elements_of(item, field)} - wanted - known

    def _get(self, kind: str, id_: str) -> Object:
        item = self.box.get(kind, id_)
        assert item is not None
        return item

    def _json(self, kind: str, id_: str) -> str:
        return json.dumps(self.box.get(kind, id_), sort_keys=True, default=str)

    def _elements(self, kind: str, id_: str) -> Iterator[Mark]:
        item = self._get(kind, id_)
        for field in ("direct_parent", "attributes", "collections"):
            yield from ((kind, id_, field, one) for one in _elements_of(item, field))


def _without(item: Object, going: set[str]) -> Object:
    """The fields of an object that name others, without those."""
    left: Object = {}
    for name, value in item.items():
        if name == "attributes" and value and isinstance(value[0], dict):
            left[name] = [entry for entry in value if entry["id"] not in going]
        elif name in ("direct_parent", "collections"):
            left[name] = [one for one in value if one not in going]
        elif isinstance(value, str) and value in going:
            left[name] = None
    return left


def _elements_of(item: Object, field: str) -> Iterator[str]:
    for entry in item.get(field) or ():
        yield entry["id"] if isinstance(entry, dict) else entry


def _with(items: list[str], one: str) -> list[str]:
    return [*(item for item in items if item != one), one]


def _texts(value: Any) -> set[str]:
    return {one for one in value if isinstance(one, str)} if isinstance(value, tuple) else set()
