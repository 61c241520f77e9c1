"""Keys made of names: readable, unique, the same each time."""

import pytest

from reconciler.model import LiveObject
from reconciler.pull.keys import assign, is_japanese, slug, wishes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Rain Jacket - M", "rain-jacket-m"),
        ("Hats, Gloves &amp; Socks", "hats-gloves-socks"),
        ("Women's Größe É", "womens-grosse-e"),
        ("カメラ", "kamera"),
        ("  ", ""),
        ("***", ""),
        ("防水ジャケット Pro", "jiyaketto-pro"),
        ("防水", "fangshui"),
        ("优の良品", "younoliangpin"),
    ],
)
def test_a_slug_is_readable(text: str, wanted: str) -> None:
    assert slug(text) == wanted


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["Jackets", "Boots"], False),
        ([], False),
        (["雨衣", "優の良品"], False),
        (["靴", "ジャケット"], True),
        (["ジャケット", *["雨衣"] * 9], True),
        (["ジャケット", *["雨衣"] * 10], False),
        (["Jackets"] * 50 + ["上着", "ブーツ"], True),
    ],
)
def test_an_account_is_japanese_where_a_tenth_of_its_names_has_kana(
    names: list[str], wanted: bool
) -> None:
    assert is_japanese(names) == wanted


def test_chinese_characters_are_not_read_as_chinese_in_a_japanese_account() -> None:
    item = object_("collection", name="防水", additional_title="S-1")

    assert wishes(item, "", japanese=True) == ("", "-s-1", "s-1")
    assert assign({"1": wishes(item, "", japanese=True)}, (), "collection") == {"1": "s-1"}
    nameless = wishes(object_("category", name="防水"), "top", japanese=True)
    assert assign({"1": nameless, "2": nameless}, (), "category") == {
        "1": "category",
        "2": "category-2",
    }


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        ("word-" * 38 + "w", "word-" * 38 + "w"),
        ("word-" * 38 + "word", ("word-" * 38)[:-1]),
        ("x" * 250, "x" * 192),
        ("x" * 192 + "-tail", "x" * 192),
        ("a" * 180 + "/one-two-three-four", "a" * 180 + "/one-two"),
        ("a" * 180 + "/onetwothreefour", "a" * 180 + "/onetwothree"),
    ],
)
def test_only_what_is_too_long_for_a_key_is_cut_and_by_words(wish: str, wanted: str) -> None:
    assert assign({"1": (wish,)}, (), "thing") == {"1": wanted}


def test_a_key_of_which_nothing_of_its_own_would_stay_is_no_candidate() -> None:
    assert assign({"1": ("a" * 192 + "/one", "s-1")}, (), "thing") == {"1": "s-1"}


def test_the_first_name_that_nobody_else_wants_is_taken() -> None:
    asked = {
        "1": ("jackets",),
        "2": ("jackets", "men/jackets"),
        "3": ("jackets", "women/jackets"),
        "4": ("socks",),
    }

    assert assign(asked, (), "x") == {
        "4": "socks",
        "2": "men/jackets",
        "3": "women/jackets",
        "1": "jackets",
    }


def test_what_cannot_be_told_apart_is_numbered_in_order() -> None:
    asked = {"1": ("a",), "2": ("a",), "3": (), "4": ("bad key!",)}

    assert assign(asked, ("a-2",), "thing") == {"1": "a", "2": "a-3", "3": "thing", "4": "thing-2"}


def object_(kind: str, **fields: str) -> LiveObject:
    """A live object."""
    return LiveObject(kind, "1", fields)


@pytest.mark.parametrize(
    ("item", "above", "wanted"),
    [
        (object_("category", name="Jackets"), "men", ("jackets", "men/jackets")),
        (
            object_("collection", name="Rain", additional_title="S-1"),
            "",
            ("rain", "rain-s-1", "s-1"),
        ),
        (
            object_("collection", name="Rain - M", additional_title="S-1"),
            "a/rain",
            ("rain-m", "a/rain/rain-m", "s-1", "a/rain/s-1", "rain-m"),
        ),
        (object_("collection", name="M"), "rain", ("", "rain/m", "", "", "m")),
        (object_("attribute", label="Size", type="Pick List"), "", ("size", "size-pick-list")),
        (
            object_("resource", description="Guide", link="https://x/a/care.pdf/"),
            "",
            ("guide", "guide-care-pdf"),
        ),
        (object_("file", file_name="a.jpg"), "", ("a-jpg",)),
    ],
)
def test_what_an_object_could_be_called(
    item: LiveObject, above: str, wanted: tuple[str, ...]
) -> None:
    assert wishes(item, above) == wanted
