"""The JSON Schemas that editors use hold for real catalogs."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.yamlfile import parse, plain_data

ROOT = Path(__file__).parents[1]
FILES = [
    path
    for folder in (ROOT / "catalog", ROOT.parent / "shared" / "data" / "saleor")
    for path in sorted(folder.rglob("*.yaml"))
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_conforms_to_its_schema(path: Path) -> None:
    name = "settings" if path.name == "reconciler.yaml" else "catalog"
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    document, problems = parse(path.read_bytes(), path.name)

    assert problems == []
    assert list(Draft202012Validator(schema).iter_errors(plain_data(document))) == []
