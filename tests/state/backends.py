"""The three backends as the tests use them: opened from several places, looked into, damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from reconciler.model import Account, Applied, Behaviour, Entry, Number, Ref, State
from reconciler.state import Intent, Run, Store, raw_store
from reconciler.state.git import GitStore, Pace, git_store

JACKET, SHIRT = Ref("collection", "jacket"), Ref("collection", "outdoor/shirt")
ENTRY = Entry(
    JACKET,
    "c-1",
    {
        "name": Applied("Jacket", "Jacket", True),
        "weight": Applied(Number("1.10")),
        "categories": Applied(("f-1", "f-2"), ("f-2", "f-1"), True),
        "chart": Applied({"Chest": 90, "Note": None, "Lined": False}),
    },
    True,
    1764000000.25,
)
ACCOUNT = Account("https://pxm.example", frozenset({"r-2", "r-1"}), "client")
STATE = State(
    ACCOUNT,
    {JACKET: ENTRY, SHIRT: Entry(SHIRT, "c-2")},
    frozenset({("collection", "old", "jacket")}),
    {Ref("category", "a/b"): ("f-9", "f-8")},
    {Ref("resource", "guide"): 1764000000.5},
    {"inherits": Behaviour("yes", "2026-03-01"), "clears-with": Behaviour(None, "2026-03-02")},
)
RUN = Run(
    "r1",
    "ci@host (pid 7)",
    1764000000.5,
    (
        Intent("update", SHIRT, "c-2", {}),
        Intent("create", JACKET, None, {"name": "Jacket", "weight": Number("1.10")}),
    ),
    "0123abc",
    "1 to create, 1 to update",
)
QUICK = Pace(poll=0.05, pauses=())


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """What git prints, run in a folder, whatever the settings of user and machine."""
    alone = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.com", *arguments],
        cwd=folder, input=given, capture_output=True, check=True, env={**os.environ, **alone},
    )  # fmt: skip
    return done.stdout.decode().strip()


def make_remote(folder: Path) -> Path:
    """A bare repository with a catalog of two commits in it."""
    remote, seed = folder / "remote.git", folder / "seed"
    git(folder, "init", "-q", "--bare", "-b", "main", "--template=", str(remote))
    git(folder, "init", "-q", "-b", "main", str(seed))
    (seed / "catalog").mkdir()
    (seed / "catalog" / "a.yaml").write_text("categories: []\n")
    for number in range(2):
        git(seed, "add", ".")
        git(seed, "commit", "-q", "--allow-empty", "-m", f"commit {number}")
    git(seed, "push", "-q", str(remote), "main")
    return remote


@dataclass
class Sqlite:
    """`file:state.db`; every place is the same folder."""

    folder: Path
    name: str = "sqlite"
    lock_ends_by_itself: bool = True

    @property
    def url(self) -> str:
        return "file:state.db"

    def place(self) -> Path:
        return self.folder

    def open(self, place: Path | None = None) -> Store:
        return raw_store(self.url, root=place or self.folder)


@dataclass
class Git:
    """A ref of a bare repository on disk; every place is a clone of its own."""

    folder: Path
    template: Path | None = None
    name: str = "git"
    ref: str = "refs/reconciler/state"
    lock_ends_by_itself: bool = False
    places: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.template is None:
            self.remote = make_remote(self.folder)
        else:
            self.remote = shutil.copytree(self.template, self.folder / "remote.git")

    @property
    def url(self) -> str:
        return f"git:origin#{self.ref}"

    def place(self, *options: str) -> Path:
        place = self.folder / f"clone-{len(self.places)}"
        git(self.folder, "clone", "-q", "--template=", *options, self.remote.as_uri(), str(place))
        self.places.append(place)
        return place

    def open(self, place: Path | None = None, pace: Pace = QUICK) -> GitStore:
        root = place or self.place()
        return git_store(f"origin#{self.ref}", root / "catalog", root, pace)

    def commit_files(self, change: Callable[[dict[str, bytes]], None]) -> None:
        """Somebody edits the files on the ref by hand."""
        paths = git(self.remote, "ls-tree", "-r", "--name-only", self.ref).splitlines()
        files = {path: git(self.remote, "show", f"{self.ref}:{path}").encode() for path in paths}
        change(files)
        parts = [f"commit {self.ref}\ncommitter ann <a@b> 1764000000 +0000\ndata 4\nedit\n"]
        for path, content in files.items():
            parts.append(f"M 100644 inline {path}\ndata {len(content)}\n{content.decode()}\n")
        git(self.remote, "update-ref", "-d", self.ref)
        git(self.remote, "fast-import", "--quiet", given="".join(parts).encode())

    def log(self) -> list[str]:
        """The subjects of the ref's history, oldest first."""
        return git(self.remote, "log", "--reverse", "--format=%s", self.ref).splitlines()

    def refs(self) -> list[str]:
        """The refs of the remote, without its branch main."""
        listed = git(self.remote, "for-each-ref", "--format=%(refname)").splitlines()
        return [name for name in listed if name != "refs/heads/main"]


@dataclass
class Postgres:
    """A schema of a real server."""

    socket: str
    schema: str
    folder: Path
    name: str = "postgres"
    lock_ends_by_itself: bool = True

    @property
    def url(self) -> str:
        return f"postgresql://pxm@/postgres?host={self.socket}&schema={self.schema}"

    def place(self) -> Path:
        return self.folder

    def open(self, place: Path | None = None) -> Store:
        return raw_store(self.url, root=place or self.folder)

    def sql(self, query: str, *values: object) -> list[Any]:
        """Run a statement as somebody else would."""
        server = f"postgresql://pxm@/postgres?host={self.socket}"
        with closing(psycopg.connect(server, autocommit=True)) as connection:
            connection.execute(f"SET search_path TO {self.schema}".encode())
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


Backend = Sqlite | Git | Postgres


def edit_json(text: bytes, **values: Any) -> bytes:
    """A JSON text with other values."""
    return json.dumps({**json.loads(text), **values}).encode()
