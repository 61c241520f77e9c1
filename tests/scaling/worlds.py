"""Catalogs of one shape at any size, and accounts that hold what a catalog says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.catalog import load
from reconciler.kinds import KINDS, Type
from reconciler.model import Applied, Catalog, Entry, Live, LiveObject, Ref, Resource, State
from reconciler.paths import attribute_of, value_path
from tests.build import ACCOUNT, REGIONS

Texts = Mapping[str, str]
"""Catalog files by name."""

# --- shapes -------------------------------------------------------------------------------------


def _list(name: str, lines: list[str]) -> str:
    return f"{name}:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def plain(n: int) -> Texts:
    """Products of one category, each with a value of its own and one that all have."""
    attributes = ["key: care, label: Care, type: Text", "key: note, label: Note, type: Text"]
    products = [
        f"key: p-{i}, name: Product {i}, category: all, categories: [all],"
        f" attributes: {{care: Wash, note: Note {i}}}"
        for i in range(n)
    ]
    text = _list("attributes", attributes)
    return {
        "all.yaml": text
        + _list("categories", ["key: all, name: All"])
        + _list("collections", products)
    }


def files(n: int) -> Texts:
    """The same, a file an object, and a category for each."""
    found = {"base.yaml": _list("attributes", ["key: care, label: Care, type: Text"])}
    for i in range(n):
        product = f"key: p-{i}, name: Product {i}, category: c-{i}, attributes: {{care: Wash {i}}}"
        found[f"at/p-{i}.yaml"] = _list("categories", [f"key: c-{i}, name: C {i}"]) + _list(
            "collections", [product]
        )
    return found


def one_name(n: int) -> Texts:
    """Categories of one name in categories, with a product of one name, and one link to each."""
    above = [f"key: c-{i}, name: C {i}" for i in range(n)]
    below = [f"key: s-{i}, name: Sale, parent: c-{i}" for i in range(n)]
    products = [f"key: p-{i}, name: Cap, category: s-{i}, categories: [s-{i}]" for i in range(n)]
    links = [f"key: r-{i}, description: Care, link: https://x.example/{i}" for i in range(n)]
    return {
        "all.yaml": _list("categories", above + below)
        + _list("collections", products)
        + _list("resources", links)
    }


def family(n: int) -> Texts:
    """Variants of one product."""
    lines = ["key: dome, name: Dome, type: parent"]
    lines += [f"key: v-{i}, name: Size {i}, variant_of: dome" for i in range(n)]
    return {"all.yaml": _list("collections", lines)}


def families(n: int) -> Texts:
    """Products that each have a variant called M."""
    lines = [f"key: p-{i}, name: Dome {i}" for i in range(n)]
    lines += [f"key: m-{i}, name: M, variant_of: p-{i}" for i in range(n)]
    return {"all.yaml": _list("collections", lines)}


def option(n: int) -> Texts:
    """Products that have one option of one attribute."""
    head = "attributes:\n  - {key: color, label: Color, type: Pick List, options: [Red, Blue]}\n"
    lines = [f"key: p-{i}, name: P {i}, attributes: {{color: Red}}" for i in range(n)]
    return {"all.yaml": head + _list("collections", lines)}


def options(n: int) -> Texts:
    """An attribute with so many options, each of which one product has."""
    labels = ", ".join(f"Shade {i}" for i in range(n))
    line = f"key: color, label: Color, type: Pick List, multiple: true, options: [{labels}]"
    lines = [f"key: p-{i}, name: P {i}, attributes: {{color: [Shade {i}]}}" for i in range(n)]
    return {"all.yaml": _list("attributes", [line]) + _list("collections", lines)}


def group(n: int) -> Texts:
    """A group of so many attributes, and a product that has a value of each."""
    lines = [f"key: a-{i}, label: Attribute {i}, type: Text" for i in range(n)]
    keys = ", ".join(f"a-{i}" for i in range(n))
    values = ", ".join(f"a-{i}: Value {i}" for i in range(n))
    return {
        "all.yaml": _list("attributes", lines)
        + _list("attribute_groups", [f"key: g, name: Group, attributes: [{keys}]"])
        + _list("collections", [f"key: p, name: P, attributes: {{{values}}}"])
    }


def groups(n: int) -> Texts:
    """So many groups of one attribute each."""
    lines = [f"key: a-{i}, label: Attribute {i}, type: Text" for i in range(n)]
    held = [f"key: g-{i}, name: Group {i}, attributes: [a-{i}]" for i in range(n)]
    return {"all.yaml": _list("attributes", lines) + _list("attribute_groups", held)}


def held(n: int) -> Texts:
    """One product with all resources, and so many links to one more product at its end."""
    keys = ", ".join(f"r-{i}" for i in range(n))
    products = [f"key: p, name: P, resources: [{keys}]", "key: q, name: Q"]
    lines = [
        f"key: r-{i}, description: D {i}, link: https://x.example/{i}, collections: [q]"
        for i in range(n)
    ]
    return {"all.yaml": _list("collections", products) + _list("resources", lines)}


def link(n: int) -> Texts:
    """One resource that links to all products."""
    lines = [f"key: p-{i}, name: P {i}" for i in range(n)]
    keys = ", ".join(f"p-{i}" for i in range(n))
    link = f"key: r, description: D, link: https://x.example, collections: [{keys}]"
    return {"all.yaml": _list("collections", lines) + _list("resources", [link])}


def wide(n: int) -> Texts:
    """Categories of one category, told last first."""
    lines = [f"key: c-{i:04}, name: C {i}, parent: top" for i in reversed(range(n))]
    return {"all.yaml": _list("categories", [*lines, "key: top, name: Top"])}


DEEP = 20
"""Levels of a deep tree: a path is as long as its tree is deep, whatever is done."""


def deep(n: int) -> Texts:
    """Chains of categories, the deepest first."""
    lines = []
    for i in range(n):
        above = f", parent: c-{i + 1:04}" if (i + 1) % DEEP and i + 1 < n else ""
        lines.append(f"key: c-{i:04}, name: C {i}{above}")
    return {"all.yaml": _list("categories", lines)}


def chain(n: int) -> Texts:
    """One chain of categories, the deepest first."""
    lines = [f"key: c-{i:04}, name: C {i}, parent: c-{i + 1:04}" for i in range(n)]
    return {"all.yaml": _list("categories", [*lines, f"key: c-{n:04}, name: C {n}"])}


def placed(n: int) -> Texts:
    """One product in all categories."""
    lines = [f"key: c-{i}, name: C {i}" for i in range(n)]
    keys = ", ".join(f"c-{i}" for i in range(n))
    product = f"key: p, name: P, category: c-0, categories: [{keys}]"
    return {"all.yaml": _list("categories", lines) + _list("collections", [product])}


SHAPES: Mapping[str, Callable[[int], Texts]] = {
    "plain": plain,
    "files": files,
    "one name": one_name,
    "family": family,
    "families": families,
    "option": option,
    "options": options,
    "group": group,
    "groups": groups,
    "held": held,
    "link": link,
    "wide": wide,
    "deep": deep,
    "chain": chain,
    "placed": placed,
}


def written(folder: Path, texts: Texts) -> Path:
    """A catalog folder of these files."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


# --- accounts -----------------------------------------------------------------------------------


def id_of(ref: Ref) -> str:
    """The live id of an object."""
    return Text(f"id-{ref.kind}-{ref.key}")


def shown(catalog: Catalog) -> Live:
    """The account that holds what a catalog says, and nothing else."""
    return account([_object(catalog, item) for item in catalog.resources.values()])


def account(items: list[LiveObject], **rest: Any) -> Live:
    """An account of these objects."""
    objects: dict[str, dict[str, LiveObject]] = {kind: {} for kind in KINDS}
    for item in items:
        objects[item.kind][item.id] = item
    return Live(ACCOUNT, REGIONS, objects, **rest)


def _object(catalog: Catalog, item: Resource) -> LiveObject:
    fields: dict[str, Any] = {}
    for path, value in item.fields.items():
        row = KINDS[item.ref.kind].field(path)
        if row.type is Type.REFERENCE:
            fields[path] = id_of(Ref(row.to, str(value))) if value is not None else None
        elif row.type is Type.REFERENCES:
            fields[path] = tuple(id_of(Ref(row.to, key)) for key in value)  # type: ignore[union-attr]
        elif row.type is Type.OPTIONS:
            fields[path] = tuple((Text(f"o-{label}"), label, "") for label in value)  # type: ignore[union-attr]
        elif row.type is Type.VALUES:
            ref = Ref("attribute", attribute_of(path))
            picks = catalog.resources[ref].fields["type"] == "Pick List"
            raw = [Text(f"o-{label}") for label in value] if picks else value  # type: ignore[union-attr]
            fields[value_path(id_of(ref))] = raw
        else:
            fields[path] = value
    return LiveObject(item.ref.kind, id_of(item.ref), fields)


def managed(catalog: Catalog, live: Live) -> State:
    """The state after a run that left the account as the catalog says."""
    entries: dict[Ref, Entry] = {}
    for ref in catalog.resources:
        item = live.of(ref.kind)[id_of(ref)]
        applied: dict[str, Applied] = {}
        for path, value in item.fields.items():
            sent: Any = value
            row = KINDS[ref.kind].field(path)
            if row.type is Type.OPTIONS:
                sent = tuple(label for _, label, _ in value)
            elif isinstance(value, list):
                sent = tuple(Text(id_.removeprefix("o-")) for id_ in value)
            applied[path] = Applied(sent, value, True)
        entries[ref] = Entry(ref, item.id, applied)
    return State(ACCOUNT, entries)


class Text(str):
    """A text whose comparisons are steps: a dictionary makes one at most, a list one for each."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> bool:
        return str.__ne__(self, other)  # type: ignore[no-any-return]


def counted(value: Any) -> Any:
    """A value with counted texts."""
    if type(value) is str:
        return Text(value)
    if isinstance(value, tuple):
        return tuple(map(counted, value))
    if isinstance(value, Mapping):
        return {counted(key): counted(part) for key, part in value.items()}
    return value


def loaded(folder: Path, texts: Texts) -> Catalog:
    """What the files say, in counted texts."""
    found = load(written(folder, texts))
    resources: dict[Ref, Resource] = {}
    for item in found.resources.values():
        ref = Ref(item.ref.kind, counted(item.ref.key))
        resources[ref] = replace(item, ref=ref, fields=counted(item.fields))
    return replace(found, resources=resources)
