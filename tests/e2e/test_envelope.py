"""`--format json`: one envelope for every command, errors included (contract 3)."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

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
    assert told(pxm, 1, "graph")["command"] == "graph"


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
    assert asked(arguments) == wanted
