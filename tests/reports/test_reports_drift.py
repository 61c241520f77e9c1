"""Drift as text and as JSON (contract 3, 4)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from reconciler.model import Drift, Drifted, FieldChange, Group, Number, Place, Ref
from reconciler.reports.driftjson import drift_json
from reconciler.reports.drifttext import drift_text
from tests.reports import samples
from tests.reports.hostiles import TEXTS, drift_of

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/drift.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

DRIFT = Drift(
    samples.ACCOUNT,
    (
        Drifted(
            "changed",
            Ref("collection", "rain-m"),
            "4",
            "Rain Jacket - M",
            Place("jackets.yaml", 12, 5),
            (
                FieldChange("name", "Rain Jacket - M", "SALE", "Rain Jacket - M", cls="drift"),
                FieldChange(
                    "categories", add=("id:9",), remove=("new-in",), is_set=True, cls="drift"
                ),
                FieldChange("attributes.weight", Number("1.10"), None, cls="drift"),
            ),
            Group(("Apparel",), "rain", "Rain Jacket"),
        ),
        Drifted("gone", Ref("category", "outlet"), "5", "Outlet"),
        Drifted(
            "unmanaged", Ref("collection", ""), "6", "Theirs", group=Group(("Apparel", "Hats"))
        ),
    ),
    clean=1200,
    notes=("a note",),
    looked=True,
    names={"id:9": "Their category"},
)


def test_drift_is_text_with_its_counts_last() -> None:
    assert (
        drift_text(DRIFT, color=False)
        == """\
~ collection/rain-m  "Rain Jacket - M"  (jackets.yaml:12)
    name:              Rain Jacket - M → SALE
    categories: + Their category  - new-in
    attributes.weight: 1.10            → (none)
- category/outlet  "Outlet"  gone from the account
? collection 6  "Theirs"  unmanaged: nobody declared it  in Apparel › Hats
Note: a note

Drift: 1 changed, 1 gone, 1 unmanaged. 1,200 clean.
`pxm apply` writes what the catalog says; `pxm pull --accept KIND/KEY` takes it over into the files.
"""
    )


def test_signs_have_their_colours() -> None:
    lines = drift_text(DRIFT, color=True).splitlines()
    assert lines[0].startswith("\x1b[33m~ collection/rain-m\x1b[0m")
    assert lines[4].startswith("\x1b[31m- category/outlet\x1b[0m")


@pytest.mark.parametrize(
    ("looked", "last"),
    [
        (False, "No drift. The account is as it was left: 1,200 objects.\n"),
        (True, "No drift. The account is as it was left: 1,200 objects, 0 unmanaged.\n"),
    ],
)
def test_no_drift_is_one_line(looked: bool, last: str) -> None:
    assert drift_text(Drift(samples.ACCOUNT, clean=1200, looked=looked), color=False) == last


def test_drift_is_json_as_the_contract_says() -> None:
    found = json.loads(drift_json(DRIFT, "0.1.0"))
    VALIDATOR.validate(found)
    assert found["format_version"] == 1
    assert found["summary"] == {"changed": 1, "gone": 1, "unmanaged": 1, "clean": 1200}
    assert found["objects"][0] == {
        "kind": "collection",
        "key": "rain-m",
        "id": "4",
        "label": "Rain Jacket - M",
        "status": "changed",
        "source": {"file": "jackets.yaml", "line": 12},
        "fields": [
            {"path": "name", "applied": "Rain Jacket - M", "live": "SALE"},
            {"path": "categories", "added": ["Their category"], "removed": ["new-in"]},
            {"path": "attributes.weight", "applied": 1.1, "live": None},
        ],
        "group": {"categories": ["Apparel"], "product": {"key": "rain", "label": "Rain Jacket"}},
    }
    assert found["objects"][2]["key"] is None
    assert '"applied": 1.10,' in drift_json(DRIFT, "0.1.0")


def test_any_drift_fits_its_schema() -> None:
    for text in ("", *TEXTS.values()):
        VALIDATOR.validate(json.loads(drift_json(drift_of(text), "1")))


def test_the_schema_is_one_and_refuses_what_is_no_report() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for name, part in SCHEMA["properties"].items():
        assert part["description"], name
    empty = replace(DRIFT.objects[0], fields=())
    with pytest.raises(ValidationError):
        VALIDATOR.validate(json.loads(drift_json(replace(DRIFT, objects=(empty,)), "1")))
