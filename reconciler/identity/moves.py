"""`moved:` entries: keys renamed in the state, all at once (contract 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model import Catalog, Entry, Problem, Ref, State


def carry_moves(
    catalog: Catalog, state: State
) -> tuple[dict[Ref, Entry], frozenset[tuple[str, str, str]], list[Problem]]:
    """The state's entries under their new keys; all `moved:` entries take effect at once."""
    target: dict[Ref, Ref] = {}
    done = set(state.moved)
    for move in catalog.moved:
        name = (move.kind, move.source, move.target)
        source = Ref(move.kind, move.source)
        if name not in state.moved and source in state.entries:
            target[source] = Ref(move.kind, move.target)
            done.add(name)
    problems = [
        _occupied(catalog, ref) for source, ref in target.items() if _blocked(ref, target, state)
    ]
    entries = {
        target.get(ref, ref): replace(entry, ref=target.get(ref, ref))
        for ref, entry in state.entries.items()
    }
    return entries, frozenset(done), problems


def _blocked(ref: Ref, target: Mapping[Ref, Ref], state: State) -> bool:
    return ref in state.entries and ref not in target


def _occupied(catalog: Catalog, ref: Ref) -> Problem:
    move = next(item for item in catalog.moved if (item.kind, item.target) == (ref.kind, ref.key))
    return Problem(
        move.place,
        f"moved: {ref.kind} '{ref.key}' is already managed under that key",
        "see `pxm state list`; remove the entry, or `pxm state rm` the one that is wrong",
    )
