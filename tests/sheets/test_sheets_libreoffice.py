"""A sheet that LibreOffice has opened and saved is still the sheet that was exported."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from reconciler.cli import run
from reconciler.model import Number
from reconciler.sheets import xlsxread, xlsxwrite
from reconciler.yamltext import document
from tests.limits import HANG
from tests.sheets.catalogs import FIXED, HARD_TEXTS, compared, exported, loaded

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
OFFICE = shutil.which("soffice")

Save = Callable[[Path], Path]

FORMATS = {
    ".xlsx": ("--convert-to", "xlsx:Calc MS Excel 2007 XML"),
    # Commas, double quotes and UTF-8, as somebody would say in the dialog that opens.
    ".csv": ("--infilter=CSV:44,34,76", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76"),
}


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Save:
    """Opens a sheet in LibreOffice and saves it again, in the same format."""
    if OFFICE is None:
        pytest.skip("LibreOffice is not installed; `make packages-all` gets Debian's")

    def saved(path: Path) -> Path:
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        into = tmp_path / "saved"
        format_ = FORMATS[path.suffix]
        command = [
            str(OFFICE),
            "--headless",
            profile,
            *format_,
            "--outdir",
            str(into),
            str(path),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=HANG)
        return into / path.name

    return saved


def edit(path: Path, cells: Mapping[tuple[str, str], object]) -> None:
    """Write cells of the first sheet, by the key of the row and the name of the column."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    columns = {str(cell.value).rpartition("(")[2].rstrip(")"): cell.column for cell in sheet[1]}
    rows = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}
    for (key, name), value in cells.items():
        sheet.cell(rows[key], columns[name]).value = value
    book.save(path)


def git(folder: Path, *arguments: str) -> str:
    """Run git there."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder: Path, source: Path) -> Path:
    """A repository with a copy of a catalog; returns the catalog."""
    shutil.copytree(source, folder / "catalog")
    git(folder, "init", "--quiet")
    git(folder, "add", "catalog")
    git(folder, "commit", "--quiet", "--message", "catalog")
    return folder / "catalog"


REAL = {
    "magento": (
        ("--under", "tops-women"),
        {
            ("wh01-xs-green", "color"): "Blue",
            ("wh01-s-green", "field/price"): 47.5,
            ("wh01-m-green", "name"): "007",
        },
        ["+      color: Blue", "+      field/price: 47.5", "+    name: 007"],
    ),
    "example": (
        (),
        {
            ("lofthus-beanie", "colour-code"): "007",
            ("lofthus-beanie", "weight"): 89,
            ("brimfall-rain-hat", "main-fabric"): "1-2",
        },
        ["+      colour-code: 007", "+      weight: 89", "+      main-fabric: 1-2"],
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_three_cells_that_were_edited_are_three_lines_of_a_diff(
    name: str, tmp_path: Path, saved: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ROOT / "catalog" if name == "example" else DATA / name
    if not source.is_dir():
        pytest.skip("the real catalogs are kept apart from the project and are not here")
    catalog = repository(tmp_path, source)
    monkeypatch.chdir(tmp_path)
    if name == "example":
        # It is for two accounts.
        monkeypatch.setenv("PXM_ENV", "staging")
    options, cells, lines = REAL[name]
    assert run(["export", "s.xlsx", *options]) == 0

    again = saved(Path("s.xlsx").absolute())
    assert run(["import", str(again)]) == 0
    assert git(catalog, "status", "--short", ".") == ""

    edit(again, cells)
    again.rename("edited.xlsx")
    assert run(["import", str(saved(Path("edited.xlsx").absolute()))]) == 0
    changed = git(catalog, "diff", "--unified=0").splitlines()
    assert sorted(x for x in changed if x[0] == "+" and x[:3] != "+++") == sorted(lines)
    assert sum(x[0] == "-" and x[:3] != "---" for x in changed) == 3
    assert run(["validate"]) == 0


def test_csv_keeps_what_it_can(
    tmp_path: Path, saved: Save, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """LibreOffice takes `007` for a number and a price for a shorter one: CSV has no types."""
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "a.yaml").write_text(
        "attributes:\n  - {key: ean, label: EAN, type: Text}\n"
        "  - {key: price, label: Price, type: Number}\n"
        "collections:\n  - {key: a, name: Ä; b, attributes: {price: 450.00}}\n"
        "  - {key: b, name: '=1+1', attributes: {ean: '007'}}\n"
    )
    monkeypatch.chdir(tmp_path)
    assert run(["export", "s.csv"]) == 0
    again = saved(tmp_path / "s.csv")
    capsys.readouterr()
    assert run(["import", "--dry-run", str(again)]) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [
        "  row 3, EAN (ean): '007' → '7' (collection/b)"
    ]


NUMBERS = ("0", "450.00", "1.10", "-5", "1e400", "12345678901234567890", "1E-7", "0.000001")
DATES = ("2025-01-01", "2025-06-30T10:30:00Z", "1899-12-31", "0001-01-01", "2024-02-29T00:00:01Z")
TEXTS = (*HARD_TEXTS, "trail\n", "\nlead", "a\n\nb", "  two  ", "x" * 5000, "<b>&amp;</b>", "😀")


def test_libreoffice_keeps_every_text_number_and_date(tmp_path: Path, saved: Save) -> None:
    """But for a text that looks like an escape of the format itself, which it reads as one."""
    values = [
        *({"care": text} for text in TEXTS if "_x005F_" not in text),
        *({"weight": Number(text)} for text in NUMBERS),
        *({"sold": text} for text in DATES),
        *({"vegan": answer} for answer in (True, False)),
    ]
    items = [
        {"key": f"p{at}", "name": f"P {at}", "attributes": value} for at, value in enumerate(values)
    ]
    files = {"fixed.yaml": FIXED, "products.yaml": document({"collections": items}, ())}
    with loaded(files) as (_, catalog):
        path = tmp_path / "s.xlsx"
        path.write_bytes(xlsxwrite.dumps(exported(catalog)))
        found = compared(xlsxread.loads(saved(path).read_bytes()), catalog)
    assert ([(x.before, x.after) for x in found.changes], found.refusals) == ([], [])
