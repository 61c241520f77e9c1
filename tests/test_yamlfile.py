"""YAML text → nodes: typed text, places, and every fault in words.

A case is `cases/yaml/<name>/input.yaml` with `expected.txt`: the lines of `told`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model import Number, Place
from reconciler.yamlfile import (
    MAX_EXPANDED,
    MAX_PROBLEMS,
    Map,
    Node,
    Scalar,
    Seq,
    _EventReader,
    _Unreadable,
    locate,
    parse,
    plain_data,
)

CASES = sorted((Path(__file__).parent / "cases" / "yaml").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_file_is_read_or_its_faults_are_told(case: Path) -> None:
    data = (case / "input.yaml").read_bytes()
    assert told(data) == (case / "expected.txt").read_text(encoding="utf-8").splitlines()


def told(data: bytes) -> list[str]:
    """Problems as a user reads them; where there is none, each value with its place."""
    node, problems = parse(data, "input.yaml")
    if problems:
        return [str(problem) for problem in problems]
    return list(values(node, "")) if node else ["(empty)"]


def values(node: Node, path: str) -> Iterator[str]:
    """`line:column path = text (what it may be read as)`."""
    at = f"{node.place.line}:{node.place.column} {path}"
    if isinstance(node, Scalar):
        yield f"{at} = {node.text!r} {kind(node)}"
    elif isinstance(node, Seq):
        yield f"{at} = list of {len(node.items)}"
        for index, item in enumerate(node.items):
            yield from values(item, f"{path}/{index}")
    else:
        yield f"{at} = mapping of {len(node.entries)}"
        for key, value in node.entries:
            yield from values(value, f"{path}/{key.text}")


def kind(node: Scalar) -> str:
    if node.is_null:
        return "null"
    if node.as_bool is not None:
        return "boolean"
    return "text" if node.as_number is None else "number"


def only(text: str) -> Node:
    node, problems = parse(text.encode(), "a.yaml")
    assert not problems
    assert node is not None
    return node


def faults(data: bytes | str) -> list[str]:
    raw = data if isinstance(data, bytes) else data.encode()
    return [str(problem) for problem in parse(raw, "a.yaml")[1]]


# --- bytes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\nb: \xff", "a.yaml:2:4: error: not valid UTF-8 (save the file as UTF-8)"),
        ("ü: ".encode() + b"\xe9", "a.yaml:1:4: error: not valid UTF-8 (save the file as UTF-8)"),
        (
            b"\xef\xbb\xbfa: \xff",
            "a.yaml:1:4: error: not valid UTF-8 (save the file as UTF-8)",
        ),
        ("a: 1".encode("utf-16"), "a.yaml:1:1: error: the file is UTF-16 (save it as UTF-8)"),
        ("a: 1".encode("utf-16-be"), "a.yaml:1:1: error: the file is UTF-16 (save it as UTF-8)"),
        ("a: 1".encode("utf-16-le"), "a.yaml:1:1: error: the file is UTF-16 (save it as UTF-8)"),
        (
            b"a: 1\r\nb: x\0y",
            "a.yaml:2:5: error: a control character (U+0000) is not allowed (remove it)",
        ),
    ],
)
def test_bytes_that_cannot_be_yaml_are_told_at_their_place(data: bytes, expected: str) -> None:
    assert faults(data) == [expected]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert told(b"\xef\xbb\xbfa: 1") == ["1:1  = mapping of 1", "1:4 /a = '1' number"]


def test_windows_and_old_mac_line_ends_count_as_lines() -> None:
    assert plain_data(only("a: 1\r\nb: 2\r\n")) == {"a": 1, "b": 2}
    assert locate(only("a: 1\rb: 2\r"), ["b"]) == Place("a.yaml", 2, 4)


def test_a_file_over_the_bound_is_refused_unread() -> None:
    node, problems = parse(b"a: \xff\xff", "a.yaml", max_bytes=4)
    assert node is None
    assert [str(item) for item in problems] == [
        "a.yaml:1:1: error: the file is over the bound of 4 bytes (split it)"
    ]


# --- scalars ------------------------------------------------------------------------------------


def test_a_number_keeps_its_spelling() -> None:
    number = Scalar("a", 0, "1.10", True).as_number
    assert number == Number("1.1")
    assert str(number) == "1.10"


@pytest.mark.parametrize("text", ["1e99999999999999999999", "-1E+99999999999999999999"])
def test_a_number_past_all_bounds_is_a_text(text: str) -> None:
    assert Scalar("a", 0, text, True).as_number is None


@pytest.mark.parametrize("text", ["٣", "1\n", "1,5", "1_0", "+1", "01", "1.", ".5", "nan", "0x1"])
def test_only_the_grammar_of_json_makes_a_number(text: str) -> None:
    assert Scalar("a", 0, text, True).as_number is None


def test_huge_numbers_are_worked_out_by_nobody() -> None:
    data = plain_data(only(f"a: {'9' * 100_000}\nb: 1e999999999\nc: -0\nd: 1.5"))
    assert data == {"a": float("inf"), "b": float("inf"), "c": 0, "d": 1.5}


# --- nodes --------------------------------------------------------------------------------------


def test_aliases_share_one_node() -> None:
    node = only("a: &a {x: 1}\nb: *a\n")
    assert isinstance(node, Map)
    assert node.get("a") is node.get("b")


def test_an_alias_of_a_text_stands_where_the_alias_is() -> None:
    assert locate(only("a: &a x\nb: *a\n"), ["b"]) == Place("a.yaml", 2, 4)


def test_chained_merges_are_no_nesting() -> None:
    links = "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: 1}}\n" for n in range(1, 200))
    node = only("a0: &a0 {k0: 1}\n" + links)
    assert len(plain_data(node)["a199"]) == 200


def test_aliases_may_stand_often_where_they_are_small() -> None:
    products = "".join("- {<<: *base}\n" for _ in range(20_000))
    assert not faults("a: &base {published: true, regions: [US, EU]}\nb:\n" + products)


@pytest.mark.long
def test_a_large_file_without_aliases_has_no_bound_on_values() -> None:
    assert not faults("a: [" + "b," * (MAX_EXPANDED + 1) + "]")


def test_a_merge_bomb_is_refused() -> None:
    wide = ", ".join(f"k{n}: 1" for n in range(1000))
    links = "".join(f"a{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 2000))
    (fault,) = faults(f"a0: &a0 {{{wide}}}\n{links}")
    assert "aliases expand to more than 1,000,000 values" in fault


def test_a_file_of_nothing_but_faults_is_not_read_to_its_end() -> None:
    found = faults("a: 1\n" * (2 * MAX_PROBLEMS))
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1].endswith("too many problems: the rest of the file was not read")


def test_reading_goes_on_after_a_fault_that_is_no_syntax_error() -> None:
    node, problems = parse(b"a: !foo 1\nb: 1\nb: 2\nc: *x\nd: 4\n", "a.yaml")
    assert len(problems) == 3
    assert node is not None
    assert plain_data(node) == {"a": "1", "b": 1, "c": "*x", "d": 4}


def test_a_long_key_is_cut_in_a_message() -> None:
    key = "x" * 1000
    (fault,) = faults(f"? {key}\n: 1\n? {key}\n: 2\n")
    assert f"duplicate key '{'x' * 59}…'" in fault


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (1, 1), (1, 1)),
        (("a",), (2, 3), (1, 1)),
        (("a", 0, "c"), (4, 7), (3, 5)),
        (("a", 0, "missing"), (2, 5), (2, 5)),
        (("a", 9), (2, 3), (1, 1)),
        (("a", "b"), (2, 3), (1, 1)),
        (("a", 0, "b", "deeper"), (2, 8), (2, 5)),
    ],
)
def test_a_path_leads_to_a_place(
    path: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int]
) -> None:
    node = only("a:\n  - b: 1\n    c:\n      d: 2\n")
    assert locate(node, path) == Place("a.yaml", *value)
    assert locate(node, path, key=True) == Place("a.yaml", *key)


def test_a_mapping_knows_its_keys() -> None:
    node = only("a: 1\n")
    assert isinstance(node, Map)
    assert node.get("a") == Scalar("a.yaml", 3, "1", True)
    assert node.key_place("a") == Place("a.yaml", 1, 1)
    assert node.get("b") is None
    assert node.key_place("b") is None


def test_no_node_is_no_data() -> None:
    assert plain_data(None) is None


# --- what must hold for anything ----------------------------------------------------------------


@given(st.binary())
@example(b"\x00\x00\xfe\xff")
@example(b"a: &a\n")
@example(b"? - ? -\n")
def test_reading_never_raises(data: bytes) -> None:
    node, problems = parse(data, "a.yaml")
    if node is not None:
        plain_data(node)
    assert all(problem.place.line >= 1 and problem.place.column >= 1 for problem in problems)


@given(st.text(alphabet="ab01.-:?,[]{}#&*!|>'\"%@`\\~< \n\t", max_size=60))
def test_reading_never_raises_on_what_looks_like_yaml(text: str) -> None:
    node, _ = parse(text.encode(), "a.yaml")
    plain_data(node)


FIT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff")
)


@given(FIT)
def test_a_quoted_text_comes_back_as_it_was(text: str) -> None:
    dumped = yaml.dump({"a": text}, default_style='"')
    node = only(dumped)
    assert plain_data(node) == {"a": text}


@given(st.text("abcXYZ019.+-_/ ", min_size=1).map(str.strip).filter(bool))
@example("1.10")
@example("007")
@example("NO")
@example("1e3")
@example("2025-01-01")
def test_a_plain_text_comes_back_as_it_was(text: str) -> None:
    node, problems = parse(f"a: {text}".encode(), "a.yaml")
    if not problems and isinstance(node, Map):  # `- ` and `---` are YAML's
        value = node.get("a")
        assert isinstance(value, Scalar)
        assert value.text == text


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_the_parser_in_python_finds_the_same_values(case: Path) -> None:
    """Where PyYAML was built without libyaml; the two differ in which tabs they refuse."""
    text = (case / "input.yaml").read_bytes().decode()
    expected = told(text.encode())
    reader = _EventReader("input.yaml", loader=yaml.SafeLoader)
    try:
        node = reader.document(text)
    except _Unreadable:
        assert "error" in expected[0] or "\t" in text
    else:
        found = list(values(node, "")) if node else ["(empty)"]
        only_the_c_parser_refuses = "control character" in expected[0] or "a tab" in expected[0]
        assert reader.problems or found == expected or only_the_c_parser_refuses
