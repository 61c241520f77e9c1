"""What an account was seen to do is kept with its day; a contradiction is unknown and a note."""

from reconciler.behaviours import INHERITS, NO, YES, noticed, value_of
from reconciler.model import Behaviour


def test_what_was_never_seen_is_unknown() -> None:
    assert value_of({}, INHERITS) is None


def test_the_first_sighting_is_kept_with_its_day() -> None:
    found, note = noticed({}, INHERITS, YES, "2026-03-01")
    assert (found, note) == ({INHERITS: Behaviour(YES, "2026-03-01")}, "")


def test_the_same_sighting_again_changes_nothing() -> None:
    known = {INHERITS: Behaviour(YES, "2026-03-01")}
    assert noticed(known, INHERITS, YES, "2026-04-01") == (known, "")


def test_a_contradiction_sets_it_back_to_unknown_and_the_note_names_both_days() -> None:
    known = {INHERITS: Behaviour(YES, "2026-03-01")}
    found, note = noticed(known, INHERITS, NO, "2026-04-02")
    assert value_of(found, INHERITS) is None
    assert note == (
        "the account was seen to do otherwise before: inherits was yes on 2026-03-01 "
        "and is no on 2026-04-02; it counts as unknown from here on"
    )


def test_after_a_contradiction_the_next_sighting_counts_again() -> None:
    known = {INHERITS: Behaviour(None, "2026-04-02")}
    found, note = noticed(known, INHERITS, NO, "2026-04-03")
    assert (value_of(found, INHERITS), note) == (NO, "")
