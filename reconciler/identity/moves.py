"""`moved:` entries: keys renamed in the state, all at once, of a long history too (contract 1.1).

An account may be one rename behind and another two: each walks the entries from the key that its
state holds to the first key that the catalog has.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model import Catalog, Entry, Live, Moved, Place, Problem, Ref, Removed, State


@dataclass(frozen=True, slots=True)
class Walk:
    """The entries that lead from one key, and the key where they end; None where none does."""

    steps: tuple[Moved, ...]
    end: Ref | None


def next_steps(entries: Iterable[Moved]) -> dict[Ref, Moved]:
    """The entries by the key that they rename."""
    return {Ref(item.kind, item.source): item for item in entries}


def walk(start: Ref, steps: Mapping[Ref, Moved], ends: Container[Ref]) -> Walk:
    """Follow the entries from a key to the first one in `ends`, one step at least."""
    ref, taken = start, dict[Ref, Moved]()
    while ref in steps and ref not in taken:
        step = taken[ref] = steps[ref]
        ref = Ref(step.kind, step.target)
        if ref in ends:
            return Walk(tuple(taken.values()), ref)
    return Walk(tuple(taken.values()), None)


@dataclass(frozen=True, slots=True)
class Moves:
    """What `moved:` entries make of the state.

    `entries` are the state's entries under their present keys, and `sources` the keys that the
    state holds by present key, where they differ.  The others are by the key that the state
    holds: `walks` that were followed to an end, `removed` what leaves on purpose, chains that end
    at a removed key included, and `astray` the last entry of chains that end at no key of the
    catalog.  An entry whose object is gone gives way to the one that has its new key.
    """

    entries: Mapping[Ref, Entry]
    removed: Mapping[Ref, Removed]
    walks: Mapping[Ref, Walk] = field(default_factory=dict)
    sources: Mapping[Ref, Ref] = field(default_factory=dict)
    astray: Mapping[Ref, Moved] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def carried(self, made: Callable[[Ref, Ref], bool]) -> frozenset[tuple[str, str, str]]:
        """The entries that count as carried out, where `made` says so of (old key, new key).

        One that is not carried out must not be recorded: it would say nothing in the next run,
        which would delete the object under its old key.
        """
        done: list[Moved] = []
        for ref, item in self.walks.items():
            if item.end is not None and made(ref, item.end):
                done += item.steps
        return frozenset(map(_recorded, done))


def _recorded(item: Moved) -> tuple[str, str, str]:
    """An entry as the state records it."""
    return item.kind, item.source, item.target


def carry_moves(catalog: Catalog, live: Live, state: State) -> Moves:
    """Follow the `moved:` entries that were not carried out before."""
    removed = {item.ref: item for item in catalog.removed}
    walks = _walks(catalog, state, removed)
    if not walks:
        return Moves(state.entries, removed)
    removals: dict[Ref, Removed] = {}
    astray: dict[Ref, Moved] = {}
    targets: dict[Ref, Ref] = {}
    for ref, item in walks.items():
        if item.end is None:
            astray[ref] = item.steps[-1]
        elif item.end in removed:
            removals[ref] = removed[item.end]
        else:
            targets[ref] = item.end
    entries, sources, problems = _rekeyed(live, state, targets, walks)
    # An entry that could not take its new key was not followed.
    kept = targets.keys() - set(sources.values())
    followed = {ref: item for ref, item in walks.items() if ref not in kept}
    renamed = {ref: source for ref, source in sources.items() if ref != source}
    return Moves(entries, {**removed, **removals}, followed, renamed, astray, problems)


def _walks(catalog: Catalog, state: State, removed: Iterable[Ref]) -> dict[Ref, Walk]:
    """By the keys that the state holds, where the open entries lead."""
    steps = next_steps(item for item in catalog.moved if _recorded(item) not in state.moved)
    if not steps:
        return {}
    ends = frozenset((*catalog.resources, *removed))
    found: dict[Ref, Walk] = {}
    for ref in state.entries:
        if ref in steps:
            found[ref] = walk(ref, steps, ends)
    return found


def _rekeyed(
    live: Live, state: State, targets: Mapping[Ref, Ref], walks: Mapping[Ref, Walk]
) -> tuple[dict[Ref, Entry], dict[Ref, Ref], tuple[Problem, ...]]:
    """The entries under their new keys, the keys that they had, and new keys that two want.

    One whose object is gone keeps its key where another one has the new key.
    """
    entries = {ref: entry for ref, entry in state.entries.items() if ref not in targets}
    sources: dict[Ref, Ref] = {}
    problems: list[Problem] = []
    for ref, target in sorted(targets.items()):
        entry = state.entries[ref]
        if target not in entries:
            entries[target] = replace(entry, ref=target)
            sources[target] = ref
        elif entry.id not in live.of(ref.kind) and (ref.kind, entry.id) not in live.processing:
            entries[ref] = entry
        else:
            place = walks[ref].steps[-1].place
            problems.append(_occupied(place, target, ref, sources.get(target, target)))
    return entries, sources, tuple(problems)


def _occupied(place: Place, target: Ref, ref: Ref, other: Ref) -> Problem:
    both = f"'{ref.key}' becomes '{target.key}', and so does '{other.key}'"
    alone = f"'{ref.key}' becomes '{target.key}', which is already managed"
    return Problem(
        place,
        f"moved: {ref.kind} {alone if other == target else both}",
        "the state holds both; see `pxm state list`, and `pxm state rm` the one that is wrong",
    )
