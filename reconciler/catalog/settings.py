"""`reconciler.yaml` → Policy (contract 1.8), and whether it fits the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from reconciler.catalog import shapes
from reconciler.catalog.checks import unknown_field
from reconciler.catalog.draft import Book, Unfit, each
from reconciler.catalog.words import quoted
from reconciler.kinds import KINDS
from reconciler.model import IgnoreRule, Limits, Place, Policy, Problem, Rate, Ref
from reconciler.yamlfile import Map, Node

LATER = frozenset({"rules", "environments"})
PRUNE = ("managed", "never")
DRIFT = ("revert", "keep")
ARRAYS = ("merge", "exact")
ATTRIBUTE = "attribute:"
SET_FIELDS = frozenset(
    item.name for kind in KINDS.values() for item in kind.fields if item.is_set and item.yaml
)


@dataclass(slots=True)
class Settings:
    """The policy, and the places of what can only be checked with the whole catalog."""

    policy: Policy = field(default_factory=Policy)
    natural: list[tuple[str, Place]] = field(default_factory=list)
    ignored: list[tuple[str, str, Place]] = field(default_factory=list)


def read_settings(book: Book, root: Map) -> Settings:
    """Read all sections; one that cannot be read keeps its default and says so."""
    found = Settings()
    for key, node in root.entries:
        try:
            if key.text in LATER:
                book.findings.later(key.place, f"`{key.text}`")
            elif key.text in _SECTIONS:
                _SECTIONS[key.text](book, found, node)
            else:
                hint = book.speller.guess(key.text, _SECTIONS, "setting")
                raise Unfit(key.place, f"unknown setting {quoted(key.text)}", hint)
        except Unfit as fault:
            book.unfit("", fault)
    return found


def _prune(_: Book, found: Settings, node: Node) -> None:
    if shapes.text(node, "prune") == "unpublish":
        raise Unfit(node.place, "`prune: unpublish`", later=True)
    found.policy = replace(found.policy, prune=shapes.word(node, "prune", PRUNE))


def _drift(_: Book, found: Settings, node: Node) -> None:
    found.policy = replace(found.policy, drift=shapes.word(node, "drift", DRIFT))


def _limits(book: Book, found: Settings, node: Node) -> None:
    numbers = _numbers(book, node, "limits", {item.name: 0 for item in fields(Limits)}, whole=True)
    found.policy = replace(found.policy, limits=Limits(**numbers))


def _rate(book: Book, found: Settings, node: Node) -> None:
    # Nothing would ever be sent at a rate of 0.
    whole = _numbers(book, node, "rate", {"requests": 1, "concurrency": 1, "per_seconds": 0.001})
    rate: dict[str, Any] = {
        name: value if name == "per_seconds" else int(value) for name, value in whole.items()
    }
    found.policy = replace(found.policy, rate=Rate(**rate))


def _numbers(
    book: Book, node: Node, section: str, least: Mapping[str, float], *, whole: bool = False
) -> dict[str, Any]:
    """Named numbers that are not below their least."""
    numbers: dict[str, Any] = {}
    for key, value in shapes.entries(node, section):
        try:
            if key.text not in least:
                hint = book.speller.guess(key.text, least, section)
                raise Unfit(key.place, f"{section} does not know {quoted(key.text)}", hint)
            numbers[key.text] = _number(value, f"{section}.{key.text}", least[key.text], whole)
        except Unfit as fault:
            book.unfit("", fault)
    return numbers


def _number(node: Node, name: str, least: float, whole: bool) -> float:
    found = shapes.number(node, name)
    if found is None or found < least or found > 1_000_000 or (whole and found != int(found)):
        kind = "a whole number" if whole else "a number"
        raise Unfit(node.place, f"{name} takes {kind} from {least:g} to 1000000")
    return int(found) if whole else float(found)


def _arrays(book: Book, found: Settings, node: Node) -> None:
    """`exact` holds the names; with `default: exact` those that still merge as `!name`."""
    exact: set[str] = set()
    for key, value in shapes.entries(node, "arrays"):
        try:
            if key.text != "default" and key.text not in SET_FIELDS:
                hint = book.speller.guess(key.text, SET_FIELDS, "arrays")
                raise Unfit(key.place, f"arrays: no field {quoted(key.text)} holds a set", hint)
            mode = shapes.word(value, f"arrays.{key.text}", ARRAYS)
            exact.add(key.text if mode == "exact" else f"!{key.text}")
        except Unfit as fault:
            book.unfit("", fault)
    found.policy = replace(found.policy, exact=frozenset(exact - {"!default"}))


def _natural_keys(book: Book, found: Settings, node: Node) -> None:
    chosen: dict[str, str] = {}
    for key, value in shapes.entries(node, "natural_keys"):
        try:
            if key.text != "collection":
                what = f"natural_keys: {quoted(key.text)} has no natural key to choose"
                raise Unfit(key.place, what, "only collection has")
            chosen[key.text] = _natural_key(value)
            found.natural.append((chosen[key.text], value.place))
        except Unfit as fault:
            book.unfit("", fault)
    found.policy = replace(found.policy, natural_keys=chosen)


def _natural_key(node: Node) -> str:
    chosen = shapes.filled(node, "natural_keys.collection")
    if chosen != "additional_title" and not chosen.startswith(ATTRIBUTE):
        what = f"natural_keys: {quoted(chosen)} cannot be the natural key of a collection"
        raise Unfit(node.place, what, f"it is additional_title or {ATTRIBUTE}<key>")
    return chosen


def _ignore(book: Book, found: Settings, node: Node) -> None:
    def rule(item: Node) -> IgnoreRule:
        entry = shapes.mapping(item, "an entry of ignore")
        kind, match, names = (_part(entry, name) for name in ("kind", "match", "fields"))
        word = shapes.word(kind, "kind", tuple(KINDS))
        paths = {
            shapes.filled(name, "an entry of fields"): name.place
            for name in shapes.items(names, "fields")
        }
        found.ignored.extend((word, path, place) for path, place in paths.items())
        return IgnoreRule(word, shapes.filled(match, "match"), frozenset(paths))

    rules = each(shapes.items(node, "ignore"), rule, lambda fault: book.unfit("", fault))
    found.policy = replace(found.policy, ignore=tuple(rules))


def _part(entry: Map, name: str) -> Node:
    node = entry.get(name)
    if node is None:
        raise Unfit(entry.place, f"ignore: an entry without `{name}`")
    return node


_SECTIONS: Mapping[str, Callable[[Book, Settings, Node], None]] = {
    "prune": _prune,
    "drift": _drift,
    "limits": _limits,
    "arrays": _arrays,
    "natural_keys": _natural_keys,
    "ignore": _ignore,
    "rate": _rate,
}


# --- checks -------------------------------------------------------------------------------------


def faults(book: Book, settings: Settings) -> Iterator[Problem]:
    """Settings that name what the catalog does not have."""
    for kind, path, place in settings.ignored:
        for what, hint in unknown_field(book, kind, path):
            yield Problem(place, f"ignore: {what}", hint)
    for chosen, place in settings.natural:
        key = chosen.removeprefix(ATTRIBUTE)
        known = key == chosen or Ref("attribute", key) in book.index or book.lost.may_hold(key)
        if not known:
            hint = book.speller.guess(key, book.keys("attribute"), "attribute")
            yield Problem(place, f"natural_keys: unknown attribute {quoted(key)}", hint)
