"""Which column is meant: by a header, or by what somebody typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.quoting import quoted
from reconciler.sheets.columns import KEY, Column
from reconciler.suggestions import suggestion

NOTE = "#"
"""A column whose header begins with it is somebody's own: it is not read."""


def is_key(header: str) -> bool:
    """Whether a header is that of the keys."""
    text = header.strip()
    return text.lower() == KEY or text.endswith(f"({KEY})")


class UnknownColumn(Exception):
    """No column is called that, or several are; `hint` is what to write."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def find_column(text: str, columns: Sequence[Column]) -> Column:
    """The column of a header or of what somebody typed: by its name, else by its label."""
    wanted = text.strip()
    found = _named(wanted, columns) or _labelled(wanted, columns)
    if len(found) == 1:
        return found[0]
    if found:
        hint = "write " + " or ".join(column.header for column in found[:3])
        raise UnknownColumn(f"{quoted(wanted)} is the label of several columns", hint)
    known = [column.name for column in columns]
    known += [column.label for column in columns]
    raise UnknownColumn(f"there is no column {quoted(wanted)}", suggestion(wanted, known))


def _named(text: str, columns: Sequence[Column]) -> list[Column]:
    """By the whole header, the name, or the name in the brackets of another label."""
    whole = [column for column in columns if text in (column.header, column.name, column.path)]
    if whole or not text.endswith(")"):
        return whole
    name = text[text.rfind("(") + 1 : -1]
    return [column for column in columns if column.name == name]


def _labelled(text: str, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.label.casefold() == text.casefold()]


def find_columns(headers: Sequence[str], columns: Sequence[Column]) -> Iterator[Column]:
    """The columns that headers name, in their order; UnknownColumn."""
    for header in headers:
        yield find_column(header, columns)
