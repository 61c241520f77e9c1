"""`plan --refresh delta`: what has changed since the last full read, on top of it (contract 7.4)."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.cache import Cache, Owner, sealed_folder
from reconciler.catalog.kept import Pieces
from reconciler.delta import SHELF
from reconciler.schema import check
from tests.e2e.worlds import World, world

PRODUCTS = 60
DAY = "2025-01-01"


def catalog(count: int = PRODUCTS, **edited: str) -> str:
    """Products with a value each; `edited` are texts of products by number."""
    lines = ["categories: [{key: coats, name: Coats}]"]
    lines += ["attributes: [{key: care, label: Care, type: Text}]", "collections:"]
    for number in range(count):
        care = edited.get(f"p{number}", f"wash {number}")
        lines.append(
            f"  - {{key: p{number}, name: Coat {number}, category: coats, attributes: {{care: {care}}}}}"
        )
    return "\n".join(lines) + "\n"


def prepared(pxm: World, text: str | None = None, days: float = 30) -> World:
    """An account as the catalog says, made long ago, and read in full just now."""
    pxm.write(text or catalog())
    assert pxm.pxm("apply", "--yes", "--new-state") == 0, pxm.err
    pxm.sandbox.age(days)
    forget_writes(pxm)
    assert pxm.pxm("plan", "--refresh", "full") == 0
    assert "No changes. The catalog and the account match." in pxm.out
    return pxm


def forget_writes(pxm: World) -> None:
    """The state's times of writing, made as old as the account's dates."""
    (path,) = pxm.root.glob(".reconciler/state.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as found:
        found.execute("UPDATE entries SET written = written - 86400 * 30")


@pytest.fixture
def warm(pxm: World) -> World:
    """An account that was read in full a moment ago."""
    return prepared(pxm)


def lists(pxm: World, since: int) -> list[str]:
    """What was asked for, without tokens and regions."""
    paths = [request.path for request in pxm.sandbox.requests[since:]]
    return [path for path in paths if "oauth" not in path and "region" not in path]


def delta(pxm: World, *arguments: str) -> list[str]:
    """Plan by date; returns what was asked for."""
    before = len(pxm.sandbox.requests)
    assert pxm.pxm("plan", "--refresh", "delta", *arguments) == 0, pxm.err
    return lists(pxm, before)


def product(pxm: World, number: int) -> str:
    (found,) = [
        item["id"] for item in pxm.sandbox.all("collection") if item["name"] == f"Coat {number}"
    ]
    return str(found)


def cache(pxm: World) -> Cache:
    return Cache(sealed_folder(), Owner(pxm.sandbox.url, "sandbox", "sandbox"))


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def test_where_nothing_has_changed_that_is_said_and_what_is_not_seen(warm: World) -> None:
    delta(warm)
    assert re.fullmatch(
        rf"No changes since the full read of {TIME}; deletions are not seen\.\n", warm.out
    )
    assert warm.err == ""


def test_what_changed_in_the_account_and_in_the_catalog_is_planned_as_by_a_full_read(
    warm: World,
) -> None:
    warm.sandbox.edit("collection", product(warm, 7), name="Coat of seven")
    warm.write(catalog(PRODUCTS + 1, p3="dry clean"))
    delta(warm)
    told = warm.out
    assert "Plan: 1 to create, 0 to adopt, 2 to update" in told
    assert re.search(
        rf"Read: what has changed since the full read of {TIME}; deletions are not seen\.\n$", told
    )
    assert warm.pxm("plan") == 0
    assert told.rpartition("Read:")[0] == warm.out


def test_a_product_that_somebody_made_since_is_adopted(warm: World) -> None:
    warm.sandbox.put_object("collection", {"name": "Coat 500", "parent_id": None})
    (coats,) = (item["id"] for item in warm.sandbox.all("category"))
    warm.sandbox.edit("collection", product(warm, 500), parent_id=coats, direct_parent=[coats])
    warm.write(catalog() + "  - {key: p500, name: Coat 500, category: coats}\n")
    delta(warm)
    assert "0 to create, 1 to adopt" in warm.out


def test_few_requests_are_sent(warm: World) -> None:
    warm.write(catalog(p3="dry clean", p4="dry clean"))
    sent = delta(warm)
    of_products = [path for path in sent if "/collection" in path]
    assert len(of_products) == 5  # twice by date, each filter tried, and the two by id
    assert not any("/collection/" in path for path in sent)


def test_a_deletion_is_not_seen_until_the_plan_touches_the_object(warm: World) -> None:
    warm.sandbox.remove("collection", product(warm, 3))
    delta(warm)
    assert "No changes since" in warm.out
    warm.write(catalog(p3="dry clean"))
    delta(warm)
    assert "1 to recreate" in warm.out


def test_what_goes_with_an_attribute_is_seen(warm: World) -> None:
    """The account takes the values of products along and does not date these."""
    (care,) = (item["id"] for item in warm.sandbox.all("attribute"))
    warm.sandbox.remove("attribute", care)
    delta(warm)
    assert warm.err == (
        "collections are read in full: one of the attributes, or of their options, was deleted since\n"
    )


def test_what_the_full_read_did_not_look_at_may_have_taken_something_along(pxm: World) -> None:
    """Resources need products, and nobody looked at the attributes of these."""
    resources = "resources: [{key: guide, description: Guide, link: 'https://a.example/'}]\n"
    care = pxm.sandbox.put_object("attribute", {"label": "Care", "value_type": "Text"})
    value = {"id": care, "value": "wash"}
    pxm.sandbox.put_object("collection", {"name": "Theirs", "attributes": [value]})
    prepared(pxm, resources)
    pxm.sandbox.remove("attribute", care)
    pxm.write(resources + "attributes: [{key: size, label: Size, type: Text}]\n")
    delta(pxm)
    assert pxm.err == (
        "collections are read in full: which attributes there were is not known of the snapshot\n"
    )


def test_a_plan_file_says_on_what_it_rests_and_apply_reads_in_full(warm: World) -> None:
    warm.write(catalog(p3="dry clean"))
    delta(warm, "--out", "plan.json")
    found = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    assert re.fullmatch(TIME, found["since"])
    assert [*check(found, "plan")] == []
    shown = warm.out
    assert warm.pxm("show", "plan.json") == 0
    assert warm.out == shown
    for output in ("markdown", "html"):
        assert warm.pxm("show", "plan.json", "--format", output) == 0
        assert f"since the full read of {found['since']}; deletions are not seen" in warm.out
    gone = product(warm, 9)
    warm.sandbox.remove("collection", gone)
    assert warm.pxm("apply", "plan.json") == 3  # what is gone is no part of what was reviewed
    assert "p9" in warm.out
    assert warm.sandbox.get("collection", product(warm, 3))["attributes"][0]["value"] == "dry clean"


def test_apply_leaves_a_snapshot_of_what_it_has_left(warm: World) -> None:
    warm.write(catalog(PRODUCTS - 1, p3="dry clean"))
    assert warm.pxm("apply", "--yes") == 0, warm.err
    delta(warm)
    assert "No changes since" in warm.out
    warm.write(catalog(PRODUCTS, p3="dry clean"))
    delta(warm)
    assert "1 to create, 0 to adopt" in warm.out  # the deleted one is not taken for one to adopt


@pytest.mark.parametrize("command", ["apply --yes --new-state", "drift"])
def test_the_first_snapshot_is_kept_where_it_is_asked_for(pxm: World, command: str) -> None:
    pxm.write(catalog(3))
    assert pxm.pxm("apply", "--yes", "--new-state") == 0
    assert not cache(pxm).holds(SHELF)
    assert pxm.pxm(*command.split(), "--snapshot") == 0
    assert cache(pxm).holds(SHELF)
    delta(pxm)
    assert "No changes since" in pxm.out


def test_who_never_plans_by_date_keeps_nothing(pxm: World) -> None:
    pxm.write(catalog(3))
    assert pxm.pxm("apply", "--yes", "--new-state") == 0
    assert pxm.pxm("plan") == 0
    assert not sealed_folder().exists()


def test_only_files_of_the_catalog_that_were_edited_are_read(warm: World) -> None:
    path = warm.root / "catalog" / "catalog.yaml"
    raw = path.read_bytes()
    pieces = Pieces(cache(warm), None, use=True)
    piece = pieces.get("catalog.yaml", raw)
    assert piece is not None
    # What is kept is what counts: here it says something else than the file.
    pieces.put("catalog.yaml", raw, piece.replace(b"wash 7", b"bath 7"))
    pieces.save()
    delta(warm)
    assert "wash 7" in warm.out
    assert "bath 7" in warm.out
    # Of an edited file, and by any full read, nothing is taken.
    warm.write(catalog() + "# edited\n")
    delta(warm)
    assert warm.out.startswith("No changes since")
    path.write_bytes(raw)
    assert warm.pxm("plan", "--refresh", "full") == 0
    assert "No changes. The catalog and the account match." in warm.out


# --- no usable snapshot -------------------------------------------------------------------------


def test_without_a_snapshot_all_is_read_and_kept(pxm: World) -> None:
    pxm.write(catalog(3))
    assert pxm.apply() == 0
    delta(pxm)
    assert pxm.err == "everything is read in full: no snapshot is kept yet\n"
    assert "No changes. The catalog and the account match." in pxm.out
    delta(pxm)
    assert "No changes since" in pxm.out


def test_a_new_state_and_a_broken_run_are_read_in_full(pxm: World) -> None:
    pxm.write(catalog(3))
    delta(pxm)
    assert "everything is read in full: the state is new" in pxm.err


def test_with_a_token_or_an_embedded_sandbox_there_is_none(
    warm: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = json.loads(next((warm.root / "cache" / "pxm").glob("token-*.json")).read_text())[
        "token"
    ]
    monkeypatch.setenv("PXM_TOKEN", token)
    delta(warm)
    assert warm.err.startswith(
        "everything is read in full: with PXM_TOKEN there is no client secret"
    )
    monkeypatch.delenv("PXM_TOKEN")
    assert warm.pxm("plan", "--sandbox", "--refresh", "delta") == 0
    assert "everything is read in full: an embedded sandbox has no client secret" in warm.err


def test_another_secret_finds_nothing(warm: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache(warm).holds(SHELF)
    monkeypatch.setenv("PXM_CLIENT_SECRET", "another")
    warm.pxm("plan", "--refresh", "delta")
    assert not Cache(sealed_folder(), Owner(warm.sandbox.url, "sandbox", "third")).holds(SHELF)


def test_other_regions_are_another_account(warm: World) -> None:
    warm.sandbox.ensure_region("Moon")
    delta(warm)
    assert (
        "everything is read in full: the credentials saw other regions when the snapshot was read"
        in warm.err
    )


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"read_at": 4e9}, "the snapshot is from the future"),
        ({"read_at": 1.7e9}, "the snapshot is older than 7 days"),
        ({"tool": ["0.0.1", 1, ""]}, "another version of pxm wrote the snapshot"),
        (
            {"kinds": {"collection": {"count": 999, "page_size": None}}},
            "the snapshot is damaged: a part of it is missing",
        ),
        ({"name": "another"}, "the snapshot is damaged: a part of it is missing"),
    ],
)
def test_a_snapshot_that_is_not_as_it_must_be_is_said_and_made_anew(
    warm: World, contents: dict[str, object], words: str
) -> None:
    known = json.loads(cache(warm).read(SHELF).get("contents") or b"")
    cache(warm).put(SHELF, [("contents", json.dumps({**known, **contents}).encode())])
    delta(warm)
    assert warm.err == f"everything is read in full: {words}\n"
    assert "No changes. The catalog and the account match." in warm.out
    delta(warm)
    assert "No changes since" in warm.out


def test_a_damaged_file_is_said_and_made_anew(warm: World) -> None:
    cache(warm).path.write_bytes(b"SQLite format 3\0" + bytes(4000))
    delta(warm)
    assert "everything is read in full: the snapshot is damaged" in warm.err
    delta(warm)
    assert "No changes since" in warm.out


def test_where_much_has_changed_reading_everything_is_less(warm: World) -> None:
    theirs = [warm.sandbox.put_object("collection", {"name": f"Theirs {n}"}) for n in range(300)]
    warm.sandbox.age(30)
    assert warm.pxm("plan", "--refresh", "full") == 0
    for id_ in theirs:
        warm.sandbox.edit("collection", id_, name="Ours")
    delta(warm)
    assert (
        warm.err == "collections are read in full: more than a quarter of them has changed since\n"
    )
    assert "No changes. The catalog and the account match." in warm.out


# --- accounts that do not answer by date --------------------------------------------------------


@pytest.fixture
def speaking(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[World]:
    with world(tmp_path, monkeypatch, capsys, *request.param) as made:
        yield prepared(made)


@pytest.mark.parametrize(
    ("speaking", "words"),
    [
        (("date-filters-ignored",), "collections are read in full: the account does not heed the filter updated_start_date\n"),
        (("date-filters-refused",), "collections are read in full: the account refuses the filter updated_start_date"),
        (("date-filters-empty",), "collections are read in full: the filter updated_start_date finds nothing whatever it is asked\n"),
        (("date-filters-zoned",), ""),
        (("dates-zoned",), ""),
        (("dates-millis",), ""),
        (("update-undated",), ""),
        (("days-only",), ""),
        (("ids-int", "page-shuffle"), ""),
        (("page-cap",), ""),
    ],
    indirect=["speaking"],
    ids=str,
)  # fmt: skip
def test_what_an_account_makes_of_dates_is_noticed_and_the_plan_is_right(
    speaking: World, words: str
) -> None:
    speaking.sandbox.edit("collection", product(speaking, 7), name="Coat of seven")
    speaking.write(catalog(PRODUCTS + 1, p3="dry clean"))
    delta(speaking)
    told = speaking.out.partition("Read:")[0]
    assert speaking.err.startswith(words)
    assert bool(speaking.err) == bool(words)
    assert speaking.pxm("plan") == 0
    assert told == speaking.out


@pytest.mark.parametrize("speaking", [("changes-undated",)], indirect=True)
def test_an_account_that_does_not_date_what_changes_is_known_by_what_we_wrote(
    speaking: World,
) -> None:
    speaking.sandbox.age(0)
    with_old_snapshot(speaking, seconds=600)
    speaking.write(catalog(p3="dry clean"))
    assert speaking.pxm("apply", "--yes") == 0
    with_old_snapshot(speaking, seconds=1200)
    delta(speaking)
    assert speaking.err == (
        "collections are read in full: collection/p3 was written since, and is not among what has changed\n"
    )


@pytest.mark.parametrize("speaking", [("changes-undated",)], indirect=True)
def test_an_account_that_does_not_date_what_changes_is_known_by_what_a_plan_touches(
    speaking: World,
) -> None:
    speaking.sandbox.edit("collection", product(speaking, 3), name="Coat of three")
    delta(speaking)
    assert "No changes since" in speaking.out  # late, and nothing shows why
    speaking.write(catalog(p3="dry clean"))
    delta(speaking)
    assert speaking.err == (
        'everything is read in full: collection "Coat of three" has changed, and its dates do not say so\n'
    )
    assert "Coat of three" in speaking.out


def with_old_snapshot(pxm: World, seconds: float) -> None:
    """The snapshot as if it had been read earlier."""
    known = json.loads(cache(pxm).read(SHELF).get("contents") or b"")
    known["read_at"] -= seconds
    cache(pxm).put(SHELF, [("contents", json.dumps(known).encode())])
