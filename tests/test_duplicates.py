"""A create is withheld where the list leaves open whether the object exists (contract 7.3)."""

import time

import pytest

from reconciler.kinds import KINDS
from reconciler.model import LiveObject, Ref
from reconciler.plan import build
from reconciler.plan.duplicates import (
    Unread,
    by_age,
    duplicates,
    is_young,
    telling,
    turned_up,
)
from reconciler.wire import Names
from tests.build import account, catalog, has, state, want

JACKET = want("collection", "jacket", name="Jacket", category="tops")
TOPS = want("category", "tops", name="Tops", external=True)


@pytest.mark.parametrize(
    ("entry", "withheld"),
    [
        (has("collection", "7"), True),
        (has("collection", ""), True),
        (has("collection", "", name="Jacket"), True),
        (has("collection", "7", category="c"), True),
        (has("collection", "7", category="other"), False),
        (has("collection", "", name="Boots"), False),
        (has("collection", "7", additional_title="SKU"), False),
        (has("category", "7"), False),
    ],
)
def test_an_entry_without_name_or_id_withholds_what_it_could_be(
    entry: LiveObject, withheld: bool
) -> None:
    live = account(has("category", "c", name="Tops"), nameless=(entry,))
    plan = build(catalog(TOPS, JACKET), live, state())
    assert [(change.action, bool(change.blocked)) for change in plan.changes] == [
        ("create", withheld)
    ]


PARENT = want("collection", "parent", name="Parent", external=True)
VARIANT = want("collection", "m", name="M", variant_of="parent", additional_title="SKU-1")


@pytest.mark.parametrize(
    ("entry", "withheld"),
    [
        (has("collection", "7"), False),
        (has("collection", "7", category="c"), False),
        (has("collection", "", name="M"), False),
        (has("collection", "7", variant_of="p"), True),
        (has("collection", "7", variant_of="q"), False),
        (has("collection", "7", variant_of="p", additional_title="SKU-2"), False),
    ],
)
def test_an_entry_that_shows_no_parent_is_no_variant_and_withholds_none(
    entry: LiveObject, withheld: bool
) -> None:
    parents = (has("collection", "p", name="Parent"), has("collection", "q", name="Other"))
    live = account(*parents, nameless=(entry,))
    plan = build(catalog(PARENT, VARIANT), live, state())
    assert [(str(item.ref), bool(item.blocked)) for item in plan.changes] == [
        ("collection/m", withheld)
    ]


def test_an_entry_without_a_name_that_is_managed_withholds_nothing() -> None:
    """It was read by id, so it is known who it is: no create can be meant."""
    known = has("collection", "7", variant_of="p")
    live = account(has("collection", "p", name="Parent"), known, nameless=(known,))
    mine = want("collection", "mine", name="Mine", variant_of="parent", id="7")
    plan = build(catalog(PARENT, VARIANT, mine), live, state())
    assert {str(item.ref): item.blocked for item in plan.changes if item.action == "create"} == {
        "collection/m": None
    }


def test_a_list_that_was_not_read_whole_withholds_every_create_of_its_kind() -> None:
    live = account(has("category", "c", name="Tops"), partial=frozenset({"collection"}))
    plan = build(catalog(TOPS, JACKET), live, state())
    assert "could not be read whole" in str(plan.changes[0].blocked)


STARTED = 1_764_000_000.0
"""2025-11-24T16:00:00Z"""


@pytest.mark.parametrize(
    ("created", "young"),
    [
        ("2025-11-24T16:00:00Z", True),
        ("2025-11-24T15:59:58.900Z", True),
        ("2025-11-24T15:59:50Z", False),
        ("2025-11-24T17:59:59+02:00", True),
        ("2025-11-24", True),
        ("2025-11-24T00:00:00.000Z", True),
        ("2025-11-23", False),
        ("", True),
        (None, True),
        ("some day", True),
    ],
)
def test_an_object_without_a_date_or_of_the_same_day_is_not_older_than_an_intent(
    created: str | None, young: bool
) -> None:
    assert is_young(LiveObject("collection", "7", {}, created), STARTED) is young


def test_of_several_objects_the_earliest_goes_first_and_those_without_a_date_last() -> None:
    dates = {"4": "2025-11-24T16:00:05Z", "8": None, "3": "2025-11-24T16:00:05Z", "6": ""}
    dates["5"] = "2025-11-24T18:00:04+02:00"
    items = [LiveObject("collection", id_, {}, created) for id_, created in dates.items()]
    assert [item.id for item in by_age(items)] == ["5", "3", "4", "6", "8"]


def test_a_create_tells_as_much_as_it_sends_of_the_natural_key() -> None:
    product = KINDS["collection"]

    assert telling(product, {"name": "A", "additional_title": "SKU", "published": True}) == 2
    assert telling(product, {"name": "A", "additional_title": "", "category": None}) == 1


def test_a_double_is_what_nobody_manages_and_has_the_whole_natural_key() -> None:
    names = Names(keys={"category": {"c": "tops", "d": "shoes"}})
    live = account(
        has("category", "c", name="Tops"),
        has("collection", "1", name="A & B", category="c", categories=("c",)),
        has("collection", "2", name="A &amp; B", category="c", categories=("c",)),
        has("collection", "3", name="A & B", category="d", categories=("d",)),
        has("collection", "4", name="Other", category="c", categories=("c",)),
        has("collection", "5", name="A & B", category="c", categories=("c",)),
    )
    ref, gone = Ref("collection", "a"), Ref("collection", "gone")
    taken = {("collection", "1"), ("collection", "5"), ("category", "2")}

    first = Ref("attribute", "gone")

    found = [*duplicates([ref, gone, first], {ref: "1", gone: "77"}, taken, live, names)]

    assert found == [turned_up(ref, live.of("collection")["2"])]
    assert found[0] == (
        "collection/a: a second object 'A &amp; B' (2) has turned up: nobody knew whether its "
        "create was taken. Remove it in the web interface, unless it is somebody else's"
    )
    assert [*duplicates([gone], {}, taken, live, names)] == []


@pytest.mark.parametrize(
    ("item", "way"),
    [
        (has("collection", "7"), "give it a name in the web interface, or pin it with `id: 7`"),
        (has("collection", "", name="Jacket"), "mend or remove it in the web interface"),
    ],
)
def test_what_could_be_it_says_a_way_out(item: LiveObject, way: str) -> None:
    words = Unread(account(nameless=(item,)), Names()).may_be(
        want("collection", "j", name="Jacket")
    )

    assert words is not None
    assert words.endswith(f" could be it: {way}")


def test_the_moment_of_an_intent_does_not_depend_on_where_the_program_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = LiveObject("category", "1", {}, "2025-11-24T16:00:00Z")
    with monkeypatch.context() as there:
        for zone in ("America/New_York", "Asia/Tokyo"):
            there.setenv("TZ", zone)
            time.tzset()
            assert is_young(item, 1_764_000_000.0)
            assert not is_young(item, 1_764_000_010.0)
    time.tzset()
