"""What objects have from the `defaults` of their file, said again where they go (contract 1.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.catalog.order import field_order
from reconciler.errors import UsageError
from reconciler.kinds import KINDS
from reconciler.model import Ref, Resource
from reconciler.paths import VALUES
from reconciler.refactor.relocation import FILE, Relocation
from reconciler.refactor.work import NOTHING, Work
from reconciler.yamltext import Flow
from reconciler.yamltext.document import entry as entry_lines
from reconciler.yamltext.edit import CannotEdit
from reconciler.yamltext.edits import become
from reconciler.yamltext.spans import ListNode, MapNode, Node, Outline, ScalarNode

Steps = tuple[str, ...]
DEFAULTS = "defaults"
LIFECYCLE, INHERIT, ONLY = "lifecycle", "inherit", "only"
PARTED = frozenset({VALUES, LIFECYCLE})
"""Mappings of which each entry is given by itself."""
BESIDE = frozenset({LIFECYCLE, INHERIT, ONLY})
"""What is no field of an object."""
EVERYBODYS = frozenset({ONLY})
"""What objects of somebody else have from the defaults of a file, too."""
_NULLS = frozenset({"", "~", "null"})


@dataclass(frozen=True, slots=True)
class Given:
    """What a file gives to the entries of its lists, as data by list."""

    lists: Mapping[str, Mapping[str, Any]]

    def steps(self, name: str) -> dict[Steps, Any]:
        """What a list gives, value by value: attributes, and the parts of `lifecycle`, each."""
        found: dict[Steps, Any] = {}
        for field, value in self.lists.get(name, {}).items():
            if field in PARTED and isinstance(value, dict):
                found |= {(field, part): inner for part, inner in value.items()}
            else:
                found[field,] = value
        return found


def given(on: Outline, moved: Iterable[Resource], relocation: Relocation) -> Given:
    """The defaults of a text, of the lists whose entries these objects are, as they are to be said
    in the file that the objects go to."""
    names = {list_name(resource) for resource in moved}
    node = on.root.get(DEFAULTS) if isinstance(on.root, MapNode) else None
    found = on.resolved(node) if node is not None else None
    entries = found.entries if isinstance(found, MapNode) else ()
    lists = {
        entry.name: _data(on, entry.value, relocation) for entry in entries if entry.name in names
    }
    return Given({name: value for name, value in lists.items() if isinstance(value, dict)})


def list_name(resource: Resource) -> str:
    """The list whose defaults an object takes (contract 1.9)."""
    nest = NESTS.get(resource.ref.kind)
    is_below = nest is not None and resource.fields.get(nest.field) is not None
    return nest.list if nest and is_below else KINDS[resource.ref.kind].plural


def head(defaults: Given, modeline: str) -> str:
    """How a new file begins."""
    lines = [modeline] if modeline else []
    if defaults.lists:
        lines += entry_lines(DEFAULTS, dict(defaults.lists), 0)
    return "".join(f"{line}\n" for line in lines)


def say_again(work: Work, moved: Sequence[Resource], before: Given, relocation: Relocation) -> None:
    """Objects say themselves what their former file gave them and the new one does not.

    UsageError where the new one's defaults would give an object what it never had.
    """
    to = relocation.to
    after = given(work.files.outline(to), moved, Relocation(to, to, frozenset()))
    for resource in moved:
        _say_one(work, resource, before, after, to)
    now = work.read_again().resources
    for resource in moved:
        for path in sorted({*resource.fields, *now[resource.ref].fields}):
            if resource.fields.get(path) != now[resource.ref].fields.get(path):
                raise _new(work, resource, path, to)


def _say_one(work: Work, resource: Resource, before: Given, after: Given, to: str) -> None:
    """The same for one object; what is no field is judged here, by what stands there."""
    name = list_name(resource)
    here, there = before.steps(name), after.steps(name)
    for steps, value in here.items():
        is_other = steps not in there or there[steps] != value
        if is_other and _had(resource, steps):
            _say(work, resource.ref, steps, value, to)
    judged = EVERYBODYS if resource.external else BESIDE
    for steps in sorted(there.keys() - here.keys()):
        if steps[0] in judged and not _says(work, resource, steps, to):
            raise _new(work, resource, ".".join(steps), to)


def _new(work: Work, resource: Resource, path: str, to: str) -> UsageError:
    return UsageError(
        f"{NOTHING}: the defaults of {work.folder}/{to} would give {resource.ref} another {path}",
        hint="say it in the object's own entry first, or move it to another file",
    )


def _had(resource: Resource, steps: Steps) -> bool:
    """Whether the object had it from the defaults, and nothing nearer said it."""
    if resource.external:
        return steps[0] in EVERYBODYS
    origin = resource.origins.get(".".join(steps))
    return bool(origin.list) if origin else steps[0] in BESIDE


def _says(work: Work, resource: Resource, steps: Steps, file: str) -> bool:
    """Whether an object's own entry says it."""
    node, name, rest = _place(work, resource.ref, steps, file)
    return not rest and node.own(name) is not None


def _say(work: Work, ref: Ref, steps: Steps, value: Any, to: str) -> None:
    """Where the object's own entry does not say it yet."""
    node, name, rest = _place(work, ref, steps, to)
    if rest:
        is_plain = not isinstance(value, list | dict)
        value = Flow({rest: value}) if is_plain else {rest: value}
    if node.own(name) is None:
        order = field_order(ref.kind) if node.own("key") is not None else ()
        work.files.edit(to, become(work.files.outline(to), node, name, value, order))


def _place(work: Work, ref: Ref, steps: Steps, file: str) -> tuple[MapNode, str, str]:
    """The mapping of an object's entry that steps end in, the name there, and the last step
    where its mapping is still to be made."""
    spot = work.files.spot(file, ref)
    assert spot is not None
    inner = spot.node.get(steps[0])
    if len(steps) > 1 and isinstance(inner, MapNode):
        return inner, steps[1], ""
    return spot.node, steps[0], steps[1] if len(steps) > 1 else ""


def _data(on: Outline, node: Node, relocation: Relocation) -> Any:
    """A node as data that reads as the same: a field says what its text is."""
    found = on.resolved(node)
    if isinstance(found, ListNode):
        return [_data(on, item, relocation) for item in found.items]
    if isinstance(found, MapNode):
        entries = dict(_entries(on, found, relocation))
        is_plain = all(not isinstance(value, list | dict) for value in entries.values())
        return Flow(entries) if found.flow and is_plain else entries
    assert isinstance(found, ScalarNode)
    return None if not found.style and found.text in _NULLS else found.text


def _entries(on: Outline, node: MapNode, relocation: Relocation) -> Iterator[tuple[str, Any]]:
    for entry in node.entries:
        if entry.name in ("", "<<"):
            raise CannotEdit(entry.key, "what is given by an anchor would have to be written out")
        value = _data(on, entry.value, relocation)
        is_path = entry.name == FILE and relocation.names_text(node)
        yield entry.name, relocation.path(value) if is_path else value
