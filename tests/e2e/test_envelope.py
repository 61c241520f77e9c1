"""`--format json`: one envelope for every command, errors included (contract 3)."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from reconciler.cli import cli
from reconciler.cli.envelope import asked
from reconciler.errors import PxmError
from reconciler.sandbox import Answer
from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import World

SCHEMAS = Path(__file__).parents[2] / "schemas"


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text()))


def told(pxm: World, code: int, *arguments: str) -> dict[str, Any]:
    """The envelope of a command, once it fits its schema."""
    assert pxm.pxm(*arguments, "--format", "json") == code, pxm.out + pxm.err
    found: dict[str, Any] = json.loads(pxm.out)
    schema("result").validate(found)
    assert found["exit_code"] == code
    return found


def test_every_command_that_has_a_result_tells_it_in_one_envelope(pxm: World) -> None:
    pxm.write(SMALL)
    plan = told(pxm, 0, "plan", "--out", "plan.json")
    schema("plan").validate(plan["result"])
    # A plan file is the document alone.
    assert json.loads(Path("plan.json").read_text()) == plan["result"]
    assert told(pxm, 0, "show", "plan.json")["result"] == plan["result"]
    assert told(pxm, 2, "plan", "--detailed-exitcode")["command"] == "plan"
    assert told(pxm, 0, "apply", "--yes")["result"]["converged"] is True
    schema("drift").validate(told(pxm, 0, "drift")["result"])
    assert told(pxm, 0, "explain", "collection/rain")["result"]["object"] == "collection/rain"
    listed = told(pxm, 0, "state", "list", "category")
    assert listed["command"] == "state list"
    assert {item["kind"] for item in listed["result"]["objects"]} == {"category"}
    assert told(pxm, 0, "state", "show")["result"]
    assert told(pxm, 0, "fmt")["result"]["written"] is True
    pulled = told(pxm, 0, "--state", "file:new.db", "pull", "new")["result"]
    assert sum(pulled["files"].values()) == sum(pulled["objects"].values()) == 10
    rain = next(i for i in pxm.sandbox.all("collection") if i["name"] == "Rain Jacket")
    pxm.sandbox.edit("collection", rain["id"], name="Sun Jacket")
    assert told(pxm, 0, "pull", "--accept", "all")["result"]["taken"] == ["collection/rain"]
    assert told(pxm, 0, "validate")["problems"] == []


WARNED = "collections:\n  - {key: alone, name: Alone, inherit: [weight]}\n"
"""A product that hands a value to variants and has none."""

SILENT = {
    "completion": "its result is a program for a shell",
    "sandbox serve": "it serves until it is stopped, and --dump writes JSON alone",
    "sandbox edit": "it says nothing",
}
"""Commands without `--format`, and why."""


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Every command by its whole name; the steps of the workflows are hidden, and for them."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{before}{name} ")
        else:
            found[f"{before}{name}"] = command
    return found


def test_every_command_that_prints_a_result_has_it_as_json() -> None:
    without = set()
    for name, command in commands(cli).items():
        formats = [item for item in command.params if "--format" in item.opts]
        if not any("json" in item.type.choices for item in formats):  # type: ignore[attr-defined]
            without.add(name)
    assert without == set(SILENT)


def test_commands_that_edit_files_tell_what_they_edit(pxm: World) -> None:
    pxm.write(SMALL)
    shown = told(pxm, 0, "rename", "collection/rain", "shower", "--dry-run")["result"]
    assert not shown["written"]
    assert [Path(name).name for name in shown["files"]] == ["catalog.yaml"]
    assert "+" in shown["patch"]
    [refused] = told(pxm, 3, "rename", "collection/rain", "shower")["problems"]
    assert "--yes" in refused["hint"]
    assert told(pxm, 0, "rename", "collection/rain", "shower", "--yes")["result"]["written"]
    moved = told(
        pxm, 0, "move", "collection/shower", "--to", str(pxm.root / "catalog" / "b.yaml"), "--yes"
    )["result"]
    assert [Path(name).name for name in moved["files"]] == ["b.yaml", "catalog.yaml"]
    assert told(pxm, 0, "remove", "collection/shower", "--yes")["result"]["written"]


def test_a_sheet_tells_its_cells_and_what_is_wrong_with_its_rows(pxm: World) -> None:
    pxm.write(SMALL)
    wrote = told(pxm, 0, "export", "out.csv")["result"]
    assert wrote["file"] == "out.csv"
    assert wrote["rows"] > 0
    assert told(pxm, 1, "export")["problems"][0]["code"] == "usage"
    sheet = Path("out.csv")
    sheet.write_text(sheet.read_text().replace("Rain Jacket", "Sun Jacket"))
    named = told(pxm, 0, "import", "out.csv", "--overwrite", "--dry-run")["result"]
    assert [(x["before"], x["after"]) for x in named["changes"]] == [("Rain Jacket", "Sun Jacket")]
    assert not named["written"]
    sheet.write_text(sheet.read_text().replace("Blue", "Bleu"))
    found = told(pxm, 1, "import", "out.csv")
    assert found["problems"][0]["file"] == "out.csv"
    assert found["problems"][0]["line"] > 1


def test_the_other_commands_tell_theirs(pxm: World) -> None:
    here = ("--catalog", "catalog", "init", "--agents")
    Path("catalog/reconciler.yaml").unlink()
    made = told(pxm, 0, *here)["result"]
    assert "AGENTS.md" in made["written"]
    assert made["next"]
    Path("AGENTS.md").write_text("mine")
    assert told(pxm, 1, *here)["result"]["left"] == ["AGENTS.md"]
    site = told(pxm, 0, "preview", "--out", "site")["result"]
    assert sorted(path.name for path in Path("site").iterdir()) == site["files"]
    drawn = told(pxm, 0, "graph")["result"]
    names = {item["object"] for item in drawn["objects"]}
    assert {item["to"] for item in drawn["needs"]} <= names
    wrote = told(pxm, 0, "schema")["result"]
    assert Path(wrote["catalog"]).is_file()
    assert Path(wrote["settings"]).is_file()
    assert told(pxm, 1, "schema", "--watch")["problems"][0]["code"] == "usage"


def test_what_is_done_to_a_state_is_told(pxm: World) -> None:
    pxm.write(SMALL)
    assert told(pxm, 0, "apply", "--yes")["result"]
    moved = told(pxm, 0, "state", "mv", "collection/rain", "collection/shower")["result"]
    assert moved == {"from": "collection/rain", "to": "collection/shower"}
    gone = told(pxm, 0, "state", "rm", "collection/shower")["result"]
    assert gone == {"let_go": ["collection/shower"]}
    rain = next(i for i in pxm.sandbox.all("collection") if i["name"] == "Rain Jacket")
    bound = told(pxm, 0, "state", "bind", "collection/rain", str(rain["id"]))["result"]
    assert bound == {"object": "collection/rain", "id": str(rain["id"])}
    whole = told(pxm, 0, "state", "pull")["result"]
    kept = told(pxm, 0, "state", "pull", "kept.json")["result"]
    assert json.loads(Path("kept.json").read_text()) == whole
    pushed = told(pxm, 0, "state", "push", "kept.json")["result"]
    assert (pushed["objects"], pushed["file"]) == (kept["objects"], "kept.json")
    assert pushed["serial"] > kept["serial"]
    assert told(pxm, 0, "state", "unlock")["result"] == {"outcome": "free", "lock": None}


def test_warnings_of_the_catalog_are_problems_of_every_command_that_reads_it(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.write(WARNED, "warned.yaml")
    for command in (("plan",), ("apply", "--yes"), ("drift",), ("graph",), ("export", "a.csv")):
        [warning] = told(pxm, 0, *command)["problems"]
        assert warning["severity"] == "warning"
        assert warning["file"] == "warned.yaml"


def test_an_error_is_a_problem_with_its_code_and_hint(pxm: World) -> None:
    [problem] = told(pxm, 1, "--catalog", "nowhere", "plan")["problems"]
    assert problem["code"] == "usage"
    assert "`pxm init` makes one" in problem["hint"]
    pxm.write(SMALL)
    refused = told(pxm, 3, "apply")
    assert refused["result"] is None
    assert [item["code"] for item in refused["problems"]] == ["refused"]
    assert "pass --yes" in refused["problems"][0]["hint"]
    assert told(pxm, 1, "plan", "--nonsense")["problems"][0]["code"] == "usage"
    assert told(pxm, 1, "nonsense")["command"] == ""
    assert told(pxm, 1, "graph", "--nonsense")["command"] == "graph"


def test_problems_of_the_catalog_have_place_and_code_in_every_command(pxm: World) -> None:
    pxm.write(SMALL)
    wrong = "resources:\n  - {key: r, description: R, link: 'https://x', collections: [nobody]}\n"
    pxm.write(wrong, "wrong.yaml")
    for command in (("validate",), ("plan",), ("apply", "--yes")):
        found = told(pxm, 1, *command)["problems"]
        problem = next(item for item in found if item["code"] == "unknown_key")
        assert problem["file"] == "wrong.yaml"
        assert problem["line"] > 1


def test_a_request_that_failed_is_named(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.sandbox.on_answer(lambda _: Answer(403))
    found = told(pxm, 1, "plan")["problems"]
    assert [(item["code"], item["request"]) for item in found] == [
        ("status", "POST /v2.1/oauth/authorize")
    ]


def test_codes_are_of_few_signs() -> None:
    pattern = schema("result").schema["properties"]["problems"]["items"]["properties"]["code"]
    assert pattern["pattern"] == "^[a-z_]+$"
    assert PxmError("x").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], False),
        (["plan"], False),
        (["plan", "--format", "json"], True),
        (["plan", "--format=json"], True),
        (["plan", "--format"], False),
        (["plan", "--format", "json", "--format", "text"], False),
        (["-vv", "--log-format", "json", "plan"], False),
    ],
)
def test_json_is_asked_for_by_the_command_line(arguments: list[str], wanted: bool) -> None:
    assert asked(cli, arguments) == wanted


def test_a_variable_asks_for_json_where_a_command_has_a_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PXM_OUTPUT", "json")
    assert asked(cli, ["--env", "x", "state", "list"])
    assert not asked(cli, ["completion", "bash"])
    assert not asked(cli, ["plan", "--format", "text"])
