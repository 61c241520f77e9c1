"""The published schema of a catalog, made from the table of kinds (contract 1.5).

    python -m reconciler.catalog.published schemas/catalog.schema.json

What a field takes follows from its type in `kinds`; what the YAML has besides is in `OWN`; what
people read, in the order in which editors propose it, in the tables of words.  A test holds the
file in `schemas/` against this.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.catalog.texts import LONG_TEXTS
from reconciler.kinds import KEY, KINDS, LONGEST_KEY, PART_TYPES, VALUE_TYPES, Field, Type

Part = Mapping[str, Any]
"""A part of a JSON Schema."""

TITLE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "pxm catalog",
    "description": "One file of a product catalog that pxm keeps the same as a PXM account. "
    "Keys are references inside the catalog; a field that is absent is left alone, null clears "
    "it.",
    "type": "object",
}


def _ref(name: str) -> Part:
    return {"$ref": f"#/$defs/{name}"}


def _list(name: str) -> Part:
    return {"type": ["array", "null"], "items": _ref(name)}


# --- what a field takes -------------------------------------------------------------------------

FORMS: Mapping[Type, Part] = {
    Type.TEXT: _ref("optional_text"),
    Type.BOOLEAN: _ref("flag"),
    Type.MULTIPLE: {"type": "boolean", "default": False},
    Type.INSTANT: _ref("date"),
    Type.REFERENCE: _ref("optional_reference"),
    Type.REFERENCES: _list("reference"),
    Type.REGIONS: _ref("regions"),
    Type.VALUES: _ref("values"),
    Type.OPTIONS: _list("option"),
    Type.SUBFIELDS: _list("subfield"),
}

WORD_FORMS: Mapping[str, Part] = {
    "attribute": {"enum": list(VALUE_TYPES)},
    "collection": {"enum": ["parent"]},
}
"""The words of the field `type`, by kind."""

OWN: Mapping[str, Part] = {
    "key": _ref("key"),
    "children": _list("category"),
    "variants": _list("collection"),
    "inherit": _list("reference"),
    "resources": _list("reference"),
    "files": _list("reference"),
    "path": {"type": "string", "minLength": 1},
    "id": _ref("id"),
    "external": {"type": "boolean"},
    "only": _ref("only"),
    "lifecycle": _ref("lifecycle"),
}
"""Fields that the YAML has and the API has not."""


def _takes(kind: str, name: str) -> Part:
    if name in OWN:
        return OWN[name]
    item: Field = KINDS[kind].field(name)
    if (kind, name) in LONG_TEXTS:
        return _ref("text_or_file")
    if item.type is Type.WORD:
        return WORD_FORMS[kind]
    return _ref("name") if item.type is Type.TEXT and item.required else FORMS[item.type]


# --- what people read ---------------------------------------------------------------------------

Words = tuple[str, str, list[Any]]
"""Title, description, examples."""

_SHARED: Mapping[str, Words] = {
    "regions": (
        "Regions",
        "Regions by name, or by id. They can be changed and never be emptied: leave the line out to leave them alone.",
        [["US", "EU"]],
    ),
    "published_start_date": (
        "Published from",
        "The first moment of being published: a day (midnight UTC) or an instant.",
        ["2025-01-01", "2025-01-01T08:00:00Z"],
    ),
    "published_end_date": (
        "Published until",
        "The last moment of being published; not before the start. Null clears.",
        ["2025-12-31", "2025-12-31T23:59:59Z"],
    ),
    "id": (
        "Live id",
        "Pins it to a live object: its id, ids by environment, or `new` where a near match is not meant.",
        ["5f1c2d9a", {"staging": "5f1c2d9a", "production": "77ab01c4"}, "new"],
    ),
    "external": (
        "External",
        "True: it belongs to somebody else. It must exist, lends its id, and is never touched.",
        [True],
    ),
    "only": (
        "Only",
        "The environments of reconciler.yaml that have it, with all that is nested in it; without this line all have it.",
        [["staging"]],
    ),
    "lifecycle": (
        "Lifecycle",
        "What a run may not do to it: delete it, or touch the fields that are left to the web interface.",
        [{"prevent_destroy": True, "ignore": ["published_end_date", "attributes.color"]}],
    ),
}
"""Fields that mean the same wherever they stand."""


def _key(kind: str, *examples: str) -> Words:
    return (
        "Key",
        f"Names this {kind} inside the catalog and never reaches the API: parts of letters, digits "
        f"and . _ - joined by /, at most {LONGEST_KEY} characters, unique among its kind.",
        list(examples),
    )


def _values(kind: str) -> Words:
    return (
        "Attribute values",
        f"Values of attributes of this {kind}, by the attribute's key; read by the attribute's "
        "type. Null clears a value.",
        [{"material": "Nylon", "color": ["Blue"], "size-chart": {"Chest": 90}}],
    )


FIELDS: Mapping[str, Mapping[str, Words | None]] = {
    "category": {
        "key": _key("category", "jackets", "men/jackets"),
        "name": ("Name", "The category's name.", ["Jackets"]),
        "parent": (
            "Parent",
            "The key of the category above it. Neither parent nor nested in children: top level.",
            ["apparel"],
        ),
        "children": (
            "Children",
            "The categories below it; as good as a flat list with `parent`.",
            [[{"key": "jackets", "name": "Jackets"}]],
        ),
        "regions": None,
        "published": ("Published", "Whether it is published; null clears.", [True, False]),
        "published_start_date": None,
        "published_end_date": None,
        "resources": (
            "Resources",
            "Keys of the resources that belong to this category; as good as their `category`.",
            [["care-guide"]],
        ),
        "attributes": _values("category"),
        "id": None,
        "external": None,
        "only": None,
        "lifecycle": None,
    },
    "attribute": {
        "key": _key("attribute", "color"),
        "label": ("Label", "What people see in the web interface.", ["Color"]),
        "type": (
            "Type",
            "What its values are. A type cannot be changed later.",
            ["Text", "Pick List"],
        ),
        "options": (
            "Options",
            "The options of a Pick List; `was` renames one in place.",
            [["Blue", {"label": "Crimson", "was": "Red"}]],
        ),
        "multiple": (
            "Multiple",
            "A Pick List from which several options may be chosen. It cannot go back to false.",
            [True],
        ),
        "fields": (
            "Sub-fields",
            "The sub-fields of a List, in order.",
            [[{"label": "Chest", "type": "Number"}]],
        ),
        "regions": None,
        "id": None,
        "external": None,
        "only": None,
        "lifecycle": None,
    },
    "attribute_group": {
        "key": _key("attribute group", "looks"),
        "name": ("Name", "The group's name.", ["Looks"]),
        "attributes": (
            "Attributes",
            "Keys of the attributes that the group shows.",
            [["color", "size"]],
        ),
        "id": None,
        "external": None,
        "only": None,
        "lifecycle": None,
    },
    "collection": {
        "key": _key("product", "rain-jacket"),
        "name": ("Name", "The product's name.", ["Rain Jacket"]),
        "additional_title": (
            "Additional title",
            "A second name, in most accounts the SKU: what a lost state recognises the product by.",
            ["SKU-BRJ-001"],
        ),
        "category": (
            "Primary category",
            "The key of the primary category; a membership too.",
            ["jackets"],
        ),
        "categories": (
            "Further categories",
            "Keys of further categories that it is a member of.",
            [["new-in", "outlet"]],
        ),
        "type": (
            "Type",
            "`parent` for a product that will have variants. One that lists variants is a parent anyway.",
            ["parent"],
        ),
        "variants": (
            "Variants",
            "The variants of this product; one level only.",
            [[{"key": "rain-jacket-m", "name": "Rain Jacket - M"}]],
        ),
        "variant_of": (
            "Variant of",
            "The key of the product that it is a variant of; the flat way to say `variants`.",
            ["rain-jacket"],
        ),
        "inherit": (
            "Inherit",
            "Keys of attributes whose values this parent hands to its variants; what a variant says "
            "itself wins, null too.",
            [["material", "care"]],
        ),
        "published": (
            "Published",
            "Whether it is published. With true goes a published_start_date; null clears.",
            [True, False],
        ),
        "published_start_date": None,
        "published_end_date": None,
        "regions": None,
        "resources": (
            "Resources",
            "Keys of the resources that are linked to this product; as good as their `collections`.",
            [["care-guide"]],
        ),
        "files": (
            "Files",
            "Keys of the files that this product shows; as good as their `collections`. The order is for people: the service keeps none.",
            [["rain-jacket-hero"]],
        ),
        "attributes": _values("product"),
        "id": None,
        "external": None,
        "only": None,
        "lifecycle": None,
    },
    "resource": {
        "key": _key("resource", "care-guide"),
        "description": (
            "Description",
            "What people see.",
            ["Care guide", {"file": "texts/care.html"}],
        ),
        "link": ("Link", "Where the resource is.", ["https://example.com/care.pdf"]),
        "category": ("Category", "The key of the category that it belongs to.", ["apparel"]),
        "collections": (
            "Collections",
            "Keys of the products that it is linked to.",
            [["rain-jacket"]],
        ),
        "id": None,
        "external": None,
        "only": None,
        "lifecycle": None,
    },
    "file": {
        "key": _key("file", "rain-jacket-hero"),
        "path": (
            "Path",
            "The file to upload, relative to this YAML file and inside the catalog folder.",
            ["assets/rain-jacket-hero.jpg"],
        ),
        "file_name": (
            "File name",
            "Its name in the account; without it the last part of the path.",
            ["rain-jacket-hero.jpg"],
        ),
        "collections": ("Collections", "Keys of the products that show it.", [["rain-jacket"]]),
        "regions": None,
        "published": ("Published", "Whether it is published; null clears.", [True, False]),
        "published_start_date": None,
        "published_end_date": None,
        "attributes": _values("file"),
        "id": None,
        "external": None,
        "only": None,
        "lifecycle": None,
    },
}
"""The fields of each kind in the order of the schema; None for those of `_SHARED`."""

HEADS: Mapping[str, tuple[str, str]] = {
    "category": ("Category", "A category: where products stand."),
    "attribute": ("Attribute", "An attribute: what a product can say about itself."),
    "attribute_group": (
        "Attribute group",
        "A group of attributes, as the web interface shows them.",
    ),
    "collection": ("Product", "A product: standalone, a parent of variants, or a variant."),
    "resource": ("Resource", "A link beside products: a manual, a certificate."),
    "file": ("File", "An image, video or document."),
}

SECTIONS: Mapping[str, tuple[Words, str]] = {
    "categories": (
        (
            "Categories",
            "The category tree, nested by `children` or flat by `parent`.",
            [[{"key": "apparel", "name": "Apparel"}]],
        ),
        "category",
    ),
    "attributes": (
        (
            "Attributes",
            "Definitions of attributes.",
            [[{"key": "color", "label": "Color", "type": "Pick List", "options": ["Blue"]}]],
        ),
        "attribute",
    ),
    "attribute_groups": (
        (
            "Attribute groups",
            "Groups of attributes for display.",
            [[{"key": "looks", "name": "Looks", "attributes": ["color"]}]],
        ),
        "attribute_group",
    ),
    "collections": (
        (
            "Products",
            "Products and their variants; the API calls them collections.",
            [[{"key": "rain-jacket", "name": "Rain Jacket", "category": "jackets"}]],
        ),
        "collection",
    ),
    "resources": (
        (
            "Resources",
            "Links beside products.",
            [
                [
                    {
                        "key": "care-guide",
                        "description": "Care guide",
                        "link": "https://example.com/care.pdf",
                    }
                ]
            ],
        ),
        "resource",
    ),
    "files": (
        (
            "Files",
            "Images, videos and documents to upload.",
            [[{"key": "rain-jacket-hero", "path": "assets/rain-jacket-hero.jpg"}]],
        ),
        "file",
    ),
    "moved": (
        (
            "Moved",
            "Keys that were renamed; all of them take effect at once.",
            [[{"kind": "collection", "from": "rain-coat", "to": "rain-jacket"}]],
        ),
        "move",
    ),
    "removed": (
        (
            "Removed",
            "Keys that were taken out on purpose.",
            [[{"kind": "collection", "key": "rain-coat", "destroy": False}]],
        ),
        "removal",
    ),
}
"""The lists of a file, and what their entries are."""

_OF_A_CATEGORY = (
    "regions",
    "published",
    "published_start_date",
    "published_end_date",
    "attributes",
    "only",
    "lifecycle",
)

DEFAULTS: Mapping[str, tuple[str, tuple[str, ...], Any]] = {
    "categories": (
        "category",
        ("parent", *_OF_A_CATEGORY),
        {"regions": ["US", "EU"]},
    ),
    "children": (
        "category",
        _OF_A_CATEGORY,
        {"regions": ["US", "EU"]},
    ),
    "attributes": ("attribute", ("regions", "only", "lifecycle"), {"regions": ["US", "EU"]}),
    "attribute_groups": (
        "attribute_group",
        ("attributes", "only", "lifecycle"),
        {"lifecycle": {"prevent_destroy": True}},
    ),
    "collections": (
        "collection",
        (
            "category",
            "categories",
            "type",
            "inherit",
            "published",
            "published_start_date",
            "published_end_date",
            "regions",
            "attributes",
            "only",
            "lifecycle",
        ),
        {"published": True, "published_start_date": "2025-01-01"},
    ),
    "variants": (
        "collection",
        (
            "category",
            "categories",
            "published",
            "published_start_date",
            "published_end_date",
            "regions",
            "attributes",
            "only",
            "lifecycle",
        ),
        {"regions": ["US", "EU"]},
    ),
    "resources": (
        "resource",
        ("category", "collections", "only", "lifecycle"),
        {"category": "apparel"},
    ),
    "files": (
        "file",
        (
            "collections",
            "regions",
            "published",
            "published_start_date",
            "published_end_date",
            "attributes",
            "only",
            "lifecycle",
        ),
        {"collections": ["rain-jacket"]},
    ),
}
"""By list of `defaults`: the kind, its fields that may have one, an example.

Those may that can well be the same for many entries, and without which an entry is sound: the
schema judges each entry as it stands.
"""

# --- conditions -----------------------------------------------------------------------------------


def _external(fields: tuple[str, ...], required: list[str]) -> Part:
    """Of somebody else's object one thing that names it is enough."""
    *some, last = (f"`{name}`" for name in (*fields, "id"))
    return {
        "if": {"properties": {"external": {"const": True}}, "required": ["external"]},
        "then": {
            "anyOf": [{"required": [name]} for name in (*fields, "id")],
            "errorMessage": f"needs {', '.join(some)} or {last}, external as it is",
        },
        "else": {"required": required},
    }


def _only(type_: str, *fields: str) -> Part:
    """Fields that only an attribute of one type has."""
    fault = {
        "not": {},
        "errorMessage": f"is for a {type_} only",
        "x-hint": f"leave it out, or declare `type: {type_}`",
    }
    others = [name for name in VALUE_TYPES if name != type_]
    return {
        "if": {"properties": {"type": {"enum": others}}, "required": ["type"]},
        "then": {"properties": dict.fromkeys(fields, fault)},
    }


CONDITIONS: Mapping[str, Part] = {
    "category": _external(("name",), ["name"]),
    "attribute": {
        "allOf": [
            _external(("label",), ["label", "type"]),
            _only("Pick List", "options", "multiple"),
            _only("List", "fields"),
        ]
    },
    "attribute_group": _external(("name",), ["name"]),
    "collection": _external(("name", "additional_title"), ["name"]),
    "resource": _external(("description", "link"), ["description", "link"]),
    "file": {
        "anyOf": [
            {"required": ["path"]},
            {"required": ["file_name"]},
            {"required": ["external", "id"]},
        ],
        "errorMessage": "needs `path` or `file_name`",
        "x-hint": "a path uploads, a name alone links what is there",
    },
}

# --- definitions ----------------------------------------------------------------------------------

SPELLING = f"letters, digits and . _ - in parts joined by /, at most {LONGEST_KEY} characters"

DEFINITIONS: Mapping[str, Part] = {
    "key": {
        "type": ["string", "number", "boolean"],
        "pattern": f"^{KEY.pattern}$",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "errorMessage": f"must be {SPELLING}",
        "x-message": "{value} is not a key",
        "x-hint": SPELLING,
    },
    "reference": {"type": ["string", "number", "boolean"], "minLength": 1},
    "optional_reference": {"type": ["string", "number", "boolean", "null"]},
    "name": {"type": ["string", "number", "boolean"], "minLength": 1},
    "optional_text": {"type": ["string", "number", "boolean", "null"]},
    "text_or_file": {
        "type": ["string", "number", "boolean", "object"],
        "minLength": 1,
        "properties": {
            "file": {
                "title": "Text file",
                "description": "A text file, relative to this YAML file and inside the catalog folder.",
                "examples": ["texts/care.html"],
                "type": "string",
                "minLength": 1,
            }
        },
        "required": ["file"],
        "additionalProperties": False,
    },
    "flag": {"type": ["boolean", "null"]},
    "date": {
        "type": ["string", "null"],
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2}))?$",
        "errorMessage": "must be a date",
        "x-hint": "write 2025-01-31 or 2025-01-31T10:00:00Z",
        "x-message": "{name} takes a date, not {value}",
    },
    "regions": {
        "type": "array",
        "items": {"$ref": "#/$defs/name"},
        "minItems": 1,
        "uniqueItems": True,
        "x-hint": "leave it out to keep them",
        "x-message": "{name} cannot be emptied",
    },
    "id": {
        "type": ["string", "number", "object"],
        "minLength": 1,
        "additionalProperties": {"type": ["string", "number", "null"], "minLength": 1},
        "minProperties": 1,
    },
    "only": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "minItems": 1,
        "uniqueItems": True,
        "x-hint": "name the environments that have it, or leave the line out",
    },
    "lifecycle": {
        "type": ["object", "null"],
        "properties": {
            "prevent_destroy": {
                "title": "Prevent destroy",
                "description": "True: a plan that would delete it is refused; kept in the state, so that it outlives this entry.",
                "examples": [True],
                "type": "boolean",
            },
            "ignore": {
                "title": "Ignore",
                "description": "Fields left to the web interface: not compared, written or cleared, except on create.",
                "examples": [["published_end_date", "attributes.color"]],
                "type": ["array", "null"],
                "items": {"type": "string", "minLength": 1},
            },
        },
        "additionalProperties": False,
    },
    "values": {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/value"}},
    "value": {
        "description": "A text, number, boolean or date; a list of options; a List's record of sub-fields; or `{file: path}` for a long text.",
        "type": ["string", "number", "boolean", "null", "array", "object"],
        "items": {"type": ["string", "number", "boolean"]},
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    },
    "option": {
        "type": ["string", "number", "boolean", "object"],
        "minLength": 1,
        "properties": {
            "label": {
                "title": "Label",
                "description": "The option as people see it.",
                "examples": ["Crimson"],
                "$ref": "#/$defs/name",
            },
            "was": {
                "title": "Was",
                "description": "The label that it had before: renamed in place, values kept.",
                "examples": ["Red"],
                "$ref": "#/$defs/name",
            },
        },
        "required": ["label"],
        "additionalProperties": False,
    },
    "subfield": {
        "title": "Sub-field",
        "description": "One sub-field of a List.",
        "type": "object",
        "properties": {
            "label": {
                "title": "Label",
                "description": "The sub-field as people see it.",
                "examples": ["Chest"],
                "$ref": "#/$defs/name",
            },
            "type": {
                "title": "Type",
                "description": "What its values are.",
                "examples": ["Number"],
                "enum": list(PART_TYPES),
            },
        },
        "required": ["label", "type"],
        "additionalProperties": False,
    },
    "kind": {"enum": list(FIELDS)},
    "move": {
        "title": "Move",
        "description": "A key that was renamed.",
        "type": "object",
        "properties": {
            "kind": {
                "title": "Kind",
                "description": "The kind of object.",
                "examples": ["collection"],
                "$ref": "#/$defs/kind",
            },
            "from": {
                "title": "From",
                "description": "The key that it had.",
                "examples": ["rain-coat"],
                "$ref": "#/$defs/key",
            },
            "to": {
                "title": "To",
                "description": "The key that it has now, in this catalog.",
                "examples": ["rain-jacket"],
                "$ref": "#/$defs/key",
            },
        },
        "required": ["kind", "from", "to"],
        "additionalProperties": False,
    },
    "removal": {
        "title": "Removal",
        "description": "A key that was taken out on purpose.",
        "type": "object",
        "properties": {
            "kind": {
                "title": "Kind",
                "description": "The kind of object.",
                "examples": ["collection"],
                "$ref": "#/$defs/kind",
            },
            "key": {
                "title": "Key",
                "description": "The key that it had.",
                "examples": ["rain-coat"],
                "$ref": "#/$defs/key",
            },
            "destroy": {
                "title": "Destroy",
                "description": "False lets it go without deleting it; otherwise this is a stated delete.",
                "examples": [False],
                "type": "boolean",
                "default": True,
            },
        },
        "required": ["kind", "key"],
        "additionalProperties": False,
    },
}

# --- the whole ------------------------------------------------------------------------------------


def document() -> dict[str, Any]:
    """The schema of a catalog file."""
    sections = {name: _section(*row) for name, row in SECTIONS.items()}
    return {
        **TITLE,
        "properties": {**sections, "defaults": _defaults()},
        "additionalProperties": False,
        "$defs": _definitions(),
    }


def _definitions() -> Part:
    parts: dict[str, Part] = {}
    for name, part in DEFINITIONS.items():
        # The kinds of objects come before what speaks of their keys.
        if name == "move":
            parts.update({kind: _object(kind) for kind in FIELDS})
        parts[name] = part
    return parts


def _told(words: Words) -> dict[str, Any]:
    title, description, examples = words
    return {"title": title, "description": description, "examples": examples}


def _section(words: Words, entry: str) -> Part:
    return {**_told(words), **_list(entry)}


def _field(kind: str, name: str) -> Part:
    words = FIELDS[kind][name] or _SHARED[name]
    return {**_told(words), **_takes(kind, name)}


def _object(kind: str) -> Part:
    title, description = HEADS[kind]
    return {
        "title": title,
        "description": description,
        "type": "object",
        "properties": {name: _field(kind, name) for name in FIELDS[kind]},
        "required": ["key"],
        "additionalProperties": False,
        **CONDITIONS[kind],
    }


def _defaults() -> Part:
    parts = {name: _default(name, *row) for name, row in DEFAULTS.items()}
    return {
        "title": "Defaults",
        "description": "Fields for the entries of this file that do not say them.",
        "type": ["object", "null"],
        "properties": parts,
        "additionalProperties": False,
        "examples": [{"collections": DEFAULTS["collections"][2]}],
    }


def _default(name: str, kind: str, fields: tuple[str, ...], example: Any) -> Part:
    return {
        "title": f"Defaults of {name}",
        "description": f"Fields for {_ENTRIES.get(name, f'every entry of {name}')} in this file "
        "that does not say them.",
        "type": ["object", "null"],
        "properties": {field: _field(kind, field) for field in fields},
        "additionalProperties": False,
        "examples": [example],
        "x-each": [field for field in FIELDS[kind] if field not in (*fields, "inherit")],
    }


_ENTRIES: Mapping[str, str] = {
    "categories": "every category at the top level",
    "children": "every category below another one, nested or by `parent`,",
    "collections": "every product that is no variant",
    "variants": "every variant, nested or by `variant_of`,",
}
"""What stands below something takes the defaults of that list and no others (contract 1.9)."""


def text() -> str:
    """The file in `schemas/`."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
