"""Random catalogs as people write them: blocks and brackets, nested and flat, quotes, comments,
anchors, defaults, rules, over several files and folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Texts = dict[str, str]
FILES = ("a.yaml", "b.yaml", "sub/c.yaml")
FLOW = st.booleans()


class Comments:
    """Comments, each a different one, where the strategy wants them."""

    def __init__(self, draw: st.DrawFn, seldom: int) -> None:
        self.draw, self.seldom, self.count = draw, seldom, 0

    def _some(self) -> bool:
        return self.draw(st.integers(0, self.seldom)) == 0

    def above(self, indent: int) -> list[str]:
        """A line of its own, or none."""
        if not self._some():
            return []
        self.count += 1
        return [f"{' ' * indent}# above {self.count}"]

    def behind(self) -> str:
        """Behind a value, or nothing."""
        if not self._some():
            return ""
        self.count += 1
        return f"   # behind {self.count}"


class Layout:
    """Data as lines of YAML, laid out at random."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.comments = Comments(draw, draw(st.sampled_from([1, 4, 1000])))
        self.indent = draw(st.sampled_from([0, 2, 4]))

    def scalar(self, text: str) -> str:
        """A text, in quotes or not."""
        return self.draw(st.sampled_from([text, text, f'"{text}"', f"'{text}'"]))

    def flow(self, value: Any) -> str:
        """A value in one line."""
        if isinstance(value, Mapping):
            inner = ", ".join(f"{key}: {self.flow(part)}" for key, part in value.items())
            return f"{{{inner}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.flow, value))}]"
        return self.scalar(value) if isinstance(value, str) else str(value)

    def entries(self, value: Mapping[str, Any], indent: int) -> list[str]:
        """A mapping as a block."""
        lines: list[str] = []
        for key, part in value.items():
            head = f"{' ' * indent}{key}:"
            lines += self.comments.above(indent)
            is_flow = not isinstance(part, Mapping | list) or self.draw(FLOW)
            if is_flow and not _holds_objects(part):
                lines.append(f"{head} {self.flow(part)}{self.comments.behind()}")
            elif isinstance(part, Mapping):
                lines += [f"{head}{self.comments.behind()}", *self.entries(part, indent + 2)]
            else:
                lines += [
                    f"{head}{self.comments.behind()}",
                    *self.items(part, indent + self.indent),
                ]
        return lines

    def items(self, value: list[Any], indent: int) -> list[str]:
        """A list as a block."""
        lines: list[str] = []
        for number, part in enumerate(value):
            lines += [""] if number and self.draw(st.booleans()) and _is_object(part) else []
            lines += self.comments.above(indent)
            if isinstance(part, Mapping) and not (self.draw(FLOW) and not _is_object(part)):
                first, *rest = self._without_lead(part, indent + 2)
                lines += [f"{' ' * indent}- {first.lstrip()}", *rest]
            else:
                lines.append(f"{' ' * indent}- {self.flow(part)}{self.comments.behind()}")
        return lines

    def _without_lead(self, part: Mapping[str, Any], indent: int) -> list[str]:
        lines = self.entries(part, indent)
        while lines[0].lstrip().startswith("#"):
            lines.pop(0)
        return lines


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and "key" in value


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and any(map(_is_object, value))


@st.composite
def catalogs(draw: st.DrawFn) -> Texts:
    """A valid catalog: file → text."""
    objects = draw(_objects())
    layout = Layout(draw)
    texts: Texts = {}
    spread: dict[str, dict[str, list[Any]]] = {name: {} for name in FILES}
    for section, found in objects.items():
        for item in found:
            file = draw(st.sampled_from(FILES))
            spread[file].setdefault(section, []).append(item)
    for file, sections in spread.items():
        if sections:
            lines = layout.entries(draw(st.permutations(list(sections.items())).map(dict)), 0)
            texts[file] = "\n".join(lines) + "\n"
    texts["reconciler.yaml"] = "\n".join(layout.entries(draw(_settings(objects)), 0)) + "\n"
    return texts


def _some(keys: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True)


@st.composite
def _objects(draw: st.DrawFn) -> dict[str, list[Any]]:
    attributes = [f"at{n}" for n in range(draw(st.integers(2, 3)))]
    categories = [f"ca{n}" for n in range(draw(st.integers(2, 4)))]
    products = [f"pr{n}" for n in range(draw(st.integers(2, 4)))]
    found: dict[str, list[Any]] = {
        "attributes": [{"key": key, "label": key.upper(), "type": "Text"} for key in attributes],
        "attribute_groups": [
            {"key": "gr0", "name": "Group", "attributes": draw(_some(attributes))}
        ],
        "categories": _tree(draw, categories),
        "collections": [],
        "resources": [],
        "files": [],
    }
    for number, key in enumerate(products):
        found["collections"] += _product(draw, key, number, attributes, categories)
    names = [*products, *(f"{key}-v" for key in products if _has_variant(found, key))]
    for number in range(draw(st.integers(1, 3))):
        resource = {"key": f"re{number}", "description": f"R{number}", "link": "https://x.example"}
        if draw(st.booleans()):
            resource["category"] = draw(st.sampled_from(categories))
        found["resources"].append({**resource, "collections": draw(_some(names))})
        file = {"key": f"fi{number}", "file_name": f"f{number}.jpg"}
        found["files"].append({**file, "collections": draw(_some(names))})
    return found


def _tree(draw: st.DrawFn, keys: list[str]) -> list[Any]:
    """Some categories nested, some flat."""
    found: list[Any] = []
    made: dict[str, dict[str, Any]] = {}
    for number, key in enumerate(keys):
        item: dict[str, Any] = {"key": key, "name": key.title()}
        above = draw(st.sampled_from([None, *keys[:number]]))
        made[key] = item
        if above is None:
            found.append(item)
        elif draw(st.booleans()):
            made[above].setdefault("children", []).append(item)
        else:
            found.append({**item, "parent": above})
            made[key] = found[-1]
    return found


def _product(
    draw: st.DrawFn, key: str, number: int, attributes: list[str], categories: list[str]
) -> list[Any]:
    values = {name: f"value {name.upper()}" for name in draw(_some(attributes))}
    item: dict[str, Any] = {"key": key, "name": f"Product {number}"}
    lines: dict[str, Any] = {
        "additional_title": f"T{number}",
        "category": draw(st.sampled_from(categories)),
        "categories": draw(_some(categories)),
        "lifecycle": {"ignore": [f"attributes.{draw(st.sampled_from(attributes))}"]},
        "attributes": values,
    }
    item |= {
        name: lines[name] for name in draw(st.permutations(list(lines))) if draw(st.booleans())
    }
    variant = {"key": f"{key}-v", "name": "Variant", "attributes": {attributes[0]: "x"}}
    sort = draw(st.sampled_from(["none", "nested", "flat"]))
    if sort == "nested":
        if "attributes" in item and draw(st.booleans()):
            item["inherit"] = list(values)[:1]
        return [{**item, "variants": [variant]}]
    return [item, {**variant, "variant_of": key}] if sort == "flat" else [item]


def _has_variant(found: Mapping[str, list[Any]], key: str) -> bool:
    flat = any(item.get("variant_of") == key for item in found["collections"])
    return flat or any(item["key"] == key and "variants" in item for item in found["collections"])


@st.composite
def _settings(draw: st.DrawFn, objects: Mapping[str, list[Any]]) -> dict[str, Any]:
    attributes = [item["key"] for item in objects["attributes"]]
    category = objects["categories"][0]["key"]
    product = objects["collections"][0]["key"]
    fields = [f"attributes.{attributes[0]}", "name"]
    return {
        "limits": {"deletes": 10},
        "ignore": [
            {"kind": "collection", "match": product, "fields": ["published_end_date"]},
            {"kind": "collection", "fields": fields[: draw(st.integers(1, 2))]},
        ],
        "rules": [
            {"under": [category], "require": attributes[:2], "level": "warning"},
            {"attribute": attributes[-1], "max_length": 80},
            {"unique": [attributes[0], "additional_title"], "level": "warning"},
        ],
    }
