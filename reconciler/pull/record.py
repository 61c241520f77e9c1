"""The state in which a plan of the pulled files is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.apply.entries import after_settle
from reconciler.diff import names_of
from reconciler.identity import identify
from reconciler.model import Catalog, Entry, Live, Ref, Settle, State
from reconciler.plan.mirrored import as_shown


def recorded(catalog: Catalog, live: Live, state: State, ids: Mapping[Ref, str]) -> State:
    """The state with these objects managed: what the catalog declares counts as sent, and what
    the account holds as shown for it (contract 2.2).

    An object that the state knows already stays as it is: its drift is not to be forgotten.
    """
    new = {ref: Entry(ref, id_) for ref, id_ in ids.items() if ref not in state.entries}
    bound = replace(state, account=state.account or live.account)
    bound = replace(bound, entries={**state.entries, **new})
    shown = as_shown(catalog, live)
    names = names_of(shown, live, identify(shown, live, bound))
    entries = dict(bound.entries)
    for ref in new:
        resource = shown.resources[ref]
        protect = resource.lifecycle.prevent_destroy
        settle = Settle(ref, ids[ref], resource.fields, prevent_destroy=protect)
        entries[ref] = after_settle(settle, None, live.of(ref.kind)[ids[ref]], names)
    return replace(bound, entries=entries)
