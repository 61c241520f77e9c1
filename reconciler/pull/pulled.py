"""What pull finds: objects as a catalog can say them, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model import LiveObject, Ref


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """Something of the account that the files do not say: of which object, what, and why.

    `what` is empty where it is the whole object.
    """

    reason: str
    kind: str
    label: str
    what: str = ""


class Prose(str):
    """A text that may stand in a file of its own: an attribute's, or a resource's description."""

    __slots__ = ()


class Inexpressible(Exception):
    """A value that no catalog can declare; the words are the reason."""


def pin_of(id_: str, environment: str | None) -> str | dict[str, str]:
    """An `id:` as the files say it: of one environment where the catalog has some."""
    return {environment: id_} if environment else id_


@dataclass(frozen=True, slots=True)
class Pulled:
    """One object as the files say it.

    `fields` holds YAML data by path, attribute values as `attributes.<key>`; `above` is the
    object that it is nested in; `pin` says that its `id` stands there, as that of `environment`;
    `external` ones only lend their id to what was asked for.
    """

    ref: Ref
    item: LiveObject
    fields: Mapping[str, Any] = field(default_factory=dict)
    above: Ref | None = None
    pin: bool = False
    external: bool = False
    environment: str | None = None

    def pinned(self) -> Pulled:
        """The same, with its id."""
        return replace(self, pin=True)
