"""Files that are left behind lose the links that are ours, and only those (docs/api.md)."""

from typing import Any

import pytest

from reconciler.model import Applied, Change, FieldChange, Ref
from reconciler.plan.undeletable import STAYS, replaced, successor, unlinked, unlinked_by_upload
from reconciler.wire import Names
from tests.build import entry, has

HERO = Ref("file", "hero")
NAMES = Names(
    keys={"collection": {"1": "a", "2": "b"}, "category": {"1": "wrong"}},
    ids={Ref("collection", "a"): "1", Ref("collection", "b"): "2"},
)
FILE = has("file", "f1", file_name="hero.jpg", collections=("1", "9", "2"))


def test_what_an_upload_replaces_has_a_key_that_no_catalog_can_hold() -> None:
    old = replaced(HERO, "5f1c2d9a-77")

    assert old == Ref("file", "hero@5f1c2d9a")
    assert successor(old) == successor(HERO) == HERO
    assert successor(replaced(old, "77")) == HERO


@pytest.mark.parametrize(
    ("sent", "ours"),
    [(("1",), ("a",)), (("9", "1"), ("id:9", "a")), (("7",), None), ((), None), (("1", "7"), ("a",))],
)  # fmt: skip
def test_our_links_go_and_those_of_others_stay(
    sent: tuple[str, ...], ours: tuple[str, ...] | None
) -> None:
    known = entry("file", "hero", "f1", file_name="hero.jpg", collections=sent)

    found = unlinked(HERO, known, FILE, NAMES)

    if ours is None:
        assert found is None
        return
    links = FieldChange(
        "collections", ("a", "id:9", "b"), None, ours, remove=ours, is_set=True
    )  # fmt: skip
    assert found == Change(
        "update", HERO, "f1", "hero.jpg", None, (links,), forget=("collections",), fallout=(STAYS,)
    )


def test_what_was_never_linked_by_us_is_left_alone() -> None:
    assert unlinked(HERO, entry("file", "hero", "f1", file_name="hero.jpg"), FILE, NAMES) is None


@pytest.mark.parametrize("protected", [False, True])
def test_a_protected_file_keeps_its_links(protected: bool) -> None:
    known = entry("file", "hero", "f1", prevent_destroy=protected, collections=("1",))

    found = unlinked(HERO, known, FILE, NAMES)

    assert found is not None
    assert found.prevent_destroy is protected
    words = "prevent_destroy is set: apply it as false first"
    assert found.blocked == (words if protected else None)


@pytest.mark.parametrize(
    ("applied", "desired", "ours"),
    [
        ({"collections": Applied(("1",))}, {}, ("a",)),
        ({}, {"collections": ("b",)}, ("b",)),
        ({"collections": Applied(("1",))}, {"collections": ("b", "unknown")}, ("a", "b")),
        ({}, {}, None),
    ],
)
def test_what_an_upload_replaces_loses_what_we_sent_or_want(
    applied: dict[str, Any], desired: dict[str, Any], ours: tuple[str, ...] | None
) -> None:
    found = unlinked_by_upload(HERO, FILE, applied, desired, NAMES)

    if ours is None:
        assert found is None
        return
    assert found is not None
    assert (found.ref, found.id, found.depends_on) == (Ref("file", "hero@f1"), "f1", (HERO,))
    assert [item.remove for item in found.fields] == [ours]
