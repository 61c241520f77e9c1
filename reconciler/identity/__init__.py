"""Who is who: desired × live × state → managed, adopted, moved, gone, near match, ambiguous.

Contract 2.1.  A state entry decides first; without one an object is looked for by its natural
key, kind by kind in the order of references, so that what a key leans on is already known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.identity.bound import MARK, NEW, Bound
from reconciler.identity.moves import Moves, carry_moves
from reconciler.identity.near import NEAR, Unsettled, by_label, near_matches
from reconciler.identity.roots import hidden_roots, unlisted_root
from reconciler.identity.search import Search
from reconciler.kinds import ORDER
from reconciler.model import Catalog, Entry, Live, Problem, Ref, State

__all__ = [
    "MARK",
    "NEAR",
    "NEW",
    "Bound",
    "Identity",
    "Unsettled",
    "by_label",
    "hidden_roots",
    "identify",
    "unlisted_root",
]


@dataclass(frozen=True, slots=True)
class Identity:
    """The result.

    `bound` has every desired object that exists; `gone` the managed ones that answered 404, and
    `processing` those of them that the service is still processing (files, contract 2.8);
    `near` the near matches of what would be created; `blocked` reasons, and `missing` those of
    objects whose pinned id is not in the account; `left` state entries
    whose key has left the catalog; `entries` the state's entries under their present keys, as
    `moves` says.
    """

    bound: Mapping[Ref, Bound]
    gone: frozenset[Ref]
    near: Mapping[Ref, tuple[str, ...]]
    blocked: Mapping[Ref, str]
    missing: Mapping[Ref, str]
    left: Mapping[Ref, Entry]
    entries: Mapping[Ref, Entry]
    moves: Moves
    problems: tuple[Problem, ...]
    roots: frozenset[str] = frozenset()
    processing: frozenset[Ref] = frozenset()
    reasons: Mapping[Ref, Mapping[str, str]] = field(default_factory=dict)
    """Why an object is a near match, by the ids, where its name does not say so."""


def identify(catalog: Catalog, live: Live, state: State) -> Identity:
    """Match every desired object with at most one live object, and every live one once."""
    moves = carry_moves(catalog, live, state)
    search = Search(catalog, live, moves.entries, frozenset(moves.removed))
    search.problems.extend(moves.problems)
    for kind in ORDER:
        search.match(kind)
    left = {
        ref: entry
        for ref, entry in moves.entries.items()
        if ref not in catalog.resources and (ref.kind, entry.id) not in search.claimed
    }
    reasons, blocked = near_matches(search, state)
    return Identity(
        bound=search.bound,
        gone=frozenset(search.gone),
        processing=frozenset(search.processing),
        near={ref: by_label(live, ref.kind, ids) for ref, ids in reasons.items()},
        reasons=reasons,
        blocked=blocked,
        missing=search.missing,
        left=left,
        entries=moves.entries,
        moves=moves,
        problems=tuple(search.problems),
        roots=hidden_roots(catalog, live, moves.entries),
    )
