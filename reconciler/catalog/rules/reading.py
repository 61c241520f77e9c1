"""An entry of `rules` → a task: which objects, and what judges them (contract 1.8).

The JSON Schema has said which lines may stand together.  What only the catalog can tell (whether a
category or an attribute is there, whether its type has a range) is said here, at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reconciler.catalog import scalars
from reconciler.catalog.draft import Book, Mention, Refused, Unfit, readable_fields
from reconciler.catalog.rules.conditions import CONDITIONS, Condition, condition_of, tested
from reconciler.catalog.rules.members import FAMILIES, Asked, Members, lent, stands
from reconciler.catalog.rules.required import required
from reconciler.catalog.rules.selection import PUBLISHED, Selection
from reconciler.catalog.rules.unique import unique
from reconciler.catalog.rules.verdicts import Judge
from reconciler.catalog.rules.words import listed
from reconciler.completeness import Rule
from reconciler.kinds import ATTRIBUTES, KINDS, Field, Type
from reconciler.model import Problem, Ref
from reconciler.normalize import texts
from reconciler.paths import VALUES, value_path
from reconciler.quoting import quoted
from reconciler.yamlfile import Map, Node, Scalar, Seq

T = TypeVar("T")
FIELD_TYPES: Mapping[Type, str] = {
    Type.TEXT: "Text",
    Type.WORD: "Text",
    Type.REFERENCE: "Text",
    Type.BOOLEAN: "Boolean",
    Type.MULTIPLE: "Boolean",
    Type.INSTANT: "Date",
    Type.REFERENCES: "Pick List",
    Type.REGIONS: "Pick List",
    Type.OPTIONS: "Pick List",
    Type.SUBFIELDS: "List",
}
"""What a rule may ask of an object's own fields: as of an attribute of this type."""


@dataclass(frozen=True, slots=True)
class Task:
    """A rule that can be judged: as people read it, its objects, and what judges them."""

    rule: Rule
    selection: Selection
    judge: Judge


def read_rule(book: Book, members: Members, node: Node) -> Task | None:
    """The rule of an entry; None where something is wrong with it, which goes to the book."""
    if not isinstance(node, Map):
        return None
    entry = _Entry(book, node)
    selection = _selection(book, entry)
    asks, judge = _sort(book, entry)
    if not entry.sound or judge is None:
        return None
    message = entry.text("message")
    level = entry.text("level") or "error"
    rule = Rule(asks, selection.words(members), level, node.place, message)
    return Task(rule, selection, judge)


class _Entry:
    """The lines of a rule; `sound` until one of them cannot be meant."""

    def __init__(self, book: Book, node: Map) -> None:
        self.book = book
        self.sound = not any(_is_refused(value) for _, value in node.entries)
        readable = (pair for pair in node.entries if not isinstance(pair[1], Refused))
        self.lines = {key.text: value for key, value in readable}

    def text(self, name: str) -> str:
        """A line of one word; empty where it is not written."""
        found = self.lines.get(name)
        return found.text if isinstance(found, Scalar) else ""

    def several(self, name: str) -> tuple[Scalar, ...]:
        """A line of one word or a list of them."""
        found = self.lines.get(name)
        nodes = found.items if isinstance(found, Seq) else (found,)
        words = (item for item in nodes if isinstance(item, Scalar))
        return tuple(item for item in words if not isinstance(item, Refused))

    def each(self, name: str, read: Callable[[Scalar], T]) -> list[T]:
        """What could be read of a line; the rest is put down, and the rule is not sound."""
        found: list[T] = []
        for item in self.several(name):
            try:
                found.append(read(item))
            except Unfit as fault:
                self.complain(fault)
        return found

    def complain(self, fault: Unfit) -> None:
        """Put down what cannot be meant; nothing where its words are empty."""
        self.sound = False
        self.book.unfit("rules", fault)


def _is_refused(node: Node) -> bool:
    """The schema has refused the line, or an entry of its list."""
    return isinstance(node, Refused) or any(map(_is_refused, scalars.items(node)))


# --- which objects ------------------------------------------------------------------------------


def _selection(book: Book, entry: _Entry) -> Selection:
    kind = entry.text("kind") or "collection"

    def category(item: Scalar) -> str:
        if not stands(KINDS[kind]):
            what = f"`under` is for what stands in categories, and {_a(kind)} stands in none"
            raise Unfit(item.place, what)
        return _known(book, "category", item)

    def only(item: Scalar) -> str:
        publishable = PUBLISHED in readable_fields(KINDS[kind])
        fits = publishable if item.text == PUBLISHED else kind in FAMILIES
        if not fits:
            what = f"`only: {item.text}` is not for {_a(kind)}"
            raise Unfit(item.place, what, "leave it out, or name another `kind`")
        return item.text

    return Selection(
        kind,
        under=tuple(entry.each("under", category)),
        only=tuple(entry.each("only", only)),
        when=tuple(entry.each("when", lambda item: _asked(book, kind, item))),
        sold="require" in entry.lines or "require_groups" in entry.lines,
    )


def _a(kind: str) -> str:
    noun = KINDS[kind].nouns[0]
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _mention(book: Book, ref: Ref, item: Scalar) -> None:
    """Note where a rule names an object: whoever edits its key looks there."""
    book.mentions.append(Mention("rules", ref, item.place))


def _has_values(kind: str) -> bool:
    return readable_fields(KINDS[kind]).get(VALUES) is ATTRIBUTES


def _known(book: Book, kind: str, item: Scalar) -> str:
    """A key of the catalog; of one that may stand where nothing could be read nothing is said."""
    key = item.text
    _mention(book, Ref(kind, key), item)
    if Ref(kind, key) not in book.index:
        if book.lost.may_hold(key):
            raise Unfit(item.place, "")
        hint = book.speller.guess(key, book.keys(kind), kind)
        raise Unfit(item.place, f"unknown {KINDS[kind].nouns[0]} {quoted(key)}", hint)
    return key


# --- which fields -------------------------------------------------------------------------------


def _asked(book: Book, kind: str, item: Scalar) -> Asked:
    """What a name in a list means: a field of the kind, else an attribute."""
    fields = readable_fields(KINDS[kind])
    if fields.get(item.text, ATTRIBUTES) is not ATTRIBUTES:
        if _has_values(kind) and Ref("attribute", item.text) in book.index:
            book.findings.add(_two_meanings(kind, item))
        return _field(book, kind, item)
    if not _has_values(kind):
        hint = book.speller.guess(item.text, fields, kind + " field")
        raise Unfit(item.place, f"{_a(kind)} has no field {quoted(item.text)}", hint)
    return _attribute(book, item, fields)


def _two_meanings(kind: str, item: Scalar) -> Problem:
    what = f"rules: {quoted(item.text)} is a field of {_a(kind)}, and an attribute too"
    hint = f"the field is taken; write {value_path(item.text)} for the attribute"
    return Problem(item.place, what, hint, "warning")


def _field(book: Book, kind: str, item: Scalar) -> Asked:
    known = readable_fields(KINDS[kind])
    field = known.get(item.text)
    if field is None or field is ATTRIBUTES:
        what = f"{_a(kind)} has no field {quoted(item.text)}"
        names = tuple(_names(known))
        guess = book.speller.guess(item.text, names, kind + " own field")
        raise Unfit(item.place, what, guess or f"it has {', '.join(names)}")
    name, label = field.name, field.name.replace("_", " ").capitalize()
    return Asked(name, name, label, FIELD_TYPES[field.type], field.type.value, lent=lent(field))


def _names(fields: Mapping[str, Field]) -> Iterator[str]:
    return (name for name, field in fields.items() if field is not ATTRIBUTES)


def _attribute(book: Book, item: Scalar, fields: Mapping[str, Field] | None = None) -> Asked:
    """An attribute by its key, or by the path of its values; `fields` might have been meant too."""
    key = item.text.removeprefix(value_path(""))
    _mention(book, Ref("attribute", key), item)
    if Ref("attribute", key) not in book.index:
        if book.lost.may_hold(key):
            raise Unfit(item.place, "")
        hint = book.speller.guess(key, book.keys("attribute"), "attribute")
        if not hint and fields:
            hint = book.speller.guess(key, tuple(_names(fields)), "own field")
        or_field = " or field" if fields else ""
        raise Unfit(item.place, f"unknown attribute{or_field} {quoted(key)}", hint)
    return _defined(book, key)


def _defined(book: Book, key: str) -> Asked:
    """An attribute of the catalog."""
    draft = book.index[Ref("attribute", key)]
    label = str(draft.fields.get("label") or key)
    options = texts(draft.fields.get("options")) if "options" not in draft.broken else ()
    type_ = str(draft.fields.get("type", ""))
    return Asked(value_path(key), key, label, type_, type_, options)


# --- what is asked of them ----------------------------------------------------------------------


def _sort(book: Book, entry: _Entry) -> tuple[str, Judge | None]:
    """What the rule asks, in people's words, and what judges it; None where nothing is sound."""
    kind = entry.text("kind") or "collection"
    if "unique" in entry.lines:
        return _unique(book, entry, kind)
    if "attribute" in entry.lines or "field" in entry.lines:
        return _conditions(book, entry, kind)
    return _required(book, entry, kind)


def _unique(book: Book, entry: _Entry, kind: str) -> tuple[str, Judge | None]:
    asked = entry.each("unique", lambda item: _asked(book, kind, item))
    in_family = entry.text("within") == "family"
    if in_family and kind not in FAMILIES:
        place = entry.lines["within"].place
        entry.complain(Unfit(place, f"`within: family` is not for {_a(kind)}"))
    where = " in a family" if in_family else ""
    words = listed([item.label for item in asked], "and") if asked else ""
    return f"{words}: unique{where}", unique(asked, in_family=in_family)


def _required(book: Book, entry: _Entry, kind: str) -> tuple[str, Judge | None]:
    named = entry.each("require", lambda item: _asked(book, kind, item))
    grouped, groups = _of_groups(book, entry, kind)
    asked = list(dict.fromkeys([*named, *grouped]))
    labels = [*(item.label for item in named), *(f"all of {name}" for name in groups)]
    return ", ".join(labels), required(asked)


def _of_groups(book: Book, entry: _Entry, kind: str) -> tuple[list[Asked], list[str]]:
    """The attributes of the groups that a rule names, and the groups' names."""
    asked: list[Asked] = []
    names: list[str] = []

    def group(item: Scalar) -> str:
        if not _has_values(kind):
            raise Unfit(item.place, f"{_a(kind)} has no attributes")
        return _known(book, "attribute_group", item)

    for key in entry.each("require_groups", group):
        draft = book.index[Ref("attribute_group", key)]
        names.append(str(draft.fields.get("name") or key))
        # An unknown one is told where the group names it.
        known = (x for x in texts(draft.fields.get(VALUES)) if Ref("attribute", x) in book.index)
        asked.extend(_defined(book, attribute) for attribute in known)
    return asked, names


def _conditions(book: Book, entry: _Entry, kind: str) -> tuple[str, Judge | None]:
    asked = [
        *entry.each("attribute", lambda item: _value(book, kind, item)),
        *entry.each("field", lambda item: _field(book, kind, item)),
    ]
    if not asked:
        return "", None
    [one] = asked
    _mention_allowed(book, entry, kind, one)
    conditions = list(_read_conditions(entry, one))
    _check_order(entry, "min", "max", one)
    _check_order(entry, "min_length", "max_length", one)
    words = ", ".join(condition.words for condition in conditions)
    return f"{one.label}: {words}", tested(one, conditions)


def _mention_allowed(book: Book, entry: _Entry, kind: str, asked: Asked) -> None:
    """What a reference may be are keys."""
    field = KINDS[kind].field(asked.path)
    if field.to and field is not ATTRIBUTES:
        for item in entry.several("allowed"):
            _mention(book, Ref(field.to, item.text), item)


def _value(book: Book, kind: str, item: Scalar) -> Asked:
    if not _has_values(kind):
        raise Unfit(item.place, f"{_a(kind)} has no attributes", "name a `field`")
    return _attribute(book, item)


def _read_conditions(entry: _Entry, asked: Asked) -> Iterator[Condition]:
    if not asked.type:
        # Somebody else's attribute, or one that could not be read: nobody knows its values.
        return
    for name in CONDITIONS:
        if name in entry.lines:
            try:
                yield condition_of(name, asked, entry.lines[name])
            except Unfit as fault:
                entry.complain(fault)


def _check_order(entry: _Entry, low: str, high: str, asked: Asked) -> None:
    """A range that holds nothing is a slip."""
    if not entry.sound or not {low, high} <= entry.lines.keys():
        return
    read = scalars.instant if asked.type == "Date" else scalars.number
    least, most = read(entry.lines[low], low), read(entry.lines[high], high)
    if least is not None and most is not None and least > most:  # type: ignore[operator]
        what = f"{low} {entry.text(low)} is more than {high} {entry.text(high)}"
        entry.complain(Unfit(entry.lines[low].place, what, "nothing lies between them"))
