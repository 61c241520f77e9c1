"""Who lies where and who belongs to whom; the category tree as rows."""

import pytest

from reconciler.sandbox.page import tree
from reconciler.sandbox.page.account import by_name, read, title
from tests.sandbox.page.accounts import app, put


def names(items: object) -> list[str]:
    return [item["name"] for item in items]  # type: ignore[attr-defined]


def test_a_product_is_in_its_primary_category_and_in_its_memberships() -> None:
    box = app()
    for id_ in ("c1", "c2", "c3"):
        put(box, "category", id_, name=id_.upper())
    put(box, "collection", "p", name="P", parent_id="c2", direct_parent=["c1", "c2", "lost"])

    account = read(box.store)

    assert names(account.memberships(box.store.of("collection")["p"])) == ["C2", "C1"]
    assert {id_: names(found) for id_, found in account.members.items()} == {
        "c1": ["P"],
        "c2": ["P"],
        "lost": ["P"],
    }


def test_a_variant_is_listed_only_where_its_parent_is_not() -> None:
    box = app()
    for id_ in ("c1", "c2"):
        put(box, "category", id_, name=id_)
    put(box, "collection", "p", name="Parent", parent_id="c1")
    put(box, "collection", "v", name="Variant", parent_topic_id="p", direct_parent=["c1", "c2"])

    account = read(box.store)

    assert names(account.members["c1"]) == ["Parent"]
    assert names(account.members["c2"]) == ["Variant"]
    assert names(account.variants["p"]) == ["Variant"]


def test_names_sort_by_their_letters_case_aside_and_equal_ones_by_id() -> None:
    items = [
        {"id": "2", "name": "beta"},
        {"id": "3", "name": "Alpha"},
        {"id": "1", "name": "Beta"},
        {"id": "4", "name": " "},
    ]

    assert [item["id"] for item in by_name("category", items)] == ["4", "3", "1", "2"]


def test_numbers_in_names_sort_by_their_size() -> None:
    ordered = ["", "2 m", "9", "010", "Tent", "tent 2", "Tent 2 a", "Tent 10", f"Tent {'9' * 5000}"]
    items = [{"id": str(n), "name": name} for n, name in enumerate(ordered)]

    found = by_name("region", items[::-1])

    assert [item["name"] for item in found] == [*ordered[1:4], "", *ordered[4:]]


@pytest.mark.parametrize(
    ("kind", "item", "expected"),
    [
        ("category", {"name": " Jackets "}, "Jackets"),
        ("attribute", {"label": "Colour"}, "Colour"),
        ("resource", {"description": "Guide"}, "Guide"),
        ("file", {"file_name": "a.jpg"}, "a.jpg"),
        ("region", {"name": "EU"}, "EU"),
        ("collection", {"name": None}, "(no name)"),
        ("collection", {}, "(no name)"),
    ],
)
def test_every_kind_has_a_name_to_show(kind: str, item: dict[str, str], expected: str) -> None:
    assert title(kind, item) == expected


def test_what_is_not_there_is_named_by_its_id() -> None:
    assert read(app().store).name("category", "gone") == "gone"


def test_the_tree_counts_each_product_once_however_often_it_is_below() -> None:
    box = app()
    put(box, "category", "top", name="Top")
    put(box, "category", "in1", name="In 1", parent_id="top")
    put(box, "category", "in2", name="In 2", parent_id="top")
    put(box, "category", "other", name="Other")
    put(box, "collection", "both", name="Both", direct_parent=["in1", "in2"])
    put(box, "collection", "one", name="One", parent_id="in1")

    rows = tree.rows(read(box.store), "in2")

    assert [(row.depth, row.name, row.count) for row in rows] == [
        (0, "Other", 0),
        (0, "Top", 2),
        (1, "In 1", 2),
        (1, "In 2", 1),
    ]
    assert [row.open for row in rows] == [False, True, False, True]
    assert [row.current for row in rows] == [False, False, False, True]
    assert [row.branch for row in rows] == [False, True, False, False]
    assert [row.closes for row in rows] == [0, 0, 0, 1]


def test_a_category_whose_parent_is_gone_stands_at_the_top() -> None:
    box = app()
    put(box, "category", "c", name="Left behind", parent_id="gone")

    assert [row.name for row in tree.rows(read(box.store))] == ["Left behind"]


def test_categories_that_lie_in_each_other_are_shown_once() -> None:
    box = app()
    put(box, "category", "a", name="A", parent_id="b")
    put(box, "category", "b", name="B", parent_id="a")
    put(box, "category", "self", name="Self", parent_id="self")

    account = read(box.store)

    assert [(row.depth, row.name) for row in tree.rows(account, "b")] == [
        (0, "A"),
        (1, "B"),
        (0, "Self"),
    ]
    assert names(account.path("b")) == ["A", "B"]


def test_a_tree_a_thousand_deep_needs_no_recursion() -> None:
    box = app()
    for number in range(1000):
        put(box, "category", f"c{number}", name=f"{number}", parent_id=f"c{number - 1}")
    put(box, "collection", "p", name="P", parent_id="c999")

    rows = tree.rows(read(box.store))

    assert [row.count for row in rows] == [1] * 1000
    assert rows[-1].closes == 999
