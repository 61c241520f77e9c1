"""What one blocked change blocks, until no more is (contract 2.4, 2.10)."""

from reconciler.behaviours import UNIQUE_NAMES, YES, of
from reconciler.model import Behaviour
from reconciler.plan import Ask, build
from tests.build import account, catalog, entry, has, state, want

UNIQUE = {of(UNIQUE_NAMES, "category"): Behaviour(YES, "2026-01-01")}


def test_what_takes_the_name_of_the_object_that_it_has_to_leave_blocks_that_delete() -> None:
    """Neither goes first: the delete keeps the reason of the circle whatever is judged later."""
    wanted = catalog(want("category", "c", name="Two"))
    live = account(has("category", "1", name="Two"), has("category", "2", name="C", parent="1"))
    known = state(
        entry("category", "old", "1", name="Two", parent=None),
        entry("category", "c", "2", name="C", parent="old"),
        behaviours=UNIQUE,
    )

    plan = build(wanted, live, known)

    way_out = (
        "this account refuses equal names, and category/c takes the name of category/old, which "
        "cannot give it up before: apply with another name for category/c first, then with this "
        "one, or say with `moved:` that it is the same object"
    )
    assert {item.ref.key: item.blocked for item in plan.changes} == {"c": way_out, "old": way_out}


def test_a_delete_is_refused_again_by_what_a_target_leaves_out() -> None:
    wanted = catalog(want("category", "c", name="C"))
    live = account(has("category", "1", name="Old"), has("category", "2", name="C", parent="1"))
    known = state(
        entry("category", "old", "1", name="Old", parent=None),
        entry("category", "c", "2", name="C", parent="old"),
    )

    whole = build(wanted, live, known)
    part = build(wanted, live, known, Ask(targets=("category/old",)))

    assert [item.blocked for item in whole.changes] == [None, None]
    assert [item.blocked for item in part.changes] == ["it still holds category/c"]
