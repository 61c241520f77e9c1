"""The entries of `moved:` and `removed:` that edits of keys add and take out (contract 1.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from reconciler.errors import UsageError
from reconciler.identity.moves import next_steps, walk
from reconciler.model import Catalog, Moved, Ref, Removed
from reconciler.refactor.entries import put_note
from reconciler.refactor.places import Step, Steps
from reconciler.refactor.work import NOTHING, Work
from reconciler.yamltext import Flow
from reconciler.yamltext.edits import become
from reconciler.yamltext.spans import ListNode, MapNode, Outline, ScalarNode

MOVED, REMOVED = "moved", "removed"


def note_move(work: Work, ref: Ref, new: str) -> None:
    """A key is another one now.

    Where the old key was given up before and had come back, that entry leads on to the new one:
    a key is moved once.
    """
    before = next_steps(work.catalog.moved).get(ref)
    if before is None:
        file = _file_for(work, ref, work.catalog.moved)
        put_note(work.files, file, MOVED, Flow({"kind": ref.kind, "from": ref.key, "to": new}))
        return
    file = before.place.file
    work.files.load([file])
    on = work.files.outline(file)
    entry, _ = entry_of(on, before)
    work.files.edit(file, become(on, entry, "to", new))


def note_removals(work: Work, refs: Sequence[Ref], *, destroy: bool) -> None:
    """Objects are taken out on purpose, or let go; what is external was never managed."""
    file = _file_for(work, refs[0], work.catalog.removed)
    for ref in refs:
        if work.catalog.resources[ref].external:
            continue
        note = Flow({"kind": ref.kind, "key": ref.key})
        if not destroy:
            note["destroy"] = False
        put_note(work.files, file, REMOVED, note)


def _file_for(work: Work, ref: Ref, others: Iterable[Moved] | Iterable[Removed]) -> str:
    """The file for a note: the object's own, or the first that has the list where that has not."""
    own = work.file(ref)
    having = sorted({item.place.file for item in others})
    file = own if own in having or not having else having[0]
    work.files.load([file])
    return file


def stale_moves(catalog: Catalog, gone: Collection[Ref]) -> Iterator[Moved]:
    """The entries of `moved:` that lead to objects that go, and to no `removed:` either."""
    steps = next_steps(catalog.moved)
    ends = frozenset((*catalog.resources, *(item.ref for item in catalog.removed)))
    for ref, entry in steps.items():
        if walk(ref, steps, ends).end in gone:
            yield entry


def entry_of(on: Outline, moved: Moved) -> tuple[MapNode, Steps]:
    """Where an entry of `moved:` stands."""
    root = on.root
    section = root.own(MOVED) if isinstance(root, MapNode) else None
    if isinstance(root, MapNode) and section and isinstance(section.value, ListNode):
        top = Step(root, root.entries.index(section))
        for index, item in enumerate(section.value.items):
            if isinstance(item, MapNode) and _says(item, moved):
                return item, (top, Step(section.value, index))
    raise UsageError(
        f"{NOTHING}: the entry of `moved` at {moved.place} is behind an anchor or alias",
        hint="write it out first",
    )


def _says(entry: MapNode, moved: Moved) -> bool:
    texts = [entry.get(name) for name in ("kind", "from")]
    said = [node.text for node in texts if isinstance(node, ScalarNode)]
    return said == [moved.kind, moved.source]
