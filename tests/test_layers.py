"""The layer table of docs/architecture.md, enforced."""

import ast
from pathlib import Path

import pytest

import reconciler

ROOT = Path(reconciler.__file__).parent
WORDS = (
    "enums",
    "errors",
    "model",
    "places",
    "paths",
    "nested",
    "jsontext",
    "kinds",
    "behaviours",
    "closing",
    "collector",
    "completeness",
)
CORE = (
    "normalize",
    "statetext",
    "natural",
    "quoting",
    "suggestions",
    "merge",
    "wire",
    "known",
    "identity",
    "diff",
    "ordering",
    "plan",
    "drift",
    "compare",
)
EDGES = ("files", "textfile", "yamlfile", "yamltext", "schema", "patterns", "api", "state", "cache")
STAGES = ("catalog", "refactor", "bydate", "live", "delta", "apply", "pull", "sheets", "fmt")
OWNERS = {
    # The sandbox cannot use yamlfile, and reads one file of its own that no user writes.
    # yamltext wants marks to the character, which yamlfile does without for the sake of speed.
    "yaml": {"yamlfile", "yamltext", "sandbox/openapi.py"},
    "jsonschema": {"schema"},
    "jsonschema_rs": {"schema", "patterns"},
    "deepdiff": {"nested"},
    "filelock": {"state"},
    "httpx": {"api"},
    "anyascii": {"pull"},
    "openpyxl": {"sheets"},
    "sqlite3": {"state", "sandbox", "cache"},
    "cryptography": {"cache"},
    "psycopg": {"state"},
    "click": {"cli", "__main__"},
    "PIL": {"sandbox", "cli"},
    "starlette": {"sandbox"},
    "uvicorn": {"sandbox"},
    "rich": {"reports", "cli"},
    "graphlib": {"ordering"},
    "jinja2": {"reports", "sandbox"},
}
POSIX = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
"""Not there on Windows: whoever imports one of them cannot be tried there at all."""
WITHOUT = {"catalog/ahead.py", "cli/profile.py"}
"""Modules that do without it there."""

IMPURE = {"os", "io", "sys", "time", "socket", "pathlib", "random", "threading", "subprocess"}


def allowed(module: str) -> set[str]:
    """The top-level modules of the package that `module` may import."""
    if module in WORDS:
        return set(WORDS)
    if module in CORE:
        return {*WORDS, *CORE[: CORE.index(module)]}
    if module in EDGES:
        # What several edges need of the file system.
        return {*WORDS, *CORE, "files"}
    if module in STAGES:
        return {*WORDS, *CORE, *EDGES, *STAGES[: STAGES.index(module)]}
    if module == "reports":
        # Which parts of two records differ is found by deepdiff, which one module wraps.
        return {*WORDS, "nested"}
    if module in ("sandbox", "starter"):
        return set()
    return {*WORDS, *CORE, *EDGES, *STAGES, "reports", "sandbox", "starter", "cli"}


def modules() -> list[tuple[str, Path]]:
    """Every source file with the top-level module that it belongs to."""
    return [
        (path.relative_to(ROOT).parts[0].removesuffix(".py"), path) for path in ROOT.rglob("*.py")
    ]


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports; relative imports are spelled out."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            module = node.module or ""
            found.update(
                f"reconciler.{alias.name}" if module == "reconciler" else module
                for alias in node.names
            )
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=lambda item: str(item)[-40:])
def test_a_module_imports_only_what_its_layer_may(module: str, path: Path) -> None:
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "reconciler" and len(parts) > 1:
            own = parts[1] == module or parts[1] == "__version__"
            assert own or parts[1] in allowed(module), f"{path.name} may not import {name}"
        owners = OWNERS.get(parts[0])
        places = {module, path.relative_to(ROOT).as_posix()}
        assert owners is None or places & owners, f"{path.name} may not import {name}"
        optional = path.relative_to(ROOT).as_posix() in WITHOUT
        assert parts[0] not in POSIX or optional, f"{path.name}: Windows has no {name}"
        if module in (*WORDS, *CORE):
            assert parts[0] not in IMPURE, f"{path.name}: the core is pure, it imports {name}"


def test_nothing_imports_the_shell() -> None:
    for module, path in modules():
        if module not in ("cli", "__main__"):
            assert not any(name.startswith("reconciler.cli") for name in imports(path)), path
