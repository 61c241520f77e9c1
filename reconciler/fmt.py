"""Catalog files in canonical order and shape (contract 1.7): comments stay, and what is loaded
is the same, which each file is held against before it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.catalog.objects import LISTS, NESTS
from reconciler.catalog.order import field_order
from reconciler.catalog.published import DEFAULTS
from reconciler.kinds import PLURALS
from reconciler.model import Place, Problem
from reconciler.yamlfile import DEFAULT_MAX_BYTES, Map, Node, Scalar, Seq, parse
from reconciler.yamltext.canonical import canonical
from reconciler.yamltext.remarks import all_comments
from reconciler.yamltext.spans import Outline, outline

SECTIONS = (
    "defaults",
    "categories",
    "attributes",
    "attribute_groups",
    "collections",
    "resources",
    "files",
    "moved",
    "removed",
)
SETTINGS_ORDER = (
    "prune",
    "drift",
    "limits",
    "arrays",
    "natural_keys",
    "ignore",
    "rules",
    "environments",
    "rate",
)
ENVIRONMENT_ORDER = ("state", "base_url", "regions", *SETTINGS_ORDER)
_INNER: Mapping[str, Sequence[str]] = {
    "lifecycle": ("prevent_destroy", "ignore"),
    "options": ("label", "was"),
    "fields": ("label", "type"),
    "moved": ("kind", "from", "to"),
    "removed": ("kind", "key", "destroy"),
}


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file's text in canonical shape, or the problems for which it is left as it is."""

    text: str
    problems: tuple[Problem, ...] = ()


def formatted(data: bytes, file: str) -> Formatted:
    """The canonical text of a catalog file, or of the settings: its sections tell which.

    A file that cannot be read, or would not be read as the same, has problems instead.
    """
    before, problems = parse(data, file, max_bytes=DEFAULT_MAX_BYTES)
    if problems:
        return Formatted("", tuple(problems))
    text = data.decode("utf-8-sig")
    if before is None:
        return Formatted(_only_comments(text))
    on = outline(text.replace("\r\n", "\n"))
    for order in (_settings_order if _is_settings(before) else _catalog_order, _as_it_stands):
        new = canonical(on, order)
        if _same(new, before, on, file):
            return Formatted(new)
    what = "it would not be read as the same after formatting, and is left as it is"
    hint = "write its anchors, or comments in brackets, in a plainer way"
    return Formatted("", (Problem(Place(file), what, hint),))


def _is_settings(root: Node) -> bool:
    """Whether a file holds settings, which have an order of their own."""
    names = {key.text for key, _ in root.entries} if isinstance(root, Map) else set()
    return not names.isdisjoint(SETTINGS_ORDER)


def _only_comments(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(lines).strip("\n") + "\n" if any(lines) else ""


def _same(text: str, before: Node, on: Outline, file: str) -> bool:
    """It reads as the same, has the same comments, and is as it would be after another time."""
    after, problems = parse(text.encode("utf-8"), file)
    if problems or after is None or not alike(before, after):
        return False
    return _words(outline(text)) == _words(on)


def _words(on: Outline) -> Counter[str]:
    return Counter(text for _, text in all_comments(on))


def alike(one: Node, other: Node) -> bool:
    """Two documents say the same: the order of mapping entries and the places do not count."""
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return _sense(one) == _sense(other)
    if isinstance(one, Seq) and isinstance(other, Seq):
        is_as_long = len(one.items) == len(other.items)
        return is_as_long and all(map(alike, one.items, other.items))
    if isinstance(one, Map) and isinstance(other, Map):
        mine, theirs = _by_key(one), _by_key(other)
        return mine.keys() == theirs.keys() and all(alike(mine[k], theirs[k]) for k in mine)
    return False


def _by_key(node: Map) -> dict[str, Node]:
    return {key.text: value for key, value in node.entries}


def _sense(scalar: Scalar) -> tuple[str, bool, bool | None, bool]:
    number = scalar.as_number
    return (scalar.text, scalar.is_null, scalar.as_bool, number is not None)


# --- in which order -----------------------------------------------------------------------------


def _catalog_order(path: tuple[str, ...]) -> Sequence[str]:
    """The order of a mapping by the keys above it."""
    if not path:
        return SECTIONS
    if path == ("defaults",):
        return tuple(DEFAULTS)
    if path[0] == "defaults" and len(path) == 2 and path[1] in LISTS:
        return field_order(LISTS[path[1]].name)
    names = [name for name in path if name != "*"]
    lists = {nest.list for nest in NESTS.values()}
    if path[-1] == "*" and all(name in lists for name in names[1:]) and names[0] in PLURALS:
        return field_order(PLURALS[names[0]].name)
    return _INNER.get(names[-1], ())


def _settings_order(path: tuple[str, ...]) -> Sequence[str]:
    if not path:
        return SETTINGS_ORDER
    is_environment = len(path) == 2 and path[0] == "environments"
    return ENVIRONMENT_ORDER if is_environment else ()


def _as_it_stands(_: tuple[str, ...]) -> Sequence[str]:
    """An alias must stand after its anchor: where another order breaks that, none is made."""
    return ()


# --- files --------------------------------------------------------------------------------------


def sources(paths: Sequence[Path]) -> Iterator[Path]:
    """Every YAML file of the paths, folders walked as the catalog is: hidden ones are skipped."""
    for path in paths:
        if path.is_dir():
            yield from sorted(_below(path))
        else:
            yield path


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _below(path)
        elif path.suffix.lower() in (".yaml", ".yml"):
            yield path
