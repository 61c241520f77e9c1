"""Times on the command line: `90s`, `15m`, `1h`, `2d`."""

from __future__ import annotations

import re

import click

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(_: click.Context, __: click.Parameter, value: str) -> float:
    """An option's callback: a number with an optional unit as seconds, or a usage error."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", value.strip())
    if found is None:
        raise click.BadParameter(f"'{value}' is no time; such as 90s, 15m, 1h or 2d")
    return float(found[1]) * _SECONDS[found[2]]
