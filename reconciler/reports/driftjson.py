"""Drift as JSON (contract 4, `schemas/drift.schema.json`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.enums import DriftStatus
from reconciler.model import Drift, Drifted, FieldChange, Value
from reconciler.reports.jsontext import document
from reconciler.reports.placejson import drifted_json, origin_json
from reconciler.reports.values import named, path_named

FORMAT = 1
"""`format_version` of the drift reports that this program writes."""


def drift_json(drift: Drift, tool_version: str) -> str:
    """The report for programs; unmanaged objects only where they were asked for."""
    counts = {status: drift.count(status) for status in DriftStatus}
    account = {"base_url": drift.account.base_url, "regions": sorted(drift.account.regions)}
    return document(
        {
            "format_version": FORMAT,
            "tool_version": tool_version,
            "account": account,
            "environment": drift.environment,
            "summary": {**counts, "clean": drift.clean},
            "objects": [_object(item, drift.names) for item in drift.objects],
            "notes": list(drift.notes),
        }
    )


def _object(item: Drifted, names: Mapping[str, str]) -> dict[str, Any]:
    return drifted_json(item, [_field(item.ref.kind, part, names) for part in item.fields])


def _field(kind: str, item: FieldChange, names: Mapping[str, str]) -> dict[str, Any]:
    def name(value: Value) -> Value:
        return named(kind, item.path, value, names)

    found: dict[str, Any] = {"path": path_named(item.path, names)}
    if item.origin is not None:
        found["origin"] = origin_json(item.origin)
    if item.is_set:
        found |= {"added": name(item.add), "removed": name(item.remove)}
        return {**found, "order": list(item.order)} if item.order else found
    return {**found, "applied": name(item.before), "live": name(item.after)}
