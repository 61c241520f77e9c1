"""Why an object changes, or does not (contract 3, `explain`)."""

import json

from reconciler.model import Number, Place
from reconciler.reports.explain import ExplainRow, explain_json, explain_text

ROWS = [
    ExplainRow("name", "Rain Jacket", "Sun\x1bJacket", "Rain Jacket", Place("j.yaml", 3), "drift"),
    ExplainRow("attributes.weight", Number("1.10"), None, None, Place("j.yaml", 9), "pending"),
    ExplainRow("attributes.care", None, "w " * 9 + ".", None, None, "not ours"),
]


def test_an_object_is_a_table_of_its_fields() -> None:
    assert (
        explain_text("collection/rain-jacket", "managed", ROWS, color=False)
        == """\
collection/rain-jacket: managed

field              desired      live                 applied      \
declared at  rule
name               Rain Jacket  Sun\\x1bJacket        Rain Jacket  \
j.yaml:3     drift
attributes.weight  1.10         (none)               (none)       \
j.yaml:9     pending
attributes.care    -            w w w w w w w w w .  (none)       \
-            not ours
"""
    )


def test_an_object_without_fields_has_a_head_alone() -> None:
    assert explain_text("collection/a", "left the catalog: a delete", [], color=False) == (
        "collection/a: left the catalog: a delete\n"
        "\n"
        "field  desired  live  applied  declared at  rule\n"
    )


def test_the_heads_are_bold() -> None:
    lines = explain_text("collection/a", "managed", [], color=True).splitlines()
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
    }
    assert found["fields"][2]["source"] is None
