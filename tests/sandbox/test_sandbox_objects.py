"""Categories, collections, attributes, groups, resources, regions: POST, GET, PUT, DELETE."""

import re
from typing import Any

import pytest

from tests.sandbox.boxes import JSON, Box

DAY = "2025-01-01T00:00:00Z"
NOW = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def without(item: JSON, *names: str) -> JSON:
    return {name: value for name, value in item.items() if name not in names}


def primary(box: Box) -> str:
    [region] = box.get("region")
    return str(region["id"])


def test_a_category_needs_only_a_name(box: Box) -> None:
    made = box.post("category", name="Apparel")
    assert NOW.fullmatch(made["created_date"])
    assert made["updated_date"] == made["created_date"]
    assert without(made, "id", "created_date", "updated_date") == {
        "name": "Apparel",
        "parent_id": None,
        "direct_parent": [],
        "published": False,
        "published_start_date": None,
        "published_end_date": None,
        "region_ids": [primary(box)],
        "attributes": [],
    }
    assert box.get(f"category/{made['id']}") == made
    assert box.get("category") == [made]


def test_a_collection_reads_with_all_its_fields(box: Box) -> None:
    made = box.post("collection", name="Blue Rain Jacket")
    assert without(made, "id", "created_date", "updated_date") == {
        "name": "Blue Rain Jacket",
        "additional_title": None,
        "collection_type": None,
        "parent_topic_id": None,
        "parent_id": None,
        "direct_parent": [],
        "published": False,
        "published_start_date": None,
        "published_end_date": None,
        "region_ids": [primary(box)],
        "attributes": [],
        "display_file": None,
    }
    assert box.get("collection") == {"collections": [made]}


def test_the_first_file_that_is_an_image_is_the_one_to_display(box: Box) -> None:
    made = box.post("collection", name="Jacket")
    put = box.sandbox.put_file
    put("a.txt", b"text", collections=[made["id"]])
    hero = put("b.gif", b"no image, but called one", collections=[made["id"]])
    assert box.get(f"collection/{made['id']}")["display_file"] == hero


def test_an_update_changes_only_what_it_sends(shared: Box) -> None:
    top = shared.post("category", name="Apparel")["id"]
    made = shared.post(
        "collection", name="Jacket", additional_title="SKU-1", parent_id=top,
        published=True, published_start_date="2025-01-01",
    )  # fmt: skip
    assert (made["published"], made["published_start_date"]) == (True, DAY)
    changed = shared.put(f"collection/{made['id']}", name="Rain Jacket")
    assert without(changed, "updated_date") == {
        **without(made, "updated_date"),
        "name": "Rain Jacket",
    }


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_blank_both_clear_a_scalar(nothing: str | None, shared: Box) -> None:
    top = shared.post("category", name="Apparel")["id"]
    made = shared.post("collection", name="Jacket", additional_title="SKU-1", parent_id=top)
    cleared = shared.put(f"collection/{made['id']}", additional_title=nothing, parent_id=nothing)
    assert (cleared["additional_title"], cleared["parent_id"]) == (None, None)


def test_arrays_are_replaced_whole_and_keep_each_id_once(shared: Box) -> None:
    one, two = (shared.post("category", name=name)["id"] for name in ("One", "Two"))
    made = shared.post("collection", name="Jacket", direct_parent=[one, {"id": one}])
    assert made["direct_parent"] == [one]
    changed = shared.put(f"collection/{made['id']}", direct_parent=[two])
    assert changed["direct_parent"] == [two]
    assert shared.put(f"collection/{made['id']}", direct_parent=[])["direct_parent"] == []


def test_a_region_of_its_own_takes_the_place_of_the_primary_one(box: Box) -> None:
    other = box.sandbox.ensure_region("EU")
    made = box.post("collection", name="Jacket", region_ids=[other])
    assert made["region_ids"] == [other]
    assert box.refused("PUT", f"collection/{made['id']}", json={"region_ids": []}) == (
        400,
        "region_ids cannot be empty",
    )
    regions = {item["name"]: item for item in box.get("region")}
    assert without(regions["EU"], "id") == {
        "name": "EU",
        "is_primary": False,
        "language": "en",
        "topics": [made["id"]],
    }
    assert (regions["Global"]["is_primary"], regions["Global"]["topics"]) == (True, [])


def test_a_variant_belongs_to_a_parent(shared: Box) -> None:
    parent = shared.post("collection", name="Jacket", collection_type="parent")["id"]
    made = shared.post("collection", name="M", collection_type="variant", parent_topic_id=parent)
    assert (made["collection_type"], made["parent_topic_id"]) == ("variant", parent)


def test_a_resource_hangs_on_a_category_and_on_collections(box: Box) -> None:
    top = box.post("category", name="Apparel")["id"]
    jacket = box.post("collection", name="Jacket")["id"]
    made = box.post(
        "resource", description="Care", link="https://x/y", category_id=top, collections=[jacket]
    )
    assert without(made, "id", "created_date", "updated_date") == {
        "description": "Care",
        "link": "https://x/y",
        "category_id": top,
        "collections": [jacket],
    }
    assert box.get("resource") == [made]
    assert box.put(f"resource/{made['id']}", topics=[])["collections"] == []


def test_a_group_names_its_attributes(box: Box) -> None:
    color = box.post("attribute", label="Color", value_type="Text")["id"]
    made = box.post("attribute-group", name="Looks", attributes=[color])
    assert without(made, "id", "created_date", "updated_date") == {
        "name": "Looks",
        "attributes": [color],
    }
    assert box.get("attribute-group") == [made]
    box.delete(f"attribute/{color}")
    assert box.get(f"attribute-group/{made['id']}")["attributes"] == []


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("category", {}, "name is required"),
        ("category", {"name": ""}, "name is required"),
        ("category", {"name": ["x"]}, "name must be a text"),
        ("category", {"name": "x", "parent_id": "y"}, "parent_id: no category has the id y"),
        ("category", {"name": "x", "published": "yes"}, "published must be true or false"),
        (
            "collection",
            {"name": "x", "published": True},
            "published_start_date is required when published is true",
        ),
        (
            "category",
            {"name": "x", "published_end_date": "soon"},
            "published_end_date must look like YYYY-MM-DDTHH:MM:SSZ",
        ),
        (
            "category",
            {"name": "x", "published_end_date": "0001-01-01T00:00:00+14:00"},
            "published_end_date must look like YYYY-MM-DDTHH:MM:SSZ",
        ),
        ("category", {"name": "x", "region_ids": "y"}, "region_ids must be an array"),
        ("category", {"name": "x", "region_ids": ["y"]}, "region_ids: no region has the id y"),
        ("collection", {"name": "x", "direct_parent": [7]}, "direct_parent: no category has the id 7"),
        (
            "collection",
            {"name": "x", "collection_type": "family"},
            "collection_type must be parent or variant",
        ),
        (
            "collection",
            {"name": "x", "collection_type": "variant"},
            "parent_topic_id is required when collection_type is variant",
        ),
        ("attribute", {"label": "x"}, "value_type is required"),
        (
            "attribute",
            {"label": "x", "value_type": "Colour"},
            "value_type must be one of Text, Date, List, Pick List, Boolean, Number",
        ),
        (
            "attribute",
            {"label": "x", "value_type": "Text", "maximum": -1},
            "maximum must be a whole number",
        ),
        (
            "attribute",
            {"label": "x", "value_type": "Pick List", "options": "a"},
            "options must be an array",
        ),
        (
            "attribute",
            {"label": "x", "value_type": "Pick List", "options": [{"id": None, "label": "a"}]},
            "options: an id is empty",
        ),
        ("attribute", {"label": "x", "value_type": "Text", "group_id": [""]}, "group_id: an id is empty"),
        (
            "attribute",
            {"label": "x", "value_type": "Pick List", "options": [{}]},
            "options: each needs a label",
        ),
        (
            "attribute",
            {"label": "x", "value_type": "Pick List", "options": ["a", {"label": "a"}]},
            "options: duplicate label 'a'",
        ),
        (
            "attribute",
            {"label": "x", "value_type": "List", "options": [{"label": "a", "value_type": "List"}]},
            "options: 'List' is no type of a sub-field",
        ),
        ("attribute-group", {"name": "x", "attributes": ["y"]}, "attributes: no attribute has the id y"),
        ("resource", {"description": "x"}, "link is required"),
        ("resource", {"description": "x", "link": "y", "collections": [None]}, "collections: no collection has the id None"),
        ("collection", {"name": "x", "attributes": {}}, "attributes must be an array"),
        (
            "collection",
            {"name": "x", "attributes": ["y"]},
            "attributes: each entry needs an id and a type, update or delete",
        ),
        (
            "collection",
            {"name": "x", "attributes": [{"id": "y", "type": "delete"}]},
            "attributes: no attribute has the id y",
        ),
    ],
)  # fmt: skip
def test_a_create_that_does_not_fit_is_refused(
    path: str, body: JSON, words: str, shared: Box
) -> None:
    before = shared.sandbox.dump()
    assert shared.refused("POST", path, json=body) == (400, words)
    assert shared.sandbox.dump() == before


def test_a_variant_of_what_is_no_parent_is_refused(shared: Box) -> None:
    plain = shared.post("collection", name="Plain")["id"]
    body = {"name": "M", "collection_type": "variant", "parent_topic_id": plain}
    assert shared.refused("POST", "collection", json=body) == (
        400,
        "parent_topic_id must name a collection of type parent",
    )


def test_a_category_cannot_be_moved_into_itself(shared: Box) -> None:
    top = shared.post("category", name="Top")["id"]
    inner = shared.post("category", name="Inner", parent_id=top)["id"]
    assert shared.refused("PUT", f"category/{top}", json={"parent_id": inner}) == (
        400,
        "parent_id: a category cannot lie inside itself",
    )


def test_a_required_field_cannot_be_cleared(shared: Box) -> None:
    top = shared.post("category", name="Top")["id"]
    assert shared.refused("PUT", f"category/{top}", json={"name": None}) == (
        400,
        "name is required",
    )


@pytest.mark.parametrize(
    "path", ["category", "collection", "attribute", "attribute-group", "resource"]
)
def test_what_is_not_there_is_not_found(path: str, shared: Box) -> None:
    for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
        assert shared.refused(method, f"{path}/gone", json=body) == (404, "Not Found")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b'{"name": NaN}', "the body is not JSON"),
        (b"\xff", "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b'{"name": "\\ud800"}', "name holds half a character"),
        (b"[]", "the body must be a JSON object"),
        (b'"text"', "the body must be a JSON object"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(content: bytes, words: str, shared: Box) -> None:
    assert shared.refused("POST", "category", content=content) == (400, words)


# --- attribute values ---

TYPES: dict[str, Any] = {
    "Text": ("Blue", "Blue"),
    "Number": (1, 1),
    "Boolean": (True, True),
    "Date": ("2025-03-04T23:00:00Z", "2025-03-04T00:00:00Z"),
}


def definition(box: Box, type_: str, **more: Any) -> JSON:
    made: JSON = box.post("attribute", label=f"A {type_}", value_type=type_, **more)
    return made


@pytest.mark.parametrize("type_", TYPES)
def test_a_value_reads_as_its_type_says(type_: str, shared: Box) -> None:
    id_ = definition(shared, type_)["id"]
    sent, read = TYPES[type_]
    made = shared.post(
        "collection", name="x", attributes=[{"id": id_, "type": "update", "value": sent}]
    )
    entry = {"id": id_, "label": f"A {type_}", "value_type": type_, "value": read}
    assert made["attributes"] == [entry]
    assert shared.get(f"collection/{made['id']}/attribute") == [entry]


def test_numbers_keep_the_spelling_that_was_sent(shared: Box) -> None:
    id_ = definition(shared, "Number")["id"]
    content = (
        f'{{"name": "x", "attributes": [{{"id": "{id_}", "type": "update", "value": 450.000}}]}}'
    )
    assert '"value": 450.000}' in shared.send("POST", "collection", content=content).text
    made = shared.post(
        "collection", name="y", attributes=[{"id": id_, "type": "update", "value": "1.10"}]
    )
    assert '"value": 1.10}' in shared.send("GET", f"collection/{made['id']}").text


def test_options_are_picked_by_id_or_by_label(shared: Box) -> None:
    made = definition(shared, "Pick List", options=["Blue", {"label": "Red"}], maximum=2)
    assert [option["label"] for option in made["options"]] == ["Blue", "Red"]
    blue, red = (option["id"] for option in made["options"])
    for sent, read in (("Red", [red]), ([blue, "Red"], [blue, red]), ([{"id": red}], [red])):
        entry = {"id": made["id"], "type": "update", "value": sent}
        item = shared.post("collection", name="x", attributes=[entry])
        assert item["attributes"][0]["value"] == read


def test_a_record_is_written_by_the_labels_of_its_sub_fields(shared: Box) -> None:
    fields = [{"label": "Chest", "value_type": "Number"}, {"label": "Note"}]
    made = definition(shared, "List", options=fields)
    chest, note = made["options"]
    assert (chest["value_type"], note["value_type"]) == ("Number", "Text")
    sent = [{"label": "Chest", "value": 90}, {"id": note["id"], "value": "wide"}]
    item = shared.post(
        "collection", name="x", attributes=[{"id": made["id"], "type": "update", "value": sent}]
    )
    read = item["attributes"][0]["value"]
    assert read == [{**chest, "value": 90}, {**note, "value": "wide"}]


@pytest.mark.parametrize(
    ("type_", "more", "value", "words"),
    [
        ("Text", {}, {"a": 1}, "A Text: a Text value must be a text"),
        ("Number", {}, "many", "A Number: a Number value must be a number"),
        ("Number", {}, True, "A Number: a Number value must be a number"),
        ("Number", {}, "NaN", "A Number: a Number value must be a number"),
        ("Number", {}, [1], "A Number: a Number value must be a number"),
        ("Boolean", {}, "yes", "A Boolean: a Boolean value must be true or false"),
        ("Date", {}, "soon", "A Date must look like YYYY-MM-DDTHH:MM:SSZ"),
        ("Pick List", {"options": ["a"]}, "b", "A Pick List: no option 'b'"),
        (
            "Pick List",
            {"options": ["a", "b"]},
            ["a", "b"],
            "A Pick List: takes at most 1 option(s)",
        ),
        ("List", {"options": ["a"]}, "b", "A List: a List value must be an array"),
        ("List", {"options": ["a"]}, ["b"], "A List: a List value is an array of sub-fields"),
        ("List", {"options": ["a"]}, [{"label": "b"}], "A List: no sub-field 'b'"),
    ],
)
def test_a_value_that_its_type_forbids_is_refused(
    type_: str, more: JSON, value: Any, words: str, shared: Box
) -> None:
    id_ = definition(shared, type_, **more)["id"]
    body = {"name": "x", "attributes": [{"id": id_, "type": "update", "value": value}]}
    assert shared.refused("POST", "collection", json=body) == (400, words)


def test_an_update_of_a_value_needs_one(shared: Box) -> None:
    id_ = definition(shared, "Text")["id"]
    body = {"name": "x", "attributes": [{"id": id_, "type": "update"}]}
    assert shared.refused("POST", "collection", json=body) == (
        400,
        "attributes: an update needs a value",
    )
    made = shared.post("collection", name="x")["id"]
    path = f"collection/{made}/attribute/{id_}"
    assert shared.refused("PUT", path, json={}) == (400, "value is required")


def test_a_put_of_attributes_replaces_all_of_them(shared: Box) -> None:
    one, two = (shared.post("attribute", label=label, value_type="Text")["id"] for label in "ab")
    made = shared.post(
        "collection", name="x", attributes=[{"id": one, "type": "update", "value": "1"}]
    )
    changed = shared.put(
        f"collection/{made['id']}", attributes=[{"id": two, "type": "update", "value": "2"}]
    )
    assert [(entry["id"], entry["value"]) for entry in changed["attributes"]] == [(two, "2")]


@pytest.mark.parametrize("path", ["category", "collection", "file"])
def test_a_single_value_is_written_without_touching_others(path: str, shared: Box) -> None:
    one, two = (shared.post("attribute", label=label, value_type="Text")["id"] for label in "ab")
    made = shared.sandbox.put_object(path, {"name": "x", "attributes": [{"id": one, "value": "1"}]})
    changed = shared.put(f"{path}/{made}/attribute/{two}", value="2")
    assert [(entry["id"], entry["value"]) for entry in changed["attributes"]] == [
        (one, "1"),
        (two, "2"),
    ]
    changed = shared.put(f"{path}/{made}/attribute/{one}", value=None)
    assert [entry["id"] for entry in changed["attributes"]] == [two]
    assert shared.refused("PUT", f"{path}/{made}/attribute/gone", json={"value": 1}) == (
        404,
        "Not Found",
    )


def test_values_fall_with_their_attribute(shared: Box) -> None:
    one = shared.post("attribute", label="a", value_type="Text")["id"]
    made = shared.post(
        "category", name="x", attributes=[{"id": one, "type": "update", "value": "1"}]
    )
    shared.delete(f"attribute/{one}")
    assert shared.get(f"category/{made['id']}")["attributes"] == []
    assert shared.sandbox.get("category", made["id"])["attributes"] == []


def test_options_are_kept_by_id_renamed_by_id_and_dropped(shared: Box) -> None:
    made = definition(shared, "Pick List", options=["Blue", "Red"])
    blue, red = made["options"]
    item = shared.post(
        "collection", name="x", attributes=[{"id": made["id"], "type": "update", "value": "Blue"}]
    )
    options = [{"id": red["id"]}, {"id": blue["id"], "label": "Navy"}, "Green"]
    changed = shared.put(f"attribute/{made['id']}", options=options)
    assert changed["options"][:2] == [red, {"id": blue["id"], "label": "Navy"}]
    assert changed["options"][2]["label"] == "Green"
    shared.put(f"attribute/{made['id']}", options=[red])
    # What was picked keeps its id, which says nothing any more.
    assert shared.get(f"collection/{item['id']}")["attributes"][0]["value"] == [blue["id"]]


# --- deletes ---


def test_what_is_not_empty_is_not_deleted(shared: Box) -> None:
    top = shared.post("category", name="Top")["id"]
    shared.post("category", name="Inner", parent_id=top)
    shared.post("collection", name="Jacket", direct_parent=[top])
    assert shared.refused("DELETE", f"category/{top}") == (
        400,
        "category is not empty: it holds 2 object(s)",
    )
    parent = shared.post("collection", name="Family", collection_type="parent")["id"]
    shared.post("collection", name="M", collection_type="variant", parent_topic_id=parent)
    assert shared.refused("DELETE", f"collection/{parent}") == (
        400,
        "collection is not empty: it holds 1 object(s)",
    )


def test_what_referred_to_a_deleted_object_loses_its_link(shared: Box) -> None:
    top = shared.post("category", name="Top")["id"]
    jacket = shared.post("collection", name="Jacket")["id"]
    guide = shared.post(
        "resource", description="x", link="y", category_id=top, collections=[jacket]
    )
    file = shared.sandbox.put_file("a.txt", b"x", collections=[jacket])
    assert shared.delete(f"collection/{jacket}") == {"deleted": True}
    assert shared.delete(f"category/{top}") == {"deleted": True}
    after = shared.get(f"resource/{guide['id']}")
    assert (after["category_id"], after["collections"]) == (None, [])
    assert shared.get(f"file/{file}")["collections"] == []
    assert shared.refused("GET", f"category/{top}") == (404, "Not Found")
    assert shared.refused("DELETE", f"category/{top}") == (404, "Not Found")
