"""JSON with numbers in their own spelling: what is read as 1.10 is written as 1.10."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model import Json, Number


def loads(text: bytes | str) -> Json:
    """Parse JSON; numbers with a fraction or exponent become `Number`.  ValueError if not JSON."""
    return json.loads(text, parse_float=Number, parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def dumps(value: Any) -> bytes:
    """UTF-8 JSON; a `Number` in its own spelling, tuples as arrays."""
    return "".join(_parts(value)).encode("utf-8")


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, Number):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from _object(value)
    elif isinstance(value, list | tuple):
        yield from _array(value)
    else:
        yield json.dumps(value, ensure_ascii=False)


def _object(value: Mapping[str, Any]) -> Iterator[str]:
    yield "{"
    for index, (name, item) in enumerate(value.items()):
        yield f"{', ' if index else ''}{json.dumps(name, ensure_ascii=False)}: "
        yield from _parts(item)
    yield "}"


def _array(value: list[Any] | tuple[Any, ...]) -> Iterator[str]:
    yield "["
    for index, item in enumerate(value):
        yield ", " if index else ""
        yield from _parts(item)
    yield "]"
