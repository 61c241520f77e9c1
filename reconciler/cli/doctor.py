"""`pxm doctor`: what works, and what to do about what does not (contract 3).

Each check is a function of what is known so far; a check that leans on one which failed is
skipped.  The API is only read; the state's lock is taken and given back.
"""

from __future__ import annotations

import json
import os
import platform
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import platformdirs

from reconciler import __version__
from reconciler.api.address import is_loopback
from reconciler.api.envelopes import items
from reconciler.api.paging import id_of
from reconciler.api.token import cache_file
from reconciler.catalog import read as read_catalog
from reconciler.cli.applying import identity
from reconciler.cli.environments import chosen
from reconciler.cli.session import open_session, open_state
from reconciler.cli.settings import Settings, credentials, variables_of_credentials
from reconciler.errors import CatalogError, Locked, PxmError
from reconciler.kinds import COLLECTION
from reconciler.live import read_regions
from reconciler.model import Account, Catalog, State
from reconciler.plan.cost import PAGE
from reconciler.plan.policy import same_account
from reconciler.reports.text import clean
from reconciler.reports.values import paint
from reconciler.state import open_store

OK, BAD, SKIPPED = "ok", "not ok", "skipped"
SKEW = 30.0
"""Seconds that this clock and the server's may differ: a settled create is told by its date."""
BRANCH = "refs/heads/pxm-state"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, how it stands, what was found and what to do."""

    name: str
    status: str
    found: str
    todo: str = ""


@dataclass(slots=True)
class Patient:
    """What the checks share; a field is None as long as nothing could be learnt of it."""

    settings: Settings
    stack: ExitStack
    known: bool = False
    catalog: Catalog = field(default_factory=lambda: Catalog({}))
    session: Any = None
    base_url: str = ""
    client_id: str = ""
    regions: tuple[Any, ...] | None = None
    state: State | None = None
    collections: tuple[Mapping[str, Any], ...] | None = None


Look = Callable[[Patient], Iterator[Check]]


def run(settings: Settings, output: str) -> int:
    """Check everything that a run needs; 0 where all is well, else 1."""
    with ExitStack() as stack:
        patient = Patient(settings, stack)
        checks: list[Check] = []
        for name, look in EXAMINED:
            checks += _safely(name, look, patient)
    bad = sum(check.status == BAD for check in checks)
    if output == "json":
        click.echo(_as_json(checks))
    else:
        click.echo("\n".join(_lines(checks, settings.color)))
    return 1 if bad else 0


def _safely(name: str, look: Look, patient: Patient) -> list[Check]:
    """What a check finds; an error is a finding too."""
    if not patient.settings.resolved and look not in (_version, _environment):
        return [Check(name, SKIPPED, "it is not known which account is meant")]
    if look in _NEED_SESSION and patient.regions is None:
        return [Check(name, SKIPPED, "there is no connection")]
    try:
        return list(look(patient))
    except CatalogError as error:
        return [Check(name, BAD, f"{len(error.problems)} problems", "run `pxm validate`")]
    except PxmError as error:
        request = getattr(error, "request", "")
        where = f" ({request})" if request else ""
        return [Check(name, BAD, error.message + where, error.hint)]


# --- on this machine ----------------------------------------------------------------------------


def _version(_: Patient) -> Iterator[Check]:
    found = f"pxm {__version__}, Python {platform.python_version()} on {sys.platform}"
    yield Check("version", OK, found)


def _environment(patient: Patient) -> Iterator[Check]:
    patient.settings = chosen(patient.settings)
    named = patient.settings.env
    yield Check("environment", OK, named or "the catalog is for one account and declares none")


def _catalog(patient: Patient) -> Iterator[Check]:
    settings = patient.settings
    if not settings.catalog.exists():
        todo = "`pxm init` makes one to start with, `pxm pull` one of what the account holds"
        yield Check("catalog", SKIPPED, f"there is no folder {settings.catalog} yet", todo)
        return
    reading = read_catalog(settings.catalog, environment=settings.env)
    errors = [item for item in reading.problems if item.severity == "error"]
    if errors:
        first = f"{settings.catalog}/{errors[0]}"
        yield Check(
            "catalog", BAD, f"{len(errors):,} errors, the first: {first}", "run `pxm validate`"
        )
        return
    patient.catalog = reading.catalog
    warnings = f", {len(reading.problems):,} warnings" if reading.problems else ""
    yield Check("catalog", OK, f"{len(reading.catalog.resources):,} objects are valid{warnings}")


def _credentials(patient: Patient) -> Iterator[Check]:
    if patient.settings.sandbox:
        patient.known = True
        yield Check("credentials", SKIPPED, "the embedded sandbox needs none")
        return
    _, __, token = credentials(patient.settings)
    patient.known = True
    id_name, secret_name, token_name = variables_of_credentials(patient.settings.env)
    if token:
        yield Check("credentials", OK, f"{token_name} is set, and is not renewed when it expires")
    else:
        yield Check("credentials", OK, f"{id_name} and {secret_name} are set")


# --- the API ------------------------------------------------------------------------------------


def _connection(patient: Patient) -> Iterator[Check]:
    settings = patient.settings
    if not patient.known:
        yield Check("connection", SKIPPED, "there are no credentials to connect with")
        return
    # A token that was kept would say nothing of the credentials.
    session, patient.base_url, patient.client_id = open_session(
        settings, patient.catalog, True, patient.stack, keep_token=False
    )
    patient.session = session
    started = time.monotonic()
    patient.regions = read_regions(session)
    took = (time.monotonic() - started) * 1000
    secure = session.base_url.startswith("https://")
    bare = "on this machine" if is_loopback(session.base_url) else "--insecure-http"
    how = "TLS, certificate valid" if secure else f"without TLS, {bare}"
    yield Check("connection", OK, f"{session.base_url} answers in {took:.0f} ms ({how})")


def _token(patient: Patient) -> Iterator[Check]:
    if patient.settings.sandbox:
        yield Check("token", SKIPPED, "the embedded sandbox asks for none")
    elif credentials(patient.settings)[2]:
        name = variables_of_credentials(patient.settings.env)[2]
        yield Check("token", OK, f"{name} is accepted; it is not kept")
    else:
        folder = Path(platformdirs.user_cache_dir("pxm"))
        yield _kept_token(cache_file(patient.session.base_url, patient.client_id, folder))


def _kept_token(path: Path) -> Check:
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
    # Modes say nothing on Windows.
    if mode & 0o077 and os.name == "posix":
        found = f"{path} can be read by others (mode {mode:04o})"
        return Check("token", BAD, found, f"chmod 600 {path}")
    above = next(folder for folder in path.parents if folder.exists())
    if not os.access(above, os.W_OK):
        todo = f"make {above} writable, or name another folder with XDG_CACHE_HOME"
        return Check("token", BAD, "given out, but each run asks anew: none can be kept", todo)
    kept = f"kept in {path} (mode {mode:04o})" if mode else "the next run keeps one"
    return Check("token", OK, f"given out for these credentials; {kept}")


def _clock(patient: Patient) -> Iterator[Check]:
    yield clock_check(time.time(), patient.session.server_date)


def clock_check(now: float, server: float | None) -> Check:
    """How this clock stands to the server's; both in seconds since 1970."""
    if server is None:
        return Check("clock", SKIPPED, "the server sends no Date")
    # The header is cut to whole seconds, and a moment old.
    skew = now - server
    if abs(skew) <= SKEW:
        return Check("clock", OK, f"within {SKEW:.0f} s of the server's")
    todo = "set this machine's clock by NTP: what was made when is told by comparing dates"
    side = "ahead of" if skew > 0 else "behind"
    return Check("clock", BAD, f"{abs(skew):.0f} s {side} the server's", todo)


def _regions(patient: Patient) -> Iterator[Check]:
    regions = patient.regions or ()
    named = ", ".join(region.name or region.id for region in regions[:5])
    more = f" and {len(regions) - 5} more" if len(regions) > 5 else ""
    seen = {region.name for region in regions} | {region.id for region in regions}
    missing = [name for name in patient.catalog.policy.regions.values() if name not in seen]
    if not regions:
        todo = "ask for a role that sees the regions; without them accounts are told by URL alone"
        yield Check("regions", BAD, "these credentials see none", todo)
    elif missing:
        todo = "correct them in reconciler.yaml, or ask for a role that sees them"
        what = f"the environment's {', '.join(missing)} are not among {named}{more}"
        yield Check("regions", BAD, what, todo)
    else:
        yield Check("regions", OK, f"{len(regions)} seen: {named}{more}")


def _same_account(patient: Patient) -> Iterator[Check]:
    known = patient.state.account if patient.state else None
    if known is None or patient.regions is None:
        yield Check(
            "account", SKIPPED, "the state is new" if patient.state else "no state to compare"
        )
        return
    ids = frozenset(region.id for region in patient.regions)
    missing = len(known.regions - ids)
    if not same_account(known, Account(patient.base_url, ids, patient.client_id)):
        todo = "check PXM_CLIENT_ID and --base-url, or name another --state"
        yield Check("account", BAD, "the state belongs to another account", todo)
    elif missing:
        todo = "give the credentials their regions back: what is only there looks gone"
        yield Check("account", BAD, f"{missing} of the state's regions are not seen", todo)
    else:
        yield Check("account", OK, "the state belongs to this account")


def _page_size(patient: Patient) -> Iterator[Check]:
    path, session = f"/v2.1/{COLLECTION.path}", patient.session
    first = items(session.get(path, {"limit": PAGE, "offset": 0}), COLLECTION.lists)
    patient.collections = tuple(first)
    count = len(first)
    if count < PAGE and count:
        rest = items(session.get(path, {"limit": PAGE, "offset": count}), COLLECTION.lists)
        known = {id_of(item) for item in first}
        if any(id_of(item) not in known for item in rest):
            found = f"{count} objects a page, though {PAGE} were asked for: reads take longer"
            yield Check("page size", OK, found)
            return
    some = f"all {count} collections in one page" if count else "the account has no collections"
    full = f"{PAGE} objects a page" if count == PAGE else some
    yield Check("page size", OK, full)


def _by_ids(patient: Patient) -> Iterator[Check]:
    wanted = [id_ for item in (patient.collections or ())[:2] if (id_ := id_of(item))]
    if not wanted:
        yield Check("ids=", SKIPPED, "there is no collection to ask for")
        return
    params = {"ids": ",".join(wanted), "limit": len(wanted)}
    answer = patient.session.get(f"/v2.1/{COLLECTION.path}", params)
    got = {id_of(item) for item in items(answer, COLLECTION.lists)}
    if got == set(wanted):
        yield Check("ids=", OK, f"collections answer to it ({len(wanted)} asked for)")
    else:
        todo = "writes still work, at two requests more for each; report it to the vendor"
        yield Check(
            "ids=", BAD, f"asked for {len(wanted)} collections, got {len(got)} others", todo
        )


def _rate(patient: Patient) -> Iterator[Check]:
    rate = patient.catalog.policy.rate
    ours = f"at most {rate.requests:,} requests in {rate.per_seconds:g} s are sent"
    said = ", ".join(f"{name}: {text}" for name, text in sorted(patient.session.limits.items()))
    yield Check("rate limit", OK, f"{ours}; the server says {said or 'nothing of a limit'}")


# --- the state ----------------------------------------------------------------------------------


def _state(patient: Patient) -> Iterator[Check]:
    with open_state(patient.settings) as store:
        patient.state = store.load()
        runs = store.open_runs()
    entries = len(patient.state.entries)
    found = "new, nothing is managed yet" if patient.state.new else f"{entries:,} objects managed"
    yield Check("state", OK, f"{_shown_url(patient.settings)}: {found}")
    if runs:
        todo = "the next `pxm apply` settles what it left open"
        yield Check("open run", BAD, f"run {runs[0].id} of {runs[0].holder} was broken off", todo)
    unsaved = patient.settings.unsaved
    if unsaved.exists():
        todo = "bring it back with `pxm state push`"
        yield Check("unsaved", BAD, f"{unsaved} holds what a run could not save", todo)


def _lock(patient: Patient) -> Iterator[Check]:
    if patient.state is None:
        yield Check("lock", SKIPPED, "the state cannot be read")
        return
    who = identity()
    try:
        with open_state(patient.settings) as store, store.lock(who.holder, who.run, who.started):
            pass
    except Locked as error:
        yield Check("lock", BAD, error.message, error.hint)
    except PxmError as error:
        yield Check("lock", BAD, error.message, _branch_serves(patient.settings) or error.hint)
    else:
        yield Check("lock", OK, "was taken and given back")


def _branch_serves(settings: Settings) -> str:
    """Where a host refuses refs of our own, a branch may do."""
    url = settings.state_url
    remote = url.removeprefix("git:").partition("#")[0]
    if not url.startswith("git:") or BRANCH in url:
        return ""
    who, other = identity(), f"git:{remote or 'origin'}#{BRANCH}"
    try:
        with (
            open_store(other, root=Path.cwd(), catalog=settings.catalog) as store,
            store.lock(who.holder, who.run, who.started),
        ):
            return f"a branch serves: --state '{other}'"
    except PxmError:
        return ""


def _shown_url(settings: Settings) -> str:
    """The state's place; a URL with a password in it is cut to its scheme."""
    url = settings.state_url
    return url if url.startswith(("file:", "git:")) else url.partition("://")[0]


EXAMINED: tuple[tuple[str, Look], ...] = (
    ("version", _version),
    ("environment", _environment),
    ("catalog", _catalog),
    ("credentials", _credentials),
    ("connection", _connection),
    ("token", _token),
    ("clock", _clock),
    ("regions", _regions),
    ("page size", _page_size),
    ("ids=", _by_ids),
    ("rate limit", _rate),
    ("state", _state),
    ("lock", _lock),
    ("account", _same_account),
)
_NEED_SESSION = frozenset({_token, _clock, _regions, _page_size, _by_ids, _rate})


# --- what is printed ----------------------------------------------------------------------------

_COLORS = {OK: "32", BAD: "31", SKIPPED: "90"}


def _lines(checks: list[Check], color: bool) -> Iterator[str]:
    width = max(len(check.name) for check in checks)
    for check in checks:
        status = paint(f"{check.status:<7}", _COLORS[check.status], color)
        yield f"{status}  {check.name:<{width}}  {clean(check.found)}"
        if check.todo:
            yield f"{'':<{width + 11}}→ {clean(check.todo)}"
    bad = sum(check.status == BAD for check in checks)
    yield ""
    yield f"{bad} of {len(checks)} checks failed." if bad else "Everything works."


def _as_json(checks: list[Check]) -> str:
    found = [{"name": x.name, "status": x.status, "found": x.found, "todo": x.todo} for x in checks]
    ok = all(check.status != BAD for check in checks)
    return json.dumps(
        {"format_version": 1, "ok": ok, "checks": found}, indent=2, ensure_ascii=False
    )
