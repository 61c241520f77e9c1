"""Keys made of names: readable, unique, the same each time."""

import pytest

from reconciler.model import LiveObject
from reconciler.pull.keys import assign, slug, wishes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Rain Jacket - M", "rain-jacket-m"),
        ("Hats, Gloves &amp; Socks", "hats-gloves-socks"),
        ("Women's Größe É", "womens-grosse-e"),
        ("カメラ", "kamera"),
        ("  ", ""),
        ("***", ""),
        ("word " * 20, "word-word-word-word-word-word-word-word-word-word-word-word"),
        ("x" * 80, "x" * 60),
    ],
)
def test_a_slug_is_readable(text: str, wanted: str) -> None:
    assert slug(text) == wanted


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
