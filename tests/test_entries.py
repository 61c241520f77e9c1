"""What the state remembers between a PUT's answer and its proof, as pure values (contract 2.6)."""

from reconciler.apply.entries import after_write
from reconciler.model import Applied, Change, FieldChange, Ref
from reconciler.wire import Names
from tests.build import entry

NAMES = Names({}, {Ref("category", key): f"c-{key}" for key in ("new", "stays", "goes")})
REF = Ref("collection", "jacket")


def test_what_a_write_was_to_clear_or_to_take_out_is_remembered_until_a_read_shows_it_gone() -> (
    None
):
    known = entry(
        "collection",
        "jacket",
        "7",
        name="Jacket",
        additional_title="SKU",
        published_end_date="2026-01-01T00:00:00Z",
        categories=("c-goes", "c-stays"),
    )
    change = Change(
        "update",
        REF,
        "7",
        "Jacket",
        None,
        fields=(
            FieldChange("name", "Jacket", "Coat"),
            FieldChange("additional_title", "SKU", None, clears=True),
            FieldChange("published_end_date", "2026-01-01T00:00:00Z", None),
            FieldChange("categories", add=("new",), remove=("goes",), is_set=True),
        ),
        sent={"name": "Coat", "published_end_date": None, "categories": ("new", "stays")},
        forget=("additional_title",),
    )

    applied = after_write(change, known, NAMES, 5.0).applied

    assert applied == {
        "name": Applied("Coat"),
        "additional_title": known.applied["additional_title"],
        "published_end_date": known.applied["published_end_date"],
        "categories": Applied(("c-new", "c-stays", "c-goes")),
    }
