"""What entries share is written once: which fields, and for how many (contract 1.9)."""

from typing import Any

import pytest

from reconciler.model import Number
from reconciler.pull.compact import alike, defaults_of, hand_down

Entry = dict[str, Any]


def products(*more: Entry) -> list[Entry]:
    """Entries of products that say these."""
    return [{"key": f"p{number}", **entry} for number, entry in enumerate(more)]


def family(own: Entry, *variants: Entry) -> Entry:
    """A product with these values, its variants with theirs."""
    below = [{"key": f"v{n}", "attributes": dict(x)} for n, x in enumerate(variants)]
    found = {"key": "p", "attributes": own, "variants": below}
    hand_down(found)
    return found


# --- inherit ------------------------------------------------------------------------------------


def test_a_value_that_all_variants_share_is_handed_to_them() -> None:
    found = family({"care": "Cold", "size": "M"}, {"care": "Cold", "size": "S"}, {"care": "Cold"})

    assert found == {
        "key": "p",
        "inherit": ["care"],
        "attributes": {"care": "Cold", "size": "M"},
        "variants": [{"key": "v0", "attributes": {"size": "S"}}, {"key": "v1"}],
    }
    assert list(found) == ["key", "inherit", "attributes", "variants"]


def test_the_few_that_differ_say_their_own() -> None:
    found = family({"care": "Cold"}, {"care": "Cold"}, {"care": "Hot"}, {"care": "Cold"})

    assert [variant.get("attributes") for variant in found["variants"]] == [
        None,
        {"care": "Hot"},
        None,
    ]


@pytest.mark.parametrize(
    "variants",
    [
        ({"care": "Cold"}, {}, {"care": "Cold"}),
        ({"care": "Cold"}, {"care": "Hot"}),
        ({"care": "Hot"},),
    ],
    ids=["one has none", "half of them", "no one"],
)
def test_nothing_is_handed_on_that_would_give_or_hardly_helps(variants: tuple[Entry, ...]) -> None:
    found = family({"care": "Cold"}, *variants)

    assert "inherit" not in found
    assert [x.get("attributes", {}) for x in found["variants"]] == list(variants)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Number("1.10"), Number("1.1"), False),
        (Number("1"), True, False),
        ("1", Number("1"), False),
        (["a", "b"], ["b", "a"], False),
        ({"a": Number("1.0")}, {"a": Number("1.0")}, True),
        ({"a": Number("1.0")}, {"a": Number("1")}, False),
    ],
)
def test_values_are_one_where_they_are_written_alike(one: Any, other: Any, same: bool) -> None:
    assert alike(one, other) is same


# --- defaults -----------------------------------------------------------------------------------


def test_where_most_stand_is_said_by_the_file() -> None:
    lists = {"collections": products(*[{"category": x} for x in ("a", "a", "a", "b")])}

    assert defaults_of(lists) == {"collections": {"category": "a"}}
    assert [x.get("category") for x in lists["collections"]] == [None, None, None, "b"]


@pytest.mark.parametrize(
    "said",
    [
        [{"category": "a"}, {"category": "a"}],
        [{"category": "a"}, {"category": "a"}, {"category": "a"}, {}],
        [{"categories": ["a"]}] * 3 + [{"categories": ["b"]}],
        [{"attributes": {"fit": "x"}}] * 3 + [{"attributes": {"fit": "y"}}],
    ],
    ids=["two", "one says nothing", "most are linked", "most have a value"],
)
def test_so_it_is_not(said: list[Entry]) -> None:
    lists = {"collections": products(*said)}

    assert defaults_of(lists) == {}
    assert lists["collections"] == products(*said)


def test_what_all_say_of_themselves_is_said_by_the_file() -> None:
    lists = {"collections": products(*[{"attributes": {"fit": "x", "n": n}} for n in "123"])}

    assert defaults_of(lists) == {"collections": {"attributes": {"fit": "x"}}}
    assert [x["attributes"] for x in lists["collections"]] == [{"n": "1"}, {"n": "2"}, {"n": "3"}]


def test_among_published_ones_the_others_say_that_they_are_not() -> None:
    lists = {"collections": products({"published": True}, {"published": True}, {"published": True}, {})}  # fmt: skip

    assert defaults_of(lists) == {"collections": {"published": True}}
    assert [x.get("published") for x in lists["collections"]] == [None, None, None, False]


def test_lists_below_have_defaults_of_their_own_and_external_ones_none() -> None:
    variants = [{"key": f"v{n}", "category": "v"} for n in range(2)]
    flat = {"key": "v2", "variant_of": "p0", "category": "v"}
    lent = {"key": "theirs", "external": True}
    above = [{**x, "variants": list(variants)} for x in products({"category": "a"})]
    others = [{"key": f"q{n}", "category": "a"} for n in range(2)]
    lists = {"collections": [*above, *others, flat, lent]}

    assert defaults_of(lists) == {"collections": {"category": "a"}, "variants": {"category": "v"}}


def test_what_most_parents_hand_on_is_a_default_and_the_others_say_theirs() -> None:
    def parent(key: str, **values: str) -> Entry:
        found = {"key": key, "attributes": values, "variants": [{"key": f"{key}-v"}]}
        found["variants"][0]["attributes"] = dict(values)
        hand_down(found)
        return found

    parents = [parent(str(n), care=f"c{n}") for n in range(3)]
    other = {"key": "o", "attributes": {"care": "x"}, "variants": [{"key": "w"}]}
    without = parent("w")

    assert defaults_of({"collections": [*parents, other, without]})["collections"] == {
        "inherit": ["care"]
    }
    assert [x.get("inherit", "-") for x in (*parents, other, without)] == ["-", "-", "-", [], "-"]
