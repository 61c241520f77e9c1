"""What the comment and the page of a pull request link to (8.4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler.cli.ci.completeness import Unknown, base_of
from reconciler.cli.ci.runner import Runner
from reconciler.cli.pictures import Repository, Upload, embedded, repository, uploads
from reconciler.model import Plan
from reconciler.reports.site import Picture, Site, escaped_path
from reconciler.state.git.command import Git


def comment_site(plan: Plan, catalog: Path, runner: Runner, page: str) -> Site:
    """Lines at the pull request's commit, pictures at both its ends, and the page."""
    place = _repository(catalog, runner)
    if place is None:
        return Site(page=page)
    found = {
        item.change.ref: tuple(_pictures(item, place, runner)) for item in uploads(plan, place)
    }
    return Site(_source(place, runner), page, found)


def page_site(plan: Plan, catalog: Path, runner: Runner) -> Site:
    """The same for a page that stands alone: pictures are in it."""
    place = _repository(catalog, runner)
    source = _source(place, runner) if place else ""
    return Site(source, pictures=embedded(plan, catalog, place))


def _repository(catalog: Path, runner: Runner) -> Repository | None:
    return repository(catalog, lambda git: _base(git, runner))


def _base(git: Git, runner: Runner) -> str:
    """The commit before; empty where the checkout does not hold it."""
    try:
        return base_of(git, runner)
    except Unknown:
        return ""


def _source(place: Repository, runner: Runner) -> str:
    return _address(place, runner, runner.head, "").rstrip("/")


def _pictures(item: Upload, place: Repository, runner: Runner) -> Iterator[Picture]:
    name = Path(item.inside).name
    if item.was:
        before = _address(place, runner, place.base, item.inside, raw=True)
        yield Picture("before", name, before)
    yield Picture("after", name, _address(place, runner, runner.head, item.inside, raw=True))


def _address(
    place: Repository, runner: Runner, commit: str, inside: str, *, raw: bool = False
) -> str:
    """A file of the catalog at a commit."""
    return runner.file_url(commit, escaped_path(place.path(inside)), raw=raw)
