"""The JSON Schema's findings: at their places, under the name of their object (contract 1.5)."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.catalog.draft import Book
from reconciler.catalog.files import Source
from reconciler.catalog.words import quoted
from reconciler.kinds import PLURALS
from reconciler.model import Place, Problem
from reconciler.schema import Finding, check
from reconciler.yamlfile import Map, Node, Scalar, Seq, plain_data

Step = str | int
_LISTS = frozenset({*PLURALS, "children", "variants"})
"""Lists of objects: what follows them in a path is an object with a key."""


def check_form(book: Book, source: Source, schema: str) -> None:
    """Put down what is wrong with the form of one file, as YAML and by its JSON Schema."""
    for problem in source.problems:
        book.findings.yaml(problem)
    if source.root is None:
        return
    findings = [_problem(source.root, item) for item in check(plain_data(source.root), schema)]
    for problem in findings:
        book.findings.schema(problem)
    if findings:
        book.lost.note(source.raw)


def _problem(root: Map, finding: Finding) -> Problem:
    path = tuple(finding.path)
    name = _owner(root, path)
    message = f"{name}: {finding.message}" if name else finding.message
    return Problem(_place(root, path, finding.key), message, finding.hint)


def _walk(root: Map, path: tuple[Step, ...]) -> Iterator[Node]:
    """The nodes on a path, as far as it leads."""
    node: Node | None = root
    for part in (*path, None):
        if node is None:
            return
        yield node
        node = _step(node, part)


def _step(node: Node, part: Step | None) -> Node | None:
    if isinstance(node, Map):
        return node.get(str(part))
    if isinstance(node, Seq) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def _place(root: Map, path: tuple[Step, ...], is_key: bool) -> Place:
    """Where a path leads; the key itself where the finding is about the key."""
    *_, node = _walk(root, path[:-1] if is_key else path)
    key = node.key_place(str(path[-1])) if is_key and isinstance(node, Map) else None
    return key or node.place


def _owner(root: Map, path: tuple[Step, ...]) -> str:
    """The innermost object on a path: `collection 'rain-jacket'`; where none is, the section."""
    name = str(path[0]) if len(path) > 1 and path[0] not in PLURALS else ""
    for node, before, index in zip(
        _walk(root, path), (None, None, *path), (None, *path), strict=False
    ):
        key = node.get("key") if isinstance(node, Map) else None
        if before in _LISTS and isinstance(index, int) and isinstance(key, Scalar) and key.text:
            name = f"{PLURALS[str(path[0])].name} {quoted(key.text)}"
    return name
