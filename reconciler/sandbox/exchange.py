"""What a request is, what an answer is, and how a sandbox is set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox behaves.  Times are in seconds, sizes in bytes.

    `open_access` accepts any or no token (embedded).  `seed` makes ids the same each time.
    `chaos` is fault → probability, drawn from `chaos_seed`; `slow` is how long its slow answers
    take.  Uploads from `multipart_threshold` on go in parts of `part_size`; a file is converting
    for `processing` after its upload was confirmed.  Lists lag by `lag` (dialect stale-lists).
    With files-late a confirmed file is not seen by the first `file_reads` reads by id or of the
    list, and not for `file_delay`.  No write of an object whose name or id is in `refused` is
    taken.  With slow-create a POST's connection is dropped after `create_wait` where the client
    has not given up before, and the create takes effect up to `create_delay` after that.
    """

    dialects: frozenset[str] = frozenset()
    rate_limit: int | None = 1000
    rate_period: float = 60.0
    open_access: bool = False
    client_id: str = "sandbox"
    client_secret: str = field(default="sandbox", repr=False)
    seed: int | None = None
    chaos: Mapping[str, float] = field(default_factory=dict)
    chaos_seed: int = 0
    slow: float = 0.5
    multipart_threshold: int = 100 * MEBIBYTE
    part_size: int = 16 * MEBIBYTE
    processing: float = 0.5
    lag: float = 1.0
    file_reads: int = 3
    file_delay: float = 0.0
    refused: tuple[str, ...] = ()
    create_wait: float = 0.2
    create_delay: float = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body (None: no body) and headers; `raw` bytes stand instead of a JSON body.

    `drop` closes the connection without an answer, `reset` resets it, `cut` sends half the body.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drop: bool = False
    reset: bool = False
    cut: bool = False
    late: Callable[[], object] | None = None
    """What takes effect once the client is gone (dialect slow-create)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in, for hooks, tests and the log.

    `body` is bytes, `at` seconds since the epoch; `status` and `answer` are set once it is
    answered, `fault` where chaos struck.  The log does not keep tokens.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    token: str = field(default="", repr=False)
    at: float = 0.0
    status: int = 0
    answer: Answer | None = None
    fault: str = ""
    base: str = ""
    """The URL that the client used, up to the path."""
    repeated: tuple[str, ...] = ()
    """Parameters that came more than once and are no arrays."""


Hook = Callable[[Request], "Answer | None"]
"""Called beside a request, in a thread of its own; an answer takes the place of the real one."""
