"""`unique`: what no two objects may say alike."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from reconciler.catalog.draft import Draft
from reconciler.catalog.rules.members import Asked, Members
from reconciler.catalog.rules.verdicts import Fault, Judge, Verdict
from reconciler.catalog.rules.words import plain, shown
from reconciler.normalize import canon


def unique(asked: Sequence[Asked], *, in_family: bool) -> Judge:
    """No two say the same in all of these, in the catalog or in one family.

    An object that says none of them is not looked at.
    """

    types = [(item.path, item.canon) for item in asked]
    nothing = [None] * len(types)

    def judge(members: Members, drafts: list[Draft]) -> Verdict:
        verdict = Verdict()
        seen: dict[Hashable, Draft] = {}
        for draft in drafts:
            said = [canon(members.own(draft, path), type_) for path, type_ in types]
            if said == nothing:
                continue
            verdict.looked.append(draft)
            family = id(members.parent(draft) or draft) if in_family else None
            first = seen.setdefault((family, *said), draft)
            if first is not draft:
                verdict.faults.append(_fault(asked, draft, first, in_family))
        return verdict

    return judge


def _fault(asked: Sequence[Asked], draft: Draft, first: Draft, in_family: bool) -> Fault:
    said = [item for item in asked if draft.fields.get(item.path) is not None]
    path = said[0].path
    place = draft.at(path)
    verb = "stands" if len(said) == 1 else "stand"
    where = " in one family" if in_family else ""
    twice = f"{verb} twice{where}"
    keys = ", ".join(f"{item.name} {shown(draft.fields[item.path])}" for item in said)
    labels = tuple(item.label for item in said)
    values = ", ".join(plain(draft.fields[item.path]) for item in said)
    hint = f"the other one, {first.name}, is at"
    what = f"{keys} {twice}"
    return Fault(draft, (draft,), place, what, labels, values, twice, hint, first.at(path))
