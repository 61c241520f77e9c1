"""A key becomes another one, wherever it stands (contract 1.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from reconciler.catalog import SETTINGS, Named
from reconciler.errors import UsageError
from reconciler.kinds import KEY, KINDS, LONGEST_KEY
from reconciler.model import Catalog, Ref, Resource, Value
from reconciler.normalize import texts
from reconciler.paths import attribute_of, is_value, value_path
from reconciler.quoting import quoted
from reconciler.refactor.history import note_move
from reconciler.refactor.leaving import by_file, edit_each
from reconciler.refactor.places import Standing, position, standings
from reconciler.refactor.work import NOTHING, Patch, Work
from reconciler.yamltext.edit import CannotEdit, Edit
from reconciler.yamltext.scalars import quoted_as, scalar
from reconciler.yamltext.spans import AliasNode, Outline, ScalarNode


def rename(folder: Path, target: str, new: str) -> Patch:
    """The edits by which an object has another key, with all that name it and a `moved:` entry.

    UsageError for a key that is not there, is taken or cannot be one; CatalogError where a place
    cannot be edited.
    """
    work = Work.on(folder)
    ref = work.known(target)
    _check_new(work, ref, new)
    named = [item for item in work.named() if item.ref == ref]
    work.files.load({item.place.file for item in named})

    def edit(file: str, some: Collection[Named]) -> None:
        work.files.edit(file, list(_renamed(work.files.outline(file), some, new)))

    edit_each(by_file(named), edit)
    note_move(work, ref, new)
    patch = work.proved(lambda resource: rekeyed(resource, ref, new))
    _check_read_as_key(work, named, Ref(ref.kind, new))
    return replace(patch, notes=tuple(_pattern_notes(work.catalog, ref, new)))


def _check_new(work: Work, ref: Ref, new: str) -> None:
    prefix = f"{ref.kind}/"
    if new.startswith(prefix):
        key = new.removeprefix(prefix)
        raise UsageError(f"{quoted(new)} is not a key alone", hint=f"write `{ref} {key}`")
    if not KEY.fullmatch(new) or len(new) > LONGEST_KEY:
        what = f"{quoted(new)} cannot be a key"
        hint = f"letters, digits and . _ - in parts joined by /, at most {LONGEST_KEY} characters"
        raise UsageError(what, hint=hint)
    other = Ref(ref.kind, new)
    if other == ref:
        raise UsageError(f"{quoted(new)} is its key already")
    if other in work.catalog.resources:
        what = f"{ref.kind} {quoted(new)} is in the catalog already, at {work.shown(other)}"
        raise UsageError(what, hint="choose another key, or rename that one first")


def _check_read_as_key(work: Work, named: Sequence[Named], ref: Ref) -> None:
    """UsageError where a place of the key no longer names the object: in rules the names of fields
    stand beside keys."""
    now = Counter(item.place.file for item in work.named() if item.ref == ref)
    for file, count in Counter(item.place.file for item in named).items():
        if now[file] < count:
            raise UsageError(
                f"{NOTHING}: in {work.folder}/{file} {quoted(ref.key)} would mean something else",
                hint="choose a key that is not the name of a field",
            )


def _pattern_notes(catalog: Catalog, ref: Ref, new: str) -> Iterator[str]:
    """Patterns of the settings that held for the one key and not for the other."""
    for rule in catalog.policy.ignore:
        if rule.kind != ref.kind or rule.match == ref.key:
            continue
        matches = [fnmatchcase(key, rule.match) for key in (ref.key, new)]
        if matches[0] != matches[1]:
            held, other = (ref.key, new) if matches[0] else (new, ref.key)
            pattern = f"the `ignore` rule for {quoted(rule.match)} in {SETTINGS}"
            yield f"Note: {pattern} holds for {quoted(held)} and not for {quoted(other)}"


# --- the edits of one file ----------------------------------------------------------------------


def _renamed(on: Outline, named: Collection[Named], new: str) -> Iterator[Edit]:
    """Each place of the key, once; an alias follows its anchor."""
    old = next(iter(named)).ref.key
    found = standings(on, {position(item.place) for item in named})
    mine = {id(item.node) for item in found.values()}
    for item in found.values():
        _check_alone(on, item, mine)
        if isinstance(item.node, ScalarNode):
            yield Edit(item.node.start, item.node.end, _respelled(item.node, old, new))


def _check_alone(on: Outline, item: Standing, mine: Collection[int]) -> None:
    """CannotEdit where an anchor or alias says something else than the key, too."""
    node = item.node
    if isinstance(node, AliasNode):
        if id(on.resolved(node)) not in mine:
            raise CannotEdit(node, f"the alias *{node.name} stands for what is no such key")
        return
    if on.is_shared(node) and on.root is not None:
        for other in on.root.walk():
            is_alias = isinstance(other, AliasNode) and other.name == node.anchor
            if is_alias and id(other) not in mine:
                raise CannotEdit(other, f"the alias *{node.anchor} shows the key as something else")


def _respelled(node: ScalarNode, old: str, new: str) -> str:
    """The new key in the quotes of the old one, behind what stood before it."""
    text = node.text.removesuffix(old) + new
    return quoted_as(text, node.style) or scalar(text)


# --- the catalog that is meant ------------------------------------------------------------------


def rekeyed(resource: Resource, old: Ref, new: str) -> Resource:
    """An object as it is to be once the key is another one."""
    fields = dict(_rekeyed_fields(resource, old, new))
    ignore = frozenset(_rekeyed_path(path, old, new) for path in resource.lifecycle.ignore)
    lifecycle = replace(resource.lifecycle, ignore=ignore)
    ref = Ref(old.kind, new) if resource.ref == old else resource.ref
    return replace(resource, ref=ref, fields=fields, lifecycle=lifecycle)


def _rekeyed_fields(resource: Resource, old: Ref, new: str) -> Iterator[tuple[str, Value]]:
    kind = KINDS[resource.ref.kind]
    for path, value in resource.fields.items():
        field = kind.field(path)
        if field.to != old.kind or is_value(path):
            yield _rekeyed_path(path, old, new), value
        elif isinstance(value, tuple):
            yield path, tuple(new if key == old.key else key for key in texts(value))
        else:
            yield path, new if value == old.key else value


def _rekeyed_path(path: str, old: Ref, new: str) -> str:
    is_it = old.kind == "attribute" and is_value(path) and attribute_of(path) == old.key
    return value_path(new) if is_it else path
