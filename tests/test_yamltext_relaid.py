"""A text over several lines that changes: its layout and the lines that stay do not."""

import difflib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.yamltext.edits import become, edited
from reconciler.yamltext.spans import outline

SINGLE = """\
a: 1
text: '<p>It''s a jacket for the rain, light and
  dry inside, made for long days out.</p>

  <p>Machine wash.</p>'
z: 2
"""
DOUBLE = SINGLE.replace("'<p>It''s", "\"<p>It's").replace("wash.</p>'", 'wash.</p>"')
PLAIN = """\
a: 1
text: It's a jacket for the rain, light and
  dry inside, made for long days out.

  Machine wash.
z: 2
"""
FOLDED = """\
a: 1
text: >
  It's a jacket for the rain, light and
  dry inside, made for long days out.

  Machine wash.
z: 2
"""


def changed(text: str, value: str) -> str:
    on = outline(text)
    assert on.root is not None
    return edited(text, become(on, on.root, "text", value))


def text_of(text: str) -> str:
    value = yaml.safe_load(text)["text"]
    assert isinstance(value, str)
    return value


def lines(before: str, after: str) -> list[str]:
    """What a diff shows."""
    found = difflib.ndiff(before.split("\n"), after.split("\n"))
    return [line for line in found if line[0] in "+-"]


@pytest.mark.parametrize("text", [SINGLE, DOUBLE, PLAIN, FOLDED], ids=["'", '"', "plain", ">"])
def test_one_word_changes_one_line(text: str) -> None:
    after = changed(text, text_of(text).replace("long days", "longer weeks"))
    gone, come = lines(text, after)
    assert gone.strip() == "-   dry inside, made for long days out." + (
        "</p>" if "<p>" in text else ""
    )
    assert come == gone.replace("long days", "longer weeks").replace("-", "+", 1)


@pytest.mark.parametrize("text", [SINGLE, DOUBLE, PLAIN, FOLDED], ids=["'", '"', "plain", ">"])
def test_words_at_both_ends_change_two_lines(text: str) -> None:
    value = text_of(text).replace("jacket", "coat").replace("Machine wash.", "Hand wash. Now 20%.")
    after = changed(text, value)
    assert text_of(after) == value
    assert len(lines(text, after)) == 4


@pytest.mark.parametrize("text", [SINGLE, DOUBLE, PLAIN, FOLDED], ids=["'", '"', "plain", ">"])
def test_a_new_line_of_the_text_is_a_new_line_of_the_file(text: str) -> None:
    value = text_of(text).replace("wash.", "wash.\nNo bleach. It's wool.")
    after = changed(text, value)
    assert text_of(after) == value
    assert text.split("\n")[:3] == after.split("\n")[:3]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (PLAIN, "It's a jacket: for the rain"),
        (PLAIN, "It's a jacket #1"),
        (SINGLE, "It's\ta \n jacket"),
        (SINGLE, " "),
        (FOLDED, "  It's indented\n  more"),
        (FOLDED, "It's without an end of line"),
        (DOUBLE, 'say "so" \\ \x07'),
    ],
)
def test_what_the_style_cannot_say_is_written_another_way(text: str, value: str) -> None:
    assert text_of(changed(text, value)) == value


def test_a_long_list_of_words_is_written_anew() -> None:
    text = "text: '" + "a\n  " * 30_000 + "b'\n"
    assert text_of(changed(text, "c d")) == "c d"


WORDS = st.lists(
    st.sampled_from(["a", "it's", "the", "\n", "\n\n", '"so"', "#1", "b:", "-"]), max_size=40
)


@given(WORDS, WORDS, st.sampled_from(["'", '"', ">", None]), st.integers(5, 30), st.data())
def test_any_text_becomes_any_other(
    old: list[str], new: list[str], style: str | None, width: int, data: st.DataObject
) -> None:
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(old)))
        new = [*old[:at], *new[:2], *old[at:]]
    text = yaml.dump({"a": 1, "text": " ".join(old), "z": 2}, default_style=None)
    if style:
        text = (
            "a: 1\ntext: "
            + yaml.dump(" ".join(old), default_style=style, width=width, indent=2)
            .replace("\n", "\n  ")
            .rstrip()
            + "\nz: 2\n"
        )
    try:
        before = yaml.safe_load(text)["text"]
    except yaml.YAMLError:
        return
    wanted = " ".join(new)
    if isinstance(before, str) and wanted.strip():
        after = changed(text, wanted)
        assert yaml.safe_load(after) == {"a": 1, "text": wanted, "z": 2}
