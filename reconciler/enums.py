"""The closed sets of words that plans, reports and states are written in.

Each member is the text that stands in JSON, YAML and reports: `Action.CREATE == "create"`.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What apply would do to one object (contract 2.1, 2.4), in the order of the summary."""

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    DELETE = "delete"
    MOVE = "move"
    RECREATE = "recreate"
    UNPUBLISH = "unpublish"

    @property
    def past(self) -> str:
        """The word for it once it is done."""
        return _PAST[self]


_PAST = {
    Action.CREATE: "created",
    Action.ADOPT: "adopted",
    Action.UPDATE: "updated",
    Action.DELETE: "deleted",
    Action.MOVE: "moved",
    Action.RECREATE: "recreated",
    Action.UNPUBLISH: "unpublished",
}

CREATES = frozenset({Action.CREATE, Action.RECREATE})
"""Actions that make an object."""

LEAVES = frozenset({Action.DELETE, Action.UNPUBLISH})
"""Actions after which an object that has left the catalog is no longer managed."""


class Verb(StrEnum):
    """The request that a change takes."""

    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


class Sort(StrEnum):
    """What one run must see work once for each kind before it does many of it (contract 2.4)."""

    CREATE = "create"
    UPDATE = "update"
    ARRAY = "array"
    DELETE = "delete"


class Class(StrEnum):
    """How desired, live and applied stand to each other (contract 2.2)."""

    UNCHANGED = "unchanged"
    PENDING = "pending"
    DRIFT = "drift"
    CONFLICT = "conflict"
    RELEASED = "released"
    NOT_OURS = "not ours"


WORST = (Class.PENDING, Class.DRIFT, Class.CONFLICT)
"""From mild to bad: the class of a change is the worst of its fields (contract 4)."""


class Status(StrEnum):
    """What became of one change."""

    DONE = "done"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    BLOCKED = "blocked"
    WAITS = "waits"


class DriftStatus(StrEnum):
    """What a drift report says of one object."""

    CHANGED = "changed"
    GONE = "gone"
    UNMANAGED = "unmanaged"


class SideStatus(StrEnum):
    """How an object stands in two accounts that are compared."""

    DIFFERS = "differs"
    FIRST = "only_first"
    SECOND = "only_second"


class NoteKind(StrEnum):
    """What a note of a plan is about, where reports tell it in a place of its own."""

    OTHER = "other"
    NEW_STATE = "new_state"
    NEAR = "near"
    TARGETS = "targets"


class ProblemKind(StrEnum):
    """What a problem is, where a program decides by it: its text is for people alone."""

    OTHER = "other"
    SAME_NATURAL_KEY = "same_natural_key"
    """Another object of the catalog looks like this one; an `id` tells them apart."""
    UNKNOWN_KEY = "unknown_key"
    """Something names an object that is not in the catalog."""
    BREACH = "breach"
    """An object breaks a rule of the catalog; the file itself is sound."""
