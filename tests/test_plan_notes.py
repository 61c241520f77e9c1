"""What a plan says beside its changes, and why an object changes or does not (contract 2.9, 3)."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.enums import NoteKind
from reconciler.errors import CatalogError, Refused
from reconciler.live import with_processing
from reconciler.model import (
    Account,
    Live,
    LiveObject,
    Note,
    Number,
    Place,
    Plan,
    Policy,
    Rate,
    Ref,
    Region,
    Resource,
    State,
)
from reconciler.plan import Ask, build
from reconciler.plan.renames import same_content
from reconciler.wire import Definition, Names
from tests.build import account, catalog, entry, has, notes, state, want

TEXT = want("attribute", "t", label="T", type="Text")
TEXT_LIVE = has("attribute", "1", label="T", type="Text")
TEXT_KNOWN = entry("attribute", "t", "1", label="T", type="Text")
CONTENT = {"regions": ("r-us",), "attributes": {"1": "the same long text"}}
DECLARED = {"regions": ("US",), "attributes": {"t": "the same long text"}}


def renamed(*new: str, old: int = 1) -> Plan:
    """`old` products have left; new keys of other names have the same content."""
    return build(
        catalog(TEXT, *(want("collection", key, name=key.upper(), **DECLARED) for key in new)),
        account(TEXT_LIVE, *(has("collection", f"5{n}", name=f"Old {n}", **CONTENT) for n in range(old))),
        state(TEXT_KNOWN, *(entry("collection", f"old-{n}", f"5{n}", name=f"Old {n}") for n in range(old))),
    )  # fmt: skip


def offered(plan: Plan) -> list[str]:
    return [note for note in notes(plan) if "moved:" in note]


def test_a_rename_is_offered_and_never_guessed() -> None:
    plan = renamed("new")

    assert [(item.action, str(item.ref)) for item in plan.changes] == [
        ("create", "collection/new"),
        ("delete", "collection/old-0"),
    ]
    assert offered(plan) == [
        "collection/old-0 leaves and collection/new is new with the same content. If it is a "
        "rename, add `moved: [{kind: collection, from: old-0, to: new}]`"
    ]


def test_no_rename_is_offered_where_several_would_fit() -> None:
    assert offered(renamed("new", "other")) == []
    assert offered(renamed("new", old=2)) == []


def test_content_that_says_little_is_no_rename() -> None:
    plan = build(
        catalog(want("collection", "new", name="New", regions=("US",))),
        account(has("collection", "5", name="Old", regions=("r-us",))),
        state(entry("collection", "old", "5", name="Old")),
    )

    assert offered(plan) == []


def placed(*wanted: Resource, live: tuple[LiveObject, ...], known: tuple[str, ...]) -> Plan:
    """Categories in a state under the keys `known`, in the order of the live ones."""
    entries = (
        entry(item.kind, key, item.id, **item.fields) for key, item in zip(known, live, strict=True)
    )
    return build(catalog(*wanted), account(*live), state(*entries))


MEN, WOMEN = has("category", "1", name="Men"), has("category", "2", name="Women")
UNDER_MEN = want("category", "men", name="Men"), want("category", "women", name="Women")


def offer(kind: str, source: str, target: str, same: str) -> str:
    return (
        f"{kind}/{source} leaves and {kind}/{target} is new with the same {same}. If it is a "
        f"rename, add `moved: [{{kind: {kind}, from: {source}, to: {target}}}]`"
    )


def test_a_category_that_moves_under_a_new_key_is_offered_by_its_name() -> None:
    plan = placed(
        *UNDER_MEN,
        want("category", "women/hats", name="Hats", parent="women"),
        live=(MEN, WOMEN, has("category", "3", name="Hats", parent="1")),
        known=("men", "women", "men/hats"),
    )

    assert offered(plan) == [offer("category", "men/hats", "women/hats", "name")]


def test_a_name_that_several_have_among_those_that_leave_or_come_is_no_offer() -> None:
    hats = (
        has("category", "3", name="Hats", parent="1"),
        has("category", "4", name="Hats", parent="2"),
    )
    tops = want("category", "tops", name="Tops")
    come = want("category", "tops/hats", name="Hats", parent="tops")

    two_leave = placed(
        *UNDER_MEN, tops, come, live=(MEN, WOMEN, *hats), known=("men", "women", "a", "b")
    )
    two_come = placed(
        *UNDER_MEN,
        tops,
        come,
        want("category", "x", name="Hats"),
        live=(MEN, WOMEN, hats[0]),
        known=("men", "women", "a"),
    )

    assert offered(two_leave) == offered(two_come) == []


def test_a_category_of_a_new_name_and_key_is_offered_by_its_children() -> None:
    """A whole tree under new keys: the leaves by name, what they stand in by them."""
    plan = placed(
        want("category", "shoes", name="Shoes"),
        want("category", "shoes/high", name="High", parent="shoes"),
        want("category", "shoes/low", name="Low", parent="shoes"),
        want("collection", "p", name="P", category="shoes/low", categories=("shoes/low",)),
        live=(
            has("category", "1", name="Footwear"),
            has("category", "2", name="Boots", parent="1"),
            has("category", "3", name="Low", parent="1"),
            has("collection", "4", name="P", category="3", categories=("3",)),
        ),
        known=("footwear", "footwear/boots", "footwear/low", "p"),
    )

    assert offered(plan) == [
        offer("category", "footwear", "shoes", "children"),
        offer("category", "footwear/low", "shoes/low", "name"),
    ]


def test_a_chain_of_categories_is_offered_from_the_child_that_stays_upwards() -> None:
    plan = placed(
        want("category", "x", name="X"),
        want("category", "y", name="Y", parent="x"),
        want("collection", "p", name="P", category="y"),
        live=(
            has("category", "1", name="A"),
            has("category", "2", name="B", parent="1"),
            has("collection", "4", name="P", category="2"),
        ),
        known=("a", "b", "p"),
    )

    assert offered(plan) == [
        offer("category", "a", "x", "children"),
        offer("category", "b", "y", "children"),
    ]


def test_content_is_the_same_by_type_on_the_fields_that_are_declared() -> None:
    names = Names(
        ids={Ref("attribute", key): key for key in "ntu"},
        keys={"attribute": {"n": "n", "t": "t", "u": "u"}},
        definitions={"n": Definition("Number"), "t": Definition("Text")},
    )

    def of(key: str, **values: Any) -> Resource:
        return want("collection", key, name=key, attributes=values)

    wanted = [
        want("collection", "little", name="Little"),
        of("empty first", e="", n=Number("1.10"), t="x"),
        of("number", n=Number("1.10"), t="x"),
        of("text", t="y", u="z"),
        of("nobody", n=Number("7"), t="x"),
    ]
    live = [
        has("category", "1", name="A", attributes={"n": "1.1", "t": "x"}),
        has("collection", "2", name="B", attributes={"n": "1.1", "t": "x"}),
        has("collection", "3", name="C", attributes={"n": "2", "t": "x"}),
        has("collection", "4", name="D", attributes={"n": "1.1", "t": "y", "u": "z"}),
    ]

    found = same_content(wanted, live, names)

    assert {ref.key: [item.id for item in items] for ref, items in found.items()} == {
        "empty first": ["2"], "number": ["2"], "text": ["4"], "nobody": [],
    }  # fmt: skip


def test_children_that_went_to_two_new_categories_are_no_offer() -> None:
    plan = placed(
        want("category", "a", name="A"),
        want("category", "b", name="B"),
        want("collection", "p", name="P", category="a", categories=("a",)),
        want("collection", "q", name="Q", category="b", categories=("b",)),
        live=(
            has("category", "1", name="Old"),
            has("collection", "4", name="P", category="1", categories=("1",)),
            has("collection", "5", name="Q", category="1", categories=("1",)),
        ),
        known=("old", "p", "q"),
    )

    assert offered(plan) == []


def test_a_moved_entry_takes_the_object_along() -> None:
    plan = build(
        catalog(
            want("category", "a", name="B"),
            want("category", "b", name="A"),
            moved=[("category", "a", "b"), ("category", "b", "a")],
        ),
        account(has("category", "1", name="A"), has("category", "2", name="B")),
        state(
            entry("category", "a", "1", name="A", parent=None),
            entry("category", "b", "2", name="B", parent=None),
        ),
    )

    assert [(x.action, str(x.ref), x.id, x.source, x.fields) for x in plan.changes] == [
        ("move", "category/a", "2", "category/b", ()),
        ("move", "category/b", "1", "category/a", ()),
    ]
    assert plan.moved == {("category", "a", "b"), ("category", "b", "a")}


def test_content_of_a_stranger_is_a_near_match_that_blocks_while_the_state_is_new() -> None:
    wanted = catalog(TEXT, want("collection", "c", name="C", **DECLARED))
    live = account(TEXT_LIVE, has("collection", "5", name="Other", **CONTENT))

    fresh = build(wanted, live, State())
    later = build(wanted, live, state(TEXT_KNOWN, entry("collection", "x", "9", name="X")))

    assert fresh.near == {Ref("collection", "c"): ("5",)}
    assert fresh.changes[-1].blocked is not None
    assert fresh.needs_new_state
    assert "collection/c: near match 'Other' (5). Pin it with `id:`, or say `id: new` to create." in notes(later)  # fmt: skip
    assert (later.near, later.changes[0].blocked) == ({}, None)


def test_a_new_state_says_so_first() -> None:
    plan = build(catalog(want("category", "a", name="A")), account(), State())

    assert plan.new_state
    assert not plan.needs_new_state
    assert notes(plan)[0] == "This plan starts a new state: nothing is known of earlier runs."


def test_an_unknown_region_is_an_error_that_names_those_there_are() -> None:
    wanted = catalog(want("category", "a", name="A", regions=("US", "Mars")))

    with pytest.raises(CatalogError) as caught:
        build(wanted, account(), state())

    assert [str(problem) for problem in caught.value.problems] == [
        "category.yaml:1:1: error: category 'a': the account has no region 'Mars' (it shows EU, US)"
    ]
    nothing = Live(Account("https://pxm.example"), (Region("r", "R"),) * 0)
    with pytest.raises(CatalogError) as caught:
        build(wanted, nothing, State())
    assert caught.value.problems[0].hint == "it shows none"


def test_another_account_is_refused_before_all_else() -> None:
    other = Account("https://other", frozenset({"r-9"}))

    with pytest.raises(Refused, match="another account"):
        build(catalog(), Live(other), state())


def test_a_list_that_could_not_be_read_whole_withholds_creates_and_deletes() -> None:
    plan = build(
        catalog(want("category", "a", name="A")),
        account(has("category", "1", name="Old"), partial=frozenset({"category"})),
        state(entry("category", "old", "1", name="Old", parent=None)),
    )

    assert [(item.action, item.blocked) for item in plan.changes] == [
        ("create", "the list of categories could not be read whole: it may exist already"),
        ("delete", "the list of category objects could not be read whole"),
    ]


def test_prevent_destroy_is_kept_in_the_state_without_a_request() -> None:
    known = state(entry("category", "a", "1", name="A", parent=None))
    wanted = catalog(want("category", "a", name="A", prevent_destroy=True))

    plan = build(wanted, account(has("category", "1", name="A")), known)

    assert plan.changes == ()
    assert [(str(x.ref), x.prevent_destroy) for x in plan.settles] == [("category/a", True)]


def test_foreign_elements_are_shown_by_name() -> None:
    plan = build(
        catalog(want("category", "a", name="A"), policy=Policy(exact=frozenset({"categories"}))),
        account(
            has("category", "1", name="A", parent="9"),
            has("category", "9", name="Sale"),
        ),
        state(entry("category", "a", "1", name="A", parent=None)),
    )

    assert plan.changes[0].fields[0].before == "id:9"
    assert plan.names == {"id:9": "Sale"}


# --- all notes of a plan ------------------------------------------------------------------------

COLOR = want("attribute", "color", label="Color", type="Text")
SIZE = want("attribute", "size", label="Size", type="Text")
NOTED = account(
    has("attribute", "a1", label="Color", type="Text"),
    has("attribute", "a2", label="Size", type="Text"),
    has("category", "1", name="C", attributes={"a1": "red"}),
    has("category", "2", name="Kept", published=False),
    has("category", "3", name="Let go", attributes={"a2": "theirs"}),
    has("collection", "5", name="P", category="1", categories=("1",), attributes={"a1": "red", "a2": "S"}),
    has("collection", "6", name="P", category="1", categories=("1",)),
    has("collection", "7", name="Near", category="1", categories=("1",), additional_title="X"),
    notes=("the account said something",),
)  # fmt: skip
NOTED_STATE = state(
    entry("attribute", "color", "a1", label="Color", type="Text"),
    entry("attribute", "size", "a2", label="Size", type="Text"),
    entry("category", "c", "1", name="C", parent=None),
    entry("category", "kept", "2", name="Kept", parent=None, published=True),
    entry("category", "let-go", "3", name="Let go", parent=None, attributes={"a2": "ours"}),
    entry("collection", "p", "5", name="P", category="1", categories=("1",), attributes={"a2": "S"}),
    doubtful=frozenset({Ref("collection", "p")}),
)  # fmt: skip
STANDS = {"category": "c", "categories": ("c",)}
NOTED_WANTED = catalog(
    COLOR,
    SIZE,
    want("category", "c", name="C"),
    want("category", "kept", name="Kept", published=True),
    want("category", "let-go", name="Let go"),
    want("category", "new", name="New"),
    want("collection", "near", name="Near", additional_title="Y", **STANDS),
    want("collection", "p", name="P", attributes={"size": "M"}, **STANDS),
    policy=Policy(drift="keep"),
)

LET_GO = "category/let-go: attributes.size was changed in the account and is no longer ours"
KEPT = "category/kept: published drifted and is kept (drift: keep)"
TWICE = (
    "collection/p: a second object 'P' (6) has turned up: nobody knew whether its create was "
    "taken. Remove it in the web interface, unless it is somebody else's"
)
NEAR_NOTE = "collection/near: near match 'Near' (7). Pin it with `id:`, or say `id: new` to create."
AS_OWN = "1 value equal to its category's goes back as the product's own"


def test_a_plan_says_what_the_account_shows_and_then_what_becomes_of_its_changes() -> None:
    plan = build(NOTED_WANTED, NOTED, NOTED_STATE)

    assert plan.notes == (
        Note("the account said something"),
        Note(NEAR_NOTE, NoteKind.NEAR),
        Note(TWICE),
        Note(KEPT),
        Note(LET_GO),
        Note(AS_OWN),
    )


def test_a_plan_of_targets_says_what_it_leaves_out_and_nothing_of_values_that_it_does_not_send() -> (
    None
):
    plan = build(NOTED_WANTED, NOTED, NOTED_STATE, Ask(targets=("category/new",)))

    assert plan.notes[-1] == Note("2 other changes were left out (--target).", NoteKind.TARGETS)
    assert AS_OWN not in notes(plan)


def test_what_has_left_is_told_where_the_whole_is_planned_and_not_of_a_target() -> None:
    wanted = catalog(want("category", "new", name="New"), policy=Policy(prune="never"))
    live = account(has("category", "1", name="Old"))
    known = state(entry("category", "old", "1", name="Old", parent=None))
    left = "category/old has left the catalog and is left in the account (prune: never)"

    assert notes(build(wanted, live, known)) == (left,)
    assert notes(build(wanted, live, known, Ask(targets=("category/new",)))) == ()


def test_files_that_are_processed_are_counted_with_what_is_left() -> None:
    late = replace(entry("file", "hero", "f1", file_name="hero.txt"), processing=1_000.0)
    live = with_processing(account(gone=[("file", "f1")]), [late], 1_060.0)

    plan = build(
        catalog(replace(want("file", "hero", file_name="hero.txt"), file="/x")), live, state(late)
    )

    assert (plan.changes, plan.left) == ((), {"processing": 1})


def test_what_was_reviewed_and_is_there_already_is_done_where_the_catalog_still_wants_it() -> None:
    wanted = catalog(want("category", "c", name="C", published=True))
    unmade = build(wanted, account(), state())
    made = account(has("category", "1", name="C", published=True))
    known = state(entry("category", "c", "1", name="C", parent=None, published=True))

    plan = build(wanted, made, known, Ask(reviewed=(unmade,)))
    dropped = build(catalog(), account(), state(), Ask(reviewed=(unmade,)))

    assert plan.review is not None
    assert dropped.review is not None
    said = ("category/c", "category/c name", "category/c published", "category/c parent")
    assert (plan.review.done, plan.review.overtaken) == (said, ())
    # Nothing is no top level any more than it was: to clear what is gone is done.
    assert (dropped.review.done, dropped.review.overtaken) == (said[3:], said[:3])


def test_a_pair_that_is_found_by_content_is_no_other_one_by_its_name() -> None:
    """What leaves has the content of one new category and the name of another: content says more."""
    content = {"t": "the same long text", "u": "another text"}
    shown = {"1": "the same long text", "2": "another text"}
    attributes = (TEXT, want("attribute", "u", label="U", type="Text"))
    wanted = catalog(
        *attributes,
        want("category", "x", name="X", attributes=content),
        want("category", "y", name="Old"),
    )
    live = account(
        TEXT_LIVE,
        has("attribute", "2", label="U", type="Text"),
        has("category", "9", name="Top"),
        has("category", "5", name="Old", parent="9", attributes=shown),
    )
    known = state(
        TEXT_KNOWN,
        entry("attribute", "u", "2", label="U", type="Text"),
        entry("category", "old", "5", name="Old", parent="9"),
    )

    assert offered(build(wanted, live, known)) == [offer("category", "old", "x", "content")]


def test_an_element_that_only_the_state_names_is_called_by_its_name_too() -> None:
    """It was sent, somebody took it out, and the object that it names is no key of ours."""
    live = account(
        has("category", "1", name="Ours"),
        has("category", "2", name="Theirs"),
        has("collection", "5", name="P", categories=()),
    )
    known = state(
        entry("category", "c", "1", name="Ours", parent=None),
        entry("collection", "p", "5", name="P", categories=("1", "2")),
    )

    plan = build(
        catalog(want("category", "c", name="Ours"), want("collection", "p", name="P", categories=("c",))),
        live,
        known,
    )  # fmt: skip

    (change,) = plan.changes
    assert change.fields[0].applied == ("c", "id:2")
    assert plan.names == {"id:2": "Theirs"}


# --- what a plan is asked and what it carries ---------------------------------------------------


def test_a_plan_carries_its_environment_and_who_is_who() -> None:
    live = account(has("category", "1", name="A"))
    known = state(entry("category", "a", "1", name="A", parent=None))

    plan = build(catalog(want("category", "a", name="A")), live, known, Ask(environment="staging"))

    assert (plan.environment, plan.ids) == ("staging", {Ref("category", "a"): "1"})


def test_a_slow_rate_makes_small_batches() -> None:
    """What a batch reads must not get old while it writes: one change in eight seconds."""
    keys = ("a", "b", "c")
    wanted = [want("category", key, name=key.upper()) for key in keys]
    live = account(*(has("category", key, name="Old") for key in keys))
    known = state(*(entry("category", key, key, name="Old", parent=None) for key in keys))

    quick = build(catalog(*wanted), live, known)
    slow = build(catalog(*wanted, policy=Policy(rate=Rate(1, 8))), live, known)

    assert [len(batch.refs) for batch in quick.batches] == [1, 2]
    assert [len(batch.refs) for batch in slow.batches] == [1, 1, 1]


def test_a_target_that_the_run_has_deleted_asks_for_nothing_with_or_without_a_slash() -> None:
    gone = frozenset({Ref("category", "old")})
    wanted, live = catalog(want("category", "a", name="A")), account()

    for target in ("category/old", "category/old/"):
        assert build(wanted, live, state(), Ask(targets=(target,), deleted=gone)).changes == ()


def test_an_unknown_region_stands_where_it_is_declared_and_is_said_as_the_environment_calls_it() -> (
    None
):
    place = Place("tops.yaml", 7, 3)
    tops = replace(want("category", "a", name="A", regions=("Mars",)), places={"regions": place})

    with pytest.raises(CatalogError) as caught:
        build(catalog(tops, policy=Policy(regions={"Mars": "Red"})), account(), state())

    assert [str(problem) for problem in caught.value.problems] == [
        "tops.yaml:7:3: error: category 'a': the account has no region 'Red', as the environment "
        "calls 'Mars' (it shows EU, US)"
    ]
