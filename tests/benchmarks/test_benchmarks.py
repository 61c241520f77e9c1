"""The benchmarks work: each part at a tiny size, and the page from what a session has left."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as program
from benchmarks import page
from benchmarks.machine import ROOT, machine
from benchmarks.measuring import Failed, measure
from benchmarks.parts import PARTS
from benchmarks.parts.throughput import busiest_minute
from benchmarks.session import Session
from benchmarks.wanted import wanted
from benchmarks.worlds import Product, edit, write_catalog

HEAVY = {"matplotlib", "octodns", "psycopg", "yaml", "starlette", "httpx", "PIL"}


def tiny(folder: Path) -> Session:
    return Session(folder, sizes=(20,), creates=10, edits=5, runs=1)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


GROUPS = (
    ["startup"],
    ["requests"],
    ["creates", "throughput", "octodns"],
    ["local", "floor", "article", "states"],
)
"""Parts that use one world stand together: it is made once."""


@pytest.mark.parametrize("names", GROUPS, ids=" ".join)
def test_each_part_measures_something(tmp_path: Path, names: list[str]) -> None:
    session = tiny(tmp_path)
    results = {name: PARTS[name](session) for name in names}

    for name, found in results.items():
        assert "missing" not in found, name
        assert json.loads(json.dumps(found)) == found
        assert any(leaf > 0 for leaf in leaves(found) if isinstance(leaf, int | float)), name
    if "local" in names:
        _check_the_work(results["local"]["sizes"]["20"], results["article"])


def _check_the_work(commands: dict[str, Any], script: dict[str, Any]) -> None:
    """A command that had nothing to do, or too much, would be quick or slow for that."""
    assert commands["plan"]["requests"]["collections"] == 2, "a page, and the end of the list"
    assert commands["apply"]["changes"] == commands["delta"]["changes"] == 5
    # Asked for by date and found: nothing; then those by id that the plan touches.
    assert 2 <= commands["delta"]["requests"]["besides_whole_lists"] <= 6
    assert (script["requests"], script["differ"]) == (20, 0)


def test_every_part_is_tried() -> None:
    assert sorted(chain(*GROUPS)) == sorted(PARTS)


# --- the page -----------------------------------------------------------------------------------


def test_the_page_of_the_docs_is_what_the_kept_figures_say() -> None:
    kept = page.read(program.RESULTS)

    assert set(kept) == set(PARTS)
    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == page.text(kept)


def test_what_was_not_measured_is_said(tmp_path: Path) -> None:
    text = page.text({})

    assert "0 of" in text
    assert "Not measured: it was not measured." in text
    assert list(page.write(tmp_path / "nothing", tmp_path)) == [tmp_path / "benchmarks.md"]


def test_the_plots_are_the_same_for_the_same_figures(tmp_path: Path) -> None:
    def drawn(folder: Path) -> dict[str, bytes]:
        files = list(page.write(program.RESULTS, folder))
        return {path.name: path.read_bytes() for path in files}

    first = drawn(tmp_path / "a")
    assert len([name for name in first if name.endswith(".svg")]) == 4
    assert drawn(tmp_path / "b") == first
    assert sum(map(len, first.values())) < 200_000


def test_a_figure_is_met_or_not_and_one_that_is_missing_is_neither() -> None:
    commands = {
        "validate": {"cpu": 6.9, "peak": 251.0},
        "plan": {"cpu": 16.0, "peak": 450.0, "requests": {"collections": 410}},
    }
    rows = wanted({"local": {"sizes": {"100000": commands}}})

    met = {row.what: row.met for row in rows}
    assert met["CPU of `validate`, 100,000 products"] is True
    assert met["its memory"] is True
    assert met["requests of a full read of 100,000 collections"] is True
    assert met["Ten times the objects"] is None
    assert [row.verdict for row in rows if row.wanted == "≤ 250 MiB"] == ["**not met**"]


def test_nothing_that_is_kept_names_a_host_or_a_folder() -> None:
    assert set(machine()) == set(page.FACTS)
    for path in program.RESULTS.glob("*.json"):
        assert "/work" not in path.read_text(encoding="utf-8")
        assert "/tmp" not in path.read_text(encoding="utf-8")


def test_a_part_that_fails_leaves_the_others_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_session: Session) -> dict[str, Any]:
        raise Failed("it left with 1")

    kept = program.measured(tiny(tmp_path), "local", tmp_path, fails)

    assert not kept
    assert (
        json.loads((tmp_path / "local.json").read_text())["missing"] == "it could not be measured"
    )
    assert "it left with 1" in capsys.readouterr().err


# --- how it is measured -------------------------------------------------------------------------


def test_a_measured_command_is_told_with_all_that_it_started(tmp_path: Path) -> None:
    burn = "held = b'x' * 60_000_000; print(sum(i * i for i in range(3_000_000)))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"

    one = measure([sys.executable, "-c", burn], tmp_path)
    started = measure([sys.executable, "-c", code], tmp_path)

    assert one.peak > 50
    assert started.peak > 50
    assert started.cpu > one.cpu / 3


def test_a_command_that_leaves_otherwise_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="left with 3: no"):
        measure([sys.executable, "-c", "import sys; sys.stderr.write('no'); sys.exit(3)"], tmp_path)


def test_a_minute_is_the_busiest_wherever_it_begins() -> None:
    assert busiest_minute([1] * 30 + [5] * 60 + [1] * 30) == 300
    assert busiest_minute([7]) == 7


def test_an_edit_changes_as_many_products_as_were_asked_for(tmp_path: Path) -> None:
    write_catalog(tmp_path, 1_200)
    before = {path.name: path.read_text() for path in tmp_path.glob("c-*.yaml")}

    assert edit(tmp_path, 1_200, 300, edition=7) == 300

    texts = [path.read_text() for path in tmp_path.glob("c-*.yaml")]
    assert sum(text.count(", 7\n") for text in texts) == 300
    assert edit(tmp_path, 1_200, 300, edition=0) == 300
    assert {path.name: path.read_text() for path in tmp_path.glob("c-*.yaml")} == before
    assert len(Product(5).yaml()) < 300


def test_whoever_measures_is_small() -> None:
    """The system counts to a child what its parent held when it was started."""
    code = "import benchmarks.__main__, sys; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert not HEAVY & set(done.stdout.split())


def test_the_program_knows_nothing_of_its_benchmarks_and_tests() -> None:
    for path in (ROOT / "reconciler").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [
                alias.name for alias in getattr(node, "names", []) if isinstance(node, ast.Import)
            ]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & {"benchmarks", "tests"}, path


def test_a_small_run_keeps_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in program.RESULTS.glob("*")}

    assert program.main(["--small", "--only", "startup"]) == 0

    assert {path: path.read_bytes() for path in program.RESULTS.glob("*")} == before
    assert "--- startup" in capsys.readouterr().err
