"""State values as JSON: numbers keep their spelling, long texts only a digest (contract 5)."""

from __future__ import annotations

import json
from collections.abc import ItemsView, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from zlib import compress, decompress

from reconciler.errors import StateError
from reconciler.model import Applied, Number, Ref
from reconciler.normalize import LONG_TEXT
from reconciler.normalize import digest as text_digest

_NUMBER = "$number"


def compact(value: Any) -> Any:
    """A value with every text over 1 KiB replaced by `{"sha256": …}`, at any depth."""
    if isinstance(value, str):
        return {"sha256": text_digest(value)} if _is_long(value) else value
    if isinstance(value, list | tuple):
        return [compact(item) for item in value]
    if isinstance(value, Mapping):
        return {name: compact(item) for name, item in value.items()}
    return value


def _is_long(text: str) -> bool:
    # No character takes more than four bytes, so most texts need not be encoded to know.
    return len(text) * 4 > LONG_TEXT and len(text.encode("utf-8", "surrogatepass")) > LONG_TEXT


_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """Compact JSON with sorted keys, in ASCII: texts with lone surrogates survive SQLite."""
    return _encode(_plain(value))


def _plain(value: Any) -> Any:
    # Most values are texts, and whether they are a mapping takes long to ask.
    if value.__class__ is str:
        return value
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
        return revived(json.loads(text))
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(f"no value of a state: {text[:40]}") from error


def revived(value: Any) -> Any:
    """The same from parsed JSON."""
    if isinstance(value, list):
        return tuple(map(revived, value))
    if not isinstance(value, dict):
        return value
    if value.keys() == {_NUMBER}:
        return Number(value[_NUMBER])
    return {name[name.startswith("$") :]: revived(item) for name, item in value.items()}


def applied_text(applied: Mapping[str, Applied]) -> str:
    """The fields of an entry.

    `[sent]` where the server showed the same, `[sent, shown]` where it did not, and
    `[sent, null, 0]` where nobody looked: the common case is the short one.
    """
    if isinstance(applied, KeptFields):
        return applied.text
    return _encode({path: _sides(item) for path, item in applied.items()})


def applied_digest(applied: Mapping[str, Applied]) -> str:
    """A digest of the fields of an entry, as the state keeps them."""
    if isinstance(applied, KeptFields):
        return applied.digest
    return _digest(applied_text(applied))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Shelf:
    """Takes in the fields of entries from their texts; of those at rest they are left unread.

    What is left unread stands in blocks, packed: alike as entries are, they take an eighth of the
    room.
    """

    def __init__(self) -> None:
        self._block = _Block()

    def fields(self, ref: Ref, text: str, at_rest: str) -> Mapping[str, Applied]:
        """The fields of an entry; ValueError where they are read and are none."""
        # No text of ours has a line break; of whatever has, nothing is known.
        if not at_rest or "\n" in text:
            return applied_from(text)
        if self._block.is_full:
            self._block = _Block()
        return KeptFields(ref, self._block, self._block.add(text), _digest(text))


class _Block:
    """Texts that stand together, packed once it is full."""

    __slots__ = ("_packed", "_texts")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._packed = b""

    @property
    def is_full(self) -> bool:
        return bool(self._packed)

    def add(self, text: str) -> int:
        """Take a text in; its place."""
        place = len(self._texts)
        self._texts.append(text)
        if len(self._texts) == MOST_TEXTS:
            lines = "\n".join(self._texts).encode("utf-8", "surrogatepass")
            self._packed, self._texts = compress(lines, 1), []
        return place

    def text(self, place: int) -> str:
        """The text at a place."""
        return _unpacked(self._packed)[place] if self._packed else self._texts[place]


MOST_TEXTS = 256


@lru_cache(maxsize=1024)
def _unpacked(packed: bytes) -> list[str]:
    """The texts of a block; whoever asks for one mostly asks for all."""
    return decompress(packed).decode("utf-8", "surrogatepass").split("\n")


class KeptFields(Mapping[str, Applied]):
    """The fields of an entry as the state keeps them, read when one is asked for.

    `digest` is that of their text.  StateError where they turn out to be something else.
    """

    __slots__ = ("_block", "_fields", "_place", "_ref", "digest")

    def __init__(self, ref: Ref, block: _Block, place: int, digest: str) -> None:
        self.digest = digest
        self._ref = ref
        self._block = block
        self._place = place
        self._fields: dict[str, Applied] | None = None

    @property
    def text(self) -> str:
        """What `applied_text` wrote."""
        return self._block.text(self._place)

    @property
    def is_read(self) -> bool:
        """Somebody has asked for a field."""
        return self._fields is not None

    @property
    def fields(self) -> dict[str, Applied]:
        """The fields by their paths."""
        if self._fields is None:
            try:
                self._fields = applied_from(self.text)
            except ValueError as error:
                raise StateError(
                    f"the entry of {self._ref} in the state is damaged ({error}); nothing was "
                    "changed",
                    hint=f"`pxm state rm {self._ref}` forgets it: what exists will be adopted",
                ) from error
        return self._fields

    def __getitem__(self, path: str) -> Applied:
        return self.fields[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __contains__(self, path: object) -> bool:
        return path in self.fields

    def get(self, path: str, default: Any = None) -> Any:
        """A field; `default` where it is not there."""
        return self.fields.get(path, default)

    def items(self) -> ItemsView[str, Applied]:
        """The fields by their paths."""
        return self.fields.items()

    def __repr__(self) -> str:
        return repr(self.fields)


def _sides(item: Applied) -> list[Any]:
    sent = _plain(compact(item.sent))
    if not item.seen:
        return [sent, None, 0]
    if item.shown.__class__ is str and item.shown == item.sent:
        return [sent]
    shown = _plain(compact(item.shown))
    # As text: 1 and true, 1.10 and 1.1 are equal and not the same.
    return [sent] if _encode(sent) == _encode(shown) else [sent, shown]


def applied_from(text: str) -> dict[str, Applied]:
    """The fields of an entry from their text; ValueError where it is none."""
    try:
        return applied_of(json.loads(text))
    except (ArithmeticError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"no fields of an entry: {text[:40]}") from error


def applied_of(fields: Mapping[str, Any]) -> dict[str, Applied]:
    """The same from parsed JSON; what is none raises as it comes."""
    return {_shared(path): _applied(sides) for path, sides in fields.items()}


@lru_cache(maxsize=10_000)
def _shared(path: str) -> str:
    """One string for a path on all objects: a hundred thousand of them share it."""
    return path


def _applied(sides: Any) -> Applied:
    if sides.__class__ is not list:
        raise TypeError("not the sides of a field")
    sent = sides[0]
    value = sent if sent.__class__ is str else revived(sent)
    if len(sides) == 1:
        return Applied(value, value, True)
    return Applied(value) if len(sides) > 2 else Applied(value, revived(sides[1]), True)
