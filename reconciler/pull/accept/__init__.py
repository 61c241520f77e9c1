"""Drift → edits of the files in which it is declared (contract 3, `pull --accept`).

wishes       drift → what the files should say                  from_drift.py
files        the texts, and where each object stands in them    refactor/files.py
carry_out    wishes → edited texts, each to the character       entries.py
accept       both, read back and proved before the state knows  here
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.apply.entries import after_settle
from reconciler.catalog import Reading, environments, read
from reconciler.catalog.objects import NESTS
from reconciler.diff import names_of
from reconciler.enums import DriftStatus, ProblemKind
from reconciler.errors import CatalogError, UsageError
from reconciler.files import Replaced
from reconciler.identity import identify
from reconciler.kinds import KINDS
from reconciler.model import (
    FOREIGN,
    Catalog,
    Drift,
    Drifted,
    Live,
    LiveObject,
    Problem,
    Ref,
    Settle,
    State,
    Value,
)
from reconciler.normalize import texts
from reconciler.paths import is_value
from reconciler.plan import Ask, build
from reconciler.plan.mirrored import as_shown
from reconciler.pull.accept.entries import carry_out
from reconciler.pull.accept.from_drift import wishes
from reconciler.pull.accept.wishes import Become, Elements, Remove, Stays, Told, Wish, Wishes
from reconciler.pull.files import sections
from reconciler.pull.given import shielded
from reconciler.pull.pulled import Left, Pulled, pin_of
from reconciler.pull.record import recorded
from reconciler.pull.survey import survey
from reconciler.refactor.entries import put_in
from reconciler.refactor.files import Files, catalog_texts
from reconciler.refactor.leaving import leave
from reconciler.refactor.strayed import owner_of, read_elsewhere, strayed, words_of
from reconciler.wire import Names
from reconciler.yamltext.edits import DROP, CannotEdit

ALL = "all"
Save = Callable[[State], None]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of it: objects taken over, files edited, and what stays as it is.

    `remaining` are accepted objects that a plan would still change; `told` says where values were
    edited that objects have, or had, from elsewhere.
    """

    taken: tuple[Ref, ...] = ()
    added: tuple[Ref, ...] = ()
    files: tuple[str, ...] = ()
    stays: tuple[Stays, ...] = ()
    left: tuple[Left, ...] = ()
    remaining: tuple[Ref, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which drift: named managed objects, unmanaged ones by (kind, id), and the file for those."""

    objects: tuple[Drifted, ...] = ()
    strangers: frozenset[tuple[str, str]] = frozenset()
    into: str = ""


@dataclass(frozen=True, slots=True)
class Sides:
    """What accept works on."""

    folder: Path
    catalog: Catalog
    live: Live
    state: State
    environment: str | None = None


def chosen(targets: Sequence[str], into: str, drift: Drift, catalog: Catalog, live: Live) -> Asked:
    """The drift that the targets name: `all`, KIND/KEY, or KIND/ID of what nobody declared.

    A trailing slash takes what an unmanaged object contains too.  UsageError for what is neither.
    """
    managed, strangers = _by_management(drift)
    objects: dict[Ref, Drifted] = {}
    found: set[tuple[str, str]] = set()
    for text in targets:
        if text == ALL:
            objects |= managed
            if into:
                found |= strangers
            continue
        kind, _, name = text.partition("/")
        key = name.rstrip("/")
        ref = Ref(kind, key)
        if ref in managed:
            objects[ref] = managed[ref]
        elif (kind, key) not in strangers:
            _check_declared(text, ref, catalog)
        elif name.endswith("/"):
            found |= _with_content(kind, key, live, strangers)
        else:
            found.add((kind, key))
    if found and not into:
        named = ", ".join(map("/".join, sorted(found)[:3]))
        raise UsageError(
            f"--accept: nobody declares {named}, so it needs a file to stand in",
            hint="name one of the catalog's with --into FILE",
        )
    return Asked(tuple(objects.values()), frozenset(found), into)


def _by_management(drift: Drift) -> tuple[dict[Ref, Drifted], set[tuple[str, str]]]:
    """Managed objects by their keys, and unmanaged ones by kind and id."""
    managed: dict[Ref, Drifted] = {}
    strangers: set[tuple[str, str]] = set()
    for item in drift.objects:
        if item.status == DriftStatus.UNMANAGED:
            strangers.add((item.ref.kind, item.id))
        else:
            managed[item.ref] = item
    return managed, strangers


def _check_declared(text: str, ref: Ref, catalog: Catalog) -> None:
    """What is declared and has not drifted may be named; anything else is a mistake."""
    if ref not in catalog.resources:
        raise UsageError(
            f"--accept {text}: neither a key of the catalog nor the id of an unmanaged object",
            hint="`pxm drift --unmanaged` names them; or say `all`",
        )


def _with_content(
    kind: str, id_: str, live: Live, strangers: set[tuple[str, str]]
) -> set[tuple[str, str]]:
    """An unmanaged object and what is nested in it, at any depth."""
    nest = NESTS.get(kind)
    found = {id_}
    while nest:
        below = {
            x.id
            for x in live.of(kind).values()
            if x.fields.get(nest.field) in found and (kind, x.id) in strangers
        }
        if below <= found:
            break
        found |= below
    return {(kind, x) for x in found}


def accept(sides: Sides, asked: Asked, save: Save) -> Accepted:
    """Take drift over into the files and give `save` the state in which it is none any more.

    The files are read back first: where they would say anything else than what was accepted,
    all is as before and CatalogError says why.
    """
    wished = wishes(asked.objects, sides.catalog, sides.live, sides.state)
    new, left = _strangers(sides, asked)
    trial = _Trial(sides, asked, wished, new, left, save)
    while True:
        outcome = trial.run()
        if isinstance(outcome, Accepted):
            return outcome
        trial.give_way(outcome)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What the edited files were not read for; `touched` are the objects whose entries changed."""

    catalog: Catalog
    errors: Sequence[Problem]
    touched: Collection[Ref]


_Read = tuple[Catalog, Reading]
"""A catalog as it was, and as the edited files are read."""


def _refusal(readings: Iterable[_Read], wishes: Collection[Wish]) -> _Refusal | None:
    """What the edited files were not read for, in the first environment where they were not."""
    for _, reading in readings:
        errors = [x for x in reading.problems if x.severity == "error"]
        if errors:
            return _Refusal(reading.catalog, errors, {x.ref for x in wishes})
    return None


@dataclass
class _Trial:
    """Edits made, read back, and made once more without what the catalog cannot hold."""

    sides: Sides
    asked: Asked
    wished: Wishes
    new: list[Pulled]
    left: list[Left]
    save: Save
    dropped: dict[Ref, Stays] = field(default_factory=dict)
    pins: dict[Ref, Become] = field(default_factory=dict)

    def run(self) -> Accepted | _Refusal:
        """Edit, read back and record; nothing is written before the texts are read."""
        folder = self.sides.folder
        files = Files(catalog_texts(folder, self.sides.catalog, self.asked.into), folder)
        some = self._still_wished()
        edited = carry_out(files, self.sides.catalog, some)
        stays = [*self.wished.stays, *self.dropped.values(), *edited]
        gone = {wish.ref for wish in some if isinstance(wish, Remove)} - {x.ref for x in edited}
        losing = leave(files, self.sides.catalog, gone)
        self._put_in(files)
        changed = files.edited
        readings = list(self._readings(changed))
        refusal = _refusal(readings, some)
        if refusal is not None:
            return refusal
        wished = (*some, *self.wished.followed)
        touched = {*(x.ref for x in wished), *(x.ref for x in self.new), *losing}
        self._check_beside(readings, touched)
        lost = list(self._lost_elsewhere(gone)) if gone else []
        with Replaced(folder, {**files.before, **files.prose_before}) as replaced:
            replaced.write(changed)
            catalog = readings[0][1].catalog
            done = self._finished(catalog, files, stays, touched, losing)
            replaced.keep()
        return replace(done, told=(*done.told, *lost))

    def _check_beside(self, readings: Sequence[_Read], touched: Collection[Ref]) -> None:
        """UsageError where the edit reached further than it should, in any environment."""
        beside: set[Ref] = set()
        for before, now in readings:
            beside.update(strayed(before, now.catalog, touched))
        if not beside:
            return
        hint = "accept fewer objects at a time, or edit the files by hand"
        if not beside <= self.sides.catalog.resources.keys():
            hint = "another environment has what this one has not: edit the files by hand"
        raise UsageError(f"nothing was changed: the edit {words_of(sorted(beside))}", hint=hint)

    def _lost_elsewhere(self, gone: Set[Ref]) -> Iterator[Told]:
        """What goes here goes from the accounts of other environments with the next apply there."""
        if self.sides.environment is None:
            return
        for name in sorted({*environments(self.sides.folder)} - {self.sides.environment}):
            there = read(self.sides.folder, environment=name).catalog.resources
            for ref in sorted(gone & there.keys()):
                words = f"environment '{name}' has it too, and deletes it with its next apply"
                yield Told(ref, "", words, str(there[ref].place))

    def _readings(self, changed: Mapping[str, str | bytes | None]) -> Iterator[_Read]:
        """The catalog as it was and as it is now, in this environment and in others."""
        folder, environment = self.sides.folder, self.sides.environment
        now = read(folder, environment=environment, contents=True, edited=changed)
        yield self.sides.catalog, now
        yield from read_elsewhere(folder, self.sides.catalog, changed)

    def _still_wished(self) -> list[Wish]:
        """The wishes of objects that are not dropped, those that are due in any case, and pins."""
        found: list[Wish] = []
        for wish in self.wished.found.values():
            is_due = isinstance(wish, Become) and wish.due
            if is_due or wish.ref not in self.dropped:
                found.append(wish)
        return [*found, *self.pins.values()]

    def _put_in(self, files: Files) -> None:
        if self.new:
            try:
                put_in(files, self.asked.into, sections(self.new))
            except CannotEdit as fault:
                raise UsageError(f"--into {self.asked.into}: {fault}") from fault

    def give_way(self, refusal: _Refusal) -> None:
        """Pin what looks like another object now, and leave out what the catalog cannot hold.

        CatalogError where neither is left to do: the trouble is with what was not accepted.
        """
        blamed = {owner_of(refusal.catalog, x.place): x for x in refusal.errors}
        gave_way = False
        for ref, problem in blamed.items():
            if problem.kind is ProblemKind.SAME_NATURAL_KEY and self._pin(ref):
                gave_way = True
            elif ref in refusal.touched and ref not in self.dropped:
                place = str(self.sides.catalog.resources[ref].place)
                self.dropped[ref] = Stays(ref, "", problem.message, place)
                gave_way = True
        if not gave_way:
            raise CatalogError(refusal.errors, f"{self.sides.folder}/")

    def _pin(self, ref: Ref) -> bool:
        """Give an object its `id`; False where it has one already, or where none is known."""
        entry = self.sides.state.entries.get(ref)
        if entry is not None and ref not in self.pins:
            self.pins[ref] = self._pin_of(ref, entry.id)
            return True
        for index, item in enumerate(self.new):
            if item.ref == ref and not item.pin:
                self.new[index] = item.pinned()
                return True
        return False

    def _pin_of(self, ref: Ref, id_: str) -> Become:
        """The line of an `id`, beside those of other environments."""
        environment = self.sides.environment
        if environment and "id" in self.sides.catalog.resources[ref].places:
            return Become(ref, ("id", environment), id_)
        return Become(ref, ("id",), pin_of(id_, environment))

    def _finished(
        self,
        catalog: Catalog,
        files: Files,
        stays: Sequence[Stays],
        touched: Collection[Ref],
        losing: Mapping[Ref, Collection[str]],
    ) -> Accepted:
        live, state = self.sides.live, self.sides.state
        ids = {item.ref: item.item.id for item in self.new}
        after = recorded(catalog, live, state, ids) if ids else state
        refs = {item.ref for item in self.asked.objects} - {x.ref for x in stays if not x.path}
        notes = [*self._members(catalog, refs), *self._let_go(catalog, losing)]
        after = _settled(notes, catalog, live, after)
        plan = build(catalog, live, after, Ask(environment=self.sides.environment))
        notes = [x for x in plan.settles if x.ref in {*refs, *touched}]
        self.save(_settled(notes, catalog, live, after))
        still = {change.ref for change in plan.changes}
        return Accepted(
            taken=tuple(sorted(refs - still)),
            added=tuple(sorted(ids)),
            files=tuple(sorted(files.edited)),
            stays=tuple(stays),
            left=tuple(self.left),
            remaining=tuple(sorted(refs & still)),
            told=tuple(x for x in self.wished.told if x.ref not in self.dropped),
        )

    def _let_go(self, catalog: Catalog, losing: Mapping[Ref, Collection[str]]) -> Iterator[Settle]:
        """Lines and elements that went: what the account still shows there, such as the id of
        what was deleted, is not ours to clear."""
        for wish in (*self.wished.found.values(), *self.wished.followed):
            path = ".".join(wish.path)
            if isinstance(wish, Elements) or (isinstance(wish, Become) and wish.value is DROP):
                yield from self._forgotten(catalog, wish.ref, path)
        for ref, paths in losing.items():
            for path in paths:
                yield from self._forgotten(catalog, ref, path)

    def _forgotten(self, catalog: Catalog, ref: Ref, path: str) -> Iterator[Settle]:
        """What is left of a field, or that nothing is."""
        entry, resource = self.sides.state.entries.get(ref), catalog.resources.get(ref)
        if entry is None or resource is None:
            return
        value, protect = resource.fields.get(path), resource.lifecycle.prevent_destroy
        if value is None:
            yield Settle(ref, entry.id, forget=(path,), prevent_destroy=protect)
        elif path in entry.applied:
            yield Settle(ref, entry.id, {path: value}, prevent_destroy=protect)

    def _members(self, catalog: Catalog, refs: Collection[Ref]) -> Iterator[Settle]:
        """Where the account does not show a primary category among the others, as it may."""
        for wish in (*self.wished.found.values(), *self.wished.followed):
            primary = KINDS[wish.ref.kind].primary
            if primary is not None and wish.path == (primary.name,) and wish.ref in refs:
                resource = catalog.resources[wish.ref]
                sent = {primary.among: resource.fields.get(primary.among, ())}
                id_ = self.sides.state.entries[wish.ref].id
                protect = resource.lifecycle.prevent_destroy
                yield Settle(wish.ref, id_, sent, prevent_destroy=protect)


def _strangers(sides: Sides, asked: Asked) -> tuple[list[Pulled], list[Left]]:
    """Unmanaged objects as the files would say them, as far as these know what they name."""
    if not asked.strangers:
        return [], []
    known = {(ref.kind, entry.id) for ref, entry in sides.state.entries.items()}
    identified = identify(sides.catalog, sides.live, sides.state)
    known |= {(ref.kind, item.id) for ref, item in identified.bound.items()}
    known |= asked.strangers
    known |= {("category", id_) for id_ in identified.roots}
    objects: dict[str, dict[str, LiveObject]] = {}
    for kind, items in sides.live.objects.items():
        objects[kind] = {id_: item for id_, item in items.items() if (kind, id_) in known}
    live = replace(sides.live, objects=objects)
    found = survey(live, sides.state, sides.catalog, KINDS, sides.environment)
    mine = [x for x in found.pulled if (x.ref.kind, x.item.id) in asked.strangers]
    return shielded(mine, sides.catalog, asked.into), found.left


def _settled(notes: Iterable[Settle], catalog: Catalog, live: Live, state: State) -> State:
    """The state with notes taken that need no request."""
    shown = as_shown(catalog, live)
    names = names_of(shown, live, identify(shown, live, state))
    entries = dict(state.entries)
    for settle in notes:
        if settle.drop:
            entries.pop(settle.ref, None)
        else:
            item = live.of(settle.ref.kind).get(settle.id)
            entry = entries.get(settle.ref)
            sent = {path: _there(settle, path, names) for path in settle.sent}
            entries[settle.ref] = after_settle(replace(settle, sent=sent), entry, item, names)
    return replace(state, entries=entries)


def _there(settle: Settle, path: str, names: Names) -> Value:
    """What the account can hold of a set: what is gone, or is not there yet, may be declared."""
    value, to = settle.sent[path], KINDS[settle.ref.kind].field(path).to
    if not to or not isinstance(value, tuple) or is_value(path):
        return value
    return tuple(x for x in texts(value) if x.startswith(FOREIGN) or Ref(to, x) in names.ids)


__all__ = ["ALL", "Accepted", "Asked", "Sides", "accept", "chosen"]
