"""The state on a ref of the catalog's repository (contract 5): its history and its size."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from reconciler.model import Entry, Ref, State
from reconciler.state import Intent, Recorded
from reconciler.state.git import GitStore
from tests.state.backends import (
    ACCOUNT,
    ENTRY,
    JACKET,
    QUICK,
    RUN,
    SHIRT,
    STATE,
    Git,
    git,
)
from tests.state.gits import entries


def test_a_run_opens_with_a_commit_and_closes_with_one(git_backend: Git, store: GitStore) -> None:
    run = replace(RUN, account=ACCOUNT, about="")
    with store.lock("ci@host (pid 7)", "r1", 1764000000.0):
        store.begin(run)
        store.save(State(ACCOUNT, moved=STATE.moved))
        store.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
        store.record([Recorded(JACKET, ENTRY)])
        store.close_run("r1", converged=True, words="1 created, 1 updated")

    assert git_backend.log() == [
        "apply: 1 to create, 1 to update",
        "applied, converged: 1 created, 1 updated",
    ]
    assert git(git_backend.remote, "log", "-1", "--format=%an <%ae>%n%b", git_backend.ref) == (
        "pxm <pxm@localhost>\n"
        "Run: r1\nHolder: ci@host (pid 7)\nStarted: 2025-11-24 16:00:00 UTC\n"
        "Catalog-Commit: 0123abc\nConverged: true"
    )
    assert git(git_backend.remote, "log", "-1", "--format=%b", f"{git_backend.ref}~1") == (
        "update collection/outdoor/shirt\n  create collection/jacket\n\n"
        "Run: r1\nHolder: ci@host (pid 7)\nStarted: 2025-11-24 16:00:00 UTC\n"
        "Catalog-Commit: 0123abc"
    )
    assert git_backend.refs() == [git_backend.ref]


def test_the_intents_are_in_the_tree_before_the_first_write(
    git_backend: Git, store: GitStore
) -> None:
    store.begin(RUN)
    text = git(git_backend.remote, "show", f"{git_backend.ref}:runs/r1.jsonl")
    assert [json.loads(line) for line in text.splitlines()] == [
        {
            "id": "r1",
            "holder": "ci@host (pid 7)",
            "started": 1764000000.5,
            "commit": "0123abc",
            "about": "1 to create, 1 to update",
        },
        ["update", "collection", "outdoor/shirt", "c-2", {}],
        ["create", "collection", "jacket", None, {"name": "Jacket", "weight": {"$number": "1.10"}}],
    ]
    store.close_run("r1", converged=False)
    assert git(git_backend.remote, "ls-tree", "--name-only", git_backend.ref).split() == [
        "README.md",
        "state.json",
    ]


def test_between_opening_and_closing_ids_are_pushed_at_most_every_half_minute(
    git_backend: Git,
) -> None:
    time = [100.0]
    pace = replace(QUICK, clock=lambda: time[0])
    with git_backend.open(pace=pace) as store, git_backend.open() as other:
        store.begin(replace(RUN, intents=tuple(Intent("create", ref) for ref in entries(5))))
        for second, (ref, entry) in zip((0, 29.9, 30, 59.9, 60), entries(5).items(), strict=True):
            time[0] = 100.0 + second
            store.record([Recorded(ref, entry)])
        assert len(other.load().entries) == 5
        (run,) = other.open_runs()
        assert run.intents == ()
        assert git_backend.log() == [
            "apply: 1 to create, 1 to update",
            "apply: 2 left",
            "apply: 0 left",
        ]


def test_what_a_run_has_not_pushed_is_pushed_when_its_lock_or_its_store_goes(
    git_backend: Git, store: GitStore
) -> None:
    with git_backend.open() as other:
        with store.lock("ann", "r1", 0.0):
            store.begin(RUN)
            store.record([Recorded(SHIRT, Entry(SHIRT, "c-2"))])
            assert other.load().entries == {}
        assert other.load().entries.keys() == {SHIRT}
        store.record([Recorded(JACKET, ENTRY)])
        store.close()
        assert other.load().entries.keys() == {SHIRT, JACKET}


def test_a_command_says_what_it_did(git_backend: Git, store: GitStore) -> None:
    store.save(STATE, words="collection/a is now collection/jacket")
    store.record([Recorded(SHIRT, None)])
    assert git_backend.log() == [
        "state: collection/a is now collection/jacket",
        "state: 1 recorded",
    ]


def test_a_holder_cannot_write_trailers(git_backend: Git, store: GitStore) -> None:
    store.begin(replace(RUN, holder="ann\nConverged: true"))
    body = git(git_backend.remote, "log", "-1", "--format=%b", git_backend.ref)
    assert "Holder: ann Converged: true" in body.splitlines()


def test_a_long_list_of_intents_is_cut_in_the_message_and_whole_in_the_tree(
    git_backend: Git, store: GitStore
) -> None:
    store.begin(replace(RUN, intents=tuple(Intent("create", ref) for ref in entries(250))))
    body = git(git_backend.remote, "log", "-1", "--format=%b", git_backend.ref)
    assert body.count("create collection/") == 200
    assert "  … 50 more" in body
    (run,) = store.open_runs()
    assert len(run.intents) == 250


# --- size -------------------------------------------------------------------


def objects_of(repository: Path) -> int:
    """How many objects a repository has, loose or packed."""
    return len(git(repository, "cat-file", "--batch-all-objects", "--batch-check").splitlines())


def test_a_change_writes_its_shard_and_the_trees_above_it_and_nothing_else(
    git_backend: Git, store: GitStore
) -> None:
    store.save(State(ACCOUNT, entries(300)))
    before = objects_of(git_backend.remote)
    ref = Ref("collection", "product-7")
    store.record([Recorded(ref, replace(ENTRY, ref=ref, id="new"))])
    # A shard, its two trees, state.json, the root and the commit.
    assert objects_of(git_backend.remote) - before == 6
    changed = git(
        git_backend.remote, "diff", "--name-only", f"{git_backend.ref}~1", git_backend.ref
    )
    assert changed.split() == ["entries/ac/7.jsonl", "state.json"]


def test_a_state_saved_again_writes_no_entry(git_backend: Git, store: GitStore) -> None:
    store.save(State(ACCOUNT, entries(20)))
    with git_backend.open() as other:
        other.save(other.load())
    changed = git(
        git_backend.remote, "diff", "--name-only", f"{git_backend.ref}~1", git_backend.ref
    )
    assert changed.split() == ["state.json"]


def test_an_entry_that_goes_takes_its_empty_file_with_it(git_backend: Git, store: GitStore) -> None:
    store.save(STATE)
    store.record([Recorded(JACKET, None), Recorded(SHIRT, None)])
    assert "entries" not in git(git_backend.remote, "ls-tree", "--name-only", git_backend.ref)
