"""Asynchronous processing: a file is converting for a while, then its renditions are there."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from reconciler.sandbox.renditions import labels_of, look
from reconciler.sandbox.rules import now
from reconciler.sandbox.store import AccountStore, Object


class Processing:
    """A thread that looks into each file `delay` seconds after it was confirmed.

    `also` says what else the service makes of a file.
    """

    def __init__(
        self,
        store: AccountStore,
        guard: AbstractContextManager[object],
        delay: float,
        also: Callable[[Object], Object],
    ) -> None:
        self._also = also
        self._store = store
        self._guard = guard
        self._delay = delay
        self._due: list[tuple[float, str]] = []
        self._awake = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="processing", daemon=True)

    def start(self) -> None:
        """Begin, with what was converting when the sandbox ended last."""
        for item in list(self._store.of("file").values()):
            if item["is_converting"]:
                self.add(item["id"])
        self._thread.start()

    def stop(self) -> None:
        """End; what is still converting goes on when the account is opened again."""
        with self._awake:
            self._ending = True
            self._awake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def add(self, file_id: str) -> None:
        """A file has arrived."""
        with self._awake:
            heapq.heappush(self._due, (time.monotonic() + self._delay, file_id))
            self._awake.notify()

    def _work(self) -> None:
        while (file_id := self._next()) is not None:
            process(self._store, self._guard, file_id, self._also)

    def _next(self) -> str | None:
        with self._awake:
            while not self._ending:
                if not self._due:
                    self._awake.wait()
                elif (wait := self._due[0][0] - time.monotonic()) > 0:
                    self._awake.wait(wait)
                else:
                    return heapq.heappop(self._due)[1]
        return None


def _nothing(_: Object) -> Object:
    return {}


def process(
    store: AccountStore,
    guard: AbstractContextManager[object],
    file_id: str,
    also: Callable[[Object], Object] = _nothing,
) -> None:
    """Look into a file and keep what was found; nothing where it has gone meanwhile."""
    item = store.get("file", file_id)
    if item is None:
        return
    found = look(store.blobs.path(file_id), item["mime_type"] or "")
    with guard:
        item = store.get("file", file_id)
        if item is None:
            return
        for name, content in found.images.items():
            store.blobs.write(file_id, content, name)
        changes: Object = {
            "is_converting": False,
            "file_dimension": found.dimension,
            "ocr_text": found.text,
            "auto_label": labels_of(item["file_name"], item["type"]),
            "_renditions": list(found.images),
            "updated_date": now(),
            **also(item),
        }
        store.put("file", {**item, **changes})
