"""Whatever happens between a catalog and an account, in the end each has what is its own.

Each seed makes up a catalog, other people who act between and during the runs, faults of the
server, kills, lost states, renamed and moved keys, and a way in which the API behaves.  After
enough runs without faults the account is as the catalog says where it is ours, and no request of
the program has changed a byte that others wrote last.
"""

from __future__ import annotations

import pytest

from tests.crash.program import Program
from tests.crash.random_world import play

FEW, MANY = range(3), range(300)
STEP = 10


@pytest.mark.parametrize("seed", FEW)
def test_each_has_what_is_its_own_whatever_happened(seed: int, program: Program) -> None:
    play(program, seed)


@pytest.mark.long
@pytest.mark.parametrize("start", MANY[::STEP])
def test_each_has_what_is_its_own_in_many_worlds(start: int, program: Program) -> None:
    for seed in range(start, start + STEP):
        play(program, seed)
