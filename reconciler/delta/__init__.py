"""A plan that reads what has changed since the last full read (contract 7.4).

    snapshot.py     the account as a full read saw it, kept in the cache and found there again
    reading.py      what was created or updated since, on top of it
    confirming.py   what a plan touches, asked for by id

It can make a plan late and never wrong: whatever is not as it must be is read whole.
"""

from __future__ import annotations

from reconciler.delta.confirming import Confirmed, confirmed, is_too_much, touched
from reconciler.delta.reading import Delta
from reconciler.delta.snapshot import SHELF, FullRead, NoSnapshot, find, keep

__all__ = [
    "SHELF",
    "Confirmed",
    "Delta",
    "FullRead",
    "NoSnapshot",
    "confirmed",
    "find",
    "is_too_much",
    "keep",
    "touched",
]
