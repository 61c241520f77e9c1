"""`pxm fmt`: canonical order and shape; comments stay, what is loaded is the same."""

import itertools
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.fmt import alike, formatted
from reconciler.yamlfile import parse
from reconciler.yamltext import Flow, document
from reconciler.yamltext.remarks import all_comments
from reconciler.yamltext.spans import outline
from tests.standing import standing

UGLY = """\
# yaml-language-server: $schema=../schemas/catalog.schema.json
# Our jackets.

resources:
- link: https://example.com/a.pdf
  # said twice
  key: guide   # its key
  description: "Care guide"


collections:
# the one that sells
-   name: 'Rain: Jacket'     # since 2019
    key:   "rain-jacket"
    variants:
    - {name: "Rain Jacket - M", key: rain-m,   attributes: { size:   "M", n: "007" }}
    # more to come
    attributes:   # values
            size: "90"
            on: 'true'
            care: |   # how
               Cold.

                 No bleach.

            note: >+
               folded
               text

    categories:
       - "sale"     # until May
       # none other
    published: true
# the end
"""

TIDY = """\
# yaml-language-server: $schema=../schemas/catalog.schema.json
# Our jackets.

collections:
  # the one that sells
  - key: "rain-jacket"
    name: 'Rain: Jacket'     # since 2019
    categories:
      - "sale"     # until May
      # none other
    published: true
    # more to come
    attributes:   # values
      size: "90"
      on: 'true'
      care: |   # how
        Cold.

          No bleach.

      note: >+
        folded
        text

    variants:
      - {name: "Rain Jacket - M", key: rain-m, attributes: {size: "M", n: "007"}}

resources:
  # said twice
  - key: guide   # its key
    description: "Care guide"
    link: https://example.com/a.pdf
# the end
"""


def tidy(text: str) -> str:
    """The formatted text, which formatting again does not change."""
    found = formatted(text.encode(), "a.yaml")
    assert not found.problems, found.problems
    again = formatted(found.text.encode(), "a.yaml")
    assert not again.problems, (again.problems, found.text)
    assert again.text == found.text
    return found.text


def test_a_file_comes_into_order_and_shape() -> None:
    assert tidy(UGLY) == TIDY


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("\n\n# only this  \n\n", "# only this\n"),
        ("[a, b]\n", "[a, b]\n"),
        ("a:\n- b\n-   - c\n    - d\n", "a:\n  - b\n  - - c\n    - d\n"),
        ("a: &x\n   b: 1\nc:\n   <<: *x\n", "a: &x\n  b: 1\nc:\n  <<: *x\n"),
        ("a:   {b:  1,c: [ x,y ] }  # z\n", "a: {b: 1, c: [x, y]}  # z\n"),
        ("a: [x,  # one\n       y]\n", "a: [x,  # one\n  y]\n"),
        ("a: long\n  text\n", "a: long text\n"),
        ("a:\n  - # c\n    b: 1\n", "a:\n  # c\n  - b: 1\n"),
        ("a:\n  - &x\n    b: 1\n  - *x\n", "a:\n  - &x\n    b: 1\n  - *x\n"),
        ("a: |2-\n    b\n   c\n", "a: |2-\n    b\n   c\n"),
        ("a:\n  # nothing yet\nb: 1\n", "a:\n  # nothing yet\nb: 1\n"),
        ("a:\n- b\n   # of b\n- c\n", "a:\n  - b\n    # of b\n  - c\n"),
        ("# head\n\n# of a\na: 1\n", "# head\n\n# of a\na: 1\n"),
        ("a: |-\n  b \n", "a: |-\n  b \n"),
        ("a: ~\nb: null\nc:\n", "a: ~\nb: null\nc:\n"),
        ("--- \na: 1\n...\n", "a: 1\n"),
        ("a: 1\r\nb:\r\n- c\r\n", "a: 1\nb:\n  - c\n"),
        ("\ufeffa: 1\n", "a: 1\n"),
    ],
)
def test_small_shapes(text: str, wanted: str) -> None:
    assert tidy(text) == wanted


def test_the_settings_have_an_order_of_their_own() -> None:
    text = "limits: {deletes: 3}\nprune: never   # for now\n"

    assert tidy(text) == "prune: never   # for now\nlimits: {deletes: 3}\n"


def test_defaults_stand_first_in_the_order_of_lists_and_fields() -> None:
    text = (
        "collections:\n"
        "  - {key: dome, attributes: {b: 1}, inherit: [b]}\n"
        "defaults:\n"
        "  variants:\n"
        "    attributes: {z: 1, a: 2}   # theirs\n"
        "    regions: [US]\n"
        "  # of products\n"
        "  collections: {published_start_date: 2025-01-01, published: true}\n"
    )

    assert tidy(text) == (
        "defaults:\n"
        "  # of products\n"
        "  collections: {published_start_date: 2025-01-01, published: true}\n"
        "  variants:\n"
        "    regions: [US]\n"
        "    attributes: {z: 1, a: 2}   # theirs\n"
        "collections:\n"
        "  - {key: dome, attributes: {b: 1}, inherit: [b]}\n"
    )


def test_an_alias_stays_behind_its_anchor() -> None:
    """In canonical order `categories` comes before `attributes`, and would use what is unknown."""
    text = "collections:\n  - key: a\n    attributes: &x {b: c}\n    categories: *x\n"

    assert tidy(text) == text


def test_a_file_with_problems_is_left_with_its_problems() -> None:
    found = formatted(b"a: 1\na: 2\n", "a.yaml")

    assert [problem.message for problem in found.problems] == ["duplicate key 'a'"]


WORDS = st.sampled_from(["a", "b c", "'x: y'", '"q\\n"', "12", "on", "é😀", "'#no'", "~"])
COMMENTS = st.sampled_from(["", "", "", "# c", "#d", "# 'e", '# "f: |'])


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0, indent: int = 0) -> list[str]:
    """Lines of a mapping or list with comments, odd indentation and empty lines."""
    count = draw(st.integers(1, 3))
    is_map = depth == 0 or draw(st.booleans())
    lines: list[str] = []
    pad = " " * indent
    for number in range(count):
        if draw(st.integers(0, 4)) == 0:
            lines += ["", f"{pad}{draw(COMMENTS)}".rstrip()]
        head = (
            f"{pad}{draw(st.sampled_from(['key', 'name', 'options', 'z']))}{number}:"
            if is_map
            else f"{pad}-"
        )
        tail = draw(COMMENTS)
        behind = f"   {tail}" if tail else ""
        sort = draw(st.integers(0, 5 if depth < 3 else 3))
        if sort <= 1:
            lines.append(f"{head} {draw(WORDS)}{behind}")
        elif sort == 2:
            lines.append(f"{head} [{draw(WORDS)},  {draw(WORDS)} ]{behind}")
        elif sort == 3:
            mark = draw(st.sampled_from(["|", ">-", "|+", "|-"]))
            deeper = " " * (indent + draw(st.integers(2, 4)))
            lines += [f"{head} {mark}{behind}", f"{deeper}text # no comment", "", f"{deeper} more"]
        else:
            step = draw(st.integers(1, 4))
            lines += [f"{head}{behind}", *draw(blocks(depth=depth + 1, indent=indent + step))]
    return lines


def said(text: str) -> Counter[str]:
    """The comments of a text."""
    return Counter(words for _, words in all_comments(outline(text)))


def test_an_entry_that_is_put_elsewhere_takes_its_comments_along() -> None:
    text = """\
# head

# what we sell
collections:
  - name: A   # sold since 2019
      # in the shop
    # of the key
    key: a
    # ---- the end
# where it hangs
categories:
  - key: c
"""

    assert (
        tidy(text)
        == """\
# head

# where it hangs
categories:
  - key: c

# what we sell
collections:
  # of the key
  - key: a
    name: A   # sold since 2019
      # in the shop
    # ---- the end
"""
    )


@given(blocks())
def test_formatting_parts_no_comment_from_what_it_stands_at(lines: list[str]) -> None:
    numbers = itertools.count()
    text = "\n".join(re.sub(r"# c|#d$|# 'e", lambda _: f"# {next(numbers)}", x) for x in lines)

    after = tidy(text + "\n")

    was, now = dict(standing(text)), dict(standing(after))
    for words, path in now.items():
        # What stood at the first entry of an element stands above its dash.
        assert path in (was[words], was[words][:-1])


@settings(max_examples=60)
@given(blocks())
def test_formatting_changes_neither_what_is_loaded_nor_a_comment(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    before, problems = parse(text.encode(), "a.yaml")
    assert before is not None
    assert not problems

    after = tidy(text)

    loaded, _ = parse(after.encode(), "a.yaml")
    assert loaded is not None
    assert alike(before, loaded)
    assert said(after) == said(text)


def test_what_pull_writes_is_in_shape_already() -> None:
    entry = {
        "key": "a",
        "attributes": {"text": "long " * 40, "record": Flow({"Chest (cm)": "a, b"})},
    }
    text = document({"collections": [entry, {"key": "b"}], "resources": [{"key": "c"}]}, ["Head"])

    assert tidy(text) == text


def test_the_example_is_in_shape() -> None:
    home = Path(__file__).parents[1] / "catalog"
    files = sorted(home.rglob("*.yaml"))
    assert len(files) > 10
    assert [path.name for path in files if tidy(path.read_text()) != path.read_text()] == []
