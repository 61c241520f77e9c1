"""Objects go to another file, with their comments and what is nested in them (contract 1.10)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.catalog.objects import NESTS
from reconciler.catalog.order import field_order
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.model import Ref
from reconciler.refactor.cutting import Cut, carry_out
from reconciler.refactor.entries import put_lines
from reconciler.refactor.files import MODELINE, Spot, file_in, within
from reconciler.refactor.given import given, head, say_again
from reconciler.refactor.work import NOTHING, Patch, Work, uneditable
from reconciler.yamltext.edit import CannotEdit
from reconciler.yamltext.edits import become
from reconciler.yamltext.remarks import all_comments, extent
from reconciler.yamltext.spans import AliasNode, MapNode, Outline, ScalarNode

PATHS: Mapping[str, tuple[str, ...]] = {"file": ("path",)}
"""Fields that are relative to the file in which they stand, by kind."""


def move(folder: Path, targets: Sequence[str], to: Path) -> Patch:
    """The edits by which objects stand in another file, a new one too.

    UsageError for a key that is not there and a file that is none of the catalog; CatalogError
    where a place cannot be edited.
    """
    work = Work.on(folder)
    file = file_in(folder, to, "--to")
    refs = [work.known(text) for text in targets]
    for ref in dict.fromkeys(refs):
        try:
            _move(work, ref, file)
        except CannotEdit as fault:
            raise uneditable([(work.file(ref), fault)]) from None
    return work.proved(lambda resource: resource)


def _move(work: Work, ref: Ref, to: str) -> None:
    files, source = work.files, work.file(ref)
    if source == to:
        return
    files.load(work.folder, (source, to))
    if to in files.texts and files.spot(to, ref) is not None:
        return  # it went along with what it was nested in
    spot = files.spot(source, ref)
    if spot is None or spot.list.flow:
        what = f"{NOTHING}: {ref} at {work.shown(ref)} is written by way of an alias or in brackets"
        raise UsageError(what, hint="write it out there, one object a line")
    on = files.outline(source)
    _check_closed(on, spot)
    moved = [work.catalog.resources[inner] for inner, _ in within(source, ref.kind, spot)]
    defaults = given(on, moved)
    begin, end = extent(on, spot.list, spot.index)
    lines = on.text[begin:end].replace("\r\n", "\n").split("\n")
    column = spot.list.column
    modeline = _modeline(on, source, to)
    cut = Cut(on)
    cut.drop(spot.steps)
    carry_out(files, source, cut)
    if to not in files.texts:
        files.put(to, head(defaults, modeline))
    put_lines(files, to, KINDS[ref.kind].plural, lines, column, spot.above is not None)
    _mend(work, ref, spot.above, source, to)
    say_again(work, moved, defaults, to)


def _check_closed(on: Outline, spot: Spot) -> None:
    """CannotEdit where the object depends on what stands outside, or that on the object."""
    inside = {id(node) for node in spot.node.walk()}
    assert on.root is not None
    for node in on.root.walk():
        if not isinstance(node, AliasNode):
            continue
        is_inside = id(node) in inside
        if (id(on.resolved(node)) in inside) != is_inside:
            what = f"the alias *{node.name} would stand in another file than its anchor"
            raise CannotEdit(node, what)


def _modeline(on: Outline, source: str, to: str) -> str:
    """The line that names its schema to editors, as it is right for the other file."""
    for _, words in all_comments(on):
        head, sign, path = words.partition("$schema=")
        if words.startswith(MODELINE) and sign and "://" not in path:
            return f"{head}{sign}{relocated(path.strip(), source, to)}"
        if words.startswith(MODELINE):
            return words
    return ""


def _mend(work: Work, ref: Ref, above: Ref | None, source: str, to: str) -> None:
    """What was said by where the object stood is said in the object, and paths lead on."""
    nest = NESTS.get(ref.kind)
    if nest is not None and above is not None:
        on, node = _node(work, ref, to)
        if node.own(nest.field) is None:
            order = field_order(ref.kind)
            work.files.edit(to, become(on, node, nest.field, above.key, order))
    for name in PATHS.get(ref.kind, ()):
        on, node = _node(work, ref, to)
        found = node.get(name)
        if isinstance(found, ScalarNode):
            path = relocated(found.text, source, to)
            work.files.edit(to, become(on, node, name, path))


def _node(work: Work, ref: Ref, file: str) -> tuple[Outline, MapNode]:
    spot = work.files.spot(file, ref)
    assert spot is not None
    return work.files.outline(file), spot.node


def relocated(path: str, source: str, to: str) -> str:
    """A path that is relative to one catalog file, relative to another."""
    before, after = posixpath.dirname(source), posixpath.dirname(to)
    if before == after or path.startswith("/"):
        return path
    between = posixpath.relpath(before or ".", after or ".")
    return posixpath.normpath(posixpath.join(between, path))
