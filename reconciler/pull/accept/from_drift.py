"""Drift → what the files should say instead, object by object."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.enums import DriftStatus
from reconciler.kinds import KINDS, PART_TYPES, Field, Kind, Type
from reconciler.model import (
    Catalog,
    Drifted,
    FieldChange,
    Live,
    LiveObject,
    Ref,
    Resource,
    State,
    Value,
)
from reconciler.normalize import composed, is_empty, spelled, texts
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.pull import values
from reconciler.pull.accept.wishes import Become, Elements, Move, Relabel, Remove, Stays, Wishes
from reconciler.pull.pulled import Inexpressible
from reconciler.pull.values import AttributeShape
from reconciler.wire import as_spelled, definition_of, known_as, view_value
from reconciler.yamltext import Flow, fits_key
from reconciler.yamltext.edits import DROP


def wishes(objects: Iterable[Drifted], catalog: Catalog, live: Live, state: State) -> Wishes:
    """What the files should say for these objects to be as they are in the account."""
    maker = _Maker(catalog, live, state)
    for item in objects:
        maker.accept(item)
    maker.clean_up()
    return maker.wishes


class _Maker:
    """Collects wishes; `gone` are objects whose entries go."""

    def __init__(self, catalog: Catalog, live: Live, state: State) -> None:
        self.catalog, self.live, self.state = catalog, live, state
        self.wishes = Wishes()
        self.gone: set[Ref] = set()
        self.moved: set[Ref] = set()
        self.labels: dict[Ref, dict[str, str]] = {}
        """Labels that options and sub-fields are given, with the type of a sub-field."""

    def accept(self, item: Drifted) -> None:
        """All that drifted on one object."""
        if item.ref not in self.catalog.resources:
            self._stay(item.ref, "", "the catalog does not declare it any more")
        elif item.status == DriftStatus.GONE:
            self.gone.add(item.ref)
            self.wishes.add(Remove(item.ref))
        else:
            for change in item.fields:
                self._change(item, change)

    def _stay(self, ref: Ref, path: str, reason: str) -> None:
        resource = self.catalog.resources.get(ref)
        place = str(resource.at(path)) if resource else ""
        self.wishes.stays.append(Stays(ref, path, reason, place))

    def _change(self, item: Drifted, change: FieldChange) -> None:
        kind = KINDS[item.ref.kind]
        x, resource = kind.field(change.path), self.catalog.resources[item.ref]
        mirrored = bool(x.to) and not x.yaml
        if x.type is Type.CONTENT:
            reason = "the account has other bytes; put them at its path, or take the path out"
            self._stay(item.ref, change.path, reason)
            return
        if not mirrored and change.path not in resource.fields:
            self._stay(item.ref, change.path, "the catalog does not declare it: a plan lets it go")
            return
        try:
            if mirrored:
                self._mirrored(kind, item, x, change)
            elif x.is_set:
                self._set(item, x, change)
            elif x.type is Type.VALUES:
                self._value(item.ref, change)
            else:
                self._scalar(item, x, change)
        except Inexpressible as why:
            self._stay(item.ref, change.path, str(why))

    # --- sets ---

    def _mirrored(self, kind: Kind, item: Drifted, x: Field, change: FieldChange) -> None:
        """Membership is declared on the other side: its list loses this object."""
        owner = KINDS[x.to]
        name = next(y.name for y in owner.fields if y.mirror == x.name and y.to == kind.name)
        for key in change.remove:
            self.wishes.add(Elements(Ref(owner.name, key), (name,), drop=(item.ref.key,)))

    def _set(self, item: Drifted, x: Field, change: FieldChange) -> None:
        declared = self.catalog.resources[item.ref].fields[x.name]
        drop, add = list(change.remove), [self._element(item, x, label) for label in change.add]
        for old, new in self._relabelled(item, x, drop):
            drop.remove(old)
            add = [label for label in add if label != new]
            self._relabel(item.ref, x, old, new)
        if x.name == "categories":
            drop = self._without_primary(item, drop)
        for label in drop if x.type in (Type.OPTIONS, Type.SUBFIELDS) else ():
            self._unlabel(item.ref, label)
        drop = [self._as_typed(x, label, declared) for label in drop]
        if x.type is Type.REGIONS and not add and set(drop) >= set(texts(declared)):
            add = self._regions(item)
        gone = set(map(composed, drop))
        whole = tuple(label for label in texts(declared) if composed(label) not in gone)
        if change.order:
            reason = f"the account has them in another order: {', '.join(change.order)}"
            self._stay(item.ref, x.name, reason)
        if drop or add:
            wish = Elements(
                item.ref, (x.name,), tuple(drop), tuple(add), (*whole, *map(spelled, add))
            )
            self.wishes.add(wish)

    def _element(self, item: Drifted, x: Field, label: str) -> Any:
        """An element as the files write it."""
        if x.type is Type.SUBFIELDS:
            return Flow(label=label, type=self._part_type(item.id, label))
        if x.type is Type.REFERENCES:
            return values.key_of(label, x.to)
        return values.text(label)

    def _part_type(self, id_: str, label: str) -> str:
        parts = self._live("attribute", id_).fields.get("fields") or ()
        return next((type_ for _, name, type_ in parts if name == label and type_), "Text")

    def _live(self, kind: str, id_: str) -> LiveObject:
        return self.live.of(kind).get(id_) or LiveObject(kind, id_, {})

    def _as_typed(self, x: Field, label: str, declared: Value) -> str:
        """A region may stand in the files by its id."""
        ids = [r.id for r in self.live.regions if r.name == label and x.type is Type.REGIONS]
        known = texts(declared)
        return next((id_ for id_ in ids if id_ in known and label not in known), label)

    def _regions(self, item: Drifted) -> list[Any]:
        """The regions that took the place of all of ours: the field cannot be emptied."""
        ids = self._live(item.ref.kind, item.id).fields.get("regions") or ()
        known = {region.id: region for region in self.live.regions}
        names = [r.name for r in self.live.regions]
        found = [known[id_] for id_ in ids if id_ in known]
        if not found:
            raise Inexpressible("it is in no region any more that these credentials see")
        return [r.name if names.count(r.name) == 1 else r.id for r in found]

    def _without_primary(self, item: Drifted, drop: list[str]) -> list[str]:
        """The primary category is written elsewhere, and has drifted itself or cannot be lost."""
        primary = self.catalog.resources[item.ref].fields.get("category")
        moved = any(change.path == "category" for change in item.fields)
        if primary in drop and not moved:
            reason = f"it is no longer in '{primary}', which is still its primary category"
            self._stay(item.ref, "categories", reason)
        return [key for key in drop if key != primary]

    def _relabelled(self, item: Drifted, x: Field, drop: list[str]) -> Iterator[tuple[str, str]]:
        """Labels that went while their id stayed: (old, new)."""
        if x.type not in (Type.OPTIONS, Type.SUBFIELDS):
            return
        applied = self.state.entries[item.ref].applied[x.name]
        last = applied.shown if applied.seen else ()
        before = {p[1]: p[0] for p in last or () if not isinstance(p, str)}
        now = {p[0]: p[1] for p in self._live("attribute", item.id).fields.get(x.name) or ()}
        for label in list(drop):
            shown = known_as(label, before) or ""
            new = now.get(before.get(shown, ""))
            if new and new != shown:
                yield label, new

    def _relabel(self, ref: Ref, x: Field, old: str, new: str) -> None:
        """The label, and the values that hold it: in the account they have changed with it."""
        self.wishes.add(Relabel(ref, (x.name,), old, values.text(new)))
        parts = self.catalog.resources[ref].fields.get("fields")
        type_ = spelled(parts.get(old, "Text")) if isinstance(parts, Mapping) else ""
        self.labels.setdefault(ref, {})[new] = type_
        path = value_path(ref.key)
        for owner, resource in self.catalog.resources.items():
            held = resource.fields.get(path)
            if isinstance(held, tuple) and old in held:
                swapped = [new if label == old else label for label in map(spelled, held)]
                self._due(owner, path, swapped if len(swapped) > 1 else swapped[0])
            elif isinstance(held, Mapping) and old in held:
                record = {new if label == old else label: part for label, part in held.items()}
                self._due(owner, path, Flow(record))

    def _unlabel(self, ref: Ref, label: str) -> None:
        """Values that hold an option or sub-field that is no more: in the account they hold an
        id that means nothing."""
        path = value_path(ref.key)
        for owner, resource in self.catalog.resources.items():
            held = resource.fields.get(path)
            if isinstance(held, tuple) and label in held:
                rest = [text for text in map(spelled, held) if text != label]
                self._due(owner, path, rest if len(rest) > 1 else rest[0] if rest else DROP)
            elif isinstance(held, Mapping) and label in held:
                record = {name: part for name, part in held.items() if name != label}
                self._due(owner, path, Flow(record) if record else DROP)
                self._still_held(owner, ref, label)

    def _still_held(self, owner: Ref, attribute: Ref, label: str) -> None:
        """A record keeps the labels of its own parts: what the definition has lost may be there."""
        entry, holder = self.state.entries.get(attribute), self.state.entries.get(owner)
        if entry is None or holder is None:
            return
        value = self._live(owner.kind, holder.id).fields.get(value_path(entry.id))
        shown = view_value(value, definition_of(self._live("attribute", entry.id)))
        if isinstance(shown, Mapping) and label in shown:
            reason = f"it holds '{label}', which the attribute no longer has: a plan takes it out"
            self._stay(owner, value_path(attribute.key), reason)

    def _due(self, ref: Ref, path: str, value: Any) -> None:
        self.wishes.add(Become(ref, ("attributes", attribute_of(path)), value, due=True))

    # --- scalars and values ---

    def _become(self, ref: Ref, path: str, value: Any) -> None:
        if is_value(path):
            self.wishes.add(Become(ref, ("attributes", attribute_of(path)), value))
        else:
            self.wishes.add(Become(ref, (path,), value))

    def _scalar(self, item: Drifted, x: Field, change: FieldChange) -> None:
        nest = NESTS.get(item.ref.kind)
        if nest and x.name == nest.field:
            to = None if is_empty(change.after) else values.key_of(change.after, x.to)
            self.wishes.add(Move(item.ref, (x.name,), to))
            self.moved.add(item.ref)
        elif x.name == "type" and item.ref.kind == "collection":
            # It follows from the variants that it has, or has not.
            self._stay(item.ref, x.name, "its type follows from where it stands in the files")
        elif is_empty(change.after):
            if x.required:
                raise Inexpressible(f"it has no {x.name} any more, and the files need one")
            self._become(item.ref, x.name, DROP)
        else:
            self._become(item.ref, x.name, _SCALARS[x.type](change.after, x))
            self._companion(item, x)
        if x.name == "category" and item.ref.kind == "collection":
            self._memberships(item, change.after)

    def _memberships(self, item: Drifted, primary: Value) -> None:
        """The former primary category is said among the others, if it is one of them still, and
        the new one no longer."""
        fields = self.catalog.resources[item.ref].fields
        shown = self._live(item.ref.kind, item.id).fields.get("categories") or ()
        former = spelled(fields.get("category"))
        entry = self.state.entries.get(Ref("category", former))
        others = tuple(key for key in texts(fields.get("categories")) if key != primary)
        stays = entry is not None and entry.id in shown and former != primary
        whole = others if stays else tuple(key for key in others if key != former)
        wish = Elements(item.ref, ("categories",), tuple(texts(primary)), (former,) * stays, whole)
        self.wishes.add(wish)

    def _companion(self, item: Drifted, x: Field) -> None:
        """`published: true` asks for a start date, which may never have been declared."""
        start, fields = "published_start_date", self.catalog.resources[item.ref].fields
        if x.name == "published" and is_empty(fields.get(start)):
            shown = self._live(item.ref.kind, item.id).fields
            if shown.get("published") and not is_empty(shown.get(start)):
                self._become(item.ref, start, values.moment(shown[start]))

    def _value(self, ref: Ref, change: FieldChange) -> None:
        key = attribute_of(change.path)
        attribute = Ref("attribute", key)
        known = self._shape_of(attribute)
        if is_empty(change.after) or self._all_stale(known, attribute, change.after):
            self._become(ref, change.path, DROP)
            return
        after = change.after
        if known.type in ("Pick List", "List"):
            after = _as_listed(
                after, (known.parts if known.type == "List" else known.options) or ()
            )
            for label in _labels_in(after):
                self._need_label(attribute, label, known)
        self._become(ref, change.path, values.value_of(after, self._shape_of(attribute)))

    def _shape_of(self, attribute: Ref) -> AttributeShape:
        resource = self.catalog.resources.get(attribute)
        if resource is None:
            raise Inexpressible("it is of an attribute that the files do not have")
        fields = resource.fields
        given = self.labels.get(attribute, {})
        options = frozenset((*texts(fields.get("options")), *given))
        parts = fields.get("fields")
        open_ = resource.external
        return AttributeShape(
            type=spelled(fields.get("type")),
            options=None if open_ and "options" not in fields else options,
            parts=None if open_ and parts is None else _types(parts) | given,
            multiple=bool(fields.get("multiple")),
        )

    def _live_labels(self, attribute: Ref) -> Mapping[str, str]:
        """Labels of the options or sub-fields that the account has, with types."""
        entry = self.state.entries.get(attribute)
        fields = self._live("attribute", entry.id if entry else "").fields
        found = fields.get("options") or fields.get("fields") or ()
        return {label: type_ or "Text" for _, label, type_ in found}

    def _all_stale(self, known: AttributeShape, attribute: Ref, value: Value) -> bool:
        """What is left of a value whose options were all deleted."""
        if known.type != "Pick List" or known.options is None:
            return False
        present = {*self._live_labels(attribute), *known.options}
        return not any(values.as_listed(label, present) for label in texts(value))

    def _need_label(self, attribute: Ref, label: str, known: AttributeShape) -> None:
        """A value that has an option or sub-field of somebody else's: the files list it too."""
        is_list = known.type == "List"
        listed = known.parts if is_list else known.options
        type_ = self._live_labels(attribute).get(label)
        if listed is None or values.as_listed(label, listed) is not None or type_ is None:
            return
        if is_list and (type_ not in PART_TYPES or not fits_key(label)):
            return
        name = "fields" if is_list else "options"
        new = Flow(label=label, type=type_) if is_list else values.text(label)
        declared = texts(self.catalog.resources[attribute].fields.get(name))
        self.wishes.add(Elements(attribute, (name,), (), (new,), (*declared, label)))
        self.labels.setdefault(attribute, {})[label] = type_

    # --- what follows from what has gone ---

    def clean_up(self) -> None:
        """Nothing names an object whose entry goes."""
        self._keep_shells()
        for ref, resource in self.catalog.resources.items():
            for path, value in resource.fields.items() if ref not in self.gone else ():
                x = KINDS[ref.kind].field(path)
                if x.to and {Ref(x.to, key) for key in _named(path, value)} & self.gone:
                    self._unnamed(resource, x, path)

    def _unnamed(self, resource: Resource, x: Field, path: str) -> None:
        nest = NESTS.get(resource.ref.kind)
        if nest and path == nest.field:
            return  # it has moved, or its entry would not go
        if is_value(path) or not x.is_set:
            # What drifted itself says what takes its place.
            if (Become, resource.ref, (path,), None) not in self.wishes.found:
                self._become(resource.ref, path, DROP)
            return
        value = resource.fields[path]
        gone = tuple(key for key in texts(value) if Ref(x.to, key) in self.gone)
        rest = tuple(key for key in texts(value) if key not in gone)
        primary = resource.fields.get("category") if path == "categories" else None
        drop = tuple(key for key in gone if key != primary)
        if drop:
            self.wishes.add(Elements(resource.ref, (path,), drop, (), rest))

    def _keep_shells(self) -> None:
        """An entry stays for as long as something in it is still in the account."""
        kept: dict[Ref, Ref] = {}
        for ref in self.catalog.resources:
            if ref not in self.gone and ref not in self.moved:
                self._keep_above(ref, kept)
        for ref, inner in kept.items():
            self.gone.discard(ref)
            self.wishes.found.pop((Remove, ref, (), None), None)
            self._stay(ref, "", f"it is gone, but {inner}, which stands under it, is not")

    def _keep_above(self, ref: Ref, kept: dict[Ref, Ref]) -> None:
        nest, step = NESTS.get(ref.kind), ref
        while nest is not None:
            above = self.catalog.resources[step].fields.get(nest.field)
            step = Ref(ref.kind, spelled(above or ""))
            if step not in self.gone or step in kept:
                return
            kept[step] = ref


def _named(path: str, value: Value) -> tuple[str, ...]:
    return (attribute_of(path),) if is_value(path) else texts(value)


def _types(parts: Value) -> dict[str, str]:
    if not isinstance(parts, Mapping):
        return {}
    return {label: spelled(type_) for label, type_ in parts.items()}


def _as_listed(value: Value, listed: Collection[str]) -> Value:
    """A value with its labels as the files spell them, where the account trims or escapes."""
    if isinstance(value, Mapping):
        return {known_as(label, listed) or label: part for label, part in value.items()}
    return as_spelled(texts(value), listed)


def _labels_in(value: Value) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, Mapping) else texts(value)


def _reference(value: Value, x: Field) -> Any:
    return values.key_of(value, x.to)


_SCALARS: Mapping[Type, Any] = {
    Type.TEXT: lambda value, _: values.text(value),
    Type.WORD: lambda value, _: values.text(value),
    Type.BOOLEAN: lambda value, _: values.truth(value),
    Type.MULTIPLE: lambda value, _: values.truth(value),
    Type.INSTANT: lambda value, _: values.moment(value),
    Type.REFERENCE: _reference,
}
