"""A story as one Markdown document: marker and verdict, sections that share the room, the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import quote

from reconciler.reports.markdown.inert import name, prose
from reconciler.reports.markdown.room import Room, Size
from reconciler.reports.markdown.sections import (
    Section,
    blocked,
    bulk_section,
    deletes,
    objects,
    sentences,
    shelf_sections,
)
from reconciler.reports.story import Eyes, Story

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


def head(story: Story, mark: str, what: str, environment: str | None) -> str:
    """Marker, verdict, counts and the sentences that come first."""
    where = f" for {name(environment)}" if environment else ""
    counts = [f"**{item.number:,}** {item.words}" for item in story.counts]
    lines = [mark, f"## {story.icon} {what}{where}: {story.verdict}", ""]
    if counts:
        lines += [f"{', '.join(counts)}. {story.still}.", ""]
    lines += [f"- {prose(text, 300)}" for text in story.lead[:MOST_LEAD]]
    if len(story.lead) > MOST_LEAD:
        lines.append(f"- … shown {MOST_LEAD} of {len(story.lead):,}")
    return "\n".join([*lines, ""]) if story.lead else "\n".join(lines)


def document(story: Story, opening: str, foot: str, size: Size) -> str:
    """Head and foot stand; each section takes at most half of what others can do without."""
    sections = list(_sections(story))
    room = Room(size)
    room.left -= size.measure(opening) + size.measure(foot) + REST
    waiting = sum(item.least(room) for item in sections)
    texts = [opening]
    for item in sections:
        need = item.least(room)
        waiting -= need
        spare = room.left - waiting - need
        part = room.part(need + (spare if item.first else spare // 2))
        texts.append(room.take(item.written(part)))
    room.left += REST
    return "".join([*texts, *_changes(story, room), foot])


def _sections(story: Story) -> Iterator[Section]:
    yield from (_eyes(item) for item in story.eyes)
    yield from (sentences(title, texts) for title, texts in story.notes)


def _eyes(eyes: Eyes) -> Section:
    """Deletes have the room before all else; of what is blocked the reason is told."""
    makers = {"delete": deletes, "blocked": blocked}
    return makers.get(eyes.sort, objects)(eyes.title, eyes.items)


def _changes(story: Story, room: Room) -> Iterator[str]:
    if story.bulks:
        yield bulk_section(story.bulks, room)
    if story.shelves:
        yield shelf_sections(story.shelves, room)
