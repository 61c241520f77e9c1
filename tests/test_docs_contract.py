"""Every citation of the contract leads to a heading, and every test that it names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "contract.md"

SECTION = r"[0-9]+(?:\.[0-9]+)?"
CITED = re.compile(
    rf"[Cc]ontract,? (?:section )?({SECTION}(?:(?:, | and | to )(?:and )?{SECTION})*)"
)
"""`contract 2.5`, `contract 2.4, 2.8 and 7.5`."""

TEST = re.compile(r"`(?:tests/)?([\w/]+?)(?:\.py)?::(test_\w+)`")
"""`crash/test_doubt::test_five_creates…`, in this page or in full in another."""


def headings() -> set[str]:
    """The numbers of the sections."""
    found = re.findall(rf"^#+ ({SECTION}) ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return set(found)


def sources() -> Iterator[Path]:
    """What may cite: code, tests, docs, and whatever builds and checks them."""
    for folder in ("reconciler", "tests", "docs", ".github", ".ci", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".md", ".yml", ".sh", ".json"}:
                yield path
    yield ROOT / "Makefile"


def citations() -> list[tuple[str, str]]:
    """(place, section) of every citation."""
    found = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        # A citation may be broken over two lines of a comment.
        joined = re.sub(r"\n\s*(?:#|>)?\s*", " ", text)
        for match in CITED.finditer(joined):
            place = str(path.relative_to(ROOT))
            found += [(place, section) for section in re.findall(SECTION, match[1])]
    return found


def test_every_citation_leads_to_a_section() -> None:
    known, cited = headings(), citations()
    assert len(cited) > 150
    assert [(place, section) for place, section in cited if section not in known] == []


def named_tests() -> list[tuple[str, str]]:
    """(module, function) of every test that a page of the docs names."""
    return [
        (module, name)
        for page in sorted((ROOT / "docs").glob("*.md"))
        for module, name in TEST.findall(page.read_text(encoding="utf-8"))
    ]


def test_there_are_tests_named_under_every_section() -> None:
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^#+ (?=[0-9])", text, flags=re.MULTILINE)[1:]
    alone = [part.split("\n", 1)[0] for part in parts if not TEST.search(part)]
    assert alone == ["2 What plan and apply promise", "7 Talking to the API", "8 Reports and CI"]


@pytest.mark.parametrize(("module", "name"), sorted(set(named_tests())))
def test_a_test_that_the_docs_name_is_there(module: str, name: str) -> None:
    folder = ROOT / "tests"
    paths = [folder / f"{module}.py", *folder.rglob(f"{Path(module).name}.py")]
    path = next(path for path in paths if path.is_file())
    assert f"def {name}(" in path.read_text(encoding="utf-8")
