"""The request log in words, and the rate budget."""

import json
from typing import Any

import pytest

from reconciler.sandbox.app import App
from reconciler.sandbox.exchange import Request
from reconciler.sandbox.page import log
from reconciler.sandbox.page.account import read
from tests.sandbox.page.accounts import app, put


def sent(box: App, method: str, path: str, body: Any = None, **more: Any) -> log.LoggedRequest:
    """The line of one request."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    box.log.append(Request(method, path, more.pop("query", {}), raw, **more))
    return log.lines(box, read(box.store))[0]


def filled() -> App:
    box = app()
    box.store.put("region", {"id": "eu", "name": "EU"})
    put(box, "category", "c", name="Jackets")
    put(box, "attribute", "a", label="Colour", value_type="Text")
    put(box, "attribute", "b", label="Care", value_type="Text")
    put(box, "collection", "p", name="Rain Jacket")
    put(box, "file", "f", file_name="a.jpg")
    return box


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ({"name": "New"}, [("name", "New")]),
        ({"name": ""}, [("name", '""')]),
        ({"published": True, "n": 1}, [("published", "true"), ("n", "1")]),
        ({"additional_title": None}, [("additional_title", "null")]),
        ({"parent_id": "c"}, [("parent_id", "Jackets")]),
        ({"parent_id": None}, [("parent_id", "null")]),
        ({"direct_parent": ["c", "gone"]}, [("direct_parent", "Jackets, gone")]),
        ({"direct_parent": []}, [("direct_parent", "none")]),
        ({"region_ids": [{"id": "eu"}]}, [("region_ids", "EU")]),
        (
            {
                "attributes": [
                    {"id": "a", "type": "update", "value": "x"},
                    {"id": "b", "type": "delete"},
                    7,
                ]
            },
            [("attributes", "Colour, −Care")],
        ),
        ({"attributes": "odd"}, [("attributes", "")]),
        ({"options": [{"id": "1", "label": "Blue"}, {"label": "Red"}]}, [("options", "Blue, Red")]),
        ({"odd": {"id": "x"}}, [("odd", "x")]),
        ({"name": "x " * 99}, [("name", "x " * 44 + "x…")]),
    ],
)
def test_what_was_written_is_told_by_name(
    body: dict[str, Any], written: list[tuple[str, str]]
) -> None:
    assert list(sent(filled(), "PUT", "/v2.1/collection/p", body).written) == written


def test_products_of_a_resource_are_named_under_either_name() -> None:
    box = filled()

    line = sent(box, "POST", "/v2.1/resource", {"description": "Guide", "topics": ["p"]})

    assert (line.about, line.page) == ("Guide", None)
    assert line.written == (("topics", "Rain Jacket"),)


def test_members_of_a_group_are_named() -> None:
    line = sent(filled(), "PUT", "/v2.1/attribute-group/g", {"attributes": ["a", "b"]})

    assert line.written == (("attributes", "Colour, Care"),)


@pytest.mark.parametrize(
    ("path", "about", "page"),
    [
        ("/v2.1/collection/p", "Rain Jacket", ("product", "p")),
        ("/v2.1/collection/p/attribute/a", "Rain Jacket", ("product", "p")),
        ("/v2.1/category/c", "Jackets", ("category", "c")),
        ("/v2.1/file/f", "a.jpg", ("file", "f")),
        ("/v2.1/attribute/a", "Colour", None),
        ("/v2.1/collection/gone", "", None),
        ("/v2.1/collection", "", None),
        ("/v3/folder/search", "", None),
        ("/nothing", "", None),
        ("/", "", None),
    ],
)
def test_a_line_names_the_object_of_its_path(
    path: str, about: str, page: tuple[str, str] | None
) -> None:
    line = sent(filled(), "GET", path)

    assert (line.about, line.page, line.written) == (about, page, ())


def test_the_query_stands_behind_the_path() -> None:
    line = sent(filled(), "GET", "/v2.1/collection", query={"limit": "20", "offset": "40"})

    assert line.path == "/v2.1/collection?limit=20&offset=40"


@pytest.mark.parametrize(
    ("body", "written"),
    [
        (b"\x89PNG", (("body", "4 bytes"),)),
        (b"[1, 2]", (("body", "6 bytes"),)),
        (b"[" * 100_000, (("body", "100,000 bytes"),)),
        (b" " * ((1 << 20) + 1), (("body", "1,048,577 bytes"),)),
        (b"", ()),
        (None, ()),
    ],
)
def test_a_body_that_is_no_object_is_told_by_its_size(
    body: bytes | None, written: tuple[tuple[str, str], ...]
) -> None:
    assert sent(filled(), "PUT", "/upload/1", body).written == written


def test_credentials_in_a_body_are_never_shown() -> None:
    body = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "hush"}

    line = sent(filled(), "POST", "/v2.1/oauth/authorize", body)

    assert line.written == (("grant_type", "client_credentials"),)


def test_a_fault_of_chaos_is_told() -> None:
    assert sent(filled(), "GET", "/v2.1/file", fault="502-after").fault == "502-after"


def test_the_log_is_the_last_200_newest_first() -> None:
    box = app()
    box.log.extend(
        Request("GET", f"/v2.1/file/{n}", {}, at=float(n), status=200) for n in range(250)
    )

    found = log.lines(box, read(box.store))

    assert [line.at for line in found] == [float(n) for n in range(249, 49, -1)]


def test_the_budget_counts_what_the_limit_counts() -> None:
    box = app()
    box.log.extend(
        Request("GET", path, {}, at=at, status=status, fault=fault)
        for at, path, status, fault in [
            (39.0, "/v2.1/file", 200, ""),
            (40.0, "/v2.1/file", 200, ""),
            (50.0, "/v2.1/oauth/authorize", 200, ""),
            (55.0, "/_storage/uploads/u/1", 200, ""),
            (60.0, "/v2.1/file", 429, ""),
            (70.0, "/v2.1/file", 500, "500"),
            (80.0, "/v2.1/file", 502, "502-after"),
            (99.0, "/v2.1/file", 404, ""),
        ]
    )

    found = log.budget(box, 100.0)

    assert found == log.RateUse(3, 1000, 60)


def test_without_a_limit_only_what_was_sent_is_told() -> None:
    assert log.budget(app(rate_limit=None), 0.0) == log.RateUse(0, None, 60)
