"""What a plan does about each object that the catalog declares, as whole changes (contract 2.4)."""

from dataclasses import replace
from typing import Any

from reconciler.enums import Class
from reconciler.live import with_processing
from reconciler.model import (
    Catalog,
    Change,
    Entry,
    FieldChange,
    Live,
    LiveObject,
    Origin,
    Place,
    Policy,
    Ref,
    Resource,
    Settle,
    State,
)
from reconciler.plan import build
from reconciler.plan.undeletable import STAYS
from tests.build import account, catalog, entry, has, state, want

TOPS = Ref("category", "tops")


def only(wanted: Catalog, live: Live, known: State) -> Change:
    (change,) = build(wanted, live, known).changes
    return change


def of_tops(action: Any, id_: str | None, label: str = "Tops", **rest: Any) -> Change:
    place = want("category", "tops").place
    return Change(action, TOPS, id_, label, place, **rest)


def test_an_object_that_is_not_there_is_created_with_all_that_is_declared() -> None:
    wanted = want("category", "tops", name="Tops", prevent_destroy=True)

    assert only(catalog(wanted), account(), state()) == of_tops(
        "create", None, sent={"name": "Tops", "parent": None}, prevent_destroy=True
    )


def test_an_object_without_a_name_is_called_by_its_key() -> None:
    wanted = want("category", "tops", published=True)

    assert only(catalog(wanted), account(), state()).label == "tops"


def test_an_object_that_was_deleted_elsewhere_is_created_again() -> None:
    known = state(entry("category", "tops", "1", name="Tops", parent=None))
    live = account(gone=[("category", "1")])

    change = only(catalog(want("category", "tops", name="Tops")), live, known)

    assert change == of_tops("recreate", None, sent={"name": "Tops", "parent": None})


def test_nothing_is_created_again_where_regions_are_gone_too() -> None:
    known = state(entry("category", "tops", "1", name="Tops", parent=None))
    live = account(gone=[("category", "1")])
    live = replace(live, account=replace(live.account, regions=frozenset({"r-us"})))
    live = replace(live, regions=live.regions[1:])

    change = only(catalog(want("category", "tops", name="Tops")), live, known)

    assert change == of_tops(
        "recreate",
        None,
        sent={"name": "Tops", "parent": None},
        blocked="it is gone, but so are regions of the account: these credentials see less",
    )


def test_an_object_of_ours_gets_what_differs_and_no_more() -> None:
    known = state(entry("category", "tops", "1", name="Old", parent=None))
    live = account(has("category", "1", name="Old"))

    change = only(catalog(want("category", "tops", name="Tops")), live, known)

    assert change == of_tops(
        "update",
        "1",
        fields=(FieldChange("name", "Old", "Tops", "Old"),),
        cls=Class.PENDING,
        sent={"name": "Tops"},
    )


def test_an_adopted_object_is_ours_in_all_that_is_not_ignored() -> None:
    wanted = want("category", "tops", name="Tops", published=True, ignore=("published",))
    live = account(has("category", "1", name="Tops", published=False))

    change = only(catalog(wanted), live, state())

    assert change == of_tops("adopt", "1", sent={"name": "Tops", "parent": None})


def test_an_object_under_a_new_key_is_moved_from_the_one_that_it_had() -> None:
    known = state(entry("category", "old", "1", name="Tops", parent=None))
    live = account(has("category", "1", name="Tops"))
    wanted = catalog(want("category", "tops", name="Tops"), moved=[("category", "old", "tops")])

    plan = build(wanted, live, known)

    assert plan.changes == (of_tops("move", "1", source="category/old"),)
    assert plan.moved == frozenset({("category", "old", "tops")})
    assert (plan.settles, plan.unchanged) == ((), 0)


def test_an_object_whose_key_has_left_is_moved_to_the_new_key_of_its_name_without_a_line() -> None:
    known = state(entry("category", "old", "1", name="Tops", parent=None, published=True))
    live = account(has("category", "1", name="Tops", published=True))

    change = only(catalog(want("category", "tops", name="Tops")), live, known)

    assert (change.action, change.id, change.source) == ("move", "1", "category/old")
    assert [(item.path, item.applied) for item in change.fields] == [("published", True)]


def test_what_needs_no_request_is_settled_or_counted() -> None:
    known = state(
        entry("category", "tops", "1", name="Old", parent=None),
        entry("category", "same", "2", name="Same", parent=None),
        entry("category", "guarded", "3", name="Guarded", parent=None),
    )
    live = account(
        has("category", "1", name="Tops"),
        has("category", "2", name="Same"),
        has("category", "3", name="Guarded"),
        has("category", "4", name="Theirs"),
    )
    wanted = catalog(
        want("category", "tops", name="Tops"),
        want("category", "same", name="Same"),
        want("category", "guarded", name="Guarded", prevent_destroy=True),
        want("category", "theirs", name="Theirs", external=True),
    )

    plan = build(wanted, live, known)

    assert plan.changes == ()
    assert plan.settles == (
        Settle(Ref("category", "guarded"), "3", {}, (), prevent_destroy=True),
        Settle(TOPS, "1", {"name": "Tops"}),
    )
    assert plan.unchanged == 3


# --- files --------------------------------------------------------------------------------------

HERO = Ref("file", "hero")
SENT = {"file_name": "hero.txt", "content": "sha256:new size:5", "collections": ("p",)}
PRODUCT = want("collection", "p", name="P", external=True)


def hero(**more: Any) -> Resource:
    return replace(want("file", "hero", **SENT, **more), file="hero.txt")


def test_a_file_that_is_not_there_is_uploaded() -> None:
    live = account(has("collection", "7", name="P"))

    change = only(catalog(hero(), PRODUCT), live, state())

    assert change == Change(
        "create", HERO, None, "hero.txt", hero().place, sent=SENT, upload="hero.txt"
    )  # fmt: skip


def test_an_upload_takes_all_that_is_declared_and_what_it_replaces_loses_our_links() -> None:
    live = account(
        has("collection", "7", name="P"),
        has("file", "f1", file_name="hero.txt", content="sha256:old size:4", collections=("7",)),
    )
    known = state(
        entry("file", "hero", "f1", file_name="hero.txt", content="sha256:old size:4", collections=("7",))
    )  # fmt: skip

    plan = build(catalog(hero(), PRODUCT), live, known)

    assert plan.changes == (
        Change(
            "update",
            HERO,
            "f1",
            "hero.txt",
            hero().place,
            fields=(
                FieldChange("content", "sha256:old size:4", SENT["content"], "sha256:old size:4"),
            ),
            sent=SENT,
            upload="hero.txt",
        ),
        Change(
            "update",
            Ref("file", "hero@f1"),
            "f1",
            "hero.txt",
            None,
            fields=(
                FieldChange("collections", ("p",), applied=("p",), remove=("p",), is_set=True),
            ),
            forget=("collections",),
            fallout=(STAYS,),
            depends_on=(HERO,),
        ),
    )


def test_a_file_that_has_left_loses_our_links_unless_nothing_is_pruned() -> None:
    live = account(
        has("collection", "7", name="P"), has("file", "f1", file_name="x", collections=("7", "8"))
    )
    known = state(entry("file", "hero", "f1", file_name="x", collections=("7",)))

    assert only(catalog(PRODUCT), live, known) == Change(
        "update",
        HERO,
        "f1",
        "x",
        None,
        fields=(FieldChange("collections", ("p", "id:8"), applied=("p",), remove=("p",), is_set=True),),
        forget=("collections",),
        fallout=(STAYS,),
    )  # fmt: skip
    assert build(catalog(PRODUCT, policy=Policy(prune="never")), live, known).changes == ()


def test_an_id_that_is_not_there_blocks_the_object_that_names_it() -> None:
    wanted = catalog(want("category", "tops", name="Tops", id="9"))
    reason = (
        "id 9, pinned at category.yaml:1:1, does not exist in the account: correct the id, or "
        "remove it to look for the object by its natural key"
    )

    assert only(wanted, account(), state()) == of_tops("adopt", None, blocked=reason)


def test_what_is_external_is_bound_and_never_written() -> None:
    live = account(has("category", "1", name="Theirs"))
    wanted = catalog(want("category", "tops", name="Tops", external=True, id="1"))

    plan = build(wanted, live, state())

    assert (plan.changes, plan.settles, plan.unchanged) == ((), (), 0)


def test_a_pinned_object_is_adopted_with_what_differs() -> None:
    live = account(has("category", "1", name="Theirs"))
    wanted = want("category", "tops", name="Tops", id="1", prevent_destroy=True)

    change = only(catalog(wanted), live, state())

    assert (change.action, change.id, change.prevent_destroy) == ("adopt", "1", True)
    assert change.sent == {"name": "Tops", "parent": None}
    assert [(item.path, item.before, item.after) for item in change.fields] == [
        ("name", "Theirs", "Tops")
    ]


def test_an_object_that_is_gone_is_created_again_under_its_new_key() -> None:
    known = state(entry("category", "old", "1", name="Tops", parent=None))
    wanted = catalog(want("category", "tops", name="Tops"), moved=[("category", "old", "tops")])

    change = only(wanted, account(gone=[("category", "1")]), known)

    assert (change.action, change.source) == ("recreate", "category/old")


def test_a_new_description_of_a_file_uploads_nothing() -> None:
    live = account(
        has("collection", "7", name="P"),
        has("file", "f1", file_name="hero.txt", content=SENT["content"], collections=()),
    )
    known = state(
        entry("file", "hero", "f1", file_name="hero.txt", content=SENT["content"], collections=())
    )

    change = only(catalog(hero(), PRODUCT), live, known)

    assert (change.action, change.upload) == ("update", None)
    assert [(item.path, item.add) for item in change.fields] == [("collections", ("p",))]


def uploaded(*collections: str) -> LiveObject:
    """The file before its content changed."""
    return has("file", "f1", file_name="hero.txt", content=OLD, collections=collections)


OLD = "sha256:old size:4"
TWO = account(
    has("collection", "7", name="P"), has("collection", "8", name="Q"), uploaded("7", "8")
)
OTHER = want("collection", "q", name="Q", external=True)


def test_what_an_upload_replaces_loses_every_link_that_is_ours_and_no_other() -> None:
    """Also one that the catalog has not got any more, but the state knows."""
    sent = {"file_name": "hero.txt", "content": OLD}
    ours = state(entry("file", "hero", "f1", **sent, collections=("7", "8")))
    theirs = state(entry("file", "hero", "f1", **sent, collections=("7",)))

    assert lost(catalog(hero(), PRODUCT, OTHER), ours) == ("p", "q")
    assert lost(catalog(hero(), PRODUCT, OTHER), theirs) == ("p",)


def lost(wanted: Catalog, known: State) -> tuple[str, ...]:
    _, left = build(wanted, TWO, known).changes
    return left.fields[0].remove


def test_a_file_that_a_lost_state_knew_is_uploaded_over_and_loses_the_declared_links() -> None:
    adopted, left = build(catalog(hero(), PRODUCT), TWO, state()).changes

    assert (adopted.action, adopted.id, adopted.upload) == ("adopt", "f1", "hero.txt")
    assert left.fields == (
        FieldChange("collections", ("p", "id:8"), applied=("p",), remove=("p",), is_set=True),
    )


def processed(entry_: Entry) -> Live:
    """An account that shows the entry's file as confirmed and not readable yet."""
    base = account(
        has("collection", "7", name="P"),
        has("file", "f1", file_name="old.txt", collections=("7",)),
        has("file", "f2", file_name="zed.txt", collections=("7",)),
        gone=[("file", "new")],
    )
    return with_processing(base, [entry_], 1_060.0)


def test_what_an_upload_replaced_keeps_our_links_until_the_new_file_can_be_read() -> None:
    late = replace(entry("file", "hero", "new", file_name="hero.txt"), processing=1_000.0)
    before = entry("file", "hero@f1", "f1", file_name="old.txt", collections=("7",))
    left = entry("file", "zed", "f2", file_name="zed.txt", collections=("7",))

    plan = build(catalog(hero(), PRODUCT), processed(late), state(late, before, left))

    assert [(str(item.ref), item.action) for item in plan.changes] == [("file/zed", "update")]


# --- where a value comes from -------------------------------------------------------------------

FROM = {"content": Origin(Ref("file", "defaults"), Place("file.yaml", 9, 1))}


def test_what_is_made_anew_says_where_its_fields_come_from_and_an_update_its_changes_alone() -> (
    None
):
    wanted = replace(hero(), origins=FROM)
    live = account(has("collection", "7", name="P"))
    sent = {"file_name": "hero.txt", "content": SENT["content"]}
    linked = account(*live.of("collection").values(), has("file", "f1", **sent, collections=()))
    known = state(entry("file", "hero", "f1", **sent, collections=()))

    made = only(catalog(wanted, PRODUCT), live, state())
    anew = build(catalog(wanted, PRODUCT), TWO, state()).changes[0]
    changed = only(catalog(wanted, PRODUCT), linked, known)

    assert (made.origins, anew.origins, changed.origins) == (FROM, FROM, {})


# --- what is no longer ours ---------------------------------------------------------------------


def test_an_update_forgets_what_it_clears_and_what_was_changed_since_it_was_sent() -> None:
    known = state(entry("collection", "p", "7", name="Old", published=True, additional_title="T"))
    live = account(has("collection", "7", name="Old", published=True, additional_title="theirs"))

    change = only(catalog(want("collection", "p", name="New")), live, known)

    assert [(item.path, item.after, item.clears) for item in change.fields] == [
        ("name", "New", False),
        ("published", None, True),
    ]
    assert sorted(change.forget) == ["additional_title", "published"]
    assert change.sent == {"name": "New"}


def test_an_id_that_is_not_there_blocks_an_object_of_ours_as_an_update() -> None:
    wanted = catalog(want("category", "tops", name="Tops", id="9"))
    known = state(entry("category", "tops", "9", name="Tops", parent=None))

    change = only(wanted, account(gone=[("category", "9")]), known)

    assert (change.action, change.id) == ("update", None)
    assert str(change.blocked).startswith("id 9, pinned at category.yaml:1:1, does not exist")
