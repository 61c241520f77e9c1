"""The mutants that show that random worlds can fail are of the program as it is."""

import pytest

from tests.crash.mutants import MUTANTS, Mutant, fits


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_finds_its_text_once(mutant: Mutant) -> None:
    assert fits(mutant)
