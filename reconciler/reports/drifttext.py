"""Drift for a terminal: what was applied, and what the account holds now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.enums import DriftStatus
from reconciler.model import FOREIGN, Drift
from reconciler.reports.fields import Ink, field_lines
from reconciler.reports.items import Item, drift_items
from reconciler.reports.overview import drift_overview
from reconciler.reports.text import aside, last_lines
from reconciler.reports.values import clean, logged, paint

SIGNS: Mapping[str, tuple[str, str]] = {
    DriftStatus.CHANGED: ("~", "33"),
    DriftStatus.GONE: ("-", "31"),
    DriftStatus.UNMANAGED: ("?", "36"),
}
"""A status's sign and colour."""

_SAID: Mapping[str, str] = {
    DriftStatus.GONE: "gone from the account",
    DriftStatus.UNMANAGED: "unmanaged: nobody declared it",
}


def drift_text(drift: Drift, *, color: bool, width: int = 100) -> str:
    """The whole report; ends with its counts."""
    ink = Ink(drift.names, color, width)
    lines: list[str] = []
    for item in drift_items(drift):
        lines += _object(item, ink)
    lines += [f"Note: {clean(text)}" for text in drift.notes]
    if lines:
        lines.append("")
    return logged("\n".join([*lines, *drift_verdict(drift)]) + "\n")


def _object(item: Item, ink: Ink) -> Iterator[str]:
    sign, code = SIGNS[item.action]
    yield paint(f"{sign} {clean(_named(item))}", code, ink.color) + _aside(item)
    yield from field_lines(item.ref.kind, item.fields, ink)


def _named(item: Item) -> str:
    """A key, or the id that `pxm state bind` and `id:` take."""
    return str(item.ref) if item.ref.key else f"{item.ref.kind} {item.token.removeprefix(FOREIGN)}"


def _aside(item: Item) -> str:
    said = [_SAID[item.action]] if item.action in _SAID else []
    if item.action == DriftStatus.UNMANAGED and item.group.categories:
        said.append(f"in {clean(' › '.join(item.group.categories))}")
    return aside(item, said)


def drift_verdict(drift: Drift) -> Iterator[str]:
    """The last lines: counts, and what to do."""
    yield from last_lines("Drift", drift_overview(drift))
    if drift.found:
        yield (
            "`pxm apply` writes what the catalog says; `pxm pull --accept KIND/KEY` takes it over "
            "into the files."
        )
