"""The grammar of a cell: a value of the catalog as people type it, in both directions.

    text           as it is
    number         12.5
    truth value    true, false
    date           2026-03-01, or 2026-03-01T08:00:00Z
    choice         Red
    choices        Red; Dark blue; "Salty; sour"
    record         Length: 2.15; Note: "with porch; no snow skirt"

Between choices and between the fields of a record stands a semicolon, or a line break.  In
double quotes, a double quote inside doubled, anything may stand; a text needs them that holds a
semicolon or a line break, or begins with a quote or a blank, and a label that holds a colon.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model import Number, Value
from reconciler.normalize import composed, distinct, instant, is_empty, number, spelled, texts
from reconciler.pull.pulled import Inexpressible
from reconciler.pull.values import as_listed, figure, moment
from reconciler.quoting import quoted
from reconciler.sheets.shapes import Shape, Sort
from reconciler.sheets.table import GENERAL, LONGEST_CELL, Cell, Form
from reconciler.suggestions import suggestion
from reconciler.yamltext import expressible

DIGITS = 15
"""Digits of a number that every spreadsheet program keeps."""

TEXT_FORMAT = "@"
OMITTED = "[left in the YAML: "
"""How a cell begins that stands for a value which no cell can hold: it is not read."""


class Unfit(Exception):
    """A cell that cannot be what its column is; `hint` is what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


# --- value → cell -------------------------------------------------------------------------------


def write(value: Value, shape: Shape) -> Cell:
    """The cell of a value; one that no cell can hold stays in the YAML, and the cell says so."""
    if is_empty(value):
        return Cell()
    cell = _WRITERS[shape.sort](value, shape)
    if len(cell.text) <= LONGEST_CELL:
        return cell
    return Cell(f"{OMITTED}{len(cell.text):,} characters are too many for a cell]")


def _write_text(value: Value, _: Shape) -> Cell:
    return Cell(spelled(value))


def _write_number(value: Value, _: Shape) -> Cell:
    """A number; as a text where a spreadsheet would lose digits of it."""
    text = spelled(value)
    found = re.fullmatch(r"-?([0-9]+)(?:\.([0-9]+))?", text)
    if found is None or len(found[1]) + len(found[2] or "") > DIGITS:
        return Cell(text)
    decimals = len(found[2] or "")
    return Cell(text, Form.NUMBER, f"0.{'0' * decimals}" if decimals else "0")


def _write_moment(value: Value, _: Shape) -> Cell:
    # Spreadsheets count days from 1900 on, with one that never was in it.
    text = moment(value)
    return Cell(text, Form.MOMENT if text >= "1900-03-01" else Form.TEXT)


def _write_choices(value: Value, _: Shape) -> Cell:
    return Cell("; ".join(_item(label) for label in texts(value)))


def _write_record(value: Value, shape: Shape) -> Cell:
    assert isinstance(value, Mapping)
    pairs = [f"{_label(label)}: {_part(label, part, shape)}" for label, part in value.items()]
    return Cell("; ".join(pairs))


def _part(label: str, value: Value, shape: Shape) -> str:
    if not isinstance(value, str):
        return spelled(value)
    if shape.parts is None:
        is_as_typed = shape.texts or isinstance(_as_typed(value), str)
        return _item(value) if is_as_typed else _in_quotes(value)
    listed = as_listed(label, shape.parts)
    is_day = listed is not None and shape.parts[listed] == "Date"
    return _item(moment(value) if is_day else value)


def _item(text: str) -> str:
    is_plain = text and text == text.strip() and not re.search(r'^"|[;\n\r]', text)
    return text if is_plain else _in_quotes(text)


def _label(text: str) -> str:
    return _in_quotes(text) if ":" in text else _item(text)


def _in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


_WRITERS: Mapping[Sort, Callable[[Value, Shape], Cell]] = {
    Sort.TEXT: _write_text,
    Sort.NUMBER: _write_number,
    Sort.TRUTH: _write_text,
    Sort.MOMENT: _write_moment,
    Sort.CHOICE: lambda value, _: Cell("".join(texts(value)[:1])),
    Sort.CHOICES: _write_choices,
    Sort.RECORD: _write_record,
}


# --- cell → value -------------------------------------------------------------------------------


def is_omitted(cell: Cell) -> bool:
    """Whether a cell stands for a value that was left in the YAML."""
    return cell.form is Form.TEXT and cell.text.startswith(OMITTED)


def read(cell: Cell, shape: Shape, *, comma: bool = False) -> Value:
    """The value of a cell, None of an empty one; raises `Unfit`.

    `comma` says that a number may have a decimal comma.
    """
    if cell.form is Form.FORMULA:
        hint = "put its result there: copy the cell and paste it as a value"
        raise Unfit(f"it holds a formula, {quoted(cell.text)}", hint)
    if cell.form is Form.FAULT:
        raise Unfit(f"it holds the error {quoted(cell.text)}", "type the value")
    if cell.text == "":
        return None
    if len(cell.text) > LONGEST_CELL:
        raise Unfit(f"it holds more than {LONGEST_CELL:,} characters", "edit it in the YAML")
    if not expressible(cell.text):
        raise Unfit("it holds a character that YAML cannot write", "take it out")
    if shape.sort is Sort.NUMBER and comma:
        cell = Cell(_with_point(cell.text), cell.form, cell.number_format)
    return _READERS[shape.sort](cell, shape)


def _read_text(cell: Cell, _: Shape) -> Value:
    """The characters; a number that nobody formatted is taken as it is shown."""
    as_shown = cell.form is Form.NUMBER and cell.number_format in (GENERAL, TEXT_FORMAT)
    if cell.form is not Form.TEXT and not as_shown:
        what = f"it holds {cell.form.value}, {quoted(cell.text)}, and the column takes a text"
        raise Unfit(what, "format the cell as text, then type it again")
    return cell.text


def _read_number(cell: Cell, _: Shape) -> Value:
    found = number(cell.text) if cell.form in (Form.TEXT, Form.NUMBER) else None
    try:
        found = None if found is None else figure(found)
    except Inexpressible:
        found = None
    if found is None:
        raise Unfit(f"it takes a number, not {quoted(cell.text)}", "write it like 12.5")
    return _as_formatted(found, cell) if cell.form is Form.NUMBER else found


def _as_formatted(found: Number, cell: Cell) -> Number:
    """A number with as many decimals as its cell shows: a price of 450 is typed and is 450.00."""
    shown = re.fullmatch(r"0\.(0+)", cell.number_format)
    exponent = found.as_tuple().exponent
    if shown is None or not isinstance(exponent, int) or -exponent >= len(shown[1]):
        return found
    return Number(f"{found:.{len(shown[1])}f}")


def _with_point(text: str) -> str:
    return text.replace(",", ".") if re.fullmatch(r"-?[0-9]+,[0-9]+", text) else text


def _read_truth(cell: Cell, _: Shape) -> Value:
    word = cell.text.strip().lower()
    if cell.form not in (Form.TEXT, Form.TRUTH) or word not in ("true", "false"):
        raise Unfit(f"it takes true or false, not {quoted(cell.text)}")
    return word == "true"


def _read_moment(cell: Cell, _: Shape) -> Value:
    found = instant(cell.text) if cell.form in (Form.TEXT, Form.MOMENT) else None
    if found is None:
        hint = "write 2025-01-31 or 2025-01-31T10:00:00Z"
        raise Unfit(f"it takes a date, not {quoted(cell.text)}", hint)
    return found


def _read_choice(cell: Cell, shape: Shape) -> Value:
    text = _read_text(cell, shape)
    assert isinstance(text, str)
    return _known(text, shape)


def _known(label: str, shape: Shape) -> str:
    """An option as it is declared."""
    if not shape.closed or shape.options is None:
        return label
    found = as_listed(label, shape.options)
    if found is None:
        hint = suggestion(label, shape.options)
        raise Unfit(f"{quoted(label)} is not one of its options", hint)
    return found


def _read_choices(cell: Cell, shape: Shape) -> Value:
    text = _read_text(cell, shape)
    assert isinstance(text, str)
    return distinct(_known(item.text, shape) for item in _items(text)) or None


def _read_record(cell: Cell, shape: Shape) -> Value:
    text = _read_text(cell, shape)
    assert isinstance(text, str)
    record: dict[str, Value] = {}
    for label, item in _pairs(text):
        name = _known_part(label, shape)
        if name in record:
            raise Unfit(f"{quoted(label)} stands there twice")
        value = _read_part(name, item, shape)
        if value is not None:
            record[name] = value
    return record or None


def _known_part(label: str, shape: Shape) -> str:
    if shape.parts is None or shape.texts:
        return label
    found = as_listed(label, shape.parts)
    if found is None:
        raise Unfit(f"{quoted(label)} is not one of its fields", suggestion(label, shape.parts))
    return found


_PARTS = {"Text": Sort.TEXT, "Number": Sort.NUMBER, "Boolean": Sort.TRUTH, "Date": Sort.MOMENT}


def _read_part(label: str, item: Item, shape: Shape) -> Value:
    if item.text == "":
        return None
    if shape.texts:
        return item.text
    if shape.parts is None:
        return item.text if item.in_quotes else _as_typed(item.text)
    try:
        return read(Cell(item.text), Shape(_PARTS[shape.parts[label]]))
    except Unfit as fault:
        raise Unfit(f"{quoted(label)}: {fault.what}", fault.hint) from None


def _as_typed(text: str) -> str | bool | Number:
    """A part of which nobody knows the type: quotes say whether it is a text."""
    if text in ("true", "false"):
        return text == "true"
    if not re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", text):
        return text
    return Number(text)


_READERS: Mapping[Sort, Callable[[Cell, Shape], Value]] = {
    Sort.TEXT: _read_text,
    Sort.NUMBER: _read_number,
    Sort.TRUTH: _read_truth,
    Sort.MOMENT: _read_moment,
    Sort.CHOICE: _read_choice,
    Sort.CHOICES: _read_choices,
    Sort.RECORD: _read_record,
}


# --- what stands between semicolons -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One of several texts in a cell, and whether it stood in quotes."""

    text: str
    in_quotes: bool


# Each takes all that it can at once: no text makes them look at a character again and again.
_GAP = re.compile(r"[;\s]*")
_SPACE = re.compile(r"[^\S\n\r]*")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_ITEM = re.compile(r"[^;\n\r]*")
_LABEL = re.compile(r"[^:;\n\r]*")


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _item_at(text: str, at: int, plain: re.Pattern[str]) -> tuple[Item, int]:
    """The text that begins at a place, in quotes or `plain`, and where it ends."""
    if not text.startswith('"', at):
        end = _end(plain, text, at)
        return Item(text[at:end].strip(), False), end
    found = _QUOTED.match(text, at)
    if found is None:
        raise _quotes_do_not_fit(text, at)
    return Item(found[1].replace('""', '"'), True), _end(_SPACE, text, found.end())


def _quotes_do_not_fit(text: str, at: int) -> Unfit:
    hint = 'close the quotes, and write a quote inside of them as ""'
    return Unfit(f"the quotes do not fit: {quoted(text[at:])}", hint)


def _items(text: str) -> Iterator[Item]:
    """The texts between semicolons or line breaks; empty ones are skipped."""
    at = _end(_GAP, text, 0)
    while at < len(text):
        item, end = _item_at(text, at, _ITEM)
        _check_ended(text, at, end)
        yield item
        at = _end(_GAP, text, end)


def _check_ended(text: str, at: int, end: int) -> None:
    if end < len(text) and text[end] not in ";\n\r":
        raise _quotes_do_not_fit(text, at)


def _pairs(text: str) -> Iterator[tuple[str, Item]]:
    """Label and value of each field of a record."""
    at = _end(_GAP, text, 0)
    while at < len(text):
        label, colon = _item_at(text, at, _LABEL)
        if not text.startswith(":", colon):
            what = f"{quoted(text[at:])} is no `Field: value`"
            raise Unfit(what, "write each field as its label, a colon and its value")
        item, end = _item_at(text, _end(_SPACE, text, colon + 1), _ITEM)
        _check_ended(text, colon + 1, end)
        yield label.text, item
        at = _end(_GAP, text, end)


# --- what a cell held ---------------------------------------------------------------------------


def canonical(value: Value) -> Any:
    """A value as JSON, equal for all its spellings: order of choices, zeros of numbers, Unicode."""
    if is_empty(value):
        return None
    if isinstance(value, Mapping):
        parts = {composed(label): canonical(part) for label, part in value.items()}
        return {label: part for label, part in sorted(parts.items()) if part is not None}
    if isinstance(value, tuple | list):
        return sorted(composed(spelled(item)) for item in value)
    if isinstance(value, Number):
        return ["number", _digits(value)]
    return composed(value) if isinstance(value, str) else value


def _digits(value: Number) -> str:
    """A number in one spelling for all: `normalize` would round it."""
    sign, digits, exponent = value.as_tuple()
    plain = "".join(map(str, digits))
    kept = plain.rstrip("0")
    assert isinstance(exponent, int)
    return f"{'-' * sign}{kept.lstrip('0')}e{exponent + len(plain) - len(kept)}" if kept else "0"


def same(one: Value, other: Value, shape: Shape) -> bool:
    """Whether two values of a column are one."""
    return bool(_comparable(one, shape) == _comparable(other, shape))


def fingerprint(value: Value, shape: Shape) -> str:
    """What a base keeps of a value: enough to tell whether it changed; empty of nothing."""
    found = _comparable(value, shape)
    if found is None:
        return ""
    text = json.dumps(found, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:8]


def _comparable(value: Value, shape: Shape) -> Any:
    if shape.sort is Sort.CHOICE and not isinstance(value, tuple):
        return canonical(None if is_empty(value) else (value,))
    return canonical(value)
