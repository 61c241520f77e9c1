"""desired × live × applied → changes of single objects (contract 2.2).

The only importer of deepdiff: it names the fields of an object that differ, once their canonical
forms are known not to be equal; the truth table of `merge` then says what each means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from reconciler.enums import WORST, Class
from reconciler.identity import Identity
from reconciler.kinds import KINDS, LABELLED, Field, Kind, Type
from reconciler.known import who_is_who
from reconciler.merge import (
    WRITES,
    SetMerge,
    Sides,
    classify,
    merge_sets,
    order_class,
)
from reconciler.model import (
    FOREIGN,
    Applied,
    Catalog,
    Entry,
    FieldChange,
    Live,
    LiveObject,
    Policy,
    Resource,
    Value,
)
from reconciler.normalize import canon, composed, is_empty, texts
from reconciler.paths import attribute_of, field_of, is_value
from reconciler.wire import (
    Definition,
    Names,
    as_live,
    as_spelled,
    label_key,
    picked,
    same_label,
    type_of,
    view,
    view_field,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs on one object.

    `fields` are to be written; `kept` differ and are left (drift that policy keeps); `released`
    are no longer ours; `settled` count as sent from now on; `forget` paths leave the state.
    `blocked` is a reason why the object cannot be changed as declared.
    """

    fields: tuple[FieldChange, ...] = ()
    kept: tuple[FieldChange, ...] = ()
    released: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    blocked: str | None = None

    @property
    def cls(self) -> Class:
        """The worst class of its fields."""
        return max((item.cls for item in self.fields), key=WORST.index, default=Class.PENDING)


@dataclass(frozen=True, slots=True)
class View:
    """One object on its three sides, all in the catalog's keys."""

    kind: Kind
    resource: Resource
    live: Mapping[str, Value]
    applied: Mapping[str, Applied]
    names: Names
    policy: Policy
    ignored: Callable[[str], bool] = field(default=lambda _: False)
    relabelled: frozenset[str] = frozenset()
    """Values that the state keeps under a label that their option had before."""

    def form(self, path: str, value: Value) -> Any:
        """A value of a field as it is compared."""
        return _form(self.kind, path, value, self.names)

    def type_(self, path: str) -> str:
        """The word by which values of a field are compared."""
        return type_of(self.kind, path, self.names)


def names_of(catalog: Catalog, live: Live, identity: Identity) -> Names:
    """Who is who, with option labels as they will be once pending renames are made."""
    ids = {ref: bound.id for ref, bound in identity.bound.items()}
    declared = {id_: catalog.resources[ref] for ref, id_ in ids.items() if ref.kind == "attribute"}
    ids.update({ref: entry.id for ref, entry in identity.left.items()})
    return who_is_who(ids, live, roots=identity.roots, catalog=catalog, declared=declared)


def ignores(resource: Resource, policy: Policy) -> Callable[[str], bool]:
    """Whether a field of an object is left to the web interface (contract 1.3, 1.8)."""
    fields = set(resource.lifecycle.ignore)
    for rule in policy.ignore:
        if rule.kind == resource.ref.kind and fnmatchcase(resource.ref.key, rule.match):
            fields |= rule.fields
    return lambda path: path in fields or field_of(path) in fields


def view_of(
    resource: Resource, live: LiveObject, entry: Entry | None, names: Names, policy: Policy
) -> View:
    """One bound object on its three sides."""
    kind = KINDS[resource.ref.kind]
    known = entry.applied if entry else {}
    return View(
        kind=kind,
        resource=resource,
        live=view(kind, live.fields, names),
        applied=view_applied(kind, known, names),
        relabelled=frozenset(
            view_field(kind, path, None, names)[0]
            for path, applied in known.items()
            if _has_old_label(path, applied, names)
        ),
        names=names,
        policy=policy,
        ignored=ignores(resource, policy),
    )


def view_applied(kind: Kind, applied: Mapping[str, Applied], names: Names) -> dict[str, Applied]:
    """The state's fields in the catalog's keys.

    What was shown and points to no option any more counts as not seen: it is no value.
    """
    found = {}
    for path, item in applied.items():
        key_path, sent = view_field(kind, path, item.sent, names)
        seen = item.seen and not _points_nowhere(path, item.shown, names)
        _, shown = view_field(kind, path, item.shown, names) if seen else ("", None)
        found[key_path] = Applied(sent, shown, seen)
    return found


def _has_old_label(path: str, applied: Applied, names: Names) -> bool:
    renamed = _picks(path, names).renamed
    if not renamed:
        return False
    return any(renamed.get(same_label(text), text) != text for text in texts(applied.sent))


def _points_nowhere(path: str, value: Any, names: Names) -> bool:
    """A pick-list value that holds the id of an option which is no more (docs/api.md)."""
    definition = _picks(path, names)
    if not definition.labels:
        return False
    strangers = [item for item in picked(value) if item not in definition.labels]
    known = (*definition.labels.values(), *definition.renamed)
    return bool(strangers) and not set(map(same_label, strangers)) <= set(map(same_label, known))


def _picks(path: str, names: Names) -> Definition:
    """The definition of a pick-list value; one that says nothing for anything else."""
    definition = names.definitions.get(attribute_of(path)) if is_value(path) else None
    return definition if definition and definition.type == "Pick List" else _NONE


_NONE = Definition()


def at_rest(
    resource: Resource, live: LiveObject, entry: Entry | None, names: Names, policy: Policy
) -> bool:
    """Desired as it was sent and live as it was shown: the common case, told without any view.

    Where it cannot tell it says no, and `compare` looks closer.  Where it says yes `compare`
    would find nothing: what a judgement depends on, settings too, is asked here as well.
    """
    if entry is None:
        return False
    kind, known = KINDS[resource.ref.kind], entry.applied
    rested = 0
    for path, value in resource.fields.items():
        stored_path = names.stored_path(path)
        applied = known.get(stored_path)
        if applied is None or not _as_shown(live.fields.get(stored_path), applied):
            return False
        if policy.exact and not _holds_nothing_else(kind, path, value, live, names, policy):
            return False
        if _has_old_label(stored_path, applied, names):
            return False
        if _points_nowhere(stored_path, applied.shown, names):
            return False
        _, sent = view_field(kind, stored_path, applied.sent, names)
        if value != sent and _form(kind, path, value, names) != _form(kind, path, sent, names):
            return False
        rested += 1
    return rested == len(known) or _rest_too(kind, resource, known, policy)


def _holds_nothing_else(
    kind: Kind, path: str, value: Value, live: LiveObject, names: Names, policy: Policy
) -> bool:
    """A set that may hold ours alone does: settings can be newer than what was shown."""
    if not kind.field(path).is_set or not is_exact(policy, path):
        return True
    _, shown = view_field(kind, path, live.fields.get(path), names)
    if kind.field(path).type is Type.OPTIONS:
        return texts(shown) == texts(value)  # their order counts too
    return bool(_form(kind, path, shown, names) == _form(kind, path, value, names))


def _as_shown(live: Any, applied: Applied) -> bool:
    return applied.seen and (live == applied.shown or canon(live) == canon(applied.shown))


def _rest_too(kind: Kind, resource: Resource, known: Mapping[str, Applied], policy: Policy) -> bool:
    """What else the state knows stays when the YAML does not have it, and stays known."""
    values = sum(is_value(path) for path in known)
    declared = sum(is_value(path) for path in resource.fields)
    if values != declared:
        return False
    ignored = ignores(resource, policy)
    others = (path for path in known if not is_value(path) and path not in resource.fields)
    return all(_stays(kind.field(path)) and not ignored(path) for path in others)


def _stays(item: Field) -> bool:
    return item.type is Type.REGIONS or item.name == "type"


def compare(sides: View) -> Difference:
    """What differs on one object, field by field."""
    paths = _paths(sides)
    parts = [_field(sides, path) for path in paths]
    changes = [item for part in parts if isinstance(part, tuple) for item in part]
    keeps = sides.policy.drift == "keep"
    return Difference(
        fields=tuple(item for item in changes if not (keeps and item.cls != Class.PENDING)),
        kept=tuple(item for item in changes if keeps and item.cls != Class.PENDING),
        released=_marked(paths, parts, "released"),
        settled=_marked(paths, parts, "settled"),
        forget=(*_marked(paths, parts, "forget"), *_marked(paths, parts, "released")),
        blocked=blocked_change(sides),
    )


Part = tuple[FieldChange, ...] | str | None
"""What became of a field: its changes, `settled`, `released`, `forget`, or None for nothing."""


def _marked(paths: list[str], parts: list[Part], mark: str) -> tuple[str, ...]:
    return tuple(path for path, part in zip(paths, parts, strict=True) if part == mark)


def _form(kind: Kind, path: str, value: Value, names: Names) -> Any:
    item = kind.field(path)
    if item.type is Type.MULTIPLE:
        return bool(value)
    if item.is_set:
        return frozenset(map(composed, texts(value)))
    return canon(value, type_of(kind, path, names))


def _paths(sides: View) -> list[str]:
    """Fields to look at: those that differ or whose applied value says something else."""
    declared = sides.resource.fields
    wanted = {path: sides.form(path, value) for path, value in declared.items()}
    present = {path: sides.form(path, sides.live.get(path)) for path in declared}
    # A diff takes a hundred times longer than to see that there is none.
    differing = _differing(present, wanted) if present != wanted else ()
    unsettled = (path for path in declared if _unsettled(sides, path, wanted[path]))
    ordered = (path for path in declared if _is_ordered(sides, path))
    gone = (path for path in sides.applied if path not in declared)
    paths = dict.fromkeys([*differing, *unsettled, *ordered, *gone])
    return [
        path
        for path in sides.kind.in_order(paths)
        if path not in declared or not sides.ignored(path)
    ]


def _differing(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterable[str]:
    """The fields of two flat mappings that differ; deepdiff takes a tenth of a start to import."""
    from deepdiff import DeepDiff

    return DeepDiff(present, wanted).affected_root_keys  # type: ignore[no-any-return]


def _is_ordered(sides: View, path: str) -> bool:
    """Options under `exact`: the catalog's order counts (contract 2.3)."""
    return sides.kind.field(path).type is Type.OPTIONS and is_exact(sides.policy, path)


def _unsettled(sides: View, path: str, form: Any) -> bool:
    applied = sides.applied.get(path)
    if applied is None or path in sides.relabelled:
        return True
    return bool(sides.form(path, applied.sent) != form)


def _field(sides: View, path: str) -> Part:
    item = sides.kind.field(path)
    declared = path in sides.resource.fields
    if not declared and sides.ignored(path):
        return "forget"
    if not declared and (item.type in _STAY or item.name == "type"):
        return None
    if item.is_set:
        return _set_change(sides, item, declared)
    return _scalar_change(sides, path, declared)


_STAY = frozenset({Type.REGIONS, Type.WORD, Type.MULTIPLE})
"""Not cleared when the YAML drops them: regions are never emptied (contract 2.3), types stay."""


def _scalar_change(sides: View, path: str, declared: bool) -> Part:
    desired, live = sides.resource.fields.get(path), sides.live.get(path)
    applied = sides.applied.get(path)
    if sides.kind.field(path).type is Type.MULTIPLE:
        desired, live = bool(desired), bool(live)
    cls = classify(Sides(declared, desired, live, applied, sides.type_(path)))
    if cls in WRITES:
        shown = applied.sent if applied is not None else None
        structural = sides.kind.field(path).structural  # a move to the top level loses nothing
        clears = is_empty(desired) and not is_empty(live) and not structural
        return (FieldChange(path, _orderly(live), desired, shown, cls=cls, clears=clears),)
    if cls is Class.UNCHANGED:
        return "settled" if _unsettled(sides, path, sides.form(path, desired)) else None
    return "released" if cls is Class.RELEASED else "forget"


def _orderly(value: Value) -> Value:
    """A value of several parts in an order of its own: the server's may be another each time."""
    if isinstance(value, tuple):
        return tuple(sorted(value, key=str))
    return dict(sorted(value.items())) if isinstance(value, Mapping) else value


def _set_change(sides: View, item: Field, declared: bool) -> Part:
    path = item.name
    desired, live = texts(sides.resource.fields.get(path)), texts(sides.live.get(path))
    applied = sides.applied.get(path)
    sent = texts(applied.sent) if applied else ()
    renames = _pending_renames(sides.resource, live) if item.type is Type.OPTIONS else {}
    now = [renames.get(label, label) for label in live]
    new = {same_label(old): label for old, label in renames.items()}
    before = [new.get(same_label(label), label) for label in sent]
    shown = texts(applied.shown) if applied and applied.seen else None
    merge = merge_sets(
        desired,
        now,
        before,
        shown,
        exact=declared and is_exact(sides.policy, path),
        same=comparison(item, desired, now, before),
    )
    ordered = declared and _is_ordered(sides, path)
    order = _order(desired, now, before, shown) if ordered else Class.UNCHANGED
    if merge.cls is order is Class.UNCHANGED and not renames:
        if not declared:
            return "forget"
        return "settled" if _unsettled(sides, path, frozenset(desired)) else None
    whole = _SetPart(merge, renames, live, ordered, _stay(desired, now) if order in WRITES else ())
    if sides.policy.drift != "keep" or Class.DRIFT not in (merge.cls, order):
        return (_merged_change(sides, item, whole, order),)
    kept = whole.order if order is Class.DRIFT else ()
    drift = _merged_change(sides, item, _SetPart(merge.theirs, {}, live, order=kept), Class.DRIFT)
    ours = replace(whole, merge=merge.ours, ordered=ordered and not kept)
    ours = replace(ours, order=whole.order if ours.ordered else ())
    if merge.ours.cls is Class.UNCHANGED and not renames and not ours.order:
        return (drift,)
    return drift, _merged_change(sides, item, ours)


@dataclass(frozen=True, slots=True)
class _SetPart:
    """What one change makes of a set: elements, labels, and the order of those that stay."""

    merge: SetMerge
    renames: Mapping[str, str]
    live: tuple[str, ...]
    ordered: bool = False
    order: tuple[str, ...] = ()


def _order(
    desired: Sequence[str], now: Sequence[str], sent: Sequence[str], shown: Sequence[str] | None
) -> Class:
    """How the order of options stands; the account's labels may be spelled otherwise."""
    return order_class(
        desired,
        as_spelled(now, desired),
        as_spelled(sent, desired),
        None if shown is None else as_spelled(shown, desired),
    )


def _stay(desired: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """Those that are there already, in the order of the catalog."""
    there = set(as_spelled(now, desired))
    return tuple(label for label in desired if label in there)


def comparison(item: Field, *sides: Iterable[str]) -> Callable[[str], str]:
    """What the elements of a set are compared by: labels as a server may clean them."""
    return label_key(*sides) if item.type in LABELLED else composed


def by_name(sides: View, item: Field, elements: tuple[str, ...]) -> tuple[str, ...]:
    """Elements in an order that no page and no id makes: keys, then what others call theirs."""

    def order(text: str) -> tuple[bool, str, str]:
        foreign = text.startswith(FOREIGN)
        return foreign, sides.names.label(item.to, text) if foreign else text, text

    return tuple(sorted(elements, key=order))


def is_exact(policy: Policy, path: str) -> bool:
    """Whether a set may hold nothing that is not ours (contract 1.8, `arrays`)."""
    return path in policy.exact or ("default" in policy.exact and f"!{path}" not in policy.exact)


def _pending_renames(resource: Resource, live: Collection[str]) -> dict[str, str]:
    """old label → new label, where the account still has the old one alone (`was`)."""
    present = {same_label(label) for label in live}
    return as_live(
        {old: new for new, old in resource.renames.items() if same_label(new) not in present}, live
    )


def _merged_change(
    sides: View, item: Field, part: _SetPart, order: Class = Class.PENDING
) -> FieldChange:
    merge, live = part.merge, part.live
    removed = by_name(sides, item, (*merge.remove, *merge.foreign))
    after = sides.resource.fields.get(item.name)
    emptied = bool(removed) and not merge.add and not merge.restored and set(live) <= set(removed)
    dropped_option = item.type in LABELLED and bool(removed)
    applied, added = sides.applied.get(item.name), {*merge.add, *merge.restored}
    return FieldChange(
        item.name,
        before=by_name(sides, item, live),
        after=after,
        applied=applied.sent if applied else None,
        add=tuple(text for text in texts(after) if text in added),
        remove=removed,
        rename=tuple(part.renames.items()),
        is_set=True,
        cls=(Class.DRIFT if Class.DRIFT in (merge.cls, order) else Class.PENDING),
        clears=emptied or dropped_option,
        ordered=part.ordered,
        order=part.order,
    )


# --- what cannot be changed ---------------------------------------------------------------------


def blocked_change(sides: View) -> str | None:
    """Why a declared change of type is blocked (contract 1.2); None where nothing is."""
    return next((reason for check in _TYPE_CHECKS for reason in check(sides)), None)


def _collection_type(sides: View) -> Iterator[str]:
    if sides.kind.name != "collection":
        return
    wants = sides.resource.fields.get("type")
    is_variant = not is_empty(sides.live.get("variant_of"))
    if wants is None and "variant_of" not in sides.applied:
        return  # its type is not ours
    has = "variant" if is_variant else sides.live.get("type") or "standalone"
    if wants == "variant" and _was_ours(sides, "variant_of"):
        return  # its parent was deleted, or somebody emptied the pointer: it gets one again
    if is_variant != (wants == "variant"):
        yield f"a {has} collection cannot become a {wants or 'standalone'} one: declare a new key"


def _was_ours(sides: View, path: str) -> bool:
    applied = sides.applied.get(path)
    return applied is not None and not is_empty(applied.sent)


def _attribute_type(sides: View) -> Iterator[str]:
    wants, has = sides.resource.fields.get("type"), sides.live.get("type")
    if sides.kind.name == "attribute" and has and wants not in (None, has):
        yield f"its type is {has} and cannot become {wants}: declare a new attribute"


def _attribute_multiple(sides: View) -> Iterator[str]:
    """Not declared is single too, where it was ours; else it is somebody else's to say."""
    ours = sides.applied.get("multiple")
    single = not sides.resource.fields.get("multiple", ours is None or not ours.sent)
    if sides.kind.name == "attribute" and single and sides.live.get("multiple"):
        yield "it takes several options and cannot be made single: declare a new attribute"


def _subfield_types(sides: View) -> Iterator[str]:
    wanted = sides.resource.fields.get("fields")
    if sides.kind.name != "attribute" or not isinstance(wanted, Mapping):
        return
    definition = sides.names.definition(sides.resource.ref.key)
    for label, type_ in wanted.items():
        has = definition.type_of_part(label)
        if has not in (None, type_):
            yield f"sub-field '{label}' is {has}, not {type_}: declare a new attribute"


_TYPE_CHECKS = (_collection_type, _attribute_type, _attribute_multiple, _subfield_types)
