"""Broken catalogs and what a user is told: one folder each, found automatically.

A case is `catalog/` with `expected.txt`, exactly the lines that `validate` prints.  `env.txt` has
the environment that is asked for (`all`: every one), where the catalog has several.  `links.txt` has lines `name -> target`: symbolic links that are made for the run, a checked-in one being a
nuisance on some systems.
"""

import shutil
from pathlib import Path

import pytest

from reconciler.catalog import environments, read
from reconciler.cli import run
from reconciler.cli.validatecommand import problems as of_all
from reconciler.enums import ProblemKind
from reconciler.reports.problems import problems_text

CASES = sorted((Path(__file__).parent / "cases" / "validate").iterdir())


def test_there_are_twenty_broken_catalogs_and_more() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_catalog_is_told_all_at_once(case: Path, tmp_path: Path) -> None:
    expected = (case / "expected.txt").read_text(encoding="utf-8")

    assert told(case, folder_of(case, tmp_path)) == expected


def told(case: Path, folder: Path) -> str:
    """What `validate` prints of a case, with paths from the catalog folder."""
    env = environment_of(case)
    if env != "all":
        return problems_text(read(folder, environment=env).problems)
    names = list(environments(folder))
    return problems_text(of_all({name: read(folder, environment=name) for name in names}))


def environment_of(case: Path) -> str | None:
    path = case / "env.txt"
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_catalog_exits_with_1(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = environment_of(case)
    options = ["--env", env] if env else []
    assert run(["--catalog", str(folder_of(case, tmp_path)), "validate", *options]) == 1
    assert "error:" in capsys.readouterr().out


def test_the_example_catalog_is_valid_and_as_rich_as_it_says() -> None:
    reading = read(Path(__file__).parents[1] / "catalog")
    kinds = [ref.kind for ref in reading.catalog.resources]
    products = [
        item for item in reading.catalog.of("collection") if not item.fields.get("variant_of")
    ]

    assert {problem.kind for problem in reading.problems} == {ProblemKind.BREACH}
    assert {problem.severity for problem in reading.problems} == {"warning"}
    assert 90 <= reading.completeness.total.percent < 100
    assert kinds.count("category") >= 14
    assert kinds.count("attribute") >= 16
    assert kinds.count("resource") >= 12
    assert len(products) >= 60


TYPED = """
attributes:
  - {key: t, label: T, type: Text}
  - {key: p, label: P, type: Pick List, options: [39, '40', NO]}
categories:
  - key: a
    name: %s
    attributes: {t: %s}
"""


@pytest.mark.parametrize(
    "typed", ["1.10", "007", "NO", "12:30", "on", "1e3", "2025-01-01", "true", "0x1F", "yes"]
)
def test_a_text_keeps_the_characters_that_were_typed(typed: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TYPED % (typed, typed))
    reading = read(tmp_path)
    fields = next(reading.catalog.of("category")).fields

    assert reading.problems == ()
    assert (fields["name"], fields["attributes.t"]) == (typed, typed)


def folder_of(case: Path, tmp_path: Path) -> Path:
    """The catalog folder of a case; a copy where links have to be made in it."""
    links = case / "links.txt"
    if not links.exists():
        return case / "catalog"
    folder = tmp_path / "catalog"
    shutil.copytree(case / "catalog", folder)
    for line in links.read_text(encoding="utf-8").splitlines():
        name, _, target = line.partition(" -> ")
        (folder / name).symlink_to(target)
    return folder
