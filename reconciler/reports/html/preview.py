"""Cards of products as what the templates show, and a catalog as a site of few pages (8.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reconciler.model import Ref
from reconciler.reports.html.writing import written
from reconciler.reports.preview.changes import Card, Cards
from reconciler.reports.preview.faces import Cell, Face, Link, face_of, frame_of
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

NOTHING = "–"
"""Instead of a value that is not there."""

UNSHELVED = "Without a category"

Run = tuple[str, str]


# --- the cards of a plan ------------------------------------------------------------------------


def cards_view(found: Cards) -> dict[str, Any]:
    """The cards of a plan, for its page."""
    return {"cards": [_card(item) for item in found.cards], "cards_total": found.total}


def _card(card: Card) -> dict[str, Any]:
    after = card.after
    if card.before is None:
        sides = [_face(after, after)]
    else:
        sides = [
            _face(card.before, after, _Mark("Before", "del", "-")),
            _face(after, card.before, _Mark("After", "ins", "+")),
        ]
    return {"name": prose(after.name), "what": "changed" if card.before else "new", "sides": sides}


@dataclass(frozen=True, slots=True)
class _Mark:
    """Which side of a card, the tag of what the other side has otherwise, its sign in a diff."""

    when: str = ""
    tag: str = ""
    sign: str = ""


def _face(face: Face, other: Face, mark: _Mark = _Mark()) -> dict[str, Any]:
    """One side of a card; where there is no other one, it is its own and nothing is marked."""
    groups = []
    # Both sides have the same lines: what is on one alone is there as nothing on the other.
    for (name, lines), (_, beside) in zip(face.groups, other.groups, strict=True):
        shown = []
        for (label, texts), (_, instead) in zip(lines, beside, strict=True):
            shown.append((prose(label), _value(texts, instead, mark)))
        groups.append((prose(name), shown))
    return {
        "when": mark.when,
        "name": _differing(face.name, other.name, mark),
        "title": _differing(face.title, other.title, mark) if face.title else [],
        "notes": _among(face.notes, other.notes, mark),
        "categories": _among(face.categories, other.categories, mark),
        "groups": groups,
        "links": [_link(item) for item in face.links],
        "more_links": face.more_links,
        "picture": _picture(face),
        "grid": _grid(face, mark) if face.grid.rows else None,
    }


def _value(texts: Sequence[str], others: Sequence[str], mark: _Mark) -> list[Run]:
    """A value; of several choices each is there or not."""
    if len(texts) <= 1 and len(others) <= 1:
        return _differing("".join(texts), "".join(others), mark)
    runs: list[Run] = []
    for text in texts:
        if runs:
            runs.append(("", ", "))
        runs.append(("" if text in others else mark.tag, prose(text)))
    return runs or [("", NOTHING)]


def _differing(text: str, other: str, mark: _Mark) -> list[Run]:
    """A text with the words marked that the other side does not have."""
    if not text:
        return [("", NOTHING)]
    if text == other:
        return [("", prose(text))]
    if not other:
        return [(mark.tag, prose(text))]
    pair = (text, other) if mark.sign == "-" else (other, text)
    tags = {"=": "", mark.sign: mark.tag}
    return [(tags[sign], prose(part)) for sign, part in word_diff(*pair) if sign in tags]


def _among(texts: Iterable[str], others: Sequence[str], mark: _Mark) -> list[list[Run]]:
    return [[("" if text in others else mark.tag, prose(text))] for text in texts]


def _picture(face: Face) -> tuple[str, str] | None:
    if face.picture is None:
        return None
    return f"{prose(face.name)}: {clean(face.picture.name)}", face.picture.src


def _link(line: Link) -> tuple[str, str]:
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


def _grid(face: Face, mark: _Mark) -> dict[str, Any]:
    grid = face.grid
    # Products of one name are told apart by ear, too.
    told = (face.name, face.title, *face.categories[:1], mark.when.lower())
    # With one attribute there is one column, and it has no value to head it.
    absent = "Variant" if len(grid.columns) == 1 else NOTHING
    rows = []
    for head, cells in grid.rows:
        shown = [_cell(cell, mark) for cell in cells]
        rows.append((prose(head) or NOTHING, shown))
    return {
        "label": f"Variants of {prose(', '.join(filter(None, told)))}",
        "caption": _count(grid.total, "variant"),
        "corner": prose(grid.corner) or "Variants",
        "columns": [prose(text) or absent for text in grid.columns],
        "rows": rows,
        "left": grid.left,
    }


def _cell(cell: Iterable[Cell], mark: _Mark) -> list[dict[str, Any]]:
    """The variants of a row and a column, mostly one."""
    shown = []
    for item in cell:
        lines = [(prose(name), _value(texts, (), mark)) for name, texts in item.lines]
        name = [(mark.tag if item.renamed else "", prose(item.name))]
        shown.append({"name": name, "mark": item.mark, "lines": lines})
    return shown


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
    return {"anchor": ref.key, "name": prose(face.name), "sides": [_face(face, face)]}
