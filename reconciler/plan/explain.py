"""Why an object changes, or does not: each field on its three sides and the rule that decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.diff import View, compare
from reconciler.enums import Action, Class
from reconciler.errors import CatalogError, UsageError
from reconciler.model import Catalog, Live, Origin, Place, Ref, Resource, State, Value
from reconciler.plan import build
from reconciler.plan.matched import matched
from reconciler.plan.policy import check_account

AS_DECLARED, UNDECLARED = "as declared", "not declared: left as it is"
IGNORED = "ignored: left to the web interface"


@dataclass(frozen=True, slots=True)
class Row:
    """One field: its values in the catalog's keys, where it is declared, and the rule.

    `origin` says whose value it is, where the object's own entry does not say it.
    """

    path: str
    desired: Value
    live: Value
    applied: Value
    place: Place | None
    rule: str
    origin: Origin | None = None

    @property
    def differs(self) -> bool:
        """It is not as it should be, or something is done about it."""
        if self.rule == IGNORED:
            return self.place is not None and self.desired != self.live
        return self.rule not in (AS_DECLARED, UNDECLARED)


@dataclass(frozen=True, slots=True)
class Explanation:
    """An object's identity in words, and its fields."""

    ref: Ref
    id: str | None
    identity: str
    place: Place | None
    rows: tuple[Row, ...]


_HOW = {
    "managed": "managed: the state holds its id",
    "adopted": "adopted: one live object has its natural key",
    "moved": "moved: a managed object whose key has left the catalog has its natural key",
    "pinned": "pinned with `id:`",
    "external": "external: it lends its id and is never touched",
}


def explain(catalog: Catalog, live: Live, state: State, ref: Ref) -> Explanation:
    """Everything that decides about one object of the catalog or the state."""
    check_account(state, live.account)
    known = matched(catalog, live, state)
    identity = known.identity
    resource = known.catalog.resources.get(ref)
    if resource is None:
        if ref not in identity.left:
            raise UsageError(
                f"{ref} is neither in the catalog nor in the state", hint="see `pxm state list`"
            )
        words = f"left the catalog: {_of_leaving(catalog, live, state, ref)}"
        return Explanation(ref, identity.left[ref].id, words, None, ())
    if ref in identity.missing:
        return Explanation(ref, None, f"blocked: {identity.missing[ref]}", resource.place, ())
    if ref in identity.processing:
        words = "uploaded, and the service is still processing it: nothing is done until it is read"
        return Explanation(ref, identity.entries[ref].id, words, resource.place, ())
    if ref in identity.bound:
        bound = identity.bound[ref]
        rows = tuple(_rows(known.view(ref), _written(catalog, live, state, ref)))
        return Explanation(ref, bound.id, _HOW[bound.how], resource.place, rows)
    words = "managed, and gone from the account" if ref in identity.gone else "not in the account"
    return Explanation(ref, None, f"{words}: a create", resource.place, _of_create(resource))


def _of_create(resource: Resource) -> tuple[Row, ...]:
    rule = "declared: sent with the create"
    return tuple(
        Row(path, value, None, None, resource.at(path), rule, resource.origins.get(path))
        for path, value in resource.fields.items()
    )


def _of_leaving(catalog: Catalog, live: Live, state: State, ref: Ref) -> str:
    """What the plan does with a managed object that no file declares."""
    try:
        plan = build(catalog, live, state)
    except CatalogError:
        return "what becomes of it is not known"
    change = next((item for item in plan.changes if item.ref == ref), None)
    if change is None:
        return "it stays in the account"
    blocked = f", blocked: {change.blocked}" if change.blocked else ""
    return f"{_LEAVES.get(change.action, str(change.action))}{blocked}"


_LEAVES = {Action.DELETE: "a delete", Action.UNPUBLISH: "unpublished, and let go"}


def _written(catalog: Catalog, live: Live, state: State, ref: Ref) -> frozenset[str]:
    """The fields that the plan writes on an object, those that make room for a delete too."""
    try:
        plan = build(catalog, live, state)
    except CatalogError:
        return frozenset()
    written: set[str] = set()
    for change in plan.active:
        if change.ref == ref:
            written.update(item.path for item in change.fields)
    return frozenset(written)


def _rows(sides: View, written: frozenset[str]) -> Iterator[Row]:
    resource = sides.resource
    difference = compare(sides)
    changes = {item.path: item for item in (*difference.fields, *difference.kept)}
    for path in dict.fromkeys([*resource.fields, *sides.applied, *sides.live]):
        applied = sides.applied.get(path)
        place = resource.at(path) if path in resource.fields else None
        rule = _rule(sides, path, changes[path].cls if path in changes else None)
        if path in written and path not in changes:
            rule = "drift: somebody put it into what is deleted, so it is taken out first"
        if path in difference.released:
            rule = "no longer declared and changed since: released"
        yield Row(
            path,
            resource.fields.get(path),
            sides.live.get(path),
            applied.sent if applied else None,
            place,
            rule,
            resource.origins.get(path),
        )


def _rule(sides: View, path: str, cls: Class | None) -> str:
    declared = path in sides.resource.fields
    if sides.ignored(path):
        return IGNORED
    if cls is Class.PENDING and declared and path not in sides.applied:
        return "pending: pxm has never written it, and the catalog wants another value"
    if cls is not None:
        return _CLASSES[cls] if declared else "no longer declared, live = applied: cleared"
    return AS_DECLARED if declared else UNDECLARED


_CLASSES = {
    Class.PENDING: "pending: live is as last applied, the catalog wants another value",
    Class.DRIFT: "drift: the catalog has not changed, somebody changed it in the account",
    Class.CONFLICT: "conflict: changed in the catalog and in the account",
}
