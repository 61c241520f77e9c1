"""Two accounts for a terminal: what each holds, in the catalog's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.enums import SideStatus
from reconciler.model import Comparison
from reconciler.reports.fields import Ink, field_lines
from reconciler.reports.items import Item, drift_items
from reconciler.reports.overview import comparison_overview
from reconciler.reports.text import aside, last_lines
from reconciler.reports.values import clean, logged, paint

SIGNS: Mapping[str, tuple[str, str]] = {
    SideStatus.DIFFERS: ("~", "33"),
    SideStatus.FIRST: ("<", "36"),
    SideStatus.SECOND: (">", "35"),
}
"""A status's sign and colour."""


def comparison_text(found: Comparison, *, color: bool, width: int = 100) -> str:
    """The whole report; ends with its counts."""
    ink = Ink(found.names, color, width)
    first, second = found.environments
    lines = [f"~ {clean(first)} → {clean(second)}", ""] if found.objects else []
    for item in drift_items(found):
        lines += _object(item, found, ink)
    lines += [f"Note: {clean(text)}" for text in found.notes]
    if lines:
        lines.append("")
    return logged("\n".join([*lines, *last_lines("Compare", comparison_overview(found))]) + "\n")


def _object(item: Item, found: Comparison, ink: Ink) -> Iterator[str]:
    sign, code = SIGNS[item.action]
    name = str(item.ref) if item.ref.key else item.ref.kind
    yield paint(f"{sign} {clean(name)}", code, ink.color) + aside(item, _said(item, found))
    yield from field_lines(item.ref.kind, item.fields, ink)


def _said(item: Item, found: Comparison) -> Iterator[str]:
    only = dict(zip((SideStatus.FIRST, SideStatus.SECOND), found.environments, strict=True))
    if item.action in only:
        yield f"only in {clean(only[SideStatus(item.action)])}"
    if not item.ref.key and item.group.categories:
        yield f"in {clean(' › '.join(item.group.categories))}"
