"""One account and all that answers for it: what a route needs hangs on the `App`.

`guard` is taken by every reader or writer of the store.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from reconciler.sandbox.chaos import Chaos
from reconciler.sandbox.dialects import checked
from reconciler.sandbox.exchange import Hook, Options, Request
from reconciler.sandbox.late import Arriving, LateWork
from reconciler.sandbox.limits import Limit
from reconciler.sandbox.lists import Lists
from reconciler.sandbox.processing import Processing
from reconciler.sandbox.rules import HttpRefusal, Rules
from reconciler.sandbox.stage import Stage
from reconciler.sandbox.store import AccountStore, Object
from reconciler.sandbox.uploads import Uploads, linked
from reconciler.sandbox.wire import Presenter

LOG_LENGTH = 100_000
"""Requests that the log keeps."""


class App:
    """One account behind HTTP.  API requests are short, so they run in the event loop."""

    def __init__(self, store: AccountStore, options: Options) -> None:
        self.store = store
        self.options = options
        self.dialects = checked(options.dialects)
        self.rules = Rules(store, self.dialects)
        self.presenter = Presenter(store, self.dialects)
        self.arriving = Arriving(options.file_reads, options.file_delay)
        self.lists = Lists(store, self.dialects, options.lag, self.arriving)
        self.limit = Limit(options.rate_limit, options.rate_period)
        self.tokens: set[str] = set()
        self.log: deque[Request] = deque(maxlen=LOG_LENGTH)
        self.before: Hook | None = None
        self.after: Hook | None = None
        self.guard = threading.RLock()
        self.stage = Stage()
        self.refused: dict[str, HttpRefusal] = {
            name: HttpRefusal(400, f"{name!r} cannot be written") for name in options.refused
        }
        self.chaos = Chaos(options.chaos, options.chaos_seed)
        self.uploads = Uploads(store.blobs, options)
        self.processing = Processing(store, self.guard, options.processing, self._linked_late)
        self.late = LateWork(self.guard, options.create_delay)

    def _linked_late(self, item: Object) -> Object:
        """The links that the service gives a processed file (dialect auto-links-late)."""
        if "auto-links-late" not in self.dialects:
            return {}
        return {"collections": linked(self.rules, item)}

    def presenter_for(self, base: str) -> Presenter:
        """A presenter whose links start with the URL that a client uses."""
        return replace(self.presenter, base=base)
