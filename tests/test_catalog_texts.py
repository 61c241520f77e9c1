"""Long texts in files beside the YAML (contract 1.4)."""

from pathlib import Path

import pytest

from reconciler.catalog import load, read
from reconciler.model import Place, Ref

CATALOG = """\
attributes:
  - {key: story, label: Story, type: Text}
collections:
  - {key: boot, name: Boot, attributes: {story: {file: texts/boot.html}}}
resources:
  - {key: guide, description: {file: ../guide.md}, link: "https://example.com/g"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalog with two texts beside it."""
    (tmp_path / "sub" / "texts").mkdir(parents=True)
    (tmp_path / "sub" / "a.yaml").write_text(CATALOG)
    (tmp_path / "sub" / "texts" / "boot.html").write_bytes("<p>Für\r\nalle</p>\r\n".encode())
    (tmp_path / "guide.md").write_text("# Guide\n")
    return tmp_path


def test_a_text_is_read_from_its_file_with_one_sort_of_line_end(folder: Path) -> None:
    catalog = load(folder)
    boot, guide = catalog.resources[Ref("collection", "boot")], Ref("resource", "guide")

    assert boot.fields["attributes.story"] == "<p>Für\nalle</p>"
    assert boot.at("attributes.story") == Place("sub/a.yaml", 4, 49)
    assert catalog.resources[guide].fields["description"] == "# Guide"
    assert dict(catalog.text_files) == {
        Place("sub/a.yaml", 4, 49): "sub/texts/boot.html",
        Place("sub/a.yaml", 6, 31): "guide.md",
    }


def test_an_empty_file_clears_as_an_empty_text_does(folder: Path) -> None:
    (folder / "guide.md").write_text("")
    (folder / "sub" / "texts" / "boot.html").write_text("\n")
    boot = load_fields(folder)

    assert boot == {"name": "Boot", "attributes.story": None}


def load_fields(folder: Path) -> dict[str, object]:
    """What the boot declares; of the guide, which needs a description, nothing is asked."""
    catalog = read(folder).catalog
    return dict(catalog.resources[Ref("collection", "boot")].fields)


def test_what_is_about_to_be_written_counts_instead_of_what_is_there(folder: Path) -> None:
    edited = {"sub/texts/boot.html": "über".encode("utf-16"), "guide.md": "New"}
    catalog = read(folder, edited=edited).catalog

    assert catalog.resources[Ref("collection", "boot")].fields["attributes.story"] == "über"
    assert catalog.resources[Ref("resource", "guide")].fields["description"] == "New"


def test_a_new_text_file_counts_before_it_is_written(folder: Path) -> None:
    (folder / "guide.md").unlink()

    assert read(folder).problems
    assert not read(folder, edited={"guide.md": "New"}).problems


def test_a_text_of_more_than_16_mib_is_not_loaded(folder: Path) -> None:
    with (folder / "guide.md").open("wb") as stream:
        stream.truncate(16 * 2**20 + 1)
    (problem,) = read(folder).problems

    assert str(problem) == (
        "sub/a.yaml:6:38: error: resource 'guide': '../guide.md' is over 16 MiB "
        "(a text must be shorter)"
    )
