"""The README's picture of a plan."""

from xml.etree import ElementTree

from reconciler.reports.text import plan_text
from tests.reports.plans import EVERYTHING
from tests.reports.svg import text_svg

PICTURE = text_svg(plan_text(EVERYTHING, color=True, width=90), "pxm plan")


def test_the_same_text_gives_the_same_picture() -> None:
    assert text_svg(plan_text(EVERYTHING, color=True, width=90), "pxm plan") == PICTURE


def test_a_picture_is_xml_with_the_lines_and_the_title() -> None:
    root = ElementTree.fromstring(PICTURE)
    words = "".join(root.itertext()).replace("\xa0", " ")
    assert "pxm plan" in words
    assert "+ collection/rain-jacket" in words
    assert "Plan: 1 to create, 1 to recreate" in words


def test_a_picture_loads_nothing() -> None:
    assert "@font-face" not in PICTURE
    assert "url(http" not in PICTURE


def test_text_in_a_picture_is_inert() -> None:
    assert "<script>" not in text_svg("<script>alert(1)</script>", "<b>")
    ElementTree.fromstring(text_svg("a & b", "<b> & c"))
