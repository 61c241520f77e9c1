"""Why an object changes, or does not (contract 3, `explain`)."""

import json
from dataclasses import replace

import pytest

from reconciler.model import Number, Place
from reconciler.reports.explain import ExplainRow, explain_json, explain_text

ROWS = [
    ExplainRow("name", "Rain Jacket", "Sun\x1bJacket", "Rain Jacket", Place("j.yaml", 3), "drift"),
    ExplainRow("attributes.weight", Number("1.10"), None, None, Place("j.yaml", 9), "pending"),
    ExplainRow("attributes.care", None, "w " * 9 + ".", None, None, "not declared", differs=False),
]


def test_an_object_is_a_table_of_what_differs() -> None:
    assert (
        explain_text("collection/rain-jacket", "managed", ROWS, color=False)
        == """\
collection/rain-jacket: managed

field               desired       live            applied       why
──────────────────────────────────────────────────────────────────────────────────
name                Rain Jacket   Sun\\x1bJacket   Rain Jacket   drift (j.yaml:3)
attributes.weight   1.10          (none)          (none)        pending (j.yaml:9)

1 more field is as declared, or not declared: --all shows them.
"""
    )


def test_all_fields_are_told_where_they_are_asked_for() -> None:
    lines = explain_text("c/a", "managed", ROWS, color=False, every=True).splitlines()
    assert len(lines) == 7
    assert lines[-1].split("   ")[0] == "attributes.care"
    assert lines[-1].endswith("not declared")


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_table_folds_to_the_width(width: int) -> None:
    long = ExplainRow("attributes.description", "w " * 200, "x" * 90, None, Place("j.yaml", 3), "r")
    written = explain_text("c/a", "managed", [*ROWS, long], color=False, width=width)
    assert max(map(len, written.splitlines()[2:-2])) <= width


def test_an_object_of_which_nothing_differs_says_so() -> None:
    quiet = [replace(row, differs=False) for row in ROWS]
    assert explain_text("collection/a", "managed", quiet, color=False) == (
        "collection/a: managed\n\n3 fields are as declared, or not declared: --all shows them.\n"
    )
    assert explain_text("collection/a", "left the catalog: a delete", [], color=False) == (
        "collection/a: left the catalog: a delete\n"
    )


def test_the_heads_are_bold() -> None:
    lines = explain_text("collection/a", "managed", ROWS, color=True).splitlines()
    assert lines[0] == "\x1b[1mcollection/a\x1b[0m: managed"
    assert lines[2].startswith("\x1b[1mfield")


def test_programs_get_values_as_they_are() -> None:
    written = explain_json("collection/rain-jacket", "managed", "c-1", ROWS)
    assert '"desired": 1.10' in written
    found = json.loads(written)
    assert found["object"] == "collection/rain-jacket"
    assert found["id"] == "c-1"
    assert found["fields"][0] == {
        "path": "name",
        "desired": "Rain Jacket",
        "live": "Sun\x1bJacket",
        "applied": "Rain Jacket",
        "source": {"file": "j.yaml", "line": 3},
        "rule": "drift",
        "differs": True,
    }
    assert found["fields"][2]["source"] is None
