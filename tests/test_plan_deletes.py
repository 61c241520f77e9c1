"""What leaves, what refuses it and what falls with it (contract 2.5)."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.live import with_processing
from reconciler.model import Account, Change, LiveObject, Place, Plan, Policy, Ref, Resource
from reconciler.plan import Ask, build
from tests.build import ACCOUNT, account, catalog, entry, has, notes, state, want

KEPT = want("attribute", "kept", label="Kept", type="Text")
KEPT_LIVE = has("attribute", "1", label="Kept", type="Text")
KEPT_ENTRY = entry("attribute", "kept", "1", label="Kept", type="Text")
GONE_LIVE = has("attribute", "2", label="Gone", type="Text")
GONE_ENTRY = entry("attribute", "gone", "2", label="Gone", type="Text")


def change(plan: Plan, kind: str, key: str) -> Change:
    return next(item for item in plan.changes if item.ref == Ref(kind, key))


def product(values: dict[str, str], ours: dict[str, str]) -> Plan:
    """A product is updated while one of two attributes leaves."""
    return build(
        catalog(KEPT, want("collection", "c", name="C", attributes={"kept": "new"})),
        account(KEPT_LIVE, GONE_LIVE, has("collection", "5", name="C", attributes=values)),
        state(KEPT_ENTRY, GONE_ENTRY, entry("collection", "c", "5", name="C", attributes=ours)),
    )


def test_a_foreign_value_holds_its_attribute_though_another_value_of_the_object_is_written() -> (
    None
):
    plan = product({"1": "old", "2": "theirs"}, ours={"1": "old"})

    assert change(plan, "collection", "c").blocked is None
    assert change(plan, "attribute", "gone").blocked == "it still holds a value on collection 'C'"


def test_a_value_that_the_plan_clears_does_not_hold_its_attribute() -> None:
    plan = product({"1": "new", "2": "ours"}, ours={"1": "new", "2": "ours"})

    (cleared,) = change(plan, "collection", "c").fields
    assert (cleared.path, cleared.after) == ("attributes.gone", None)
    assert change(plan, "attribute", "gone").blocked is None
    assert change(plan, "attribute", "gone").fallout == ()


def categories(**fields: Any) -> list[Any]:
    return [has("category", "1", name="Kept"), has("category", "2", name="Gone", **fields)]


def others_put(
    c: Resource, policy: Policy | None = None, ask: Ask | None = None, **live: Any
) -> Plan:
    """Others put product C, which lives on, into a category that has left the catalog."""
    return build(
        catalog(want("category", "kept", name="Kept"), c, policy=policy),
        account(*categories(), has("collection", "5", name="C", **live)),
        state(
            entry("category", "kept", "1", name="Kept", parent=None),
            entry("category", "gone", "2", name="Gone", parent=None),
            entry("collection", "c", "5", name="C"),
        ),
        ask,
    )


C = want("collection", "c", name="C")


def test_a_membership_that_others_gave_is_taken_out_before_its_category_goes() -> None:
    plan = others_put(C, categories=("1", "2"))

    (taken,) = change(plan, "collection", "c").fields
    assert (taken.path, taken.remove, taken.cls, taken.clears) == (
        "categories",
        ("gone",),
        "drift",
        False,
    )
    assert change(plan, "category", "gone").blocked is None
    assert change(plan, "category", "gone").fallout == ()
    assert change(plan, "category", "gone").beside == (("collection", "5"),)


def test_a_membership_is_taken_out_beside_what_the_catalog_adds() -> None:
    plan = others_put(replace(C, fields={**C.fields, "categories": ("kept",)}), categories=("2",))

    (taken,) = change(plan, "collection", "c").fields
    assert (taken.add, taken.remove, taken.cls) == (("kept",), ("gone",), "drift")
    assert change(plan, "category", "gone").blocked is None


def test_a_primary_parent_that_others_gave_is_emptied_before_its_category_goes() -> None:
    plan = others_put(C, category="2", categories=("2",))

    parts = change(plan, "collection", "c").fields
    assert [(x.path, x.before, x.after, x.remove) for x in parts] == [
        ("category", "gone", None, ()),
        ("categories", ("gone",), None, ("gone",)),
    ]
    assert change(plan, "category", "gone").blocked is None


@pytest.mark.parametrize(
    ("product", "policy"),
    [
        (C, Policy(drift="keep")),
        (want("collection", "c", name="C", ignore=["categories"]), None),
        (want("collection", "c", name="C", type="variant", variant_of="kept"), None),
    ],
)
def test_where_a_membership_may_not_be_taken_out_its_category_stays(
    product: Resource, policy: Policy | None
) -> None:
    """Drift that is kept, a field that is left to the web interface, a blocked object."""
    plan = others_put(product, policy, categories=("2",))

    assert change(plan, "category", "gone").blocked == "it still holds collection/c"
    assert [item for item in plan.active if item.action != "move"] == []


def test_nothing_is_taken_out_of_a_category_that_stays_for_another_reason() -> None:
    plan = build(
        catalog(C),
        account(
            OLD,
            has("collection", "5", name="C", categories=("1",)),
            has("collection", "6", name="Guest", category="1"),
        ),
        state(OLD_ENTRY, entry("collection", "c", "5", name="C")),
    )

    assert [(str(item.ref), item.blocked) for item in plan.changes] == [
        ("category/old", "it still holds an unmanaged collection 'Guest'")
    ]
    assert plan.unchanged == 1


def test_a_product_that_must_stay_holds_the_category_that_it_is_a_mere_member_of() -> None:
    """A cascading delete would not ask for `prevent_destroy`."""
    plan = build(
        catalog(),
        account(OLD, has("collection", "5", name="C", categories=("1",))),
        state(OLD_ENTRY, entry("collection", "c", "5", prevent_destroy=True, name="C")),
    )

    assert {str(item.ref): item.blocked for item in plan.changes} == {
        "collection/c": "prevent_destroy is set: apply it as false first",
        "category/old": "it still holds collection/c",
    }


def test_a_product_that_others_made_a_variant_holds_its_parent() -> None:
    plan = build(
        catalog(want("collection", "x", name="X")),
        account(has("collection", "5", name="P"), has("collection", "6", name="X", variant_of="5")),
        state(entry("collection", "p", "5", name="P"), entry("collection", "x", "6", name="X")),
    )

    assert {str(item.ref): item.blocked for item in plan.changes} == {
        "collection/p": "it still holds collection/x"
    }


def test_a_value_that_others_changed_since_the_yaml_gave_it_up_holds_its_attribute() -> None:
    """It is released, not cleared: the delete of the attribute would take it along."""
    plan = product({"1": "new", "2": "theirs by now"}, ours={"1": "new", "2": "ours"})

    assert change(plan, "attribute", "gone").blocked == "it still holds a value on collection 'C'"


def test_a_value_of_ours_falls_where_its_object_has_left_the_catalog_and_cannot_be_deleted() -> (
    None
):
    plan = build(
        catalog(),
        account(GONE_LIVE, has("file", "7", file_name="f.jpg", attributes={"2": "ours"})),
        state(GONE_ENTRY, entry("file", "f", "7", file_name="f.jpg", attributes={"2": "ours"})),
    )

    assert change(plan, "attribute", "gone").blocked is None
    assert change(plan, "attribute", "gone").fallout == ("value on file/f",)
    assert change(plan, "attribute", "gone").beside == (("file", "7"),)


def test_an_attribute_is_deleted_after_what_has_a_value_of_it() -> None:
    """Else the value of an object whose own delete fails would be lost."""
    plan = build(
        catalog(),
        account(GONE_LIVE, has("collection", "5", name="C", attributes={"2": "theirs"})),
        state(GONE_ENTRY, entry("collection", "c", "5", name="C")),
    )

    assert change(plan, "attribute", "gone").depends_on == (Ref("collection", "c"),)


def test_what_a_group_holds_falls_on_whichever_side_the_account_shows_it() -> None:
    plan = build(
        catalog(),
        account(
            has("attribute_group", "8", name="G"),
            has("attribute", "9", label="Theirs", type="Text", groups=("8",)),
        ),
        state(entry("attribute_group", "g", "8", name="G")),
    )

    assert change(plan, "attribute_group", "g").fallout == ("link on unmanaged attribute 'Theirs'",)


@pytest.mark.parametrize(
    ("partial", "reason"),
    [
        ("category", "the list of category objects could not be read whole"),
        (
            "collection",
            "the list of collections could not be read whole, and may hide what it holds",
        ),
        ("attribute", None),
    ],
)
def test_a_list_that_was_not_read_whole_refuses_the_deletes_that_rest_on_it(
    partial: str, reason: str | None
) -> None:
    plan = build(catalog(), account(OLD, partial=frozenset({partial})), state(OLD_ENTRY))

    assert change(plan, "category", "old").blocked == reason


def test_links_that_a_list_may_hide_are_said_to_fall() -> None:
    live = account(OLD, partial=frozenset({"resource"}))

    plan = build(catalog(), live, state(OLD_ENTRY))

    assert change(plan, "category", "old").blocked is None
    assert change(plan, "category", "old").fallout == (
        "links that the list of resources does not show",
    )


GHOST = "it may hold an entry of the list of %s without an id (Ghost)"
MEND = "; in the web interface, mend or remove what has no id"
NAME_IT = "; in the web interface, name what has no name or take it out"


@pytest.mark.parametrize(
    ("unnamed", "reason"),
    [
        (has("collection", "7"), None),
        (has("collection", "7", category="1"), "it still holds an entry of the list of collections without a name (its id is 7)" + NAME_IT),
        (has("collection", "7", categories=("1",)), "it still holds an entry of the list of collections without a name (its id is 7)" + NAME_IT),
        (has("collection", "7", category="2"), None),
        (has("collection", "", name="Ghost"), GHOST % "collections" + MEND),
        (has("collection", "", name="Ghost", variant_of="5"), GHOST % "collections" + MEND),
        (has("collection", "", name="Ghost", category="2"), None),
        (has("category", "", name="Ghost"), GHOST % "categories" + MEND),
        (has("category", "", name="Ghost", parent="2"), None),
        (has("category", "", name="Ghost", parent="1"), "it still holds an entry of the list of categories without an id (Ghost)" + MEND),
        (has("attribute", "", label="Ghost"), None),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_adopted_holds_what_it_names_or_does_not_exclude(
    unnamed: LiveObject, reason: str | None
) -> None:
    plan = build(catalog(), account(OLD, nameless=(unnamed,)), state(OLD_ENTRY))

    assert change(plan, "category", "old").blocked == reason


@pytest.mark.parametrize(
    ("unnamed", "held"),
    [
        (has("collection", "", name="Ghost"), True),
        (has("collection", "", name="Ghost", category="2"), False),
        (has("collection", "", name="Ghost", variant_of="6"), False),
        (has("collection", "", name="Ghost", variant_of="5"), True),
        (has("collection", "7"), False),
        (has("collection", "7", variant_of="5"), True),
    ],
)
def test_an_entry_that_shows_its_place_and_no_parent_is_no_variant(
    unnamed: LiveObject, held: bool
) -> None:
    live = account(has("collection", "5", name="P"), nameless=(unnamed,))

    plan = build(catalog(), live, state(entry("collection", "p", "5", name="P")))

    assert bool(change(plan, "collection", "p").blocked) is held


# --- what is let go -----------------------------------------------------------------------------

OLD = has("category", "1", name="Old")
OLD_ENTRY = entry("category", "old", "1", name="Old", parent=None)


def dropped(plan: Plan) -> list[str]:
    """What the state forgets, each with the id that it had."""
    return [f"{settle.ref} {settle.id}" for settle in plan.settles if settle.drop]


def test_what_was_ours_and_is_external_now_is_let_go_and_never_written() -> None:
    wanted = catalog(want("category", "old", name="New", external=True, id="1"))

    plan = build(wanted, account(OLD), state(OLD_ENTRY))

    assert plan.changes == ()
    assert dropped(plan) == ["category/old 1"]
    assert notes(plan) == ("category/old is external now and no longer managed",)


def test_an_external_one_under_another_key_takes_the_entry_too() -> None:
    """Else the old entry would be a delete, once the external block is taken out."""
    wanted = catalog(want("category", "theirs", name="Old", external=True))

    plan = build(wanted, account(OLD), state(OLD_ENTRY))

    assert plan.changes == ()
    assert dropped(plan) == ["category/old 1"]


def test_what_is_external_now_holds_what_it_stands_in() -> None:
    wanted = catalog(want("collection", "c", name="C", external=True))
    live = account(OLD, has("collection", "5", name="C", category="1"))

    plan = build(wanted, live, state(OLD_ENTRY, entry("collection", "c", "5", name="C")))

    assert change(plan, "category", "old").blocked == ("it still holds an unmanaged collection 'C'")


def test_removed_without_destroy_lets_go_and_is_no_delete() -> None:
    plan = build(catalog(removed=[("category", "old", False)]), account(OLD), state(OLD_ENTRY))

    assert plan.changes == ()
    assert dropped(plan) == ["category/old 1"]
    assert notes(plan) == (
        "category/old is let go: it stays in the account and is no longer managed",
    )


def test_what_is_let_go_and_gone_already_is_forgotten() -> None:
    wanted = catalog(removed=[("category", "old", False)])

    plan = build(wanted, account(gone=[("category", "1")]), state(OLD_ENTRY))

    assert dropped(plan) == ["category/old 1"]
    assert notes(plan) == ("category/old has left the catalog and the account; it is forgotten",)


def test_a_file_that_has_left_while_it_is_processed_stays_managed() -> None:
    late = replace(entry("file", "hero", "f1", file_name="hero.txt"), processing=1_000.0)
    live = with_processing(account(gone=[("file", "f1")]), [late], 1_060.0)

    plan = build(catalog(), live, state(late))

    assert (plan.changes, plan.settles) == ((), ())
    assert notes(plan) == (
        "file/hero has left the catalog and cannot be read yet: it stays managed",
    )


def test_what_is_for_other_environments_is_deleted_where_its_entry_says_so() -> None:
    here = Place("category.yaml", 4, 3)
    wanted = replace(catalog(), elsewhere={Ref("category", "old"): here})

    plan = build(wanted, account(OLD), state(OLD_ENTRY))

    assert [(item.action, item.place) for item in plan.changes] == [("delete", here)]
    assert notes(plan) == (
        "category/old is not for this environment: `only` at category.yaml:4:3 names others",
    )


def test_what_has_left_both_the_catalog_and_the_account_is_forgotten() -> None:
    plan = build(catalog(), account(gone=[("category", "1")]), state(OLD_ENTRY))

    assert plan.changes == ()
    assert dropped(plan) == ["category/old 1"]
    assert notes(plan) == ("category/old has left the catalog and the account; it is forgotten",)


def test_what_these_credentials_do_not_see_stays_managed() -> None:
    """A region of the state is not seen: what answers 404 may be in it."""
    fewer = replace(account(), account=Account(ACCOUNT.base_url, frozenset({"r-us"}), "client"))

    plan = build(catalog(), fewer, state(OLD_ENTRY))

    assert (plan.changes, plan.settles) == ((), ())
    assert notes(plan) == ("category/old has left the catalog and is not seen: it stays managed",)


def test_prune_never_leaves_what_the_catalog_no_longer_has() -> None:
    plan = build(catalog(policy=Policy(prune="never")), account(OLD), state(OLD_ENTRY))

    assert (plan.changes, plan.settles) == ((), ())
    assert notes(plan) == (
        "category/old has left the catalog and is left in the account (prune: never)",
    )


def test_a_stated_delete_is_made_though_prune_is_never() -> None:
    wanted = catalog(policy=Policy(prune="never"), removed=[("category", "old", True)])

    plan = build(wanted, account(OLD), state(OLD_ENTRY))

    assert [(item.action, str(item.ref)) for item in plan.changes] == [("delete", "category/old")]


def test_targets_let_go_of_nothing() -> None:
    wanted = catalog(want("category", "a", name="A"), removed=[("category", "old", False)])

    plan = build(wanted, account(OLD), state(OLD_ENTRY), Ask(targets=("category/a",)))

    assert plan.settles == ()


# --- what is taken out of sight -----------------------------------------------------------------

OUT_OF_SIGHT = Policy(prune="unpublish")


def test_what_can_be_hidden_is_hidden_where_the_catalog_says_that_it_leaves() -> None:
    here = Place("category.yaml", 4, 3)
    wanted = replace(catalog(policy=OUT_OF_SIGHT), elsewhere={Ref("category", "old"): here})

    plan = build(wanted, account(replace_published(OLD)), state(OLD_ENTRY))

    assert [(item.action, item.place) for item in plan.changes] == [("unpublish", here)]


def replace_published(item: LiveObject) -> LiveObject:
    return replace(item, fields={**item.fields, "published": True})


def test_what_cannot_be_hidden_stays_managed_and_what_is_stated_is_deleted_all_the_same() -> None:
    stated = catalog(policy=OUT_OF_SIGHT, removed=[("category", "old", True)])

    plan = build(stated, account(OLD, GONE_LIVE), state(OLD_ENTRY, GONE_ENTRY))

    assert [(str(item.ref), item.action) for item in plan.changes] == [("category/old", "delete")]
    assert notes(plan) == (
        "attribute/gone has left the catalog and stays in the account, managed: no attribute can "
        "be unpublished (`removed:` deletes it or lets it go)",
    )


# --- what falls ---------------------------------------------------------------------------------


def test_what_others_put_on_an_object_falls_with_it_and_is_shown() -> None:
    live = account(
        has("attribute", "1", label="Ours", type="Text"),
        has("attribute", "2", label="Note", type="Text"),
        has("category", "3", name="Ours"),
        has("category", "4", name="Sale"),
        has("collection", "5", name="C", category="3", categories=("3", "4", "gone"),
            attributes={"1": "ours", "2": "theirs"}),
        has("resource", "6", description="R", link="l", collections=("5",)),
        has("resource", "7", description="Theirs", link="m", collections=("5",)),
    )  # fmt: skip
    known = state(
        entry("attribute", "ours", "1", label="Ours", type="Text"),
        entry("category", "ours", "3", name="Ours", parent=None),
        entry("collection", "c", "5", name="C", category="3", categories=("3",), attributes={"1": "ours"}),
        entry("resource", "r", "6", description="R", link="l", collections=("5",)),
    )  # fmt: skip

    plan = build(catalog(want("category", "ours", name="Ours")), live, known)

    assert change(plan, "collection", "c").fallout == (
        "its category 'Sale'",
        "its value of 'Note'",
        "link on unmanaged resource 'Theirs'",
    )
    assert change(plan, "collection", "c").beside == (
        ("attribute", "2"),
        ("category", "4"),
        ("resource", "7"),
    )
    assert change(plan, "resource", "r").fallout == ()
    assert change(plan, "attribute", "ours").fallout == ()
    assert [item.blocked for item in plan.changes] == [None] * 3


def test_a_value_that_says_nothing_does_not_fall_and_one_of_ours_is_not_told() -> None:
    live = account(
        KEPT_LIVE,
        GONE_LIVE,
        has("collection", "5", name="C", attributes={"1": "ours", "2": ""}),
    )
    ours = entry("collection", "c", "5", name="C", attributes={"1": "ours"})

    plan = build(catalog(KEPT), live, state(KEPT_ENTRY, ours))

    assert (change(plan, "collection", "c").fallout, change(plan, "collection", "c").beside) == (
        (),
        (),
    )


def test_prevent_destroy_outlives_the_block_and_holds_what_it_stands_in() -> None:
    live = account(
        has("category", "1", name="A"),
        has("category", "2", name="B", parent="1"),
        has("category", "3", name="C", parent="1"),
    )
    known = state(
        entry("category", "a", "1", name="A", parent=None),
        entry("category", "b", "2", name="B", parent="1", prevent_destroy=True),
        entry("category", "c", "3", name="C", parent="1"),
    )

    plan = build(catalog(), live, known)

    assert {str(item.ref): item.blocked for item in plan.changes} == {
        "category/a": "it still holds category/b",
        "category/b": "prevent_destroy is set: apply it as false first",
        "category/c": None,
    }


def test_of_what_holds_an_object_others_are_named_and_ours_are_not() -> None:
    """Where ours go the catalog says; what others put there is what a person has to look at."""
    live = account(
        OLD,
        has("category", "2", name="Kept", parent="1"),
        has("collection", "5", name="Guest", category="1"),
    )
    kept = entry("category", "kept", "2", name="Kept", parent="1", prevent_destroy=True)

    plan = build(catalog(), live, state(OLD_ENTRY, kept))

    assert (
        change(plan, "category", "old").blocked == "it still holds an unmanaged collection 'Guest'"
    )


def test_what_may_link_a_product_is_said_to_fall_perhaps() -> None:
    live = account(
        has("collection", "5", name="C"), nameless=(has("resource", "", description="Ghost"),)
    )

    plan = build(catalog(), live, state(entry("collection", "c", "5", name="C")))

    assert change(plan, "collection", "c").fallout == (
        "perhaps a link on entry of the list of resources without an id (Ghost)",
    )


def test_three_holders_are_named_and_none_is_counted() -> None:
    guests = [has("collection", f"5{n}", name=f"Guest {n}", category="1") for n in range(3)]

    plan = build(catalog(), account(OLD, *guests), state(OLD_ENTRY))

    assert change(plan, "category", "old").blocked == (
        "it still holds an unmanaged collection 'Guest 0', an unmanaged collection 'Guest 1', "
        "an unmanaged collection 'Guest 2'"
    )


def test_an_entry_without_an_id_and_a_name_is_said_to_have_neither() -> None:
    live = account(OLD, nameless=(has("collection", ""),))

    assert change(build(catalog(), live, state(OLD_ENTRY)), "category", "old").blocked == (
        "it may hold an entry of the list of collections without an id (and without a name); "
        "in the web interface, mend or remove what has no id"
    )


def test_every_list_that_may_hide_a_holder_is_named() -> None:
    live = account(GONE_LIVE, partial=frozenset({"collection", "category"}))

    assert change(build(catalog(), live, state(GONE_ENTRY)), "attribute", "gone").blocked == (
        "the list of categories, collections could not be read whole, and may hide what it holds"
    )


def test_a_foreign_value_holds_its_attribute_though_the_name_of_the_object_is_written() -> None:
    plan = build(
        catalog(want("collection", "c", name="New")),
        account(GONE_LIVE, has("collection", "5", name="C", attributes={"2": "theirs"})),
        state(GONE_ENTRY, entry("collection", "c", "5", name="C")),
    )

    assert change(plan, "attribute", "gone").blocked == "it still holds a value on collection 'C'"


def test_many_holders_are_named_by_three() -> None:
    guests = [has("collection", f"5{n}", name=f"Guest {n}", category="1") for n in range(5)]

    plan = build(catalog(), account(OLD, *guests), state(OLD_ENTRY))

    assert change(plan, "category", "old").blocked == (
        "it still holds an unmanaged collection 'Guest 0', an unmanaged collection 'Guest 1', "
        "an unmanaged collection 'Guest 2' and 2 more"
    )
