"""What a run takes for another hand between its plan and its write, and what it must not."""

from pathlib import Path

import pytest

from reconciler.sandbox import Request
from tests.e2e.worlds import World, world

OPTIONS = """
attributes: [{key: color, label: Color, type: Pick List, options: %s, multiple: true}]
collections:
  - {key: a, name: A, attributes: {color: %s}}
  - {key: b, name: B, attributes: {color: [Blue]}}
"""


@pytest.mark.parametrize("dialect", ["", "options-labels", "options-nested"])
def test_an_option_that_goes_with_the_value_that_held_it_is_nobody_elses_change(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where an account shows labels, what held it shows an id once the option is gone."""
    with world(tmp_path, monkeypatch, capsys, *filter(None, [dialect])) as pxm:
        pxm.write(OPTIONS % ("[Blue, Red]", "[Blue, Red]"))
        assert pxm.apply() == 0
        pxm.write(OPTIONS % ("[Blue]", "[Blue]"))

        assert pxm.apply() == 0, pxm.out
        assert "0 created, 0 adopted, 2 updated, 0 deleted" in pxm.out


@pytest.mark.parametrize("value", [["Green"], ["Red", "Green"]])
def test_a_value_that_somebody_picked_since_the_plan_is_left(
    pxm: World,
    value: list[str],
) -> None:
    pxm.write(OPTIONS % ("[Blue, Red, Green]", "[Blue, Red]"))
    assert pxm.apply() == 0
    box = pxm.sandbox
    (color,) = box.all("attribute")
    ids = {option["label"]: option["id"] for option in color["options"]}
    (a,) = (item for item in box.all("collection") if item["name"] == "A")
    picked = [{"id": color["id"], "value": [ids[label] for label in value]}]

    def edited(request: Request) -> None:
        if request.method == "PUT" and "/attribute/" in request.path:
            box.edit("collection", a["id"], attributes=picked)

    box.on_request(edited)
    pxm.write(OPTIONS % ("[Blue, Red, Green, Grey]", "[Grey]"))

    assert pxm.pxm("apply", "--yes") == 1
    assert "somebody changed attributes.color since the plan was made" in pxm.out
    after = box.get("collection", a["id"])
    assert after is not None
    assert after["attributes"] == picked
