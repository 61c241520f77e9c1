"""What else of the account a change concerns, as a plan says it for reports (contract 8.1)."""

from pathlib import Path

from reconciler.catalog import read
from reconciler.model import LiveObject, Plan, Policy, Reach, Ref
from reconciler.plan import Ask, build
from tests.build import account, catalog, entry, has, state, want

SHELVES = (
    has("category", "1", name="Apparel"),
    has("category", "2", name="Jackets", parent="1"),
    has("category", "3", name="Rain", parent="2"),
    has("category", "9", name="Sale"),
)
KNOWN = (
    entry("category", "apparel", "1", name="Apparel"),
    entry("category", "jackets", "2", name="Jackets", parent="1"),
)


def moved(*others: LiveObject) -> Plan:
    """Jackets goes from below Apparel to the top."""
    return build(
        catalog(
            want("category", "apparel", name="Apparel"), want("category", "jackets", name="Jackets")
        ),
        account(*SHELVES, *others),
        state(*KNOWN),
    )


def test_a_category_that_moves_says_what_goes_with_it_also_what_others_made() -> None:
    plan = moved(
        has("collection", "p1", name="Rain Jacket", category="3"),
        has("collection", "p2", name="Shell", category="9", categories=("9", "2")),
        has("collection", "p3", name="Hat", category="9"),
        has("collection", "v1", name="M", variant_of="p1"),
        has("collection", "v2", name="L", variant_of="p1"),
    )
    (change,) = plan.changes
    assert change.reach == (Reach("parent", {"category": 1, "collection": 2, "variant": 2}),)


def test_categories_in_a_circle_are_counted_once() -> None:
    plan = moved(has("category", "4", name="Loop", parent="5"), has("category", "5", parent="4"))
    (change,) = plan.changes
    assert change.reach == (Reach("parent", {"category": 1}),)


COLOR = {"label": "Color", "type": "Pick List"}
OPTIONS = (("o1", "Red", ""), ("o2", "Blue", ""))


def colors(**desired: object) -> Plan:
    """Who holds Red and Blue when the attribute changes."""
    return build(
        catalog(want("attribute", "color", **{**COLOR, "options": ("Red", "Blue"), **desired})),  # type: ignore[arg-type]
        account(
            has("attribute", "a", **COLOR, options=OPTIONS, multiple=True),
            has("collection", "p1", name="Hat", attributes={"a": ["o1", "o2"]}),
            has("collection", "v1", name="M", variant_of="p1", attributes={"a": ["o1"]}),
            has("category", "1", name="Hats", attributes={"a": ["Blue"]}),
        ),
        state(entry("attribute", "color", "a", **COLOR, options=("Red", "Blue"))),
    )


def test_an_attribute_that_changes_says_how_many_values_it_has() -> None:
    (change,) = colors(label="Colour").changes
    assert change.reach == (Reach("", {"category": 1, "collection": 1, "variant": 1}),)


def test_an_option_that_is_renamed_says_who_holds_it() -> None:
    (change,) = colors(options=("Crimson", "Blue"), renames={"Crimson": "Red"}).changes
    assert change.reach[1:] == (Reach("options", {"collection": 1, "variant": 1}, "Red"),)


def test_what_is_seen_is_told_where_the_change_touches_it() -> None:
    hat = {"name": "Hat", "published": True}
    live = has("collection", "1", **hat, published_start_date="2026-01-01T00:00:00Z")
    known = state(entry("collection", "hat", "1", name="Hat"))

    def publication(**desired: object) -> object:
        plan = build(catalog(want("collection", "hat", **desired)), account(live), known)  # type: ignore[arg-type]
        return plan.changes[0].publication

    seen = {"published": True, "published_start_date": "2026-01-01T00:00:00Z"}
    assert publication(name="Hat", published_end_date="2026-12-01T00:00:00Z") == seen
    assert publication(name="Sun hat") == {}


def test_the_day_and_the_web_address_are_values_of_the_plan() -> None:
    policy = Policy(web="https://pxm.example/{kind}/{id}")
    plan = build(catalog(policy=policy), account(), state(), Ask(day="2026-11-29"))
    assert (plan.day, plan.web) == ("2026-11-29", "https://pxm.example/{kind}/{id}")


def test_a_blocked_change_concerns_nobody() -> None:
    color = want("attribute", "color", label="Color", type="Text", options=())
    live = has("attribute", "a", label="Color", type="Number")
    plan = build(catalog(color), account(live), state(entry("attribute", "color", "a")))
    assert plan.changes[0].ref == Ref("attribute", "color")
    assert plan.changes[0].blocked is not None
    assert plan.changes[0].reach == ()


def test_the_web_address_is_a_setting_of_the_catalog_or_of_an_environment(tmp_path: Path) -> None:
    text = """\
web: "https://pxm.example/{id}"
environments:
  staging: {web: "https://staging.example/{kind}/{id}"}
  production:
"""
    (tmp_path / "reconciler.yaml").write_text(text, encoding="utf-8")
    found = {name: read(tmp_path, environment=name) for name in ("staging", "production")}
    assert {name: reading.catalog.policy.web for name, reading in found.items()} == {
        "staging": "https://staging.example/{kind}/{id}",
        "production": "https://pxm.example/{id}",
    }
