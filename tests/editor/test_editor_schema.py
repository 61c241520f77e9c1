"""The schema of one catalog, and where `pxm schema`, `init` and `pull` put it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.catalog import load
from reconciler.catalog.editor import MOST, editor_schema, settings_schema
from reconciler.cli import run
from reconciler.model import Catalog, Place, Ref, Resource
from reconciler.schema import load as schema
from tests.limits import HANG

EXAMPLE = Path(__file__).parents[2] / "catalog"
SCHEMA = Path(".reconciler", "catalog.schema.json")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small catalog, where pxm is started."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "a.yaml").write_text("categories:\n  - {key: boots, name: Boots, regions: [US]}\n")
    return tmp_path


def categories(document: Any) -> Any:
    """The keys that it proposes for categories."""
    return document["$defs"]["keys_of_category"].get("enum", [])


def takes(document: Any, data: Any) -> bool:
    """The schema finds nothing wrong."""
    return not list(Draft202012Validator(document).iter_errors(data))


def test_it_is_a_schema_and_refuses_nothing_that_another_file_may_hold_by_now() -> None:
    document = editor_schema(load(EXAMPLE), ["US"]).document
    Draft202012Validator.check_schema(document)
    product = {"key": "new", "name": "New", "category": "no-such", "regions": ["Mars"]}

    assert takes(
        document, {"collections": [{**product, "attributes": {"no-such": 1, "size": "M"}}]}
    )
    assert takes(document, {"categories": [{"key": "a", "name": "A", "parent": None}]})
    assert not takes(document, {"collections": [{**product, "catgory": "x"}]})


def test_the_schema_of_the_settings_refuses_nothing_either() -> None:
    document = settings_schema(load(EXAMPLE), ["US"])
    Draft202012Validator.check_schema(document)
    rule = {"under": ["no-such"], "require": ["neither"], "only": "published"}
    environments = {"staging": {"state": "file:a", "regions": {"Mars": "Red"}}}

    assert takes(document, {"rules": [rule], "environments": environments})
    assert takes(settings_schema(Catalog({})), {"rules": [rule]})
    assert not takes(document, {"rules": [{**rule, "requires": ["x"]}]})


def test_the_schema_that_judges_settings_is_not_the_one_that_is_written_for_editors() -> None:
    before = json.dumps(schema("settings"))
    settings_schema(load(EXAMPLE, environment="staging"), ["US"])

    assert json.dumps(schema("settings")) == before


def test_an_empty_catalog_has_nothing_to_propose() -> None:
    document = editor_schema(Catalog({})).document

    assert categories(document) == []
    assert takes(document, {"collections": [{"key": "a", "name": "A", "category": "b"}]})


def test_defaults_propose_what_entries_do() -> None:
    document = editor_schema(load(EXAMPLE)).document
    defaults = document["properties"]["defaults"]["properties"]["collections"]["properties"]

    assert defaults["category"]["anyOf"][0] == {"$ref": "#/$defs/keys_of_category"}


def test_more_keys_than_an_editor_can_sort_are_left_out() -> None:
    place = Place("a.yaml")
    many = [Resource(Ref("collection", f"p{n}"), {}, place) for n in range(MOST + 1)]
    schema = editor_schema(Catalog({item.ref: item for item in many}))

    assert schema.left_out == {"collection": MOST + 1}
    assert "keys_of_collection" not in schema.document["$defs"]
    variant_of = schema.document["$defs"]["collection"]["properties"]["variant_of"]
    assert "anyOf" not in variant_of


def test_the_command_writes_it_where_git_does_not_look(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=shop, check=True)
    assert run(["schema"]) == 0

    assert capsys.readouterr().out == (
        "Wrote .reconciler/catalog.schema.json.\n"
        "Files name it in their first line: "
        "# yaml-language-server: $schema=../.reconciler/catalog.schema.json\n"
    )
    assert categories(json.loads((shop / SCHEMA).read_text())) == ["boots"]
    seen = subprocess.run(
        ["git", "status", "--short", "--untracked-files=all"],
        cwd=shop,
        check=True,
        capture_output=True,
        text=True,
    )
    assert seen.stdout == "?? catalog/a.yaml\n"


def test_a_catalog_with_problems_proposes_what_could_be_read(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "catalog" / "b.yaml").write_text("categories:\n  - {key: caps, nam: Caps}\n")

    assert run(["schema"]) == 0
    assert "2 problem(s) in the catalog; see `pxm validate`." in capsys.readouterr().out
    assert categories(json.loads((shop / SCHEMA).read_text())) == ["boots", "caps"]


def test_it_stands_in_the_catalog_folder_where_pxm_is_started_there(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop / "catalog")

    assert run(["--catalog", ".", "schema"]) == 0
    assert "$schema=.reconciler/catalog.schema.json" in capsys.readouterr().out
    assert (shop / "catalog" / SCHEMA).is_file()
    assert run(["--catalog", ".", "validate"]) == 0


def test_live_proposes_the_regions_of_the_account(shop: Path) -> None:
    assert run(["--sandbox-db", "s.db", "schema", "--live"]) == 0

    regions = json.loads((shop / SCHEMA).read_text())["$defs"]["regions"]["items"]["anyOf"][0]
    assert "US" in regions["enum"]
    assert len(regions["enum"]) > 1


def test_what_init_and_pull_write_names_a_schema_that_is_there(shop: Path) -> None:
    assert run(["init", "new"]) == 0
    assert run(["--catalog", "new/catalog", "--sandbox-db", "s.db", "apply", "--yes"]) == 0
    assert run(["--sandbox-db", "s.db", "--state", "file:other.db", "pull", "pulled"]) == 0

    for folder in (shop / "new" / "catalog", shop / "pulled"):
        files = list(folder.rglob("*.yaml"))
        assert files
        for path in files:
            head = path.read_text().partition("\n")[0]
            assert (path.parent / head.rpartition("=")[2]).is_file(), path
    assert "jackets" in categories(json.loads((shop / SCHEMA).read_text()))


def test_watch_writes_it_again_when_a_file_changes(shop: Path) -> None:
    command = [sys.executable, "-m", "reconciler", "schema", "--watch"]
    watching = subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, text=True)
    try:
        assert watching.stdout is not None
        while "Watching" not in (line := watching.stdout.readline()):
            assert line, "it has ended"
        (shop / "catalog" / "b.yaml").write_text("categories:\n  - {key: caps, name: Caps}\n")
        assert watching.stdout.readline() == "Wrote .reconciler/catalog.schema.json.\n"
        assert categories(json.loads((shop / SCHEMA).read_text())) == ["boots", "caps"]
        watching.send_signal(signal.SIGINT)
        assert watching.wait(HANG) == 0
    finally:
        watching.kill()
        watching.communicate()
