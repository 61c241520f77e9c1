"""`--target`: a part of the plan, with what it cannot do without (contract 3)."""

from dataclasses import replace

import pytest

from reconciler.enums import Action, Class
from reconciler.errors import UsageError
from reconciler.model import Change, FieldChange, Plan, Ref, Resource
from reconciler.plan import Ask, build
from reconciler.plan.targets import parse_target, selected
from tests.build import account, catalog, entry, has, notes, state, want

CATEGORIES = (want("category", "a", name="A"), want("category", "b", name="B", parent="a"))
PRODUCT = want("collection", "c", name="C", category="b", categories=("b",))
VARIANT = want("collection", "v", name="V", type="variant", variant_of="c")
LINK = want("resource", "r", description="R", link="l", category="a", collections=("c",))
ALL = catalog(*CATEGORIES, PRODUCT, VARIANT, LINK)


def actions(plan: Plan) -> list[tuple[str, str]]:
    return [(change.action, str(change.ref)) for change in plan.changes]


def aimed(*targets: str) -> Ask:
    return Ask(targets=targets)


def test_a_target_brings_what_it_references_and_does_not_exist() -> None:
    plan = build(ALL, account(), state(), aimed("collection/c"))

    assert actions(plan) == [
        ("create", "category/a"),
        ("create", "category/b"),
        ("create", "collection/c"),
    ]
    assert notes(plan)[-1] == "2 other changes were left out (--target)."


def test_a_slash_asks_for_what_it_contains() -> None:
    plan = build(ALL, account(), state(), aimed("collection/c/"))

    assert [ref for _, ref in actions(plan)] == [
        "category/a", "category/b", "collection/c", "collection/v", "resource/r",
    ]  # fmt: skip


def test_what_a_target_references_is_adopted_and_not_changed() -> None:
    live = account(
        has("category", "1", name="A", regions=("r-us",)),
        has("category", "2", name="B", parent="1"),
    )
    wanted = catalog(want("category", "a", name="A", regions=("EU",)), CATEGORIES[1], PRODUCT)

    plan = build(wanted, live, state(), aimed("collection/c"))

    assert actions(plan) == [
        ("adopt", "category/a"),
        ("adopt", "category/b"),
        ("create", "collection/c"),
    ]
    assert plan.changes[0].fields == ()
    assert plan.changes[0].sent == {"name": "A", "parent": None}


def picks(*options: str) -> Resource:
    return want("attribute", "p", label="P", type="Pick List", options=options)


def test_a_target_that_depends_on_a_change_left_out_is_blocked() -> None:
    """The option is an update of the attribute: no create, no adoption, so it is not brought."""
    wanted = catalog(
        picks("old", "new"), want("collection", "c", name="C", attributes={"p": ("new",)})
    )
    live = account(
        has("attribute", "1", label="P", type="Pick List", options=(("o", "old", ""),)),
        has("collection", "5", name="C", attributes={"1": ["o"]}),
    )
    known = state(
        entry("attribute", "p", "1", label="P", type="Pick List", options=("old",)),
        entry("collection", "c", "5", name="C", attributes={"1": ("old",)}),
    )

    (change,) = build(wanted, live, known, aimed("collection/c")).changes
    assert change.blocked == "it depends on attribute/p, which --target leaves out"
    both = build(wanted, live, known, aimed("collection/c", "attribute/p"))
    assert [item.blocked for item in both.changes] == [None, None]


def test_only_a_target_itself_is_deleted() -> None:
    live = account(has("category", "1", name="A"), has("category", "2", name="B", parent="1"))
    known = state(
        entry("category", "a", "1", name="A", parent=None),
        entry("category", "b", "2", name="B", parent="1"),
    )

    (inner,) = build(catalog(), live, known, aimed("category/b")).changes
    (outer,) = build(catalog(), live, known, aimed("category/a")).changes
    both = build(catalog(), live, known, aimed("category/a", "category/b"))

    assert (inner.action, inner.blocked) == ("delete", None)
    assert (outer.action, outer.blocked) == ("delete", "it still holds category/b")
    assert outer.depends_on == ()
    assert actions(both) == [("delete", "category/a"), ("delete", "category/b")]
    assert [item.blocked for item in both.changes] == [None, None]


def test_a_move_that_is_left_out_does_not_empty_a_category_that_goes() -> None:
    live = account(
        has("category", "1", name="A"),
        has("category", "2", name="B"),
        has("collection", "5", name="C", category="2", categories=("2",)),
    )
    known = state(
        entry("category", "a", "1", name="A", parent=None),
        entry("category", "b", "2", name="B", parent=None),
        entry("collection", "c", "5", name="C", category="2", categories=("2",)),
    )
    wanted = catalog(
        CATEGORIES[0], want("collection", "c", name="C", category="a", categories=("a",))
    )

    whole = build(wanted, live, known)
    part = build(wanted, live, known, aimed("category/b"))

    assert [(item.action, item.blocked) for item in whole.changes] == [
        ("update", None),
        ("delete", None),
    ]
    assert [item.blocked for item in part.changes] == ["it still holds collection/c"]


def test_what_others_put_into_a_target_that_goes_is_taken_out_with_it() -> None:
    live = account(
        has("category", "1", name="A"),
        has("category", "2", name="B"),
        has("collection", "5", name="C", categories=("2",)),
    )
    known = state(
        entry("category", "a", "1", name="A", parent=None),
        entry("category", "b", "2", name="B", parent=None),
        entry("collection", "c", "5", name="C", categories=()),
    )
    wanted = catalog(CATEGORIES[0], want("collection", "c", name="New", categories=("a",)))

    taken, gone = build(wanted, live, known, aimed("category/b")).changes
    (other,) = build(wanted, live, known, aimed("collection/c")).changes

    assert [(x.path, x.add, x.remove) for x in taken.fields] == [("categories", (), ("b",))]
    assert (gone.action, gone.blocked) == ("delete", None)
    assert [(x.path, x.add, x.remove) for x in other.fields] == [
        ("name", (), ()),
        ("categories", ("a",), ()),
    ]


def test_what_stands_in_a_target_that_goes_goes_with_a_slash() -> None:
    live = account(
        has("category", "1", name="A"),
        has("category", "2", name="B", parent="1"),
        has("collection", "5", name="C", category="2"),
    )
    known = state(
        entry("category", "a", "1", name="A", parent=None),
        entry("category", "b", "2", name="B", parent="1"),
        entry("collection", "c", "5", name="C", category="2"),
    )

    plan = build(catalog(), live, known, aimed("category/a/"))

    assert actions(plan) == [
        ("delete", "collection/c"),
        ("delete", "category/a"),
        ("delete", "category/b"),
    ]
    assert [item.blocked for item in plan.changes] == [None] * 3


@pytest.mark.parametrize("target", ["shirt/x", "category", "category/"])
def test_a_target_is_a_kind_and_a_key(target: str) -> None:
    with pytest.raises(UsageError, match="not KIND/KEY"):
        build(ALL, account(), state(), aimed(target))


def test_an_unknown_target_is_an_error() -> None:
    with pytest.raises(UsageError, match="no such object in the catalog or the state"):
        build(ALL, account(), state(), aimed("category/x"))


def test_a_target_without_a_key_is_told_the_kinds() -> None:
    for text in ("category//", "category/", "shirt/x"):
        with pytest.raises(UsageError) as caught:
            parse_target(text)
        assert caught.value.hint == (
            "kinds are attribute, attribute_group, category, collection, file, resource"
        )


@pytest.mark.parametrize(
    ("text", "key", "deep"),
    [("category/a", "a", False), ("category/a/b/", "a/b", True), ("category/X", "X", False)],
)
def test_a_slash_at_the_end_is_no_part_of_the_key(text: str, key: str, deep: bool) -> None:
    assert parse_target(text) == (Ref("category", key), deep)


def test_what_is_brought_is_there_for_what_depends_on_it() -> None:
    plan = build(ALL, account(), state(), aimed("collection/c"))

    assert [change.blocked for change in plan.changes] == [None] * 3


def test_what_is_brought_may_have_been_there_before() -> None:
    known = state(entry("category", "a", "1", name="A", parent=None))

    plan = build(ALL, account(gone=[("category", "1")]), known, aimed("category/b"))

    assert actions(plan) == [("recreate", "category/a"), ("create", "category/b")]


def test_what_an_adoption_would_write_is_not_there_for_what_depends_on_it() -> None:
    wanted = catalog(
        picks("old", "new"), want("collection", "c", name="C", attributes={"p": ("new",)})
    )
    live = account(has("attribute", "1", label="P", type="Pick List", options=(("o", "old", ""),)))

    adopt, create = build(wanted, live, state(), aimed("collection/c")).changes

    assert (adopt.action, adopt.fields) == ("adopt", ())
    assert create.blocked == "it depends on attribute/p, which --target leaves out"


def test_a_bare_adoption_takes_nothing_else_along() -> None:
    name = FieldChange("name", "a", "A", cls=Class.DRIFT)
    adopt = Change(
        Action.ADOPT, Ref("category", "a"), "1", "A", None, (name,), cls=Class.DRIFT,
        sent={"name": "A", "parent": None}, forget=("published",),
    )  # fmt: skip
    create = Change(Action.CREATE, Ref("category", "b"), None, "B", None)

    found = selected(["category/b"], ALL, [adopt, create])

    assert found == [
        replace(adopt, fields=(), cls=Class.PENDING, forget=(), sent={"parent": None}),
        create,
    ]


def test_a_slash_asks_for_all_that_stands_inside_and_for_nothing_else() -> None:
    beside = want("category", "z", name="Z"), want("collection", "q", name="Q", category="z")
    wanted = catalog(*beside, LINK, VARIANT, PRODUCT, *reversed(CATEGORIES))

    plan = build(wanted, account(), state(), aimed("category/b/"))
    both = build(wanted, account(), state(), aimed("category/z", "category/b/"))

    inside = {"category/a", "category/b", "collection/c", "collection/v", "resource/r"}
    assert {ref for _, ref in actions(plan)} == inside
    assert {ref for _, ref in actions(both)} == inside | {"category/z"}


def test_a_slash_after_what_does_not_change_asks_for_its_content() -> None:
    live, known = account(has("category", "1", name="A")), entry("category", "a", "1", name="A", parent=None)  # fmt: skip

    plan = build(catalog(*CATEGORIES), live, state(known), aimed("category/a/"))

    assert actions(plan) == [("create", "category/b")]


def test_a_group_does_not_stand_in_its_attributes() -> None:
    wanted = catalog(
        want("attribute", "t", label="T", type="Text"),
        want("attribute_group", "g", name="G", attributes=("t",)),
    )

    assert actions(build(wanted, account(), state(), aimed("attribute/t/"))) == [
        ("create", "attribute/t")
    ]


def test_a_target_brings_what_it_references_beside_targets_that_leave() -> None:
    old = [f"old-{number}" for number in range(5)]
    live = account(*(has("category", key, name=key) for key in old))
    known = state(*(entry("category", key, key, name=key, parent=None) for key in old))

    plan = build(ALL, live, known, aimed(*(f"category/{key}" for key in old), "collection/c"))

    assert [ref for action, ref in actions(plan) if action == "create"] == [
        "category/a", "category/b", "collection/c",
    ]  # fmt: skip
