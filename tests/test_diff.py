"""What differs on one object (contract 1.2, 1.3, 2.2), seen through whole plans."""

from typing import Any

import pytest

from reconciler.diff import Difference, at_rest, compare, view_applied, view_of
from reconciler.kinds import KINDS
from reconciler.model import (
    Applied,
    Catalog,
    Change,
    FieldChange,
    IgnoreRule,
    Number,
    Plan,
    Policy,
    Ref,
    Resource,
)
from reconciler.plan import build
from reconciler.wire import Definition, Names
from tests.build import REGIONS, account, catalog, entry, has, notes, state, want

DEFINITIONS = {
    "text": has("attribute", "a-text", label="text", type="Text"),
    "number": has("attribute", "a-number", label="number", type="Number"),
    "date": has("attribute", "a-date", label="date", type="Date"),
    "flag": has("attribute", "a-flag", label="flag", type="Boolean"),
    "pick": has(
        "attribute",
        "a-pick",
        label="pick",
        type="Pick List",
        multiple=True,
        options=(("o-b", "Blue", ""), ("o-r", "Red", ""), ("o-g", "Green", "")),
    ),
    "list": has(
        "attribute",
        "a-list",
        label="list",
        type="List",
        fields=(("f-n", "n", "Number"), ("f-t", "t", "Text")),
    ),
}
EXTERNAL = [
    want("attribute", key, label=key, type=item.fields["type"], external=True)
    for key, item in DEFINITIONS.items()
]
NOBODY = object()
"""Never applied."""


def product(
    name: str, desired: Any, live: Any, applied: Any, *, policy: Policy | None = None
) -> Plan:
    """A product with one value on its three sides; NOBODY stands for not declared, not applied."""
    return build(
        catalog(
            *EXTERNAL,
            want("collection", "c", name="C", attributes={} if desired is NOBODY else {name: desired}),
            policy=policy,
        ),
        account(
            *DEFINITIONS.values(),
            has("collection", "5", name="C", attributes={f"a-{name}": live}),
        ),
        state(
            entry("collection", "c", "5", name="C", attributes={} if applied is NOBODY else {f"a-{name}": applied}),
        ),
    )  # fmt: skip


def only(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


def cls(plan: Plan) -> str:
    """The class of the one field, or what became of it without a change."""
    if plan.changes:
        (item,) = only(plan).fields
        return f"{item.cls} {'clears' if item.clears else 'writes'}"
    if any("is no longer ours" in note for note in notes(plan)):
        return "released"
    forgotten = [path for settle in plan.settles for path in settle.forget]
    return "forgotten" if forgotten else "nothing"


VALUES: dict[str, tuple[Any, Any, Any, Any]] = {
    # name: (as the catalog says it, as the server shows it, another of both)
    "text": ("Wash & dry", "Wash &amp; dry", "x", "x"),
    "number": (Number("1.10"), "1.1", Number("2"), 2),
    "date": ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z", "2026-01-01"),
    "flag": (True, "true", False, "false"),
    "pick": (("Blue", "Red"), [["o-r"], ["o-b"]], ("Green",), ["o-g"]),
    "list": (
        {"n": Number("1.0"), "t": "a"},
        [{"id": "f-t", "value": "a"}, {"id": "f-n", "value": "1"}],
        {"n": Number("2")},
        [{"label": "n", "value_type": "Number", "value": 2}],
    ),
}  # fmt: skip
LONG = "lang " * 400
VALUES["text over 1 KiB"] = (LONG, LONG, LONG + "!", LONG + "!")


@pytest.mark.parametrize("name", VALUES)
def test_every_row_of_the_truth_table_for_every_type(name: str) -> None:
    """Contract 2.2, in its order; applied values were sent as declared and shown as the server does."""
    want_it, shows_it, want_other, shows_other = VALUES[name]
    key = name.partition(" ")[0]
    third = shows_other if key != "flag" else None
    it, other = Applied(want_it, shows_it, True), Applied(want_other, shows_other, True)

    def row(desired: Any, live: Any, applied: Any) -> str:
        return cls(product(key, desired, live, applied))

    assert row(want_it, shows_it, it) == "nothing"
    assert row(want_it, shows_it, NOBODY) == "nothing"
    assert row(want_other, shows_other, it) == "nothing"
    assert row(want_it, shows_other, NOBODY) == "pending writes"
    assert row(want_other, shows_it, it) == "pending writes"
    assert row(want_it, third, it).startswith("drift writes")
    assert row(want_other, None, it) == "conflict writes"
    assert row(NOBODY, shows_it, it) == "pending clears"
    assert row(NOBODY, shows_other, it) == "released"
    assert row(NOBODY, None, it) == "forgotten"
    assert row(NOBODY, shows_it, NOBODY) == "nothing"
    assert row(None, shows_it, it) == "pending clears"
    assert row(None, shows_other, it) == "conflict clears"
    assert row(None, None, it) == "nothing"
    assert row(want_it, None, Applied(None, None, True)) == "pending writes"
    assert row(want_it, shows_it, Applied(want_it)) == "nothing"
    assert row(want_other, shows_it, Applied(want_it)) == "pending writes"
    assert other.seen


def test_a_long_text_is_held_against_the_digest_that_the_state_keeps() -> None:
    kept = {"sha256": "5a" * 32}

    assert cls(product("text", LONG, LONG, Applied(kept, kept, True))) == "nothing"
    assert cls(product("text", LONG, "x", Applied(kept, kept, True))) == "conflict writes"
    assert cls(product("text", NOBODY, "x", Applied(kept, kept, True))) == "released"


def test_an_adoption_writes_a_text_that_only_looks_like_the_same_number() -> None:
    change = only(product("text", "007", "7", NOBODY))

    assert change.fields == (FieldChange("attributes.text", "7", "007"),)


def test_a_value_in_the_servers_spelling_is_no_difference_and_stays_cheap() -> None:
    """The server trimmed it at our write: nothing is pending, now or ever."""
    plan = product("text", " a ", "a", Applied(" a ", "a", True))

    assert (plan.changes, plan.settles) == ((), ())


def test_a_sub_field_of_zero_is_no_difference() -> None:
    live = [{"id": "f-n", "value_type": "Number", "value": 0}]

    assert cls(product("list", {"n": Number("0")}, live, NOBODY)) == "nothing"
    assert product("list", {"n": Number("0")}, live, NOBODY).changes == ()


# --- references and sets ------------------------------------------------------------------------

PLACES = tuple(want("category", key, name=key.upper()) for key in "abc")
PLACES_LIVE = tuple(has("category", f"id-{key}", name=key.upper()) for key in "abc")
PLACES_KNOWN = tuple(
    entry("category", key, f"id-{key}", name=key.upper(), parent=None) for key in "abc"
)
STRANGER = has("category", "id-x", name="Sale")


def placed(
    desired: str | None, live: str, applied: str | None, *, policy: Policy | None = None, seen: str | None = None
) -> Plan:  # fmt: skip
    """A product's categories on three sides, a letter each; `seen` is what was shown if not that."""
    ids = lambda letters: tuple(f"id-{key}" for key in letters)  # noqa: E731
    fields: dict[str, Any] = {} if desired is None else {"categories": tuple(desired)}
    before = {} if applied is None else {
        "categories": Applied(ids(applied), ids(applied if seen is None else seen), True)
    }  # fmt: skip
    return build(
        catalog(*PLACES, want("collection", "p", name="P", **fields), policy=policy),
        account(*PLACES_LIVE, STRANGER, has("collection", "5", name="P", categories=ids(live))),
        state(*PLACES_KNOWN, entry("collection", "p", "5", name="P", **before)),
    )


def moved_about(plan: Plan) -> tuple[str, str, str]:
    """(added, removed, class) of the set's change; letters."""
    if not plan.changes:
        return "", "", "unchanged"
    (item,) = only(plan).fields
    strip = [text.removeprefix("id:id-") for text in item.remove]
    return "".join(item.add), "".join(strip), item.cls


POLICIES = (
    Policy(),
    Policy(exact=frozenset({"categories"})),
    Policy(exact=frozenset({"default", "!regions"})),
    Policy(ignore=(IgnoreRule("collection", "*", frozenset({"regions"})),)),
    Policy(ignore=(IgnoreRule("collection", "*", frozenset({"categories"})),)),
    Policy(drift="keep"),
)

SETS: list[tuple[str, str | None, str, str | None, tuple[str, str, str]]] = [
    ("equal", "ab", "ab", "ab", ("", "", "unchanged")),
    ("another order", "ab", "ba", "ba", ("", "", "unchanged")),
    ("nothing known, equal", "ab", "ab", None, ("", "", "unchanged")),
    ("nothing known, one lacks", "ab", "a", None, ("b", "", "pending")),
    ("nothing known, one more", "a", "abx", None, ("", "", "unchanged")),
    ("added in the catalog", "ab", "a", "a", ("b", "", "pending")),
    ("dropped in the catalog", "a", "ab", "ab", ("", "b", "pending")),
    ("dropped on both sides", "a", "a", "ab", ("", "", "unchanged")),
    ("added on both sides", "ab", "ab", "a", ("", "", "unchanged")),
    ("taken out by others", "ab", "a", "ab", ("b", "", "drift")),
    ("put in by others", "a", "ax", "a", ("", "", "unchanged")),
    ("swapped in the catalog", "b", "a", "a", ("b", "a", "pending")),
    ("added here, taken out there", "abc", "a", "ab", ("bc", "", "drift")),
    ("dropped here, foreign there", "a", "abx", "ab", ("", "b", "pending")),
    ("gone from the YAML", None, "abx", "ab", ("", "ab", "pending")),
    ("gone from the YAML and the account", None, "x", "ab", ("", "", "unchanged")),
    ("never ours", None, "abx", None, ("", "", "unchanged")),
    ("declared empty", "", "abx", "ab", ("", "ab", "pending")),
]


@pytest.mark.parametrize(
    ("desired", "live", "applied", "expected"), [r[1:] for r in SETS], ids=[r[0] for r in SETS]
)
def test_a_set_goes_element_by_element(
    desired: str | None, live: str, applied: str | None, expected: tuple[str, str, str]
) -> None:
    assert moved_about(placed(desired, live, applied)) == expected


def test_exact_throws_out_what_others_added_and_calls_it_drift() -> None:
    exact = Policy(exact=frozenset({"categories"}))
    all_exact = Policy(exact=frozenset({"default"}))
    all_but = Policy(exact=frozenset({"default", "!categories"}))

    assert moved_about(placed("a", "ax", "a", policy=exact)) == ("", "x", "drift")
    assert moved_about(placed("a", "ax", "a", policy=all_exact)) == ("", "x", "drift")
    assert moved_about(placed("a", "ax", "a", policy=all_but)) == ("", "", "unchanged")
    assert moved_about(placed(None, "ax", None, policy=exact)) == ("", "", "unchanged")
    assert only(placed("a", "ax", "a", policy=exact)).cls == "drift"


def test_exact_that_is_set_later_throws_out_what_was_foreign_when_it_was_shown() -> None:
    """The settings can be newer than the state: plan and drift judge by what they say now."""
    exact = Policy(exact=frozenset({"categories"}))

    assert moved_about(placed("a", "ax", "a", seen="ax")) == ("", "", "unchanged")
    assert moved_about(placed("a", "ax", "a", seen="ax", policy=exact)) == ("", "x", "drift")
    assert moved_about(placed("a", "a", "a", policy=exact)) == ("", "", "unchanged")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("declared", [{}, {"regions": ("EU",)}, {"categories": ("a",)}])
@pytest.mark.parametrize("live", ["a", "ax"])
def test_what_counts_as_at_rest_is_what_a_comparison_finds_nothing_on(
    policy: Policy, declared: dict[str, Any], live: str
) -> None:
    """The short cut reads every setting that the long way reads."""
    resource = want("collection", "p", name="P", **declared)
    item = has("collection", "5", name="P", regions=("r-eu",), categories=live)
    known = entry(
        "collection", "p", "5", name="P", regions=("r-eu",), categories=Applied(("a",), live, True)
    )
    names = Names(keys={"category": {"a": "a"}}, ids={Ref("category", "a"): "a"}, regions=REGIONS)

    if at_rest(resource, item, known, names, policy):
        assert compare(view_of(resource, item, known, names, policy)) == Difference()


def test_an_element_that_the_server_never_showed_is_not_sent_for_ever() -> None:
    assert moved_about(placed("ab", "a", "ab", seen="a")) == ("", "", "unchanged")


def test_kept_drift_holds_back_its_elements_and_nothing_else() -> None:
    keep = Policy(drift="keep")

    plan = placed("abc", "a", "ab", policy=keep)

    assert moved_about(plan) == ("c", "", "pending")
    assert notes(plan) == ("collection/p: categories drifted and is kept (drift: keep)",)
    assert only(plan).sent == {"categories": ("a", "b", "c")}
    assert placed("ab", "a", "ab", policy=keep).changes == ()


def test_kept_drift_of_a_value_is_listed_and_not_written() -> None:
    keep = Policy(drift="keep")

    plan = product("text", "ours", "theirs", "ours", policy=keep)
    both = product("text", "new", "theirs", "ours", policy=keep)

    assert (plan.changes, both.changes) == ((), ())
    assert notes(plan) == ("collection/c: attributes.text drifted and is kept (drift: keep)",)


# --- ignore -------------------------------------------------------------------------------------


def test_an_ignored_field_is_not_compared_written_or_cleared() -> None:
    def plan(**fields: Any) -> Plan:
        return build(
            catalog(want("category", "a", name="A", ignore=["published"], **fields)),
            account(has("category", "1", name="A", published=True)),
            state(entry("category", "a", "1", name="A", parent=None, published=False)),
        )

    still, dropped = plan(published=False), plan()

    assert (still.changes, still.settles) == ((), ())
    assert dropped.changes == ()
    assert [settle.forget for settle in dropped.settles] == [("published",)]


def test_an_ignored_field_is_written_on_create_and_not_taken_on_adoption() -> None:
    wanted = catalog(want("category", "a", name="A", published=False, ignore=["published"]))

    made = only(build(wanted, account(), state()))
    taken = only(build(wanted, account(has("category", "1", name="A", published=True)), state()))

    assert made.sent == {"name": "A", "published": False, "parent": None}
    assert (taken.action, taken.fields) == ("adopt", ())
    assert taken.sent == {"name": "A", "parent": None}


def test_settings_ignore_fields_of_keys_that_match_a_glob() -> None:
    rule = Policy(ignore=(IgnoreRule("category", "promo-*", frozenset({"published"})),))
    names = ("promo-1", "other")
    plan = build(
        catalog(*(want("category", key, name=key, published=False) for key in names), policy=rule),
        account(*(has("category", key, name=key, published=True) for key in names)),
        state(*(entry("category", key, key, name=key, parent=None) for key in names)),
    )

    assert [str(change.ref) for change in plan.changes] == ["category/other"]


# --- types --------------------------------------------------------------------------------------


def attribute(
    wanted: dict[str, Any], live: dict[str, Any], applied: dict[str, Any] | None = None
) -> Plan:
    return build(
        catalog(want("attribute", "a", label="A", **wanted)),
        account(has("attribute", "1", label="A", **live)),
        state(entry("attribute", "a", "1", label="A", **(applied or {}))),
    )


PICK = {"type": "Pick List", "options": ("x",)}
PICK_LIVE = {"type": "Pick List", "options": (("o", "x", ""),)}


def test_another_type_is_blocked() -> None:
    change = only(attribute({"type": "Number"}, {"type": "Text"}))

    assert change.blocked == "its type is Text and cannot become Number: declare a new attribute"


@pytest.mark.parametrize(
    ("declared", "applied", "blocked"),
    [
        ({"multiple": False}, {"multiple": True}, True),
        ({"multiple": False}, {}, True),
        ({}, {"multiple": True}, True),
        ({}, {"multiple": False}, False),
        ({}, {}, False),
        ({"multiple": True}, {}, False),
    ],
)
def test_a_multi_select_cannot_be_made_single(
    declared: dict[str, Any], applied: dict[str, Any], blocked: bool
) -> None:
    """Not declared is single; what was never ours to say is left."""
    wanted, known = {**PICK, **declared}, {**PICK, **applied}
    plan = attribute(wanted, {**PICK_LIVE, "multiple": True}, known)

    assert [change.blocked for change in plan.changes] == (
        ["it takes several options and cannot be made single: declare a new attribute"]
        if blocked
        else []
    )


def test_a_single_select_becomes_a_multi_select() -> None:
    change = only(attribute({**PICK, "multiple": True}, {**PICK_LIVE, "multiple": False}, PICK))

    assert change.blocked is None
    assert change.fields == (FieldChange("multiple", False, True),)


def test_another_type_of_a_sub_field_is_blocked_and_a_new_sub_field_is_not() -> None:
    live = {"type": "List", "fields": (("f", "n", "Number"),)}

    other = only(attribute({"type": "List", "fields": {"n": "Text"}}, live))
    more = only(attribute({"type": "List", "fields": {"n": "Number", "t": "Text"}}, live))

    assert other.blocked == "sub-field 'n' is Number, not Text: declare a new attribute"
    assert more.blocked is None
    assert [item.add for item in more.fields] == [("t",)]


def collection(resource: Resource, live: dict[str, Any], *others: Resource) -> Change:
    """The change of one managed collection; p and q are parents of ours."""
    parents = [want("collection", key, name=key, type="parent") for key in "pq"]
    plan: Catalog = catalog(*parents, resource, *others)
    return only(
        build(
            plan,
            account(
                *(has("collection", f"id-{key}", name=key, type="parent") for key in "pq"),
                has("collection", "5", name="C", **live),
            ),
            state(
                *(entry("collection", key, f"id-{key}", name=key, type="parent") for key in "pq"),
                entry("collection", "c", "5", name="C", **live),
            ),
        )
    )


VARIANT_OF_P = {"type": "variant", "variant_of": "id-p"}


@pytest.mark.parametrize(
    ("wanted", "live", "blocked"),
    [
        ({"type": "parent"}, {}, None),
        ({"type": "variant", "variant_of": "q"}, VARIANT_OF_P, None),
        ({}, VARIANT_OF_P, "a variant collection cannot become a standalone one: declare a new key"),
        ({"type": "parent"}, VARIANT_OF_P, "a variant collection cannot become a parent one: declare a new key"),
        ({"type": "variant", "variant_of": "p"}, {}, "a standalone collection cannot become a variant one: declare a new key"),
        ({"type": "variant", "variant_of": "p"}, {"type": "parent"}, "a parent collection cannot become a variant one: declare a new key"),
    ],
)  # fmt: skip
def test_what_a_collection_may_become(
    wanted: dict[str, Any], live: dict[str, Any], blocked: str | None
) -> None:
    assert collection(want("collection", "c", name="C", **wanted), live).blocked == blocked


@pytest.mark.parametrize("left", [{}, {"type": "variant"}, {"type": ""}])
def test_a_variant_of_ours_whose_pointer_was_emptied_is_an_update(left: dict[str, Any]) -> None:
    """Services empty it when somebody deletes the parent."""
    plan = build(
        catalog(
            want("collection", "p", name="P", type="parent"),
            want("collection", "c", name="C", type="variant", variant_of="p"),
        ),
        account(
            has("collection", "id-p", name="P", type="parent"),
            has("collection", "5", name="C", **left),
        ),
        state(
            entry("collection", "p", "id-p", name="P", type="parent"),
            entry("collection", "c", "5", name="C", **VARIANT_OF_P),
        ),
    )

    (change,) = plan.changes
    assert (change.action, change.blocked) == ("update", None)
    assert ("variant_of", "p") in [(item.path, item.after) for item in change.fields]


def test_a_type_that_was_never_ours_is_left() -> None:
    """Somebody made it a variant; the catalog never said what it is."""
    plan = build(
        catalog(want("collection", "c", name="New")),
        account(has("collection", "9", name="P"), has("collection", "5", name="C", variant_of="9")),
        state(entry("collection", "c", "5", name="C")),
    )

    assert [(item.blocked, len(item.fields)) for item in plan.changes] == [(None, 1)]


def test_a_parent_stays_one_when_its_last_variant_goes() -> None:
    plan = build(
        catalog(want("collection", "c", name="C")),
        account(has("collection", "5", name="C", type="parent")),
        state(entry("collection", "c", "5", name="C", type="parent")),
    )

    assert plan.changes == ()


# --- regions ------------------------------------------------------------------------------------


def regioned(desired: tuple[str, ...] | None, live: tuple[str, ...], applied: Any) -> Plan:
    fields = {} if desired is None else {"regions": desired}
    return build(
        catalog(want("category", "a", name="A", **fields)),
        account(has("category", "1", name="A", regions=live)),
        state(entry("category", "a", "1", name="A", parent=None, regions=applied)),
    )


def test_regions_that_leave_the_yaml_are_left_and_stay_known() -> None:
    plan = regioned(None, ("r-us", "r-eu"), ("r-us", "r-eu"))

    assert (plan.changes, plan.settles) == ((), ())


def test_a_region_that_the_server_gave_leaves_when_others_are_declared() -> None:
    change = only(regioned(("EU",), ("r-us",), ("r-us",)))

    assert change.fields == (
        FieldChange(
            "regions",
            before=("US",),
            after=("EU",),
            applied=("US",),
            add=("EU",),
            remove=("US",),
            is_set=True,
        ),
    )


# --- options ------------------------------------------------------------------------------------


def renamed(live: list[str], value: Any) -> Plan:
    """Red was renamed to Crimson; both the attribute and a value are ours."""
    options = ("Crimson", "Blue")
    return build(
        catalog(
            want("attribute", "a", label="A", type="Pick List", options=options, renames={"Crimson": "Red"}),
            want("collection", "c", name="C", attributes={"a": ("Crimson",)}),
        ),
        account(
            has("attribute", "1", label="A", type="Pick List", options=(("r", "Red", ""), ("b", "Blue", ""))),
            has("collection", "5", name="C", attributes={"1": live}),
        ),
        state(
            entry("attribute", "a", "1", label="A", type="Pick List", options=("Red", "Blue")),
            entry("collection", "c", "5", name="C", attributes={"1": Applied(("Red",), value, True)}),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("shown", [["r"], [["r"]], ["Red"]])
def test_a_renamed_option_renames_its_values_without_writing_them(shown: Any) -> None:
    change = only(renamed(shown, shown))

    assert (change.ref.kind, change.fields[0].rename) == ("attribute", (("Red", "Crimson"),))


@pytest.mark.parametrize("shown", [["b"], ["Blue"]])
def test_a_value_that_others_changed_is_drift_though_its_option_is_renamed(shown: Any) -> None:
    plan = renamed(shown, ["r"] if shown == ["b"] else ["Red"])

    assert [(str(item.ref), item.cls) for item in plan.changes] == [
        ("attribute/a", "pending"),
        ("collection/c", "drift"),
    ]


@pytest.mark.parametrize(
    ("live", "renames"),
    [
        (("Red", "Blue"), (("Red", "Crimson"),)),
        (("Red", "Crimson", "Blue"), ()),
        (("Crimson", "Blue"), ()),
        (("Blue",), ()),
    ],
)
def test_an_option_is_renamed_where_the_account_has_the_old_label_alone(
    live: tuple[str, ...], renames: tuple[tuple[str, str], ...]
) -> None:
    options = tuple((f"o-{label}", label, "") for label in live)
    plan = build(
        catalog(
            want(
                "attribute", "a", label="A", type="Pick List", options=("Crimson", "Blue"),
                renames={"Crimson": "Red"},
            )
        ),
        account(has("attribute", "1", label="A", type="Pick List", options=options)),
        state(entry("attribute", "a", "1", label="A", type="Pick List", options=("Red", "Blue"))),
    )  # fmt: skip

    assert tuple(x for item in plan.changes for y in item.fields for x in y.rename) == renames


PICKS = Names(
    keys={"attribute": {"a1": "color", "a2": "none", "a3": "text"}},
    ids={Ref("attribute", key): id_ for id_, key in (("a1", "color"), ("a2", "none"), ("a3", "text"))},
    definitions={
        "a1": Definition("Pick List", {"o-r": "Red", "o-b": "A & B"}, renamed={"Rose": "Red"}),
        "a2": Definition("Pick List"),
        "a3": Definition("Text", {"o-r": "Red"}),
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "shown", "seen"),
    [
        ("attributes.a1", ["o-r"], True),
        ("attributes.a1", ["o-r", "o-b"], True),
        ("attributes.a1", ["o-gone"], False),
        ("attributes.a1", ["o-r", "o-gone"], False),
        ("attributes.a1", ["Red"], True),
        ("attributes.a1", ["Red", "A &amp; B"], True),
        ("attributes.a1", ["Red", "o-gone"], False),
        ("attributes.a1", ["Rose"], True),
        ("attributes.a1", [], True),
        ("attributes.a2", ["o-gone"], True),
        ("attributes.a3", ["o-gone"], True),
        ("name", "o-gone", True),
    ],
)
def test_what_was_shown_and_points_to_no_option_counts_as_not_seen(
    path: str, shown: Any, seen: bool
) -> None:
    known = {path: Applied(("Red",), shown, True)}

    assert [x.seen for x in view_applied(KINDS["collection"], known, PICKS).values()] == [seen]
    unseen = {path: Applied(("Red",), shown, False)}
    assert [x.seen for x in view_applied(KINDS["collection"], unseen, PICKS).values()] == [False]


@pytest.mark.parametrize(
    ("kind", "path", "desired", "sent", "rests"),
    [
        ("collection", "name", "C", "C", True),
        ("collection", "name", "C", "D", False),
        ("collection", "published", False, None, True),
        ("collection", "published", True, None, False),
        ("category", "published_start_date", "2025-01-01", "2025-01-01T00:00:00Z", True),
        ("category", "published_start_date", "2025-01-02", "2025-01-01T00:00:00Z", False),
        ("attribute", "multiple", None, False, True),
        ("attribute", "multiple", True, False, False),
        ("attribute", "options", ("a", "b"), ("b", "a"), True),
        ("attribute", "options", ("a", "b"), ("b",), False),
    ],
)
def test_an_object_is_at_rest_where_it_was_sent_in_any_spelling(
    kind: str, path: str, desired: Any, sent: Any, rests: bool
) -> None:
    resource = want(kind, "k", **{path: desired})
    if kind == "category":
        del resource.fields["parent"]  # type: ignore[attr-defined]
    shown = has(kind, "1", **{path: "as it is shown"})
    known = entry(kind, "k", "1", **{path: Applied(sent, "as it is shown", True)})

    assert at_rest(resource, shown, known, PICKS, Policy()) is rests
    assert not at_rest(resource, shown, None, PICKS, Policy())
    other = has(kind, "1", **{path: "as others changed it"})
    assert not at_rest(resource, other, known, PICKS, Policy())


def difference(
    kind: str, desired: dict[str, Any], live: dict[str, Any], sent: dict[str, Any], **policy: Any
) -> Difference:
    """What differs on one object; `sent` was shown as live is, where it says no more."""
    resource, item = want(kind, "k", **desired), has(kind, "1", **live)
    known = entry(kind, "k", "1", **sent)
    return compare(view_of(resource, item, known, PICKS, Policy(**policy)))


def test_a_change_says_what_we_last_wrote() -> None:
    found = difference("collection", {"name": "C"}, {"name": "A"}, {"name": "B"})
    unknown = difference("collection", {"name": "C"}, {"name": "A"}, {})

    assert found.fields == (FieldChange("name", "A", "C", "B", cls="conflict"),)
    assert unknown.fields == (FieldChange("name", "A", "C", None),)


def test_what_the_server_shows_in_its_own_way_is_settled_once() -> None:
    sent = Applied("A & B", "A &amp; B", True)
    once = difference("collection", {"name": "A & B"}, {"name": "A &amp; B"}, {})
    again = difference("collection", {"name": "A & B"}, {"name": "A &amp; B"}, {"name": sent})
    newly = difference("collection", {"name": "A & B"}, {"name": "A & B"}, {"name": "old"})

    assert (once.fields, once.settled) == ((), ("name",))
    assert again == Difference()
    assert (newly.fields, newly.settled) == ((), ("name",))


def options(*labels: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((f"o-{label}", label, "") for label in labels)


ORDERED = {"exact": frozenset({"options"})}


@pytest.mark.parametrize(
    ("live", "sent", "shown", "cls"),
    [
        ("BA", "AB", "AB", "drift"),
        ("BA", "BA", "BA", "pending"),
        ("BA", "", None, "pending"),
        ("AB", "AB", "AB", None),
    ],
)
def test_where_options_are_exact_their_order_is_compared(
    live: str, sent: str, shown: str | None, cls: str | None
) -> None:
    definition = {"label": "L", "type": "Pick List"}
    known = {**definition, "options": Applied(tuple(sent), options(*shown), True)} if shown else definition  # fmt: skip

    found = difference(
        "attribute", {**definition, "options": ("A", "B")}, {**definition, "options": options(*live)}, known, **ORDERED
    )  # fmt: skip

    orders = [(item.cls, item.order, item.ordered) for item in found.fields]
    assert orders == ([(cls, ("A", "B"), True)] if cls else [])


def test_an_order_that_is_kept_as_others_made_it_is_named_and_not_written() -> None:
    definition = {"label": "L", "type": "Pick List"}
    known = {**definition, "options": Applied(("A", "B"), options("A", "B"), True)}

    found = difference(
        "attribute", {**definition, "options": ("A", "B", "C")},
        {**definition, "options": options("B", "A")}, known, drift="keep", **ORDERED,
    )  # fmt: skip

    assert [(item.order, item.add) for item in found.kept] == [(("A", "B"), ())]
    assert [(item.order, item.add, item.ordered) for item in found.fields] == [((), ("C",), False)]
