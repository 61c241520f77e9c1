"""The JSON Schema's verdict on a file: what is wrong, where, and the file without it (1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from reconciler.catalog.draft import Book, Refused
from reconciler.catalog.files import Source
from reconciler.kinds import PLURALS
from reconciler.model import Problem
from reconciler.quoting import quoted
from reconciler.schema import Fate, Finding, Slot, check, slots
from reconciler.yamlfile import NULLS, Entries, Map, Node, Scalar, Seq, child, locate, plain_data

Step = str | int
_UNKNOWN = Slot()
_NESTED = frozenset({"children", "variants"})
"""Lists of objects inside of objects."""


def judged(book: Book, source: Source, schema: str) -> Map | None:
    """The mapping of a file without the parts that its schema refuses; None where it has none.

    What is wrong with the form of the file, as YAML and by its JSON Schema, goes to the book.
    """
    for problem in source.problems:
        book.findings.yaml(problem)
    if source.root is None:
        return None
    findings = list(check(as_data(source.root, slots(schema)), schema))
    if not findings:
        return source.root
    for finding in findings:
        if finding.message:
            book.findings.form(_problem(source.root, finding))
        if len(finding.path) < 2 and finding.fate is Fate.REFUSED:
            # A whole list of objects: references to them are not unknown.
            book.lost.note(source.raw)
    root = _without(source.root, _tree(findings))
    return root if isinstance(root, Map) else None


def as_data(node: Node, shape: Slot | None) -> Any:
    """Python data as a schema sees it: the text as typed where a text may stand."""
    if isinstance(node, Scalar):
        may_be_text = shape is not None and shape.text
        as_typed = not node.plain or (may_be_text and node.text not in NULLS)
        return node.text if as_typed else plain_data(node)
    if isinstance(node, Map):
        fields, others = (shape.fields, shape.others) if shape else ({}, None)
        data = {}
        for text, (_, value) in node.by_key.items():
            data[text] = as_data(value, fields.get(text, others))
        return data
    items = shape.items if shape else None
    return [as_data(item, items) for item in node.items]


# --- the file without what was refused ----------------------------------------------------------


@dataclass(slots=True)
class _Cut:
    """What becomes of a part of a file, and of the parts inside it, by key or index."""

    part: Fate = Fate.KEPT
    inside: dict[Step, _Cut] = field(default_factory=dict)


def _tree(findings: Iterable[Finding]) -> _Cut:
    top = _Cut()
    for finding in findings:
        cut = top
        for step in finding.path:
            cut = cut.inside.setdefault(step, _Cut())
        if finding.fate is not Fate.KEPT:
            cut.part = finding.fate
    return top


def _without(node: Node, cut: _Cut) -> Node:
    if cut.part is Fate.REFUSED:
        return Refused(node.file, node.mark)
    if isinstance(node, Map):
        return Map(node.file, node.mark, {**_entries(node, cut), **_missing(node, cut)})
    if isinstance(node, Seq):
        items = [_inner(item, cut, index) for index, item in enumerate(node.items)]
        return Seq(node.file, node.mark, items)
    return node


def _entries(node: Map, cut: _Cut) -> Entries:
    found = {}
    for text, (key, value) in node.by_key.items():
        inner = cut.inside.get(text)
        if inner is None or inner.part is not Fate.UNKNOWN:
            found[text] = (key, _inner(value, cut, text))
    return found


def _missing(node: Map, cut: _Cut) -> Entries:
    found = {}
    for name, inner in cut.inside.items():
        if inner.part is Fate.MISSING:
            key = Scalar(node.file, node.mark, str(name), plain=True)
            found[key.text] = (key, Refused(node.file, node.mark))
    return found


def _inner(node: Node, cut: _Cut, step: Step) -> Node:
    inner = cut.inside.get(step)
    return node if inner is None else _without(node, inner)


# --- findings at their places, under the name of their object -----------------------------------


def _problem(root: Map, finding: Finding) -> Problem:
    name = _owner(root, finding.path)
    message = f"{name}: {finding.message}" if name else finding.message
    place = locate(root, finding.path, key=finding.key)
    return Problem(place, message, finding.hint)


def _owner(root: Map, path: tuple[Step, ...]) -> str:
    """The innermost object on a path: `collection 'rain-jacket'`; where none is, the section."""
    name = str(path[0]) if len(path) > 2 and path[0] not in PLURALS else ""
    if name == "defaults":
        name = f"defaults of {path[1]}"
    node: Node | None = root
    for number, step in enumerate(path):
        node = child(node, step)
        key = node.get("key") if isinstance(node, Map) else None
        # A product's `files` are keys, the file's own are objects.
        is_list = path[number - 1] in (_NESTED if number > 1 else PLURALS)
        if is_list and isinstance(step, int) and isinstance(key, Scalar) and key.text:
            name = f"{PLURALS[str(path[0])].name} {quoted(key.text)}"
    return name
