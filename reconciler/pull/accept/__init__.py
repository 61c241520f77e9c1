"""Drift → edits of the files in which it is declared (contract 3, `pull --accept`).

wishes       drift → what the files should say                  wishes.py
carry_out    wishes → edited texts, each to the character       entries.py
accept       both, read back and proved before the state knows  here
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.apply.entries import after_settle
from reconciler.catalog import read
from reconciler.catalog.objects import NESTS
from reconciler.diff import names_of
from reconciler.errors import CatalogError, UsageError
from reconciler.identity import identify
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Drift, Drifted, Live, Plan, Problem, Ref, State
from reconciler.normalize import spelled
from reconciler.plan import Ask, build
from reconciler.plan.membership import as_shown
from reconciler.pull.accept.entries import Files, carry_out, put_in
from reconciler.pull.accept.wishes import Stays, wishes
from reconciler.pull.files import sections
from reconciler.pull.folder import replace_file
from reconciler.pull.record import recorded
from reconciler.pull.survey import survey
from reconciler.pull.words import Left, Pulled
from reconciler.yamltext.edits import CannotEdit

ALL = "all"
Save = Callable[[State], None]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of it: objects taken over, files edited, and what stays as it is.

    `remaining` are accepted objects that a plan would still change.
    """

    taken: tuple[Ref, ...] = ()
    added: tuple[Ref, ...] = ()
    files: tuple[str, ...] = ()
    stays: tuple[Stays, ...] = ()
    left: tuple[Left, ...] = ()
    remaining: tuple[Ref, ...] = ()


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
    problems: Sequence[Problem] = field(default=())


def chosen(targets: Sequence[str], into: str, drift: Drift, catalog: Catalog, live: Live) -> Asked:
    """The drift that the targets name: `all`, KIND/KEY, or KIND/ID of what nobody declared.

    A trailing slash takes what an unmanaged object contains too.  UsageError for what is neither.
    """
    managed = {item.ref: item for item in drift.objects if item.status != "unmanaged"}
    strangers = {(x.ref.kind, x.id) for x in drift.objects if x.status == "unmanaged"}
    objects: dict[Ref, Drifted] = {}
    found: set[tuple[str, str]] = set()
    for text in targets:
        if text == ALL:
            objects |= managed
            found |= strangers if into else set()
            continue
        kind, _, name = text.partition("/")
        key = name.rstrip("/")
        ref = Ref(kind, key)
        if ref in managed:
            objects[ref] = managed[ref]
        elif (kind, key) in strangers:
            found |= _with_content(kind, key, live, strangers) if name != key else {(kind, key)}
        elif ref not in catalog.resources:
            raise UsageError(
                f"--accept {text}: neither a key of the catalog nor the id of an unmanaged object",
                hint="`pxm drift --unmanaged` names them; or say `all`",
            )
    if found and not into:
        named = ", ".join("/".join(x) for x in sorted(found)[:3])
        raise UsageError(
            f"--accept: nobody declares {named}, so it needs a file to stand in",
            hint="name one of the catalog's with --into FILE",
        )
    return Asked(tuple(objects.values()), frozenset(found), into)


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
    files = Files(_texts(sides.folder, sides.catalog, asked.into))
    stays = [*wished.stays, *carry_out(files, sides.catalog, wished.found.values())]
    new, left = _strangers(sides, asked)
    if new:
        try:
            put_in(files, asked.into, sections(new))
        except CannotEdit as fault:
            raise UsageError(f"--into {asked.into}: {fault}") from fault
    changed = files.changed
    touched = {wish.ref for wish in wished.found.values()}
    with Replaced(sides.folder, files.before) as replaced:
        replaced.write(changed)
        catalog = _read_back(sides, touched | {item.ref for item in new})
        ids = {item.ref: item.item.id for item in new}
        after = recorded(catalog, sides.live, sides.state, ids) if ids else sides.state
        plan = build(catalog, sides.live, after, Ask(environment=sides.environment))
        stuck = {x.ref for x in stays if not x.path}
        refs = {item.ref for item in asked.objects} - stuck
        after = _settled(plan, catalog, sides.live, after, refs | touched)
        save(after)
        replaced.keep()
    still = {change.ref for change in plan.changes}
    return Accepted(
        taken=tuple(sorted(refs - still)),
        added=tuple(sorted(ids)),
        files=tuple(sorted(changed)),
        stays=tuple(stays),
        left=tuple(left),
        remaining=tuple(sorted(refs & still)),
    )


def _texts(folder: Path, catalog: Catalog, into: str) -> dict[str, str]:
    """The files that declare anything, as text with its line ends."""
    names = {resource.place.file for resource in catalog.resources.values()}
    names |= {into} if into and (folder / into).exists() else set()
    return {name: (folder / name).read_bytes().decode("utf-8") for name in sorted(names)}


def _strangers(sides: Sides, asked: Asked) -> tuple[list[Pulled], list[Left]]:
    """Unmanaged objects as the files would say them, as far as these know what they name."""
    if not asked.strangers:
        return [], []
    known = {(ref.kind, entry.id) for ref, entry in sides.state.entries.items()}
    bound = identify(sides.catalog, sides.live, sides.state).bound
    known |= {(ref.kind, x.id) for ref, x in bound.items()} | asked.strangers
    roots = {("category", x) for x in _hidden(sides)}
    objects = {
        kind: {id_: x for id_, x in items.items() if (kind, id_) in known | roots}
        for kind, items in sides.live.objects.items()
    }
    live = replace(sides.live, objects=objects)
    found = survey(live, sides.state, sides.catalog, KINDS)
    mine = [x for x in found.pulled if (x.ref.kind, x.item.id) in asked.strangers]
    return mine, found.left


def _hidden(sides: Sides) -> frozenset[str]:
    return identify(sides.catalog, sides.live, sides.state).roots


def _read_back(sides: Sides, touched: Iterable[Ref]) -> Catalog:
    """The files as our own reader reads them now: sound, and only what was meant has changed."""
    reading = read(sides.folder, environment=sides.environment, contents=True)
    errors = [x for x in reading.problems if x.severity == "error"]
    if errors:
        raise CatalogError(errors, f"{sides.folder}/")
    meant, before, now = set(touched), sides.catalog.resources, reading.catalog.resources
    strayed = [
        ref
        for ref in {*before, *now} - meant
        if ref not in before or ref not in now or before[ref].fields != now[ref].fields
    ]
    beside = [ref for ref in strayed if not _follows(ref, before, now)]
    if beside:
        named = ", ".join(map(spelled, sorted(beside)[:3]))
        raise UsageError(
            f"nothing was changed: the edit would have changed {named} too",
            hint="accept fewer objects at a time, or edit the files by hand",
        )
    return reading.catalog


def _follows(ref: Ref, before: Mapping[Ref, object], now: Mapping[Ref, object]) -> bool:
    """A product's type follows from whether it has variants."""
    if ref not in before or ref not in now:
        return False
    one, other = (dict(getattr(x[ref], "fields", {})) for x in (before, now))
    one.pop("type", None)
    other.pop("type", None)
    return one == other


def _settled(plan: Plan, catalog: Catalog, live: Live, state: State, refs: Iterable[Ref]) -> State:
    """The state with what the plan would note of these objects without a request."""
    shown = as_shown(catalog, live)
    names = names_of(shown, live, identify(shown, live, state))
    entries, wanted = dict(state.entries), set(refs)
    for settle in plan.settles:
        if settle.ref not in wanted:
            continue
        if settle.drop:
            entries.pop(settle.ref, None)
        else:
            item = live.of(settle.ref.kind).get(settle.id)
            entry = entries.get(settle.ref)
            entries[settle.ref] = after_settle(settle, entry, item, names)
    return replace(state, entries=entries)


class Replaced:
    """Files with new content; as they were again unless they are kept."""

    def __init__(self, folder: Path, before: Mapping[str, str]) -> None:
        self.folder, self.before = folder, before
        self.written: list[str] = []

    def __enter__(self) -> Replaced:
        return self

    def write(self, texts: Mapping[str, str]) -> None:
        """Each file as a whole, or not at all."""
        for name, text in texts.items():
            replace_file(self.folder / name, text)
            self.written.append(name)

    def keep(self) -> None:
        """They stay."""
        self.written.clear()

    def __exit__(self, *_: object) -> None:
        for name in self.written:
            if name in self.before:
                replace_file(self.folder / name, self.before[name])
            else:
                (self.folder / name).unlink(missing_ok=True)


__all__ = ["ALL", "Accepted", "Asked", "Sides", "accept", "chosen"]
