"""What other people do in the account, chosen by a seed, each act written down in the ledger."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from reconciler.sandbox import Sandbox
from tests.crash.ledger import OTHERS, OURS, Ledger, Object
from tests.crash.wanted import NAMES, PLURAL, TITLE

VALUES: dict[str, tuple[Any, ...]] = {
    "Text": (" theirs & <b>so</b> ", "t", "above", "007"),
    "Number": (7, 1),
    "Boolean": (True,),
    "Date": ("2025-03-04T00:00:00Z",),
    "Pick List": (["o-1"], ["o-2"]),
    "List": ([{"id": "f-1", "label": "Chest", "value_type": "Text", "value": "wide"}],),
}
PICKS = [{"id": "o-1", "label": "One"}, {"id": "o-2", "label": "Two"}]
FIELDS = [{"id": "f-1", "label": "Chest", "value_type": "Text"}]


class Nothing(Exception):
    """There is nothing of the kind that somebody wants to change."""


class Others:
    """Other people.  `said` are the lines that tell what they did."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.said: list[str] = []
        put = box.put_object
        self.homes = [put("category", {"name": name}) for name in ("Others", "Their sale")]
        self.region = box.ensure_region("Theirs")
        options = {"Pick List": PICKS, "List": FIELDS}
        self.notes = {
            put("attribute", {"label": f"Their {type_}", "value_type": type_, "options": options.get(type_, [])}): type_
            for type_ in VALUES
        }  # fmt: skip
        values = [{"id": id_, "value": VALUES[type_][0]} for id_, type_ in self.notes.items()]
        product = {"name": "Their product", "parent_id": self.homes[0], "attributes": values}
        self.product = put("collection", {**product, "direct_parent": [*self.homes]})
        put(
            "resource",
            {"description": "Theirs", "link": "https://x", "collections": [self.product]},
        )
        self.ledger = Ledger(box)

    def act(self, dice: random.Random) -> None:
        """Do one thing, whatever the program is about."""
        with self.box.app.guard:
            self.ledger.observe(OURS if self.ledger.request else OTHERS)
            act = dice.choice(_ACTS)
            try:
                self.said.append(f"others: {act.__name__} {act(self, dice)}")
            except Nothing:
                self.said.append(f"others: {act.__name__} finds nothing")
            self.ledger.observe(OTHERS)

    # --- acts ---

    def join(self, dice: random.Random) -> str:
        """A collection becomes a member of a category, theirs or not."""
        item = self._some("collection", dice)
        places = dice.choice((self.homes, [one["id"] for one in self.box.all("category")]))
        place = dice.choice(places)
        left = [one for one in item["direct_parent"] if one != place]
        return self._edit("collection", item, direct_parent=[*left, place])

    def leave(self, dice: random.Random) -> str:
        """A collection loses a membership."""
        item = self._some("collection", dice)
        return self._edit(
            "collection", item, direct_parent=_without_one(item["direct_parent"], dice)
        )

    def annotate(self, dice: random.Random) -> str:
        """A value of theirs, on a product or a category."""
        kind = dice.choice(("collection", "collection", "category"))
        id_ = dice.choice([*self.notes])
        value = dice.choice(VALUES[self.notes[id_]])
        return self._value(kind, self._some(kind, dice), id_, value)

    def overwrite(self, dice: random.Random) -> str:
        """A value of theirs for an attribute that may be ours."""
        kind = dice.choice(("collection", "collection", "category"))
        texts = [one["id"] for one in self.box.all("attribute") if one["value_type"] == "Text"]
        value = dice.choice((*VALUES["Text"], "edited"))
        return self._value(kind, self._some(kind, dice), dice.choice(texts), value)

    def take_back(self, dice: random.Random) -> str:
        """A value is taken away."""
        item = self._some("collection", dice)
        return self._edit("collection", item, attributes=_without_one(item["attributes"], dice))

    def carry_off(self, dice: random.Random) -> str:
        """A collection is moved into a category of theirs."""
        item, home = self._some("collection", dice), self.homes[0]
        left = [one for one in item["direct_parent"] if one != home]
        return self._edit("collection", item, parent_id=home, direct_parent=[*left, home])

    def rename(self, dice: random.Random) -> str:
        kind = dice.choice([*PLURAL])
        name = f"Drifted {dice.randrange(8)}"
        return self._edit(kind, self._some(kind, dice), **{TITLE.get(kind, "name"): name})

    def publish(self, dice: random.Random) -> str:
        """Fields that no catalog here speaks of."""
        kind = dice.choice(("collection", "category"))
        start = f"2025-0{dice.randrange(1, 9)}-01T00:00:00Z"
        return self._edit(kind, self._some(kind, dice), published=True, published_start_date=start)

    def widen(self, dice: random.Random) -> str:
        """Another region."""
        kind = dice.choice(("collection", "category"))
        item = self._some(kind, dice)
        left = [one for one in item["region_ids"] if one != self.region]
        return self._edit(kind, item, region_ids=[*left, self.region])

    def link(self, dice: random.Random) -> str:
        """Their product on a resource, their attribute in a group."""
        kind, field, element = dice.choice(
            (
                ("resource", "collections", self.product),
                ("attribute_group", "attributes", next(iter(self.notes))),
            )
        )
        item = self._some(kind, dice)
        left = [one for one in item[field] if one != element]
        return self._edit(kind, item, **{field: [*left, element]})

    def add_option(self, dice: random.Random) -> str:
        """An option of theirs on a pick list."""
        lists = [one for one in self.box.all("attribute") if one["value_type"] == "Pick List"]
        item = dice.choice(lists)
        option = {"id": f"theirs-{dice.randrange(3)}", "label": f"Their {dice.randrange(3)}"}
        if "options-extra" in self.box.app.dialects:
            option |= {"color": "#c0ffee", "order": "9"}
        taken = {one["label"] for one in item["options"]} | {one["id"] for one in item["options"]}
        if taken & {option["id"], option["label"]}:
            return ""
        return self._edit("attribute", item, options=[*item["options"], option])

    def put(self, dice: random.Random) -> str:
        """A new object, perhaps inside of ours; never a namesake of another in its place: those
        are for a person to tell apart."""
        kind = dice.choice([*PLURAL])
        places = [None, self.homes[0], *(one["id"] for one in self.box.all("category"))]
        place, name = dice.choice(places), dice.choice(NAMES)
        note = {"id": next(iter(self.notes)), "value": "n"}
        fields: dict[str, Object] = {
            "category": {"name": name, "parent_id": place},
            "attribute": {"label": name, "value_type": "Text"},
            "attribute_group": {"name": name},
            "collection": {
                "name": name,
                "parent_id": place,
                "direct_parent": [place] if place else [],
                "attributes": [note],
            },
            "resource": {"description": name, "link": "https://example.com/a"},
        }
        if any(_place(kind, one) == _place(kind, fields[kind]) for one in self.box.all(kind)):
            return ""
        return f"{kind} {self.box.put_object(kind, fields[kind])} {fields[kind]}"

    def remove(self, dice: random.Random) -> str:
        """An object goes that nothing stands in; what pointed to it lets go, or does not."""
        kind = dice.choice(("resource", "attribute_group", "collection"))
        item = self._some(kind, dice)
        variants = [one["parent_topic_id"] for one in self.box.all("collection")]
        if item["id"] in (self.product, *variants):
            return ""
        return self.go(kind, item["id"], unlink=dice.random() < 0.5)

    def go(self, kind: str, id_: str, *, unlink: bool = True) -> str:
        """An object goes."""
        (self.box.delete if unlink else self.box.remove)(kind, id_)
        return f"{kind} {id_} unlink={unlink}"

    def make_way(self, going: set[str]) -> None:
        """Whatever stands in what is to be deleted leaves it."""
        for kind in PLURAL:
            for item in self.box.all(kind):
                if item["id"] not in going:
                    self._edit(kind, item, **_without(item, going))
        self.ledger.observe(OTHERS)

    def _some(self, kind: str, dice: random.Random) -> Object:
        """An object of a kind, whosever it is, most often one that the program made."""
        items = self.box.all(kind)
        ours = [one for one in items if self.ledger.makers.get(one["id"]) == OURS]
        if not items:
            raise Nothing
        return dice.choice(ours if ours and dice.random() < 0.8 else items)

    def _value(self, kind: str, item: Object, attribute: str, value: Any) -> str:
        kept = [entry for entry in item["attributes"] if entry["id"] != attribute]
        return self._edit(kind, item, attributes=[*kept, {"id": attribute, "value": value}])

    def _edit(self, kind: str, item: Object, **fields: Any) -> str:
        if all(item[name] == value for name, value in fields.items()):
            return ""
        self.box.edit(kind, item["id"], **fields)
        return f"{kind} {item['id']} {fields}"


_ACTS: tuple[Callable[[Others, random.Random], str], ...] = (
    Others.join, Others.join, Others.leave, Others.annotate, Others.annotate, Others.annotate,
    Others.overwrite, Others.take_back, Others.carry_off, Others.rename, Others.publish,
    Others.widen, Others.link, Others.add_option, Others.put, Others.remove,
)  # fmt: skip

_PLACES = ("parent_id", "parent_topic_id", "value_type")


def _place(kind: str, item: Object) -> tuple[Any, ...]:
    return (item.get(TITLE.get(kind, "name")), *(item.get(name) for name in _PLACES))


def _without_one(entries: list[Any], dice: random.Random) -> list[Any]:
    gone = dice.choice(entries) if entries else None
    return [entry for entry in entries if entry != gone]


def _without(item: Object, going: set[str]) -> Object:
    """The fields of an object that name others, without those."""
    left: Object = {}
    for name, value in item.items():
        if name == "attributes" and value and isinstance(value[0], dict):
            left[name] = [entry for entry in value if entry["id"] not in going]
        elif name in ("direct_parent", "collections", "attributes"):
            left[name] = [one for one in value if one not in going]
        elif isinstance(value, str) and value in going and name != "id":
            left[name] = None
    return left
