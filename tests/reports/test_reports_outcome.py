"""What became of everything (contract 2.8, 2.10)."""

import json

import pytest

from reconciler.enums import Status
from reconciler.model import Number, Outcome, Summary, Unstuck
from reconciler.reports.outcome import ApplyReport, outcome_json, outcome_text
from tests.reports.plans import change

JACKET = change("update", "collection", "rain-jacket", label="Rain Jacket")
CREATE, ADOPT = change("create", "category", "hats"), change("adopt", "category", "shoes")
DELETE = change("delete", "category", "old", place=None)


def report(*outcomes: Outcome, remaining: Summary | None = None, **rest: object) -> ApplyReport:
    rest.setdefault("sent", 26)
    rest.setdefault("predicted", 26)
    return ApplyReport(outcomes, remaining or Summary(unchanged=9), **rest)  # type: ignore[arg-type]


def text(made: ApplyReport) -> str:
    return outcome_text(made, color=False)


def test_a_run_that_did_everything() -> None:
    outcomes = [Outcome(item, "done", "x") for item in (CREATE, CREATE, ADOPT, JACKET, DELETE)]
    assert (
        text(report(*outcomes))
        == """\
Apply complete! 2 created, 1 adopted, 1 updated, 1 deleted.
Converged: 0 changes remain.
Requests: 26 sent, 26 predicted.
"""
    )


def test_recreated_and_moved_objects_are_said_where_there_are_some() -> None:
    outcomes = [
        Outcome(change("recreate", "category", "a"), "done"),
        Outcome(change("move", "category", "b"), "done"),
    ]
    assert text(report(*outcomes)).splitlines()[0] == (
        "Apply complete! 0 created, 1 recreated, 0 adopted, 0 updated, 0 deleted, 1 moved."
    )


def test_a_failure_has_its_place_the_words_of_the_api_and_the_next_step() -> None:
    made = report(
        Outcome(CREATE, "done", "1"),
        Outcome(JACKET, "failed", "2", "400: name is too long\x07", "shorten the name"),
        Outcome(DELETE, "not_attempted", "3", "deletes come last"),
        remaining=Summary(update=1, delete=1),
    )
    assert (
        text(made)
        == """\
Apply incomplete: 1 done, 1 failed, 1 not attempted.
  failed: jackets.yaml:12:5: update collection/rain-jacket "Rain Jacket": 400: name is too long\\x07
    shorten the name
  not attempted: delete category/old "Old": deletes come last
Not converged: 2 changes remain, deletes wait for collection/rain-jacket. Run `pxm plan` to see them.
Requests: 26 sent, 26 predicted.
"""
    )


def test_a_field_that_did_not_stick_is_shown_with_what_came_back() -> None:
    unstuck = (
        Unstuck("attributes.color", ("Crimson",), ("Blue",)),
        Unstuck("name", "1", Number("1")),
    )
    made = report(Outcome(JACKET, "done", "2", unstuck=unstuck))
    assert (
        text(made)
        == """\
Apply incomplete: 0 done, 1 failed, 0 not attempted.
  failed: jackets.yaml:12:5: update collection/rain-jacket "Rain Jacket"
    attributes.color did not stick: sent [Crimson], came back [Blue]
    name did not stick: sent "1", came back 1
Not converged: 2 fields did not stick. Run `pxm plan` to see them.
Requests: 26 sent, 26 predicted.
"""
    )


def test_a_value_in_another_spelling_is_noted() -> None:
    respelled = (Unstuck("attributes.weight", Number("1.10"), Number("1.1")),)
    made = report(Outcome(JACKET, "done", "2", respelled=respelled))
    assert text(made).splitlines()[1:3] == [
        '  jackets.yaml:12:5: update collection/rain-jacket "Rain Jacket": '
        "attributes.weight: 1.10 stored as 1.1",
        "Converged: 0 changes remain.",
    ]


def test_foreign_elements_that_came_back_go_by_name() -> None:
    unstuck = (Unstuck("category", "hats", "id:7"),)
    made = report(Outcome(JACKET, "done", "2", unstuck=unstuck), names={"id:7": "Theirs"})
    assert "    category did not stick: sent hats, came back Theirs\n" in text(made)


def test_what_was_rightly_not_tried_does_not_spoil_the_proof() -> None:
    done = [Outcome(CREATE, "done", "1")] * 7
    blocked = Outcome(JACKET, "blocked", "2", "it depends on category/x, which is blocked")
    made = report(
        *done,
        blocked,
        blocked,
        remaining=Summary(update=5, blocked=2),
        left={"blocked": 2, "not permitted": 5, "overtaken": 0},
    )
    assert text(made).splitlines()[-3:] == [
        '  blocked: jackets.yaml:12:5: update collection/rain-jacket "Rain Jacket": '
        "it depends on category/x, which is blocked",
        "Converged: all 7 made; left: 2 blocked, 5 not permitted.",
        "Requests: 26 sent, 26 predicted.",
    ]


@pytest.mark.parametrize("reason", ["blocked", "drift kept", "not targeted"])
def test_what_the_next_plan_does_not_count_covers_up_for_nothing(reason: str) -> None:
    made = report(remaining=Summary(create=1), left={reason: 5})
    assert not made.converged
    assert "Not converged: 1 change remains." in text(made)


def test_more_requests_than_predicted_are_booked_to_their_causes() -> None:
    made = report(sent=1029, causes={"read again before a write": 2, "retry": 1001})
    assert text(made).endswith(
        "Requests: 1,029 sent, 26 predicted.\n  2 × read again before a write\n  1,001 × retry\n"
    )


def test_colour_marks_the_verdicts() -> None:
    assert outcome_text(report(), color=True).startswith("\x1b[32mApply complete!")
    failed = outcome_text(
        report(Outcome(JACKET, "failed"), remaining=Summary(update=1)), color=True
    )
    assert failed.startswith("\x1b[31mApply incomplete:")
    assert "\x1b[31mNot converged:" in failed


def test_programs_get_the_same_and_what_was_deleted() -> None:
    made = report(
        Outcome(DELETE, "done", "3", before={"id": "3", "weight": Number("1.10")}),
        Outcome(JACKET, "done", "2", unstuck=(Unstuck("name", "a", None),)),
        causes={"retry": 1},
    )
    written = outcome_json(made)
    assert '"weight": 1.10' in written
    found = json.loads(written)
    assert found["summary"] == {"done": 1, "failed": 1, "not_attempted": 0, "blocked": 0}
    assert found["converged"] is False
    assert found["requests"] == {"sent": 26, "predicted": 26, "causes": {"retry": 1}}
    assert found["remaining"]["unchanged"] == 9
    assert found["outcomes"][0]["before"] == {"id": "3", "weight": 1.1}
    assert found["outcomes"][1] == {
        "action": "update",
        "kind": "collection",
        "key": "rain-jacket",
        "id": "2",
        "label": "Rain Jacket",
        "source": {"file": "jackets.yaml", "line": 12},
        "status": "done",
        "words": "",
        "hint": "",
        "unstuck": [{"path": "name", "sent": "a", "shown": None}],
        "respelled": [],
    }


def test_what_was_left_for_one_reason_is_said_once() -> None:
    waiting = [change("delete", "category", f"c{n}", place=None) for n in range(25)]
    outcomes = [Outcome(x, Status.NOT_ATTEMPTED, "", "deletes come last", "again") for x in waiting]
    lines = text(report(Outcome(JACKET, "failed", "2", "400: no"), *outcomes)).splitlines()
    assert lines[2:5] == [
        "  not attempted: 25 changes: deletes come last",
        "    again",
        '    delete category/c0 "C0"',
    ]
    assert lines[24] == "    … and 5 more: `--receipt FILE` keeps all of them"
    few = text(report(Outcome(JACKET, "failed", "2", "400: no"), *outcomes[:3]))
    assert few.count("not attempted: delete category/") == 3
