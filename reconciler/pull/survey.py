"""Live objects → what a catalog can say of them, and what it cannot.

Everything that was read is surveyed, so that keys do not hang on what was asked for; what was
not asked for and is named by something that was becomes `external`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.behaviours import INHERITS, NO, of, value_of
from reconciler.catalog.objects import NESTS, Nest
from reconciler.identity import hidden_roots, identify
from reconciler.kinds import KINDS, ORDER, VALUE_TYPES, Kind, roots_of
from reconciler.known import depth, references, who_is_who
from reconciler.model import Catalog, Live, LiveObject, Ref, State
from reconciler.normalize import is_empty, spelled
from reconciler.paths import value_path
from reconciler.plan.mirrored import Mirrored
from reconciler.pull import keys as naming
from reconciler.pull import values
from reconciler.pull.express import Ground, express, mend
from reconciler.pull.pulled import Inexpressible, Left, Pulled
from reconciler.pull.values import AttributeShape
from reconciler.wire import Names, inherited_values, is_handed_down, view
from reconciler.yamltext import expressible

ALIKE = "a category above shows the same: nobody has seen yet whether this account inherits"
"""Why a value is left out that may be the product's own."""

DEEPEST_NEST = 12
"""Categories below stand in a list of their own: so many levels of indentation are enough."""


@dataclass(slots=True)
class Survey:
    """What came of it: objects in the order of files, and what is left out."""

    pulled: list[Pulled] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    declared: int = 0
    """Objects that the folder declares already."""

    def leave(self, item: LiveObject, reason: str, what: str = "") -> None:
        """Put down that something is left out."""
        self.left.append(Left(reason, item.kind, item.label, what))


def survey(
    live: Live,
    state: State,
    base: Catalog,
    wanted: Iterable[str],
    environment: str | None = None,
) -> Survey:
    """All live objects of the wanted kinds that `base` does not declare, and what they name.

    `base` is what the folder declares already; an object that the state knows keeps its key.
    `environment` is the one whose ids stand where an `id` is written.
    """
    found = _Surveyor(live, state, base, frozenset(wanted)).run()
    found.pulled = [replace(item, environment=environment) for item in found.pulled]
    return found


class _Surveyor:
    """One survey: its inputs, and what is known so far."""

    def __init__(self, live: Live, state: State, base: Catalog, wanted: frozenset[str]) -> None:
        self.live, self.state, self.base, self.wanted = live, state, base, wanted
        self.found = Survey()
        identity = identify(base, live, state)
        self.declared = {(ref.kind, bound.id): ref for ref, bound in identity.bound.items()}
        self.known = {(ref.kind, entry.id): ref for ref, entry in state.entries.items()}
        self.known |= self.declared
        self.roots = hidden_roots(base, live, state.entries)
        self.items: dict[str, dict[str, LiveObject]] = {}
        self.keys: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        self.attribute_shapes: dict[str, AttributeShape] = {}
        labels: list[str] = []
        for items in live.objects.values():
            labels += (item.label for item in items.values())
        self.japanese = naming.is_japanese(labels)
        self.primary = frozenset(region.id for region in live.regions if region.primary)

    def run(self) -> Survey:
        for kind in ORDER:
            self.items[kind.name] = self._expressible(kind)
            self._name(kind)
        self.names = self._names()
        self.mirrored = Mirrored(self.live, self.names)
        self.attribute_shapes = {
            id_: self._attribute(item) for id_, item in self.items["attribute"].items()
        }
        self.nesting = {name: self._depths(name) for name in NESTS}
        parents = frozenset(item.fields.get("variant_of") for item in self._of("collection"))
        self.ground = Ground(
            self.live, self.names, self.primary, parents, self.attribute_shapes, self.found.left
        )
        made: list[Pulled] = []
        for kind in ORDER:
            made += [self._pulled(kind, item) for item in self._of(kind.name)]
        self.found.pulled = self._chosen(made)
        return self.found

    def _of(self, kind: str) -> Iterable[LiveObject]:
        return self.items.get(kind, {}).values()

    # --- which objects ---

    def _expressible(self, kind: Kind) -> dict[str, LiveObject]:
        items = sorted(self.live.of(kind.name).values(), key=position)
        roots = roots_of(kind.name, self.roots)
        seen = [item for item in items if item.id not in roots]
        found = {item.id: item for item in seen if not self._lost(kind, item)}
        if kind.name in NESTS:
            self._drop_unplaced(found, NESTS[kind.name].field)
        return found

    def _lost(self, kind: Kind, item: LiveObject) -> bool:
        for check in _WHOLE:
            for reason in check(kind, item):
                self._leave_object(item, reason)
                return True
        return False

    def _leave_object(self, item: LiveObject, reason: str) -> None:
        if item.kind in self.wanted and (item.kind, item.id) not in self.declared:
            self.found.leave(item, reason)

    def _drop_unplaced(self, found: dict[str, LiveObject], field_: str) -> None:
        """Leave out what stands under something that the files do not have, or under itself."""
        sound: dict[str, bool] = {"": True}
        for start in list(found):
            chain: list[str] = []
            step = start
            while step not in sound and step not in chain:
                chain.append(step)
                step = self._above(found, step, field_)
            sound.update(dict.fromkeys(chain, sound.get(step, False)))
        for id_ in [id_ for id_ in found if not sound[id_]]:
            self._leave_object(found[id_], "what it stands under is not in the files")
            del found[id_]
        if field_ == "variant_of":
            self._drop_grandchildren(found)

    def _above(self, found: Mapping[str, LiveObject], id_: str, field_: str) -> str:
        """The id that an object stands under, empty at the top; itself where that is unseen."""
        above = found[id_].fields.get(field_)
        if is_empty(above) or above in roots_of(found[id_].kind, self.roots):
            return ""
        return str(above) if above in found else id_

    def _drop_grandchildren(self, found: dict[str, LiveObject]) -> None:
        below = [x for x in found.values() if not is_empty(x.fields.get("variant_of"))]
        for item in [x for x in below if not is_empty(_parent(found, x).get("variant_of"))]:
            self._leave_object(item, "it is a variant of a variant")
            del found[item.id]

    # --- what they are called ---

    def _name(self, kind: Kind) -> None:
        """Keys for all objects of a kind, those first that others stand under."""
        mine = self.keys[kind.name]
        items = self.items[kind.name]
        for id_ in items:
            if (kind.name, id_) in self.known:
                mine[id_] = self.known[kind.name, id_].key
        nest = NESTS.get(kind.name)
        known = (*self.state.entries, *self.base.resources, *self.base.elsewhere)
        taken = {ref.key for ref in known if ref.kind == kind.name}
        for layer in self._layers(items, nest.field if nest else ""):
            new = [item for item in layer if item.id not in mine]
            wishes = {}
            for item in new:
                above = self._key_above(item, nest)
                wishes[item.id] = naming.wishes(item, above, japanese=self.japanese)
            mine |= naming.assign(wishes, {*taken, *mine.values()}, kind.name)

    def _key_above(self, item: LiveObject, nest: Nest | None) -> str:
        above = item.fields.get(nest.field) if nest else None
        return self.keys[item.kind].get(str(above), "")

    def _layers(self, items: Mapping[str, LiveObject], field_: str) -> Iterator[list[LiveObject]]:
        """Level by level: what stands higher has the first choice of names."""
        levels: dict[int, list[LiveObject]] = {}
        depths: dict[str, int] = {}
        for item in items.values():
            levels.setdefault(self._depth(items, item, field_, depths), []).append(item)
        for level in sorted(levels):
            yield levels[level]

    def _depth(
        self, items: Mapping[str, LiveObject], item: LiveObject, field_: str, depths: dict[str, int]
    ) -> int:
        """How many objects stand above one."""
        roots = roots_of(item.kind, self.roots)

        def above(id_: str) -> str | None:
            parent = items[id_].fields.get(field_)
            return str(parent) if parent in items and parent not in roots else None

        return depth(item.id, above, depths)

    def _names(self) -> Names:
        ids: dict[Ref, str] = {}
        for kind, keys in self.keys.items():
            ids |= {Ref(kind, key): id_ for id_, key in keys.items()}
        return who_is_who(ids, self.live, roots=self.roots)

    def _attribute(self, item: LiveObject) -> AttributeShape:
        type_, fields = spelled(item.fields.get("type")), item.fields
        if item.kind not in self.wanted and (item.kind, item.id) not in self.declared:
            return AttributeShape(type_, None, None, multiple=True)
        options, parts = (
            values.options_of(fields.get("options")),
            values.parts_of(fields.get("fields")),
        )
        return AttributeShape(type_, frozenset(options[0]), parts[0], bool(fields.get("multiple")))

    # --- one object ---

    def _depths(self, kind: str) -> dict[str, int]:
        depths: dict[str, int] = {}
        items = self.items[kind]
        for item in items.values():
            self._depth(items, item, NESTS[kind].field, depths)
        return depths

    def _pulled(self, kind: Kind, item: LiveObject) -> Pulled:
        ref = Ref(kind.name, self.keys[kind.name][item.id])
        above = self._nested_in(kind, item)
        if kind.name not in self.wanted or (kind.name, item.id) in self.declared:
            return Pulled(ref, item, self._calling(kind, item), above, external=True)
        return Pulled(ref, item, self._fields(kind, item, above), above)

    def _nested_in(self, kind: Kind, item: LiveObject) -> Ref | None:
        nest = NESTS.get(kind.name)
        above = item.fields.get(nest.field) if nest else None
        if nest is None or is_empty(above) or above in roots_of(kind.name, self.roots):
            return None
        if (kind.name, above) in self.declared or self.nesting[kind.name][item.id] > DEEPEST_NEST:
            return None
        return Ref(kind.name, self.keys[kind.name][str(above)])

    def _calling(self, kind: Kind, item: LiveObject) -> dict[str, Any]:
        """What an external object is found by."""
        names = [x.name for x in kind.fields if x.required]
        return {name: spelled(item.fields[name]) for name in names if item.fields.get(name)}

    def _fields(self, kind: Kind, item: LiveObject, above: Ref | None) -> dict[str, Any]:
        shown = view(kind, item.fields, self.names) | self.mirrored.of(item)
        entry = self._entry(kind, item)
        held = frozenset(view(kind, dict.fromkeys(entry), self.names)) if entry else frozenset()
        inherited = self._inherited(kind, item)
        found: dict[str, Any] = {}
        for path in kind.in_order(shown):
            if is_empty(shown[path]) or (path in inherited and path not in held):
                continue
            try:
                text = express(self.ground, kind, item, path, shown[path], path in held)
            except Inexpressible as why:
                self.ground.leave(item, str(why), path)
            else:
                if text is not None:
                    found[path] = text
        if self._inherits(kind) is None:
            for path in sorted(inherited - held):
                self.ground.leave(item, ALIKE, path)
        mend(self.ground, kind, item, found, above)
        return found

    def _entry(self, kind: Kind, item: LiveObject) -> Mapping[str, Any]:
        ref = self.known.get((kind.name, item.id))
        entry = self.state.entries.get(ref) if ref else None
        return entry.applied if entry else {}

    def _inherited(self, kind: Kind, item: LiveObject) -> frozenset[str]:
        """Values that a category above shows alike: they come from there, but on an account that
        was seen not to inherit (contract 2.3)."""
        if kind.primary is None or self._inherits(kind) == NO:
            return frozenset()
        above = inherited_values(item, self.live.of(kind.primary.to), self.names)
        found = set()
        for id_ in above:
            value = item.fields.get(value_path(id_))
            if not is_empty(value) and is_handed_down(id_, value, self.names, above):
                found.add(value_path(self.names.token("attribute", id_)))
        return frozenset(found)

    def _inherits(self, kind: Kind) -> str | None:
        return value_of(self.state.behaviours, of(INHERITS, kind.name))

    # --- which of them are written ---

    def _chosen(self, made: list[Pulled]) -> list[Pulled]:
        """What was asked for, and as external what that names and nobody declares."""
        mine = [x for x in made if not x.external]
        self.found.declared = sum(
            (x.ref.kind, x.item.id) in self.declared and x.ref.kind in self.wanted for x in made
        )
        named: set[Ref] = set()
        for item in mine:
            named.update(_mentioned(item))
        lent = [
            replace(x, above=None, pin=x.ref.kind in NESTS)
            for x in made
            if x.external and x.ref in named and (x.ref.kind, x.item.id) not in self.declared
        ]
        return [*lent, *mine]


def position(item: LiveObject) -> tuple[str, str, str, str, str]:
    """Where an object stands among its kind: by what a person sees; the id decides last."""
    title = spelled(item.fields.get("additional_title") or item.fields.get("link") or "")
    # Numbers in names by what they are: size 9 before size 10.
    label = _DIGITS.sub(lambda found: found[0].zfill(12), item.label.casefold())
    return (label, item.label, title, item.created or "", item.id)


_DIGITS = re.compile("[0-9]+")


def _parent(found: Mapping[str, LiveObject], item: LiveObject) -> Mapping[str, Any]:
    above = found.get(str(item.fields["variant_of"]))
    return above.fields if above else {}


def _mentioned(pulled: Pulled) -> Iterator[Ref]:
    """The objects that a pulled one names."""
    for path, value in pulled.fields.items():
        yield from references(pulled.ref.kind, path, value)


# --- objects that no catalog can declare --------------------------------------------------------


def _without_title(kind: Kind, item: LiveObject) -> Iterator[str]:
    for x in kind.fields:
        if x.required and is_empty(item.fields.get(x.name)):
            yield f"it has no {x.name}"
        elif x.required and not expressible(spelled(item.fields[x.name])):
            yield f"its {x.name} holds a character that YAML cannot write"


def _of_no_type(kind: Kind, item: LiveObject) -> Iterator[str]:
    if kind.name == "attribute" and item.fields.get("type") not in VALUE_TYPES:
        yield "its type is none of the six"


_WHOLE: tuple[Callable[[Kind, LiveObject], Iterator[str]], ...] = (_without_title, _of_no_type)
