"""Files that are left behind: no delete of files is documented (docs/api.md).

What leaves the catalog, and what an upload replaces, loses the links that are ours and stays.
Its entry stays in the state, so that it is never adopted again; what an upload replaces goes on
under a key that no catalog can hold (`hero@5f1c2d9a`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.enums import Action
from reconciler.identity import MARK
from reconciler.kinds import KINDS, Field, Type
from reconciler.model import Applied, Change, Entry, FieldChange, LiveObject, Ref, Value
from reconciler.normalize import texts
from reconciler.plan.deletes import PROTECTED
from reconciler.wire import Names

STAYS = "files cannot be deleted through the API: it stays in the account, without our links"


def replaced(ref: Ref, id_: str) -> Ref:
    """The key of an object whose place a new upload takes."""
    return Ref(ref.kind, f"{ref.key}{MARK}{id_[:8]}")


def successor(ref: Ref) -> Ref:
    """The key of the object that took the place of a replaced one; its own for any other."""
    return Ref(ref.kind, ref.key.partition(MARK)[0])


def unlinked(ref: Ref, entry: Entry, item: LiveObject, names: Names) -> Change | None:
    """The change that takes our links from an object that has left; None where none is left."""
    fields = tuple(_links(ref, entry.applied, item, names))
    if not fields:
        return None
    return Change(
        Action.UPDATE,
        ref,
        entry.id,
        item.label,
        None,
        fields=fields,
        forget=tuple(field.path for field in fields),
        blocked=PROTECTED if entry.prevent_destroy else None,
        prevent_destroy=entry.prevent_destroy,
        fallout=(STAYS,),
    )


def unlinked_by_upload(
    ref: Ref,
    item: LiveObject,
    applied: Mapping[str, Applied],
    desired: Mapping[str, Value],
    names: Names,
) -> Change | None:
    """The same for the object that an upload replaces: the new one has taken over our links."""
    known = _known(ref, item, applied, desired, names)
    change = unlinked(known.ref, known, item, names)
    return replace(change, depends_on=(ref,)) if change else None


def _known(
    ref: Ref,
    item: LiveObject,
    applied: Mapping[str, Applied],
    desired: Mapping[str, Value],
    names: Names,
) -> Entry:
    """Ours are desired ∪ applied: an adopted file shows links that a lost state knew as ours."""
    ours = dict(applied)
    for field in _link_fields(ref):
        sent = texts(applied[field.name].sent) if field.name in applied else ()
        wanted = [Ref(field.to, key) for key in texts(desired.get(field.name))]
        found = [names.ids[other] for other in wanted if other in names.ids]
        ours[field.name] = Applied((*sent, *found))
    return Entry(replaced(ref, item.id), item.id, ours)


def _link_fields(ref: Ref) -> list[Field]:
    return [field for field in KINDS[ref.kind].fields if field.type is Type.REFERENCES]


def _links(
    ref: Ref, applied: Mapping[str, Applied], item: LiveObject, names: Names
) -> Iterator[FieldChange]:
    for field in _link_fields(ref):
        if field.name not in applied:
            continue
        shown = texts(item.fields.get(field.name))
        present = set(shown)
        ours = [id_ for id_ in texts(applied[field.name].sent) if id_ in present]
        if ours:
            before = tuple(names.token(field.to, id_) for id_ in shown)
            gone = tuple(names.token(field.to, id_) for id_ in ours)
            yield FieldChange(field.name, before=before, applied=gone, remove=gone, is_set=True)
