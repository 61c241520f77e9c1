"""The task list of a drift issue: an object a line, with a box that says whether it is seen to.

A box means nothing to the program.  People tick it, and so does the job that opened a pull
request; a box stays ticked as long as its line stays as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from reconciler.enums import DriftStatus
from reconciler.model import Drift, Drifted, Ref
from reconciler.reports.jsontext import canonical
from reconciler.reports.markdown.budget import Size, SizeBudget, listed
from reconciler.reports.markdown.escaping import code, name

ROOM = 12_000
"""Characters of a report that its task list has at most."""

_TASK = re.compile(r"^- \[([ xX])\] (`([^`]+)` .* <!-- [0-9a-f]{8} -->)\r?$", re.MULTILINE)
"""A line of the list: its box, what stands behind it, and the object."""


def task_list(drift: Drift, size: Size) -> str:
    """What is to be settled, by the names that `pull --accept` takes; empty where nothing is."""
    items = [item for item in drift.objects if item.status != DriftStatus.UNMANAGED]
    if not items:
        return ""
    lines = ((_task(item), 1) for item in items)
    room = SizeBudget(size, min(ROOM, size.most // 4))
    return f"### To settle ({len(items):,})\n\n{listed(lines, len(items), room)}\n"


def _task(item: Drifted) -> str:
    gone = ", gone" if item.status == DriftStatus.GONE else ""
    # The same object with another value is another line, whose box nobody has ticked.
    return f"- [ ] {code(str(item.ref))} {name(item.label, 80)}{gone} <!-- {_digest(item)} -->\n"


def _digest(item: Drifted) -> str:
    """Eight characters of what drifted."""
    fields = [
        [part.path, part.before, part.after, part.add, part.remove, part.order]
        for part in item.fields
    ]
    return hashlib.sha256(canonical([item.status, fields]).encode("utf-8")).hexdigest()[:8]


def with_ticks(body: str, earlier: str) -> str:
    """The body with the boxes ticked that are ticked in an earlier one at the very same line."""
    ticked = {found[2] for found in _TASK.finditer(earlier) if found[1] != " "}
    return _TASK.sub(lambda found: _line(found, found[2] in ticked), body)


def with_ticked(body: str, refs: Collection[Ref]) -> str:
    """The body with the boxes of some objects ticked, too."""
    named = set(map(str, refs))
    return _TASK.sub(lambda found: _line(found, found[1] != " " or found[3] in named), body)


def _line(found: re.Match[str], ticked: bool) -> str:
    return f"- [{'x' if ticked else ' '}] {found[2]}"
