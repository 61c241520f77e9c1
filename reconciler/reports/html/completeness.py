"""Completeness as what the template shows: names and counts, all of it made inert."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.completeness import Breach, Completeness, Rule, Shelf, Tally
from reconciler.reports.completeness import (
    breach_name,
    missing,
    objects,
    sentence,
    shelf_name,
    verdict,
)
from reconciler.reports.html.view import OPEN
from reconciler.reports.values import clean

LONG = 300
"""Characters of a name or a sentence."""

MOST = 10_000
"""Lines of what is missing that a page holds; a category has its share of them."""


def completeness_page(found: Completeness, lead: str) -> dict[str, Any]:
    """Everything that the template needs."""
    icon, words = verdict(found)
    broken = [shelf for shelf in found.shelves if shelf.breaches]
    lines = sum(len(shelf.breaches) for shelf in broken)
    share = MOST if lines <= MOST else max(1, MOST // len(broken))
    anchors = {shelf.key: f"shelf-{number}" for number, shelf in enumerate(broken)}
    return {
        "icon": icon,
        "verdict": words,
        "sentence": sentence(found),
        "lead": clean(lead.replace("`", "")),
        "categories": [_category(found, shelf, anchors) for shelf in found.shelves],
        "rules": [_rule(rule, found.of_rule(number)) for number, rule in enumerate(found.rules)],
        "levels": _levels(found, broken),
        "shelves": [_shelf(found, shelf, anchors[shelf.key], share) for shelf in broken],
        "unfolded": lines <= OPEN,
    }


def _levels(found: Completeness, broken: Iterable[Shelf]) -> list[str]:
    """The levels of the rules that something breaks."""
    levels: set[str] = set()
    for shelf in broken:
        levels.update(found.rules[item.rule].level for item in shelf.breaches)
    return sorted(levels)


def _category(found: Completeness, shelf: Shelf, anchors: dict[str, str]) -> dict[str, Any]:
    said = [(_short(text), count) for text, count in missing(found, shelf)]
    return {
        "name": _short(shelf_name(shelf.path)),
        "anchor": anchors.get(shelf.key, ""),
        "tally": shelf.tally,
        "missing": said,
    }


def _rule(rule: Rule, tally: Tally) -> dict[str, Any]:
    return {
        "asks": _short(rule.asks),
        "of": _short(rule.of),
        "level": rule.level,
        "message": _short(rule.message),
        "place": clean(f"{rule.place.file}:{rule.place.line}"),
        "tally": tally,
    }


def _shelf(found: Completeness, shelf: Shelf, anchor: str, share: int) -> dict[str, Any]:
    left = len(shelf.breaches) if len(shelf.breaches) > share else 0
    return {
        "name": _short(shelf_name(shelf.path)),
        "anchor": anchor,
        "count": objects(shelf.tally.broken),
        "rows": [_breach(found, item) for item in shelf.breaches[:share]],
        "left": left,
    }


def _breach(found: Completeness, breach: Breach) -> dict[str, str]:
    return {
        "name": _short(breach_name(breach)),
        "what": _short(breach.what),
        "value": _short(breach.value),
        "wrong": _short(breach.wrong),
        "level": found.rules[breach.rule].level,
        "place": clean(f"{breach.place.file}:{breach.place.line}"),
    }


def _short(text: str) -> str:
    """A text of the catalog, inert and cut: a page holds many."""
    inert = clean(text)
    return inert if len(inert) <= LONG else f"{inert[:LONG].rstrip()}… ({len(inert):,} characters)"
