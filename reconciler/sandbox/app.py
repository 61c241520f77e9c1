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
from reconciler.sandbox.late import Late
from reconciler.sandbox.limits import Limit
from reconciler.sandbox.lists import Lists
from reconciler.sandbox.processing import Processing
from reconciler.sandbox.rules import Rules
from reconciler.sandbox.store import Store
from reconciler.sandbox.uploads import Uploads
from reconciler.sandbox.wire import Reader

LOG_LENGTH = 100_000
"""Requests that the log keeps."""


class App:
    """One account behind HTTP.  API requests are short, so they run in the event loop."""

    def __init__(self, store: Store, options: Options) -> None:
        self.store = store
        self.options = options
        self.dialects = checked(options.dialects)
        self.rules = Rules(store, self.dialects)
        self.reader = Reader(store, self.dialects)
        self.lists = Lists(store, self.dialects, options.lag)
        self.limit = Limit(options.rate_limit, options.rate_period)
        self.tokens: set[str] = set()
        self.log: deque[Request] = deque(maxlen=LOG_LENGTH)
        self.before: Hook | None = None
        self.after: Hook | None = None
        self.guard = threading.RLock()
        self.chaos = Chaos(options.chaos, options.chaos_seed)
        self.uploads = Uploads(store.blobs, options)
        self.processing = Processing(store, self.guard, options.processing)
        self.late = Late(self.guard, options.create_delay)

    def reader_for(self, base: str) -> Reader:
        """A reader whose links start with the URL that a client uses."""
        return replace(self.reader, base=base)
