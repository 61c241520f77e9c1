"""Where a person looks for an object, and what it is called (contract 8.1)."""

from reconciler.model import Change, FieldChange, Group, Ref
from reconciler.plan import build
from reconciler.plan.locations import Locations, foreign_names, labels
from reconciler.wire import Names
from tests.build import account, catalog, has, state, want

CATALOG = catalog(
    want("category", "apparel", name="Apparel"),
    want("category", "jackets", name="Jackets", parent="apparel"),
    want("attribute", "color", label="Color", type="Text"),
    want("collection", "rain", name="Rain", categories=("jackets",), attributes={"color": "Red"}),
    want("collection", "rain-m", name="Rain M", type="variant", variant_of="rain"),
    want("resource", "guide", description="Guide", link="https://x.example", category="apparel"),
)


def locations(*objects: object, roots: frozenset[str] = frozenset()) -> Locations:
    names = Names(
        keys={"category": {"2": "jackets"}}, ids={Ref("category", "jackets"): "2"}, roots=roots
    )
    return Locations(CATALOG, account(*objects), names)  # type: ignore[arg-type]


def test_an_object_stands_in_its_categories_and_a_variant_with_its_product() -> None:
    where = locations()
    assert where.group("category", "jackets") == Group(("Apparel",))
    assert where.group("collection", "rain") == Group(("Apparel", "Jackets"))
    assert where.group("collection", "rain-m") == Group(("Apparel", "Jackets"), "rain", "Rain")
    assert where.group("resource", "guide") == Group(("Apparel",))
    assert where.group("attribute", "color") == Group()


def test_what_the_catalog_does_not_say_the_account_does() -> None:
    where = locations(
        has("category", "2", name="Old jackets", parent="1"),
        has("category", "8", name="Theirs", parent="9"),
        has("category", "9", name="Super", parent=None),
        has("collection", "5", name="Stranger", category="8"),
        roots=frozenset({"9"}),
    )
    assert where.group("collection", "id:5") == Group(("Theirs",))
    assert where.label("category", "jackets") == "Jackets"
    assert where.label("collection", "id:77") == "a collection that is gone"
    assert where.label("collection", "nobody") == "nobody"


def test_a_key_that_only_the_state_knows_has_the_name_and_place_of_its_object() -> None:
    live = account(has("category", "1", name="Top"), has("category", "9", name="Left", parent="1"))
    names = Names(keys={"category": {"1": "apparel"}}, ids={Ref("category", "left"): "9"})
    where = Locations(CATALOG, live, names)

    assert where.label("category", "left") == "Left"
    assert where.group("category", "left") == Group(("Apparel",))


def test_a_key_is_no_id_though_it_looks_like_one() -> None:
    where = locations(
        has("collection", "5", name="Stranger"),
        has("category", "9", name="Super"),
        roots=frozenset({"9"}),
    )

    assert where.label("collection", "5") == "5"
    assert where.label("attribute_group", "id:5") == "an attribute group that is gone"


def test_categories_that_contain_each_other_end() -> None:
    where = locations(
        has("category", "7", name="A", parent="8"), has("category", "8", name="B", parent="7")
    )
    assert where.group("category", "id:7") == Group(("A", "B"))


def test_a_plan_says_where_its_objects_stand_and_what_things_are_called() -> None:
    plan = build(CATALOG, account(), state())
    groups = {str(change.ref): change.group for change in plan.changes}
    assert groups["collection/rain-m"] == Group(("Apparel", "Jackets"), "rain", "Rain")
    assert plan.labels == {
        Ref("attribute", "color"): "Color",
        Ref("category", "apparel"): "Apparel",
        Ref("category", "jackets"): "Jackets",
        Ref("collection", "rain"): "Rain",
    }


def test_only_what_goes_by_key_has_a_label_and_only_what_is_foreign_a_name() -> None:
    fields = (
        FieldChange("category", "id:8", "jackets"),
        FieldChange("name", "id:8", "jackets"),
        FieldChange("attributes.id:3", None, "x"),
    )
    change = Change("update", Ref("collection", "rain"), "5", "Rain", None, fields)
    where = locations(has("category", "8", name="Theirs"), has("attribute", "3", label="Fit"))
    assert labels([change], where) == {Ref("category", "jackets"): "Jackets"}
    assert foreign_names("collection", fields, where) == {"id:8": "Theirs", "id:3": "Fit"}
