"""Scalars and lists out of nodes, read by what the field is (contract 1.4).

Each function takes a node and the words for what is read (`name`, `attribute 'color'`) and
returns the canonical value, None where it is cleared, or raises `Unfit`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from reconciler import normalize
from reconciler.catalog.draft import Refused, Unfit
from reconciler.model import Number
from reconciler.quoting import quoted
from reconciler.yamlfile import Map, Node, Scalar, Seq, number_of

DATES = "write 2025-01-31 or 2025-01-31T10:00:00Z"


def readable(node: Node) -> None:
    """Nothing more is said of a part that the schema has refused."""
    if isinstance(node, Refused):
        raise Unfit(node.place, "")


def scalar(node: Node, name: str, wants: str) -> Scalar | None:
    """The scalar; None for null and for an empty text, which both clear."""
    readable(node)
    if not isinstance(node, Scalar):
        raise Unfit(node.place, f"{name} takes {wants}, not {_shown(node)}")
    return None if node.is_null or node.text == "" else node


def text(node: Node, name: str) -> str | None:
    """The characters that were typed."""
    # Nearly all that is read goes this way.
    if type(node) is Scalar:
        return None if node.text == "" or node.is_null else node.text
    found = scalar(node, name, "a text")
    return found.text if found else None


def boolean(node: Node, name: str) -> bool | None:
    """Only true and false."""
    found = scalar(node, name, "true or false")
    if found is None:
        return None
    if found.as_bool is None:
        what = f"{name} takes true or false, not {_shown(found)}"
        raise Unfit(found.place, what, _unquote(found))
    return found.as_bool


def _unquote(found: Scalar) -> str:
    return "" if found.plain or found.text not in ("true", "false") else "leave out the quotes"


def number(node: Node, name: str) -> Number | None:
    """A number of JSON's grammar in the spelling that was typed; quoted ones too."""
    found = scalar(node, name, "a number")
    if found is None:
        return None
    parsed = number_of(found.text)
    if parsed is None:
        what = f"{name} takes a number, not {_shown(found)}"
        raise Unfit(found.place, what, "write it like 12.5, without unit or separators")
    return parsed


_moment = lru_cache(maxsize=10_000)(normalize.instant)
"""Of ten thousand objects most share a few days."""


def instant(node: Node, name: str) -> str | None:
    """`YYYY-MM-DDTHH:MM:SSZ`; a day is midnight UTC."""
    found = scalar(node, name, "a date")
    if found is None:
        return None
    moment = _moment(found.text)
    if moment is None:
        raise Unfit(found.place, f"{name} takes a date, not {_shown(found)}", DATES)
    return moment


def items(node: Node) -> Sequence[Node]:
    """The elements of what the schema has found to be a list; of null and else none."""
    return node.items if isinstance(node, Seq) else ()


def entries(node: Node) -> Collection[tuple[Scalar, Node]]:
    """The entries of what the schema has found to be a mapping; of null and else none."""
    return node.entries if isinstance(node, Map) else ()


def mapping(node: Node, name: str) -> Map:
    """A mapping."""
    readable(node)
    if not isinstance(node, Map):
        raise Unfit(node.place, f"{name} takes a mapping, not {_shown(node)}")
    return node


def filled(node: Node, name: str) -> str:
    """A text that must not be empty, such as a key or a label."""
    found = text(node, name)
    if found is None:
        raise Unfit(node.place, f"{name} must not be empty")
    return found


def _shown(node: Node) -> str:
    """What stands there instead: a quoted text, `nothing`, `a list` or `a mapping`."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else quoted(node.text)
    return "a list" if isinstance(node, Seq) else "a mapping"
