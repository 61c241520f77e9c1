"""API JSON ↔ fields: every shape in, exact bodies out (contract 2.3)."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds import ATTRIBUTE, CATEGORY, COLLECTION, FILE, RESOURCE, Kind
from reconciler.model import FieldChange, Number, Ref, Region
from reconciler.wire import (
    Definition,
    Manners,
    Names,
    create_body,
    decode,
    inherited_values,
    stored,
    update_body,
    values_body,
    view,
    view_value,
    without,
)
from tests.build import has

PICK = Definition("Pick List", {"o-r": "Red", "o-b": "Blue"})
SIZES = Definition("List", {"f-n": "n", "f-t": "t"}, {"n": "Number", "t": "Text", "b": "Boolean"})
NAMES = Names(
    keys={
        "category": {"1": "tops", "2": "new"},
        "collection": {"7": "jacket"},
        "attribute": {"a1": "color", "a2": "size", "a3": "text", "a4": "sizes"},
    },
    ids={
        Ref("category", "tops"): "1",
        Ref("category", "new"): "2",
        Ref("collection", "jacket"): "7",
        Ref("attribute", "color"): "a1",
        Ref("attribute", "text"): "a3",
        Ref("attribute", "sizes"): "a4",
    },
    regions=(Region("r1", "US"), Region("r2", "EU"), Region("r3", "EU")),
    definitions={"a1": PICK, "a3": Definition("Text"), "a4": SIZES, "f1": Definition("Text")},
    roots=frozenset({"0"}),
)


# --- the way in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "raw", "path", "value"),
    [
        (CATEGORY, {"parent_id": ""}, "parent", None),
        (CATEGORY, {"parent_id": 7}, "parent", "7"),
        (CATEGORY, {"parent_id": {"id": "7"}}, "parent", "7"),
        (CATEGORY, {"parent_id": {"_id": "7"}}, "parent", "7"),
        (CATEGORY, {"published": "true"}, "published", True),
        (CATEGORY, {"published": 0}, "published", False),
        (CATEGORY, {"published": ""}, "published", None),
        (CATEGORY, {"published_end_date": "2025-01-01T10:00:00.000Z"}, "published_end_date", "2025-01-01T10:00:00Z"),
        (CATEGORY, {"published_end_date": "soon"}, "published_end_date", "soon"),
        (CATEGORY, {"published_end_date": None}, "published_end_date", None),
        (CATEGORY, {"region_ids": ["r1", {"id": "r2"}, "r1", None]}, "regions", ("r1", "r2")),
        (CATEGORY, {"region_ids": "r1"}, "regions", ("r1",)),
        (COLLECTION, {"direct_parent": None}, "categories", ()),
        (COLLECTION, {"additional_title": 39}, "additional_title", "39"),
        (RESOURCE, {"topics": [{"id": "7"}]}, "collections", ("7",)),
        (RESOURCE, {"collections": [], "topics": ["7"]}, "collections", ("7",)),
        (ATTRIBUTE, {"name": "Color"}, "label", "Color"),
        (ATTRIBUTE, {"type": "Text"}, "type", "Text"),
        (ATTRIBUTE, {"maximum": 1}, "multiple", False),
        (ATTRIBUTE, {"maximum": "12"}, "multiple", True),
        (ATTRIBUTE, {"maximum": None}, "multiple", False),
        (ATTRIBUTE, {"value_type": "Pick List", "options": [{"id": 1, "label": "Red"}, "Blue", None, {"name": "Green"}]},
         "options", (("1", "Red", ""), ("Blue", "Blue", ""), ("Green", "Green", ""))),
        (ATTRIBUTE, {"value_type": "List", "options": [{"id": "f", "label": "n", "value_type": "Number"}]}, "fields", (("f", "n", "Number"),)),
        (ATTRIBUTE, {"value_type": "List", "options": [], "fields": [{"label": "n"}]}, "fields", (("n", "n", ""),)),
        (ATTRIBUTE, {"value_type": "Pick List", "options": None}, "options", ()),
    ],
)  # fmt: skip
def test_every_shape_of_a_field_is_read(
    kind: Kind, raw: dict[str, Any], path: str, value: Any
) -> None:
    assert decode(kind, {"id": 5, **raw}).fields[path] == value


def test_a_field_that_the_answer_does_not_have_is_not_there() -> None:
    item = decode(CATEGORY, {"id": 5, "hostname": "x"}, keep_raw=True)

    assert (item.id, item.fields) == ("5", {})
    assert item.raw == {"id": 5, "hostname": "x"}
    assert decode(ATTRIBUTE, {"value_type": "Text", "options": [{"label": "x"}]}).fields == {
        "type": "Text"
    }


def test_empty_values_and_entries_without_an_id_are_absent() -> None:
    entries = [{"id": "a1", "value": ""}, {"id": "a2"}, {"value": "x"}, "a3", {"id": 4, "value": 0}]

    assert decode(COLLECTION, {"attributes": entries}).fields == {"attributes.4": 0}
    assert decode(COLLECTION, {"attributes": None}).fields == {}


# --- live and applied, in the catalog's keys ----------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "raw", "value"),
    [
        (PICK, ["o-r"], ("Red",)),
        (PICK, "o-r", ("Red",)),
        (PICK, [["o-r"], ["o-b"]], ("Red", "Blue")),
        (PICK, ["Red", "stale"], ("Red", "stale")),
        (PICK, [{"id": "o-r"}, {"label": "Blue"}, None], ("Red", "Blue")),
        (PICK, [], None),
        (Definition("Number"), "1.50", Number("1.50")),
        (Definition("Number"), 0, Number("0")),
        (Definition("Number"), "many", "many"),
        (Definition("Boolean"), "false", False),
        (Definition("Boolean"), "maybe", "maybe"),
        (Definition("Text"), 7, "7"),
        (Definition("Text"), ["x"], "x"),
        (Definition("Text"), {"sha256": "5a"}, {"sha256": "5a"}),
        (SIZES, {"n": 1}, {"n": 1}),
        (SIZES, [{"id": "f-n", "value": "9"}, {"label": "t", "value": 1}, "x"], {"n": Number("9"), "t": "1"}),
        (SIZES, {"id": "f-n", "value_type": "Number", "value": 9}, {"n": Number("9")}),
        (SIZES, [{"label": "other", "value_type": "Boolean", "value": "true"}], {"other": True}),
        (SIZES, [{"id": "f-n", "value": ""}], None),
    ],
)  # fmt: skip
def test_every_shape_of_a_value_is_read(definition: Definition, raw: Any, value: Any) -> None:
    assert view_value(raw, definition) == value


def test_a_live_object_is_seen_in_the_catalogs_keys() -> None:
    fields = {
        "category": "1",
        "categories": ("1", "0", "9"),
        "regions": ("r1", "r2", "gone"),
        "variant_of": None,
        "attributes.a1": ["o-r"],
        "attributes.x": "y",
    }

    assert view(COLLECTION, fields, NAMES) == {
        "category": "tops",
        "categories": ("tops", "id:9"),
        "regions": ("US", "r2", "gone"),
        "variant_of": None,
        "attributes.color": ("Red",),
        "attributes.id:x": "y",
    }
    assert view(COLLECTION, {"category": "0"}, NAMES) == {"category": None}
    assert view(CATEGORY, {"parent": "0"}, NAMES) == {"parent": None}


@pytest.mark.parametrize(
    ("kind", "path", "value", "kept"),
    [
        (COLLECTION, "name", "x", ("name", "x")),
        (COLLECTION, "category", "tops", ("category", "1")),
        (COLLECTION, "category", None, ("category", None)),
        (COLLECTION, "categories", ("tops", "id:9"), ("categories", ("1", "9"))),
        (COLLECTION, "categories", None, ("categories", ())),
        (COLLECTION, "regions", ("US", "r9"), ("regions", ("r1", "r9"))),
        (COLLECTION, "attributes.color", ("Red",), ("attributes.a1", ("Red",))),
        (ATTRIBUTE, "fields", {"n": "Number"}, ("fields", ("n",))),
    ],
)
def test_the_state_keeps_ids_and_labels(
    kind: Kind, path: str, value: Any, kept: tuple[str, Any]
) -> None:
    assert stored(kind, path, value, NAMES) == kept


# --- the way out --------------------------------------------------------------------------------


def test_a_create_says_all_that_is_declared_and_not_empty() -> None:
    fields = {
        "name": "J",
        "additional_title": None,
        "category": "tops",
        "categories": ("tops", "new"),
        "published": False,
        "regions": ("US",),
        "attributes.color": ("Red", "Green"),
        "attributes.text": None,
        "attributes.sizes": {"n": Number("9"), "b": True, "t": None},
    }

    assert create_body(COLLECTION, fields, NAMES, Manners()) == {
        "name": "J",
        "parent_id": "1",
        "direct_parent": ["1", "2"],
        "published": False,
        "region_ids": ["r1"],
        "attributes": [
            {"id": "a1", "type": "update", "value": ["o-r", "Green"]},
            {
                "id": "a4",
                "type": "update",
                "value": [
                    {"id": "f-n", "label": "n", "value_type": "Number", "value": Number("9")},
                    {"label": "b", "value_type": "Boolean", "value": True},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("manners", "more"),
    [
        (Manners(), {}),
        (Manners(top="", top_known=True), {"parent_id": ""}),
        (Manners(top="0", top_known=True), {"parent_id": "0"}),
        (Manners(top=None, top_known=True), {"parent_id": None}),
    ],
)
def test_the_top_level_is_said_as_the_account_says_it(
    manners: Manners, more: dict[str, Any]
) -> None:
    fields = {"name": "A", "parent": None}
    change = FieldChange("parent", "tops", None)

    assert create_body(CATEGORY, fields, NAMES, manners) == {"name": "A", **more}
    moved = update_body(CATEGORY, [change], {}, NAMES, manners)
    assert moved == {"parent_id": more.get("parent_id")}


def test_definitions_are_created_with_options_or_sub_fields() -> None:
    pick = {"label": "P", "type": "Pick List", "multiple": True, "options": ("a", "b")}
    sizes = {"label": "L", "type": "List", "multiple": False, "fields": {"n": "Number"}}

    assert create_body(ATTRIBUTE, pick, NAMES, Manners()) == {
        "label": "P",
        "value_type": "Pick List",
        "maximum": 1000,
        "options": [{"label": "a"}, {"label": "b"}],
    }
    assert create_body(ATTRIBUTE, sizes, NAMES, Manners(list_wire="fields")) == {
        "label": "L",
        "value_type": "List",
        "maximum": 1,
        "fields": [{"label": "n", "value_type": "Number"}],
    }


def put(kind: Kind, raw: dict[str, Any], *changes: FieldChange, **more: Any) -> dict[str, Any]:
    return update_body(kind, changes, raw, NAMES, more.pop("manners", Manners()), **more)


def test_a_set_is_written_as_live_and_desired_without_what_was_ours_and_is_dropped() -> None:
    change = FieldChange("categories", add=("new",), remove=("tops",), is_set=True)

    assert put(COLLECTION, {"direct_parent": ["9", "1", "9"]}, change) == {
        "direct_parent": ["9", "2"]
    }
    assert put(
        COLLECTION, {"region_ids": ["r9"]}, FieldChange("regions", add=("US",), is_set=True)
    ) == {"region_ids": ["r9", "r1"]}


def test_every_value_to_keep_is_an_update_and_every_one_to_drop_a_delete() -> None:
    raw = {
        "attributes": [
            {"id": "f1", "label": "Note", "value": " <b>&amp; 007 "},
            {"id": "a1", "value": [["Red"], "o-b", "stale"]},
            {"id": "a3", "value": "old"},
            {"id": "f2", "value": {"odd": [1]}},
            {"id": "f3", "value": ""},
        ]
    }
    changes = (
        FieldChange("attributes.text", "old", "new"),
        FieldChange("attributes.sizes", {"n": 1}, None),
    )

    assert put(COLLECTION, raw, *changes) == {
        "attributes": [
            {"id": "f1", "type": "update", "value": " <b>&amp; 007 "},
            {"id": "a1", "type": "update", "value": ["o-r", "o-b", "stale"]},
            {"id": "f2", "type": "update", "value": {"odd": [1]}},
            {"id": "a3", "type": "update", "value": "new"},
            {"id": "a4", "type": "delete"},
        ]
    }


def test_a_foreign_value_that_a_category_above_shows_alike_is_not_sent() -> None:
    categories = {
        "1": has("category", "1", name="Tops", parent="2", attributes={"a1": ["o-b"]}),
        "2": has("category", "2", name="New", parent="1", attributes={"f1": "note"}),
        "3": has("category", "3", name="Elsewhere", attributes={"a3": "x"}),
    }
    item = has("collection", "5", name="J", category="1", categories=("1", "gone"))
    inherited = inherited_values(item, categories, NAMES)
    raw = {
        "attributes": [
            {"id": "f1", "value": "note"},
            {"id": "a1", "value": ["o-r"]},
            {"id": "a3", "value": "x"},
        ]
    }
    change = FieldChange("attributes.sizes", None, {"n": Number("1")})

    body = put(COLLECTION, raw, change, inherited=inherited)

    assert [entry["id"] for entry in body["attributes"]] == ["a1", "a3", "a4"]


def test_options_keep_their_ids_are_renamed_in_place_and_added_by_label() -> None:
    raw = {
        "value_type": "Pick List",
        "options": [
            {"id": "1", "label": "Red"},
            {"id": "2", "label": "Old"},
            {"id": "3", "label": "Theirs"},
        ],
    }
    change = FieldChange(
        "options",
        add=("New",),
        remove=("Old",),
        rename=(("Red", "Crimson"),),
        is_set=True,
        after=("Crimson", "New"),
    )

    assert put(ATTRIBUTE, raw, change) == {
        "options": [
            {"id": "1", "label": "Crimson"},
            {"id": "3", "label": "Theirs"},
            {"label": "New"},
        ]
    }


def test_elements_of_arrays_go_back_with_every_key_that_was_read() -> None:
    """Options, sub-fields, values with their parts, and references: ours and foreign."""
    red = {"id": "1", "label": "Red", "colour": "#f00", "sort": 7, "tags": ["warm"]}
    part = {"id": "f", "label": "n", "value_type": "Number", "unit": "cm"}
    options = put(
        ATTRIBUTE,
        {"value_type": "Pick List", "options": [red, {**red, "id": "2", "label": "Mine"}]},
        FieldChange(
            "options", add=("New",), rename=(("Mine", "Ours"),), is_set=True, after=("Ours", "New")
        ),
    )
    fields = put(
        ATTRIBUTE,
        {"value_type": "List", "options": [part]},
        FieldChange("fields", add=("t",), is_set=True, after={"n": "Number", "t": "Text"}),
    )
    values = put(
        COLLECTION,
        {
            "attributes": [
                {"id": "f1", "label": "Note", "value_type": "Text", "value": "x", "locale": "en"},
                {
                    "id": "a4",
                    "value": [{"id": "f-n", "label": "n", "value": 1, "unit": "cm"}],
                    "locked": True,
                },
            ]
        },
        FieldChange("attributes.sizes", None, {"n": Number("2")}),
    )
    places = put(
        COLLECTION,
        {"direct_parent": [{"id": "9", "position": 3}, {"id": "8"}]},
        FieldChange("category", None, "tops"),
    )
    links = put(
        FILE,
        {"collections": [{"id": "5", "role": "hero"}]},
        FieldChange("collections", add=("jacket",), is_set=True),
    )

    assert options["options"] == [red, {**red, "id": "2", "label": "Ours"}, {"label": "New"}]
    assert fields["options"] == [part, {"label": "t", "value_type": "Text"}]
    assert values["attributes"] == [
        {"locale": "en", "id": "f1", "type": "update", "value": "x"},
        {
            "locked": True,
            "id": "a4",
            "type": "update",
            "value": [
                {
                    "unit": "cm",
                    "id": "f-n",
                    "label": "n",
                    "value_type": "Number",
                    "value": Number("2"),
                }
            ],
        },
    ]
    assert places["direct_parent"] == [{"id": "9", "position": 3}, "8"]
    assert links["collections"] == [{"id": "5", "role": "hero"}, {"id": "7"}]  # fmt: skip


def test_of_two_options_that_differ_in_escaping_alone_each_is_its_own() -> None:
    raw = {
        "value_type": "Pick List",
        "options": [{"id": "1", "label": "A & B"}, {"id": "2", "label": "A &amp; B"}],
    }

    body = put(ATTRIBUTE, raw, FieldChange("options", remove=("A & B",), is_set=True))

    assert body["options"] == [{"id": "2", "label": "A &amp; B"}]


TWINS = "A & B", "A &amp; B"


@pytest.mark.parametrize(
    ("after", "live", "add", "labels"),
    [
        (TWINS[:1], TWINS[1:], TWINS[0], TWINS[1:]),
        (TWINS, TWINS[:1], TWINS[1], TWINS),
        ((" A & B",), TWINS, " A & B", (*TWINS, " A & B")),
    ],
)
def test_a_label_is_there_in_another_spelling_unless_one_side_has_both(
    after: tuple[str, ...], live: tuple[str, ...], add: str, labels: tuple[str, ...]
) -> None:
    raw = {"value_type": "Pick List", "options": [{"id": x, "label": x} for x in live]}

    body = put(ATTRIBUTE, raw, FieldChange("options", add=(add,), after=after, is_set=True))

    assert tuple(option["label"] for option in body["options"]) == labels


def test_options_that_are_read_as_bare_labels_go_back_as_such() -> None:
    raw = {"value_type": "Pick List", "options": ["Red", "Blue"]}
    change = FieldChange("options", rename=(("Red", "Crimson"),), after=("Crimson",), is_set=True)

    assert put(ATTRIBUTE, raw, change) == {"options": ["Crimson", "Blue"]}


def test_an_entry_of_a_value_that_is_no_entry_is_left_out() -> None:
    raw = {"attributes": ["a1", None, {"id": "f1", "value": "note"}]}

    body = put(COLLECTION, raw, FieldChange("attributes.text", None, "x"))

    assert [entry["id"] for entry in body["attributes"]] == ["f1", "a3"]


def test_a_part_that_is_new_has_nothing_of_one_that_was_read_without_a_label() -> None:
    raw = {"attributes": [{"id": "a4", "value": [{"value": 7, "unit": "cm"}]}]}

    body = put(COLLECTION, raw, FieldChange("attributes.sizes", None, {"n": "1", "new": "2"}))

    assert body["attributes"][0]["value"] == [
        {"id": "f-n", "label": "n", "value_type": "Number", "value": "1"},
        {"label": "new", "value_type": "Text", "value": "2"},
    ]


@pytest.mark.parametrize(
    ("path", "value"), [("attributes.text", {"n": "1"}), ("attributes.sizes", "n")]
)
def test_a_value_that_does_not_fit_its_attribute_goes_as_it_is(path: str, value: Any) -> None:
    body = put(COLLECTION, {}, FieldChange(path, None, value))

    assert [entry["value"] for entry in body["attributes"]] == [value]


def test_an_option_id_is_one_though_another_option_is_called_so() -> None:
    names = replace(NAMES, definitions={"f1": Definition("Pick List", {"1": "2", "2": "1"})})
    raw = {"attributes": [{"id": "f1", "value": ["1", "9"]}]}
    change = FieldChange("attributes.text", None, "x")

    body = update_body(COLLECTION, [change], raw, names, Manners())

    assert body["attributes"][0]["value"] == ["1", "9"]


@pytest.mark.parametrize("name", ["options", "fields"])
def test_sub_fields_stand_where_the_account_has_them(name: str) -> None:
    raw = {"value_type": "List", name: [{"id": "f", "label": "n", "value_type": "Number"}]}
    change = FieldChange("fields", add=("t",), is_set=True, after={"n": "Number", "t": "Text"})

    assert put(ATTRIBUTE, raw, change, manners=Manners(list_wire=name)) == {
        name: [
            {"id": "f", "label": "n", "value_type": "Number"},
            {"label": "t", "value_type": "Text"},
        ]
    }


@pytest.mark.parametrize(
    ("kind", "raw", "change", "body"),
    [
        (COLLECTION, {"published_start_date": "2025-01-01T00:00:00.000Z"}, FieldChange("published", None, True),
         {"published": True, "published_start_date": "2025-01-01T00:00:00Z"}),
        (COLLECTION, {"published_start_date": None}, FieldChange("published", None, True), {"published": True}),
        (COLLECTION, {"published_start_date": "2025-01-01"}, FieldChange("published", True, False), {"published": False}),
        (COLLECTION, {"collection_type": "variant", "parent_topic_id": "8"}, FieldChange("variant_of", "id:8", "jacket"),
         {"parent_topic_id": "7", "collection_type": "variant"}),
        (COLLECTION, {"parent_topic_id": "7"}, FieldChange("type", None, "variant"),
         {"collection_type": "variant", "parent_topic_id": "7"}),
        (COLLECTION, {"direct_parent": ["1", "9"]}, FieldChange("category", None, "tops"),
         {"parent_id": "1", "direct_parent": ["1", "9"]}),
        (RESOURCE, {"category_id": "1"}, FieldChange("category", "tops", None), {"category_id": None}),
        (ATTRIBUTE, {}, FieldChange("multiple", False, True), {"maximum": 1000}),
    ],
)  # fmt: skip
def test_what_the_api_asks_for_beside_a_field_goes_with_it(
    kind: Kind, raw: dict[str, Any], change: FieldChange, body: dict[str, Any]
) -> None:
    assert put(kind, raw, change) == body


def test_clearing_says_null_and_then_a_blank() -> None:
    change = FieldChange("additional_title", "x", None, clears=True)

    assert put(COLLECTION, {}, change) == {"additional_title": None}
    assert put(COLLECTION, {}, change, manners=Manners(clear="")) == {"additional_title": ""}


def test_elements_that_are_gone_are_taken_out_of_what_is_sent_back() -> None:
    raw = {
        "direct_parent": ["1", {"id": "9"}],
        "attributes": [{"id": "f1", "value": "x"}, {"id": "a1", "value": ["o-r"]}],
        "region_ids": ["9"],
        "name": "J",
    }

    assert without(COLLECTION, raw, {("category", "9"), ("attribute", "f1")}) == {
        "direct_parent": ["1"],
        "attributes": [{"id": "a1", "value": ["o-r"]}],
        "region_ids": ["9"],
        "name": "J",
    }


# --- names --------------------------------------------------------------------------------------


def test_an_element_that_no_key_names_is_its_id() -> None:
    assert NAMES.token("category", "9") == "id:9"
    assert NAMES.id("category", "id:9") == "9"
    assert NAMES.label("category", "id:9") == "9"
    assert (
        Names(objects={"category": {"9": has("category", "9", name="Sale")}}).label(
            "category", "id:9"
        )
        == "Sale"
    )
    with pytest.raises(KeyError):
        NAMES.id("category", "not-there-yet")


def test_a_region_is_its_name_where_only_one_has_it() -> None:
    assert [NAMES.region_token(id_) for id_ in ("r1", "r2", "r3", "r4")] == ["US", "r2", "r3", "r4"]
    assert [NAMES.region_id(token) for token in ("US", "r3", "EU", "AP")] == [
        "r1",
        "r3",
        "r2",
        None,
    ]


def test_an_attribute_is_known_by_its_definition_else_by_what_is_planned() -> None:
    planned = Definition("Number")
    names = Names(planned={"new": planned}, definitions={"f1": PICK})

    assert names.definition("new") is planned
    assert names.definition("id:f1") is PICK
    assert names.definition("id:f9") == names.definition("none") == Definition()
    assert names.id_path("attributes.new") == "attributes.new"
    assert NAMES.id_path("attributes.color") == "attributes.a1"


def test_an_option_that_somebody_added_meanwhile_is_not_sent_twice() -> None:
    raw = {
        "id": "c",
        "label": "Color",
        "value_type": "Pick List",
        "options": [{"id": "1", "label": "Blue"}, {"id": "2", "label": "Green"}],
    }
    change = FieldChange("options", add=("Green", "Red"), is_set=True)

    body = update_body(ATTRIBUTE, [change], raw, Names(), Manners())

    assert [option["label"] for option in body["options"]] == ["Blue", "Green", "Red"]
    assert [option.get("id") for option in body["options"]] == ["1", "2", None]


TOP = Manners(clear="", top="0", top_known=True)


@pytest.mark.parametrize(
    ("kind", "path", "manners", "body"),
    [
        (CATEGORY, "parent", TOP, {"parent_id": "0"}),
        (CATEGORY, "parent", Manners(clear="", top="0"), {"parent_id": ""}),
        (CATEGORY, "name", TOP, {"name": ""}),
        (COLLECTION, "category", TOP, {"parent_id": ""}),
        (COLLECTION, "variant_of", TOP, {"parent_topic_id": ""}),
        (RESOURCE, "category", TOP, {"category_id": ""}),
        (COLLECTION, "published", TOP, {"published": False}),
    ],
)
def test_only_a_category_without_a_parent_is_put_at_the_top(
    kind: Kind, path: str, manners: Manners, body: dict[str, Any]
) -> None:
    assert put(kind, {}, FieldChange(path, "tops", None), manners=manners) == body


def test_options_that_are_to_stand_in_an_order_do_so_and_others_come_last() -> None:
    raw = {
        "options": [{"id": str(n), "label": x} for n, x in enumerate(["B", "X", "A &amp; C", "Y"])]
    }
    change = FieldChange(
        "options", add=("D",), is_set=True, after=("A & C", "D", "B"), ordered=True
    )

    body = put(ATTRIBUTE, {"value_type": "Pick List", **raw}, change)
    loose = put(ATTRIBUTE, {"value_type": "Pick List", **raw}, replace(change, ordered=False))

    assert [x["label"] for x in body["options"]] == ["A &amp; C", "D", "B", "X", "Y"]
    assert [x["label"] for x in loose["options"]] == ["B", "X", "A &amp; C", "Y", "D"]


def test_values_that_were_lost_come_back_beside_those_that_are_there() -> None:
    raw = {"attributes": [{"id": "f1", "value": "x"}, {"id": "a1", "value": ["Red"]}]}
    lost = {
        "f2": {"id": "f2", "value": "old", "locale": "en"},
        "a1": {"id": "a1", "value": ["Blue"]},
    }

    assert values_body(raw, lost, NAMES) == {
        "attributes": [
            {"id": "f1", "type": "update", "value": "x"},
            {"locale": "en", "id": "f2", "type": "update", "value": "old"},
            {"id": "a1", "type": "update", "value": ["o-b"]},
        ]
    }
