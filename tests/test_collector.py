"""Garbage is looked for rarely while a command runs, and still found."""

import gc
import weakref

import click
import pytest

from reconciler.cli import cli, run
from reconciler.collector import OLDER, YOUNG, keep_what_is_there, patient_collector


class Ring:
    """What only the collector can free."""

    def __init__(self) -> None:
        self.me = self


def test_a_command_runs_with_a_patient_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    command = click.Command("look", callback=lambda: seen.append(gc.get_threshold()))
    monkeypatch.setitem(cli.commands, "look", command)
    before = gc.get_threshold()

    assert run(["look"]) == 0

    assert seen == [(YOUNG, *OLDER)]
    assert gc.get_threshold() == before


def test_the_collector_is_as_it_was_after_an_error_within_another_block() -> None:
    before = gc.get_threshold()
    with patient_collector():
        with pytest.raises(ValueError, match="oops"), patient_collector():
            raise ValueError("oops")
        assert gc.get_threshold() == (YOUNG, *OLDER)
    assert gc.get_threshold() == before


def test_garbage_in_cycles_is_found_before_it_is_large() -> None:
    with patient_collector():
        gone = weakref.ref(Ring())
        kept: list[list[int]] = []
        while gone() is not None:
            kept.append([])
            assert len(kept) <= YOUNG + 1_000


def test_what_is_kept_is_not_looked_through_and_goes_when_nothing_refers_to_it() -> None:
    ring, alone = Ring(), Ring()
    alone.me = None  # type: ignore[assignment]
    freed = weakref.ref(alone)
    keep_what_is_there()
    try:
        kept = weakref.ref(ring)
        del ring, alone
        gc.collect()
        assert kept() is not None
        assert freed() is None
    finally:
        gc.unfreeze()
