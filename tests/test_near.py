"""Near matches by children and by place, and what a lost state asks for (contract 2.1)."""

from typing import Any

import pytest

from reconciler.identity import Identity, identify
from reconciler.identity.near import by_label
from reconciler.model import Catalog, Entry, Live, LiveObject, Plan, Ref, Resource, State
from reconciler.plan import build
from tests.build import account, catalog, entry, has, notes, state, want

HOLDS, ALONE = "it holds what belongs into it", "the only one left in its place"


def near(wanted: Catalog, live: Live, known: State | None = None) -> dict[str, dict[str, str]]:
    """By key, the ids of near matches and why."""
    found: Identity = identify(wanted, live, known or State())
    return {ref.key: dict(ids) for ref, ids in found.reasons.items()}


def product(key: str, category: str, **fields: Any) -> Resource:
    name = fields.pop("name", key.upper())
    place = {"category": category, "categories": (category,)}
    return want("collection", key, name=name, **place, **fields)


def shown(id: str, category: str, **fields: Any) -> LiveObject:
    name = fields.pop("name", id.upper())
    return has("collection", id, name=name, category=category, categories=(category,), **fields)


def variant(key: str, parent: str, **fields: Any) -> Resource:
    name = fields.pop("name", key.upper())
    return want("collection", key, name=name, type="variant", variant_of=parent, **fields)


def shown_variant(id: str, parent: str, **fields: Any) -> LiveObject:
    return has("collection", id, name=fields.pop("name", id.upper()), variant_of=parent, **fields)


# --- by children --------------------------------------------------------------------------------

TOPS = want("category", "tops", name="Tops")


def test_a_renamed_category_is_near_by_the_children_that_wait_for_it() -> None:
    wanted = catalog(
        TOPS, want("category", "tees", name="Tees", parent="tops"), product("p", "tops")
    )
    live = account(
        has("category", "1", name="Shirts"),
        has("category", "2", name="Tees", parent="1"),
        has("category", "8", name="Others"),
    )

    assert near(wanted, live)["tops"] == {"1": HOLDS}


def test_a_renamed_category_is_near_by_the_children_that_were_adopted() -> None:
    wanted = catalog(TOPS, product("p", "tops", additional_title="SKU-1"), product("q", "tops"))
    live = account(
        has("category", "1", name="Shirts"),
        has("category", "8", name="Others"),
        shown("5", "1", additional_title="SKU-1"),
    )

    found = identify(wanted, live, State())

    assert found.bound[Ref("collection", "p")].how == "adopted"
    assert found.reasons[Ref("category", "tops")] == {"1": HOLDS}
    assert Ref("category", "tops") in found.blocked


def test_adopted_children_that_stand_in_two_objects_tell_nothing() -> None:
    titles = {"p": "SKU-1", "q": "SKU-2"}
    wanted = catalog(TOPS, *(product(k, "tops", additional_title=t) for k, t in titles.items()))
    live = account(
        has("category", "1", name="Shirts"),
        has("category", "8", name="Others"),
        shown("5", "1", additional_title="SKU-1"),
        shown("6", "8", additional_title="SKU-2"),
    )

    assert near(wanted, live) == {}


@pytest.mark.parametrize("place", [{}, {"categories": ("1", "8")}])
def test_an_adopted_child_that_stands_nowhere_or_in_several_tells_nothing(place: Any) -> None:
    wanted = catalog(TOPS, product("p", "tops", additional_title="SKU-1"))
    live = account(
        has("category", "1", name="Shirts"),
        has("category", "8", name="Others"),
        has("collection", "5", name="P", additional_title="SKU-1", **place),
    )

    assert near(wanted, live) == {}


def test_a_child_that_is_pinned_tells_as_much_as_one_that_was_adopted() -> None:
    wanted = catalog(TOPS, product("p", "tops", id="5"))
    live = account(has("category", "1", name="Shirts"), has("category", "8"), shown("5", "1"))

    assert near(wanted, live)["tops"] == {"1": HOLDS}


def test_a_renamed_product_is_near_by_the_variants_that_wait_for_it() -> None:
    wanted = catalog(TOPS, product("p", "tops", name="Dome 2", type="parent"), variant("s", "p"))
    live = account(
        has("category", "c", name="Tops"),
        shown("1", "c", name="Dome", type="parent"),
        shown("9", "c", name="Other", type="parent"),
        shown_variant("2", "1", name="S"),
    )

    assert near(wanted, live) == {"p": {"1": HOLDS}}


def test_a_renamed_product_is_near_by_the_variants_that_were_adopted() -> None:
    """Else they move to the new one, and the old one stays, empty."""
    wanted = catalog(
        want("collection", "p", name="Dome 2", type="parent"),
        variant("s", "p", additional_title="SKU-S"),
        variant("m", "p", additional_title="SKU-M"),
    )
    live = account(
        has("collection", "1", name="Dome", type="parent"),
        has("collection", "9", name="Other"),
        shown_variant("2", "1", additional_title="SKU-S"),
        shown_variant("3", "1", additional_title="SKU-M"),
    )

    assert near(wanted, live) == {"p": {"1": HOLDS}}


@pytest.mark.parametrize(
    "inside",
    [
        {"id": "new"},
        {"name": "Else"},
    ],
)
def test_children_that_are_new_or_called_otherwise_tell_nothing(inside: dict[str, Any]) -> None:
    child = want("category", "tees", **{"name": "Tees", "parent": "tops", **inside})
    live = account(
        has("category", "1", name="Shirts"), has("category", "2", name="Tees", parent="1")
    )

    assert "tops" not in near(catalog(TOPS, child), live)


def test_two_products_beside_one_stranger_are_not_taken_for_it_by_their_variants() -> None:
    """Every product has a variant called M."""
    wanted = catalog(
        want("category", "c", name="C"),
        *(product(key, "c", type="parent") for key in ("a", "b")),
        *(variant(f"{key}-m", key, name="M") for key in ("a", "b")),
    )
    live = account(
        has("category", "9", name="C"), shown("1", "9", name="X"), shown_variant("2", "1", name="M")
    )

    assert near(wanted, live) == {}


def test_an_object_whose_key_is_the_word_for_nothing_has_no_children_that_stand_nowhere() -> None:
    wanted = catalog(want("category", "None", name="Tops"), want("collection", "p", name="P"))
    live = account(has("category", "1", name="Shirts"), shown("5", "1", name="P"))

    assert "None" not in near(wanted, live)


def test_a_product_in_no_family_is_not_near_to_a_variant_of_one_whose_key_is_none() -> None:
    wanted = catalog(
        want("collection", "None", name="Dome", type="parent"), want("collection", "m", name="M")
    )
    live = account(
        has("collection", "1", name="Dome", type="parent"), shown_variant("2", "1", name="M")
    )

    assert near(wanted, live) == {}


# --- by place -----------------------------------------------------------------------------------


def test_the_one_product_that_is_left_in_an_adopted_category_is_near() -> None:
    """SKU and name have changed, and the values too."""
    wanted = catalog(
        want("category", "c", name="C"),
        product("p", "c", additional_title="NEW-1", name="New"),
    )
    live = account(
        has("category", "9", name="C"), shown("1", "9", additional_title="OLD-1", name="Old")
    )

    assert near(wanted, live) == {"p": {"1": ALONE}}


def test_the_one_category_that_is_left_beside_an_adopted_one_is_near() -> None:
    wanted = catalog(want("category", "men", name="Men"), want("category", "kids", name="Kids"))
    live = account(has("category", "1", name="Men"), has("category", "2", name="Children"))

    assert near(wanted, live) == {"kids": {"2": ALONE}}


def test_what_stands_in_a_hidden_root_stands_at_the_top() -> None:
    wanted = catalog(want("category", "men", name="Men"), want("category", "kids", name="Kids"))
    live = account(
        has("category", "0", name="Super"),
        has("category", "1", name="Men", parent="0"),
        has("category", "2", name="Children", parent="0"),
    )

    assert near(wanted, live) == {"kids": {"2": ALONE}}


def test_the_one_variant_that_is_left_in_an_adopted_family_is_near() -> None:
    wanted = catalog(
        want("collection", "p", name="P", type="parent"), variant("m", "p", name="Medium")
    )
    live = account(
        has("collection", "1", name="P", type="parent"), shown_variant("2", "1", name="M")
    )

    assert near(wanted, live) == {"m": {"2": ALONE}}


def test_a_place_where_something_is_managed_and_nothing_was_adopted_tells_nothing() -> None:
    wanted = catalog(want("category", "men", name="Men"), want("category", "kids", name="Kids"))
    live = account(has("category", "1", name="Men"), has("category", "2", name="Children"))

    assert near(wanted, live, state(entry("category", "men", "1"))) == {}


C, C_LIVE = want("category", "c", name="C"), has("category", "9", name="C")


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ([TOPS], [has("category", "1", name="Theirs")]),
        ([C, product("p", "c"), product("q", "c")], [C_LIVE, shown("1", "9")]),
        ([C, product("p", "c")], [C_LIVE, shown("1", "9"), shown("2", "9")]),
        ([C, product("p", "c")], [has("category", "9", name="D"), shown("1", "9")]),
        ([want("collection", "p", name="P"), C], [C_LIVE, has("collection", "1", name="X")]),
        (
            [want("collection", k, name=k) for k in "pq"],
            [has("collection", k, name=k) for k in "qx"],
        ),
        ([C, product("p", "c", id="new")], [C_LIVE, shown("1", "9")]),
    ],
    ids=[
        "a category beside a foreign one",
        "two products beside one stranger",
        "one product beside two strangers",
        "a category that was not adopted",
        "in no category",
        "in no category beside one that was adopted",
        "said to be new",
    ],
)
def test_an_ordinary_first_run_beside_other_peoples_objects_has_no_near_match(
    wanted: list[Resource], live: list[LiveObject]
) -> None:
    found = identify(catalog(*wanted), account(*live), State())

    assert (dict(found.near), dict(found.blocked)) == ({}, {})


# --- what the state keeps -----------------------------------------------------------------------

RENAMED = catalog(C, product("p", "c", name="New"))
ACCOUNT = account(C_LIVE, shown("1", "9", name="Old"))
MANAGED = (
    entry("category", "c", "9", name="C", parent=None),
    entry("collection", "z", "7", name="Z"),
)


def blocked(plan: Plan) -> dict[str, str | None]:
    return {item.ref.key: item.blocked for item in plan.changes if item.blocked}


@pytest.mark.parametrize(
    "kept", [{Ref("collection", "p"): ("1",)}, {Ref("collection", "q"): ("1",)}]
)
def test_a_near_match_that_the_state_keeps_blocks_whatever_looks_like_it(kept: Any) -> None:
    """Under another key too: the live object is what nobody has spoken for."""
    wanted = catalog(C, product("p", "c", name="Old", additional_title="T"))
    z = has("collection", "7", name="Z")
    live = account(C_LIVE, z, shown("1", "9", name="Old", additional_title="S"))

    assert blocked(build(wanted, live, state(*MANAGED, near=kept))).keys() == {"p"}
    assert blocked(build(wanted, live, state(*MANAGED))) == {}


def test_a_near_match_that_is_gone_or_claimed_blocks_no_more() -> None:
    kept = state(*MANAGED, near={Ref("collection", "p"): ("1",)})
    theirs = want("collection", "x", name="Old", id="1", external=True)
    z = has("collection", "7", name="Z")

    gone = build(RENAMED, account(C_LIVE, z, gone=[("collection", "1")]), kept)
    claimed = build(
        catalog(*RENAMED.resources.values(), theirs),
        account(C_LIVE, z, shown("1", "9", name="Old")),
        kept,
    )

    assert (blocked(gone), blocked(claimed)) == ({}, {})


def test_what_depends_on_a_blocked_create_is_judged_when_that_is_settled() -> None:
    """The product's own match is seen only once its category is pinned: the state is not new then."""
    wanted = [TOPS, want("category", "tees", name="Tees", parent="tops"), product("p", "tees")]
    live = account(
        has("category", "1", name="Shirts"),
        has("category", "2", name="Tees", parent="1"),
        shown("5", "2", name="Renamed"),
        has("collection", "7", name="Z"),
    )
    first = build(catalog(*wanted), live, State())
    assert set(first.near) == {item.ref for item in wanted}
    assert first.near[Ref("collection", "p")] == ()

    pinned = want("category", "tops", name="Tops", id="1")
    then = build(catalog(pinned, *wanted[1:]), live, state(*MANAGED[1:], near=first.near))

    assert blocked(then).keys() == {"p"}
    assert then.near == {Ref("collection", "p"): ("5",)}


# --- --new-state --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "live", "needs", "counted"),
    [
        ([TOPS], [], False, []),
        ([TOPS], [has("category", "1", name="Theirs")], True, ["1 to create beside 1 category"]),
        ([TOPS], [has("category", "0", name="Super")], False, []),
        ([TOPS], [has("attribute", "1", label="L", type="Text")], False, []),
        ([C], [C_LIVE], True, []),
        (
            [C, product("p", "c"), product("q", "c")],
            [C_LIVE, *(shown(f"{n}", "9") for n in range(3)), shown_variant("7", "1")],
            True,
            ["2 to create beside 3 products"],
        ),
        (
            [want("category", "x", name="X", id="1", external=True), C],
            [has("category", "1", name="X")],
            False,
            [],
        ),
    ],
)  # fmt: skip
def test_a_new_state_counts_what_nobody_declares_beside_what_it_creates(
    wanted: list[Resource], live: list[LiveObject], needs: bool, counted: list[str]
) -> None:
    plan = build(catalog(*wanted), account(*live), State())
    later = build(catalog(*wanted), account(*live), state())

    assert plan.needs_new_state is needs
    assert [note for note in notes(plan) if "beside" in note] == [
        f"{text} that nobody declares" for text in counted
    ]
    assert not later.needs_new_state


# --- by text ------------------------------------------------------------------------------------


def test_what_was_managed_and_what_is_said_to_be_new_has_no_near_match_and_others_do() -> None:
    wanted = catalog(
        want("category", "lost", name="Lost"),
        want("category", "new", id="new", name="New"),
        want("category", "plain", name="Plain"),
        want("category", "hats", name="Hats"),
    )
    there = {"1": "Lost", "2": "New", "3": "Hats"}
    live = account(
        has("category", "9", name="Above"),
        *(has("category", id_, name=name, parent="9") for id_, name in there.items()),
        gone=[("category", "7")],
    )

    found = near(wanted, live, state(entry("category", "lost", "7", name="Lost")))

    assert found == {"hats": {"3": ""}}


def test_near_matches_that_the_state_keeps_are_named_while_they_are_nobodys() -> None:
    """They look like it no more, and nobody has settled them."""
    ref = Ref("category", "hats")
    wanted = catalog(
        want("category", "hats", name="Hats"), want("category", "mine", name="Mine"), TOPS
    )
    live = account(*(has("category", id_, name=name) for id_, name in zip("123", ("Caps", "Mine", "Tops"), strict=True)))  # fmt: skip
    known = state(entry("category", "mine", "2", name="Mine"), near={ref: ("1", "2", "3", "404")})

    assert near(wanted, live, known) == {"hats": {"1": ""}}


def test_a_label_that_another_type_has_is_said_with_both() -> None:
    wanted = catalog(want("attribute", "size", label="Size", type="Number"))

    found = identify(wanted, account(has("attribute", "1", label="Size", type="Text")), State())

    assert found.blocked == {
        Ref("attribute", "size"): "an attribute labelled 'Size' exists with type Text: declare "
        "that, or a new label"
    }


@pytest.mark.parametrize(("parent", "is_near"), [("1", True), ("8", False)])
def test_variants_of_one_name_are_near_under_one_parent_alone(parent: str, is_near: bool) -> None:
    wanted = catalog(
        want("collection", "p", name="Dome", type="parent"),
        variant("m", "p", name="M", additional_title="SKU-2"),
    )
    live = account(
        has("collection", "1", name="Dome", type="parent"),
        has("collection", "8", name="Tent", type="parent"),
        shown_variant("3", parent, name="M", additional_title="SKU-1"),
        shown_variant("4", parent, name="L", additional_title="SKU-3"),
    )

    assert near(wanted, live).get("m", {}) == ({"3": ""} if is_near else {})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"additional_title": "A"}, {"additional_title": "B"}),
        ({}, {"additional_title": "A"}),
        ({"variant_of": "p2"}, {"variant_of": "p1"}),
        ({"category": "c2"}, {"category": "c1"}),
        ({"additional_title": "A", "category": "c1"}, {"additional_title": "B", "category": "c2"}),
    ],
)
def test_objects_of_one_label_go_by_title_and_by_the_names_of_where_they_stand(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    live = account(
        has("collection", "p1", name="Beta"),
        has("collection", "p2", name="Alpha"),
        has("category", "c1", name="Beta"),
        has("category", "c2", name="Alpha"),
        has("collection", "9", name="M", **first),
        has("collection", "1", name="M", **second),
        has("collection", "5", name="L"),
    )

    assert by_label(live, "collection", ("1", "9", "5")) == ("5", "9", "1")


def test_categories_of_one_name_go_by_the_names_of_those_above() -> None:
    live = account(
        has("category", "c1", name="Beta"),
        has("category", "c2", name="Alpha"),
        has("category", "9", name="Hats", parent="c2"),
        has("category", "1", name="Hats", parent="c1"),
    )

    assert by_label(live, "category", ("1", "9")) == ("9", "1")


# --- in a plan ----------------------------------------------------------------------------------


def near_notes(plan: Plan) -> list[str]:
    return [note for note in notes(plan) if "near match" in note]


def test_each_near_match_is_named_with_the_reason_that_its_name_does_not_say() -> None:
    wanted = catalog(TOPS, want("category", "tees", name="Tees", parent="tops"))
    live = account(
        has("category", "1", name="Shirts"),
        has("category", "2", name="Tees", parent="1"),
        has("category", "3", name="Sub"),
        has("category", "4", name="Tops", parent="3"),
    )

    assert near_notes(build(wanted, live, State())) == [
        "category/tees: near match 'Tees' (2). Pin it with `id:`, or say `id: new` to create.",
        f"category/tops: near match 'Shirts' (1: {HOLDS}), 'Tops' (4). "
        "Pin it with `id:`, or say `id: new` to create.",
    ]


TEXT = want("attribute", "t", label="T", type="Text")
TEXT_LIVE = has("attribute", "t1", label="T", type="Text")
SAME = {"regions": ("US",), "attributes": {"t": "a long text"}}
SHOWN = {"regions": ("r-us",), "attributes": {"t1": "a long text"}}


@pytest.mark.parametrize(
    ("more", "known", "matches"),
    [
        ({}, (), ("5",)),
        ({"id": "new"}, (), ()),
        ({}, (entry("collection", "c", "gone", name="C"),), ()),
    ],
    ids=["never ours", "said to be new", "ours and gone"],
)
def test_what_has_the_content_of_a_stranger_is_near_unless_it_is_said_or_known_to_be_new(
    more: dict[str, Any], known: tuple[Entry, ...], matches: tuple[str, ...]
) -> None:
    wanted = catalog(TEXT, want("collection", "c", name="C", **more, **SAME))
    live = account(
        TEXT_LIVE, has("collection", "5", name="Other", **SHOWN), gone=[("collection", "gone")]
    )

    plan = build(wanted, live, state(entry("attribute", "t", "t1", label="T", type="Text"), *known))

    assert plan.near.get(Ref("collection", "c"), ()) == matches
    assert bool(near_notes(plan)) == bool(matches)


def test_content_that_no_stranger_has_is_near_to_nothing() -> None:
    wanted = catalog(TEXT, want("collection", "c", name="C", **SAME))

    plan = build(wanted, account(TEXT_LIVE), State())

    assert (near_notes(plan), plan.near) == ([], {})


def test_a_state_keeps_of_what_is_not_judged_the_creates_that_are_blocked() -> None:
    """Neither one that is made, nor an object that its `id:` names and nobody has."""
    wanted = catalog(want("category", "a", name="A"), want("category", "b", name="B", id="404"))

    plan = build(wanted, account(), State())

    assert [(item.ref.key, bool(item.blocked)) for item in plan.changes] == [("a", False), ("b", True)]  # fmt: skip
    assert plan.near == {}
