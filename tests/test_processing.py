"""A file that was confirmed and cannot be read yet, as pure values (contract 2.8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.apply.settling import settled
from reconciler.drift import find_drift
from reconciler.live import with_processing
from reconciler.model import Live, Ref, State
from reconciler.plan import build
from reconciler.state import Intent, Run
from tests.build import account, catalog, entry, has, notes, state, want

NOW = 1_764_000_000.0
DAY = 86_400.0
HERO = replace(want("file", "hero", file_name="hero.txt", content="sha256:x size:5"), file="/x")
KNOWN = entry("file", "hero", "f-1", file_name="hero.txt")


def late(known: State, *, since: float = NOW - 60, live: Live | None = None) -> tuple[Live, State]:
    """The account on which every file of the state answers 404, and the state that waits."""
    entries = {ref: replace(item, processing=since) for ref, item in known.entries.items()}
    gone = frozenset(("file", item.id) for item in entries.values())
    found = replace(live or account(), gone=gone)
    return with_processing(found, entries.values(), NOW), replace(known, entries=entries)


@pytest.mark.parametrize(
    ("since", "waits"), [(NOW, True), (NOW - DAY + 1, True), (NOW - DAY, False), (0.0, False)]
)
def test_for_a_day_it_is_not_gone(since: float, waits: bool) -> None:
    live, known = late(state(KNOWN), since=since)
    assert live.processing == ({("file", "f-1")} if waits else set())
    assert live.gone == (set() if waits else {("file", "f-1")})

    plan = build(catalog(HERO), live, known)
    assert [change.action for change in plan.changes] == ([] if waits else ["recreate"])
    assert plan.left == ({"processing": 1} if waits else {})
    assert find_drift(catalog(HERO), live, known).count("gone") == (0 if waits else 1)


def test_one_that_answers_is_none_though_its_mark_is_still_there() -> None:
    found = account(has("file", "f-1", file_name="hero.txt", content="size:5"))
    entries = [replace(KNOWN, processing=NOW)]
    assert with_processing(found, entries, NOW).processing == set()


def test_many_of_them_are_no_sign_of_other_credentials() -> None:
    numbers = range(20)
    known = state(*(entry("file", f"f{n}", f"id-{n}", file_name=f"{n}.txt") for n in numbers))
    wanted = (
        replace(want("file", f"f{n}", file_name=f"{n}.txt", content=f"sha256:{n} size:5"), file="x")
        for n in numbers
    )
    live, known = late(known)
    plan = build(catalog(*wanted), live, known)
    assert plan.refusals == ()
    assert plan.left == {"processing": 20}


def test_one_whose_key_has_left_stays_managed() -> None:
    live, known = late(state(KNOWN))
    plan = build(catalog(), live, known)
    assert plan.settles == ()
    assert notes(plan) == (
        "file/hero has left the catalog and cannot be read yet: it stays managed",
    )


def test_the_intent_that_made_it_is_settled_and_takes_no_namesake() -> None:
    intent = Intent("create", Ref("file", "hero"), None, {"file_name": "hero.txt", "content": "x"})
    namesake = has("file", "f-2", file_name="hero.txt", content="size:5")
    live, known = late(state(KNOWN), live=account(namesake))
    found = settled([Run("r", "ci", NOW - 60, (intent,))], live, known, NOW)

    assert found.open == ()
    assert found.state.entries[KNOWN.ref].id == "f-1"
    assert found.state.doubtful == {}
