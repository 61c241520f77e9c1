"""A page from its template: escaped, with no style and no script but our own, by their hashes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup


def written(template: str, view: Mapping[str, Any], styles: Iterable[str]) -> str:
    """A page; `styles` are files beside this one."""
    style, script = "".join(map(_own, styles)), _own("report.js")
    return _template(template).render(
        view,
        style=Markup(style),
        script=Markup(script),
        policy=(
            f"default-src 'none'; img-src data:; style-src {_hash(style)}; "
            f"script-src {_hash(script)}"
        ),
    )


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FunctionLoader(_own),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def _own(name: str) -> str:
    return (resources.files("reconciler.reports.html") / name).read_text("utf-8")


def _hash(text: str) -> str:
    """What a browser holds an inline part against, so that it runs no other."""
    digest = hashlib.sha256(f"\n{text}".encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
