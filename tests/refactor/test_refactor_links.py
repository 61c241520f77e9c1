"""Links that stand at the product or the category keep standing there (contract 1.2)."""

from pathlib import Path

import pytest

from reconciler.refactor.move import move
from reconciler.refactor.remove import Wanted, remove
from reconciler.refactor.rename import rename
from tests.pull.test_accept_links import FILE
from tests.refactor.shop import lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalog that says its links at the products."""
    (tmp_path / "all.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_a_renamed_resource_is_named_anew_by_its_products(folder: Path) -> None:
    changed = [
        line for line in lines(rename(folder, "resource/guide", "manual")) if "manual" in line
    ]

    assert changed == [
        "+    resources: [manual] # ours",
        "+    resources: [manual, care]",
        "+      - manual # as the dome",
        "+  - key: manual",
        "+  - {kind: resource, from: guide, to: manual}",
    ]


def test_a_removed_resource_is_named_no_more(folder: Path) -> None:
    assert lines(remove(folder, Wanted(("resource/guide",))).patch)[:5] == [
        "-    resources: [guide] # ours",
        "-    resources: [guide, care]",
        "+    resources: [care]",
        "-    resources:",
        "-      - guide # as the dome",
    ]


def test_a_moved_product_takes_its_links_along(folder: Path) -> None:
    patch = move(folder, ("collection/dome",), folder / "dome.yaml")

    assert "+    resources: [guide, care]" in lines(patch)
