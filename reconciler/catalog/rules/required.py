"""`require` and `require_groups`: what has to have a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.catalog.draft import Draft
from reconciler.catalog.rules.members import Asked, Members
from reconciler.catalog.rules.verdicts import Fault, Judge, Verdict
from reconciler.model import Ref

Missing = tuple[Draft, list[Asked]]


def required(asked: Sequence[Asked]) -> Judge:
    """Each of these has to have a value."""

    def judge(members: Members, drafts: list[Draft]) -> Verdict:
        missing: list[Missing] = []
        for draft in drafts:
            names = [item for item in asked if members.lacks(draft, item)]
            if names:
                missing.append((draft, names))
        return Verdict(drafts, list(_faults(members, drafts, missing)))

    return judge


def _faults(members: Members, drafts: list[Draft], missing: list[Missing]) -> Iterator[Fault]:
    """What all variants of a parent lack is told once, at the parent: there it is mended."""
    shared = _shared(members, drafts, missing)
    told: dict[Ref, list[Draft]] = {}
    for draft, names in missing:
        parent = _parent(members, draft)
        above = shared.get(parent, ())
        if parent and above:
            told.setdefault(parent, []).append(draft)
        own = [item for item in names if item not in above]
        if own:
            yield Fault(draft, (draft,), draft.place, _keys(own), _labels(own))
    for ref, variants in told.items():
        yield _at_parent(members.book.index[ref], variants, shared[ref])


def _parent(members: Members, draft: Draft) -> Ref | None:
    """The parent at which it can be mended; none where that is somebody else's."""
    parent = members.parent(draft)
    return None if parent is None or parent.external else parent.ref


def _shared(
    members: Members, drafts: list[Draft], missing: list[Missing]
) -> dict[Ref | None, list[Asked]]:
    """By parent what all of its variants lack, where there are several."""
    lacking: dict[Ref | None, list[list[Asked]]] = {}
    for draft, names in missing:
        lacking.setdefault(_parent(members, draft), []).append(names)
    lacking.pop(None, None)
    if not lacking:
        return {}
    looked = Counter(_parent(members, draft) for draft in drafts)
    found: dict[Ref | None, list[Asked]] = {}
    for ref, lists in lacking.items():
        if 1 < len(lists) == looked[ref]:
            found[ref] = _in_all(lists)
    return found


def _in_all(lists: list[list[Asked]]) -> list[Asked]:
    first, *others = lists
    common = set(first).intersection(*others)
    return [item for item in first if item in common and item.lent]


def _at_parent(parent: Draft, variants: list[Draft], names: list[Asked]) -> Fault:
    what = f"{_keys(names)}, and so do its {len(variants):,} variants"
    return Fault(parent, tuple(variants), parent.place, what, _labels(names))


def _keys(names: Sequence[Asked]) -> str:
    return "lacks " + ", ".join(item.name for item in names)


def _labels(names: Sequence[Asked]) -> tuple[str, ...]:
    return tuple(item.label for item in names)
