"""The plan for a terminal (contract 3)."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping

from reconciler.model import FOREIGN, Change, FieldChange, Plan, Value

LONG = 60
"""Characters from which a text is shown as a word diff."""

SIGNS: Mapping[str, str] = {
    "create": "+",
    "recreate": "+",
    "update": "~",
    "delete": "-",
    "adopt": "=",
    "move": ">",
}
_COLORS: Mapping[str, str] = {"+": "32", "~": "33", "-": "31", "=": "36", ">": "35", "!": "31;1"}


def clean(text: str) -> str:
    """Text from a catalog or the API made inert for a terminal: control, escape and bidi
    characters are spelled out (contract 8.3)."""
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char == "\n":
        return "⏎"
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        code = ord(char)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return char


def paint(text: str, code: str, color: bool) -> str:
    """The text in a colour, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if color and text else text


def shown(value: Value, names: Mapping[str, str] | None = None) -> str:
    """A value as a person reads it; foreign elements by name."""
    if value is None or value == ():
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(shown(item, names) for item in value)
    if isinstance(value, Mapping):
        if value.keys() == {"sha256"}:
            return "(a long text)"
        return ", ".join(f"{clean(name)}: {shown(item, names)}" for name, item in value.items())
    text = str(value)
    if text.startswith(FOREIGN):
        return clean((names or {}).get(text, "(unknown)"))
    return clean(text)


def plan_text(plan: Plan, *, color: bool, width: int = 100) -> str:
    """The whole plan; ends with its counts and cost."""
    lines = [line for change in plan.changes for line in _change(change, plan, color, width)]
    lines += [f"Refused: {clean(text)}." for text in plan.refusals]
    lines += [f"Note: {clean(text)}" for text in plan.notes]
    if lines:
        lines.append("")
    lines += _verdict(plan)
    return "\n".join(lines) + "\n"


def _verdict(plan: Plan) -> Iterator[str]:
    counts = plan.summary
    if counts.empty:
        yield "No changes. The catalog and the account match."
        return
    again = f" {counts.recreate:,} to recreate," if counts.recreate else ""
    yield (
        f"Plan: {counts.create:,} to create,{again} {counts.adopt:,} to adopt, "
        f"{counts.update:,} to update, {counts.delete:,} to delete, {counts.move:,} to move, "
        f"{counts.blocked:,} blocked. {counts.unchanged:,} unchanged."
    )
    cost = plan.cost
    plural = "request" if cost.requests == 1 else "requests"
    yield (
        f"Cost: {cost.requests:,} {plural}, at least {cost.min_seconds:,} s "
        f"at {cost.window:,} requests per {cost.per_seconds} s."
    )


def _change(change: Change, plan: Plan, color: bool, width: int) -> Iterator[str]:
    sign = "!" if change.blocked else SIGNS[change.action]
    place = f"  ({change.place.file}:{change.place.line})" if change.place else ""
    word = " (recreate)" if change.action == "recreate" else ""
    source = f" from {change.source}" if change.source else ""
    head = f"{sign} {change.ref}{word}  {clean(change.label)}{source}{clean(place)}"
    yield paint(head, _COLORS[sign], color)
    if change.blocked:
        yield f"    blocked: {clean(change.blocked)}"
        return
    if change.verb == "POST":
        yield from _created(change, width)
    for item in change.fields:
        yield from _field(item, plan.names, color)
    for text in change.fallout:
        yield f"    falls with it: {clean(text)}"


def _created(change: Change, width: int) -> Iterator[str]:
    for path, value in change.sent.items():
        if value is not None and value != change.label:
            text = shown(value)
            room = max(20, width - len(path) - 6)
            yield f"    {path}: {text if len(text) <= room else text[: room - 1] + '…'}"


def _field(item: FieldChange, names: Mapping[str, str], color: bool) -> Iterator[str]:
    mark = _mark(item, names)
    if item.is_set:
        parts = [paint(f"+ {shown(text, names)}", "32", color) for text in item.add]
        parts += [paint(f"- {shown(text, names)}", "31", color) for text in item.remove]
        parts += [f"{clean(old)} → {clean(new)}" for old, new in item.rename]
        yield f"    {item.path}: {'  '.join(parts)}{mark}"
        return
    before, after = shown(item.before, names), shown(item.after, names)
    if max(len(before), len(after)) > LONG and item.before is not None and item.after is not None:
        yield f"    {item.path}: {word_diff(before, after, color)}{mark}"
    else:
        yield f"    {item.path}: {before} → {after}{mark}"


def _mark(item: FieldChange, names: Mapping[str, str]) -> str:
    if item.cls == "drift":
        return "  (drift)"
    if item.cls == "conflict":
        return f"  (conflict: {shown(item.applied, names)} when last applied)"
    return ""


def word_diff(before: str, after: str, color: bool) -> str:
    """What a long text loses and gains, word by word; equal stretches are cut short."""
    old, new = re.findall(r"\S+\s*", before), re.findall(r"\S+\s*", after)
    parts = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(_cut(old[a:b]))
            continue
        gone, come = "".join(old[a:b]).rstrip(), "".join(new[c:d]).rstrip()
        parts.append(paint(f"[-{gone}-]", "31", color) if gone else "")
        parts.append(paint(f"{{+{come}+}}", "32", color) if come else "")
        parts.append(" ")
    return "".join(parts).strip()


def _cut(words: list[str]) -> str:
    if len(words) <= 8:
        return "".join(words)
    return f"{''.join(words[:4])}… {''.join(words[-4:])}"
