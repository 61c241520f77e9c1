"""A report as one Markdown document: marker and verdict, sections that share the room, the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import quote

from reconciler.reports.markdown.budget import Size, SizeBudget
from reconciler.reports.markdown.escaping import name, prose
from reconciler.reports.markdown.sections import (
    Section,
    blocked,
    bulk_section,
    deletes,
    objects,
    sentences,
    shelf_sections,
)
from reconciler.reports.remedies import remedies_markdown
from reconciler.reports.report import Attention, Report

REST = 1_000
"""Kept for what stands behind the sections."""

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
    """Head and foot stand; each section takes at most half of what others can do without."""
    sections = list(_sections(report))
    budget = SizeBudget(size)
    budget.left -= size.measure(opening) + size.measure(foot) + REST
    waiting = sum(item.least(budget) for item in sections)
    texts = [opening]
    for item in sections:
        need = item.least(budget)
        waiting -= need
        spare = budget.left - waiting - need
        part = budget.part(need + (spare if item.first else spare // 2))
        texts.append(budget.take(item.written(part)))
    budget.left += REST
    return "".join([*texts, *_changes(report, budget), foot])


def _sections(report: Report) -> Iterator[Section]:
    yield from (_eyes(item) for item in report.eyes)
    yield from (sentences(title, texts) for title, texts in report.notes)


def _eyes(eyes: Attention) -> Section:
    """Deletes have the room before all else; of what is blocked the reason is told."""
    makers = {"delete": deletes, "blocked": blocked}
    return makers.get(eyes.sort, objects)(eyes.title, eyes.items)


def _changes(report: Report, budget: SizeBudget) -> Iterator[str]:
    if report.bulks:
        yield bulk_section(report.bulks, budget)
    if report.shelves:
        yield shelf_sections(report.shelves, budget)
