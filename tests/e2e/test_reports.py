"""drift, graph and the formats of plan and show, over real HTTP."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import World

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/drift.schema.json").read_text("utf-8"))


def rain(pxm: World) -> str:
    """The id of the product."""
    return str(
        next(item["id"] for item in pxm.sandbox.all("collection") if item["name"] == "Rain Jacket")
    )


def applied(pxm: World) -> World:
    pxm.write(SMALL)
    assert pxm.apply() == 0
    return pxm


def methods(pxm: World, since: int) -> set[str]:
    """The methods of all requests since so many."""
    return {item.method for item in pxm.sandbox.requests[since:]}


def test_without_a_state_drift_is_an_error(pxm: World) -> None:
    pxm.write(SMALL)
    assert pxm.pxm("drift") == 1
    assert "there is no state to compare the account with" in pxm.err


def test_an_account_as_it_was_left_has_no_drift(pxm: World) -> None:
    applied(pxm)
    assert pxm.pxm("drift") == 0
    assert pxm.out == "No drift. The account is as it was left: 10 objects.\n"


def test_what_somebody_changed_or_deleted_is_drift_and_nothing_is_written(pxm: World) -> None:
    applied(pxm)
    pxm.sandbox.edit("collection", rain(pxm), name="Rain Jacket SALE")
    guide = pxm.sandbox.all("resource")[0]["id"]
    pxm.sandbox.remove("resource", guide)
    pxm.sandbox.put_object("category", {"name": "Theirs"})
    before, since = pxm.sandbox.dump(), len(pxm.sandbox.requests)

    assert pxm.pxm("drift") == 2
    assert "    name: Rain Jacket → Rain Jacket SALE\n" in pxm.out
    assert "- resource/guide" in pxm.out
    assert "Drift: 1 changed, 1 gone. 8 clean.\n" in pxm.out
    assert pxm.pxm("drift", "--unmanaged", "--format", "json") == 2
    found = pxm.result
    Draft202012Validator(SCHEMA).validate(found)
    assert found["summary"] == {"changed": 1, "gone": 1, "unmanaged": 1, "clean": 8}
    assert [item["label"] for item in found["objects"]][-1] == "Theirs"
    assert methods(pxm, since) == {"GET"}
    assert pxm.sandbox.dump() == before


def test_drift_twice_is_the_same_to_the_byte(pxm: World) -> None:
    applied(pxm)
    pxm.sandbox.edit("collection", rain(pxm), name="Rain Jacket SALE")
    for form in ("text", "json", "markdown", "html"):
        assert pxm.pxm("drift", "--format", form, "--unmanaged") == 2
        first = pxm.out
        assert pxm.pxm("drift", "--format", form, "--unmanaged") == 2
        assert pxm.out == first


def test_unmanaged_objects_alone_are_no_drift(pxm: World) -> None:
    applied(pxm)
    pxm.sandbox.put_object("category", {"name": "Theirs"})
    assert pxm.pxm("drift", "--unmanaged") == 0
    assert "No drift. The account is as it was left: 10 objects, 1 unmanaged.\n" in pxm.out


def test_a_report_goes_to_a_file_and_its_last_lines_to_the_screen(pxm: World) -> None:
    applied(pxm)
    pxm.sandbox.edit("collection", rain(pxm), name="Rain Jacket SALE")
    path = pxm.root / "drift.md"
    assert pxm.pxm("drift", "--format", "markdown", "--out", str(path)) == 2
    assert path.read_text(encoding="utf-8").startswith("<!-- pxm-drift -->\n## ⚠️ Drift: ")
    assert pxm.out.startswith("Drift: 1 changed, 0 gone. 9 clean.\n")
    assert pxm.pxm("drift", "--out", str(pxm.root / "no" / "folder")) == 1
    assert "--out" in pxm.err


def test_a_field_left_to_the_web_interface_is_no_drift(pxm: World) -> None:
    applied(pxm)
    pxm.sandbox.edit("collection", rain(pxm), name="Rain Jacket SALE")
    pxm.write(
        "ignore: [{kind: collection, match: 'rain*', fields: [name]}]\n"
        "rate: {requests: 100000, per_seconds: 60}\n",
        "reconciler.yaml",
    )
    assert pxm.pxm("drift") == 0


def test_a_saved_plan_is_shown_in_every_format_as_it_was_planned(pxm: World) -> None:
    applied(pxm)
    pxm.sandbox.edit("collection", rain(pxm), name="Rain Jacket SALE")
    pxm.write(SMALL.replace("weight: 1.10", "weight: 2"))
    path = str(pxm.root / "plan.json")
    for form in ("markdown", "html", "json", "text"):
        assert pxm.pxm("plan", "--format", form, "--out", path) == 0
        planned = pxm.out
        assert pxm.pxm("show", path, "--format", form) == 0
        assert pxm.out.replace('"command": "show"', '"command": "plan"', 1) == planned
    assert pxm.pxm("show", path, "--format", "markdown", "--step-summary") == 0
    assert pxm.out.startswith("<!-- pxm-plan -->\n## 📝 Plan: 2 changes\n")
    assert pxm.pxm("show", path, "--step-summary") == 1
    assert "add --format markdown" in pxm.err


def test_a_comment_goes_by_names_and_category(pxm: World) -> None:
    pxm.write(SMALL)
    assert pxm.pxm("plan", "--format", "markdown") == 0
    html = MarkdownIt("gfm-like", {"html": True}).render(pxm.out)
    assert "<h4>Apparel › Jackets</h4>" in html
    assert "<strong>Rain Jacket</strong> (new product)" in html


def test_a_graph_needs_no_account(pxm: World) -> None:
    pxm.write(SMALL)
    assert pxm.pxm("graph") == 0
    assert pxm.out.startswith("digraph catalog {\n")
    assert pxm.pxm("graph", "--format", "mermaid", "--target", "category/jackets/") == 0
    assert pxm.out.startswith("flowchart RL\n")
    assert "collection/rain" in pxm.out
    assert pxm.pxm("graph", "--target", "category/nobody") == 1
    assert pxm.sandbox.requests == []
