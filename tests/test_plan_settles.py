"""What a plan writes into the state alone (contract 2.3), beside what needs a request."""

from reconciler.model import Ref, Settle
from reconciler.plan import build
from tests.build import account, catalog, entry, has, state, want

A, B = Ref("category", "a"), Ref("category", "b")


def test_a_value_that_somebody_changed_and_nobody_declares_is_let_go_without_a_request() -> None:
    known = state(entry("category", "a", "1", name="A", parent=None, published=True))

    plan = build(
        catalog(want("category", "a", name="A")),
        account(has("category", "1", name="A", published=False)),
        known,
    )

    assert (plan.changes, plan.settles) == ((), (Settle(A, "1", {}, ("published",)),))


def test_what_is_external_is_never_settled_and_stops_no_other() -> None:
    wanted = catalog(
        want("attribute", "theirs", label="Theirs", type="Text", external=True),
        want("category", "a", name="A", external=True),
        want("category", "b", name="New"),
    )
    live = account(
        has("attribute", "9", label="Theirs", type="Text"),
        has("category", "1", name="A"),
        has("category", "2", name="New"),
    )

    plan = build(wanted, live, state(entry("category", "b", "2", name="Old", parent=None)))

    assert plan.settles == (Settle(B, "2", {"name": "New"}),)
    assert plan.unchanged == 1
