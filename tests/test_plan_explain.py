"""Why an object changes, or does not: its identity, and each field with the rule (contract 3)."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import CatalogError, UsageError
from reconciler.live import with_processing
from reconciler.model import Live, Origin, Place, Policy, Ref, Resource, State
from reconciler.plan import build
from reconciler.plan.explain import Explanation, Row, explain
from tests.build import account, catalog, entry, has, state, want


def told(ref: Ref, live: Live, known: State, *wanted: Any, **policy: Any) -> Explanation:
    return explain(catalog(*wanted, policy=Policy(**policy)), live, known, ref)


C = Ref("category", "c")
FIELDS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str, str]] = [
    ({"published": True}, {"published": True}, {"published": True}, "published", "as declared"),
    ({"published": True}, {"published": False}, {"published": False}, "published", "pending: live is as last applied, the catalog wants another value"),
    ({"published": True}, {"published": False}, {"published": True}, "published", "drift: the catalog has not changed, somebody changed it in the account"),
    ({"published_end_date": "2025-01-01T00:00:00Z"}, {"published_end_date": "2026-01-01T00:00:00Z"}, {"published_end_date": "2027-01-01T00:00:00Z"}, "published_end_date", "conflict: changed in the catalog and in the account"),
    ({}, {"published": True}, {"published": True}, "published", "no longer declared, live = applied: cleared"),
    ({}, {"published_end_date": "2025-01-01T00:00:00Z"}, {"published_end_date": "2026-01-01T00:00:00Z"}, "published_end_date", "no longer declared and changed since: released"),
    ({}, {"published": False}, {"published": True}, "published", "not declared: left as it is"),
    ({}, {"published": False}, {}, "published", "not declared: left as it is"),
    ({}, {"regions": ("r-us",)}, {"regions": ("r-us",)}, "regions", "not declared: left as it is"),
    ({"ignore": ["published"], "published": True}, {"published": False}, {}, "published", "ignored: left to the web interface"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "live", "applied", "path", "rule"), FIELDS)
def test_each_field_has_the_rule_that_decided(
    declared: dict[str, Any], live: dict[str, Any], applied: dict[str, Any], path: str, rule: str
) -> None:
    known = state(entry("category", "c", "1", name="C", parent=None, **applied))

    found = told(C, account(has("category", "1", name="C", **live)), known, want("category", "c", name="C", **declared))  # fmt: skip

    assert {row.path: row.rule for row in found.rows}[path] == rule
    assert found.identity == "managed: the state holds its id"


def test_what_is_not_there_is_a_create() -> None:
    category = want("category", "c", name="C")

    made = told(C, account(), state(), category)
    again = told(C, account(gone=[("category", "1")]), state(entry("category", "c", "1")), category)

    assert (made.id, made.identity) == (None, "not in the account: a create")
    assert again.identity == "managed, and gone from the account: a create"
    assert [(row.path, row.desired, row.rule) for row in made.rows] == [
        ("name", "C", "declared: sent with the create"),
        ("parent", None, "declared: sent with the create"),
    ]


def test_what_has_left_the_catalog_is_a_delete() -> None:
    found = told(C, account(has("category", "1", name="C")), state(entry("category", "c", "1")))

    assert (found.id, found.identity, found.rows) == ("1", "left the catalog: a delete", ())


def test_what_is_neither_here_nor_there_is_an_error() -> None:
    with pytest.raises(UsageError, match="category/c is neither in the catalog nor in the state"):
        told(C, account(), state())


# --- who it is ----------------------------------------------------------------------------------


HERE, NAME_AT = Place("category.yaml", 1, 1), Place("category.yaml", 3, 9)


def placed(resource: Resource) -> Resource:
    """Its name stands on a line of its own."""
    return replace(resource, places={"name": NAME_AT})


def test_each_field_of_a_create_stands_where_it_is_declared() -> None:
    found = told(C, account(), state(), placed(want("category", "c", name="C")))

    rule = "declared: sent with the create"
    assert found == Explanation(
        C, None, "not in the account: a create", HERE,
        (Row("name", "C", None, None, NAME_AT, rule), Row("parent", None, None, None, HERE, rule)),
    )  # fmt: skip


def test_each_field_has_its_three_sides_and_the_place_where_it_is_declared() -> None:
    live = account(has("category", "1", name="Live", published=True, regions=("r-us",)))
    known = state(entry("category", "c", "1", name="Old", parent=None, published=True))

    found = told(C, live, known, placed(want("category", "c", name="New")))

    assert found == Explanation(
        C, "1", "managed: the state holds its id", HERE,
        (
            Row("name", "New", "Live", "Old", NAME_AT, "conflict: changed in the catalog and in the account"),
            Row("parent", None, None, None, HERE, "as declared"),
            Row("published", None, True, True, None, "no longer declared, live = applied: cleared"),
            Row("regions", None, ("US",), None, None, "not declared: left as it is"),
        ),
    )  # fmt: skip


def test_a_field_says_where_it_comes_from_when_its_own_entry_does_not_say_it() -> None:
    origin = Origin(Ref("category", "defaults"), Place("category.yaml", 9, 1))
    wanted = replace(want("category", "c", name="C", published=True), origins={"published": origin})
    live, known = (
        account(has("category", "1", name="C")),
        state(entry("category", "c", "1", name="C")),
    )

    made, there = told(C, account(), state(), wanted), told(C, live, known, wanted)

    for found in (made, there):
        assert {row.path: row.origin for row in found.rows} == {
            "name": None, "parent": None, "published": origin,
        }  # fmt: skip


HOW: dict[str, tuple[Resource, Live, State, str]] = {
    "managed": (
        want("category", "c", name="C"), account(has("category", "1", name="C")),
        state(entry("category", "c", "1", name="C", parent=None)),
        "managed: the state holds its id",
    ),
    "adopted": (
        want("category", "c", name="C"), account(has("category", "1", name="C")), state(),
        "adopted: one live object has its natural key",
    ),
    "moved": (
        want("category", "c", name="C"), account(has("category", "1", name="C")),
        state(entry("category", "old", "1", name="C", parent=None)),
        "moved: a managed object whose key has left the catalog has its natural key",
    ),
    "pinned": (
        want("category", "c", id="1", name="C"), account(has("category", "1", name="Other")),
        state(), "pinned with `id:`",
    ),
    "external": (
        want("category", "c", external=True, name="C"), account(has("category", "1", name="C")),
        state(), "external: it lends its id and is never touched",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", HOW)
def test_an_object_says_how_it_was_found(how: str) -> None:
    wanted, live, known, words = HOW[how]

    found = told(C, live, known, wanted)

    assert (found.ref, found.id, found.identity, found.place) == (C, "1", words, HERE)


def test_what_a_moved_object_was_sent_goes_with_it() -> None:
    known = state(entry("category", "old", "1", name="C", parent=None, published=True))

    found = told(C, account(has("category", "1", name="C")), known, want("category", "c", name="C"))

    assert {row.path: row.applied for row in found.rows} == {
        "name": "C", "parent": None, "published": True,
    }  # fmt: skip


def test_what_a_lost_object_was_sent_says_nothing_of_the_one_adopted_in_its_place() -> None:
    known = state(entry("category", "c", "gone", name="C", parent=None, published=True))
    live = account(has("category", "1", name="C", published=False), gone=[("category", "gone")])

    found = told(C, live, known, want("category", "c", name="C", published=True))

    assert found.identity == "adopted: one live object has its natural key"
    assert [row.applied for row in found.rows] == [None, None, None]


def test_a_pinned_object_that_is_not_there_is_blocked() -> None:
    found = told(C, account(), state(), want("category", "c", id="7", name="C"))

    assert found.identity.startswith(
        "blocked: id 7, pinned at category.yaml:1:1, does not exist in the account: "
    )
    assert found == Explanation(C, None, found.identity, HERE, ())


def test_a_file_that_is_processed_still_has_its_id_and_nothing_else() -> None:
    hero = Ref("file", "hero")
    late = replace(entry("file", "hero", "f-1", file_name="hero.txt"), processing=1_000.0)
    live = with_processing(account(gone=[("file", "f-1")]), [late], 1_060.0)
    wanted = replace(
        want("file", "hero", file_name="hero.txt", content="sha256:x size:5"), file="/x"
    )

    assert told(hero, live, state(late), wanted) == Explanation(
        hero, "f-1",
        "uploaded, and the service is still processing it: nothing is done until it is read",
        Place("file.yaml", 1, 1), (),
    )  # fmt: skip


def test_what_has_left_the_catalog_has_no_place_in_it() -> None:
    found = told(C, account(has("category", "1", name="C")), state(entry("category", "c", "1")))

    assert found == Explanation(C, "1", "left the catalog: a delete", None, ())


def test_who_asks_for_an_unknown_object_is_told_where_the_known_ones_are() -> None:
    with pytest.raises(UsageError) as caught:
        told(C, account(), state())

    assert caught.value.hint == "see `pxm state list`"


# --- what makes room for a delete ---------------------------------------------------------------

P = Ref("collection", "p")
OTHER = Ref("collection", "q")
ROOM = account(
    has("category", "1", name="A"),
    has("collection", "5", name="P", categories=("1",)),
    has("collection", "6", name="Q", regions=("r-us",)),
)
ROOM_KNOWN = state(
    entry("category", "a", "1", name="A", parent=None),
    entry("collection", "p", "5", name="P", categories=()),
    entry("collection", "q", "6", name="Q", regions=()),
)
ROOM_WANTED = (
    want("collection", "p", name="P"),
    want("collection", "q", name="Q", regions=("US", "EU")),
)


def rules(found: Explanation) -> dict[str, str]:
    return {row.path: row.rule for row in found.rows}


def test_what_others_put_into_a_category_that_leaves_is_taken_out_first() -> None:
    assert rules(told(P, ROOM, ROOM_KNOWN, *ROOM_WANTED)) == {
        "name": "as declared",
        "categories": "drift: somebody put it into what is deleted, so it is taken out first",
    }


def test_what_is_written_on_another_object_says_nothing_of_this_one() -> None:
    wanted = (want("collection", "p", name="P", regions=("US",)), ROOM_WANTED[1])
    stays = account(
        has("collection", "5", name="P", regions=("r-us",)),
        has("collection", "6", name="Q", regions=("r-us",)),
    )
    known = state(
        entry("collection", "p", "5", name="P", regions=("r-us",)),
        entry("collection", "q", "6", name="Q", regions=("r-us",)),
    )

    assert rules(told(P, stays, known, *wanted)) == {
        "name": "as declared",
        "regions": "as declared",
    }


def test_where_no_plan_can_be_made_the_fields_are_told_all_the_same() -> None:
    wanted = (
        want("collection", "p", name="P", regions=("Mars",)),
        want("collection", "q", name="Q", regions=("US",)),
    )
    with pytest.raises(CatalogError):
        build(catalog(*wanted), ROOM, ROOM_KNOWN)

    assert rules(told(OTHER, ROOM, ROOM_KNOWN, *wanted))["name"] == "as declared"


def test_a_field_that_pxm_never_wrote_is_not_called_as_last_applied() -> None:
    live = account(has("category", "1", name="C", published=False))
    found = told(C, live, state(entry("category", "c", "1", name="C")), want("category", "c", name="C", published=True))  # fmt: skip
    [row] = [row for row in found.rows if row.path == "published"]
    assert row.rule == "pending: pxm has never written it, and the catalog wants another value"
    assert row.differs


@pytest.mark.parametrize(
    ("prune", "words"),
    [
        ("managed", "a delete"),
        ("unpublish", "unpublished, and let go"),
        ("never", "it stays in the account"),
    ],
)
def test_what_left_the_catalog_is_told_what_becomes_of_it(prune: str, words: str) -> None:
    live = account(has("category", "1", name="C", published=True))
    known = state(entry("category", "c", "1", name="C", parent=None, published=True))
    assert told(C, live, known, prune=prune).identity == f"left the catalog: {words}"
