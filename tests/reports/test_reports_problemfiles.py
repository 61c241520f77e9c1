"""Problems as GitLab's code quality report and as JUnit's XML (contract 1.5, 8.3)."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli import run
from reconciler.model import Place, Problem
from reconciler.reports.problemfiles import problems_codequality, problems_junit

UNKNOWN = Problem(
    Place("jackets.yaml", 12, 7), "unknown category 'jakets'", "did you mean 'jackets'?"
)
ODD = Problem(Place("a.yaml", 3), '</failure>"&\x1b[2J\ud800', severity="warning")


def test_code_quality_names_file_and_line_and_how_bad_it_is() -> None:
    one, two = json.loads(problems_codequality([UNKNOWN, ODD], prefix="catalog/"))
    assert one["description"] == "unknown category 'jakets' (did you mean 'jackets'?)"
    assert one["location"] == {"path": "catalog/jackets.yaml", "lines": {"begin": 12}}
    assert (one["severity"], two["severity"]) == ("major", "minor")
    assert problems_codequality([]) == "[]\n"


def test_a_problem_that_moved_is_the_same_and_a_second_one_is_another() -> None:
    moved = Problem(Place("jackets.yaml", 40), UNKNOWN.message, UNKNOWN.hint)
    [before] = json.loads(problems_codequality([UNKNOWN]))
    first, second = json.loads(problems_codequality([moved, UNKNOWN]))
    assert before["fingerprint"] == first["fingerprint"] != second["fingerprint"]


def test_junit_fails_for_errors_skips_warnings_and_passes_without_any() -> None:
    suite = ElementTree.fromstring(problems_junit([UNKNOWN, ODD], prefix="catalog/"))
    assert suite.attrib == {"tests": "2", "failures": "1", "skipped": "1"}
    error, warning = suite.iter("testcase")
    assert error.attrib["file"] == "catalog/jackets.yaml"
    assert error.attrib["line"] == "12"
    failure = error.find("failure")
    assert failure is not None
    assert failure.text == (
        "catalog/jackets.yaml:12:7: unknown category 'jakets' (did you mean 'jackets'?)"
    )
    assert warning.find("failure") is None
    skipped = warning.find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith('</failure>"&\\x1b[2J')
    [valid] = ElementTree.fromstring(problems_junit([])).iter("testcase")
    assert list(valid) == []


@given(st.text(), st.text(), st.text(), st.sampled_from(["error", "warning"]))
def test_both_are_well_formed_whatever_the_catalog_says(
    file: str, message: str, hint: str, severity: str
) -> None:
    problem = Problem(Place(file), message, hint, severity)
    [entry] = json.loads(problems_codequality([problem]))
    [case] = ElementTree.fromstring(problems_junit([problem])).iter("testcase")
    assert entry["location"]["path"] == case.attrib["file"]
    assert "\n" not in entry["description"]


@pytest.mark.parametrize("form", ["junit", "codequality"])
def test_validate_writes_both(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("categories: [{key: x, nam: X}]\n")
    assert run(["--catalog", str(tmp_path), "validate", "--format", form]) == 1
    assert "a.yaml" in capsys.readouterr().out
