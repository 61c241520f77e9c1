"""`pxm preview`, and the cards of a plan's page, by the command line (contract 8.5)."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from reconciler.cli import run
from reconciler.cli.thumbnails import LEAST, SIDES, _side, thumbnails
from reconciler.model import Ref

CATALOG = """\
categories:
  - {key: camp, name: Camp, children: [{key: tents, name: Tents}]}
  - {key: packs, name: Packs}
collections:
  - {key: dome, name: Dome, category: tents}
  - {key: pack, name: Pack, category: packs}
files:
  - {key: hero, path: hero.png, collections: [dome]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog with a picture, and a sandbox of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PXM_SANDBOX_DB", str(tmp_path / "sandbox.db"))
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "all.yaml").write_text(CATALOG, encoding="utf-8")
    Image.new("RGBA", (900, 300), (200, 0, 0, 128)).save(tmp_path / "catalog" / "hero.png")
    return tmp_path


def pages(out: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(out.iterdir())}


def test_the_catalog_is_written_as_a_site_without_an_account(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["preview"]) == 0
    assert "Wrote preview: 2 products, 2 files, 0.0 MB. Open preview/index.html" in (
        capsys.readouterr().out
    )
    found = pages(folder / "preview")
    assert list(found) == ["index.html", "page-001.html"]
    assert found["page-001.html"].count("data:image/jpeg;base64,") == 1
    assert not (folder / "sandbox.db").exists()


def test_one_category_can_be_shown_alone(folder: Path) -> None:
    assert run(["preview", "--under", "camp", "--out", "made/of/camp"]) == 0
    page = (folder / "made/of/camp/page-001.html").read_text(encoding="utf-8")
    assert "<h1>Preview of Camp</h1>" in page
    assert 'id="dome"' in page
    assert 'id="pack"' not in page


def test_a_category_that_is_not_there_is_told_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["preview", "--under", "tent"]) == 1
    assert "--under tent: there is no such category" in (said := capsys.readouterr().err)
    assert "tents" in said


def test_a_catalog_with_errors_is_not_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "catalog" / "all.yaml").write_text("collections: [{key: a}]", encoding="utf-8")
    assert run(["preview"]) == 1
    assert "all.yaml:1:" in capsys.readouterr().err
    assert not (folder / "preview").exists()


def test_a_second_preview_takes_the_place_of_the_first_and_leaves_other_files(folder: Path) -> None:
    assert run(["preview"]) == 0
    out = folder / "preview"
    stale = (out / "page-001.html").read_text(encoding="utf-8")
    (out / "page-009.html").write_text(stale, encoding="utf-8")
    (out / "notes.html").write_text("mine", encoding="utf-8")
    assert run(["preview", "--under", "packs"]) == 0
    assert list(pages(out)) == ["index.html", "notes.html", "page-001.html"]
    assert 'id="dome"' not in pages(out)["page-001.html"]


@pytest.mark.parametrize("name", ["index.html", "page-001.html"])
def test_a_file_that_is_not_ours_is_never_overwritten(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "preview"
    out.mkdir()
    (out / name).write_text("<!doctype html>mine", encoding="utf-8")
    assert run(["preview"]) == 1
    assert f"{name} is there, and is no page of a preview" in capsys.readouterr().err
    assert pages(out) == {name: "<!doctype html>mine"}


def test_nothing_is_written_through_a_link(folder: Path) -> None:
    assert run(["preview", "--out", "first"]) == 0
    before = pages(folder / "first")
    (folder / "preview").mkdir()
    (folder / "preview" / "index.html").symlink_to(folder / "first" / "index.html")
    assert run(["preview", "--under", "packs"]) == 1
    assert pages(folder / "first") == before


def test_where_nothing_can_be_written_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").write_text("", encoding="utf-8")
    assert run(["preview", "--out", "file/under"]) == 1
    assert "--out file/under: cannot be written" in capsys.readouterr().err


def test_a_saved_plan_shows_the_same_cards(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["apply", "--yes"]) == 0
    text = CATALOG.replace("name: Dome", "name: Big Dome")
    (folder / "catalog" / "all.yaml").write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert run(["plan", "--out", "plan.json", "--format", "html"]) == 0
    planned = capsys.readouterr().out
    assert run(["show", "plan.json", "--format", "html"]) == 0
    assert capsys.readouterr().out == planned
    assert "1 product as a shop would show it" in planned
    assert planned.count("data:image/jpeg;base64,") == 2
    for gone in (CATALOG, "collections: [{key: a}]"):
        (folder / "catalog" / "all.yaml").write_text(gone, encoding="utf-8")
        assert run(["show", "plan.json", "--format", "html"]) == 0
        assert "as a shop" not in capsys.readouterr().out


# --- thumbnails ---------------------------------------------------------------------------------


def test_a_thumbnail_is_small_upright_and_on_white(folder: Path) -> None:
    ref = Ref("file", "hero")
    (made,) = thumbnails({ref: folder / "catalog" / "hero.png"}).values()
    head, _, data = made.src.partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (SIDES[0][1], 107)
        red, green, blue = image.getpixel((5, 5))  # type: ignore[misc]
        assert (red > 200, 100 < green < 150, 100 < blue < 150) == (True, True, True)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "RGB", "RGBA"])
def test_pictures_of_every_sort_have_one(mode: str, folder: Path) -> None:
    path = folder / ("picture.jpg" if mode == "CMYK" else "picture.png")
    Image.new(mode, (40, 30)).save(path)
    assert thumbnails({Ref("file", "it"): path})


def test_what_is_no_picture_has_no_thumbnail(folder: Path) -> None:
    (folder / "text.png").write_text("<svg onload=alert(1)>", encoding="utf-8")
    Image.new("1", (20_000, 20_000)).save(folder / "bomb.png")
    files = {Ref("file", name): folder / name for name in ("text.png", "bomb.png", "none.png")}
    assert thumbnails(files) == {}


def test_the_more_pictures_the_smaller_they_are() -> None:
    sides = [_side(count) for count in (1, 300, 301, 2_000, 100_000)]
    assert sides == [320, 320, 240, 160, LEAST]
