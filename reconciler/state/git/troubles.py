"""What git's errors mean, in words, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.errors import StateError
from reconciler.state.git.checkout import Checkout
from reconciler.state.git.command import GitFailed


@dataclass(frozen=True, slots=True)
class Trouble:
    """A sort of failure: its name, how git says it, what we say and what to do."""

    name: str
    pattern: str
    words: str
    hint: str


OVERTAKEN, MISSING, UNREACHABLE, REFUSED, UNKNOWN = (
    "overtaken",
    "missing",
    "unreachable",
    "refused",
    "unknown",
)

_TABLE = (
    Trouble(MISSING, r"couldn't find remote ref", "{ref} is not there", ""),
    Trouble(
        OVERTAKEN,
        r"stale info|fetch first|non-fast-forward|reference already exists"
        r"|cannot lock ref '[^']*': (is at|reference|Unable)|but expected|incorrect old value"
        r"|failed to update ref",
        "another run has changed {ref} at the same time",
        "run `pxm plan` and look again",
    ),
    Trouble(
        "login",
        r"Authentication failed|could not read (Username|Password)|terminal prompts disabled"
        r"|Permission denied \(|HTTP Basic: Access denied|returned error: 40[13]"
        r"|Host key verification|Repository not found|Permission to .* denied"
        r"|Write access to repository not granted",
        "{url} does not let this user in",
        "set PXM_GIT_TOKEN to a token that may write the repository's contents, "
        "or give the checkout credentials",
    ),
    Trouble(
        "disk",
        r"No space left|Read-only file system|unpacker error|insufficient permission"
        r"|unable to (create|write|open)|unable to migrate objects|Permission denied$",
        "git could not write there",
        "make room, or let this user write the repository",
    ),
    Trouble(
        UNREACHABLE,
        r"Internal Server Error|Service Unavailable",
        "{url} is not well",
        "try again in a while",
    ),
    Trouble(
        REFUSED,
        r"hook declined|hidden ref|refusing to|protected branch|GH\d{3}|prohibited by"
        r"|not allowed to (push|update)|funny refname|denied by|remote rejected",
        "{url} refuses to keep {ref}",
        "where a host takes no refs of its own sort a branch serves: "
        "--state 'git:{remote}#refs/heads/pxm-state'",
    ),
    Trouble(
        UNREACHABLE,
        r"Could not resolve|Couldn't resolve|Connection (refused|timed out|reset|closed)"
        r"|unable to access|Could not read from remote|does not appear to be a git repository"
        r"|No such file or directory|early EOF|hung up|gave no answer|Network is unreachable"
        r"|Operation timed out|returned error: 5\d\d|RPC failed|unable to connect"
        r"|repository '.*' (does not exist|not found)",
        "{url} cannot be reached",
        "check the remote's address (`git remote -v`) and the network",
    ),
)


def sort_of(failed: GitFailed) -> Trouble:
    """The first line of the table that fits; the unknown quote what git said."""
    for trouble in _TABLE:
        if re.search(trouble.pattern, failed.said, re.IGNORECASE | re.MULTILINE):
            return trouble
    return Trouble(UNKNOWN, "", "git failed", "see what git says")


@contextmanager
def telling(doing: str, ref: str, checkout: Checkout) -> Iterator[None]:
    """git's errors in our words."""
    try:
        yield
    except GitFailed as failed:
        remote, url = checkout.remote, checkout.url
        raise told(failed, doing=doing, ref=ref, remote=remote, url=url) from failed


def told(failed: GitFailed, *, doing: str, ref: str, remote: str, url: str) -> StateError:
    """The error of a failed command: what, where, why, what next."""
    trouble = sort_of(failed)
    names = {"ref": ref, "remote": remote, "url": url}
    words = trouble.words.format_map(names)
    return StateError(
        f"the state {doing}: {words} (git: {_last_line(failed.said)})",
        hint=trouble.hint.format_map(names),
    )


def _last_line(said: str) -> str:
    """The line that says why: errors before the rest, advice never."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(remote: )?(fatal|error|!)|remote: \S", line)]
    chosen = next((line for line in telling if line.startswith(("!", "fatal"))), "")
    return (chosen or (telling or lines or ["no words"])[0])[:300]
