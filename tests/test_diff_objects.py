"""What differs on one object (contract 2.2), told by its three sides alone, without a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.diff import (
    Difference,
    at_rest,
    compare,
    comparison,
    ignores,
    names_of,
    view_applied,
    view_of,
)
from reconciler.enums import Class
from reconciler.identity import identify
from reconciler.kinds import KINDS
from reconciler.model import (
    Applied,
    Entry,
    FieldChange,
    IgnoreRule,
    LiveObject,
    Number,
    Origin,
    Place,
    Policy,
    Ref,
    Region,
    Resource,
)
from reconciler.wire import Definition, Names
from tests.build import account, catalog, entry, has, state, want

SALE, OUTLET = has("category", "x1", name="Sale"), has("category", "x2", name="Outlet")
NAMES = Names(
    keys={"category": {"1": "a", "2": "b", "3": "z"}, "attribute": {"a1": "color", "a2": "size"}},
    ids={Ref("attribute", "color"): "a1", Ref("attribute", "size"): "a2", Ref("category", "a"): "1"},
    regions=(Region("r-us", "US"), Region("r-eu", "EU"), Region("r-red", "Red")),
    definitions={
        "a1": Definition("Pick List", {"o-r": "Crimson", "o-b": "Blue"}, renamed={"Red": "Crimson"}),
        "a2": Definition("Pick List", {"o-m": "M"}),
    },
    objects={"category": {"x1": SALE, "x2": OUTLET}},
)  # fmt: skip


def sides(
    kind: str, desired: dict[str, Any], live: dict[str, Any], known: dict[str, Any]
) -> tuple[Resource, LiveObject, Entry]:
    resource = want(kind, "k", **desired)
    if "parent" not in desired:
        resource.fields.pop("parent", None)  # type: ignore[attr-defined]
    return resource, has(kind, "9", **live), entry(kind, "k", "9", **known)


def difference(
    kind: str,
    desired: dict[str, Any],
    live: dict[str, Any],
    known: dict[str, Any],
    policy: Policy | None = None,
) -> Difference:
    resource, item, applied = sides(kind, desired, live, known)
    return compare(view_of(resource, item, applied, NAMES, policy or Policy()))


def options(*labels: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((f"o-{label}", label, "") for label in labels)


def sent(value: Any, shown: Any) -> Applied:
    return Applied(value, shown, True)


# --- the short cut ------------------------------------------------------------------------------

PICK = {"label": "L", "type": "Pick List"}
EXACT = Policy(exact=frozenset({"categories", "options"}))
Row = tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], Policy, bool]
AB_BOTH = {"categories": ("1", "2")}, {"categories": ("1", "2")}
RESTS: dict[str, Row] = {
    "a set that may hold ours alone and does": (
        "collection", {"categories": ("a", "b")}, *AB_BOTH, EXACT, True,
    ),
    "such a set in another order": (
        "collection", {"categories": ("b", "a")}, *AB_BOTH, EXACT, True,
    ),
    "not such a set with a foreign element": (
        "collection", {"categories": ("a",)}, {"categories": ("1", "x1")},
        {"categories": sent(("1",), ("1", "x1"))}, EXACT, False,
    ),
    "a set that may hold others beside": (
        "collection", {"categories": ("a",)}, {"categories": ("1", "x1")},
        {"categories": sent(("1",), ("1", "x1"))}, Policy(exact=frozenset({"options"})), True,
    ),
    "a text that the server escapes, whatever sets may hold": (
        "collection", {"name": "A & B"}, {"name": "A &amp; B"},
        {"name": sent("A & B", "A &amp; B")}, Policy(exact=frozenset({"default"})), True,
    ),
    "options in the order of the catalog": (
        "attribute", {**PICK, "options": ("A", "B")}, {**PICK, "options": options("A", "B")},
        {**PICK, "options": sent(("A", "B"), options("A", "B"))}, EXACT, True,
    ),
    "not options in another order": (
        "attribute", {**PICK, "options": ("A", "B")}, {**PICK, "options": options("B", "A")},
        {**PICK, "options": sent(("A", "B"), options("B", "A"))}, EXACT, False,
    ),
    "options in another order where it does not count": (
        "attribute", {**PICK, "options": ("A", "B")}, {**PICK, "options": options("B", "A")},
        {**PICK, "options": sent(("A", "B"), options("B", "A"))}, Policy(), True,
    ),
    "a text in another spelling of Unicode": (
        "collection", {"name": "Café"}, {"name": "Cafe\u0301"}, {"name": "Café"}, Policy(), True,
    ),
    "what stays when the catalog drops it": (
        "collection", {"name": "C"}, {"name": "C", "type": "parent", "regions": ("r-us",)},
        {"name": "C", "type": "parent", "regions": ("r-us",)}, Policy(), True,
    ),
    "not what is cleared when the catalog drops it": (
        "collection", {"name": "C"}, {"name": "C", "published": True},
        {"name": "C", "published": True}, Policy(), False,
    ),
    "not a value that the catalog dropped": (
        "collection", {"name": "C"}, {"name": "C", "attributes": {"a2": ["o-m"]}},
        {"name": "C", "attributes": {"a2": sent(("M",), ["o-m"])}}, Policy(), False,
    ),
    "not what is new in the catalog": (
        "collection", {"name": "C", "published": True}, {"name": "C", "published": True},
        {"name": "C"}, Policy(), False,
    ),
    "not what changed since it was sent, where nobody looked at it then": (
        "collection", {"name": "C"}, {"name": "X"}, {"name": Applied("C")}, Policy(), False,
    ),
    "a value by the new label of its option": (
        "collection", {"attributes": {"color": ("Crimson",)}}, {"attributes": {"a1": ["o-r"]}},
        {"attributes": {"a1": sent(("Crimson",), ["o-r"])}}, Policy(), True,
    ),
    "not a value that is kept under the old label": (
        "collection", {"attributes": {"color": ("Crimson",)}}, {"attributes": {"a1": ["o-r"]}},
        {"attributes": {"a1": sent(("Red",), ["o-r"])}}, Policy(), False,
    ),
    "not a value that is kept under another spelling of it": (
        "collection", {"attributes": {"color": ("Crimson",)}}, {"attributes": {"a1": ["o-r"]}},
        {"attributes": {"a1": sent((" Red ",), ["o-r"])}}, Policy(), False,
    ),
    "not a value that points to an option which is gone": (
        "collection", {"attributes": {"size": ("M",)}}, {"attributes": {"a2": ["o-gone"]}},
        {"attributes": {"a2": sent(("M",), ["o-gone"])}}, Policy(), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RESTS, ids=lambda name: name.replace(" ", "_"))
def test_at_rest_is(case: str) -> None:
    """Without a view: where it says yes, a comparison finds nothing."""
    kind, desired, live, known, policy, rests = RESTS[case]

    assert at_rest(*sides(kind, desired, live, known), NAMES, policy) is rests
    if rests:
        assert difference(kind, desired, live, known, policy) == Difference()


# --- what the state knows -----------------------------------------------------------------------


def test_a_value_that_is_kept_under_the_old_label_of_its_option_is_settled_under_the_new() -> None:
    live = {"attributes": {"a1": ["o-r"]}}

    found = difference(
        "collection", {"attributes": {"color": ("Crimson",)}}, live,
        {"attributes": {"a1": sent(("Red",), ["o-r"])}},
    )  # fmt: skip

    assert found == Difference(settled=("attributes.color",))


def test_what_points_to_no_option_was_not_shown() -> None:
    known = {"attributes.a2": Applied(("M",), ["o-gone"], True)}

    assert view_applied(KINDS["collection"], known, NAMES) == {
        "attributes.size": Applied(("M",), None, False)
    }


def test_a_value_that_the_server_shows_by_its_only_label_points_somewhere() -> None:
    known = {"attributes.a2": Applied(("M",), ["M"], True)}

    (found,) = view_applied(KINDS["collection"], known, NAMES).values()
    assert found.seen


def test_what_was_sent_empty_and_is_there_as_declared_is_settled() -> None:
    found = difference("collection", {"name": "C"}, {"name": "C"}, {"name": sent(None, None)})

    assert found == Difference(settled=("name",))


WAYS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], Difference]] = {
    "what others changed is released and forgotten": (
        {}, {"additional_title": "theirs"}, {"additional_title": "ours"},
        Difference(released=("additional_title",), forget=("additional_title",)),
    ),
    "what others emptied is forgotten": (
        {}, {}, {"additional_title": "ours"}, Difference(forget=("additional_title",)),
    ),
    "a set that others emptied is forgotten": (
        {}, {"categories": ()}, {"categories": ("1",)}, Difference(forget=("categories",)),
    ),
    "an ignored field is forgotten and not cleared": (
        {"ignore": ["additional_title"]}, {"additional_title": "ours"},
        {"additional_title": "ours"}, Difference(forget=("additional_title",)),
    ),
    "a type and regions stay, and stay known": (
        {}, {"type": "parent", "regions": ("r-us",)}, {"type": "parent", "regions": ("r-us",)},
        Difference(),
    ),
    "a value that is ours is cleared": (
        {}, {"additional_title": "ours"}, {"additional_title": "ours"},
        Difference((FieldChange("additional_title", "ours", None, "ours", clears=True),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WAYS, ids=lambda name: name.replace(" ", "_"))
def test_when_a_field_leaves_the_catalog(case: str) -> None:
    desired, live, known, wanted = WAYS[case]

    assert difference("collection", desired, live, known) == wanted


def test_a_move_to_the_top_level_clears_nothing() -> None:
    found = difference("category", {"parent": None}, {"parent": "1"}, {"parent": "1"})

    assert found.fields == (FieldChange("parent", "a", None, "a"),)


def test_values_of_several_parts_are_shown_in_an_order_of_their_own() -> None:
    found = difference(
        "collection", {"attributes": {"color": ("Crimson",)}},
        {"attributes": {"a1": ["o-r", "o-b"]}}, {},
    )  # fmt: skip

    assert [item.before for item in found.fields] == [("Blue", "Crimson")]


def test_the_parts_of_a_record_are_shown_in_an_order_of_their_own() -> None:
    definition = Definition("List", types={"W": "Number", "H": "Number"})
    names = Names(NAMES.keys, NAMES.ids, definitions={"a1": definition})
    parts = [{"label": "W", "value": "2"}, {"label": "H", "value": "1"}]
    resource, item, applied = sides(
        "collection", {"attributes": {"color": None}}, {"attributes": {"a1": parts}}, {}
    )

    (field,) = compare(view_of(resource, item, applied, names, Policy())).fields

    assert isinstance(field.before, dict)
    assert list(field.before.items()) == [("H", Number("1")), ("W", Number("2"))]


def test_what_has_a_parent_is_a_variant_whatever_its_type_says() -> None:
    live = {"name": "C", "type": "standalone", "variant_of": "5"}

    found = difference("collection", {"name": "C", "type": "parent"}, live, {"name": "C"})

    assert found.blocked == (
        "a variant collection cannot become a parent one: declare a new key"
    )  # fmt: skip


def test_what_others_put_where_the_catalog_says_nothing_stands_is_drift() -> None:
    known = {"additional_title": sent(None, None)}

    found = difference("collection", {"additional_title": None}, {"additional_title": "x"}, known)

    assert [(item.path, item.before, item.cls) for item in found.fields] == [
        ("additional_title", "x", Class.DRIFT)
    ]


def test_a_change_says_where_the_catalog_has_its_value_from() -> None:
    resource, item, _ = sides(
        "collection", {"name": "New", "additional_title": "T"}, {"name": "Old"}, {}
    )
    shared = Origin(Ref("collection", "parent"), Place("products.yaml", 3))
    resource = replace(resource, origins={"name": shared})

    found = compare(view_of(resource, item, None, NAMES, Policy()))

    assert {change.path: change.origin for change in found.fields} == {
        "name": shared,
        "additional_title": None,
    }


# --- sets ---------------------------------------------------------------------------------------


def test_a_set_that_stands_as_declared_is_settled() -> None:
    live = {"categories": ("1", "2")}

    found = difference("collection", {"categories": ("a", "b")}, live, {"categories": ("1",)})

    assert found == Difference(settled=("categories",))


def test_an_element_that_was_sent_and_never_shown_is_no_drift() -> None:
    known = {"categories": sent(("1", "2"), ("1",))}

    found = difference("collection", {"categories": ("a", "b")}, {"categories": ("1",)}, known)

    assert found == Difference()


def test_elements_are_named_ours_by_key_and_then_foreign_ones_by_their_names() -> None:
    found = difference(
        "collection", {"categories": ("z",)}, {"categories": ("x1", "3", "x2", "x0", "1")}, {},
        EXACT,
    )  # fmt: skip

    (item,) = found.fields
    # Of what is not there any more the id is all that can be said.
    assert item.before == ("a", "z", "id:x2", "id:x1", "id:x0")
    assert item.remove == ("a", "id:x2", "id:x1", "id:x0")


def test_labels_are_compared_as_a_server_may_clean_them_and_other_elements_to_the_character() -> (
    None
):
    labels = comparison(KINDS["attribute"].field("options"), ["A & B"])
    regions = comparison(KINDS["category"].field("regions"), ["A & B"])

    assert labels(" A &amp; B") == labels("A & B")
    assert regions(" A &amp; B") != regions("A & B")
    assert regions("Cafe\u0301") == regions("Café")


def pick(
    desired: tuple[str, ...], live: tuple[str, ...], known: Any, policy: Policy | None = None, **more: Any
) -> Difference:  # fmt: skip
    """The options of a pick list."""
    applied = {**PICK, **({} if known is None else {"options": known})}
    wanted = {**PICK, "options": desired, **more}
    return difference("attribute", wanted, {**PICK, "options": options(*live)}, applied, policy)


TWINS = "A & B", "A &amp; B"


@pytest.mark.parametrize(
    ("desired", "live", "known", "add", "remove"),
    [
        (TWINS[:1], TWINS[1:], (), (), ()),
        (TWINS, TWINS[:1], (), TWINS[1:], ()),
        (TWINS[:1], TWINS, TWINS, (), TWINS[1:]),
        (TWINS[:1], TWINS[1:], TWINS, TWINS[:1], TWINS[1:]),
    ],
)
def test_labels_that_differ_in_escaping_alone_are_two_where_one_side_has_both(
    desired: tuple[str, ...],
    live: tuple[str, ...],
    known: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
) -> None:
    found = pick(desired, live, sent(known, options(*known)) if known else None)

    assert [(item.add, item.remove) for item in found.fields] == (
        [(add, remove)] if add or remove else []
    )


def test_of_two_labels_that_differ_in_escaping_alone_the_one_that_is_not_ours_is_foreign() -> None:
    (field,) = pick(TWINS[:1], TWINS, None, EXACT).fields

    assert (field.add, field.remove) == ((), TWINS[1:])


def test_a_set_whose_order_does_not_count_is_written_without_one() -> None:
    live, known = {"categories": ("1", "2")}, {"categories": ("1", "2")}

    found = difference("collection", {"categories": ("b", "a", "z")}, live, known)

    assert brief(found.fields) == [(Class.PENDING, ("z",), (), False)]


RENAMED = {"renames": {"Crimson": "Red & white"}}


def test_a_rename_takes_nothing_out_and_puts_nothing_in() -> None:
    for spelled in ("Red & white", "Red &amp; white"):
        before = "Blue", spelled
        found = pick(
            ("Crimson", "Blue"), before, sent(("Red & white", "Blue"), options(*before)), **RENAMED
        )

        assert found.fields == (
            FieldChange(
                "options", before=before, after=("Crimson", "Blue"),
                applied=("Red & white", "Blue"), rename=((spelled, "Crimson"),), is_set=True,
            ),
        )  # fmt: skip


ONE, BOTH = {"categories": ("1",)}, {"categories": ("1", "2")}


@pytest.mark.parametrize(
    ("desired", "live", "known", "clears"),
    [
        ({}, ONE, ONE, True),
        ({"categories": ()}, ONE, ONE, True),
        ({}, BOTH, BOTH, True),
        ({}, BOTH, ONE, False),
        ({"categories": ("a",)}, BOTH, BOTH, False),
        ({"categories": ("b",)}, ONE, ONE, False),
        ({"categories": ("b",)}, ONE, {}, False),
    ],
)
def test_a_set_is_cleared_where_nothing_is_left_in_it(
    desired: dict[str, Any], live: dict[str, Any], known: dict[str, Any], clears: bool
) -> None:
    (field,) = difference("collection", desired, live, known).fields

    assert field.clears is clears


@pytest.mark.parametrize(
    ("desired", "clears"), [(("A",), True), (("A", "B", "C"), False), (("A", "C"), True)]
)
def test_options_that_are_taken_out_are_cleared_from_all_that_hold_them(
    desired: tuple[str, ...], clears: bool
) -> None:
    (field,) = pick(desired, ("A", "B"), sent(("A", "B"), options("A", "B"))).fields

    assert field.clears is clears


def test_every_rule_that_matches_adds_to_what_is_ignored() -> None:
    rules = (
        IgnoreRule("category", "t*", frozenset({"name"})),
        IgnoreRule("category", "*ops", frozenset({"attributes"})),
        IgnoreRule("category", "men", frozenset({"parent"})),
        IgnoreRule("collection", "*", frozenset({"published"})),
    )

    ignored = ignores(want("category", "tops", ignore=["regions"]), Policy(ignore=rules))

    paths = ("name", "parent", "regions", "published", "attributes.care", "attributes")
    assert [path for path in paths if ignored(path)] == [
        "name", "regions", "attributes.care", "attributes",
    ]  # fmt: skip


def test_who_is_who_knows_what_has_left_hidden_roots_and_what_will_be() -> None:
    wanted = catalog(
        want(
            "attribute",
            "color",
            label="Color",
            type="Pick List",
            options=("Crimson",),
            renames={"Crimson": "Red"},
        ),
        want("attribute", "size", label="Size", type="Number"),
        want("category", "tops", name="Tops"),
    )
    live = account(
        has("category", "0", name="Super"),
        has("category", "1", name="Tops", parent="0"),
        has("category", "2", name="Old", parent="0"),
        has("attribute", "a1", label="Color", type="Pick List", options=(("o", "Red", ""),)),
    )

    names = names_of(wanted, live, identify(wanted, live, state(entry("category", "old", "2"))))

    assert names.keys["category"] == {"1": "tops", "2": "old"}
    assert names.roots == {"0"}
    assert names.definition("color").labels == {"o": "Crimson"}
    assert names.definition("size").type == "Number"


def test_a_region_of_the_name_that_an_option_had_is_not_renamed() -> None:
    fields = {**PICK, "options": ("Crimson",), "regions": ("Red",), "renames": {"Crimson": "Red"}}
    live = {**PICK, "options": options("Crimson"), "regions": ("r-red",)}
    known = {**PICK, "options": ("Crimson",), "regions": ("r-red",)}

    assert difference("attribute", fields, live, known).fields == ()
    (field,) = difference("attribute", {**fields, "regions": ("Red", "US")}, live, known).fields
    assert (field.add, field.rename, field.before) == (("US",), (), ("Red",))


KEEP = Policy(drift="keep", exact=frozenset({"options"}))


def brief(items: tuple[FieldChange, ...]) -> list[tuple[Any, ...]]:
    return [(item.cls, item.add, item.order, item.ordered) for item in items]


def test_an_option_that_comes_at_its_place_is_no_change_of_order() -> None:
    found = pick(("A", "B", "C"), ("A", "C"), sent(("A", "C"), options("A", "C")), EXACT)

    assert brief(found.fields) == [(Class.PENDING, ("B",), (), True)]


def test_an_order_of_ours_is_written_where_drift_of_elements_is_kept() -> None:
    found = pick(("B", "A", "C"), ("A", "B"), sent(("A", "B", "C"), options("A", "B", "C")), KEEP)

    assert brief(found.kept) == [(Class.DRIFT, ("C",), (), False)]
    assert brief(found.fields) == [(Class.PENDING, (), ("B", "A"), True)]


def test_an_order_that_the_server_made_of_ours_is_no_drift() -> None:
    known = sent(("A", "B"), options("B", "A"))

    assert pick(("A", "B"), ("B", "A"), known, EXACT) == Difference()
    found = pick(("B", "C", "A"), ("A", "C", "B"), sent(("A", "B", "C"), options("A", "C", "B")), EXACT)  # fmt: skip
    assert brief(found.fields) == [(Class.PENDING, (), ("B", "C", "A"), True)]


def test_an_order_of_others_is_kept_while_an_option_is_renamed() -> None:
    """What was shown is held against the account under the names that the options will have."""
    known = sent(("Red & white", "Blue"), options("Red & white", "Blue"))

    found = pick(("Crimson", "Blue"), ("Blue", "Red & white"), known, KEEP, **RENAMED)

    assert brief(found.kept) == [(Class.DRIFT, (), ("Crimson", "Blue"), False)]
    assert brief(found.fields) == [(Class.PENDING, (), (), False)]
    assert [item.rename for item in found.fields] == [(("Red & white", "Crimson"),)]
