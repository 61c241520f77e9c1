"""Every error that this program raises on purpose.

    PxmError                    exit 1
    ├── UsageError              a wrong option, a file that is not there
    ├── CatalogError            the YAML has problems; all of them, sorted by place
    ├── ApiError                the other side did not do what was asked
    │   ├── Unreachable         no answer: connection, TLS, time-out
    │   ├── BadAnswer           an answer that is not what it should be (HTML, cut JSON)
    │   ├── StatusError         an answer with an error status, in the API's own words
    │   │   └── NotFound        404
    │   ├── InDoubt             a POST whose outcome nobody knows
    │   ├── Retry               an attempt that may heal (`reconciler.api.retrying`)
    │   └── Overtaken           an object is no longer as the plan saw it; nothing was sent
    ├── StateError              the state cannot be read, saved or trusted
    │   └── Locked              exit 3: another run holds it
    ├── Refused                 exit 3: policy says no, nothing was written
    └── Interrupted             exit 130

One boundary (`reconciler.cli`) prints them; nothing below it prints or exits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model import Problem


class PxmError(Exception):
    """Base of all.  `hint` is the next thing to do, a sentence or a command."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PxmError):
    """The command line, the environment or a file named on it is wrong."""


class CatalogError(PxmError):
    """The catalog has problems.  They are all in `problems`, sorted by place.

    `folder` is the catalog folder as the user named it, filled in where it is known.
    """

    def __init__(self, problems: Sequence[Problem], folder: str = "", *, hint: str = "") -> None:
        super().__init__(f"the catalog has {len(problems)} problem(s)", hint=hint)
        self.problems = tuple(problems)
        self.folder = folder


class ApiError(PxmError):
    """A request failed.  `request` is method and path, without query secrets or headers."""

    def __init__(self, message: str, *, request: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.request = request


class Unreachable(ApiError):
    """No answer came, after all retries."""


class BadAnswer(ApiError):
    """An answer came that cannot be what the endpoint answers."""


class StatusError(ApiError):
    """The API refused.  `status` is the HTTP status, `words` what the API said."""

    def __init__(self, status: int, words: str, *, request: str = "", hint: str = "") -> None:
        super().__init__(f"{status}: {words}" if words else str(status), request=request, hint=hint)
        self.status = status
        self.words = words

    @property
    def refuses(self) -> bool:
        """A 4xx, but for those that ask for a token or for time (contract 2.4)."""
        return 400 <= self.status < 500 and self.status not in (401, 408, 429)


class NotFound(StatusError):
    """404: the object does not exist, or the credentials do not show it."""


class InDoubt(ApiError):
    """A POST was sent and nobody knows whether it took effect (no idempotency key exists)."""


class Overtaken(ApiError):
    """Somebody changed an object since the plan: the write was not sent (contract 2.7)."""


class StateError(PxmError):
    """The state cannot be read, saved or trusted."""


class Locked(StateError):
    """Another run holds the state."""

    exit_code = 3


class Refused(PxmError):
    """Policy or proof of identity forbids the whole run; nothing was written."""

    exit_code = 3


class Interrupted(PxmError):
    """The user or the runner asked to stop; `stand` says how far it came."""

    exit_code = 130

    def __init__(self, message: str, *, stand: str = "") -> None:
        super().__init__(message)
        self.stand = stand
