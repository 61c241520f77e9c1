"""The sandbox that most of these tests talk to."""

from collections.abc import Iterator

import pytest

from tests.sandbox.boxes import Box, served


@pytest.fixture
def box() -> Iterator[Box]:
    """A fresh account under the default dialect."""
    with served() as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Box]:
    """One account for the tests of a module that leave nothing behind that others could meet."""
    with served() as made:
        yield made
