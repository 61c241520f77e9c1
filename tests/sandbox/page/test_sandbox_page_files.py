"""Files as the pages show them."""

import pytest

from reconciler.sandbox.page.files import asset, dimension, renditions, size
from tests.sandbox.page.accounts import app, put


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        (None, {}),
        ([], {}),
        ({"thumb": "http://127.0.0.1:8/f/1/thumb"}, {"thumb": "/f/1/thumb"}),
        ({"thumb": "/f/1/thumb?size=2"}, {"thumb": "/f/1/thumb?size=2"}),
        ({"thumb": {"url": "https://elsewhere.example/f/1"}}, {"thumb": "/f/1"}),
        ({"thumb": "javascript:alert(1)", "small": "", "large": 7, "preview": None}, {}),
        ({"thumb": "http://here.example//elsewhere.example/x", "small": "http://["}, {}),
    ],
)
def test_renditions_are_addresses_on_this_very_server(
    variants: object, expected: dict[str, str]
) -> None:
    assert renditions(variants) == expected


@pytest.mark.parametrize(
    ("bytes_", "expected"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        ("1000", "1.0 kB"),
        (123_456, "123.5 kB"),
        (5_000_000, "5.0 MB"),
        (7_300_000_000, "7.3 GB"),
        (7_300_000_000_000, "7,300.0 GB"),
        (None, ""),
        ("big", ""),
        ("٣", ""),
    ],
)
def test_a_size_reads_in_units(bytes_: object, expected: str) -> None:
    assert size(bytes_) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [({"width": 640, "height": 480}, "640 × 480"), ("640x480", "640x480"), (None, "")],
)
def test_a_dimension_reads_as_width_and_height(stored: object, expected: str) -> None:
    assert dimension(stored) == expected


def test_a_file_without_renditions_has_no_picture() -> None:
    box = app()
    put(box, "file", "f", file_name="a.pdf", type=None, is_converting=True)

    found = asset(box.presenter, box.store.of("file")["f"])

    assert (found.name, found.type, found.converting) == ("a.pdf", "misc", True)
    assert (found.thumb, found.picture, found.renditions) == ("", "", {})
