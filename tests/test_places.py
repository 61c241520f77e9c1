"""Places as numbers: a mapping like any other, and none is made that nobody asks for."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalog import read
from reconciler.model import Place
from reconciler.places import LINE, Places, place_at

NAMES = st.sampled_from(["name", "category", "regions", "attributes.color"])
POSITIONS = st.integers(1, 2**31)


@given(POSITIONS, POSITIONS)
def test_a_mark_is_a_line_and_a_column(line: int, column: int) -> None:
    assert place_at("a.yaml", (line - 1) << LINE | (column - 1)) == Place("a.yaml", line, column)


@given(
    st.dictionaries(NAMES, st.tuples(POSITIONS, POSITIONS)),
    st.lists(st.tuples(NAMES, st.sampled_from(["a.yaml", "b.yaml"]), POSITIONS)),
)
def test_places_are_those_that_were_put_last(
    read_first: dict[str, tuple[int, int]], later: list[tuple[str, str, int]]
) -> None:
    places = Places("a.yaml")
    expected = {}
    for name, (line, column) in read_first.items():
        places.note(name, (line - 1) << LINE | (column - 1))
        expected[name] = Place("a.yaml", line, column)
    places.pack()
    for name, file, line in later:
        expected[name] = Place(file, line, 7)
        places.put(name, expected[name])

    assert dict(places) == expected
    assert len(places) == len(expected)
    assert all(name in places for name in expected)
    assert places == expected
    assert repr(places) == repr(dict(places))


def test_a_name_without_a_place_is_a_key_error() -> None:
    places = Places("a.yaml")
    assert places.get("name") is None
    with pytest.raises(KeyError):
        places["name"]


def test_a_sound_catalog_makes_a_place_for_each_object_and_none_for_its_fields(
    tmp_path: Path,
) -> None:
    made = {number: places_made(catalog(tmp_path / str(number), number)) for number in (50, 200)}
    # One for each product, the category and the attribute, and a few for the option's label.
    assert made[50] <= 50 + 5
    assert made[200] - made[50] == 150


def places_made(folder: Path) -> int:
    """How often a place is made of a mark while a catalog is read."""
    calls = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code is place_at.__code__

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        reading = read(folder)
    finally:
        sys.setprofile(before)
    assert not reading.problems
    return calls


def catalog(folder: Path, number: int) -> Path:
    """Products with three fields and two values each."""
    folder.mkdir()
    lines = ["categories:", "  - {key: shoes, name: Shoes}", "attributes:"]
    lines += ["  - {key: color, label: Color, type: Pick List, options: [Red]}"]
    lines += ["  - {key: weight, label: Weight, type: Number}", "collections:"]
    for index in range(number):
        fields = f"key: p{index}, name: Product {index}, category: shoes"
        lines.append(f"  - {{{fields}, attributes: {{color: Red, weight: {index}}}}}")
    (folder / "a.yaml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_entries_alike_share_their_names(tmp_path: Path) -> None:
    products = list(read(catalog(tmp_path / "a", 20)).catalog.of("collection"))
    names = [item.places.names for item in products if isinstance(item.places, Places)]
    assert len(names) == 20
    assert all(item is names[0] for item in names)
