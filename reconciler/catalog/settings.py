"""`catalog/reconciler.yaml`: policy, never secrets (contract 1.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.catalog import values
from reconciler.catalog.values import Wrong, did_you_mean
from reconciler.kinds import KINDS
from reconciler.model import IgnoreRule, Limits, Policy, Rate
from reconciler.yamlfile import Map, Node, Seq

Report = Callable[[Node, str, str], None]


def read_settings(node: Node, report: Report) -> Policy:
    """The policy; what is wrong in it is reported and left at its default."""
    found: dict[str, Any] = {}
    if not isinstance(node, Map):
        report(node, "the settings are a mapping", "")
        return Policy()
    for key, item in node.entries:
        try:
            if key.text in _LATER:
                raise Wrong(key, "is not supported yet")
            if key.text not in _READERS:
                raise Wrong(key, "is not a setting", did_you_mean(key.text, _READERS))
            found.update(_READERS[key.text](item))
        except Wrong as wrong:
            report(wrong.node, f"settings: '{key.text}' {wrong.message}", wrong.hint)
    return Policy(**found)


_LATER = ("rules", "environments")


def _word(name: str, *words: str) -> Callable[[Node], dict[str, Any]]:
    def read(node: Node) -> dict[str, Any]:
        word = values.key_text(node)
        if word not in words:
            raise Wrong(node, f"must be one of {', '.join(words)}", did_you_mean(word, words))
        return {name: word}

    return read


def _mapping(node: Node, known: Mapping[str, type]) -> dict[str, float]:
    if not isinstance(node, Map):
        raise Wrong(node, "must be a mapping")
    found = {}
    for key, item in node.entries:
        if key.text not in known:
            raise Wrong(key, f"has no '{key.text}'", did_you_mean(key.text, known))
        number = values.number(item)
        if number is None or float(str(number)) < 0:
            raise Wrong(item, f"needs a number of at least 0 for '{key.text}'")
        found[key.text] = known[key.text](float(str(number)))
    return found


def _limits(node: Node) -> dict[str, Any]:
    known = dict.fromkeys(("deletes", "delete_percent", "clears", "gone"), int)
    return {"limits": Limits(**_mapping(node, known))}  # type: ignore[arg-type]


def _rate(node: Node) -> dict[str, Any]:
    known = {"requests": int, "per_seconds": float, "concurrency": int}
    found = _mapping(node, known)
    if 0 in found.values():
        raise Wrong(node, "needs numbers above 0")
    return {"rate": Rate(**found)}  # type: ignore[arg-type]


def _arrays(node: Node) -> dict[str, Any]:
    if not isinstance(node, Map):
        raise Wrong(node, "must be a mapping")
    sets = {item.name for kind in KINDS.values() for item in kind.fields if item.is_set} | {
        "default"
    }
    exact = set()
    for key, item in node.entries:
        word = values.key_text(item)
        if key.text not in sets:
            raise Wrong(key, f"has no set '{key.text}'", did_you_mean(key.text, sets))
        if word not in ("merge", "exact"):
            raise Wrong(item, "takes merge or exact")
        exact.add(key.text if word == "exact" else f"!{key.text}")
    return {"exact": frozenset(exact)}


def _natural_keys(node: Node) -> dict[str, Any]:
    if not isinstance(node, Map):
        raise Wrong(node, "must be a mapping")
    found = {}
    for key, item in node.entries:
        word = values.key_text(item)
        if key.text != "collection":
            raise Wrong(key, "can be set for collection only")
        if word != "additional_title" and not word.startswith("attribute:"):
            raise Wrong(item, "takes additional_title or attribute:KEY")
        found[key.text] = word
    return {"natural_keys": found}


def _ignore(node: Node) -> dict[str, Any]:
    if not isinstance(node, Seq):
        raise Wrong(node, "must be a list")
    return {"ignore": tuple(_ignore_rule(item) for item in node.items)}


def _ignore_rule(node: Node) -> IgnoreRule:
    if not isinstance(node, Map):
        raise Wrong(node, "takes {kind, match, fields} for each entry")
    kind, match, fields = node.get("kind"), node.get("match"), node.get("fields")
    if kind is None or fields is None:
        raise Wrong(node, "takes {kind, match, fields} for each entry")
    name = values.key_text(kind)
    if name not in KINDS:
        raise Wrong(kind, f"has no kind '{name}'", did_you_mean(name, KINDS))
    known = {item.name for item in KINDS[name].fields}
    for path in values.texts(fields):
        if path.partition(".")[0] not in known:
            raise Wrong(fields, f"{name} has no field '{path}'", did_you_mean(path, known))
    return IgnoreRule(
        name, values.key_text(match) if match else "*", frozenset(values.texts(fields))
    )


_READERS: Mapping[str, Callable[[Node], dict[str, Any]]] = {
    "prune": _word("prune", "managed", "never"),
    "drift": _word("drift", "revert", "keep"),
    "limits": _limits,
    "arrays": _arrays,
    "natural_keys": _natural_keys,
    "ignore": _ignore,
    "rate": _rate,
}
