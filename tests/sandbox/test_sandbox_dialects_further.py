"""What no table of dialects can show, and dialects that work together."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from reconciler.sandbox import DIALECTS
from reconciler.sandbox.dialects import EXCLUSIVE
from tests.limits import HANG
from tests.sandbox.boxes import JSON, Box, picture, served, until

# --- what a table cannot show ---


@pytest.mark.parametrize("lag", [0.0, HANG])
def test_lists_show_what_was_until_their_lag_is_over(lag: float) -> None:
    with served("stale-lists", lag=lag) as box:
        one = box.sandbox.put_object("category", {"name": "One"})
        two = box.sandbox.put_object("category", {"name": "Two"})
        box.put(f"category/{one}", name="Uno")
        box.put(f"category/{one}", name="Eins")
        box.delete(f"category/{two}")
        names = lambda: [item["name"] for item in box.get("category")]  # noqa: E731
        assert box.get(f"category/{one}")["name"] == "Eins"
        assert box.send("GET", f"category/{two}").status_code == 404
        assert names() == (["One", "Two"] if lag else ["Eins"])


def test_lists_that_lag_catch_up() -> None:
    with served("stale-lists", lag=0.3) as box:
        one = box.post("category", name="One")["id"]
        box.put(f"category/{one}", name="Uno")
        until(lambda: [item["name"] for item in box.get("category")] == ["Uno"])


def test_lists_that_lag_are_filtered_as_they_show() -> None:
    with served("stale-lists", lag=HANG) as box:
        top, other = (box.sandbox.put_object("category", {"name": n}) for n in "ab")
        id_ = box.sandbox.put_object("collection", {"name": "x", "parent_id": top})
        box.put(f"collection/{id_}", name="y", parent_id=other)
        [shown] = box.get("collection", ids=id_)["collections"]
        assert (shown["name"], shown["parent_id"]) == ("x", top)


def test_what_a_cascade_deletes_lags_too() -> None:
    with served("stale-lists", "delete-cascades", lag=HANG) as box:
        top = box.sandbox.put_object("category", {"name": "Top"})
        inner = box.sandbox.put_object("category", {"name": "Inner", "parent_id": top})
        id_ = box.sandbox.put_object("collection", {"name": "x", "parent_id": inner})
        box.delete(f"category/{top}")
        assert box.sandbox.get("collection", id_) is None
        assert [item["name"] for item in box.get("category")] == ["Top", "Inner"]
        assert [item["name"] for item in box.get("collection")["collections"]] == ["x"]


def test_the_hidden_root_cannot_be_deleted_and_holds_what_others_make() -> None:
    with served("root-category") as box:
        theirs = box.sandbox.put_object("category", {"name": "Theirs"})
        root = box.get(f"category/{theirs}")["parent_id"]
        box.delete(f"category/{theirs}")
        assert box.refused("DELETE", f"category/{root}") == (403, "this category cannot be deleted")
        assert box.get(f"category/{root}")["region_ids"] == box.sandbox.app.rules.primary()


def test_definitions_can_be_written_by_their_other_names() -> None:
    with served("definition-names") as box:
        made = box.post("attribute", name="Size", type="List", fields=[{"label": "Chest"}])
        assert (made["name"], made["type"], made["options"][0]["label"]) == (
            "Size",
            "List",
            "Chest",
        )


def test_a_group_that_is_not_there_cannot_be_joined() -> None:
    with served("groups-on-attributes") as box:
        body = {"label": "x", "value_type": "Text", "group_id": "gone"}
        assert box.refused("POST", "attribute", json=body) == (
            400,
            "group_id: no attribute_group has the id gone",
        )
        assert box.sandbox.all("attribute") == []
        group = box.sandbox.put_object("attribute_group", {"name": "g"})
        made = box.post("attribute", label="x", value_type="Text", group_id=group)
        assert made["group_id"] == [group]
        assert box.put(f"attribute/{made['id']}", group_id="")["group_id"] == []


def test_every_retry_of_a_fault_has_the_shape_of_the_account() -> None:
    with served("errors-nested") as box:
        box.sandbox.set_chaos({"429": 1.0})
        answer = box.send("GET", "category")
        assert answer.json() == {
            "error": {"code": 429, "message": "Rate limit exceeded.", "retry_after": 1}
        }


# --- together ---


def together(seed: int) -> list[str]:
    """As many dialects as go together, chosen by a seed."""
    found: list[str] = []
    names = sorted(
        DIALECTS.keys() - {"slow-create", "writes-forbidden", "errors-200", "retry-date"}
    )
    random.Random(seed).shuffle(names)
    for candidate in names:
        if not any(candidate in group and group & set(found) for group in EXCLUSIVE):
            found.append(candidate)
    return found


@pytest.mark.parametrize("seed", range(10))
def test_dialects_work_together(seed: int) -> None:
    """Every endpoint answers, and what was written is there, whatever the shapes."""
    with served(*together(seed), lag=0.0, rate_limit=None) as box:
        sent = Sent(box)
        attribute = sent.made(
            "attribute", {"label": "Color", "value_type": "Pick List", "options": ["Blue", "Red"]}
        )
        record = sent.made(
            "attribute", {"label": "Chart", "value_type": "List", "options": [{"label": "n"}]}
        )
        sent.made("attribute_group", {"name": "Looks", "attributes": [attribute["id"]]})
        top = sent.made("category", {"name": "Top"})
        inner = sent.made("category", {"name": "Inner", "parent_id": top["id"]})
        blue = attribute["options"][0]["id"]
        entries = [
            {"id": attribute["id"], "type": "update", "value": [blue]},
            {"id": record["id"], "type": "update", "value": [{"label": "n", "value": "x"}]},
        ]
        item = sent.made(
            "collection",
            {
                "name": "Jacket",
                "parent_id": inner["id"],
                "direct_parent": [top["id"]],
                "attributes": entries,
            },
        )
        assert item["attributes"][0]["value"] == [blue]
        guide = sent.made(
            "resource", {"description": "Care", "link": "https://x", "collections": [item["id"]]}
        )
        box.sandbox.put_file("a.jpg", picture(8, 8), collections=[item["id"]])
        for path in (
            "category",
            "collection",
            "attribute",
            "attribute-group",
            "resource",
            "region",
            "file",
        ):
            sent.well("GET", path)
        for path in ("files", "image-stacks", "relationships/related", "attribute"):
            sent.well("GET", f"collection/{item['id']}/{path}")
        box.v = "/v3"
        sent.well("GET", "folder/search?keyword=jacket")
        sent.well("GET", "file/search?keyword=a")
        box.v = "/v2.1"
        sent.well("PUT", f"collection/{item['id']}", {"name": "Coat"})
        assert box.sandbox.get("collection", item["id"])["name"] == "Coat"  # type: ignore[index]
        sent.well("GET", f"collection/{item['id']}")
        sent.well("DELETE", f"resource/{guide['id']}")
        assert box.sandbox.get("resource", guide["id"]) is None


@dataclass
class Sent:
    """Sends requests that must go well, and finds what they made past the API."""

    box: Box

    def well(self, method: str, path: str, body: JSON | None = None) -> None:
        answer = self.box.send(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"

    def made(self, kind: str, body: JSON) -> JSON:
        self.well("POST", kind.replace("_", "-"), body)
        return self.box.sandbox.all(kind)[-1]
