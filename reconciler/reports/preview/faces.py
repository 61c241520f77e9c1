"""One product as a shop shows it at one time: a value that the page makes inert."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.kinds import COLLECTION, END, PUBLISHED, START
from reconciler.model import Ref, Value
from reconciler.paths import is_value
from reconciler.reports.preview.shop import Shop, categories
from reconciler.reports.preview.telling import telling
from reconciler.reports.preview.words import day, pieces, spoken
from reconciler.reports.site import Picture

MOST_VARIANTS = 300
"""Variants of one product that a card shows; of more it says how many there are."""

MOST_LINKS = 12
"""Links of one product that a card shows."""

Line = tuple[str, tuple[str, ...]]
"""What a value is called, and its pieces."""

Link = tuple[str, str]
"""Words, and an address that is text from outside."""

Look = Callable[[Ref], Mapping[str, Value] | None]
"""The fields of an object at one time; None where it is not there."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A variant in the grid; `mark` is empty, or what the plan makes of it.

    `renamed` says that the plan changes the name that is shown.
    """

    name: str
    lines: tuple[Line, ...] = ()
    mark: str = ""
    renamed: bool = False


Row = tuple[str, tuple[tuple[Cell, ...], ...]]
"""What heads a row, and the variants of each of its columns."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Variants by two telling attributes: `total` of them, of which `left` are not shown."""

    corner: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    total: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Face:
    """What is seen of a product: `groups` are values by attribute group."""

    name: str
    title: str = ""
    notes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    groups: tuple[tuple[str, tuple[Line, ...]], ...] = ()
    links: tuple[Link, ...] = ()
    more_links: int = 0
    picture: Picture | None = None
    grid: Grid = field(default_factory=Grid)


@dataclass(frozen=True, slots=True)
class Frame:
    """What both faces of a card have in common.

    `family` are its variants, those that a plan deletes too; `telling` heads the grid; `marks`
    says of variants what becomes of them.  `changed` says which fields change, of the product
    itself too: these have a line on either face, with nothing in it where it is not there.
    """

    ref: Ref
    family: tuple[Ref, ...]
    telling: tuple[str, ...]
    marks: Mapping[Ref, str] = field(default_factory=dict)
    changed: Mapping[Ref, tuple[str, ...]] = field(default_factory=dict)


def frame_of(shop: Shop, ref: Ref) -> Frame:
    """The frame of a product of the catalog, at rest."""
    family = shop.variants.get(ref.key, ())
    fields = [shop.fields(item) for item in family]
    return Frame(ref, family, telling(fields, tuple(shop.choices), shop.others))


def face_of(shop: Shop, frame: Frame, look: Look, picture: Picture | None = None) -> Face | None:
    """A product at one time; None where it is not there then."""
    fields = look(frame.ref)
    if fields is None:
        return None
    links = shop.links.get(frame.ref.key, ())
    return Face(
        name=spoken(fields.get("name")) or frame.ref.key,
        title=spoken(fields.get("additional_title")),
        notes=tuple(_notes(fields)),
        categories=tuple(" › ".join(shop.path(key)) for key in categories(fields)),
        groups=tuple(_groups(shop, fields, frame.changed.get(frame.ref, ()))),
        links=tuple(_link(shop.fields(item)) for item in links[:MOST_LINKS]),
        more_links=max(0, len(links) - MOST_LINKS),
        picture=picture,
        grid=_grid(shop, frame, look),
    )


def _notes(fields: Mapping[str, Value]) -> Iterator[str]:
    """When it is seen, where that is not at once and for good."""
    if fields.get(PUBLISHED) is False:
        yield "Not published"
    for item, words in ((START, "from"), (END, "until")):
        if fields.get(item.name):
            yield f"{words} {day(fields[item.name])}"


def _groups(
    shop: Shop, fields: Mapping[str, Value], changed: Collection[str]
) -> Iterator[tuple[str, tuple[Line, ...]]]:
    for name, paths in shop.groups:
        lines: list[Line] = []
        for path in paths:
            texts = pieces(fields.get(path))
            if texts or path in changed:
                lines.append((shop.labels.get(path) or path, texts))
        if lines:
            yield name, tuple(lines)


def _link(fields: Mapping[str, Value]) -> Link:
    return spoken(fields.get("description")), spoken(fields.get("link"))


# --- the grid -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Here:
    """A variant at the time of a face, with the values that say its row and column."""

    cell: Cell
    row: str
    column: str


def _grid(shop: Shop, frame: Frame, look: Look) -> Grid:
    here = list(_variants(shop, frame, look))
    shown = here[:MOST_VARIANTS]
    first, second = (*frame.telling, "", "")[:2]
    columns = _ordered(shop, second, (item.column for item in shown))
    by_place: dict[tuple[str, str], list[Cell]] = {}
    for item in shown:
        by_place.setdefault((item.row, item.column), []).append(item.cell)
    rows: list[Row] = []
    for row in _ordered(shop, first, (item.row for item in shown)):
        cells = tuple(tuple(by_place.get((row, column), ())) for column in columns)
        rows.append((row, cells))
    corner = " / ".join(shop.labels[path] for path in frame.telling)
    return Grid(corner, columns, tuple(rows), len(here), len(here) - len(shown))


def _variants(shop: Shop, frame: Frame, look: Look) -> Iterator[_Here]:
    for ref in frame.family:
        fields = look(ref)
        if fields is not None:
            row, column = (*(spoken(fields.get(path)) for path in frame.telling), "", "")[:2]
            yield _Here(_cell(shop, frame, ref, fields), row, column)


def _cell(shop: Shop, frame: Frame, ref: Ref, fields: Mapping[str, Value]) -> Cell:
    changed = frame.changed.get(ref, ())
    called = "additional_title" if fields.get("additional_title") else "name"
    return Cell(
        name=spoken(fields.get(called)) or ref.key,
        lines=tuple(_changes(shop, fields, (path for path in changed if path != called))),
        mark=frame.marks.get(ref, ""),
        renamed=called in changed,
    )


def _changes(shop: Shop, fields: Mapping[str, Value], paths: Iterable[str]) -> Iterator[Line]:
    """What changes in a variant, as it is at the time of the face."""
    for path in paths:
        label = shop.labels.get(path, path) if is_value(path) else _FIELDS.get(path, path)
        yield label, pieces(fields.get(path))


_FIELDS = {item.name: item.name.replace("_", " ").capitalize() for item in COLLECTION.fields}


def _ordered(shop: Shop, path: str, found: Iterable[str]) -> tuple[str, ...]:
    """Values in the order of the options, those of no pick list as they come."""
    values = list(dict.fromkeys(found))
    place = {option: number for number, option in enumerate(shop.choices.get(path, ()))}
    return tuple(sorted(values, key=lambda value: place.get(value, len(place))))
