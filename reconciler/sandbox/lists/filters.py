"""Filters of lists: each parameter makes a check of an object (article: list parameters)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from reconciler.sandbox.rules import HttpRefusal
from reconciler.sandbox.store import Object, references

Check = Callable[[Object], bool]
MakeCheck = Callable[[frozenset[str], str], Check]
"""From the dialects and the parameter's value; HttpRefusal for a value that it does not take."""

_DATES = (
    "created_start_date",
    "created_end_date",
    "updated_start_date",
    "updated_end_date",
)

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "collection": ("ids", "parent_id", "folder_level", "region_ids", *_DATES),
    "file": ("collection_ids", "region_ids", *_DATES),
}
"""Filters that a list knows; it ignores all others."""

_IGNORED_BY: Mapping[str, tuple[str, ...]] = {
    "ids-ignored": ("ids",),
    "regions-advisory": ("region_ids",),
    "date-filters-ignored": _DATES,
}
"""Dialect → the filters that it ignores."""

_ELSEWHERE = timedelta(hours=-11)
"""How far off the zone is in which `date-filters-zoned` counts days."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def asked(kind: str, query: Mapping[str, str], dialects: frozenset[str]) -> dict[str, str]:
    """The filters that a list of the kind applies, with their values."""
    ignored: set[str] = set()
    for dialect in dialects & _IGNORED_BY.keys():
        ignored.update(_IGNORED_BY[dialect])
    found = {}
    for name in PARAMETERS.get(kind, ()):
        if name not in ignored and query.get(name):
            found[name] = query[name]
    return found


def checks(filters: Mapping[str, str], dialects: frozenset[str]) -> list[Check]:
    """The checks that an object has to pass; HttpRefusal for a value that none takes."""
    known = [name for name in filters if name in _CHECKS]
    return [_CHECKS[name](dialects, filters[name]) for name in known]


def _dated(name: str, *, after: bool) -> MakeCheck:
    def make(dialects: frozenset[str], value: str) -> Check:
        day = value[:10]
        has_time = len(value) > 10
        if "date-filters-refused" in dialects:
            raise HttpRefusal(400, f"{name} cannot be filtered by")
        if not _DAY.fullmatch(day) or (has_time and "days-only" in dialects):
            raise HttpRefusal(400, f"a date must look like YYYY-MM-DD, not {value!r}")

        def check(item: Object) -> bool:
            shown = _day(str(item.get(name) or item.get("created_date") or ""), dialects)
            return shown >= day if after else shown <= day

        return check if "date-filters-empty" not in dialects else lambda _: False

    return make


def _day(date: str, dialects: frozenset[str]) -> str:
    """The day of a date, as this account counts days."""
    if not date or "date-filters-zoned" not in dialects:
        return date[:10]
    return f"{datetime.fromisoformat(date) + _ELSEWHERE:%Y-%m-%d}"


def _any_of(name: str) -> MakeCheck:
    def make(_: frozenset[str], value: str) -> Check:
        wanted = {id_.strip() for id_ in value.split(",")}
        return lambda item: not wanted.isdisjoint(references(item, name))

    return make


_CHECKS: Mapping[str, MakeCheck] = {
    "region_ids": _any_of("region_ids"),
    "collection_ids": _any_of("collections"),
    "created_start_date": _dated("created_date", after=True),
    "created_end_date": _dated("created_date", after=False),
    "updated_start_date": _dated("updated_date", after=True),
    "updated_end_date": _dated("updated_date", after=False),
}
