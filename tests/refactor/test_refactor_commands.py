"""`pxm rename`, `remove` and `move` on a command line: the patch, the question, the exit code."""

from pathlib import Path

import pytest

from reconciler.cli import run
from tests.refactor.shop import SHOP, shop, texts

RENAMED = """\
--- a/catalog/a.yaml
+++ b/catalog/a.yaml
@@ -1,2 +1,5 @@
 categories:
-  - {key: a, name: A}
+  - {key: b, name: A}
+
+moved:
+  - {kind: category, from: a, to: b}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_dry_run_shows_the_patch_and_writes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"a.yaml": "categories:\n  - {key: a, name: A}\n"}
    shop(root / "catalog", files)

    assert run(["rename", "category/a", "b", "--dry-run"]) == 0
    assert capsys.readouterr().out == RENAMED
    assert texts(root / "catalog") == files


def test_off_a_terminal_nothing_is_written_unasked(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(root / "catalog")
    for arguments in (
        ["rename", "collection/rain", "x"],
        ["remove", "collection/rain"],
        ["move", "collection/rain", "--to", "catalog/x.yaml"],
    ):
        assert run(arguments) == 3
        printed = capsys.readouterr()
        assert printed.out.startswith("--- ")
        assert "nothing was written: there is no terminal to ask on" in printed.err
        assert "pass --yes" in printed.err
        assert texts(root / "catalog") == SHOP


def test_yes_writes_and_says_how_many_files(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop(root / "catalog")

    assert run(["remove", "collection/rain", "--yes"]) == 0
    printed = capsys.readouterr()
    assert printed.err == (
        "They contain, and take along: collection/rain-m, collection/rain-l, collection/rain-xl\n"
        "Linked to nothing any more: resource/video, file/drawing; --orphans takes them along\n"
        "Edited 3 files. See `git diff`, then `pxm plan`.\n"
    )
    assert run(["validate"]) == 0
    assert run(["move", "collection/sun", "--to", "catalog/new/sun.yaml", "--yes"]) == 0
    assert "--- /dev/null\n+++ b/catalog/new/sun.yaml\n" in capsys.readouterr().out
    assert run(["move", "collection/sun", "--to", "catalog/new/sun.yaml", "--yes"]) == 0
    assert capsys.readouterr().out == "Nothing to edit.\n"
    assert run(["validate"]) == 0


def test_what_goes_along_and_what_no_plan_may_delete_is_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "categories:\n  - key: a\n    name: A\n    lifecycle: {prevent_destroy: true}\n"
    children = "".join(f"  - {{key: c{n}, name: C{n}, parent: a}}\n" for n in range(7))
    guide = "resources:\n  - {key: r, description: R, link: 'https://x.example', category: a}\n"
    shop(
        root / "catalog", {"a.yaml": text + children + guide + "files: [{key: f, file_name: f}]\n"}
    )

    assert run(["remove", "category/a", "--orphans", "--dry-run"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "They contain, and take along: category/c0, category/c1, category/c2, category/c3, "
        "category/c4 and 2 more",
        "Linked to nothing else, and taken along: resource/r",
        "Note: category/a has `prevent_destroy`: a plan that deletes it is refused",
    ]
    assert run(["remove", "category/a", "--keep-live", "--dry-run"]) == 0
    assert "prevent_destroy" not in capsys.readouterr().err


def test_what_cannot_be_edited_is_told_at_its_place(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "categories:\n  - {key: &k a, name: *k}\n"
    shop(root / "catalog", {"a.yaml": text})

    assert run(["rename", "category/a", "b", "--yes"]) == 1
    assert capsys.readouterr().err == (
        "catalog/a.yaml:2:23: error: cannot be edited: the alias *k shows the key as something "
        "else (write it out there, without the anchor or alias)\nNothing was written.\n"
    )


def test_what_would_be_wrong_afterwards_is_told_as_such(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"a.yaml": "categories: [{key: a, name: A}]\nremoved: [{kind: category, key: b}]\n"}
    shop(root / "catalog", files)

    assert run(["rename", "category/a", "b", "--yes"]) == 1
    err = capsys.readouterr().err
    assert "catalog/a.yaml:2:33: error: removed: category 'b' is still in the catalog" in err
    assert "With these edits the catalog would have errors. Nothing was written." in err
    assert texts(root / "catalog") == files


def test_a_broken_catalog_is_told_as_validate_does(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "catalog").mkdir()
    (root / "catalog" / "a.yaml").write_text("categories: [\n")
    assert run(["rename", "category/a", "b", "--yes"]) == 1
    err = capsys.readouterr().err
    assert "catalog/a.yaml:2:1: error:" in err
    assert "Nothing was written" in err


def test_a_key_that_is_not_there_is_told_with_the_nearest(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(root / "catalog")
    assert run(["remove", "collection/rian", "--yes"]) == 1
    assert capsys.readouterr().err == (
        "Error: no collection 'rian' in the catalog\n  did you mean 'rain'?\n"
    )


def test_objects_of_every_environment_are_edited(root: Path) -> None:
    """What one environment has not got is in the files all the same."""
    text = """\
categories:
  - {key: a, name: A}
collections:
  - {key: one, name: Same, category: a, only: [staging]}
  - {key: two, name: Same, category: a, only: [production]}
"""
    settings = "environments: {staging: {state: 'file:s'}, production: {state: 'file:p'}}\n"
    shop(root / "catalog", {"z.yaml": "categories: [{key: z, name: Z}]\n"})
    (root / "catalog" / "a.yaml").write_text(text)
    (root / "catalog" / "reconciler.yaml").write_text(settings)
    assert run(["validate", "--env", "all"]) == 0

    assert run(["rename", "category/a", "b", "--yes"]) == 0
    now = texts(root / "catalog")["a.yaml"]
    assert now.startswith(text.replace("key: a", "key: b").replace("category: a", "category: b"))
    assert run(["remove", "collection/one", "--yes"]) == 0
    assert run(["validate", "--env", "all"]) == 0
