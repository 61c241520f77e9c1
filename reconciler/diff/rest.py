"""Whether an object is at rest, told from the state alone: nearly all of them are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.diff.sides import STAYS, form_of, has_old_label, ignores, is_exact, points_nowhere
from reconciler.kinds import KINDS, Kind, Type
from reconciler.model import Applied, Entry, LiveObject, Policy, Resource, Value
from reconciler.normalize import canon, texts
from reconciler.paths import is_value
from reconciler.wire import Names, view_field


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
    for path, value in resource.fields.items():
        id_path = names.id_path(path)
        applied = known.get(id_path)
        if applied is None or not _as_shown(live.fields.get(id_path), applied):
            return False
        if policy.exact and not _holds_nothing_else(kind, path, value, live, names, policy):
            return False
        if not _as_sent(kind, path, value, id_path, applied, names):
            return False
    return len(resource.fields) == len(known) or _rest_stays(kind, resource, known, policy)


def _as_sent(
    kind: Kind, path: str, value: Value, id_path: str, applied: Applied, names: Names
) -> bool:
    """A declared value is the one that was sent, and means what it meant then."""
    if is_value(path) and not _means_the_same(id_path, applied, names):
        return False
    _, sent = view_field(kind, id_path, applied.sent, names)
    if value == sent:
        return True
    return bool(form_of(kind, path, value, names) == form_of(kind, path, sent, names))


def _means_the_same(id_path: str, applied: Applied, names: Names) -> bool:
    """The options of a value are there, and are called as when it was sent."""
    if has_old_label(id_path, applied, names):
        return False
    return not points_nowhere(id_path, applied.shown, names)


def _holds_nothing_else(
    kind: Kind, path: str, value: Value, live: LiveObject, names: Names, policy: Policy
) -> bool:
    """A set that may hold ours alone does: settings can be newer than what was shown."""
    if not kind.field(path).is_set or not is_exact(policy, path):
        return True
    _, shown = view_field(kind, path, live.fields.get(path), names)
    if kind.field(path).type is Type.OPTIONS:
        return texts(shown) == texts(value)  # their order counts too
    return bool(form_of(kind, path, shown, names) == form_of(kind, path, value, names))


def _as_shown(live: Any, applied: Applied) -> bool:
    if not applied.seen:
        return False
    return bool(live == applied.shown or canon(live) == canon(applied.shown))


def _rest_stays(
    kind: Kind, resource: Resource, known: Mapping[str, Applied], policy: Policy
) -> bool:
    """What else the state knows stays when the YAML does not have it, and stays known."""
    values = sum(map(is_value, known))
    if values != sum(map(is_value, resource.fields)):
        return False
    ignored = ignores(resource, policy)
    others = [path for path in known if path not in resource.fields and not is_value(path)]
    return not any(ignored(path) or kind.field(path).type not in STAYS for path in others)
