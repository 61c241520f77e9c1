"""The folder that pull writes into: nothing of anybody else's is touched."""

from pathlib import Path

import pytest

from reconciler.errors import CatalogError, UsageError
from reconciler.files import replace_file
from reconciler.pull.folder import check_free, declared, new_files


def test_settings_alone_are_no_catalog_yet_but_count(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("prune: never\n")

    found = declared(tmp_path)

    assert (found.resources, found.policy.prune) == ({}, "never")
    assert declared(tmp_path / "none").resources == {}


def test_what_is_broken_already_is_said(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("prune: perhaps\n")
    with pytest.raises(CatalogError):
        declared(tmp_path)
    (tmp_path / "a.yaml").write_text("a: [\n")
    with pytest.raises(CatalogError):
        declared(tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        declared(tmp_path / "a.yaml")


def test_every_file_in_the_way_is_named_up_to_five(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"{number}.yaml").write_text("mine\n")
    (tmp_path / "same.yaml").write_text("text\n")
    texts = {f"{number}.yaml": "text\n" for number in range(7)} | {"same.yaml": "text\n"}

    with pytest.raises(UsageError) as found:
        check_free(tmp_path, texts)
    assert "4.yaml and 2 more would be overwritten" in found.value.message
    assert "same.yaml" not in found.value.message


def test_a_link_or_a_folder_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "b.yaml").mkdir()

    with pytest.raises(UsageError, match=r"a.yaml, .*b.yaml would be overwritten"):
        check_free(tmp_path, {"a.yaml": "", "b.yaml": ""})


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(UsageError, match="cannot be written"),
        new_files(tmp_path, {"new/a.yaml": "", "file/b.yaml": ""}),
    ):
        pass
    assert sorted(x.name for x in tmp_path.iterdir()) == ["file"]


def test_a_file_that_cannot_be_replaced_is_as_before(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()

    with pytest.raises(UsageError, match="cannot be written"):
        replace_file(tmp_path / "folder.yaml", "x")
    assert sorted(x.name for x in tmp_path.iterdir()) == ["folder.yaml"]
