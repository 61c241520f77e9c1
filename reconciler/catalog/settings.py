"""`reconciler.yaml` → Policy (contract 1.8), and whether it fits the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.catalog import scalars
from reconciler.catalog.checks import unknown_field
from reconciler.catalog.draft import Book, Mention, Refused
from reconciler.catalog.environments import Declared, declared
from reconciler.catalog.environments import faults as environment_faults
from reconciler.model import IgnoreRule, Place, Policy, Problem, Ref
from reconciler.paths import attribute_of, is_value
from reconciler.quoting import quoted
from reconciler.yamlfile import Map, Node, Scalar

ATTRIBUTE = "attribute:"


@dataclass(slots=True)
class Settings:
    """The policy, and the places of what can only be checked with the whole catalog."""

    policy: Policy = field(default_factory=Policy)
    natural: list[tuple[str, Place]] = field(default_factory=list)
    ignored: list[tuple[str, str, Place]] = field(default_factory=list)
    rules: Node | None = None
    environments: dict[str, Declared] = field(default_factory=dict)


def read_settings(book: Book, root: Map) -> Settings:
    """Read all sections; one that could not be read keeps its default."""
    found = Settings()
    for key, node in root.entries:
        if not isinstance(node, Refused):
            _SECTIONS[key.text](book, found, node)
    _choose(book, found)
    return found


def _choose(book: Book, found: Settings) -> None:
    """What the chosen environment says of policy counts instead of what all have."""
    book.environments = {name: one.environment for name, one in found.environments.items()}
    chosen = found.environments.get(book.environment or "")
    if chosen is None:
        return
    for name, node in _readable(chosen.node):
        if name in _SECTIONS:
            _SECTIONS[name](book, found, node)
    regions = {name: account for name, (account, _, __) in chosen.regions.items()}
    found.policy = replace(found.policy, regions=regions)


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _readable(node: Node) -> Iterator[tuple[str, Node]]:
    """The entries of a mapping by name, without those that the schema has refused."""
    for key, value in scalars.entries(node):
        if not isinstance(value, Refused):
            yield key.text, value


def _prune(_: Book, found: Settings, node: Node) -> None:
    found.policy = replace(found.policy, prune=_text(node))


def _drift(_: Book, found: Settings, node: Node) -> None:
    found.policy = replace(found.policy, drift=_text(node))


def _limits(_: Book, found: Settings, node: Node) -> None:
    numbers = {name: int(float(_text(value))) for name, value in _readable(node)}
    found.policy = replace(found.policy, limits=replace(found.policy.limits, **numbers))


def _rate(_: Book, found: Settings, node: Node) -> None:
    numbers: dict[str, Any] = {name: float(_text(value)) for name, value in _readable(node)}
    for name in numbers.keys() & {"requests", "concurrency"}:
        numbers[name] = int(numbers[name])
    found.policy = replace(found.policy, rate=replace(found.policy.rate, **numbers))


def _web(_: Book, found: Settings, node: Node) -> None:
    found.policy = replace(found.policy, web=_text(node))


def _arrays(_: Book, found: Settings, node: Node) -> None:
    """`exact` holds the names; with `default: exact` those that still merge as `!name`."""
    modes = {name: _text(value) for name, value in _readable(node)}
    exact = {name if mode == "exact" else f"!{name}" for name, mode in modes.items()}
    found.policy = replace(found.policy, exact=frozenset(exact - {"!default"}))


def _natural_keys(book: Book, found: Settings, node: Node) -> None:
    chosen = dict(_readable(node))
    found.natural = [(_text(value), value.place) for value in chosen.values()]
    for text, place in found.natural:
        if text.startswith(ATTRIBUTE):
            ref = Ref("attribute", text.removeprefix(ATTRIBUTE))
            book.mentions.append(Mention("natural_keys", ref, place))
    keys = {name: _text(value) for name, value in chosen.items()}
    found.policy = replace(found.policy, natural_keys=keys)


def _ignore(book: Book, found: Settings, node: Node) -> None:
    rules = []
    for item in scalars.items(node):
        entry = dict(_readable(item))
        if not {"kind", "fields"} <= entry.keys():
            continue
        kind, match = _text(entry["kind"]), entry.get("match")
        if match is not None:
            # A pattern that is a key names that object; one with wildcards is nobody's key.
            book.mentions.append(Mention("ignore", Ref(kind, _text(match)), match.place))
        names = [x for x in scalars.items(entry["fields"]) if not isinstance(x, Refused)]
        for name in names:
            if is_value(_text(name)):
                ref = Ref("attribute", attribute_of(_text(name)))
                book.mentions.append(Mention("ignore", ref, name.place))
        found.ignored += [(kind, _text(name), name.place) for name in names]
        paths = frozenset(map(_text, names))
        rules.append(IgnoreRule(kind, _text(match) if match else "*", paths))
    found.policy = replace(found.policy, ignore=tuple(rules))


def _rules(_: Book, found: Settings, node: Node) -> None:
    """Read when everything else is: they speak of categories and attributes (catalog.rules)."""
    found.rules = node


def _environments(_: Book, found: Settings, node: Node) -> None:
    found.environments = {one.environment.name: one for one in declared(node)}


_SECTIONS: Mapping[str, Callable[[Book, Settings, Node], None]] = {
    "prune": _prune,
    "drift": _drift,
    "limits": _limits,
    "arrays": _arrays,
    "natural_keys": _natural_keys,
    "ignore": _ignore,
    "rate": _rate,
    "web": _web,
    "rules": _rules,
    "environments": _environments,
}


# --- checks -------------------------------------------------------------------------------------


def faults(book: Book, settings: Settings) -> Iterator[Problem]:
    """Settings that name what the catalog does not have, or contradict themselves."""
    yield from environment_faults(book, settings.environments)
    for kind, path, place in settings.ignored:
        for what, hint in unknown_field(book, kind, path):
            yield Problem(place, f"ignore: {what}", hint)
    for chosen, place in settings.natural:
        key = chosen.removeprefix(ATTRIBUTE)
        known = key == chosen or Ref("attribute", key) in book.index or book.lost.may_hold(key)
        if not known:
            hint = book.speller.guess(key, book.keys("attribute"), "attribute")
            yield Problem(place, f"natural_keys: unknown attribute {quoted(key)}", hint)
