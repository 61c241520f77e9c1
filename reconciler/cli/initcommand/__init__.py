"""`pxm init`: a repository that works, beside what is there (contract 3).

What it writes are the files of `reconciler/starter`, filled in.  A file that says something else
is left as it is and shown; what is there already and says the same is no error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import click

from reconciler import starter
from reconciler.catalog import read
from reconciler.cli import pullcommands
from reconciler.cli.environments import chosen, declared, name_of
from reconciler.cli.initcommand.nextsteps import next_steps
from reconciler.cli.initcommand.questions import asked
from reconciler.cli.initcommand.source import Source, origin_of, source_of
from reconciler.cli.initcommand.wanted import Wanted
from reconciler.cli.laying import IGNORE, check_force, ignore, layout, standing
from reconciler.cli.schemacommand import from_here, write_schemas
from reconciler.cli.settings import (
    DEFAULT_URL,
    Settings,
    credentials,
    variables_of_credentials,
)
from reconciler.errors import UsageError
from reconciler.files import replace_file
from reconciler.pull.folder import has_catalog, new_files
from reconciler.reports.jsontext import document
from reconciler.reports.patch import patch_text
from reconciler.reports.text import clean

ENVIRONMENT = "production"
"""What the one account of a new catalog is called where its state is said and no name is."""

DEFAULT_STATE = "git:"
"""Where workflows and pipelines keep the state if nobody says."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the files go: the repository's folder, and the catalog's name in it."""

    folder: Path
    name: str
    fresh: bool
    """There is no catalog yet."""

    @property
    def catalog(self) -> Path:
        """The catalog's folder."""
        return self.folder / self.name


def run(settings: Settings, folder: Path, wanted: Wanted) -> int:
    """Write what is wanted; 1 where a file that is there says something else and was left."""
    site = _site(settings, folder)
    settings, wanted = asked(settings, wanted, folder, site.fresh)
    _check(settings, wanted)
    settings = _with_state(settings, site, wanted)
    source = source_of(wanted.repository)
    done = _write(settings, site, wanted, _texts(settings, site, wanted, source))
    names = variables_of_credentials(settings.env)
    steps = list(next_steps(wanted, source, folder, (names[0], names[1]), wanted.account))
    if wanted.output == "json":
        told = {"written": done.written, "left": sorted(done.left), "schema": done.schema}
        click.echo(document({**told, "next": [] if done.left else steps}), nl=False)
    else:
        _tell(site, done, steps, settings.color)
    return 1 if done.left else 0


@dataclass(frozen=True, slots=True)
class _Done:
    """Files that were written, by their names; texts that were not, for a file says something
    else; and the file of the editors' schema."""

    written: list[str]
    left: Mapping[str, str]
    schema: str


def _write(settings: Settings, site: Site, wanted: Wanted, texts: Mapping[str, str]) -> _Done:
    """Write what is new or forced; where something goes wrong nothing new stays."""
    folder = site.folder
    forced = check_force(folder, list(texts), wanted.force)
    plan = layout(folder, texts)
    over = {name: text for name, text in plan.different.items() if name in forced}
    left = {name: text for name, text in plan.different.items() if name not in forced}
    with new_files(folder, plan.new) as made:
        if wanted.account:
            _pull(settings, site, wanted)
        for name, text in over.items():
            replace_file(folder / name, text)
        made.keep()
    ignored = (IGNORE,) if ignore(folder) else ()
    schema = write_schemas(site.catalog, read(site.catalog).catalog, ()).path
    return _Done(sorted((*plan.new, *over, *ignored)), left, from_here(schema))


def _site(settings: Settings, folder: Path) -> Site:
    if settings.catalog.is_absolute():
        raise UsageError(
            f"--catalog {settings.catalog}: init names it in what it writes",
            hint="give it as a path in the repository: pxm --catalog shop/catalog init",
        )
    name = settings.catalog.as_posix()
    return Site(folder, name, not has_catalog(folder / name))


def _with_state(settings: Settings, site: Site, wanted: Wanted) -> Settings:
    """The settings with the state of a new catalog where its CI looks for it: what was pulled
    would be adopted there once more."""
    has_ci = wanted.github or wanted.gitlab
    if settings.state or not (site.fresh and has_ci):
        return settings
    if origin_of(site.folder):
        return replace(settings, state=DEFAULT_STATE)
    if wanted.account:
        click.echo(
            "Note: the state stays on this machine, for there is no remote `origin` yet. Once "
            "there is one: `pxm state pull state.json && pxm --state git: state push state.json`",
            err=True,
        )
    return settings


def _check(settings: Settings, wanted: Wanted) -> None:
    if wanted.github and wanted.gitlab:
        raise UsageError("--github and --gitlab: one of them applies the catalog", hint="take one")
    if wanted.repository and not (wanted.github or wanted.gitlab):
        raise UsageError("--repository goes with --github or --gitlab")
    if wanted.account and not settings.sandbox:
        # Said before anything is written or asked of a server.
        credentials(settings)


# --- what is written ----------------------------------------------------------------------------


def _texts(settings: Settings, site: Site, wanted: Wanted, source: Source) -> dict[str, str]:
    """Every file that is wanted, by its path in the folder."""
    texts: dict[str, str] = {}
    if site.fresh:
        texts |= starter.example(site.name) if not wanted.account else {}
        texts[f"{site.name}/{starter.SETTINGS}"] = _settings_text(settings, site)
    if wanted.github or wanted.gitlab:
        environment, state = _account(settings, site)
        url = settings.base_url if settings.base_url != DEFAULT_URL else ""
        if wanted.github:
            texts |= starter.github_workflows(
                source.repository, source.ref, site.name, environment, url
            )
        else:
            texts |= starter.gitlab_pipeline(source.package, site.name, environment, state, url)
    if wanted.agents:
        texts |= starter.machine_rules(site.name)
    return texts


def _settings_text(settings: Settings, site: Site) -> str:
    """The settings of a new catalog; those that are there, for they are somebody's."""
    path = site.catalog / starter.SETTINGS
    said = standing(path)
    if said is not None:
        return said
    text = starter.settings(f"{'../' * len(Path(site.name).parts)}.reconciler/settings.schema.json")
    state = _said_state(settings)
    return text if not state else starter.with_environment(text, settings.env or ENVIRONMENT, state)


def _said_state(settings: Settings) -> str:
    """Where the catalog shall say that its state is; nothing that a variable says, and no URL
    that may hold a password."""
    state = settings.state or ""
    if "state" in settings.from_variables or not state.startswith(("git:", "file:")):
        return ""
    return state


def _account(settings: Settings, site: Site) -> tuple[str, str]:
    """The environment that CI names, if any, and the state that it has to name itself.

    Raises UsageError where the catalog has several and none is chosen.
    """
    if site.fresh and standing(site.catalog / starter.SETTINGS) is None:
        has_state = bool(_said_state(settings))
        return (settings.env or ENVIRONMENT, "") if has_state else ("", DEFAULT_STATE)
    found = declared(replace(settings, catalog=site.catalog))
    choice = "one with --env NAME; docs/ci.md shows a file for several"
    chosen_name = name_of(settings, found, choice)
    if chosen_name is None:
        return "", DEFAULT_STATE
    return chosen_name, "" if found[chosen_name].state else DEFAULT_STATE


def _pull(settings: Settings, site: Site, wanted: Wanted) -> None:
    """What the account holds, in files; the state is kept beside them."""
    there = chosen(replace(settings, catalog=site.catalog, env=settings.env or None))
    if not there.state and not there.sandbox and site.folder != Path():
        there = replace(there, state=f"file:{site.folder / there.home / 'state.db'}")
    # With `--format json` standard output has one document; who looks on reads of it all the same.
    with redirect_stdout(sys.stderr) if wanted.output == "json" else nullcontext():
        pullcommands.whole(there, pullcommands.Wanted())


# --- what is said -------------------------------------------------------------------------------


def _tell(site: Site, done: _Done, steps: Sequence[str], color: bool) -> None:
    """Say what was written and left, and what to do next."""
    for line in _lines(site, done, color):
        click.echo(line)
    if done.left:
        click.echo(f"Left as {_is_are(len(done.left))}: --force FILE writes over it.", err=True)
        return
    click.echo(
        f"Editors propose what the catalog holds, by {clean(done.schema)}: see `pxm schema`."
    )
    for line in steps:
        click.echo(line)


def _lines(site: Site, done: _Done, color: bool) -> Iterator[str]:
    for name in done.written:
        yield f"  {clean(str(site.folder / name))}"
    if not done.written and not done.left:
        yield "All of it is there already, and as it would be written."
    yield from _differences(site.folder, done.left, color)


def _differences(folder: Path, left: Mapping[str, str], color: bool) -> Iterator[str]:
    for name, text in left.items():
        path = folder / name
        yield f"{clean(str(path))} says something else; writing it anew would change this:"
        said = standing(path)
        if said is None:
            yield "  it is a link, or no text"
        else:
            yield patch_text(clean(str(path)), said, text, color=color).rstrip("\n")


def _is_are(number: int) -> str:
    return "it is" if number == 1 else "they are"
