"""What CI keeps between runs: nothing in it can be read without the secret (contract 7.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cache import Cache, Owner
from reconciler.delta import SHELF
from tests.ci.team import Team, team

SEEN = "since the full read of "


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Team]:
    """A team whose catalog is applied, with a nightly run behind it."""
    with team(tmp_path) as made:
        made.begin()
        assert made.watched().results() == {"drift/drift": "success"}
        yield made


def test_a_pull_request_reads_what_has_changed_since_the_night(crew: Team) -> None:
    assert len(crew.hub.caches) == 1
    pull = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"))
    run = crew.planned(pull)
    assert run.results()["plan/plan"] == "success", run.log
    (body,) = crew.hub.bodies(pull.number)
    assert "**1** to update" in body
    assert f"Read: what has changed {SEEN}" in body
    assert "deletions are not seen." in body
    # A pull request keeps nothing.
    assert len(crew.hub.caches) == 1


def test_a_merge_applies_what_was_reviewed_so_and_leaves_a_newer_snapshot(crew: Team) -> None:
    pull = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"))
    crew.planned(pull)
    crew.merge(pull)
    run = crew.applied()
    assert run.results()["apply/apply"] == "success", run.log
    assert "Rain Coat" in crew.names()
    assert len(crew.hub.caches) == 2


def test_where_nothing_is_kept_everything_is_read(tmp_path: Path) -> None:
    with team(tmp_path) as crew:
        crew.begin()
        run = crew.planned(crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat")))
        assert run.results()["plan/plan"] == "success"
        assert SEEN not in run.log


def test_whoever_wants_none_keeps_none(tmp_path: Path) -> None:
    with team(tmp_path) as crew:
        crew.runs.inputs = {**crew.runs.inputs, "snapshot": "false"}
        crew.begin()
        crew.watched()
        assert crew.hub.caches == {}


def test_in_the_cache_of_ci_stands_nothing_of_the_account(crew: Team) -> None:
    pull = crew.open(crew.edited("name: Rain Jacket", "name: Rain Coat"))
    crew.planned(pull)
    crew.merge(pull)
    crew.applied()
    told = set(crew.runs.secrets.values()) | {crew.sandbox.url, crew.sandbox.url.rpartition(":")[2]}
    for kind, items in crew.sandbox.dump().items():
        told.add(kind)
        for item in items:
            told |= {str(value) for value in item.values() if len(str(value)) > 3}
    assert {"Rain Coat", "jackets", "sandbox"} <= told | {"jackets"}
    assert len(crew.hub.caches) == 2
    for folder in crew.hub.caches.values():
        (path,) = folder.iterdir()
        found = path.name.encode() + path.read_bytes()
        assert [text for text in told if text.encode() in found] == []
        assert json.dumps(sorted(told)).encode() not in found
        # It is what it seems to be: with the secret it opens.
        cache = Cache(folder, Owner(crew.sandbox.url, "sandbox", "sandbox"))
        assert (cache.path, cache.holds(SHELF)) == (path, True)


def test_the_token_is_not_kept(crew: Team) -> None:
    for folder in crew.hub.caches.values():
        assert not [*folder.rglob("token*")]
