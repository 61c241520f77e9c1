"""What is at rest by its digest (contract 7.4): what a digest covers, and that it changes no plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.diff import resting
from reconciler.errors import CatalogError
from reconciler.identity import identify
from reconciler.kinds import KINDS
from reconciler.model import (
    Applied,
    Catalog,
    Entry,
    IgnoreRule,
    Live,
    LiveObject,
    Number,
    Policy,
    Ref,
    Region,
    Resource,
    State,
)
from reconciler.normalize import canon
from reconciler.plan import build, with_digests
from reconciler.plan.matched import matched
from reconciler.reports.planjson import plan_json
from reconciler.statetext import Shelf, applied_text
from reconciler.wire import WireFields, decode
from tests.build import account, catalog, state, want

P = Ref("collection", "p")
OPTIONS = [{"id": "o-r", "label": "Red"}, {"id": "o-b", "label": "Blue"}]


@dataclass(frozen=True)
class World:
    """The three inputs of a plan."""

    catalog: Catalog
    live: Live
    state: State

    def rests(self, ref: Ref = P) -> bool:
        """The object's digest says that there is nothing to do."""
        known = matched(self.catalog, self.live, self.state)
        item = known.live.of(ref.kind)[known.identity.bound[ref].id]
        return known.resting.holds(known.catalog.resources[ref], item, known.entry(ref))

    def planned(self) -> str:
        """The plan as JSON, or what keeps it from being made."""
        try:
            return plan_json(build(self.catalog, self.live, self.state), "1.0")
        except CatalogError as error:
            return "\n".join(map(str, error.problems))

    def sealed(self) -> World:
        """With the digests that an apply leaves behind."""
        return replace(self, state=with_digests(self.catalog, self.live, self.state))

    def without_digests(self) -> World:
        entries = {ref: replace(item, at_rest="") for ref, item in self.state.entries.items()}
        return replace(self, state=replace(self.state, entries=entries, shared={}))

    # --- edits ---

    def declaring(self, ref: Ref, **parts: Any) -> World:
        resource = replace(self.catalog.resources[ref], **parts)
        resources = {**self.catalog.resources, ref: resource}
        return replace(self, catalog=replace(self.catalog, resources=resources))

    def with_field(self, ref: Ref, path: str, value: Any) -> World:
        fields = {**self.catalog.resources[ref].fields, path: value}
        return self.declaring(ref, fields=fields)

    def without_field(self, ref: Ref, path: str) -> World:
        fields = {**self.catalog.resources[ref].fields}
        fields.pop(path, None)
        return self.declaring(ref, fields=fields)

    def ruled(self, **settings: Any) -> World:
        policy = replace(self.catalog.policy, **settings)
        return replace(self, catalog=replace(self.catalog, policy=policy))

    def showing(self, kind: str, id_: str, **raw: Any) -> World:
        known = self.live.of(kind).get(id_)
        before = known.fields.raw if known and isinstance(known.fields, WireFields) else {}
        item = shown(kind, id=id_, **{**before, **raw})
        objects = {**self.live.objects, kind: {**self.live.of(kind), id_: item}}
        return replace(self, live=replace(self.live, objects=objects))

    def remembering(self, ref: Ref, **parts: Any) -> World:
        entry = replace(self.state.entries[ref], **parts)
        return replace(self, state=replace(self.state, entries={**self.state.entries, ref: entry}))

    def with_applied(self, ref: Ref, path: str, applied: Applied | None) -> World:
        fields = dict(self.state.entries[ref].applied)
        fields.pop(path, None)
        return self.remembering(ref, applied=fields | ({path: applied} if applied else {}))


def shown(kind: str, **raw: Any) -> LiveObject:
    """An object as a list shows it."""
    return decode(KINDS[kind], raw)


def kept(kind: str, key: str, id_: str, **applied: Any) -> Entry:
    fields = {path.replace("__", "."): value for path, value in applied.items()}
    return Entry(
        Ref(kind, key),
        id_,
        {
            path: value if isinstance(value, Applied) else Applied(value, value, True)
            for path, value in fields.items()
        },
    )


WORLD = World(
    catalog(
        want("category", "a", name="A"),
        want("category", "b", name="B"),
        want("attribute", "pick", label="Pick", type="Pick List", options=("Red", "Blue")),
        want("attribute", "number", label="Number", type="Number"),
        want("collection", "p", name="P", category="a", categories=("a",), published=True,
             regions=("EU",), attributes={"pick": ("Red",), "number": Number("1.50")}),
        want("collection", "q", name="Q", category="b", categories=("b",)),
    ),
    account(
        shown("category", id="1", name="A", parent_id=None),
        shown("category", id="2", name="B", parent_id=None),
        shown("attribute", id="11", label="Pick", value_type="Pick List", options=OPTIONS),
        shown("attribute", id="12", label="Number", value_type="Number"),
        shown("collection", id="31", name="P", parent_id="1", direct_parent=["1", "9"],
              published=True, region_ids=["r-eu"],
              attributes=[{"id": "11", "value": ["o-r"]}, {"id": "12", "value": Number("1.5")}]),
        shown("collection", id="32", name="Q", parent_id="2", direct_parent=["2"]),
    ),
    state(
        kept("category", "a", "1", name="A", parent=None),
        kept("category", "b", "2", name="B", parent=None),
        kept("attribute", "pick", "11", label="Pick", type="Pick List", options=("Red", "Blue")),
        kept("attribute", "number", "12", label="Number", type="Number"),
        kept("collection", "p", "31", name="P", category="1", categories=("1",), published=True,
             regions=("r-eu",), attributes__11=Applied(("Red",), ["o-r"], True),
             attributes__12=Applied(Number("1.50"), Number("1.5"), True)),
        kept("collection", "q", "32", name="Q", category="2", categories=("2",)),
    ),
)  # fmt: skip
SEALED = WORLD.sealed()


def rekeyed(world: World, old: str, new: str) -> World:
    """The category's key goes to the other one's id, and its own to nothing."""
    before = world.state.entries
    entry = replace(before[Ref("category", old)], id=before[Ref("category", new)].id)
    entries = {ref: item for ref, item in before.items() if ref != Ref("category", new)}
    resources = dict(world.catalog.resources)
    del resources[Ref("category", new)]
    resources = {ref: item for ref, item in resources.items() if ref.key != "q"}
    return World(
        replace(world.catalog, resources=resources),
        world.live,
        replace(world.state, entries={**entries, entry.ref: entry}),
    )


def swapped_ids(world: World) -> World:
    entries = dict(world.state.entries)
    a, b = Ref("attribute", "pick"), Ref("attribute", "number")
    entries[a], entries[b] = replace(entries[a], id="12"), replace(entries[b], id="11")
    return replace(world, state=replace(world.state, entries=entries))


INGREDIENTS: Mapping[str, Callable[[World], World]] = {
    "a declared text": lambda w: w.with_field(P, "name", "P2"),
    "a declared flag": lambda w: w.with_field(P, "published", False),
    "a declared value": lambda w: w.with_field(P, "attributes.pick", ("Blue",)),
    "a declared number's spelling": lambda w: w.with_field(P, "attributes.number", Number("1.5")),
    "a declared number as a text": lambda w: w.with_field(P, "attributes.number", "1.50"),
    "a declared element": lambda w: w.with_field(P, "categories", ("a", "b")),
    "a declared region": lambda w: w.with_field(P, "regions", ("EU", "US")),
    "a further field": lambda w: w.with_field(P, "additional_title", "SKU"),
    "a field that is gone": lambda w: w.without_field(P, "published"),
    "a renamed option": lambda w: w.declaring(P, renames={"Red": "Crimson"}),
    "fields left to the web": lambda w: w.declaring(
        P, lifecycle=replace(w.catalog.resources[P].lifecycle, ignore=frozenset({"name"}))
    ),
    "a rule that leaves fields to the web": lambda w: w.ruled(
        ignore=(IgnoreRule("collection", "p*", frozenset({"name"})),)
    ),
    "drift that is kept": lambda w: w.ruled(drift="keep"),
    "exact arrays": lambda w: w.ruled(exact=frozenset({"categories"})),
    "the id behind a reference": lambda w: rekeyed(w, "a", "b"),
    "the id behind an attribute": swapped_ids,
    "an attribute's type": lambda w: w.showing("attribute", "12", value_type="Text"),
    "an attribute's options": lambda w: w.showing(
        "attribute", "11", options=[*OPTIONS, {"id": "o-x", "label": "X"}]
    ),
    "an option's label": lambda w: w.showing(
        "attribute", "11", options=[{"id": "o-r", "label": "Rot"}, OPTIONS[1]]
    ),
    "an option's id": lambda w: w.showing(
        "attribute", "11", options=[{"id": "o-2", "label": "Red"}, OPTIONS[1]]
    ),
    "an option's pending rename": lambda w: w.declaring(
        Ref("attribute", "pick"),
        fields={**w.catalog.resources[Ref("attribute", "pick")].fields, "options": ("Rot", "Blue")},
        renames={"Rot": "Red"},
    ),
    "a label that an option had": lambda w: w.declaring(
        Ref("attribute", "pick"), renames={"Red": "Crimson"}
    ),
    "a shown text": lambda w: w.showing("collection", "31", name="P2"),
    "a shown reference": lambda w: w.showing("collection", "31", parent_id="2"),
    "a shown value": lambda w: w.showing("collection", "31", attributes=[]),
    "a shown number's spelling": lambda w: w.showing(
        "collection", "31",
        attributes=[{"id": "11", "value": ["o-r"]}, {"id": "12", "value": Number("1.50")}],
    ),
    "a shown field that is gone": lambda w: w.showing("collection", "31", published=None),
    "the id itself": lambda w: w.showing("collection", "33", **_raw("31")).remembering(P, id="33"),
    "what was sent": lambda w: w.with_applied(P, "name", Applied("P2", "P", True)),
    "what was shown": lambda w: w.with_applied(P, "name", Applied("P", "P2", True)),
    "what nobody looked at": lambda w: w.with_applied(P, "name", Applied("P")),
    "a remembered field that is gone": lambda w: w.with_applied(P, "name", None),
    "a region's name": lambda w: replace(
        w, live=replace(w.live, regions=(Region("r-eu", "Europe"), *w.live.regions[1:]))
    ),
    "a hidden root": lambda w: replace(
        w.showing("category", "1", parent_id="0").showing("category", "2", parent_id="0"),
        live=replace(
            w.showing("category", "1", parent_id="0").showing("category", "2", parent_id="0").live,
            hidden=frozenset({"0"}),
        ),
    ),
    "the canonical form": lambda w: replace(
        w, state=replace(w.state, shared={**w.state.shared, resting.ALL: "of another form"})
    ),
}  # fmt: skip


def test_all_that_is_as_it_was_is_at_rest() -> None:
    assert all(map(SEALED.rests, SEALED.state.entries))
    assert not any(map(WORLD.rests, WORLD.state.entries))


@pytest.mark.parametrize("name", INGREDIENTS)
def test_each_ingredient_of_a_judgement_has_the_object_judged_again(name: str) -> None:
    changed = INGREDIENTS[name](SEALED)

    assert not changed.rests()
    assert changed.planned() == changed.without_digests().planned()


LEFT_ALONE: Mapping[str, Callable[[World], World]] = {
    "a category more": lambda w: World(
        replace(w.catalog, resources={**w.catalog.resources, **_more()}),
        w.showing("category", "9", name="C").live,
        w.state,
    ),
    "another object": lambda w: w.with_field(Ref("collection", "q"), "name", "Q2"),
    "another attribute": lambda w: w.showing("attribute", "13", label="T", value_type="Text"),
    "the order of fields": lambda w: w.declaring(
        P, fields=dict(reversed(w.catalog.resources[P].fields.items()))
    ),
    "dates of the answer": lambda w: w.showing("collection", "31", updated_date="2026-01-02"),
}


def _more() -> dict[Ref, Resource]:
    return {item.ref: item for item in (want("category", "c", name="C"),)}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_does_not_concern_an_object_leaves_it_at_rest(name: str) -> None:
    assert LEFT_ALONE[name](SEALED).rests()


def test_a_definition_concerns_the_objects_with_values_of_it_alone_and_changes_no_entry() -> None:
    wider = SEALED.showing("attribute", "11", options=[*OPTIONS, {"id": "o-x", "label": "X"}])
    again = wider.sealed()

    assert not wider.rests(P)
    assert wider.rests(Ref("collection", "q"))
    assert again.rests(P)
    before, after = SEALED.state.entries, again.state.entries
    assert [ref for ref in after if after[ref] is not before[ref]] == [Ref("attribute", "pick")]


def test_what_is_not_at_rest_any_more_loses_its_digest() -> None:
    drifted = SEALED.showing("collection", "31", name="Theirs").sealed()

    assert drifted.state.entries[P].at_rest == ""
    assert drifted.state.entries[Ref("collection", "q")].at_rest


def test_what_is_external_has_no_digest() -> None:
    lent = SEALED.declaring(Ref("category", "b"), external=True).sealed()
    assert lent.state.entries[Ref("category", "b")].at_rest == ""


def test_problems_of_identity_leave_the_digests_as_they_are() -> None:
    ambiguous = SEALED.showing("collection", "40", name="N").showing("collection", "41", name="N")
    resources = {**ambiguous.catalog.resources, Ref("collection", "n"): want("collection", "n", name="N")}  # fmt: skip
    ambiguous = replace(ambiguous, catalog=replace(ambiguous.catalog, resources=resources))
    assert identify(ambiguous.catalog, ambiguous.live, ambiguous.state).problems

    assert ambiguous.sealed().state is ambiguous.state


def test_of_what_is_at_rest_no_field_is_decoded_or_read() -> None:
    shelf = Shelf()
    entries = {
        ref: replace(entry, applied=shelf.fields(ref, applied_text(entry.applied), entry.at_rest))
        for ref, entry in SEALED.state.entries.items()
    }
    objects = {id_: decode(KINDS["collection"], {"id": id_, **_raw(id_)}) for id_ in ("31", "32")}
    live = replace(SEALED.live, objects={**SEALED.live.objects, "collection": objects})
    planned = build(SEALED.catalog, live, replace(SEALED.state, entries=entries))

    assert (planned.summary.empty, planned.unchanged) == (True, 6)
    products = [entries[ref] for ref in entries if ref.kind == "collection"]
    assert not any(entry.applied.is_read for entry in products)  # type: ignore[attr-defined]
    assert not any(item.fields.is_decoded for item in objects.values())  # type: ignore[attr-defined]


def _raw(id_: str) -> dict[str, Any]:
    fields = SEALED.live.of("collection")[id_].fields
    assert isinstance(fields, WireFields)
    return fields.raw


# --- the canonical form -------------------------------------------------------------------------

SAMPLES: Iterable[tuple[Any, str]] = [
    (value, type_)
    for type_ in ("Text", "Number", "Boolean", "Date", "List", "Pick List", "boolean", "multiple",
                  "instant", "text", "references", "options")
    for value in (None, "", "x", " x ", "e\u0301", "y" * 2000, "1.10", Number("1.10"), 1, True,
                  "true", "0", "2025-01-01", "2025-01-01T01:00:00+01:00", ("b", "a", "a"), [],
                  {"n": "1"}, {"sha256": "0"})
]  # fmt: skip
KNOWN_FORMS = {1: "29b3afa740f0f04a"}


def test_another_canonical_form_has_another_number() -> None:
    """Who changes how values compare raises `resting.FORM`, and adds the new digest here."""
    said = "\n".join(_plainly(canon(value, type_)) for value, type_ in SAMPLES)
    assert KNOWN_FORMS[resting.FORM] == sha256(said.encode()).hexdigest()[:16]


def _plainly(form: Any) -> str:
    if isinstance(form, frozenset):
        return f"{{{', '.join(sorted(map(_plainly, form)))}}}"
    if isinstance(form, tuple):
        return f"({', '.join(map(_plainly, form))})"
    return f"{type(form).__name__} {form.normalize() if isinstance(form, Number) else form}"


# --- any edits ----------------------------------------------------------------------------------

KEYS = ("a", "b")
VALUES: Mapping[str, tuple[Any, ...]] = {
    "name": ("P", "Q", " P ", "x"),
    "category": ("a", "b", None),
    "categories": (("a",), ("b",), ("b", "a"), ()),
    "published": (True, False),
    "regions": (("EU",), ("US", "EU")),
    "additional_title": ("S", ""),
    "attributes.pick": (("Red",), ("Blue",), ("Rot",)),
    "attributes.number": (Number("1.5"), Number("1.50"), Number("2")),
}
SHOWN: Mapping[str, tuple[Any, ...]] = {
    "name": ("P", "Q", "P &amp; Q"),
    "parent_id": ("1", "2", "9", None, ""),
    "direct_parent": (["1"], ["2"], ["2", "1"], ["1", "9"], []),
    "published": (True, "true", 0, None),
    "region_ids": (["r-eu"], ["r-us"], []),
    "additional_title": ("S", None),
    "attributes": (
        [],
        [{"id": "11", "value": ["o-r"]}],
        [{"id": "11", "value": [["o-b"]]}, {"id": "12", "value": "1.50"}],
        [{"id": "11", "value": "Red"}, {"id": "12", "value": Number("1.5")}],
    ),
}
DEFINED = (
    [OPTIONS[0], OPTIONS[1]],
    [OPTIONS[1], OPTIONS[0]],
    [{"id": "o-r", "label": "Rot"}, OPTIONS[1]],
    [{"id": "o-r", "label": "Red"}, {"id": "o-b", "label": "Blue"}, {"id": "o-x", "label": "Rot"}],
)
REFS = st.sampled_from([P, Ref("collection", "q")])
IDS = st.sampled_from(["31", "32"])
Edit = Callable[[World], World]


def _declared(ref: Ref, path: str, value: Any) -> Edit:
    return lambda world: world.with_field(ref, path, value)


def _dropped(ref: Ref, path: str) -> Edit:
    return lambda world: world.without_field(ref, path)


def _seen(id_: str, name: str, value: Any) -> Edit:
    return lambda world: world.showing("collection", id_, **{name: value})


def _defined(options: Any) -> Edit:
    return lambda world: world.showing("attribute", "11", options=options)


def _renaming(labels: tuple[str, ...], renames: dict[str, str]) -> Edit:
    pick = Ref("attribute", "pick")
    return lambda world: world.with_field(pick, "options", labels).declaring(pick, renames=renames)


def _ruled(policy: Policy) -> Edit:
    return lambda world: replace(world, catalog=replace(world.catalog, policy=policy))


def _ignoring(ref: Ref, fields: frozenset[str]) -> Edit:
    return lambda world: world.declaring(
        ref, lifecycle=replace(world.catalog.resources[ref].lifecycle, ignore=fields)
    )


def _remembered(ref: Ref, path: str, applied: Applied | None) -> Edit:
    return lambda world: world.with_applied(ref, path, applied)


def _bound(key: str, id_: str) -> Edit:
    return lambda world: world.remembering(Ref("category", key), id=id_)


@st.composite
def fields(draw: st.DrawFn, known: Mapping[str, tuple[Any, ...]]) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(known)))
    return name, draw(st.sampled_from(known[name]))


APPLIED = st.sampled_from([
    ("name", None), ("name", Applied("P", "P", True)), ("name", Applied("x")),
    ("categories", Applied(("1", "2"), ("1",), True)), ("category", Applied("2", "2", True)),
    ("attributes.11", Applied(("Rot",), ["o-r"], True)), ("published", None),
    ("attributes.11", Applied(("Red",), ["o-gone"], True)), ("published_start_date", Applied("x")),
])  # fmt: skip
EDITS = st.one_of(
    st.builds(lambda ref, field: _declared(ref, *field), REFS, fields(VALUES)),
    st.builds(_dropped, REFS, st.sampled_from([*VALUES])),
    st.builds(lambda id_, field: _seen(id_, *field), IDS, fields(SHOWN)),
    st.builds(_defined, st.sampled_from(DEFINED)),
    st.sampled_from([_renaming(("Rot", "Blue"), {"Rot": "Red"}), _renaming(("Red", "Blue"), {})]),
    st.builds(
        lambda drift, exact: _ruled(Policy(drift=drift, exact=frozenset(exact))),
        st.sampled_from(["keep", "revert"]),
        st.sampled_from([(), ("categories",), ("default",), ("options", "regions")]),
    ),
    st.builds(_ignoring, REFS, st.sampled_from([frozenset({"name"}), frozenset[str]()])),
    st.builds(lambda ref, part: _remembered(ref, *part), REFS, APPLIED),
    st.builds(_bound, st.sampled_from(KEYS), st.sampled_from(["1", "2"])),
)


@given(st.lists(EDITS, max_size=3), st.lists(EDITS, max_size=3))
@settings(max_examples=400, deadline=None)
def test_a_plan_is_the_same_with_digests_and_without(first: list[Edit], then: list[Edit]) -> None:
    world = WORLD
    for edit in first:
        world = edit(world)
    world = world.sealed()
    assert world.planned() == world.without_digests().planned()
    for edit in then:
        world = edit(world)
    assert world.planned() == world.without_digests().planned()
