"""The description is held against a real sandbox over real HTTP."""

import pytest

from reconciler.sandbox import DIALECTS, LISTED, Options, Sandbox
from tests import patient
from tests.openapi.account import client, seed, walk
from tests.openapi.description import DESCRIPTION, departures, operations

REFUSED = {"deleteCategory": 400, "deleteCollection": 400}
"""The examples delete what holds something, which is assumed to be refused."""


def test_a_sandbox_serves_it_to_anybody_with_itself_as_the_first_server() -> None:
    with Sandbox(None, Options(rate_limit=1)) as sandbox:
        answers = [patient.get(f"{sandbox.url}/openapi.json") for _ in range(3)]
        found = answers[-1].json()

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert found["servers"][0]["url"] == sandbox.url
        assert found["servers"][1:] == DESCRIPTION["servers"]
        assert {**found, "servers": None} == {**DESCRIPTION, "servers": None}


def test_every_example_is_answered_as_described() -> None:
    with Sandbox(None, Options(rate_limit=None)) as sandbox:
        seed(sandbox)
        seen = list(walk(sandbox))

    assert {str(operation) for operation, _ in seen} == {str(item) for item in operations()}
    for operation, answer in seen:
        wanted = REFUSED.get(str(operation))
        assert departures(operation, answer) == []
        assert answer.status_code == wanted or (wanted is None and answer.is_success), answer.text


SILENT = {"slow-create"}
"""Dialects in which creates get no answer that could be held against anything."""

LACKING = {"entries-nameless", "entries-without-id"}
"""Dialects whose lists have entries that lack what the description says every object has."""

BEYOND = {
    # Any 2xx might be an error: described in words, as a shape it would match every answer.
    "errors-200": [
        f"{operation}: 200: 'deleted' is a required property" for operation in sorted(REFUSED)
    ]
}


@pytest.mark.parametrize(
    "dialect",
    [
        name if name in LISTED else pytest.param(name, marks=pytest.mark.long)
        for name in sorted(DIALECTS.keys() - SILENT - LACKING)
    ],
)
def test_every_dialect_answers_as_described(dialect: str) -> None:
    with Sandbox(None, Options(dialects=frozenset({dialect}), rate_limit=None)) as sandbox:
        seed(sandbox)
        found = [words for pair in walk(sandbox) for words in departures(*pair)]

    assert found == BEYOND.get(dialect, [])


@pytest.mark.parametrize("dialect", sorted(LACKING))
def test_entries_that_lack_an_id_or_a_name_depart_in_lists_alone(dialect: str) -> None:
    with Sandbox(None, Options(dialects=frozenset({dialect}), rate_limit=None)) as sandbox:
        seed(sandbox)
        found = [words for pair in walk(sandbox) for words in departures(*pair)]

    lists = {words.partition(":")[0] for words in found}
    assert lists == {"listAttributeGroups", "listAttributes", "listCategories", "listResources"}, (
        found
    )
    assert len(found) == len(lists)


def test_what_needs_a_token_is_refused_without_one_as_described() -> None:
    with Sandbox(None, Options(rate_limit=None)) as sandbox, client(sandbox) as http:
        http.headers["Authorization"] = "Bearer made-up"
        for operation in operations():
            answer = http.request(operation.method, operation.path, json={})

            assert answer.status_code == 401, operation
            assert departures(operation, answer) == []
