"""A server that does something unexpected is stopped at the first object (contract 2.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox import Answer, Request
from tests.e2e.worlds import World, world

PRODUCTS = """
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, Red%(option)s]}
  - {key: shape, label: Shape, type: Pick List, options: [Round, Square%(option)s]}
  - {key: care, label: Care, type: Text}
collections:
  - {key: a, name: A%(name)s, additional_title: S1, attributes: {care: "%(care)s", color: [Blue]}}
  - {key: b, name: B%(name)s, additional_title: S2, attributes: {care: "%(care)s", color: [Blue]}}
  - {key: c, name: C%(name)s, additional_title: S3, attributes: {care: "%(care)s", color: [Blue]}}
"""
BEFORE = PRODUCTS % {"option": "", "name": "", "care": "Wash"}
RENAMED = PRODUCTS % {"option": "", "name": "!", "care": "Wash"}
OTHER_VALUE = PRODUCTS % {"option": "", "name": "", "care": "Brush"}
OTHER_OPTIONS = PRODUCTS % {"option": ", New", "name": "", "care": "Wash"}


def touched(pxm: World, since: int) -> set[str]:
    """The objects that PUTs since then spoke of."""
    return {
        request.path.rpartition("/")[2]
        for request in pxm.sandbox.requests[since:]
        if request.method == "PUT"
    }


@pytest.mark.parametrize(
    ("dialect", "catalog", "sort", "words"),
    [
        (
            "put-drops",
            OTHER_VALUE,
            "array of a collection",
            "what was not sent, or is not ours, changed beside the write",
        ),
        (
            "foreign-escaped",
            OTHER_VALUE,
            "array of a collection",
            "what was not sent, or is not ours, changed beside the write",
        ),
        (
            "options-reissued",
            OTHER_OPTIONS,
            "array of a attribute",
            "what was not sent, or is not ours, changed beside the write",
        ),
    ],
)
def test_a_server_that_harms_what_is_not_ours_is_stopped_at_the_first_object(
    dialect: str,
    catalog: str,
    sort: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with world(tmp_path, monkeypatch, capsys, dialect) as pxm:
        pxm.write(BEFORE)
        assert pxm.apply() == 0, pxm.out
        box = pxm.sandbox
        note = box.put_object("attribute", {"label": "Note", "value_type": "Text"})
        for item in box.all("collection"):
            theirs = {"id": note, "value": "a & b"}
            box.edit("collection", item["id"], attributes=[*item["attributes"], theirs])
        since = len(box.requests)

        pxm.write(catalog)
        assert pxm.pxm("apply", "--yes") == 1, pxm.out
        assert len(touched(pxm, since)) == 1
        assert f"the first {sort} went wrong" in pxm.out
        assert words in pxm.out


def test_a_value_that_the_server_ignores_stops_its_sort_at_the_first_object(
    pxm: World,
) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0, pxm.out
    box = pxm.sandbox
    since = len(box.requests)

    def ignored(request: Request) -> Answer | None:
        return Answer(200, {"updated": True}) if request.method == "PUT" else None

    box.on_request(ignored)
    pxm.write(RENAMED)

    assert pxm.pxm("apply", "--yes") == 1
    assert len(touched(pxm, since)) == 1
    assert "the first update of a collection went wrong: did not stick: name" in pxm.out
    assert "sent A!" in pxm.out or "'A!'" in pxm.out, pxm.out


def test_other_sorts_go_on_beside_the_one_that_was_stopped(pxm: World) -> None:
    pxm.write(BEFORE)
    assert pxm.apply() == 0
    box = pxm.sandbox

    def ignored(request: Request) -> Answer | None:
        is_attribute = request.method == "PUT" and "/attribute/" in request.path
        return Answer(200, {"updated": True}) if is_attribute else None

    box.on_request(ignored)
    pxm.write(OTHER_OPTIONS.replace("name: A,", "name: A!,"))

    assert pxm.pxm("apply", "--yes") == 1
    assert sorted(item["name"] for item in box.all("collection")) == ["A!", "B", "C"]
