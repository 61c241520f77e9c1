"""Long texts of an account in files of their own, and their drift taken over (contract 1.4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.catalog import load
from reconciler.model import Catalog, LiveObject, Ref
from reconciler.pull.accept.entries import carry_out
from reconciler.pull.accept.wishes import Become
from reconciler.pull.files import files
from reconciler.pull.longtexts import LongTexts
from reconciler.pull.pulled import Prose, Pulled
from reconciler.refactor.files import Files, catalog_texts
from tests.pull.accounts import World, world

STORY = "<p>Dry in any rain.</p>\n<p>Über & out</p>\n"
FILE = "texts/collections/rain.story.html"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
    """An account with a product that has a long text and a short one."""
    with world(tmp_path / "catalog") as made:
        put = made.sandbox.put_object
        story = put("attribute", {"label": "Story", "value_type": "Text"})
        fit = put("attribute", {"label": "Fit", "value_type": "Text"})
        values = [{"id": story, "value": STORY}, {"id": fit, "value": "Slim"}]
        put("collection", {"name": "Rain", "attributes": values})
        put("resource", {"description": "How to\nwash it", "link": "https://example.com/g"})
        yield made


def change(shop: World, text: str) -> None:
    """Somebody else edits the story."""
    item = next(x for x in shop.sandbox.all("collection") if x["name"] == "Rain")
    first, *rest = item["attributes"]
    shop.sandbox.edit("collection", item["id"], attributes=[{**first, "value": text}, *rest])


def test_texts_of_more_characters_get_files_and_a_plan_is_empty(shop: World) -> None:
    result = shop.pull(longest=8)

    assert (shop.folder / FILE).read_bytes() == (STORY + "\n").encode()
    guide = shop.folder / "texts/resources/how-to-wash-it.description.txt"
    assert guide.read_text() == "How to\nwash it\n"
    assert "story: {file: texts/collections/rain.story.html}" in shop.texts()["products.yaml"]
    assert "fit: Slim" in shop.texts()["products.yaml"]
    assert sorted(result.counts) == ["attributes.yaml", "products.yaml", "resources.yaml"]
    assert shop.plan().changes == ()
    assert not shop.drift().found


def test_a_second_pull_writes_the_same_bytes(shop: World, tmp_path: Path) -> None:
    shop.pull(longest=8)
    before = {path.name: path.read_bytes() for path in shop.folder.rglob("*.*")}
    shop.pull(tmp_path / "again", longest=8)

    assert {path.name: path.read_bytes() for path in (tmp_path / "again").rglob("*.*")} == before


@pytest.mark.parametrize(
    ("encoding", "line_end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r\n")]
)
def test_drift_is_taken_over_into_the_file_as_that_is_written(
    shop: World, encoding: str, line_end: str
) -> None:
    shop.pull(longest=8)
    path = shop.folder / FILE
    path.write_bytes((STORY + "\n").replace("\n", line_end).encode(encoding))
    before = shop.texts()
    change(shop, "<p>Dry.</p>\n<p>And light.</p>")
    done = shop.accept()

    assert done.stays == done.remaining == ()
    assert done.files == (FILE,)
    wanted = "<p>Dry.</p>\n<p>And light.</p>\n".replace("\n", line_end).encode(encoding)
    assert path.read_bytes() == wanted
    assert shop.texts() == before
    assert shop.plan().changes == ()
    assert not shop.drift().found


def test_a_text_that_is_gone_goes_from_the_yaml(shop: World) -> None:
    shop.pull(longest=8)
    (item,) = shop.sandbox.all("collection")
    shop.sandbox.edit("collection", item["id"], attributes=item["attributes"][1:])
    done = shop.accept()

    assert done.files == ("products.yaml",)
    assert "story" not in shop.texts()["products.yaml"]
    assert shop.plan().changes == ()


def test_a_file_that_is_the_text_of_others_too_is_left(shop: World) -> None:
    shop.sandbox.put_object("collection", {"name": "Sun", "attributes": []})
    shop.pull(longest=8)
    products = shop.folder / "products.yaml"
    shared = f"  - key: sun\n    name: Sun\n    attributes: {{story: {{file: {FILE}}}}}\n"
    products.write_text(products.read_text().replace("  - key: sun\n    name: Sun\n", shared))
    change(shop, "Other")
    done = shop.accept("collection/rain")

    (left,) = done.stays
    assert (left.ref, left.path) == (Ref("collection", "rain"), "attributes.story")
    assert left.reason == f"it stands in {FILE}, which is a text of others too"
    assert (shop.folder / FILE).read_text() == STORY + "\n"


def test_a_file_that_is_uploaded_too_is_left(shop: World) -> None:
    shop.pull(longest=8)
    (shop.folder / "files.yaml").write_text(f"files:\n  - {{key: story, path: {FILE}}}\n")

    assert other_story(shop, load(shop.folder)) == f"it stands in {FILE}, which is uploaded too"


def other_story(shop: World, catalog: Catalog) -> str:
    """Why the text file of the story is left as it is."""
    wish = Become(Ref("collection", "rain"), ("attributes", "story"), "Other")
    files = Files(catalog_texts(shop.folder, catalog, ""), shop.folder)
    (left,) = carry_out(files, catalog, [wish])
    assert files.prose == {}
    return left.reason


@pytest.mark.parametrize("saved", [b"Mine\n", b"\xff", None])
def test_a_text_that_somebody_saved_since_the_catalog_was_read_is_left(
    shop: World, saved: bytes | None
) -> None:
    shop.pull(longest=8)
    catalog = load(shop.folder)
    file = shop.folder / FILE
    if saved is None:
        file.unlink()
    else:
        file.write_bytes(saved)

    assert other_story(shop, catalog) == f"{FILE} was changed meanwhile"


def test_a_carriage_return_that_no_checkout_keeps_is_left(shop: World) -> None:
    shop.pull(longest=8)
    change(shop, "one\rtwo")
    (left,) = shop.accept().stays

    assert left.reason == f"it holds a line end that {FILE} cannot keep"


def test_where_the_state_cannot_be_saved_the_text_is_as_it_was(shop: World) -> None:
    shop.pull(longest=8)
    change(shop, "Other")

    def full(_: object) -> None:
        raise OSError("no room")

    shop.save = full  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no room"):
        shop.accept()
    assert (shop.folder / FILE).read_text() == STORY + "\n"


@given(st.lists(st.tuples(st.sampled_from(["a", "A", "a.b", "b"]), st.sampled_from(["c", "b.c"]))))
@settings(max_examples=50)
def test_no_two_texts_share_a_file_on_any_disk(names: list[tuple[str, str]]) -> None:
    texts = LongTexts(0)
    for key, attribute in names:
        texts.said(Ref("collection", key), f"attributes.{attribute}", Prose("x"), "")

    assert len({name.lower() for name in texts.found}) == len(texts.found) == len(set(names))


def test_a_path_leads_from_the_folder_of_the_yaml() -> None:
    category = Pulled(Ref("category", "men"), LiveObject("category", "1", {"name": "Men"}))
    text = {"category": "men", "attributes.story": Prose("long enough")}
    product = Pulled(Ref("collection", "a/b"), LiveObject("collection", "2", {}), text)
    made = files([category, product], None, 5)

    assert "{file: ../texts/collections/a/b.story.txt}" in made.texts["products/men.yaml"]
    assert made.texts["texts/collections/a/b.story.txt"] == "long enough\n"
