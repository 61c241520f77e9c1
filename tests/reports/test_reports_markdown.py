"""Markdown for a pull-request comment: what it says, in which order, and how large it may be (8.1)."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cli.planread import plan_from_json
from reconciler.enums import NoteKind
from reconciler.model import Change, Cost, FieldChange, Group, Note, Number, Plan, Ref, Remedy
from reconciler.reports.markdown import (
    COMMENT,
    STEP_SUMMARY,
    Size,
    drift_markdown,
    drift_marker,
    plan_markdown,
    plan_marker,
)
from reconciler.reports.markdown.budget import SizeBudget, listed, utf8, utf16
from reconciler.reports.markdown.escaping import code, cut, name, prose
from reconciler.reports.planjson import plan_digest, plan_json
from tests.limits import HANG
from tests.reports import samples
from tests.reports.plans import EVERYTHING, PLANS, change, plan

# --- what it says -------------------------------------------------------------------------------


def test_a_small_plan_reads_from_the_verdict_to_the_digest() -> None:
    made = samples.small()
    assert plan_markdown(made) == (
        """\
<!-- pxm-plan -->
## 📝 Plan: 3 changes

**1** to create, **2** to update. 1,204 unchanged.

### Drift: changed in the account, will be put back (1)

- **Serac Shell** (product in Apparel › Jackets): Name: `Serac Shell SALE` → `Serac Shell`

### Products (2)

#### Apparel › Jackets

- **Fjell Parka** (new product): Category: `Jackets` · Published: `true` · Color: `Moss`, `Ink` · Weight (g): `640`
- **Nunatak Shell**
  - Description:
    ```diff
      …
      The hood turns with the head, the pockets stay clear of a hip belt, and the seams are taped.
    - Weighs 410 g and packs into its own pocket.
    - Made in Portugal from recycled nylon.
    + Weighs 385 g and packs into its own pocket.
    + Made in Estonia from fully recycled nylon.
    ```

---
Cost: 8 requests, at least 1 s at 950 requests per 60 s. All of it in full: \
`pxm show PLANFILE --format html`.

"""
        f"Plan `{plan_digest(made)}`\n"
    )


def test_everything_that_needs_eyes_stands_before_the_changes_and_outside_of_folds() -> None:
    text = plan_markdown(EVERYTHING)
    assert (
        text
        == f"""\
<!-- pxm-plan staging -->
## ⛔ Plan for staging: refused, nothing would be written

**1** to create, **1** to recreate, **1** to adopt, **1** to update (1 to another place), \
**1** to delete, **1** to move, **1** blocked. 1,204 unchanged.

- 11 deletes, the limit is 10: pass `--allow-deletes` 11

### Deletes (1)

- **Old** (category); falls with it: link on resource/care

### Blocked (1)

- **Color** (attribute), update: a value outside this plan holds `'Pink'`

### Conflicts: changed in git and in the account (1)

- **Hat** (product): color: `Blue` → `Crimson` (conflict: it was `Red`)

### Drift: changed in the account, will be put back (1)

- **Hat** (product): Name: `Sunhat` → `Sun Hat`

### Gone from the account, will be made again (1)

- **Outlet** (category, made again: it is gone from the account): Parent: *nothing*

### Adopted: they exist already (1)

- Categories: Shoes

### Notes (1)

- collection/scarf: name drifted and is kept (drift: keep)

### Products (3)

#### Without a category

- **Cap** (product with a new key, was `collection/cap`)
- **Hat**; drift above; conflict above
  - Category: `Somebody's` → `hats`
  - Categories: added `new-in`, removed `Theirs`
  - material: `Nylon` → *nothing*
- **Rain Jacket** (new product): Category: `jackets` · Categories: `new-in` · Published: `true` · \
Published end date: *nothing* · weight: `1.10` · color: `Blue`, `Red` · size-chart: \
`{{Chest: 90, Note: wide}}`

---
Cost: 26 requests, at least 2 s at 950 requests per 60 s. All of it in full: \
`pxm show PLANFILE --format html`.

Plan `{plan_digest(EVERYTHING)}`
"""
    )


def test_no_changes_are_said_in_one_line() -> None:
    text = plan_markdown(Plan(samples.ACCOUNT, unchanged=1204))
    assert text.splitlines()[:2] == ["<!-- pxm-plan -->", "## ✅ Plan: no changes"]
    assert "Cost" not in text


def test_a_new_state_is_said_first() -> None:
    made = plan(change("adopt", "category", "shoes"), new_state=True, needs_new_state=True)
    lines = plan_markdown(made).splitlines()
    assert lines[5:7] == [
        "- This plan starts a new state: nothing is known of earlier runs.",
        "- Off a terminal, apply takes it as a plan file.",
    ]


def test_a_remedy_is_yaml_to_paste_that_nothing_in_it_can_close() -> None:
    forged = Remedy("<b> @team", "removed:\n  - ```\n\x1b[1m\n" + "  - x\n" * 100)
    made = plan(change("delete", "category", "shoes"), refusals=("no",), remedies=(forged,))
    lines = plan_markdown(made).splitlines()
    start = lines.index("````yaml")
    end = lines.index("````", start)
    assert lines[start - 2] == " b   team:"
    assert lines[start + 1 : start + 3] == ["removed:", "  - ```"]
    assert "\x1b" not in "".join(lines)
    assert lines[end - 1] == "# … and 43 more lines: `remedies` of the plan file has them all"


def test_near_matches_have_a_place_of_their_own() -> None:
    made = plan(
        change("create", "collection", "rain", sent={"name": "Rain"}),
        near={Ref("collection", "rain"): ("c-8",)},
        notes=(
            Note("collection/rain: near match 'Shell' (c-8). Pin it with `id:`.", NoteKind.NEAR),
            Note("another note"),
        ),
    )
    text = plan_markdown(made)
    assert (
        "### Near matches (1)\n\n- collection/rain: near match `'Shell' (c-8).` Pin it with `id:`.\n"
        in text
    )
    assert "### Notes (1)\n\n- another note\n" in text


def test_one_change_alone_is_not_plural() -> None:
    made = plan(change("adopt", "category", "shoes"), cost=Cost(1, 1))
    assert "## 📝 Plan: 1 change\n" in plan_markdown(made)
    assert "Cost: 1 request, at least 1 s" in plan_markdown(made)


def variants(count: int) -> Iterator[Change]:
    field = FieldChange("attributes.color", ("Red",), ("Crimson",), ("Red",))
    for number in range(count):
        group = Group(("Apparel", "Jackets"), f"jacket-{number // 4}", f"Jacket {number // 4}")
        label = f"Jacket {number // 4} - {number % 4}"
        yield change("update", "collection", f"v-{number}", field, label=label, group=group)


def test_the_same_change_on_many_objects_is_one_line() -> None:
    made = plan(*variants(214), labels=samples.LABELS)
    text = plan_markdown(made)
    assert "- Color: `Red` → `Crimson` **on 214 variants**\n" in text
    assert text.count("Crimson") == 1
    assert "  - Apparel › Jackets: Jacket 0 (0, 1, 2, 3), Jacket 1 (0, 1, 2, 3)," in text
    assert "### Changes by category" not in text


def test_what_else_such_an_object_changes_is_told_with_it() -> None:
    first, *others = variants(8)
    more = replace(first, fields=(*first.fields, FieldChange("name", "A", "B")))
    text = plan_markdown(plan(more, *others, labels=samples.LABELS))
    assert "**on 8 variants**" in text
    assert "- **Jacket 0**\n  - **Jacket 0 - 0**: Name: `A` → `B`\n" in text


def test_four_alike_are_told_one_by_one() -> None:
    assert plan_markdown(plan(*variants(4))).count("Crimson") == 4


def test_a_long_text_that_changes_alike_on_many_is_told_once() -> None:
    field = FieldChange("attributes.description", samples.OLD, samples.NEW)
    made = plan(*(change("update", "collection", f"p-{n}", field) for n in range(9)))
    text = plan_markdown(made)
    assert "- description: **on 9 products**\n  ```diff\n" in text
    assert text.count("Estonia") == 1


def test_two_products_of_one_name_keep_their_own_variants() -> None:
    def variant(key: str, parent: str) -> Change:
        field = FieldChange("name", "x", key)
        return change(
            "update", "collection", key, field, label="M", group=Group((), parent, "Rain")
        )

    text = plan_markdown(plan(variant("one", "rain-1"), variant("two", "rain-2")))
    assert text.count("- **Rain**\n  - **M**: Name:") == 2


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (FieldChange("attributes.a", "1", Number("1")), '`"1"` → `1`'),
        (FieldChange("attributes.a", None, True), "*nothing* → `true`"),
        (FieldChange("attributes.a", "(none)", None), '`"(none)"` → *nothing*'),
        (FieldChange("attributes.a", {"sha256": "0"}, "x"), "`(a long text)` → `x`"),
        (FieldChange("attributes.a", {"C": "1"}, {"C": "2"}), "C `1` → `2`"),
        (
            FieldChange("options", rename=(("Red", "Crimson"),), is_set=True),
            "renamed `Red` → `Crimson`",
        ),
        (
            FieldChange("attributes.a", "x" * 200, None),
            f"`{'x' * 100}… (200 characters)` → *nothing*",
        ),
        (
            FieldChange("options", add=tuple(f"o{n}" for n in range(50)), is_set=True),
            "`o39`, … (shown 40 of 50)",
        ),
    ],
)
def test_a_value_is_code_and_nothing_is_a_word(field: FieldChange, said: str) -> None:
    kind = "attribute" if field.is_set else "collection"
    assert f"{said}\n" in plan_markdown(plan(change("update", kind, "a", field)))


def test_a_create_with_many_fields_says_how_many_it_shows() -> None:
    sent = {f"attributes.a{number}": "x" for number in range(30)}
    text = plan_markdown(plan(change("create", "collection", "a", sent=sent)))
    assert "· … (shown 12 of 30 fields)\n" in text


def test_a_delete_with_much_fallout_says_how_much_it_shows() -> None:
    fallout = tuple(f"link on resource/r{number}" for number in range(30))
    text = plan_markdown(plan(change("delete", "category", "a", fallout=fallout)))
    assert "link on resource/r19, … (shown 20 of 30)\n" in text


# --- markers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "marker"),
    [
        (None, "<!-- pxm-plan -->"),
        ("staging", "<!-- pxm-plan staging -->"),
        ("a b--> c", "<!-- pxm-plan a%20b%2D%2D%3E%20c -->"),
    ],
)
def test_the_first_line_is_found_again_and_hidden(environment: str | None, marker: str) -> None:
    assert plan_marker(environment) == marker
    made = Plan(samples.ACCOUNT, environment=environment)
    assert plan_markdown(made).splitlines()[0] == marker


def test_environments_with_long_names_have_markers_of_their_own() -> None:
    one, other = plan_marker("x" * 500), plan_marker("x" * 499)
    assert one != other
    assert len(one) < 100


# --- sizes --------------------------------------------------------------------------------------


def shown_of(text: str) -> list[tuple[int, int]]:
    """Every `shown n of m`."""
    pairs = re.findall(r"shown ([\d,]+) of ([\d,]+)", text)
    return [(int(one.replace(",", "")), int(other.replace(",", ""))) for one, other in pairs]


@cache
def plan_with(count: int) -> Plan:
    """A plan of so many changes, made once."""
    return samples.large(count) if count > 10 else plan(samples.small().changes[0])


@cache
def comment_on(count: int) -> str:
    """What it says in a comment."""
    return plan_markdown(plan_with(count))


@pytest.mark.parametrize("count", [1, 1_000, pytest.param(50_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("size", [COMMENT, STEP_SUMMARY], ids=["comment", "summary"])
def test_a_plan_of_any_size_fits(count: int, size: Size) -> None:
    made = plan_with(count)
    assert len(made.changes) == count
    started = time.process_time()
    text = comment_on(count) if size is COMMENT else plan_markdown(made, size)
    assert time.process_time() - started < HANG
    assert size.measure(text) <= size.most
    assert len(text) < 65_536 or size is STEP_SUMMARY
    assert len(text.encode("utf-8")) < 1024 * 1024
    assert re.search(r"\nPlan `sha256:[0-9a-f]{64}`\n$", text)


def deletes(count: int, label: str = "Product {}", places: int = 40) -> Plan:
    """A plan of deletes alone."""
    return plan(
        *(
            change(
                "delete",
                "collection",
                f"p-{number}",
                label=label.format(number),
                place=None,
                group=Group(("Apparel", f"Category {number % places}")),
                fallout=("link on resource/care-guide",),
            )
            for number in range(count)
        )
    )


@pytest.mark.parametrize("places", [1, 40, 500])
@pytest.mark.parametrize(
    "label",
    ["Product {}", "A product with a very long name that goes on and on {}", "`@team` {} 🏔️"],
)
def test_up_to_five_hundred_deletes_are_all_listed(label: str, places: int) -> None:
    text = plan_markdown(deletes(500, label, places))
    assert COMMENT.measure(text) < 65_536
    assert shown_of(text) == []
    whole = [number for number in range(500) if re.search(rf"\b{number}\b", text)]
    assert len(whole) == 500 or text.count("A product w") == 500


def test_five_hundred_deletes_of_names_that_are_all_backticks_are_all_listed() -> None:
    made = deletes(500, "`" * 200 + "{}", 500)
    text = plan_markdown(made)
    assert COMMENT.measure(text) < 65_536
    assert shown_of(text) == []


def test_deletes_that_do_not_fit_are_counted_by_category_and_some_are_named() -> None:
    text = plan_markdown(deletes(5_000))
    assert "### Deletes (5,000)\n" in text
    assert "- Apparel › Category 39: 125\n" in text
    assert text.count(": 125\n") == 40
    ((shown, total),) = shown_of(text)
    assert total == 5_000
    assert 1_000 < shown < 5_000
    assert len(re.findall(r"Product \d+", text)) == shown
    assert "5,000 values and links fall with them." in text


LARGE = pytest.mark.parametrize("count", [5_000, pytest.param(50_000, marks=pytest.mark.long)])


@LARGE
def test_deletes_have_the_room_before_all_else(count: int) -> None:
    made, text = plan_with(count), comment_on(count)
    gone = [item.label for item in made.changes if item.action == "delete"]
    assert len(gone) == 500
    assert all(label in text for label in gone)


@LARGE
def test_what_has_no_room_is_counted_and_said(count: int) -> None:
    text = comment_on(count)
    assert "#### Counted only: " in text
    blocks = re.findall(r"#### (?:By name|Counted only): ([\d,]+) more changes", text)
    (total,) = re.findall(r"### Products \(([\d,]+)\)", text)
    told = sum(int(number.replace(",", "")) for number in blocks)
    assert 0 < told <= int(total.replace(",", ""))
    assert len(text) > 55_000


def test_ten_thousand_drifted_objects_leave_room_for_what_git_changes() -> None:
    drifted = (
        change(
            "update",
            "collection",
            f"d-{n}",
            FieldChange("name", f"a{n}", f"b{n}", cls="drift"),
            cls="drift",
        )
        for n in range(10_000)
    )
    pending = change(
        "update", "collection", "mine", FieldChange("name", "Old", "New"), label="Mine"
    )
    text = plan_markdown(plan(*drifted, pending))
    assert "- **Mine**: Name: `Old` → `New`\n" in text
    assert shown_of(text)[0][1] == 10_000


def test_many_refusals_and_notes_say_how_many_are_shown() -> None:
    made = plan(
        change("delete", "category", "a"),
        refusals=tuple(f"reason {n}" for n in range(20)),
        notes=tuple(Note(f"note {n} {'word ' * 90}") for n in range(2_000)),
    )
    text = plan_markdown(made)
    assert COMMENT.measure(text) <= COMMENT.most
    assert shown_of(text)[0] == (8, 20)
    assert shown_of(text)[1][1] == 2_000


@given(PLANS, st.integers(4_000, 20_000))
@settings(max_examples=60)
def test_no_plan_is_larger_than_its_room(made: Plan, most: int) -> None:
    size = Size(most, utf16)
    many = replace(made, changes=made.changes * 20)
    assert size.measure(plan_markdown(many, size)) <= most


@settings(max_examples=50)
@given(PLANS)
def test_a_plan_read_again_from_its_file_is_told_the_same(made: Plan) -> None:
    read = plan_from_json(plan_json(made, "1"), "plan.json")
    assert plan_markdown(read) == plan_markdown(made)


def test_emoji_count_as_a_browser_counts_them() -> None:
    assert utf16("a🏔") == 3
    assert utf8("aä🏔") == 7


def test_a_list_says_what_it_leaves_out_and_stays_in_its_room() -> None:
    lines = [(f"- {number}\n", 1) for number in range(10)]
    assert listed(lines, 10, SizeBudget(COMMENT, 60)) == "".join(text for text, _ in lines)
    text = listed(lines, 10, SizeBudget(COMMENT, 39))
    assert text.endswith("- 4\n- … shown 5 of 10\n")
    assert len(text) <= 39


# --- drift --------------------------------------------------------------------------------------


def test_drift_reads_from_the_verdict_to_what_to_do() -> None:
    text = drift_markdown(samples.drift(1))
    assert (
        text
        == """\
<!-- pxm-drift -->
## ⚠️ Drift: the account is not as it was left

**1** changed, **2** gone, **1** unmanaged. 1,200 clean.

### Gone from the account (2)

- Apparel › Trousers: Nunatak Trouser
- Camp › Tents: Nunatak Dome

### Unmanaged: in the account, and nobody declared it (1)

- Camp › Sleeping bags: Nunatak Quilt

### Products (1)

#### Apparel › Jackets

- **Nunatak Shell**: Name: `Nunatak Shell` → `Nunatak Shell SALE`

### To settle (3)

- [ ] `collection/product-0` Nunatak Shell <!-- 37bafeb6 -->
- [ ] `collection/product-1` Nunatak Trouser, gone <!-- 5cc2fe10 -->
- [ ] `collection/product-2` Nunatak Dome, gone <!-- 5cc2fe10 -->


---
`pxm apply` writes what the catalog says. To take it over into the files instead: `pxm pull --accept KIND/KEY`. \
All of it in full: `pxm drift --format html --out FILE`.
"""
    )


def test_no_drift_is_said_in_a_line_with_its_marker() -> None:
    made = replace(samples.drift(0), objects=(), environment="staging", looked=False)
    assert drift_markdown(made) == (
        "<!-- pxm-drift staging -->\n"
        "## ✅ Drift for staging: the account is as it was left\n\n"
        "**0** changed, **0** gone. 1,200 clean.\n"
    )
    assert drift_marker("staging") == "<!-- pxm-drift staging -->"


@pytest.mark.long
def test_drift_of_fifty_thousand_objects_fits() -> None:
    text = drift_markdown(samples.drift(50_000))
    assert COMMENT.measure(text) <= COMMENT.most
    assert "#### Counted only: " in text


# --- inert text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Rain Jacket",
        "Rain Jacket - M",
        "Women's Shell (Blue)",
        "T-Shirt",
        "Size 10.5 cm",
        "日本語",
        "Dr. Foo",
        "100 %",
        "50/50",
    ],
)
def test_plain_names_stand_as_they_are(text: str) -> None:
    assert name(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "a@b.com",
        "GH-123",
        "MJ-01",
        "1. foo",
        "1) x",
        "example.com",
        "www.x",
        "deadbeef12",
        "(deadbeef1)",
        "a//b",
        "--- x",
        "+ 1",
        "x_y",
        "שלום",
        "a:b",
        "Foo:",
    ],
)
def test_names_that_could_mean_something_are_code(text: str) -> None:
    assert name(text) == f"`{text}`"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a", "`a`"),
        ("`", "`` ` ``"),
        ("a``b", "```a``b```"),
        (" a", "`  a `"),
        ("", "`“”`"),
        ("  ", "`“  ”`"),
    ],
)
def test_code_holds_any_text(text: str, span: str) -> None:
    assert code(text) == span


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it still holds 'Rain @team' and 3 more", "it still holds `'Rain @team'` and 3 more"),
        ("say `id: new` to create.", "say `id: new` to create."),
        ("- x", "`-` x"),
        ("Tom & Co", "Tom &amp; Co"),
        ("``` x", "```` ``` ```` x"),
    ],
)
def test_sentences_keep_their_words_and_lose_all_else(text: str, said: str) -> None:
    assert prose(text) == said


def test_a_cut_text_says_how_long_it_is() -> None:
    assert cut("x" * 10, 10) == "x" * 10
    assert cut("x" * 2000, 3) == "xxx… (2,000 characters)"


def test_many_that_are_adopted_as_they_are_are_one_line_and_the_exceptions_are_named() -> None:
    many = [change("adopt", "collection", f"p-{number:03}") for number in range(60)]
    renamed = change("adopt", "collection", "q", FieldChange("name", "Old", "New"), label="Q")

    text = plan_markdown(plan(*many, renamed))

    line = "- 60 products exist already and are adopted as they are (shown 5 of 60): "
    assert line + "000, 001, 002, 003, 004\n" in text
    assert "**Q**" in text
    assert "005" not in text
