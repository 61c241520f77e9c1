"""What we do not know of an account's answers: fields that change are a note, keys inside arrays
that we replace are a surprise (contract 2.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox import Request
from reconciler.state import open_store
from tests.e2e.worlds import World, world

OPTIONS = "attributes: [{key: c, label: C, type: Pick List, options: [%s]}]\n"
NAMES = "collections: [{key: a, name: A%s}, {key: b, name: B%s}]\n"


def test_a_field_that_changes_with_each_write_is_noted_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, "revisions") as pxm:
        pxm.write(NAMES % ("", ""))
        assert pxm.apply() == 0, pxm.out
        pxm.write(NAMES % ("!", "!"))
        assert pxm.apply() == 0, pxm.out
        note = "fields of a collection that nobody here knows changed with the write: "
        assert pxm.out.count(note) == 1
        assert "revision" in pxm.out

        with open_store("file:.reconciler/state.db", root=pxm.root) as store:
            seen = store.load().behaviours
        assert seen["volatile-field.collection.revision"].value == "yes"
        pxm.write(NAMES % ("?", "?"))
        assert pxm.apply() == 0, pxm.out
        assert note not in pxm.out


def test_options_keep_what_the_account_has_of_them_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, "options-extra") as pxm:
        pxm.write(OPTIONS % "Blue, Red")
        assert pxm.apply() == 0, pxm.out
        (before,) = pxm.sandbox.all("attribute")

        pxm.write(OPTIONS % "Blue, {label: Crimson, was: Red}, Green")
        assert pxm.apply() == 0, pxm.out

        (after,) = pxm.sandbox.all("attribute")
        kept = [{**option, "label": ""} for option in after["options"][:2]]
        assert kept == [{**option, "label": ""} for option in before["options"]]


@pytest.mark.parametrize("changed", [{}, {"color": "#000"}])
def test_a_key_of_an_option_that_is_lost_or_another_one_stops_its_sort(
    changed: dict[str, str], pxm: World
) -> None:
    two = OPTIONS + "  - {key: d, label: D, type: Pick List, options: [%s]}\n"
    two = two.replace("attributes: [", "attributes:\n  - ").replace("]}]\n", "]}\n")
    pxm.write(two % ("Blue", "Blue"))
    assert pxm.apply() == 0, pxm.out
    for item in pxm.sandbox.all("attribute"):
        options = [{**option, "color": "#00f"} for option in item["options"]]
        pxm.sandbox.edit("attribute", item["id"], options=options)

    def drop(request: Request) -> None:
        for item in pxm.sandbox.all("attribute") if request.method == "PUT" else ():
            if request.path.endswith(item["id"]):
                options = [
                    {"id": option["id"], "label": option["label"], **changed}
                    for option in item["options"]
                ]
                pxm.sandbox.edit("attribute", item["id"], options=options)

    pxm.sandbox.on_answer(drop)
    pxm.write(two % ("Blue, Red", "Blue, Red"))

    assert pxm.pxm("apply", "--yes") == 1
    assert "changed beside the write: options: color of 'Blue'" in pxm.out, pxm.out
    assert "the first array of a attribute went wrong" in pxm.out
