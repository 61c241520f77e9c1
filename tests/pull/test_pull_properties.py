"""Any account can be pulled, and a plan of what came out is empty."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from reconciler.catalog import load
from reconciler.fmt import formatted
from reconciler.model import Ref, State, Value
from tests.pull.accounts import Spec, families, fill, specs, world

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


def said(folder: Path) -> dict[Ref, dict[str, Value]]:
    """What a folder declares; that something is not published goes without saying."""
    return {
        ref: {path: value for path, value in item.fields.items() if value is not False}
        for ref, item in load(folder).resources.items()
    }


@settings(max_examples=3)
@given(families())
def test_a_compact_pull_says_the_same_in_fewer_words(spec: Spec) -> None:
    check_compact(spec)


def check_compact(spec: Spec) -> None:
    """It reads as a whole one does, a plan is empty, and the files are in shape."""
    with tempfile.TemporaryDirectory() as name, world(Path(name) / "plain") as made:
        fill(made.sandbox, spec)
        made.pull()
        plain, made.state, made.folder = made.folder, State(), Path(name) / "compact"
        made.pull(compact=True)

        assert said(made.folder) == said(plain)
        plan = made.plan()
        assert (plan.changes, plan.settles) == ((), ())
        for file, text in made.texts().items():
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
@settings(max_examples=500)
@given(families())
def test_many_compact_pulls_say_the_same_in_fewer_words(spec: Spec) -> None:
    check_compact(spec)


@pytest.mark.long
@settings(max_examples=1500)
@given(specs())
def test_a_plan_of_many_pulled_accounts_is_empty(spec: Spec) -> None:
    pulled(spec)
