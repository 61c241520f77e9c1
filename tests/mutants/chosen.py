"""A plugin of pytest: the tests that judge mutants, which are pure and fast."""

from __future__ import annotations

from pathlib import Path

import pytest

OTHERS = {"catalog", "docs", "fmt", "layers", "schema", "schemas", "startup", "validate", "yamlfile", "yamltext"}  # fmt: skip
"""Of the tests that stand in `tests` itself: those that come to the core by way of much else."""

BESIDE = ("crash/test_settling.py",)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out everything else, before it is imported."""
    if not collection_path.name.startswith("test_"):
        return None
    name = collection_path.relative_to(config.rootpath / "tests").as_posix()
    own = "/" not in name and name.removeprefix("test_").removesuffix(".py").split("_")[0]
    return not (name in BESIDE or (own and own not in OTHERS))
