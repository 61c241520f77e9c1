"""Graphs: layers of what depends on earlier layers, and circles."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

Needs = Mapping[T, Collection[T]]
"""By node the nodes that it depends on; a node that depends on none may be missing."""


def layers(nodes: Sequence[T], needs: Needs[T]) -> list[list[T]]:
    """The nodes in groups, each depending only on earlier ones; within a group in their order.

    Needs that are not among the nodes do not count.  Raises CycleError for a circle.
    """
    position = {node: index for index, node in enumerate(nodes)}
    sorter: TopologicalSorter[T] = TopologicalSorter()
    for node in nodes:
        sorter.add(node, *(need for need in needs.get(node, ()) if need in position))
    sorter.prepare()
    found = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        found.append(ready)
        sorter.done(*ready)
    return found


def circles(needs: Needs[T]) -> list[frozenset[T]]:
    """Groups of two nodes or more of which each depends on all others, through whatever nodes.

    Kosaraju: backwards from the node that a walk along the needs leaves last.
    """
    seen: set[T] = set()
    left: list[T] = []
    for start in needs:
        left.extend(_walked(start, needs, seen))
    needed_by = inverted(needs)
    seen = set()
    groups = [frozenset(_walked(node, needed_by, seen)) for node in reversed(left)]
    return [group for group in groups if len(group) > 1]


def inverted(needs: Needs[T]) -> dict[T, list[T]]:
    """By node the nodes that need it."""
    found: dict[T, list[T]] = {}
    for node, others in needs.items():
        for other in others:
            found.setdefault(other, []).append(node)
    return found


def reached(starts: Iterable[T], edges: Needs[T]) -> set[T]:
    """The nodes, and all that can be reached from them."""
    seen: set[T] = set()
    found: set[T] = set()
    for start in starts:
        found.update(_walked(start, edges, seen))
    return found


def _walked(start: T, edges: Needs[T], seen: set[T]) -> Iterator[T]:
    """All nodes that can be reached and were not seen yet, each once what it leads to is left."""
    if start in seen:
        return
    seen.add(start)
    path = [(start, iter(edges.get(start, ())))]
    while path:
        node, ways = path[-1]
        step = next((other for other in ways if other not in seen), None)
        if step is None:
            path.pop()
            yield node
        else:
            seen.add(step)
            path.append((step, iter(edges.get(step, ()))))
