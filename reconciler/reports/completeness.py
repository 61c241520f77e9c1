"""How complete a catalog is by its rules, in words: for a terminal, as JSON, and for both inks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reconciler.completeness import Breach, Completeness, Rule, Shelf, Tally
from reconciler.reports.values import clean, logged

ByEnvironment = Mapping[str | None, Completeness]
"""How complete the catalog is in each environment; under None where that is one."""

HOMELESS = "Without a category"


def verdict(found: Completeness) -> tuple[str, str]:
    """An icon, and the whole in a word."""
    total = found.total
    if not found.rules:
        return "ℹ️", "this catalog has no rules"
    if not total.looked:
        return "ℹ️", "the rules look at nothing"
    return ("⚠️" if total.broken else "✅"), f"{total.percent} %"


def sentence(found: Completeness) -> str:
    """How many objects keep every rule; how to begin where there is no rule."""
    total = found.total
    if not found.rules:
        return "`rules:` in reconciler.yaml say what a product must have."
    number = len(found.rules)
    what = "keep the rule" if number == 1 else f"keep every one of {number:,} rules"
    return f"{total.kept:,} of {objects(total.looked)} {what}."


def for_environment(name: str | None) -> str:
    """` for staging`, or nothing."""
    return f" for {name}" if name else ""


def objects(number: int) -> str:
    """`1 object`, `2,000 objects`."""
    return f"{number:,} object{'' if number == 1 else 's'}"


def shelf_name(path: tuple[str, ...]) -> str:
    """The names that lead to a category, on one line."""
    return " › ".join(path) if path else HOMELESS


def missing(found: Completeness, shelf: Shelf) -> list[tuple[str, int]]:
    """What objects on a shelf lack, or which rule of values they break, and how many do.

    What most of them lack comes first.
    """
    counts: Counter[str] = Counter()
    for breach in shelf.breaches:
        said = (found.rules[breach.rule].asks,) if breach.wrong else breach.names
        for text in said:
            counts[text] += breach.objects
    return counts.most_common()


def breach_name(breach: Breach) -> str:
    """Who lacks something: where a parent stands for variants, how many."""
    if breach.objects == 1:
        return breach.label
    return f"{breach.label} ({breach.objects:,} variants)"


# --- for a terminal -----------------------------------------------------------------------------


def completeness_text(by_environment: ByEnvironment) -> str:
    """A line for the whole, and one for each rule; nothing where there are no rules."""
    return "".join(_of_one(name, found) for name, found in by_environment.items() if found.rules)


def _of_one(environment: str | None, found: Completeness) -> str:
    _, words = verdict(found)
    lines = [f"Rules{clean(for_environment(environment))}: {words} complete, {sentence(found)}"]
    lines += [_rule(rule, found.of_rule(number)) for number, rule in enumerate(found.rules)]
    return logged("".join(f"{line}\n" for line in lines))


def _rule(rule: Rule, tally: Tally) -> str:
    percent = f"{tally.percent:>4} %" if tally.looked else "     –"
    level = "" if rule.level == "error" else f" ({rule.level})"
    count = f"{tally.kept:,} of {tally.looked:,}"
    return f"{percent}  {count:>17}  {clean(rule.asks)}{level} – {clean(rule.of)}"


# --- as JSON ------------------------------------------------------------------------------------


def completeness_json(by_environment: ByEnvironment) -> list[dict[str, Any]]:
    """The whole of it: counts, rules, categories and what they lack; without rules nothing."""
    return [_one_json(name, found) for name, found in by_environment.items() if found.rules]


def _one_json(environment: str | None, found: Completeness) -> dict[str, Any]:
    return {
        "environment": environment,
        **_tally(found.total),
        "rules": [_rule_json(rule, found.of_rule(i)) for i, rule in enumerate(found.rules)],
        "categories": list(map(_shelf_json, found.shelves)),
    }


def _tally(tally: Tally) -> dict[str, int]:
    return {"looked_at": tally.looked, "complete": tally.kept, "percent": tally.percent}


def _rule_json(rule: Rule, tally: Tally) -> dict[str, Any]:
    return {
        "asks": rule.asks,
        "of": rule.of,
        "level": rule.level,
        "message": rule.message,
        "file": rule.place.file,
        "line": rule.place.line,
        **_tally(tally),
    }


def _shelf_json(shelf: Shelf) -> dict[str, Any]:
    return {
        "key": shelf.key,
        "path": list(shelf.path),
        **_tally(shelf.tally),
        "rules": [{"rule": number, **_tally(tally)} for number, tally in shelf.by_rule.items()],
        "missing": list(map(_breach_json, shelf.breaches)),
    }


def _breach_json(breach: Breach) -> dict[str, Any]:
    return {
        "rule": breach.rule,
        "kind": breach.ref.kind,
        "key": breach.ref.key,
        "label": breach.label,
        "lacks": breach.sentence,
        "objects": breach.objects,
        "file": breach.place.file,
        "line": breach.place.line,
    }
