"""Plans and drift as a merchandiser meets them: an outdoor brand, at any size."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.model import (
    Account,
    Change,
    Cost,
    Drift,
    Drifted,
    FieldChange,
    Group,
    Note,
    Number,
    Place,
    Plan,
    Ref,
)
from reconciler.reports.preview.shop import Shop

ACCOUNT = Account("https://pxm.example", frozenset({"r-us", "r-eu"}))
PATHS = (
    ("Apparel", "Jackets"),
    ("Apparel", "Trousers"),
    ("Camp", "Tents"),
    ("Camp", "Sleeping bags"),
    ("Camp", "Kitchen", "Stoves"),
    ("Packs",),
)
NAMES = ("Nunatak", "Serac", "Moraine", "Couloir", "Firn", "Tarn", "Cairn", "Bivouac", "Esker")
SORTS = ("Shell", "Trouser", "Dome", "Quilt", "Stove", "Pack")
SIZES = ("S", "M", "L", "XL")
LABELS = {
    Ref("attribute", "color"): "Color",
    Ref("attribute", "material"): "Material",
    Ref("attribute", "weight"): "Weight (g)",
    Ref("attribute", "description"): "Description",
    Ref("attribute", "season"): "Season",
    Ref("attribute", "size-chart"): "Size chart",
    Ref("category", "new-in"): "New in",
    Ref("category", "sale"): "Sale",
    Ref("resource", "care-guide"): "Care guide",
}
OLD = (
    "A three-layer shell for days when the forecast is honest. The hood turns with the head, the "
    "pockets stay clear of a hip belt, and the seams are taped. Weighs 410 g and packs into its "
    "own pocket. Made in Portugal from recycled nylon."
)
NEW = OLD.replace("410 g", "385 g").replace("Portugal from recycled", "Estonia from fully recycled")


def product(number: int) -> tuple[str, str, Group]:
    """Key, name and place of the n-th product."""
    index = number % len(PATHS)
    name = f"{NAMES[number // len(PATHS) % len(NAMES)]} {SORTS[index]}"
    generation = number // (len(PATHS) * len(NAMES))
    label = f"{name} {generation + 2}" if generation else name
    return f"product-{number}", label, Group(PATHS[index])


def changed(
    number: int, *fields: FieldChange, action: str = "update", cls: str = "pending"
) -> Change:
    """A change of the n-th product."""
    key, label, group = product(number)
    place = Place("products.yaml", 10 + number)
    return Change(
        action, Ref("collection", key), f"id-{number}", label, place, fields, cls, group=group
    )


def variant(number: int, size: str, *fields: FieldChange) -> Change:
    """A change of a variant of the n-th product."""
    key, label, group = product(number)
    inside = Group(group.categories, key, label)
    ref = Ref("collection", f"{key}-{size.lower()}")
    place = Place("products.yaml", 11 + number)
    return Change(
        "update", ref, f"id-{number}-{size}", f"{label} - {size}", place, fields, group=inside
    )


def small() -> Plan:
    """Three changes: a new product, a rewritten text, a value that somebody else changed."""
    group = product(0)[2]
    made = Change(
        "create",
        Ref("collection", "fjell-parka"),
        None,
        "Fjell Parka",
        Place("jackets.yaml", 40),
        sent={
            "name": "Fjell Parka",
            "category": "jackets",
            "published": True,
            "attributes.color": ("Moss", "Ink"),
            "attributes.weight": Number("640"),
        },
        group=group,
    )
    text = changed(0, FieldChange("attributes.description", OLD, NEW, OLD))
    drifted = changed(
        6,
        FieldChange("name", "Serac Shell SALE", "Serac Shell", "Serac Shell", cls="drift"),
        cls="drift",
    )
    labels = {**LABELS, Ref("category", "jackets"): "Jackets"}
    return Plan(ACCOUNT, (made, text, drifted), unchanged=1204, cost=Cost(8, 1), labels=labels)


def _several(count: int) -> Iterator[Change]:
    """Updates of products and variants of every sort."""
    for number in range(count):
        which = number % 5
        if which == 0:
            yield changed(
                number, FieldChange("attributes.material", "Nylon", f"Nylon {number} den", "Nylon")
            )
        elif which == 1:
            yield changed(
                number,
                FieldChange("categories", add=("new-in",), remove=("sale",), is_set=True),
                FieldChange(
                    "attributes.weight", Number(f"{400 + number}"), Number(f"{380 + number}")
                ),
            )
        elif which == 2:
            yield changed(
                number,
                FieldChange("attributes.description", OLD, NEW.replace("385", str(number)), OLD),
            )
        else:
            size = SIZES[number % len(SIZES)]
            yield variant(
                number, size, FieldChange("attributes.color", ("Red",), ("Crimson",), ("Red",))
            )


def large(count: int) -> Plan:
    """`count` changes, a tenth of them deletes, with some of everything that needs eyes."""
    deletes = max(2, min(count // 10, 500))
    changes = [*_several(count - deletes - 4)]
    held = FieldChange("options", remove=("Pink",), is_set=True)
    changes += [
        replace(
            changed(90_001, held),
            ref=Ref("attribute", "color"),
            label="Color",
            group=Group(),
            blocked="a value outside this plan holds 'Pink'",
        ),
        changed(
            90_002,
            FieldChange("name", "Firn Quilt", "Firn Quilt 2", "Firn", cls="conflict"),
            cls="conflict",
        ),
        changed(
            90_003,
            FieldChange("name", "Esker!", "Esker Pack", "Esker Pack", cls="drift"),
            cls="drift",
        ),
        changed(90_004, FieldChange("attributes.season", "SS25", "FW26"), action="adopt"),
    ]
    changes += [
        replace(
            changed(10_000 + number),
            action="delete",
            place=None,
            fallout=("link on resource/care-guide",) * (number % 2),
        )
        for number in range(deletes)
    ]
    return Plan(
        ACCOUNT,
        tuple(changes),
        unchanged=1204,
        cost=Cost(count + 40, (count + 40) // 15),
        labels=LABELS,
        notes=(Note("collection/scarf: name was changed in the account and is no longer ours"),),
    )


def drift(count: int) -> Drift:
    """`count` objects that somebody changed, two that are gone and one that nobody declared."""

    def drifted(number: int, status: str, *fields: FieldChange) -> Drifted:
        key, label, group = product(number)
        return Drifted(
            status,
            Ref("collection", key),
            f"id-{number}",
            label,
            Place("products.yaml", 9),
            fields,
            group,
        )

    objects = [
        drifted(
            number,
            "changed",
            FieldChange("name", product(number)[1], f"{product(number)[1]} SALE", cls="drift"),
        )
        for number in range(count)
    ]
    objects += [drifted(number, "gone") for number in (count, count + 1)]
    stranger = replace(drifted(count + 2, "unmanaged"), ref=Ref("collection", ""), place=None)
    return Drift(ACCOUNT, (*objects, stranger), clean=1200, looked=True, labels=LABELS)


def family(shop: Shop) -> Plan:
    """A family of the example catalog: itself, one variant that comes and one that changes."""
    key = "sleetline-jacket-w"
    now = shop.fields(Ref("collection", key))
    text = str(now["attributes.description"]).replace("breathes", "lets through")
    fields = (
        FieldChange("name", "Sleetline Shell", now["name"]),
        FieldChange("attributes.description", text, now["attributes.description"]),
        FieldChange("attributes.weight", Number("391"), now["attributes.weight"]),
        FieldChange("attributes.pfas-free", None, now["attributes.pfas-free"]),
    )
    variant = shop.fields(Ref("collection", f"{key}-m"))
    title = FieldChange("additional_title", "QF-1104-W-M", variant["additional_title"])
    return Plan(
        ACCOUNT,
        (
            Change("update", Ref("collection", key), "1", "Sleetline Jacket", None, fields),
            Change("create", Ref("collection", f"{key}-xs"), None, "XS", None),
            Change("update", Ref("collection", f"{key}-m"), "2", "M", None, (title,)),
        ),
    )
