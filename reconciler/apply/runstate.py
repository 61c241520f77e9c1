"""One run of apply: what it was given, and the two things that grow while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from reconciler.api import Session
from reconciler.apply.ledger import Ledger
from reconciler.apply.proof import Above
from reconciler.apply.seen import Seen
from reconciler.apply.tools import Tools
from reconciler.behaviours import YES
from reconciler.model import Change, LiveObject, Plan, Ref
from reconciler.paths import attribute_of, is_value
from reconciler.wire.inherited import Inherited


@dataclass(frozen=True, slots=True)
class RunState:
    """What the steps of a run work on.

    `plan`, `tools` and `started` (by the server's clock) stay as they are.  What was seen of the
    account is in `seen`, what became of the changes in `ledger`; each changes by its own methods
    alone.
    """

    plan: Plan
    tools: Tools
    started: float
    seen: Seen
    ledger: Ledger

    @property
    def session(self) -> Session:
        """The session on the account."""
        return self.tools.session

    def owners(self) -> dict[tuple[str, str], Ref]:
        """Managed objects by kind and id."""
        entries = self.ledger.entries
        return {(ref.kind, id_): ref for ref, id_ in self.seen.ids.items() if ref in entries}


# --- values that categories hand down (contract 2.3) --------------------------------------------


def above(run: RunState, change: Change, was: LiveObject | None, item: LiveObject) -> Above:
    """What the categories above an object show by now, for its proof."""
    before = run.seen.shown_above(was) if was is not None else {}
    ours, inherits = _ours(run, change), run.ledger.inherits(change.ref.kind)
    return Above(before, run.seen.shown_above(item), ours, inherits)


def not_sent(run: RunState, change: Change, item: LiveObject) -> Inherited:
    """Values that are not sent back: on an account that was seen to inherit, those that are not
    ours and that a category above shows."""
    if run.ledger.inherits(change.ref.kind) != YES:
        return {}
    ours = _ours(run, change)
    return {id_: forms for id_, forms in run.seen.shown_above(item).items() if id_ not in ours}


def shown_since(run: RunState, item: LiveObject) -> Inherited:
    """Values that an object may show by now without anybody having set them there.

    While it is unknown whether the account inherits: what this very run has put above it.
    """
    inherits, now = run.ledger.inherits(item.kind), run.seen.shown_above(item)
    if inherits is not None:
        return now if inherits == YES else {}
    then = run.seen.shown_above_then(item)
    return {id_: forms - then.get(id_, frozenset()) for id_, forms in now.items()}


def _ours(run: RunState, change: Change) -> frozenset[str]:
    """The attributes of which an object has a value of ours, set on the object itself."""
    entry = run.ledger.entries.get(change.ref)
    applied = entry.applied if entry is not None else {}
    sent = map(run.seen.names.id_path, change.sent)
    return frozenset(attribute_of(path) for path in chain(applied, sent) if is_value(path))
