"""The schemas that come with the program."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The schema of a kind of document: `catalog`, `settings`, `plan`, `state`."""
    file = f"{name}.schema.json"
    # A wheel has them inside the package, a checkout beside it.
    inside = resources.files("reconciler") / "schemas" / file
    beside = Path(__file__).parents[2] / "schemas" / file
    text = inside.read_text("utf-8") if inside.is_file() else beside.read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
