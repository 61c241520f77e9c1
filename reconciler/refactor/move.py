"""Objects go to another file, with their comments and what is nested in them (contract 1.10)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reconciler.catalog.objects import NESTS
from reconciler.catalog.order import field_order
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.model import Ref
from reconciler.refactor.cutting import Cut, carry_out
from reconciler.refactor.entries import put_lines
from reconciler.refactor.files import MODELINE, Files, Spot, file_in, uneditable, within
from reconciler.refactor.given import given, head, say_again
from reconciler.refactor.relocation import Relocation
from reconciler.refactor.work import NOTHING, Patch, Work
from reconciler.yamltext.edit import CannotEdit
from reconciler.yamltext.edits import become
from reconciler.yamltext.remarks import all_comments, extent
from reconciler.yamltext.spans import AliasNode, Outline


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
    files.load((source, to))
    if to in files.texts and files.spot(to, ref) is not None:
        return  # it went along with what it was nested in
    spot = files.spot(source, ref)
    if spot is None or spot.list.flow:
        what = f"{NOTHING}: {ref} at {work.shown(ref)} is written by way of an alias or in brackets"
        raise UsageError(what, hint="write it out there, one object a line")
    _check_closed(files.outline(source), spot)
    relocation = Relocation.of(work.read_again(), source, to)
    moved = [work.catalog.resources[inner] for inner, _ in within(source, ref.kind, spot)]
    defaults = given(files.outline(source), moved, relocation)
    modeline = _modeline(files.outline(source), relocation)
    files.edit(source, list(relocation.edits(files.outline(source), spot)))
    lines, column = _cut(files, source, ref)
    if to not in files.texts:
        files.put(to, head(defaults, modeline))
    is_nested = spot.above is not None
    put_lines(files, to, KINDS[ref.kind].plural, lines, column, is_nested)
    if spot.above is not None:
        _say_above(files, to, ref, spot.above)
    say_again(work, moved, defaults, relocation)


def _cut(files: Files, source: str, ref: Ref) -> tuple[list[str], int]:
    """Take an object out of a text: its lines, and the column of its dash."""
    on, spot = files.outline(source), files.spot(source, ref)
    assert spot is not None
    begin, end = extent(on, spot.list, spot.index)
    lines = on.text[begin:end].replace("\r\n", "\n").split("\n")
    cut = Cut(on)
    cut.drop(spot.steps)
    carry_out(files, source, cut)
    return lines, spot.list.column


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


def _modeline(on: Outline, relocation: Relocation) -> str:
    """The line that names its schema to editors, as it is right for the other file."""
    for _, words in all_comments(on):
        head, sign, path = words.partition("$schema=")
        if words.startswith(MODELINE) and sign and "://" not in path:
            return f"{head}{sign}{relocation.path(path.strip())}"
        if words.startswith(MODELINE):
            return words
    return ""


def _say_above(files: Files, file: str, ref: Ref, above: Ref) -> None:
    """What was said by where the object stood is said in its own entry."""
    spot, name = files.spot(file, ref), NESTS[ref.kind].field
    assert spot is not None
    if spot.node.own(name) is None:
        order = field_order(ref.kind)
        files.edit(file, become(files.outline(file), spot.node, name, above.key, order))
