"""The plan as JSON, and back for `pxm show` (contract 4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.errors import UsageError
from reconciler.model import (
    FOREIGN,
    Account,
    Change,
    Cost,
    FieldChange,
    Number,
    Place,
    Plan,
    Ref,
    Value,
)

FORMAT = 1


def plan_json(plan: Plan, tool_version: str) -> str:
    """The plan file: nothing in it sorts by an id, a clock or page order."""
    changes = [_change(change, plan.names) for change in plan.changes]
    account = {"base_url": plan.account.base_url, "regions": sorted(plan.account.regions)}
    reviewed = {
        "regions": account["regions"],
        "environment": plan.environment,
        "targets": list(plan.targets),
        "changes": changes,
        "refusals": list(plan.refusals),
    }
    counts = plan.summary
    document = {
        "format_version": FORMAT,
        "tool_version": tool_version,
        "account": account,
        "environment": plan.environment,
        "targets": list(plan.targets),
        "new_state": plan.new_state,
        "digest": f"sha256:{hashlib.sha256(_dumps(reviewed, None).encode()).hexdigest()}",
        "summary": {name: getattr(counts, name) for name in counts.__dataclass_fields__},
        "cost": {
            "requests": plan.cost.requests,
            "min_seconds": plan.cost.min_seconds,
            "rate": [plan.cost.window, plan.cost.per_seconds],
        },
        "changes": changes,
        "refusals": list(plan.refusals),
        "notes": list(plan.notes),
    }
    return _dumps(document, 2) + "\n"


def _dumps(value: Any, indent: int | None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False)


def _change(change: Change, names: Mapping[str, str]) -> dict[str, Any]:
    place = change.place
    created = change.verb == "POST"
    return {
        "action": change.action,
        "kind": change.ref.kind,
        "key": change.ref.key,
        "id": change.id,
        "label": change.label,
        "source": {"file": place.file, "line": place.line} if place else None,
        "moved_from": change.source,
        "class": change.cls,
        "fields": [_created(p, v) for p, v in change.sent.items()]
        if created
        else [_field(item, names) for item in change.fields],
        "fallout": list(change.fallout),
        "depends_on": [str(ref) for ref in change.depends_on],
        "blocked": change.blocked,
    }


def _created(path: str, value: Value) -> dict[str, Any]:
    return {"path": path, "before": None, "after": _plain(value, {}), "class": "pending"}


def _field(item: FieldChange, names: Mapping[str, str]) -> dict[str, Any]:
    if item.is_set:
        found: dict[str, Any] = {
            "path": item.path,
            "add": [_plain(text, names) for text in item.add],
            "remove": [_plain(text, names) for text in item.remove],
        }
        if item.rename:
            found["rename"] = [list(pair) for pair in item.rename]
        return {**found, "class": item.cls}
    return {
        "path": item.path,
        "before": _plain(item.before, names),
        "after": _plain(item.after, names),
        "applied": _plain(item.applied, names),
        "class": item.cls,
    }


def _plain(value: Value, names: Mapping[str, str]) -> Any:
    """Foreign elements by name; numbers as texts in their spelling under `number`."""
    if isinstance(value, Number):
        return {"number": str(value)}
    if isinstance(value, tuple):
        return [_plain(item, names) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item, names) for name, item in value.items()}
    if isinstance(value, str) and value.startswith(FOREIGN):
        return names.get(value, "(unknown)")
    return value


def plan_from_json(text: str) -> Plan:
    """A plan to look at again; UsageError for a file that is none.  It permits nothing."""
    try:
        document = json.loads(text)
        version = document["format_version"]
        if version != FORMAT:
            raise UsageError(f"the plan file has format {version}, this program knows {FORMAT}")
        return _plan(document)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise UsageError(
            f"not a plan file ({what})", hint="make one with `pxm plan --out`"
        ) from None


def _plan(document: Mapping[str, Any]) -> Plan:
    cost, account = document["cost"], document["account"]
    window, seconds = cost["rate"]
    return Plan(
        account=Account(str(account["base_url"]), frozenset(map(str, account["regions"]))),
        changes=tuple(_change_from(item) for item in document["changes"]),
        unchanged=int(document["summary"]["unchanged"]),
        notes=tuple(map(str, document["notes"])),
        refusals=tuple(map(str, document["refusals"])),
        new_state=bool(document["new_state"]),
        targets=tuple(map(str, document["targets"])),
        environment=document["environment"],
        cost=Cost(int(cost["requests"]), int(cost["min_seconds"]), int(window), int(seconds)),
    )


def _change_from(item: Mapping[str, Any]) -> Change:
    action, source = str(item["action"]), item["source"]
    if action not in ("create", "recreate", "adopt", "update", "delete", "move"):
        raise ValueError(f"unknown action {action}")
    created = action in ("create", "recreate")
    fields = item["fields"]
    return Change(
        action,
        Ref(str(item["kind"]), str(item["key"])),
        item["id"],
        str(item["label"]),
        Place(str(source["file"]), int(source["line"])) if source else None,
        fields=() if created else tuple(_field_from(part) for part in fields),
        cls=str(item["class"]),
        fallout=tuple(map(str, item["fallout"])),
        depends_on=tuple(Ref(*str(ref).split("/", 1)) for ref in item["depends_on"]),
        blocked=item["blocked"],
        source=item["moved_from"],
        sent={str(part["path"]): _value(part["after"]) for part in fields} if created else {},
    )


def _field_from(part: Mapping[str, Any]) -> FieldChange:
    if "add" in part:
        return FieldChange(
            str(part["path"]),
            add=tuple(map(str, part["add"])),
            remove=tuple(map(str, part["remove"])),
            rename=tuple((str(old), str(new)) for old, new in part.get("rename", ())),
            is_set=True,
            cls=str(part["class"]),
        )
    before, after, applied = (_value(part[name]) for name in ("before", "after", "applied"))
    return FieldChange(str(part["path"]), before, after, applied, cls=str(part["class"]))


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(_value(item) for item in value)
    if isinstance(value, dict):
        if value.keys() == {"number"}:
            return Number(value["number"])
        return {str(name): _value(item) for name, item in value.items()}
    return value if value is None or isinstance(value, str | bool) else str(value)
