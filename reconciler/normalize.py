"""The canonical form of a value: one function for desired, live and applied alike.

`canon` makes two spellings of the same value equal and hashable; `alike` is the wider equality
for values of which nobody has seen how the server shows them (contract 2.2).
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import InvalidOperation
from typing import Any

from reconciler.kinds import Type
from reconciler.model import Number, Value

LONG_TEXT = 1024
"""Bytes above which the state keeps a digest instead of the text (contract 5)."""

_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?$"
)


def instant(text: str) -> str | None:
    """`YYYY-MM-DDTHH:MM:SSZ` for any ISO spelling; a day is midnight UTC; None if it is neither."""
    match = _INSTANT.match(text.strip())
    if not match:
        return None
    day, clock, seconds, zone = match.groups()
    offset = "+00:00" if zone in (None, "Z") else zone
    iso = f"{day}T{clock or '00:00'}{seconds or ':00'}{offset}"
    try:
        # Not by `strftime`, which writes the year 1 as 1.
        moment = datetime.fromisoformat(iso).astimezone(UTC).replace(tzinfo=None)
        return f"{moment.isoformat(timespec='seconds')}Z"
    except (ValueError, OverflowError):
        return None


def number(value: Any) -> Number | None:
    """A number from a JSON number or a numeric text; None for anything else."""
    if isinstance(value, Number):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and "_" in value:
        return None  # Python's own spelling of 1000
    try:
        parsed = Number(str(value).strip())
    except InvalidOperation:
        return None
    return parsed if parsed.is_finite() else None


def boolean(value: Any) -> bool | None:
    """true, "true" and 1; false, "false" and 0; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else None


def composed(text: str) -> str:
    """A text in Unicode's composed form (NFC): two spellings of one text compare equal (2.2).

    Only what is compared: a text goes out as it was typed.
    """
    # Nearly every text is ASCII or composed already, and telling so is cheap.
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", text)


def digest(text: str) -> str:
    """What the state keeps of a long text; one for all its Unicode spellings."""
    return hashlib.sha256(composed(text).encode("utf-8", "surrogatepass")).hexdigest()


def is_empty(value: Any) -> bool:
    """None, "", [] and absent are one (docs/api.md)."""
    if value is None:
        return True
    return not value if isinstance(value, str | tuple | list | dict) else value == {}


def canon(value: Any, type_: str = "Text") -> Hashable:
    """The canonical form of a value of a type; equal values have equal forms.

    `type_` is an attribute type or the word of a `kinds.Type`.  Sets lose order and doubles,
    dates their time, numbers their spelling, long texts all but their digest; a flag that is
    false is none.
    """
    if is_empty(value):
        return None
    if isinstance(value, tuple | list):
        return frozenset(canon(item, type_) for item in value) or None
    # Most values are texts, and asking an abstract class takes longer than all the rest.
    if not isinstance(value, str) and isinstance(value, Mapping):
        return _canon_mapping(value, type_)
    return _CANON.get(type_, _canon_text)(value)


def _canon_mapping(value: Mapping[str, Any], type_: str) -> Hashable:
    if value.keys() == {"sha256"}:
        return ("sha256", value["sha256"])
    parts = {composed(name): canon(item, type_) for name, item in value.items()}
    return frozenset(item for item in parts.items() if item[1] is not None) or None


def _canon_text(value: Any) -> Hashable:
    text = spelled(value)
    if len(text) * 4 > LONG_TEXT and len(text.encode("utf-8", "surrogatepass")) > LONG_TEXT:
        return ("sha256", digest(text))
    return composed(text)


def _canon_number(value: Any) -> Hashable:
    parsed = number(value)
    return _canon_text(value) if parsed is None else ("number", parsed)


def _canon_boolean(value: Any) -> Hashable:
    parsed = boolean(value)
    return _canon_text(value) if parsed is None else ("boolean", parsed)


def _canon_flag(value: Any) -> Hashable:
    """A flag of an object: false and nothing are one (contract 2.3)."""
    return None if boolean(value) is False else _canon_boolean(value)


def _canon_instant(value: Any) -> Hashable:
    return instant(spelled(value)) or _canon_text(value)


def _canon_day(value: Any) -> Hashable:
    moment = instant(spelled(value))
    return moment[:10] if moment else _canon_text(value)


def _canon_part(value: Any) -> Hashable:
    """A record's sub-value: typed on the way in, so its own type says how it compares."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int | float | Number):
        return _canon_number(value)
    return _canon_text(value)


def content(digest_: str | None, size: int) -> str:
    """What a file holds: the SHA-256 of what we uploaded, if known, and bytes."""
    return f"{f'sha256:{digest_} ' if digest_ else ''}size:{size}"


def size_of(value: str) -> str:
    """The size in a `content`, all that the other side shows of it."""
    return value.rpartition("size:")[2]


_OF_ATTRIBUTES: Mapping[str, Callable[[Any], Hashable]] = {
    "Number": _canon_number,
    "Boolean": _canon_boolean,
    "Date": _canon_day,
    "List": _canon_part,
}
"""Attribute values, by the attribute's type as the API spells it; all others are texts."""

_OF_FIELDS: Mapping[str, Callable[[Any], Hashable]] = {
    Type.BOOLEAN.value: _canon_flag,
    Type.MULTIPLE.value: _canon_boolean,
    Type.INSTANT.value: _canon_instant,
}
"""An object's own fields, by the word of their type; all others are texts."""

_CANON = {**_OF_ATTRIBUTES, **_OF_FIELDS}
"""No word is in both."""


def spelled(value: Any) -> str:
    """A scalar as text: booleans as YAML writes them, numbers in their own spelling."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def loosened(text: str) -> str:
    """A text as natural keys compare it: trimmed, unescaped and composed, case kept (2.1)."""
    before = None
    while before != text:
        before, text = text, composed(html.unescape(text.strip()))
    return text


def alike(one: Any, other: Any, type_: str = "Text") -> bool:
    """Equal but for trimming and escaping, and for spelling where the type has several (2.2).

    Only a Number's `1.10` is `1.1`, and only a date's day its midnight: a text is its characters.
    """
    if type_ == Type.CONTENT.value:
        return canon(one) == canon(other) or size_of(spelled(one)) == size_of(spelled(other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return _alike_records(one, other)
    return canon(one, type_) == canon(other, type_) or _loose(one, type_) == _loose(other, type_)


def likeness(value: Any) -> Hashable:
    """What texts, and sets of them, have in common that are `alike`: a key to look them up by."""
    return _loose(value, "Text")


def _alike_records(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    parts, others = _parts(one), _parts(other)
    return parts.keys() == others.keys() and all(
        _alike_parts(parts[name], others[name]) for name in parts
    )


def _parts(record: Mapping[str, Any]) -> dict[str, Any]:
    return {loosened(name): value for name, value in record.items() if not is_empty(value)}


def _alike_parts(one: Any, other: Any) -> bool:
    """Sub-values; where the definition says no types, the typed one of the two says how."""
    words = {_PART_TYPES.get(type(value), "Text") for value in (one, other)} - {"Text"}
    if not words and instant(spelled(one)) and instant(spelled(other)):
        words = {"instant"}
    return alike(spelled(one), spelled(other), words.pop() if len(words) == 1 else "Text")


_PART_TYPES: Mapping[type, str] = {bool: "Boolean", Number: "Number", int: "Number"}


def _loose(value: Any, type_: str) -> Hashable:
    if is_empty(value) or isinstance(value, Mapping):
        return canon(value, type_)
    if isinstance(value, tuple | list):
        return frozenset(_loose(item, type_) for item in value)
    return canon(loosened(spelled(value)), type_)


def distinct(items: Iterable[str]) -> tuple[str, ...]:
    """The items without doubles, order kept."""
    return tuple(dict.fromkeys(items))


def texts(value: Value) -> tuple[str, ...]:
    """A set's elements as texts; nothing gives none."""
    if is_empty(value):
        return ()
    if isinstance(value, tuple | list | Mapping):
        return distinct(spelled(item) for item in value)
    return (spelled(value),)
