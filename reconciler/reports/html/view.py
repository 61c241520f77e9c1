"""A report as what the template shows: names, marks and runs of text, all of it made inert.

A run is a text with the tag that it stands in: `ins`, `del`, `em` (nothing), `v` (a value), or
none (our own words).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from reconciler.enums import Class
from reconciler.model import FieldChange, Origin, Value
from reconciler.reports.fieldshapes import (
    RecordShape,
    SetShape,
    Shape,
    TextShape,
    is_conflict,
    shape_of,
)
from reconciler.reports.items import NOUNS, Bulk, Item, Product, Shelf
from reconciler.reports.numbers import difference
from reconciler.reports.parts import Grown, Part, heading
from reconciler.reports.remedies import LEAD, heads
from reconciler.reports.report import Attention, Report, Turn
from reconciler.reports.values import NOTHING, brief, clean, shown, shown_pair, whence
from reconciler.reports.worddiff import word_diff

MOST = 20_000
"""Characters of one value: a page holds more than a comment, and not everything."""

OPEN = 200
"""Objects up to which all categories are open."""

SHARED = 8
"""Rows of a list from which what they have in common is said once, above it."""

Run = tuple[str, str]
T = TypeVar("T")

Row = dict[str, Any]
"""An object as the template shows it."""

WORDS: Mapping[str, str] = {
    "create": "new",
    "recreate": "made again",
    "update": "changed",
    "adopt": "adopted",
    "move": "moved",
    "delete": "deleted",
    "unpublish": "unpublished",
    "changed": "changed",
    "gone": "gone",
    "unmanaged": "unmanaged",
    "differs": "differs",
    "only_first": "only there",
    "only_second": "only there",
}


def page(report: Report) -> dict[str, Any]:
    """Everything that the template needs of a report."""
    eyes = [_eyes(item) for item in report.eyes]
    parts = [_part(part) for part in report.parts]
    total = sum(item["count"] for item in eyes)
    for part in parts:
        total += sum(shelf["count"] for shelf in part["shelves"])
    return {
        "icon": report.overview.icon,
        "verdict": report.overview.verdict,
        "counts": [(item.number, item.words, item.sort) for item in report.counts],
        "still": report.overview.still,
        "lead": _cleaned(report.lead),
        "remedies": list(heads(report.overview.remedies)),
        "remedies_lead": LEAD,
        "eyes": eyes,
        "notes": [(title, _cleaned(texts)) for title, texts in _sentences(report)],
        "bulks": [_bulk(item) for item in report.bulks],
        "turns": [_turn(turn) for turn in report.turns],
        "parts": parts,
        "unfolded": total <= OPEN,
    }


def _cleaned(texts: Iterable[str]) -> list[str]:
    return list(map(clean, texts))


def _eyes(eyes: Attention) -> dict[str, Any]:
    rows = [_item(item, eyes.sort, placed=True) for item in eyes.items]
    return {"title": eyes.title, "count": len(rows), **_listed(rows)}


def _sentences(report: Report) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from report.notes
    if report.defaults:
        yield "Changed defaults", report.defaults


def _turn(turn: Turn) -> dict[str, Any]:
    """What goes live or is taken down; these objects are told elsewhere too, so they are bare."""
    rows: list[tuple[str, str, str]] = []
    for day, items in turn.days.items():
        when = f"on {day}" if day else "with this plan"
        rows += [(clean(item.label), _where(item), when) for item in items]
    return {"title": turn.title, "count": turn.total, "rows": rows, "new": len(turn.new)}


def _part(part: Part) -> dict[str, Any]:
    shelves = [_shelf(shelf, part) for shelf in part.shelves]
    if part.grown:
        rows = [_grown(subtree) for subtree in part.grown]
        count = sum(1 + len(subtree.below) for subtree in part.grown)
        shelves.insert(0, {"path": [part.title, "new"], "count": count, **_listed(rows)})
    return {"title": part.title if part.placed else "", "shelves": shelves}


def _shelf(shelf: Shelf, part: Part) -> dict[str, Any]:
    title = heading("collection") if part.placed else part.title
    path = _cleaned(shelf.path or (title,))
    rows = [_product(product) for product in shelf.products]
    return {"path": path, "count": len(shelf.items), **_listed(rows)}


def _grown(grown: Grown) -> Row:
    """A new subtree: its top, how much is new in it, and the categories below."""
    found = _item(grown.item, grown.item.action, placed=True)
    counts = [
        f"{count:,} {NOUNS[sort][count != 1]}" for sort, count in grown.counts.items() if count
    ]
    said = [f"In it, all of it new: {', '.join(counts)}"] if counts else []
    inner = [_item(item, item.action, placed=True) for item in grown.below]
    return {**found, "said": [*said, *found["said"]], "inner": _listed(inner)}


def _product(product: Product) -> Row:
    head = product.item
    found = _item(head, head.action) if head else _row(product.label, "", "product")
    variants = [_item(item, item.action) for item in product.variants]
    return {**found, "inner": _listed(variants)}


def _row(label: str, sort: str, what: str) -> Row:
    """A row that says no more than what it is, as that of a product that does not change itself."""
    return {
        "name": clean(label),
        "sort": sort,
        "what": what,
        "where": "",
        "file": "",
        "line": 0,
        "link": "",
        "web": "",
        "said": [],
        "fields": [],
        "pictures": [],
        "inner": None,
    }


def _item(item: Item, sort: str, *, placed: bool = False) -> Row:
    sorts = sort if sort == item.action else f"{sort} {item.action}"
    declared = [_declared(title, value, item.origins.get(title)) for title, value in item.declared]
    fields = [_field(part, sort) for part in item.fields]
    return {
        **_row(item.label, sorts, f"{item.noun()}, {WORDS[item.action]}"),
        "said": _cleaned(_said(item)),
        "where": _where(item) if placed else "",
        "fields": [*fields, *declared],
        "file": clean(item.place.file) if item.place else "",
        "line": item.place.line if item.place else 0,
        "link": item.link,
        "web": item.web,
        "pictures": [(clean(f"{one.when}: {one.name}"), one.src) for one in item.pictures],
    }


# --- lists --------------------------------------------------------------------------------------


def _listed(rows: Sequence[Row]) -> dict[str, Any]:
    """A list of rows, with what most of them are said once, above it."""
    sort, _ = _most((row["sort"] for row in rows), "")
    what, where = _said_once(rows)
    file, files = _most((row["file"] for row in rows if row["line"]), "")
    usual = {"what": what, "where": where, "file": file if files >= SHARED else ""}
    for row in rows:
        _leave_out(row, sort, usual)
    return {"sort": sort, "usual": usual, "rows": rows}


def _most(values: Iterable[T], none: T) -> tuple[T, int]:
    """What is there most often, and how often."""
    return max(Counter(values).items(), key=itemgetter(1), default=(none, 0))


def _said_once(rows: Sequence[Row]) -> tuple[str, str]:
    """What most rows are, and where; or only what they are, where they stand in many places."""
    pairs = [(row["what"], row["where"]) for row in rows]
    pair, count = _most(pairs, ("", ""))
    if count >= max(SHARED, len(rows) / 2) and ("", "") not in pairs:
        return pair
    what, count = _most((row["what"] for row in rows), "")
    return (what, "") if count >= SHARED else ("", "")


def _leave_out(row: Row, sort: str, usual: Mapping[str, str]) -> None:
    """Take out of a row what its list says of it: in place, a copy of each costs as much again.

    One that says what it is says where, too, and a line without a file is one of the usual file.
    """
    if row["sort"] == sort:
        row["sort"] = None
    if row["what"] == usual["what"] and usual["where"] in ("", row["where"]):
        row["what"] = ""
        row["where"] = "" if usual["where"] else row["where"]
    if row["file"] == usual["file"]:
        row["file"] = ""


def _said(item: Item) -> Iterator[str]:
    if item.blocked is not None:
        yield f"Blocked: {item.blocked}"
    if item.source is not None:
        yield f"Was {item.source}"
    yield from map(_capital, item.concerns)
    for text in item.fallout:
        yield f"Falls with it: {text}"
    for text in item.above:
        yield f"Also {text}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _where(item: Item) -> str:
    parts = [*item.group.categories, item.group.product_label]
    return " › ".join(clean(part) for part in parts if part)


def _bulk(bulk: Bulk) -> dict[str, Any]:
    count, sort = len(bulk.items), bulk.items[0].sort
    pairs: Iterable[FieldChange | None] = bulk.fields or [None] * count
    rows = [_named(item, part) for item, part in zip(bulk.items, pairs, strict=True)]
    title, runs = _field(bulk.field)
    shown = [("v", bulk.factor)] if bulk.factor else runs
    return {"field": (title, shown), "on": f"on {count:,} {NOUNS[sort][1]}", **_listed(rows)}


def _named(item: Item, part: FieldChange | None) -> Row:
    """An object by its name, with one change of its own."""
    row = {"name": clean(item.label), "sort": item.action, "what": "", "where": _where(item)}
    return {**row, "file": "", "line": 0, "pair": _field(part)[1] if part else []}


# --- fields -------------------------------------------------------------------------------------


def _field(item: FieldChange, told: str = "") -> tuple[str, list[Run]]:
    """A field's name and what becomes of it; its class where its list is not of that class."""
    runs = list(_runs(shape_of(item, one_sided=False)))
    if is_conflict(item):
        runs += [("", " (conflict: it was "), _value(item.applied), ("", ")")]
    elif item.cls not in (Class.PENDING, told):
        runs.append(("", f" ({item.cls})"))
    return clean(item.path), [*runs, *_whence(item.origin)]


def _whence(origin: Origin | None) -> Iterator[Run]:
    if origin is not None:
        yield "", f" ({whence(origin)})"


def _declared(title: str, value: Value, origin: Origin | None) -> tuple[str, list[Run]]:
    return clean(title), [*_side("v", value, shown(value)), *_whence(origin)]


def _value(value: Value) -> Run:
    text = brief(value, MOST)
    return ("em", "nothing") if text == NOTHING else ("v", text)


def _runs(shape: Shape) -> Iterator[Run]:
    if isinstance(shape, SetShape):
        return _elements(shape)
    if isinstance(shape, TextShape):
        return _diff(shape.before, shape.after)
    if isinstance(shape, RecordShape):
        return _parts(shape)
    return _pair(shape.before, shape.after)


def _pair(before: Value, after: Value) -> Iterator[Run]:
    one, other = shown_pair(before, after)
    yield from _side("del", before, one)
    yield "", " → "
    yield from _side("ins", after, other)
    by = difference(before, after)
    if by:
        yield "", f" ({by})"


def _side(tag: str, value: Value, text: str) -> Iterator[Run]:
    if isinstance(value, tuple) and value:
        return _joined(tag, map(shown, value))
    return iter([("em", "nothing") if text == NOTHING else (tag, _cut(text))])


def _elements(shape: SetShape) -> Iterator[Run]:
    yield from _joined("ins", map(clean, shape.add))
    if shape.add and shape.remove:
        yield "", ", "
    yield from _joined("del", map(clean, shape.remove))
    others = bool(shape.add or shape.remove)
    for old, new in shape.rename:
        yield "", ", " if others else ""
        yield from (("del", clean(old)), ("", " → "), ("ins", clean(new)))
    if shape.order:
        yield "", ", in this order: " if others or shape.rename else "in this order: "
        yield from _joined("v", map(clean, shape.order))


def _joined(tag: str, texts: Iterable[str]) -> Iterator[Run]:
    for index, text in enumerate(texts):
        if index:
            yield "", ", "
        yield tag, _cut(text)


def _parts(shape: RecordShape) -> Iterator[Run]:
    for index, (name, before, after) in enumerate(shape.parts):
        yield "", f"{', ' if index else ''}{clean(name)} "
        yield from _pair(before, after)


_TAGS: Mapping[str, str] = {"-": "del", "+": "ins", "=": ""}


def _diff(before: str, after: str) -> Iterator[Run]:
    yield from ((_TAGS[sign], _cut(clean(text))) for sign, text in word_diff(before, after))


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}… ({len(text):,} characters)"
