"""A whole state as one JSON text: `state pull` writes it, `state push` reads it (contract 5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.errors import StateError
from reconciler.state import Run, Snapshot
from reconciler.state.jsonform import (
    UNREADABLE,
    Parsed,
    check_format,
    converged_from,
    converged_json,
    entry_from,
    entry_text,
    intent_from,
    intent_text,
    mark_from,
    mark_json,
    rest_json,
    run_from,
    run_json,
    state_from,
)

FORMAT = 1
"""`format_version` of the texts that this program writes."""


def snapshot_text(snapshot: Snapshot) -> str:
    """The JSON of a snapshot: an entry a line, sorted, the same text for the same state."""
    return "".join(_pieces(snapshot))


def _pieces(snapshot: Snapshot) -> Iterator[str]:
    head = {
        "format_version": FORMAT,
        **mark_json(snapshot.mark),
        "converged": converged_json(snapshot.converged),
        **rest_json(snapshot.state),
    }
    yield f"{json.dumps(head, indent=1)[:-2]},\n"
    yield _list("runs", map(run_text, snapshot.runs))
    yield ",\n"
    entries = sorted(snapshot.state.entries.items())
    yield _list("entries", (entry_text(entry) for _, entry in entries))
    yield "\n}\n"


def _list(name: str, lines: Iterable[str]) -> str:
    body = ",\n  ".join(lines)
    return f' "{name}": [\n  {body}\n ]' if body else f' "{name}": []'


def run_text(run: Run) -> str:
    """A run with its intents, an intent a line."""
    head = json.dumps(run_json(run))[:-1]
    intents = ",\n   ".join(map(intent_text, run.intents))
    return f'{head}, "intents": [{intents}]}}'


def snapshot_from(text: str, name: str) -> Snapshot:
    """The snapshot of a pulled text; `name` says whose it is in the StateError of a wrong one."""
    value = parsed(text, name)
    try:
        return Snapshot(
            state_from(value, map(entry_from, value["entries"])),
            mark_from(value),
            converged_from(value["converged"]),
            tuple(map(run_of, value["runs"])),
        )
    except UNREADABLE as error:
        raise unreadable(name, error) from error


def parsed(text: str, name: str) -> Parsed:
    """The JSON of a text, its format checked."""
    try:
        value = json.loads(text)
        check_format(_format_of(value), FORMAT, name)
    except UNREADABLE as error:
        raise unreadable(name, error) from error
    return value  # type: ignore[no-any-return]


def _format_of(value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError("the file is not a mapping")
    return value["format_version"]


def run_of(value: Parsed) -> Run:
    """A run from parsed JSON."""
    return run_from(value, map(intent_from, value["intents"]))


def unreadable(name: str, error: Exception) -> StateError:
    """The error for a text whose reading raised."""
    if isinstance(error, RecursionError):
        return no_state(name, "it is nested too deeply")
    if isinstance(error, json.JSONDecodeError):
        return no_state(name, f"it is not JSON: {error}")
    if isinstance(error, KeyError):
        return no_state(name, f"{error.args[0]} is missing")
    return no_state(name, str(error))


def no_state(name: str, reason: str) -> StateError:
    """The error for a text that is not what this program writes; the reason says where."""
    return StateError(
        f"{name} is not a state that `pxm state pull` wrote: {reason}; nothing was changed",
        hint="mend it there, or push what `pxm state pull FILE` wrote",
    )
