"""Broken catalogs: every problem of each, at its place; found in tests/cases/validate/."""

from pathlib import Path

import pytest

from reconciler.catalog import read
from reconciler.cli import run
from reconciler.reports.problems import problems_text

CASES = sorted((Path(__file__).parent / "cases" / "validate").iterdir())


def test_there_are_twenty_broken_catalogs_and_more() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_catalog_is_told_all_at_once(case: Path) -> None:
    expected = (case / "expected.txt").read_text(encoding="utf-8")

    assert problems_text(read(case / "catalog").problems) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_catalog_exits_with_1(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--catalog", str(case / "catalog"), "validate"]) == 1
    assert "error:" in capsys.readouterr().out


def test_a_folder_without_a_catalog_file_is_an_error(tmp_path: Path) -> None:
    assert [str(item) for item in read(tmp_path).problems] == [
        ".:1:1: error: no catalog file is in this folder (an empty catalog is never meant)"
    ]


def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("categories: []\n")
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "a.yaml").symlink_to(outside)

    assert "a symlink is not followed" in problems_text(read(folder).problems)


def test_the_example_catalog_is_valid_and_as_rich_as_it_says() -> None:
    reading = read(Path(__file__).parents[1] / "catalog")
    kinds = [ref.kind for ref in reading.catalog.resources]
    products = [
        item for item in reading.catalog.of("collection") if not item.fields.get("variant_of")
    ]

    assert reading.problems == ()
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
