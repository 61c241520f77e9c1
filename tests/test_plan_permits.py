"""What reviewed plans permit of a new one, unit by unit: a table of what is left and what is said."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model import Change, FieldChange, Number, Plan, Ref, Resource, Review
from reconciler.plan.permits import Terms, Unit, book_of, permitted, with_fields
from tests.build import ACCOUNT, want

P = Ref("collection", "p")
Q = Ref("collection", "q")
C = Ref("category", "c")


def change(action: str = "update", ref: Ref = P, *fields: FieldChange, **more: Any) -> Change:
    return Change(action, ref, more.pop("id", "1"), ref.key, None, fields, **more)


def name(before: str | None, after: str | None, **more: Any) -> FieldChange:
    return FieldChange("name", before, after, **more)


def regions(**more: Any) -> FieldChange:
    return FieldChange("regions", is_set=True, **more)


def plan(*changes: Change, **more: Any) -> Plan:
    return Plan(ACCOUNT, changes, **more)


def judged(
    new: list[Change], *reviewed: Plan, names: dict[str, str] | None = None, **declared: Resource
) -> tuple[list[Change], Review]:
    """What is left of a plan, with the catalog's objects."""
    resources = {item.ref: item for item in declared.values()}
    return permitted(new, reviewed, resources, names or {})


NOTHING = Review()

# --- one field ---

FIELDS = {
    "the same is made": (name("a", "b"), name("a", "b"), True, NOTHING),
    "another value differs": (
        name("a", "b"), name("a", "c"), False,
        Review(differs=("collection/p: name is not as it was reviewed",)),
    ),
    "another value before differs": (
        name("a", "b"), name("z", "b"), False,
        Review(differs=("collection/p: name is not as it was reviewed",)),
    ),
    "what nobody reviewed is left out": (
        None, name("a", "b"), False, Review(not_permitted=("collection/p: name",), left_objects=1),
    ),
    "drift that was not reviewed is left out as drift": (
        None, name("a", "b", cls="drift"), False,
        Review(drift=("collection/p: name",), left_objects=1),
    ),
    "drift that was reviewed otherwise is left out as drift": (
        name("a", "b"), name("a", "c", cls="drift"), False,
        Review(drift=("collection/p: name",), left_objects=1),
    ),
    "drift that was reviewed is put back": (name("a", "b"), name("a", "b", cls="drift"), True, NOTHING),
    "a conflict counts like what is pending": (
        None, name("a", "b", cls="conflict"), False,
        Review(not_permitted=("collection/p: name",), left_objects=1),
    ),
    "another spelling is the same": (
        FieldChange("name", "a", "\u00e9"), FieldChange("name", "a", "e\u0301"), True, NOTHING,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FIELDS, ids=lambda name: name.replace(" ", "_"))
def test_a_field_is_made_as_it_was_reviewed_or_not_at_all(case: str) -> None:
    reviewed, new, made, review = FIELDS[case]
    files = plan(change("update", P, reviewed)) if reviewed else plan()

    left, found = judged([change("update", P, new)], files)

    assert [item.fields for item in left] == ([(new,)] if made else [])
    assert found == review


def test_of_several_files_the_last_that_speaks_of_a_field_counts() -> None:
    one, two = plan(change("update", P, name("a", "b"))), plan(change("update", P, name("a", "c")))

    assert judged([change("update", P, name("a", "c"))], one, two)[1] == NOTHING
    assert judged([change("update", P, name("a", "c"))], two, one)[1].differs != ()


def test_what_was_blocked_permits_nothing() -> None:
    blocked = change("update", P, name("a", "b"), blocked="why")

    left, review = judged([change("update", P, name("a", "b"))], plan(blocked))

    assert left == []
    assert review.not_permitted == ("collection/p: name",)


def test_a_blocked_change_stays_to_be_shown() -> None:
    blocked = change("update", P, name("a", "b"), blocked="why")

    assert judged([blocked], plan()) == ([blocked], NOTHING)


def test_several_of_an_object_are_said_together_and_objects_in_their_order() -> None:
    new = [
        change("update", Q, name("a", "b"), FieldChange("published", None, True)),
        change("update", P, name("a", "b", cls="drift")),
    ]

    assert judged(new, plan())[1] == Review(
        not_permitted=("collection/q: name, published",),
        drift=("collection/p: name",),
        left_objects=2,
    )


def test_an_object_with_both_is_one_object() -> None:
    new = change("update", P, name("a", "b"), FieldChange("published", None, True, cls="drift"))

    assert judged([new], plan())[1].left_objects == 1


# --- elements of a set ---


def test_each_element_of_a_set_is_permitted_by_itself() -> None:
    ours = ("UK", "FR")
    reviewed = regions(add=("US", "EU"), remove=("UK",), rename=(("A", "B"),))
    new = regions(
        add=("US", "CA"), remove=("UK", "FR"), rename=(("A", "B"), ("C", "D")), applied=ours
    )

    left, review = judged([change("update", P, new)], plan(change("update", P, reviewed)))

    assert [item.fields for item in left] == [
        (regions(add=("US",), remove=("UK",), rename=(("A", "B"),), applied=ours),)
    ]
    assert review == Review(
        not_permitted=("collection/p: regions CA, regions FR, regions C",),
        overtaken=("collection/p regions EU",),
        left_objects=1,
    )


@pytest.mark.parametrize(
    ("reviewed", "new"),
    [
        (regions(add=("US",)), regions(remove=("US",), applied=("US",))),
        (regions(remove=("US",)), regions(add=("US",))),
        (regions(rename=(("US", "EU"),)), regions(rename=(("US", "UK"),))),
        (regions(order=("US", "EU")), regions(order=("EU", "US"), applied=("US", "EU"))),
    ],
)
def test_an_element_that_is_to_become_something_else_differs(
    reviewed: FieldChange, new: FieldChange
) -> None:
    left, review = judged([change("update", P, new)], plan(change("update", P, reviewed)))

    assert left == []
    assert [words.startswith("collection/p: regions") for words in review.differs] == [True]


@pytest.mark.parametrize("part", ["add", "remove"])
def test_a_set_of_which_one_sort_is_left_goes_on(part: str) -> None:
    item = regions(**{part: ("US",)})

    left, _ = judged([change("update", P, item)], plan(change("update", P, item)))

    assert [x.fields for x in left] == [(item,)]


def test_renames_and_an_order_go_on_by_themselves() -> None:
    for item in (regions(rename=(("A", "B"),)), regions(order=("A", "B"), ordered=True)):
        left, review = judged([change("update", P, item)], plan(change("update", P, item)))
        assert [x.fields for x in left] == [(item,)]
        assert review == NOTHING


def test_without_its_order_a_set_is_not_written_in_one() -> None:
    new = regions(add=("US",), order=("A", "B"), ordered=True, applied=("B", "A"))

    left, review = judged(
        [change("update", P, new)], plan(change("update", P, regions(add=("US",))))
    )

    assert [x.fields for x in left] == [(regions(add=("US",), applied=("B", "A")),)]
    assert review.not_permitted == ("collection/p: regions",)


def test_a_set_that_says_no_element_is_left_alone() -> None:
    item = regions()

    assert judged([change("update", P, item)], plan())[0] == [change("update", P, item)]


def test_an_element_in_another_spelling_is_the_same() -> None:
    reviewed, new = regions(add=("A & B",)), regions(add=("A &amp; B ",))

    left, review = judged([change("update", P, new)], plan(change("update", P, reviewed)))

    assert ([x.fields for x in left], review) == ([(new,)], NOTHING)


DRIFTED = {
    "we wrote it and it has gone": (regions(add=("US",), applied=("US",)), True),
    "in another spelling too": (regions(add=("A & B",), applied=("A &amp; B",)), True),
    "we never wrote it": (regions(add=("US",), applied=("EU",)), False),
    "nobody declared it": (regions(remove=("US",), applied=("EU",)), True),
    "we wrote it and want it no more": (regions(remove=("US",), applied=("US",)), False),
    "a rename is never drift": (regions(rename=(("A", "B"),), applied=("US",)), False),
    "ours stood otherwise": (regions(order=("A", "B"), applied=("B", "A")), False),
    "ours stood so": (regions(order=("A", "B"), applied=("A", "X", "B")), True),
}


@pytest.mark.parametrize("case", DRIFTED, ids=lambda name: name.replace(" ", "_"))
def test_an_element_that_others_touched_is_drift(case: str) -> None:
    item, drifts = DRIFTED[case]

    _, review = judged([change("update", P, item)], plan())

    assert (bool(review.drift), bool(review.not_permitted)) == (drifts, not drifts)


# --- names in place of ids ---


def test_elements_values_and_paths_that_no_key_names_are_compared_by_name() -> None:
    reviewed = change(
        "update",
        P,
        regions(add=("id:1",)),
        FieldChange("category", None, "id:1"),
        FieldChange("attributes.id:1", None, "x"),
        FieldChange("attributes.size", None, ("id:1", "b")),
    )
    new = change(
        "update",
        P,
        regions(add=("id:2",)),
        FieldChange("category", None, "id:2"),
        FieldChange("attributes.id:2", None, "x"),
        FieldChange("attributes.size", None, ("id:2", "b")),
    )

    left, review = judged([new], plan(reviewed, names={"id:1": "EU"}), names={"id:2": "EU"})
    assert (left, review) == ([new], NOTHING)

    left, review = judged([new], plan(reviewed, names={"id:1": "EU"}), names={"id:2": "US"})
    assert left == []
    assert review.not_permitted == ("collection/p: regions US, attributes.US",)
    assert review.differs == (
        "collection/p: category is not as it was reviewed",
        "collection/p: attributes.size is not as it was reviewed",
    )


def test_of_a_record_the_parts_that_are_not_as_they_were_reviewed_are_told() -> None:
    def packed(before: dict[str, object] | None, after: dict[str, object]) -> Change:
        return change("update", P, FieldChange("attributes.size", before, after))

    small, large = {"Length": "46", "Unit": "cm"}, {"Length": "48", "Unit": "cm", "Weight": "2"}
    told = "collection/p: attributes.size ({}) is not as it was reviewed"

    _, review = judged([packed(small, large)], plan(packed(small, {**small, "Length": "47"})))
    assert review.differs == (told.format("Length, Weight"),)

    _, review = judged([packed({"Unit": "cm"}, large)], plan(packed({"Unit": "mm"}, large)))
    assert review.differs == (told.format("Unit"),)

    _, review = judged([packed(None, large)], plan(packed(small, large)))
    assert review.differs == ("collection/p: attributes.size is not as it was reviewed",)


def test_a_set_of_numbers_is_no_record() -> None:
    def several(*numbers: str) -> Change:
        return change(
            "update", P, FieldChange("attributes.size", None, tuple(map(Number, numbers)))
        )

    _, review = judged([several("1", "2")], plan(several("1", "3")))

    assert review.differs == ("collection/p: attributes.size is not as it was reviewed",)


# --- whole objects ---

EXIST = [
    # reviewed, new, words where it differs
    (change("create", id=None), change("create", id=None), None),
    (change("create", id=None), change("adopt"), "adopt"),
    (change("recreate"), change("create"), "create"),
    (change("adopt"), change("adopt"), None),
    (change("adopt"), change("adopt", id="2"), "adopt"),
    (change("delete"), change("delete"), None),
    (change("delete"), change("delete", id="2"), "delete"),
    (change("delete", fallout=("a", "b")), change("delete", fallout=("a",)), None),
    (change("delete", fallout=("a",)), change("delete", fallout=("a", "b")), "delete"),
    (change("move", source="o"), change("move", source="o"), None),
    (change("move", source="o"), change("move", source="x"), "move"),
]


@pytest.mark.parametrize(("reviewed", "new", "words"), EXIST)
def test_what_becomes_of_an_object_is_permitted_as_it_was_reviewed(
    reviewed: Change, new: Change, words: str | None
) -> None:
    left, review = judged([new], plan(reviewed))

    assert left == ([] if words else [new])
    differs = (f"collection/p: {words} is not as it was reviewed",) if words else ()
    assert review == Review(differs=differs)


def test_a_create_that_nobody_reviewed_takes_along_what_depends_on_it() -> None:
    top = change("create", C, id=None)
    below = change("create", P, id=None, depends_on=(C,))
    further = change("create", Q, id=None, depends_on=(P,))
    gone = change("delete", Ref("category", "old"), depends_on=(Q,))
    blocked = change("update", Ref("category", "b"), blocked="why", depends_on=(Q,))

    left, review = judged([further, below, top, gone, blocked], plan(further, below, gone))

    assert left == [gone, blocked]
    assert review == Review(
        not_permitted=(
            "category/c: create",
            "collection/p: depends on category/c",
            "collection/q: depends on collection/p",
        ),
        left_objects=3,
    )


def test_what_is_left_out_of_a_structural_field_takes_along_what_depends_on_it() -> None:
    moves = change("update", C, FieldChange("parent", None, "top"))
    renamed = change("update", C, FieldChange("name", "a", "b"))
    below = change("delete", Ref("category", "x"), depends_on=(C,))
    inside = change("update", P, name("a", "b"), depends_on=(C,))

    assert judged([moves, inside, below], plan(inside, below))[0] == [below]
    assert judged([renamed, inside, below], plan(inside, below))[0] == [inside, below]


def test_a_create_is_cut_down_to_the_fields_that_were_reviewed() -> None:
    reviewed = change("create", id=None, sent={"name": "P", "regions": ("EU",)})
    new = change("create", id=None, sent={"name": "P", "regions": ("EU", "US"), "published": True})

    left, review = judged([new], plan(reviewed))

    assert [item.sent for item in left] == [{"name": "P", "regions": ("EU",)}]
    assert review == Review(not_permitted=("collection/p: regions US, published",), left_objects=1)


def test_a_reviewed_create_permits_what_finishes_it_and_no_drift() -> None:
    reviewed = plan(change("create", id=None, sent={"name": "P"}))

    assert judged([change("update", P, name("x", "P"))], reviewed)[1].differs == ()
    _, review = judged([change("update", P, name("x", "P", cls="drift"))], reviewed)
    assert review.drift == ("collection/p: name",)


def test_a_reviewed_update_permits_the_same_in_a_create() -> None:
    reviewed = plan(change("create", id=None), change("update", P, name("x", "P")))

    left, review = judged([change("create", id=None, sent={"name": "P"})], reviewed)

    assert [item.sent for item in left] == [{"name": "P"}]
    assert review == NOTHING


# --- what the plan no longer holds ---

HELD = {
    "a value that the catalog wants and the account has is done": (name("a", "b"), "b", True),
    "a value that the catalog wants no more is overtaken": (name("a", "b"), "c", False),
    "an element to add is there": (regions(add=("EU",)), ("EU", "US"), True),
    "in another spelling too": (regions(add=("A &amp; B",)), ("A & B",), True),
    "an element to add is not wanted any more": (regions(add=("EU",)), ("US",), False),
    "an element to remove is gone": (regions(remove=("EU",)), ("US",), True),
    "an element to remove is wanted again": (regions(remove=("EU",)), ("EU",), False),
    "the order is as it was to be": (regions(order=("A", "B")), ("A", "X", "B"), True),
    "the order is another one": (regions(order=("A", "B")), ("B", "A"), False),
}


@pytest.mark.parametrize("case", HELD, ids=lambda name: name.replace(" ", "_"))
def test_what_the_plan_no_longer_holds_is_done_or_overtaken(case: str) -> None:
    item, value, done = HELD[case]
    unit = "collection/p name" if item.path == "name" else "collection/p regions"
    element = (*item.add, *item.remove, "")[0].replace("&amp;", "&")

    left, review = judged([], plan(change("update", P, item)), p=want("collection", "p", **{item.path: value}))  # fmt: skip

    words = (f"{unit} {element}".strip(),)
    assert left == []
    assert review == (Review(done=words) if done else Review(overtaken=words))


@pytest.mark.parametrize(
    ("reviewed", "declared", "done"),
    [
        (change("create", id=None), True, True),
        (change("create", id=None), False, False),
        (change("adopt"), True, True),
        (change("delete"), True, False),
        (change("delete"), False, True),
    ],
)
def test_an_object_that_the_plan_no_longer_holds_is_done_or_overtaken(
    reviewed: Change, declared: bool, done: bool
) -> None:
    resources = {"p": want("collection", "p")} if declared else {}

    _, review = judged([], plan(reviewed), **resources)

    words = ("collection/p",)
    assert review == (Review(done=words) if done else Review(overtaken=words))


@pytest.mark.parametrize(
    ("item", "done"),
    [
        (name("a", None), True),
        (name("a", "b"), False),
        (regions(remove=("EU",)), True),
        (regions(add=("EU",)), False),
        (regions(order=("A", "B")), False),
    ],
)
def test_of_an_object_that_is_gone_what_was_to_go_is_done(item: FieldChange, done: bool) -> None:
    _, review = judged([], plan(change("update", P, item)))

    assert (bool(review.done), bool(review.overtaken)) == (done, not done)


def test_what_the_plan_holds_is_neither_done_nor_overtaken() -> None:
    item = regions(add=("EU",))
    reviewed = plan(change("update", P, item, name("a", "b")))

    _, review = judged([change("update", P, item, name("a", "c"))], reviewed)

    assert (review.done, review.overtaken) == ((), ())


@pytest.mark.parametrize("reviewed", [change("delete"), change("update", P, name("a", "b"))])
def test_what_is_blocked_by_now_is_neither_done_nor_overtaken(reviewed: Change) -> None:
    blocked = change(reviewed.action, P, blocked="somebody holds it")

    left, review = judged([blocked], plan(reviewed))

    assert left == [blocked]
    assert review == NOTHING


# --- what a change that was cut down still says ---


def test_what_is_not_written_is_not_remembered() -> None:
    whole = change(
        "update", P, name("a", "b"), FieldChange("published", None, True),
        sent={"name": "b", "published": True, "lifecycle": "x"}, forget=("name", "note"),
    )  # fmt: skip

    left = with_fields(whole, [None, whole.fields[1]])

    assert left.fields == (whole.fields[1],)
    assert left.sent == {"published": True, "lifecycle": "x"}
    assert left.forget == ("note",)


def test_of_a_set_that_is_written_in_part_what_is_not_removed_stays_ours() -> None:
    before = regions(
        add=("US", "CA"), remove=("UK", "FR", "DE"), applied=("UK", "FR"), before=("UK", "FR", "DE")
    )
    whole = change("update", P, before, sent={"regions": ("EU", "US", "CA")})

    left = with_fields(whole, [replace(before, add=("US",), remove=("UK",))])

    # DE was never ours; CA is not added.
    assert left.sent == {"regions": ("EU", "US", "FR")}
    assert with_fields(whole, [before]).sent == whole.sent


def test_of_a_set_ours_are_told_in_any_spelling() -> None:
    before = regions(remove=("A &amp; B",), applied=("A & B",))
    whole = change("update", P, before, sent={"regions": ("EU",)})

    left = with_fields(whole, [replace(before, remove=())])

    assert left.sent == {"regions": ("EU", "A &amp; B")}


def test_what_is_no_set_is_remembered_as_it_is() -> None:
    before = FieldChange("attributes.size", "a", "b")
    whole = change("update", P, before, sent={"attributes.size": "b"})

    assert with_fields(whole, [replace(before, after="c")]).sent == {"attributes.size": "b"}


def test_the_book_has_a_unit_for_each_thing_that_is_permitted() -> None:
    files = plan(
        change("create", C, id=None, sent={"name": "C", "regions": ("EU",)}),
        change("delete", Q, fallout=("a",)),
        change("update", P, name("a", "b"), regions(rename=(("A &amp; B", " C"),))),
    )

    book = book_of([files])

    assert {str(unit) for unit in book} == {
        "category/c", "category/c name", "category/c regions EU", "collection/q",
        "collection/p name", "collection/p regions A & B",
    }  # fmt: skip
    assert book[Unit(Q)] == Terms("1", "delete", frozenset({"a"}))
    assert book[Unit(P, "name")] == Terms("a", "b")
    assert book[Unit(P, "regions", "A & B")] == Terms(None, "rename C")


# --- values of several parts ---


@pytest.mark.parametrize(
    ("reviewed", "new", "made"),
    [
        (("a", "b"), ("b", "a"), True),
        (("b",), ("c",), False),
        ({"Chest": "90"}, {"Chest": "90"}, True),
        ({"Chest": "90"}, {"Chest": "91"}, False),
    ],
)
def test_a_value_of_several_parts_is_permitted_as_a_whole(
    reviewed: Any, new: Any, made: bool
) -> None:
    path = "attributes.size"
    files = plan(change("update", P, FieldChange(path, None, reviewed)))
    created = plan(change("create", id=None, sent={path: reviewed}))

    assert bool(judged([change("update", P, FieldChange(path, None, new))], files)[0]) is made
    left, review = judged([change("create", id=None, sent={path: new})], created)
    assert [item.sent for item in left] == [{path: new} if made else {}]
    assert bool(review.differs) is not made


def test_an_id_may_have_a_dot() -> None:
    path, names = "attributes.id:a.b", {"id:a.b": "Size"}
    item = FieldChange(path, None, "x")

    _, review = judged([change("update", P, item)], plan(), names=names)

    assert review.not_permitted == ("collection/p: attributes.Size",)


def test_an_option_that_nobody_reviewed_takes_along_the_values_that_need_it() -> None:
    size = Ref("attribute", "size")
    one, two = (FieldChange("options", is_set=True, add=x) for x in (("S",), ("S", "M")))
    value = change("update", P, FieldChange("attributes.size", None, "M"), depends_on=(size,))

    def left(reviewed: FieldChange) -> list[Ref]:
        found, _ = judged([change("update", size, two), value], plan(change("update", size, reviewed), value))  # fmt: skip
        return [item.ref for item in found]

    assert left(two) == [size, P]
    assert left(one) == [size]
