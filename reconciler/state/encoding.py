"""State values as JSON: numbers keep their spelling, long texts only a digest (contract 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.model import Applied, Number
from reconciler.normalize import LONG_TEXT, digest

_NUMBER = "$number"


def compact(value: Any) -> Any:
    """A value with every text over 1 KiB replaced by `{"sha256": …}`, at any depth."""
    if isinstance(value, str):
        return {"sha256": digest(value)} if _is_long(value) else value
    if isinstance(value, list | tuple):
        return [compact(item) for item in value]
    if isinstance(value, Mapping):
        return {name: compact(item) for name, item in value.items()}
    return value


def _is_long(text: str) -> bool:
    # No character takes more than four bytes, so most texts need not be encoded to know.
    return len(text) * 4 > LONG_TEXT and len(text.encode("utf-8", "surrogatepass")) > LONG_TEXT


def dumps(value: Any) -> str:
    """Compact JSON with sorted keys, in ASCII: texts with lone surrogates survive SQLite."""
    return json.dumps(_plain(value), ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Number):
        return {_NUMBER: value.text}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {_escaped(name): _plain(item) for name, item in value.items()}
    return value


def _escaped(name: str) -> str:
    """A sub-field may be called `$number`: names that begin with `$` get another one."""
    return f"${name}" if name.startswith("$") else name


def loads(text: str) -> Any:
    """What `dumps` wrote; lists come back as tuples.  ValueError for anything else."""
    try:
        return _tuples(json.loads(text, object_hook=_revived))
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(f"no value of a state: {text[:40]}") from error


def _revived(item: dict[str, Any]) -> Any:
    if item.keys() == {_NUMBER}:
        return Number(item[_NUMBER])
    return {name[name.startswith("$") :]: _tuples(part) for name, part in item.items()}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def applied_text(applied: Mapping[str, Applied]) -> str:
    """The fields of an entry: `[sent]`, or `[sent, shown]` where somebody looked."""
    return dumps({path: _sides(item) for path, item in applied.items()})


def _sides(item: Applied) -> list[Any]:
    sent = compact(item.sent)
    return [sent, compact(item.shown)] if item.seen else [sent]


def applied_from(text: str) -> dict[str, Applied]:
    """The fields of an entry from their text."""
    return {
        path: Applied(sides[0], sides[1], True) if len(sides) > 1 else Applied(sides[0])
        for path, sides in loads(text).items()
    }
