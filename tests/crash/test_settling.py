"""What the next run makes of what a broken one left open, as pure values (contract 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.apply.settling import Settled, close, intent_of, settle, settled
from reconciler.apply.tools import Tools
from reconciler.model import (
    Applied,
    Behaviour,
    Change,
    FieldChange,
    Live,
    LiveObject,
    Number,
    Ref,
    State,
)
from reconciler.normalize import canon
from reconciler.state import Intent, Run
from tests.api.pretend import FAST, Clock, ok, session_on
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
    assert settled([Run("r", "ci", STARTED, (child, parent))], live, state(), NOW).found == 2


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


# --- before: what a run means to do ---


def token(kind: str, key: str) -> str:
    return f"{kind}:{key}"


def test_an_intent_says_what_is_meant_in_words_that_outlive_the_catalog() -> None:
    sent = {
        "name": "J",
        "category": "tops",
        "variant_of": None,
        "categories": ("tops", "sale"),
        "regions": ("EU",),
        "attributes.size": ("M",),
        "additional_title": "x" * 2000,
    }
    change = Change("create", JACKET.ref, None, "J", None, sent=sent)

    found = intent_of(change, token)

    assert (found.action, found.ref, found.id) == ("create", JACKET.ref, None)
    assert {**found.natural, "additional_title": None} == {
        "name": "J",
        "category": "category:tops",
        "variant_of": None,
        "categories": ["category:tops", "category:sale"],
        "regions": ["EU"],
        "attributes.attribute:size": ["M"],
        "additional_title": None,
    }
    assert canon(found.natural["additional_title"]) == canon("x" * 2000)


def test_an_intent_of_an_update_says_what_is_cleared_too_and_one_of_a_create_does_not() -> None:
    fields = (FieldChange("additional_title", "x", None), FieldChange("name", "A", "B"))
    change = Change("update", JACKET.ref, "7", "J", None, fields, sent={"name": "B"})

    found = intent_of(change, token)

    assert (found.action, found.id) == ("update", "7")
    assert found.natural == {"additional_title": None, "name": "B"}
    assert intent_of(replace(change, action="create"), token).natural == {"name": "B"}


# --- after: looked for until the grace time is over ---


class Kept:
    """A store that says what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def save(self, state: State, *, words: str) -> None:
        self.told.append((state, words))

    def close_run(self, run: str, *, converged: bool, words: str) -> None:
        self.told.append((run, converged, words))


def test_what_was_settled_is_kept_before_the_runs_are_closed() -> None:
    store, found = Kept(), Settled(state(TOPS), (), 3)

    close(store, [Run("a", "ci", 1.0), Run("b", "ci", 2.0)], found)  # type: ignore[arg-type]

    words = "settled 2 broken runs: 3 creates found"
    assert store.told == [(found.state, words), ("a", False, words), ("b", False, words)]


ITEM = {"id": "7", "name": "Jacket", "parent_id": "c1", "direct_parent": ["c1"]}
GRACE = 3.0


def looked_for(appears: int, intents: tuple[Intent, ...], grace: float = GRACE) -> tuple[Settled, Live, list[float], list[str]]:  # fmt: skip
    """Settle a run where the list shows the object from the n-th reading on."""
    clock, asked = Clock(), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rpartition("/")[2])
        if asked[-1] == "category":
            items = [{"id": x.id, "name": x.label} for x in PLACES]
        else:
            there = asked.count("collection") > appears
            items = [ITEM] if there else []
        first = request.url.params.get("offset", "0") == "0"
        return ok(items if first else items[-1:])

    with session_on(answer, clock, rate=FAST) as session:
        tools = Tools(session, Kept(), clock, lambda: NOW, clock.sleep, grace=grace)  # type: ignore[arg-type]
        live = account(*PLACES)
        found, live = settle(tools, [Run("r", "ci", STARTED, intents)], live, state(TOPS, SALE))
    return found, live, clock.slept, asked


def test_what_is_found_at_once_is_not_waited_for() -> None:
    found, _, slept, asked = looked_for(0, (Intent("delete", TOPS.ref, "c9"),))

    assert (found.open, slept, asked) == ((), [], [])


def test_what_is_found_at_once_counts_as_written_now() -> None:
    found, _, _, _ = looked_for(0, (Intent("update", TOPS.ref, "c1", {"name": "Tops"}),))

    assert found.state.entries[TOPS.ref].written == NOW


def test_a_create_is_looked_for_in_its_own_list_until_it_is_there() -> None:
    found, live, slept, asked = looked_for(1, (JACKET,))

    assert found.state.entries[JACKET.ref].id == "7"
    assert (found.open, found.found) == ((), 1)
    assert set(asked) == {"collection"}
    assert "7" in live.of("collection")
    assert slept in ([0.5], [0.5, 1.0])


def test_a_create_that_is_never_there_is_looked_for_in_all_lists_at_last() -> None:
    found, _, slept, asked = looked_for(1000, (JACKET,))

    assert found.open == (JACKET,)
    assert slept == [0.5, 1.0, 1.5]
    assert "category" in asked[-3:]
    assert found.state.doubtful == {JACKET.ref: NOW}


def test_without_a_grace_time_nothing_is_looked_for() -> None:
    found, _, slept, asked = looked_for(0, (JACKET,), grace=0.0)

    assert (found.open, slept, asked) == ((JACKET,), [], [])


# --- uploads ---

FILE = Ref("file", "hero")


def uploaded(*items: LiveObject, known: State, intent: Intent) -> Mapping[Ref, Any]:
    entries, _ = after(account(*items), known, intent)
    return {ref: item.id for ref, item in entries.items()}


def test_a_file_that_took_anothers_place_leaves_that_ones_entry_under_a_key_of_its_own() -> None:
    new = made(has("file", "2", file_name="hero.jpg", content="size:3"), YOUNG)
    old = made(has("file", "1", file_name="hero.jpg", content="size:2"), OLD)
    natural = {"file_name": "hero.jpg", "content": "sha256:ab size:3"}
    intent = Intent("update", FILE, "1", natural)

    ours = uploaded(old, new, known=state(entry("file", "hero", "1")), intent=intent)
    strange = uploaded(old, new, known=state(), intent=intent)

    assert ours[FILE] == strange[FILE] == "2"
    assert {id_ for ref, id_ in ours.items() if ref != FILE} == {"1"}
    assert {id_ for ref, id_ in strange.items() if ref != FILE} == {"1"}
    entries, _ = after(account(old, new), state(entry("file", "hero", "1")), intent)
    assert all(ref == item.ref for ref, item in entries.items())


def test_an_upload_that_made_a_new_file_has_no_old_one_to_leave() -> None:
    new = made(has("file", "2", file_name="hero.jpg", content="size:3"), YOUNG)
    intent = Intent("create", FILE, None, {"file_name": "hero.jpg", "content": "sha256:ab size:3"})

    assert uploaded(new, known=state(), intent=intent) == {FILE: "2"}


def test_a_protected_object_stays_so_and_regions_that_were_given_are_ours() -> None:
    item = made(has("collection", "7", name="Jacket", category="c1", categories=("c1",), regions=("r-eu",)), YOUNG)  # fmt: skip
    known = entry("collection", "jacket", "7", prevent_destroy=True, name="Old")

    entries, _ = after(account(*PLACES, item), state(TOPS, known), JACKET)
    fresh, _ = after(account(*PLACES, item), state(TOPS), JACKET)

    assert entries[JACKET.ref].prevent_destroy
    assert not fresh[JACKET.ref].prevent_destroy
    assert fresh[JACKET.ref].applied["regions"] == Applied(("r-eu",), ("r-eu",), True)
    assert fresh[JACKET.ref].written == NOW


def test_a_field_that_is_not_as_meant_or_has_no_attribute_yet_says_nothing_of_the_next() -> None:
    """Values are compared by the type of their attribute."""
    weight = entry("attribute", "weight", "a3", label="Weight")
    known = entry("collection", "jacket", "7", name="Old")
    meant = {"name": "New", "attributes.nowhere": None, "attributes.weight": Number("1.10")}
    intent = Intent("update", known.ref, "7", meant)
    live = account(
        has("attribute", "a3", label="Weight", type="Number"),
        has("collection", "7", name="Old", attributes={"a3": 1.1}),
    )

    entries, left = after(live, state(known, weight), intent)

    assert {path: item.sent for path, item in entries[known.ref].applied.items()} == {
        "name": "Old",
        "attributes.a3": Number("1.10"),
    }
    assert left == (intent,)


def test_options_count_as_sent_in_the_order_in_which_they_were() -> None:
    """Somebody changed their order since: that goes on being known."""
    color, red, blue, green = (
        Ref("attribute", "color"),
        ("1", "R", ""),
        ("2", "B", ""),
        ("3", "G", ""),
    )
    pick = {"label": "Color", "type": "Pick List"}
    known = entry(
        "attribute", "color", "a1", **pick, options=Applied(("B", "R"), (blue, red), True)
    )
    live = account(has("attribute", "a1", **pick, options=(red, blue, green)))

    entries, left = after(
        live, state(known), Intent("update", color, "a1", {"options": ["R", "B", "G"]})
    )

    assert entries[color].applied["options"] == Applied(("B", "R", "G"), (blue, red, green), True)
    assert left == ()


def test_only_a_create_takes_the_regions_that_the_server_gave_and_only_where_it_named_none() -> (
    None
):
    item = has("collection", "7", name="Jacket", category="c1", categories=("c1",), regions=("r-eu", "r-us"))  # fmt: skip
    known = entry("collection", "jacket", "7", name="Jacket")
    named = creates("jacket", name="Jacket", category="tops", regions=["EU"])
    update = Intent("update", known.ref, "7", {"name": "Jacket"})

    made_, _ = after(account(*PLACES, made(item, YOUNG)), state(TOPS), named)
    changed, _ = after(account(*PLACES, item), state(TOPS, known), update)

    assert made_[known.ref].applied["regions"].sent == ("r-eu",)
    assert "regions" not in changed[known.ref].applied


def test_a_key_that_a_killed_run_moved_keeps_all_that_was_sent_under_the_old_one() -> None:
    known = entry("category", "tops", "c1", prevent_destroy=True, name="Old", published=True)
    move = Intent("move", Ref("category", "shirts"), "c1", {"name": "Tops"})

    entries, left = after(account(*PLACES), state(known, SALE), move)

    moved = entries[move.ref]
    assert (moved.id, moved.prevent_destroy, left) == ("c1", True, ())
    assert {path: item.sent for path, item in moved.applied.items()} == {
        "name": "Tops",
        "published": True,
    }
    assert known.ref not in entries


def test_what_one_broken_run_made_the_next_one_may_have_moved() -> None:
    item = made(has("collection", "7", name="Jacket", category="c1", categories=("c1",)), YOUNG)
    runs = [
        Run("a", "ci", STARTED, (JACKET,)),
        Run(
            "b",
            "ci",
            STARTED,
            (Intent("move", Ref("collection", "coat"), "7", {"name": "Jacket"}),),
        ),
    ]

    found = settled(runs, account(*PLACES, item), state(TOPS), NOW)

    assert {ref.key for ref in found.state.entries} == {"tops", "coat"}
    assert found.state.doubtful == {}


def test_what_an_upload_left_behind_before_keeps_what_is_known_of_it() -> None:
    new = made(has("file", "2", file_name="hero.jpg", content="size:3"), YOUNG)
    old = made(has("file", "1", file_name="hero.jpg", content="size:2"), OLD)
    behind = entry("file", "hero@1", "1", file_name="hero.jpg")
    natural = {"file_name": "hero.jpg", "content": "sha256:ab size:3"}
    known = state(entry("file", "hero", "2"), behind)

    entries, left = after(account(new, old), known, Intent("update", FILE, "1", natural))

    assert entries[behind.ref] == behind
    assert entries[FILE].id == "2"
    assert left == ()


def test_the_file_that_the_state_holds_is_the_one_that_the_upload_made_whatever_its_name() -> None:
    new = made(has("file", "2", file_name="hero (1).jpg", content="size:3"), OLD)
    natural = {"file_name": "hero.jpg", "content": "sha256:ab size:3"}

    entries, left = after(
        account(new), state(entry("file", "hero", "2")), Intent("update", FILE, "1", natural)
    )

    assert entries[FILE].id == "2"
    assert entries[FILE].applied["content"].shown == "size:3"
    assert left == ()


def test_the_object_that_the_state_holds_is_the_one_that_was_made_whatever_its_name() -> None:
    item = made(has("collection", "7", name="Jacket 2", category="c1", categories=("c1",)), OLD)

    entries, left = after(
        account(*PLACES, item), state(TOPS, entry("collection", "jacket", "7")), JACKET
    )

    assert set(entries[JACKET.ref].applied) == {"category", "categories"}
    assert left == ()


def test_what_was_to_be_changed_and_is_gone_is_settled_and_nothing_is_taken_for_it() -> None:
    known = entry("collection", "jacket", "7", name="Jacket")
    other = made(has("collection", "8", name="Jacket", category="c1", categories=("c1",)), YOUNG)
    intent = Intent("update", known.ref, "7", JACKET.natural)

    entries, left = after(account(*PLACES, other), state(TOPS, known), intent)

    assert entries[known.ref] == known
    assert left == ()


def test_a_short_grace_time_is_used_to_its_end() -> None:
    _, _, slept, _ = looked_for(99, (JACKET,), 0.8)

    assert [round(pause, 6) for pause in slept] == [0.5, 0.3]


def test_a_file_that_an_upload_made_and_that_is_processed_is_settled_and_nothing_else_is_taken() -> (
    None
):
    other = made(has("file", "3", file_name="hero.jpg", content="size:3"), YOUNG)
    natural = {"file_name": "hero.jpg", "content": "sha256:ab size:3"}
    known = entry("file", "hero", "2")
    live = account(other, processing=frozenset({("file", "2")}))

    entries, left = after(live, state(known), Intent("update", FILE, "1", natural))

    assert entries == {FILE: known}
    assert left == ()


def test_in_a_long_list_it_is_looked_for_by_the_day_of_creation() -> None:
    clock, asked = Clock(), []
    old = [has("collection", f"o{number}", name=f"Old {number}") for number in range(260)]
    seen = {"created-since.collection": Behaviour("yes", "2025-11-20")}

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, request.url.params.get("created_start_date")))
        return ok([ITEM])

    with session_on(answer, clock, rate=FAST) as session:
        tools = Tools(session, Kept(), clock, lambda: NOW, clock.sleep, grace=GRACE)  # type: ignore[arg-type]
        live, known = account(*PLACES, *old), state(TOPS, behaviours=seen)
        found, live = settle(tools, [Run("r", "ci", STARTED, (JACKET,))], live, known)

    assert found.open == ()
    assert len(live.of("collection")) == 261
    assert set(asked) == {("/v2.1/collection", "2025-11-23")}


@pytest.mark.parametrize(
    "refusal", [httpx.Response(400, json={"message": "no such parameter"}), ok({"odd": True})]
)
def test_an_account_that_no_longer_takes_the_day_is_read_whole(refusal: httpx.Response) -> None:
    """Else nothing would ever settle, since every run would be refused the same."""
    clock, asked = Clock(), []
    old = [has("collection", f"o{number}", name=f"Old {number}") for number in range(260)]
    seen = {"created-since.collection": Behaviour("yes", "2025-11-20")}

    def answer(request: httpx.Request) -> httpx.Response:
        by_day = "created_start_date" in request.url.params
        asked.append((by_day, request.url.params.get("limit")))
        return refusal if by_day else ok([ITEM])

    with session_on(answer, clock, rate=FAST) as session:
        tools = Tools(session, Kept(), clock, lambda: NOW, clock.sleep, grace=GRACE)  # type: ignore[arg-type]
        live, known = account(*PLACES, *old), state(TOPS, behaviours=seen)
        found, _ = settle(tools, [Run("r", "ci", STARTED, (JACKET,))], live, known)

    assert found.open == ()
    assert (False, "250") in asked, "the size of the page was not what was refused"
