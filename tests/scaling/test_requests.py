"""What each command sends for 2,000 products is not more than `requests.txt` says (contract 9)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.worlds import FAST, World, world

PRODUCTS = 2_000

KEPT = Path(__file__).with_name("requests.txt")

LIMITS = "limits: {deletes: 5000, delete_percent: 100, clears: 5000}\n"


def kept() -> Mapping[str, int]:
    """The most that each scenario may send."""
    found: dict[str, int] = {}
    for line in KEPT.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            number, name = line.split(maxsplit=1)
            found[name] = int(number)
    return found


def catalog(products: int, ending: str = "") -> str:
    """A category with products."""
    lines = (f"  - {{key: p-{n}, name: P {n}{ending}, category: all}}\n" for n in range(products))
    return f"categories: [{{key: all, name: All}}]\ncollections:\n{''.join(lines)}"


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[World]:
    """An empty account and a catalog of 2,000 products."""
    with world(tmp_path, monkeypatch, capsys) as made:
        made.write(FAST + LIMITS, "reconciler.yaml")
        made.write(catalog(PRODUCTS))
        yield made


def filled(shop: World) -> None:
    """The account has all that the catalog says."""
    top = shop.sandbox.put_object("category", {"name": "All"})
    for number in range(PRODUCTS):
        fields = {"name": f"P {number}", "parent_id": top, "direct_parent": [top]}
        shop.sandbox.put_object("collection", fields)


def sent(shop: World, *command: str) -> int:
    """How many requests a command sends."""
    before = len(shop.sandbox.requests)
    code = shop.pxm(*command)
    assert code in (0, 2), shop.err
    return len(shop.sandbox.requests) - before


def predicted(shop: World) -> int:
    """What a plan says that apply sends."""
    file = shop.root / "plan.json"
    assert shop.pxm("plan", "--out", str(file)) == 0, shop.err
    return int(json.loads(file.read_text("utf-8"))["cost"]["requests"])


def check(found: Mapping[str, int]) -> None:
    """Not more than is kept; each is there."""
    most = kept()
    assert {name: number for name, number in found.items() if number > most[name]} == {}


def test_commands_that_read_send_no_more_than_they_did(shop: World) -> None:
    plan = ("plan", "--refresh", "full")
    found = {"first plan, nothing there": sent(shop, *plan)}
    filled(shop)
    found["first plan, all there"] = sent(shop, *plan)
    found["apply that adopts all"] = sent(shop, "apply", "--yes", "--new-state")
    found["plan, nothing to do"] = sent(shop, *plan)
    found["apply, nothing to do"] = sent(shop, "apply", "--yes")
    found["drift, none"] = sent(shop, "drift")
    for item in shop.sandbox.all("collection"):
        shop.sandbox.edit("collection", item["id"], name=f"{item['name']} II")
    found["drift of all"] = sent(shop, "drift")
    found["accept of all"] = sent(shop, "pull", "--accept", "all")
    check(found)


def test_a_pull_sends_no_more_than_it_did(shop: World) -> None:
    filled(shop)
    (shop.root / "catalog" / "catalog.yaml").unlink()
    check({"pull": sent(shop, "pull")})


def test_what_apply_is_to_send_is_no_more_than_it_was(shop: World) -> None:
    found = {"creates": predicted(shop)}
    filled(shop)
    found["adoptions"] = predicted(shop)
    assert shop.pxm("apply", "--yes", "--new-state") == 0, shop.err
    shop.write(catalog(PRODUCTS, " II"))
    found["updates"] = predicted(shop)
    shop.write(catalog(0).replace("collections:\n", ""))
    found["deletes"] = predicted(shop)
    check(found)


@pytest.mark.long
def test_apply_sends_what_it_is_to_send(shop: World) -> None:
    found: dict[str, int] = {}
    for name, text in (
        ("creates", catalog(PRODUCTS)),
        ("updates", catalog(PRODUCTS, " II")),
        ("deletes", catalog(0).replace("collections:\n", "")),
    ):
        shop.write(text)
        said = predicted(shop)
        total = sent(shop, "apply", "--yes", "--new-state")
        assert f"{said:,} sent, {said:,} predicted" in shop.out
        found[f"apply of {name}, with its plans and proof"] = total
    check(found)
