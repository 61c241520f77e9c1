"""Apply keeps digests of what is at rest, and writes one only where its object changes (7.4)."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.worlds import World

CATALOG = """
categories: [{key: a, name: A}]
attributes: [{key: color, label: Color, type: Pick List, options: [%s]}]
collections:
  - {key: p, name: P, category: a, attributes: {color: Red}}
  - {key: q, name: %s, category: a}
"""
PLAIN = CATALOG % ("Red", "Q")


def pulled(pxm: World) -> tuple[dict[str, Any], dict[str, str]]:
    """The pulled state, and its entries a line, by key."""
    assert pxm.pxm("state", "pull") == 0
    text = json.loads(pxm.out)
    return text, {entry["key"]: json.dumps(entry) for entry in text["entries"]}


def test_an_apply_with_nothing_to_do_keeps_the_digests_of_all_and_the_next_one_changes_none(
    pxm: World,
) -> None:
    pxm.write(PLAIN)
    assert pxm.apply() == 0
    assert pxm.apply() == 0
    state, first = pulled(pxm)
    assert all(entry["at_rest"] for entry in state["entries"])

    assert pxm.apply() == 0

    assert pulled(pxm)[1] == first


def test_an_update_changes_the_digest_of_its_object_alone(pxm: World) -> None:
    pxm.write(PLAIN)
    assert (pxm.apply(), pxm.apply()) == (0, 0)
    _, before = pulled(pxm)
    pxm.write(CATALOG % ("Red", "Q2"))

    assert (pxm.apply(), pxm.apply()) == (0, 0)

    state, after = pulled(pxm)
    assert [key for key in after if after[key] != before[key]] == ["q"]
    assert all(entry["at_rest"] for entry in state["entries"])


def test_a_new_option_changes_no_entry_of_an_object_with_a_value(pxm: World) -> None:
    pxm.write(PLAIN)
    assert (pxm.apply(), pxm.apply()) == (0, 0)
    state, before = pulled(pxm)
    pxm.write(CATALOG % ("Red, Blue", "Q"))

    assert (pxm.apply(), pxm.apply()) == (0, 0)

    again, after = pulled(pxm)
    assert [key for key in after if after[key] != before[key]] == ["color"]
    assert again["shared"] != state["shared"]


def test_drift_is_found_on_what_was_at_rest(pxm: World) -> None:
    pxm.write(PLAIN)
    assert (pxm.apply(), pxm.apply()) == (0, 0)
    (item,) = (item for item in pxm.sandbox.all("collection") if item["name"] == "P")
    pxm.sandbox.edit("collection", item["id"], name="Theirs")

    assert pxm.pxm("plan", "--detailed-exitcode") == 2
    assert "Theirs" in pxm.out
    assert pxm.apply() == 0
