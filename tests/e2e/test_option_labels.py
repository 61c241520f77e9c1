"""Options are found by label however the account spells it, and their order counts where the
settings say so (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox import Request
from tests.e2e.worlds import FAST, World, world

CATALOG = """
attributes:
  - {key: material, label: Material, type: Pick List, options: [%s], multiple: true}
  - {key: chart, label: Chart, type: List, fields: [{label: W & H, type: Number}]}
collections:
  - {key: a, name: A, attributes: {material: [%s], chart: {W & H: %s}}}
"""
FIRST = CATALOG % ("Wool & silk, Linen", "Wool & silk", "1")
ORDERED = "attributes: [{key: c, label: C, type: Pick List, options: [%s]}]\n"


@pytest.fixture(params=[("text-cleaned", "options-strict"), ("text-cleaned", "options-labels")])
def cleaned(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    """An account that escapes labels, and takes option ids alone or shows labels."""
    with world(tmp_path, monkeypatch, capsys, *request.param) as made:
        yield made


def labels(pxm: World) -> list[str]:
    (item,) = (item for item in pxm.sandbox.all("attribute") if item["options"])
    return [option["label"] for option in item["options"]]


def test_a_value_goes_by_the_id_of_an_option_that_the_account_escaped(cleaned: World) -> None:
    cleaned.write(FIRST)
    assert cleaned.apply() == 0, cleaned.out
    cleaned.write(CATALOG % ("Wool & silk, Linen", "Linen, Wool & silk", "2.50"))

    assert cleaned.apply() == 0, cleaned.out

    (item,) = cleaned.sandbox.all("collection")
    assert sorted(len(entry["value"]) for entry in item["attributes"]) == [1, 2]
    assert cleaned.pxm("drift") == 0, cleaned.out


def test_an_option_that_the_account_escaped_is_renamed_and_dropped_by_the_label_of_the_files(
    cleaned: World,
) -> None:
    cleaned.write(FIRST)
    assert cleaned.apply() == 0, cleaned.out
    ids = {item["id"] for a in cleaned.sandbox.all("attribute") for item in a["options"]}

    cleaned.write(CATALOG % ("{label: Silk > wool, was: Wool & silk}, Linen", "Silk > wool", "1"))
    assert cleaned.apply() == 0, cleaned.out
    after = {item["id"] for a in cleaned.sandbox.all("attribute") for item in a["options"]}
    assert after == ids

    cleaned.write(CATALOG % ("{label: Silk > wool, was: Wool & silk}, Linen", "Linen", "1"))
    assert cleaned.apply() == 0, cleaned.out
    cleaned.write(CATALOG % ("Linen", "Linen", "1"))
    assert cleaned.apply() == 0, cleaned.out
    assert len(cleaned.sandbox.all("attribute")[0]["options"]) == 1


def test_drift_of_an_escaped_option_is_accepted_under_the_label_of_the_files(
    cleaned: World,
) -> None:
    cleaned.write(FIRST)
    assert cleaned.apply() == 0, cleaned.out
    (item,) = cleaned.sandbox.all("collection")
    material = next(x for x in cleaned.sandbox.all("attribute") if x["label"] == "Material")
    both = [option["id"] for option in material["options"]]
    changed = [
        {**entry, "value": both if entry["id"] == material["id"] else entry["value"]}
        for entry in item["attributes"]
    ]
    cleaned.sandbox.edit("collection", item["id"], attributes=changed)

    assert cleaned.pxm("pull", "--accept", "collection/a") == 0, cleaned.out + cleaned.err

    text = (cleaned.root / "catalog" / "catalog.yaml").read_text(encoding="utf-8")
    assert "&amp;" not in text
    assert cleaned.pxm("plan", "--detailed-exitcode") == 0, cleaned.out


# --- order --------------------------------------------------------------------------------------


def exact(pxm: World) -> None:
    pxm.write(FAST + "arrays: {options: exact}\n", "reconciler.yaml")


def test_the_order_of_options_alone_is_no_difference(pxm: World) -> None:
    pxm.write(ORDERED % "a, b, c")
    assert pxm.apply() == 0
    pxm.write(ORDERED % "c, b, a")

    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out
    assert pxm.pxm("drift") == 0


def test_under_exact_the_catalogs_order_counts_and_is_written(pxm: World) -> None:
    exact(pxm)
    pxm.write(ORDERED % "a, b, c")
    assert pxm.apply() == 0
    pxm.write(ORDERED % "c, new, a, b")

    assert pxm.apply() == 0, pxm.out

    assert "options: + new  in this order: c  a  b" in pxm.out
    assert labels(pxm) == ["c", "new", "a", "b"]


def test_exact_that_is_set_later_puts_an_order_right_that_was_never_sent(pxm: World) -> None:
    pxm.write(ORDERED % "b, c")
    assert pxm.apply() == 0
    pxm.write(ORDERED % "a, b, c")
    assert pxm.apply() == 0
    assert labels(pxm) == ["b", "c", "a"]

    exact(pxm)
    assert pxm.apply() == 0, pxm.out

    assert labels(pxm) == ["a", "b", "c"]
    assert pxm.pxm("drift") == 0, pxm.out


def test_under_exact_an_order_that_somebody_changed_is_drift(pxm: World) -> None:
    exact(pxm)
    pxm.write(ORDERED % "a, b, c")
    assert pxm.apply() == 0
    (item,) = pxm.sandbox.all("attribute")
    pxm.sandbox.edit("attribute", item["id"], options=item["options"][::-1])

    assert pxm.pxm("drift") == 2
    assert "options: in this order: c  b  a" in pxm.out
    assert pxm.apply() == 0, pxm.out

    assert "options: in this order: a  b  c  (drift)" in pxm.out
    assert labels(pxm) == ["a", "b", "c"]


def test_kept_drift_leaves_the_order_that_somebody_gave(pxm: World) -> None:
    pxm.write(FAST + "arrays: {options: exact}\ndrift: keep\n", "reconciler.yaml")
    pxm.write(ORDERED % "a, b")
    assert pxm.apply() == 0
    (item,) = pxm.sandbox.all("attribute")
    pxm.sandbox.edit("attribute", item["id"], options=item["options"][::-1])

    pxm.write(ORDERED % "a, b, c")
    assert pxm.pxm("apply", "--yes") == 0, pxm.out
    assert labels(pxm) == ["b", "a", "c"]

    assert pxm.pxm("plan") == 0
    assert "No changes to make; left: 1 drift kept." in pxm.out


def sorts_options(pxm: World) -> None:
    """An account that keeps options by the alphabet, whatever is sent."""

    def sort(request: Request) -> None:
        if request.method in ("POST", "PUT") and "/attribute" in request.path:
            for item in pxm.sandbox.all("attribute"):
                ordered = sorted(item["options"], key=lambda option: str(option["label"]))
                pxm.sandbox.edit("attribute", item["id"], options=ordered)

    pxm.sandbox.on_answer(sort)


def test_an_order_that_did_not_stick_is_noted_and_not_sent_again(pxm: World) -> None:
    sorts_options(pxm)
    exact(pxm)
    pxm.write(ORDERED % "b, a")
    assert pxm.apply() == 0, pxm.out
    pxm.write(ORDERED % "c, b, a")

    assert pxm.apply() == 0, pxm.out

    assert "options: [c, b, a] stored as [a, b, c]" in pxm.out
    assert pxm.pxm("drift") == 0, pxm.out


def test_a_reviewed_order_is_made_and_another_one_is_not(pxm: World) -> None:
    exact(pxm)
    pxm.write(ORDERED % "a, b, c")
    assert pxm.apply() == 0
    pxm.write(ORDERED % "b, a, c")
    assert pxm.pxm("plan", "--out", "reviewed.json") == 0

    pxm.write(ORDERED % "c, b, a")
    assert pxm.pxm("apply", "reviewed.json") == 3, pxm.out
    assert "attribute/c: options is not as it was reviewed" in pxm.out + pxm.err
    assert labels(pxm) == ["a", "b", "c"]

    pxm.write(ORDERED % "b, a, c")
    assert pxm.pxm("apply", "reviewed.json") == 0, pxm.out
    assert labels(pxm) == ["b", "a", "c"]
