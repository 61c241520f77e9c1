"""YAML text → nodes with file, line, column and the typed text (contract 1.4, 1.6).

Built on PyYAML's event stream, never on its constructors: the events carry place, quoting and
the characters that were typed, and nothing in a file can make an object.  The only importer of
yaml.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from reconciler.model import Number, Place, Problem
from reconciler.places import LINE, place_at
from reconciler.quoting import quoted

DEFAULT_MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_EXPANDED = 1_000_000
"""Nodes that all aliases of a file may bring together; an alias bomb has billions."""
MAX_PROBLEMS = 1_000
"""A file with more is not worth reading on, and its problems not worth holding."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
# NEL, LS and PS are in it because the parser takes them for ends of lines and would fold them.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# Escapes can still write them; half a surrogate pair could not even be encoded.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_BREAK = re.compile(r"\r\n|\r|\n")
_MERGE = "<<"
_ODD_KEYS = frozenset({_MERGE, ""})
"""Keys that mean something else, unless they are quoted."""
# Looked up once, not half a million times.
_SCALAR, _ALIAS = yaml.ScalarEvent, yaml.AliasEvent
_SEQUENCE_END, _MAPPING_END = yaml.SequenceEndEvent, yaml.MappingEndEvent
_STR = "tag:yaml.org,2002:str"


# Not frozen: setting three fields of a frozen one takes four times as long, and a large catalog has
# millions.  Nothing changes them all the same.
@dataclass(slots=True)
class _Placed:
    """What stands somewhere; its place is made when a message needs it."""

    file: str
    mark: int

    @property
    def place(self) -> Place:
        """Where it begins."""
        return place_at(self.file, self.mark)


@dataclass(slots=True)
class Scalar(_Placed):
    """A scalar: `text` is what was typed, `plain` says that it was not quoted.

    What is quoted is a text, never null, boolean or number.
    """

    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Only null, ~ and nothing are null (contract 1.4)."""
        return self.plain and self.text in NULLS

    @property
    def as_bool(self) -> bool | None:
        """Only true and false are booleans; None for all else."""
        return _BOOLEANS.get(self.text) if self.plain else None

    @property
    def as_number(self) -> Number | None:
        """The number, where the text is one in JSON's grammar."""
        return number_of(self.text) if self.plain else None


@lru_cache(maxsize=10_000)
def number_of(text: str) -> Number | None:
    """The number that a text is in JSON's grammar; None for any other text."""
    if not _NUMBER.match(text):
        return None
    try:
        return Number(text)
    except InvalidOperation:  # an exponent of twenty digits
        return None


@dataclass(slots=True)
class Seq(_Placed):
    """A list."""

    items: Sequence[Node]


_Entry = tuple[Scalar, "Node"]
Entries = Mapping[str, _Entry]


@dataclass(slots=True)
class Map(_Placed):
    """A mapping: its keys and values by the text of the key.

    They are in the order of the file; what `<<` brings comes after the own ones.
    """

    by_key: Entries

    @property
    def entries(self) -> Collection[tuple[Scalar, Node]]:
        """The keys and their values."""
        return self.by_key.values()

    def get(self, name: str) -> Node | None:
        """The value of a key."""
        found = self.by_key.get(name)
        return found[1] if found else None

    def key_place(self, name: str) -> Place | None:
        """Where a key stands."""
        found = self.by_key.get(name)
        return found[0].place if found else None


Node = Scalar | Seq | Map

NULLS = frozenset({"", "~", "null"})
"""The plain texts that are null."""

_BOOLEANS = {"true": True, "false": False}


def parse(
    data: bytes, file: str, *, max_bytes: int = DEFAULT_MAX_BYTES
) -> tuple[Node | None, list[Problem]]:
    """The document of a file, and everything wrong with it (contract 1.4, 1.6).

    No node and no problem: the file is empty.  A node beside problems is what could be read.
    """
    reader = _EventReader(file)
    try:
        return reader.document(_text(data, file, max_bytes)), reader.problems
    except _Unreadable as fault:
        return None, [*reader.problems, fault.problem]


def plain_data(node: Node | None) -> Any:
    """Python data for the JSON Schema: never a timestamp, never a guess."""
    if isinstance(node, Scalar):
        return _plain_scalar(node)
    if isinstance(node, Map):
        return {key.text: plain_data(value) for key, value in node.entries}
    return None if node is None else [plain_data(item) for item in node.items]


def locate(node: Node, path: Iterable[str | int], *, key: bool = False) -> Place:
    """Where the value at a path of keys and indexes stands; the nearest above where it stops.

    `key` asks for the place of the mapping key that the path ends in.
    """
    place = node.place
    step: Node | None = node
    for part in path:
        parent, step = step, child(step, part)
        if step is None:
            return place
        own = parent.key_place(str(part)) if key and isinstance(parent, Map) else None
        place = step.place if own is None else own
    return place


def child(node: Node | None, part: str | int) -> Node | None:
    """What stands under a key or an index; None where nothing does."""
    if isinstance(node, Map):
        return node.get(str(part))
    if isinstance(node, Seq) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part]
    return None


def _plain_scalar(node: Scalar) -> Any:
    text = node.text
    if not node.plain:
        return text
    if text in _CORE:
        return _CORE[text]
    if not _NUMBER.match(text):
        return text
    # A long integer goes the way of floats, which end in infinity: int() of it takes for ever.
    return int(text) if len(text) < 300 and text.lstrip("-").isdigit() else float(text)


_CORE = {**dict.fromkeys(NULLS), **_BOOLEANS}


class _Unreadable(Exception):
    """Reading ends here."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(place, message, hint)


def _text(data: bytes, file: str, max_bytes: int) -> str:
    """The characters of a file that can be YAML at all (contract 1.6)."""
    if len(data) > max_bytes:
        raise _Unreadable(
            Place(file), f"the file is over the bound of {max_bytes:,} bytes", "split it"
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2]:
        raise _Unreadable(Place(file), "the file is UTF-16", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A BOM is left out of the positions that the codec counts.
        sound = data.removeprefix(b"\xef\xbb\xbf")[: error.start].decode("utf-8")
        place = _place_after(file, sound)
        raise _Unreadable(place, "not valid UTF-8", "save the file as UTF-8") from None
    unfit = _UNFIT.search(text)
    if unfit:
        place = _place_after(file, text[: unfit.start()])
        code = f"{ord(unfit[0]):04X}"
        hint = (
            f'remove it, or write "\\u{code}" in double quotes' if code != "0000" else "remove it"
        )
        raise _Unreadable(place, f"a control character (U+{code}) is not allowed", hint)
    return text


def _place_after(file: str, text: str) -> Place:
    lines = _BREAK.split(text)
    return Place(file, len(lines), len(lines[-1]) + 1)


def _mark(event: Any) -> int:
    start = event.start_mark
    line: int = start.line
    column: int = start.column
    return line << LINE | column


class _Anchored(NamedTuple):
    """What an anchor names, with what an alias to it costs: nodes, and levels of nesting."""

    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _EventReader:
    """Builds nodes from events; problems that do not end the reading are gathered."""

    file: str
    loader: Any = LOADER
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    """None while the anchor's own node is being read."""
    texts: dict[str, str] = field(default_factory=dict)
    """Each text once: keys and many values stand in a file again and again."""
    seen: int = 0
    """Nodes inside of collections that have ended."""
    expanded: int = 0
    deepest: int = 0
    events: Iterator[Any] = field(default_factory=lambda: iter(()))

    def document(self, text: str) -> Node | None:
        """The only document of a file."""
        try:
            # It returns None when all is read.  Asking with `check_event` doubles the calls.
            self.events = iter(self.loader(text).get_event, None)
            return self._only()
        except yaml.MarkedYAMLError as error:
            raise _reworded(error, text, self.file) from None
        except yaml.YAMLError as error:
            raise _Unreadable(Place(self.file), f"this is not YAML: {error}") from None

    def _only(self) -> Node | None:
        found: Node | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    hint = "put it in a file of its own"
                    raise _Unreadable(self._place(event), "a second document begins here", hint)
            elif isinstance(event, yaml.NodeEvent):
                found = self._node(event, 1)
        return None if isinstance(found, Scalar) and found.is_null else found

    def _place(self, event: Any) -> Place:
        return place_at(self.file, _mark(event))

    def _report(self, place: Place, message: str, hint: str = "") -> None:
        if len(self.problems) == MAX_PROBLEMS:
            raise _Unreadable(place, "too many problems: the rest of the file was not read")
        self.problems.append(Problem(place, message, hint))

    def _node(self, event: Any, depth: int) -> Node:
        """The node that begins with an event; `depth` is its level if it is a collection."""
        if type(event) is _SCALAR and event.anchor is None:
            return self._scalar(event)
        if type(event) is _ALIAS:
            return self._alias(event, depth)
        return self._content(event, depth) if event.anchor is None else self._anchor(event, depth)

    def _content(self, event: Any, depth: int) -> Node:
        if type(event) is _SCALAR:
            return self._scalar(event)
        if event.tag is not None:
            self._check_tag(event)
        self._deepen(depth, event)
        if type(event) is yaml.SequenceStartEvent:
            return Seq(self.file, _mark(event), self._items(depth + 1))
        return Map(self.file, _mark(event), self._entries(depth + 1))

    def _scalar(self, event: Any) -> Scalar:
        # The mark is made here, not by a call: half a million times in a large file.
        start = event.start_mark
        mark = start.line << LINE | start.column
        text = self.texts.setdefault(event.value, event.value)
        # The C parser says "" of a plain scalar, the other one None.
        if not event.style and event.tag is None:
            return Scalar(self.file, mark, text, True)
        if event.tag is not None:
            self._check_tag(event)
        if event.style == '"' and (found := _NO_TEXT.search(text)):
            what = f"a text cannot hold the character U+{ord(found[0]):04X}"
            self._report(self._place(event), what, "remove it")
        return Scalar(self.file, mark, text, False)

    def _items(self, depth: int) -> Sequence[Node]:
        found: list[Node] = []
        for event in self.events:
            if type(event) is _SEQUENCE_END:
                break
            found.append(self._node(event, depth))
        self.seen += len(found)
        return found

    def _entries(self, depth: int) -> Entries:
        own: dict[str, _Entry] = {}
        merge: _Entry | None = None
        events, node = self.events, self._node
        for event in events:
            if type(event) is _MAPPING_END:
                break
            key = node(event, depth)
            if type(key) is Scalar and key.text not in own and key.text not in _ODD_KEYS:
                own[key.text] = (key, node(next(events), depth))
            else:
                merge = self._odd_entry(own, merge, key, depth)
        self.seen += 2 * len(own)
        return own if merge is None else self._merged(own, merge[1])

    def _odd_entry(
        self, own: dict[str, _Entry], merge: _Entry | None, key: Node, depth: int
    ) -> _Entry | None:
        """Take an entry that may be none: a merge, a duplicate, one without a key.

        Returns the `<<` of the mapping so far.
        """
        merges = type(key) is Scalar and key.text == _MERGE and key.plain
        # What is merged comes to stand here, not a level deeper.
        value = self._node(next(self.events), depth - merges)
        self.seen += 2
        if merges and type(key) is Scalar:
            return self._merge(own, merge, (key, value))
        if type(key) is not Scalar or (key.text == "" and key.plain):
            self._report(key.place, *_NO_KEY[type(key) is Scalar])
        elif key.text in own:
            self._duplicate(key, own[key.text][0], "")
        else:
            own[key.text] = (key, value)
            self.seen -= 2
        return merge

    def _merge(self, own: Entries, first: _Entry | None, entry: _Entry) -> _Entry | None:
        """The `<<` of a mapping, of which there is one."""
        key, _ = entry
        if key.text in own:
            self._duplicate(key, own[key.text][0], "")
        elif first:
            self._duplicate(key, first[0], "; write one `<<: [*a, *b]`")
        else:
            return entry
        return first

    def _duplicate(self, key: Scalar, first: Scalar, hint: str) -> None:
        hint = f"it stands in line {first.place.line} too{hint}"
        self._report(key.place, f"duplicate key {quoted(key.text)}", hint)

    def _merged(self, own: dict[str, _Entry], value: Node) -> Entries:
        """Entries with those of `<<`: a mapping's own win, then those of the earlier source."""
        for source in value.items if isinstance(value, Seq) else (value,):
            if isinstance(source, Map):
                for text, entry in source.by_key.items():
                    own.setdefault(text, entry)
            else:
                hint = "write `<<: *name`, or `<<: [*one, *two]`"
                self._report(source.place, "<< takes a mapping or a list of mappings", hint)
        return own

    def _check_tag(self, event: Any) -> None:
        if event.tag == _STR and type(event) is yaml.ScalarEvent:
            return
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        hint = "remove it; a value is read by what its field is"
        self._report(self._place(event), f"the tag {quoted(tag)} is not allowed", hint)

    def _anchor(self, event: Any, depth: int) -> Node:
        seen, deepest = self.seen, self.deepest
        self.anchors[event.anchor] = None
        self.deepest = depth - 1
        node = self._content(event, depth)
        height = self.deepest - depth + 1
        self.anchors[event.anchor] = _Anchored(node, self.seen - seen + 1, height)
        self.deepest = max(deepest, self.deepest)
        return node

    def _alias(self, event: Any, depth: int) -> Node:
        """The very node that the anchor names, never a copy; what it comes to is counted."""
        name, place = event.anchor, self._place(event)
        target = self.anchors.get(name)
        if target is None:
            self._lost_alias(name, place)
            # As it was typed, so that reading goes on.
            return Scalar(self.file, _mark(event), f"*{name}", False)
        self.seen += target.size - 1
        self.expanded += target.size
        if self.expanded > MAX_EXPANDED:
            what = f"aliases expand to more than {MAX_EXPANDED:,} values"
            raise _Unreadable(place, what, "use fewer aliases, or split the file")
        self._deepen(depth + target.height - 1, event)
        node = target.node
        if isinstance(node, Scalar):
            return Scalar(self.file, _mark(event), node.text, node.plain)
        return node

    def _lost_alias(self, name: str, place: Place) -> None:
        if name in self.anchors:
            what, hint = f"the alias *{name} stands inside what it names", "write the value out"
        else:
            what = f"no anchor &{name} stands before the alias *{name}"
            hint = "put a text that begins with * in quotes"
        self._report(place, what, hint)

    def _deepen(self, depth: int, event: Any) -> None:
        # Through aliases too: what walks the nodes later counts on it.
        if depth > MAX_DEPTH:
            raise _Unreadable(self._place(event), *_TOO_DEEP)
        self.deepest = max(self.deepest, depth)


_TOO_DEEP = (f"nested deeper than {MAX_DEPTH} levels", "make it flatter")
_NO_KEY = {
    True: ("a key is missing before this ':'", "write the key, or put the text in quotes"),
    False: ("a key must be a text, not a list or mapping", "put a text with brackets in quotes"),
}


class _Words(NamedTuple):
    """What to say where the parser says `said`; `opens` points at where the trouble began."""

    said: str
    message: str
    hint: str
    opens: bool = False


_QUOTE = ("the quote that opens here is never closed", "close it", True)
_ESCAPE = ("an unknown escape in a double-quoted text", "write \\\\ for \\, or use single quotes")
_WORDS = (
    _Words(
        "mapping values",
        "a ':' cannot stand here",
        "quote a text that holds ': ', or indent like the line above",
    ),
    _Words("find expected ':'", "this line is no `key: value`", "add the ':', or indent it", True),
    _Words("end of stream", *_QUOTE),
    _Words("document indicator", *_QUOTE),
    _Words("unknown escape", *_ESCAPE),
    _Words("character escape", *_ESCAPE),
    _Words("hexdecimal", *_ESCAPE),
    _Words("',' or ']'", "the list that opens here is not closed", "add the ',' or ']'", True),
    _Words("',' or '}'", "the mapping that opens here is not closed", "add the ',' or '}'", True),
    _Words("'-' indicator", "a list item is due here", "begin it with '- ' below the others"),
    _Words("expected key", "a key is due here", "indent like the lines above, and check quotes"),
    _Words("sequence entries", "a list item cannot begin here", "begin the list in a line below"),
    _Words("comment or line break", "nothing can follow | or >", "begin the text a line below"),
    _Words("alphabetic", "a name is due after * or &", "quote a text that begins with them"),
    _Words("undefined tag", "a text cannot begin with '!'", "put it in quotes"),
    _Words("node content", "a value is due here", "check brackets and commas; quote such a text"),
    _Words("document start", "this belongs to nothing above", "check indentation and brackets"),
    _Words("incompatible", "this version of YAML is not read", "remove the %YAML line"),
    _Words("nesting", *_TOO_DEEP),
)


def _reworded(error: yaml.MarkedYAMLError, text: str, file: str) -> _Unreadable:
    """PyYAML's words for people: what is wrong, where, what to do."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return _Unreadable(Place(file), f"this is not YAML: {error.problem}")
    lines = _BREAK.split(text)
    line = lines[mark.line] if mark.line < len(lines) else ""
    words = _words(error.problem or "", line, mark.column)
    if words.opens and error.context_mark:
        mark = error.context_mark
    return _Unreadable(Place(file, mark.line + 1, mark.column + 1), words.message, words.hint)


def _words(said: str, line: str, column: int) -> _Words:
    if "\t" in line[: column + 1] and not line[:column].strip(" \t-"):
        return _Words(said, "a tab is used as indentation", "indent with spaces, not tabs")
    if "cannot start any token" in said:
        what = f"a text cannot begin with {quoted(line[column : column + 1])}"
        return _Words(said, what, "put it in quotes")
    general = _Words(said, f"this is not YAML: {said}", "check indentation, quotes and brackets")
    return next((words for words in _WORDS if words.said in said), general)
