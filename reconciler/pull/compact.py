"""What the entries of a file need not say, found and left out: `inherit` and `defaults` (1.9).

    hand_down     a product's values that its variants have too
    defaults_of   fields that the entries of a file have in common

Both take entries as data that is about to be written, and change it.  No entry is given anything
that it did not say: where one lacks a field, all go on saying it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.catalog.objects import LISTS, NESTS
from reconciler.catalog.order import field_order
from reconciler.catalog.published import DEFAULTS
from reconciler.kinds import ATTRIBUTES, PLURALS
from reconciler.model import Number
from reconciler.yamltext import Flow

Entry = dict[str, Any]
Sections = Mapping[str, Sequence[Entry]]

WORTH = 3
"""Entries that share a field before the file says it for them."""

INHERIT = "inherit"
VALUES = ATTRIBUTES.name
VARIANTS = NESTS["collection"].list


# --- inherit ------------------------------------------------------------------------------------


def hand_down(product: Entry) -> None:
    """Let variants of a product leave out the values that each has and most have from it."""
    own, variants = product.get(VALUES, {}), product[VARIANTS]
    held = [variant.get(VALUES, {}) for variant in variants]
    shared = {key: value for key, value in own.items() if _is_shared(key, value, held)}
    for variant in variants:
        _leave_out(variant, VALUES, shared)
        _on_one_line(variant)
    if shared:
        product[INHERIT] = list(shared)
        _put_in_order(product, "collection")


def _is_shared(key: str, value: Any, held: Sequence[Mapping[str, Any]]) -> bool:
    """All have a value, so that none is given one, and most have this one."""
    same = sum(key in values and alike(values[key], value) for values in held)
    return same * 2 > len(held) and all(key in values for values in held)


def _on_one_line(variant: Entry) -> None:
    """The few short values that tell variants apart are read beside one another."""
    values = variant.get(VALUES, {})
    if all(_is_short(value) for value in values.values()) and values:
        variant[VALUES] = Flow(values)


def _is_short(value: Any) -> bool:
    is_scalar = isinstance(value, str | bool | Number)
    return is_scalar and "\n" not in str(value)


# --- defaults -----------------------------------------------------------------------------------


def defaults_of(sections: Sections) -> dict[str, Entry]:
    """The defaults of a file's lists; its entries leave out what they have from them."""
    found: dict[str, Entry] = {}
    for name, entries in _by_list(sections).items():
        # Before the values that parents hand on become defaults themselves.
        inherit = _common_inherit(entries)
        fields = _common_fields(name, entries) | inherit
        if fields:
            found[name] = fields
            _put_in_order(fields, LISTS[name].name)
    return {name: found[name] for name in DEFAULTS if name in found}


def _by_list(sections: Sections) -> dict[str, list[Entry]]:
    """All entries that take defaults, by the list whose defaults they take."""
    found: dict[str, list[Entry]] = {}
    for name, entries in sections.items():
        for entry in entries:
            for list_, inner in _with_nested(PLURALS[name].name, name, entry):
                if not inner.get("external"):
                    found.setdefault(list_, []).append(inner)
    return found


def _with_nested(kind: str, name: str, entry: Entry) -> Iterator[tuple[str, Entry]]:
    nest = NESTS.get(kind)
    yield nest.list if nest and nest.field in entry else name, entry
    for inner in entry.get(nest.list, ()) if nest else ():
        yield from _with_nested(kind, NESTS[kind].list, inner)


MOSTLY = frozenset(
    {
        "category",
        "parent",
        "published",
        "published_start_date",
        "published_end_date",
        "regions",
    }
)
"""Fields that a file says for most of its entries: where they stand and when they are shown.
Others speak of the thing itself, or link it, and the next entry is to get none by chance."""

PUBLISHED = "published"


def _common_fields(name: str, entries: Sequence[Entry]) -> Entry:
    """What entries say alike and all say, which each of them then leaves out."""
    _, fields, _ = DEFAULTS[name]
    if PUBLISHED in fields:
        _say_unpublished(entries, LISTS[name].name)
    found: Entry = {}
    for field in fields:
        if field != INHERIT:
            found |= _common(field, entries)
    for entry in entries:
        for field, value in found.items():
            if alike(entry[field], value):
                del entry[field]
    # A group's attributes are a list like any other.
    has_values = ATTRIBUTES in LISTS[name].fields
    return found | (_common_values(entries) if has_values else {})


def _common_values(entries: Sequence[Entry]) -> Entry:
    """Values of attributes, each by itself."""
    held = [entry.get(VALUES, {}) for entry in entries]
    shared: Entry = {}
    for key in held[0]:
        shared |= _common(key, held)
    for entry in entries:
        _leave_out(entry, VALUES, shared)
    return {VALUES: shared} if shared else {}


def _say_unpublished(entries: Sequence[Entry], kind: str) -> None:
    """Where most are published, the others say that they are not: nobody said so, but it is so."""
    silent = [entry for entry in entries if PUBLISHED not in entry]
    if len(silent) * 2 < len(entries):
        for entry in silent:
            entry[PUBLISHED] = False
            _put_in_order(entry, kind)


def _common(field: str, entries: Sequence[Entry]) -> Entry:
    """The field with the value that most entries, or all, have alike; none where one lacks it."""
    if not all(field in entry for entry in entries):
        return {}
    said = [spelling(entry[field]) for entry in entries]
    [(value, count)] = Counter(said).most_common(1)
    needed = len(entries) // 2 + 1 if field in MOSTLY else len(entries)
    if count < max(needed, WORTH):
        return {}
    return {field: entries[said.index(value)][field]}


def _common_inherit(entries: Sequence[Entry]) -> Entry:
    """What most parents hand on, which these leave out; one that hands on something else, or
    nothing, says so."""
    parents = [entry for entry in entries if entry.get(VARIANTS)]
    counts = Counter(tuple(entry.get(INHERIT, ())) for entry in parents)
    keys = max(counts, key=lambda keys: counts[keys], default=())
    fitting = sum(_hands_on(entry, keys) for entry in parents)
    if not keys or fitting < max(WORTH, len(parents) // 2 + 1):
        return {}
    _leave_out_inherit(parents, keys)
    return {INHERIT: list(keys)}


def _leave_out_inherit(parents: Iterable[Entry], keys: Sequence[str]) -> None:
    for entry in parents:
        if _hands_on(entry, keys):
            entry.pop(INHERIT, None)
        elif INHERIT not in entry:
            entry[INHERIT] = []
            _put_in_order(entry, "collection")


def _hands_on(entry: Entry, keys: Iterable[str]) -> bool:
    """With `inherit` by default it would hand on what it does now."""
    return {key for key in keys if key in entry.get(VALUES, {})} == {*entry.get(INHERIT, ())}


# --- data ---------------------------------------------------------------------------------------


def alike(one: Any, other: Any) -> bool:
    """Two values are written the same."""
    return one is other or spelling(one) == spelling(other)


def spelling(value: Any) -> Hashable:
    """What tells values apart in a file: of numbers each digit."""
    if isinstance(value, Mapping):
        return tuple((name, spelling(part)) for name, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(spelling, value))
    return type(value), str(value)


def _leave_out(entry: Entry, field: str, given: Mapping[str, Any]) -> None:
    """Without what a mapping in an entry need not say, and without that where it is empty."""
    said = entry.get(field, {})
    left = {k: v for k, v in said.items() if k not in given or not alike(v, given[k])}
    if left:
        entry[field] = type(said)(left)
    else:
        entry.pop(field, None)


def _put_in_order(entry: Entry, kind: str) -> None:
    ordered = {name: entry[name] for name in field_order(kind) if name in entry}
    entry.clear()
    entry.update(ordered)
