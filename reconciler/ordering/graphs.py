"""Graphs: layers of what depends on earlier layers, circles, and what spreads along them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from heapq import heapify, heappop, heappush
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


def spread(needs: Needs[T], struck: Iterable[T], strikes: Callable[[T], bool]) -> None:
    """Ask of each node that needs a struck one whether that strikes it too.

    They are asked in the order in which walks over all nodes, repeated until nothing more is
    struck, would find them: whose need was struck earlier in a walk is asked in the same one.
    """
    position = {node: index for index, node in enumerate(needs)}
    needed_by = inverted(needs)
    due: list[tuple[int, int, T]] = []
    for node in struck:
        due.extend((0, position[other], other) for other in needed_by.get(node, ()))
    heapify(due)
    done: set[T] = set()
    while due:
        walk, at, node = heappop(due)
        if node in done or not strikes(node):
            continue
        done.add(node)
        for other in needed_by.get(node, ()):
            heappush(due, (walk + (position[other] < at), position[other], other))
