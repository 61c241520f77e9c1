"""What a file's defaults, or a parent, would give to an object that does not say it (1.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.kinds import KINDS, Field, Type
from reconciler.model import Catalog, Ref, defaults_ref
from reconciler.normalize import spelled
from reconciler.paths import value_path
from reconciler.pull.pulled import Pulled


def given_paths(catalog: Catalog, kind: str, above: str, file: str) -> Iterator[str]:
    """The fields that an object has from elsewhere; `above` is the key that it stands under."""
    nest = NESTS.get(kind)
    name = nest.list if nest and above else KINDS[kind].plural
    defaults = catalog.defaults.get(defaults_ref(kind, name, file))
    if defaults is not None:
        yield from defaults.fields
    parent = catalog.resources.get(Ref(kind, above))
    if parent is not None:
        handed = map(value_path, parent.inherit)
        yield from (path for path in handed if path in parent.fields)


def shielded(pulled: Iterable[Pulled], base: Catalog, file: str = "") -> list[Pulled]:
    """New objects that say of what they would be given, and the account does not show, that they
    have it not.

    `file` is the one of the catalog that they go to; empty for one that is new.
    """
    return [item if item.external else _shielded(item, base, file) for item in pulled]


def _shielded(item: Pulled, base: Catalog, file: str) -> Pulled:
    kind, nest = KINDS[item.ref.kind], NESTS.get(item.ref.kind)
    said = item.fields.get(nest.field) if nest else None
    above = item.above.key if item.above else spelled(said or "")
    missing: dict[str, Any] = {}
    for path in given_paths(base, kind.name, above, file):
        field = kind.field(path)
        if path not in item.fields and field.type not in _NEVER_EMPTY:
            missing[path] = _nothing(field)
    return replace(item, fields={**item.fields, **missing}) if missing else item


_NEVER_EMPTY = frozenset({Type.REGIONS, Type.WORD})


def _nothing(field: Field) -> Any:
    return False if field.type is Type.BOOLEAN else None
