"""A small catalog in which every place that can name a key does, and the lines of a patch."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

from reconciler.catalog import load
from reconciler.model import Catalog
from reconciler.refactor.work import Patch

SHOP = {
    "attributes.yaml": """\
attributes:
  - {key: color, label: Color, type: Text}
  - {key: size, label: Size, type: Text}   # of people
  - key: gtin
    label: GTIN
    type: Text
attribute_groups:
  - key: looks
    name: Looks
    attributes: [color, size]
""",
    "categories.yaml": """\
categories:
  - key: apparel
    name: Apparel
    # what is worn outside
    children:
      # the best of them
      - key: jackets
        name: Jackets
      - key: "shirts"
        name: Shirts
  - {key: new-in, name: New in, parent: apparel}
""",
    "products/jackets.yaml": """\
# yaml-language-server: $schema=../../schemas/catalog.schema.json
defaults:
  collections:
    category: jackets

collections:
  # sells by itself
  - key: rain
    name: Rain
    categories: [new-in, 'shirts']   # both
    inherit:
      - color
    lifecycle: {ignore: [attributes.size]}
    attributes:
      color: Blue
      size: "M"
    variants:
      - key: rain-m
        name: Rain M
        attributes: {size: M, gtin: "1"}
      # larger
      - key: rain-l
        name: Rain L

  - key: sun
    name: Sun
""",
    "products/more.yaml": """\
collections:
  - key: rain-xl
    variant_of: rain
    name: Rain XL
resources:
  - key: guide
    description: Guide
    link: https://example.com/guide
    category: jackets
    collections: [rain]
  - key: video
    description: Video
    link: https://example.com/video
    collections:
      - rain-m   # only this
      - rain
files:
  - key: hero
    file_name: hero.jpg
    collections: [rain, sun]
  - key: drawing
    file_name: drawing.pdf
    collections: [rain-xl]
moved:
  - {kind: collection, from: wet, to: rain}
""",
    "reconciler.yaml": """\
natural_keys: {collection: "attribute:gtin"}
ignore:
  - {kind: collection, match: rain, fields: [attributes.color]}
  - {kind: collection, match: "rain-*", fields: [name]}
  - {kind: collection, fields: [attributes.size, name]}
rules:
  - {under: jackets, require: [size], when: [color, size]}
  - {under: [jackets, shirts], require: [color], require_groups: [looks], level: warning}
  - {attribute: gtin, pattern: "[0-9]"}
  - {unique: [size, gtin], level: warning}
  - {field: category, allowed: [jackets]}
""",
}


def shop(folder: Path, files: dict[str, str] = SHOP) -> Path:
    """The catalog as a folder; it is valid."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    load(folder)
    return folder


def texts(folder: Path) -> dict[str, str]:
    """Every file of a catalog as it is."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {x.relative_to(folder).as_posix(): x.read_bytes().decode("utf-8") for x in paths}


def lines(patch: Patch) -> list[str]:
    """What a patch takes out and puts in, over all files."""
    found: list[str] = []
    for name, text in sorted(patch.after.items()):
        before = patch.before.get(name, "")
        sides = (before.splitlines(), (text or "").splitlines())
        diff = unified_diff(*sides, name, name, n=0, lineterm="")
        found += [line for line in diff if line[:3] not in ("---", "+++") and line[0] in "+-"]
    return found


def written(patch: Patch) -> Catalog:
    """The catalog once the patch is written; it is valid."""
    patch.write()
    return load(patch.folder)
