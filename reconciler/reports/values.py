"""Values as a person reads them.  Text from a catalog or the API is data everywhere (8.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.kinds import KINDS, Type
from reconciler.model import FOREIGN, Origin, Ref, Value

NOTHING = "(none)"

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters: ESC and CSI begin terminal sequences
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # unseen, bidi
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"  # annotations, surrogates, tags
)
_LOOKS_LIKE_ANOTHER = frozenset({"", NOTHING, "true", "false"})


def clean(text: str) -> str:
    """Text made inert for a terminal: control, unseen and bidi characters are spelled out.

    A line break becomes `⏎`.  Joiners that scripts and emoji need stay.  `##[`, by which the
    log of a GitHub runner takes commands anywhere in a line, gets a backslash.
    """
    return _UNSAFE.sub(_spelled_out, text).replace("##[", "##\\[")


_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


def logged(report: str) -> str:
    """A report as it may be printed where a GitHub runner reads along: no line is a command.

    A runner takes `::error::` at the beginning of a line, behind any spaces.
    """
    return _COMMAND.sub(r"\1\\::", report)


def _spelled_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == ord("\n"):
        return "⏎"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def left_words(left: Mapping[str, int]) -> str:
    """What is rightly not as the catalog says: counts by reason."""
    return ", ".join(f"{count:,} {clean(why)}" for why, count in sorted(left.items()) if count)


def paint(text: str, code: str, color: bool) -> str:
    """The text in an ANSI colour, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if color and text else text


def shown(value: Value, *, quoted: bool = False) -> str:
    """A value on one line; numbers as spelled, a long text of which only a digest is known said so.

    With `quoted`, and where it could be misread, a text stands in quotes.
    """
    if value is None or value == ():
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value, quoted)
    if isinstance(value, tuple):
        items = [shown(item, quoted=quoted) for item in value]
        return f"[{', '.join(items)}]"
    if isinstance(value, Mapping):
        return _record(value, quoted)
    return clean(str(value))


def _text(text: str, quoted: bool) -> str:
    """In quotes too where it looks like a value that is no text, or nobody sees where it ends."""
    is_misread = text in _LOOKS_LIKE_ANOTHER or text != text.strip()
    return f'"{clean(text)}"' if quoted or is_misread else clean(text)


def _record(value: Mapping[str, Value], quoted: bool) -> str:
    if value.keys() == {"sha256"}:
        return "(a long text)"
    parts = (f"{clean(name)}: {shown(item, quoted=quoted)}" for name, item in value.items())
    return f"{{{', '.join(parts)}}}"


def shown_pair(before: Value, after: Value) -> tuple[str, str]:
    """Two values that differ, so that they look different: the text `1` and the number 1."""
    one, other = shown(before), shown(after)
    if one == other:
        return shown(before, quoted=True), shown(after, quoted=True)
    return one, other


def brief(value: Value, most: int) -> str:
    """A value cut to `most` characters, saying how long it is."""
    text = shown(value)
    if len(text) <= most:
        return text
    whole = clean(value) if isinstance(value, str) else text
    return f"{whole[:most].rstrip()}… ({len(whole):,} characters)"


def whence(origin: Origin) -> str:
    """Where a value comes from that its object's entry does not say (contract 1.9)."""
    return f"{whose(origin)}, {clean(origin.place.file)}:{origin.place.line}"


def whose(origin: Origin) -> str:
    """What gives such a value: a default, or a parent."""
    return clean(f"default of {origin.list}" if origin.list else f"from {origin.owner}")


def named(
    kind: str,
    path: str,
    value: Value,
    names: Mapping[str, str],
    labels: Mapping[Ref, str] | None = None,
) -> Value:
    """A value of a field with its foreign elements by name, never by id.

    With `labels` objects of the catalog go by name too, else by key.
    """
    field = KINDS[kind].field(path)
    if field.type is Type.CONTENT and isinstance(value, str) and labels is not None:
        return _bytes(value)
    if field.type not in (Type.REFERENCE, Type.REFERENCES):
        return value
    to, known = field.to or "", labels or {}
    if isinstance(value, tuple):
        return tuple(_named(to, item, names, known) for item in value)
    return _named(to, value, names, known)


def _named(to: str, value: Value, names: Mapping[str, str], labels: Mapping[Ref, str]) -> Value:
    """One element of a field that refers to objects of the kind `to`."""
    if not isinstance(value, str):
        return value
    if value.startswith(FOREIGN):
        return names.get(value, f"an unmanaged {to}")
    return labels.get(Ref(to, value), value)


def _bytes(content: str) -> str:
    """What a file holds, for people: `11,052 bytes (5751671c)` by the digest, if that is known."""
    digest, _, size = content.rpartition("size:")
    if not size.isdecimal():
        return content
    known = digest.strip().removeprefix("sha256:")[:8]
    return f"{int(size):,} bytes{f' ({known})' if known else ''}"


def path_shown(path: str, names: Mapping[str, str]) -> str:
    """The path of a field; a value of an attribute that no key names by the attribute's name."""
    head, _, key = path.partition(".")
    if key.startswith(FOREIGN):
        return f"{head}.{clean(names.get(key, 'an unmanaged attribute'))}"
    return clean(path)


def path_named(path: str, names: Mapping[str, str]) -> str:
    """The path of a field as programs read it; of a foreign attribute its name, if known."""
    head, _, key = path.partition(".")
    return f"{head}.{names[key]}" if key in names else path
