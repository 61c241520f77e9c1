"""Edits of a YAML text: what is not named stays to the byte."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Number
from reconciler.yamlfile import Map, parse
from reconciler.yamltext import Flow, TypedFlow
from reconciler.yamltext.document import entry
from reconciler.yamltext.edit import Edit, SideBySide
from reconciler.yamltext.edits import DROP, CannotEdit, become, edited
from reconciler.yamltext.spans import ListNode, MapNode, outline

TEXT = """\
# head
collections:
  # about the jacket
  - key: jacket            # its key
    name: 'Rain Jacket'    # sold since 2019
    note: "said \\"so\\""
    categories: [new-in, sale]   # shown there
    regions:
      - US     # first
      - EU
    attributes:
      size: M
      care: |-   # how to wash
        Cold.
        No bleach.
      chest: {Chest: 90, Note: a}
      tags: []
    empty:
"""


def change(text: str, path: str, value: Any, order: tuple[str, ...] = ()) -> str:
    """The text once the entry at a path below the first collection holds a value."""
    on = outline(text)
    assert isinstance(on.root, MapNode)
    owner = on.root.get("collections")
    assert isinstance(owner, ListNode)
    node = owner.items[0]
    *above, name = path.split(".")
    for step in above:
        assert isinstance(node, MapNode)
        found = node.get(step)
        assert found is not None
        node = on.resolved(found)
    assert isinstance(node, MapNode)
    return edited(text, become(on, node, name, value, order))


def lines(path: str, value: Any, text: str = TEXT, order: tuple[str, ...] = ()) -> list[str]:
    """What a unified diff would show: lines taken out and put in."""
    before, after = text.split("\n"), change(text, path, value, order).split("\n")
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return [*(f"-{x}" for x in before), *(f"+{x}" for x in after)]


CASES = {
    "a quoted text keeps its quotes and its comment": (
        "name", "Sun Jacket",
        ["-    name: 'Rain Jacket'    # sold since 2019", "+    name: 'Sun Jacket'    # sold since 2019"],
    ),
    "single quotes give way to a text that they cannot hold": (
        "name", "a\tb",
        ["-    name: 'Rain Jacket'    # sold since 2019", '+    name: "a\\tb"    # sold since 2019'],
    ),
    "double quotes escape": (
        "note", 'a "b"', ['-    note: "said \\"so\\""', '+    note: "a \\"b\\""'],
    ),
    "a plain text becomes a number": (
        "attributes.size", Number("1.10"), ["-      size: M", "+      size: 1.10"],
    ),
    "an inner value of a record": (
        "attributes.chest", Flow({"Chest": Number("95"), "Note": "a"}),
        ["-      chest: {Chest: 90, Note: a}", "+      chest: {Chest: 95, Note: a}"],
    ),
    "a part of a record goes": (
        "attributes.chest", Flow({"Note": "a"}),
        ["-      chest: {Chest: 90, Note: a}", "+      chest: {Note: a}"],
    ),
    "a part of a record comes": (
        "attributes.chest", Flow({"Chest": Number("90"), "Note": "a", "X": "b, c"}),
        ["-      chest: {Chest: 90, Note: a}", '+      chest: {Chest: 90, Note: a, X: "b, c"}'],
    ),
    "a line of a block changes alone": (
        "attributes.care", "Cold.\nNo chlorine.", ["-        No bleach.", "+        No chlorine."],
    ),
    "a block becomes one line and keeps the comment of its head": (
        "attributes.care", "Cold.",
        ["-      care: |-   # how to wash", "-        Cold.", "-        No bleach.", "+      care: Cold.   # how to wash"],
    ),
    "one line becomes a block": (
        "attributes.size", "M\nL", ["-      size: M", "+      size: |-", "+        M", "+        L"],
    ),
    "a quoted text with a comment becomes a block below it": (
        "name", "a\nb" * 2,
        ["-    name: 'Rain Jacket'    # sold since 2019", "+    name: |-    # sold since 2019", "+      a", "+      ba", "+      b"],
    ),
    "an element of a list in brackets goes": (
        "categories", ["sale"],
        ["-    categories: [new-in, sale]   # shown there", "+    categories: [sale]   # shown there"],
    ),
    "the last element goes": (
        "categories", ["new-in"],
        ["-    categories: [new-in, sale]   # shown there", "+    categories: [new-in]   # shown there"],
    ),
    "an element comes": (
        "categories", ["new-in", "sale", "x, y"],
        ["-    categories: [new-in, sale]   # shown there", '+    categories: [new-in, sale, "x, y"]   # shown there'],
    ),
    "an element takes another's place": (
        "categories", ["new-in", "outlet"],
        ["-    categories: [new-in, sale]   # shown there", "+    categories: [new-in, outlet]   # shown there"],
    ),
    "an element of a block list goes with its comment": (
        "regions", ["EU"], ["-      - US     # first"],
    ),
    "an element of a block list comes": (
        "regions", ["US", "EU", "UK"], ["+      - UK"],
    ),
    "a list that is emptied goes": (
        "categories", [], ["-    categories: [new-in, sale]   # shown there"],
    ),
    "an empty list is filled": (
        "attributes.tags", ["a"], ["-      tags: []", "+      tags: [a]"],
    ),
    "an empty value is filled": ("empty", "x", ["-    empty:", "+    empty: x"]),
    "an entry goes": ("attributes.size", DROP, ["-      size: M"]),
    "an entry goes with its comment": (
        "name", DROP, ["-    name: 'Rain Jacket'    # sold since 2019"],
    ),
    "a new entry comes last": ("attributes.zip", "YKK", ["+      zip: YKK"]),
    "what is so already changes nothing": ("attributes.size", "M", []),
    "what was never there need not go": ("attributes.nothing", DROP, []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda name: name.replace(" ", "_"))
def test_an_edit_changes_its_lines_alone(case: str) -> None:
    path, value, wanted = CASES[case]

    assert lines(path, value) == wanted


def test_a_new_entry_comes_where_the_order_says() -> None:
    order = ("key", "name", "published", "categories")

    assert lines("published", True, order=order) == ["+    published: true"]
    assert change(TEXT, "published", True, order).index("published") < TEXT.index("categories")


def test_a_new_entry_keeps_the_alphabet_where_there_is_one() -> None:
    text = "collections:\n  - key: a\n    attributes:\n      apple: 1\n      cherry: 2\n"

    assert change(text, "attributes.banana", "x") == text.replace(
        "      cherry", "      banana: x\n      cherry"
    )


FLOW = "collections:\n  - {key: a, name: Rain, categories: [x, y], attributes: {}}  # all\n"


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("name", "Sun, fun", '{key: a, name: "Sun, fun", categories: [x, y], attributes: {}}'),
        ("name", "two\nlines", '{key: a, name: "two\\nlines", categories: [x, y], attributes: {}}'),
        ("name", DROP, "{key: a, categories: [x, y], attributes: {}}"),
        ("attributes", DROP, "{key: a, name: Rain, categories: [x, y]}"),
        ("categories", ["y", "z"], "{key: a, name: Rain, categories: [z, y], attributes: {}}"),
        ("attributes.size", "M", "{key: a, name: Rain, categories: [x, y], attributes: {size: M}}"),
        (
            "more",
            {"a": ["b"]},
            "{key: a, name: Rain, categories: [x, y], attributes: {}, more: {a: [b]}}",
        ),
    ],
)
def test_an_object_in_braces_stays_in_braces(path: str, value: Any, wanted: str) -> None:
    assert change(FLOW, path, value) == f"collections:\n  - {wanted}  # all\n"


ANCHORS = """\
shared: &shared {color: Red, size: M}
text: &text Rain
collections:
  - key: a
    name: *text
    note: &own Alone
    attributes:
      <<: *shared
      fit: slim
  - key: b
    attributes: *shared
"""


def test_an_alias_gives_way_to_the_value_itself() -> None:
    assert lines("name", "Sun", ANCHORS) == ["-    name: *text", "+    name: Sun"]


def test_an_anchor_that_nobody_uses_stays() -> None:
    assert lines("note", "Other", ANCHORS) == ["-    note: &own Alone", "+    note: &own Other"]


def test_a_merged_value_is_overridden_where_it_is_merged() -> None:
    assert lines("attributes.color", "Blue", ANCHORS) == ["+      color: Blue"]
    assert lines("attributes.size", DROP, ANCHORS) == ["+      size: null"]


def test_what_others_lean_on_is_not_edited() -> None:
    text = "collections:\n  - key: a\n    name: &n Rain\n    other: *n\n"

    with pytest.raises(CannotEdit, match="the anchor &n here is used elsewhere too") as found:
        change(text, "name", "Sun")
    assert (found.value.line, found.value.column) == (3, 11)


def test_a_comment_inside_brackets_before_the_comma_stops_what_would_part_it() -> None:
    text = "collections:\n  - key: a\n    categories: [x  # why\n      , y, z]\n"

    with pytest.raises(CannotEdit, match="a comment stands inside the brackets"):
        change(text, "categories", ["y", "z"])
    assert lines("categories", ["x", "y"], text) == ["-      , y, z]", "+      , y,]"]


def test_line_ends_of_the_file_are_kept() -> None:
    text = TEXT.replace("\n", "\r\n")

    assert change(text, "attributes.size", "M\nL") == change(
        TEXT, "attributes.size", "M\nL"
    ).replace("\n", "\r\n")


def test_a_file_without_a_last_line_break_stays_without() -> None:
    text = "collections:\n  - key: a\n    name: b"

    assert change(text, "more", "x", ("key", "name", "more")) == text + "\n    more: x"
    assert change(text, "name", DROP) == "collections:\n  - key: a\n"


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), min_size=1, max_size=2)


@given(st.lists(SPANS, max_size=12))
def test_edits_side_by_side_are_those_that_touch_no_other(
    spans: list[list[tuple[int, int]]],
) -> None:
    taken, mine = SideBySide(), []
    for wish in spans:
        found = [Edit(start, start + length, "x") for start, length in wish]
        if len(found) == 2 and found[0].end > found[1].start:
            continue
        touches = any(a.start <= b.end and b.start <= a.end for a in found for b in mine)
        assert taken.take(found) != touches
        mine += [] if touches else found
    assert sorted(mine) == taken.edits


@pytest.mark.parametrize(
    ("record", "becomes"),
    [
        ({"x": "90"}, '{x: "90", y: true}'),
        ({"x": Number("90"), "y": "true"}, '{x: 90, y: "true"}'),
        ({"z": "slim"}, "{z: slim}"),
        ({"x": Number("90"), "y": True}, "{x: 90, y: true}"),
    ],
)
def test_in_a_record_of_unknown_types_the_quotes_say_what_is_a_text(
    record: dict[str, Any], becomes: str
) -> None:
    text = "a: {x: 90, y: true}\n"
    value = TypedFlow({**({"y": True} if record == {"x": "90"} else {}), **record})
    on = outline(text)
    assert isinstance(on.root, MapNode)
    after = edited(text, become(on, on.root, "a", TypedFlow(sorted(value.items()))))
    assert after == f"a: {becomes}\n"


NAMES = st.sampled_from(["Red", "Salty, sour", "on", "a b", "007", "it's", "x: y", "#1", "null"])
RECORDS = st.dictionaries(NAMES, st.sampled_from(["1", "a, b", "long " * 30, "{", "-"]), max_size=5)


@given(RECORDS.filter(bool), RECORDS, st.booleans())
def test_any_record_becomes_any_other_in_place(
    old: dict[str, str], new: dict[str, str], flow: bool
) -> None:
    before = {"a": "1", "text": Flow(old) if flow else old, "z": "2"}
    text = "".join(f"{line}\n" for name, part in before.items() for line in entry(name, part, 0))
    on = outline(text)
    assert on.root is not None

    after = edited(text, become(on, on.root, "text", new or DROP))

    node, problems = parse(after.encode(), "a.yaml")
    assert not problems, after
    assert node is not None
    found = plain(node)
    assert found == {"a": "1", **({"text": new} if new else {}), "z": "2"}


def plain(node: Any) -> Any:
    """Every scalar as the characters that stand there."""
    if isinstance(node, Map):
        return {key.text: plain(value) for key, value in node.entries}
    return node.text
