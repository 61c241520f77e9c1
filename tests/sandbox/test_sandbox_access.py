"""Tokens, the rate limit, and what is answered where nothing is served."""

import base64
import re

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.limits import Limit
from tests import patient
from tests.sandbox.boxes import Box, served

GRANT = {"grant_type": "client_credentials"}


@pytest.mark.parametrize("version", ["v2.1", "v2"])
def test_credentials_are_exchanged_for_a_token(version: str, shared: Box) -> None:
    answer = patient.post(
        f"{shared.sandbox.url}/{version}/oauth/authorize",
        auth=("sandbox", "sandbox"),
        json=GRANT,
    )
    assert answer.status_code == 200
    body = answer.json()
    assert {**body, "access_token": "?"} == {
        "access_token": "?",
        "token_type": "Bearer",
        "expires_in": "31536000",
    }
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert patient.get(f"{shared.sandbox.url}/v2.1/category", headers=bearer).json() == []


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic ???",
        "Basic /w==",
        "Bearer c2FuZGJveDpzYW5kYm94",
        "Basic " + base64.b64encode(b"sandbox:wrong").decode(),
        "Basic " + base64.b64encode(b"sandbox").decode(),
    ],
)
def test_wrong_credentials_get_no_token(header: str | None, shared: Box) -> None:
    answer = patient.post(
        f"{shared.sandbox.url}/v2.1/oauth/authorize",
        headers={"Authorization": header} if header else {},
        json=GRANT,
    )
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid client credentials",
        "message": "invalid client credentials",
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"grant_type": "password"}', b"\xff"])
def test_a_grant_of_another_type_gets_no_token(body: bytes, shared: Box) -> None:
    answer = patient.post(
        f"{shared.sandbox.url}/v2.1/oauth/authorize", auth=("sandbox", "sandbox"), content=body
    )
    assert answer.status_code == 400
    assert answer.json()["message"] == "grant_type must be client_credentials"


def test_a_token_is_asked_for_with_a_post(shared: Box) -> None:
    assert shared.refused("GET", "oauth/authorize") == (405, "Method Not Allowed")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic c2FuZGJveDpzYW5kYm94"])
def test_without_a_token_of_ours_nothing_is_answered(header: str, shared: Box) -> None:
    words = "Unauthorized: the Bearer token is missing or expired"
    assert shared.refused("GET", "category", headers={"Authorization": header}) == (401, words)


def test_a_revoked_token_is_none(box: Box) -> None:
    assert box.get("category") == []
    box.sandbox.revoke_tokens()
    assert box.send("GET", "category").status_code == 401


def test_open_access_needs_no_token() -> None:
    with Sandbox(None, Options(open_access=True)) as sandbox:
        assert patient.get(f"{sandbox.url}/v2.1/category").json() == []


def test_one_request_too_many_is_told_when_to_come_back() -> None:
    with served(rate_limit=3, rate_period=60) as box:
        for _ in range(3):
            assert box.get("category") == []
        answer = box.send("GET", "category")
    assert answer.status_code == 429
    assert answer.headers["X-RateLimit-Limit"] == "3"
    wait = int(answer.headers["Retry-After"])
    assert 58 <= wait <= 60
    words = "Rate limit exceeded."
    assert answer.json() == {"error": words, "message": words, "retry_after": wait}


def test_the_limit_is_counted_for_each_token() -> None:
    with served(rate_limit=1) as box, patient.client(base_url=box.sandbox.url) as other:
        box.get("category")
        assert box.send("GET", "category").status_code == 429
        fresh = other.post("/v2.1/oauth/authorize", auth=("sandbox", "sandbox"), json=GRANT)
        bearer = {"Authorization": f"Bearer {fresh.json()['access_token']}"}
        assert other.get("/v2.1/category", headers=bearer).status_code == 200


def test_the_window_slides() -> None:
    clock = [0.0]
    limit = Limit(2, 60.0, lambda: clock[0])
    assert [limit.exceeded("t"), limit.left("t")] == [None, 1]
    clock[0] = 30.5
    assert [limit.exceeded("t"), limit.exceeded("t"), limit.left("t")] == [None, 30, 0]
    clock[0] = 60.0
    assert limit.exceeded("t") is None
    assert limit.exceeded("t") == 31
    assert Limit(None, 60.0).left("t") is None


@pytest.mark.parametrize(
    "path",
    ["/v2.1/nothing", "/v2.1/", "/v2.1/category/x/y/z", "/v3/collection", "/v2.1/folder/search",
     "/v2.1/resource/x/files", "/v2.1/attribute/x/attribute"],
)  # fmt: skip
def test_an_unknown_path_is_not_found(path: str, shared: Box) -> None:
    answer = shared.client.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"error": "Not Found", "message": "Not Found"}


@pytest.mark.parametrize("path", ["/", "/v1/category", "/openapi"])
def test_outside_of_the_api_an_unknown_path_needs_no_token(path: str, shared: Box) -> None:
    answer = patient.get(f"{shared.sandbox.url}{path}xyz")
    assert answer.status_code == 404
    assert answer.json() == {"error": "Not Found", "message": "Not Found"}


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "region", "GET"),
        ("PUT", "region", "GET"),
        ("PATCH", "category", "GET, POST"),
        ("DELETE", "file/x", "GET, PUT"),
        ("POST", "file", "GET"),
        ("PATCH", "collection/x", "DELETE, GET, PUT"),
        ("POST", "collection/x/files", "GET"),
        ("GET", "collection/x/attribute/y", "PUT"),
    ],
)
def test_a_method_that_is_not_documented_is_refused(
    method: str, path: str, allow: str, shared: Box
) -> None:
    answer = shared.send(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allow)


def test_a_fault_of_the_sandbox_is_an_error_like_another(box: Box) -> None:
    box.sandbox.put_object("category", {"name": "x", "attributes": [{}]}, "broken")
    assert box.refused("GET", "category/broken") == (500, "Internal Server Error: KeyError: 'id'")
    assert box.get("collection") == {"collections": []}


def test_a_single_region_cannot_be_read(shared: Box) -> None:
    [region] = shared.get("region")
    assert shared.refused("GET", f"region/{region['id']}") == (404, "Not Found")


def test_the_program_can_ask_a_sandbox_who_it_is(box: Box) -> None:
    answer = patient.get(f"{box.sandbox.url}/_sandbox/account").json()
    assert answer == {"id": box.sandbox.account_id}
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", answer["id"]
    )
    box.post("category", name="Shoes")
    dump = patient.get(f"{box.sandbox.url}/_sandbox/dump").json()
    assert dump == box.sandbox.dump()
    assert [item["name"] for item in dump["category"]] == ["Shoes"]


@pytest.mark.parametrize("id_", ["%09", "%0A", "%0D", "%20", "x"])
def test_an_id_of_white_space_is_an_id_that_is_not_there(id_: str, shared: Box) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = shared.client.request(method, f"/v2.1/attribute/{id_}", json={})
        assert answer.status_code == 404
