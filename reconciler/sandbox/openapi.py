"""The description of the API that the sandbox serves at `/openapi.json` (docs/api.md).

It is written by hand as YAML beside the other schemas.  The sandbox imports nothing of the rest of
the program, so it reads that file, a file of its own and never a user's, by itself.
"""

from __future__ import annotations

import copy
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PATH = "/openapi.json"
FILE = "pxm-openapi.yaml"

Description = dict[str, Any]


def route() -> Route:
    """Where the description is served: without a token, and outside of the rate limit."""

    def answer(request: Request) -> Response:
        return JSONResponse(description(str(request.base_url).rstrip("/")))

    return Route(PATH, answer)


def description(url: str) -> Description:
    """The description as JSON data, the sandbox's own base URL first among its servers.

    So a Swagger page or a generated client that is pointed at a sandbox talks to that sandbox.
    """
    served = copy.copy(_read())
    here = {"url": url, "description": "This sandbox", "x-source": "assumed"}
    served["servers"] = [here, *(item for item in served["servers"] if item["url"] != url)]
    return served


def source() -> str:
    """The YAML as written: from the installed package, else from the checkout."""
    inside = resources.files("reconciler") / "schemas" / FILE
    beside = Path(__file__).parents[2] / "schemas" / FILE
    return (inside if inside.is_file() else beside).read_text(encoding="utf-8")


@cache
def _read() -> Description:
    found: Description = yaml.load(source(), Loader=yaml.CSafeLoader)
    return found
