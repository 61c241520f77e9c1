"""Full-text search (article: Search): all words of the keyword, anywhere in an object's texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.sandbox.app import App
from reconciler.sandbox.rules import HttpRefusal
from reconciler.sandbox.store import Object

ENTITIES: Mapping[str, tuple[str, ...]] = {
    "folder": ("category", "collection"),
    "file": ("file",),
}

_FIELDS = ("name", "additional_title", "file_name", "ocr_text")


def found(app: App, entity: str, query: Mapping[str, str]) -> list[tuple[str, Object]]:
    """The objects that a keyword finds, each with its kind.  HttpRefusal."""
    if entity not in ENTITIES:
        raise HttpRefusal(404, "Not Found")
    words = query.get("keyword", "").lower().split()
    if not words:
        raise HttpRefusal(400, "keyword is required")
    hits = []
    for kind in ENTITIES[entity]:
        hits += [(kind, item) for item in app.lists.current(kind) if _has(item, words)]
    return hits


def _has(item: Object, words: list[str]) -> bool:
    text = "\n".join(_texts(item)).lower()
    return all(word in text for word in words)


def _texts(item: Object) -> Iterator[str]:
    for name in _FIELDS:
        if item.get(name):
            yield str(item[name])
    yield from item.get("auto_label") or ()
    for entry in item["attributes"]:
        if isinstance(entry["value"], str):
            yield entry["value"]
