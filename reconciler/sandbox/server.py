"""Real HTTP: uvicorn in a thread of this process, on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import itertools
import mimetypes
import signal
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import uvicorn

from reconciler.sandbox.app import App
from reconciler.sandbox.chaos import Chaos
from reconciler.sandbox.exchange import Hook, Options, Request
from reconciler.sandbox.page import with_page
from reconciler.sandbox.processing import process
from reconciler.sandbox.rules import SHAPES, HttpRefusal, earlier, now
from reconciler.sandbox.rules.deletes import unlink
from reconciler.sandbox.sockets import Protocol
from reconciler.sandbox.stage import Incident
from reconciler.sandbox.store import AccountStore, Object, dumps
from reconciler.sandbox.uploads import type_of
from reconciler.sandbox.wire import CONCEALED

START_SECONDS = 120.0
TICK_SECONDS = 0.1
"""uvicorn's own: what it counts, it counts in ticks."""
CLOSING_TURNS = 3
"""Turns of the event loop in which closed connections are let go."""


class _Server(uvicorn.Server):
    """uvicorn's, but one that has nothing in flight ends at once: tests stop hundreds of them."""

    leaving: asyncio.Event
    loop: asyncio.AbstractEventLoop

    def leave(self) -> None:
        """End, from another thread, when what is in flight is finished."""
        self.should_exit = True
        with contextlib.suppress(RuntimeError):  # It has ended already.
            self.loop.call_soon_threadsafe(self.leaving.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; from then on it can be told to leave."""
        self.loop, self.leaving = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        """Tick as uvicorn does, and leave between two ticks."""
        count = itertools.count()
        while not await self.on_tick(next(count)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.leaving.wait(), TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close idle connections at once; wait only for what is in flight."""
        if self.server_state.tasks:
            return await super().shutdown(sockets)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(CLOSING_TURNS):
            await asyncio.sleep(0)
        return None


class Sandbox:
    """A local PXM.  `db` None keeps it in memory; `port` 0 takes any free one.

    The methods beside `start` and `stop` act on the account as somebody else would, past the
    API's rules: tests and `--sandbox` use them.
    """

    def __init__(
        self,
        db: Path | None = None,
        options: Options | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.options = options or Options()
        self.host, self.port = host, port
        self._store = AccountStore(db, self.options.seed)
        self.app = App(self._store, self.options)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    # --- the server ---

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        __: BaseException | None,
        ___: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Bind and serve; OSError where the port is taken."""
        if not self._store.of("region"):
            self.ensure_region("Global", is_primary=True)
        if self.app.rules.rooted:
            self.app.rules.root()
        self.app.rules.strays()
        self._store.blobs.forget_uploads()
        self.app.processing.start()
        listener = socket.create_server((self.host, self.port))
        # asyncio sets it only on sockets made with an explicit protocol; without it every answer
        # waits 40 ms for the client's delayed ACK of its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            with_page(self.app, self.host),
            http=Protocol,
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise OSError("the sandbox did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Finish what is in flight and close everything."""
        if self._server is not None and self._thread is not None:
            self._server.leave()
            self._thread.join(START_SECONDS)
        self.app.late.flush()
        self.app.processing.stop()
        self._store.close()
        self._stopped.set()

    def close(self) -> None:
        """As `stop`, for a sandbox that was never started."""
        self.stop()

    def wait(self) -> None:
        """Block until SIGINT or SIGTERM, or until it is stopped."""
        self.heed_signals()
        self._stopped.wait()

    def heed_signals(self) -> None:
        """From here on SIGINT and SIGTERM end `wait`, and not the program."""

        def leave(_: int, __: FrameType | None) -> None:
            self._stopped.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, leave)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{self.host}:{self.port}"

    @property
    def account_id(self) -> str:
        """The random id that its database keeps."""
        return self._store.account_id

    # --- the account, past the API ---

    @property
    def requests(self) -> list[Request]:
        """What came in, oldest first."""
        return list(self.app.log)

    def on_request(self, hook: Hook | None) -> None:
        """Act before each API request; what the hook returns takes the place of the real answer."""
        self.app.before = hook

    def on_answer(self, hook: Hook | None) -> None:
        """Act when a request took effect and nothing was sent yet; `Answer(drop=True)` sends none.

        Both hooks run in threads of their own, side by side where requests are: they may wait.
        """
        self.app.after = hook

    def put_object(self, kind: str, fields: Object, id_: str | None = None) -> str:
        """Make an object as somebody in the web interface would; returns its id."""
        with self.app.guard:
            item = self.app.rules.blank(kind)
            item.update(fields, id=id_ or item["id"])
            if kind == "category":
                self.app.rules.put_under_root(item)
            self.app.rules.put_in_region(kind, item)
            self._store.put(kind, item)
            return str(item["id"])

    def put_file(self, name: str, content: bytes, **fields: Any) -> str:
        """Put a file there with its bytes, processed at once; returns its id."""
        mime_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        known: Object = {
            "file_name": name,
            "file_size": len(content),
            "mime_type": mime_type,
            "type": type_of(mime_type),
        }
        id_ = self.put_object("file", {**known, **fields})
        self._store.blobs.write(id_, content)
        process(self._store, self.app.guard, id_)
        return id_

    def edit(self, kind: str, id_: str, **fields: Any) -> None:
        """Change stored fields; values as `attributes=[{"id", "value"}]`.  KeyError: no such."""
        with self.app.guard:
            item = self._store.of(kind)[id_]
            dated = {} if "changes-undated" in self.app.dialects else {"updated_date": now()}
            self._store.put(kind, {**item, **fields, **dated})

    def age(self, days: float) -> None:
        """Everything in the account was made and changed so many days earlier."""
        with self.app.guard:
            for kind, items in self._store.dump().items():
                for item in items:
                    self._store.put(kind, earlier(item, days))

    def remove(self, kind: str, id_: str) -> None:
        """Delete without asking; what referred to it goes on doing so."""
        with self.app.guard:
            self._store.remove(kind, id_)

    def delete(self, kind: str, id_: str) -> None:
        """Delete without asking; what referred to it lets go, as the dialects have it."""
        with self.app.guard:
            unlink(self._store, self.app.dialects, kind, id_)
            self._store.remove(kind, id_)

    def conceal(self, kind: str, id_: str, *fields: str) -> None:
        """From now on no answer shows these fields of an object, its id or name perhaps."""
        with self.app.guard:
            self._store.put(kind, {**self._store.of(kind)[id_], CONCEALED: [*fields]})

    def refuse(self, *names: str, status: int = 400, words: str = "") -> None:
        """From now on no write of an object of such a name or id is taken."""
        with self.app.guard:
            for name in names:
                said = words or f"{name!r} cannot be written"
                self.app.refused[name] = HttpRefusal(status, said)

    def allow(self, *names: str) -> None:
        """Take writes of these names and ids again; of all, where none is named."""
        with self.app.guard:
            for name in names or [*self.app.refused]:
                self.app.refused.pop(name, None)

    def stage(self, *incidents: Incident) -> None:
        """What is to happen at requests to come."""
        self.app.stage.add(*incidents)

    def set_chaos(self, shares: Mapping[str, float], seed: int = 0) -> None:
        """From the next request on, these faults; none where `shares` is empty."""
        self.app.chaos = Chaos(shares, seed)

    def revoke_tokens(self) -> None:
        """Every token given out so far stops being valid."""
        self.app.tokens.clear()

    def get(self, kind: str, id_: str) -> Object | None:
        """An object as stored; the copy is the caller's."""
        return copy.deepcopy(self._store.get(kind, id_))

    def content(self, file_id: str) -> bytes:
        """A file's bytes.  FileNotFoundError where it has none."""
        return self._store.blobs.path(file_id).read_bytes()

    def all(self, kind: str) -> list[Object]:
        """All objects of a kind as stored, oldest first; copies."""
        with self.app.guard:
            return copy.deepcopy(list(self._store.of(kind).values()))

    def dump(self) -> dict[str, list[Object]]:
        """The whole account by kind, sorted by id; copies."""
        with self.app.guard:
            return copy.deepcopy(self._store.dump())

    def dump_json(self) -> str:
        """The whole account as JSON, numbers spelled as they are kept."""
        with self.app.guard:
            return dumps(self._store.dump())

    def ensure_region(self, name: str, *, is_primary: bool = False) -> str:
        """The id of the region of that name, made if there is none."""
        with self.app.guard:
            for item in self._store.of("region").values():
                if item["name"] == name:
                    return str(item["id"])
            first = is_primary or not self._store.of("region")
            region = {**self.app.rules.blank("region"), "name": name, "is_primary": first}
            self._store.put("region", region)
            return str(region["id"])

    def ensure_object(self, kind: str, id: str | None = None, **fields: Any) -> str:
        """The id of an object by id, or by its naming field, made if there is none."""
        name = SHAPES[kind].name
        with self.app.guard:
            for item in self._store.of(kind).values():
                if item["id"] == id or (id is None and item.get(name) == fields.get(name)):
                    return str(item["id"])
            return self.put_object(kind, fields, id)
