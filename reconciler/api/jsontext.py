"""JSON with numbers in their own spelling: what is read as 1.10 is written as 1.10."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import InvalidOperation
from typing import Any

from reconciler.model import Json, Number


def loads(text: bytes | str) -> Json:
    """Parse JSON; numbers with a fraction or exponent become `Number`.  ValueError if not JSON."""
    try:
        return json.loads(text, parse_float=_number, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def dumps(value: Any) -> bytes:
    """UTF-8 JSON; a `Number` in its own spelling, tuples as arrays.

    ValueError for NaN and infinity, TypeError for what JSON has no word for.
    """
    return "".join(_parts(value)).encode("utf-8")


def _number(text: str) -> Number:
    try:
        return Number(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]} is out of range") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, Number):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from _object(value)
    elif isinstance(value, list | tuple):
        yield from _array(value)
    else:
        yield _scalar(value)


def _object(value: Mapping[Any, Any]) -> Iterator[str]:
    yield "{"
    for index, (name, item) in enumerate(value.items()):
        yield f"{', ' if index else ''}{_scalar(str(name))}: "
        yield from _parts(item)
    yield "}"


def _array(value: list[Any] | tuple[Any, ...]) -> Iterator[str]:
    yield "["
    for index, item in enumerate(value):
        yield ", " if index else ""
        yield from _parts(item)
    yield "]"


def _scalar(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # Half a surrogate pair is legal in JSON and not in UTF-8: it goes back escaped, as it came.
    return text if _encodable(text) else json.dumps(value)


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
