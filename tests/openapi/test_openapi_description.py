"""The hand-written description of the API holds together: sources, examples, references."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from reconciler.kinds import KINDS, Type
from tests.openapi.description import (
    DESCRIPTION,
    SCHEMAS,
    TEXT,
    Operation,
    Pointer,
    examples,
    faults,
    followed,
    operations,
    schemas,
)

SOURCES = {"article", "observed", "help-centre", "reported", "assumed"}
ERRORS = {"401", "403", "429", "500", "502", "503"}


def test_it_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DESCRIPTION).iter_errors()) == []


def test_it_says_that_it_is_unofficial_and_free() -> None:
    assert DESCRIPTION["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert "It is unofficial" in DESCRIPTION["info"]["description"]


def test_it_is_plain_json_and_its_lines_end_cleanly() -> None:
    assert json.loads(json.dumps(DESCRIPTION)) == DESCRIPTION
    assert [line for line in TEXT.splitlines() if line != line.rstrip() or "\t" in line] == []


def test_every_loader_of_yaml_reads_the_same() -> None:
    assert yaml.load(TEXT, Loader=yaml.SafeLoader) == DESCRIPTION


def test_the_sources_are_the_ones_that_it_explains() -> None:
    assert set(DESCRIPTION["x-sources"]) == SOURCES
    for word in SOURCES:
        assert f"| `{word}` |" in DESCRIPTION["info"]["description"]


def test_operation_ids_are_unique() -> None:
    ids = [str(operation) for operation in operations()]

    assert len(ids) == 41
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_an_operation_says_what_it_does_and_where_that_stands(operation: Operation) -> None:
    tags = {tag["name"] for tag in DESCRIPTION["tags"] if tag["description"]}

    assert operation.said["x-source"] in SOURCES
    assert operation.said["summary"]
    assert operation.said["description"]
    assert set(operation.said["tags"]) <= tags
    assert set(operation.also.values()) <= SOURCES
    assert operation.said["responses"].keys() >= ERRORS
    named = {name for part in operation.path.split("/") if (name := part.strip("{}")) != part}
    assert {p["name"] for p in operation.parameters if p["in"] == "path"} == named


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_every_parameter_body_and_answer_has_source_and_example(operation: Operation) -> None:
    for parameter in operation.parameters:
        assert parameter["x-source"] in SOURCES
        assert parameter["description"]
        assert examples(parameter)
    for status, said in operation.said["responses"].items():
        answer = followed(said)
        assert answer["x-source"] in SOURCES, status
        assert answer["description"]
        assert all(examples(media) for media in answer.get("content", {}).values()), status
    body = operation.said.get("requestBody", {"content": {}})
    assert all(examples(media) for media in body["content"].values())


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_tells_title_meaning_source_and_example(name: str) -> None:
    schema = SCHEMAS[name]

    assert schema["title"]
    assert schema["description"]
    assert schema["x-source"] in SOURCES
    assert schema["examples"]


def properties() -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Every property of every schema, with its place."""
    for at, schema in schemas():
        for name, said in schema.get("properties", {}).items():
            yield (*at, name), said


def test_every_property_has_a_source_of_its_own_a_meaning_and_an_example() -> None:
    found = list(properties())
    unsourced = [at for at, said in found if said.get("x-source") not in SOURCES]
    silent = [at for at, said in found if not followed(said).get("description")]
    unshown = [at for at, said in found if not examples(followed(said))]

    assert len(found) > 250
    assert (unsourced, silent, unshown) == ([], [], [])


def test_every_shape_that_may_vary_has_a_source_and_a_name() -> None:
    found = [
        ((*at, word), followed(said))
        for at, schema in schemas()
        for word in ("anyOf", "oneOf")
        for said in schema.get(word, ())
    ]

    assert len(found) > 150
    assert [at for at, said in found if said.get("x-source") not in SOURCES] == []
    assert [at for at, said in found if not said.get("title")] == []


def shown() -> Iterator[tuple[Pointer, Pointer, Any]]:
    """Every example: where it stands, where its schema stands, and the example."""
    for at, schema in schemas():
        yield from ((at, at, value) for value in examples(schema))
    for at, part in parts(DESCRIPTION, ()):
        if "schema" in part:
            yield from ((at, (*at, "schema"), value) for value in examples(part))


def parts(part: Any, at: Pointer) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Every mapping of the description outside of examples."""
    if isinstance(part, dict):
        yield at, part
        for name, inner in part.items():
            if name not in ("example", "examples"):
                yield from parts(inner, (*at, name))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from parts(inner, (*at, str(number)))


def test_every_example_conforms_to_its_schema() -> None:
    found = list(shown())

    assert len(found) > 400
    assert [(at, f) for at, place, value in found if (f := faults(place, value))] == []


def test_no_component_is_left_unused() -> None:
    wanted = {
        f"#/components/{sort}/{name}"
        for sort, named in DESCRIPTION["components"].items()
        if sort != "securitySchemes"
        for name in named
    }
    used = {part["$ref"] for _, part in parts(DESCRIPTION, ()) if isinstance(part.get("$ref"), str)}

    assert wanted == used


def schema_of(kind: str) -> str:
    """`attribute_group` as `AttributeGroup`."""
    return kind.title().replace("_", "")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_name_that_the_program_reads_or_writes_is_described(kind: Any) -> None:
    name = schema_of(kind.name)
    read = SCHEMAS[name]["properties"]
    written = SCHEMAS[f"{name}Update"]["properties"]

    assert {word for field in kind.fields for word in field.wire} <= read.keys()
    # Content goes through an upload, not through a PUT.
    put = [field for field in kind.fields if field.type is not Type.CONTENT]
    assert {field.wire[0] for field in put} <= written.keys()
    assert f"/v2.1/{kind.path}" in DESCRIPTION["paths"]


WRONG: dict[str, tuple[str, Any]] = {
    "a list that is a text": ("CategoryList", {"categories": "none"}),
    "a list under another kind's plural": ("CategoryList", {"collections": [{"id": "c"}]}),
    "a category without an id": ("CategoryList", [{"name": "Tents"}]),
    "a category without a name": ("CategoryAnswer", {"id": "cat_tents"}),
    "an id that is an object": ("CategoryAnswer", {"id": {"$oid": "1"}, "name": "Tents"}),
    "two objects where one is due": (
        "ResourceAnswer",
        [{"id": str(n), "description": "a", "link": "b"} for n in (1, 2)],
    ),
    "a collection of a third type": (
        "CollectionAnswer",
        {"id": "c", "name": "n", "collection_type": "bundle"},
    ),
    "a date in words": (
        "CollectionAnswer",
        {"id": "c", "name": "n", "published_start_date": "in March"},
    ),
    "a flag that is a number": ("CollectionAnswer", {"id": "c", "name": "n", "published": 1}),
    "a value that is an object": ("AttributeValue", {"id": "a", "value": {"label": "Blue"}}),
    "a definition of a seventh type": (
        "AttributeAnswer",
        {"id": "a", "label": "l", "value_type": "Colour"},
    ),
    "an answer to a delete that says nothing": ("DeleteResult", {}),
    "an empty answer to a write": ("CategoryWritten", {}),
    "an error without words": ("Error", {"code": 7}),
    "a search without a total": ("SearchHitsWithTotal", {"hits": []}),
    "an operation of a third sort": (
        "AttributeOperation",
        {"id": "a", "type": "append", "value": 1},
    ),
    "an update without a value": ("AttributeOperation", {"id": "a", "type": "update"}),
    "a create without a name": ("CollectionCreate", {"additional_title": "QF"}),
    "a token that is missing": ("Token", {"token_type": "Bearer"}),
    "an upload without a type": ("UploadGrant", {"url": "https://storage.example.com"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_nobody_described_does_not_conform(case: str) -> None:
    name, value = WRONG[case]

    assert faults(("components", "schemas", name), value) != []
