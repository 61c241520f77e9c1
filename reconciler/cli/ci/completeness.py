"""What a pull request makes of the catalog's completeness: the base's catalog beside its own (8.4).

Both are held against the rules of the pull request, or a stricter rule would look like a worse
catalog.  The base is read out of git's objects: no file of the checkout is touched.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.catalog import SETTINGS, read
from reconciler.cli.ci.runner import Runner
from reconciler.cli.environments import declared
from reconciler.cli.settings import Settings
from reconciler.completeness import Completeness
from reconciler.errors import CatalogError, PxmError
from reconciler.reports.completeness import objects
from reconciler.reports.markdown import difference_markdown
from reconciler.state.git.blobs import files
from reconciler.state.git.command import Git, GitFailed
from reconciler.yamlfile import Map, parse, plain_data

TEXTS = (".yaml", ".yml", ".html", ".htm", ".md", ".txt")
"""Files of a catalog that say what its objects are; no rule looks into the others."""


class Unknown(Exception):
    """What the base held cannot be read; the message says why, in words for the pull request."""


def difference(settings: Settings, runner: Runner) -> str:
    """What the pull request changes of the completeness, in Markdown; nothing without rules."""
    names = _environments(settings)
    after = {name: read(settings.catalog, environment=name).completeness for name in names}
    if not any(found.rules for found in after.values()):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            changed = lay_out_base(settings.catalog, runner, Path(folder))
            before = {name: _before(Path(folder), name) for name in names}
        except Unknown as why:
            return _written({name: (None, found) for name, found in after.items()}, str(why))
    both = {name: (before[name], found) for name, found in after.items()}
    return _written(both, _rules_changed(changed, after) if changed is not None else "")


def _rules_changed(new: Sequence[int], after: Mapping[str | None, Completeness]) -> str:
    """That the rules change, and how many objects those look at that are new or were otherwise."""
    rest = "; the catalog as it was is held against the new ones."
    looked, broken = 0, 0
    for found in after.values():
        tallies = [found.of_rule(number) for number in new]
        looked += sum(tally.looked for tally in tallies)
        broken += sum(tally.broken for tally in tallies)
    if not new:
        return f"The rules change as well{rest}"
    said = f"{len(new):,} new or changed: {objects(looked)} looked at, {broken:,} breaking them"
    return f"The rules change as well ({said}){rest}"


def _environments(settings: Settings) -> Sequence[str | None]:
    """The one that is named, else each that the catalog declares; None where it has none."""
    try:
        found = list(declared(settings))
    except CatalogError:
        return [None]
    return [settings.env] if settings.env in found else found or [None]


def _written(
    both: Mapping[str | None, tuple[Completeness | None, Completeness]], words: str
) -> str:
    """Environments for which it is all the same are told once."""
    first, *others = both.values()
    told = both if any(other != first for other in others) else {None: first}
    texts = [difference_markdown(*pair, words, name) for name, pair in told.items()]
    return "\n".join(texts)


# --- the base -----------------------------------------------------------------------------------


def lay_out_base(catalog: Path, runner: Runner, into: Path) -> list[int] | None:
    """Write the base's catalog, with the settings of this one.

    Returns which rules the base did not have, by position, None where its rules were the same.
    Unknown where the base cannot be read; a base without this catalog is an empty folder.
    """
    git = Git(catalog)
    try:
        commit = base_of(git, runner)
        prefix = git.line("rev-parse", "--show-prefix").rstrip("/")
        if _has(git, f"{commit}:{prefix}"):
            _write(git, f"{commit}:{prefix}", into)
    except (GitFailed, PxmError, OSError) as error:
        raise Unknown(f"What it was before cannot be told: {error}") from error
    own, base = catalog / SETTINGS, into / SETTINGS
    before, after = _rules(base), _rules(own)
    changed = _new(before, after) if base.exists() and before != after else None
    if own.is_file():
        shutil.copyfile(own, base)
    return changed


def base_of(git: Git, runner: Runner) -> str:
    """The commit into which the pull request is merged, where it left that.

    Of a checkout that is the server's merge of the two it is the first parent, which may be newer
    than what the event knew.
    """
    _, *parents = git.line("rev-list", "--parents", "--max-count=1", "HEAD").split()
    if len(parents) > 1 and runner.host.lands_on_merge:
        return parents[0]
    if runner.base and _has(git, f"{runner.base}^{{commit}}"):
        return _forked(git, runner.base)
    raise Unknown(
        "What it was before cannot be told: this checkout does not hold the base commit. "
        f"{runner.host.shallow}"
    )


def _forked(git: Git, said: str) -> str:
    """Where the branch has left its base; the base itself where the history is cut off."""
    try:
        return git.line("merge-base", said, "HEAD")
    except GitFailed:
        return said


def _has(git: Git, object_: str) -> bool:
    try:
        git.run("cat-file", "-e", object_)
    except GitFailed:
        return False
    return True


def _write(git: Git, tree: str, into: Path) -> None:
    for name, content in files(git, tree, _is_text):
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _is_text(path: str) -> bool:
    # Git itself refuses to check out a path like this; whoever made one means no good.
    inside = ".." not in path.split("/") and not path.startswith("/")
    return inside and path.lower().endswith(TEXTS)


def _new(before: Any, after: Any) -> list[int]:
    known = before if isinstance(before, list) else []
    rules = after if isinstance(after, list) else []
    return [number for number, rule in enumerate(rules) if rule not in known]


def _rules(path: Path) -> Any:
    """The rules of a settings file as data; None where there are none to read."""
    if not path.is_file():
        return None
    root, _ = parse(path.read_bytes(), path.name)
    rules = root.get("rules") if isinstance(root, Map) else None
    return plain_data(rules) if rules is not None else None


def _before(folder: Path, environment: str | None) -> Completeness:
    return read(folder, environment=environment).completeness
