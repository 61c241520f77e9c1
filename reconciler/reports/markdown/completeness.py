"""Completeness in Markdown: by category, by rule, what is missing; what a change makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.completeness import (
    Breach,
    Completeness,
    Rule,
    Shelf,
    Step,
    Tally,
    broken_since,
    steps,
)
from reconciler.reports.completeness import (
    HOMELESS,
    ByEnvironment,
    breach_name,
    missing,
    objects,
    sentence,
    verdict,
)
from reconciler.reports.markdown.budget import COMMENT, Line, Size, SizeBudget, least, listed
from reconciler.reports.markdown.escaping import code, cut, name, prose

MOST = 4
"""What is missing in a category: so much of it its row names."""
LONG = 100
"""Characters of a name or a sentence in a cell."""


def completeness_markdown(
    by_environment: ByEnvironment, lead: str = "", size: Size = COMMENT
) -> str:
    """Counts, a table by category, one by rule, and who lacks what; never larger than `size`."""
    share = size.most // len(by_environment) - 1
    texts = [
        _document(found, environment, lead, SizeBudget(size, share))
        for environment, found in by_environment.items()
    ]
    return "\n".join(texts)


def _document(found: Completeness, environment: str | None, lead: str, budget: SizeBudget) -> str:
    icon, words = verdict(found)
    where = f" for {name(environment, LONG)}" if environment else ""
    opening = f"## {icon} Completeness{where}: {words}\n\n{prose(sentence(found))}\n"
    if lead:
        opening += f"\n{prose(lead)}\n"
    texts = [budget.take(opening)]
    if found.shelves:
        # A third for each table: what is missing has the rest, and is the longest.
        texts += _table(_BY_CATEGORY, _categories(found), budget)
        texts += _table(_BY_RULE, _rules(found), budget)
        texts += _missing(found, budget)
    return "".join(texts)


_BY_CATEGORY = "\n| Category | Complete | | Missing |\n| --- | ---: | ---: | --- |\n"
_BY_RULE = "\n| Rule | For | Level | Complete | |\n| --- | --- | --- | ---: | ---: |\n"


def _table(head: str, rows: Iterable[str], budget: SizeBudget) -> Iterator[str]:
    lines: list[Line] = [(row, 1) for row in rows]
    part = budget.part(budget.left // 3)
    if part.fits(head):
        text = part.take(head) + listed(lines, len(lines), part)
        yield budget.take(text)


def _categories(found: Completeness) -> Iterator[str]:
    for shelf in found.shelves:
        yield _row(_cell(shelf.path), *_counts(shelf.tally), _broken(found, shelf))


def _broken(found: Completeness, shelf: Shelf) -> str:
    """What is missing most, with the number of objects that miss it."""
    broken = missing(found, shelf)
    said = [f"{_words(text)} ({count:,})" for text, count in broken[:MOST]]
    if len(broken) > MOST:
        said.append("…")
    return "; ".join(said)


def _rules(found: Completeness) -> Iterator[str]:
    for number, rule in enumerate(found.rules):
        counts = _counts(found.of_rule(number))
        yield _row(_said(rule), _words(rule.of), rule.level, *counts)


def _said(rule: Rule) -> str:
    if not rule.message:
        return _words(rule.asks)
    return f"{_words(rule.asks)} – {_words(rule.message)}"


def _counts(tally: Tally) -> tuple[str, str]:
    if not tally.looked:
        return "–", "nothing to look at"
    return f"{tally.percent} %", f"{tally.kept:,} of {tally.looked:,}"


def _missing(found: Completeness, budget: SizeBudget) -> Iterator[str]:
    """Who lacks what, category by category, as far as there is room."""
    broken = [shelf for shelf in found.shelves if shelf.breaches]
    if not broken:
        return
    total = sum(len(shelf.breaches) for shelf in broken)
    yield budget.take("\n### What is missing\n")
    for index, shelf in enumerate(broken):
        heading = f"\n**{_path(shelf.path)}** ({objects(shelf.tally.broken)})\n\n"
        room = budget.size.measure(heading) + least(total, budget.size)
        if budget.left < 2 * room:
            others = len(broken) - index
            yield budget.take(f"\n… and {others:,} more categories.\n")
            return
        part = budget.part(budget.left // (len(broken) - index))
        lines = ((_breach(item), 1) for item in shelf.breaches)
        text = part.take(heading) + listed(lines, len(shelf.breaches), part)
        yield budget.take(text)


def _breach(breach: Breach) -> str:
    place = code(f"{breach.place.file}:{breach.place.line}")
    said = [prose(breach.what, 2 * LONG)]
    if breach.wrong:
        said += [code(cut(breach.value, LONG)), prose(breach.wrong, LONG)]
    return f"- {name(breach_name(breach), LONG)}: {' '.join(said)} {place}\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _path(path: tuple[str, ...]) -> str:
    return " › ".join(name(part, LONG) for part in path) or HOMELESS


def _cell(path: tuple[str, ...]) -> str:
    """A category in a cell: a bar would end it, also inside of code."""
    return _path(path).replace("|", "\\|")


def _words(text: str) -> str:
    """A sentence in a cell; in paths the arrows between names are ours."""
    parts = (prose(part, LONG) for part in text.split(" › "))
    return " › ".join(parts).replace("|", "\\|")


# --- what a change makes of it ------------------------------------------------------------------

MOST_CHANGE = 6_000
"""Characters of a comment that the difference takes at most."""

_STEPS = "\n| Category | Before | | After | |\n| --- | ---: | ---: | ---: | ---: |\n"


def difference_markdown(
    before: Completeness | None,
    after: Completeness,
    words: str = "",
    environment: str | None = None,
) -> str:
    """What a change makes of the completeness: the whole, then each category that it moves.

    Then what is missing now and was not before.  Without a `before` that could be read the counts
    of now; `words` are a sentence besides.
    """
    budget = SizeBudget(COMMENT, MOST_CHANGE)
    moved = [] if before is None else list(steps(before, after))
    icon, now = verdict(after)
    where = f" for {name(environment, LONG)}" if environment else ""
    said = prose(f"{sentence(after)} {words}".strip())
    heading = f"### {icon} Completeness{where}: {_change(before, now, moved)}\n\n{said}\n"
    texts = [budget.take(heading)]
    if moved:
        texts.append(budget.take(_STEPS))
        # Half of the room for each: a change may break more than it moves.
        part = budget.part(budget.left // 2)
        rows = listed(((_step(item), 1) for item in moved), len(moved), part)
        texts.append(budget.take(rows))
    since = [] if before is None else broken_since(before, after)
    if since:
        texts.append(budget.take(_SINCE))
        texts.append(listed(((_breach(item), 1) for item in since), len(since), budget))
    return "".join(texts)


_SINCE = "\n**Missing since this change**\n\n"


def _change(before: Completeness | None, now: str, moved: Sequence[Step]) -> str:
    if before is None:
        return now
    return f"{verdict(before)[1]} → {now}" if moved else f"{now}, as before"


def _step(step: Step) -> str:
    before = _counts(step.before) if step.before else ("–", "")
    after = _counts(step.after) if step.after else ("–", "")
    return _row(_cell(step.path), *before, *after)
