"""The plan for a terminal, exactly (contract 3)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from reconciler.cli.planread import plan_from_json
from reconciler.enums import NoteKind
from reconciler.model import Change, Cost, FieldChange, Note, Number, Plan
from reconciler.reports.concise import plan_concise
from reconciler.reports.markdown import plan_markdown
from reconciler.reports.planjson import plan_json
from reconciler.reports.text import plan_text
from tests.reports.plans import EVERYTHING, PLANS, change, plan

COST = Cost(1, 1)


def body(made: Plan, width: int = 100, *, color: bool = False) -> str:
    """The plan without its last lines."""
    return plan_text(made, color=color, width=width).rpartition("\n\n")[0]


def fields(*items: FieldChange, kind: str = "collection", width: int = 100) -> str:
    """The lines below the head of an update of these fields."""
    text = body(plan(change("update", kind, "x", *items)), width)
    return text.partition("\n")[2]


def test_every_sort_of_change_has_its_sign() -> None:
    assert (
        plan_text(EVERYTHING, color=False)
        == """\
+ collection/rain-jacket  "Rain Jacket"  (jackets.yaml:12)
    category: jackets  categories: [new-in]  published: true  published_end_date: (none)
    attributes.weight: 1.10  attributes.color: [Blue, Red]
    attributes.size-chart: {Chest: 90, Note: wide}
+ category/outlet  "Outlet"  (jackets.yaml:12)  recreate: it is gone from the account
    parent: (none)
= category/shoes  "Shoes"  (jackets.yaml:12)
~ collection/sun-hat  "Hat"  (jackets.yaml:12)
    name:                Sunhat     → Sun Hat  (drift)
    category:            Somebody's → hats
    categories: + new-in  - Theirs
    attributes.color:    [Blue]     → [Crimson]  (conflict: was [Red] when last applied)
    attributes.material: Nylon      → (none)
! attribute/color  "Color"  (jackets.yaml:12)
    update blocked: a value outside this plan holds 'Pink'
    options: + Teal  - Pink  Red → Crimson
> collection/new-cap  "Cap"  (jackets.yaml:12)  was collection/cap
- category/old  "Old"
    falls with it: link on resource/care
Note: collection/scarf: name drifted and is kept (drift: keep)
Refused, nothing would be written:
    11 deletes, the limit is 10: pass --allow-deletes 11

Plan: 1 to create, 1 to recreate, 1 to adopt, 1 to update (1 to another place), \
1 to delete, 1 to move, 1 blocked. \
1,204 unchanged.
Cost: 26 requests, at least 2 s at 950 requests per 60 s.
"""
    )


def test_colour_is_put_around_what_it_marks_and_nothing_else() -> None:
    made = plan(
        change(
            "update", "collection", "hat", FieldChange("categories", add=("a", "b"), is_set=True)
        )
    )
    assert body(made, color=True) == (
        '\x1b[33m~ collection/hat\x1b[0m  "Hat"  (jackets.yaml:12)\n'
        "    categories: \x1b[32m+ a  + b\x1b[0m"
    )


def test_nothing_to_do() -> None:
    assert plan_text(plan(unchanged=12), color=False) == (
        "No changes. The catalog and the account match.\n"
    )


def test_counts_have_thousands_and_a_single_request_is_one() -> None:
    made = plan(*[change("delete", "category", "a")] * 1001, cost=COST, unchanged=2000)
    assert plan_text(made, color=False).endswith(
        "\n\nPlan: 0 to create, 0 to adopt, 0 to update, 1,001 to delete, 0 to move, 0 blocked. "
        "2,000 unchanged.\n"
        "Cost: 1 request, at least 1 s at 950 requests per 60 s.\n"
    )


def test_a_new_state_is_said_first_and_once() -> None:
    note = "This plan starts a new state: nothing is known of earlier runs."
    made = plan(
        new_state=True, needs_new_state=True, notes=(Note(note, NoteKind.NEW_STATE), Note("other"))
    )
    assert plan_text(made, color=False) == (
        f"{note}\n"
        "Off a terminal, apply takes it with --new-state, or as a plan file.\n"
        "\n"
        "Note: other\n"
        "\n"
        "No changes. The catalog and the account match.\n"
    )


def test_with_targets_the_last_line_says_what_was_left_out() -> None:
    said = plan(
        targets=("collection/a",),
        notes=(Note("3 other changes were left out (--target).", NoteKind.TARGETS),),
    )
    assert plan_text(said, color=False).splitlines() == [
        "No changes. The catalog and the account match.",
        "3 other changes were left out (--target).",
    ]
    unsaid = plan(targets=("collection/a", "category/b/"))
    assert plan_text(unsaid, color=False).splitlines()[-1] == (
        "Changes of others than collection/a, category/b/ are left out (--target)."
    )


# --- fields -------------------------------------------------------------------------------------


def test_a_long_text_is_a_word_diff_that_is_wrapped() -> None:
    before = "Wash it at 30 degrees with similar colors. Do not iron, do not bleach.\nDry flat."
    after = "Wash it at 40 degrees with similar colours. Do not iron, never bleach.\nDry flat."
    assert (
        fields(FieldChange("attributes.care", before, after, cls="drift"), width=60)
        == """\
    attributes.care:  (drift)
        Wash it at [-30-]{+40+} degrees with similar
        [-colors.-]{+colours.+} Do not iron, [-do
        not-]{+never+} bleach.⏎
        Dry flat."""
    )


def test_a_word_diff_in_colour_has_no_brackets() -> None:
    item = FieldChange("name", "a " * 40 + "red shoe", "a " * 40 + "blue shoe")
    text = body(plan(change("update", "collection", "x", item)), color=True)
    assert text.endswith("        … a a a a a a \x1b[31mred\x1b[0m\x1b[32mblue\x1b[0m shoe")


def test_a_short_text_with_lines_is_a_word_diff_too() -> None:
    assert fields(FieldChange("name", "a\nb", "a\nc")) == (
        "    name:\n        a⏎\n        [-b-]{+c+}"
    )


def test_a_long_text_that_is_new_or_gone_is_shown() -> None:
    text = "a word " * 9
    new, gone = FieldChange("name", None, text), FieldChange("additional_title", text, None)
    assert (
        fields(new, gone, width=90)
        == """\
    name:
        {+a word a word a word a word a word a word a word a word a word+}
    additional_title:
        [-a word a word a word a word a word a word a word a word a word-]"""
    )


def test_a_record_is_shown_by_sub_field() -> None:
    before = {"Chest": Number("90"), "Note": "x", "Same": True}
    after = {"Chest": Number("92.0"), "Same": True, "Lined": False}
    assert (
        fields(FieldChange("attributes.chart", before, after))
        == """\
    attributes.chart:
        Chest: 90 → 92.0
        Note: x → (none)
        Lined: (none) → false"""
    )


def test_numbers_are_shown_as_spelled() -> None:
    assert fields(FieldChange("attributes.w", Number("1.10"), Number("1.1"))) == (
        "    attributes.w: 1.10 → 1.1"
    )


def test_a_value_of_which_only_the_digest_is_known_is_said_so() -> None:
    item = FieldChange("name", "a", "b", {"sha256": "00"}, cls="conflict")
    assert fields(item) == ("    name: a → b  (conflict: was (a long text) when last applied)")


def test_a_set_that_does_not_fit_is_wrapped() -> None:
    added = tuple(f"category-{number}" for number in range(6))
    assert (
        fields(FieldChange("categories", add=added, is_set=True, cls="drift"), width=50)
        == """\
    categories:  (drift)
        + category-0  + category-1  + category-2
        + category-3  + category-4  + category-5"""
    )


def test_wide_characters_take_two_columns() -> None:
    assert fields(
        FieldChange("name", "雨衣", "a"), FieldChange("additional_title", "abcdef", "b")
    ) == ("    name:             雨衣   → a\n    additional_title: abcdef → b")


@pytest.mark.parametrize("kind", ["label", "blocked", "fallout", "note", "value"])
def test_text_from_outside_is_inert(kind: str) -> None:
    evil = "\x1b]0;x\x07\u202e"
    inert = "\\x1b]0;x\\x07\\u202e"
    made = {
        "label": plan(change("adopt", "category", "a", label=evil)),
        "blocked": plan(change("update", "category", "a", blocked=evil)),
        "fallout": plan(change("delete", "category", "a", fallout=(evil,))),
        "note": plan(notes=(Note(evil),)),
        "value": plan(change("update", "category", "a", FieldChange("name", evil, "x"))),
    }[kind]
    assert inert in plan_text(made, color=False)


@settings(max_examples=50)
@given(PLANS)
def test_no_plan_prints_a_control_character(made: Plan) -> None:
    text = plan_text(made, color=False)
    assert all(char == "\n" or char >= " " for char in text)
    assert "\u202e" not in text


def test_that_the_two_match_is_said_only_where_nothing_was_left_out() -> None:
    left = plan(left={"not permitted": 5, "drift kept": 1_200})
    words = "no changes to make; left: 1,200 drift kept, 5 not permitted"
    assert plan_text(left, color=False).endswith(f"{words.capitalize()}.\n")
    assert words in plan_markdown(left)
    assert plan_text(plan(refusals=("name differs",)), color=False).endswith(
        "No changes to make.\n"
    )


# --- bulk edits ---------------------------------------------------------------------------------


def recolored(count: int) -> list[Change]:
    field = FieldChange("attributes.color", ("Red",), ("Crimson",), ("Red",))
    return [change("update", "collection", f"shirt-{n}", field) for n in range(count)]


def test_more_than_a_screenful_of_the_same_change_is_told_once() -> None:
    first, *others = recolored(40)
    more = replace(first, fields=(*first.fields, FieldChange("name", "A", "B")))
    text = plan_text(
        plan(more, *others, change("delete", "category", "old", place=None)), color=False
    )
    lines = text.splitlines()
    assert lines[:3] == [
        "~ 40 collections alike",
        "    attributes.color: [Red] → [Crimson]",
        "        shirt-0  shirt-1  shirt-2  shirt-3  shirt-4  shirt-5  shirt-6  shirt-7  shirt-8  shirt-9",
    ]
    assert '~ collection/shirt-0  "0"  (jackets.yaml:12)' in lines
    assert "    name: A → B" in lines
    assert '- category/old  "Old"' in lines
    assert all(f"shirt-{n}" in text for n in range(40))
    assert text.count("Crimson") == 1


def test_a_screenful_is_told_object_by_object() -> None:
    text = plan_text(plan(*recolored(20)), color=False)
    assert text.count("Crimson") == 20


def test_no_line_of_a_report_is_a_command_to_a_runner() -> None:
    text = plan_text(plan(refusals=("::error::taken over ##[error]x",)), color=False)
    assert "    \\::error::taken over ##\\[error]x\n" in text


@given(PLANS)
def test_a_plan_file_reads_as_the_plan_that_it_was_made_of(made: Plan) -> None:
    read = plan_from_json(plan_json(made, "1"), "plan.json")
    assert plan_text(read, color=False) == plan_text(made, color=False)


def test_a_concise_plan_has_a_line_for_each_object_and_for_what_many_change_alike() -> None:
    alike = [
        change("update", "collection", f"c{n}", FieldChange("name", "Red\x1b", "Blue"))
        for n in range(30)
    ]
    made = plan(
        *alike,
        change("create", "category", "hats"),
        change("update", "category", "w" * 200, blocked="it is not there"),
    )
    lines = plan_concise(made, color=False, width=80).splitlines()
    assert lines[0].startswith("~ 30 collections alike: name: Red\\x1b → Blue")
    assert lines[1] == '+ category/hats  "Hats"'
    assert lines[2].startswith("! category/www")
    assert lines[2].endswith("…")
    assert lines[-2].startswith("Plan: 1 to create, 0 to adopt, 30 to update")
    assert len(lines) == 6
    assert "blocked: it is not there" in plan_concise(made, color=False, width=1000)


# --- adoption of many ---------------------------------------------------------------------------


def adopted(count: int) -> list[Change]:
    """Products that are adopted as they are, and what is told of it besides."""
    found = [change("adopt", "collection", f"p-{number:03}") for number in range(count)]
    renamed = change("adopt", "collection", "q", FieldChange("name", "Old", "New"), label="Q")
    blocked = change("adopt", "category", "c", id=None, blocked="id 7 does not exist")
    return [*found, renamed, blocked]


def test_many_that_are_adopted_as_they_are_are_counted_and_the_exceptions_named() -> None:
    text = plan_text(plan(*adopted(60)), color=False)

    assert text.startswith(
        """\
= 60 products exist already and are adopted as they are (shown 5 of 60)
        p-000  p-001  p-002  p-003  p-004
= collection/q  "Q"  (jackets.yaml:12)
    name: Old → New
! category/c  "C"  (jackets.yaml:12)
    adopt blocked: id 7 does not exist
"""
    )


def test_few_are_named_each() -> None:
    text = plan_text(plan(*adopted(50)), color=False)

    assert text.count("= collection/p-") == 50


def test_a_concise_plan_counts_them_too() -> None:
    lines = plan_concise(plan(*adopted(60)), color=False, width=100).splitlines()

    assert lines[0] == "= 60 products exist already and are adopted as they are (shown 5 of 60)"
    assert len(lines) == 7
