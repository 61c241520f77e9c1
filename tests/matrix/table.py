"""The table of docs/dialects.md: read from it, and written anew from runs.

python -m tests.matrix.table           tells the story under every dialect and writes the page
python -m tests.matrix.table NAME…     under these alone; the other rows stay as they are
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.sandbox import DIALECTS, FAULTS, LISTED
from tests.matrix.story import RIGHT, STEPS

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "dialects.md"
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (.*) \|$", re.MULTILINE)
DEFAULT = "default"
OTHERWISE = ("entries-missing", "entries-nameless", "entries-without-id")
"""Dialects under which the story cannot be told: what they do shows in tests of their own."""
TOLD = {name: None for name in (DEFAULT, *DIALECTS) if name not in OTHERWISE}
"""Dialects of which the page says how the story goes, in its order."""

HEAD = """# Dialects: every PXM that may exist

The live API is known only in part.
Where nobody can tell how it behaves, the sandbox can behave in each way that is plausible: these are its dialects, switched on with `pxm sandbox serve --dialect NAME,NAME`.
Those of the first table are known to be uncertain; those of the second are further shapes that a client must bear, or notice.

Under each of them the program is told one story, and what the account holds after each step is compared with what it holds by default, read from the sandbox's own store:

- **first apply**: a catalog with every kind of object, into an account that already holds other people's.
- **edit**: names, values, options, places, links and a file change, beside what others have put on the same product.
- **drift**: somebody changes a name and drops a value; `pxm drift` says so, `pxm apply` puts them back.
- **adopt**: the state is lost; everything is adopted and nothing is made twice.
- **delete**: a product, a variant, a category, attributes, a link and a file leave.

After each step a plan is empty and what belongs to others is as it was, byte for byte.

| outcome | means |
| --- | --- |
| right | done in one run |
| right, after n runs | a run saw something that it did not expect, stopped at the first object and said so; the next one went on |
| refused: … | the program cannot be right here: it noticed, said what is printed here, and went no further |

This page is written by `python -m tests.matrix.table` from the runs, and the tests fail where a run ends otherwise than it says.
"""


BEYOND = """## Beyond the story

Under these a step of the story is refused, or ends otherwise than by default: tests of their own show what `pxm` does.
"""
STAGED = """## Faults

`pxm sandbox serve --chaos FAULT=SHARE,…` draws one of these for a share of all requests, from a seed.
Tests put them on a certain request, with what somebody else does just after it: between a 429 and the repeat, say (`Sandbox.stage`, `Incident`).
Besides, writes of an object can be refused by its name (`--refuse NAME`, `Sandbox.refuse`), an object can lack its name, its id or what it refers to (`Sandbox.conceal`), and can be deleted by hand with or without those that point to it (`Sandbox.delete`, `Sandbox.remove`).
"""


def expected() -> dict[str, dict[str, str]]:
    """By dialect, the outcome of each step that the page promises."""
    rows = ROW.findall(DOC.read_text(encoding="utf-8"))
    return {
        name: dict(zip(STEPS, outcomes, strict=True))
        for name, cells in rows
        if (outcomes := _cells(cells)[1:])  # Other tables have none.
    }


def _cells(text: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text)]


def page(outcomes: Mapping[str, Mapping[str, str]]) -> str:
    """The whole page."""
    listed = [name for name in (DEFAULT, *LISTED) if name in outcomes]
    further = [name for name in DIALECTS if name in outcomes and name not in LISTED]
    parts = [HEAD, "## Known to be uncertain\n", *_table(listed, outcomes), ""]
    parts += ["## Further shapes\n", *_table(further, outcomes), "", _counts(outcomes)]
    parts += ["", BEYOND, *_plain(DIALECTS, "dialect", OTHERWISE), "", STAGED]
    parts += [*_plain(FAULTS, "fault", FAULTS)]
    return "\n".join(parts) + "\n"


def _table(names: list[str], outcomes: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield f"| dialect | does | {' | '.join(STEPS)} |"
    yield f"|{' --- |' * (len(STEPS) + 2)}"
    for name in names:
        cells = (outcomes[name][step].replace("|", "\\|") for step in STEPS)
        does = DIALECTS.get(name, "the article where it speaks, else what was observed")
        yield f"| `{name}` | {does.replace('|', chr(92) + '|')} | {' | '.join(cells)} |"


def _plain(does: Mapping[str, str], what: str, names: Iterable[str]) -> Iterator[str]:
    yield f"| {what} | does |"
    yield "| --- | --- |"
    yield from (f"| `{name}` | {does[name]} |" for name in names)


def _counts(outcomes: Mapping[str, Mapping[str, str]]) -> str:
    cells = [cell for steps in outcomes.values() for cell in steps.values() if cell]
    at_once = cells.count(RIGHT)
    later = sum(cell.startswith(f"{RIGHT}, ") for cell in cells)
    refused = sum(cell.startswith("refused") for cell in cells)
    return (
        f"{len(outcomes)} dialects, {len(cells)} scenarios run: {at_once} right at once, "
        f"{later} right after more runs, {refused} refused."
    )


def read_runs(path: Path) -> dict[str, dict[str, str]]:
    """What the runs wrote: a dialect and its outcomes a line."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {row[0]: dict(zip(STEPS, row[1:], strict=True)) for row in rows}


def main(names: Sequence[str]) -> None:
    """Run everything, or what is named, then write the page."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs.tsv"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/matrix/test_matrix.py"]
        environment = {"PXM_MATRIX": str(runs), "PXM_MATRIX_ONLY": " ".join(names)}
        subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **environment})
        outcomes = {**(expected() if names else {}), **read_runs(runs)}
        DOC.write_text(page(outcomes), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
