"""What a write was to clear, and what goes wrong while one object is proved (contract 2.6, 2.8)."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.behaviours import BLANK, CLEARS_WITH, NULL
from reconciler.model import Behaviour
from reconciler.sandbox import Answer, Options, Request, Sandbox
from reconciler.state import raw_store
from tests.crash.program import Child, Program
from tests.e2e.test_files import HERO, asset, files
from tests.e2e.test_main_job import requests
from tests.e2e.worlds import FAST, World, world

PRODUCTS = """
categories: [{key: sale, name: Sale}]
collections:
  - {key: a, name: A%s}
  - {key: b, name: B%s}
  - {key: c, name: C%s}
"""
TITLED = PRODUCTS % tuple(f", additional_title: T-{name}" for name in "abc")
CLEARED = PRODUCTS % ("", "", "")
RESOURCE = "resources: [{key: care, description: Care, link: 'https://example.com/care'}]\n"
RENAMED = PRODUCTS % ("1", "1", "1")


@pytest.fixture
def blank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[World]:
    """An account on which "" alone clears, with three titled products applied."""
    with world(tmp_path, monkeypatch, capsys, "clear-blank") as made:
        made.write(TITLED)
        assert made.apply() == 0, made.out
        yield made


def titles(pxm: World) -> dict[str, object]:
    return {item["name"]: item.get("additional_title") for item in pxm.sandbox.all("collection")}


def behaviours(pxm: World) -> dict[str, Behaviour]:
    with raw_store("file:.reconciler/state.db", root=pxm.root) as store:
        return dict(store.load().behaviours)


def puts(pxm: World, since: int = 0) -> list[Request]:
    return [r for r in pxm.sandbox.requests[since:] if r.method == "PUT"]


# --- killed between the answer of a clearing PUT and its read-back ------------------------------


@pytest.mark.parametrize("after", ["", ", additional_title: null"])
@pytest.mark.parametrize("settings", [FAST, FAST + "drift: keep\n"])
def test_what_a_killed_run_was_to_clear_is_cleared_by_the_next(
    tmp_path: Path, program: Program, after: str, settings: str
) -> None:
    """null did nothing, and nobody has seen that yet."""
    options = Options(rate_limit=None, open_access=True, dialects=frozenset({"clear-blank"}))
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / "reconciler.yaml").write_text(settings)
    one = "collections: [{key: a, name: A%s}]\n"
    with Sandbox(None, options) as box:
        (catalog / "a.yaml").write_text(one % ", additional_title: T")
        assert run(program, tmp_path, box).wait() == 0
        running: list[Child] = []

        def kill(request: Request) -> Answer | None:
            """At the first read after the PUT."""
            put = any(r.method == "PUT" for r in box.requests)
            if request.method != "GET" or not put:
                return None
            running[0].signal(signal.SIGKILL)
            running[0].wait()
            box.on_request(None)
            return Answer(drop=True)

        box.on_request(kill)
        (catalog / "a.yaml").write_text(one % after)
        child = run(program, tmp_path, box)
        running.append(child)
        assert child.wait() == -signal.SIGKILL
        assert [item["additional_title"] for item in box.all("collection")] == ["T"]

        assert run(program, tmp_path, box).wait() == 0, (tmp_path / "out").read_text()
        (item,) = box.all("collection")
        assert not item["additional_title"]
        assert run(program, tmp_path, box, "plan", "--detailed-exitcode").wait() == 0


def run(program: Program, folder: Path, box: Sandbox, *command: str) -> Child:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PXM_TOKEN": "t", "PXM_BASE_URL": box.url}
    words = command or ("apply", "--yes", "--grace", "0.3")
    return program.start([words], folder, env, folder / "out")


# --- which way an account clears ----------------------------------------------------------------


def test_that_an_account_clears_with_blank_alone_is_kept_and_used_by_the_next_run(
    blank: World,
) -> None:
    blank.write(PRODUCTS % ("", ", additional_title: T-b", ", additional_title: T-c"))
    assert blank.apply() == 0, blank.out
    assert 'clear again with ""' in blank.out
    assert behaviours(blank)[CLEARS_WITH].value == BLANK
    since = len(blank.sandbox.requests)
    blank.write(CLEARED)

    assert blank.apply() == 0, blank.out
    assert not any(titles(blank).values())
    assert len(puts(blank, since)) == 2
    sent, predicted = requests(blank.out)
    assert sent == predicted


def test_an_account_that_goes_the_other_way_again_is_unknown_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, "clear-null") as pxm:
        pxm.write(TITLED)
        assert pxm.apply() == 0, pxm.out
        with raw_store("file:.reconciler/state.db", root=pxm.root) as store:
            seen = {CLEARS_WITH: Behaviour(BLANK, "2026-01-02")}
            store.save(replace(store.load(), behaviours=seen))
        pxm.write(PRODUCTS % ("", ", additional_title: T-b", ", additional_title: T-c"))

        assert pxm.apply() == 0, pxm.out
        assert not titles(pxm)["A"]
        assert "clear again with null" in pxm.out
        assert "clears-with was blank on 2026-01-02 and is null on" in pxm.out
        assert behaviours(pxm)[CLEARS_WITH].value is None


def test_that_null_clears_is_seen_too(pxm: World) -> None:
    pxm.write(TITLED)
    assert pxm.apply() == 0
    pxm.write(CLEARED)

    assert pxm.apply() == 0, pxm.out
    assert behaviours(pxm)[CLEARS_WITH].value == NULL


def test_what_somebody_set_after_the_clearing_is_not_cleared_again(pxm: World) -> None:
    pxm.write(TITLED)
    assert pxm.apply() == 0
    box = pxm.sandbox

    def edit(request: Request) -> None:
        if request.method == "PUT":
            box.edit("collection", request.path.rpartition("/")[2], additional_title="Theirs")

    box.on_answer(edit)
    pxm.write(PRODUCTS % ("", ", additional_title: T-b", ", additional_title: T-c"))

    assert pxm.pxm("apply", "--yes") == 1
    assert titles(pxm)["A"] == "Theirs"
    assert len(puts(pxm)) == 1


def test_what_neither_null_nor_blank_clears_stays_to_be_cleared(pxm: World) -> None:
    pxm.write(TITLED)
    assert pxm.apply() == 0

    def ignore(request: Request) -> Answer | None:
        return Answer(200, {"updated": True}) if request.method == "PUT" else None

    pxm.sandbox.on_request(ignore)
    pxm.write(PRODUCTS % ("", ", additional_title: T-b", ", additional_title: T-c"))

    assert pxm.pxm("apply", "--yes") == 1
    assert "additional_title did not stick" in pxm.out
    assert CLEARS_WITH not in behaviours(pxm)
    assert pxm.pxm("plan", "--detailed-exitcode") == 2
    pxm.sandbox.on_request(None)
    assert pxm.apply() == 0, pxm.out
    assert not titles(pxm)["A"]


# --- an error is one object's -------------------------------------------------------------------


def test_a_second_clearing_that_is_refused_is_that_objects_outcome_and_the_run_goes_on(
    blank: World,
) -> None:
    def refuse(request: Request) -> Answer | None:
        is_blank = (
            request.method == "PUT" and json.loads(request.body).get("additional_title") == ""
        )
        return Answer(400, {"message": "must not be blank"}) if is_blank else None

    blank.sandbox.on_request(refuse)
    blank.write(PRODUCTS % ("", "", ", additional_title: T-c, categories: [sale]"))

    assert blank.pxm("apply", "--yes") == 1
    words = 'additional_title stayed as it was, and clearing it with "" failed: must not be blank'
    assert words in blank.out
    assert "1 done" in blank.out
    (c,) = (item for item in blank.sandbox.all("collection") if item["name"] == "C")
    assert len(c["direct_parent"]) == 1
    blank.sandbox.on_request(None)
    assert blank.apply() == 0, blank.out
    assert not titles(blank)["A"]


@pytest.mark.parametrize("status", [400, 403])
def test_what_cannot_be_read_back_fails_alone(pxm: World, status: int) -> None:
    pxm.write(CLEARED)
    assert pxm.apply() == 0
    box = pxm.sandbox
    (b,) = (item["id"] for item in box.all("collection") if item["name"] == "B")
    since = len(box.requests)

    def refuse(request: Request) -> Answer | None:
        written = {r.path.rpartition("/")[2] for r in puts(pxm, since)}
        if request.method != "GET" or b not in written or b not in f"{request.path}{request.query}":
            return None
        return Answer(status, {"message": "not you"})

    box.on_request(refuse)
    pxm.write(RENAMED)

    assert pxm.pxm("apply", "--yes") == 1
    words = f"it was written, and could not be proved: {status}: not you"
    assert f'failed: catalog.yaml:5:5: update collection/b "B1": {words}' in pxm.out
    assert "Apply incomplete: 2 done, 1 failed, 0 not attempted." in pxm.out
    assert sorted(titles(pxm)) == ["A1", "B1", "C1"]
    box.on_request(None)
    assert pxm.apply() == 0, pxm.out


def test_a_new_file_whose_links_are_refused_is_that_files_outcome(pxm: World) -> None:
    asset(pxm, b"first")

    def refuse(request: Request) -> Answer | None:
        linking = request.method == "PUT" and "/file/" in request.path
        return Answer(400, {"message": "no links today"}) if linking else None

    pxm.sandbox.on_request(refuse)
    pxm.write(HERO + RESOURCE)

    assert pxm.pxm("apply", "--yes") == 1
    assert "it was written, and could not be proved: 400: no links today" in pxm.out
    assert len(pxm.sandbox.all("resource")) == 1
    pxm.sandbox.on_request(None)
    assert pxm.apply() == 0, pxm.out
    assert files(pxm) == [("hero.txt", 5, {"Dome"})]


@pytest.mark.parametrize("status", [400, 403])
def test_what_cannot_be_read_before_its_write_fails_alone(pxm: World, status: int) -> None:
    pxm.write(CLEARED)
    assert pxm.apply() == 0
    box = pxm.sandbox
    (b,) = (item["id"] for item in box.all("collection") if item["name"] == "B")
    since = len(box.requests)

    def refuse(request: Request) -> Answer | None:
        begun = bool(puts(pxm, since))
        if request.method != "GET" or not begun or b not in f"{request.path}{request.query}":
            return None
        return Answer(status, {"message": "not you"})

    box.on_request(refuse)
    pxm.write(RENAMED)

    assert pxm.pxm("apply", "--yes") == 1
    assert f"it could not be read just before its write: {status}: not you" in pxm.out
    assert sorted(titles(pxm)) == ["A1", "B", "C1"]
    box.on_request(None)
    assert pxm.apply() == 0, pxm.out
