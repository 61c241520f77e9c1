"""A report as one Markdown document: marker and verdict, sections that share the room, the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from reconciler.reports.markdown.budget import Size, SizeBudget, shares
from reconciler.reports.markdown.escaping import name, prose
from reconciler.reports.markdown.sections import (
    Section,
    adopted,
    blocked,
    bulk_section,
    deletes,
    objects,
    plain_part,
    sentences,
    turns,
)
from reconciler.reports.markdown.shelves import product_part
from reconciler.reports.remedies import remedies_markdown
from reconciler.reports.report import Attention, Report

MOST_LEAD = 8
"""Sentences below the counts: reasons to refuse are few, and one is enough."""


LONG_NAME = 100
"""Characters of an environment's name from which the marker has its digest instead."""


def marker(what: str, environment: str | None) -> str:
    """The hidden first line by which a comment or an issue is found again, one per environment."""
    if environment is None:
        return f"<!-- {what} -->"
    said = quote(environment, "", errors="surrogatepass").replace("-", "%2D")
    if len(said) > LONG_NAME:
        said = hashlib.sha256(said.encode("ascii")).hexdigest()
    return f"<!-- {what} {said} -->"


def head(report: Report, mark: str, what: str, environment: str | None) -> str:
    """Marker, verdict, counts and the sentences that come first."""
    where = f" for {name(environment)}" if environment else ""
    overview = report.overview
    counts = [f"**{item.number:,}** {item.words}" for item in report.counts]
    lines = [mark, f"## {overview.icon} {what}{where}: {overview.verdict}", ""]
    if counts:
        lines += [f"{', '.join(counts)}. {overview.still}.", ""]
    lines += [f"- {prose(text, 300)}" for text in report.lead[:MOST_LEAD]]
    if len(report.lead) > MOST_LEAD:
        lines.append(f"- … shown {MOST_LEAD} of {len(report.lead):,}")
    lines += remedies_markdown(overview.remedies)
    return "\n".join([*lines, ""]) if report.lead else "\n".join(lines)


def document(report: Report, opening: str, foot: str, size: Size) -> str:
    """Head and foot stand; the sections share the room between them before one is written."""
    sections = list(_sections(report))
    budget = SizeBudget(size)
    budget.left -= size.measure(opening) + size.measure(foot)
    return "".join([opening, *_shared(sections, budget), foot])


def _shared(sections: Sequence[Section], budget: SizeBudget) -> list[str]:
    """Each section in full where all have room; else those that come first, then all by weight."""
    measure = budget.size.measure
    texts = [item.written(budget.part(budget.left)) for item in sections]
    wishes = list(map(measure, texts))
    if sum(wishes) <= budget.left:
        return texts
    needs = [item.least(budget) for item in sections]
    room = max(0, budget.left - sum(needs))
    more = [max(0, wish - need) for wish, need in zip(wishes, needs, strict=True)]
    for index, item in enumerate(sections):
        if item.first:
            needs[index] += min(more[index], room)
            room -= min(more[index], room)
            more[index] = 0
    given = shares(more, [item.weight for item in sections], room)
    rooms = [need + extra for need, extra in zip(needs, given, strict=True)]
    return [
        item.written(SizeBudget(budget.size, part))
        for item, part in zip(sections, rooms, strict=True)
    ]


def _sections(report: Report) -> Iterator[Section]:
    yield from (_eyes(item) for item in report.eyes)
    yield from (turns(item) for item in report.turns)
    yield from (sentences(title, texts) for title, texts in report.notes)
    if report.defaults:
        yield sentences("Changed defaults", report.defaults)
    if report.bulks:
        yield bulk_section(report.bulks)
    for part in report.parts:
        yield product_part(part) if part.placed else plain_part(part, _WEIGHTS.get(part.title, 2))


_WEIGHTS: Mapping[str, int] = {"Attributes": 1, "Attribute groups": 1, "Resource links": 1}
"""What a reviewer reads last has less of the room."""


def _eyes(eyes: Attention) -> Section:
    """Deletes have the room before all else; of what is blocked the reason is told."""
    makers = {"delete": deletes, "blocked": blocked, "adopt": adopted}
    return makers.get(eyes.sort, objects)(eyes.title, eyes.items)
