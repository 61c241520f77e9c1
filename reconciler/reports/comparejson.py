"""Two accounts as JSON (`schemas/compare.schema.json`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.enums import SideStatus
from reconciler.model import Comparison, Drifted, FieldChange, Value
from reconciler.reports.jsontext import document
from reconciler.reports.placejson import drifted_json
from reconciler.reports.values import named, path_named

FORMAT = 1
"""`format_version` of the comparisons that this program writes."""


def comparison_json(found: Comparison, tool_version: str) -> str:
    """The report for programs."""
    sides = zip(found.environments, found.accounts, strict=True)
    accounts = [
        {
            "environment": name,
            "base_url": account.base_url,
            "regions": sorted(account.regions),
        }
        for name, account in sides
    ]
    counts = {status: found.count(status) for status in SideStatus}
    return document(
        {
            "format_version": FORMAT,
            "tool_version": tool_version,
            "first": accounts[0],
            "second": accounts[1],
            "summary": {**counts, "same": found.same},
            "objects": [_object(item, found.names) for item in found.objects],
            "notes": list(found.notes),
        }
    )


def _object(item: Drifted, names: Mapping[str, str]) -> dict[str, Any]:
    return drifted_json(item, [_field(item.ref.kind, part, names) for part in item.fields])


def _field(kind: str, item: FieldChange, names: Mapping[str, str]) -> dict[str, Any]:
    def name(value: Value) -> Value:
        return named(kind, item.path, value, names)

    path = path_named(item.path, names)
    if item.is_set:
        return {"path": path, "only_first": name(item.remove), "only_second": name(item.add)}
    return {"path": path, "first": name(item.before), "second": name(item.after)}
