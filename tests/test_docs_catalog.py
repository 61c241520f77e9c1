"""The YAML in docs/ is real: what the pages show as a catalog is validated by `pxm validate`.

A block of YAML that is a catalog says in its first line which file it is.  The files of one page
that lie in one folder are one catalog.
"""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from reconciler.catalog import read
from reconciler.cli import run
from reconciler.kinds import KINDS, Kind
from reconciler.reports.problems import problems_text
from reconciler.yamlfile import Map, parse

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
SECTIONS = {*(kind.plural for kind in KINDS.values()), "files", "moved", "removed", "defaults"}
WRONG = "catalog-with-mistakes"
REFERENCE = (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def folders(page: Path) -> dict[str, dict[str, str]]:
    """The catalogs of a page: folder → file → text."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for block in blocks(page.read_text(encoding="utf-8"), "yaml"):
        named = re.match(r"# (catalog[\w-]*)/([\w./-]+\.yaml)\n", block)
        if named is not None:
            assert named[2] not in found[named[1]], f"{page.name}: {named[2]} stands twice"
            found[named[1]][named[2]] = block
    return found


def written(files: dict[str, str], folder: Path) -> Path:
    """The files of a catalog in a folder, and something for each file that they name."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        for asset in re.findall(r"^ +path: (\S+)$", text, re.MULTILINE):
            (path.parent / asset).parent.mkdir(exist_ok=True)
            (path.parent / asset).write_bytes(b"bytes")
        for beside in re.findall(r"\{file: (\S+)\}", text):
            (path.parent / beside).parent.mkdir(exist_ok=True)
            (path.parent / beside).write_text("A text.\n")
    return folder


CATALOGS = [(page, name) for page in PAGES for name in folders(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_catalog_in_a_page_names_its_file(page: Path) -> None:
    named = {text for files in folders(page).values() for text in files.values()}
    for block in blocks(page.read_text(encoding="utf-8"), "yaml"):
        root, _ = parse(block.encode(), page.name)
        keys = {key.text for key, _ in root.entries} if isinstance(root, Map) else set()

        assert block in named or not keys & SECTIONS, f"say `# catalog/NAME.yaml` first:\n{block}"


@pytest.mark.parametrize(("page", "name"), CATALOGS, ids=lambda item: getattr(item, "name", item))
def test_the_catalogs_of_a_page_are_what_it_says(
    page: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(folders(page)[name], tmp_path / name)
    code = run(["--catalog", str(folder), "validate", "--env", "all"])

    assert code == (1 if name == WRONG else 0), capsys.readouterr().out


def test_the_reference_shows_what_validate_really_says(tmp_path: Path) -> None:
    files = folders(ROOT / "docs" / "catalog.md")[WRONG]
    [shown] = blocks(REFERENCE, "text")

    assert problems_text(read(written(files, tmp_path)).problems) == shown


def table_under(heading: str) -> set[str]:
    """The first cells, in backticks, of the first table under a heading."""
    section = REFERENCE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


HEADINGS = {
    "category": "Categories",
    "attribute": "Attributes",
    "attribute_group": "Attribute groups",
    "collection": "Collections",
    "resource": "Resources",
    "file": "Files",
}

BESIDE = {
    "category": {"resources"},
    "collection": {"variants", "inherit", "resources", "files"},
    "file": {"path"},
}
"""What an entry says that is no field of its object."""


@pytest.mark.parametrize("name", HEADINGS)
def test_the_reference_has_every_field_of_a_kind_and_no_other(name: str) -> None:
    kind: Kind = KINDS[name]
    own = {field.name for field in kind.fields if field.yaml}

    assert HEADINGS.keys() == KINDS.keys()
    assert table_under(HEADINGS[name]) == own | BESIDE.get(name, set())


def test_the_reference_has_every_setting_that_is_read() -> None:
    schema = json.loads((ROOT / "schemas" / "settings.schema.json").read_text(encoding="utf-8"))

    assert table_under("reconciler.yaml") == schema["properties"].keys()
