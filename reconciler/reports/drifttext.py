"""Drift for a terminal: what was applied, and what the account holds now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.enums import Class, DriftStatus
from reconciler.model import Drift, Drifted
from reconciler.reports.fields import field_lines
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
    lines = [line for item in drift.objects for line in _object(item, drift, color, width)]
    lines += [f"Note: {clean(text)}" for text in drift.notes]
    if lines:
        lines.append("")
    return logged("\n".join([*lines, *drift_verdict(drift)]) + "\n")


def _object(item: Drifted, drift: Drift, color: bool, width: int) -> Iterator[str]:
    sign, code = SIGNS[item.status]
    yield paint(f"{sign} {clean(_named(item))}", code, color) + _aside(item)
    fields = [replace(part, cls=Class.PENDING) for part in item.fields]
    yield from field_lines(item.ref.kind, fields, drift.names, color=color, width=width)


def _named(item: Drifted) -> str:
    """A key, or the id that `pxm state bind` and `id:` take."""
    return str(item.ref) if item.ref.key else f"{item.ref.kind} {item.id}"


def _aside(item: Drifted) -> str:
    parts = [f'"{clean(item.label)}"']
    if item.place is not None:
        parts.append(f"({clean(item.place.file)}:{item.place.line})")
    if item.status in _SAID:
        parts.append(_SAID[item.status])
    if item.status == DriftStatus.UNMANAGED and item.group.categories:
        parts.append(f"in {clean(' › '.join(item.group.categories))}")
    return "".join(f"  {part}" for part in parts)


def drift_verdict(drift: Drift) -> Iterator[str]:
    """The last lines: counts, and what to do."""
    unmanaged = f", {drift.count(DriftStatus.UNMANAGED):,} unmanaged" if drift.looked else ""
    if not drift.found:
        yield f"No drift. The account is as it was left: {drift.clean:,} objects{unmanaged}."
        return
    changed, gone = drift.count(DriftStatus.CHANGED), drift.count(DriftStatus.GONE)
    yield (f"Drift: {changed:,} changed, {gone:,} gone{unmanaged}. {drift.clean:,} clean.")
    yield "`pxm apply` puts it back; `pxm pull --accept KIND/KEY` takes it over into the files."
