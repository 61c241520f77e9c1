"""What an editor proposes, by yaml-language-server itself (contract 1.5)."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli import run
from tests.editor.languageserver import LanguageServer, serving

FOUND = shutil.which(os.environ.get("YAML_LANGUAGE_SERVER", "yaml-language-server"))
SERVER = Path(FOUND).absolute() if FOUND else None

pytestmark = pytest.mark.skipif(
    not SERVER,
    reason="no yaml-language-server: `npm ci --prefix .ci/editor`, and name it in YAML_LANGUAGE_SERVER",
)

CATALOG = """\
categories:
  - key: men
    name: Men
    children:
      - {key: men/jackets, name: Jackets}
attributes:
  - {key: colour, label: Colour of the cloth, type: Pick List, options: [Red, Blue]}
  - {key: uses, label: Uses, type: Pick List, options: [Run, Walk], multiple: true}
  - {key: care, label: Care, type: Text}
  - {key: sealed, label: Sealed, type: Boolean}
  - {key: packed, label: Packed, type: List, fields: [{label: Length, type: Number}]}
attribute_groups:
  - {key: looks, name: Looks, attributes: [colour]}
collections:
  - {key: rain-jacket, name: Rain Jacket, category: men/jackets, regions: [North]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog folder with its schema."""
    folder = tmp_path_factory.mktemp("shop") / "catalog"
    folder.mkdir()
    (folder / "all.yaml").write_text(CATALOG, encoding="utf-8")
    assert run(["--catalog", str(folder), "schema"]) == 0
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LanguageServer]:
    """The language server, started once."""
    with serving([str(SERVER), "--stdio"], folder) as server:
        yield server


HEAD = "# yaml-language-server: $schema=../.reconciler/catalog.schema.json\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "collections:\n  - key: x\n    attributes:\n      ¦\n",
            {
                "colour": "Colour of the cloth (Pick List)",
                "uses": "Uses (Pick List)",
                "care": "Care (Text)",
                "sealed": "Sealed (Boolean)",
                "packed": "Packed (List)",
            },
        ),
        (
            "collections:\n  - key: x\n    category: ¦\n",
            {"men": "Men", "men/jackets": "Jackets"},
        ),
        ("collections:\n  - key: x\n    attributes:\n      colour: ¦\n", {"Red": "", "Blue": ""}),
        ("collections:\n  - key: x\n    attributes:\n      uses: [¦]\n", {"Run": "", "Walk": ""}),
        ("collections:\n  - key: x\n    variant_of: ¦\n", {"rain-jacket": "Rain Jacket"}),
        ("collections:\n  - key: x\n    regions: [¦]\n", {"North": ""}),
        ("categories:\n  - key: x\n    parent: ¦\n", {"men": "Men", "men/jackets": "Jackets"}),
        (
            "attribute_groups:\n  - key: x\n    attributes:\n      - ¦\n",
            {"colour": "Colour of the cloth", "care": "Care"},
        ),
        (
            "collections:\n  - key: x\n    attributes:\n      packed:\n        ¦\n",
            {"Length": "Length (Number)"},
        ),
    ],
)
def test_the_editor_proposes_what_this_catalog_holds(
    server: LanguageServer, folder: Path, text: str, wanted: dict[str, str]
) -> None:
    found = server.proposals(folder / f"{abs(hash(text))}.yaml", HEAD + text)

    assert {name: told for name, told in found.items() if name in wanted} == wanted


SETTINGS = HEAD.replace("catalog.schema", "settings.schema")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rules:\n  - under: ¦\n", {"men", "men/jackets"}),
        ("rules:\n  - require: [¦]\n", {"colour", "care"}),
        ("rules:\n  - attribute: ¦\n", {"colour", "care"}),
        ("rules:\n  - require_groups: ¦\n", {"looks"}),
        ("environments:\n  staging:\n    regions:\n      ¦\n", {"North"}),
        (
            "ignore:\n  - kind: collection\n    fields: [¦]\n",
            {"attributes.care", "published_end_date"},
        ),
    ],
)
def test_the_editor_proposes_what_rules_and_settings_may_name(
    server: LanguageServer, folder: Path, text: str, wanted: set[str]
) -> None:
    found = server.proposals(folder / f"{abs(hash(text))}.yaml", SETTINGS + text)

    assert wanted <= found.keys()


def test_no_key_of_the_published_examples_is_proposed(server: LanguageServer, folder: Path) -> None:
    text = HEAD + "collections:\n  - key: x\n    category: ¦\n"

    assert "jackets" not in server.proposals(folder / f"{abs(hash(text))}.yaml", text)
