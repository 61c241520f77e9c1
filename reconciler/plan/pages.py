"""The pages of a list on which objects stand: not all of it is read again (contract 7.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SHORT = 3
"""A list of so few requests is read again as a whole: that takes no order for granted."""

MARGIN = 10
"""Places by which objects may have moved up since: somebody deleted what stood before them."""


def pages_of(places: Mapping[str, int], ids: Iterable[str], size: int) -> tuple[int, ...]:
    """Offsets of as few pages of that size as show the objects; none where one has no place."""
    wanted = set(ids)
    if not wanted <= places.keys():
        return ()
    margin = min(MARGIN, size // 2)
    found: list[int] = []
    end = -1
    for place in sorted(places[id_] for id_ in wanted):
        if place > end:
            start = max(0, place - margin)
            found.append(start)
            end = start + size - 1
    return tuple(found)
