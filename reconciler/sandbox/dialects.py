"""The uncertain behaviours of the live API, each a switch: name and what it does (docs/api.md).

`LISTED` are those that the project's notes on the API list; `FURTHER` the other shapes that these
notes describe, or that a client has to notice.  `EXCLUSIVE` says which contradict each other.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import combinations
from types import MappingProxyType

LISTED: Mapping[str, str] = MappingProxyType(
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
        "extra-fields": "dozens of unknown and derived fields on everything",
        "hits-wrapped": "search hits in `_source`, total as an object",
        "root-category": 'a hidden root category "Super" above the top level',
        "parent-joins": "`parent_id` is added to `direct_parent`",
        "text-cleaned": "strings are trimmed and HTML-escaped on write",
        "category-attributes-refused": "400 on attribute values of categories",
        "delete-refused": "deleting what is not empty is refused (the default)",
        "delete-cascades": "deleting what is not empty deletes its content, further members too",
        "delete-orphans": "deleting what is not empty leaves its content behind",
        "clear-blank": 'only "" clears a scalar, null is ignored',
        "clear-null": 'only null clears a scalar, "" is ignored',
        "list-fields": "a List's sub-fields stand under `fields`",
        "inherited-values": "collections show values of the categories above them",
        "text-cleaned-twice": "as text-cleaned, and an escaped text is escaped again each time",
        "names-unique": "a second object of one name under one parent is refused (409)",
        "slow-create": "a POST takes effect up to 3 s after the client gave up on it",
        "partial-view": "the token sees one region less: what is only there is not there (404)",
        "related-topics": "`topics` instead of `collections` on files and resources",
    }
)

FURTHER: Mapping[str, str] = MappingProxyType(
    {
        # lists
        "lists-items": "every list stands under `items`",
        "lists-hits": "every list stands under `hits`, with `total`",
        "lists-results": "every list stands under `results`, with `count`",
        "lists-null": "an empty list is null",
        "limit-ignored": "pages hold 20, whatever `limit` asks",
        "limit-refused": "a `limit` over 100 is refused (400)",
        "ids-ignored": "`ids=` is not looked at: the whole list comes",
        "ids-capped": "`ids=` answers for the first 50 ids only",
        "ids-limit": "`ids=` with more than 50 ids is refused (400)",
        "ids-strict": "an unknown id in `ids=` is answered 404",
        "regions-advisory": "the filter `region_ids` is not looked at",
        "parent-primary": "the filter `parent_id` does not see `direct_parent`",
        "parent-deep": "the filter `parent_id` shows what lies deeper, too",
        "days-only": "a timestamp where a day is meant is refused (400)",
        "date-filters-ignored": "filters by date are not looked at: the whole list comes",
        "date-filters-refused": "filters by date are refused (400)",
        "date-filters-empty": "filters by date find nothing",
        "date-filters-zoned": "filters by date count days in a zone that is 11 hours off",
        "minified-bare": "`minified` leaves ids and names only",
        "offset-rounded": "`offset` is rounded up to whole pages: neighbours never overlap",
        "entries-missing": "each list leaves an entry out, another one each time",
        "entries-nameless": "every kind has an object without a name",
        "entries-without-id": "lists have an entry without an id, and one without id and name",
        # single objects and answers to writes
        "single-wrapped": "a single object stands under its kind",
        "single-data": "a single object stands under `data`",
        "single-array": "a single object is an array of one",
        "create-200": "a create answers 200",
        "create-partial": "a create answers id and name only",
        "update-true": '{"updated": true} answers an update',
        "update-stale": "an update answers the object as it was before",
        # errors, limits and tokens
        "errors-message": "errors have `message` only",
        "errors-error": "errors have `error` only",
        "errors-nested": "errors stand in an object under `error`",
        "errors-list": "an error is an array",
        "errors-text": "errors are HTML",
        "errors-200": "errors of a request come with status 200 and their own in the body",
        "retry-body": "a 429 says when to go on in its body only",
        "retry-date": "a 429 says when to go on as a date",
        "token-endless": "a token comes without `expires_in`",
        "token-number": "`expires_in` is a number",
        "writes-forbidden": "the token may read and not write (403)",
        # shapes of objects
        "references-objects": 'references and sets of them read as {"id": …}',
        "links-bare": "a file's collections read as bare ids",
        "sets-doubled": "sets read with an element twice",
        "sets-reordered": "sets read in another order each time",
        "update-undated": "an object has no `updated_date` until it is updated",
        "changes-undated": "an update leaves `updated_date` as it was",
        "dates-zoned": "timestamps are those of another zone, with its offset",
        "size-text": "`file_size` is a text",
        "status-deleted": "a deleted object goes on being shown, its `status` says deleted",
        "references-dangle": "what referred to a deleted object goes on naming it",
        "root-unlisted": "as root-category, and the root is in no list",
        "revisions": "objects have a revision, an editor and a mark, other ones after each write",
        # names, clearing, deletes
        "names-unique-400": "as names-unique, refused with 400",
        "names-unique-account": "a second object of one kind and name is refused (409), anywhere",
        "file-names-unique": "a second file of one name is refused (409)",
        "clear-never": 'nothing clears a scalar: null is ignored, "" refused (400)',
        "clear-null-only": 'null clears a scalar, "" is refused (400)',
        "published-strict": "`published` must be true or false: null is refused (400)",
        "variants-emptied": "deleting a parent empties its variants' pointers, variants they stay",
        "variants-freed": "deleting a parent makes its variants standalone",
        # attributes, values, groups
        "definition-names": "attribute definitions have `name` and `type`",
        "labels-spaced": "labels of attributes come with stray spaces",
        "options-single": "one picked option reads as a bare id",
        "options-kept": "an option sent without its id keeps the id that its label has",
        "options-merged": "options that a PUT leaves out stay",
        "options-reissued": "every PUT of options gives all of them new ids",
        "options-extra": "options have a color and an order, lost where a PUT leaves them out",
        "options-sorted": "options are kept by label, whatever order is sent",
        "values-emptied": "a cleared value stays as an entry with nothing in it",
        "groups-on-attributes": "membership of groups shows and is written on the attributes",
        "groups-both": "membership of groups shows on both sides, either can be written",
        "groups-unseen": "membership of groups is written on the group and never shown",
        # files
        "upload-url": "a request for an upload answers `url`, `parts` and `path`",
        "upload-presigned": "a request for an upload answers `presigned_url`, `urls` and `key`",
        "auto-links": "a file is linked to the products that its name speaks of",
        "auto-links-late": "as auto-links, but only once the file is processed",
        "files-late": "a confirmed file is not there for the first three reads (404)",
        # what a client must notice and stop at
        "put-drops": "a PUT drops the fields that it does not send",
        "foreign-escaped": "every PUT escapes all texts of the object again",
    }
)

DIALECTS: Mapping[str, str] = MappingProxyType({**LISTED, **FURTHER})

EXCLUSIVE: tuple[frozenset[str], ...] = (
    frozenset(
        ("lists-raw", "lists-wrapped", "lists-data", "lists-items", "lists-hits", "lists-results")
    ),
    frozenset(("page-cap", "limit-ignored")),
    frozenset(("page-repeat", "offset-rounded")),
    frozenset(("ids-ignored", "ids-capped", "ids-limit", "ids-strict")),
    frozenset(("parent-primary", "parent-deep")),
    frozenset(
        (
            "date-filters-ignored",
            "date-filters-refused",
            "date-filters-empty",
            "date-filters-zoned",
        )
    ),
    frozenset(("changes-undated", "update-undated")),
    frozenset(("dates-millis", "dates-zoned")),
    frozenset(("none-blank", "none-null", "none-absent")),
    frozenset(("options-labels", "options-nested", "options-single")),
    frozenset(("options-kept", "options-reissued")),
    frozenset(("write-results", "write-empty", "create-partial")),
    frozenset(("write-results", "write-empty", "update-true", "update-stale")),
    frozenset(("single-wrapped", "single-data", "single-array")),
    frozenset(
        (
            "errors-message",
            "errors-error",
            "errors-nested",
            "errors-list",
            "errors-text",
            "errors-200",
        )
    ),
    frozenset(("retry-body", "retry-date")),
    frozenset(("retry-body", "errors-text")),
    frozenset(("token-endless", "token-number")),
    frozenset(("references-objects", "links-bare")),
    frozenset(("delete-refused", "delete-cascades", "delete-orphans")),
    frozenset(("delete-refused", "variants-emptied", "variants-freed")),
    frozenset(("delete-cascades", "variants-emptied", "variants-freed")),
    frozenset(("delete-orphans", "variants-emptied", "variants-freed")),
    frozenset(("clear-blank", "clear-null", "clear-never", "clear-null-only")),
    frozenset(("names-unique", "names-unique-400", "names-unique-account")),
    frozenset(("auto-links", "auto-links-late")),
    frozenset(("text-cleaned", "text-cleaned-twice", "foreign-escaped")),
    frozenset(("root-category", "root-unlisted")),
    frozenset(("groups-on-attributes", "groups-both", "groups-unseen")),
    frozenset(("upload-url", "upload-presigned")),
    frozenset(("scalars-as-strings", "token-number")),
    frozenset(("status-deleted", "references-dangle")),
    frozenset(("references-dangle", "variants-emptied", "variants-freed")),
)
"""Of each set an account can show one behaviour only."""


def checked(names: Iterable[str]) -> frozenset[str]:
    """The names as a set; ValueError for one that is not known and for two that contradict."""
    found = frozenset(names)
    for name in sorted(found - DIALECTS.keys()):
        near = difflib.get_close_matches(name, DIALECTS, 1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(DIALECTS)}"
        raise ValueError(f"unknown dialect '{name}'{hint}")
    for group in EXCLUSIVE:
        for one, other in combinations(sorted(found & group), 2):
            raise ValueError(f"dialects '{one}' and '{other}' contradict each other: choose one")
    return found
