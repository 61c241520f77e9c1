"""The plan as JSON and back (contract 4)."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.cli.planread import plan_from_json
from reconciler.errors import UsageError
from reconciler.model import Cost, FieldChange, Group, Number, Plan, Ref
from reconciler.reports.jsontext import document
from reconciler.reports.planform import filled
from reconciler.reports.planjson import plan_digest, plan_json
from reconciler.reports.text import plan_text
from tests.reports.plans import EVERYTHING, PLANS, change, plan

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)

CONTRACT = plan(
    change(
        "update",
        "collection",
        "rain-jacket",
        FieldChange("attributes.color", ("Blue",), ("Crimson",), ("Blue",)),
        FieldChange("categories", add=("new-in",), is_set=True),
        label="Rain Jacket",
        id="c-1",
        depends_on=(Ref("category", "jackets"),),
        group=Group(("Apparel", "Jackets")),
    ),
    unchanged=1204,
    cost=Cost(26, 2),
    labels={Ref("attribute", "color"): "Color"},
)


def test_a_plan_is_written_as_the_contract_says() -> None:
    assert (
        plan_json(CONTRACT, "0.1.0")
        == """\
{
  "format_version": 2,
  "tool_version": "0.1.0",
  "account": {
    "base_url": "https://pxm.example",
    "regions": ["r-eu","r-us"]
  },
  "environment": null,
  "targets": [],
  "new_state": false,
  "needs_new_state": false,
  "digest": "sha256:DIGEST",
  "summary": {
    "create": 0,
    "adopt": 0,
    "update": 1,
    "delete": 0,
    "move": 0,
    "recreate": 0,
    "unpublish": 0,
    "blocked": 0,
    "unchanged": 1204
  },
  "cost": {
    "requests": 26,
    "min_seconds": 2,
    "window": 950,
    "per_seconds": 60
  },
  "changes": [
    {"action":"update","kind":"collection","key":"rain-jacket","id":"c-1","label":"Rain Jacket","source":{"file":"jackets.yaml","line":12},"fields":[{"path":"attributes.color","before":["Blue"],"after":["Crimson"],"applied":["Blue"]},{"path":"categories","add":["new-in"]}],"depends_on":["category/jackets"],"group":{"categories":["Apparel","Jackets"]}}
  ],
  "labels": {
    "attribute/color": "Color"
  },
  "near": [],
  "left": {},
  "refusals": [],
  "notes": [],
  "note_kinds": []
}
""".replace("sha256:DIGEST", plan_digest(CONTRACT))
    )


@settings(max_examples=50)
@given(PLANS)
def test_a_plan_file_fits_its_schema(made: Plan) -> None:
    VALIDATOR.validate(json.loads(plan_json(made, "0.1.0")))


@settings(max_examples=50)
@given(PLANS)
def test_a_plan_file_read_again_shows_the_same(made: Plan) -> None:
    written = plan_json(made, "0.1.0")
    read = plan_from_json(written, "plan.json")
    assert plan_text(read, color=False) == plan_text(made, color=False)
    assert plan_json(read, "0.1.0") == written


def test_the_schema_is_one_and_describes_what_it_has() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for name, part in SCHEMA["properties"].items():
        assert part["description"], name


def test_numbers_stand_in_their_spelling_and_foreign_elements_by_name() -> None:
    written = plan_json(EVERYTHING, "0.1.0")
    assert '"after":1.10}' in written
    assert '"before":"Somebody\'s"' in written
    assert "id:" not in written


# --- the digest ---------------------------------------------------------------------------------


def test_versions_costs_and_notes_are_no_part_of_the_digest() -> None:
    other = replace(EVERYTHING, cost=Cost(1, 1), notes=(), refusals=(), unchanged=1)
    assert plan_digest(other) == plan_digest(EVERYTHING)
    assert plan_digest(EVERYTHING) in plan_json(EVERYTHING, "9.9")


@pytest.mark.parametrize(
    "other",
    [
        replace(EVERYTHING, changes=EVERYTHING.changes[1:]),
        replace(EVERYTHING, changes=EVERYTHING.changes[::-1]),
        replace(EVERYTHING, environment=None),
        replace(EVERYTHING, targets=("collection/a",)),
        replace(EVERYTHING, new_state=True),
        replace(EVERYTHING, account=replace(EVERYTHING.account, regions=frozenset())),
        replace(EVERYTHING, names={}),
    ],
)
def test_what_a_review_sees_is_part_of_the_digest(other: Plan) -> None:
    assert plan_digest(other) != plan_digest(EVERYTHING)


def test_the_spelling_of_a_number_is_part_of_the_digest() -> None:
    one, other = (
        plan(change("update", "collection", "a", FieldChange("attributes.w", None, Number(text))))
        for text in ("1.1", "1.10")
    )
    assert plan_digest(one) != plan_digest(other)


# --- files that are no plan ---------------------------------------------------------------------

HINT = "make one with `pxm plan --out FILE`"


def edited(edit: Callable[[dict[str, Any]], None]) -> str:
    """The contract's plan file after an edit."""
    found = json.loads(plan_json(CONTRACT, "0.1.0"))
    edit(found)
    return json.dumps(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "plan.json is not a plan file: it is not JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        ("[]", "plan.json is not a plan file: the file takes a mapping, not a list"),
        ("{}", "plan.json is not a plan file: account is missing"),
        ('{"format_version": NaN}', "plan.json is not a plan file: NaN is not JSON"),
        ('{"format_version": 1e999999999}', "plan.json is not a plan file: account is missing"),
        ('{"format_version": true}', "plan.json is not a plan file: account is missing"),
        ("[" * 100_000, "plan.json is not a plan file: it is nested too deeply"),
    ],
)
def test_text_that_is_no_plan_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_from_json(text, "plan.json")
    assert str(caught.value) == message
    assert caught.value.hint == HINT


def test_another_format_is_said() -> None:
    with pytest.raises(UsageError) as caught:
        plan_from_json('{"format_version": 3}', "plan.json")
    assert str(caught.value) == "plan.json has format 3, this program knows 1 and 2"


def of_first_format(made: Plan) -> str:
    """The file that an earlier release wrote: all of each change is said."""
    written = plan_json(made, "0.1.0")
    file = json.loads(written, parse_float=Number, parse_int=Number)
    return document({**file, "format_version": 1, "changes": list(map(filled, file["changes"]))})


@settings(max_examples=50)
@given(PLANS)
def test_a_file_of_the_first_format_is_the_same_plan_with_the_same_digest(made: Plan) -> None:
    old = of_first_format(made)
    VALIDATOR.validate(json.loads(old))

    read = plan_from_json(old, "old.json")

    assert read == plan_from_json(plan_json(made, "0.1.0"), "plan.json")
    assert json.loads(old)["digest"] == plan_digest(made)


def test_a_change_says_nothing_that_is_usual() -> None:
    (adopted,) = json.loads(plan_json(plan(change("adopt", "category", "shoes")), "1"))["changes"]

    assert adopted == {
        "action": "adopt",
        "kind": "category",
        "key": "shoes",
        "id": "id-shoes",
        "label": "Shoes",
        "source": {"file": "jackets.yaml", "line": 12},
    }


def test_a_file_is_less_than_half_as_long_as_one_of_the_first_format() -> None:
    item = change(
        "update", "collection", "p", FieldChange("name", "A", "B", "A"), group=Group(("Tops",))
    )
    many = plan(*(replace(item, ref=Ref("collection", f"p-{number}")) for number in range(200)))

    assert len(plan_json(many, "1")) < len(of_first_format(many)) / 2


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def edit(document: dict[str, Any]) -> None:
        *way, last = path.split(".")
        target: Any = document
        for name in way:
            target = target[int(name) if name.isdigit() else name]
        target[last] = value

    return edit


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("changes", {}, "changes takes a list, not a mapping"),
        ("changes", [1], "changes[0] takes a mapping, not '1'"),
        ("account.regions", [1], "account.regions[0] takes a text, not '1'"),
        ("new_state", "yes", "new_state takes true or false, not 'yes'"),
        ("cost.requests", "many", "cost.requests takes a whole number, not 'many'"),
        (
            "cost.requests",
            10**15,
            "cost.requests must be at most 999999999999999 (is '1000000000000000')",
        ),
        ("format_version", 1.5, "format_version takes '1' or '2', not '1.5'"),
        ("changes.0.surprise", 1, "changes[0] does not know 'surprise'"),
        ("labels.x", "A", "labels: 'x' is not a KIND/KEY"),
        ("cost.requests", -1, "cost.requests must be at least 0 (is '-1')"),
        ("environment", 1, "environment takes a text, not '1'"),
        (
            "changes.0.action",
            "destroy",
            "changes[0].action takes one of create, recreate, adopt, update, delete, move, unpublish, "
            "not 'destroy'",
        ),
        ("changes.0.key", None, "changes[0].key takes a text, not nothing"),
        ("changes.0.source", {}, "changes[0].source.file is missing"),
        (
            "changes.0.class",
            "worse",
            "changes[0].class takes one of pending, drift, conflict, not 'worse'",
        ),
        ("changes.0.depends_on", ["x"], "changes[0].depends_on[0] is not a KIND/KEY"),
        (
            "changes.0.fields.0.path",
            "__class__",
            "changes[0].fields[0].path is not a field of a collection",
        ),
        ("changes.0.fields.1.add", [None], "changes[0].fields[1].add[0] takes a text, not nothing"),
        (
            "changes.0.fields.1.rename",
            [[]],
            "changes[0].fields[1].rename[0] takes a mapping, not a list",
        ),
    ],
)
def test_a_crafted_file_is_refused_at_its_place(path: str, value: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_from_json(edited(_set(path, value)), "plan.json")
    assert str(caught.value) == f"plan.json is not a plan file: {message}"
    assert caught.value.hint == HINT


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match=r"changes\[0\]\.kind takes one of category, "):
        plan_from_json(edited(_set("changes.0.kind", "planet")), "plan.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [("changes.0.label", "Other"), ("new_state", True), ("digest", f"sha256:{'0' * 64}")],
)
def test_a_file_that_was_edited_is_refused(path: str, value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        plan_from_json(edited(_set(path, value)), "plan.json")
    assert str(caught.value) == "plan.json was changed after it was made: its digest is another"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
PATHS = st.sampled_from(
    [*json.loads(plan_json(CONTRACT, "1")), "account.regions", "cost.window", "summary.unchanged"]
    + [f"changes.0.{name}" for name in ("kind", "id", "source", "fields", "blocked", "moved_from")]
    + ["changes.0.fields.0.before", "changes.0.fields.0.path", "changes.0.fields.1.add"]
)


@given(PATHS, JSON)
def test_no_crafted_file_gives_anything_but_a_plan_or_a_usage_error(path: str, value: Any) -> None:
    try:
        read = plan_from_json(edited(_set(path, value)), "plan.json")
    except UsageError:
        return
    assert plan_text(read, color=False)
