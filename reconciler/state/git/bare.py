"""A bare repository beside the checkout: what is fetched and pushed passes through it.

The checkout itself is never written: no object, ref, index, FETCH_HEAD, and no `shallow` file,
which a fetch of one commit would leave there.  It is a cache: whoever deletes it loses nothing.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import StateError
from reconciler.state.git import blobs
from reconciler.state.git.checkout import Checkout
from reconciler.state.git.command import PATIENCE, Git, GitFailed
from reconciler.state.git.troubles import MISSING, OVERTAKEN, UNKNOWN, UNREACHABLE, sort_of
from reconciler.state.lockfile import waited_for

Files = Mapping[str, bytes | None]
"""What a commit changes, by path; None where the file goes."""


@dataclass(frozen=True, slots=True)
class Bare:
    """Fetches, reads, commits and pushes.  Methods raise GitFailed unless they say otherwise."""

    folder: Path
    checkout: Checkout
    pauses: Sequence[float]
    sleep: Callable[[float], None]

    @property
    def git(self) -> Git:
        """git in this repository, with the checkout's way to the remote."""
        return Git(self.folder, self.checkout.settings, self.checkout.secrets, bare=True)

    # --- from the remote ---

    def fetch(self, ref: str) -> str | None:
        """The commit of a ref as the remote has it, now readable here; None where it has none."""
        with self._alone():
            try:
                return self._fetched(ref)
            except GitFailed as failed:
                if sort_of(failed).name == MISSING:
                    return None
                if sort_of(failed).name != UNKNOWN:
                    raise
            self._renewed()
            return self._fetched(ref)

    def renew(self) -> None:
        """Start afresh: a killed git may have left anything here, and the remote has it all."""
        with self._alone():
            self._renewed()

    def _renewed(self) -> None:
        with _told_of_files():
            shutil.rmtree(self.folder)
            self._make()

    def _fetched(self, ref: str) -> str:
        here = self._tracking(ref)
        self.git.run(
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            self.checkout.remote,
            f"+{ref}:{here}",
        )
        return self.git.line("rev-parse", "--verify", here)

    def _tracking(self, ref: str) -> str:
        return f"refs/pxm/{self.checkout.remote}/{ref.removeprefix('refs/')}"

    def remote_commit(self, ref: str, timeout: float = PATIENCE) -> str | None:
        """The commit of a ref as the remote has it, without fetching it."""
        found = self.git.run("ls-remote", self.checkout.remote, ref, timeout=timeout)
        listed = found.decode("utf-8", "replace")
        pairs = (line.split("\t") for line in listed.splitlines())
        return next((oid for oid, name in pairs if name == ref), None)

    # --- objects ---

    def files(self, commit: str) -> Iterator[tuple[str, bytes]]:
        """Every file of a commit with what is in it; those at the top first."""
        yield from blobs.files(self.git, commit)

    def commit(self, parent: str | None, message: str, files: Files, at: float) -> str:
        """A new commit on `parent` (an orphan without one), in this repository only."""
        ref = f"refs/pxm/new/{uuid.uuid4().hex}"
        with self._alone():
            stream = _stream(ref, parent, message, files, int(at))
            # Its own deltas are against whatever came before; the push finds five times better
            # ones against the last version, unless it finds these and keeps them.
            self.git.run("fast-import", "--quiet", "--done", "--depth=0", given=stream)
            made = self.git.line("rev-parse", "--verify", ref)
            # Unreferenced, it stays for the two weeks that git keeps such objects.
            self.git.run("update-ref", "-d", ref)
        return made

    def single(self, parent: str | None, message: str, path: str, content: bytes) -> str:
        """A new commit of one file, in this repository only.

        It writes objects and no ref, so it need not wait for whoever uses the folder just now.
        """
        if not self._is_made():
            with self._alone():
                pass
        blob = self.git.line("hash-object", "-w", "--stdin", given=content)
        tree = self.git.line("mktree", given=f"100644 blob {blob}\t{path}\n".encode())
        parents = () if parent is None else ("-p", parent)
        text = message.encode("utf-8", "replace")
        return self.git.line("commit-tree", *parents, "-F", "-", tree, given=text)

    # --- to the remote ---

    def push(
        self, ref: str, new: str | None, expected: str | None, timeout: float = PATIENCE
    ) -> None:
        """Make the remote's ref `new` (delete it where None) if it still is `expected`.

        A dead connection is tried again; what it had already done counts as done.  So is a push
        that met another one, of this ref or of a neighbour, where the ref is still `expected`.
        """
        pauses = iter(self.pauses)
        while True:
            try:
                return self._pushed(ref, new, expected, timeout)
            except GitFailed as failed:
                trouble = sort_of(failed).name
                if trouble not in (OVERTAKEN, UNREACHABLE):
                    raise
                there = self._there(ref, timeout)
                if new is not None and there == new:
                    return None
                pause = next(pauses, None)
                if pause is None or (trouble == OVERTAKEN and there != (expected or "")):
                    raise
                self.sleep(pause)

    def _there(self, ref: str, timeout: float) -> str | None:
        """The remote's commit, empty where it has none; None where that cannot be known."""
        try:
            return self.remote_commit(ref, timeout) or ""
        except GitFailed:
            return None

    def _pushed(self, ref: str, new: str | None, expected: str | None, timeout: float) -> None:
        self.git.run(
            "push",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            "--recurse-submodules=no",
            f"--force-with-lease={ref}:{expected or ''}",
            self.checkout.remote,
            f"{new or ''}:{ref}",
            timeout=timeout,
        )
        if new is not None:
            # The next fetch then asks for what came after it.
            self.git.run("update-ref", self._tracking(ref), new)

    # --- the folder ---

    def tidy(self) -> None:
        """Let git put its packs together, where there are many."""
        with self._alone(), suppress(GitFailed):
            self.git.run("gc", "--auto", "--quiet")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: git leaves files behind where two meet, or where one is killed."""
        lock = self.folder.with_name(f"{self.folder.name}.lock")
        with _told_of_files(), waited_for(lock):
            self._make()
            for stale in (self.folder / "shallow.lock", self.folder / "packed-refs.lock"):
                stale.unlink(missing_ok=True)
            yield

    def _is_made(self) -> bool:
        return (self.folder / "HEAD").exists()

    def _make(self) -> None:
        if not self._is_made():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.git.run(
                "init",
                "--quiet",
                "--bare",
                "--template=",
                f"--object-format={self.checkout.object_format}",
            )


@contextmanager
def _told_of_files() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            f"the state's cache cannot be written: {error}",
            hint="let this user write the folder, or run it in another one",
        ) from error


def _stream(ref: str, parent: str | None, message: str, files: Files, at: int) -> Iterable[bytes]:
    """The commit as `fast-import` reads it: it writes changed blobs and trees, and no others."""
    yield f"commit {ref}\ncommitter pxm <pxm@localhost> {at} +0000\n".encode()
    yield _data(message.encode("utf-8", "replace"))
    if parent is not None:
        yield f"from {parent}\n".encode()
    for path, content in sorted(files.items()):
        if content is None:
            yield f"D {path}\n".encode()
        else:
            yield f"M 100644 inline {path}\n".encode()
            yield _data(content)
    yield b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
