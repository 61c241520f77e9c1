"""Values as YAML text: our reader reads exactly the value again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model import Number
from reconciler.yamlfile import Map, Scalar, Seq, parse
from reconciler.yamltext import Flow, TypedFlow, document, expressible, fits_key, key, scalar
from reconciler.yamltext.scalars import block

LETTERS = "ab1 \n\t:#-?[]{},&*!|>'\"%@`~<=._\\\r\x85\u2028\x07é😀"
TEXTS = st.text(
    st.one_of(
        st.sampled_from(LETTERS), st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    ),
    min_size=1,
    max_size=30,
)
LONG = st.builds(
    lambda words, times: " ".join(words * times),
    st.lists(TEXTS, min_size=1, max_size=6),
    st.integers(1, 8),
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("007", "007"),
        ("NO", "NO"),
        ("1.10", "1.10"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2025-01-01", "2025-01-01"),
        ("1e3", "1e3"),
        ("a b", "a b"),
        ("日本", "日本"),
        ("https://x.example/a?b=c", "https://x.example/a?b=c"),
        ("5% off", "5% off"),
        ("null", '"null"'),
        ("~", '"~"'),
        ("", '""'),
        (" a", '" a"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("- a", '"- a"'),
        ("*a", '"*a"'),
        ("it's", "it's"),
        ('say "a: b"', "'say \"a: b\"'"),
        ("a\tb", '"a\\tb"'),
        ("a\x07", '"a\\u0007"'),
        ("\u2028", '"\\u2028"'),
    ],
)
def test_a_text_is_quoted_only_where_it_must_be(text: str, wanted: str) -> None:
    assert scalar(text) == wanted


def test_other_values() -> None:
    assert [scalar(x) for x in (None, True, False, Number("1.10"))] == [
        "null",
        "true",
        "false",
        "1.10",
    ]
    assert scalar("true", typed=True) == '"true"'
    assert scalar("90", typed=True) == '"90"'
    assert scalar("a, b", flow=True) == '"a, b"'
    assert key("<<") == '"<<"'


def test_what_no_yaml_can_say() -> None:
    assert not expressible("a\0b")
    assert not expressible("\ud800")
    assert not fits_key("x" * 2000)
    assert not fits_key("")


def test_a_long_text_is_folded_and_a_text_of_lines_is_not() -> None:
    assert block("word " * 30 + "end", 2) == (
        ">-\n  " + ("word " * 19).strip() + "\n  " + "word " * 11 + "end"
    )
    assert block("a\n\n b\n", 4) == "|\n    a\n\n     b"
    assert block("a\nb", 2) == "|-\n  a\n  b"
    assert block("a\nb\n\n", 2) == "|+\n  a\n  b\n"
    assert block(" a\nb", 2) == "|2-\n   a\n  b"
    assert block("short", 2) is None
    assert block("\n\n", 2) is None
    assert block("x" * 200, 2) is None


@given(st.one_of(TEXTS, LONG))
@example("---")
@example("...")
@example(" x\n y")
@example("\tx\n y")
@example("=")
@example("null")
def test_any_text_is_read_as_itself_anywhere(text: str) -> None:
    name = text if fits_key(text) and text not in ("k", "l", "f", "n") else "name"
    entry = {"k": text, "l": [text, "x"], "f": Flow({name: text}), "n": {"deep": text}, name: "v"}
    written = document({"s": [entry, TypedFlow({"a": text})]}, ["a comment"])

    root, problems = parse(written.encode(), "a.yaml")

    assert not problems
    assert isinstance(root, Map)
    listed = root.get("s")
    assert isinstance(listed, Seq)
    found, typed = (item for item in listed.items if isinstance(item, Map))
    inner = [found.get("k"), found.get("l"), found.get("f"), found.get("n")]
    assert isinstance(inner[1], Seq)
    assert isinstance(inner[2], Map)
    assert isinstance(inner[3], Map)
    scalars = [
        inner[0],
        inner[1].items[0],
        inner[2].get(name),
        inner[3].get("deep"),
        typed.get("a"),
    ]
    assert [x.text for x in scalars if isinstance(x, Scalar)] == [text] * 5
    assert not any(x.is_null for x in scalars if isinstance(x, Scalar))
    last = scalars[-1]
    assert isinstance(last, Scalar)
    assert (last.as_bool, last.as_number) == (None, None)
