"""`rules`: what is looked at, what counts as a value, how much of it is there (contract 1.8).

Broken rules, and what a breach says, are in `cases/validate/rules-*`.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalog import Reading, read
from reconciler.completeness import Completeness, Shelf, Step, Tally, steps
from reconciler.patterns import STEPS, BadPattern, Pattern, TooHard

HEAD = """
categories:
  - key: apparel
    name: Apparel
    children: [{key: jackets, name: Jackets}, {key: hats, name: Hats}]
  - {key: new-in, name: New in}
attributes:
  - {key: color, label: Color, type: Pick List, options: [Red, Blue], multiple: true}
  - {key: size, label: Size, type: Pick List, options: [S, M]}
  - {key: story, label: Story, type: Text}
  - {key: weight, label: Weight, type: Number}
  - {key: organic, label: Organic, type: Boolean}
  - {key: sold, label: First sold, type: Date}
attribute_groups:
  - {key: looks, name: Looks, attributes: [color, story]}
"""


def reading(folder: Path, rules: str, objects: str, head: str = HEAD) -> Reading:
    """A catalog of these rules and objects, read."""
    (folder / "a.yaml").write_text(head + dedent(objects), encoding="utf-8")
    (folder / "reconciler.yaml").write_text(f"rules:\n  - {rules}\n", encoding="utf-8")
    return read(folder)


def told(found: Reading) -> list[str]:
    """What is told of objects, without place and hint."""
    problems = [item for item in found.problems if item.place.file == "a.yaml"]
    return [item.message for item in problems]


def looked(found: Reading) -> Tally:
    """What the first rule has looked at."""
    return found.completeness.of_rule(0)


FAMILY = """
collections:
  - key: parka
    name: Parka
    category: jackets
    published: true
    published_start_date: 2025-01-01
    attributes: {story: Warm.}
    variants:
      - {key: parka-s, name: Parka S, attributes: {size: S}}
      - {key: parka-m, name: Parka M, attributes: {size: M, story: null}}
  - {key: cap, name: Cap, category: hats, categories: [new-in], attributes: {size: S}}
"""


def test_what_a_parent_says_counts_for_its_variants(tmp_path: Path) -> None:
    found = reading(tmp_path, "{require: [story, size], under: jackets}", FAMILY)

    assert looked(found) == Tally(2, 1)
    assert told(found) == ["collection 'parka-m': lacks story"]  # cleared there, so it counts


def test_what_all_variants_lack_is_told_once_and_counted_in_each(tmp_path: Path) -> None:
    found = reading(tmp_path, "{require: [color, story], under: jackets}", FAMILY)
    [shelf] = found.completeness.shelves

    assert looked(found) == Tally(2, 2)
    assert told(found) == [
        "collection 'parka': lacks color, and so do its 2 variants",
        "collection 'parka-m': lacks story",
    ]
    assert [(item.label, item.sentence, item.objects) for item in shelf.breaches] == [
        ("Parka", "lacks Color", 2),
        ("Parka M", "lacks Story", 1),
    ]


def test_what_an_only_variant_lacks_is_told_at_the_variant(tmp_path: Path) -> None:
    objects = """
    collections:
      - {key: parka, name: Parka, variants: [{key: parka-s, name: Parka S}]}
    """
    found = reading(tmp_path, "{require: [story]}", objects)

    assert told(found) == ["collection 'parka-s': lacks story"]


def test_an_sku_of_the_parent_is_not_the_variants(tmp_path: Path) -> None:
    objects = FAMILY.replace("name: Parka\n", "name: Parka\n    additional_title: P\n")
    found = reading(tmp_path, "{require: [additional_title]}", objects)

    assert told(found) == [
        f"collection '{key}': lacks additional_title" for key in ("parka-s", "parka-m", "cap")
    ]


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        ("under: apparel", 3),
        ("under: jackets", 2),
        ("under: new-in", 1),
        ("under: [hats, jackets]", 3),
        ("only: published", 2),
        ("only: parents", 1),
        ("only: variants", 2),
        ("only: [published, parents]", 1),
        ("when: size", 3),
        ("when: story", 1),
        ("when: [size, story]", 1),
        ("when: category", 3),
    ],
)
def test_a_rule_is_for(selection: str, count: int, tmp_path: Path) -> None:
    found = reading(tmp_path, f"{{require: [name], {selection}}}", FAMILY)

    assert looked(found).looked == count
    assert told(found) == []


def test_a_variant_may_be_published_by_itself(tmp_path: Path) -> None:
    objects = FAMILY.replace("{key: parka-s,", "{key: parka-s, published: false,")
    found = reading(tmp_path, "{require: [name], only: published}", objects)

    assert looked(found).looked == 1


def test_false_and_nought_are_values_and_blanks_are_none(tmp_path: Path) -> None:
    objects = """
    collections:
      - {key: a, name: A, attributes: {organic: false, weight: 0, story: "  "}}
    """
    found = reading(tmp_path, "{require: [organic, weight, story]}", objects)

    assert told(found) == ["collection 'a': lacks story"]


def test_what_cannot_be_read_has_one_problem(tmp_path: Path) -> None:
    objects = """
    collections:
      - {key: a, name: A, attributes: {weight: heavy, color: 5, size: S, story: x}}
      - {key: b, name: B, attributes: [weight]}
      - {key: c, name: C, attributes: {colour: Red}}
    """
    found = reading(
        tmp_path, "{require: [weight, color, additional_title], level: warning}", objects
    )

    assert [item.message for item in found.problems if item.severity == "warning"] == [
        "collection 'a': lacks additional_title",
        "collection 'b': lacks additional_title",
        "collection 'c': lacks weight, color, additional_title",
    ]


def test_what_is_left_to_the_web_interface_is_not_missing(tmp_path: Path) -> None:
    objects = FAMILY.replace(
        "attributes: {story: Warm.}", "lifecycle: {ignore: [attributes.color]}"
    )
    found = reading(tmp_path, "{require: [color], under: jackets}", objects)

    assert (told(found), looked(found)) == ([], Tally(2, 0))


def test_what_is_somebody_elses_is_not_judged(tmp_path: Path) -> None:
    objects = """
    collections:
      - {key: theirs, name: Theirs, external: true}
      - {key: other, name: Another, external: true}
      - {key: a, name: A, variant_of: theirs}
      - {key: b, name: B, variant_of: theirs}
    """
    found = reading(tmp_path, "{require: [story]}", objects)

    assert told(found) == ["collection 'a': lacks story", "collection 'b': lacks story"]


def test_a_rule_that_looks_at_nothing_is_a_warning(tmp_path: Path) -> None:
    found = reading(tmp_path, "{attribute: sold, min: 2020-01-01, under: hats}", FAMILY)
    [problem] = found.problems

    assert (problem.severity, str(problem.place)) == ("warning", "reconciler.yaml:2:5")
    assert "no products under Apparel › Hats" in problem.message


def test_where_a_file_is_broken_no_rule_is_said_to_look_at_nothing(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("collections: [{key: lost, name: ", encoding="utf-8")
    found = reading(tmp_path, "{attribute: sold, min: 2020-01-01}", FAMILY)

    assert {problem.place.file for problem in found.problems} == {"b.yaml"}


def test_what_a_broken_file_may_hold_is_not_unknown_to_a_rule(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("categories: [{key: socks, name: ", encoding="utf-8")
    found = reading(tmp_path, "{under: socks, require: [story]}", FAMILY)

    assert {problem.place.file for problem in found.problems} == {"b.yaml"}


def test_values_are_unique_by_what_they_are(tmp_path: Path) -> None:
    objects = """
    collections:
      - {key: a, name: A, attributes: {weight: 1.0, color: [Red, Blue]}}
      - {key: b, name: B, attributes: {weight: 1, color: [Blue, Red]}}
      - {key: c, name: C, attributes: {weight: 1}}
      - {key: d, name: D}
      - {key: e, name: E}
    """
    found = reading(tmp_path, "{unique: [weight, color]}", objects)

    assert told(found) == ["collection 'b': weight '1', color 'Blue, Red' stand twice"]
    assert looked(found) == Tally(3, 1)


def test_each_element_of_a_set_meets_the_conditions(tmp_path: Path) -> None:
    objects = "collections: [{key: a, name: A, attributes: {color: [Blue, Red]}}]"
    found = reading(tmp_path, "{attribute: color, allowed: [Blue]}", objects)

    assert told(found) == ["collection 'a': color 'Red' is not Blue"]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("attribute: weight, min: 5, max: 5.0", True),
        ("attribute: weight, min: 5.1", False),
        ("attribute: weight, allowed: [5.00]", True),
        ("attribute: weight, pattern: ^5$", True),
        ("attribute: organic, allowed: [true]", True),
        ("attribute: organic, allowed: [false]", False),
        ("attribute: sold, min: 2025-06-01, max: 2025-06-01", True),
        ("attribute: sold, max: 2025-06-01T11:00:00Z", False),
        ("attribute: sold, min: 2025-06-01T12:00:00+01:00", True),
        ("attribute: story, max_length: 4, min_length: 4", True),
        ("attribute: story, max_length: 3", False),
        ("attribute: story, allowed: [Cafe\u0301]", True),
        ("field: name, pattern: ^a", False),
        ("field: name, pattern: (?i)^a", True),
        ("field: published, allowed: [true]", False),
        ("field: regions, allowed: [US, EU]", True),
        ("field: regions, allowed: [US]", False),
        ("field: category, allowed: [hats]", True),
    ],
)
def test_a_condition_is_met_or_not(rule: str, fits: bool, tmp_path: Path) -> None:
    objects = """
    collections:
      - key: a
        name: A
        category: hats
        published: false
        regions: [US, EU]
        attributes: {weight: 5, organic: true, sold: 2025-06-01T12:00:00Z, story: Café}
    """
    found = reading(tmp_path, f"{{{rule}}}", objects)

    assert looked(found) == Tally(1, int(not fits)), told(found)


def test_a_name_of_two_meanings_is_the_field_and_said_to_be(tmp_path: Path) -> None:
    head = HEAD.replace(
        "attribute_groups:", "  - {key: name, label: N, type: Text}\nattribute_groups:"
    )
    plain = reading(tmp_path, "{require: [name]}", FAMILY, head)
    by_path = reading(tmp_path, "{require: [attributes.name]}", FAMILY, head)

    assert [problem.severity for problem in plain.problems] == ["warning"]
    assert "write attributes.name for the attribute" in plain.problems[0].hint
    assert looked(by_path) == Tally(3, 3)


def test_other_kinds_have_rules_too(tmp_path: Path) -> None:
    objects = """
    resources:
      - {key: guide, description: Guide, link: https://example.com/g.pdf, category: jackets}
      - {key: film, description: Film, link: http://example.com/f, category: hats}
    """
    found = reading(
        tmp_path, "{kind: resource, field: link, pattern: ^https, under: apparel}", objects
    )
    [shelf] = found.completeness.shelves

    assert told(found) == ["resource 'film': link 'http://example.com/f' does not match '^https'"]
    assert (shelf.path, shelf.tally) == (("Resources",), Tally(2, 1))


def test_an_object_is_counted_once_in_its_primary_category(tmp_path: Path) -> None:
    rules = "{require: [story]}\n  - {require: [weight], level: warning}"
    found = reading(tmp_path, rules, FAMILY + "  - {key: x, name: X}\n").completeness

    assert [(shelf.path, shelf.tally) for shelf in found.shelves] == [
        (("Apparel", "Hats"), Tally(1, 1)),
        (("Apparel", "Jackets"), Tally(2, 2)),
        ((), Tally(1, 1)),
    ]
    assert found.total == Tally(4, 4)
    assert found.of_rule(0) == Tally(4, 3)


def test_categories_in_a_circle_end(tmp_path: Path) -> None:
    head = "categories: [{key: a, name: A, parent: b}, {key: b, name: B, parent: a}]\n"
    found = reading(
        tmp_path,
        "{require: [name], under: a}",
        "collections: [{key: x, name: X, category: b}]",
        head,
    )

    assert [shelf.path for shelf in found.completeness.shelves] == [("A", "B")]


def test_without_rules_there_is_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "reconciler.yaml").write_text("rules: []\n", encoding="utf-8")

    assert read(tmp_path).completeness == Completeness()


# --- patterns -----------------------------------------------------------------------------------


def test_a_pattern_that_others_search_for_hours_is_judged_at_once() -> None:
    text = "a" * 100_000 + "!"

    assert not Pattern("^(a+)+$").matches(text)
    assert not Pattern("^(a|a)*$").matches(text)
    assert Pattern("^(a+)+!$").matches(text)


def test_what_goes_back_too_often_ends() -> None:
    with pytest.raises(TooHard):
        Pattern(r"^(a|aa)+\1$").matches("a" * 100 + "!")
    with pytest.raises(TooHard):
        Pattern(r"^(a|aa)+\1$").matches("a" * 24 + "!")  # some 100,000 steps
    assert STEPS <= 10_000  # of the order of a millisecond


@pytest.mark.parametrize("text", ["(", "a{2", "*", "\\", "(" * 500 + ")" * 500, "(a{1000}){1000}"])
def test_what_is_no_pattern_is_told(text: str) -> None:
    with pytest.raises(BadPattern):
        Pattern(text)


@given(st.text(alphabet="abc", max_size=30), st.text(alphabet="abc", max_size=4))
def test_a_pattern_of_plain_letters_is_a_search(text: str, part: str) -> None:
    assert Pattern(f"x?{part}").matches(text) == (part in text)


# --- counts -------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_hundred_per_cent_says_that_nothing_is_missing(kept: int, broken: int) -> None:
    tally = Tally(kept + broken, broken)

    assert (tally.percent == 100) == (broken == 0)
    assert tally.kept == kept


def test_steps_are_the_shelves_whose_counts_have_moved() -> None:
    before = Completeness(
        (),
        (
            Shelf("a", ("A",), Tally(4, 2)),
            Shelf("b", ("B",), Tally(1)),
            Shelf("c", ("C",), Tally(1)),
        ),
    )
    after = Completeness(
        (),
        (
            Shelf("a", ("A",), Tally(4, 1)),
            Shelf("b", ("B",), Tally(1)),
            Shelf("d", ("D",), Tally(2)),
        ),
    )

    assert list(steps(before, after)) == [
        Step(("A",), Tally(4, 2), Tally(4, 1)),
        Step(("D",), None, Tally(2)),
        Step(("C",), Tally(1), None),
    ]


def test_what_a_parent_hands_on_is_judged_once(tmp_path: Path) -> None:
    objects = FAMILY.replace(
        "attributes: {story: Warm.}", "inherit: [story]\n    attributes: {story: Warm.}"
    )
    short = reading(tmp_path, "{attribute: story, min_length: 10}", objects)
    unique = reading(tmp_path, "{unique: [story]}", objects)

    assert told(short) == ["collection 'parka': story 'Warm.' has 5 characters, fewer than 10"]
    assert told(unique) == []


def test_what_defaults_give_is_judged(tmp_path: Path) -> None:
    objects = """
    defaults: {collections: {attributes: {story: Warm.}}}
    collections: [{key: a, name: A}, {key: b, name: B, attributes: {story: Very warm indeed.}}]
    """
    found = reading(tmp_path, "{attribute: story, min_length: 10}", objects)

    assert looked(found) == Tally(2, 1)


# --- the law of `require` -----------------------------------------------------------------------

SAYS = st.sampled_from(["", "story: Told", "story: null", "story: ' '"])
"""What an entry says of the attribute that is required."""


@given(st.lists(st.tuples(SAYS, st.lists(SAYS, max_size=3)), min_size=1, max_size=5))
def test_an_object_lacks_what_neither_it_nor_its_parent_says(
    families: list[tuple[str, list[str]]],
) -> None:
    lines, missing, looked_at = ["collections:"], 0, 0
    for number, (parent, variants) in enumerate(families):
        lines.append(f"  - {{key: p{number}, name: P{number}, attributes: {{{parent}}}}}")
        for index, own in enumerate(variants):
            key = f"p{number}-{index}"
            lines.append(
                f"  - {{key: {key}, name: {key}, variant_of: p{number}, attributes: {{{own}}}}}"
            )
        sold = variants or [parent]
        looked_at += len(sold)
        missing += sum((own or parent) != "story: Told" for own in sold)
    with TemporaryDirectory() as folder:
        found = reading(Path(folder), "{require: [story]}", "\n".join(lines))
    counted = [breach.objects for shelf in found.completeness.shelves for breach in shelf.breaches]

    assert looked(found) == Tally(looked_at, missing)
    assert sum(counted) == missing
    assert len(told(found)) == len(counted)
