"""What a review sees of a plan, and its digest (contract 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from reconciler.reports.jsontext import canonical

FORMAT = 2
"""`format_version` of the plan files that this program writes."""

READ = (1, 2)
"""Those that it reads.  The first one said of a change, and of a field, also what is usual."""


def digest(reviewed: Mapping[str, Any]) -> str:
    """`sha256:…` over regions, environment, targets, new state and changes as JSON.

    Versions, times, costs and notes are no part of it: they may differ and nothing else does.
    """
    text = canonical(reviewed).encode("utf-8")
    return f"sha256:{hashlib.sha256(text).hexdigest()}"
