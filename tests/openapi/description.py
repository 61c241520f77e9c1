"""The description as the tests read it: walks over its parts, and what conforms to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from reconciler.sandbox.openapi import source

TEXT = source()
DESCRIPTION: dict[str, Any] = yaml.load(TEXT, Loader=yaml.CSafeLoader)
SCHEMAS: dict[str, Any] = DESCRIPTION["components"]["schemas"]
METHODS = ("get", "post", "put", "delete")

_URI = "urn:pxm-openapi"
_REGISTRY: Registry[Any] = Registry().with_resource(
    _URI, Resource.from_contents(DESCRIPTION, default_specification=DRAFT202012)
)

Pointer = tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """One method of one path; `parameters` with those of the path, references followed."""

    path: str
    method: str
    said: dict[str, Any]
    parameters: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        return str(self.said["operationId"])

    @property
    def pointer(self) -> Pointer:
        """Where it stands."""
        return ("paths", self.path, self.method)

    @property
    def also(self) -> dict[str, str]:
        """Further paths, each with its source."""
        found: dict[str, str] = DESCRIPTION["paths"][self.path].get("x-also-under", {})
        return found


def operations() -> list[Operation]:
    """All operations, in the order of the file."""
    return [
        Operation(path, method, item[method], _parameters(item, item[method]))
        for path, item in DESCRIPTION["paths"].items()
        for method in METHODS
        if method in item
    ]


def _parameters(item: dict[str, Any], said: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    listed = [*item.get("parameters", ()), *said.get("parameters", ())]
    return tuple(followed(parameter) for parameter in listed)


def followed(part: dict[str, Any]) -> dict[str, Any]:
    """A part with the component that it refers to, its own words first."""
    if "$ref" not in part:
        return part
    found: Any = DESCRIPTION
    for step in pointer_of(part["$ref"]):
        found = found[step]
    return {**followed(found), **{name: value for name, value in part.items() if name != "$ref"}}


def pointer_of(ref: str) -> Pointer:
    """`#/paths/~1v2.1~1file` as its steps."""
    steps = ref.removeprefix("#/").split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def examples(part: dict[str, Any]) -> list[Any]:
    """What a parameter, schema or body gives as examples."""
    if "example" in part:
        return [part["example"]]
    found = part.get("examples", [])
    return [item["value"] for item in found.values()] if isinstance(found, dict) else found


def schemas(part: Any = DESCRIPTION, at: Pointer = ()) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Every schema, inner ones too, with its place."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "schema":
                yield from _inner((*at, name), inner)
            elif at == ("components",) and name == "schemas":
                for word, schema in inner.items():
                    yield from _inner((*at, name, word), schema)
            elif name not in ("example", "examples"):
                yield from schemas(inner, (*at, name))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from schemas(inner, (*at, str(number)))


def _inner(at: Pointer, schema: dict[str, Any]) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    yield at, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _inner((*at, "properties", name), inner)
    for word in ("anyOf", "oneOf", "allOf"):
        for number, inner in enumerate(schema.get(word, ())):
            yield from _inner((*at, word, str(number)), inner)
    if "items" in schema:
        yield from _inner((*at, "items"), schema["items"])


def faults(at: Pointer, value: Any) -> list[str]:
    """What keeps a value from conforming to the schema at a place; nothing if it does."""
    steps = (step.replace("~", "~0").replace("/", "~1").replace("%", "%25") for step in at)
    schema = {"$ref": f"{_URI}#/{'/'.join(steps)}"}
    validator = Draft202012Validator(schema, registry=_REGISTRY)
    return [error.message for error in validator.iter_errors(value)]


def departures(operation: Operation, answer: httpx.Response) -> list[str]:
    """How an answer departs from what is described; nothing if it does not."""
    status = str(answer.status_code)
    at: Pointer = (*operation.pointer, "responses", status)
    said = operation.said["responses"].get(status)
    if said is None:
        return [f"{operation}: status {status} is not described"]
    if "$ref" in said:
        at, said = pointer_of(said["$ref"]), followed(said)
    if "content" not in said:
        return [f"{operation}: {status} has a body"] if answer.content else []
    media = answer.headers.get("content-type", "").partition(";")[0]
    if media not in said["content"]:
        return [f"{operation}: {status} comes as {media!r}"]
    value = answer.json() if media == "application/json" else answer.text
    found = faults((*at, "content", media, "schema"), value)
    return [f"{operation}: {status}: {words[:500]}" for words in found]
