"""`published` is true or false: nothing said, null and false are one (contract 2.3)."""

from __future__ import annotations

import json

import pytest

from reconciler.sandbox import Answer, Request
from tests.e2e.worlds import World

PRODUCT = "collections: [{key: a, name: A%s, published_start_date: 2025-01-01}]\n"
CATEGORY = "categories: [{key: a, name: A, published_start_date: 2025-01-01%s}]\n"
FILE = "files: [{key: a, path: a.txt, published_start_date: 2025-01-01%s}]\n"
KINDS = {"collection": PRODUCT, "category": CATEGORY, "file": FILE}


def wants_booleans(pxm: World) -> None:
    """An account that answers 400 to a flag which is neither true nor false."""

    def strict(request: Request) -> Answer | None:
        body = json.loads(request.body or b"{}") if request.method in ("POST", "PUT") else {}
        body = {**body, **body.get("metadata", {})}
        if "published" in body and not isinstance(body["published"], bool):
            return Answer(400, {"error": "published must be true or false"})
        return None

    pxm.sandbox.on_request(strict)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", ["", ", published: null", ", published: false"])
def test_a_flag_that_leaves_the_yaml_is_sent_as_false(kind: str, after: str, pxm: World) -> None:
    wants_booleans(pxm)
    (pxm.root / "catalog").mkdir(exist_ok=True)
    (pxm.root / "catalog" / "a.txt").write_text("a", encoding="utf-8")
    pxm.write(KINDS[kind] % ", published: true")
    assert pxm.apply() == 0, pxm.out
    pxm.write(KINDS[kind] % after)

    assert pxm.apply() == 0, pxm.out

    (item,) = pxm.sandbox.all(kind)
    assert item["published"] is False
    assert pxm.pxm("drift") == 0, pxm.out


@pytest.mark.parametrize("declared", ["null", "false"])
@pytest.mark.parametrize("shown", [None, False])
def test_null_and_false_are_one_whichever_is_declared_and_shown(
    declared: str, shown: bool | None, pxm: World
) -> None:
    wants_booleans(pxm)
    pxm.write(PRODUCT % f", published: {declared}")
    assert pxm.apply() == 0, pxm.out
    (item,) = pxm.sandbox.all("collection")
    pxm.sandbox.edit("collection", item["id"], published=shown)

    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out
    assert pxm.pxm("drift", "--format", "json") == 0
    assert pxm.result["objects"] == []


def test_a_flag_that_does_not_go_is_not_sent_again_as_a_blank(pxm: World) -> None:
    pxm.write(PRODUCT % ", published: true")
    assert pxm.apply() == 0, pxm.out
    since = len(pxm.sandbox.requests)

    def ignored(request: Request) -> Answer | None:
        return Answer(200, {"updated": True}) if request.method == "PUT" else None

    pxm.sandbox.on_request(ignored)
    pxm.write(PRODUCT % "")

    assert pxm.pxm("apply", "--yes") == 1
    assert "published did not stick: sent (none), came back true" in pxm.out
    puts = [item for item in pxm.sandbox.requests[since:] if item.method == "PUT"]
    assert len(puts) == 1
