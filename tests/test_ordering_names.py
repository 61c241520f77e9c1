"""Operations that compete for one natural key (contract 2.4): pure, over plans of any shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.behaviours import UNIQUE_NAMES, YES, of
from reconciler.model import Behaviour, Catalog, Change, Live, Plan, Ref, State
from reconciler.ordering import turns
from reconciler.ordering.competing import givers, waves
from reconciler.ordering.graphs import circles, layers
from reconciler.plan import build
from reconciler.wire import Names
from tests.build import account, catalog, entry, has, state, want

SEEN = {of(UNIQUE_NAMES, "category"): Behaviour(YES, "2026-01-01")}


def refs(*keys: str) -> tuple[Ref, ...]:
    return tuple(Ref("category", key) for key in keys)


# --- graphs -------------------------------------------------------------------------------------

GRAPHS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20)


def graph(edges: list[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {node: set() for node in range(9)}
    for one, other in edges:
        found[one].add(other)
    return found


def reachable(start: int, needs: dict[int, set[int]]) -> set[int]:
    found: set[int] = set()
    pending = list(needs[start])
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += needs[node]
    return found


@given(GRAPHS)
def test_a_circle_is_who_can_be_reached_from_each_other(edges: list[tuple[int, int]]) -> None:
    needs = graph(edges)
    mutual = {
        frozenset(other for other in needs if other in reachable(node, needs) and node in reachable(other, needs))
        | {node}
        for node in needs
    }  # fmt: skip

    found = circles(needs)

    assert set(found) == {group for group in mutual if len(group) > 1}
    assert len(set(found)) == len(found)


@given(GRAPHS)
def test_layers_come_after_what_they_need_and_as_early_as_they_can(
    edges: list[tuple[int, int]],
) -> None:
    needs = graph([(max(edge), min(edge)) for edge in edges if edge[0] != edge[1]])

    found = layers(list(range(9)), needs)

    place = {node: index for index, layer in enumerate(found) for node in layer}
    assert sorted(place) == list(range(9))
    for node, others in needs.items():
        assert place[node] == max((place[other] + 1 for other in others), default=0)


# --- waves --------------------------------------------------------------------------------------


@given(st.permutations("abcdef"), st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=8))  # fmt: skip
def test_waves_hold_all_once_and_every_preference_that_is_in_no_circle(
    order: list[str], pairs: list[tuple[str, str]]
) -> None:
    giving: dict[Ref, tuple[Ref, ...]] = {}
    for taker, giver in pairs:
        if taker != giver:
            (ref,) = refs(taker)
            giving[ref] = (*giving.get(ref, ()), *refs(giver))

    found = waves(refs(*order), giving)

    place = {ref: index for index, wave in enumerate(found) for ref in wave}
    assert len(place) == sum(map(len, found)) == len(order)
    circle = {ref: group for group in circles(giving) for ref in group}
    for taker, others in giving.items():
        for giver in others:
            if giver not in circle.get(taker, ()):
                assert place[giver] < place[taker]
    for group in circles(giving):
        assert all(
            place[giver] < place[ref]
            for ref in group
            for giver in giving[ref]
            if giver not in group
        )


# --- whole plans --------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Categories by key: name, and the key of what they stand under; `before` and `after`."""

    before: dict[str, tuple[str, str | None]]
    after: dict[str, tuple[str, str | None]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Two trees of the same and of other keys, no two siblings of one name."""

    def tree(keys: list[str]) -> dict[str, tuple[str, str | None]]:
        found: dict[str, tuple[str, str | None]] = {}
        for index, key in enumerate(keys):
            above = draw(st.integers(-1, index - 1))
            parent = keys[above] if above >= 0 else None
            free = [name for name in "123456789" if (name, parent) not in found.values()]
            found[key] = (draw(st.sampled_from(free[:3])), parent)
        return found

    keys = draw(st.permutations("abcdefg"))
    return World(tree(keys[:5]), tree(draw(st.permutations(keys[2:]))))


def both(world: World) -> tuple[Catalog, Live, list[Any]]:
    """The second tree is wanted, the first is there; what leaves was said to."""
    wanted = [want("category", key, name=name, parent=above) for key, (name, above) in world.after.items()]  # fmt: skip
    live = [has("category", f"id-{key}", name=name, parent=above and f"id-{above}") for key, (name, above) in world.before.items()]  # fmt: skip
    known = [entry("category", key, f"id-{key}", name=name, parent=above and f"id-{above}") for key, (name, above) in world.before.items()]  # fmt: skip
    gone = [("category", key, True) for key in world.before if key not in world.after]
    return catalog(*wanted, removed=gone), account(*live), known


def made(world: World, plan: Plan) -> dict[str, tuple[str, str | None]]:
    """Write a plan as apply does; every state on the way has no two siblings of one name."""
    now = dict(world.before)
    written: list[Ref] = []
    for batch in plan.batches:
        for wave in batch.waves:
            for ref in wave:
                written.append(ref)
                if batch.verb == "DELETE":
                    assert all(above != ref.key for _, above in now.values())
                    del now[ref.key]
                else:
                    now[ref.key] = world.after[ref.key]
            names = list(now.values())
            assert len(set(names)) == len(names), (ref, names)
    active = [change.ref for change in plan.active if change.verb]
    assert sorted(written) == sorted(active)
    return now


@settings(max_examples=200)
@given(worlds())
def test_where_equal_names_are_refused_no_name_is_ever_taken_before_it_is_free(
    world: World,
) -> None:
    wanted, live, known = both(world)

    plan = build(wanted, live, state(*known, behaviours=SEEN))

    now = made(world, plan)
    if not plan.summary.blocked:
        assert now == world.after


@settings(max_examples=200)
@given(worlds())
def test_only_circles_and_what_hangs_on_them_are_blocked(world: World) -> None:
    """What is blocked where names are unique names a taker that its giver cannot go before."""
    wanted, live, known = both(world)
    plain = build(wanted, live, state(*known))
    assume(not plain.summary.blocked)

    plan = build(wanted, live, state(*known, behaviours=SEEN))

    reasons = [str(change.blocked) for change in plan.changes if change.blocked]
    roots = [reason for reason in reasons if reason.startswith("this account refuses equal names")]
    assert bool(roots) == bool(reasons)
    known_reasons = ("this account refuses", "it depends on", "it still holds", "category/")
    assert all(reason.startswith(known_reasons) for reason in reasons)


@settings(max_examples=100)
@given(worlds())
def test_where_they_are_allowed_nothing_is_blocked_and_all_is_made_once(world: World) -> None:
    wanted, live, known = both(world)

    plan = build(wanted, live, state(*known))

    assert not plan.summary.blocked
    written = [ref for batch in plan.batches for ref in batch.refs]
    assert sorted(written) == sorted(change.ref for change in plan.active if change.verb)
    place = {ref: index for index, batch in enumerate(plan.batches) for ref in batch.refs}
    for change in plan.active:
        assert all(place[need] < place[change.ref] for need in change.depends_on if need in place)
    verbs = [batch.verb for batch in plan.batches]
    assert "DELETE" not in verbs[: len(verbs) - verbs.count("DELETE")]


def test_the_same_in_gives_the_same_batches() -> None:
    """Preferences are told by names, and stand in no order of ids or of the catalog."""
    plans = set()
    for ids in ("123", "321"):
        live = [has("category", id_, name=name) for id_, name in zip(ids, ("One", "Two", "Three"), strict=True)]  # fmt: skip
        known = [entry("category", key, id_, name=name, parent=None) for key, id_, name in zip("abc", ids, ("One", "Two", "Three"), strict=True)]  # fmt: skip
        wanted = [want("category", key, name=name) for key, name in zip("abc", ("Two", "Three", "Four"), strict=True)]  # fmt: skip
        plans.add(build(catalog(*wanted), account(*live), state(*known)).batches)
        plans.add(build(catalog(*wanted[::-1]), account(*live[::-1]), state(*known[::-1])).batches)

    (batches,) = plans
    assert [[ref.key for ref in batch.refs] for batch in batches] == [["c"], ["b", "a"]]
    assert batches[1].waves == (refs("b"), refs("a"))


def test_a_chain_of_renames_costs_no_more_where_names_are_unique() -> None:
    """Waves of one batch order it: read together, written one after the other."""
    keys = [f"k{number:02}" for number in range(30)]
    live = [has("category", key, name=key) for key in keys]
    known = [entry("category", key, key, name=key, parent=None) for key in keys]
    wanted = [want("category", key, name=name) for key, name in zip(keys, [*keys[1:], "new"], strict=True)]  # fmt: skip

    plain = build(catalog(*wanted), account(*live), state(*known))
    unique = build(catalog(*wanted), account(*live), state(*known, behaviours=SEEN))

    assert unique.batches == plain.batches
    assert [len(batch.refs) for batch in unique.batches] == [1, 29]
    assert [ref.key for ref in unique.batches[1].refs] == keys[-2::-1]


def test_what_needs_nothing_stands_in_its_order_and_need_not_be_named() -> None:
    assert layers(("b", "a", "c"), {"c": ("b",)}) == [["b", "a"], ["c"]]


def test_who_is_blocked_gives_nothing_up() -> None:
    one = Change("delete", Ref("category", "a"), "1", "One", None)
    two = Change("create", Ref("category", "b"), None, "One", None, sent={"name": "One", "parent": None})  # fmt: skip
    live, names = account(has("category", "1", name="One")), Names()

    assert givers([one, two], live, names) == {two.ref: (one.ref,)}
    assert givers([one.block("no"), two], live, names) == {}
    assert givers([one, two.block("no")], live, names) == {}


def test_names_are_equal_as_natural_keys_are() -> None:
    one = Change("delete", Ref("category", "a"), "1", "One", None)
    two = Change("create", Ref("category", "b"), None, "One", None, sent={"name": "A & B"})
    live = account(has("category", "1", name=" A &amp; B "))

    assert givers([one, two], live, Names()) == {two.ref: (one.ref,)}


def test_a_delete_that_frees_a_name_brings_the_deletes_of_its_content_forward() -> None:
    changes = [
        Change("create", Ref("category", "new"), None, "", None, depends_on=refs("old")),
        Change("create", Ref("category", "child"), None, "", None, depends_on=refs("new")),
        Change("create", Ref("category", "free"), None, "", None),
        Change("delete", Ref("category", "old"), "1", "", None, depends_on=refs("inner")),
        Change("delete", Ref("category", "inner"), "2", "", None),
        Change("delete", Ref("category", "other"), "3", "", None),
    ]

    assert [[item.ref.key for item in turn] for turn in turns(changes)] == [
        ["free"],
        ["old", "inner"],
        ["new", "child"],
        ["other"],
    ]


def test_what_a_circle_holds_holds_further_deletes_and_names() -> None:
    """c cannot leave a, so a is not deleted, so g does not get its name, so d cannot leave x."""
    world = World(
        {"a": ("1", None), "c": ("2", "a"), "e": ("2", None), "x": ("X", None), "d": ("D", "x")},
        {"c": ("2", None), "e": ("2", "c"), "g": ("1", None), "d": ("D", "g")},
    )
    wanted, live, known = both(world)

    plan = build(wanted, live, state(*known, behaviours=SEEN))

    circle = (
        "this account refuses equal names, and category/c takes the name of category/e, which "
        "cannot give it up before: apply with another name for category/c first, then with this one"
    )
    assert {change.ref.key: change.blocked for change in plan.changes} == {
        "c": circle,
        "e": circle,
        "a": "it still holds category/c",
        "g": "it depends on category/a, which is blocked",
        "d": "it depends on category/g, which is blocked",
        "x": "it still holds category/d",
    }
    assert plan.batches == ()


def test_an_empty_account_is_new_to_all_of_this() -> None:
    assert turns([]) == [[], []]
    assert build(catalog(), account(), State()).batches == ()
