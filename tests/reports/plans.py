"""Plans to render: one of each sort of change, and strategies for arbitrary ones."""

from typing import Any

from hypothesis import strategies as st

from reconciler.enums import Action, NoteKind
from reconciler.kinds import KINDS, Type
from reconciler.model import (
    Account,
    Change,
    Cost,
    FieldChange,
    Group,
    Note,
    Number,
    Origin,
    Place,
    Plan,
    Ref,
)

ACCOUNT = Account("https://pxm.example", frozenset({"r-us", "r-eu"}))
PLACE = Place("jackets.yaml", 12, 5)


def change(
    action: str, kind: str, key: str, *fields: FieldChange, label: str = "", **rest: Any
) -> Change:
    """A change declared at jackets.yaml:12; its label is the key's last word unless said."""
    rest.setdefault("place", PLACE)
    rest.setdefault("id", None if action in ("create", "recreate") else f"id-{key}")
    name = label or key.rpartition("-")[2].capitalize()
    return Change(action, Ref(kind, key), label=name, fields=fields, **rest)


def plan(*changes: Change, **rest: Any) -> Plan:
    """A plan of these changes."""
    return Plan(ACCOUNT, changes, **rest)


EVERYTHING = plan(
    change(
        "create",
        "collection",
        "rain-jacket",
        label="Rain Jacket",
        sent={
            "name": "Rain Jacket",
            "category": "jackets",
            "categories": ("new-in",),
            "published": True,
            "published_end_date": None,
            "attributes.weight": Number("1.10"),
            "attributes.color": ("Blue", "Red"),
            "attributes.size-chart": {"Chest": Number("90"), "Note": "wide"},
        },
        depends_on=(Ref("category", "jackets"),),
    ),
    change("recreate", "category", "outlet", sent={"name": "Outlet", "parent": None}),
    change("adopt", "category", "shoes"),
    change(
        "update",
        "collection",
        "sun-hat",
        FieldChange("name", "Sunhat", "Sun Hat", "Sun Hat", cls="drift"),
        FieldChange("category", "id:7", "hats"),
        FieldChange("categories", add=("new-in",), remove=("id:9",), is_set=True),
        FieldChange("attributes.color", ("Blue",), ("Crimson",), ("Red",), cls="conflict"),
        FieldChange("attributes.material", "Nylon", None, "Nylon", clears=True),
        cls="conflict",
    ),
    change(
        "update",
        "attribute",
        "color",
        FieldChange(
            "options", add=("Teal",), remove=("Pink",), rename=(("Red", "Crimson"),), is_set=True
        ),
        blocked="a value outside this plan holds 'Pink'",
    ),
    change("move", "collection", "new-cap", source="collection/cap"),
    change("delete", "category", "old", place=None, fallout=("link on resource/care",)),
    near={Ref("collection", "rain-jacket"): ("c-8",)},
    unchanged=1204,
    notes=(Note("collection/scarf: name drifted and is kept (drift: keep)"),),
    refusals=("11 deletes, the limit is 10: pass --allow-deletes 11",),
    environment="staging",
    cost=Cost(26, 2),
    names={"id:7": "Somebody's", "id:9": "Theirs"},
)

# --- arbitrary plans ----------------------------------------------------------------------------

_TEXTS = st.text(max_size=12) | st.sampled_from(["\x1b[31m", "\u202e", "id:5", "a\nb", "true", ""])
_KEYS = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,3})?", fullmatch=True)
_NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,4})?([eE]-?[0-9])?", fullmatch=True)
_SCALARS = st.none() | st.booleans() | _TEXTS | _NUMBERS.map(Number)
_VALUES = (
    _SCALARS
    | st.lists(_SCALARS, max_size=3).map(tuple)
    | st.dictionaries(_TEXTS, _SCALARS, max_size=3)
)
_ELEMENTS = st.lists(_KEYS | st.sampled_from(["id:1", "id:2", "id:3"]), max_size=3).map(tuple)
_CLASSES = st.sampled_from(["pending", "drift", "conflict"])


_ORIGINS = st.none() | st.builds(
    Origin,
    st.builds(Ref, st.just("collection"), _KEYS),
    st.builds(Place, _TEXTS, st.integers(1, 9)),
    st.sampled_from(["", "variants"]),
)


def _field(kind: str) -> st.SearchStrategy[FieldChange]:
    return st.sampled_from(KINDS[kind].fields).flatmap(
        lambda field: (
            st.builds(
                FieldChange,
                path=st.just(field.name),
                add=_ELEMENTS,
                remove=_ELEMENTS,
                rename=st.lists(st.tuples(_TEXTS, _TEXTS), max_size=2).map(tuple),
                is_set=st.just(True),
                cls=_CLASSES,
                clears=st.booleans(),
                origin=_ORIGINS,
            )
            if field.is_set
            else st.builds(
                FieldChange,
                path=_KEYS.map(lambda key: f"attributes.{key}")
                if field.type is Type.VALUES
                else st.just(field.name),
                before=_VALUES,
                after=_VALUES,
                applied=_VALUES,
                cls=_CLASSES,
                clears=st.booleans(),
                origin=_ORIGINS,
            )
        )
    )


def _sent(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    paths = [(item.name, item.is_set) for item in KINDS[kind].fields if item.name != "attributes"]
    return st.fixed_dictionaries(
        {}, optional={name: _ELEMENTS if is_set else _VALUES for name, is_set in paths}
    )


_GROUPS = st.builds(Group, st.lists(_TEXTS, max_size=2).map(tuple)) | st.builds(
    Group, st.lists(_TEXTS, max_size=2).map(tuple), _KEYS, _TEXTS
)


@st.composite
def _changes(draw: st.DrawFn) -> Change:
    kind = draw(st.sampled_from(sorted(KINDS)))
    action = draw(st.sampled_from(list(Action)))
    creates = action in ("create", "recreate")
    uploads = not creates and kind == "file" and draw(st.booleans())
    refs = st.builds(Ref, st.sampled_from(sorted(KINDS)), _KEYS)
    return Change(
        action=action,
        ref=Ref(kind, draw(_KEYS)),
        id=None if creates else draw(_TEXTS),
        label=draw(_TEXTS),
        place=draw(st.none() | st.builds(Place, _TEXTS, st.integers(1, 10**6))),
        fields=() if creates else tuple(draw(st.lists(_field(kind), max_size=3))),
        cls=draw(_CLASSES),
        fallout=tuple(draw(st.lists(_TEXTS, max_size=2))),
        depends_on=tuple(draw(st.lists(refs, max_size=2))),
        blocked=draw(st.none() | _TEXTS),
        source=draw(st.none() | _KEYS),
        sent=draw(_sent(kind)) if creates or uploads else {},
        upload="picture.jpg" if uploads else None,
        group=draw(_GROUPS),
    )


PLANS = st.builds(
    Plan,
    account=st.builds(Account, _TEXTS, st.frozensets(_TEXTS, max_size=2)),
    changes=st.lists(_changes(), max_size=4).map(tuple),
    near=st.dictionaries(st.builds(Ref, st.sampled_from(sorted(KINDS)), _KEYS), _ELEMENTS),
    unchanged=st.integers(0, 10**6),
    notes=st.lists(st.builds(Note, _TEXTS, st.sampled_from(NoteKind)), max_size=2).map(tuple),
    refusals=st.lists(_TEXTS, max_size=2).map(tuple),
    left=st.dictionaries(_TEXTS, st.integers(0, 9), max_size=2),
    new_state=st.booleans(),
    needs_new_state=st.booleans(),
    targets=st.lists(_TEXTS, max_size=2).map(tuple),
    environment=st.none() | _TEXTS,
    cost=st.builds(Cost, *[st.integers(0, 10**6)] * 4),
    names=st.dictionaries(st.sampled_from(["id:1", "id:2"]), _TEXTS),
    labels=st.dictionaries(st.builds(Ref, st.sampled_from(sorted(KINDS)), _KEYS), _TEXTS),
)
