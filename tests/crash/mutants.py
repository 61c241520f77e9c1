"""Random worlds can fail: ways in which the program could lose something, each caught.

    python -m tests.crash.mutants        plays worlds against each until one of them falls

Each mutant is the program with one text of it replaced, which must be there exactly once, in a
copy of its own: nothing is patched in a process.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.program import ROOT, Program
from tests.crash.random_world import play
from tests.crash.test_random_worlds import MANY

SIDE_BY_SIDE = 4
PARTS = tuple(
    f"tests/{name}.py" for name in ("__init__", "limits", "crash/__init__", "crash/program")
)
"""What a copy needs beside the program."""


@dataclass(frozen=True)
class Mutant:
    """What it does wrong, and where: `old` becomes `new` in a module of the program."""

    name: str
    module: str
    old: str
    new: str


MUTANTS = (
    Mutant(
        "foreign elements of sets are dropped",
        "wire/encode.py",
        "merged(read, *_set_ids(",
        "merged([one for one in read if one in names.keys.get(item.to or '', {})], *_set_ids(",
    ),
    Mutant(
        "foreign values of Boolean attributes are not sent back",
        "wire/encode.py",
        "        is_there = not is_empty(value) and path not in changes\n",
        "        is_there = not is_empty(value) and path not in changes and value is not True\n",
    ),
    Mutant(
        "settling never finds a create",
        "apply/settling.py",
        "        return found[0] if found else None\n",
        "        return None\n",
    ),
    Mutant(
        "a write that was not answered well goes out again on the read before it",
        "apply/sending.py",
        "            run.ledger.cause(REPEATED)\n            read = None\n",
        "            run.ledger.cause(REPEATED)\n",
    ),
    Mutant(
        "foreign options are dropped",
        "wire/encode.py",
        "        if label not in dropped:\n",
        "        if label not in dropped and not label.startswith('Their'):\n",
    ),
    Mutant(
        "values that somebody changed are cleared when the catalog drops them",
        "merge.py",
        "    return Class.PENDING if live_as_applied(sides) else Class.RELEASED\n",
        "    return Class.PENDING\n",
    ),
    Mutant(
        "what holds foreign objects is deleted",
        "plan/deletes.py",
        "        blocking = [holder for holder in left if not _only_falls(holder)]\n",
        "        blocking = [holder for holder in left if holder.owner is not None]\n",
    ),
)


def fits(mutant: Mutant) -> bool:
    """The program still has the text that it replaces, once."""
    text = (ROOT / "reconciler" / mutant.module).read_text(encoding="utf-8")
    return text.count(mutant.old) == 1


@contextmanager
def mutated(mutant: Mutant) -> Iterator[Path]:
    """A copy of the program with the mutation, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="pxm-mutant-") as name:
        folder = Path(name)
        for part in ("reconciler", "schemas"):
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        (folder / "tests" / "crash").mkdir(parents=True)
        for part in PARTS:
            shutil.copy(ROOT / part, folder / part)
        path = folder / "reconciler" / mutant.module
        assert fits(mutant), f"{mutant.module} is no longer as '{mutant.name}' knows it"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        yield folder


def caught(mutant: Mutant, seeds: Sequence[int]) -> tuple[int | None, str]:
    """The first world that falls under a mutant, and what it says; None where none does."""
    with mutated(mutant) as folder, Program(folder) as program:

        def played(seed: int) -> str:
            try:
                play(program, seed)
            except AssertionError as error:
                return str(error).splitlines()[-1]
            return ""

        for start in range(0, len(seeds), SIDE_BY_SIDE):
            some = seeds[start : start + SIDE_BY_SIDE]
            with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
                found = zip(some, pool.map(played, some), strict=True)
                fallen = [(seed, said) for seed, said in found if said]
            if fallen:
                return fallen[0]
    return None, f"none of {len(seeds)} worlds"


def main(chosen: Sequence[str]) -> int:
    """Print the mutants' table, or the rows with these words; 1 where one is not caught."""
    print("| mutant | in | caught by world | which says |\n| --- | --- | --- | --- |")
    missed = 0
    for mutant in MUTANTS:
        if chosen and not any(word in mutant.name for word in chosen):
            continue
        seed, said = caught(mutant, MANY)
        missed += seed is None
        print(f"| {mutant.name} | `{mutant.module}` | {seed} | {said} |", flush=True)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
