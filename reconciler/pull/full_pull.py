"""A whole account, or some kinds of it, as new files; read back and planned before it counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.catalog import read
from reconciler.enums import LEAVES, ProblemKind
from reconciler.errors import CatalogError, UsageError
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Live, Plan, Ref, State
from reconciler.plan import Ask, build
from reconciler.pull.files import files
from reconciler.pull.folder import check_free, declared, new_files
from reconciler.pull.given import shielded
from reconciler.pull.links import at_their_ends
from reconciler.pull.pulled import Left
from reconciler.pull.record import recorded
from reconciler.pull.survey import survey

Save = Callable[[State], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What a pull came to: how many objects each new file has, what is left out, and what a
    plan would still do (nothing, but for what was pending in the folder before)."""

    counts: Mapping[str, int]
    pulled: Mapping[str, int]
    declared: int
    left: Sequence[Left]
    plan: Plan | None = None
    catalog: Catalog | None = None
    """The folder as it is read now; None where nothing was written."""


def pull(
    folder: Path,
    live: Live,
    state: State,
    save: Save,
    *,
    kinds: Iterable[str] = (),
    environment: str | None = None,
    schema: str | None = None,
    longest: int | None = None,
    compact: bool = False,
    beside: Mapping[str, str] | None = None,
) -> Result:
    """Write what the folder does not declare yet and give `save` the state to keep.

    Either all files stand and the state is saved, or nothing is left behind.  UsageError where a
    file with other content is in the way, or where a plan would delete what the state manages.
    `schema` is the path from the folder of the schema that the files name.  Texts of more than
    `longest` characters get files of their own.  With `compact` the files have `defaults` and
    `inherit` for what their entries share.  `beside` are texts that stand with the files.
    """
    base = declared(folder, environment)
    found = survey(live, state, base, frozenset(kinds) or frozenset(KINDS), environment)
    new = shielded(at_their_ends(found.pulled, base), base)
    mine = [item for item in new if not item.external]
    ids = {item.ref: item.item.id for item in mine}
    counts = _counted(ids)
    if not mine:
        return Result({}, {}, found.declared, found.left)
    twins: set[Ref] = set()
    while True:
        pulled = [item.pinned() if item.ref in twins else item for item in new]
        made = files(pulled, schema, longest, compact=compact)
        texts = {**made.texts, **(beside or {})}
        check_free(folder, texts)
        with new_files(folder, texts) as stand:
            catalog, more = _read_back(folder, environment, ids.keys() - twins)
            if not more:
                plan = _proved(folder, catalog, live, state, ids, environment, save)
                stand.keep()
                return Result(made.counts, counts, found.declared, found.left, plan, catalog)
        twins |= more


def _counted(refs: Iterable[Ref]) -> dict[str, int]:
    """How many there are of each kind, of which there are none too."""
    found = dict.fromkeys(KINDS, 0)
    for ref in refs:
        found[ref.kind] += 1
    return found


def _read_back(
    folder: Path, environment: str | None, free: Collection[Ref]
) -> tuple[Catalog, set[Ref]]:
    """What our own reader makes of the folder, and the objects of `free` that want an `id`,
    because another one has the same natural key (contract 2.1)."""
    reading = read(folder, environment=environment, contents=True)
    errors = [item for item in reading.problems if item.severity == "error"]
    places = {item.place for item in errors if item.kind is ProblemKind.SAME_NATURAL_KEY}
    twins = {ref for ref in free if reading.catalog.resources[ref].place in places}
    if errors and not twins:
        raise CatalogError(errors, f"{folder}/")
    return reading.catalog, twins


def _proved(
    folder: Path,
    catalog: Catalog,
    live: Live,
    state: State,
    ids: Mapping[Ref, str],
    environment: str | None,
    save: Save,
) -> Plan:
    """The state is saved once a plan shows that it deletes nothing."""
    after = recorded(catalog, live, state, ids)
    plan = build(catalog, live, after, Ask(environment=environment))
    _check_deletes(plan, folder)
    save(after)
    return plan


def _check_deletes(plan: Plan, folder: Path) -> None:
    """A state of another catalog: what it manages and this folder lacks would be deleted."""
    lost = [str(change.ref) for change in plan.changes if change.action in LEAVES]
    if lost:
        named = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
        raise UsageError(
            f"nothing was written: the state manages {named}, which {folder} would not declare",
            hint="pull without --kind, or into the folder of that state, or name another --state",
        )
