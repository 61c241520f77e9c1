"""Kinds as several commands let people choose them."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.errors import UsageError
from reconciler.kinds import KINDS, PLURALS


def kinds_named(names: Sequence[str]) -> tuple[str, ...]:
    """Kinds by their name or their plural."""
    known = {**{kind.name: kind.name for kind in KINDS.values()}}
    known |= {plural: kind.name for plural, kind in PLURALS.items()}
    for name in names:
        if name not in known:
            raise UsageError(f"--kind {name}: no such kind", hint="one of " + ", ".join(KINDS))
    return tuple(dict.fromkeys(known[name] for name in names))
