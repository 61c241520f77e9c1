"""Texts that want to be more than text, in every place that a text can take."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler.enums import NoteKind
from reconciler.model import (
    Account,
    Change,
    Cost,
    Drift,
    Drifted,
    FieldChange,
    Group,
    Note,
    Origin,
    Place,
    Plan,
    Ref,
)

FOLDER = Path(__file__).parent / "hostile"
TEXTS = {path.stem: path.read_bytes().decode("utf-8") for path in sorted(FOLDER.glob("*.txt"))} | {
    "lone-surrogate": "half \ud83d of one",
    "long-word": "w" * 100_000,
    "long-backticks": "`" * 100_000,
    "long-rtl": "שלום " * 2_000,
}


def harmless(text: str) -> str:
    """A text of the same form, words that were equal still equal, that means nothing."""
    return re.sub(r"\S", lambda match: chr(ord("a") + ord(match[0]) % 26), text)


def plan_of(text: str) -> Plan:
    """A plan that says the text wherever a plan can say anything."""
    shelf = Group((text, text))
    group = Group((text, text), "rain-jacket", text)
    place = Place(f"{text}.yaml", 3)
    origin = Origin(Ref("collection", "rain"), place, text)
    fields = (
        FieldChange("name", text, f"{text} 2nd", text, origin=origin),
        FieldChange("category", "id:7", "jackets", origin=replace(origin, list="")),
        FieldChange("categories", add=("id:7", "jackets"), remove=("id:8",), is_set=True),
        FieldChange("attributes.color", (text,), (text, "Blue"), (text,)),
        FieldChange("attributes.id:9", None, text),
        FieldChange("attributes.size", {"Chest": text, text: "1"}, {"Chest": "2", text: text}),
    )
    worse = (
        FieldChange("name", "1st", text, text, cls="conflict"),
        FieldChange("attributes.color", text, "2nd", "2nd", cls="drift"),
    )
    sent = {
        "name": "Rain",
        "categories": ("jackets", "id:7"),
        "attributes.color": (text,),
        "attributes.size": text,
    }

    def change(action: str, key: str, **rest: object) -> Change:
        kind = str(rest.pop("kind", "collection"))
        return Change(action, Ref(kind, key), f"id-{key}", text, place, **{"group": shelf, **rest})  # type: ignore[arg-type]

    options = FieldChange(
        "options", add=(text,), remove=(f"{text}2",), rename=((text, f"{text}3"),), is_set=True
    )
    return Plan(
        Account("https://pxm.example", frozenset({"r-1"})),
        (
            change("update", "color", kind="attribute", fields=(options,), group=Group()),
            change("update", "jackets", kind="category", fields=fields[:1]),
            change("create", "rain", sent=sent, fields=()),
            change("update", "rain-m", fields=fields, group=group),
            change("update", "worse", fields=worse, cls="conflict"),
            change("recreate", "again", sent=sent),
            change("adopt", "there", fields=fields[:1]),
            change("move", "moved", source=text),
            change("update", "held", fields=fields[:1], blocked=text),
            change("delete", "gone", fallout=(text, f"link on {text}")),
            *(
                change(
                    "update",
                    f"bulk-{n}",
                    fields=(FieldChange("additional_title", text, f"{text}!"),),
                )
                for n in range(6)
            ),
        ),
        near={Ref("collection", "rain"): ("c-8",)},
        unchanged=3,
        notes=(
            Note(f"collection/rain: near match '{text}' (c-8).", NoteKind.NEAR),
            Note(text),
        ),
        refusals=(text, f"2 conflicts: {text}"),
        environment=text,
        targets=(text,),
        cost=Cost(26, 2),
        names={"id:7": text, "id:8": f"{text}8", "id:9": text},
        labels={
            Ref("category", "jackets"): text,
            Ref("attribute", "color"): text,
            Ref("attribute", "size"): text,
        },
    )


def drift_of(text: str) -> Drift:
    """A drift report that says the text wherever one can say anything."""
    group = Group((text, text), "rain", text)
    fields = (
        FieldChange("name", text, f"{text} 2nd"),
        FieldChange("categories", add=("id:7",), remove=("jackets",), is_set=True),
        FieldChange("attributes.color", (text,), None),
    )
    place = Place(f"{text}.yaml", 3)
    return Drift(
        Account("https://pxm.example", frozenset({"r-1"})),
        (
            Drifted("changed", Ref("collection", "rain-m"), "id-1", text, place, fields, group),
            Drifted("gone", Ref("category", "jackets"), "id-2", text, place),
            Drifted("unmanaged", Ref("collection", ""), "id-3", text, group=Group((text,))),
        ),
        clean=7,
        notes=(text,),
        environment=text,
        looked=True,
        names={"id:7": text},
        labels={Ref("category", "jackets"): text, Ref("attribute", "color"): text},
    )


Maker = Callable[[str], object]
