"""`--format json`: one envelope around what a command has to tell, errors included (contract 3).

`schemas/result.schema.json` describes it.  What stands under `result` is the command's own
document; a plan file, which `--out` writes, is that document alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from reconciler.errors import CatalogError, PxmError
from reconciler.model import Problem

FORMAT = 1
OPTION, JSON = "--format", "json"
CHECKS = ("validate", "fmt")
"""Commands that find problems, and end well all the same."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, the error that it ended with, and what it found."""

    code: int
    error: BaseException | None = None
    hint: str = ""
    found: Sequence[Problem] = ()
    """What is wrong with the files, where that has not ended it."""


def asked(program: click.Group, arguments: Sequence[str]) -> bool:
    """Somebody wants JSON: read before click does, which may refuse the rest of the line.

    A variable says it to the commands that have a format.
    """
    *_, command = _line(program, arguments)
    has_format = any(item.name == "output" for item in command.params)
    said = os.environ.get("PXM_OUTPUT", "") if has_format else ""
    for index, word in enumerate(arguments):
        if word == OPTION:
            said = "".join(arguments[index + 1 : index + 2])
        elif word.startswith(f"{OPTION}="):
            said = word.partition("=")[2]
    return said == JSON


def enveloped(program: click.Group, arguments: Sequence[str], printed: str, ended: Ended) -> str:
    """The envelope around what a command printed; numbers keep their spelling."""
    # Imported here: completion makes no envelope.
    from reconciler.reports.jsontext import document

    name = " ".join(str(command.name) for command in _line(program, arguments)[1:])
    problems: list[dict[str, Any]] = [*_problems(ended)]
    result = printed.strip() or "null"
    if ended.error is None and name in CHECKS:
        # Their problems stand where those of all commands do.
        found = json.loads(result)
        problems += [_flat(item) for item in found.pop("problems", ())]
        result = document(found).strip()
    head = {
        "format_version": FORMAT,
        "command": name,
        "exit_code": ended.code,
        "problems": problems,
    }
    opened = document(head).removesuffix("\n}\n")
    inner = result.replace("\n", "\n  ")
    return f'{opened},\n  "result": {inner}\n}}\n'


def _line(program: click.Group, arguments: Sequence[str]) -> list[click.Command]:
    """The program and the command that a line names, of a group with that: `state`, `show`."""
    found: list[click.Command] = [program]
    for word in arguments:
        group = found[-1]
        if isinstance(group, click.Group) and word in group.commands:
            found.append(group.commands[word])
    return found


def _problems(ended: Ended) -> Iterator[dict[str, Any]]:
    """What is wrong with the files, and then the error that ended the command."""
    error = ended.error
    yield from map(_of_file, error.problems if isinstance(error, CatalogError) else ended.found)
    if error is None or isinstance(error, CatalogError):
        return
    if isinstance(error, click.ClickException):
        yield _problem("usage", error.format_message(), ended.hint)
    elif isinstance(error, PxmError):
        request = getattr(error, "request", "")
        yield _problem(_code(error), error.message, error.hint, request=request)
    elif isinstance(error, (click.Abort, KeyboardInterrupt)):
        yield _problem("interrupted", ended.hint)
    else:
        yield _problem("internal", f"unexpected {type(error).__name__}: {error}", ended.hint)


def _of_file(item: Problem) -> dict[str, Any]:
    place = {"file": item.place.file, "line": item.place.line, "column": item.place.column}
    return _problem(str(item.kind), item.message, item.advice(), item.severity, **place)


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    # The hint ends with the second place.
    item.pop("also", None)
    return {**_problem(item.pop("code"), item.pop("message"), item.pop("hint")), **item}


def _problem(
    code: str, message: str, hint: str = "", severity: str = "error", **more: Any
) -> dict[str, Any]:
    place = {"file": None, "line": None, "column": None}
    found = {"code": code, "severity": severity, "message": message, "hint": hint, **place}
    return {**found, **{name: value for name, value in more.items() if value != ""}}


def _code(error: PxmError) -> str:
    """`UsageError` is `usage`, `NotFound` is `not_found`."""
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() or "error"
