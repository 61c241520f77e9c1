"""What should be edited: wishes, and what stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model import Ref

Path = tuple[str, ...]


def joined(path: Path) -> str:
    """The path as objects have their fields: `attributes.color`."""
    return ".".join(path)


@dataclass(frozen=True, slots=True)
class Become:
    """The entry at a path holds a value, or goes (`DROP`).

    `due` says that a label which it holds is another one now, or none: that is to be said even
    where what drifted on the object itself cannot be.
    """

    ref: Ref
    path: Path
    value: Any
    due: bool = False


@dataclass(frozen=True, slots=True)
class Elements:
    """Elements of a list go and others come; `whole` is all of it, where it stands elsewhere."""

    ref: Ref
    path: Path
    drop: tuple[str, ...] = ()
    add: tuple[Any, ...] = ()
    whole: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relabel:
    """An option or a sub-field has another label."""

    ref: Ref
    path: Path
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Move:
    """An object stands under another one; under none where `to` is None."""

    ref: Ref
    path: Path
    to: str | None


@dataclass(frozen=True, slots=True)
class Remove:
    """An object's entry goes."""

    ref: Ref
    path: Path = ()


Wish = Become | Elements | Relabel | Move | Remove


@dataclass(frozen=True, slots=True)
class Stays:
    """Drift that the files cannot take over as it is, and why; `place` may be empty."""

    ref: Ref
    path: str
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Where a value is edited that an object has from elsewhere, or has had, and why there."""

    ref: Ref
    path: str
    words: str
    place: str


@dataclass(slots=True)
class Wishes:
    """All that should be edited, each wish once, and what stays as it is.

    `followed` are wishes that come true with another one, for a line that several objects have
    a value from; `told` says of such values where they are edited.
    """

    found: dict[Any, Wish] = field(default_factory=dict)
    stays: list[Stays] = field(default_factory=list)
    followed: list[Wish] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def add(self, wish: Wish) -> None:
        """A wish; one for the same place with the same sort is one."""
        name = _name(wish)
        known = self.found.get(name)
        if isinstance(known, Elements) and isinstance(wish, Elements):
            wish = replace(
                wish,
                drop=tuple(dict.fromkeys((*known.drop, *wish.drop))),
                add=(*known.add, *(x for x in wish.add if x not in known.add)),
            )
        if isinstance(known, Become) and isinstance(wish, Become):
            wish = replace(wish, due=known.due or wish.due)
        self.found[name] = wish

    def has(self, wish: Wish) -> bool:
        """Whether there is one for the same place with the same sort."""
        return _name(wish) in self.found

    def follow(self, wish: Wish) -> None:
        """It comes true with another one."""
        self.withdraw(wish)
        self.followed.append(wish)

    def withdraw(self, wish: Wish) -> None:
        """Without the one for the same place with the same sort."""
        del self.found[_name(wish)]

    def refs(self, sort: type[Wish]) -> set[Ref]:
        """The objects that a wish of a sort is about."""
        return {wish.ref for wish in self.found.values() if isinstance(wish, sort)}


def _name(wish: Wish) -> tuple[Any, ...]:
    return (type(wish), wish.ref, wish.path, getattr(wish, "old", None))
