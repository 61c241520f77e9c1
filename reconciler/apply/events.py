"""What may become of a change, as values; the ledger books them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from reconciler.enums import Status
from reconciler.errors import ApiError, Unreachable
from reconciler.model import Change, Entry, Outcome

UNREACHABLE = "the API could not be reached any more"
PLAN_AGAIN = "run `pxm plan` and look again"
APPLY_AGAIN = "run `pxm apply` again: it looks at it first"


class Says(Enum):
    """What an event says of the sort of its change (contract 2.4)."""

    NOTHING = "nothing"
    TAKEN = "taken"
    REFUSED = "refused"
    SURPRISE = "surprise"


@dataclass(frozen=True, slots=True)
class Event:
    """What became of one change, and what follows from it.

    `says` and `reason` are about its sort.  `entry` is what the state remembers from here on,
    None where that does not change.  `halt` is why nothing more is sent in this run, `note` what
    a reader of the report should know besides.
    """

    outcome: Outcome
    says: Says = Says.NOTHING
    reason: str = ""
    entry: Entry | None = None
    halt: str = ""
    note: str = ""


def waits(change: Change, words: str) -> Event:
    """It is left for a later run: what it needs is on its way."""
    return Event(Outcome(change, Status.WAITS, change.id, words))


def blocked(change: Change, words: str) -> Event:
    """It may not be made."""
    return Event(Outcome(change, Status.BLOCKED, change.id, words))


def not_attempted(change: Change, words: str, hint: str = "") -> Event:
    """Nothing was sent for it."""
    return Event(Outcome(change, Status.NOT_ATTEMPTED, change.id, words, hint))


def failed_unsent(change: Change, words: str, hint: str) -> Event:
    """It failed before anything was sent, which says nothing of its sort."""
    return Event(Outcome(change, Status.FAILED, change.id, words, hint))


def unread(change: Change, error: ApiError) -> Event:
    """Its object could not be read just before the write."""
    words = f"it could not be read just before its write: {error.message}"
    outcome = Outcome(change, Status.FAILED, change.id, words, error.hint or PLAN_AGAIN)
    return Event(outcome, halt=halt_of(error))


def refused(change: Change, words: str, hint: str) -> Event:
    """The API refused it, and nothing has changed: the next of its sort is tried."""
    return Event(Outcome(change, Status.FAILED, change.id, words, hint), Says.REFUSED)


def failed(
    change: Change, words: str, hint: str = "", id_: str | None = None, *, halt: str = ""
) -> Event:
    """It went wrong: where it went alone, no more of its sort is sent (contract 2.4)."""
    outcome = Outcome(change, Status.FAILED, id_ or change.id, words, hint)
    return Event(outcome, Says.SURPRISE, words, halt=halt)


def unproved(change: Change, id_: str, error: ApiError) -> Event:
    """It was written and could not be proved: its own outcome, never the run's (contract 2.8)."""
    words = f"it was written, and could not be proved: {error.message}"
    return failed(change, words, error.hint or APPLY_AGAIN, id_, halt=halt_of(error))


def halt_of(error: ApiError) -> str:
    """Why nothing more is sent after an error; empty where the run goes on."""
    return UNREACHABLE if isinstance(error, Unreachable) else ""
