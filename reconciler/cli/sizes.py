"""Sizes on the command line: `500`, `64KiB`, `5MiB`, `1GiB`."""

from __future__ import annotations

import re

import click

_BYTES = {"": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def size_in_bytes(_: click.Context, __: click.Parameter, value: str) -> int:
    """An option's callback: a whole number with an optional unit as bytes, or a usage error."""
    found = re.fullmatch(r"(\d{1,12})(|KiB|MiB|GiB)", value.strip())
    if found is None or not int(found[1]):
        raise click.BadParameter(f"'{value}' is no size; such as 500, 64KiB, 5MiB or 1GiB")
    return int(found[1]) * _BYTES[found[2]]
