"""How a plan stands to the plan files that permit it (contract 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model import Review
from reconciler.reports.values import clean, logged

_LISTS = (
    ("differs", "Not as it was reviewed, so nothing is written:"),
    ("not_permitted", "Not permitted by any plan file, left out:"),
    ("drift", "Drift that no plan file names as it is now, left out:"),
    ("overtaken", "Reviewed, and overtaken by now:"),
    ("done", "Reviewed, and done already:"),
)
MOST = 20
"""Lines of a list that a terminal shows; all of them are in the JSON."""


def review_text(review: Review) -> str:
    """Every list that is not empty, under its heading."""
    return logged("".join(f"{line}\n" for line in _lines(review)))


def _lines(review: Review) -> Iterator[str]:
    for name, heading in _LISTS:
        found: tuple[str, ...] = getattr(review, name)
        if not found:
            continue
        yield heading
        for text in found[:MOST]:
            yield f"  {clean(text)}"
        if len(found) > MOST:
            yield f"  … shown {MOST} of {len(found):,}"


def review_json(review: Review | None) -> dict[str, Any] | None:
    """The same for programs; None where no plan file was given."""
    if review is None:
        return None
    return {name: list(getattr(review, name)) for name, _ in _LISTS}
