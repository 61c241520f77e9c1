"""Each dialect does what it says: the same act, by default and under it, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from reconciler.sandbox import DIALECTS
from tests.limits import HANG
from tests.sandbox.acts import GONE, PARTS, Show, make, marked
from tests.sandbox.boxes import Box, served
from tests.sandbox.reading_acts import (
    a_set,
    above_the_top,
    asked_by_60_ids,
    asked_by_one_id,
    asked_for_30,
    by_date,
    capped,
    changed_by,
    dated,
    dates,
    deeper,
    definition,
    empty_category_list,
    empty_list,
    hit,
    inherited,
    joined,
    label_written,
    lacking,
    lagging,
    left_out,
    many_fields,
    member_only,
    minified_names,
    nothing,
    of_another_region,
    order_changes,
    past_the_end,
    picked,
    references,
    revised,
    scalars,
    seams,
    set_order_changes,
    shown_label,
    size,
    status_of,
    sub_fields,
    topics,
    types_of_ids,
)
from tests.sandbox.writing_acts import (
    bereft,
    category_value,
    cleared,
    clears,
    dangling,
    deleted,
    dropped_fields,
    emptied,
    expiry,
    first_reads,
    late,
    membership,
    not_empty,
    not_found,
    of_a_hidden_region,
    option_ids,
    option_keys,
    option_order,
    patched,
    same_files,
    same_kinds,
    same_names,
    tagged,
    tagged_later,
    texts,
    too_many,
    twice_the_same,
    unpublished,
    untouched_texts,
    update_answer,
    upload_names,
    writes,
    writing,
)

OBJECTS = [(201, "object"), (200, "object"), (200, {"deleted": True})]
EMPTY: Any = {"collections": []}

SHOWS: Mapping[str, Show] = {
    "lists-raw": Show(empty_list, EMPTY, []),
    "lists-wrapped": Show(empty_category_list, [], {"categories": []}),
    "lists-data": Show(
        empty_list, EMPTY, {"data": [], "pagination": {"total": 0, "offset": 0, "limit": 0}}
    ),
    "lists-items": Show(empty_list, EMPTY, {"items": []}),
    "lists-hits": Show(empty_list, EMPTY, {"hits": [], "total": 0}),
    "lists-results": Show(empty_list, EMPTY, {"results": [], "count": 0}),
    "lists-null": Show(empty_list, EMPTY, None),
    "page-cap": Show(capped, 60, 50),
    "page-repeat": Show(past_the_end, [], ["C"]),
    "page-shuffle": Show(order_changes, False, True),
    "limit-ignored": Show(asked_for_30, 30, 20),
    "limit-refused": Show(status_of("category?limit=101"), 200, 400),
    "ids-ignored": Show(asked_by_one_id, 1, 3),
    "ids-capped": Show(asked_by_60_ids, 60, 50),
    "ids-limit": Show(asked_by_60_ids, 60, 400),
    "ids-strict": Show(status_of("collection?ids=none"), 200, 404),
    "regions-advisory": Show(of_another_region, False, True),
    "parent-primary": Show(member_only, 1, 0),
    "parent-deep": Show(deeper, 0, 1),
    "days-only": Show(status_of("collection?created_start_date=2025-01-01T00:00:00Z"), 200, 400),
    "date-filters-ignored": Show(by_date, [True, False], [True, True]),
    "date-filters-refused": Show(by_date, [True, False], [400, 400]),
    "date-filters-empty": Show(by_date, [True, False], [False, False]),
    "date-filters-zoned": Show(by_date, [True, False], [False, False]),
    "minified-bare": Show(minified_names, False, True),
    "offset-rounded": Show(seams, ["ABC", "CDE", "E"], ["ABC", "DE", ""]),
    "entries-missing": Show(left_out, ["ABC"] * 4, ["BC", "AC", "AB", "BC"]),
    "entries-nameless": Show(lacking, [[], [], []], [["name"], ["label"], ["file_name"]]),
    "entries-without-id": Show(
        lacking,
        [[], [], []],
        [["id", "id name"], ["id", "id label"], ["id", "id file_name"]],
    ),
    "stale-lists": Show(lagging, [True, 1, True], [False, 0, True], {"lag": HANG}),
    "none-blank": Show(nothing, [None, []], ["", ""]),
    "none-null": Show(nothing, [None, []], [None, None]),
    "none-absent": Show(nothing, [None, []], ["absent", "absent"]),
    "options-labels": Show(picked("Blue"), ["o-Blue"], "Blue"),
    "options-nested": Show(picked("Blue", "Red", maximum=2), ["o-Blue", "o-Red"], [["o-Blue"], ["o-Red"]]),
    "options-single": Show(picked("Blue"), ["o-Blue"], "o-Blue"),
    "options-strict": Show(label_written, 200, 400),
    "scalars-as-strings": Show(scalars, [False, 450, 1], ["false", "450", "1"]),
    "ids-int": Show(types_of_ids, ["str"], ["int"]),
    "dates-millis": Show(
        dates,
        ["2025-01-01T10:11:12Z", "2025-03-04T00:00:00Z"],
        ["2025-01-01T10:11:12.000Z", "2025-03-04T00:00:00.000Z"],
    ),
    "dates-zoned": Show(
        dates,
        ["2025-01-01T10:11:12Z", "2025-03-04T00:00:00Z"],
        ["2025-01-01T12:11:12+02:00", "2025-03-04T00:00:00Z"],
    ),
    "extra-fields": Show(many_fields, False, True),
    "hits-wrapped": Show(hit, [False, 1], [True, {"value": 1}]),
    "root-category": Show(above_the_top, [None, False], ["Super", True]),
    "root-unlisted": Show(above_the_top, [None, False], ["Super", False]),
    "parent-joins": Show(joined, [["#other"], []], [["#other", "#top"], ["#top"]]),
    "list-fields": Show(sub_fields, [["a"]], [[], ["a"]]),
    "inherited-values": Show(inherited, ["#b own"], ["#b own", "#a from above"]),
    "related-topics": Show(topics("resource"), [["#c"], "absent"], ["absent", [{"id": "#c"}]]),
    "links-bare": Show(topics("file"), [[{"id": "#c"}], "absent"], [["#c"], "absent"]),
    "references-objects": Show(references, ["#a", ["#a"]], [{"id": "#a"}, [{"id": "#a"}]]),
    "sets-doubled": Show(a_set, [["#a", "#b"]], [["#a", "#b", "#a"]]),
    "sets-reordered": Show(set_order_changes, False, True),
    "update-undated": Show(dated, [True, True], [False, True]),
    "changes-undated": Show(changed_by, True, False),
    "size-text": Show(size, 4, "4"),
    "definition-names": Show(
        definition, ["Color", "Text", "absent", "absent"], ["absent", "absent", "Color", "Text"]
    ),
    "labels-spaced": Show(shown_label, ["Color", "Color"], [" Color  ", " Color "]),
    "write-results": Show(
        writes,
        OBJECTS,
        [
            (201, {"inserted": 1, "generated_keys": ["#id"], "errors": 0}),
            (200, {"replaced": 1, "unchanged": 0, "errors": 0}),
            (200, {"deleted": 1, "errors": 0}),
        ],
    ),
    "write-empty": Show(writes, OBJECTS, [(204, None)] * 3),
    "create-200": Show(writes, OBJECTS, [(200, "object"), *OBJECTS[1:]]),
    "create-partial": Show(writes, OBJECTS, [(201, {"id": "#id", "name": "#"}), *OBJECTS[1:]]),
    "update-true": Show(writes, OBJECTS, [OBJECTS[0], (200, {"updated": True}), OBJECTS[2]]),
    "update-stale": Show(update_answer, "new", "old"),
    "attributes-patch": Show(patched, 1, 2),
    "text-cleaned": Show(texts, [" a & b ", "a &amp; b"], ["a &amp; b", "a &amp; b"]),
    "text-cleaned-twice": Show(texts, [" a & b ", "a &amp; b"], ["a &amp; b", "a &amp;amp; b"]),
    "foreign-escaped": Show(untouched_texts, ["a & b", "<x>"], ["a &amp; b", "&lt;x&gt;"]),
    "category-attributes-refused": Show(category_value, [200, 200], [400, 400]),
    "delete-refused": Show(
        not_empty, [400, (True, 0), (False, 1)], [400, (True, 0), (False, 1)]
    ),
    "delete-cascades": Show(not_empty, [400, (True, 0), (False, 1)], [200, None, None]),
    "delete-orphans": Show(
        not_empty, [400, (True, 0), (False, 1)], [200, (False, 0), (False, 0)]
    ),
    "references-dangle": Show(dangling, [], ["#gone"]),
    "status-deleted": Show(
        deleted, [None, 404, None, 0, [404, 404]], ["Active", 200, "Deleted", 1, [404, 404]]
    ),
    "clear-blank": Show(clears, [(None, 0), (None, 0)], [("kept", 1), (None, 0)]),
    "clear-null": Show(clears, [(None, 0), (None, 0)], [(None, 0), ("kept", 1)]),
    "names-unique": Show(twice_the_same, [201, 201, 201, 200], [201, 409, 201, 409]),
    "names-unique-400": Show(same_names, [201, 200, 200, 200], [400, 400, 400, 200]),
    "names-unique-account": Show(same_kinds, [201] * 4, [409] * 4),
    "file-names-unique": Show(same_files, [201, 200, 200], [409, 409, 200]),
    "clear-never": Show(cleared, [(200, None), (200, None)], [(200, "kept"), (400, "kept")]),
    "clear-null-only": Show(cleared, [(200, None), (200, None)], [(200, None), (400, None)]),
    "published-strict": Show(unpublished, [200, 200, 200], [400, 400, 200]),
    "variants-emptied": Show(
        bereft, [400, 400, "#p", "variant"], [200, 400, None, "variant"]
    ),
    "variants-freed": Show(bereft, [400, 400, "#p", "variant"], [200, 400, None, None]),
    "revisions": Show(
        revised, [True, []], [True, ["etag", "history", "revision", "updated_by"]]
    ),
    "slow-create": Show(late, 201, "dropped", {"create_wait": 0.02, "create_delay": 0.02}),
    "partial-view": Show(of_a_hidden_region, [[200, 200, 200, 200], True, 1], [[404] * 4, False, 1]),
    "writes-forbidden": Show(writing, [201, 200], [403, 200]),
    "put-drops": Show(dropped_fields, ["kept", "SKU", ["#a"]], ["kept", None, []]),
    "options-kept": Show(option_ids(["Blue"]), [("Blue", False)], [("Blue", True)]),
    "options-merged": Show(
        option_ids([{"id": "o-Red", "label": "Crimson"}]),
        [("Crimson", True)],
        [("Blue", True), ("Crimson", True)],
    ),
    "options-reissued": Show(
        option_ids([{"id": "o-Red", "label": "Red"}]), [("Red", True)], [("Red", False)]
    ),
    "options-extra": Show(
        option_keys,
        [{}, {}, {}],
        [{"color": "#1d4ed8", "order": 0}, {"color": "pink", "order": 0}, {}],
    ),
    "options-sorted": Show(option_order, ["S", "M", "L"], ["L", "M", "S"]),
    "values-emptied": Show(emptied, [], ["''", "'absent'", "None", "[]"]),
    "groups-on-attributes": Show(
        membership, [["#a"], [], "absent"], ["absent", "absent", ["#g2"]]
    ),
    "groups-both": Show(membership, [["#a"], [], "absent"], [[], ["#a"], ["#g2"]]),
    "groups-unseen": Show(membership, [["#a"], [], "absent"], ["absent"] * 3),
    "upload-url": Show(
        upload_names,
        [
            (["expires_in", "file_path", "upload_id", "upload_type", "upload_url"], 0),
            (
                ["expires_in", "file_path", "part_size", "parts", "upload_id", "upload_type"],
                ["part_number", "upload_url"],
            ),
        ],
        [
            (["expires_in", "path", "upload_id", "upload_type", "url"], 0),
            (
                ["expires_in", "part_size", "parts", "path", "upload_id", "upload_type"],
                ["part_number", "url"],
            ),
        ],
        PARTS,
    ),
    "upload-presigned": Show(
        upload_names,
        [
            (["expires_in", "file_path", "upload_id", "upload_type", "upload_url"], 0),
            (
                ["expires_in", "file_path", "part_size", "parts", "upload_id", "upload_type"],
                ["part_number", "upload_url"],
            ),
        ],
        [
            (["expires_in", "key", "presigned_url", "upload_id", "upload_type"], 0),
            (["expires_in", "key", "part_size", "upload_id", "upload_type", "urls"], 3),
        ],
        PARTS,
    ),
    "auto-links": Show(tagged, [], [{"id": "#c"}]),
    "auto-links-late": Show(tagged_later, [[], []], [[], [{"id": "#c"}]], {"processing": 0.05}),
    "files-late": Show(
        first_reads, [1, True, 200, 200, 200, True], [0, False, 404, 404, 200, True]
    ),
    "errors-message": Show(not_found, (404, GONE), (404, {"message": "Not Found"})),
    "errors-error": Show(not_found, (404, GONE), (404, {"error": "Not Found"})),
    "errors-nested": Show(
        not_found, (404, GONE), (404, {"error": {"code": 404, "message": "Not Found"}})
    ),
    "errors-list": Show(not_found, (404, GONE), (404, [{"code": 404, "message": "Not Found"}])),
    "errors-text": Show(
        not_found, (404, GONE), (404, "<html><body><h1>404</h1><p>Not Found</p></body></html>")
    ),
    "errors-200": Show(not_found, (404, GONE), (200, {**GONE, "statusCode": 404})),
    "retry-body": Show(too_many, "a number", "absent", {"rate_limit": 1}),
    "retry-date": Show(too_many, "a number", "a date", {"rate_limit": 1}),
    "token-endless": Show(expiry, "31536000", "absent"),
    "token-number": Show(expiry, "31536000", 31_536_000),
    "single-wrapped": Show(
        lambda box: marked(box.get(f"category/{make(box, 'category')}")),
        "object",
        {"category": "object"},
    ),
    "single-data": Show(
        lambda box: marked(box.get(f"category/{make(box, 'category')}")),
        "object",
        {"data": "object"},
    ),
    "single-array": Show(
        lambda box: marked(box.get(f"category/{make(box, 'category')}")), "object", ["object"]
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def plain() -> Iterator[Box]:
    """One account of the default dialect for all acts: they do not meet."""
    with served() as box:
        yield box


def test_every_dialect_is_shown() -> None:
    assert set(SHOWS) == set(DIALECTS)


@pytest.mark.parametrize("dialect", SHOWS)
def test_by_default_the_article_holds(dialect: str, plain: Box) -> None:
    show = SHOWS[dialect]
    if not show.options:
        assert show.act(plain) == show.default
        return
    with served(**show.options) as box:
        assert show.act(box) == show.default


@pytest.mark.parametrize("dialect", SHOWS)
def test_a_dialect_does_what_it_says(dialect: str) -> None:
    show = SHOWS[dialect]
    with served(dialect, **show.options) as box:
        assert show.act(box) == show.under
