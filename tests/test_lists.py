"""What a list leaves open, and which lists are read (contract 7.3)."""

from typing import Any

from reconciler.api.paging import Listing
from reconciler.kinds import KINDS
from reconciler.live import listed as live_entry
from reconciler.live import needed, with_listing
from reconciler.model import Live, LiveObject, Policy
from tests.build import ACCOUNT, account, catalog, entry, has, state, want

CATEGORY = KINDS["category"]
HALF = (
    "the list of categories did not fit together in three reads; creates and deletes of "
    "categories are withheld, and deletes of what they may hold on to"
)
NO_NAME = "an entry of the list of categories has no name and is left out: 7"
NO_ID = "an entry of the list of categories has no id and is left out: Ghost"


def listed(live: Live, *raws: dict[str, Any], whole: bool = True) -> Live:
    items = tuple(live_entry(CATEGORY, raw) for raw in raws if "id" in raw)
    rest = tuple(live_entry(CATEGORY, raw) for raw in raws if "id" not in raw)
    return with_listing(live, CATEGORY, Listing(items, whole, 250, 2, rest))


def test_a_later_read_of_a_list_takes_the_place_of_an_earlier_one() -> None:
    first = listed(
        Live(ACCOUNT, notes=("said elsewhere",)), {"id": "7"}, {"name": "Ghost"}, whole=False
    )
    assert (first.partial, first.listed("category")) == ({"category"}, 2)
    assert first.notes == ("said elsewhere", NO_NAME, NO_ID, HALF)

    second = listed(first, {"id": "7"})
    assert (second.partial, second.listed("category")) == (frozenset(), 1)
    assert second.notes == ("said elsewhere", NO_NAME)

    third = listed(second, {"id": "7", "name": "Named"})
    assert (third.notes, third.nameless) == (("said elsewhere",), ())
    assert list(third.of("category")) == ["7"]


def test_entries_without_a_name_are_holders_and_no_objects() -> None:
    live = listed(Live(ACCOUNT), {"id": "1", "name": "A"}, {"id": "7", "parent_id": "1"})

    assert list(live.of("category")) == ["1"]
    assert [item.id for item in live.holders_of("category")] == ["1", "7"]
    (unnamed,) = live.nameless_of("category")
    assert unnamed == LiveObject("category", "7", {"parent": "1"})


def test_one_that_was_read_by_id_as_well_counts_once() -> None:
    """Somebody manages or pins it: what its single read shows counts."""
    known = has("category", "7", name="", parent="2")
    live = account(known, nameless=(has("category", "7", parent="1"),))

    assert list(live.holders_of("category")) == [known]
    assert live.listed("category") == 1


PICK = want("attribute", "p", label="P", type="Pick List", options=("a",))
VALUES = {"collection", "category", "file"}


def read_for(policy: Policy | None = None, *options: str) -> set[str]:
    known = state(entry("attribute", "p", "1", label="P", type="Pick List", options=options))
    return {kind.name for kind in needed(catalog(PICK, policy=policy), known)}


def test_who_holds_an_option_is_read_where_one_may_be_dropped() -> None:
    assert not VALUES & read_for(None, "a")
    assert read_for(None, "a", "b") > VALUES


def test_under_exact_options_that_others_added_may_be_dropped_too() -> None:
    assert read_for(Policy(exact=frozenset({"options"})), "a") > VALUES
    assert read_for(Policy(exact=frozenset({"default"})), "a") > VALUES
    assert not VALUES & read_for(Policy(exact=frozenset({"default", "!options"})), "a")
