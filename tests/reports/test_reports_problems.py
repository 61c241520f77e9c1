"""Problems of a catalog in three formats (contract 1.5, 8.3)."""

import json

from hypothesis import given
from hypothesis import strategies as st

from reconciler.enums import ProblemKind
from reconciler.model import Place, Problem, Ref
from reconciler.reports.problems import problems_github, problems_json, problems_text

UNKNOWN = Problem(
    Place("jackets.yaml", 12, 7),
    "collection 'rain-jacket': unknown category 'jakets'",
    "did you mean 'jackets'?",
)
EVIL = Problem(Place("a,b:c%.yaml", 1, 1), "100%\r\n::error::x, y\x1b[2J", severity="warning")


def test_a_problem_is_a_line() -> None:
    assert problems_text([UNKNOWN], prefix="catalog/") == (
        "catalog/jackets.yaml:12:7: error: collection 'rain-jacket': "
        "unknown category 'jakets' (did you mean 'jackets'?)\n"
    )


TWICE = Problem(
    Place("a.yaml", 4, 3),
    "category 'a': the key stands twice",
    "it is at",
    also=Place("b.yaml", 2, 5),
)


def test_the_second_place_is_a_file_from_where_pxm_was_started_as_the_first_is() -> None:
    told = "category 'a': the key stands twice (it is at catalog/b.yaml:2:5)\n"
    assert problems_text([TWICE], prefix="catalog/") == f"catalog/a.yaml:4:3: error: {told}"
    where = "file=catalog/a.yaml,line=4,col=3"
    assert problems_github([TWICE], prefix="catalog/") == f"::error {where}::{told}"
    (row,) = json.loads(problems_json([TWICE]))["problems"]
    assert row["hint"] == "it is at b.yaml:2:5"
    assert row["also"] == {"file": "b.yaml", "line": 2, "column": 5}


def test_text_of_the_catalog_stays_on_its_line() -> None:
    assert problems_text([EVIL]) == ("a,b:c%.yaml:1:1: warning: 100%\\x0d⏎::error::x, y\\x1b[2J\n")


def test_an_annotation_names_file_and_line_and_escapes_the_rest() -> None:
    assert problems_github([UNKNOWN, EVIL], prefix="catalog/") == (
        "::error file=catalog/jackets.yaml,line=12,col=7::collection 'rain-jacket': "
        "unknown category 'jakets' (did you mean 'jackets'?)\n"
        "::warning file=catalog/a%2Cb%3Ac%25.yaml,line=1,col=1::"
        "100%25%0D%0A::error::x, y\\x1b[2J\n"
    )


@given(st.text(), st.text(), st.text())
def test_an_annotation_is_always_one_line_with_one_command(
    file: str, message: str, hint: str
) -> None:
    line = problems_github([Problem(Place(file), message, hint)])
    assert line.endswith("\n")
    assert "\n" not in line[:-1]
    assert "\r" not in line
    properties = line.removeprefix("::error ").partition("::")[0]
    assert [part.partition("=")[0] for part in properties.split(",")] == ["file", "line", "col"]


def test_programs_get_them_with_counts() -> None:
    found = json.loads(problems_json([UNKNOWN, EVIL]))
    assert found["summary"] == {"errors": 1, "warnings": 1}
    assert found["problems"][0] == {
        "file": "jackets.yaml",
        "line": 12,
        "column": 7,
        "severity": "error",
        "code": "other",
        "message": "collection 'rain-jacket': unknown category 'jakets'",
        "hint": "did you mean 'jackets'?",
        "also": None,
    }


def test_no_problems_are_no_lines() -> None:
    assert problems_text([]) == problems_github([]) == ""
    assert json.loads(problems_json([]))["problems"] == []


def lacking(number: int, hint: str = "") -> list[Problem]:
    missing = Ref("collection", "tent")
    return [
        Problem(Place("r.yaml", n, 5), f"resource 'r{n}': unknown collection 'tent'", hint,
                kind=ProblemKind.UNKNOWN_KEY, missing=missing)
        for n in range(1, number + 1)
    ]  # fmt: skip


def test_what_many_places_name_and_is_not_there_has_one_head() -> None:
    lines = problems_text([UNKNOWN, *lacking(22)], prefix="c/").splitlines()
    assert len(lines) == 1 + 1 + 22
    assert lines[1] == (
        "c/r.yaml:1:5: error: collection/tent is not in the catalog, and 22 places name it "
        "(bring it back, or take it out with all that names it: `pxm remove collection/tent`)"
    )
    assert lines[2] == "  c/r.yaml:1:5: error: resource 'r1': unknown collection 'tent'"
    assert "(did you mean 'tents'?)" in problems_text(lacking(4, "did you mean 'tents'?"))
    assert len(problems_text(lacking(3)).splitlines()) == 3


def test_a_program_is_told_what_a_problem_is() -> None:
    rows = json.loads(problems_json([UNKNOWN, *lacking(1)]))["problems"]
    assert [row["code"] for row in rows] == ["other", "unknown_key"]
