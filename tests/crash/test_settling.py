"""What the next run makes of what a broken one left open, as pure values (contract 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.apply.settling import settled
from reconciler.model import Applied, Live, LiveObject, Ref, State
from reconciler.state import Intent, Run
from tests.build import account, entry, has, state

STARTED, NOW = 1_764_000_000.0, 1_764_000_100.0
YOUNG, OLD = "2025-11-24T16:00:05Z", "2025-11-24T15:59:00Z"
TOPS = entry("category", "tops", "c1", name="Tops")
SALE = entry("category", "sale", "c2", name="Sale")
PLACES = (has("category", "c1", name="Tops"), has("category", "c2", name="Sale"))


def after(
    live: Live, known: State, *intents: Intent
) -> tuple[Mapping[Ref, Any], tuple[Intent, ...]]:
    """The entries once a run with these intents is settled, and what is still open."""
    found = settled([Run("r", "ci", STARTED, intents)], live, known, NOW)
    return found.state.entries, found.open


def creates(key: str, **fields: Any) -> Intent:
    return Intent("create", Ref("collection", key), None, fields)


def made(item: LiveObject, created: str | None) -> LiveObject:
    return LiveObject(item.kind, item.id, item.fields, created)


JACKET = creates("jacket", name="Jacket", category="tops", categories=["tops"])


@pytest.mark.parametrize(("created", "ours"), [(YOUNG, True), (None, True), (OLD, False)])
def test_an_object_as_intended_is_ours_unless_it_is_older_than_the_run(
    created: str | None, ours: bool
) -> None:
    item = made(has("collection", "7", name="Jacket", category="c1", categories=("c1",)), created)
    entries, left = after(account(*PLACES, item), state(TOPS), JACKET)

    assert (Ref("collection", "jacket") in entries) is ours
    assert left == (() if ours else (JACKET,))


def test_of_two_objects_as_intended_the_earliest_is_ours_and_the_other_is_reported() -> None:
    """A create that landed twice is never sent a third time (contract 2.6)."""
    late = made(has("collection", "7", name="Jacket", category="c1"), "2025-11-24T16:00:06Z")
    early = made(has("collection", "8", name="Jacket", category="c1"), YOUNG)
    found = settled(
        [Run("r", "ci", STARTED, (JACKET,))], account(*PLACES, late, early), state(TOPS), NOW
    )

    assert found.state.entries[JACKET.ref].id == "8"
    assert found.state.doubtful == {JACKET.ref: NOW}


def test_an_object_belongs_to_the_create_that_said_most_of_its_natural_key() -> None:
    plain = creates("plain", name="Jacket", category="tops")
    titled = creates("titled", name="Jacket", category="tops", additional_title="SKU")
    one = made(has("collection", "7", name="Jacket", category="c1", additional_title="SKU"), YOUNG)
    entries, left = after(account(*PLACES, one), state(TOPS), plain, titled)

    assert entries[titled.ref].id == "7"
    assert plain.ref not in entries
    assert left == (plain,)


def test_a_parent_that_comes_after_its_child_is_found_all_the_same() -> None:
    child = Intent("create", Ref("category", "a"), None, {"name": "Inner", "parent": "z"})
    parent = Intent("create", Ref("category", "z"), None, {"name": "Outer", "parent": None})
    live = account(
        has("category", "1", name="Outer", parent=None),
        has("category", "2", name="Inner", parent="1"),
    )
    entries, left = after(live, state(), child, parent)

    assert {ref.key: item.id for ref, item in entries.items()} == {"a": "2", "z": "1"}
    assert left == ()


@pytest.mark.parametrize(
    ("live", "sent", "shown", "whole"),
    [
        # Written: the old element is gone, the new one there.
        (("c2",), ("c2",), ("c2",), True),
        # Not written: what was sent before still is, and what is to go still counts.
        (("c1",), ("c1",), ("c1",), False),
        # Half of it, by another hand.
        ((), (), (), False),
        (("c1", "c2"), ("c1", "c2"), ("c1", "c2"), False),
    ],
)
def test_a_set_is_settled_element_by_element(
    live: tuple[str, ...], sent: tuple[str, ...], shown: tuple[str, ...], whole: bool
) -> None:
    known = entry("collection", "jacket", "7", name="Jacket", categories=("c1",))
    intent = Intent("update", known.ref, "7", {"categories": ["sale"]})
    item = has("collection", "7", name="Jacket", categories=live)
    entries, left = after(account(*PLACES, item), state(TOPS, SALE, known), intent)

    assert entries[known.ref].applied["categories"] == Applied(sent, shown, True)
    assert left == (() if whole else (intent,))


def test_an_element_that_somebody_took_out_before_goes_on_being_drift() -> None:
    known = entry("collection", "jacket", "7", name="Jacket", categories=("c1", "c2"))
    intent = Intent("update", known.ref, "7", {"categories": ["tops", "sale"]})
    item = has("collection", "7", name="Jacket", categories=("c1",))
    entries, _ = after(account(*PLACES, item), state(TOPS, SALE, known), intent)

    applied = entries[known.ref].applied["categories"]
    assert (applied.sent, applied.shown) == (("c1", "c2"), ("c1", "c2"))


def test_an_element_that_was_sent_and_that_nobody_saw_yet_does_not_count() -> None:
    known = entry("collection", "jacket", "7", categories=Applied(("c1", "c2"), ("c1", "c2")))
    intent = Intent("update", known.ref, "7", {"categories": ["tops", "sale"]})
    item = has("collection", "7", name="Jacket", categories=("c1",))
    entries, left = after(account(*PLACES, item), state(TOPS, SALE, known), intent)

    assert entries[known.ref].applied["categories"] == Applied(("c1",), ("c1",), True)
    assert left == (intent,)


def test_what_is_deleted_is_forgotten_and_what_is_there_stays_open() -> None:
    there = Intent("delete", TOPS.ref, "c1")
    gone = Intent("delete", SALE.ref, "c2")
    entries, left = after(account(PLACES[0]), state(TOPS, SALE), there, gone)

    assert [*entries] == [TOPS.ref]
    assert left == (there,)


def test_keys_that_a_killed_run_swapped_and_could_not_save_are_swapped() -> None:
    moves = (
        Intent("move", SALE.ref, "c1", {"name": "Tops"}),
        Intent("move", TOPS.ref, "c2", {"name": "Sale"}),
    )
    entries, left = after(account(*PLACES), state(TOPS, SALE), *moves)

    assert {ref.key: item.id for ref, item in entries.items()} == {"sale": "c1", "tops": "c2"}
    assert {ref.key: item.ref.key for ref, item in entries.items()} == {
        "sale": "sale",
        "tops": "tops",
    }
    assert left == ()


def test_a_create_that_is_not_seen_is_remembered_as_one_that_may_turn_up_twice() -> None:
    found = settled([Run("r", "ci", STARTED, (JACKET,))], account(*PLACES), state(TOPS), NOW)

    assert found.state.doubtful == {JACKET.ref: NOW}
    assert found.kinds == ("collection",)
