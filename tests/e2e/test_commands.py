"""The commands around the main job: show, explain, targets, state, formats."""

import json
import os
import subprocess
import sys

import pytest

from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import FAST, World


def test_a_saved_plan_shows_the_same_again(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    pxm.write(
        SMALL.replace("name: Rain Jacket", "name: Rain Coat").replace("weight: 1.10", "weight: 2")
    )
    path = str(pxm.root / "plan.json")

    pxm.pxm("plan", "--out", path)
    planned = pxm.out
    assert pxm.pxm("show", path) == 0
    assert pxm.out == planned


def test_the_same_account_gives_the_same_plan_byte_for_byte(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.pxm("plan", "--format", "json")
    first = pxm.out
    pxm.pxm("plan", "--format", "json")

    assert pxm.out == first
    assert pxm.result["summary"]["create"] == 10


def test_a_crafted_plan_file_is_refused_without_a_traceback(pxm: World) -> None:
    path = pxm.root / "plan.json"
    for text in ("", "[]", "{}", '{"format_version": 99}', '{"format_version": 1, "account": 3}'):
        path.write_text(text)

        assert pxm.pxm("show", str(path)) == 1
        assert "Error:" in pxm.err


def test_explain_says_which_rule_decides(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    rain = next(i for i in pxm.sandbox.all("collection") if i["name"] == "Rain Jacket")
    pxm.sandbox.edit("collection", rain["id"], name="Sun Jacket")

    assert pxm.pxm("explain", "collection/rain") == 0
    assert "drift: the catalog has not changed" in pxm.out
    assert "(catalog.yaml:16)" in pxm.out
    assert pxm.pxm("explain", "collection/rain", "--format", "json") == 0
    assert pxm.result["object"] == "collection/rain"
    assert pxm.pxm("explain", "collection/nobody") == 1


def test_a_target_brings_what_it_needs_and_nothing_more(pxm: World) -> None:
    pxm.write(SMALL)

    assert pxm.pxm("plan", "--target", "collection/rain-m") == 0
    assert "Plan: 8 to create" in pxm.out
    assert "other changes were left out" in pxm.out
    assert pxm.pxm("plan", "--target", "category/apparel/") == 0
    assert "+ resource/guide" in pxm.out
    assert pxm.pxm("plan", "--target", "nonsense") == 1
    assert pxm.pxm("plan", "--target", "category/nobody") == 1


def test_the_state_can_be_looked_at_and_mended(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    assert pxm.pxm("state", "list", "category") == 0
    assert len(pxm.out.splitlines()) == 2
    assert pxm.pxm("state", "show", "collection/rain") == 0
    assert "name: sent Rain Jacket, shown Rain Jacket" in pxm.out
    assert pxm.pxm("state", "mv", "collection/rain-m", "collection/rain-x") == 0
    pxm.write(SMALL.replace("key: rain-m", "key: rain-x"))
    assert pxm.pxm("plan", "--detailed-exitcode") == 0
    guide = pxm.sandbox.all("resource")[0]["id"]
    assert pxm.pxm("state", "rm", "resource/guide") == 0
    assert pxm.pxm("state", "rm", "resource/guide") == 1
    assert pxm.pxm("state", "bind", "resource/guide", guide) == 0
    assert pxm.pxm("state", "bind", "resource/guide", "nobody") == 1
    assert pxm.apply() == 0


def test_an_apply_tells_programs_what_it_did(pxm: World) -> None:
    pxm.write(SMALL)

    assert pxm.pxm("apply", "--yes", "--format", "json") == 0
    report = pxm.result
    assert report["requests"]["sent"] == report["requests"]["predicted"]
    assert {row["status"] for row in report["outcomes"]} == {"done"}


def test_validate_speaks_json_and_github(pxm: World) -> None:
    pxm.write("categories:\n  - {key: a, name: A, parent: 'x, y'}\n")

    assert pxm.pxm("validate", "--format", "json") == 1
    assert json.loads(pxm.out)["problems"][0]["line"] == 2
    assert pxm.pxm("validate", "--format", "github") == 1
    assert pxm.out.startswith("::error file=")


def test_off_a_terminal_apply_needs_yes(pxm: World) -> None:
    pxm.write(SMALL)

    assert pxm.pxm("apply") == 3
    assert "--yes" in pxm.err
    assert not any(
        request.method == "POST" and "oauth" not in request.path for request in pxm.sandbox.requests
    )


def test_an_option_is_renamed_in_place(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    before = next(i for i in pxm.sandbox.all("attribute") if i["label"] == "Color")["options"]
    pxm.write(
        SMALL.replace("[Blue, Red]", "[{label: Navy, was: Blue}, Red]").replace(
            "color: [Blue]", "color: [Navy]"
        )
    )

    assert pxm.apply() == 0
    after = next(i for i in pxm.sandbox.all("attribute") if i["label"] == "Color")["options"]
    assert [(o["id"], o["label"]) for o in after] == [
        (before[0]["id"], "Navy"),
        (before[1]["id"], "Red"),
    ]


def test_the_embedded_sandbox_needs_no_credentials(pxm: World) -> None:
    pxm.write(SMALL.replace("name: Apparel\n", "name: Apparel\n    regions: [US, EU]\n"))
    box = ("--sandbox-db", str(pxm.root / "box.db"))

    assert pxm.pxm(*box, "apply", "--yes") == 0
    assert pxm.pxm(*box, "plan", "--detailed-exitcode") == 0
    assert pxm.pxm(*box, "sandbox", "edit", "collection/rain", "name", "Other") == 0
    assert pxm.pxm(*box, "plan", "--detailed-exitcode") == 2


def test_what_was_rightly_not_made_is_counted_at_the_end(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    rain = next(i for i in pxm.sandbox.all("collection") if i["name"] == "Rain Jacket")
    pxm.sandbox.edit("collection", rain["id"], name="Sun Jacket")
    pxm.write(FAST + "drift: keep\n", "reconciler.yaml")
    pxm.write(SMALL.replace("name: Apparel", "name: Clothes").replace("weight: 1.10", "weight: 2"))

    assert pxm.pxm("apply", "--yes", "--target", "category/apparel") == 0
    assert "Converged: all 1 made; left: 1 drift kept, 1 not targeted." in pxm.out
    assert pxm.pxm("apply", "--yes") == 0
    assert "Converged: all 1 made; left: 1 drift kept." in pxm.out
    assert pxm.sandbox.get("collection", rain["id"])["name"] == "Sun Jacket"  # type: ignore[index]


def test_a_result_that_cannot_be_kept_is_an_error_before_anything_is_written(pxm: World) -> None:
    pxm.write(SMALL)
    nowhere = str(pxm.root / "no-such-folder" / "file.json")

    assert pxm.pxm("plan", "--out", nowhere) == 1
    assert f"--out {nowhere}: cannot be written: No such file or directory" in pxm.err
    assert pxm.pxm("apply", "--yes", "--receipt", nowhere) == 1
    assert "--receipt" in pxm.err
    assert pxm.sandbox.all("collection") == []


RED = """
attributes: [{key: color, label: Color, type: Pick List, options: [Blue, Red]}]
collections: [{key: rain, name: Rain, attributes: {color: Red}}]
"""
CRIMSON = RED.replace("Red]", "{label: Crimson, was: Red}]").replace("color: Red", "color: Crimson")


def test_an_option_that_was_renamed_can_go_back_to_what_it_was(pxm: World) -> None:
    pxm.write(RED)
    assert pxm.apply() == 0
    pxm.write(CRIMSON)
    assert pxm.apply() == 0
    pxm.write(RED)

    assert pxm.apply() == 0, pxm.out + pxm.err
    (color,) = pxm.sandbox.all("attribute")
    ids = {option["label"]: option["id"] for option in color["options"]}
    assert ids.keys() == {"Blue", "Red"}
    (rain,) = pxm.sandbox.all("collection")
    assert rain["attributes"] == [{"id": color["id"], "value": [ids["Red"]]}]


def test_a_value_whose_option_was_made_anew_is_written_anew(pxm: World) -> None:
    """It holds the id of an option that is no more, and reads as it always did."""
    pxm.write(RED)
    assert pxm.apply() == 0
    (color,) = pxm.sandbox.all("attribute")
    again = [{"id": f"new-{item['label']}", "label": item["label"]} for item in color["options"]]
    pxm.sandbox.edit("attribute", color["id"], options=again)

    assert pxm.pxm("plan", "--detailed-exitcode") == 2
    assert pxm.apply() == 0, pxm.out + pxm.err
    (rain,) = pxm.sandbox.all("collection")
    assert rain["attributes"] == [{"id": color["id"], "value": ["new-Red"]}]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody without a name")
def test_a_user_without_a_name_holds_the_lock_by_number() -> None:
    """Containers run under any user id."""
    script = (
        "import os; from reconciler.cli.applying import identity; "
        "os.setuid(54321); print(identity().holder)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("uid 54321@")


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "doctor"])
def test_credentials_do_not_go_over_plain_http_to_another_machine(pxm: World, command: str) -> None:
    pxm.write("categories: [{key: a, name: A}]\n")
    assert pxm.apply() == 0

    assert pxm.pxm(command, "--base-url", "http://pxm.example") == 1
    assert "http://pxm.example: over plain http everybody on the way can read" in (
        pxm.out + pxm.err
    )
    assert "--insecure-http" in pxm.out + pxm.err
