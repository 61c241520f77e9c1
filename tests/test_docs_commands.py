"""docs/commands.md is what `--help` says; the README names every command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from reconciler.cli import cli

ROOT = Path(__file__).parents[1]
DOC = ROOT / "docs" / "commands.md"

HEAD = """# Commands

What `pxm COMMAND --help` says, written by `python -m tests.test_docs_commands`.
Options of `pxm` itself may stand before or after the name of a command.
Each reads `PXM_<NAME>` from the environment as well, but for those that disarm a guard: `--yes`, `--new-state`, `--force`, `--insecure-http`, `--overwrite`, `--remove-missing` and `--allow-…`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_command(("pxm",), cli, None)])


def _command(
    path: tuple[str, ...], command: click.Command, parent: click.Context | None
) -> Iterator[str]:
    settings = command.context_settings
    context = click.Context(
        command, info_name=path[-1], parent=parent, max_content_width=100, **settings
    )
    context.terminal_width = 100
    yield f"## {' '.join(path)}\n"
    yield f"```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            if not command.commands[name].hidden:
                yield from _command((*path, name), command.commands[name], context)


def test_the_reference_of_commands_is_what_help_says() -> None:
    assert DOC.read_text(encoding="utf-8") == page()


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        assert command.hidden or f"pxm {name}" in text, name


def test_every_link_of_the_docs_leads_somewhere() -> None:
    import re

    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:")):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


if __name__ == "__main__":
    DOC.write_text(page(), encoding="utf-8")
    sys.exit(0)
