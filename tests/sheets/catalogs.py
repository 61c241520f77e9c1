"""Generated catalogs as YAML, with all that is hard to keep in a spreadsheet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from reconciler.catalog import read
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Number
from reconciler.sheets import csvfile, xlsxread, xlsxwrite
from reconciler.sheets.compare import compare
from reconciler.sheets.comparison import Comparison
from reconciler.sheets.export import Wanted, table_of
from reconciler.sheets.table import Table
from reconciler.yamltext import Flow, document
from tests.pull.accounts import NAMES, TEXTS

LABELS = ("Red", "Blue", "on", "1.10", "Salty; sour", '"quoted"', "a: b", '12" pipe', "-5", "=1+1")
"""Labels of options and of sub-fields."""

HARD_TEXTS = (
        "=SUM(A1)", "+49 30 1234", "-5°C", "@home", "'tis", "'=1", "007", "1-2", "10/12", "2026-03-01",
        "true", "#NAME?", "two\nlines", "tab\there", "carriage\rreturn", "_x000D_", "_x005F_x0041_",
        "\x01", "a;b", "x,y", '"', "null", "~", "﻿bom", "é", "é", " blank ", "1e5", "1,5",
        "[left", "\ufffe", "日本",
    )  # fmt: skip
"""Texts that spreadsheets like to make something else of."""

HARD = st.sampled_from(HARD_TEXTS)
ANY_TEXT = st.one_of(HARD, NAMES, TEXTS)
NUMBERS = st.one_of(
    st.sampled_from(["0", "450.00", "1.10", "-5", "1e400", "12345678901234567890", "0.1", "1E-7"]),
    st.integers(-(10**6), 10**6).map(str),
    st.decimals(-1000, 1000, places=3).map(str),
).map(Number)
DATES = st.sampled_from(
    ["2025-01-01", "2025-06-30T10:30:00Z", "1899-12-31", "0001-01-01", "9999-12-31"]
)

PARTS = {"Length": "Number", "Note; long": "Text", "a: b": "Text", "Day": "Date", "Ok": "Boolean"}

ATTRIBUTES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("care", {"type": "Text"}),
    ("weight", {"type": "Number"}),
    ("sold", {"type": "Date"}),
    ("vegan", {"type": "Boolean"}),
    ("color", {"type": "Pick List", "options": list(LABELS)}),
    ("seasons", {"type": "Pick List", "options": list(LABELS), "multiple": True}),
    ("chart", {"type": "List", "fields": [Flow(label=x, type=y) for x, y in PARTS.items()]}),
    ("name", {"type": "Text"}),
    ("lent", {"type": "Pick List", "external": True}),
    ("open", {"type": "List", "external": True}),
)
"""One of each type; one whose key is that of a field, two that are somebody else's."""

_PART = {"Number": NUMBERS, "Text": ANY_TEXT, "Date": DATES, "Boolean": st.booleans()}
RECORDS = st.dictionaries(st.sampled_from(list(PARTS)), st.none(), min_size=1).flatmap(
    lambda labels: st.fixed_dictionaries({label: _PART[PARTS[label]] for label in labels})
)
UNTYPED = st.dictionaries(
    st.sampled_from(["x", "a: b", "y;z"]),
    st.one_of(st.sampled_from(["90", "true", "slim", "1e5"]), NUMBERS, st.booleans()),
    min_size=1,
)

VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "care": ANY_TEXT,
    "weight": NUMBERS,
    "sold": DATES,
    "vegan": st.booleans(),
    "color": st.sampled_from(LABELS),
    "seasons": st.lists(st.sampled_from(LABELS), min_size=1, max_size=4, unique=True),
    "chart": RECORDS,
    "name": ANY_TEXT,
    "lent": st.lists(st.sampled_from(LABELS), min_size=1, max_size=3, unique=True),
    "open": UNTYPED,
}
"""Values as YAML data, by attribute."""


def _values() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict(VALUES))


@st.composite
def products(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Products, some with variants, nested or flat."""
    found = []
    for index in range(draw(st.integers(1, 4))):
        item: dict[str, Any] = {"key": f"p/{index}", "name": draw(ANY_TEXT.filter(bool))}
        item["additional_title"] = f"SKU {index}"
        item |= {"category": draw(st.sampled_from(["top", "below"])), "categories": ["new"]}
        if draw(st.booleans()):
            item |= {"published": True, "published_start_date": draw(DATES)}
        item["attributes"] = _typed(draw(_values()))
        variants = [
            {"key": f"p/{index}.{x}", "name": f"V {x}", "attributes": _typed(draw(_values()))}
            for x in range(draw(st.integers(0, 2)))
        ]
        if draw(st.booleans()):
            item["variants"] = variants
        else:
            found += [{**variant, "variant_of": item["key"]} for variant in variants]
        found.append({name: value for name, value in item.items() if value not in ({}, [])})
    return found


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    from reconciler.yamltext import TypedFlow

    known = dict(values)
    if "open" in known:
        known["open"] = TypedFlow(known["open"])
    return {name: value for name, value in known.items() if value != ""}


FIXED = document(
    {
        "categories": [
            {"key": "top", "name": "Top", "children": [{"key": "below", "name": "Below"}]},
            {"key": "new", "name": "New"},
        ],
        "attributes": [{"key": key, "label": f"The {key}", **rest} for key, rest in ATTRIBUTES],
    },
    (),
)


@st.composite
def texts(draw: st.DrawFn) -> dict[str, str]:
    """The files of a catalog."""
    return {"fixed.yaml": FIXED, "products.yaml": document({"collections": draw(products())}, ())}


@contextmanager
def loaded(files: Mapping[str, str]) -> Iterator[tuple[Path, Catalog]]:
    """A folder with these files, and what they declare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_bytes(text.encode())
        reading = read(folder)
        assert [str(x) for x in reading.problems if x.severity == "error"] == []
        yield folder, reading.catalog


def exported(catalog: Catalog, kind: str = "collection", **wanted: Any) -> Table:
    """The sheet of a kind."""
    return table_of(catalog, Wanted(KINDS[kind], **wanted))


def by_xlsx(table: Table) -> Table:
    """A table as it comes back from a workbook."""
    return xlsxread.loads(xlsxwrite.dumps(table))


def by_csv(table: Table) -> Table:
    """A table as it comes back from CSV."""
    return csvfile.loads(csvfile.dumps(table), "a.csv")


ROADS = {"xlsx": by_xlsx, "csv": by_csv}


def compared(table: Table, catalog: Catalog, kind: str = "collection") -> Comparison:
    """What an import of a table would do."""
    return compare(table, catalog, KINDS[kind])
