"""Text from a catalog or the API in Markdown: data, whatever it says (8.3).

GitHub turns more into links and pictures than CommonMark does (mentions, issue numbers, commit
hashes, bare addresses, `:emoji:`), and does so on the finished page, where an escaped character
is that character again.  It leaves code alone.  So a text is code, unless it consists of nothing
but words that cannot mean anything.
"""

from __future__ import annotations

import html
import re
import unicodedata
from itertools import groupby
from operator import itemgetter

from reconciler.reports.values import clean

_PLAIN = re.compile(r"\(?[^\W_](?:[^\W_]|['’°%&+,/-](?=[^\W_])|(?<=\d)\.(?=\d))*[),;:.%°’]{0,2}")
"""A word that no Markdown and no filter of GitHub's takes for anything but a word."""

_BETWEEN = frozenset("-–—&/%+×·")
"""Signs that mean nothing where a plain word stands before them."""

_MEANT = re.compile(
    r".*\b[0-9a-f]{7,}\b.*|.*\b[a-z]+-\d+\b.*|\d+[.)]|.*www.*", re.IGNORECASE | re.ASCII
)
"""What looks plain and is not: a commit, `GH-1` or `ABC-7`, an item of a list, an address."""

_RTL = frozenset({"R", "AL", "AN"})


def is_rtl(text: str) -> bool:
    """Whether something in the text runs from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in _RTL for char in text)


def is_plain(text: str) -> bool:
    """Whether a text may stand among our own words as it is."""
    first, *others = text.split(" ")
    if is_rtl(text) or text.endswith((".", ":", ";", ",")) or not _is_plain_word(first, False):
        return False
    return all(_is_plain_word(word, True) for word in others)


def _is_plain_word(word: str, inside: bool) -> bool:
    if word in _BETWEEN:
        return inside
    return bool(_PLAIN.fullmatch(word)) and not _MEANT.fullmatch(word)


def cut(text: str, most: int) -> str:
    """A text of at most about `most` characters that says how long it is."""
    if len(text) <= most:
        return text
    return f"{text[:most].rstrip()}… ({len(text):,} characters)"


def code(text: str) -> str:
    """The text as a code span: nothing in it means anything, and it stays on its line."""
    inner = clean(text)
    if not inner.strip():
        inner = f"“{inner}”"
    longest = max((len(run) for run in re.findall("`+", inner)), default=0)
    fence = "`" * (longest + 1)
    # A space on each side is taken off again, where the text is not all spaces.
    edged = inner[0] in "` " or inner[-1] in "` "
    return f"{fence} {inner} {fence}" if edged else f"{fence}{inner}{fence}"


def name(text: str, most: int = 120) -> str:
    """A name among our words: as it is where it is plain, else as code."""
    short = cut(clean(text), most)
    return short.replace("&", "&amp;") if is_plain(short) else code(short)


def linked(shown: str, address: str) -> str:
    """A name, made inert already, as a link; as it is where there is no address."""
    return f"[{shown}]({address})" if address else shown


def prose(text: str, most: int = 600) -> str:
    """A sentence that may hold outside text: plain words as they are, all else as code."""
    stands: list[tuple[bool, str]] = []
    for word in cut(clean(text), most).split(" "):
        stands.append((_stands(word, inside=bool(stands)), word))
    runs = []
    for plain, group in groupby(stands, key=itemgetter(0)):
        runs.append(_run(plain, " ".join(word for _, word in group)))
    return " ".join(runs)


def _stands(word: str, inside: bool) -> bool:
    return _is_plain_word(word, inside) and not is_rtl(word)


def _run(plain: bool, text: str) -> str:
    """Plain words, or code: without the backticks that a sentence of ours marks it with."""
    if plain:
        return text.replace("&", "&amp;")
    marked = re.fullmatch(r"(`?)([^`]*)\1([.,;:]?)", text)
    if marked is None or not marked[2]:
        return code(text)
    return code(marked[2]) + marked[3]


def code_html(text: str) -> str:
    """The text as code in a block of HTML, where Markdown means nothing."""
    return f"<code>{escaped(clean(text))}</code>"


def escaped(text: str) -> str:
    """For a block of HTML; no blank line may come of it, which would end the block."""
    return html.escape(text, quote=True)


def name_html(text: str, most: int = 120) -> str:
    """A name in a block of HTML, as `name` has it in Markdown."""
    short = cut(clean(text), most)
    return escaped(short) if is_plain(short) else code_html(short)


def between(before: str, after: str, texts: str) -> str:
    """`before → after`; where a text runs from right to left, the arrow still does not."""
    arrow = "&lrm;→&lrm;" if is_rtl(texts) else "→"
    return f"{before} {arrow} {after}"
