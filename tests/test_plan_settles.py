"""What a plan writes into the state alone (contract 2.3), beside what needs a request."""

from reconciler.model import Policy, Ref, Settle
from reconciler.plan import Ask, build
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


def test_what_is_out_of_sight_already_is_let_go_and_what_was_reviewed_of_it_is_done() -> None:
    wanted = catalog(policy=Policy(prune="unpublish"))
    known = state(entry("category", "a", "1", name="A", parent=None, published=True))
    reviewed = build(wanted, account(has("category", "1", name="A", published=True)), known)

    hidden = account(has("category", "1", name="A", published=False))
    plan = build(wanted, hidden, known, Ask(reviewed=(reviewed,)))

    assert [str(item.action) for item in reviewed.changes] == ["unpublish"]
    assert (plan.changes, plan.settles) == ((), (Settle(A, "1", drop=True),))
    assert plan.review is not None
    assert (plan.review.done, plan.review.overtaken) == (("category/a", "category/a published"), ())
