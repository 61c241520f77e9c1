"""A valid catalog on the way to another one: read, edited as text, read again, proved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.catalog import SETTINGS, Named, environments, read, read_keys
from reconciler.errors import CatalogError, UsageError
from reconciler.files import Replaced
from reconciler.kinds import KINDS
from reconciler.model import Catalog, Problem, Ref, Resource
from reconciler.normalize import spelled
from reconciler.quoting import quoted
from reconciler.refactor.files import Files
from reconciler.refactor.strayed import alike
from reconciler.suggestions import suggestion

NOTHING = "nothing was written"


@dataclass(frozen=True, slots=True)
class Patch:
    """Files as they were and as they are to be, None where there is none.

    `notes` are what somebody should know of it.
    """

    folder: Path
    before: Mapping[str, str]
    after: Mapping[str, str | None]
    notes: tuple[str, ...] = ()

    def write(self) -> None:
        """All files, or none.  UsageError where one is no longer as it was read."""
        with Replaced(self.folder, self.before) as replaced:
            replaced.write(self.after)
            replaced.keep()


@dataclass(frozen=True, slots=True)
class _Read:
    """The catalog of all environments with every place of a key, what each environment has of it,
    and what is wrong in any."""

    edited: Mapping[str, str | None]
    catalog: Catalog
    keys: tuple[Named, ...]
    errors: tuple[Problem, ...]
    by_environment: Mapping[str, Catalog]

    @property
    def all(self) -> tuple[tuple[str, Catalog], ...]:
        """The whole catalog and that of each environment, with how a message says where."""
        each = ((f" in {name}", catalog) for name, catalog in self.by_environment.items())
        return (("", self.catalog), *each)


def _read(folder: Path, edited: Mapping[str, str | None], names: Collection[str]) -> _Read:
    reading, keys = read_keys(folder, edited)
    found = set(reading.problems)
    readings = {name: read(folder, environment=name, edited=edited) for name in names}
    if names:
        # Two objects that are in no environment both may look alike.
        found = set().union(*(reading.problems for reading in readings.values()))
    errors = tuple(sorted(problem for problem in found if problem.severity == "error"))
    catalogs = {name: reading.catalog for name, reading in readings.items()}
    return _Read(edited, reading.catalog, keys, errors, catalogs)


@dataclass(slots=True)
class Work:
    """A valid catalog on the way to another one: as it was, its files as text, and what they are
    read as now."""

    folder: Path
    names: tuple[str, ...]
    was: _Read
    now: _Read
    files: Files

    @classmethod
    def on(cls, folder: Path) -> Work:
        """Begin with what the folder holds; CatalogError where it has errors.

        A file that cannot be read may name the key that is edited.
        """
        names = tuple(environments(folder)) if (folder / SETTINGS).is_file() else ()
        now = _read(folder, {}, names)
        if now.errors:
            hint = "Nothing was written: what has errors may name the key as well. Mend them first."
            raise CatalogError(now.errors, hint=hint)
        return cls(folder, names, now, now, Files({}, folder))

    @property
    def catalog(self) -> Catalog:
        """The catalog as it was, with the objects of all environments."""
        return self.was.catalog

    def named(self) -> tuple[Named, ...]:
        """Every place where a key stands now."""
        self.read_again()
        return self.now.keys

    def known(self, text: str) -> Ref:
        """The object of KIND/KEY; UsageError with the nearest where there is none."""
        kind, slash, key = text.partition("/")
        if not slash or kind not in KINDS:
            guess = suggestion(kind, KINDS) if slash else ""
            kinds = f"kinds are {', '.join(KINDS)}"
            raise UsageError(f"{quoted(text)} is not KIND/KEY", hint=guess or kinds)
        ref = Ref(kind, key)
        if ref not in self.catalog.resources:
            raise UsageError(f"no {kind} {quoted(key)} in the catalog", hint=self._nearest(ref))
        return ref

    def _nearest(self, ref: Ref) -> str:
        others = [kind for kind in KINDS if Ref(kind, ref.key) in self.catalog.resources]
        if others:
            return f"there is a key like this of another kind: {', '.join(others)}"
        keys = [item.ref.key for item in self.catalog.of(ref.kind)]
        return suggestion(ref.key, keys) or f"`pxm validate` counts its {KINDS[ref.kind].plural}"

    def file(self, ref: Ref) -> str:
        """The file that an object stands in."""
        return self.catalog.resources[ref].place.file

    def shown(self, ref: Ref) -> str:
        """Where an object stands, from where the program was started."""
        return f"{self.folder}/{self.catalog.resources[ref].place}"

    def is_protected(self, ref: Ref) -> bool:
        """Whether no plan may delete it."""
        return self.catalog.resources[ref].lifecycle.prevent_destroy

    def read_again(self) -> Catalog:
        """What the edited texts say."""
        if self.now.edited != self.files.changed:
            self.now = _read(self.folder, self.files.changed, self.names)
        return self.now.catalog

    def proved(self, expected: Callable[[Resource], Resource | None]) -> Patch:
        """The edits as a patch, once it is known that they make the catalog that was meant.

        `expected` is what becomes of an object, None where it goes.  CatalogError where the
        catalog would have errors; UsageError where an edit reached further than it should.
        """
        self.read_again()
        if self.now.errors:
            hint = "With these edits the catalog would have errors. Nothing was written."
            raise CatalogError(self.now.errors, hint=hint)
        for (where, before), (_, now) in zip(self.was.all, self.now.all, strict=True):
            self._prove(before, now, where, expected)
        return Patch(self.folder, self.files.before, self.files.changed)

    def _prove(
        self,
        before: Catalog,
        now: Catalog,
        where: str,
        expected: Callable[[Resource], Resource | None],
    ) -> None:
        wanted = {x.ref: x for x in map(expected, before.resources.values()) if x}
        for ref in {**wanted, **now.resources}:
            if not alike(wanted.get(ref), now.resources.get(ref)):
                raise UsageError(
                    f"{NOTHING}: the edit would have changed {spelled(str(ref))}{where} too",
                    hint=f"look for anchors and aliases around {self._place(ref, now.resources)}",
                )

    def _place(self, ref: Ref, now: Mapping[Ref, Resource]) -> str:
        found = self.catalog.resources.get(ref) or now[ref]
        return f"{self.folder}/{found.place}"
