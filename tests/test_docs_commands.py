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

## Plans that read what has changed

`pxm plan --refresh delta` reads of products and files only what was created or updated since the last full read, and puts it on top of what that read saw; other kinds are read whole.
What the plan touches or adopts is asked for by id, so that nothing is planned on a product that has been changed or deleted since. What was deleted and is not touched it does not see: the last line says so, and since when.

```text
No changes since the full read of 2026-11-29T03:17:00Z; deletions are not seen.
```

Of the catalog it reads the files that were edited since: of the others it takes what an earlier run has read. A file with problems, and one that names other files (`path`, `{file: …}`), is read each time.

What was read is kept in the user's cache folder, sealed with a key made of the client secret; with `PXM_TOKEN`, and for an embedded sandbox, there is no secret and none is kept.
A full read keeps it where `plan --refresh`, `apply --snapshot` or `drift --snapshot` ask for it, and from then on every `plan`, `apply` and `drift` refreshes it. Where there is none that can be used, everything is read, and a line says why: it is damaged, older than 7 days, of another version of pxm, or the account does not answer by date.
`apply` and `drift` always read everything, also with a plan file that was made so. Deleting the folder `pxm/sealed` of the cache folder (`~/.cache` on Linux) forgets all of it.

## A profile

With `-vv` every run ends with what its stages took, on stderr: time, CPU (start-up included), the most memory held so far, and requests.
With `--log-format json` it is a line for each stage, `"event": "profile"`.

| stage | what goes on |
| --- | --- |
| `catalog` | the files are read and checked |
| `state` | the state is opened and loaded |
| `account` | the lists of the account are read and decoded |
| `settling` | what a broken run has left open is settled |
| `plan`, `drift`, `compare`, `pull` | the three sides meet, and what follows is worked out; a pull writes its files, too |
| `apply` | intents and outcomes are written to the state |
| `apply, reads`, `apply, writes` | requests just before and while objects are written |
| `proof` | what was written is read back and held against what was sent, and planned again |
| `report` | the result is put into words |
| `other` | start-up, imports, a question that waits for its answer |

With an embedded sandbox, its CPU and memory are in these figures, too.

## What programs read

Every command that has a result has `--format json`: one document on standard output, however it ends, as [its schema](../schemas/result.schema.json) says.
`completion`, `sandbox serve` and `sandbox edit` have none. Nothing is asked then: what needs a yes needs `--yes`.
Warnings of the catalog stand under `problems`, also where the command is about the account; of an import that was refused, the rows of the sheet.

| command | `result` |
| --- | --- |
| `plan`, `show`, `drift`, `compare` | as their schemas say |
| `init` | files `written` and `left` as they were, the `schema`, lines of what is to be done `next` |
| `rename`, `remove`, `move` | whether it is `written`, the `files`, the `patch`, `notes` |
| `export` | the `file`, the `kind` of a row, how many `rows`; it needs a FILE |
| `import` | whether it is `written`, the `files`, `changes` cell by cell, `new` rows, how many were `removed` or are `newer` in the catalog, objects whose row is `missing` |
| `preview` | the `folder`, how many `products`, the `files`, their `bytes` |
| `graph` | `objects`, and what each `needs`; nothing is folded |
| `schema` | the files of the `catalog` and of the `settings`, how a file has it `named`, kinds `left_out` |
| `state mv`, `state rm`, `state bind` | `from` and `to`; what was `let_go`; the `object` and its `id` |
| `state pull` | the state; with a FILE, the `file`, how many `objects`, the `serial` |
| `state push` | the `file`, how many `objects` there are now, the `serial` |
| `state unlock` | the `outcome` (`released`, `free`, `young`, `alive`, `changed`), and the `lock` |
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
