"""Who is who (contract 2.1): the table of cases, before everything else."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.identity import Bound, Identity, identify, unlisted_root
from reconciler.identity.roots import hidden_roots
from reconciler.model import Applied, Catalog, Live, Place, Policy, Problem, Ref, Resource, State
from tests.build import account, catalog, entry, has, state, want


def found(result: Identity, kind: str, key: str) -> tuple[str, str] | None:
    """(id, how) of a desired object."""
    bound = result.bound.get(Ref(kind, key))
    return (bound.id, bound.how) if bound else None


def run(wanted: Catalog, live: Live, known: State | None = None) -> Identity:
    return identify(wanted, live, known or State())


CATEGORY = want("category", "tops", name="Tops")

TABLE: list[tuple[str, Catalog, Live, State, tuple[str, str] | None]] = [
    ("nothing there", catalog(CATEGORY), account(), State(), None),
    ("one of its name", catalog(CATEGORY), account(has("category", "1", name="Tops")), State(), ("1", "adopted")),
    ("trimmed and escaped", catalog(want("category", "tops", name="T & S")), account(has("category", "1", name=" T &amp; S ")), State(), ("1", "adopted")),
    ("case is kept", catalog(CATEGORY), account(has("category", "1", name="tops")), State(), None),
    ("same name elsewhere", catalog(CATEGORY), account(has("category", "9", name="Men"), has("category", "1", name="Tops", parent="9")), State(), None),
    ("in the state", catalog(CATEGORY), account(has("category", "1", name="Other")), state(entry("category", "tops", "1")), ("1", "managed")),
    ("state before natural key", catalog(CATEGORY), account(has("category", "1", name="Other"), has("category", "2", name="Tops")), state(entry("category", "tops", "1")), ("1", "managed")),
    ("managed under another key", catalog(CATEGORY, want("category", "x", name="X")), account(has("category", "1", name="Tops")), state(entry("category", "x", "1")), None),
    ("managed, key has left", catalog(CATEGORY), account(has("category", "1", name="Tops")), state(entry("category", "old", "1")), ("1", "moved")),
    ("pinned", catalog(want("category", "tops", name="Tops", id="1")), account(has("category", "1", name="Other")), State(), ("1", "pinned")),
    ("pinned and in the state", catalog(want("category", "tops", name="Tops", id="1")), account(has("category", "1", name="Other")), state(entry("category", "tops", "1")), ("1", "managed")),
    ("external", catalog(want("category", "tops", name="Tops", external=True)), account(has("category", "1", name="Tops")), State(), ("1", "external")),
    ("exact before loose", catalog(CATEGORY), account(has("category", "1", name="Tops "), has("category", "2", name="Tops")), State(), ("2", "adopted")),
    ("gone, found by name", catalog(CATEGORY), account(has("category", "2", name="Tops"), gone=[("category", "1")]), state(entry("category", "tops", "1")), ("2", "adopted")),
    ("gone", catalog(CATEGORY), account(gone=[("category", "1")]), state(entry("category", "tops", "1")), None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "live", "known", "expected"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_a_category_is_found(wanted: Catalog, live: Live, known: State, expected: Any) -> None:
    result = run(wanted, live, known)

    assert result.problems == ()
    assert found(result, "category", "tops") == expected


def test_the_same_name_under_two_parents_is_two_categories() -> None:
    wanted = catalog(
        want("category", "men", name="Men"),
        want("category", "women", name="Women"),
        want("category", "men-tops", name="Tops", parent="men"),
        want("category", "women-tops", name="Tops", parent="women"),
    )
    live = account(
        has("category", "1", name="Women"),
        has("category", "2", name="Men"),
        has("category", "3", name="Tops", parent="1"),
        has("category", "4", name="Tops", parent="2"),
    )

    result = run(wanted, live)

    assert found(result, "category", "men-tops") == ("4", "adopted")
    assert found(result, "category", "women-tops") == ("3", "adopted")


def variants(parent: str, *names: str) -> list[Any]:
    return [
        want("collection", f"{parent}-{name}", name=name, type="variant", variant_of=parent)
        for name in names
    ]


def test_variants_of_one_name_belong_to_their_parents() -> None:
    wanted = catalog(
        want("collection", "a", name="A", type="parent"),
        want("collection", "b", name="B", type="parent"),
        *variants("a", "S", "M"),
        *variants("b", "S", "39"),
    )
    live = account(
        has("collection", "10", name="A", type="parent"),
        has("collection", "20", name="B", type="parent"),
        has("collection", "11", name="S", variant_of="10"),
        has("collection", "12", name="M", variant_of="10"),
        has("collection", "21", name="S", variant_of="20"),
        has("collection", "22", name="39", variant_of="20"),
    )

    result = run(wanted, live)

    assert found(result, "collection", "a-S") == ("11", "adopted")
    assert found(result, "collection", "b-S") == ("21", "adopted")
    assert found(result, "collection", "b-39") == ("22", "adopted")


def test_products_of_one_name_are_told_apart_by_additional_title() -> None:
    names = ("24-A", "24-B", "24-C")
    wanted = catalog(
        want("category", "bags", name="Bags"),
        *(
            want("collection", title, name="Strap", additional_title=title, category="bags", categories=("bags",))
            for title in names
        ),
    )  # fmt: skip
    live = account(
        has("category", "9", name="Bags"),
        *(
            has("collection", f"id-{title}", name="Strap", additional_title=title, category="9")
            for title in reversed(names)
        ),
    )

    result = run(wanted, live)

    assert [found(result, "collection", title) for title in names] == [
        (f"id-{title}", "adopted") for title in names
    ]


def test_a_title_that_nothing_has_falls_back_on_objects_without_one() -> None:
    wanted = catalog(
        want("category", "bags", name="Bags"),
        want("collection", "a", name="Strap", additional_title="SKU-1", category="bags", categories=("bags",)),
    )  # fmt: skip
    bag = has("category", "9", name="Bags")

    bare = run(wanted, account(bag, has("collection", "1", name="Strap", category="9")))
    other = run(
        wanted,
        account(bag, has("collection", "1", name="Strap", category="9", additional_title="SKU-2")),
    )

    assert found(bare, "collection", "a") == ("1", "adopted")
    assert found(other, "collection", "a") is None
    assert other.near[Ref("collection", "a")] == ("1",)


def test_any_declared_category_leads_to_a_collection() -> None:
    wanted = catalog(
        want("category", "new", name="New"),
        want("category", "bags", name="Bags"),
        want("collection", "a", name="Strap", category="new", categories=("new", "bags")),
    )
    live = account(
        has("category", "8", name="New"),
        has("category", "9", name="Bags"),
        has("collection", "1", name="Strap", categories=("9",)),
    )

    assert found(run(wanted, live), "collection", "a") == ("1", "adopted")


def test_a_collection_in_no_category_is_looked_for_among_those_in_none() -> None:
    wanted = catalog(want("collection", "a", name="Strap"))
    live = account(
        has("collection", "1", name="Strap"), has("collection", "2", name="Strap", category="9")
    )

    assert found(run(wanted, live), "collection", "a") == ("1", "adopted")


def test_variant_or_not_is_read_from_the_parent() -> None:
    wanted = catalog(want("collection", "a", name="A", additional_title="T"))
    live = account(has("collection", "1", name="A", additional_title="T", variant_of="7"))

    assert found(run(wanted, live), "collection", "a") is None


def test_a_configured_natural_key_goes_first() -> None:
    wanted = catalog(
        want("attribute", "gtin", label="GTIN", type="Text"),
        want("collection", "a", name="A", additional_title="T", attributes={"gtin": "0401"}),
        policy=Policy(natural_keys={"collection": "attribute:gtin"}),
    )
    live = account(
        has("attribute", "5", label="GTIN", type="Text"),
        has("collection", "1", name="Z", additional_title="T"),
        has("collection", "2", name="Q", attributes={"5": "0401"}),
    )

    assert found(run(wanted, live), "collection", "a") == ("2", "adopted")


def test_two_matches_are_an_error_that_lists_the_ids() -> None:
    live = account(has("category", "1", name="Tops"), has("category", "2", name="Tops"))

    result = run(catalog(CATEGORY), live)

    assert [str(problem) for problem in result.problems] == [
        "category.yaml:1:1: error: category 'tops': 2 live objects match it: 1, 2 "
        "(pin one with `id:` or `pxm state bind category/tops ID`)"
    ]


@pytest.mark.parametrize(
    ("live", "known", "message"),
    [
        (
            account(has("category", "1", name="Tops")),
            state(entry("category", "x", "1")),
            "category 'tops': id 1 is managed as category/x",
        ),
        (
            account(has("category", "1", name="Tops"), has("category", "2", name="T")),
            state(entry("category", "tops", "2")),
            "category 'tops': id 1 is pinned, but the state holds 2",
        ),
    ],
)
def test_a_pin_that_does_not_fit_is_an_error_and_never_a_create(
    live: Live, known: State, message: str
) -> None:
    wanted = replace(
        want("category", "tops", name="Tops", id="1"), places={"id": Place("c.yaml", 3)}
    )

    result = run(catalog(wanted), live, known)

    assert found(result, "category", "tops") is None
    hint = "see `pxm state show`; `pxm state bind` gives a key another object"
    assert result.problems == (Problem(Place("c.yaml", 3), message, hint),)


@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("known", [State(), state(entry("category", "tops", "1"))])
def test_a_pin_that_is_gone_blocks_its_object_alone(known: State, external: bool) -> None:
    """It is never a create, nor is what has its natural key taken instead."""
    pinned = replace(
        want("category", "tops", name="Tops", id="1", external=external),
        places={"id": Place("c.yaml", 3, 5)},
    )
    live = account(has("category", "2", name="Tops"), gone=[("category", "1")])

    result = run(catalog(pinned, want("category", "men", name="Men")), live, known)

    assert result.problems == ()
    assert result.bound == {}
    assert result.missing == {
        Ref("category", "tops"): "id 1, pinned at c.yaml:3:5, does not exist in the "
        "account: correct the id, or remove it to look for the object by its natural key"
    }
    assert result.gone == set(known.entries)


def test_an_external_object_must_exist() -> None:
    (problem,) = run(
        catalog(want("category", "tops", name="Tops", external=True)), account()
    ).problems

    assert problem.message == "category 'tops': external, but no such object is in the account"
    assert problem.hint == (
        "correct its name and place, pin it with `id:`, or remove `external: true`"
    )


def test_a_same_label_of_another_type_blocks() -> None:
    wanted = catalog(want("attribute", "size", label="Size", type="Text"))

    result = run(wanted, account(has("attribute", "1", label="Size", type="Number")))

    assert "exists with type Number" in result.blocked[Ref("attribute", "size")]


NEAR = account(has("category", "9", name="Men"), has("category", "1", name="Tops", parent="9"))


def test_a_near_match_blocks_while_the_kind_is_new_to_the_state() -> None:
    result = run(catalog(CATEGORY), NEAR)

    assert result.near == {Ref("category", "tops"): ("1",)}
    assert Ref("category", "tops") in result.blocked


def test_a_near_match_is_only_named_where_the_kind_is_known() -> None:
    known = state(entry("category", "men", "9"))
    result = run(catalog(CATEGORY, want("category", "men", name="Men")), NEAR, known)

    assert Ref("category", "tops") in result.near
    assert Ref("category", "tops") not in result.blocked


def test_a_near_match_kept_in_the_state_blocks_in_every_later_run() -> None:
    known = state(entry("category", "men", "9"), near={Ref("category", "tops"): ("1",)})
    result = run(catalog(CATEGORY, want("category", "men", name="Men")), NEAR, known)

    assert Ref("category", "tops") in result.blocked


def test_id_new_settles_a_near_match() -> None:
    result = run(catalog(want("category", "tops", name="Tops", id="new")), NEAR)

    assert result.near == {}
    assert result.blocked == {}


def test_a_moved_entry_takes_the_object_along() -> None:
    wanted = catalog(want("category", "new", name="Renamed"), moved=[("category", "old", "new")])
    result = run(
        wanted, account(has("category", "1", name="Tops")), state(entry("category", "old", "1"))
    )

    assert found(result, "category", "new") == ("1", "managed")
    assert result.moves.sources == {Ref("category", "new"): Ref("category", "old")}
    assert result.left == {}
    assert {ref: held.ref for ref, held in result.entries.items()} == {
        Ref("category", "new"): Ref("category", "new")
    }


def test_all_moves_take_effect_at_once_so_keys_can_be_swapped() -> None:
    wanted = catalog(
        want("category", "a", name="A"),
        want("category", "b", name="B"),
        moved=[("category", "a", "b"), ("category", "b", "a")],
    )
    live = account(has("category", "1", name="B"), has("category", "2", name="A"))

    result = run(wanted, live, state(entry("category", "a", "1"), entry("category", "b", "2")))

    assert found(result, "category", "a") == ("2", "managed")
    assert found(result, "category", "b") == ("1", "managed")


def test_a_recorded_move_says_nothing() -> None:
    wanted = catalog(want("category", "old", name="A"), moved=[("category", "old", "new")])
    known = state(entry("category", "old", "1"), moved=frozenset({("category", "old", "new")}))

    assert found(
        run(wanted, account(has("category", "1", name="A")), known), "category", "old"
    ) == ("1", "managed")


def test_a_live_object_is_claimed_once() -> None:
    wanted = catalog(
        want("resource", "a", description="Care", link="l"),
        want("resource", "b", description="Care ", link="l", id=None),
    )
    live = account(has("resource", "1", description="Care", link="l"))

    result = run(wanted, live)

    assert found(result, "resource", "a") == ("1", "adopted")
    assert found(result, "resource", "b") is None


def test_a_tree_of_any_depth_is_recognised_level_by_level() -> None:
    depth = 6
    wanted = [
        want("category", f"c{n}", name=f"C{n}", parent=f"c{n - 1}" if n else None)
        for n in range(depth)
    ]
    live = [
        has("category", str(n), name=f"C{n}", parent=str(n - 1) if n else None)
        for n in range(depth)
    ]

    result = run(catalog(*reversed(wanted)), account(*live))

    assert {ref.key: bound.id for ref, bound in result.bound.items()} == {
        f"c{n}": str(n) for n in range(depth)
    }


def test_what_is_let_go_is_not_taken_over_under_another_key() -> None:
    wanted = catalog(CATEGORY, removed=[("category", "old", False)])
    live = account(has("category", "1", name="Tops"))

    result = run(wanted, live, state(entry("category", "old", "1")))

    assert found(result, "category", "tops") is None
    assert set(result.left) == {Ref("category", "old")}


def test_a_file_that_an_upload_replaced_is_not_taken_again() -> None:
    hero = replace(want("file", "hero", file_name="hero.png"), file="/hero.png")
    live = account(has("file", "f1", file_name="hero.png"))

    result = run(catalog(hero), live, state(entry("file", "hero@f1", "f1")))

    assert found(result, "file", "hero") is None


def test_what_moves_says_what_its_key_was() -> None:
    result = run(
        catalog(CATEGORY),
        account(has("category", "1", name="Tops")),
        state(entry("category", "old", "1")),
    )

    assert result.bound[CATEGORY.ref] == Bound("1", "moved", Ref("category", "old"))
    assert result.left == {}


def test_a_file_that_is_processed_is_neither_there_nor_gone() -> None:
    hero = replace(want("file", "hero", file_name="hero.png"), file="/hero.png")
    live = account(gone=[], processing=frozenset({("file", "f1")}))

    result = run(catalog(hero), live, state(entry("file", "hero", "f1")))

    assert (result.processing, result.gone) == ({hero.ref}, frozenset())
    assert found(result, "file", "hero") is None


def test_what_has_no_name_is_not_called_none() -> None:
    result = run(catalog(want("category", "none", name="None")), account(has("category", "1")))

    assert found(result, "category", "none") is None


def test_a_product_may_have_the_id_of_a_hidden_root() -> None:
    wanted = catalog(
        want("collection", "p", name="P", type="parent"),
        want("collection", "m", name="M", type="variant", variant_of="p"),
    )
    live = account(
        has("category", "0", name="Super"),
        has("category", "1", name="Tops", parent="0"),
        has("collection", "0", name="P", type="parent"),
        has("collection", "7", name="M", variant_of="0"),
    )

    result = run(wanted, live)

    assert found(result, "collection", "m") == ("7", "adopted")


def test_the_hidden_root_is_the_top_level() -> None:
    live = account(
        has("category", "0", name="Super"), has("category", "1", name="Tops", parent="0")
    )

    result = run(catalog(CATEGORY), live)

    assert result.roots == {"0"}
    assert found(result, "category", "tops") == ("1", "adopted")


def test_a_hidden_root_is_adopted_by_nobody() -> None:
    live = account(has("category", "0", name="Root"), has("category", "1", name="Tops", parent="0"))
    known = state(entry("category", "tops", "1", parent=Applied(None, "0", True)))

    result = run(catalog(CATEGORY, want("category", "root", name="Root")), live, known)

    assert found(result, "category", "root") is None
    assert result.near == {}


def test_a_root_of_another_name_is_known_by_what_our_creates_read_back() -> None:
    from reconciler.model import Applied

    live = account(has("category", "0", name="Root"), has("category", "1", name="Tops", parent="0"))
    known = state(entry("category", "tops", "1", parent=Applied(None, "0", True)))

    assert run(catalog(CATEGORY), live, known).roots == {"0"}


# --- whatever the order -------------------------------------------------------------------------

BAGS = want("category", "bags", name="Bags")
BAGS_LIVE = has("category", "9", name="Bags")


def strap(key: str, **fields: Any) -> Any:
    return want("collection", key, name="Strap", category="bags", categories=("bags",), **fields)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_has_no_title_comes_before_what_falls_back_on_its_name(order: tuple[int, int]) -> None:
    pair = (strap("a", additional_title="SKU"), strap("z"))
    live = account(BAGS_LIVE, has("collection", "1", name="Strap", category="9"))

    result = run(catalog(BAGS, *(pair[index] for index in order)), live)

    assert found(result, "collection", "z") == ("1", "adopted")
    assert found(result, "collection", "a") is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("known", [State(), state(entry("category", "bags", "9"))])
def test_one_live_object_that_two_fall_back_on_is_left_to_the_user(
    order: tuple[int, int], known: State
) -> None:
    pair = (strap("a", additional_title="SKU-1"), strap("b", additional_title="SKU-2"))
    live = account(BAGS_LIVE, has("collection", "1", name="Strap", category="9"))

    result = run(catalog(BAGS, *(pair[index] for index in order)), live, known)

    assert result.near == {Ref("collection", "a"): ("1",), Ref("collection", "b"): ("1",)}
    assert result.blocked[Ref("collection", "a")] == (
        "it and collection/b match one live object; pin the right one with `id:`, and say "
        "`id: new` of the other"
    )


def test_id_new_gives_way_to_the_other_one() -> None:
    pair = (strap("a", additional_title="SKU-1", id="new"), strap("b", additional_title="SKU-2"))
    live = account(BAGS_LIVE, has("collection", "1", name="Strap", category="9"))

    result = run(catalog(BAGS, *pair), live)

    assert found(result, "collection", "b") == ("1", "adopted")
    assert found(result, "collection", "a") is None
    assert result.blocked == {}


def test_a_managed_one_that_two_new_keys_match_is_taken_by_the_first() -> None:
    """It would be deleted else."""
    pair = (strap("b", additional_title="SKU-2"), strap("a", additional_title="SKU-1"))
    live = account(BAGS_LIVE, has("collection", "1", name="Strap", category="9"))
    known = state(entry("category", "bags", "9"), entry("collection", "old", "1"))

    result = run(catalog(BAGS, *pair), live, known)

    assert found(result, "collection", "a") == ("1", "moved")
    assert found(result, "collection", "b") is None
    assert result.left == {}


# --- near matches, again ------------------------------------------------------------------------


def test_the_same_title_on_another_type_of_collection_is_near() -> None:
    wanted = catalog(
        want("collection", "p", name="P", type="parent"),
        want("collection", "v", name="V", type="variant", variant_of="p", additional_title="SKU"),
    )
    live = account(
        has("collection", "1", name="P", type="parent"),
        has("collection", "2", name="Other", additional_title="SKU"),
    )

    result = run(wanted, live)

    assert result.near == {Ref("collection", "v"): ("2",)}


def test_a_near_match_that_somebody_took_blocks_no_more() -> None:
    wanted = catalog(want("category", "men", name="Men"), want("category", "tops", name="Tops"))
    live = account(has("category", "9", name="Men"), has("category", "1", name="Tops", parent="9"))
    men = entry("category", "men", "9")
    kept = {Ref("category", "tops"): ("1",)}

    still = run(wanted, live, state(men, near=kept))
    taken = run(
        catalog(*wanted.resources.values(), want("category", "x", name="Tops", parent="men")),
        live,
        state(men, near=kept),
    )

    assert still.blocked.keys() == {Ref("category", "tops")}
    assert found(taken, "category", "x") == ("1", "adopted")
    assert taken.blocked == {}


def test_near_matches_stand_in_the_order_of_their_labels_and_places() -> None:
    wanted = catalog(want("category", "tops", name="Tops"))
    places = [has("category", "8", name="Men"), has("category", "9", name="Ladies")]
    tops = [
        has("category", "2", name="Tops", parent="9"),
        has("category", "1", name="Tops", parent="8"),
    ]

    for order in (1, -1):
        result = run(wanted, account(*places, *tops[::order]))
        assert result.near == {Ref("category", "tops"): ("2", "1")}


# --- the hidden root ----------------------------------------------------------------------------

SUPER = has("category", "0", name="Super")


def test_a_collection_right_under_the_hidden_root_is_in_no_category() -> None:
    wanted = catalog(want("collection", "c", name="C"))
    live = account(SUPER, has("collection", "5", name="C", category="0", categories=("0",)))

    assert found(run(wanted, live), "collection", "c") == ("5", "adopted")


def test_a_category_named_super_that_is_declared_by_its_id_is_no_hidden_root() -> None:
    wanted = catalog(
        want("category", "r", name="Root", id="0", external=True),
        want("category", "a", name="A", parent="r"),
    )

    result = run(wanted, account(SUPER, has("category", "1", name="A", parent="0")))

    assert result.roots == frozenset()
    assert found(result, "category", "a") == ("1", "adopted")


def test_a_root_is_known_by_what_our_parentless_creates_read_back() -> None:
    top = entry("category", "a", "1", name="A", parent=Applied(None, "0", True))
    live = account(
        has("category", "0", name="Everything"),
        has("category", "1", name="A", parent="0"),
        has("category", "2", name="B", parent="0"),
    )
    wanted = catalog(want("category", "a", name="A"), want("category", "b", name="B"))

    result = run(wanted, live, state(top))

    assert result.roots == {"0"}
    assert found(result, "category", "b") == ("2", "adopted")


def top(*parents: str | None, **rest: Any) -> Live:
    """Categories of these parents; their ids count from 1."""
    return account(
        *(has("category", f"{n}", name=f"C{n}", parent=p) for n, p in enumerate(parents, 1)), **rest
    )


@pytest.mark.parametrize(
    ("live", "root"),
    [
        (top("0", "0"), "0"),
        (top("0", "0", "1"), "0"),
        (top("0"), None),
        (top("0", "1"), None),
        (top("0", "0", None), None),
        (top("0", "0", ""), None),
        (top("0", "0", "x"), None),
        (top("0", "0", partial=frozenset({"category"})), None),
        (top("0", "0", nameless=(has("category", "0"),)), None),
        (top("0", "0", nameless=(has("category", "7", parent="0"),)), "0"),
        (account(), None),
    ],
)
def test_a_root_that_no_list_shows_is_what_all_without_a_listed_parent_name(
    live: Live, root: str | None
) -> None:
    assert unlisted_root(live) == root


def test_a_category_of_ours_is_no_hidden_root() -> None:
    live = top("0", "0", hidden=frozenset({"0"}))

    assert run(catalog(), live).roots == {"0"}
    assert run(catalog(), live, state(entry("category", "old", "0"))).roots == frozenset()
    assert run(catalog(want("category", "r", name="R", id="0")), live).roots == frozenset()


# --- what mutants of these rules showed to be untold ---


@pytest.mark.parametrize(
    ("wanted", "roots"),
    [
        ([want("category", "s", name="Super")], set()),
        ([want("category", "t", name="T"), want("category", "s", name="Super", parent="t")], {"1"}),
        ([want("category", "s", name="super")], {"1"}),
        ([], {"1"}),
    ],
)
def test_super_is_hidden_where_no_top_category_of_that_name_is_declared(
    wanted: list[Resource], roots: set[str]
) -> None:
    live = account(
        has("category", "1", name="Super"),
        has("category", "2", name="Super", parent="1"),
        has("category", "3", name="super"),
    )

    assert hidden_roots(catalog(*wanted), live, {}) == roots


VARIANTS = [
    # the new one's parent, the live one's, near
    ("p2", "2", True),
    ("p2", "1", False),
    (None, "1", False),
    ("p2", None, False),
]


@pytest.mark.parametrize(("wants", "has_", "near"), VARIANTS)
def test_variants_of_one_name_are_near_under_one_parent_alone(
    wants: str | None, has_: str | None, near: bool
) -> None:
    more = {"variant_of": wants, "type": "variant"} if wants else {}
    wanted = catalog(
        want("collection", "p1", name="P1", type="parent"),
        want("collection", "p2", name="P2", type="parent"),
        want("collection", "v", name="M", additional_title="New", **more),
    )
    live = account(
        has("collection", "1", name="P1", type="parent"),
        has("collection", "2", name="P2", type="parent"),
        has("collection", "3", name="M", additional_title="Old", variant_of=has_),
    )

    found = run(wanted, live).near.get(Ref("collection", "v"))

    assert (found is not None and "3" in found) is near


@pytest.mark.parametrize(
    ("kind", "created", "newest"),
    [
        ("file", ("2024-01-01", "2025-01-01"), "; the newest is 2"),
        ("file", ("2025-01-01", "2024-01-01"), "; the newest is 1"),
        ("file", ("2025-01-01", "2025-01-01"), ""),
        ("file", ("2025-01-01", None), "; the newest is 1"),
        ("category", ("2024-01-01", "2025-01-01"), ""),
    ],
)
def test_of_several_files_the_newest_is_named(
    kind: str, created: tuple[str | None, ...], newest: str
) -> None:
    name = "file_name" if kind == "file" else "name"
    items = [
        replace(has(kind, str(number), **{name: "a"}), created=day)
        for number, day in enumerate(created, 1)
    ]

    (problem,) = run(catalog(want(kind, "k", **{name: "a"})), account(*items)).problems

    assert problem.message == f"{kind} 'k': 2 live objects match it: 1, 2{newest}"
    assert problem.hint == f"pin one with `id:` or `pxm state bind {kind}/k ID`"


def test_a_file_that_is_neither_there_nor_has_a_path_says_what_to_do() -> None:
    (problem,) = run(catalog(want("file", "f", file_name="a.txt")), account()).problems

    assert problem.message == "file 'f': no such file is in the account"
    assert problem.hint == "correct its file_name, or give it a `path` to upload it from"


def test_a_pin_beside_another_id_of_the_state_says_what_to_do() -> None:
    wanted = catalog(want("category", "c", name="C", id="2"))
    live = account(has("category", "1", name="C"), has("category", "2", name="D"))

    (problem,) = run(wanted, live, state(entry("category", "c", "1"))).problems

    assert problem.message == "category 'c': id 2 is pinned, but the state holds 1"
    assert problem.hint == "see `pxm state show`; `pxm state bind` gives a key another object"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("resource", {"description": "Care"}),
        ("resource", {"link": "https://x/care"}),
        ("collection", {"name": "Rain"}),
        ("attribute", {"label": "Color"}),
    ],
)
def test_somebody_elses_object_is_found_by_what_is_said_of_it(
    kind: str, fields: dict[str, str]
) -> None:
    """The schema asks for one text that names it, which may be less than a natural key."""
    live = {
        "resource": {"description": "Care", "link": "https://x/care"},
        "collection": {"name": "Rain", "category": "c1", "categories": ("c1",)},
        "attribute": {"label": "Color", "type": "Pick List"},
    }[kind]
    lent = catalog(want(kind, "x", external=True, **fields))
    assert run(lent, account(has(kind, "7", **live))).bound == {
        Ref(kind, "x"): Bound("7", "external")
    }
    twice = account(has(kind, "7", **live), has(kind, "8", **live))
    (problem,) = run(lent, twice).problems
    assert "2 live objects match it: 7, 8" in problem.message
    assert not run(catalog(want(kind, "x", **fields)), account(has(kind, "7", **live))).bound
