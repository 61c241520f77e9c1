"""A state as files: whatever happens between two pushes, the files are what the book says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Applied, Entry, Ref, State
from reconciler.state import Intent, Mark, Recorded, Run, Snapshot
from reconciler.state.document import snapshot_from as from_text
from reconciler.state.document import snapshot_text
from reconciler.state.git.layout import RefContents, run_file, shard, snapshot_from
from tests.state.backends import ACCOUNT, ENTRY, JACKET, STATE

REFS = [Ref("collection", f"p-{number}") for number in range(12)]
ENTRIES = st.builds(
    lambda ref, id_, text, seen: Entry(
        ref, id_, {"name": Applied(text, text if seen else None, seen)}
    ),
    st.sampled_from(REFS),
    st.text(max_size=4),
    st.text(max_size=6),
    st.booleans(),
)
STATES = st.lists(ENTRIES, max_size=8).map(
    lambda items: State(ACCOUNT, {item.ref: item for item in items})
)
RUNS = st.builds(
    lambda name, refs: Run(
        name, "ann", 1.0, tuple(Intent("create", ref) for ref in refs), "c", "a"
    ),
    st.sampled_from(["r1", "r/2", "..", "r3"]),
    st.lists(st.sampled_from(REFS), max_size=4),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), RUNS),
        st.tuples(st.just("record"), st.lists(st.builds(lambda item: Recorded(item.ref, item), ENTRIES), max_size=3)),
        st.tuples(st.just("forget"), st.sampled_from(REFS)),
        st.tuples(st.just("save"), STATES),
        st.tuples(st.just("end"), st.sampled_from(["r1", "r/2", "..", "r3"])),
        st.tuples(st.just("restore"), st.builds(lambda state, run: Snapshot(state, Mark("a", 3), None, (run,)), STATES, RUNS)),
        st.tuples(st.just("push"), st.none()),
    ),
    max_size=25,
)  # fmt: skip


def take(book: RefContents, step: str, value: Any) -> None:
    steps = {
        "begin": lambda: book.begin(value),
        "record": lambda: book.record(value, "r1"),
        "forget": lambda: book.record([Recorded(value, None)], "r3"),
        "save": lambda: book.save(value),
        "end": lambda: book.end(value, True, 5.0),
        "restore": lambda: book.restore(value),
    }
    steps[step]()


def pushed(book: RefContents, files: dict[str, bytes]) -> None:
    mark = Mark("lineage", book.mark.serial + 1, "r1")
    for path, content in book.files(mark).items():
        if content is None:
            # git would refuse to take away what is not there only in a work tree.
            files.pop(path, None)
        else:
            files[path] = content
    book.written(mark)


@given(STEPS)
def test_the_files_of_any_history_are_the_book(steps: list[tuple[str, Any]]) -> None:
    book, files = RefContents(Snapshot()), dict[str, bytes]()
    for step, value in [*steps, ("push", None)]:
        if step == "push":
            pushed(book, files)
        else:
            take(book, step, value)
    # A tree lists what is at its top first.
    tree = sorted(files.items(), key=lambda item: item[0].count("/"))
    read = snapshot_from(tree, "x")
    assert read == replace(book.snapshot, runs=read.runs)
    assert sorted(read.runs, key=lambda run: run.id) == sorted(book.runs, key=lambda run: run.id)
    assert b"" not in files.values()
    again = RefContents(read)
    assert again.files(read.mark).keys() == {"state.json"}


@given(STATES, st.lists(RUNS, max_size=3, unique_by=lambda run: run.id))
def test_a_snapshot_as_one_text_comes_back(state: State, runs: list[Run]) -> None:
    snapshot = Snapshot(state, Mark("a", 3, "r1"), None, tuple(runs))
    assert from_text(snapshot_text(snapshot), "x") == snapshot


def test_entries_are_spread_over_4096_files() -> None:
    paths = {shard(Ref("collection", f"product-{number}")) for number in range(40_000)}
    assert len(paths) == 4096
    assert min(paths) == "entries/00/0.jsonl"
    assert max(paths) == "entries/ff/f.jsonl"


@pytest.mark.parametrize(("run", "path"), [("5f2c", "5f2c"), ("../../x", "..%2F..%2Fx")])
def test_the_name_of_a_run_leads_nowhere_else(run: str, path: str) -> None:
    assert run_file(run) == f"runs/{path}.jsonl"


def test_a_book_does_not_share_what_it_gave_away() -> None:
    book = RefContents(Snapshot(STATE))
    state = book.state
    book.record([Recorded(JACKET, replace(ENTRY, id="other"))], "")
    assert state == STATE
