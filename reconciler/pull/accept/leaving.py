"""Entries that go: nothing nested in them is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.catalog.objects import NESTS
from reconciler.model import Catalog, Ref
from reconciler.normalize import spelled
from reconciler.pull.accept.context import Context
from reconciler.pull.accept.wishes import Move, Remove


def leave_consistently(context: Context) -> None:
    """Keep the entries that something stands under."""
    wishes = context.wishes
    gone, moved = wishes.refs(Remove), wishes.refs(Move)
    for ref, inner in _shells(context.catalog, gone, moved).items():
        gone.remove(ref)
        wishes.withdraw(Remove(ref))
        context.stay(ref, "", f"it is gone, but {inner}, which stands under it, is not")


def _shells(catalog: Catalog, gone: Collection[Ref], moved: Collection[Ref]) -> dict[Ref, Ref]:
    """Entries of gone objects that stay for as long as something in them is still in the
    account, each with the object that it stays for."""
    kept: dict[Ref, Ref] = {}
    for ref in catalog.resources:
        if ref in gone or ref in moved:
            continue
        for above in _chain_above(catalog, ref):
            if above not in gone or above in kept:
                break
            kept[above] = ref
    return kept


def _chain_above(catalog: Catalog, ref: Ref) -> Iterator[Ref]:
    """What an object stands under, the nearest first, and last one that nobody declares."""
    nest = NESTS.get(ref.kind)
    while nest is not None and ref in catalog.resources:
        above = catalog.resources[ref].fields.get(nest.field)
        ref = Ref(ref.kind, spelled(above or ""))
        yield ref
