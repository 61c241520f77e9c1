"""The objects of a catalog and what they depend on, as DOT, Mermaid and JSON (`pxm graph`).

An arrow goes from an object to what it needs.  A picture of thousands of products shows
nothing, so a large catalog is drawn folded: products as counts by category, attributes as counts
by group, and, where that is still too much, categories below the top as counts.  A target
(`--target category/jackets/`) narrows it to what can be drawn in full.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.kinds import KINDS, ORDER, Type
from reconciler.model import Catalog, Ref, Resource, Value
from reconciler.reports.items import NOUNS
from reconciler.reports.jsontext import document
from reconciler.reports.values import clean

MOST_BOXES, MOST_ARROWS = 120, 160
"""What can be looked at; over either of them more is folded.  Mermaid gives up at 500 arrows."""

NO_VALUES = "Which attributes the products have is left out; narrow it with --target KIND/KEY/"

LABEL, NOTE = 60, 200
"""Characters of a name in a box, and of the note below."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: `token` is what it stands for, `kind` decides its shape and colour."""

    token: str
    kind: str
    lines: tuple[str, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in order, arrows from the token of one to that of another, and what is left out."""

    nodes: tuple[Box, ...]
    arrows: tuple[tuple[str, str], ...]
    note: str = ""

    @property
    def small(self) -> bool:
        """Whether it can be looked at."""
        return len(self.nodes) <= MOST_BOXES and len(self.arrows) <= MOST_ARROWS


def drawing(catalog: Catalog, focus: Collection[Ref] | None = None) -> Drawing:
    """What is drawn of a catalog, or of the objects in focus and what they name."""
    refs = _in_focus(catalog, focus)
    for fold, values in _ATTEMPTS:
        made = _drawn(catalog, refs, fold, values)
        if made.small:
            return made
    return _drawn(catalog, refs, _by_kind, True)


def _in_focus(catalog: Catalog, focus: Collection[Ref] | None) -> list[Ref]:
    """In the order of kinds and keys, so that files and their order mean nothing."""
    chosen = set(catalog.resources)
    if focus is not None:
        wanted = chosen & set(focus)
        needed = set(wanted)
        for ref in wanted:
            needed.update(other for other, _ in _needs(catalog.resources[ref]))
        chosen &= needed
    order = {kind.name: index for index, kind in enumerate(ORDER)}
    return sorted(chosen, key=lambda ref: (order[ref.kind], ref.key))


def _needs(resource: Resource) -> Iterator[tuple[Ref, bool]]:
    """The objects that an object names, and whether it has but a value of theirs."""
    for path, value in resource.fields.items():
        item = KINDS[resource.ref.kind].field(path)
        if item.type is Type.VALUES:
            yield Ref("attribute", path.partition(".")[2]), True
        elif item.type in (Type.REFERENCE, Type.REFERENCES) and item.to:
            for key in _keys(value):
                yield Ref(item.to, key), False


def _keys(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(map(str, value))
    return (str(value),) if value else ()


def _first(resource: Resource, name: str) -> str | None:
    """The first key in a field of references."""
    return next(iter(_keys(resource.fields.get(name))), None)


# --- folding ------------------------------------------------------------------------------------

Fold = Callable[[Catalog, Ref], tuple[str, str]]
"""The token of the box that an object is drawn in, and the box's title; "" for its own name."""


def _itself(_: Catalog, ref: Ref) -> tuple[str, str]:
    return str(ref), ""


def _by_container(catalog: Catalog, ref: Ref) -> tuple[str, str]:
    """Categories and groups themselves; all else as counts, by category or group."""
    if ref.kind in ("category", "attribute_group"):
        return str(ref), ""
    holder = _group_of(catalog, ref) if ref.kind == "attribute" else _category_of(catalog, ref)
    return _inside(catalog, ref, holder)


def _by_top(catalog: Catalog, ref: Ref) -> tuple[str, str]:
    """Counts by topmost category."""
    if ref.kind in ("attribute", "attribute_group"):
        return ref.kind, ""
    return _inside(catalog, ref, _top(catalog, ref))


def _by_kind(_: Catalog, ref: Ref) -> tuple[str, str]:
    return ref.kind, ""


_ATTEMPTS: tuple[tuple[Fold, bool], ...] = (
    (_itself, True),
    (_by_container, True),
    (_by_container, False),
    (_by_top, True),
    (_by_top, False),
)
"""Ever coarser folds, each with the values of products and then without; the first that can be
looked at is drawn."""


def _inside(catalog: Catalog, ref: Ref, holder: Ref | None) -> tuple[str, str]:
    title = f" in {_label(catalog, holder)}" if holder else " that stand alone"
    return f"{ref.kind} of {holder or ''}", title


def _category_of(catalog: Catalog, ref: Ref) -> Ref | None:
    """The first category of an object; of a variant its product's."""
    resource = catalog.resources.get(ref)
    if resource is None:
        return None
    for name in ("category", "categories"):
        key = _first(resource, name)
        if key is not None:
            return Ref("category", key)
    for name in ("variant_of", "collections"):
        key = _first(resource, name)
        if key is not None:
            return _category_of(catalog, Ref("collection", key))
    return None


def _group_of(catalog: Catalog, ref: Ref) -> Ref | None:
    groups = (item.ref for item in catalog.of("attribute_group") if ref.key in _members(item))
    return min(groups, default=None)


def _members(resource: Resource) -> tuple[str, ...]:
    return _keys(resource.fields.get("attributes"))


def _top(catalog: Catalog, start: Ref) -> Ref | None:
    ref = start if start.kind == "category" else _category_of(catalog, start)
    seen: set[Ref] = set()
    while ref is not None and ref not in seen:
        seen.add(ref)
        resource = catalog.resources.get(ref)
        above = _first(resource, "parent") if resource else None
        if above is None:
            return ref
        ref = Ref("category", above)
    return ref


def _label(catalog: Catalog, ref: Ref) -> str:
    resource = catalog.resources.get(ref)
    title = resource.fields.get(KINDS[ref.kind].title) if resource else None
    return str(title or ref.key)


def _drawn(catalog: Catalog, refs: list[Ref], fold: Fold, values: bool) -> Drawing:
    boxes = {ref: fold(catalog, ref) for ref in refs}
    inside: dict[str, list[Ref]] = {}
    for ref, (token, _) in boxes.items():
        inside.setdefault(token, []).append(ref)
    position = {token: index for index, token in enumerate(inside)}
    arrows = sorted(
        _arrows(catalog, boxes, values), key=lambda pair: (position[pair[0]], position[pair[1]])
    )
    nodes = tuple(_node(catalog, there, boxes[there[0]]) for there in inside.values())
    return Drawing(nodes, tuple(arrows), "" if values else NO_VALUES)


def _arrows(
    catalog: Catalog, boxes: Mapping[Ref, tuple[str, str]], values: bool
) -> set[tuple[str, str]]:
    """From box to box, none within one; with `values` also for the values that products have."""
    found = set()
    for ref, (token, _) in boxes.items():
        for needed, is_value in _needs(catalog.resources[ref]):
            if needed not in boxes or (is_value and not values):
                continue
            target, _ = boxes[needed]
            if target != token:
                found.add((token, target))
    return found


def _node(catalog: Catalog, there: list[Ref], box: tuple[str, str]) -> Box:
    """One object by name and key, or several as a count."""
    token, title = box
    ref = there[0]
    if token == str(ref):
        return Box(token, ref.kind, (_label(catalog, ref), str(ref)))
    sorts = Counter(_sort(catalog.resources[item]) for item in there)
    counts = []
    for sort, (one, several) in NOUNS.items():
        if sorts[sort]:
            counts.append(f"{sorts[sort]:,} {one if sorts[sort] == 1 else several}")
    return Box(token, ref.kind, (f"{', '.join(counts)}{title}",), folded=True)


def _sort(resource: Resource) -> str:
    """The row of `NOUNS` that it is counted in."""
    return "variant" if resource.fields.get("variant_of") else resource.ref.kind


# --- JSON ---------------------------------------------------------------------------------------


def graph_json(catalog: Catalog, focus: Collection[Ref] | None = None) -> str:
    """Every object and every dependency, for programs: nothing is folded.

    `value` says that an object has but a value of an attribute.
    """
    refs = _in_focus(catalog, focus)
    drawn = set(refs)
    objects = [{"object": str(ref), "label": _label(catalog, ref)} for ref in refs]
    needs = []
    for ref in refs:
        for needed, is_value in _needs(catalog.resources[ref]):
            if needed in drawn:
                needs.append({"from": str(ref), "to": str(needed), "value": is_value})
    return document({"objects": objects, "needs": needs})


# --- DOT ----------------------------------------------------------------------------------------

_SHAPES: Mapping[str, tuple[str, str]] = {
    "category": ("folder", "#fff2d6"),
    "attribute": ("ellipse", "#e3eefb"),
    "attribute_group": ("component", "#e3eefb"),
    "collection": ("box", "#dcf5e3"),
    "resource": ("note", "#f0e6fa"),
    "file": ("note", "#f0e6fa"),
}


def graph_dot(catalog: Catalog, focus: Collection[Ref] | None = None) -> str:
    """For Graphviz: `pxm graph | dot -Tsvg`."""
    made = drawing(catalog, focus)
    ids = _ids(made.nodes)
    lines = ["digraph catalog {", "  rankdir=RL;"]
    lines.append('  node [fontname="sans-serif", fontsize=11, style=filled, color="#5a636b"];')
    lines.append('  edge [fontname="sans-serif", fontsize=9, color="#5a636b"];')
    if made.note:
        lines.append(f'  label="{_dot(made.note, NOTE)}"; fontname="sans-serif"; fontsize=11;')
    for node in made.nodes:
        shape, fill = _SHAPES[node.kind]
        label = "\\n".join(_dot(text) for text in node.lines)
        double = ", peripheries=2" if node.folded and shape in ("box", "ellipse") else ""
        lines.append(
            f'  {ids[node.token]} [label="{label}", shape={shape}, fillcolor="{fill}"{double}];'
        )
    lines += [f"  {ids[source]} -> {ids[target]};" for source, target in made.arrows]
    return "\n".join([*lines, "}"]) + "\n"


def _ids(nodes: Iterable[Box]) -> dict[str, str]:
    """Names of boxes that no text of the catalog is part of."""
    return {node.token: f"n{number}" for number, node in enumerate(nodes, 1)}


def _short(text: str, most: int) -> str:
    shown = clean(text)
    return shown if len(shown) <= most else f"{shown[:most].rstrip()}…"


def _dot(text: str, most: int = LABEL) -> str:
    """Inside quotes: backslashes begin escapes, ampersands entities."""
    shown = _short(text, most).replace("&", "&amp;")
    return shown.replace("\\", "\\\\").replace('"', '\\"')


# --- Mermaid ------------------------------------------------------------------------------------

_MERMAID: Mapping[str, tuple[str, str]] = {
    "category": ('[["', '"]]'),
    "attribute": ('(["', '"])'),
    "attribute_group": ('{{"', '"}}'),
    "collection": ('["', '"]'),
    "resource": ('>"', '"]'),
    "file": ('>"', '"]'),
}
_CLASSES: Mapping[str, str] = {
    "category": "fill:#fff2d6,stroke:#7a4a00,color:#1c2024",
    "attribute": "fill:#e3eefb,stroke:#0b5cad,color:#1c2024",
    "attribute_group": "fill:#e3eefb,stroke:#0b5cad,color:#1c2024",
    "collection": "fill:#dcf5e3,stroke:#0a5c2b,color:#1c2024",
    "resource": "fill:#f0e6fa,stroke:#5b2a86,color:#1c2024",
    "file": "fill:#f0e6fa,stroke:#5b2a86,color:#1c2024",
}
_MEANS_NOTHING = re.compile(r"[^\w .,/-]")


def graph_mermaid(catalog: Catalog, focus: Collection[Ref] | None = None) -> str:
    """For a Markdown page on GitHub, between fences of the language `mermaid`."""
    made = drawing(catalog, focus)
    ids = _ids(made.nodes)
    lines = ["flowchart RL"]
    if made.note:
        lines.append(f'  note["{_mermaid(made.note, NOTE)}"]')
    for node in made.nodes:
        opening, closing = _MERMAID[node.kind]
        label = "<br/>".join(_mermaid(text) for text in node.lines)
        lines.append(f"  {ids[node.token]}{opening}{label}{closing}:::{node.kind}")
    lines += [f"  {ids[source]} --> {ids[target]}" for source, target in made.arrows]
    used = {node.kind for node in made.nodes}
    lines += [f"  classDef {kind} {style};" for kind, style in _CLASSES.items() if kind in used]
    return "\n".join(lines) + "\n"


def _mermaid(text: str, most: int = LABEL) -> str:
    """Every sign as its number: a label is Markdown and HTML there, and has keywords."""
    return _MEANS_NOTHING.sub(lambda match: f"#{ord(match[0])};", _short(text, most)).replace(
        "_", "#95;"
    )
