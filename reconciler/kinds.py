"""One row per kind: where it lives in the API, its fields, how it is recognised, what hangs on it.

This is the only place where the wire names of the API stand (`docs/api.md` says where each
comes from): a surprise on the live service is a one-line change here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from reconciler.paths import field_of


class Type(Enum):
    """What a field's value is, and so how it is read, compared, merged and written."""

    TEXT = "text"
    WORD = "word"
    BOOLEAN = "boolean"
    MULTIPLE = "multiple"
    INSTANT = "instant"
    REFERENCE = "reference"
    REFERENCES = "references"
    REGIONS = "regions"
    VALUES = "values"
    OPTIONS = "options"
    SUBFIELDS = "subfields"
    CONTENT = "content"

    # Looked up for each field of each object: the default one runs in Python.
    __hash__ = object.__hash__


SETS = frozenset({Type.REFERENCES, Type.REGIONS, Type.OPTIONS, Type.SUBFIELDS})
"""Types that go element by element (contract 2.2)."""

LABELLED = frozenset({Type.OPTIONS, Type.SUBFIELDS})
"""Of these the elements are known by their labels and carry ids of their own."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind.

    `wire` lists its names in the API: the first is written, all are read.
    `to` is the kind that a reference names, empty where it names none.  `companions` travel with
    it in a PUT (contract 2.3).
    `yaml` is False for a field that no catalog declares under this kind.
    `as_objects` says that a PUT names each element as `{"id": …}`.
    `structural` fields shape the tree: an operation that changes one comes before those that
    lean on it.  `dated` says that `true` is declared with the start date beside it (contract 1.5).
    `mirror` is the field of the kind `to` on which an account may show (and then wants) the same
    set of pairs instead (contract 2.3).  `decisive` says that an object which does not show it
    has none: variant or not is read from `parent_topic_id` (contract 2.1).
    `derived` says that the files need not say it: it follows from where the object stands.
    `among` is the set of the same kind that holds this reference too (contract 1.2).
    """

    name: str
    type: Type
    wire: tuple[str, ...]
    to: str = ""
    required: bool = False
    companions: tuple[str, ...] = ()
    yaml: bool = True
    structural: bool = False
    mirror: str = ""
    as_objects: bool = False
    dated: bool = False
    decisive: bool = False
    derived: bool = False
    among: str = ""
    is_set: bool = field(init=False)
    """Merged element by element."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_set", self.type in SETS)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object.

    `natural` is the chain of natural keys, the most specific first (contract 2.1): each a tuple
    of field names; `|` separates fields of which the first that is declared counts.
    `titles` are further sets of fields of which an account may refuse a second object.
    `holds` are the (kind, field) pairs that make an object of this kind unsafe to delete while
    somebody else's object has them; `falls` those that merely lose it (contract 2.5).
    `moves_by_name` says that one that leaves and a new one of its name are likely the same in
    another place (contract 2.9).  `called` are people's words for one and for several.  `by_ids`
    says that the list takes `ids=` (article: collections), `by_date` that it can be asked for what
    was created or updated since a day.
    `deletable` is False where no delete is documented: what leaves the catalog loses our links and
    stays.  `defines` says that its objects define what values look like: their type and options.
    `tree` is the field by which its objects stand in one another, below a top that may hide roots
    (contract 2.3).  `uploaded` says that its objects come of uploads: what has no `path` must be
    there, and of several the newest is meant.

    How an unknown one is recognised (contract 2.1): `near` are fields of which one equal text
    makes a near match, `telling` those of them that need no equal place beside it.  `placed` are
    the fields that say in what an object stands; the first that is filled counts.  `generic` says
    that its children have names that tell little: every product has a variant called M.
    """

    name: str
    plural: str
    path: str
    lists: tuple[str, ...]
    fields: tuple[Field, ...]
    natural: tuple[tuple[str, ...], ...]
    title: str
    titles: tuple[tuple[str, ...], ...] = ()
    holds: tuple[tuple[str, str], ...] = ()
    falls: tuple[tuple[str, str], ...] = ()
    moves_by_name: bool = False
    by_ids: bool = False
    by_date: bool = False
    deletable: bool = True
    defines: bool = False
    tree: str = ""
    uploaded: bool = False
    near: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()
    generic: bool = False
    entity: str | None = None
    called: tuple[str, str] | None = None

    @property
    def nouns(self) -> tuple[str, str]:
        """What people call one of its objects, and several."""
        return self.called or (self.name.replace("_", " "), self.plural.replace("_", " "))

    @property
    def publishable(self) -> bool:
        """Its objects can be taken out of sight."""
        return PUBLISHED in _BY_NAME[self.name]

    @property
    def primary(self) -> Field | None:
        """The reference to the first of several, such as the primary category; None without."""
        return next((item for item in self.fields if item.among), None)

    @property
    def natural_fields(self) -> frozenset[str]:
        """The fields that its natural keys are made of."""
        return fields_of(self.natural)

    def field(self, name: str) -> Field:
        """The field of that name; `attributes.<key>` is the field `attributes`."""
        known = _BY_NAME[self.name]
        return known.get(name) or known[field_of(name)]

    def in_order(self, paths: Iterable[str]) -> list[str]:
        """Paths of fields in the order of the fields, attribute values by their keys."""
        position = {item.name: index for index, item in enumerate(self.fields)}
        return sorted(paths, key=lambda path: (position[field_of(path)], path))


def fields_of(rows: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """The fields that natural keys are made of, each of the alternatives too."""
    found: set[str] = set()
    for row in rows:
        for part in row:
            found.update(part.split("|"))
    return frozenset(found)


def _text(name: str, *wire: str, required: bool = False) -> Field:
    return Field(name, Type.TEXT, wire or (name,), required=required)


def _reference(
    name: str,
    wire: str,
    to: str,
    *companions: str,
    structural: bool = False,
    decisive: bool = False,
    among: str = "",
) -> Field:
    return Field(
        name,
        Type.REFERENCE,
        (wire,),
        to=to,
        companions=companions,
        structural=structural,
        decisive=decisive,
        among=among,
    )


REGIONS = Field("regions", Type.REGIONS, ("region_ids",))
ATTRIBUTES = Field("attributes", Type.VALUES, ("attributes",), to="attribute")
PUBLISHED = "published"
START = Field("published_start_date", Type.INSTANT, ("published_start_date",))
END = Field("published_end_date", Type.INSTANT, ("published_end_date",))
PUBLICATION = (PUBLISHED, START.name, END.name)
"""The fields that say when an object is seen."""


def _published(*, dated: bool) -> tuple[Field, ...]:
    """The article asks for a start date beside `published: true` on collections alone."""
    flag = Field(PUBLISHED, Type.BOOLEAN, (PUBLISHED,), companions=(START.name,), dated=dated)
    return flag, START, END


CATEGORY = Kind(
    name="category",
    plural="categories",
    path="category",
    lists=("categories", "folders"),
    fields=(
        _text("name", required=True),
        _reference("parent", "parent_id", "category", structural=True),
        *_published(dated=False),
        REGIONS,
        ATTRIBUTES,
    ),
    natural=(("parent", "name"),),
    title="name",
    holds=(
        ("category", "parent"),
        ("collection", "category"),
        ("collection", "categories"),
    ),
    falls=(("resource", "category"),),
    moves_by_name=True,
    tree="parent",
    near=("name",),
    placed=("parent",),
    entity="category",
)

ATTRIBUTE = Kind(
    name="attribute",
    plural="attributes",
    path="attribute",
    lists=("attributes",),
    fields=(
        _text("label", "label", "name", required=True),
        Field("type", Type.WORD, ("value_type", "type"), required=True, structural=True),
        # `maximum` over 1 is how a multi-select was reported to look.
        Field("multiple", Type.MULTIPLE, ("maximum",), structural=True),
        Field("options", Type.OPTIONS, ("options",), structural=True),
        Field("fields", Type.SUBFIELDS, ("options", "fields"), structural=True),
        REGIONS,
        # Membership of groups may stand on this side (contract 2.3); declared on the group's.
        Field("groups", Type.REFERENCES, ("group_id",), to="attribute_group", yaml=False),
    ),
    natural=(("label", "type"),),
    title="label",
    titles=(("label",),),
    defines=True,
    near=("label",),
    holds=(("collection", "attributes"), ("category", "attributes"), ("file", "attributes")),
    falls=(("attribute_group", "attributes"),),
)

ATTRIBUTE_GROUP = Kind(
    name="attribute_group",
    plural="attribute_groups",
    path="attribute-group",
    lists=("attribute_groups", "attribute-groups", "groups"),
    fields=(
        _text("name", required=True),
        Field("attributes", Type.REFERENCES, ("attributes",), to="attribute", mirror="groups"),
    ),
    natural=(("name",),),
    title="name",
    falls=(("attribute", "groups"),),
)

COLLECTION = Kind(
    name="collection",
    plural="collections",
    path="collection",
    lists=("collections", "topics"),
    fields=(
        _text("name", required=True),
        _text("additional_title"),
        Field(
            "type",
            Type.WORD,
            ("collection_type",),
            companions=("variant_of",),
            structural=True,
            derived=True,
        ),
        _reference(
            "variant_of", "parent_topic_id", "collection", "type", structural=True, decisive=True
        ),
        _reference("category", "parent_id", "category", "categories", among="categories"),
        Field("categories", Type.REFERENCES, ("direct_parent",), to="category"),
        *_published(dated=True),
        REGIONS,
        ATTRIBUTES,
    ),
    natural=(("additional_title",), ("variant_of|category", "name")),
    title="name",
    holds=(("collection", "variant_of"),),
    falls=(("resource", "collections"), ("file", "collections")),
    called=("product", "products"),
    by_ids=True,
    by_date=True,
    near=("name", "additional_title"),
    telling=("additional_title",),
    placed=("variant_of", "category", "categories"),
    generic=True,
    entity="collection",
)

FILE = Kind(
    name="file",
    plural="files",
    path="file",
    lists=("files",),
    fields=(
        _text("file_name", required=True),
        # What was uploaded: a digest and a size.  The other side shows the size alone.
        Field("content", Type.CONTENT, ("file_size",), yaml=False),
        Field(
            "collections",
            Type.REFERENCES,
            ("collections", "topics"),
            to="collection",
            as_objects=True,
        ),
        *_published(dated=False),
        REGIONS,
        ATTRIBUTES,
    ),
    natural=(("file_name",),),
    title="file_name",
    deletable=False,
    by_date=True,
    uploaded=True,
    entity="file",
)

RESOURCE = Kind(
    name="resource",
    plural="resources",
    path="resource",
    lists=("resources",),
    fields=(
        _text("description", required=True),
        _text("link", required=True),
        _reference("category", "category_id", "category"),
        # What a collection is called elsewhere in the API is a topic.
        Field("collections", Type.REFERENCES, ("collections", "topics"), to="collection"),
    ),
    natural=(("link", "description"),),
    title="description",
    titles=(("category", "description"),),
    near=("link", "description"),
)

ORDER = (ATTRIBUTE, ATTRIBUTE_GROUP, CATEGORY, COLLECTION, FILE, RESOURCE)
"""The order of creates and updates (contract 2.4), walked backwards for deletes.

    attribute ◄── attribute_group
        ▲
    category ◄── collection ◄── file, resource
                  ▲   │
                  └───┘ variant_of
"""

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in ORDER})
PLURALS: Mapping[str, Kind] = MappingProxyType({kind.plural: kind for kind in ORDER})

_TREES = frozenset(kind.name for kind in ORDER if kind.tree)


def named_last(text: str) -> tuple[str, str] | None:
    """The kind and key of the object that a sentence ends with (`link on resource/care`)."""
    kind, slash, key = text.rpartition(" ")[2].partition("/")
    return (kind, key) if slash and kind in KINDS and KEY.fullmatch(key) else None


def names_place(field: Field) -> bool:
    """Whether a field names objects of a kind that is a tree: its hidden roots name no place."""
    return field.to in _TREES


def roots_of(kind: str, roots: frozenset[str]) -> frozenset[str]:
    """Of the hidden roots those of a kind: only a tree has any, and ids of others may be equal."""
    return roots if kind in _TREES else frozenset()


VALUE_TYPES = ("Text", "Date", "List", "Pick List", "Boolean", "Number")
"""What the values of an attribute may be: the six types, spelled as the article does."""

PART_TYPES = tuple(name for name in VALUE_TYPES if name not in ("List", "Pick List"))
"""What a List's sub-field may be: nothing that would need a definition of its own."""

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
LONGEST_KEY = 200
"""How a key is spelled, and how long it may be (contract 1.1)."""


def _by_name(kind: Kind) -> dict[str, Field]:
    return {item.name: item for item in kind.fields}


_BY_NAME = {kind.name: _by_name(kind) for kind in ORDER}


def _children() -> Iterator[tuple[str, str, str]]:
    for kind in ORDER:
        for child, name in kind.holds:
            if KINDS[child].field(name).type is Type.REFERENCE:
                yield kind.name, child, name


CHILDREN = tuple(_children())
"""What stands in what: (kind, kind of its children, the field in which these name it)."""


def _kinds_in(of: str) -> frozenset[str]:
    found: set[str] = set()
    for kind in ORDER:
        above = {kind.field(name).to for name in kind.placed}
        if of in above:
            found.add(kind.name)
    return frozenset(found)


KINDS_IN = {of: _kinds_in(of) for of in KINDS}
"""By kind, the kinds whose objects may stand in its own."""


def _own_places(kind: Kind) -> tuple[str, ...]:
    return tuple(item.name for item in kind.fields if item.structural and item.to == kind.name)


MARK = "@"
"""In a key that no catalog can hold: of what an upload has replaced (`plan.undeletable`)."""

CONTENT = "content"
"""The field of a file that an upload changes."""

VARIANT = "variant"
"""What reports call an object that is told with the one of its kind in which it stands."""

OWN_PLACES = {kind.name: _own_places(kind) for kind in ORDER}
"""By kind, the fields by which its objects stand in one another."""
