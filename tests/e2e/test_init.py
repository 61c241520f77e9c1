"""`pxm init` and `pxm fmt` as commands."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reconciler.cli import run
from reconciler.starter import WORKFLOWS


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_starter_catalog_validates_plans_and_applies(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "shop", "--github"]) == 0
    assert (root / "shop" / ".gitignore").read_text() == ".reconciler/\n"
    assert "by shop/.reconciler/catalog.schema.json: see `pxm schema`." in capsys.readouterr().out
    here = ["--catalog", "shop/catalog", "--sandbox-db", "s.db"]

    assert run([*here, "validate"]) == 0
    assert run([*here, "fmt", "--check"]) == 0
    assert run([*here, "apply", "--yes"]) == 0
    assert run([*here, "plan", "--detailed-exitcode"]) == 0
    workflows = root / "shop" / ".github" / "workflows"
    assert sorted(x.name for x in workflows.iterdir()) == sorted(WORKFLOWS)
    assert all(yaml.safe_load(x.read_text())["jobs"] for x in workflows.iterdir())


def test_init_overwrites_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "catalog").mkdir()
    (root / "catalog" / "categories.yaml").write_text("mine\n")

    assert run(["init"]) == 1
    assert "catalog/categories.yaml would be overwritten" in capsys.readouterr().err
    assert sorted(x.name for x in root.rglob("*")) == ["catalog", "categories.yaml"]


def test_a_gitignore_that_is_there_gains_a_line(root: Path) -> None:
    (root / ".gitignore").write_text("*.log")

    assert run(["init"]) == 0
    assert (root / ".gitignore").read_text() == "*.log\n.reconciler/\n"


def test_fmt_changes_files_and_check_only_names_them(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "catalog" / "sub").mkdir(parents=True)
    ugly = root / "catalog" / "sub" / "a.yaml"
    ugly.write_text("categories:\n- name: A\n  key: a\n")
    ugly.chmod(0o640)
    (root / "catalog" / ".hidden.yaml").write_text("a:   1\n")
    tidy = "categories:\n  - key: a\n    name: A\n"

    assert run(["fmt", "--check"]) == 1
    assert (
        capsys.readouterr().out
        == "catalog/sub/a.yaml: would be changed\n1 file would be changed, 0 left as they are.\n"
    )
    assert run(["fmt"]) == 0
    assert (
        capsys.readouterr().out
        == "catalog/sub/a.yaml: formatted\n1 file formatted, 0 left as they are.\n"
    )
    assert ugly.read_text() == tidy
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert run(["fmt", "--check", "catalog/sub/a.yaml"]) == 0


def test_fmt_leaves_a_broken_file_and_does_the_others(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "catalog").mkdir()
    (root / "catalog" / "a.yaml").write_text("a: [1\n")
    (root / "catalog" / "b.yaml").write_text("b:   1\n")
    (root / "catalog" / "c.yaml").symlink_to("b.yaml")

    assert run(["fmt"]) == 1
    assert (
        "catalog/a.yaml:1:4: error: the list that opens here is not closed"
        in capsys.readouterr().err
    )
    assert (root / "catalog" / "b.yaml").read_text() == "b: 1\n"
    assert run(["fmt", "catalog/c.yaml"]) == 1
    assert run(["fmt", "nowhere.yaml"]) == 1
    assert "nowhere.yaml does not exist" in capsys.readouterr().err


def test_fmt_diff_shows_what_would_change_and_changes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "catalog").mkdir()
    ugly = root / "catalog" / "a.yaml"
    ugly.write_text("categories:\n- key: a\n  name: A")

    assert run(["fmt", "--diff"]) == 1
    printed = capsys.readouterr()
    assert printed.out == (
        "--- a/catalog/a.yaml\n+++ b/catalog/a.yaml\n@@ -1,3 +1,3 @@\n categories:\n"
        "-- key: a\n-  name: A\n\\ No newline at end of file\n+  - key: a\n+    name: A\n"
    )
    assert printed.err.endswith("1 file would be changed, 0 left as they are.\n")
    assert ugly.read_text() == "categories:\n- key: a\n  name: A"
    assert run(["fmt"]) == 0
    assert run(["fmt", "--diff"]) == 0


def piped(text: str, *options: str) -> tuple[int, str, str]:
    """`pxm fmt -` as an editor runs it: exit code, standard output, standard error."""
    command = [sys.executable, "-m", "reconciler", "fmt", "-", *options]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_pipe_is_formatted_or_left_with_its_problems() -> None:
    text = "collections:\n- name: Größe\n  key: a\n"
    tidy = "collections:\n  - key: a\n    name: Größe\n"

    assert piped(text) == (0, tidy, "")
    assert piped("limits: {deletes: 3}\nprune: never\n")[1].startswith("prune: never\n")
    code, out, err = piped("a: [1\n")
    assert (code, out) == (1, "")
    assert err.startswith("<stdin>:1:4: error: the list that opens here")
    assert piped(text, "--check") == (1, "", "")
    assert piped(tidy, "--check") == (0, "", "")
    assert piped(text, "--diff")[1].startswith("--- a/<stdin>\n+++ b/<stdin>\n")
    assert piped(text, "a.yaml")[0] == 1
