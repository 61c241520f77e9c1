"""docs/api.md says of each kind what the program's table and the description say."""

import re
from pathlib import Path

import pytest

from reconciler.kinds import KINDS, Kind
from reconciler.sandbox import DIALECTS
from tests.openapi.description import DESCRIPTION, SCHEMAS

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = "#" * (len(title) - len(title.lstrip("#")))
    after = TEXT.split(f"\n{title}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", after, maxsplit=1)[0]


def rows(text: str) -> list[list[str]]:
    """The body of the first table of a text, cell by cell."""
    found = re.search(r"^\| ?---.*\n((?:\|.*\n?)+)", text, re.MULTILINE)
    assert found is not None
    lines = found[1].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def words(cell: str) -> tuple[str, ...]:
    """The names in backticks."""
    return tuple(re.findall(r"`([^`]+)`", cell))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_table_of_a_kind_is_the_programs(kind: Kind) -> None:
    table = {name: words(wire) for name, wire, _, _ in rows(section(f"### {kind.name}"))}

    assert table == {field.name: field.wire for field in kind.fields if field.wire}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_path_list_names_and_required_fields_are_the_programs(kind: Kind) -> None:
    text = section(f"### {kind.name}")
    opening = words(text.strip().splitlines()[0])
    required = {name for name, _, holds, _ in rows(text) if "required" in holds}

    assert opening[0] == f"/v2.1/{kind.path}"
    assert set(opening[1:]) - {"ids="} == set(kind.lists)
    assert required == {field.name for field in kind.fields if field.required}


KIND_SECTIONS = ("category", "attribute", "attribute_group", "collection", "resource", "file")


@pytest.mark.parametrize("name", KIND_SECTIONS)
def test_a_field_has_the_source_that_the_description_gives(name: str) -> None:
    described = SCHEMAS[name.title().replace("_", "")]["properties"]
    found = {words(wire)[0]: source for _, wire, _, source in rows(section(f"### {name}"))}

    assert found == {wire: described[wire]["x-source"] for wire in found}


def test_the_sources_are_those_of_the_description() -> None:
    assert [word for word, _ in rows(section("## Sources"))] == DESCRIPTION["x-sources"]


def test_the_dialects_that_it_names_are_there() -> None:
    named = {
        word for row in rows(section("## What nobody has written down")) for word in words(row[-1])
    }

    assert len(named) > 12
    assert named - DIALECTS.keys() == set()
