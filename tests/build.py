"""Small builders of desired, live and state values, so that a test says only what matters."""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model import (
    Account,
    Applied,
    Catalog,
    Entry,
    Lifecycle,
    Live,
    LiveObject,
    Moved,
    Place,
    Plan,
    Policy,
    Ref,
    Region,
    Removed,
    Resource,
    State,
)

ACCOUNT = Account("https://pxm.example", frozenset({"r-us", "r-eu"}), "client")
REGIONS = (Region("r-eu", "EU"), Region("r-us", "US", True))


def want(
    kind: str, key: str, *, external: bool = False, id: str | None = None, **fields: Any
) -> Resource:
    """A desired object; `attributes={...}` and `prevent_destroy=`, `ignore=` are understood."""
    values = fields.pop("attributes", None)
    lifecycle = Lifecycle(fields.pop("prevent_destroy", False), frozenset(fields.pop("ignore", ())))
    renames = fields.pop("renames", {})
    if isinstance(values, Mapping):
        fields.update({f"attributes.{name}": value for name, value in values.items()})
    elif values is not None:
        fields["attributes"] = values
    if kind == "category":
        fields.setdefault("parent", None)
    place = Place(f"{kind}.yaml", 1, 1)
    return Resource(
        Ref(kind, key),
        fields,
        place,
        id=id,
        external=external,
        lifecycle=lifecycle,
        renames=renames,
    )


def catalog(
    *resources: Resource,
    policy: Policy | None = None,
    moved: Iterable[tuple[str, str, str]] = (),
    removed: Iterable[tuple[str, str, bool]] = (),
) -> Catalog:
    """A catalog of these resources."""
    place = Place("moves.yaml", 1, 1)
    return Catalog(
        {item.ref: item for item in resources},
        tuple(Moved(kind, source, target, place) for kind, source, target in moved),
        tuple(Removed(Ref(kind, key), destroy, place) for kind, key, destroy in removed),
        policy or Policy(),
    )


def has(kind: str, id: str, **fields: Any) -> LiveObject:
    """A live object in ids; `attributes={id: raw value}` is understood."""
    values = fields.pop("attributes", None)
    if isinstance(values, Mapping):
        fields.update({f"attributes.{name}": value for name, value in values.items()})
    elif values is not None:
        fields["attributes"] = values
    return LiveObject(kind, id, fields)


def account(*objects: LiveObject, gone: Iterable[tuple[str, str]] = (), **rest: Any) -> Live:
    """A live account of these objects."""
    by_kind: dict[str, dict[str, LiveObject]] = {}
    for item in objects:
        by_kind.setdefault(item.kind, {})[item.id] = item
    return Live(ACCOUNT, REGIONS, by_kind, frozenset(gone), **rest)


def entry(kind: str, key: str, id: str, *, prevent_destroy: bool = False, **applied: Any) -> Entry:
    """A state entry; a value is sent and shown alike, `(sent, shown)` inside `Applied` as given."""
    values = applied.pop("attributes", None)
    if isinstance(values, Mapping):
        applied.update({f"attributes.{name}": value for name, value in values.items()})
    elif values is not None:
        applied["attributes"] = values
    fields = {
        path: value if isinstance(value, Applied) else Applied(value, value, True)
        for path, value in applied.items()
    }
    return Entry(Ref(kind, key), id, fields, prevent_destroy)


def state(*entries: Entry, **rest: Any) -> State:
    """A state that has been used before."""
    return State(ACCOUNT, {item.ref: item for item in entries}, **rest)


def notes(plan: Plan) -> tuple[str, ...]:
    """The texts of a plan's notes."""
    return tuple(note.text for note in plan.notes)
