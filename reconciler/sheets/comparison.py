"""What an import would do, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.kinds import Kind
from reconciler.model import Ref, Value
from reconciler.sheets.columns import Column
from reconciler.sheets.trouble import Refusal


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that somebody changed: `data` is the YAML of it, None of an emptied one."""

    row: int
    column: Column
    ref: Ref
    before: str
    after: str
    value: Value
    data: Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell that cannot be taken without losing what the catalog holds.

    `change` is what taking it would be; without `known` nobody knows what it was.
    """

    change: Change
    known: bool


@dataclass(frozen=True, slots=True)
class NewObject:
    """A row whose key the catalog does not have: the values of its cells, by column."""

    row: int
    ref: Ref
    values: Mapping[Column, Any]

    def text_of(self, path: str) -> str:
        """What the cell of a field holds; empty where it is."""
        found = (data for column, data in self.values.items() if column.path == path)
        return str(next(found, ""))


@dataclass(slots=True)
class Comparison:
    """What an import would do.

    `missing` are objects that were exported and have no row any more; `newer` counts the cells
    that the catalog alone has changed since.  `rows` are the numbers of the rows of objects.
    """

    kind: Kind
    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    new: list[NewObject] = field(default_factory=list)
    missing: list[Ref] = field(default_factory=list)
    newer: int = 0
    rows: dict[Ref, int] = field(default_factory=dict)

    def overwrite(self) -> None:
        """Let the sheet win where both were changed, or nobody knows."""
        self.changes += [conflict.change for conflict in self.conflicts]
        self.conflicts.clear()

    def refuse(self, row: int, header: str, what: str, hint: str = "") -> None:
        """Put down what cannot be taken."""
        self.refusals.append(Refusal(row, header, what, hint))
