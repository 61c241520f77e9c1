"""`pxm preview`: the catalog as a shop would show it, a site of few files (contract 8.5)."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.environments import chosen
from reconciler.cli.loading import load
from reconciler.cli.settings import Settings
from reconciler.cli.shopwindow import with_pictures
from reconciler.errors import UsageError
from reconciler.kinds import COLLECTION
from reconciler.model import Catalog, Ref
from reconciler.reports.jsontext import document
from reconciler.reports.preview.shop import Shop, shop_of
from reconciler.reports.values import clean
from reconciler.sheets.scope import objects_in


def run(settings: Settings, under: str, out: Path, output: str = "text") -> int:
    """Write the site; UsageError where a file that is not ours stands in its place."""
    # jinja2 takes a tenth of a second to load, which other commands have no use for.
    from reconciler.reports.html import preview_pages

    settings = chosen(settings)
    reading = load(settings, contents=False)
    old = _ours(out)
    with settings.profile.stage("report"):
        shop = shop_of(reading.catalog)
        wanted = _wanted(reading.catalog, shop, under)
        shop = with_pictures(shop, wanted)
        pages = dict(preview_pages(shop, wanted, *_head(settings, shop, under)))
    _write(out, pages, old)
    size = sum(len(text.encode()) for text in pages.values())
    if output == "json":
        told = {"folder": str(out), "products": len(wanted), "files": sorted(pages), "bytes": size}
        click.echo(document(told), nl=False)
        return 0
    click.echo(
        f"Wrote {clean(str(out))}: {_count(len(wanted), 'product')}, {_count(len(pages), 'file')}, "
        f"{size / 1e6:,.1f} MB. Open {clean(str(out / 'index.html'))} in a browser."
    )
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def _wanted(catalog: Catalog, shop: Shop, under: str) -> list[Ref]:
    """The products in or below a category, in the order of the files; one too of which a variant
    alone is there."""
    found = {item.ref for item in objects_in(catalog, COLLECTION, under)}
    return [
        ref
        for ref in shop.products
        if ref in found or not found.isdisjoint(shop.variants.get(ref.key, ()))
    ]


def _head(settings: Settings, shop: Shop, under: str) -> tuple[str, str]:
    """The title, and what the contents say of it."""
    where = f" of {' › '.join(shop.path(under))}" if under else ""
    env = f" for {settings.env}" if settings.env else ""
    return f"Preview{where}{env}", "As the catalog says, whatever an account holds."


# --- files --------------------------------------------------------------------------------------


def _ours(out: Path) -> set[Path]:
    """The pages of an earlier preview in a folder."""
    if not out.exists():
        return set()
    if not out.is_dir():
        raise UsageError(f"--out {out}: not a folder", hint="name a folder, there or not")
    return {path for path in out.glob("*.html") if _is_ours(path)}


def _is_ours(path: Path) -> bool:
    from reconciler.reports.html.preview import MARK

    if path.is_symlink() or not path.is_file():
        return False
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read(len(MARK)) == MARK
    except (OSError, UnicodeDecodeError):
        return False


def _write(out: Path, pages: dict[str, str], old: set[Path]) -> None:
    """All pages, or none where something else stands in the place of one; stale ones go."""
    paths = {out / name: text for name, text in pages.items()}
    for path in paths:
        if path not in old and (path.exists() or path.is_symlink()):
            raise UsageError(
                f"--out {out}: {path.name} is there, and is no page of a preview",
                hint="name another folder: nothing was written",
            )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8", newline="\n")
        for path in old - paths.keys():
            path.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"--out {out}: cannot be written: {reason}",
            hint="name a folder that you may write to",
        ) from error
