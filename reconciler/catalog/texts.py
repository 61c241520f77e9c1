"""Long texts in files beside the YAML: `description: {file: texts/care.html}` (contract 1.4)."""

from __future__ import annotations

from reconciler.catalog.draft import Book, Unfit
from reconciler.catalog.files import as_bytes, read_bytes
from reconciler.catalog.scalars import filled
from reconciler.catalog.uploads import beside
from reconciler.quoting import quoted
from reconciler.textfile import parse_text
from reconciler.yamlfile import DEFAULT_MAX_BYTES, Map, Node, Scalar
from reconciler.yamltext import expressible

LONG_TEXTS = frozenset({("resource", "description")})
"""Fields that may live in a file, besides the values of Text attributes: kind and name."""

SUFFIXES = (".html", ".htm", ".md", ".txt")


def from_file(book: Book, node: Node, name: str) -> Node:
    """The text of the file that `{file: …}` names, at the place of that; else the node as it is.

    Raises Unfit where it cannot be read.  `name` is the field.
    """
    if not isinstance(node, Map):
        return node
    named = node.get("file")
    if named is None:
        return node
    book.looked_beside = True
    if len(node.entries) > 1:
        raise Unfit(node.place, f"{name} takes a text, or `{{file: PATH}}` alone")
    file = filled(named, "file")
    if not file.lower().endswith(SUFFIXES):
        hint = f"its name ends in one of {', '.join(SUFFIXES)}"
        raise Unfit(named.place, f"{quoted(file)} is no text file", hint)
    path = beside(book.folder, named, file, book.edited)
    inside = path.relative_to(book.folder).as_posix()
    if inside not in book.texts:
        book.texts[inside] = _text(book, inside, named, file)
    book.text_files[node.place] = inside
    return Scalar(node.file, node.mark, book.texts[inside], plain=False)


def _text(book: Book, inside: str, node: Node, file: str) -> str:
    edited = book.edited.get(inside)
    try:
        path = book.folder / inside
        raw = read_bytes(path, DEFAULT_MAX_BYTES) if edited is None else as_bytes(edited)
    except OSError as error:
        raise Unfit(node.place, f"{quoted(file)} cannot be read: {error.strerror}") from error
    if len(raw) > DEFAULT_MAX_BYTES:
        bound = DEFAULT_MAX_BYTES // 2**20
        raise Unfit(node.place, f"{quoted(file)} is over {bound} MiB", "a text must be shorter")
    try:
        text = parse_text(raw).text
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"{quoted(file)} is not UTF-8: see its line {line}"
        raise Unfit(node.place, what, "save it as UTF-8") from error
    if not expressible(text):
        raise Unfit(node.place, f"{quoted(file)} holds a NUL, which no text has", "take it out")
    return text
