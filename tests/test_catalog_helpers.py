"""Files of a large catalog are read by processes beside this one: it reads the same, always."""

from __future__ import annotations

import io
import marshal
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reconciler.catalog import environments, read
from reconciler.catalog.ahead import Helpers, usable_cores, usual
from reconciler.catalog.crew import PROGRAM
from reconciler.catalog.helper import answer, received, send, serve
from reconciler.errors import CatalogError
from reconciler.yamlfile import DEFAULT_MAX_BYTES
from tests.limits import HANG, until

ROOT = Path(__file__).parents[1]
CASES = sorted((Path(__file__).parent / "cases" / "validate").iterdir())
ALONE = Helpers(0)


def forced(number: int = 2, *program: str, patience: float = HANG) -> Helpers:
    """Helpers that are asked however little there is to read."""
    return Helpers(number, least=0, fewest=1, program=program, patience=patience)


def running(code: str) -> tuple[str, ...]:
    """A helper that runs something of its own."""
    return (sys.executable, "-c", code)


def shop(folder: Path, files: int = 8) -> Path:
    """A catalog of several questions, in which some files have problems or name others."""
    folder.mkdir()
    (folder / "care.txt").write_text("wash", encoding="utf-8")
    (folder / "attributes.yaml").write_text(
        "attributes:\n"
        "  - {key: color, label: Color, type: Pick List, options: [Red, Blue]}\n"
        "  - {key: text, label: Text, type: Text}\n",
        encoding="utf-8",
    )
    for number in range(files):
        lines = [f"categories: [{{key: c{number}, name: C {number}}}]\ncollections:\n"]
        lines += [
            f"  - key: p{number}-{item}\n    name: {'A long name ' * 20}{item}\n"
            f"    category: c{number}\n    attributes: {{color: Red}}\n"
            for item in range(120)
        ]
        if number % 4 == 1:
            lines.append(f"  - {{key: p{number}-0, name: Again, attributes: {{color: Green}}}}\n")
        if number % 4 == 2:
            lines.append(
                f"  - {{key: t{number}, name: T, attributes: {{text: {{file: care.txt}}}}}}\n"
            )
        if number % 4 == 3:
            lines.append("  - {key: 7 7, name: [], nonsense: 1}\n")
        (folder / f"c{number:03}.yaml").write_text("".join(lines), encoding="utf-8")
    return folder


# --- the same -----------------------------------------------------------------------------------


class Answered:
    """What a helper answers, as if it had been kept."""

    def __init__(self, environment: str | None) -> None:
        self.environment = environment

    def get(self, file: str, raw: bytes) -> bytes | None:
        [piece] = answer((self.environment, DEFAULT_MAX_BYTES, [(file, raw)]))
        return piece

    def put(self, file: str, raw: bytes, piece: bytes) -> None:
        assert self.get(file, raw) in (None, piece)


def named(folder: Path) -> list[str | None]:
    try:
        return [*environments(folder), None]
    except CatalogError:
        return [None]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_catalog_reads_the_same_by_what_helpers_answer(case: Path) -> None:
    folder = case / "catalog"
    for environment in named(folder):
        expected = repr(read(folder, environment=environment, helpers=ALONE))
        kept = Answered(environment)
        assert repr(read(folder, environment=environment, kept=kept, helpers=ALONE)) == expected


@pytest.mark.long
@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_broken_catalog_reads_the_same_with_helpers(case: Path, number: int) -> None:
    folder = case / "catalog"
    assert repr(read(folder, helpers=forced(number))) == repr(read(folder, helpers=ALONE))


@pytest.mark.parametrize("number", [1, 3])
def test_the_example_reads_the_same_with_helpers(number: int) -> None:
    folder = ROOT / "catalog"
    expected = repr(read(folder, contents=True, helpers=ALONE))
    assert repr(read(folder, contents=True, helpers=forced(number))) == expected


class Memory:
    """Pieces by file."""

    def __init__(self, *without: str) -> None:
        self.pieces: dict[str, bytes] = {}
        self.without = without

    def get(self, file: str, _: bytes) -> bytes | None:
        return None if file in self.without else self.pieces.get(file)

    def put(self, file: str, _: bytes, piece: bytes) -> None:
        self.pieces[file] = piece


def unpacked(kept: Memory) -> dict[str, object]:
    return {file: marshal.loads(piece) for file, piece in kept.pieces.items()}


def test_what_is_kept_is_the_same_and_only_the_rest_is_read(tmp_path: Path) -> None:
    folder = shop(tmp_path / "catalog")
    alone, beside = Memory(), Memory()
    expected = repr(read(folder, kept=alone, helpers=ALONE))

    assert repr(read(folder, kept=beside, helpers=forced(3))) == expected
    # Not byte for byte: marshal notes what else referred to a text when it was packed.
    assert unpacked(beside) == unpacked(alone)
    assert len(alone.pieces) == 7

    beside.without = ("c000.yaml", "c001.yaml", "c005.yaml")
    assert repr(read(folder, kept=beside, helpers=forced())) == expected


def test_a_text_that_counts_instead_of_what_is_on_disk_is_what_helpers_read(tmp_path: Path) -> None:
    folder = shop(tmp_path / "catalog")
    edited = {"c000.yaml": "categories: [{key: c0, name: Edited}]\n", "c001.yaml": None}
    expected = repr(read(folder, edited=edited, helpers=ALONE))
    assert "Edited" in expected
    assert repr(read(folder, edited=edited, helpers=forced())) == expected


# --- when ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cores", "expected"), [(1, 0), (2, 0), (3, 0), (4, 3), (64, 3)])
def test_helpers_are_for_machines_with_cores_to_spare(
    tmp_path: Path, cores: int, expected: int
) -> None:
    assert usual(tmp_path, cores).number == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [("536870912\n", 0), ("2147483648\n", 3), ("max\n", 3), ("", 3)]
)
def test_helpers_are_for_containers_with_memory_to_spare(
    tmp_path: Path, limit: str, expected: int
) -> None:
    (tmp_path / "memory.max").write_text(limit, encoding="ascii")
    assert usual(tmp_path, 4).number == expected


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
@pytest.mark.parametrize(("limit", "expected"), [(900 << 20, 0), (4 << 30, 3)])
def test_helpers_are_for_processes_with_memory_to_spare(limit: int, expected: int) -> None:
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
        "from pathlib import Path; from reconciler.catalog.ahead import usual\n"
        "print(usual(Path('nowhere'), 4).number)"
    )
    command = [sys.executable, "-c", _SETUP + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{expected}\n"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("100000 100000\n", 1), ("50000 100000\n", 1), ("max 100000\n", None), ("", None)],
)
def test_a_container_has_the_cores_that_it_is_given(
    tmp_path: Path, limit: str, expected: int | None
) -> None:
    (tmp_path / "cpu.max").write_text(limit, encoding="ascii")
    assert usable_cores(tmp_path) == (expected or usable_cores(tmp_path / "none"))


MARKED = "import sys, pathlib; pathlib.Path(sys.argv[1]).touch()"


@pytest.mark.parametrize(
    ("least", "fewest", "expected"), [(10**9, 1, False), (0, 100, False), (100_000, 3, True)]
)
def test_a_small_catalog_starts_none(
    tmp_path: Path, least: int, fewest: int, expected: bool
) -> None:
    folder, mark = shop(tmp_path / "catalog"), tmp_path / "started"
    program = (*running(MARKED), str(mark))
    helpers = Helpers(2, least=least, fewest=fewest, program=program)
    assert repr(read(folder, helpers=helpers)) == repr(read(folder, helpers=ALONE))
    assert mark.exists() == expected


def test_of_what_is_kept_helpers_are_not_asked(tmp_path: Path) -> None:
    folder, mark, kept = shop(tmp_path / "catalog"), tmp_path / "started", Memory()
    read(folder, kept=kept, helpers=ALONE)
    program = (*running(MARKED), str(mark))
    read(folder, kept=kept, helpers=Helpers(2, least=200_000, fewest=4, program=program))
    assert not mark.exists()


# --- whatever becomes of them -------------------------------------------------------------------

_SETUP = "import sys, os, time; sys.path[:] = " + repr(sys.path) + "; "
_IMPORTS = _SETUP + "from reconciler.catalog import helper\n"
PROGRAMS = {
    "there is no such program": ("/nowhere/python",),
    "it ends at once": running("raise SystemExit(3)"),
    "it prints something else": running("print('Welcome to Python ' * 9, flush=True); input()"),
    "it answers half": running("import sys; sys.stdout.write('pxm'); sys.stdout.flush()"),
    "it answers nothing": running(_IMPORTS + "helper.send(sys.stdout.buffer, None)\ninput()"),
    "it answers too little": running(_IMPORTS + "helper.send(sys.stdout.buffer, [])\ninput()"),
    "it answers what it must not": running(_IMPORTS + "helper.send(sys.stdout.buffer, 7)\ninput()"),
    "it is killed at the second question": running(
        _IMPORTS
        + "question = helper.received(sys.stdin.buffer)\n"
        + "helper.send(sys.stdout.buffer, helper.answer(question))\n"
        + "helper.received(sys.stdin.buffer); os.kill(os.getpid(), 9)"
    ),
    "it has no memory": running(
        _IMPORTS
        + "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))\n"
        + "helper.main()"
    ),
}


@pytest.mark.parametrize("fault", PROGRAMS)
def test_what_helpers_do_not_read_is_read_by_this_process(tmp_path: Path, fault: str) -> None:
    folder = shop(tmp_path / "catalog")
    threads = threading.active_count()
    expected = repr(read(folder, helpers=ALONE))
    assert repr(read(folder, helpers=forced(2, *PROGRAMS[fault]))) == expected
    assert threading.active_count() == threads


def test_a_helper_that_hangs_is_given_up(tmp_path: Path) -> None:
    folder = shop(tmp_path / "catalog")
    helpers = forced(2, *running("import time; time.sleep(1000)"), patience=0.2)
    assert repr(read(folder, helpers=helpers)) == repr(read(folder, helpers=ALONE))


READS = """
import signal, sys
from pathlib import Path
from reconciler.catalog import read
from reconciler.catalog.ahead import Helpers
# What is started in the background of a shell has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    read(Path(sys.argv[1]), helpers=Helpers(2, 0, 1, sys.argv[2:]))
except KeyboardInterrupt:
    sys.exit(130)
"""


def reader(folder: Path, notes: Path, code: str) -> subprocess.Popen[bytes]:
    """A process that reads a catalog with helpers, which write their numbers into a folder."""
    notes.mkdir()
    noted = f"import os, pathlib; pathlib.Path({str(notes)!r}, str(os.getpid())).touch()\n{code}"
    command = [sys.executable, "-c", READS, str(folder), *running(noted)]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)


def alive(notes: Path) -> list[str]:
    found = []
    for path in notes.iterdir():
        status = Path(f"/proc/{path.name}/status")
        if status.exists() and "State:\tZ" not in status.read_text(encoding="utf-8"):
            found.append(path.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc who runs")
@pytest.mark.parametrize("ignored", [False, True], ids=["default", "helpers ignore it"])
def test_ctrl_c_ends_the_reading_and_all_helpers(tmp_path: Path, ignored: bool) -> None:
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(1000)"
    waits = code if ignored else "import time; time.sleep(1000)"
    folder, notes = shop(tmp_path / "catalog"), tmp_path / "notes"
    process = reader(folder, notes, waits)
    until(lambda: len(alive(notes)) == 2)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=HANG)
    assert (said, process.returncode) == (b"", 130)
    assert alive(notes) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc who runs")
def test_helpers_do_not_outlive_a_process_that_is_killed(tmp_path: Path) -> None:
    # They are asked, and never come to an end of it before that one is gone.
    code = _IMPORTS + "while helper.received(sys.stdin.buffer): pass"
    folder, notes = shop(tmp_path / "catalog"), tmp_path / "notes"
    process = reader(folder, notes, code)
    until(lambda: len(alive(notes)) == 2)
    process.kill()
    process.communicate(timeout=HANG)
    until(lambda: alive(notes) == [])


# --- messages -----------------------------------------------------------------------------------


def test_a_helper_answers_until_there_are_no_more_questions() -> None:
    questions, answers = io.BytesIO(), io.BytesIO()
    file = ("a.yaml", b"categories: [{key: a, name: A}]\n")
    for files in ([file], [], [file, ("b.yaml", b"nonsense: 1\n")]):
        send(questions, (None, DEFAULT_MAX_BYTES, files))
    serve(io.BytesIO(questions.getvalue()), answers)
    answers.seek(0)
    [piece] = received(answers)
    assert received(answers) == []
    assert received(answers) == [piece, None]
    assert received(answers) is None


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"pxm", EOFError), (b"x" * 40, ValueError), (b"pxm\1" + bytes(7) + b"\7[", EOFError)],
)
def test_half_a_message_is_none(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        received(io.BytesIO(data))


def test_a_helper_imports_nothing_from_the_folder_where_pxm_was_started(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    path = [item for item in PROGRAM if item != ""]
    done = subprocess.run(path, cwd=tmp_path, input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
