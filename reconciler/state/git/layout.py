"""A state as the files of a git tree, and back.

    state.json             format, mark, account, moved, near, the last converged run
    entries/3f/a.jsonl     the entries whose key's hash begins with 3fa, one a line, sorted
    runs/<id>.jsonl        an open run: itself, then each intent that is not done
    README.md              for people who find the ref

4,096 shards: a change rewrites one small file and two small trees, whatever the catalog's size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from reconciler.errors import StateError
from reconciler.model import Entry, Ref, State
from reconciler.state import Converged, Intent, Mark, Recorded, Run, Snapshot
from reconciler.state.jsonform import (
    UNREADABLE,
    check_format,
    converged_from,
    converged_json,
    entries_from,
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
from reconciler.state.rows import difference, with_account
from reconciler.statetext import Shelf

FORMAT = 1
"""`format_version` of the trees that this program writes."""

HEAD, README, ENTRIES, RUNS = "state.json", "README.md", "entries/", "runs/"

_ABOUT = """# State of pxm

What `pxm apply` remembers of the account that it keeps: which object has which id, and what was
written last. It is written by `pxm` alone; `pxm state` looks at it and mends it, and the history
of this ref tells what each run did.
"""


def shard(ref: Ref) -> str:
    """The file of an entry."""
    name = sha256(str(ref).encode("utf-8", "replace")).hexdigest()
    return f"{ENTRIES}{name[:2]}/{name[2]}.jsonl"


def run_file(run_id: str) -> str:
    """The file of an open run."""
    return f"{RUNS}{quote(run_id, safe='')}.jsonl"


def snapshot_from(files: Iterable[tuple[str, bytes]], name: str) -> Snapshot:
    """What a tree holds, its top files first; StateError where it is no state, damaged, or of a
    newer format."""
    files, runs = iter(files), list[Run]()
    head = _head(next((text for path, text in files if path == HEAD), None), name)
    try:
        state = state_from(head, _entries(files, runs))
        return Snapshot(
            state,
            mark_from(head),
            converged_from(head["converged"]),
            tuple(sorted(runs, key=lambda run: (run.started, run.id))),
        )
    except UNREADABLE as error:
        raise damaged(name, error) from error


def damaged(name: str, error: Exception) -> StateError:
    """The error for files that are not what this program writes."""
    return StateError(
        f"{name} is damaged ({error}); nothing was changed",
        hint="push back an earlier commit of the ref, or delete the ref and run `pxm plan`: "
        "what exists will be adopted",
    )


def _head(text: bytes | None, name: str) -> dict[str, Any]:
    if text is None:
        raise StateError(
            f"{name} holds something else, not a state; nothing was changed", hint="check --state"
        )
    try:
        head = dict(json.loads(text))
        check_format(head["format_version"], FORMAT, name)
    except UNREADABLE as error:
        raise damaged(name, error) from error
    return head


def _entries(files: Iterable[tuple[str, bytes]], runs: list[Run]) -> Iterator[Entry]:
    """The entries, file by file so that no text is kept; runs are put aside on the way."""
    shelf = Shelf()
    for path, text in files:
        if path.startswith(ENTRIES):
            yield from entries_from(text.decode("ascii").splitlines(), shelf)
        elif path.startswith(RUNS):
            runs.append(_run(text))


def _run(text: bytes) -> Run:
    first, *rest = text.splitlines()
    return run_from(json.loads(first), (intent_from(json.loads(line)) for line in rest))


class RefContents:
    """What a ref holds, with what has come since, and the files which that touches."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.entries = dict(snapshot.state.entries)
        self.rest = replace(snapshot.state, entries={})
        self.mark = snapshot.mark
        self.converged = snapshot.converged
        self._runs = {run.id: run for run in snapshot.runs}
        self._done: dict[str, set[Ref]] = {run.id: set() for run in snapshot.runs}
        self._touched: set[str] = set()
        self._shards: dict[str, set[Ref]] | None = None

    @property
    def state(self) -> State:
        """The state; a value of its own, later changes do not reach it."""
        return replace(self.rest, entries=dict(self.entries))

    @property
    def runs(self) -> tuple[Run, ...]:
        """The open runs with the intents that are not done."""
        return tuple(self._left(run) for run in self._runs.values())

    @property
    def snapshot(self) -> Snapshot:
        """All of it."""
        return Snapshot(self.state, self.mark, self.converged, self.runs)

    def _left(self, run: Run) -> Run:
        done = self._done[run.id]
        left = tuple(item for item in run.intents if item.ref not in done)
        return replace(run, intents=left, account=None)

    # --- changes ---

    def begin(self, run: Run) -> None:
        """A run with its intents; a state without an account gets the run's."""
        self._runs[run.id], self._done[run.id] = run, set()
        self._touched.add(run_file(run.id))
        self.rest = with_account(self.rest, run)

    def intend(self, intents: Sequence[Intent], run_id: str) -> None:
        """More that an open run is about to do, of objects that it may be done with."""
        run, done = self._left(self._runs[run_id]), self._done[run_id]
        self._runs[run_id] = replace(run, intents=(*run.intents, *intents))
        done.difference_update(item.ref for item in intents)
        self._touched.add(run_file(run_id))

    def record(self, changes: Sequence[Recorded], run_id: str) -> None:
        """What came of operations of a run."""
        for item in changes:
            self._touch(item.ref)
            if item.entry is None:
                self.entries.pop(item.ref, None)
            else:
                self.entries[item.ref] = item.entry
            if item.done and run_id in self._runs:
                self._done[run_id].add(item.ref)
                self._touched.add(run_file(run_id))

    def save(self, state: State) -> None:
        """The state is exactly this."""
        self.record(difference(self.entries, state.entries), "")
        self.rest = replace(state, entries={})

    def end(self, run_id: str, converged: bool, at: float) -> None:
        """A run is no longer open; `at` is when, in seconds since 1970."""
        run = self._runs.pop(run_id, None)
        if run is not None:
            self._touched.add(run_file(run_id))
            if converged:
                self.converged = Converged(run_id, run.commit, at)

    def restore(self, snapshot: Snapshot) -> None:
        """All is exactly this."""
        self.save(snapshot.state)
        for run_id in tuple(self._runs):
            self.end(run_id, False, 0.0)
        for run in snapshot.runs:
            self.begin(run)
        self.converged = snapshot.converged

    # --- files ---

    def _index(self) -> dict[str, set[Ref]]:
        if self._shards is None:
            self._shards = {}
            for ref in self.entries:
                self._shards.setdefault(shard(ref), set()).add(ref)
        return self._shards

    def _touch(self, ref: Ref) -> None:
        path = shard(ref)
        self._index().setdefault(path, set()).add(ref)
        self._touched.add(path)

    def files(self, mark: Mark) -> dict[str, bytes | None]:
        """The files that differ from what the ref holds, with the mark of the next version."""
        files: dict[str, bytes | None] = {path: self._file(path) for path in self._touched}
        files[HEAD] = self._head(mark)
        if not self.mark.serial:
            files[README] = _ABOUT.encode()
        return files

    def written(self, mark: Mark) -> None:
        """The ref holds it all now, as this version."""
        self.mark = mark
        self._touched.clear()

    def _file(self, path: str) -> bytes | None:
        return self._entries(path) if path.startswith(ENTRIES) else self._run(path)

    def _entries(self, path: str) -> bytes | None:
        refs = self._index().get(path, set())
        there = sorted(ref for ref in refs if ref in self.entries)
        return _lines(entry_text(self.entries[ref]) for ref in there) if there else None

    def _run(self, path: str) -> bytes | None:
        run = next((run for run in self.runs if run_file(run.id) == path), None)
        if run is None:
            return None
        return _lines([json.dumps(run_json(run)), *map(intent_text, run.intents)])

    def _head(self, mark: Mark) -> bytes:
        head = {
            "format_version": FORMAT,
            **mark_json(mark),
            "converged": converged_json(self.converged),
            **rest_json(self.rest),
        }
        return json.dumps(head, indent=1).encode() + b"\n"


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii")
