"""What a reviewer looks for in a plan: the order, the reach, what goes live, numbers (8.1)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Group, Number, Origin, Place, Plan, Reach, Ref
from reconciler.reports.linediff import line_diff
from reconciler.reports.markdown import COMMENT, plan_markdown
from reconciler.reports.markdown.budget import shares
from reconciler.reports.numbers import difference, percent
from reconciler.reports.showing import showings
from reconciler.reports.site import Site, web_address
from reconciler.reports.text import plan_text
from tests.reports.plans import change, plan

DAY = "2026-11-29"


def new(kind: str, key: str, path: tuple[str, ...] = (), **rest: Any) -> Change:
    """A create in a category."""
    group = rest.pop("group", Group(path))
    return change("create", kind, key, label=rest.pop("label", key), group=group, **rest)


def heads(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("### ")]


# --- the order, and the room --------------------------------------------------------------------


def test_products_come_first_and_links_last() -> None:
    made = plan(
        *(
            change("update", kind, "x", FieldChange(KINDS[kind].title, "a", "b"))
            for kind in sorted(KINDS)
        )
    )
    assert heads(plan_markdown(made)) == [
        "### Products (1)",
        "### Categories (1)",
        "### Files (1)",
        "### Attributes (1)",
        "### Attribute groups (1)",
        "### Resource links (1)",
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_heading(kind: str) -> None:
    text = plan_markdown(plan(change("adopt", kind, "x")))
    assert ("Without a category: X\n" in text) == (kind == "collection")
    assert ": X\n" in text


def first_plan(products: int, links: int) -> Plan:
    """As many new products with five variants each, and links."""
    changes = []
    for number in range(products):
        path = ("Shop", f"Shelf {number % 20}")
        key = f"product-{number}"
        changes.append(new("collection", key, path, label=f"Product {number}"))
        for size in range(5):
            inside = Group(path, key, f"Product {number}")
            changes.append(new("collection", f"{key}-{size}", label=f"v {size}", group=inside))
    changes += [new("resource", f"link-{n}", sent={"link": "x" * 60}) for n in range(links)]
    return plan(*changes)


def test_in_a_first_plan_every_product_is_named_beside_any_number_of_links() -> None:
    text = plan_markdown(first_plan(500, 3_000))
    assert COMMENT.measure(text) <= COMMENT.most
    for number in range(500):
        assert f"Product {number} and its 5 variants" in text or f"**Product {number}**" in text


def test_a_new_subtree_is_one_line() -> None:
    top = ("Sports",)
    wing = (*top, "Wingfoiling")
    made = plan(
        new("category", "wing", top, label="Wingfoiling"),
        *(new("category", f"c{n}", wing, label=f"Part {n}") for n in range(18)),
        *(
            new("collection", f"p{n}", (*wing, f"Part {n % 18}"), label=f"P {n}")
            for n in range(240)
        ),
        new("category", "alone", top, label="Alone", sent={"published": True}),
    )
    text = plan_markdown(made)
    assert "- **Wingfoiling** in Sports: 19 new categories, 240 products\n" in text
    assert "- **Alone** (new category in Sports): Published: `true`\n" in text
    assert "**Part 3**" not in text


@given(
    st.lists(st.tuples(st.integers(0, 999), st.integers(1, 9)), max_size=8), st.integers(0, 5_000)
)
def test_nobody_gets_more_than_it_wants_and_all_of_the_room_is_used(
    wants: list[tuple[int, int]], room: int
) -> None:
    wishes = [wish for wish, _ in wants]
    given_ = shares(wishes, [weight for _, weight in wants], room)
    assert all(0 <= got <= wish for got, wish in zip(given_, wishes, strict=True))
    assert sum(given_) <= room
    assert sum(given_) >= min(room, sum(wishes)) - len(wants)


# --- deletes ------------------------------------------------------------------------------------


def gone(kind: str, key: str, label: str, **rest: Any) -> Change:
    return change("delete", kind, key, label=label, place=None, **rest)


def test_a_family_that_is_deleted_is_one_bullet_with_what_falls_by_name() -> None:
    family = Group(("Tees",), "gobi", "Gobi Tee")
    made = plan(
        gone("collection", "gobi", "Gobi Tee", group=Group(("Tees",)), fallout=("link on resource/care",)),
        *(gone("collection", f"gobi-{n}", f"Gobi Tee - {n}", group=family) for n in range(15)),
        labels={Ref("resource", "care"): "Care guide"},
    )  # fmt: skip
    assert (
        "- **Gobi Tee** and its 15 variants (product in Tees); falls with it: "
        "link on resource `'Care guide'`\n"
    ) in plan_markdown(made)


def test_what_the_plan_takes_away_is_told_with_the_delete_alone() -> None:
    links = FieldChange("collections", remove=("gobi", "other"), is_set=True)
    made = plan(
        gone("collection", "gobi", "Gobi Tee"),
        change("update", "resource", "care", replace(links, remove=("gobi",)), label="Care guide"),
        change("update", "resource", "both", links, label="Both"),
        labels={Ref("collection", "other"): "Other"},
    )
    text = plan_markdown(made)
    assert "**2** to update" in text
    assert "its link on resource `'Care guide'`" in text
    assert heads(text) == ["### Deletes (1)", "### Resource links (1)"]
    assert "- **Both** (resource): Collections: removed `Other`\n" in text


def test_a_blocked_delete_takes_nothing_away() -> None:
    links = FieldChange("collections", remove=("gobi",), is_set=True)
    made = plan(
        gone("collection", "gobi", "Gobi Tee", blocked="held"),
        change("update", "resource", "care", links, label="Care guide"),
    )
    assert "Collections: removed `gobi`" in plan_markdown(made)


# --- reach --------------------------------------------------------------------------------------


def test_a_category_that_moves_says_what_goes_with_it_and_nothing_is_to_move() -> None:
    reach = (Reach("parent", {"category": 4, "collection": 50, "variant": 734}),)
    made = plan(
        change("update", "category", "tops", FieldChange("parent", "men", "gear"), reach=reach)
    )
    text = plan_markdown(made)
    assert "4 categories, 50 products and 734 variants go with it\n" in text
    assert "**1** to update (1 to another place). 0 unchanged." in text
    assert "to move" not in plan_text(made, color=False)
    assert "    4 categories, 50 products and 734 variants go with it\n" in plan_text(
        made, color=False
    )


def test_an_attribute_says_how_many_values_it_has_and_who_holds_an_option() -> None:
    reach = (Reach("", {"variant": 300, "collection": 1}), Reach("options", {"variant": 1}, "Red"))
    options = FieldChange("options", rename=(("Red", "Crimson"),), is_set=True)
    text = plan_markdown(plan(change("update", "attribute", "color", options, reach=reach)))
    assert "301 values, on 1 product and 300 variants; `'Red'` is held by 1 variant\n" in text


def test_a_changed_default_says_on_how_many_objects() -> None:
    origin = Origin(Ref("collection", ""), Place("tents.yaml", 3), "collections")
    field = FieldChange("published", False, True, origin=origin)
    made = plan(*(change("update", "collection", f"p{n}", field) for n in range(3)))
    text = plan_markdown(made)
    assert "### Changed defaults (1)" in text
    assert "Published (default of collections, `tents.yaml:3)` changes on 3 objects" in text


# --- what goes live -----------------------------------------------------------------------------


def seen(*fields: FieldChange, **publication: object) -> list[tuple[str, str]]:
    """What one change of a product shows or hides, and when."""
    made = plan(
        change("update", "collection", "x", *fields, publication=publication), day=DAY
    )  # fmt: skip
    return [(item.sort, item.day) for item in showings(made)]


PUBLISH = FieldChange("published", False, True)
HIDE = FieldChange("published", True, None)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (seen(PUBLISH), [("live", "")]),
        (seen(HIDE, published=True), [("down", "")]),
        (seen(PUBLISH, published_start_date="2026-11-29T10:00:00Z"), [("live", "")]),
        (seen(PUBLISH, published_start_date="2026-12-24T00:00:00Z"), [("live", "2026-12-24")]),
        (seen(PUBLISH, published_end_date="2026-11-29T00:00:00Z"), []),
        (
            seen(FieldChange("published_end_date", None, "2027-01-31T00:00:00Z"), published=True),
            [("down", "2027-01-31")],
        ),
        (
            seen(FieldChange("published_end_date", None, "2026-01-31T00:00:00Z"), published=True),
            [("down", "")],
        ),
        (
            seen(
                FieldChange("published_end_date", "2026-01-31T00:00:00Z", None),
                published=True,
                published_end_date="2026-01-31T00:00:00Z",
            ),
            [("live", "")],
        ),
        (
            seen(
                FieldChange("published_start_date", "2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z"),
                published=True,
                published_start_date="2026-01-01T00:00:00Z",
            ),
            [("down", ""), ("live", "2026-12-01")],
        ),
        (seen(FieldChange("name", "a", "b"), published=True), []),
        (seen(HIDE), []),
    ],
)  # fmt: skip
def test_what_goes_live_is_read_by_the_day_of_the_plan(found: object, expected: object) -> None:
    assert found == expected


def test_a_plan_of_no_day_shows_nothing_of_it() -> None:
    made = plan(change("update", "collection", "x", PUBLISH))
    assert showings(made) == []
    text = plan_markdown(replace(made, day=DAY))
    assert "### Goes live (1)\n\n- **with this plan**: Without a category: X\n" in text


def test_what_is_new_and_live_is_counted_and_told_where_it_is_made() -> None:
    sent = {"published": True, "published_start_date": "2026-01-01T00:00:00Z"}
    later = {**sent, "published_start_date": "2026-12-24T00:00:00Z"}
    text = plan_markdown(
        plan(
            new("collection", "a", label="Now", sent=sent),
            new("collection", "b", label="Later", sent=later),
            day=DAY,
        )
    )
    assert "- **on 2026-12-24**: Without a category: Later\n" in text
    assert "- **with this plan**: new 1 product\n" in text


# --- numbers, and long texts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("24", "26.4", "+2.4, +10 %"),
        ("2180", "2140", "-40, -1.8 %"),
        ("0", "5", "+5"),
        ("-1", "1", "+2"),
        ("1", "1.0", ""),
        ("1", "5000", "+4999"),
        ("1000", "1000.1", "+0.1"),
        ("1e400", "2", ""),
    ],
)
def test_numbers_say_by_how_much(before: str, after: str, said: str) -> None:
    assert difference(Number(before), Number(after)) == said


def test_texts_have_no_difference() -> None:
    assert difference("1", Number("2")) == ""
    assert percent(None, Number("2")) == ""


def test_one_factor_on_many_is_one_line() -> None:
    group = Group(("Jackets",), "p", "P")
    fields = [
        FieldChange("attributes.price", Number(f"{n}"), Number(f"{n * 11}e-1"))
        for n in (20, 99, 42)
    ]
    made = plan(
        *(change("update", "collection", f"v{n}", fields[n % 3], group=group) for n in range(96))
    )
    text = plan_markdown(made)
    assert "- price: **+10 %** **on 96 variants**, from `20` → `220e-1` to `99` → " in text
    assert text.count("**on 96 variants**") == 1


def test_a_very_long_text_is_red_and_green_by_its_sentences() -> None:
    old = "One stays. " * 9 + "This goes. " + "Two stays. " * 9
    found = line_diff(old, old.replace("This goes.", "This comes."))
    assert found == [
        (" ", "…"), (" ", "One stays."), ("-", "This goes."), ("+", "This comes."),
        (" ", "Two stays."), (" ", "…"),
    ]  # fmt: skip


def test_a_fence_cannot_be_closed_from_inside() -> None:
    old = "```\n" * 60 + "`````` x"
    text = plan_markdown(
        plan(change("update", "collection", "a", FieldChange("name", old, old + "y")))
    )
    assert "    ```````diff\n" in text
    assert text.count("```````") == 2


def test_texts_that_differ_in_spaces_alone_are_told_by_words() -> None:
    found = line_diff("a\n\nb", "a\nb")
    assert {sign for sign, _ in found} != {" "}


# --- links --------------------------------------------------------------------------------------


def test_an_address_is_made_of_encoded_parts() -> None:
    found = web_address("https://x/{kind}/{id}", "collection", "a/b c?#{kind}")
    assert found == "https://x/collection/a%2Fb%20c%3F%23%7Bkind%7D"
    assert web_address("", "collection", "1") == web_address("https://x/{id}", "c", None) == ""
    assert Site("https://h/b").line(Place("a b/ü.yaml", 7)) == "https://h/b/a%20b/%C3%BC.yaml#L7"
    assert Site().line(Place("a", 1)) == ""


def test_links_give_way_where_they_would_take_the_room_of_what_they_link() -> None:
    site = Site("https://github.example/" + "x" * 80)
    few, many = first_plan(5, 0), first_plan(900, 0)
    assert "](https://github.example/" in plan_markdown(few, COMMENT, site)
    assert plan_markdown(many, COMMENT, site) == plan_markdown(many)
