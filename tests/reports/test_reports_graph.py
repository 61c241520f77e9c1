"""The objects of a catalog and what they depend on, drawn (contract 3, `graph`)."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalog import read
from reconciler.model import Catalog, Ref
from reconciler.reports.graph import MOST_ARROWS, MOST_BOXES, drawing, graph_dot, graph_mermaid
from tests.build import catalog, want

ROOT = Path(__file__).parents[2]
SMALL = catalog(
    want("category", "apparel", name="Apparel"),
    want("category", "jackets", name="Jackets", parent="apparel"),
    want("attribute", "color", label="Color", type="Text"),
    want("attribute_group", "looks", name="Looks", attributes=("color",)),
    want(
        "collection",
        "rain",
        name="Rain",
        category="jackets",
        categories=("jackets",),
        attributes={"color": "Red"},
    ),
    want("collection", "rain-m", name="Rain M", type="variant", variant_of="rain"),
    want("resource", "guide", description="Guide", link="https://x.example", collections=("rain",)),
)


def test_a_small_catalog_is_drawn_in_full() -> None:
    assert (
        graph_mermaid(SMALL)
        == """\
flowchart RL
  n1(["Color<br/>attribute/color"]):::attribute
  n2{{"Looks<br/>attribute#95;group/looks"}}:::attribute_group
  n3[["Apparel<br/>category/apparel"]]:::category
  n4[["Jackets<br/>category/jackets"]]:::category
  n5["Rain<br/>collection/rain"]:::collection
  n6["Rain M<br/>collection/rain-m"]:::collection
  n7>"Guide<br/>resource/guide"]:::resource
  n2 --> n1
  n4 --> n3
  n5 --> n1
  n5 --> n4
  n6 --> n5
  n7 --> n5
  classDef category fill:#fff2d6,stroke:#7a4a00,color:#1c2024;
  classDef attribute fill:#e3eefb,stroke:#0b5cad,color:#1c2024;
  classDef attribute_group fill:#e3eefb,stroke:#0b5cad,color:#1c2024;
  classDef collection fill:#dcf5e3,stroke:#0a5c2b,color:#1c2024;
  classDef resource fill:#f0e6fa,stroke:#5b2a86,color:#1c2024;
"""
    )


def test_dot_has_the_same_boxes_and_arrows() -> None:
    lines = graph_dot(SMALL).splitlines()
    assert lines[4:6] == [
        '  n1 [label="Color\\nattribute/color", shape=ellipse, fillcolor="#e3eefb"];',
        '  n2 [label="Looks\\nattribute_group/looks", shape=component, fillcolor="#e3eefb"];',
    ]
    assert lines[-7:] == [
        "  n2 -> n1;",
        "  n4 -> n3;",
        "  n5 -> n1;",
        "  n5 -> n4;",
        "  n6 -> n5;",
        "  n7 -> n5;",
        "}",
    ]


def test_a_focus_draws_objects_and_what_they_name() -> None:
    made = drawing(SMALL, {Ref("collection", "rain")})
    assert [node.token for node in made.nodes] == [
        "attribute/color",
        "category/jackets",
        "collection/rain",
    ]


def test_a_catalog_of_nothing_is_an_empty_drawing() -> None:
    assert graph_mermaid(catalog()) == "flowchart RL\n"


def large(categories: int, products: int, attributes: int = 10) -> Catalog:
    """Products with variants in a tree of categories two levels deep."""
    tree = [
        want("category", f"c{n}", name=f"C{n}", parent=f"c{n // 10}" if n >= 10 else None)
        for n in range(categories)
    ]
    values = {f"a{n}": "x" for n in range(attributes)}
    items = [
        want(
            "collection",
            f"p{n}",
            name=f"P{n}",
            categories=(f"c{n % categories}",),
            attributes=values,
        )
        for n in range(products)
    ]
    items += [
        want("collection", f"v{n}", name=f"V{n}", type="variant", variant_of=f"p{n}")
        for n in range(products)
    ]
    defined = [want("attribute", f"a{n}", label=f"A{n}", type="Text") for n in range(attributes)]
    group = want("attribute_group", "g", name="G", attributes=tuple(values)[:5])
    return catalog(*tree, *items, *defined, group)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (large(20, 500), "25 products, 25 variants in C0"),
        (large(20, 500), "5 attributes in G"),
        (large(20, 500), "5 attributes that stand alone"),
        (large(400, 2000), "categories in C1"),
        (large(4000, 4000), "categories in C1"),
    ],
)
def test_a_large_catalog_is_folded_until_it_can_be_looked_at(made: Catalog, says: str) -> None:
    found = drawing(made)
    assert len(found.nodes) <= MOST_BOXES
    assert len(found.arrows) <= MOST_ARROWS
    assert any(says in node.lines[0] for node in found.nodes)


def test_where_even_the_top_is_too_much_each_kind_is_one_box() -> None:
    made = catalog(
        *(want("category", f"c{n}", name=f"C{n}") for n in range(500)),
        want("resource", "r", description="R", link="x", category="c1"),
    )
    assert [node.lines for node in drawing(made).nodes] == [("500 categories",), ("1 resource",)]


def test_what_is_left_out_is_said_in_the_drawing() -> None:
    made = large(45, 200)
    assert "Which attributes the products have is left out" in graph_mermaid(made)
    assert "Which attributes the products have is left out" in graph_dot(made)


def test_categories_that_contain_each_other_are_drawn_and_not_walked_for_ever() -> None:
    loops = [want("category", f"c{n}", name="C", parent=f"c{(n + 1) % 200}") for n in range(200)]
    assert drawing(catalog(*loops)).nodes


@given(st.integers())
def test_the_order_of_files_means_nothing(seed: int) -> None:
    items = list(SMALL.resources.values())
    random.Random(seed).shuffle(items)
    assert graph_dot(catalog(*items)) == graph_dot(SMALL)


FOLDERS = [
    folder
    for folder in (ROOT / "catalog", *sorted((ROOT.parent / "shared" / "data").glob("*/")))
    if folder.is_dir()
]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_real_catalogs_can_be_looked_at(folder: Path) -> None:
    found = drawing(read(folder).catalog)
    assert 10 < len(found.nodes) <= MOST_BOXES
    assert found.arrows
