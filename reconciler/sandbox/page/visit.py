"""What every page starts from: one visit, lists in pages, products in lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.sandbox.app import App
from reconciler.sandbox.page.account import AccountMaps, title
from reconciler.sandbox.page.edit import SavedForm
from reconciler.sandbox.page.files import Asset, asset
from reconciler.sandbox.store import Object, dumps
from reconciler.sandbox.wire import Presenter

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: the account, the id in the address, the query, the time."""

    app: App
    account: AccountMaps
    presenter: Presenter
    now: datetime
    id: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    edits: Sequence[SavedForm] = ()


@dataclass(frozen=True, slots=True)
class PageView:
    """A page: its template, heading, contents, and the category to open in the tree."""

    template: str
    title: str
    context: Mapping[str, Any]
    current: str = ""
    section: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Paged:
    """One page of a longer list.  Numbers start at 1."""

    items: Sequence[Any]
    number: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        """Number of its first item."""
        return (self.number - 1) * PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Number of its last item."""
        return max(0, self.first + len(self.items) - 1)


@dataclass(frozen=True, slots=True)
class Listed:
    """A product in a list."""

    id: str
    name: str
    additional_title: str
    status: str
    variants: int
    updated: str
    parent: str
    image: Asset | None


class Missing(Exception):
    """There is no such object, or no such page."""


def existing(visit: Visit, kind: str) -> Object:
    """The object that the address names; Missing where there is none."""
    item = visit.account.get(kind, visit.id)
    if item is None:
        raise Missing(f"No {kind.replace('_', ' ')} has the id {visit.id}.")
    return item


def paged(items: Sequence[Any], visit: Visit) -> Paged:
    """The page that the query asks for; the nearest one where there is none of that number."""
    pages = max(1, -(-len(items) // PER_PAGE))
    asked = visit.query.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    number = min(max(number, 1), pages)
    return Paged(items[(number - 1) * PER_PAGE : number * PER_PAGE], number, pages, len(items))


def status(item: Object, now: datetime) -> str:
    """Whether an object is published at a moment, in a word or two."""
    if item.get("published") is not True:
        return "Not published"
    start, end = _moment(item, "published_start_date"), _moment(item, "published_end_date")
    if end is not None and end <= now:
        return "Ended"
    return "Scheduled" if start is not None and start > now else "Published"


def _moment(item: Object, name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(item.get(name)).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None


def listed(visit: Visit, item: Object) -> Listed:
    """A product as lists show it."""
    account, id_ = visit.account, str(item["id"])
    above = account.get("collection", item.get("parent_topic_id") or "")
    return Listed(
        id_,
        title("collection", item),
        str(item.get("additional_title") or ""),
        status(item, visit.now),
        len(account.variants.get(id_, ())),
        str(item.get("updated_date") or ""),
        title("collection", above) if above else "",
        next((a for a in assets(visit, account.files.get(id_, ())) if a.thumb), None),
    )


def assets(visit: Visit, files: Iterable[Object]) -> Iterable[Asset]:
    """Files as they are shown."""
    return (asset(visit.presenter, item) for item in files)


def json_of(visit: Visit, kind: str, item: Object) -> str:
    """An object as the API answers it, laid out for people."""
    return dumps(visit.presenter.show(kind, item), indent=2)
