"""Any account can be pulled, and a plan of what came out is empty."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from reconciler.fmt import formatted
from tests.pull.accounts import Spec, fill, specs, world

DIALECTS = (
    "inherited-values",
    "parent-joins",
    "root-category",
    "options-nested",
    "scalars-as-strings",
    "page-shuffle",
)


def pulled(spec: Spec, *dialects: str) -> None:
    """Pull twice: both times the same bytes, in shape, and nothing left for a plan to do."""
    with tempfile.TemporaryDirectory() as name, world(Path(name) / "one", *dialects) as made:
        fill(made.sandbox, spec)
        result = made.pull()
        if not result.counts:
            return

        plan = made.plan()
        assert plan.changes == ()
        assert plan.settles == ()
        first = made.texts()
        again = Path(name) / "two"
        made.state = type(made.state)()
        made.pull(again)
        assert made.texts(again) == first
        for file, text in first.items():
            assert formatted(text.encode(), file).text == text


@settings(max_examples=20)
@given(specs())
def test_a_plan_of_any_pulled_account_is_empty(spec: Spec) -> None:
    pulled(spec)


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=4)
@given(spec=specs())
def test_so_it_is_under_dialects(dialect: str, spec: Spec) -> None:
    pulled(spec, dialect)


@pytest.mark.long
@settings(max_examples=1500)
@given(specs())
def test_a_plan_of_many_pulled_accounts_is_empty(spec: Spec) -> None:
    pulled(spec)
