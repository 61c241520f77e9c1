"""An id belongs to its kind: what has the id of a hidden root category is no root (contract 2.3).

The account counts each kind from zero: its root category, a product, an attribute and a file are
all `0`.
"""

import pytest

from reconciler.drift import find_drift
from reconciler.identity import identify
from reconciler.kinds import COLLECTION, FILE, KINDS
from reconciler.known import who_is_who
from reconciler.model import Catalog, Ref, State
from reconciler.plan import build
from reconciler.pull.survey import survey
from reconciler.wire import view
from tests.build import account, catalog, entry, has, notes, state, want

LIVE = account(
    has("category", "0", name="Super", parent=None),
    has("category", "1", name="Tops", parent="0"),
    has("attribute", "0", label="Care", type="Text"),
    has("collection", "0", name="Dome", type="parent"),
    has("collection", "1", name="S", type="variant", variant_of="0"),
    has("file", "0", file_name="hero.png", collections=("0", "1")),
)
DOME = want("collection", "dome", name="Dome", type="parent")
S = want("collection", "s", name="S", type="variant", variant_of="dome")
TOPS = want("category", "tops", name="Tops")
CARE = want("attribute", "care", label="Care", type="Text")
ALL = catalog(CARE, TOPS, DOME, S)


def test_what_has_the_id_of_a_hidden_root_is_adopted() -> None:
    found = identify(ALL, LIVE, State())

    assert found.roots == {"0"}
    assert {str(ref): bound.id for ref, bound in found.bound.items()} == {
        "attribute/care": "0",
        "category/tops": "1",
        "collection/dome": "0",
        "collection/s": "1",
    }


def test_a_variant_stands_in_the_product_that_has_the_id_of_a_hidden_root() -> None:
    renamed = want("collection", "m", name="M", type="variant", variant_of="dome")
    two = account(
        *LIVE.objects["category"].values(),
        *LIVE.objects["collection"].values(),
        has("collection", "2", name="L", type="variant", variant_of="0"),
    )

    found = identify(catalog(TOPS, DOME, S, renamed), two, State())

    assert set(found.near[renamed.ref]) == {"2"}


def test_a_reference_to_what_has_the_id_of_a_hidden_root_is_seen() -> None:
    ids = {
        Ref("category", "tops"): "1",
        Ref("collection", "dome"): "0",
        Ref("collection", "s"): "1",
    }
    names = who_is_who(ids, LIVE, roots=frozenset({"0"}))

    assert view(FILE, LIVE.of("file")["0"].fields, names)["collections"] == ("dome", "s")
    assert view(COLLECTION, LIVE.of("collection")["1"].fields, names)["variant_of"] == "dome"
    assert view(KINDS["category"], LIVE.of("category")["1"].fields, names)["parent"] is None


def test_what_has_the_id_of_a_hidden_root_is_unmanaged_like_any_other() -> None:
    known = state(entry("category", "tops", "1", name="Tops"))

    drift = find_drift(catalog(TOPS), LIVE, known, unmanaged=True)

    found = [(item.ref.kind, item.id) for item in drift.objects]
    assert sorted(found) == [
        ("attribute", "0"),
        ("collection", "0"),
        ("collection", "1"),
        ("file", "0"),
    ]


def test_a_first_plan_counts_what_has_the_id_of_a_hidden_root() -> None:
    new = [want("collection", key, name=key) for key in ("a", "b", "c")]

    more = account(
        *LIVE.of("category").values(),
        *LIVE.of("collection").values(),
        has("collection", "5", name="Cap"),
    )

    found = " ".join(notes(build(catalog(*new), more, State())))

    assert "2 products" in found


@pytest.mark.parametrize("base", [Catalog({}), catalog(TOPS)])
def test_a_pull_has_what_has_the_id_of_a_hidden_root(base: Catalog) -> None:
    found = survey(LIVE, State(), base, KINDS)

    pulled = {(item.ref.kind, item.item.id): item.above for item in found.pulled}
    assert ("collection", "0") in pulled
    assert ("category", "0") not in pulled
    assert pulled["collection", "1"] is not None
