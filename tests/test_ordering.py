"""The order of single operations (contract 2.4): after what they depend on, deletes the other way."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.kinds import ORDER
from reconciler.known import references
from reconciler.model import Catalog, Change, FieldChange, Plan, Ref, Resource, State
from reconciler.ordering import (
    behind_writes,
    dependencies,
    in_order,
    kinds_in_order,
    levels,
    needs_of,
    turns,
    with_dependents_blocked,
)
from reconciler.plan import build
from tests.build import account, catalog, entry, has, state, want


def batches(plan: Plan) -> list[list[str]]:
    return [[str(ref) for ref in batch.refs] for batch in plan.batches]


def positions(plan: Plan) -> dict[Ref, int]:
    """The batch in which each object is written."""
    return {ref: index for index, batch in enumerate(plan.batches) for ref in batch.refs}


# --- the table ----------------------------------------------------------------------------------


def test_kinds_go_in_the_order_of_references_and_parents_first() -> None:
    plan = build(
        catalog(
            want("resource", "r", description="R", link="l", category="b", collections=("v",)),
            want("collection", "v", name="V", type="variant", variant_of="p"),
            want("collection", "p", name="P", type="parent", category="b", categories=("b",), attributes={"t": "x"}),
            want("category", "b", name="B", parent="a"),
            want("category", "a", name="A"),
            want("attribute_group", "g", name="G", attributes=("t",)),
            want("attribute", "t", label="T", type="Text"),
        ),
        account(),
        state(),
    )  # fmt: skip

    assert batches(plan) == [
        ["attribute/t"],
        ["attribute_group/g"],
        ["category/a"],
        ["category/b"],
        ["collection/p"],
        ["collection/v"],
        ["resource/r"],
    ]


def test_deletes_come_last_and_children_first() -> None:
    live = account(
        has("category", "1", name="A"),
        has("category", "2", name="B", parent="1"),
        has("collection", "3", name="P", type="parent", category="2", categories=("2",)),
        has("collection", "4", name="V", variant_of="3"),
        has("attribute", "5", label="T", type="Text"),
        has("resource", "6", description="R", link="l", collections=("4",)),
    )
    known = state(
        entry("category", "a", "1", name="A", parent=None),
        entry("category", "b", "2", name="B", parent="1"),
        entry("collection", "p", "3", name="P", type="parent"),
        entry("collection", "v", "4", name="V", type="variant", variant_of="3"),
        entry("attribute", "t", "5", label="T", type="Text"),
        entry("resource", "r", "6", description="R", link="l"),
    )

    plan = build(catalog(want("category", "new", name="New")), live, known)

    assert batches(plan) == [
        ["category/new"],
        ["resource/r"],
        ["collection/v"],
        ["collection/p"],
        ["category/b"],
        ["category/a"],
        ["attribute/t"],
    ]


def test_an_option_is_there_before_the_value_that_names_it() -> None:
    pick = want("attribute", "p", label="P", type="Pick List", options=("old", "new"))
    plan = build(
        catalog(want("collection", "c", name="C", attributes={"p": ("new",)}), pick),
        account(
            has("attribute", "1", label="P", type="Pick List", options=(("o", "old", ""),)),
            has("collection", "5", name="C", attributes={"1": ["o"]}),
        ),
        state(
            entry("attribute", "p", "1", label="P", type="Pick List", options=("old",)),
            entry("collection", "c", "5", name="C", attributes={"1": ("old",)}),
        ),
    )

    assert batches(plan) == [["attribute/p"], ["collection/c"]]
    assert plan.changes[1].depends_on == (Ref("attribute", "p"),)


def test_a_changed_name_holds_nobody_up() -> None:
    plan = build(
        catalog(want("category", "a", name="New"), want("category", "b", name="B", parent="a")),
        account(has("category", "1", name="A")),
        state(entry("category", "a", "1", name="A", parent=None)),
    )

    assert [(str(item.ref), item.depends_on) for item in plan.changes] == [
        ("category/a", ()),
        ("category/b", ()),
    ]


def test_a_blocked_object_is_left_out_with_what_depends_on_it() -> None:
    near = has("category", "1", name="A", parent="9")
    plan = build(
        catalog(
            want("category", "a", name="A"),
            want("category", "b", name="B", parent="a"),
            want("collection", "c", name="C", category="b", categories=("b",)),
            want("collection", "d", name="D"),
        ),
        account(near, has("category", "9", name="Other")),
        State(),
    )

    assert [item.blocked for item in plan.changes[1:]] == [
        "it depends on category/a, which is blocked",
        "it depends on category/b, which is blocked",
        None,
    ]
    assert batches(plan) == [["collection/d"]]
    assert plan.summary.blocked == 3


def test_the_first_of_each_sort_goes_alone_and_batches_hold_a_hundred() -> None:
    names = [f"c{number:03}" for number in range(250)]
    plan = build(catalog(*(want("collection", name, name=name) for name in names)), account(), state())  # fmt: skip

    assert [(len(batch.refs), batch.first) for batch in plan.batches] == [
        (1, True),
        (100, False),
        (100, False),
        (49, False),
    ]


@pytest.mark.parametrize(
    ("field", "sort"), [({"name": "New"}, "update"), ({"regions": ("EU",)}, "array")]
)
def test_updates_of_scalars_and_of_arrays_are_sorts_of_their_own(
    field: dict[str, Any], sort: str
) -> None:
    wanted = want("category", "a", **{"name": "A", **field})
    known = state(entry("category", "a", "1", name="A", parent=None))

    (change,) = build(catalog(wanted), account(has("category", "1", name="A")), known).changes

    assert change.sort == sort


# --- any graph ----------------------------------------------------------------------------------


@st.composite
def trees(draw: st.DrawFn, size: int = 12) -> dict[str, str | None]:
    """Categories, each under an earlier one or none, in any order of keys."""
    keys = draw(st.permutations([f"k{number:02}" for number in range(size)]))
    parents: dict[str, str | None] = {}
    for index, key in enumerate(keys):
        above = draw(st.integers(-1, index - 1))
        parents[key] = keys[above] if above >= 0 else None
    return parents


def resources(parents: dict[str, str | None]) -> list[Resource]:
    return [want("category", key, name=key.upper(), parent=above) for key, above in parents.items()]


def living(parents: dict[str, str | None]) -> tuple[list[Any], list[Any]]:
    live = [has("category", f"id-{key}", name=key.upper(), parent=above and f"id-{above}") for key, above in parents.items()]  # fmt: skip
    known = [entry("category", key, f"id-{key}", name=key.upper(), parent=above and f"id-{above}") for key, above in parents.items()]  # fmt: skip
    return live, known


@given(trees())
def test_every_create_comes_after_what_it_depends_on(parents: dict[str, str | None]) -> None:
    place = positions(build(catalog(*resources(parents)), account(), state()))

    assert len(place) == len(parents)
    for key, above in parents.items():
        if above is not None:
            assert place[Ref("category", above)] < place[Ref("category", key)]


@given(trees())
def test_every_delete_comes_before_what_it_stands_in(parents: dict[str, str | None]) -> None:
    live, known = living(parents)
    keep: Catalog = catalog(want("attribute_group", "g", name="G"))
    place = positions(build(keep, account(*live), state(*known)))

    assert len(place) == len(parents) + 1
    for key, above in parents.items():
        if above is not None:
            assert place[Ref("category", key)] < place[Ref("category", above)]


def test_a_category_moves_under_another_when_all_above_that_one_stands_in_its_place() -> None:
    """a > b > c becomes b > c > a: c itself does not change, and b has to leave a first."""
    live, known = living({"a": None, "b": "a", "c": "b"})
    after = resources({"a": "c", "b": None, "c": "b"})

    plan = build(catalog(*after), account(*live), state(*known))

    assert batches(plan) == [["category/b"], ["category/a"]]


@settings(max_examples=300)
@given(before=trees(7), after=trees(7))
def test_no_move_of_a_tree_into_another_makes_a_circle_on_the_way(
    before: dict[str, str | None], after: dict[str, str | None]
) -> None:
    """Made in the order of the batches, no category ever lies under itself."""
    live, known = living(before)
    plan = build(catalog(*resources(after)), account(*live), state(*known))
    now = dict(before)

    for batch in plan.batches:
        for ref in batch.refs:
            now[ref.key] = after[ref.key]
        for key in now:
            step, seen = now[key], {key}
            while step is not None:
                assert step not in seen
                seen.add(step)
                step = now[step]
    assert now == after


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_levels_of_any_graph_keep_order_and_dependencies(edges: list[tuple[int, int]]) -> None:
    needs: dict[int, set[int]] = {number: set() for number in range(10)}
    for one, other in edges:
        if one != other:
            needs[max(one, other)].add(min(one, other))
    changes = [
        Change("create", Ref("category", f"{number}"), None, "", None,
               depends_on=tuple(Ref("category", f"{need}") for need in sorted(needs[number])))
        for number in range(10)
    ]  # fmt: skip

    found = levels(changes)

    assert sorted(item.ref.key for group in found for item in group) == [f"{n}" for n in range(10)]
    level = {item.ref: index for index, group in enumerate(found) for item in group}
    for change in changes:
        assert all(level[need] < level[change.ref] for need in change.depends_on)
    assert all(group == sorted(group, key=lambda item: item.ref.key) for group in found)


# --- what was refused last time -----------------------------------------------------------------


def test_what_was_refused_last_time_comes_last_of_its_kind_with_what_depends_on_it() -> None:
    plan = build(
        catalog(
            want("category", "a", name="A"),
            want("category", "a-1", name="A 1", parent="a"),
            want("category", "b", name="B"),
            want("category", "b-1", name="B 1", parent="b"),
            want("collection", "c", name="C", category="a", categories=("a",)),
        ),
        account(),
        state(refused=frozenset({Ref("category", "a")})),
    )

    assert batches(plan) == [
        ["category/b"],
        ["category/b-1"],
        ["category/a"],
        ["category/a-1"],
        ["collection/c"],
    ]


@given(trees(), st.data())
def test_no_refused_object_comes_before_one_that_can_do_without_it(
    parents: dict[str, str | None], data: st.DataObject
) -> None:
    refused = {key for key in parents if data.draw(st.booleans())}
    known = state(refused=frozenset(Ref("category", key) for key in refused))

    place = positions(build(catalog(*resources(parents)), account(), known))

    def waits(key: str | None) -> bool:
        return key is not None and (key in refused or waits(parents[key]))

    assert len(place) == len(parents)
    late = [place[Ref("category", key)] for key in parents if waits(key)]
    early = [place[Ref("category", key)] for key in parents if not waits(key)]
    assert max(early, default=-1) < min(late, default=len(parents))
    for key, above in parents.items():
        assert above is None or place[Ref("category", above)] < place[Ref("category", key)]


# --- one object at a time ---


@pytest.mark.parametrize(
    ("kind", "path", "value", "named"),
    [
        ("collection", "category", "t", ("category/t",)),
        ("collection", "categories", ("t", "u"), ("category/t", "category/u")),
        ("collection", "attributes.size", "M", ("attribute/size",)),
        ("collection", "attributes.size", ("M", "L"), ("attribute/size",)),
        ("collection", "variant_of", "p", ("collection/p",)),
        ("collection", "name", "t", ()),
        ("collection", "regions", ("EU",), ()),
        ("collection", "category", None, ()),
        ("attribute", "options", ("a",), ()),
        ("attribute_group", "attributes", ("a", "b"), ("attribute/a", "attribute/b")),
    ],
)
def test_a_value_names_the_objects_that_it_refers_to(
    kind: str, path: str, value: Any, named: tuple[str, ...]
) -> None:
    assert tuple(map(str, references(kind, path, value))) == named


def of(action: str, key: str, *fields: FieldChange, **more: Any) -> Change:
    """A change of a category; a create has no id."""
    id_ = None if action == "create" else key
    return Change(action, Ref("category", key), id_, key, None, fields, **more)


PARENT = FieldChange("parent", None, "a")
NAME = FieldChange("name", "A", "B")
DEPENDING = {
    "a create on what it names": (
        of("create", "b", sent={"parent": "a"}), [of("create", "a")], "a",
    ),
    "a create not on what it leaves empty": (
        of("create", "b", sent={"parent": None}), [of("create", "a")], "",
    ),
    "on nothing that exists and stays as it is": (of("update", "b", PARENT), [], ""),
    "on nothing that only changes its name": (
        of("update", "b", PARENT), [of("update", "a", NAME)], "",
    ),
    "on what moves itself": (
        of("update", "b", PARENT), [of("update", "a", FieldChange("parent", None, "z"))], "a",
    ),
    "on what is uploaded anew": (of("update", "b", PARENT), [of("update", "a", upload="x")], "a"),
    "on what has no id yet": (
        of("update", "b", PARENT), [Change("move", Ref("category", "a"), None, "a", None)], "a",
    ),
    "not on what is deleted": (of("update", "b", PARENT), [of("delete", "a")], ""),
    "not on itself": (of("create", "a", sent={"parent": "a"}), [of("create", "a")], ""),
    "not on what it takes away": (
        of("update", "b", FieldChange("parent", "a", None)), [of("create", "a")], "",
    ),
    "on what holds its parent, where that stays": (
        of("update", "b", FieldChange("parent", None, "in")), [of("create", "a")], "a",
    ),
    "a create not on what holds its parent": (
        of("create", "b", sent={"parent": "in"}), [of("create", "a")], "",
    ),
    "a new member on its set": (
        of("update", "b", FieldChange("attributes.size", None, "M")), [], "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DEPENDING, ids=lambda name: name.replace(" ", "_"))
def test_a_change_depends(case: str) -> None:
    change, others, wanted = DEPENDING[case]
    changes = {item.ref: item for item in others}
    declared = [want("category", "a", name="A"), want("category", "in", name="In", parent="a")]
    resources = {item.ref: item for item in declared}

    found = dependencies(change, changes, resources)

    assert found == ((Ref("category", wanted),) if wanted else ())


@pytest.mark.parametrize(
    ("item", "depends"),
    [
        (FieldChange("options", is_set=True, add=("x",)), True),
        (FieldChange("options", is_set=True, rename=(("x", "y"),)), True),
        (FieldChange("options", is_set=True, remove=("x",)), False),
        (FieldChange("label", "a", "b"), False),
    ],
)
def test_a_value_depends_on_options_that_come_and_on_none_that_go(
    item: FieldChange, depends: bool
) -> None:
    definition = Change("update", Ref("attribute", "size"), "1", "size", None, (item,))
    value = Change(
        "update", Ref("collection", "p"), "2", "p", None, (FieldChange("attributes.size", None, "x"),)
    )  # fmt: skip

    found = dependencies(value, {definition.ref: definition}, {})

    assert found == ((definition.ref,) if depends else ())


def test_a_set_depends_on_what_it_newly_names_and_once() -> None:
    item = FieldChange("categories", is_set=True, add=("a", "b", "a"), remove=("c",))
    change = Change("update", Ref("collection", "p"), "1", "p", None, (item,))
    changes = {x.ref: x for x in (of("create", "a"), of("create", "b"), of("create", "c"))}

    assert dependencies(change, changes, {}) == (Ref("category", "a"), Ref("category", "b"))


def needing(action: str, key: str, *needs: str, kind: str = "category", **more: Any) -> Change:
    """A change that depends on categories."""
    more.setdefault("fields", (NAME,) if action == "update" else ())
    refs = tuple(Ref("category", x) for x in needs)
    return Change(action, Ref(kind, key), key, key, None, depends_on=refs, **more)


def keys(found: list[list[Change]]) -> list[str]:
    return [" ".join(item.ref.key for item in some) for some in found]


def test_what_a_change_needs_of_other_kinds_makes_no_level() -> None:
    elsewhere = (Ref("attribute", "x"),)
    changes = [of("create", "a", depends_on=elsewhere), of("update", "b", after=elsewhere)]

    assert levels(changes) == [changes]


def test_creates_and_updates_come_before_deletes() -> None:
    found = turns([needing("delete", "x"), needing("update", "u"), needing("create", "c")])

    assert keys(found) == ["u c", "x"]


def test_what_waits_for_a_delete_has_a_turn_of_its_own() -> None:
    found = turns(
        [
            needing("delete", "x"),
            needing("delete", "lone"),
            needing("update", "u", "x"),
            needing("create", "c"),
            needing("create", "d", "u"),
            needing("adopt", "nothing"),
        ]
    )

    assert keys(found) == ["c", "x", "u d", "lone"]


def test_a_delete_that_an_awaited_one_needs_is_not_put_off() -> None:
    found = turns(
        [needing("delete", "x", "y"), needing("delete", "y"), needing("update", "u", "x")]
    )

    assert keys(found) == ["", "x y", "u", ""]


def test_deletes_wait_for_what_moves_out_of_them() -> None:
    out = needing("update", "u", fields=(FieldChange("parent", "x", None),))
    member = Change(
        "update", Ref("collection", "p"), "1", "p", None,
        (FieldChange("categories", is_set=True, remove=("y",), add=("z",)),),
    )  # fmt: skip
    deletes = [needing("delete", key) for key in "xyz"]

    assert needs_of([out, member, *deletes]) == {
        out.ref: set(), member.ref: set(), Ref("category", "x"): {out.ref},
        Ref("category", "y"): {member.ref}, Ref("category", "z"): set(),
    }  # fmt: skip
    assert behind_writes([out, member, *deletes]) == {Ref("category", "x"), Ref("category", "y")}
    above = needing("delete", "top", "x")
    assert above.ref in behind_writes([out, *deletes, above])


def test_what_is_blocked_or_takes_no_request_is_waited_for_by_nobody() -> None:
    blocked, still = needing("create", "b", blocked="why"), needing("adopt", "a")
    change = needing("update", "u", "b", "a", "elsewhere")

    assert needs_of([blocked, still, change]) == {change.ref: set()}


def test_what_depends_on_a_blocked_object_says_so_and_deletes_do_not() -> None:
    found = with_dependents_blocked(
        [
            needing("update", "c", "b"),
            needing("update", "b", "a"),
            needing("create", "a", blocked="why"),
            needing("delete", "d", "a"),
            needing("update", "e", "elsewhere"),
            needing("update", "f", "a", blocked="mine"),
        ]
    )

    assert [(item.ref.key, item.blocked) for item in found] == [
        ("c", "it depends on category/b, which is blocked"),
        ("b", "it depends on category/a, which is blocked"),
        ("a", "why"),
        ("d", None),
        ("e", None),
        ("f", "mine"),
    ]


def test_kinds_come_after_those_that_their_changes_depend_on() -> None:
    usual = [kind.name for kind in ORDER]
    group = Ref("attribute_group", "g")
    member = Change("update", Ref("attribute", "a"), "1", "a", None, (NAME,), depends_on=(group,))

    assert kinds_in_order([]) == usual
    assert kinds_in_order([replace(member, action="delete")]) == usual
    found = kinds_in_order([member])
    assert found.index("attribute_group") < found.index("attribute")
    assert sorted(found) == sorted(usual)


def test_a_plan_lists_kinds_in_order_and_deletes_backwards() -> None:
    some = [
        needing(action, key, kind=kind)
        for action in ("delete", "update")
        for kind in ("collection", "category", "attribute")
        for key in ("b", "a")
    ]

    assert [f"{item.action} {item.ref}" for item in in_order(some)] == [
        "update attribute/a", "update attribute/b", "update category/a", "update category/b",
        "update collection/a", "update collection/b", "delete collection/a", "delete collection/b",
        "delete category/a", "delete category/b", "delete attribute/a", "delete attribute/b",
    ]  # fmt: skip


def test_all_that_depends_on_a_refused_object_comes_after_the_others() -> None:
    changes = [
        needing("create", "c", "b"), needing("create", "b", "a"), needing("create", "a"),
        needing("create", "d"), needing("create", "e", "d"),
    ]  # fmt: skip

    assert keys(levels(changes, {Ref("category", "a")})) == ["d", "e", "a", "b", "c"]
