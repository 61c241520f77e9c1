"""`moved:` entries (contract 1.1): one history serves accounts at every point of it."""

from typing import Any

import pytest

from reconciler.model import Plan, Ref, State
from reconciler.plan import Ask, build
from tests.build import account, catalog, entry, has, notes, state, want

Moves = list[tuple[str, str, str]]


def tops(*moves: str) -> Moves:
    """`a>b` as an entry of collections."""
    return [("collection", *move.split(">")) for move in moves]  # type: ignore[misc]


def plan_of(
    keys: str,
    moves: Moves,
    known: str,
    *,
    done: Moves | None = None,
    removed: Any = (),
    gone: str = "",
    **fields: Any,
) -> Plan:
    """A catalog with these keys and a state with those, each product named by its key."""
    wanted = (want("collection", key, name=key.upper(), **fields) for key in keys.split())
    live = (has("collection", f"id-{key}", name=key.upper()) for key in known.split())
    held = (entry("collection", key, f"id-{key}", name=key.upper()) for key in known.split())
    return build(
        catalog(*wanted, moved=moves, removed=removed),
        account(*(item for item in live if item.id != f"id-{gone}")),
        state(*held, moved=frozenset(done or ())),
    )


def carried(plan: Plan) -> list[tuple[str, str, str | None]]:
    return [(item.action, item.ref.key, item.source) for item in plan.changes]


@pytest.mark.parametrize(
    ("known", "done", "recorded"),
    [
        ("a", [], ["a>b", "b>c"]),
        ("b", ["a>b"], ["a>b", "b>c"]),
        ("b", [], ["b>c"]),
        ("c", ["a>b", "b>c"], ["a>b", "b>c"]),
    ],
)
def test_a_history_of_two_renames_serves_an_account_at_every_point_of_it(
    known: str, done: list[str], recorded: list[str]
) -> None:
    plan = plan_of("c", tops("a>b", "b>c"), known, done=tops(*done))

    moved = [] if known == "c" else [("move", "c", f"collection/{known}")]
    assert carried(plan) == moved
    assert plan.moved == frozenset(tops(*recorded))
    assert notes(plan) == ()


def test_a_chain_ends_at_its_first_key_that_is_in_the_catalog() -> None:
    plan = plan_of("b c", tops("a>b", "b>c"), "a b")

    assert carried(plan) == [("move", "b", "collection/a"), ("move", "c", "collection/b")]
    assert plan.moved == frozenset(tops("a>b", "b>c"))


def test_a_recorded_entry_says_nothing_when_its_key_is_used_again() -> None:
    plan = plan_of("b", tops("a>b"), "a b", done=tops("a>b"))

    assert carried(plan) == [("delete", "a", None)]


def test_a_rename_and_its_way_back_leave_a_key_as_it_is() -> None:
    plan = plan_of("a", tops("a>b", "b>a"), "a")

    assert carried(plan) == []
    assert plan.moved == frozenset(tops("a>b", "b>a"))


def test_of_two_sources_of_one_target_the_one_that_the_state_holds_is_taken() -> None:
    assert carried(plan_of("c", tops("a>c", "b>c"), "b")) == [("move", "c", "collection/b")]


def test_two_sources_of_one_target_in_the_state_are_an_error() -> None:
    from reconciler.errors import CatalogError

    with pytest.raises(CatalogError) as told:
        plan_of("c", tops("a>c", "b>c"), "a b")

    assert str(told.value.problems[0]) == (
        "moves.yaml:1:1: error: moved: collection 'b' becomes 'c', and so does 'a' (the state "
        "holds both; see `pxm state list`, and `pxm state rm` the one that is wrong)"
    )


def test_a_target_that_the_state_holds_already_is_an_error() -> None:
    from reconciler.errors import CatalogError

    with pytest.raises(CatalogError) as told:
        plan_of("c", tops("a>c"), "a c")

    assert "'a' becomes 'c', which is already managed" in told.value.problems[0].message


def test_a_source_whose_object_is_gone_gives_way_to_what_has_its_new_key() -> None:
    plan = plan_of("c", tops("a>c"), "a c", gone="a")

    assert carried(plan) == []
    assert notes(plan) == ("collection/a has left the catalog and the account; it is forgotten",)


def test_a_chain_that_ends_at_a_removed_key_is_that_removal() -> None:
    moves = tops("a>b", "b>c")

    stated = plan_of("", moves, "a", removed=[("collection", "c", True)])
    let_go = plan_of("", moves, "a", removed=[("collection", "c", False)])

    assert carried(stated) == [("delete", "a", None)]
    assert carried(let_go) == []
    assert [(item.ref.key, item.drop) for item in let_go.settles] == [("a", True)]
    assert stated.moved == let_go.moved == frozenset(moves)


def test_deletes_by_a_removed_key_do_not_count_against_the_limit() -> None:
    keys = [f"p{number}" for number in range(12)]
    moves = tops(*(f"{key}>{key}-late" for key in keys))
    removed = [("collection", f"{key}-late", True) for key in keys]

    assert plan_of("", moves, " ".join(keys), removed=removed).refusals == ()
    (refusal,) = plan_of("", moves, " ".join(keys)).refusals
    assert refusal.startswith("12 deletes, the limit is 10: pass --allow-deletes 12")


def test_what_a_chain_leads_nowhere_is_deleted_by_name_of_the_entry() -> None:
    plan = plan_of("d", tops("a>b"), "a")

    assert carried(plan) == [("create", "d", None), ("delete", "a", None)]
    assert str(plan.changes[1].place) == "moves.yaml:1:1"
    assert notes(plan) == (
        "collection/a has left the catalog: `moved:` at moves.yaml:1:1 gives it the key 'b', "
        "which the catalog does not have",
    )


def test_an_entry_that_leads_nowhere_is_not_recorded() -> None:
    """Were it, the catalog could not be mended: the entry would say nothing, and `a` be deleted."""
    assert plan_of("d", tops("a>b"), "a").moved == frozenset()


def test_a_move_that_is_not_made_is_not_recorded() -> None:
    """Its object keeps its old key in the state; a recorded entry would leave it to be deleted."""
    wanted = catalog(
        want("collection", "b", name="B"), want("collection", "x", name="X"), moved=tops("a>b")
    )
    live = account(has("collection", "1", name="A"), has("collection", "2", name="W"))
    known = state(entry("collection", "a", "1", name="A"), entry("collection", "x", "2", name="W"))

    aimed = build(wanted, live, known, Ask(targets=("collection/x",)))
    permitted = build(wanted, live, known, Ask(reviewed=()))
    blocked = build(
        catalog(want("attribute", "b", label="B", type="Text"), moved=[("attribute", "a", "b")]),
        account(has("attribute", "1", label="B", type="Date")),
        state(entry("attribute", "a", "1", label="B", type="Date")),
    )

    assert aimed.moved == permitted.moved == blocked.moved == frozenset()
    assert blocked.changes[0].blocked is not None
    assert build(wanted, live, known).moved == frozenset(tops("a>b"))


def test_a_moved_object_that_is_gone_is_made_again_under_its_new_key() -> None:
    plan = plan_of("b", tops("a>b"), "a", gone="a")

    assert carried(plan) == [("recreate", "b", "collection/a")]
    assert plan.moved == frozenset(tops("a>b"))


def test_a_moved_object_that_is_external_now_leaves_the_state() -> None:
    plan = build(
        catalog(want("collection", "b", name="A", external=True), moved=tops("a>b")),
        account(has("collection", "1", name="A")),
        state(entry("collection", "a", "1", name="A")),
    )

    assert plan.changes == ()
    assert [(item.ref, item.drop) for item in plan.settles] == [(Ref("collection", "a"), True)]
    assert plan.moved == frozenset(tops("a>b"))


def test_a_new_state_walks_nothing() -> None:
    plan = build(catalog(want("collection", "b", name="B"), moved=tops("a>b")), account(), State())

    assert plan.moved == frozenset()
