"""A command imports what it uses and nothing else: starts are quick (contract 9)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "PIL", "anyascii", "cryptography", "deepdiff", "httpx", "jinja2", "jsonschema", "openpyxl", "psycopg", "rich", "selenium",
    "sqlite3", "starlette", "uvicorn", "yaml",
}  # fmt: skip
"""Libraries whose import takes longer than all that `--version` does."""

CATALOG = "attributes:\n  - {key: weight, label: Weight, type: Number}\n"

LOADED = """
import sys
from reconciler.cli import run
code = run(sys.argv[1:])
print(file=sys.stderr)
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The heavy libraries that a command has imported by its end."""
    (folder / "catalog").mkdir(exist_ok=True)
    (folder / "catalog" / "a.yaml").write_text(CATALOG, encoding="utf-8")
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return HEAVY & set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--version"], set()),
        (["--help"], set()),
        (["plan", "--help"], set()),
        (["validate"], {"yaml", "jsonschema"}),
        (["graph"], {"yaml", "jsonschema"}),
        (["export", "new.csv", "--kind", "attribute"], {"yaml", "jsonschema"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_imports_what_it_uses(
    tmp_path: Path, arguments: list[str], expected: set[str]
) -> None:
    assert loaded(tmp_path, *arguments) == expected


def test_a_plan_of_an_account_that_is_not_embedded_imports_no_sandbox(tmp_path: Path) -> None:
    names = (
        "import sys; import reconciler.cli.planning, reconciler.cli.applying; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", names], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split())
    assert not {
        name
        for name in modules
        if name.startswith(("reconciler.sandbox", "starlette", "uvicorn", "PIL"))
    }
