"""Cards of products as what the templates show, and a catalog as a site of few pages (8.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reconciler.model import Ref
from reconciler.reports.html.writing import written
from reconciler.reports.preview.changes import Card, Cards
from reconciler.reports.preview.faces import Cell, Face, Grid, Line, face_of, frame_of
from reconciler.reports.preview.shop import Shop
from reconciler.reports.values import clean
from reconciler.reports.worddiff import word_diff

MARK = "<!doctype html>\n<!-- pxm-preview -->\n"
"""How each page of a preview begins, so that no other file is ever overwritten."""

INDEX = "index.html"

PER_PAGE = 100
"""Products on a page of a preview."""

LONGEST = 4_000
"""Characters of one value."""

UNSHELVED = "Without a category"

Run = tuple[str, str]


# --- the cards of a plan ------------------------------------------------------------------------


def cards_view(found: Cards) -> dict[str, Any]:
    """The cards of a plan, for its page."""
    return {"cards": [_card(item) for item in found.cards], "cards_total": found.total}


def _card(card: Card) -> dict[str, Any]:
    name = prose(card.after.name)
    if card.before is None:
        sides = [_face(card.after, None, "ins", "")]
    else:
        before = _face(card.before, card.after, "del", "Before")
        sides = [before, _face(card.after, card.before, "ins", "After")]
    return {"name": name, "what": "changed" if card.before else "new", "sides": sides}


def _face(face: Face, other: Face | None, tag: str, when: str) -> dict[str, Any]:
    """One side of a card; what the other side has otherwise is marked with the tag."""
    mark = _marker(other, tag)
    values = dict(_flat(other)) if other else {}
    groups = [
        (
            prose(name),
            [(prose(label), mark(text, values.get((name, label), ""))) for label, text in lines],
        )
        for name, lines in face.groups
    ]
    return {
        "when": when,
        "name": mark(face.name, other.name if other else ""),
        "title": mark(face.title, other.title if other else ""),
        "notes": _among(face.notes, other.notes if other else face.notes, tag),
        "categories": _among(face.categories, other.categories if other else face.categories, tag),
        "groups": groups,
        "links": [_link(item) for item in face.links],
        "more_links": face.more_links,
        "picture": _picture(face),
        "grid": _grid(face, when, tag if other else ""),
    }


def _marker(other: Face | None, tag: str) -> Callable[[str, str], list[Run]]:
    def mark(text: str, beside: str) -> list[Run]:
        return _differing(text, beside, tag) if other else _plain(text)

    return mark


def _flat(face: Face) -> Iterator[tuple[tuple[str, str], str]]:
    for name, lines in face.groups:
        for label, text in lines:
            yield (name, label), text


def _plain(text: str) -> list[Run]:
    return [("", prose(text))] if text else []


def _differing(text: str, beside: str, tag: str) -> list[Run]:
    if text == beside or not text:
        return _plain(text)
    if not beside:
        return [(tag, prose(text))]
    pair = (text, beside) if tag == "del" else (beside, text)
    mine = {"-": "del", "+": "ins", "=": ""}
    parts = ((mine[sign], prose(part)) for sign, part in word_diff(*pair))
    return [run for run in parts if run[0] in ("", tag)]


def _among(texts: Iterable[str], others: Sequence[str], tag: str) -> list[list[Run]]:
    return [[("" if text in others else tag, prose(text))] for text in texts]


def _picture(face: Face) -> tuple[str, str] | None:
    if face.picture is None:
        return None
    return f"{prose(face.name)}: {clean(face.picture.name)}", face.picture.src


def _link(line: Line) -> tuple[str, str]:
    words, address = line
    return prose(words) or prose(address), _followed(address)


def _followed(address: str) -> str:
    """An address that a reader may follow: of the web, and of no other sort (contract 8.3)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return address if is_web and clean(address) == address else ""


def _grid(face: Face, when: str, tag: str) -> dict[str, Any] | None:
    grid = face.grid
    # Products of one name are told apart by ear, too.
    label = ", ".join(filter(None, (face.name, face.title, *face.categories[:1], when.lower())))
    if not grid.rows:
        return None
    count = _count(sum(_cells(grid)) + grid.left, "variant")
    # With one attribute there is one column, and it has no value to head it.
    absent = "Variant" if len(grid.columns) == 1 else "–"
    rows = []
    for head, cells in grid.rows:
        shown = [[_cell(item, tag) for item in cell] for cell in cells]
        rows.append((prose(head) or "–", shown))
    return {
        "label": f"Variants of {prose(label)}",
        "caption": count,
        "corner": prose(grid.corner) or "Variants",
        "columns": [prose(text) or absent for text in grid.columns],
        "rows": rows,
        "left": grid.left,
    }


def _cells(grid: Grid) -> Iterator[int]:
    for _, cells in grid.rows:
        yield from map(len, cells)


def _cell(cell: Cell, tag: str) -> dict[str, Any]:
    lines = [(prose(name), [(tag, prose(text) or "–")]) for name, text in cell.lines]
    return {"name": prose(cell.name), "mark": cell.mark, "lines": lines}


def prose(text: str) -> str:
    """A text of the catalog made inert, its lines kept, and cut."""
    inert = "\n".join(map(clean, text.split("\n")))
    if len(inert) <= LONGEST:
        return inert
    return f"{inert[:LONGEST].rstrip()}… ({len(inert):,} characters)"


# --- the site of a catalog ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Products of one category that stand on one page."""

    name: str
    products: tuple[Ref, ...]


def preview_pages(
    shop: Shop, wanted: Sequence[Ref], title: str, note: str = ""
) -> Iterator[tuple[str, str]]:
    """The pages of a site, by file name: the contents, then the cards, a page at a time.

    `wanted` are products that are no variants; `note` is said with the contents.
    """
    pages = list(_pages(_shelves(shop, wanted)))
    names = [f"page-{number:03}.html" for number in range(1, len(pages) + 1)]
    yield INDEX, _index(shop, pages, names, title, note)
    for number, shelves in enumerate(pages):
        turn = {
            "before": names[number - 1] if number else "",
            "after": names[number + 1] if number + 1 < len(names) else "",
        }
        yield names[number], _page(shop, shelves, {**turn, "title": title})


def _shelves(shop: Shop, wanted: Sequence[Ref]) -> Iterator[_Shelf]:
    """By category, in the order of the tree."""
    found: dict[str, list[Ref]] = {}
    for ref in wanted:
        found.setdefault(shop.shelf(ref), []).append(ref)
    for key in shop.in_order(found):
        name = " › ".join(map(prose, shop.path(key))) or UNSHELVED
        yield _Shelf(name, tuple(found[key]))


def _pages(shelves: Iterable[_Shelf]) -> Iterator[list[_Shelf]]:
    """As many categories on a page as have room; one that has none goes on on the next."""
    page: list[_Shelf] = []
    room = PER_PAGE
    for shelf in shelves:
        left = shelf.products
        while left:
            here, left = left[:room], left[room:]
            page.append(_Shelf(shelf.name, here))
            room -= len(here)
            if room == 0:
                yield page
                page, room = [], PER_PAGE
    if page:
        yield page


def _index(
    shop: Shop, pages: Sequence[Sequence[_Shelf]], names: Sequence[str], title: str, note: str
) -> str:
    shelves: dict[str, list[dict[str, str]]] = {}
    for shelves_here, name in zip(pages, names, strict=True):
        for shelf in shelves_here:
            rows = shelves.setdefault(shelf.name, [])
            rows.extend(_entry(shop, ref, name) for ref in shelf.products)
    count = sum(map(len, shelves.values()))
    view = {
        "title": prose(title),
        "counts": f"{_count(count, 'product')}, {_count(len(shelves), 'category')}",
        "note": note,
        "shelves": list(shelves.items()),
        "unfolded": count <= PER_PAGE,
    }
    return MARK + written("preview.html", view, ("report.css", "card.css"))


def _entry(shop: Shop, ref: Ref, page: str) -> dict[str, str]:
    fields = shop.fields(ref)
    variants = len(shop.variants.get(ref.key, ()))
    return {
        "name": prose(str(fields.get("name") or ref.key)),
        "title": prose(str(fields.get("additional_title") or "")),
        "variants": _count(variants, "variant") if variants else "",
        "href": f"{page}#{ref.key}",
    }


def _count(number: int, noun: str) -> str:
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"


def _page(shop: Shop, shelves: Sequence[_Shelf], head: Mapping[str, str]) -> str:
    shown = []
    for shelf in shelves:
        cards = [_resting(shop, ref) for ref in shelf.products]
        shown.append((shelf.name, cards))
    view = {**head, "title": prose(head["title"]), "index": INDEX, "shelves": shown}
    return MARK + written("previewpage.html", view, ("report.css", "card.css"))


def _resting(shop: Shop, ref: Ref) -> dict[str, Any]:
    picture = next(
        (shop.pictures[file] for file in shop.pictured(ref) if file in shop.pictures), None
    )
    face = face_of(shop, frame_of(shop, ref), shop.fields, picture)
    assert face is not None, "a product of the catalog"
    return {"anchor": ref.key, "name": prose(face.name), "sides": [_face(face, None, "", "")]}
