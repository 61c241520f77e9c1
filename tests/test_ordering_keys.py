"""The natural keys that changes give up and take, and who waits for whom (contract 2.1, 2.4)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from reconciler.kinds import KINDS
from reconciler.model import Change, FieldChange, Ref
from reconciler.ordering.competing import bound, given_up, givers, keys_of, natural_keys, taken
from reconciler.wire import Names
from tests.build import account, has

NAMES = Names(keys={"category": {"1": "a", "2": "b", "3": "c"}, "collection": {"9": "p"}})

KEYS: dict[str, tuple[str, dict[str, Any], list[tuple[str, ...]]]] = {
    "a category by where it stands and its name": (
        "category", {"name": "Hats", "parent": "men"}, [("parent: men", "name: Hats")],
    ),
    "a top category by its name": (
        "category", {"name": "Hats", "parent": None}, [("parent: ", "name: Hats")],
    ),
    "a product by its additional title first": (
        "collection", {"name": "Cap", "additional_title": "SKU 1", "category": "hats"},
        [("additional_title: SKU 1",), ("category: hats", "name: Cap")],
    ),
    "a product without one by its category": (
        "collection", {"name": "Cap", "additional_title": " ", "category": "hats"},
        [("category: hats", "name: Cap")],
    ),
    "a product that stands nowhere by its name": (
        "collection", {"name": "Cap"}, [("category: ", "name: Cap")],
    ),
    "a variant by its parent": (
        "collection", {"name": "Red", "variant_of": "cap", "category": "hats"},
        [("variant_of: cap", "name: Red")],
    ),
    "an attribute by its label with and without its type": (
        "attribute", {"label": "Size", "type": "Text"},
        [("label: Size", "type: Text"), ("label: Size",)],
    ),
    "a resource by its link, and by its description in its category": (
        "resource", {"link": "https://x", "description": "Chart", "category": "hats"},
        [("link: https://x", "description: Chart"), ("category: hats", "description: Chart")],
    ),
    "a text as trimmed and unescaped": (
        "attribute_group", {"name": " Care &amp; use "}, [("name: Care & use",)],
    ),
    "nothing without a name": ("category", {"parent": "men"}, []),
}  # fmt: skip


@pytest.mark.parametrize("case", KEYS, ids=lambda name: name.replace(" ", "_"))
def test_natural_keys_know(case: str) -> None:
    kind, fields, wanted = KEYS[case]

    found = natural_keys(KINDS[kind], fields)

    assert [tuple(f"{name}: {text}" for name, text in key) for key in found] == wanted


def test_the_title_alone_comes_last_where_it_counts_anywhere() -> None:
    fields = {"name": "Hats", "parent": "men"}

    assert natural_keys(KINDS["category"], fields, anywhere=True) == [
        (("parent", "men"), ("name", "Hats")),
        (("name", "Hats"),),
    ]
    assert natural_keys(KINDS["category"], {"parent": "men"}, anywhere=True) == []


def test_a_live_object_has_its_keys_in_the_words_of_the_catalog() -> None:
    cap = has("collection", "5", name="Cap &lt;S&gt;", category="2", published=True)

    assert keys_of(cap, NAMES) == [(("category", "b"), ("name", "Cap <S>"))]
    assert keys_of(None, NAMES) == []


def put(key: str, id_: str, *fields: FieldChange, kind: str = "category", **more: Any) -> Change:
    return Change("update", Ref(kind, key), id_, key, None, fields, **more)


def post(key: str, **sent: Any) -> Change:
    return Change("create", Ref("category", key), None, key, None, sent=sent)


def gone(key: str, id_: str) -> Change:
    return Change("delete", Ref("category", key), id_, key, None)


ONE_TO_TWO = FieldChange("name", "One", "Two")
ONE, TWO = ("name", "One"), ("name", "Two")
TOP = ("parent", "")
LIVE = account(
    has("category", "1", name="One"),
    has("category", "2", name="Two", parent="1"),
    has("category", "3", name="Three"),
    has("collection", "9", name="Cap", category="1"),
    has("file", "7", file_name="old.png"),
)


def test_a_rename_gives_the_old_key_up_and_takes_the_new_one() -> None:
    change = put("a", "1", ONE_TO_TWO)

    assert given_up(change, LIVE, NAMES) == {(TOP, ONE)}
    assert taken(change, LIVE, NAMES) == {(TOP, TWO)}
    assert given_up(change, LIVE, NAMES, anywhere=True) == {(TOP, ONE), (ONE,)}
    assert taken(change, LIVE, NAMES, anywhere=True) == {(TOP, TWO), (TWO,)}


def test_a_move_keeps_the_title_and_gives_up_its_place() -> None:
    change = put("p", "9", FieldChange("category", "a", "b"), kind="collection")
    before, after = (("category", "a"), ("name", "Cap")), (("category", "b"), ("name", "Cap"))

    for anywhere in (False, True):
        assert given_up(change, LIVE, NAMES, anywhere=anywhere) == {before}
        assert taken(change, LIVE, NAMES, anywhere=anywhere) == {after}


def test_a_create_takes_and_a_delete_gives_up() -> None:
    create, delete = post("n", name="One", parent=None), gone("a", "1")

    assert (given_up(create, LIVE, NAMES), taken(create, LIVE, NAMES)) == (set(), {(TOP, ONE)})
    assert taken(create, LIVE, NAMES, anywhere=True) == {(TOP, ONE), (ONE,)}
    assert (given_up(delete, LIVE, NAMES), taken(delete, LIVE, NAMES)) == ({(TOP, ONE)}, set())


def test_what_is_not_there_gives_nothing_up() -> None:
    assert given_up(gone("x", "404"), LIVE, NAMES) == set()
    assert taken(put("x", "404", ONE_TO_TWO), LIVE, NAMES) == set()


def test_other_fields_are_no_rename() -> None:
    change = put("a", "1", FieldChange("published", False, True))

    assert given_up(change, LIVE, NAMES) == taken(change, LIVE, NAMES) == set()


def test_an_upload_gives_no_name_up_since_the_old_file_stays() -> None:
    rename = FieldChange("file_name", "old.png", "new.png")
    change = put("f", "7", rename, kind="file", upload="new.png")

    assert given_up(change, LIVE, NAMES) == set()


# --- who waits ----------------------------------------------------------------------------------


def refs(*keys: str) -> tuple[Ref, ...]:
    return tuple(Ref("category", key) for key in keys)


def waiting(
    *changes: Change, kinds: Collection[str] = (), conflicts: Collection[Ref] = ()
) -> dict[str, str]:
    """What the changes depend on, and after / what they come."""
    found = bound(changes, LIVE, NAMES, kinds, conflicts)
    assert [item.ref for item in found] == [item.ref for item in changes]
    return {
        item.ref.key: " ".join((*(x.key for x in item.depends_on), *(f"/{x.key}" for x in item.after)))
        for item in found
    }  # fmt: skip


def test_who_takes_a_name_comes_after_the_update_and_waits_for_the_delete_that_gives_it_up() -> (
    None
):
    rename, delete = put("a", "1", ONE_TO_TWO), gone("c", "3")
    one, three = post("n", name="One", parent=None), post("m", name="Three", parent=None)
    changes = rename, delete, one, three

    assert waiting(*changes) == {"a": "", "c": "", "n": "", "m": ""}
    assert waiting(*changes, kinds=("collection",)) == {"a": "", "c": "", "n": "", "m": ""}
    assert waiting(*changes, kinds=("category",)) == {"a": "", "c": "", "n": "/a", "m": "c"}


def test_what_is_waited_for_already_is_not_named_twice() -> None:
    taker = Change(
        "create", Ref("category", "m"), None, "m", None,
        sent={"name": "Three", "parent": None}, depends_on=refs("c"),
    )  # fmt: skip

    assert waiting(gone("c", "3"), taker, kinds=("category",)) == {"c": "", "m": "c"}


def test_after_a_conflict_the_name_alone_counts_wherever_the_other_stands() -> None:
    """A 409 says that the name is taken; the account may mean the name in the whole account."""
    giver = put("a", "1", ONE_TO_TWO)
    create = post("n", name="One", parent="b")
    rename = put("b", "2", FieldChange("name", "Two", "One"))
    other = post("o", name="One", parent="c")
    changes = giver, create, rename, other

    assert waiting(*changes, kinds=("category",)) == {"a": "", "n": "", "b": "", "o": ""}
    found = waiting(*changes, conflicts=refs("n"))
    assert found == {"a": "", "n": "/a", "b": "", "o": ""}
    found = waiting(giver, create, rename, other, conflicts=refs("b"))
    assert found == {"a": "", "n": "", "b": "/a", "o": ""}


def test_a_conflict_of_one_leaves_the_others_to_what_is_known_of_the_account() -> None:
    giver = put("a", "1", ONE_TO_TWO)
    conflict, plain = post("n", name="One", parent="b"), post("o", name="One", parent=None)

    found = waiting(giver, conflict, plain, kinds=("category",), conflicts=refs("n"))
    assert found == {"a": "", "n": "/a", "o": "/a"}
    found = waiting(giver, conflict, plain, conflicts=refs("n"))
    assert found == {"a": "", "n": "/a", "o": ""}
    assert givers([giver, conflict], LIVE, NAMES, refs("n")) == {conflict.ref: (giver.ref,)}


def test_a_circle_through_a_delete_may_be_one_object_and_says_so() -> None:
    """b can take the name of a only when a is gone, and a is only empty when b has left it."""
    leaves = gone("a", "1")
    stays = put("b", "2", FieldChange("name", "Two", "One"), FieldChange("parent", "a", None))

    found = bound([leaves, stays], LIVE, NAMES, ("category",))

    assert [item.blocked for item in found] == [
        "this account refuses equal names, and category/b takes the name of category/a, which "
        "cannot give it up before: apply with another name for category/b first, then with this "
        "one, or say with `moved:` that it is the same object"
    ] * 2


def test_a_swap_is_no_one_object() -> None:
    one = put("a", "1", FieldChange("name", "One", "Three"))
    two = put("c", "3", FieldChange("name", "Three", "One"))
    beside = gone("b", "2")

    found = bound([beside, one, two], LIVE, NAMES, ("category",))

    assert [item.blocked for item in found] == [
        None,
        *[
            "this account refuses equal names, and category/a takes the name of category/c, which "
            "cannot give it up before: apply with another name for category/a first, then with "
            "this one"
        ]
        * 2,
    ]
