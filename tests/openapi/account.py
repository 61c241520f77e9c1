"""The account that the description's examples tell of, and requests that follow them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from reconciler.sandbox import Sandbox
from tests import patient
from tests.openapi.description import SCHEMAS, Operation, examples, operations

KINDS = {
    "category": "Category",
    "attribute": "Attribute",
    "attribute_group": "AttributeGroup",
    "collection": "Collection",
    "file": "File",
    "resource": "Resource",
}
SHELTER = {"id": "cat_shelter", "name": "Shelter"}
"""The category above those of the examples."""

ORDER = ("post", "get", "put", "delete")


def seed(sandbox: Sandbox) -> None:
    """Make the objects of the examples, under the ids that they have there."""
    for region in examples(SCHEMAS["Region"]):
        # A sandbox starts with a primary region of its own.
        sandbox.app.store.put("region", {**region, "is_primary": False})
    for kind, name in KINDS.items():
        made = (
            [SHELTER, *examples(SCHEMAS[name])] if kind == "category" else examples(SCHEMAS[name])
        )
        for item in made:
            fields = {word: _stored(value) for word, value in item.items() if word != "id"}
            sandbox.put_object(kind, fields, item["id"])


def _stored(value: Any) -> Any:
    """A set of `{"id": …}` as the set of ids that a sandbox keeps."""
    if isinstance(value, list) and all(isinstance(x, dict) and x.keys() == {"id"} for x in value):
        return [item["id"] for item in value]
    return value


def client(sandbox: Sandbox) -> httpx.Client:
    """A client that has a token."""
    options = sandbox.options
    answer = patient.post(
        f"{sandbox.url}/v2.1/oauth/authorize",
        auth=(options.client_id, options.client_secret),
        json={"grant_type": "client_credentials"},
    )
    token = answer.json()["access_token"]
    return patient.client(base_url=sandbox.url, headers={"Authorization": f"Bearer {token}"})


def address(operation: Operation) -> tuple[str, dict[str, str]]:
    """An operation's path and query, filled in with the examples of its parameters."""
    path, query = operation.path, {}
    for parameter in operation.parameters:
        value = examples(parameter)[0]
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(value))
        else:
            query[parameter["name"]] = _said(value)
    return path, query


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_said, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def walk(sandbox: Sandbox) -> Iterator[tuple[Operation, httpx.Response]]:
    """Send every example of every operation; creates first, deletes last."""
    with client(sandbox) as http:
        for operation in sorted(operations(), key=lambda item: ORDER.index(item.method)):
            path, query = address(operation)
            body = operation.said.get("requestBody")
            bodies = examples(body["content"]["application/json"]) if body else [None]
            for example in bodies:
                yield operation, _sent(http, sandbox, operation, path, query, example)


def _sent(
    http: httpx.Client,
    sandbox: Sandbox,
    operation: Operation,
    path: str,
    query: dict[str, str],
    body: Any,
) -> httpx.Response:
    if str(operation) == "confirmUpload":
        body = uploaded(http, body)
    options = sandbox.options
    auth = (options.client_id, options.client_secret) if str(operation) == "authorize" else None
    extra: dict[str, Any] = {} if auth is None else {"auth": auth}
    return http.request(operation.method, path, params=query, json=body, **extra)


def uploaded(http: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """Upload some bytes under the body's name; the body, with what the storage said.

    As it was where the upload is refused.
    """
    name = body["file_name"]
    content = b"x" * 300
    asked = {"filename": name, "file_name": name, "mime_type": "video/mp4", "size": len(content)}
    answer = http.post("/v2.1/file/request-upload", json=asked)
    if not answer.is_success:
        return body
    grant = answer.json()
    path = grant.get("file_path") or grant.get("path") or grant.get("key")
    return {**body, "file_path": path, "file_size": len(content), **_parts(grant, content)}


def _parts(grant: dict[str, Any], content: bytes) -> dict[str, Any]:
    if grant["upload_type"] == "standard":
        url = grant.get("url") or grant.get("upload_url") or grant.get("presigned_url")
        patient.put(url, content=content).raise_for_status()
        return {}
    listed = grant.get("parts") or grant.get("urls")
    size = -(-len(content) // len(listed))
    parts = []
    for number, part in enumerate(listed, 1):
        url = part if isinstance(part, str) else part["url"]
        piece = content[(number - 1) * size : number * size]
        answer = patient.put(url, content=piece).raise_for_status()
        parts.append({"part_number": number, "etag": answer.headers["ETag"]})
    return {"upload_id": grant["upload_id"], "multipart": parts}
