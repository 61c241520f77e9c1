"""The limits of a run: over any of them nothing is written (contract 1.8, 2.5, 2.10, 2.12)."""

from dataclasses import replace

import pytest

from reconciler.enums import Action
from reconciler.errors import Refused
from reconciler.model import (
    Account,
    Catalog,
    Change,
    FieldChange,
    Limits,
    Live,
    Plan,
    Policy,
    Ref,
    State,
)
from reconciler.plan import Allow, Ask, build, check_account
from reconciler.plan.policy import clears
from tests.build import ACCOUNT, account, catalog, entry, has, state, want


def world(kept: int, leaving: int = 0, gone: int = 0, lost: int = 0) -> tuple[Catalog, Live, State]:
    """Groups: kept ones, ones that leave the catalog, ones gone from the account, and both."""
    names = [f"g{number:03}" for number in range(kept + leaving + gone + lost)]
    declared, there = (
        [*names[:kept], *names[kept + leaving : kept + leaving + gone]],
        kept + leaving,
    )
    return (
        catalog(*(want("attribute_group", name, name=name) for name in declared)),
        account(
            *(has("attribute_group", f"id-{name}", name=name) for name in names[:there]),
            gone=[("attribute_group", f"id-{name}") for name in names[there:]],
        ),
        state(*(entry("attribute_group", name, f"id-{name}", name=name) for name in names)),
    )


def limited(plan_of: tuple[Catalog, Live, State], **limits: int) -> tuple[Catalog, Live, State]:
    wanted, live, known = plan_of
    return replace(wanted, policy=Policy(limits=Limits(**limits))), live, known


def refused(world_: tuple[Catalog, Live, State], **allow: int) -> tuple[str, ...]:
    return build(*world_, Ask(allow=Allow(**allow))).refusals  # type: ignore[arg-type]


def test_ten_deletes_pass_and_eleven_do_not() -> None:
    assert refused(world(kept=90, leaving=10)) == ()
    assert refused(world(kept=90, leaving=11)) == (
        "11 deletes, the limit is 10: pass --allow-deletes 11, or in the same commit set "
        "`limits: {deletes: 11}` in reconciler.yaml or list the keys under `removed:`",
    )
    assert refused(world(kept=90, leaving=11), deletes=11) == ()
    assert refused(world(kept=90, leaving=12), deletes=11) == (
        "12 deletes, the limit is 11: pass --allow-deletes 12, or in the same commit set "
        "`limits: {deletes: 12}` in reconciler.yaml or list the keys under `removed:`",
    )
    assert refused(limited(world(kept=90, leaving=11), deletes=11)) == ()


def test_in_ci_a_refusal_names_what_a_reviewer_can_do() -> None:
    """A flag of the command is nothing that a commit can hold."""
    ci = Ask(allow=Allow(by_hand=False))

    assert build(*world(kept=15, leaving=11), ci).refusals == (
        "11 deletes, the limit is 10: in the same commit, set `limits: {deletes: 11}` in "
        "reconciler.yaml or list the keys under `removed:`",
        "11 of 26 managed attribute_group objects would be deleted, the limit is 20 %: in the "
        "same commit, set `limits: {delete_percent: 43}` in reconciler.yaml or list the keys "
        "under `removed:`",
    )
    assert build(*world(kept=0, gone=10), ci).refusals == (
        "none of the 10 managed attribute_group objects is left: other credentials are the "
        "likely cause; else run `pxm apply` by hand: --allow-recreate 10",
    )


def test_a_percentage_counts_from_twenty_managed_objects_on() -> None:
    assert refused(world(kept=14, leaving=5)) == ()
    assert refused(world(kept=16, leaving=4)) == ()
    assert refused(world(kept=15, leaving=5)) == (
        "5 of 20 managed attribute_group objects would be deleted, the limit is 20 %: "
        "pass --allow-deletes 5, or in the same commit set `limits: {delete_percent: 25}` in "
        "reconciler.yaml or list the keys under `removed:`",
    )
    assert refused(world(kept=15, leaving=5), deletes=5) == ()


def test_what_is_unpublished_counts_with_the_deletes_and_is_called_what_it_is() -> None:
    leaving = {"category": 25, "collection": 2}
    live, ours = [], []
    for kind, number in leaving.items():
        for n in range(number):
            live.append(has(kind, f"{n}", name=f"{kind} {n}", published=True))
            ours.append(entry(kind, f"{kind}-{n}", f"{n}", name=f"{kind} {n}"))

    plan = build(catalog(policy=Policy(prune="unpublish")), account(*live), state(*ours))

    assert plan.refusals == (
        "27 objects to unpublish, the limit is 10: pass --allow-deletes 27, or in the same commit "
        "set `limits: {deletes: 27}` in reconciler.yaml",
        "25 of 25 managed category objects would be unpublished, the limit is 20 %: pass "
        "--allow-deletes 27, or in the same commit set `limits: {delete_percent: 100}` in "
        "reconciler.yaml",
    )
    # Stated under `removed:` they would be deleted, which nobody has asked for.
    assert [item.yaml for item in plan.remedies] == [
        "limits:\n  deletes: 27\n  delete_percent: 100\n"
    ]


def test_a_kind_of_few_objects_hides_no_other_from_the_percentage() -> None:
    groups = [entry("attribute_group", "g", "g", name="G")]
    shown = [has("category", f"{n}", name=f"C{n}") for n in range(25)]
    ours = [entry("category", f"c{n}", f"{n}", name=f"C{n}", parent=None) for n in range(25)]

    plan = build(
        catalog(policy=Policy(limits=Limits(deletes=30))),
        account(has("attribute_group", "g", name="G"), *shown),
        state(*groups, *ours),
    )

    assert [text.partition(",")[0] for text in plan.refusals] == [
        "25 of 25 managed category objects would be deleted"
    ]


def test_where_nothing_may_be_deleted_one_delete_is_too_many() -> None:
    none = limited(world(kept=24, leaving=1), deletes=0, delete_percent=0)

    assert [text.partition(":")[0] for text in refused(none)] == [
        "1 deletes, the limit is 0",
        "1 of 25 managed attribute_group objects would be deleted, the limit is 0 %",
    ]


def test_stated_deletes_stand_outside_the_limits() -> None:
    wanted, live, known = world(kept=90, leaving=15)
    stated = [("attribute_group", f"g{number:03}", True) for number in range(90, 95)]
    stating = replace(wanted, removed=catalog(removed=stated).removed)

    plan = build(stating, live, known)

    assert plan.summary.delete == 15
    assert plan.refusals == ()


def test_more_than_ten_gone_write_nothing() -> None:
    assert refused(world(kept=5, gone=10)) == ()
    assert refused(world(kept=5, gone=11)) == (
        "11 managed objects are gone, the limit is 10: other credentials, or fewer rights, are "
        "the likely cause; else pass --allow-recreate 11, or in the same commit set "
        "`limits: {gone: 11}` in reconciler.yaml",
    )
    assert refused(world(kept=5, gone=11), recreate=11) == ()
    assert build(*world(kept=5, gone=10)).summary.recreate == 10


def test_what_has_left_the_catalog_as_well_counts_among_the_gone() -> None:
    """Credentials that see nothing must not make the state forget everything."""
    assert refused(world(kept=5, lost=10)) == ()
    assert refused(world(kept=5, gone=6, lost=5))[0].startswith("11 managed objects are gone")


@pytest.mark.parametrize(("gone", "lost"), [(10, 0), (0, 10), (4, 6)])
def test_none_left_of_ten_writes_nothing(gone: int, lost: int) -> None:
    assert refused(world(kept=0, gone=gone, lost=lost)) == (
        "none of the 10 managed attribute_group objects is left: other credentials are the "
        "likely cause; else pass --allow-recreate 10",
    )
    assert refused(world(kept=0, gone=gone, lost=lost), recreate=10) == ()
    assert refused(world(kept=0, gone=9)) == ()
    assert refused(world(kept=1, gone=9)) == ()


def test_what_is_gone_while_a_region_is_not_seen_is_blocked() -> None:
    wanted, live, known = world(kept=1, gone=1)
    fewer = replace(live, account=Account(ACCOUNT.base_url, frozenset({"r-us"}), "client"))

    (change,) = build(wanted, fewer, known).changes

    assert (change.action, change.blocked) == (
        "recreate",
        "it is gone, but so are regions of the account: these credentials see less",
    )


# --- clears -------------------------------------------------------------------------------------


def cleared(values: int, options: int = 0) -> Plan:
    """That many values have left the YAML, and so many options of one attribute."""
    names = [f"a{number:03}" for number in range(values)]
    labels = tuple(f"o{number}" for number in range(options))
    pick = want("attribute", "pick", label="Pick", type="Pick List", options=("kept",))
    pairs = tuple((f"id-{label}", label, "") for label in ("kept", *labels))
    return build(
        catalog(
            *(want("attribute", name, label=name, type="Text") for name in names),
            pick,
            want("collection", "c", name="C"),
        ),
        account(
            *(has("attribute", f"id-{name}", label=name, type="Text") for name in names),
            has("attribute", "id-pick", label="Pick", type="Pick List", options=pairs),
            has("collection", "5", name="C", attributes={f"id-{name}": "x" for name in names}),
        ),
        state(
            *(entry("attribute", name, f"id-{name}", label=name, type="Text") for name in names),
            entry("attribute", "pick", "id-pick", label="Pick", type="Pick List", options=("kept", *labels)),
            entry("collection", "c", "5", name="C", attributes={f"id-{name}": "x" for name in names}),
        ),
    )  # fmt: skip


def test_a_hundred_clears_pass_and_one_more_does_not() -> None:
    assert cleared(100).refusals == ()
    assert cleared(101).refusals == (
        "101 fields would be cleared, the limit is 100: pass --allow-clears 101, or in the same "
        "commit set `limits: {clears: 101}` in reconciler.yaml",
    )


def test_each_option_that_is_dropped_counts_as_a_clear() -> None:
    assert cleared(97, options=3).refusals == ()
    assert len(cleared(98, options=3).refusals) == 1


def test_a_set_that_is_emptied_counts_once_and_a_thinned_one_does_not() -> None:
    group = want("attribute_group", "g", name="G", attributes=())
    a, b = (want("attribute", key, label=key, type="Text") for key in "ab")
    live = (
        has("attribute", "1", label="a", type="Text"),
        has("attribute", "2", label="b", type="Text"),
        has("attribute_group", "9", name="G", attributes=("1", "2")),
    )
    known = state(
        entry("attribute", "a", "1", label="a", type="Text"),
        entry("attribute", "b", "2", label="b", type="Text"),
        entry("attribute_group", "g", "9", name="G", attributes=("1", "2")),
    )
    none = Policy(limits=Limits(clears=0))

    emptied = build(catalog(a, b, group, policy=none), account(*live), known)
    thinned = build(
        catalog(a, b, want("attribute_group", "g", name="G", attributes=("a",)), policy=none),
        account(*live),
        known,
    )

    assert emptied.refusals == (
        "1 fields would be cleared, the limit is 0: pass --allow-clears 1, or in the same commit "
        "set `limits: {clears: 1}` in reconciler.yaml",
    )
    assert thinned.refusals == ()


# --- one account --------------------------------------------------------------------------------


def seen(*regions: str, url: str = "https://a", client: str = "c") -> Account:
    return Account(url, frozenset(regions), client)


@pytest.mark.parametrize(
    ("known", "now", "same"),
    [
        (seen("1", "2"), seen("2", "3"), True),
        (seen("1", "2"), seen("1"), True),
        (seen("1"), seen("2"), False),
        (seen("1"), seen("1", url="https://b", client="d"), True),
        (seen("1"), seen(), True),
        (seen("1"), seen(client="d"), False),
        (seen("1"), seen(url="https://b"), False),
        (seen(), seen("1"), True),
        (seen(), seen("1", client="d"), False),
        (seen(), seen(), True),
        (seen(), seen(url="https://b"), False),
    ],
)
def test_an_account_is_known_by_its_regions_else_by_url_and_client(
    known: Account, now: Account, same: bool
) -> None:
    if same:
        check_account(State(known), now)
        return
    with pytest.raises(Refused, match="the state belongs to another account"):
        check_account(State(known), now)


def test_a_new_state_takes_any_account() -> None:
    check_account(State(), seen("1"))


# --- conflicts ----------------------------------------------------------------------------------


def test_fail_on_conflict_refuses_conflicts_and_nothing_else() -> None:
    group = catalog(want("attribute_group", "g", name="New"))
    live = account(has("attribute_group", "1", name="Theirs"))
    strict = Ask(allow=Allow(fail_on_conflict=True))

    both = build(group, live, state(entry("attribute_group", "g", "1", name="Old")), strict)
    drift = build(group, live, state(entry("attribute_group", "g", "1", name="New")), strict)

    assert both.refusals == ("1 conflicts, and --fail-on-conflict is set: attribute_group/g",)
    assert drift.refusals == ()


def test_another_account_is_refused_with_what_to_look_at() -> None:
    other = Account("https://other", frozenset({"r-9"}))

    with pytest.raises(Refused) as caught:
        check_account(state(), other)

    assert str(caught.value) == (
        "the state belongs to another account: none of its regions is seen with these credentials"
    )
    assert caught.value.hint == (
        "check PXM_CLIENT_ID and --base-url; for another account use another --state"
    )


@pytest.mark.parametrize(
    ("item", "number"),
    [
        (FieldChange("options", is_set=True, remove=("a",), clears=True), 1),
        (FieldChange("options", is_set=True, remove=("a", "b"), clears=True), 2),
        (FieldChange("fields", is_set=True, remove=("a", "b"), clears=True), 2),
        (FieldChange("categories", is_set=True, remove=("a", "b"), clears=True), 1),
        (FieldChange("name", "a", None, clears=True), 1),
        (FieldChange("name", "a", "b"), 0),
    ],
)
def test_each_option_and_sub_field_that_goes_counts_as_cleared(
    item: FieldChange, number: int
) -> None:
    change = Change(Action.UPDATE, Ref("attribute", "a"), "1", "a", None, (item, item))

    assert clears(change) == 2 * number


def values(number: int, live: str, sent: str, desired: str | None) -> tuple[Catalog, Live, State]:
    """So many products whose additional title stands so on its three sides."""
    keys = [f"p{n:02}" for n in range(number)]
    fields = {} if desired is None else {"additional_title": desired}
    title = {"additional_title": live}
    return (
        catalog(*(want("collection", key, name=key, **fields) for key in keys)),
        account(*(has("collection", key, name=key, **title) for key in keys)),
        state(*(entry("collection", key, key, name=key, additional_title=sent) for key in keys)),
    )


def test_the_command_line_lifts_the_limit_of_clears() -> None:
    wanted, live, known = limited(values(3, "x", "x", None), clears=2)

    assert refused((wanted, live, known)) == (
        "3 fields would be cleared, the limit is 2: pass --allow-clears 3, or in the same commit "
        "set `limits: {clears: 3}` in reconciler.yaml",
    )
    assert refused((wanted, live, known), clears=3) == ()
    assert refused((wanted, live, known), clears=1) == (
        "3 fields would be cleared, the limit is 1: pass --allow-clears 3, or in the same commit "
        "set `limits: {clears: 3}` in reconciler.yaml",
    )


def test_five_conflicts_are_named_and_all_are_counted() -> None:
    plan = build(*values(6, "theirs", "ours", "new"), Ask(allow=Allow(fail_on_conflict=True)))

    assert plan.refusals == (
        "6 conflicts, and --fail-on-conflict is set: collection/p00, collection/p01, "
        "collection/p02, collection/p03, collection/p04",
    )
