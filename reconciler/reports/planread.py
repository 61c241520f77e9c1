"""A plan file read again, to be shown (contract 3, `pxm show`).  It permits and instructs nothing.

What only apply needs (batches, notes for the state, ids) is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from reconciler.enums import CREATES, WORST, Action, Class, NoteKind
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
    Place,
    Plan,
    Ref,
    Value,
)
from reconciler.reports.digest import FORMAT, digest
from reconciler.reports.jsonreading import JsonPart


def plan_from_json(text: str) -> Plan:
    """The plan of a file; UsageError, with the place in it, where it is none of this format."""
    root = JsonPart(_parsed(text))
    _check_format(root)
    changes = tuple(_change(item) for item in root.at("changes").each())
    plan = Plan(
        account=_account(root.at("account")),
        changes=changes,
        near=dict(_near(item) for item in root.at("near").each()),
        unchanged=root.at("summary").at("unchanged").count(),
        notes=tuple(_notes(root)),
        refusals=root.at("refusals").texts(),
        new_state=root.at("new_state").flag(),
        needs_new_state=root.at("needs_new_state").flag(),
        targets=root.at("targets").texts(),
        environment=root.at("environment").text_or_none(),
        cost=_cost(root.at("cost")),
        names=_names(changes),
        labels=_labels(root.maybe("labels")),
        left=_left(root.maybe("left")),
    )
    _check_digest(root)
    return plan


def _notes(root: JsonPart) -> Iterator[Note]:
    """Each note with its kind; plan files of earlier releases tell no kinds."""
    texts, kinds = root.at("notes").texts(), root.maybe("note_kinds")
    if kinds is None:
        yield from map(Note, texts)
        return
    said = [NoteKind(item.word(NoteKind)) for item in kinds.each()]
    if len(said) != len(texts):
        raise kinds.fail("a list with a kind for each of the notes")
    yield from map(Note, texts, said)


def _left(counts: JsonPart | None) -> dict[str, int]:
    return {why: counts.at(why).count() for why in counts.object()} if counts else {}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=_no_json)
    except (ValueError, ArithmeticError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(
            f"not a plan file: {reason}", hint="make one with `pxm plan --out FILE`"
        ) from error


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _check_format(root: JsonPart) -> None:
    version = root.at("format_version").count()
    if version != FORMAT:
        raise UsageError(
            f"the plan file has format {version}, this program knows {FORMAT}",
            hint="use the pxm that made it, or make it again with `pxm plan --out FILE`",
        )


def _check_digest(root: JsonPart) -> None:
    """Not a seal, a check: whoever edits a plan by hand is told that it is another one now."""
    reviewed = {
        "regions": root.at("account").at("regions").value,
        **{name: root.at(name).value for name in ("environment", "targets", "new_state")},
        "changes": root.at("changes").value,
    }
    if root.at("digest").text() != digest(reviewed):
        raise UsageError(
            "the plan file was changed after it was made: its digest is another",
            hint="make it again with `pxm plan --out FILE`",
        )


def _account(item: JsonPart) -> Account:
    return Account(item.at("base_url").text(), frozenset(item.at("regions").texts()))


def _cost(item: JsonPart) -> Cost:
    names = ("requests", "min_seconds", "window", "per_seconds")
    return Cost(*(item.at(name).count() for name in names))


def _near(item: JsonPart) -> tuple[Ref, tuple[str, ...]]:
    return _ref(item), item.at("ids").texts()


def _ref(item: JsonPart) -> Ref:
    return Ref(item.at("kind").word(KINDS), item.at("key").text())


def _change(item: JsonPart) -> Change:
    ref, action = _ref(item), Action(item.at("action").word(Action))
    fields = _fields(ref.kind, item.at("fields"))
    replaced = item.maybe("replaced")
    makes = action in CREATES or replaced is not None
    changed = _fields(ref.kind, replaced) if replaced else ()
    return Change(
        action=action,
        ref=ref,
        id=item.at("id").text_or_none(),
        label=item.at("label").text(),
        place=_place(item.at("source")),
        fields=changed if makes else fields,
        cls=Class(item.at("class").word(WORST)),
        fallout=item.at("fallout").texts(),
        depends_on=tuple(_named_ref(part) for part in item.at("depends_on").each()),
        blocked=item.at("blocked").text_or_none(),
        source=item.at("moved_from").text_or_none(),
        sent=_sent(fields) if makes else {},
        group=_group(item.maybe("group")),
        upload=NO_BYTES if replaced else None,
    )


NO_BYTES = ""
"""The path of what is to be uploaded, which is no part of a plan file."""


def _fields(kind: str, items: JsonPart) -> tuple[FieldChange, ...]:
    return tuple(_field(kind, part) for part in items.each())


def _sent(fields: Iterable[FieldChange]) -> dict[str, Value]:
    """What a new object declares."""
    return {part.path: part.add if part.is_set else part.after for part in fields}


def _group(item: JsonPart | None) -> Group:
    """Plan files of earlier releases have none."""
    if item is None:
        return Group()
    product = item.at("product")
    found = Group(item.at("categories").texts())
    if product.value is None:
        return found
    key, label = product.at("key").text(), product.at("label").text()
    return replace(found, product=key, product_label=label)


def _labels(item: JsonPart | None) -> dict[Ref, str]:
    if item is None:
        return {}
    return {
        _named_ref(JsonPart(name, f"a name in {item.way}")): item.at(name).text()
        for name in item.object()
    }


def _place(item: JsonPart) -> Place | None:
    if item.value is None:
        return None
    return Place(item.at("file").text(), item.at("line").count())


def _named_ref(item: JsonPart) -> Ref:
    kind, slash, key = item.text().partition("/")
    if kind not in KINDS or not slash:
        raise item.fail("a KIND/KEY")
    return Ref(kind, key)


def _field(kind: str, item: JsonPart) -> FieldChange:
    path, clears = item.at("path").text(), item.maybe("clears")
    if path.partition(".")[0] not in {field.name for field in KINDS[kind].fields}:
        raise item.at("path").fail(f"a field of a {kind}")
    found = _set(path, item) if item.maybe("add") else _value(path, item)
    return replace(
        found, cls=Class(item.at("class").word(WORST)), clears=clears.flag() if clears else False
    )


def _set(path: str, item: JsonPart) -> FieldChange:
    rename, order = item.maybe("rename"), item.maybe("order")
    return FieldChange(
        path,
        add=item.at("add").texts(),
        remove=item.at("remove").texts(),
        rename=tuple(map(_rename, rename.each())) if rename else (),
        is_set=True,
        order=order.texts() if order else (),
    )


def _value(path: str, item: JsonPart) -> FieldChange:
    before, after, applied = (item.at(name).anything() for name in ("before", "after", "applied"))
    return FieldChange(path, before, after, applied)


def _rename(item: JsonPart) -> tuple[str, str]:
    return item.at("from").text(), item.at("to").text()


def _names(changes: tuple[Change, ...]) -> dict[str, str]:
    """A foreign object may be called `id:5`: in a plan file all elements are names."""
    texts = (text for change in changes for text in _elements(change))
    return {text: text for text in texts if text.startswith(FOREIGN)}


def _elements(change: Change) -> Iterator[str]:
    values: list[Value] = [*change.sent.values()]
    for item in change.fields:
        values += [item.before, item.after, item.applied, item.add, item.remove]
    for value in values:
        yield from (part for part in _flat(value) if isinstance(part, str))


def _flat(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)
