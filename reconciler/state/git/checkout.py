"""The catalog's own repository: where its remote is and how one gets in.  Only read, never written.

The state is fetched and pushed from a bare repository beside the checkout, so the checkout's
settings are handed over: its remote, its proxies, its credentials.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.errors import StateError, UsageError
from reconciler.state.git.command import Git, GitFailed, Setting, cleaned

TOKEN = "PXM_GIT_TOKEN"

_HANDED_OVER = re.compile(r"(http|credential|url|ssh)\..*|core\.(sshcommand|gitproxy|askpass)")
"""Settings by which a checkout reaches its remote."""

_LOGIN = re.compile(r"credential\..*|http\.(.*\.)?(extraheader|cookiefile)")
"""Those among them that say who one is: a token of our own takes their place."""

_OF_REMOTE = ("url", "pushurl", "proxy", "proxyauthmethod", "receivepack", "uploadpack", "vcs")

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the bare repository needs to know: settings, the hash that is used, secrets."""

    remote: str
    url: str
    object_format: str
    settings: tuple[Setting, ...] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def commit_of(catalog: Path) -> str:
    """The commit that the catalog is at; empty where there is none, or it was edited since."""
    git = Git(catalog)
    try:
        edited = git.line("status", "--porcelain", "--", ".")
        return "" if edited else git.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except (GitFailed, StateError, UsageError):
        return ""


def checkout_of(catalog: Path, remote: str, environ: Mapping[str, str]) -> Checkout:
    """Read the repository that holds the catalog folder; UsageError where that cannot be."""
    git = Git(catalog)
    top = Path(_top(git, catalog))
    found = _settings(git)
    url = _url(found, remote, catalog)
    token = _token(environ, url)
    login = _login(url, token)
    handed = _handed_over(found, without_login=bool(token))
    return Checkout(
        remote,
        cleaned(url, (token,) if token else ()),
        git.line("rev-parse", "--show-object-format"),
        (*_of_remote(found, remote, top), *handed, *login),
        _secrets([*login, *((name, value) for _, name, value in found)], url, token),
    )


def _top(git: Git, catalog: Path) -> str:
    try:
        return git.line("rev-parse", "--absolute-git-dir") and git.line(
            "rev-parse", "--show-toplevel"
        )
    except GitFailed as error:
        if "dubious ownership" in error.said:
            raise UsageError(
                f"--state git: git does not trust the repository of {catalog}: it belongs to "
                "another user",
                hint='git config --global --add safe.directory "$PWD"',
            ) from error
        raise UsageError(
            f"--state git: {catalog} is in no git repository",
            hint="keep the catalog in git, or use another --state",
        ) from error


def _settings(git: Git) -> list[tuple[str, str, str]]:
    """Scope, name and value of every setting, includes and conditions resolved."""
    parts = git.run("config", "--list", "-z", "--show-scope").decode("utf-8", "replace").split("\0")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return [(scope, *_name_and_value(text)) for scope, text in pairs]


def _name_and_value(text: str) -> tuple[str, str]:
    name, newline, value = text.partition("\n")
    return name, value if newline else "true"


def _url(found: Iterable[tuple[str, str, str]], remote: str, catalog: Path) -> str:
    named = {name: value for _, name, value in found if name.startswith("remote.")}
    if f"remote.{remote}.url" in named:
        return named[f"remote.{remote}.url"]
    known = sorted(name[7:-4] for name in named if name.endswith(".url"))
    there = f"it has {', '.join(known)}" if known else "it has none"
    raise UsageError(
        f"--state git: the repository of {catalog} has no remote '{remote}'; {there}",
        hint=f"git remote add {remote} URL, or --state git:REMOTE",
    )


def _of_remote(found: Iterable[tuple[str, str, str]], remote: str, top: Path) -> Iterable[Setting]:
    for _, name, value in found:
        prefix, _, last = name.rpartition(".")
        if prefix == f"remote.{remote}" and last in _OF_REMOTE:
            yield name, _absolute(value, top) if last in ("url", "pushurl") else value


def _absolute(url: str, top: Path) -> str:
    """A relative path starts from the checkout, not from the bare repository."""
    if "://" in url or re.match(r"[^/]*:", url):
        return url
    return str(top / url)


def _handed_over(
    found: Iterable[tuple[str, str, str]], *, without_login: bool
) -> Iterable[Setting]:
    """Settings of the checkout alone; those of user and machine are read by every git process."""
    for scope, name, value in found:
        lower = name.lower()
        if scope in ("local", "worktree") and _HANDED_OVER.fullmatch(lower):
            if without_login and _LOGIN.fullmatch(lower):
                continue
            yield name, value


def _token(environ: Mapping[str, str], url: str) -> str:
    """The token, where the remote is one that takes tokens and nobody can listen."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return environ.get(TOKEN, "").strip() if safe else ""


def _login(url: str, token: str) -> tuple[Setting, ...]:
    """The token for this host alone, as the password that hosts take it for."""
    if not token:
        return ()
    parts = urlsplit(url)
    user = parts.username or "x-access-token"
    host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
    word = base64.b64encode(f"{user}:{token}".encode()).decode()
    name = f"http.{host}.extraHeader"
    # The empty one drops headers of user and machine: two logins are one too many.
    return ((name, ""), (name, f"Authorization: Basic {word}"), ("credential.helper", ""))


def _secrets(settings: Iterable[Setting], url: str, token: str) -> tuple[str, ...]:
    """Whatever must not be shown: headers whole and their last word, passwords of URLs."""
    words = [token]
    if "://" in url:
        words.append(urlsplit(url).password or "")
    for name, value in settings:
        if name.lower().endswith("extraheader"):
            header = value.strip()
            words += [header, header.rpartition(" ")[2]]
    return tuple(word for word in words if len(word) > 3)
