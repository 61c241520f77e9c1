"""A snapshot makes a plan late and never wrong, whatever became of account, catalog and cache."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cache import Cache, Owner, sealed_folder
from reconciler.cli import run
from reconciler.delta import SHELF
from reconciler.sandbox import Options, Sandbox

FAST = "rate: {requests: 100000, per_seconds: 60}\nlimits: {deletes: 100, delete_percent: 100, gone: 100}\n"
PRODUCTS = 4
Json = dict[str, Any]


class Shop:
    """An account, its catalog and its cache; everything in the account was made long ago."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.names = {f"p{number}": f"Coat {number}" for number in range(PRODUCTS)}
        self.cares = dict.fromkeys(self.names, "wash")
        self.deleted: set[str] = set()

    def write(self) -> None:
        lines = ["categories:", "  - {key: coats, name: Coats}", "  - {key: hats, name: Hats}"]
        lines += ["attributes:", "  - {key: care, label: Care, type: Text}", "collections:"]
        for key, name in self.names.items():
            lines += [f"  - key: {key}", f"    name: {name}", "    category: coats"]
            lines += [f"    attributes: {{care: {self.cares[key]}}}"]
            lines += ["    variants:", f"      - {{key: {key}-m, name: {name} M}}"]
        lines += ["resources:", "  - {key: guide, description: Guide, link: 'https://a.example/'}"]
        (self.folder / "catalog").mkdir(exist_ok=True)
        (self.folder / "catalog" / "catalog.yaml").write_text("\n".join(lines))
        (self.folder / "catalog" / "reconciler.yaml").write_text(FAST)

    def pxm(self, *arguments: str) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(["--catalog", str(self.folder / "catalog"), *arguments])
        return code, said.getvalue()

    def plan(self, refresh: str) -> Json | str:
        """The plan file, or the error that there is instead of one."""
        path = self.folder / "plan.json"
        path.unlink(missing_ok=True)
        code, said = self.pxm("plan", "--refresh", refresh, "--out", str(path))
        if code:
            return said.splitlines()[-1]
        found: Json = json.loads(path.read_text())
        return found

    @property
    def cache(self) -> Cache:
        return Cache(sealed_folder(), Owner(self.sandbox.url, "sandbox", "sandbox"))


@contextlib.contextmanager
def shop(*dialects: str) -> Iterator[Shop]:
    """A shop whose account was read in full a moment ago."""
    before = dict(os.environ)
    options = Options(dialects=frozenset(dialects), rate_limit=None)
    with tempfile.TemporaryDirectory() as name, Sandbox(None, options) as sandbox:
        folder = Path(name)
        os.environ.update(
            PXM_BASE_URL=sandbox.url,
            PXM_CLIENT_ID="sandbox",
            PXM_CLIENT_SECRET="sandbox",
            PXM_STATE=f"file:{folder / 'state.db'}",
            XDG_CACHE_HOME=str(folder / "cache"),
        )
        try:
            made = Shop(folder, sandbox)
            made.write()
            code, said = made.pxm("apply", "--yes", "--new-state")
            assert code == 0, said
            sandbox.age(30)
            with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as state:
                state.execute("UPDATE entries SET written = 0")
            assert made.plan("full")["summary"]["unchanged"] > PRODUCTS  # type: ignore[index]
            yield made
        finally:
            os.environ.clear()
            os.environ.update(before)


# --- what may happen ----------------------------------------------------------------------------

Act = Callable[[Shop, random.Random], None]


def _product(shop: Shop, chance: random.Random) -> Json | None:
    found = sorted(shop.sandbox.all("collection"), key=lambda item: str(item["name"]))
    return chance.choice(found) if found else None


def _rename(shop: Shop, chance: random.Random) -> None:
    if item := _product(shop, chance):
        shop.sandbox.edit("collection", item["id"], name=f"{item['name']} of theirs")


def _value(shop: Shop, chance: random.Random) -> None:
    if item := _product(shop, chance):
        values = [{**value, "value": "dry clean"} for value in item["attributes"]]
        shop.sandbox.edit("collection", item["id"], attributes=values)


def _place(shop: Shop, chance: random.Random) -> None:
    (hats,) = (item["id"] for item in shop.sandbox.all("category") if item["name"] != "Coats")
    if item := _product(shop, chance):
        shop.sandbox.edit("collection", item["id"], direct_parent=[*item["direct_parent"], hats])


def _make(shop: Shop, chance: random.Random) -> None:
    """Somebody makes a product, perhaps one that the catalog is about to declare."""
    coats = next(item["id"] for item in shop.sandbox.all("category") if item["name"] == "Coats")
    name = chance.choice(["Coat 90", "Coat 91", "Coat 3"])
    shop.sandbox.put_object(
        "collection", {"name": name, "parent_id": coats, "direct_parent": [coats]}
    )


def _delete(shop: Shop, chance: random.Random) -> None:
    if item := _product(shop, chance):
        shop.deleted.add(str(item["name"]))
        shop.sandbox.delete("collection", item["id"])


def _category(shop: Shop, _: random.Random) -> None:
    for item in shop.sandbox.all("category"):
        if item["name"] == "Hats":
            shop.sandbox.edit("category", item["id"], name="Caps")


def _delete_option(shop: Shop, _: random.Random) -> None:
    """The attribute goes, and takes the values of products along."""
    for item in shop.sandbox.all("attribute"):
        shop.sandbox.delete("attribute", item["id"])
        for product in shop.sandbox.all("collection"):
            left = [value for value in product["attributes"] if value["id"] != item["id"]]
            shop.sandbox.edit("collection", product["id"], attributes=left)


def _declare(shop: Shop, chance: random.Random) -> None:
    key = chance.choice(["p90", "p91"])
    shop.names[key], shop.cares[key] = f"Coat {key[1:]}", "wash"


def _undeclare(shop: Shop, chance: random.Random) -> None:
    if len(shop.names) > 1:
        shop.names.pop(chance.choice(sorted(shop.names)))


def _rekey(shop: Shop, chance: random.Random) -> None:
    key = chance.choice(sorted(shop.names))
    new = f"{key}-new"
    shop.names[new], shop.cares[new] = shop.names.pop(key), shop.cares[key]


def _edit(shop: Shop, chance: random.Random) -> None:
    shop.cares[chance.choice(sorted(shop.names))] = "iron"


ACTS: Mapping[str, Act] = {
    act.__name__.strip("_"): act
    for act in (
        _rename, _value, _place, _make, _category, _delete_option,
        _declare, _undeclare, _rekey, _edit,
    )
}  # fmt: skip


def _damaged(shop: Shop, what: str, chance: random.Random) -> None:
    """The cache is truncated, spoilt, swapped, of another time or gone."""
    path = shop.cache.path
    if what == "gone":
        path.unlink()
    elif what == "truncated":
        path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])
    elif what == "spoilt":
        held = bytearray(path.read_bytes())
        for _ in range(chance.randrange(1, 40)):
            held[chance.randrange(len(held))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(held))
    elif what == "swapped":
        with closing(sqlite3.connect(path, isolation_level=None)) as rows:
            sealed = [row for (row,) in rows.execute("SELECT sealed FROM blobs ORDER BY id")]
            chance.shuffle(sealed)
            ids = [id_ for (id_,) in rows.execute("SELECT id FROM blobs ORDER BY id")]
            rows.executemany(
                "UPDATE blobs SET sealed = ? WHERE id = ?", zip(sealed, ids, strict=True)
            )
    elif what in ("future", "old"):
        contents = json.loads(shop.cache.read(SHELF).get("contents") or b"")
        contents["read_at"] += 1e6 if what == "future" else -1e6
        shop.cache.put(SHELF, [("contents", json.dumps(contents).encode())])


DAMAGES = ("none", "none", "none", "gone", "truncated", "spoilt", "swapped", "future", "old")


# --- the law ------------------------------------------------------------------------------------


def told(plan: Json | str) -> Any:
    """What a plan says, but for when the account was read."""
    if isinstance(plan, str):
        return plan
    return {name: value for name, value in plan.items() if name != "since"}


def by_object(plan: Json | str) -> dict[str, Any]:
    if isinstance(plan, str):
        return {"error": plan}
    return {f"{change['kind']}/{change['key']}": change for change in plan["changes"]}


def happened(acts: list[str], damage: str, seed: int, *dialects: str) -> tuple[Shop, Any, Any]:
    chance = random.Random(seed)
    with shop(*dialects) as made:
        for name in acts:
            {**ACTS, "delete": _delete}[name](made, chance)
        made.write()
        _damaged(made, damage, chance)
        by_date, whole = made.plan("delta"), made.plan("full")
    return made, by_date, whole


@settings(max_examples=10)
@given(
    acts=st.lists(st.sampled_from(sorted(ACTS)), max_size=5),
    damage=st.sampled_from(DAMAGES),
    seed=st.integers(0, 10_000),
)
def test_without_deletions_it_is_the_plan_of_a_full_read(
    acts: list[str], damage: str, seed: int
) -> None:
    _, by_date, whole = happened(acts, damage, seed)
    assert told(by_date) == told(whole)


@settings(max_examples=6)
@given(
    acts=st.lists(st.sampled_from([*sorted(ACTS), "delete", "delete"]), min_size=1, max_size=5),
    damage=st.sampled_from(DAMAGES),
    seed=st.integers(0, 10_000),
)
def test_each_difference_is_explained_by_a_deletion(
    acts: list[str], damage: str, seed: int
) -> None:
    made, by_date, whole = happened([*acts, "delete"], damage, seed)
    one, other = by_object(by_date), by_object(whole)
    for ref in one.keys() | other.keys():
        if one.get(ref) != other.get(ref):
            named = json.dumps([one.get(ref), other.get(ref), made.names])
            assert any(name.removesuffix(" M") in named for name in made.deleted), ref


@pytest.mark.long
@settings(max_examples=100)
@given(
    acts=st.lists(st.sampled_from(sorted(ACTS)), max_size=7),
    damage=st.sampled_from(DAMAGES),
    seed=st.integers(0, 100_000),
    dialect=st.sampled_from(
        ["", "date-filters-zoned", "date-filters-ignored", "date-filters-refused",
         "date-filters-empty", "dates-zoned", "dates-millis", "update-undated", "page-shuffle"]
    ),
)  # fmt: skip
def test_under_each_dialect_of_dates_too(
    acts: list[str], damage: str, seed: int, dialect: str
) -> None:
    _, by_date, whole = happened(acts, damage, seed, *filter(None, [dialect]))
    assert told(by_date) == told(whole)
