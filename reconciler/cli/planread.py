"""A plan file read again, to be shown and to be held against a new plan (contract 3 and 4).

It permits and instructs nothing.  `schemas/plan.schema.json` says what a plan file is; what only
apply needs (batches, notes for the state, ids) is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.enums import CREATES, Action, Class, NoteKind
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.model import (
    FOREIGN,
    Account,
    Change,
    Cost,
    FieldChange,
    Group,
    Note,
    Number,
    Origin,
    Place,
    Plan,
    Reach,
    Ref,
    Remedy,
    Value,
)
from reconciler.paths import field_of
from reconciler.reports.digest import READ, digest
from reconciler.reports.planform import filled
from reconciler.schema import check

Parsed = Mapping[str, Any]
"""An object of a plan file that its schema has found sound; numbers keep their spelling."""


class _NoPlan(Exception):
    """What is wrong with a text, and where in it."""


def plan_from_json(text: str, name: str) -> Plan:
    """The plan of a file; UsageError where it is none of this format.

    `name` says which file it is: beside it stands the place in it.
    """
    try:
        return _plan(text, name)
    except _NoPlan as error:
        raise UsageError(
            f"{name} is not a plan file: {error}", hint="make one with `pxm plan --out FILE`"
        ) from error


def _plan(text: str, name: str) -> Plan:
    _check(_parsed(text), name)
    root = _in_full(_parsed(text, spelled=True))
    told = root.get("told", {})
    changes = tuple(_change(item, index, told) for index, item in enumerate(root["changes"]))
    plan = Plan(
        account=Account(root["account"]["base_url"], frozenset(root["account"]["regions"])),
        changes=changes,
        near={_ref(item): tuple(item["ids"]) for item in root["near"]},
        unchanged=int(root["summary"]["unchanged"]),
        notes=_notes(root),
        refusals=tuple(root["refusals"]),
        remedies=tuple(Remedy(**item) for item in root.get("remedies", ())),
        new_state=root["new_state"],
        needs_new_state=root["needs_new_state"],
        targets=tuple(root["targets"]),
        environment=root["environment"],
        cost=_cost(root["cost"]),
        names=_names(changes),
        labels={_named_ref(name): label for name, label in root.get("labels", {}).items()},
        left={why: int(count) for why, count in root.get("left", {}).items()},
        day=root.get("day", ""),
        web=root.get("web", ""),
        since=root.get("since", ""),
    )
    _check_digest(root, name)
    return plan


def _in_full(root: Parsed) -> Parsed:
    """The first format said of every change also what is usual."""
    if int(root["format_version"]) == 1:
        return root
    return {**root, "changes": list(map(filled, root["changes"]))}


# --- what is a plan file ------------------------------------------------------------------------


def _parsed(text: str, *, spelled: bool = False) -> Any:
    number = Number if spelled else None
    try:
        return json.loads(text, parse_float=number, parse_int=number, parse_constant=_no_json)
    except RecursionError as error:
        raise _NoPlan("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise _NoPlan(f"it is not JSON: {error}") from error
    except (ValueError, ArithmeticError) as error:
        raise _NoPlan(str(error)) from error


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _check(value: Any, file: str) -> None:
    """The format first: of another one the schema would only say what is unknown."""
    version = value.get("format_version") if isinstance(value, dict) else None
    if type(version) is int and version not in READ:
        known = " and ".join(map(str, READ))
        raise UsageError(
            f"{file} has format {version}, this program knows {known}",
            hint="use the pxm that made it, or make it again with `pxm plan --out FILE`",
        )
    for finding in check(value, "plan"):
        raise _NoPlan(finding.message)


def _check_digest(root: Parsed, file: str) -> None:
    """Not a seal, a check: whoever edits a plan by hand is told that it is another one now."""
    reviewed = {
        "regions": root["account"]["regions"],
        **{name: root[name] for name in ("environment", "targets", "new_state", "changes")},
    }
    if root["digest"] != digest(reviewed):
        raise UsageError(
            f"{file} was changed after it was made: its digest is another",
            hint="make it again with `pxm plan --out FILE`",
        )


# --- its parts ----------------------------------------------------------------------------------


def _notes(root: Parsed) -> tuple[Note, ...]:
    """Each note with its kind; plan files of earlier releases tell no kinds."""
    texts, kinds = root["notes"], root.get("note_kinds")
    if kinds is None:
        return tuple(map(Note, texts))
    if len(kinds) != len(texts):
        raise _NoPlan("note_kinds is not a list with a kind for each of the notes")
    return tuple(map(Note, texts, map(NoteKind, kinds)))


def _cost(item: Parsed) -> Cost:
    names = ("requests", "min_seconds", "window", "per_seconds")
    return Cost(*(int(item[name]) for name in names))


def _ref(item: Parsed) -> Ref:
    return Ref(item["kind"], item["key"])


def _named_ref(name: str) -> Ref:
    kind, _, key = name.partition("/")
    return Ref(kind, key)


def _change(item: Parsed, index: int, all_told: Parsed) -> Change:
    told = all_told.get(f"{item['kind']}/{item['key']}", {})
    ref, action = _ref(item), Action(item["action"])
    fields = _fields(item, "fields", index)
    replaces = "replaced" in item
    changed = _fields(item, "replaced", index) if replaces else ()
    makes = action in CREATES or replaces
    return Change(
        action=action,
        ref=ref,
        id=item["id"],
        label=item["label"],
        place=_place(item["source"]),
        fields=changed if makes else fields,
        cls=Class(item["class"]),
        fallout=tuple(item["fallout"]),
        depends_on=tuple(map(_named_ref, item["depends_on"])),
        blocked=item["blocked"],
        source=item["moved_from"],
        sent=_sent(fields) if makes else {},
        group=_group(item.get("group")),
        upload=NO_BYTES if replaces else None,
        inside=told.get("upload", ""),
        reach=tuple(map(_reach, told.get("reach", ()))),
        publication=told.get("publication", {}),
        origins={part.path: part.origin for part in fields if part.origin} if makes else {},
    )


NO_BYTES = ""
"""The path of what is to be uploaded, which is no part of a plan file."""


def _fields(change: Parsed, name: str, index: int) -> tuple[FieldChange, ...]:
    _check_paths(change["kind"], change[name], f"changes[{index}].{name}")
    return tuple(map(_field, change[name]))


def _sent(fields: tuple[FieldChange, ...]) -> dict[str, Value]:
    """What a new object declares."""
    return {part.path: part.add if part.is_set else part.after for part in fields}


def _group(item: Parsed | None) -> Group:
    """Plan files of earlier releases have none."""
    if item is None:
        return Group()
    found, product = Group(tuple(item["categories"])), item["product"]
    if product is None:
        return found
    return replace(found, product=product["key"], product_label=product["label"])


def _place(item: Parsed | None) -> Place | None:
    return None if item is None else Place(item["file"], int(item["line"]))


def _reach(item: Parsed) -> Reach:
    counts = {sort: int(count) for sort, count in item["counts"].items()}
    return Reach(item["path"], counts, item["of"])


def _origin(item: Parsed | None) -> Origin | None:
    """Where a value comes from; what is a parent is a product."""
    if item is None:
        return None
    place = Place(item["file"], int(item["line"]))
    return Origin(Ref("collection", item.get("parent", "")), place, item.get("defaults", ""))


def _check_paths(kind: str, fields: list[Parsed], where: str) -> None:
    """What the schema does not say: which kind has which fields."""
    names = {field.name for field in KINDS[kind].fields}
    for index, item in enumerate(fields):
        if field_of(item["path"]) not in names:
            raise _NoPlan(f"{where}[{index}].path is not a field of a {kind}")


def _field(item: Parsed) -> FieldChange:
    made = partial(
        FieldChange,
        item["path"],
        cls=Class(item["class"]),
        clears=item.get("clears", False),
        origin=_origin(item.get("origin")),
    )
    if "add" not in item:
        before, after, applied = (_value(item[name]) for name in ("before", "after", "applied"))
        return made(before, after, applied)
    return made(
        add=tuple(item["add"]),
        remove=tuple(item["remove"]),
        rename=tuple((part["from"], part["to"]) for part in item.get("rename", ())),
        is_set=True,
        order=tuple(item.get("order", ())),
    )


def _value(value: Any) -> Value:
    """The value of a field: any JSON, lists as tuples."""
    if isinstance(value, list):
        return tuple(map(_value, value))
    if isinstance(value, dict):
        return {name: _value(item) for name, item in value.items()}
    return value  # type: ignore[no-any-return]


def _names(changes: tuple[Change, ...]) -> dict[str, str]:
    """A foreign object may be called `id:5`: in a plan file all elements are names."""
    found: set[str] = set()
    for change in changes:
        found.update(text for text in _elements(change) if text.startswith(FOREIGN))
    return dict(zip(found, found, strict=True))


def _elements(change: Change) -> Iterator[str]:
    values: list[Value] = [*change.sent.values()]
    for item in change.fields:
        values += [item.before, item.after, item.applied, item.add, item.remove]
    for value in values:
        yield from (part for part in _flat(value) if isinstance(part, str))


def _flat(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)
