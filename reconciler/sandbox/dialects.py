"""The uncertain behaviours of the live API, each a switch: name and what it does (docs/api.md)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

DIALECTS: Mapping[str, str] = MappingProxyType(
    {
        "lists-raw": "every list is an array",
        "lists-wrapped": "every list stands under its plural",
        "lists-data": "every list stands under `data`, with `pagination`",
        "page-cap": "a list serves at most 50, whatever `limit` asks",
        "page-repeat": "past the end, the last page comes again",
        "page-shuffle": "the order changes from request to request",
        "none-blank": 'an empty optional field reads as ""',
        "none-null": "an empty optional field reads as null, arrays too",
        "none-absent": "an empty optional field is not there",
        "attributes-patch": "PUT `attributes` touches only the entries sent",
        "options-labels": "pick-list values read as bare labels",
        "options-nested": "pick-list values read as nested arrays",
        "options-strict": "a label where an option id is meant is refused (400)",
        "scalars-as-strings": "numbers and booleans read as strings",
        "ids-int": "ids are numbers",
        "dates-millis": "timestamps with milliseconds",
        "write-results": "creates, updates and deletes answer a write result",
        "write-empty": "creates, updates and deletes answer 204",
        "stale-lists": "lists and search lag 1 s behind writes",
        "extra-fields": "unknown and derived fields on everything",
        "hits-wrapped": "search hits in `_source`, total as an object",
        "root-category": 'a hidden root category "Super" above the top level',
        "parent-joins": "`parent_id` is added to `direct_parent`",
        "text-cleaned": "strings are trimmed and HTML-escaped on write",
        "text-cleaned-twice": "as text-cleaned, and escaped again on every write",
        "category-attributes-refused": "400 on attribute values of categories",
        "delete-refused": "deleting what is not empty is refused (the default)",
        "delete-cascades": "deleting what is not empty deletes its content",
        "delete-orphans": "deleting what is not empty leaves its content behind",
        "clear-blank": 'only "" clears a scalar, null is ignored',
        "clear-null": 'only null clears a scalar, "" is ignored',
        "list-fields": "a List's sub-fields stand under `fields`",
        "inherited-values": "collections show values of their category",
        "names-unique": "a second object of one name under one parent is refused (409)",
        "partial-view": "the token sees one region less than before",
        "related-topics": "`topics` instead of `collections` on files and resources",
    }
)


def checked(names: Iterable[str]) -> frozenset[str]:
    """The names as a set; ValueError for one that is not known."""
    found = frozenset(names)
    for name in sorted(found - DIALECTS.keys()):
        near = difflib.get_close_matches(name, DIALECTS, 1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(DIALECTS)}"
        raise ValueError(f"unknown dialect '{name}'{hint}")
    return found
