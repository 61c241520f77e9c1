"""What a plan says besides its changes: what it leaves, what it was asked, where it belongs."""

from reconciler.model import Policy, Ref
from reconciler.plan import Ask, build
from reconciler.plan.cost import price
from tests.build import account, catalog, entry, has, state, want

CATEGORIES = [want("category", key, name=f"New {key}") for key in "abc"]
LIVE = account(*(has("category", str(n), name=f"Old {key}") for n, key in enumerate("abc", 1)))
KNOWN = state(
    *(
        entry("category", key, str(n), name=f"Old {key}", parent=None)
        for n, key in enumerate("abc", 1)
    )
)


def test_what_a_plan_leaves_on_purpose_is_counted_by_its_reason() -> None:
    wanted = catalog(*CATEGORIES)
    reviewed = build(wanted, LIVE, KNOWN, Ask(targets=("category/a",)))
    plan = build(
        wanted, LIVE, KNOWN, Ask(targets=("category/a", "category/b"), reviewed=(reviewed,))
    )

    assert plan.left == {"not targeted": 1, "not permitted": 1}
    assert [change.ref for change in plan.changes] == [Ref("category", "a")]


def test_drift_that_is_kept_is_counted_object_by_object() -> None:
    wanted = catalog(*(want("category", key, name=f"Old {key}") for key in "abc"))
    wanted = catalog(*wanted.resources.values(), policy=Policy(drift="keep"))
    drifted = account(
        has("category", "1", name="Other", published=True),
        has("category", "2", name="Another"),
        has("category", "3", name="Old c"),
    )

    assert build(wanted, drifted, KNOWN).left == {"drift kept": 2}


def test_a_plan_says_what_it_was_asked_and_what_it_costs() -> None:
    plan = build(
        catalog(*CATEGORIES), LIVE, KNOWN, Ask(targets=("category/a",), environment="staging")
    )

    assert (plan.targets, plan.environment) == (("category/a",), "staging")
    assert plan.cost == price(plan.batches, Policy().rate)
    assert plan.cost.requests == 3


def test_a_target_that_is_removed_names_the_delete_whether_or_not_a_slash_follows() -> None:
    wanted = catalog(*CATEGORIES[:2])
    for text in ("category/c", "category/c/"):
        plan = build(wanted, LIVE, KNOWN, Ask(targets=(text,)))
        assert [(change.action, change.ref.key) for change in plan.changes] == [("delete", "c")]
