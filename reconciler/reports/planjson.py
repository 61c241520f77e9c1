"""The plan as JSON (contract 4, `schemas/plan.schema.json`); `cli.planread` is the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from reconciler.enums import CREATES, Verb
from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Plan, Value
from reconciler.reports.digest import FORMAT, digest
from reconciler.reports.jsontext import rows
from reconciler.reports.placejson import group_json, origin_json, place_json
from reconciler.reports.planform import shortened
from reconciler.reports.values import named, path_named


def plan_json(plan: Plan, tool_version: str) -> str:
    """The plan file.  Changes stand in the plan's order: nothing sorts by an id or a clock."""
    found = _reviewed(plan)
    return rows(
        {
            "format_version": FORMAT,
            "tool_version": tool_version,
            "account": {"base_url": plan.account.base_url, "regions": found["regions"]},
            "environment": plan.environment,
            **_asides(plan),
            "targets": list(plan.targets),
            "new_state": plan.new_state,
            "needs_new_state": plan.needs_new_state,
            "digest": digest(found),
            "summary": asdict(plan.summary),
            "cost": _cost(plan),
            "changes": list(map(shortened, found["changes"])),
            "labels": {str(ref): label for ref, label in plan.labels.items()},
            "near": _near(plan),
            "left": dict(plan.left),
            "refusals": list(plan.refusals),
            "notes": [note.text for note in plan.notes],
            "note_kinds": [note.kind for note in plan.notes],
        }
    )


def plan_digest(plan: Plan) -> str:
    """`sha256:…` over what a review sees, as it stands in the plan file."""
    return digest(_reviewed(plan))


def _reviewed(plan: Plan) -> dict[str, Any]:
    return {
        "regions": sorted(plan.account.regions),
        "environment": plan.environment,
        "targets": list(plan.targets),
        "new_state": plan.new_state,
        "changes": [_change(change, plan.names) for change in plan.changes],
    }


def _cost(plan: Plan) -> dict[str, Any]:
    cost = plan.cost
    return {
        "requests": cost.requests,
        "min_seconds": cost.min_seconds,
        "window": cost.window,
        "per_seconds": cost.per_seconds,
    }


def _asides(plan: Plan) -> dict[str, Any]:
    """What is for reports alone, where there is any."""
    found = {
        "day": plan.day,
        "since": plan.since,
        "web": plan.web,
        "told": _told(plan),
        "remedies": [asdict(item) for item in plan.remedies],
    }
    return {name: value for name, value in found.items() if value}


def _told(plan: Plan) -> dict[str, Any]:
    """What a report tells of changes beside what they write, by KIND/KEY."""
    found = {str(change.ref): _told_of(change) for change in plan.changes}
    return {name: told for name, told in found.items() if told}


def _told_of(change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if change.inside:
        told["upload"] = change.inside
    if change.reach:
        told["reach"] = [
            {"path": item.path, "of": item.of, "counts": dict(item.counts)} for item in change.reach
        ]
    if change.publication:
        told["publication"] = dict(change.publication)
    return told


def _near(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"kind": ref.kind, "key": ref.key, "ids": list(ids)}
        for ref, ids in sorted(plan.near.items())
    ]


def _change(change: Change, names: Mapping[str, str]) -> dict[str, Any]:
    found = {
        "action": change.action,
        "kind": change.ref.kind,
        "key": change.ref.key,
        "id": change.id,
        "label": change.label,
        "source": place_json(change.place),
        "moved_from": change.source,
        "class": change.cls,
        "fields": _fields(change, names),
        "fallout": list(change.fallout),
        "depends_on": [str(ref) for ref in change.depends_on],
        "blocked": change.blocked,
        "group": group_json(change.group),
    }
    if change.verb == Verb.POST and change.action not in CREATES:
        found["replaced"] = _listed(change, change.fields, names)
    return found


def _fields(change: Change, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is written; of a new object all that it declares."""
    items: Iterable[FieldChange] = change.fields
    if change.verb == Verb.POST:
        items = (_declared(change, path, value) for path, value in change.sent.items())
    return _listed(change, items, names)


def _listed(
    change: Change, items: Iterable[FieldChange], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [_field(change.ref.kind, item, names) for item in items]


def _declared(change: Change, path: str, value: Value) -> FieldChange:
    """A set is added element by element; sub-fields with types, and null, are values."""
    origin = change.origins.get(path)
    if KINDS[change.ref.kind].field(path).is_set and isinstance(value, tuple):
        return FieldChange(path, add=tuple(map(str, value)), is_set=True, origin=origin)
    return FieldChange(path, after=value, origin=origin)


def _field(kind: str, item: FieldChange, names: Mapping[str, str]) -> dict[str, Any]:
    def name(value: Value) -> Value:
        return named(kind, item.path, value, names)

    found: dict[str, Any] = {"path": path_named(item.path, names)}
    if item.is_set:
        found |= {"add": name(item.add), "remove": name(item.remove)}
        if item.rename:
            found["rename"] = [{"from": old, "to": new} for old, new in item.rename]
        if item.order:
            found["order"] = list(item.order)
    else:
        found |= {"before": name(item.before), "after": name(item.after)}
        found |= {"applied": name(item.applied)}
    found["class"] = item.cls
    if item.origin is not None:
        found["origin"] = origin_json(item.origin)
    return {**found, "clears": True} if item.clears else found
