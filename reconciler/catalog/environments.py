"""The accounts that a catalog is for, and which objects each of them has (contract 1.8)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.catalog import scalars
from reconciler.catalog.draft import Book, Refused
from reconciler.kinds import Kind
from reconciler.model import EVERY_ENVIRONMENT, Environment, Place, Problem
from reconciler.normalize import composed, texts
from reconciler.quoting import quoted
from reconciler.state.urls import has_password, same_place
from reconciler.yamlfile import Map, Node, Scalar

_RESERVED = {
    EVERY_ENVIRONMENT: "`--env all` means every environment",
    "git": "PXM_GIT_TOKEN is the token of a state in git",
    **dict.fromkeys(
        ("crash.log", "sandbox.db", "sandbox.db.state", "state.db", "state.git", "unsaved.json"),
        "a file of that name is kept in .reconciler/",
    ),
}
"""Names that mean something else already, and what."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An environment as it stands in the settings: its node, and the places of what it says."""

    environment: Environment
    node: Map
    place: Place
    regions: Mapping[str, tuple[str, Place, Place]]

    def at(self, name: str) -> Place:
        """Where one of its lines stands; its own place where it has none such."""
        node = self.node.get(name)
        return node.place if node is not None else self.place


def declared(node: Node) -> Iterator[Declared]:
    """The environments of the section, as far as they could be read."""
    for key, value in scalars.entries(node):
        if not isinstance(value, Refused):
            entry = value if isinstance(value, Map) else Map(value.file, value.mark, {})
            regions = _regions(entry.get("regions"))
            environment = Environment(key.text, _text(entry, "state"), _text(entry, "base_url"))
            yield Declared(environment, entry, key.place, regions)


def _text(node: Map, name: str) -> str:
    found = node.get(name)
    return found.text if isinstance(found, Scalar) else ""


def _regions(node: Node | None) -> Mapping[str, tuple[str, Place, Place]]:
    """The account's name for each of the catalog's, with the places of both."""
    found = {}
    for key, value in scalars.entries(node) if node is not None else ():
        if isinstance(value, Scalar) and not isinstance(value, Refused):
            found[key.text] = (value.text, key.place, value.place)
    return found


# --- objects of some environments -----------------------------------------------------------------


def only_of_defaults(book: Book, root: Map) -> Mapping[str, Node]:
    """What the defaults of a file say of `only`, by the list that they are for."""
    found: dict[str, Node] = {}
    defaults = root.get("defaults")
    if defaults is None:
        return found
    for name, part in scalars.entries(defaults):
        only = part.get("only") if isinstance(part, Map) else None
        if only is not None:
            found[name.text] = only
            book.named += _named(f"defaults of {name.text}", only)
    return found


def only_elsewhere(book: Book, kind: Kind, node: Map, list_: str) -> Place | None:
    """The place of the `only` by which the environment that is read has not got an object.

    `list_` is what it stands in, whose default counts where it says nothing itself.  Without an
    environment chosen all objects are there.
    """
    own = node.get("only")
    if own is not None:
        book.named += _named(f"{kind.name} {quoted(_text(node, 'key'))}", own)
    only = own or book.only.get(list_)
    names = [name for _, name, __ in _named("", only)] if only is not None else []
    is_here = book.environment is None or not names or book.environment in names
    return None if is_here or only is None else only.place


def _named(owner: str, only: Node) -> list[tuple[str, str, Place]]:
    """The environments that an `only` names, as far as they can be read."""
    return [
        (owner, name.text, name.place)
        for name in scalars.items(only)
        if isinstance(name, Scalar) and not isinstance(name, Refused)
    ]


# --- checks ---------------------------------------------------------------------------------------


def faults(book: Book, found: Mapping[str, Declared]) -> Iterator[Problem]:
    """What is wrong with the section, and names of environments that it does not have."""
    for one in found.values():
        yield from _name(one)
        yield from _password(one)
        # Objects of other environments may name what this one lacks.
        if book.environment in (None, one.environment.name):
            yield from _unknown_regions(book, one)
        yield from _same_region(one)
    yield from _without_state(found)
    yield from _alike(found, _variables, "the same variables, PXM_{}_CLIENT_ID and so on,", "")
    yield from _alike(found, _state, "the same state", "state")
    yield from _unknown(book)


def _name(one: Declared) -> Iterator[Problem]:
    name = one.environment.name
    if name in _RESERVED:
        what = f"environments: {quoted(name)} cannot be the name of one: {_RESERVED[name]}"
        yield Problem(one.place, what, "give it another name")


def _password(one: Declared) -> Iterator[Problem]:
    """The settings never hold a secret (contract 1.8)."""
    if has_password(one.environment.state):
        what = f"environment {quoted(one.environment.name)}: the URL of its state has a password"
        hint = "leave the password out and set PGPASSWORD, or pass the whole URL as PXM_STATE"
        yield Problem(one.at("state"), what, hint)


def _without_state(found: Mapping[str, Declared]) -> Iterator[Problem]:
    """Where one says where its state is, the others must not fall back to a common place."""
    having = [name for name, one in found.items() if one.node.get("state") is not None]
    for name, one in found.items():
        if having and name not in having:
            what = f"environment {quoted(name)} has no `state`, and {quoted(having[0])} has one"
            yield Problem(one.place, what, "say for each where its state is kept")


def _variables(one: Declared) -> Hashable:
    return one.environment.variable


def _state(one: Declared) -> Hashable:
    url = one.environment.state
    return same_place(url) if url else None


def _alike(
    found: Mapping[str, Declared], by: Callable[[Declared], Hashable], what: str, line: str
) -> Iterator[Problem]:
    """Environments that share what each must have for itself; `line` is where it stands."""
    first: dict[Hashable, Declared] = {}
    for name, one in found.items():
        shared = by(one)
        if shared is None:
            continue
        other = first.setdefault(shared, one)
        if other is not one:
            text = f"environment {quoted(name)} has {what.format(shared)} as "
            text += quoted(other.environment.name)
            hint = "each environment is an account with a state and credentials of its own"
            hint += "; the other one is at"
            yield Problem(one.at(line), text, hint, also=other.at(line))


def _unknown_regions(book: Book, one: Declared) -> Iterator[Problem]:
    """A name that no object uses maps nothing: it is a slip of the pen."""
    # Before the first pull a catalog has settings and nothing else.
    if not one.regions or book.lost.blind or not book.drafts:
        return
    used: set[str] = set()
    for draft in book.drafts:
        used.update(texts(draft.fields.get("regions")))
    known = {composed(name) for name in used}
    for name, (_, place, __) in one.regions.items():
        if composed(name) not in known:
            what = f"environment {quoted(one.environment.name)}: "
            what += f"no object of the catalog names the region {quoted(name)}"
            hint = book.speller.guess(name, sorted(used), "region")
            yield Problem(place, what, hint or "take the entry out")


def _same_region(one: Declared) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for name, _, place in one.regions.values():
        first = seen.setdefault(composed(name), place)
        if first != place:
            what = f"environment {quoted(one.environment.name)}: two regions of the catalog "
            what += f"are the account's {quoted(name)}"
            yield Problem(place, what, "the other one is at", also=first)


def _unknown(book: Book) -> Iterator[Problem]:
    """Objects that name environments which the settings do not have."""
    for owner, name, place in book.named:
        if name not in book.environments:
            what = f"{owner}: unknown environment {quoted(name)}"
            guess = book.speller.guess(name, list(book.environments), "environment")
            yield Problem(place, what, guess or _known(book))


def _known(book: Book) -> str:
    if not book.environments:
        return "declare it under `environments` in reconciler.yaml"
    return f"reconciler.yaml has {', '.join(map(quoted, book.environments))}"
