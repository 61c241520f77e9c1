"""Mutants of the pure core, and the tests that do not see them: `make mutants`.

    python -m tests.mutants [MODULE ...] [--most N [--seed X]] [--seconds S] [--children N]

mutmut makes the mutants in `mutants/` and finds which tests come past which function.  Then the
tests are collected once, and each mutant is judged in a fork by its own tests, the quick ones
first, up to the first that fails.  `--most` takes so many of each file, always the same ones;
`--seconds` leaves out the slow tests beyond that, for a first look.

`equivalent.txt` has the mutants that no test can tell from the code, each with its reason.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import random
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

os.environ["HYPOTHESIS_PROFILE"] = "mutants"

import pytest
from _pytest.runner import runtestprotocol
from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import setup_source_paths
from mutmut.utils.format_utils import mangled_name_from_mutant_name
from mutmut.workers.isolation import get_mutant_runner

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
SECONDS = 60
"""Of the processor: a mutant that takes longer runs for ever."""


@dataclass(frozen=True)
class Mutant:
    """One change of one function, and the tests that come past it, the quick ones first."""

    name: str
    file: str
    tests: tuple[str, ...]


def made(wanted: argparse.Namespace) -> list[Mutant]:
    """The mutants of some modules, all or a sample."""
    set_mutant_under_test("mutant_generation")
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    setup_source_paths()
    mutmut.create_mutants(os.cpu_count() or 2)
    mutmut.collect_or_load_stats(get_mutant_runner(1), apply_config_invalidation=True)
    set_mutant_under_test("")
    found: list[Mutant] = []
    _, files = mutmut.collect_source_file_mutation_data(mutant_names=())
    for file, data in files.items():
        if wanted.modules and not any(fnmatch.fnmatch(file, f"*{x}*") for x in wanted.modules):
            continue
        names = list(data.exit_code_by_key)
        if wanted.most is not None and len(names) > wanted.most:
            chance = random.Random(f"{wanted.seed}{file}")
            names = sorted(chance.sample(names, wanted.most))
        found += [Mutant(name, file, _tests(name, wanted.seconds)) for name in names]
    return found


def _tests(name: str, seconds: float | None) -> tuple[str, ...]:
    key = mangled_name_from_mutant_name(name.replace("__init__.", ""))
    took = state().duration_by_test
    found = state().tests_by_mangled_function_name.get(key, set())
    tests = sorted(found, key=lambda test: (took[test], test))
    if seconds is not None:
        ends = accumulate(took[test] for test in tests)
        tests = [test for test, end in zip(tests, ends, strict=True) if end <= seconds]
    return tuple(tests)


class Judge:
    """A plugin of pytest: where it would run the tests, each mutant is judged by them."""

    def __init__(self, mutants: Sequence[Mutant], children: int) -> None:
        self.mutants, self.children = mutants, children
        self.survivors: list[Mutant] = []
        self._running: dict[int, Mutant] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork for each mutant."""
        items = {item.nodeid: item for item in session.items}
        for number, mutant in enumerate(self.mutants):
            if len(self._running) >= self.children:
                self._one_ends()
            if number % 100 == 0:
                print(f"{number} of {len(self.mutants)}", flush=True)
            pid = os.fork()
            if pid == 0:
                _judge(mutant, items)
            self._running[pid] = mutant
        while self._running:
            self._one_ends()
        return True

    def _one_ends(self) -> None:
        pid, status = os.wait()
        mutant = self._running.pop(pid)
        if status == 0:
            self.survivors.append(mutant)
            print(f"survived: {mutant.name}", flush=True)


def _judge(mutant: Mutant, items: Mapping[str, pytest.Item]) -> None:
    """Leave with 0 where no test fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    set_mutant_under_test(mutant.name)
    code = 0
    try:
        for test in mutant.tests:
            reports = runtestprotocol(items[test], log=False, nextitem=None)
            if any(report.failed for report in reports):
                code = 1
                break
    except BaseException:
        code = 1
    os._exit(code)


def change_of(mutant: Mutant) -> str:
    """Function, line and what it becomes: what a mutant is known by, whatever its number."""
    lines = get_diff_for_mutant(mutant.name, path=Path(mutant.file)).splitlines()[2:]
    out = " ".join(x[1:].strip() for x in lines if x.startswith("-"))
    into = " ".join(x[1:].strip() for x in lines if x.startswith("+"))
    function = mutant.name.rpartition("__mutmut_")[0].rpartition(".")[2]
    return f"{mutant.file} {function.removeprefix('x_').strip('xǁ').replace('ǁ', '.')}: {out} => {into}"


def equivalent() -> set[str]:
    """The changes that no test can tell from the code; the reason stands above them."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def table(mutants: Sequence[Mutant], lost: Sequence[str], known: set[str]) -> Iterator[str]:
    """What came of each module, as Markdown."""
    counts = Counter(mutant.file for mutant in mutants)
    names = Counter(line.partition(" ")[0] for line in lost if line not in known)
    same = Counter(line.partition(" ")[0] for line in lost if line in known)
    yield "| module | mutants | killed | equivalent | survived | of the others killed |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for file in [*counts, ""]:
        all_, left = (counts[file], names[file]) if file else (counts.total(), names.total())
        alike = same[file] if file else same.total()
        share = 100 * (all_ - alike - left) / max(all_ - alike, 1)
        killed = all_ - alike - left
        yield f"| {file or 'together'} | {all_} | {killed} | {alike} | {left} | {share:.1f} % |"


def main() -> int:
    """1 where fewer than 95 in a hundred die."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("modules", nargs="*", help="parts of paths; all without any")
    parser.add_argument("--most", type=int, help="a sample of each file")
    parser.add_argument("--seed", default="", help="another sample")
    parser.add_argument("--seconds", type=float, help="of tests for each mutant, the quick ones")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 2)
    wanted = parser.parse_args()
    os.chdir(ROOT)
    mutants = made(wanted)
    os.chdir(ROOT / "mutants")
    judge = Judge(mutants, wanted.children)
    options = [*config().pytest_add_cli_args_test_selection, *config().pytest_add_cli_args]
    code = pytest.main(["-q", "-s", "--rootdir=.", "-n", "0", *options], plugins=[judge])
    os.chdir(ROOT)
    assert code in (0, 5), code
    lost, known = sorted(map(change_of, judge.survivors)), equivalent()
    print("", *(line for line in lost if line not in known), "", sep="\n")
    print(*table(mutants, lost, known), sep="\n")
    left = [line for line in lost if line not in known]
    return int(len(left) > 0.05 * len(mutants))


if __name__ == "__main__":
    sys.exit(main())
