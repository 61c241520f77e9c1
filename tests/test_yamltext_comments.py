"""A comment stays with what it stands at: what goes takes its own along, what comes has none."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Number
from reconciler.yamlfile import Map, Seq, parse
from reconciler.yamltext import Flow
from reconciler.yamltext.edits import DROP, become, edited
from reconciler.yamltext.spans import ListNode, MapNode, outline
from tests.standing import standing


def changed(text: str, name: str, value: Any) -> str:
    """The text once a top entry holds a value; what is read back is that value."""
    on = outline(text)
    assert on.root is not None
    after = edited(text, become(on, on.root, name, value))
    node, problems = parse(after.encode(), "a.yaml")
    assert not problems, after
    assert isinstance(node, Map)
    found = {k.text: plain(v) for k, v in node.entries}
    assert found.get(name) == (None if value is DROP or not value else read(value)), after
    return after


def plain(node: Any) -> Any:
    """What is read, every scalar as its characters; a list as a set, for order is not compared."""
    if isinstance(node, Map):
        return {k.text: plain(v) for k, v in node.entries}
    return {plain(x) for x in node.items} if isinstance(node, Seq) else node.text


def read(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: read(v) for k, v in value.items()}
    return set(value) if isinstance(value, list) else str(getattr(value, "text", value))


LIST = """\
size:
  # every one
  - Small     # runs out
  - Medium
  # the last one
  - Large
    # of wool
z: 1
"""
BANNERS = """\
size:
  # ---- tops

  # the short one
  - Small
  - Medium
  # ==== shoes
  - Large
  # nothing else
z: 1
"""
RECORD = """\
size:
  Chest: 90   # measured
  # about the note
  Note: a
  Waist: 70
    # of old
z: 1
"""
FLOW = """\
size: [Small,   # runs out
       # the usual one
       Medium, Wide,  # wide
       Large]  # all of them
z: 1
"""
BRACES = """\
size: {Chest: 90,   # measured
       # the usual one
       Waist: 70, Note: a,  # said
       Zip: b  # zipped
      }  # all of them
z: 1
"""
CASES = {
    "an element that goes takes the comments behind and above it along": (
        LIST, ["Medium", "Large"],
        "size:\n  - Medium\n  # the last one\n  - Large\n    # of wool\nz: 1\n",
    ),
    "one that comes takes the place of none that had a comment": (
        LIST, ["Medium", "Large", "Wide"],
        "size:\n  - Medium\n  # the last one\n  - Large\n    # of wool\n  - Wide\nz: 1\n",
    ),
    "one that comes takes the place of one without any": (
        LIST, ["Small", "Large", "Wide"],
        "size:\n  # every one\n  - Small     # runs out\n  - Wide\n  # the last one\n  - Large\n    # of wool\nz: 1\n",
    ),
    "a comment further in goes with what it stands under": (
        LIST, ["Small", "Medium"],
        "size:\n  # every one\n  - Small     # runs out\n  - Medium\nz: 1\n",
    ),
    "all go and others come": (LIST, ["A", "B"], "size:\n  - A\n  - B\nz: 1\n"),
    "with a list its comments go": (LIST, DROP, "z: 1\n"),
    "banners and what stands above an empty line are nobody's": (
        BANNERS, ["Medium"],
        "size:\n  # ---- tops\n\n  - Medium\n  # ==== shoes\n  # nothing else\nz: 1\n",
    ),
    "they stay where all is new": (
        BANNERS, ["A"],
        "size:\n  # ---- tops\n\n  - A\n  # ==== shoes\n  # nothing else\nz: 1\n",
    ),
    "a part of a record goes and another comes": (
        RECORD, Flow({"Note": "a", "Waist": Number("71"), "Hip": "b"}),
        "size:\n  # about the note\n  Note: a\n  Hip: b\n  Waist: 71\n    # of old\nz: 1\n",
    ),
    "a part that stays keeps its comment where its value changes": (
        RECORD, Flow({"Chest": Number("91"), "Note": "b", "Waist": Number("70")}),
        RECORD.replace("90", "91").replace("Note: a", "Note: b"),
    ),
    "all parts go and other parts come": (
        RECORD, Flow({"Hip": "b", "Arm": "c"}), "size:\n  Hip: b\n  Arm: c\nz: 1\n",
    ),
    "of brackets the first goes": (
        FLOW, ["Medium", "Wide", "Large"],
        "size: [\n       # the usual one\n       Medium, Wide,  # wide\n       Large]  # all of them\nz: 1\n",
    ),
    "of brackets one goes with the comment above it": (
        FLOW, ["Small", "Wide", "Large"],
        "size: [Small,   # runs out\n       Wide,  # wide\n       Large]  # all of them\nz: 1\n",
    ),
    "of brackets one goes with the comment behind it, and another comes": (
        FLOW, ["Small", "Medium", "Large", "A"],
        "size: [Small,   # runs out\n       # the usual one\n       Medium,\n       Large, A]  # all of them\nz: 1\n",
    ),
    "of brackets the last ones go": (
        FLOW, ["Small"], "size: [Small,   # runs out\n       ]  # all of them\nz: 1\n",
    ),
    "of brackets the last one gives its place": (
        FLOW, ["Small", "Medium", "Wide", "A"], FLOW.replace("Large", "A"),
    ),
    "what comes behind a comment has a line of its own": (
        FLOW, ["Small", "A"],
        "size: [Small,   # runs out\n       A]  # all of them\nz: 1\n",
    ),
    "of braces one goes and another comes": (
        BRACES, Flow({"Waist": Number("70"), "Note": "a", "Zip": "b", "Hip": "c"}),
        "size: {\n       # the usual one\n       Waist: 70, Note: a,  # said\n       Zip: b,  # zipped\n       Hip: c\n      }  # all of them\nz: 1\n",
    ),
    "a key keeps its comment where its value changes its form": (
        "size: a   # worn\nz: 1\n", ["a", "b"], "size: [a, b]   # worn\nz: 1\n",
    ),
    "a long text keeps the comment behind it": (
        "size: 'a\n  b'   # worn\nz: 1\n", ["a"], "size: [a]   # worn\nz: 1\n",
    ),
    "a key keeps its comment where its elements go": (
        "size:   # worn\n  - a  # here\n  # there\n  - b\n  # nowhere\nz: 1\n", "c",
        "size: c   # worn\n  # nowhere\nz: 1\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda name: name.replace(" ", "_"))
def test_a_comment_goes_and_stays_with_what_it_stands_at(case: str) -> None:
    text, value, wanted = CASES[case]

    assert changed(text, "size", value) == wanted


def test_the_head_of_a_file_is_not_the_first_entrys() -> None:
    assert changed("# ours\nsize: a\nz: 1\n", "size", DROP) == "# ours\nz: 1\n"
    assert changed("# ours\n\n# worn\nsize: a\nz: 1\n", "size", DROP) == "# ours\n\nz: 1\n"


def test_the_comment_of_the_entry_below_stays_where_the_one_beside_the_dash_goes() -> None:
    text = "- a: 1  # one\n  # two\n  b: 2\n"
    on = outline(text)
    assert isinstance(on.root, ListNode)
    element = on.root.items[0]
    assert isinstance(element, MapNode)

    assert edited(text, become(on, element, "a", DROP)) == "# two\n- b: 2\n"


def test_an_element_that_is_an_alias_stays_with_its_comment() -> None:
    text = "a: &a Red\nsize:\n  - *a   # as above\n  - Blue\n"

    assert changed(text, "size", ["Red", "Green"]) == text.replace("Blue", "Green")


# --- any list, any edit ---


@dataclass
class Unit:
    """An element or entry with its comments."""

    name: str
    above: list[str] = field(default_factory=list)
    behind: str = ""
    below: list[str] = field(default_factory=list)
    gap: list[str] = field(default_factory=list)


NAMES = ["Small", "Medium", "Large", "Wide", "a b", "1", "é", "x-y"]
GAPS = [[], [], [], [""], ["# of no one", ""], ["# ---- banner"], ["", "# of no one", ""]]


@st.composite
def units(draw: st.DrawFn, gaps: Any = GAPS) -> list[Unit]:
    """Entries with comments, and between them lines that are nobody's."""
    found = []
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    for name in names:
        above = [f"# {name}: above {n}" for n in range(draw(st.integers(0, 2)))]
        behind = f"   # {name}: behind" if draw(st.booleans()) else ""
        below = [f"# {name}: below"] if draw(st.integers(0, 3)) == 0 else []
        found.append(Unit(name, above, behind, below, draw(st.sampled_from(gaps))))
    return found


VALUES = st.lists(st.sampled_from([*NAMES, "New", "Other", "Third"]), max_size=6, unique=True)


def block(found: list[Unit], line: Any, gone: set[str] = frozenset()) -> str:
    """The lines of a block; of what has gone only the lines that are nobody's."""
    lines = []
    for unit in found:
        lines += [f"  {x}".rstrip() for x in unit.gap]
        if unit.name not in gone:
            lines += [f"  {x}" for x in unit.above]
            lines.append(f"  {line(unit.name)}{unit.behind}")
            lines += [f"    {x}" for x in unit.below]
    return "".join(f"{x}\n" for x in ["size:", *lines, "z: 1"])


@given(units(), VALUES)
def test_any_list_keeps_of_its_lines_exactly_those_that_stay(
    found: list[Unit], value: list[str]
) -> None:
    names = {unit.name for unit in found}
    gone, come = names - set(value), {f"  - {x}" for x in set(value) - names}

    after = changed(block(found, lambda name: f"- {name}"), "size", value)

    if value:
        kept = [line for line in after.splitlines() if line not in come]
        assert kept == block(found, lambda name: f"- {name}", gone).splitlines()
    else:
        assert after == "z: 1\n"


@given(units(), VALUES, st.sets(st.sampled_from(NAMES)))
def test_any_record_keeps_of_its_lines_exactly_those_that_stay(
    found: list[Unit], value: list[str], other: set[str]
) -> None:
    names = {unit.name for unit in found}
    gone, come = names - set(value), {f"  {x}: new" for x in set(value) - names}
    wanted = {x: "new" if x in other or x not in names else "old" for x in value}

    before = block(found, lambda name: f"{name}: old")
    after = changed(before, "size", wanted if wanted else DROP)

    if value and " #" in before:
        kept = [line for line in after.splitlines() if line not in come]
        assert kept == block(found, lambda name: f"{name}: {wanted[name]}", gone).splitlines()


@st.composite
def bracketed(draw: st.DrawFn, ends: str, line: Any) -> tuple[str, list[Unit]]:
    """Elements in brackets over several lines, their comments called after them."""
    found = draw(units(gaps=[[]]))
    text = f"size: {ends[0]}"
    for number, unit in enumerate(found):
        last = number + 1 == len(found)
        comma = "," if not last or draw(st.booleans()) else ""
        unit.below = []
        own_line = unit.above or text.endswith("\n") or draw(st.booleans())
        if own_line and not text.endswith("\n"):
            text += "\n"
        text += "".join(f"    {x}\n" for x in unit.above) + ("    " if own_line else " ")
        text += f"{line(unit.name)}{comma}{unit.behind}" + ("\n" if unit.behind else "")
    return f"{text}{'  ' if text.endswith(chr(10)) else ''}{ends[1]}  # all: of them\nz: 1\n", found


def check_owners(before: str, after: str, names: set[str], value: set[str]) -> None:
    """Each comment says whose it is: of what stays all are there and at it, of others none."""
    stay = names & value
    found = standing(after)
    assert {words for words, _ in found} == {
        words for words, _ in standing(before) if words[2:].partition(":")[0] in {*stay, "all"}
    }, after
    lines = after.splitlines()
    for words, _ in found:
        name = words[2:].partition(":")[0]
        at = next(n for n, line in enumerate(lines) if words in line)
        if "above" in words:
            line = next(x for x in lines[at + 1 :] if not x.strip().startswith("#"))
            assert line.strip(" [{").startswith(name), after
        elif name != "all":
            assert lines[at].partition("  #")[0].rstrip(" ,").endswith((name, f"{name}: old", f"{name}: new")), after  # fmt: skip


@given(bracketed("[]", str), VALUES)
def test_any_list_in_brackets_parts_no_comment_from_its_element(
    case: tuple[str, list[Unit]], value: list[str]
) -> None:
    text, found = case
    names = {unit.name for unit in found}

    after = changed(text, "size", value)

    if names & set(value):
        check_owners(text, after, names, set(value))


@given(bracketed("{}", lambda name: f"{name}: old"), VALUES, st.sets(st.sampled_from(NAMES)))
def test_any_record_in_braces_parts_no_comment_from_its_part(
    case: tuple[str, list[Unit]], value: list[str], other: set[str]
) -> None:
    text, found = case
    names = {unit.name for unit in found}
    wanted = {x: "new" if x in other or x not in names else "old" for x in value}

    after = changed(text, "size", Flow(wanted) if wanted else DROP)

    if names & set(value):
        check_owners(text, after, names, set(value))
