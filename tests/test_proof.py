"""What a read just after a write proves (contract 2.4, 2.8), case by case."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.apply.proof import Above, Proof, prove, seen_to_inherit, written
from reconciler.behaviours import NO, YES
from reconciler.model import Change, FieldChange, Number, Ref, Unstuck
from reconciler.normalize import canon
from reconciler.wire import Definition, Names
from tests.build import REGIONS, has

NAMES = Names(
    keys={
        "attribute": {"a1": "color", "a2": "text", "a3": "weight"},
        "category": {"1": "tops", "2": "new"},
    },
    ids={
        Ref("attribute", "color"): "a1",
        Ref("attribute", "text"): "a2",
        Ref("attribute", "weight"): "a3",
        Ref("category", "tops"): "1",
        Ref("category", "new"): "2",
    },
    regions=REGIONS,
    definitions={
        "a1": Definition("Pick List", {"o-r": "Red", "o-b": "Blue"}),
        "a2": Definition("Text"),
        "a3": Definition("Number"),
    },
)
P = Ref("collection", "p")


def put(*fields: FieldChange, kind: str = "collection", **more: Any) -> Change:
    return Change("update", Ref(kind, "p"), "5", "P", None, fields, **more)


def post(**sent: Any) -> Change:
    return Change("create", P, None, "P", None, sent=sent)


def proved(
    change: Change,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    above: Above | None = None,
) -> Proof:
    kind = change.ref.kind
    was = None if before is None else has(kind, "5", **before)
    return prove(change, was, has(kind, "5", **after), NAMES, above)


NAME = FieldChange("name", "A", "B")
ADD = FieldChange("categories", add=("tops",), remove=("new",), is_set=True)

# --- what was sent ---

STUCK = {
    "a value that is there": (NAME, {"name": "B"}, Proof()),
    "one that is not": (NAME, {"name": "A"}, Proof((Unstuck("name", "B", "A"),))),
    "one that is nowhere": (NAME, {}, Proof((Unstuck("name", "B", None),))),
    "one in another spelling": (NAME, {"name": " B "}, Proof((), (Unstuck("name", "B", " B "),))),
    "a flag that is off": (FieldChange("published", True, False), {"published": None}, Proof()),
    "a flag that stays on": (
        FieldChange("published", True, False), {"published": True},
        Proof((Unstuck("published", False, True),)),
    ),
    "a number in its own spelling": (
        FieldChange("attributes.weight", None, Number("1.10")), {"attributes": {"a3": 1.1}}, Proof(),
    ),
    "another number": (
        FieldChange("attributes.weight", None, Number("1.10")), {"attributes": {"a3": "2"}},
        Proof((Unstuck("attributes.weight", Number("1.10"), Number("2")),)),
    ),
    "elements that came and went": (ADD, {"categories": ("1",)}, Proof()),
    "an element that did not come": (
        ADD, {"categories": ()}, Proof((Unstuck("categories", ("tops", "not new"), None),)),
    ),
    "an element that did not go": (
        ADD, {"categories": ("1", "2")},
        Proof((Unstuck("categories", ("tops", "not new"), ("tops", "new")),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STUCK, ids=lambda name: name.replace(" ", "_"))
def test_what_was_sent_is_there_or_said(case: str) -> None:
    item, after, proof = STUCK[case]

    found = proved(put(item), None, after)

    if found.unstuck and item.is_set:
        assert [x.path for x in found.unstuck] == [x.path for x in proof.unstuck]
        assert found.unstuck[0].sent == proof.unstuck[0].sent
        assert found.respelled == ()
    else:
        assert found == proof
    assert found.holds is not bool(proof.unstuck)


@pytest.mark.parametrize(("shown", "proof"), [("5", Proof()), ("6", None)])
def test_of_an_uploaded_file_its_size_is_proved(shown: str, proof: Proof | None) -> None:
    change = Change(
        "create", Ref("file", "f"), None, "F", None, sent={"content": "sha256:ab size:5"}
    )

    found = prove(change, None, has("file", "9", content=f"size:{shown}"), NAMES)

    assert found.holds is (proof is not None)
    assert found == (proof or Proof((Unstuck("content", "sha256:ab size:5", "size:6"),)))


def test_a_key_beside_a_value_is_not_lost_though_its_attribute_was_not_written() -> None:
    """Beside a value that was written anew its own keys may be others too."""
    sent = FieldChange("attributes.text", "x", "y")
    entries = [{"id": "a2", "value": "x", "rev": 1}, {"id": "a3", "value": 1, "unit": "kg"}]
    now = [{"id": "a2", "value": "y", "rev": 2}, {"id": "a3", "value": 1, "unit": "g"}]
    before, after = (
        replace(has("collection", "5", attributes={"a2": value, "a3": 1}), raw={"attributes": raw})
        for value, raw in (("x", entries), ("y", now))
    )

    assert prove(put(sent), before, after, NAMES).foreign == ("attributes: unit of 'a3'",)


def test_a_multi_select_is_many_or_one() -> None:
    item = FieldChange("multiple", False, True)

    assert proved(put(item, kind="attribute"), None, {"multiple": True}) == Proof()
    assert not proved(put(item, kind="attribute"), None, {"multiple": False}).holds
    assert proved(put(FieldChange("multiple", None, False), kind="attribute"), None, {}) == Proof()


def options(*labels: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((f"o-{label}", label, "") for label in labels)


@pytest.mark.parametrize(
    ("item", "after", "holds"),
    [
        (FieldChange("options", is_set=True, rename=(("A", "B"),)), ("B",), True),
        (FieldChange("options", is_set=True, rename=(("A", "B"),)), ("A",), False),
        (FieldChange("options", is_set=True, add=("A & B",)), ("A &amp; B",), True),
        (FieldChange("options", is_set=True, remove=("A & B",)), ("A &amp; B",), False),
        (FieldChange("options", is_set=True, add=("A", "B")), ("A",), False),
    ],
)
def test_labels_are_compared_in_any_spelling(
    item: FieldChange, after: tuple[str, ...], holds: bool
) -> None:
    assert proved(put(item, kind="attribute"), None, {"options": options(*after)}).holds is holds


@pytest.mark.parametrize(
    ("after", "ordered", "noted"),
    [("AB", True, False), ("BA", True, True), ("BA", False, False), ("XAYB", True, False), ("BXA", True, True)],
)  # fmt: skip
def test_another_order_is_noted_and_no_surprise(after: str, ordered: bool, noted: bool) -> None:
    item = FieldChange("options", after=("A", "B"), add=("B",), is_set=True, ordered=ordered)

    found = proved(put(item, kind="attribute"), None, {"options": options(*after)})

    assert found.holds
    assert [x.path for x in found.respelled] == (["options"] if noted else [])


def test_of_a_create_all_that_it_declares_and_is_not_empty_is_proved() -> None:
    change = Change("create", P, None, "P", None, sent={"name": "P", "additional_title": None, "categories": ("tops", "new"), "attributes.text": "x"})  # fmt: skip

    assert list(written(change)) == [
        FieldChange("name", after="P"),
        FieldChange("categories", after=("tops", "new"), add=("tops", "new"), is_set=True),
        FieldChange("attributes.text", after="x"),
    ]
    shown = {"name": "P", "categories": ("1", "2"), "attributes": {"a2": "x"}}
    assert proved(change, None, shown) == Proof()
    assert [x.path for x in proved(change, None, {"name": "P"}).unstuck] == [
        "categories",
        "attributes.text",
    ]
    assert list(written(put(NAME, sent={"additional_title": "x"}))) == [NAME]


# --- what was not sent ---

BESIDE = {
    "nothing": ({"name": "A"}, {"name": "B"}, ()),
    "a field that was not spoken of": (
        {"name": "A", "additional_title": "x"}, {"name": "B", "additional_title": "y"},
        ("additional_title",),
    ),
    "one that went": (
        {"name": "A", "additional_title": "x"}, {"name": "B"}, ("additional_title",),
    ),
    "one that came": ({"name": "A"}, {"name": "B", "additional_title": "y"}, ("additional_title",)),
    "another spelling of the same": (
        {"name": "A", "attributes": {"a3": "1.10"}}, {"name": "B", "attributes": {"a3": 1.1}}, (),
    ),
    "an element that went": (
        {"name": "A", "categories": ("1", "2")}, {"name": "B", "categories": ("1",)}, ("categories",),
    ),
    "an element that came": (
        {"name": "A", "categories": ("1",)}, {"name": "B", "categories": ("1", "2")}, (),
    ),
    "a value that went": (
        {"name": "A", "attributes": {"a2": "x"}}, {"name": "B"}, ("attributes.text",),
    ),
    "several, in their order": (
        {"name": "A", "attributes": {"a3": 1, "a2": "x"}, "additional_title": "x"},
        {"name": "B", "attributes": {"a3": 2, "a2": "y"}, "additional_title": "y"},
        ("additional_title", "attributes.text", "attributes.weight"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BESIDE, ids=lambda name: name.replace(" ", "_"))
def test_what_changed_beside_is_said(case: str) -> None:
    before, after, foreign = BESIDE[case]

    found = proved(put(NAME), before, after)

    assert found.foreign == foreign
    assert found.holds is not bool(foreign)
    assert found.emptied == (("attributes.text",) if case == "a value that went" else ())


def test_what_a_field_has_beside_it_may_change_with_it() -> None:
    category = FieldChange("category", "new", "tops")
    before, after = {"category": "2", "categories": ("2",)}, {"category": "1", "categories": ("1",)}

    assert proved(put(category), before, after) == Proof()
    assert proved(put(NAME), {"name": "A", **before}, {"name": "B", **after}).foreign == (
        "categories",
        "category",
    )


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (("1", "2", "9"), ("1", "9"), False),
        (("1", "2", "9"), ("1",), True),
        (("2",), ("1",), False),
        (("9",), ("1", "9", "8"), False),
    ],
)
def test_of_a_set_that_was_written_what_is_somebody_elses_stays(
    before: tuple[str, ...], after: tuple[str, ...], lost: bool
) -> None:
    found = proved(put(ADD), {"categories": before}, {"categories": after})

    assert found.foreign == (("categories",) if lost else ())


@pytest.mark.parametrize(
    ("item", "before", "after", "foreign"),
    [
        ({"add": ("C",)}, (("1", "A", ""),), (("1", "A", ""), ("2", "C", "")), False),
        ({"add": ("C",)}, (("1", "A", ""),), (("9", "A", ""), ("2", "C", "")), True),
        ({"add": ("C",)}, (("A", "A", ""),), (("9", "A", ""), ("2", "C", "")), False),
        ({"remove": ("A & B",)}, (("1", "A &amp; B", ""), ("2", "C", "")), (("2", "C", ""),), False),
        ({"remove": ("A",)}, (("1", "A", ""), ("2", "C", "")), (("3", "C", ""),), True),
        ({"rename": (("A", "B"),)}, (("1", "A", ""),), (("1", "B", ""),), False),
        ({"rename": (("A", "B"),)}, (("1", "A", ""),), (("2", "B", ""),), True),
        ({"rename": (("A", "B"),)}, (("1", "A", ""), ("2", "C", "")), (("1", "B", ""),), True),
    ],
)  # fmt: skip
def test_options_that_stay_keep_their_ids(
    item: dict[str, Any], before: Any, after: Any, foreign: bool
) -> None:
    change = put(FieldChange("options", is_set=True, **item), kind="attribute")

    found = proved(change, {"options": before}, {"options": after})

    assert found.foreign == (("options",) if foreign else ())


# --- what the categories above have to do with it ---


def shows(*values: str) -> dict[str, frozenset[Any]]:
    return {"a2": frozenset(values)} if values else {}


INHERITED = [
    # was, now, shown above before, after, inherits, ours, foreign
    (None, "x", (), ("x",), None, False, False),
    (None, "x", (), ("x",), NO, False, False),
    (None, "x", (), ("y",), YES, False, True),
    (None, "x", ("x",), (), YES, False, True),
    ("x", None, ("x",), (), YES, False, False),
    ("x", None, ("x",), (), None, False, True),
    ("x", None, ("x",), (), NO, False, True),
    ("x", None, ("x",), ("x",), YES, False, True),
    ("x", None, (), (), YES, False, True),
    ("x", "y", ("x",), ("y",), None, False, False),
    ("x", "y", ("x",), ("y",), YES, False, False),
    ("x", "y", ("x",), ("y",), NO, False, True),
    ("x", "y", (), ("y",), YES, False, True),
    ("x", "y", ("x",), (), YES, False, True),
    (None, "x", (), ("x",), YES, True, True),
    ("x", None, ("x",), (), YES, True, True),
]


@pytest.mark.parametrize(("was", "now", "before", "after", "inherits", "ours", "foreign"), INHERITED)  # fmt: skip
def test_a_value_that_categories_hand_down_comes_changes_and_goes_with_them(
    was: str | None,
    now: str | None,
    before: tuple[str, ...],
    after: tuple[str, ...],
    inherits: str | None,
    ours: bool,
    foreign: bool,
) -> None:
    above = Above(
        shows(*before), shows(*after), frozenset({"a2"}) if ours else frozenset(), inherits
    )

    def item(name: str, value: str | None) -> dict[str, Any]:
        return {"name": name, "attributes": {"a2": value} if value else {}}

    found = proved(put(NAME), item("A", was), item("B", now), above)

    assert found.foreign == (("attributes.text",) if foreign else ())


def test_a_field_that_is_no_value_is_handed_down_by_nobody() -> None:
    above = Above({}, {"additional_title": frozenset({"x"})}, frozenset(), YES)

    assert proved(put(NAME), {"name": "A"}, {"name": "B", "additional_title": "x"}, above).foreign


CLEARED = [
    # what it was, what shows now, above after, inherits, stuck
    ("x", None, (), None, True),
    ("x", "y", ("y",), None, True),
    ("x", "y", ("y",), YES, True),
    ("x", "y", ("y",), NO, False),
    ("x", "y", ("z",), YES, False),
    ("x", "x", ("x",), None, False),
    ("x", "x", ("x",), YES, True),
    ("x", "x", ("x",), NO, False),
]


@pytest.mark.parametrize(("was", "now", "above", "inherits", "stuck"), CLEARED)
def test_a_cleared_value_may_show_what_a_category_shows(
    was: str, now: str | None, above: tuple[str, ...], inherits: str | None, stuck: bool
) -> None:
    change = put(FieldChange("attributes.text", was, None, clears=True))
    after = {"attributes": {"a2": now} if now else {}}

    found = proved(change, None, after, Above({}, shows(*above), frozenset(), inherits))

    assert found.holds is stuck
    if not stuck:
        assert found.unstuck == (Unstuck("attributes.text", None, now),)


@pytest.mark.parametrize(("before", "holds"), [("5", True), ("1.10", False)])
def test_what_a_category_shows_is_compared_by_the_type_of_the_attribute(
    before: str, holds: bool
) -> None:
    """While it is unknown whether the account inherits, another value than ours is excused."""
    item = FieldChange("attributes.weight", Number(before), None)
    above = Above(after={"a3": frozenset({canon("1.1", "Number")})})

    assert proved(put(item), {}, {"attributes": {"a3": 1.1}}, above).holds is holds


def test_a_cleared_value_that_is_there_and_that_no_category_shows_was_not_cleared() -> None:
    item = FieldChange("attributes.text", "x", None)

    found = proved(put(item), {}, {"attributes": {"a2": "x"}})

    assert found.unstuck == (Unstuck("attributes.text", None, "x"),)


def test_only_what_was_cleared_is_excused_by_a_category() -> None:
    above = Above({}, shows("y"), frozenset(), YES)

    assert not proved(put(FieldChange("attributes.text", "x", "z")), None, {"attributes": {"a2": "y"}}, above).holds  # fmt: skip
    assert not proved(put(FieldChange("additional_title", "x", None)), None, {"additional_title": "y"}, above).holds  # fmt: skip


MOVES = FieldChange("category", "new", "tops")
SEEN = [
    # change, was, now, ours, seen
    (put(NAME), None, "y", False, YES),
    (put(NAME), "y", "y", False, None),
    (put(NAME), "z", "y", False, YES),
    (put(NAME), None, None, False, None),
    (put(NAME), None, "z", False, None),
    (put(MOVES), None, None, False, NO),
    (put(ADD), None, None, False, NO),
    (put(MOVES), "z", "z", False, None),
    (put(MOVES), "z", None, False, None),
    (put(FieldChange("attributes.color", None, ("Red",))), None, None, False, None),
    (post(name="P"), None, "y", False, YES),
    (post(name="P"), None, None, False, NO),
    (post(name="P"), None, "y", True, None),
    (put(NAME), None, "y", True, None),
    (put(FieldChange("attributes.text", "x", None)), "x", "y", True, YES),
    (put(MOVES, FieldChange("attributes.text", "x", None)), None, None, True, None),
    (put(FieldChange("attributes.text", "x", "y")), "x", "y", False, None),
    (put(MOVES, sent={"attributes.text": "y"}), None, "y", False, None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "was", "now", "ours", "seen"), SEEN)
def test_a_write_shows_whether_the_account_hands_values_down(
    change: Change, was: str | None, now: str | None, ours: bool, seen: str | None
) -> None:
    above = Above({}, shows("y"), frozenset({"a2"}) if ours else frozenset())

    def item(value: str | None) -> Any:
        return has("collection", "5", attributes={"a2": value} if value else {})

    before = None if change.verb == "POST" else item(was)
    assert seen_to_inherit(change, before, item(now), NAMES, above) == seen
    assert seen_to_inherit(change, before, item(now), NAMES, Above()) is None


def test_what_is_handed_down_is_told_by_the_type_of_its_attribute() -> None:
    above = Above(after={"a3": frozenset({canon("1.10", "Number")})})
    after = has("collection", "5", attributes={"a3": "1.1"})

    assert seen_to_inherit(post(name="A"), None, after, NAMES, above) == YES


def test_one_value_that_is_handed_down_is_enough() -> None:
    above = Above({}, {"a2": frozenset({"y"}), "a3": frozenset({("number", Number("1"))})})
    after = has("collection", "5", attributes={"a3": "1.0"})

    assert seen_to_inherit(post(name="P"), None, after, NAMES, above) == YES
