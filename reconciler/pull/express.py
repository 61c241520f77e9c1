"""One field of a live object as the files say it, and what follows from several of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.catalog.texts import LONG_TEXTS
from reconciler.kinds import Field, Kind, Type
from reconciler.model import Live, LiveObject, Ref, Value
from reconciler.normalize import is_empty, texts
from reconciler.paths import attribute_of
from reconciler.pull import values
from reconciler.pull.pulled import Inexpressible, Left, Prose
from reconciler.pull.values import AttributeShape
from reconciler.wire import Names


@dataclass(slots=True)
class Ground:
    """What a field is said on: the account, who is who, and where what is left out is put down.

    `primary` are the regions that every new object gets, `parents` the products with variants,
    `attribute_shapes` what the files say of attributes, by id.
    """

    live: Live
    names: Names
    primary: frozenset[str]
    parents: frozenset[Any]
    attribute_shapes: Mapping[str, AttributeShape]
    left: list[Left] = field(default_factory=list)

    def leave(self, item: LiveObject, reason: str, what: str = "") -> None:
        """Put down that something is left out."""
        self.left.append(Left(reason, item.kind, item.label, what))


def express(on: Ground, kind: Kind, item: LiveObject, path: str, value: Value, held: bool) -> Any:
    """A field as YAML data, None where it need not be said; Inexpressible where it cannot.

    `held` says that the state has it: then a default is said as well, or it would be cleared.
    """
    x = kind.field(path)
    if not x.yaml:
        return None
    if (kind.name, path) in LONG_TEXTS:
        return Prose(values.text(value))
    return (
        _value(on, path, value) if x.type is Type.VALUES else _SAY[x.type](on, item, x, value, held)
    )


def _value(on: Ground, path: str, value: Value) -> Any:
    key = values.key_of(attribute_of(path), "attribute")
    attribute = on.attribute_shapes.get(on.names.ids[Ref("attribute", key)])
    if attribute is None:
        raise Inexpressible("it is of an attribute that the files do not have")
    return values.value_of(value, attribute)


def mend(
    on: Ground, kind: Kind, item: LiveObject, found: dict[str, Any], above: Ref | None
) -> None:
    """Bring an object's fields into agreement with one another."""
    for one in _MENDS:
        one(on, kind, item, found, above)


# --- one field, by its type ---------------------------------------------------------------------

Say = Callable[[Ground, LiveObject, Field, Value, bool], Any]


def _text(_: Ground, __: LiveObject, ___: Field, value: Value, ____: bool) -> Any:
    return values.text(value)


def _boolean(_: Ground, __: LiveObject, ___: Field, value: Value, held: bool) -> Any:
    """False is what an object is that nobody said anything of."""
    return values.truth(value) if value or held else None


def _moment(_: Ground, __: LiveObject, ___: Field, value: Value, ____: bool) -> Any:
    return values.moment(value)


def _reference(_: Ground, __: LiveObject, x: Field, value: Value, ____: bool) -> Any:
    return values.key_of(value, x.to)


def _references(on: Ground, item: LiveObject, x: Field, value: Value, _: bool) -> Any:
    found = []
    for token in texts(value):
        try:
            found.append(values.key_of(token, x.to))
        except Inexpressible as why:
            on.leave(item, str(why), x.name)
    return sorted(found) or None


def _regions(on: Ground, item: LiveObject, _: Field, value: Value, held: bool) -> Any:
    """Regions, where they are not the one that every new object gets."""
    ids = frozenset(item.fields.get("regions") or ())
    is_usual = ids == on.primary or len(on.live.regions) < 2
    if is_usual and not held:
        return None
    known = {region.id for region in on.live.regions}
    if not ids <= known:
        on.leave(item, "it names a region that these credentials do not see", "regions")
    seen = set(map(on.names.region_token, ids & known))
    return [token for token in texts(value) if token in seen] or None


def _options(on: Ground, item: LiveObject, x: Field, _: Value, ____: bool) -> Any:
    kept, lost = values.options_of(item.fields.get(x.name))
    for label in lost:
        on.leave(item, "a label stands twice, or cannot be written", f"option '{label}'")
    return kept or None


def _subfields(on: Ground, item: LiveObject, x: Field, _: Value, ____: bool) -> Any:
    kept, lost = values.parts_of(item.fields.get(x.name))
    for label in lost:
        reason = "its label stands twice or cannot be written, or its type is none of four"
        on.leave(item, reason, f"sub-field '{label}'")
    return [{"label": label, "type": type_} for label, type_ in kept.items()] or None


_SAY: Mapping[Type, Say] = {
    Type.TEXT: _text,
    Type.WORD: _text,
    Type.BOOLEAN: _boolean,
    Type.MULTIPLE: _boolean,
    Type.INSTANT: _moment,
    Type.REFERENCE: _reference,
    Type.REFERENCES: _references,
    Type.REGIONS: _regions,
    Type.OPTIONS: _options,
    Type.SUBFIELDS: _subfields,
}


# --- what follows from several fields -----------------------------------------------------------

Mend = Callable[[Ground, Kind, LiveObject, dict[str, Any], "Ref | None"], None]


def _schedule(
    on: Ground, kind: Kind, item: LiveObject, found: dict[str, Any], _: Ref | None
) -> None:
    """`validate` wants a start for what is published, and no end before it (contract 1.5)."""
    start, end = (found.get(f"published_{side}_date") for side in ("start", "end"))
    if found.get("published") is True and start is None and kind.field("published").dated:
        del found["published"]
        on.leave(item, "it is published without a start date", "published")
    if start and end and end < start:
        del found["published_end_date"]
        on.leave(item, "it is before the start date", "published_end_date")


def _place(_: Ground, kind: Kind, __: LiveObject, found: dict[str, Any], above: Ref | None) -> None:
    """What an object is nested in need not be said again."""
    nest = NESTS.get(kind.name)
    if nest and above is not None:
        found.pop(nest.field, None)


def _type(on: Ground, kind: Kind, item: LiveObject, found: dict[str, Any], _: Ref | None) -> None:
    """A type that follows from the place is said only of a parent without variants."""
    for row in kind.fields:
        if row.derived:
            is_parent = found.pop(row.name, None) == "parent"
            is_alone = item.id not in on.parents and is_empty(item.fields.get("variant_of"))
            if is_parent and is_alone:
                found[row.name] = "parent"


def _others(_: Ground, kind: Kind, __: LiveObject, found: dict[str, Any], ___: Ref | None) -> None:
    """The categories without the primary one."""
    primary = kind.primary
    if primary is None:
        return
    others = [key for key in found.get(primary.among, ()) if key != found.get(primary.name)]
    if others:
        found[primary.among] = others
    else:
        found.pop(primary.among, None)


_MENDS: tuple[Mend, ...] = (_schedule, _place, _type, _others)
