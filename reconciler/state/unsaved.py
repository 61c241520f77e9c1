"""What a run could not save, in a file that `state push` brings back (contract 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.errors import StateError
from reconciler.files import replaced_at_once
from reconciler.model import Entry, Ref, State
from reconciler.state import Converged, Mark, Run, Snapshot
from reconciler.state.document import FORMAT, parsed, run_of, run_text, unreadable
from reconciler.state.jsonform import (
    UNREADABLE,
    Parsed,
    converged_from,
    converged_json,
    entry_from,
    entry_text,
    mark_from,
    mark_json,
    rest_json,
    state_from,
)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """All that a run did since it began, in a form that fits any backend.

    `base` is the version that the backend is known to hold; `state` has everything but entries;
    `entries` maps what changed to the entry as it is now, None where it is forgotten; `run` has
    the intents that are still open, and has `ended` where nothing was left to do but to say so.
    """

    run: Run
    base: Mark
    state: State
    entries: Mapping[Ref, Entry | None]
    ended: bool = False
    converged: Converged | None = None


def write(path: Path, unsaved: Unsaved) -> None:
    """Replace the file in one step, durably; OSError where that cannot be done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replaced_at_once(path, unsaved_text(unsaved))


def unsaved_text(unsaved: Unsaved) -> str:
    """The JSON of what is unsaved, an entry a line."""
    head = {
        "format_version": FORMAT,
        "unsaved": True,
        "ended": unsaved.ended,
        "converged": converged_json(unsaved.converged),
        **mark_json(unsaved.base),
        **rest_json(unsaved.state),
    }
    kept = ",\n  ".join(entry_text(item) for _, item in sorted(unsaved.entries.items()) if item)
    gone = [[ref.kind, ref.key] for ref, item in sorted(unsaved.entries.items()) if item is None]
    return (
        f'{json.dumps(head, indent=1)[:-2]},\n "run": {run_text(unsaved.run)},\n'
        f' "forgotten": {json.dumps(gone)},\n "entries": [\n  {kept}\n ]\n}}\n'
    )


def is_unsaved(value: Parsed) -> bool:
    """Whether a parsed text is what a run could not save, not a whole state."""
    return value.get("unsaved") is True


def unsaved_from(text: str, name: str) -> Unsaved:
    """What `write` wrote; StateError where it is something else."""
    value = parsed(text, name)
    try:
        changed: dict[Ref, Entry | None] = {
            entry.ref: entry for entry in map(entry_from, value["entries"])
        }
        gone = {Ref(kind, key): None for kind, key in value["forgotten"]}
        return Unsaved(
            run_of(value["run"]),
            mark_from(value),
            state_from(value, ()),
            {**changed, **gone},
            bool(value["ended"]),
            converged_from(value["converged"]),
        )
    except UNREADABLE as error:
        raise unreadable(name, error) from error


def brought(snapshot: Snapshot, unsaved: Unsaved) -> Snapshot:
    """The snapshot with what was unsaved in it."""
    entries = dict(snapshot.state.entries)
    for ref, entry in unsaved.entries.items():
        if entry is None:
            entries.pop(ref, None)
        else:
            entries[ref] = entry
    state = replace(
        snapshot.state,
        account=snapshot.state.account or unsaved.state.account,
        entries=entries,
        moved=snapshot.state.moved | unsaved.state.moved,
        near=unsaved.state.near,
        doubtful={**snapshot.state.doubtful, **unsaved.state.doubtful},
        behaviours={**snapshot.state.behaviours, **unsaved.state.behaviours},
        refused=unsaved.state.refused,
    )
    others = tuple(run for run in snapshot.runs if run.id != unsaved.run.id)
    return Snapshot(
        state,
        snapshot.mark,
        unsaved.converged or snapshot.converged,
        others if unsaved.ended else (*others, unsaved.run),
    )


def pending(path: Path) -> StateError | None:
    """The error of a run that finds what an earlier one could not save."""
    if not path.exists():
        return None
    return StateError(
        f"what an earlier run could not save is still in {path}; nothing was written",
        hint="`pxm state push` brings it back; delete the file if it is of no use",
    )
