"""Runs git, with nothing of the caller's surroundings that would change what it does."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import StateError, UsageError

PATIENCE = 300.0
"""Seconds after which a git command that does not end is given up."""

_SURROUNDINGS = re.compile(
    "GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR"
    "|NAMESPACE|PREFIX|QUARANTINE_PATH|SHALLOW_FILE|EDITOR|PAGER|TRACE.*|PUSH_OPTION.*)"
)
"""What a git hook or a curious user may have set: it would lead elsewhere, or print secrets."""

_FIXED = {
    "LC_ALL": "C",
    "LANG": "C",
    "LANGUAGE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_AUTHOR_NAME": "pxm",
    "GIT_AUTHOR_EMAIL": "pxm@localhost",
    "GIT_COMMITTER_NAME": "pxm",
    "GIT_COMMITTER_EMAIL": "pxm@localhost",
}

_SETTINGS = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("commit.gpgSign", "false"),
    ("push.gpgSign", "false"),
    ("gc.autoDetach", "false"),
    ("maintenance.auto", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("advice.pushUpdateRejected", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "60"),
)
"""No hooks, no signing, nothing in the background, and no waiting for a dead connection."""

Setting = tuple[str, str]


class GitFailed(Exception):
    """A git command left with an error; `said` is what it printed, without secrets."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"git {command}: {said}")
        self.command = command
        self.said = said


@dataclass(frozen=True, slots=True)
class Git:
    """Where git runs, with which further settings; `secrets` never appear in what it says.

    With `bare` the folder itself is the repository: one that is broken must not send git looking
    for another further up, where it would find the checkout.
    Settings travel in the environment: a command line can be read by every user of a machine.
    """

    folder: Path
    settings: tuple[Setting, ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    bare: bool = False

    def run(
        self, *arguments: str, given: bytes | Iterable[bytes] = b"", timeout: float = PATIENCE
    ) -> bytes:
        """The output of a command; GitFailed where it leaves with an error."""
        text = given if isinstance(given, bytes) else b"".join(given)
        environ = environment(os.environ, self.settings)
        if self.bare:
            environ["GIT_DIR"] = str(self.folder)
        try:
            # Its own session: Ctrl-C is for us, and a push that runs shall end.
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.folder,
                env=environ,
                input=text,
                capture_output=True,
                check=False,
                timeout=timeout,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as error:
            raise GitFailed(arguments[0], f"gave no answer within {timeout:.0f} s") from error
        except FileNotFoundError as error:
            raise _nothing_there(self.folder) from error
        except OSError as error:
            raise StateError(f"git cannot be run: {error}") from error
        if done.returncode:
            said = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
            raise GitFailed(arguments[0], cleaned(said, self.secrets))
        return done.stdout

    def line(self, *arguments: str, given: bytes = b"") -> str:
        """The output of a command that prints one line."""
        return self.run(*arguments, given=given).decode("utf-8", "replace").strip()


def _nothing_there(folder: Path) -> UsageError:
    if folder.is_dir():
        return UsageError("--state git: there is no git on this machine", hint="install git")
    return UsageError(f"--state git: {folder} is no folder", hint="check --catalog")


def environment(around: Mapping[str, str], settings: Sequence[Setting]) -> dict[str, str]:
    """The environment of a git process: the caller's, less what would change its meaning."""
    kept = {name: value for name, value in around.items() if not _SURROUNDINGS.fullmatch(name)}
    kept.pop("PXM_GIT_TOKEN", None)
    kept.update(_FIXED)
    if "GIT_SSH_COMMAND" not in kept and not _has(settings, "core.sshcommand"):
        kept["GIT_SSH_COMMAND"] = "ssh -oBatchMode=yes -oConnectTimeout=30"
    given = _count(kept)
    all_settings = (*_SETTINGS, *settings)
    for number, (name, value) in enumerate(all_settings, start=given):
        kept[f"GIT_CONFIG_KEY_{number}"] = name
        kept[f"GIT_CONFIG_VALUE_{number}"] = value
    kept["GIT_CONFIG_COUNT"] = str(given + len(all_settings))
    return kept


def _has(settings: Sequence[Setting], name: str) -> bool:
    return any(key.lower() == name for key, _ in settings)


def _count(environment: Mapping[str, str]) -> int:
    """Settings that the caller already passes this way; a runner's credentials may be there."""
    text = environment.get("GIT_CONFIG_COUNT", "")
    return int(text) if text.isdecimal() else 0


def cleaned(said: str, secrets: Iterable[str]) -> str:
    """What git printed without passwords: those of URLs and those that are known."""
    for secret in secrets:
        said = said.replace(secret, "…")
    return re.sub(r"://[^/@\s']*@", "://…@", said).strip()
