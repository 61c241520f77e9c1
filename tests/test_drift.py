"""Live against applied: what somebody changed behind git's back (contract 3)."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift import find_drift
from reconciler.errors import Refused, UsageError
from reconciler.model import (
    Applied,
    Catalog,
    Drift,
    Entry,
    FieldChange,
    Group,
    IgnoreRule,
    Live,
    Number,
    Policy,
    Ref,
    State,
)
from reconciler.normalize import digest
from tests.build import ACCOUNT, account, catalog, entry, has, state, want

COLOR = {"label": "Color", "type": "Pick List", "options": (("o1", "Red", ""), ("o2", "Blue", ""))}
CATALOG = catalog(
    want("category", "apparel", name="Apparel"),
    want("category", "jackets", name="Jackets", parent="apparel"),
    want("attribute", "color", label="Color", type="Pick List", options=("Red", "Blue")),
    want("collection", "rain", name="Rain Jacket", category="jackets", categories=("jackets",)),
    want("collection", "rain-m", name="Rain Jacket - M", type="variant", variant_of="rain"),
)
ENTRIES = (
    entry("category", "apparel", "1", name="Apparel"),
    entry("category", "jackets", "2", name="Jackets", parent="1"),
    entry("attribute", "color", "a", label="Color"),
    entry(
        "collection",
        "rain",
        "3",
        name="Rain Jacket",
        category="2",
        categories=("2",),
        attributes={"a": Applied(("Red",), ["o1"], True)},
    ),
    entry("collection", "rain-m", "4", name="Rain Jacket - M", variant_of="3"),
)


def live(**rain: Any) -> Live:
    """The account as it was left, but for fields of the product; `attributes` replace."""
    fields = {
        "name": "Rain Jacket",
        "category": "2",
        "categories": ("2",),
        "attributes": {"a": ["o1"]},
    }
    return account(
        has("category", "1", name="Apparel", parent=None),
        has("category", "2", name="Jackets", parent="1"),
        has("attribute", "a", **COLOR),
        has("collection", "3", **{**fields, **rain}),
        has("collection", "4", name="Rain Jacket - M", variant_of="3"),
    )


def found(seen: Live, wanted: Catalog = CATALOG, known: State | None = None, **rest: Any) -> Drift:
    return find_drift(wanted, seen, known or state(*ENTRIES), **rest)


def fields_of(drift: Drift) -> list[tuple[FieldChange, ...]]:
    return [item.fields for item in drift.objects]


def one(drift: Drift) -> FieldChange:
    """The only field of the only object."""
    ((only,),) = fields_of(drift)
    return only


# --- nothing ------------------------------------------------------------------------------------


def test_an_account_that_is_as_it_was_left_has_no_drift() -> None:
    drift = found(live())
    assert drift.objects == ()
    assert not drift.found
    assert drift.clean == 5


def test_what_git_wants_next_is_no_drift() -> None:
    wanted = catalog(
        *(
            replace(item, fields={**item.fields, "name": "New"})
            for item in CATALOG.resources.values()
        )
    )
    assert found(live(), wanted).objects == ()


@pytest.mark.parametrize(
    "rain",
    [
        {"additional_title": "SKU-1"},
        {"categories": ("2", "1", "99")},
        {"regions": ("r-eu",)},
        {"attributes": {"a": [["o1"]], "b": "theirs"}},
        {"published": True},
    ],
)
def test_what_is_not_ours_is_no_drift(rain: dict[str, Any]) -> None:
    assert found(live(**rain)).objects == ()


@pytest.mark.parametrize(
    ("applied", "now"),
    [
        (Applied("1.10", "1.1", True), "1.1"),
        (Applied("Tom & Co", "Tom &amp; Co", True), "Tom &amp; Co"),
        (Applied("Tom & Co"), " Tom &amp; Co "),
        (Applied(None, None, True), ""),
        (Applied({"sha256": digest("long " * 300)}), "long " * 300),
    ],
)
def test_another_spelling_of_the_same_is_no_drift(applied: Applied, now: str) -> None:
    known = state(replace(ENTRIES[3], applied={"name": applied}))
    assert found(live(name=now), known=known).objects == ()


def test_an_element_that_the_server_never_showed_is_no_drift() -> None:
    known = state(entry("collection", "rain", "3", categories=Applied(("2", "1"), ("2",), True)))
    assert found(live(), known=known).objects == ()


# --- changed ------------------------------------------------------------------------------------


def test_a_changed_field_is_told_from_what_was_applied_to_what_is() -> None:
    drift = found(live(name="Rain Jacket SALE"))
    (item,) = drift.objects
    assert (item.status, item.ref, item.id, item.label) == (
        "changed",
        Ref("collection", "rain"),
        "3",
        "Rain Jacket",
    )
    assert item.group == Group(("Apparel", "Jackets"))
    assert str(item.place) == "collection.yaml:1:1"
    assert one(drift) == FieldChange(
        "name", "Rain Jacket", "Rain Jacket SALE", "Rain Jacket", cls="drift"
    )
    assert (drift.found, drift.clean, drift.count("changed")) == (True, 4, 1)


def test_a_value_of_a_pick_list_goes_by_labels() -> None:
    drift = found(live(attributes={"a": ["o2"]}))
    assert one(drift) == FieldChange("attributes.color", ("Red",), ("Blue",), ("Red",), cls="drift")
    assert drift.labels == {Ref("attribute", "color"): "Color"}


def test_a_value_that_was_emptied_is_drift() -> None:
    assert one(found(live(attributes={}))).after is None


def test_an_element_of_ours_that_is_gone_is_drift_and_a_foreign_one_is_not() -> None:
    assert one(found(live(categories=("1",)))) == FieldChange(
        "categories", remove=("jackets",), is_set=True, cls="drift"
    )


def test_under_exact_a_foreign_element_is_drift_and_goes_by_name() -> None:
    strict = replace(CATALOG, policy=Policy(exact=frozenset({"categories"})))
    seen = live(categories=("2", "9"))
    seen.objects["category"]["9"] = has("category", "9", name="Theirs", parent="1")  # type: ignore[index]
    drift = found(seen, strict)
    assert one(drift) == FieldChange("categories", add=("id:9",), is_set=True, cls="drift")
    assert drift.names == {"id:9": "Theirs"}


def test_a_pending_rename_of_an_option_makes_no_drift_of_its_values() -> None:
    renamed = want(
        "attribute",
        "color",
        label="Color",
        type="Pick List",
        options=("Crimson",),
        renames={"Crimson": "Red"},
    )
    wanted = catalog(
        *(item for item in CATALOG.resources.values() if item.ref.kind != "attribute"), renamed
    )
    known = state(
        *ENTRIES[:3], replace(ENTRIES[3], applied={"attributes.a": Applied(("Red",))}), ENTRIES[4]
    )
    assert found(live(), wanted, known).objects == ()


def test_an_option_that_somebody_removed_is_drift() -> None:
    known = state(entry("attribute", "color", "a", options=("Red", "Blue", "Teal")))
    assert one(found(live(), known=known)).remove == ("Teal",)


def test_a_long_text_is_shown_in_full_where_the_catalog_still_has_it() -> None:
    text = "Waterproof. " * 200
    known = state(entry("collection", "rain", "3", name=Applied({"sha256": digest(text)})))
    wanted = catalog(want("collection", "rain", name=text))
    assert one(found(live(name="Short"), wanted, known)).before == text
    assert one(found(live(name="Short"), known=known)).before == {"sha256": digest(text)}


def test_one_option_or_several_is_compared_as_yes_or_no() -> None:
    known = state(entry("attribute", "color", "a", multiple=Applied(True, True, True)))
    assert one(found(live(), known=known)).path == "multiple"
    known = state(entry("attribute", "color", "a", multiple=Applied(False, False, True)))
    assert found(live(), known=known).objects == ()


def test_numbers_and_booleans_are_compared_by_their_type() -> None:
    kinds = [("n", "Number", Number("1.10"), "1.1"), ("b", "Boolean", True, "true")]
    for id_, type_, sent, now in kinds:
        wanted = catalog(
            want("attribute", id_, label=id_, type=type_), want("collection", "rain", name="R")
        )
        known = state(
            entry("attribute", id_, id_, label=id_),
            entry("collection", "rain", "3", attributes={id_: Applied(sent, sent, True)}),
        )
        seen = account(
            has("attribute", id_, label=id_, type=type_),
            has("collection", "3", name="R", attributes={id_: now}),
        )
        assert found(seen, wanted, known).objects == ()


# --- left to the web interface ------------------------------------------------------------------


def test_an_ignored_field_is_no_drift() -> None:
    seen = live(name="Other", attributes={"a": ["o2"]})
    for ignore in ({"name", "attributes"}, {"name", "attributes.color"}):
        wanted = catalog(
            *(item for item in CATALOG.resources.values() if item.ref.key != "rain"),
            want("collection", "rain", name="Rain Jacket", ignore=ignore),
        )
        assert found(seen, wanted).objects == ()


def test_a_rule_of_the_settings_outlives_the_object_in_the_catalog() -> None:
    rule = IgnoreRule("collection", "rain*", frozenset({"name"}))
    wanted = catalog(want("category", "apparel", name="Apparel"), policy=Policy(ignore=(rule,)))
    assert found(live(name="Other"), wanted).objects == ()
    assert found(live(name="Other"), catalog()).found


# --- gone and unmanaged -------------------------------------------------------------------------


def test_what_answers_404_is_gone_and_goes_by_the_name_that_git_gave_it() -> None:
    seen = live()
    del seen.objects["collection"]["3"]  # type: ignore[attr-defined]
    (item,) = found(seen).objects
    assert (item.status, item.label, item.fields) == ("gone", "Rain Jacket", ())
    assert item.group == Group(("Apparel", "Jackets"))


def test_what_is_gone_and_was_never_named_goes_by_its_key() -> None:
    known = state(entry("collection", "left", "77"))
    (item,) = found(live(), known=known).objects
    assert (item.label, item.place) == ("left", None)


def test_unmanaged_objects_are_told_on_request_and_are_no_drift() -> None:
    seen = live()
    seen.objects["collection"]["8"] = has("collection", "8", name="Theirs - S", variant_of="9")  # type: ignore[index]
    seen.objects["collection"]["9"] = has("collection", "9", name="Theirs", categories=("2",))  # type: ignore[index]
    assert found(seen).objects == ()
    drift = found(seen, unmanaged=True)
    assert [(item.ref, item.id, item.label, item.group) for item in drift.objects] == [
        (Ref("collection", ""), "9", "Theirs", Group(("Apparel", "Jackets"))),
        (Ref("collection", ""), "8", "Theirs - S", Group(("Apparel", "Jackets"), "id:9", "Theirs")),
    ]
    assert (drift.found, drift.looked, drift.count("unmanaged"), drift.clean) == (False, True, 2, 5)


def test_what_the_catalog_declares_is_not_unmanaged() -> None:
    wanted = catalog(
        *CATALOG.resources.values(),
        want("category", "outlet", name="Outlet", external=True),
        want("collection", "soon", name="Soon", categories=("jackets",)),
    )
    seen = live()
    seen.objects["category"]["5"] = has("category", "5", name="Outlet", parent=None)  # type: ignore[index]
    seen.objects["collection"]["6"] = has("collection", "6", name="Soon", categories=("2",))  # type: ignore[index]
    assert found(seen, wanted, unmanaged=True).objects == ()


# --- groups, on whichever side the account shows them -------------------------------------------


def test_membership_that_the_account_keeps_on_the_attribute_is_no_drift() -> None:
    wanted = catalog(
        want("attribute", "color", label="Color", type="Text"),
        want("attribute_group", "looks", name="Looks", attributes=("color",)),
    )
    known = state(
        entry("attribute", "color", "a", label="Color"),
        entry("attribute_group", "looks", "g", name="Looks", attributes=("a",)),
    )
    seen = account(
        has("attribute", "a", label="Color", type="Text", groups=("g",)),
        has("attribute_group", "g", name="Looks"),
    )
    assert found(seen, wanted, known).objects == ()
    seen = account(
        has("attribute", "a", label="Color", type="Text", groups=()),
        has("attribute", "b", label="Other", type="Text", groups=("g",)),
        has("attribute_group", "g", name="Looks"),
    )
    assert one(found(seen, wanted, known)).remove == ("color",)


# --- refused, and said --------------------------------------------------------------------------


def test_without_a_state_it_is_an_error() -> None:
    with pytest.raises(UsageError) as caught:
        find_drift(CATALOG, live(), State())
    assert (
        str(caught.value)
        == "there is no state to compare the account with: nothing was applied yet"
    )
    assert caught.value.hint == "run `pxm apply` first, or name the right state with --state"


def test_another_account_is_refused() -> None:
    other = replace(live(), account=replace(ACCOUNT, regions=frozenset({"r-other"})))
    with pytest.raises(Refused):
        found(other)


def test_regions_that_are_no_longer_seen_are_said() -> None:
    seen = replace(live(), account=replace(ACCOUNT, regions=frozenset({"r-us"})), notes=("a note",))
    assert found(seen, environment="staging").notes == (
        "a note",
        "some of the state's regions are no longer seen with these credentials: "
        "what counts as gone may only be hidden",
    )
    assert found(seen, environment="staging").environment == "staging"


# --- same in, same out --------------------------------------------------------------------------


def shuffled(seen: Live, seed: int) -> Live:
    """The same account in another order of pages."""
    chance = random.Random(seed)
    return replace(
        seen,
        objects={
            kind: dict(chance.sample(sorted(items.items()), len(items)))
            for kind, items in chance.sample(sorted(seen.objects.items()), len(seen.objects))
        },
    )


@given(st.integers())
def test_the_order_of_pages_and_files_means_nothing(seed: int) -> None:
    chance = random.Random(seed)
    seen = live(name="Other", categories=())
    for id_, name in (("8", "Same"), ("9", "Same"), ("7", "Zelt")):
        seen.objects["collection"][id_] = has("collection", id_, name=name)  # type: ignore[index]
    entries: list[Entry] = chance.sample(ENTRIES, len(ENTRIES))
    items = list(CATALOG.resources.values())
    wanted = catalog(*chance.sample(items, len(items)))
    assert found(shuffled(seen, seed), wanted, state(*entries), unmanaged=True) == found(
        seen, unmanaged=True
    )


NAMES = st.sampled_from(["Rain Jacket", "Rain Jacket SALE", "", " Rain Jacket"])


@given(NAMES, NAMES, st.booleans())
def test_drift_is_told_exactly_where_the_account_shows_another_value(
    shown: str, now: str, seen: bool
) -> None:
    known = state(entry("collection", "rain", "3", name=Applied(shown, shown, seen)))
    same = now == shown if seen else now.strip() == shown.strip()
    assert found(live(name=now), known=known).found is not same
