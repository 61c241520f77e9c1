"""One story, told to a sandbox under any dialect: apply, edit, drift, adopt, delete.

What the account holds after each step is compared with what it holds under the default dialect:
the facts are read from the sandbox's own store, past everything that the program believes.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.worlds import World

V1 = """
categories:
  - key: apparel
    name: Apparel
    children:
      - {key: jackets, name: Jackets, regions: [EU]}
  - {key: shoes, name: Shoes}
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, Red], multiple: true}
  - {key: size, label: Size, type: Pick List, options: [S, M]}
  - {key: weight, label: Weight, type: Number}
  - {key: chart, label: Size chart, type: List, fields: [{label: Chest, type: Number}, {label: Note, type: Text}]}
  - {key: care, label: Care, type: Text}
  - {key: since, label: Sold since, type: Date}
  - {key: green, label: Recycled, type: Boolean}
attribute_groups:
  - {key: looks, name: Looks, attributes: [color]}
collections:
  - key: rain
    name: Rain Jacket
    category: jackets
    categories: [shoes]
    published: true
    published_start_date: 2025-01-01
    published_end_date: 2026-01-01
    attributes: {color: [Blue], weight: 450.000, chart: {Chest: 90}, care: Wash & dry, since: 2024-05-01, green: true}
    variants:
      - {key: rain-s, name: S, additional_title: R-S, attributes: {size: S}}
      - {key: rain-m, name: M, additional_title: R-M, attributes: {size: M, weight: 1.10}}
  - {key: tarp, name: Tarp, category: apparel, additional_title: T-1}
resources:
  - {key: guide, description: Care guide, link: "https://example.com/care.pdf", category: apparel, collections: [rain]}
files:
  - {key: hero, path: hero.txt, collections: [rain]}
"""
V2 = """
categories:
  - key: apparel
    name: Apparel
    children:
      - {key: jackets, name: Rainwear, regions: [EU]}
      - {key: shoes, name: Shoes}
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, {label: Crimson, was: Red}, Green], multiple: true}
  - {key: size, label: Size, type: Pick List, options: [S, M]}
  - {key: weight, label: Weight, type: Number}
  - {key: chart, label: Size chart, type: List, fields: [{label: Chest, type: Number}, {label: Note, type: Text}]}
  - {key: care, label: Care, type: Text}
  - {key: since, label: Sold since, type: Date}
  - {key: green, label: Recycled, type: Boolean}
attribute_groups:
  - {key: looks, name: Looks, attributes: [color, size]}
collections:
  - key: rain
    name: Rain Coat
    category: jackets
    published: true
    published_start_date: 2025-01-01
    attributes: {color: [Green, Crimson], weight: 450.000, chart: {Chest: 92, Note: slim}, since: 2024-06-01, green: true}
    variants:
      - {key: rain-s, name: S, additional_title: R-S, attributes: {size: S}}
      - {key: rain-m, name: M, additional_title: R-M, attributes: {size: M, weight: 1.20}}
  - {key: tarp, name: Tarp, category: shoes}
resources:
  - {key: guide, description: How to care, link: "https://example.com/care.pdf", category: apparel, collections: [rain]}
files:
  - {key: hero, path: hero.txt, collections: [rain, tarp]}
"""
V3 = """
categories:
  - key: apparel
    name: Apparel
    children:
      - {key: jackets, name: Rainwear, regions: [EU]}
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, {label: Crimson, was: Red}, Green], multiple: true}
  - {key: size, label: Size, type: Pick List, options: [S, M]}
  - {key: weight, label: Weight, type: Number}
attribute_groups:
  - {key: looks, name: Looks, attributes: [color, size]}
collections:
  - key: rain
    name: Rain Coat
    category: jackets
    published: true
    published_start_date: 2025-01-01
    attributes: {color: [Green, Crimson], weight: 450.000}
    variants:
      - {key: rain-s, name: S, additional_title: R-S, attributes: {size: S}}
"""

RIGHT = "right"
LAG = 1.1
"""Seconds after which lists show all under stale-lists."""

RUNS = 8
"""Runs after which an apply that stops and goes on has had its chance."""

Facts = Any


@dataclass
class Story:
    """A world, and what others put into it."""

    pxm: World
    theirs: dict[str, Any] = field(default_factory=dict)
    mixed: dict[str, str] = field(default_factory=dict)

    def hero(self, content: bytes) -> None:
        """The bytes of the file that the catalog uploads."""
        path = self.pxm.root / "catalog" / "hero.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def others(self) -> None:
        """Whole objects of other people, before anything of ours is there."""
        put = self.pxm.sandbox.put_object
        self.pxm.sandbox.ensure_region("EU")
        # The one that a partial view does not show.
        self.pxm.sandbox.ensure_region("Theirs")
        sale = put("category", {"name": "Sale"})
        note = put("attribute", {"label": "Note", "value_type": "Text"})
        value = {"id": note, "value": "left <b>alone</b> & kept"}
        theirs = put("collection", {"name": "Theirs", "parent_id": sale, "direct_parent": [sale]})
        self.pxm.sandbox.edit("collection", theirs, attributes=[value])
        put("resource", {"description": "Theirs", "link": "https://x", "collections": [theirs]})
        self.mixed = {"category": sale, "attribute": note}
        self.theirs = self.pxm.sandbox.dump()

    def mix_in(self) -> None:
        """Parts of other people on our product."""
        box = self.pxm.sandbox
        (rain,) = (item for item in box.all("collection") if _plain(item["name"]) == "Rain Jacket")
        value = {"id": self.mixed["attribute"], "value": "their <i>note</i>"}
        box.edit(
            "collection",
            rain["id"],
            attributes=[*rain["attributes"], value],
            direct_parent=[*rain["direct_parent"], self.mixed["category"]],
        )

    def untouched(self) -> None:
        """Other people's objects are as they were, byte for byte."""
        now = self.pxm.sandbox.dump()
        for kind, items in self.theirs.items():
            found = {item["id"]: item for item in now[kind]}
            for item in items:
                assert found.get(item["id"]) == item, (kind, item, found.get(item["id"]))


# --- the steps ----------------------------------------------------------------------------------


def applied(story: Story, *arguments: str) -> str:
    """Apply until it is done; how that went.  A plan after it must be empty."""
    for number in range(1, RUNS + 1):
        code = story.pxm.pxm("apply", "--yes", "--grace", "60", *arguments)
        printed = story.pxm.out + story.pxm.err
        if code == 0:
            again = story.pxm.pxm("plan", "--detailed-exitcode")
            assert again == 0, story.pxm.out
            return RIGHT if number == 1 else f"{RIGHT}, after {number} runs"
        if _words(printed) in story.pxm.said:
            return f"refused: {_words(printed)}"
        story.pxm.said.add(_words(printed))
    return f"refused: {_words(printed)}"


def _words(printed: str) -> str:
    """What a person reads first of a run that did not end well."""
    lines = printed.splitlines()
    marks = ("failed: ", "did not stick", "Error: ", "not attempted: ", "blocked: ")
    for mark in marks:
        found = next((line for line in lines if mark in line), None)
        if found is not None:
            return re.sub(r"^(failed|not attempted|blocked): (\S+:\d+:\d+: )?", "", found.strip())
    return lines[-1] if lines else "nothing was said"


def first(story: Story) -> str:
    """A catalog into an account that holds other people's things."""
    story.others()
    story.hero(b"first")
    story.pxm.write(V1)
    return applied(story, "--new-state")


def edit(story: Story) -> str:
    """Every sort of change, beside what others have put on our product."""
    story.mix_in()
    story.hero(b"second")
    story.pxm.write(V2)
    return applied(story)


def drift(story: Story) -> str:
    """Somebody changes a name and a value; drift says so, apply puts them back."""
    box = story.pxm.sandbox
    (rain,) = (item for item in box.all("collection") if _plain(item["name"]) == "Rain Coat")
    values = [
        entry for entry in rain["attributes"] if entry["value"] != [] and not _is_number(entry)
    ]
    box.edit("collection", rain["id"], name="Sun Coat", attributes=values)
    assert story.pxm.pxm("drift") == 2, story.pxm.out + story.pxm.err
    assert "Sun Coat" in story.pxm.out
    outcome = applied(story)
    if outcome.startswith(RIGHT):
        assert story.pxm.pxm("drift") == 0, story.pxm.out
    return outcome


def _is_number(entry: Mapping[str, Any]) -> bool:
    return str(entry["value"]) == "450.000"


def adopt(story: Story) -> str:
    """The state is lost: everything is adopted, nothing is made twice."""
    for path in (story.pxm.root / ".reconciler").glob("state.db*"):
        path.unlink()
    # A state is not lost in the very second in which lists still lag.
    time.sleep(LAG if "stale-lists" in story.pxm.sandbox.options.dialects else 0)
    # Of two files of one name, the new one and the one left behind, none is taken unasked.
    (hero,) = (item for item in story.pxm.sandbox.all("file") if item["collections"])
    story.pxm.write(V2.replace("key: hero,", f"key: hero, id: {hero['id']},"))
    count = _counts(story)
    assert story.pxm.pxm("plan") == 0, story.pxm.err
    assert " 0 to create" in story.pxm.out, story.pxm.out
    outcome = applied(story, "--new-state")
    assert _counts(story) == count
    return outcome


def _counts(story: Story) -> dict[str, int]:
    return {kind: len(items) for kind, items in story.pxm.sandbox.dump().items()}


def delete(story: Story) -> str:
    """A product, a variant, a category, attributes and a link leave."""
    story.pxm.write(V3)
    return applied(story)


STEPS: Mapping[str, Callable[[Story], str]] = {
    "first apply": first,
    "edit": edit,
    "drift": drift,
    "adopt": adopt,
    "delete": delete,
}


def tell(pxm: World, check: Callable[[str, Facts], None]) -> dict[str, str]:
    """All steps; their outcomes.  `check` gets each step's facts where it was made.

    Once a step is refused the account is not where the next one begins, so the story ends.
    """
    story, outcomes = Story(pxm), dict.fromkeys(STEPS, "")
    for name, step in STEPS.items():
        outcomes[name] = step(story)
        story.untouched()
        if not outcomes[name].startswith(RIGHT):
            break
        check(name, facts(pxm))
    return outcomes


# --- facts --------------------------------------------------------------------------------------


def facts(pxm: World) -> Facts:
    """What the account holds, in words instead of ids, whatever the dialect."""
    dump = pxm.sandbox.dump()
    names = {
        str(item["id"]): _plain(
            item.get("name") or item.get("label") or item.get("file_name") or ""
        )
        for items in dump.values()
        for item in items
    }
    labels = {
        str(option["id"]): _plain(option["label"])
        for item in dump["attribute"]
        for option in item.get("options") or ()
    }
    return {
        kind: sorted(
            (
                _fact(item, names, labels)
                for item in items
                if item.get("name") != "Super" and "_stray" not in item
            ),
            key=json.dumps,
        )
        for kind, items in dump.items()
        if kind != "region"
    }


_KEPT = (
    "name", "label", "description", "link", "additional_title", "collection_type", "parent_id",
    "parent_topic_id", "direct_parent", "published", "published_start_date", "published_end_date",
    "category_id", "collections", "file_name", "file_size", "value_type",
)  # fmt: skip


def _fact(
    item: Mapping[str, Any], names: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    fact = {
        name: _said(item[name], names) for name in _KEPT if item.get(name) not in (None, "", [])
    }
    fact = {name: value for name, value in fact.items() if value != "Super"}
    if isinstance(item.get("direct_parent"), list):
        # The primary category may or may not be repeated among the memberships.
        own = {
            names.get(str(id_), "?")
            for id_ in (*item["direct_parent"], item.get("parent_id"))
            if id_
        }
        fact["direct_parent"] = sorted(own - {"Super"})
    values = item.get("attributes")
    if isinstance(values, list) and values and isinstance(values[0], dict):
        fact["attributes"] = {
            names[str(entry["id"])]: _value(entry["value"], labels)
            for entry in values
            if entry["value"] not in (None, "", [])
        }
    elif isinstance(values, list) and "value_type" not in item and "options" not in item:
        fact["members"] = sorted(
            names.get(str(id_), "?") for id_ in values if not isinstance(id_, dict)
        )
    if item.get("options"):
        # Order alone is no difference.
        fact["options"] = sorted(_plain(option["label"]) for option in item["options"])
    return fact


def _said(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return sorted(names.get(str(item), str(item)) for item in value)
    text = str(value)
    return names.get(text) or _plain(text)


def _value(value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return sorted(json.dumps(_value(item, labels)) for item in value)
    if isinstance(value, dict):
        return {"label": _plain(value.get("label", "")), "value": _value(value["value"], labels)}
    return labels.get(str(value)) or _plain(str(value))


def _plain(text: str) -> str:
    before = None
    while before != text:
        before, text = text, html.unescape(text.strip())
    return text
