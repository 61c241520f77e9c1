"""Files: uploaded, linked, changed, left behind; over real HTTP."""

import json
from pathlib import Path

import pytest

from reconciler.sandbox import Answer, Options, Request
from tests.e2e.test_main_job import requests
from tests.e2e.worlds import World, world

PRODUCTS = """
categories: [{key: tents, name: Tents}]
attributes: [{key: alt, label: Alternative text, type: Text}]
collections:
  - {key: dome, name: Dome, category: tents}
  - {key: tarp, name: Tarp, category: tents}
"""
HERO = (
    PRODUCTS
    + """
files:
  - key: hero
    path: assets/hero.txt
    collections: [dome]
    published: true
    published_start_date: 2025-01-01
    attributes: {alt: A tent in the rain}
"""
)


def asset(pxm: World, content: bytes, name: str = "hero.txt") -> Path:
    path = pxm.root / "catalog" / "assets" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def files(pxm: World) -> list[tuple[str, int, set[str]]]:
    """Name, size and the names of the products of each file, oldest first."""
    named = {item["id"]: item["name"] for item in pxm.sandbox.all("collection")}
    return [
        (item["file_name"], item["file_size"], {named[id_] for id_ in item["collections"]})
        for item in pxm.sandbox.all("file")
    ]


def test_a_file_is_uploaded_and_linked_at_the_predicted_cost(pxm: World) -> None:
    asset(pxm, b"first")
    pxm.write(HERO)

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert files(pxm) == [("hero.txt", 5, {"Dome"})]
    (item,) = pxm.sandbox.all("file")
    assert item["published"] is True
    assert [entry["value"] for entry in item["attributes"]] == ["A tent in the rain"]
    sent, predicted = requests(pxm.out)
    assert sent == predicted


def test_a_changed_file_is_a_new_object_that_takes_over_our_links(pxm: World) -> None:
    path = asset(pxm, b"first")
    pxm.write(HERO)
    pxm.apply()
    (old,) = pxm.sandbox.all("file")
    theirs = pxm.sandbox.put_object("collection", {"name": "Theirs"})
    pxm.sandbox.edit("file", old["id"], collections=[*old["collections"], theirs])
    path.write_bytes(b"other")

    assert pxm.pxm("plan") == 0
    assert "it stays in the account, without our links" in pxm.out
    assert pxm.apply() == 0, pxm.out + pxm.err
    assert files(pxm) == [("hero.txt", 5, {"Theirs"}), ("hero.txt", 5, {"Dome"})]
    sent, predicted = requests(pxm.out)
    assert sent == predicted


def test_what_was_left_behind_is_never_taken_again(pxm: World) -> None:
    path = asset(pxm, b"first")
    pxm.write(HERO)
    pxm.apply()
    path.write_bytes(b"second")
    pxm.apply()
    pxm.write(HERO.replace("key: hero", "key: hero-image"))

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert "1 moved" in pxm.out
    assert files(pxm) == [("hero.txt", 5, set()), ("hero.txt", 6, {"Dome"})]


def test_a_file_that_leaves_is_unlinked_and_the_plan_says_that_it_stays(pxm: World) -> None:
    asset(pxm, b"first")
    pxm.write(HERO)
    pxm.apply()
    (item,) = pxm.sandbox.all("file")
    theirs = pxm.sandbox.put_object("collection", {"name": "Theirs"})
    pxm.sandbox.edit("file", item["id"], collections=[*item["collections"], theirs])
    pxm.write(PRODUCTS)

    assert pxm.pxm("plan") == 0
    assert "files cannot be deleted through the API" in pxm.out
    assert pxm.apply() == 0, pxm.out + pxm.err
    assert files(pxm) == [("hero.txt", 5, {"Theirs"})]


def test_a_file_name_alone_links_what_is_there(pxm: World) -> None:
    id_ = pxm.sandbox.put_file("logo.png", b"an image")
    pxm.write(PRODUCTS + "files: [{key: logo, file_name: logo.png, collections: [tarp]}]\n")

    assert pxm.apply("--new-state") == 0, pxm.out + pxm.err
    assert files(pxm) == [("logo.png", 8, {"Tarp"})]
    assert pxm.sandbox.all("file")[0]["id"] == id_


def test_a_file_name_alone_that_is_not_there_is_an_error(pxm: World) -> None:
    pxm.write(PRODUCTS + "files: [{key: logo, file_name: logo.png, collections: [tarp]}]\n")

    assert pxm.pxm("plan") == 1
    assert "no such file is in the account" in pxm.err


def test_on_adoption_the_same_size_is_the_same_content(pxm: World) -> None:
    asset(pxm, b"first")
    id_ = pxm.sandbox.put_file("hero.txt", b"12345")
    pxm.write(HERO)

    assert pxm.apply("--new-state") == 0, pxm.out + pxm.err
    assert [item["id"] for item in pxm.sandbox.all("file")] == [id_]


def test_of_several_namesakes_the_newest_is_proposed_and_none_is_taken(pxm: World) -> None:
    asset(pxm, b"first")
    pxm.sandbox.put_file("hero.txt", b"1", created_date="2024-01-01T00:00:00Z")
    new = pxm.sandbox.put_file("hero.txt", b"12", created_date="2025-01-01T00:00:00Z")
    pxm.write(HERO)

    assert pxm.pxm("plan") == 1
    assert "2 live objects match it" in pxm.err
    assert f"the newest is {new}" in pxm.err


def test_a_large_file_goes_in_parts_and_a_part_that_fails_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, options=PARTS) as pxm:
        asset(pxm, bytes(range(256)) * 1000)
        pxm.write(HERO)
        failed: list[str] = []

        def fail_once(request: Request) -> Answer | None:
            if request.method == "PUT" and request.path.endswith("/3") and not failed:
                failed.append(request.path)
                return Answer(503)
            return None

        pxm.sandbox.on_request(fail_once)

        assert pxm.apply() == 0, pxm.out + pxm.err
        assert failed
        assert files(pxm) == [("hero.txt", 256_000, {"Dome"})]


PARTS = Options(rate_limit=None, multipart_threshold=100_000, part_size=64_000)


@pytest.mark.parametrize(
    "dialect",
    ["related-topics", "write-results", "write-empty", "stale-lists", "scalars-as-strings",
     "ids-int", "upload-url", "upload-presigned", "lists-data"],
)  # fmt: skip
def test_files_under(
    dialect: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with world(tmp_path, monkeypatch, capsys, dialect) as pxm:
        path = asset(pxm, b"first")
        pxm.write(HERO)
        assert pxm.apply() == 0, pxm.out + pxm.err
        path.write_bytes(b"second")
        assert pxm.apply() == 0, pxm.out + pxm.err
        assert files(pxm) == [("hero.txt", 5, set()), ("hero.txt", 6, {"Dome"})]


def test_the_state_keeps_a_digest_and_no_path_of_this_machine(pxm: World) -> None:
    asset(pxm, b"first")
    pxm.write(HERO)
    pxm.apply()

    assert pxm.pxm("state", "pull") == 0
    assert (
        "sha256:a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e size:5" in pxm.out
    )
    assert str(pxm.root) not in json.dumps(pxm.out)


BAD = """
files:
  - {key: a, path: ../outside.txt}
  - {key: b, path: /etc/passwd}
  - {key: c, path: nothing.txt}
  - {key: d, path: link.txt}
  - {key: e, path: empty.txt}
  - {key: f, path: "odd name.txt"}
  - {key: g}
"""


def test_paths_that_are_none_of_the_catalogs_are_all_named(pxm: World) -> None:
    pxm.write(BAD)
    folder = pxm.root / "catalog"
    (pxm.root / "outside.txt").write_text("x")
    (folder / "link.txt").symlink_to(pxm.root / "outside.txt")
    (folder / "empty.txt").write_text("")
    (folder / "odd name.txt").write_text("x")

    assert pxm.pxm("validate") == 1
    for words in (
        "3:20: error: file 'a': '../outside.txt' leads out of the catalog folder",
        "4:20: error: file 'b': '/etc/passwd' is not a relative path",
        "5:20: error: file 'c': 'nothing.txt' names no file",
        "6:20: error: file 'd': 'link.txt': link.txt is a symlink",
        "7:20: error: file 'e': 'empty.txt' is empty",
        "8:20: error: file 'f': 'odd name.txt' cannot be the name of an upload",
        "9:5: error: file 'g': needs `path` or `file_name`",
    ):
        assert words in pxm.out, pxm.out


def test_a_file_and_a_category_are_published_without_a_start_date(pxm: World) -> None:
    asset(pxm, b"a picture")
    pxm.write(
        "categories: [{key: tents, name: Tents, published: true}]\n"
        "files: [{key: hero, path: assets/hero.txt, published: true}]\n"
    )
    assert pxm.apply() == 0, pxm.err
    for kind in ("category", "file"):
        (made,) = pxm.sandbox.all(kind)
        assert made["published"] is True
        assert not made.get("published_start_date")


def test_an_odd_upload_answer_is_that_files_outcome_and_nothing_is_confirmed(
    pxm: World,
) -> None:
    asset(pxm, b"first")
    odd = {"file_path": "p", "upload_id": "u", "part_size": "5MB", "parts": [{"url": "/x"}]}

    def answer(request: Request) -> Answer | None:
        return Answer(200, odd) if request.path.endswith("/request-upload") else None

    pxm.sandbox.on_answer(answer)
    pxm.write(HERO + "resources: [{key: r, description: R, link: 'https://example.com/r'}]\n")

    assert pxm.pxm("apply", "--yes") == 1
    assert 'has a part size that is no whole number: "5MB"' in pxm.out
    assert "ask the vendor what this account answers to request-upload" in pxm.out
    assert uploads(pxm) == 0
    assert len(pxm.sandbox.all("resource")) == 1


# --- files that cannot be read at once (contract 2.8) -------------------------------------------

TWO = HERO + "  - {key: plan, path: assets/plan.txt, collections: [tarp]}\n"
LATE = "the file was uploaded and cannot be read yet"


class Late:
    """A service that shows new files only once it is told to: neither by id nor in lists."""

    def __init__(self, pxm: World) -> None:
        self.box, self.waits, self.known = pxm.sandbox, True, set[str]()
        self.known = {item["id"] for item in self.box.all("file")}
        self.box.on_answer(self.hide)

    def hide(self, request: Request) -> Answer | None:
        if request.method not in ("GET", "PUT") or "/v2.1/file" not in request.path:
            return None
        id_ = request.path.rpartition("/")[2]
        hidden = {item["id"] for item in self.box.all("file")} - self.known if self.waits else set()
        if id_ in hidden:
            return Answer(404, {"message": "Not Found"})
        if id_ == "file" and hidden:
            assert request.answer is not None
            shown = request.answer.body
            listed = shown["files"] if isinstance(shown, dict) else shown
            return Answer(200, [item for item in listed if item["id"] not in hidden])
        return None


def apply_late(pxm: World) -> int:
    """Apply, and plan again: nothing is to be made, and the late files are counted."""
    code = pxm.pxm("apply", "--yes", "--grace", "0.3")
    printed = pxm.out, pxm.err
    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out
    assert "No changes to make; left: " in pxm.out
    assert " processing." in pxm.out
    pxm.out, pxm.err = printed
    return code


def uploads(pxm: World) -> int:
    return sum(request.path.endswith("/confirm-upload") for request in pxm.sandbox.requests)


def test_files_that_come_late_but_within_the_grace_time_are_linked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys, "files-late") as pxm:
        asset(pxm, b"first")
        pxm.write(HERO)
        assert pxm.apply() == 0, pxm.out + pxm.err
        assert files(pxm) == [("hero.txt", 5, {"Dome"})]
        assert LATE not in pxm.out


def test_files_that_cannot_be_read_yet_stop_nothing_and_are_linked_by_a_later_run(
    pxm: World,
) -> None:
    asset(pxm, b"first")
    asset(pxm, b"second", "plan.txt")
    late = Late(pxm)
    pxm.write(TWO + "resources: [{key: r, description: R, link: 'https://example.com/r'}]\n")

    assert apply_late(pxm) == 0, pxm.out + pxm.err
    assert f"Note: file/hero: {LATE}" in pxm.out
    assert f"Note: file/plan: {LATE}" in pxm.out
    assert "left: 2 processing." in pxm.out
    assert len(pxm.sandbox.all("resource")) == 1
    assert uploads(pxm) == 2

    assert pxm.pxm("drift") == 0, pxm.out
    assert "files uploaded within a day that cannot be read yet: 2" in pxm.out
    assert pxm.pxm("explain", "file/hero") == 0
    assert "the service is still processing it" in pxm.out
    assert apply_late(pxm) == 0, pxm.out + pxm.err
    assert uploads(pxm) == 2

    late.waits = False
    assert pxm.apply() == 0, pxm.out + pxm.err
    assert files(pxm) == [("hero.txt", 5, {"Dome"}), ("plan.txt", 6, {"Tarp"})]
    assert "left:" not in pxm.out
    (hero, _) = pxm.sandbox.all("file")
    assert [entry["value"] for entry in hero["attributes"]] == ["A tent in the rain"]
    assert uploads(pxm) == 2


def test_what_an_upload_replaces_keeps_our_links_until_the_new_file_can_take_them(
    pxm: World,
) -> None:
    path = asset(pxm, b"first")
    pxm.write(HERO)
    assert pxm.apply() == 0, pxm.out
    late = Late(pxm)
    path.write_bytes(b"second")

    assert apply_late(pxm) == 0, pxm.out + pxm.err
    assert "waits: update file/hero@" in pxm.out
    assert "file/hero is still being processed by the service" in pxm.out
    assert files(pxm) == [("hero.txt", 5, {"Dome"}), ("hero.txt", 6, set())]
    assert apply_late(pxm) == 0, pxm.out + pxm.err

    late.waits = False
    assert pxm.apply() == 0, pxm.out + pxm.err
    assert files(pxm) == [("hero.txt", 5, set()), ("hero.txt", 6, {"Dome"})]


@pytest.mark.parametrize("left", [True, False])
def test_a_key_that_moves_or_leaves_while_its_file_is_late_makes_nothing_twice(
    pxm: World, left: bool
) -> None:
    asset(pxm, b"first")
    late = Late(pxm)
    pxm.write(HERO)
    assert apply_late(pxm) == 0, pxm.out
    moved = HERO.replace("key: hero", "key: image")
    moved += "moved: [{kind: file, from: hero, to: image}]\n"
    pxm.write(PRODUCTS if left else moved)
    assert apply_late(pxm) == 0, pxm.out + pxm.err
    late.waits = False

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert files(pxm) == [("hero.txt", 5, set() if left else {"Dome"})]
    assert uploads(pxm) == 1


def test_a_file_that_was_read_once_and_is_deleted_is_gone(pxm: World) -> None:
    asset(pxm, b"first")
    late = Late(pxm)
    pxm.write(HERO)
    assert apply_late(pxm) == 0, pxm.out
    late.waits = False
    assert pxm.apply() == 0, pxm.out
    pxm.sandbox.remove("file", pxm.sandbox.all("file")[0]["id"])

    assert pxm.pxm("plan") == 0
    assert "1 to recreate" in pxm.out
