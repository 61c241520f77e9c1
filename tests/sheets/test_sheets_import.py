"""Sheet, base and catalog, cell by cell; what is edited, what is refused, what is said of it."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from reconciler.cli import cli, run
from reconciler.sheets import csvfile

CATALOG = """\
# The catalog of a shop.
categories:
  - key: tents
    name: Tents
    children:
      - key: family
        name: Family
  - {key: new-in, name: New in}
attributes:
  - {key: care, label: Care, type: Text}
  - {key: weight, label: Weight (g), type: Number}
  - {key: color, label: Color, type: Pick List, options: [Moss, Slate]}
  - {key: seasons, label: Seasons, type: Pick List, multiple: true, options: [Spring, Autumn]}
  - key: packed
    label: Packed
    type: List
    fields: [{label: Length, type: Number}, {label: Note, type: Text}]
"""

PRODUCTS = """\
collections:
  # A dome.
  - key: dome
    name: Dome  # as on the box
    additional_title: QF-D
    category: tents
    categories: [new-in]
    attributes: {care: Cold, weight: 450.00, color: Moss}
    variants:
      - key: dome-2
        name: Dome 2
        attributes:
          # by the scales
          weight: 3400
          seasons: [Spring, Autumn]
          packed: {Length: 46, Note: with pegs}

      - key: dome-4
        name: Dome 4
  - key: tarp
    name: Tarp
    category: family
    attributes: {care: "007"}
"""


class Shop:
    """A folder with a catalog, and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = folder / "catalog"
        self.catalog.mkdir()
        (self.catalog / "a.yaml").write_text(CATALOG)
        (self.catalog / "p.yaml").write_text(PRODUCTS)
        self.before = self.texts()

    def texts(self) -> dict[str, str]:
        """Every file of the catalog."""
        return {x.name: x.read_bytes().decode() for x in sorted(self.catalog.glob("*.yaml"))}

    def pxm(self, *arguments: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(
            cli, ["--catalog", str(self.catalog), *arguments], standalone_mode=False
        )

    def export(self, name: str = "s.xlsx", *arguments: str) -> Path:
        """Export a sheet."""
        path = self.folder / name
        done = self.pxm("export", str(path), *arguments)
        assert done.return_value == 0, done.output
        return path

    def edit(self, path: Path, **cells: object) -> None:
        """Write cells of the first sheet, called like `B2`; None empties one."""
        book = load_workbook(path)
        for place, value in cells.items():
            book.worksheets[0][place] = value
        book.save(path)

    def drop_row(self, path: Path, row: int) -> None:
        """Take a row out."""
        book = load_workbook(path)
        book.worksheets[0].delete_rows(row)
        book.save(path)

    def import_(self, path: Path, *arguments: str) -> list[str]:
        """Import a sheet that can be; returns what is said."""
        done = self.pxm("import", str(path), *arguments)
        assert done.return_value == 0, done.output
        return [x.replace(f"{self.folder}/", "") for x in done.output.splitlines()]

    def refused(self, path: Path, *arguments: str) -> list[str]:
        """Import a sheet that cannot be; nothing has changed then."""
        before = self.texts()
        done = self.pxm("import", str(path), *arguments)
        assert done.return_value == 1
        assert self.texts() == before
        return [x.replace(f"{self.folder}/", "") for x in done.output.splitlines()]

    def diff(self) -> list[str]:
        """Lines that went and came."""
        now, lines = self.texts(), []
        for name in sorted({*now, *self.before}):
            old, new = self.before.get(name, ""), now.get(name, "")
            lines += unified_diff(old.split("\n"), new.split("\n"), n=0, lineterm="")
        return [x for x in lines if x[:1] in "+-" and x[:3] not in ("+++", "---")]


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def headers(path: Path) -> list[str]:
    """The first row of a workbook."""
    return [str(cell.value) for cell in load_workbook(path).worksheets[0][1]]


def test_a_row_is_an_object_and_a_column_what_it_has(shop: Shop) -> None:
    path = shop.export()
    sheet = load_workbook(path).worksheets[0]
    assert sheet.title == "Products"
    assert headers(path) == [
        "Key (key)", "Name (name)", "Additional title (additional_title)", "Variant of (variant_of)",
        "Category (category)", "Categories (categories)", "Published (published)",
        "Published start date (published_start_date)", "Published end date (published_end_date)",
        "Regions (regions)", "Care (care)", "Weight (g) (weight)", "Color (color)", "Seasons (seasons)",
        "Packed (packed)",
    ]  # fmt: skip
    rows = [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows(2)]
    assert rows == [
        ["dome", "Dome", "QF-D", "tents", "new-in", "Cold", 450, "Moss"],
        ["dome-2", "Dome 2", "dome", 3400, "Spring; Autumn", "Length: 46; Note: with pegs"],
        ["dome-4", "Dome 4", "dome"],
        ["tarp", "Tarp", "family", "007"],
    ]
    assert sheet["L2"].number_format == "0.00"
    assert sheet["K5"].number_format == "@"
    assert load_workbook(path)["pxm"].sheet_state == "veryHidden"


def test_pick_lists_are_drop_downs(shop: Shop) -> None:
    book = load_workbook(shop.export())
    found = {str(x.sqref)[0]: x for x in book.worksheets[0].data_validations.dataValidation}
    assert found["M"].formula1 == "Options!$D$2:$D$3"
    listed = [cell.value for cell in book["Options"]["D"] if cell.value]
    assert listed == ["Color (color)", "Moss", "Slate"]
    assert (found["M"].errorStyle or "stop", found["E"].errorStyle) == ("stop", "warning")
    assert found["N"].formula1 is None
    assert "semicolon" in found["N"].prompt


def test_cells_that_changed_change_their_lines(shop: Shop) -> None:
    path = shop.export()
    shop.edit(
        path,
        B2="Big Dome",
        L2=460,
        N3="Autumn",
        O3='Length: 48; Note: "with pegs; no bag"',
        K5=None,
    )
    assert shop.import_(path) == [
        "  row 2, Name (name): 'Dome' → 'Big Dome' (collection/dome)",
        "  row 2, Weight (g) (weight): '450.00' → '460.00' (collection/dome)",
        "  row 3, Seasons (seasons): 'Spring; Autumn' → 'Autumn' (collection/dome-2)",
        "  row 3, Packed (packed): 'Length: 46; Note: with pegs' → "
        "'Length: 48; Note: \"with pegs; no bag\"' (collection/dome-2)",
        "  row 5, Care (care): '007' → nothing (collection/tarp)",
        "5 cells changed; edited catalog/p.yaml. See `git diff`.",
    ]
    assert shop.diff() == [
        "-    name: Dome  # as on the box",
        "+    name: Big Dome  # as on the box",
        "-    attributes: {care: Cold, weight: 450.00, color: Moss}",
        "+    attributes: {care: Cold, weight: 460.00, color: Moss}",
        "-          seasons: [Spring, Autumn]",
        "-          packed: {Length: 46, Note: with pegs}",
        "+          seasons: [Autumn]",
        "+          packed: {Length: 48, Note: with pegs; no bag}",
        '-    attributes: {care: "007"}',
    ]
    assert shop.import_(path) == ["Nothing to import: the sheet says what the catalog says."]


def test_a_dry_run_says_the_same_and_writes_nothing(shop: Shop) -> None:
    path = shop.export()
    shop.edit(path, B2="Big Dome")
    assert shop.import_(path, "--dry-run")[-1] == (
        "1 cell changed: would edit catalog/p.yaml. Nothing was written."
    )
    assert shop.diff() == []


def test_what_the_catalog_alone_has_changed_stays(shop: Shop) -> None:
    path = shop.export()
    shop.edit(path, B3="Dome Two")
    (shop.catalog / "p.yaml").write_text(PRODUCTS.replace("name: Tarp", "name: Wing"))
    shop.before = shop.texts()
    assert shop.import_(path)[1:] == [
        "1 cell stays as the catalog has it: it was changed there since the export.",
        "1 cell changed; edited catalog/p.yaml. See `git diff`.",
    ]
    assert shop.diff() == ["-        name: Dome 2", "+        name: Dome Two"]


def test_a_cell_that_both_have_changed_is_a_conflict(shop: Shop) -> None:
    path = shop.export()
    shop.edit(path, B5="Sail", B2="Big Dome")
    (shop.catalog / "p.yaml").write_text(PRODUCTS.replace("name: Tarp", "name: Wing"))
    assert shop.refused(path) == [
        "s.xlsx, Products, row 5, Name (name): both were changed since the export: the sheet has "
        "'Sail', the catalog 'Wing' (make them equal, or let the sheet win with --overwrite)",
        "Nothing was imported.",
    ]
    assert (
        shop.import_(path, "--overwrite")[-1]
        == "2 cells changed; edited catalog/p.yaml. See `git diff`."
    )
    assert "name: Sail" in shop.texts()["p.yaml"]


def test_rows_may_be_sorted_and_columns_moved_or_left_out(shop: Shop) -> None:
    path = shop.export("s.csv", "--columns", "weight,name")
    table = csvfile.loads(path.read_bytes(), "s.csv")
    rows = [[row.cell(x).text for x in (2, 0, 3)] for row in reversed(table.rows)]
    rows[-1][0] = "Big Dome"
    lines = [["Name (name)", "KEY", table.headers[3]], *rows]
    path.write_text("\n".join(";".join(line) for line in lines))
    assert shop.import_(path)[0] == "  row 5, Name (name): 'Dome' → 'Big Dome' (collection/dome)"
    assert shop.diff() == [
        "-    name: Dome  # as on the box",
        "+    name: Big Dome  # as on the box",
    ]


def test_a_sheet_without_a_base_fills_what_is_empty_and_overwrites_nothing(shop: Shop) -> None:
    path = shop.folder / "list.csv"
    path.write_text("key;care;Weight (g)\ndome;;4,5\ndome-4;Warm;4850\n")
    assert shop.refused(path) == [
        "list.csv, row 2, Weight (g) (weight): the sheet has '4.5', the catalog '450.00', and the "
        "file does not say what it was when it was exported (make them equal, or let the sheet win "
        "with --overwrite)",
        "Nothing was imported.",
    ]
    path.write_text("key;care;Weight (g)\ndome;;450\ndome-4;Warm;4850\n")
    assert shop.import_(path)[0] == (
        "The file does not say what it held at its export: only empty values are filled."
    )
    assert shop.diff() == [
        "+        attributes:",
        "+          care: Warm",
        "+          weight: 4850",
    ]


def test_new_rows_stand_under_their_parent_or_in_a_file(shop: Shop) -> None:
    path = shop.export()
    shop.edit(path, A6="dome-6", B6="Dome 6", D6="dome", L6=5200, A7="kite", B7="Kite", E7="tents")
    shop.edit(path, A8="kite-s", B8="Kite S", D8="kite", M8="Slate")
    assert shop.refused(path) == [
        "s.xlsx, Products, row 7: a new product needs a file to stand in (name one with --into FILE)",
        "Nothing was imported.",
    ]
    said = shop.import_(path, "--into", str(shop.catalog / "kites.yaml"))
    assert said == [
        "  row 6: collection/dome-6 is new",
        "  row 7: collection/kite is new",
        "  row 8: collection/kite-s is new",
        "3 new objects; edited catalog/kites.yaml, catalog/p.yaml. See `git diff`.",
    ]
    assert shop.texts()["kites.yaml"] == (
        "collections:\n  - key: kite\n    name: Kite\n    category: tents\n    variants:\n"
        "      - key: kite-s\n        name: Kite S\n        attributes:\n          color: Slate\n"
    )
    assert (
        "\n        name: Dome 4\n      - key: dome-6\n        name: Dome 6\n"
        in shop.texts()["p.yaml"]
    )


def test_a_copied_row_with_a_new_key_is_new(shop: Shop) -> None:
    path = shop.export("s.csv")
    lines = path.read_text("utf-8-sig").splitlines()
    path.write_text(
        "\n".join([*lines, lines[3].replace("dome-4", "dome-5").replace("Dome 4", "Dome 5")])
    )
    assert shop.import_(path)[0] == "  row 6: collection/dome-5 is new"


def test_missing_rows_do_nothing_unless_it_is_asked(shop: Shop) -> None:
    path = shop.export()
    shop.drop_row(path, 5)
    assert shop.import_(path) == [
        "1 object has no row any more and stays in the catalog; --remove-missing takes it out.",
        "Nothing to import: the sheet says what the catalog says.",
    ]
    said = shop.import_(path, "--remove-missing")
    assert said == ["1 object removed; edited catalog/p.yaml. See `git diff`."]
    assert shop.diff() == [
        "-  - key: tarp",
        "-    name: Tarp",
        "-    category: family",
        '-    attributes: {care: "007"}',
    ]


def test_what_named_a_removed_object_names_it_no_more(shop: Shop) -> None:
    photo = "files:\n  - key: photo\n    file_name: p.jpg\n    collections: [dome, tarp]\n"
    (shop.catalog / "q.yaml").write_text(photo)
    (shop.catalog / "reconciler.yaml").write_text(
        "ignore: [{kind: collection, match: tarp, fields: [name]}]\nprune: never\n"
    )
    path = shop.export()
    shop.drop_row(path, 5)
    shop.import_(path, "--remove-missing")

    assert (shop.catalog / "q.yaml").read_text() == photo.replace("[dome, tarp]", "[dome]")
    assert (shop.catalog / "reconciler.yaml").read_text() == "prune: never\n"


def test_what_something_stands_under_is_not_removed(shop: Shop) -> None:
    path = shop.export()
    shop.drop_row(path, 2)
    assert shop.refused(path, "--remove-missing")[0].startswith(
        "s.xlsx, Products: collection/dome has no row any more: it is gone, but collection/dome-2"
    )


def test_what_was_changed_since_is_not_removed(shop: Shop) -> None:
    path = shop.export()
    shop.drop_row(path, 5)
    (shop.catalog / "p.yaml").write_text(PRODUCTS.replace("name: Tarp", "name: Wing"))
    assert shop.refused(path, "--remove-missing")[0] == (
        "s.xlsx, Products, Name (name): collection/tarp has no row any more, and was changed in the "
        "catalog since the export (export again, or take it out by hand)"
    )


def test_what_another_environment_still_names_is_not_removed(shop: Shop) -> None:
    (shop.catalog / "reconciler.yaml").write_text("environments: {staging: , production: }\n")
    (shop.catalog / "q.yaml").write_text(
        "files:\n  - {key: photo, file_name: p.jpg, collections: [tarp], only: [production]}\n"
    )
    path = shop.export("s.xlsx", "--env", "staging")
    shop.drop_row(path, 5)
    said = shop.refused(path, "--env", "staging", "--remove-missing")
    assert "file 'photo': unknown collection 'tarp'" in said[0]


def test_csv_does_not_know_which_rows_are_missing(shop: Shop) -> None:
    path = shop.export("s.csv")
    assert "export an .xlsx file" in shop.refused(path, "--remove-missing")[0]


def test_a_removed_object_that_has_a_row_is_refused(shop: Shop) -> None:
    path = shop.export()
    (shop.catalog / "p.yaml").write_text(PRODUCTS[: PRODUCTS.index("  - key: tarp")])
    assert shop.refused(path)[0] == (
        "s.xlsx, Products, row 5, key: 'tarp' has left the catalog since the export "
        "(take the row out, or give it another key)"
    )


def test_what_the_catalog_cannot_hold_is_told_at_its_cell(shop: Shop) -> None:
    path = shop.export()
    shop.edit(path, B2=None, E5="famly", M2="Mos", L3="heavy", G5="yes", H5="soon", O3="Width: 4")
    shop.edit(path, G3="true")
    assert shop.refused(path) == [
        "s.xlsx, Products, row 2, Color (color): 'Mos' is not one of its options (did you mean 'Moss'?)",
        "s.xlsx, Products, row 3, Weight (g) (weight): it takes a number, not 'heavy' (write it like 12.5)",
        "s.xlsx, Products, row 3, Packed (packed): 'Width' is not one of its fields",
        "s.xlsx, Products, row 5, Published (published): it takes true or false, not 'yes'",
        "s.xlsx, Products, row 5, Published start date (published_start_date): it takes a date, not "
        "'soon' (write 2025-01-31 or 2025-01-31T10:00:00Z)",
        "Nothing was imported.",
    ]
    shop.edit(path, M2="Moss", L3=3400, G5=None, H5=None, O3="Length: 46; Note: with pegs", G3=None)
    assert (
        shop.refused(path)[0]
        == "s.xlsx, Products, row 2, Name (name): it is empty, and needs a name (type it)"
    )
    shop.edit(path, B2="Dome", G3="true")
    assert shop.refused(path) == [
        "s.xlsx, Products, row 3, Published (published): collection 'dome-2': `published: true` without "
        "published_start_date (write 2025-01-31 or 2025-01-31T10:00:00Z)",
        "s.xlsx, Products, row 5, Category (category): collection 'tarp': unknown category 'famly' "
        "(did you mean 'family'?)",
        "Nothing was imported.",
    ]


def test_a_cell_moves_an_object_with_what_it_holds(shop: Shop) -> None:
    path = shop.export("c.xlsx", "--kind", "category")
    assert headers(path)[:3] == ["Key (key)", "Name (name)", "Parent (parent)"]
    shop.edit(path, C3="new-in")
    assert shop.refused(path)[0].startswith("c.xlsx, Categories, row 3, Parent (parent): ")
    shop.edit(path, C3=None)
    assert shop.import_(path)[-1] == "1 cell changed; edited catalog/a.yaml. See `git diff`."
    assert "  - key: family\n    name: Family\n" in shop.texts()["a.yaml"]


@pytest.mark.parametrize("kind", ["attribute", "categories", "attribute_group", "resource", "file"])
def test_each_kind_can_be_a_sheet(shop: Shop, kind: str) -> None:
    path = shop.export(f"{kind}.xlsx", "--kind", kind)
    assert shop.import_(path)[-1] == "Nothing to import: the sheet says what the catalog says."


def test_options_of_an_attribute_are_a_cell(shop: Shop) -> None:
    path = shop.export("a.xlsx", "--kind", "attribute", "--columns", "options,fields")
    shop.edit(path, B4="Moss; Slate; Sand", C6="Length: Number; Note: Text; Wet: Boolean")
    assert shop.import_(path)[-1] == "2 cells changed; edited catalog/a.yaml. See `git diff`."
    assert shop.diff()[1::2] == [
        "+  - {key: color, label: Color, type: Pick List, options: [Moss, Slate, Sand]}",
        "+    fields: [{label: Length, type: Number}, {label: Note, type: Text}, {label: Wet, type: Boolean}]",
    ]


def test_what_has_no_place_in_a_sheet_is_refused(shop: Shop) -> None:
    """The type of a sub-field cannot change: no edit makes it so."""
    path = shop.export("a.xlsx", "--kind", "attribute", "--columns", "fields")
    shop.edit(path, B6="Length: Text; Note: Text")
    assert shop.refused(path)[0].startswith(
        "a.xlsx, Attributes, row 6, Fields (fields): it cannot be edited from a sheet (edit it by hand"
    )


def test_the_rows_below_a_category(shop: Shop) -> None:
    for under, keys in (("family", ["tarp"]), ("tents", ["dome", "dome-2", "dome-4", "tarp"])):
        path = shop.export(f"{under}.csv", "--under", under, "--columns", "name")
        rows = csvfile.loads(path.read_bytes(), "").rows
        assert [row.cell(0).text for row in rows] == keys
    assert run(["--catalog", str(shop.catalog), "export", "--under", "tent"]) == 1


def test_what_is_below_a_category_may_stand_above_it_in_the_files(shop: Shop) -> None:
    (shop.catalog / "a.yaml").write_text(
        "categories:\n  - {key: c, name: C, parent: b}\n  - {key: b, name: B, parent: a}\n"
        "  - {key: a, name: A}\n"
    )
    (shop.catalog / "p.yaml").write_text(
        "collections:\n  - {key: v, name: V, variant_of: p}\n  - {key: p, name: P, category: c}\n"
        "  - {key: o, name: O}\n"
    )
    path = shop.export("a.csv", "--under", "a", "--columns", "name")
    assert [row.cell(0).text for row in csvfile.loads(path.read_bytes(), "").rows] == ["v", "p"]


def test_what_others_share_is_refused_with_its_place(shop: Shop) -> None:
    (shop.catalog / "p.yaml").write_text(
        "collections:\n  - {key: a, name: A, attributes: &shared {care: Cold}}\n"
        "  - {key: b, name: B, attributes: *shared}\n"
    )
    path = shop.export()
    cell = f"{get_column_letter(headers(path).index('Care (care)') + 1)}2"
    shop.edit(path, **{cell: "Icy"})
    assert shop.refused(path) == [
        "s.xlsx, Products, row 2, Care (care): it stands in the anchor &shared, used elsewhere "
        "(catalog/p.yaml:2:35) (edit it there by hand)",
        "Nothing was imported.",
    ]


def test_rows_below_the_last_one_are_formatted_too(shop: Shop) -> None:
    sheet = load_workbook(shop.export()).worksheets[0]
    found = {x: sheet.column_dimensions[x].number_format for x in "AHKL"}
    assert found == {"A": "@", "H": "yyyy-mm-dd", "K": "@", "L": "General"}


DEFAULTS = """\
categories:
  - {key: tents, name: Tents}
attributes:
  - {key: care, label: Care, type: Text}
  - {key: color, label: Color, type: Text}
defaults:
  collections: {category: tents, attributes: {color: Moss}}
collections:
  - key: dome
    name: Dome
    inherit: [care]
    attributes: {care: Cold}
    variants:
      - key: dome-2
        name: Dome 2
      - key: dome-4
        name: Dome 4
        attributes: {care: Warm}
"""


def test_a_value_from_elsewhere_becomes_the_own_of_an_entry_that_is_edited(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for file in shop.catalog.glob("*.yaml"):
        file.unlink()
    (shop.catalog / "a.yaml").write_text(DEFAULTS)
    shop.before = shop.texts()
    path = shop.export("s.xlsx", "--columns", "category,care,color")
    sheet = load_workbook(path).worksheets[0]
    assert [[x.value for x in row] for row in sheet.iter_rows(2)] == [
        ["dome", "tents", "Cold", "Moss"],
        ["dome-2", None, "Cold", None],
        ["dome-4", None, "Warm", None],
    ]
    assert shop.import_(path) == ["Nothing to import: the sheet says what the catalog says."]
    shop.edit(path, C2="Icy", D2=None)
    assert shop.import_(path)[-1] == "2 cells changed; edited catalog/a.yaml. See `git diff`."
    assert shop.diff() == [
        "-    attributes: {care: Cold}",
        "+    attributes: {care: Icy, color: null}",
    ]
    # What a variant has from its parent has changed with it, so a stale sheet conflicts.
    assert "1 cell stays as the catalog has it" in shop.import_(path)[0]
    shop.edit(path, C3="Tepid")
    assert "both were changed since the export" in shop.refused(path)[0]
    again = shop.export("again.xlsx")
    column = headers(again).index("Care (care)") + 1
    shop.edit(again, **{f"{get_column_letter(column)}3": "Tepid"})
    shop.import_(again)
    assert "          care: Tepid" in shop.texts()["a.yaml"]


def test_a_long_text_in_a_file_is_edited_there(shop: Shop) -> None:
    (shop.catalog / "care.md").write_bytes(b"Cold.\r\nDry.\r\n")
    (shop.catalog / "p.yaml").write_text(PRODUCTS.replace("care: Cold", "care: {file: care.md}"))
    shop.before = shop.texts()
    path = shop.export()
    assert load_workbook(path).worksheets[0]["K2"].value == "Cold.\nDry."
    assert shop.import_(path) == ["Nothing to import: the sheet says what the catalog says."]
    shop.edit(path, K2="Cold.\nLine dry.")
    assert shop.import_(path)[-1] == "1 cell changed; edited catalog/care.md. See `git diff`."
    assert (shop.catalog / "care.md").read_bytes() == b"Cold.\r\nLine dry.\r\n"
    assert shop.diff() == []


def test_what_is_declared_for_another_environment_is_refused(shop: Shop) -> None:
    (shop.catalog / "reconciler.yaml").write_text(
        "environments:\n  staging: {state: 'file:s.db'}\n  production: {state: 'file:p.db'}\n"
    )
    (shop.catalog / "p.yaml").write_text(
        PRODUCTS.replace("    name: Tarp\n", "    name: Tarp\n    only: [staging]\n")
    )
    path = shop.export("s.xlsx", "--env", "staging")
    assert shop.import_(path, "--env", "staging")[-1].startswith("Nothing to import")
    assert shop.refused(path, "--env", "production")[0].startswith(
        "s.xlsx, Products, row 5, key: 'tarp' is declared for other environments"
    )


def test_a_column_that_was_added_fills_what_is_empty(shop: Shop) -> None:
    path = shop.export("s.xlsx", "--columns", "name")
    shop.edit(path, C1="# mine", D1="care", C2="=1+1", D4="Warm")
    assert shop.import_(path)[0] == "  row 4, Care (care): nothing → 'Warm' (collection/dome-4)"
    shop.edit(path, D5="Icy")
    assert "the file does not say what it was" in shop.refused(path)[0]


def test_an_export_overwrites_nothing(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop.export()
    data = path.read_bytes()
    assert run(["--catalog", str(shop.catalog), "export", str(path)]) == 1
    assert path.read_bytes() == data
    assert "is there already, perhaps with edits" in capsys.readouterr().err


def test_without_a_file_csv_goes_to_standard_output(shop: Shop) -> None:
    done = shop.pxm("export", "--columns", "name")
    assert done.stdout_bytes.startswith(
        b"\xef\xbb\xbfKey (key),Name (name),# pxm collection: name\r\n"
    )


def test_what_a_terraform_user_types_is_answered(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--catalog", str(shop.catalog), "import", "collection/dome"]) == 1
    assert capsys.readouterr().err == (
        "Error: pxm import reads spreadsheets, and collection/dome is no file\n"
        "  to take over what is in the account, write its `id:` into the entry of collection/dome, "
        "or run `pxm state bind collection/dome ID`\n"
    )


def test_a_damaged_file_is_told_with_its_name(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shop.folder / "s.xlsx"
    path.write_bytes(b"PK\x03\x04nonsense")
    assert run(["--catalog", str(shop.catalog), "import", str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"Error: {path}: it is damaged: ")


def test_the_kind_is_the_one_of_the_export(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop.export("c.csv", "--kind", "category")
    assert run(["--catalog", str(shop.catalog), "import", str(path), "--kind", "file"]) == 1
    assert "was exported as category" in capsys.readouterr().err


def test_files_are_written_all_or_none(shop: Shop) -> None:
    """Where one file cannot be replaced, the others are as they were."""
    path = shop.export()
    shop.edit(path, A6="kite", B6="Kite", E6="tents", B2="Big Dome")
    blocked = shop.catalog / "z"
    blocked.write_text("no folder")
    done = shop.pxm("import", str(path), "--into", str(blocked / "k.yaml"))
    assert done.exception is not None
    assert shop.diff() == []


def test_a_long_text_stays_in_the_yaml(shop: Shop) -> None:
    long = "word " * 8_000
    (shop.catalog / "p.yaml").write_text(PRODUCTS.replace('"007"', f'"{long}"'))
    shop.before = shop.texts()
    path = shop.export()
    cell = load_workbook(path).worksheets[0]["K5"].value
    assert cell == "[left in the YAML: 40,000 characters are too many for a cell]"
    shop.edit(path, B5="Sail")
    shop.import_(path)
    assert shop.diff() == ["-    name: Tarp", "+    name: Sail"]
