"""Pulled objects → catalog files by path: one for each flat kind, the categories as a tree, and
products by category in folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.catalog.objects import NESTS
from reconciler.catalog.order import entry_data
from reconciler.kinds import KINDS, ORDER, Field
from reconciler.model import Ref
from reconciler.normalize import texts
from reconciler.pull.compact import VARIANTS, defaults_of, hand_down
from reconciler.pull.longtexts import LongTexts
from reconciler.pull.pulled import Pulled, pin_of
from reconciler.yamltext import document

FILE_BYTES = 512 * 1024
"""A file over it is cut between two objects: reviews and editors choke on larger ones."""

PRODUCTS = "products"
EXTERNAL = "external"
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a pull: text by POSIX path, and how many objects each has."""

    texts: Mapping[str, str]
    counts: Mapping[str, int]


def files(
    pulled: Sequence[Pulled],
    schema: str | None,
    longest: int | None = None,
    *,
    compact: bool = False,
) -> Written:
    """Lay pulled objects out in files.

    `schema` is the path of the JSON Schema from the folder; None where there is none to name.
    Texts of more than `longest` characters get files of their own.  With `compact` entries leave
    out what they share with their parent or their file.
    """
    tree = _Tree(pulled, compact)
    long = LongTexts(longest)
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for path, comment, roots in tree.sheets():
        for index, part in enumerate(_parts(tree, roots, LongTexts(longest))):
            # A dot, which no slug holds, keeps a second part apart from a category's file.
            name = f"{path}.yaml" if index == 0 else f"{path}.{index + 1}.yaml"
            up = "../" * name.count("/")
            comments = [*_schema_line(name, schema), *([comment] if comment else [])]
            lists = tree.sections(part)
            defaults = defaults_of(lists) if compact else {}
            head = {"defaults": defaults} if defaults else {}
            found[name] = document({**head, **long.taken_out(lists, up)}, comments)
            counts[name] = sum(tree.size(item) for item in part)
    return Written(found | long.found, counts)


def sections(pulled: Sequence[Pulled]) -> dict[str, list[dict[str, Any]]]:
    """Pulled objects as the lists of one file, nested ones in what they stand in."""
    present = {item.ref for item in pulled}
    tops = [item for item in pulled if item.above not in present]
    return _Tree(pulled).sections(tops)


def _schema_line(name: str, schema: str | None) -> Iterator[str]:
    if schema is not None:
        yield f"yaml-language-server: $schema={'../' * name.count('/')}{schema}"


def _parts(tree: _Tree, roots: Iterable[Pulled], long: LongTexts) -> Iterator[list[Pulled]]:
    """Objects of one file, cut where it grows too large; `long` only tells how large they are."""
    part: list[Pulled] = []
    size = 0
    for item in roots:
        lists = long.taken_out(tree.sections([item]))
        own = len(document(lists, ()).encode("utf-8"))
        if part and size + own > FILE_BYTES:
            yield part
            part, size = [], 0
        part.append(item)
        size += own
    if part:
        yield part


class _Tree:
    """Pulled objects with what is nested in each."""

    def __init__(self, pulled: Sequence[Pulled], compact: bool = False) -> None:
        self.pulled = pulled
        self.compact = compact
        self.below: dict[Ref, list[Pulled]] = {}
        self.by_ref = {item.ref: item for item in pulled}
        self.by_id = {(item.ref.kind, item.item.id): item for item in pulled}
        for item in pulled:
            if item.above is not None:
                self.below.setdefault(item.above, []).append(item)

    def size(self, item: Pulled) -> int:
        """An object and all that is nested in it."""
        return 1 + sum(map(self.size, self.below.get(item.ref, ())))

    def sheets(self) -> Iterator[tuple[str, str, list[Pulled]]]:
        """Path without its suffix, a comment for its head, and the objects at its top."""
        tops: dict[str, list[Pulled]] = {}
        lent: list[Pulled] = []
        for item in self.pulled:
            if item.external:
                lent.append(item)
            elif item.above is None:
                tops.setdefault(item.ref.kind, []).append(item)
        for kind in ORDER:
            if kind.primary is None and kind.name in tops:
                yield kind.plural.replace("_", "-"), "", tops[kind.name]
        for kind in ORDER:
            if kind.primary is not None:
                yield from self._products(tops.get(kind.name, ()), kind.primary)
        if lent:
            yield EXTERNAL, "What the other files name and this catalog does not keep.", lent

    def _products(
        self, items: Iterable[Pulled], primary: Field
    ) -> Iterator[tuple[str, str, list[Pulled]]]:
        """What has a primary category stands in folders that are called as the categories are."""
        sheets: dict[tuple[str, ...], list[Pulled]] = {}
        names: dict[tuple[str, ...], str] = {}
        for item in items:
            chain = self._chain(item, primary)
            path = tuple(above.ref.key.rpartition("/")[2] for above in chain)
            sheets.setdefault(path, []).append(item)
            names.setdefault(path, " / ".join(_one_line(above.item.label) for above in chain))
        for path in sorted(sheets):
            yield "/".join((PRODUCTS, *path)), names[path], sheets[path]

    def _chain(self, item: Pulled, primary: Field) -> list[Pulled]:
        """The categories that a product stands in, the topmost first."""
        nest = NESTS[primary.to]
        keys = [*texts(item.fields.get(primary.name)), *texts(item.fields.get(primary.among))]
        refs = [Ref(primary.to, key) for key in keys]
        step = next((self.by_ref[ref] for ref in refs if ref in self.by_ref), None)
        chain: list[Pulled] = []
        while step is not None:
            chain.insert(0, step)
            step = self.by_id.get((primary.to, str(step.item.fields.get(nest.field))))
        return chain

    # --- objects as data ---

    def sections(self, items: Iterable[Pulled]) -> dict[str, list[dict[str, Any]]]:
        """Objects under the lists that they stand in."""
        found: dict[str, list[dict[str, Any]]] = {}
        for item in items:
            found.setdefault(KINDS[item.ref.kind].plural, []).append(self._data(item))
        return found

    def _data(self, item: Pulled) -> dict[str, Any]:
        data: dict[str, Any] = {"key": item.ref.key}
        if item.pin:
            data["id"] = pin_of(item.item.id, item.environment)
        if item.external:
            data["external"] = True
        below = [self._data(inner) for inner in self.below.get(item.ref, ())]
        entry = entry_data(item.ref.kind, {**data, **item.fields}, below)
        if self.compact and VARIANTS in entry:
            hand_down(entry)
        return entry


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", " ".join(text.split()))
