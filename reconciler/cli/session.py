"""Opens what a command needs: catalog, API session, state, embedded sandbox; and closes it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from reconciler.api import Access, Credentials, Hooks, Session
from reconciler.api.lots import AHEAD, Giver, together
from reconciler.apply.emptied import put_back_lost
from reconciler.apply.settling import close, settle
from reconciler.apply.tools import Tools
from reconciler.cli.environments import declared
from reconciler.cli.logs import event_log, say
from reconciler.cli.progress import Report, progress
from reconciler.cli.settings import Settings, credentials
from reconciler.cli.signals import gentle
from reconciler.delta import Delta
from reconciler.errors import PxmError, Refused, UsageError
from reconciler.identity import NEW
from reconciler.kinds import KINDS
from reconciler.live import read as read_live
from reconciler.model import Account, Catalog, Live, Rate, Resource, State
from reconciler.normalize import texts
from reconciler.plan.policy import same_account
from reconciler.reports.text import clean
from reconciler.state import Run, Store, open_store, shared_pace
from reconciler.state.guarded import Guarded

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox

RATE_LIMIT = 1000
"""Requests in 60 s that an embedded sandbox takes, as the live service does (article)."""
HURRIED = Rate(requests=1_000_000)


@dataclass(frozen=True, slots=True)
class World:
    """An open session on an account and the state that belongs to it."""

    settings: Settings
    session: Session
    store: Store
    base_url: str
    client_id: str
    report: Report

    def date(self) -> float | None:
        """The time by the API's last answer, in seconds since 1970; None before the first."""
        return self.session.server_date

    def read(
        self,
        catalog: Catalog,
        state: State,
        kinds: Iterable[str] = (),
        delta: Delta | None = None,
    ) -> Live:
        """A read of what the catalog and the state need, and of further kinds.

        It is a full one, but for what `delta` has of an earlier one.
        """
        refuse_state_of_another(self.settings, state.account)
        with self.at_work():
            live = read_live(
                self.session,
                catalog,
                state,
                base_url=self.base_url,
                client_id=self.client_id,
                now=time.time(),
                kinds=kinds,
                progress=self.report,
                take=delta.with_kind if delta is not None else None,
            )
        environment = "" if self.settings.sandbox else self.settings.env or ""
        account = replace(live.account, environment=environment)
        return replace(live, account=account, since=delta.since if delta is not None else "")

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While requests go out: signals are heeded between them, bars are gone afterwards.

        Whoever interrupts it is told how far it came.
        """
        self.report.begin()
        try:
            with gentle(self.session):
                yield
        except KeyboardInterrupt as error:
            stand = self.report.stand
            raise (error if error.args or not stand else KeyboardInterrupt(str(stand))) from None
        finally:
            self.report.rest()


@contextmanager
def opened(settings: Settings, catalog: Catalog, *, read_only: bool) -> Iterator[World]:
    """A session, a store and a progress report, closed again at the end."""
    with ExitStack() as stack:
        report = stack.enter_context(progress(settings))
        # The state is closed last: what is in flight when the session closes is recorded in it.
        with settings.profile.stage("state"):
            store = stack.enter_context(open_state(settings))
        session, base_url, client_id = open_session(
            settings,
            catalog,
            read_only,
            stack,
            guard=store.prove,
            waits=report.waits,
            shares=True,
        )
        yield World(settings, session, store, base_url, client_id, report)


def read_settled(
    world: World,
    catalog: Catalog,
    tools: Tools,
    *,
    save: bool,
    kinds: Iterable[str] = (),
    delta: Delta | None = None,
) -> tuple[State, Live]:
    """State and account, once what broken runs have left open is settled (contract 2.6).

    `kinds` are read besides what the catalog and the state need.  `delta` spares reading what has
    not changed, where the state is not new and no run was broken off.

    Without `save` nothing is kept and nothing is waited for: what a plan sees may then still lack
    creates that lists do not show yet.
    """
    stage = world.settings.profile.stage
    with stage("state"):
        state, runs = world.store.load(), world.store.open_runs()
    meant: set[str] = set()
    for run in runs:
        meant.update(intent.ref.kind for intent in run.intents)
    with stage("account"):
        live = world.read(catalog, state, {*kinds, *meant}, _usable(delta, state, runs))
    if state.new:
        refuse_account_of_another(world.settings, live.account)
    if not runs:
        return state, live
    with stage("settling"), world.at_work():
        found, live = settle(tools if save else replace(tools, grace=0.0), runs, live, state)
    notes = [*live.notes, *map(_broken, runs)]
    if save:
        with world.at_work():
            notes += put_back_lost(tools, runs, live)
        close(world.store, runs, found)
    return found.state, replace(live, notes=tuple(notes))


def _usable(delta: Delta | None, state: State, runs: Sequence[Run]) -> Delta | None:
    """What a new state finds, and what a broken run has made, is looked for in all there is."""
    if delta is None or not (state.new or runs):
        return delta
    why = "a run was broken off" if runs else "the state is new"
    delta.say(f"everything is read in full: {why}")
    return None


def _broken(run: Run) -> str:
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(run.started))
    return (
        f"the run {run.id} of {run.holder}, begun {since}, was broken off: what it made is settled"
    )


def open_state(settings: Settings) -> Guarded:
    """The state that the options name; a `git:` one is in the catalog's repository."""

    def told(words: str) -> None:
        say(settings, "warning", clean(words))

    return open_store(
        settings.state_url,
        root=Path.cwd(),
        catalog=settings.catalog,
        say=told,
        unsaved=settings.unsaved,
    )


def refuse_state_of_another(settings: Settings, account: Account | None) -> None:
    """Refused where the state belongs to another environment (contract 2.12).

    On one account, or with the credentials of the other, it would delete what is only there.  An
    environment that is no longer declared has been given another name.
    """
    owner = account.environment if account else ""
    if settings.sandbox or settings.env is None or owner in ("", settings.env):
        return
    if owner in declared(settings):
        raise Refused(
            f"nothing was written: this is the state of environment '{owner}', not of "
            f"'{settings.env}'",
            hint="each environment has a state of its own: check --state, PXM_STATE and `state` "
            "in reconciler.yaml",
        )


def refuse_account_of_another(settings: Settings, account: Account) -> None:
    """Refused where the account belongs to the state of another environment (contract 2.12).

    A new state knows no account: with the wrong credentials it would adopt another's objects.
    """
    if settings.env is None or settings.sandbox:
        return
    for name, one in declared(settings).items():
        other = replace(settings, env=name, state=one.state or None)
        known = _account_of(other) if name != settings.env else None
        if known is not None and same_account(known, account):
            raise Refused(
                f"nothing was written: this is the account of environment '{name}', as its state "
                f"says, and the state of '{settings.env}' is new",
                hint=f"check the credentials and the base_url of '{settings.env}'",
            )


def _account_of(settings: Settings) -> Account | None:
    """The account of an environment's state; None where it has none yet or cannot be looked at."""
    url = settings.state_url
    if url.startswith("file:") and not Path(url.removeprefix("file:")).is_file():
        return None
    try:
        with open_state(settings) as store:
            return store.load().account
    except PxmError as error:
        words = f"the state of environment '{settings.env}' cannot be looked at: {error.message}"
        say(settings, "warning", clean(words))
        return None


def open_session(
    settings: Settings,
    catalog: Catalog,
    read_only: bool,
    stack: ExitStack,
    *,
    keep_token: bool = True,
    guard: Callable[[], None] | None = None,
    waits: Callable[[float, str], None] | None = None,
    shares: bool = False,
) -> tuple[Session, str, str]:
    """A session on the account that the options name, its base URL and the client id.

    Without `keep_token` a token is asked for, and not kept.  `guard` is asked before each write,
    `waits` told for how long nothing is sent, and why.  Who `shares` keeps to the rate together
    with all runs on the state, where that can tell them of each other.
    """
    hooks = Hooks(event_log(settings, waits), guard)
    if settings.sandbox:
        return _embedded(settings, catalog, read_only, stack, hooks)
    client_id, secret, token = credentials(settings)
    rate = catalog.policy.rate
    session = Session(
        settings.base_url,
        Access(
            Credentials(client_id, secret, token),
            insecure_http=settings.insecure_http,
            cache_dir=Path(platformdirs.user_cache_dir("pxm")) if keep_token else None,
        ),
        rate=rate,
        read_only=read_only,
        hooks=replace(hooks, giver=_giver(settings, rate) if shares else None),
    )
    return stack.enter_context(session), settings.base_url, client_id


def _giver(settings: Settings, rate: Rate) -> Giver | None:
    """What all runs on the state may send together."""
    return shared_pace(
        settings.state_url,
        account=settings.base_url,
        run=uuid.uuid4().hex[:12],
        bucket=together(rate),
        ahead=AHEAD,
        window=rate.per_seconds,
    )


def _embedded(
    settings: Settings,
    catalog: Catalog,
    read_only: bool,
    stack: ExitStack,
    hooks: Hooks,
) -> tuple[Session, str, str]:
    # The server and what it needs, which no other account does.
    from reconciler.sandbox import Options, Sandbox

    make_folder_of(settings.sandbox_db, "--sandbox-db")
    limit = None if settings.hurried else RATE_LIMIT
    options = Options(open_access=True, rate_limit=limit)
    try:
        sandbox = stack.enter_context(Sandbox(settings.sandbox_db, options))
    except ValueError as error:
        # Another program's file, or a folder that cannot be written.
        raise UsageError(f"--sandbox-db: {error}", hint="name another file") from error
    session = Session(
        sandbox.url,
        Access(open_access=True),
        rate=HURRIED if settings.hurried else catalog.policy.rate,
        read_only=read_only,
        hooks=hooks,
    )
    prepare(sandbox, catalog)
    return stack.enter_context(session), f"sandbox:{sandbox.account_id}", ""


def make_folder_of(path: Path, option: str) -> None:
    """The folder of a file that is to be written, made if there is none; UsageError where it
    cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{option}: the folder of {path} cannot be made: {error.strerror}",
            hint=f"name a file in a folder that you may write: {option} PATH",
        ) from error


def prepare(sandbox: Sandbox, catalog: Catalog) -> None:
    """Make what the catalog names and does not own: regions, external objects, pinned ids."""
    for name in regions_of(catalog):
        sandbox.ensure_region(name)
    for body in not_owned(catalog):
        sandbox.ensure_object(**body)


def regions_of(catalog: Catalog) -> tuple[str, ...]:
    """Every region that the catalog names, as the account calls it, in order of appearance."""
    names = catalog.policy.regions
    found: dict[str, None] = {}
    for item in catalog.resources.values():
        for name in texts(item.fields.get("regions")):
            found[names.get(name, name)] = None
    return tuple(found)


def not_owned(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """External and pinned objects as a sandbox can make them: kind, id and what names them."""
    for item in catalog.resources.values():
        linked = item.ref.kind == "file" and item.file is None
        if item.external or _is_pinned(item) or linked:
            yield _made_beforehand(item)


def _is_pinned(item: Resource) -> bool:
    return item.id not in (None, NEW)


def _made_beforehand(item: Resource) -> dict[str, Any]:
    """The body of an object with what makes it what it is: its title, type and link."""
    kind = KINDS[item.ref.kind]
    title = kind.field(kind.title)
    body: dict[str, Any] = {"kind": kind.name, "id": item.id if _is_pinned(item) else None}
    body[title.wire[0]] = item.fields.get(title.name) or item.ref.key
    if kind.name in ("attribute", "resource"):
        for name, wire_name in (("type", "value_type"), ("link", "link")):
            if item.fields.get(name):
                body[wire_name] = item.fields[name]
    return body
