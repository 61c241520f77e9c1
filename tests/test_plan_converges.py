"""Desired = live is no change; a change that is made leaves none (contract 2.2, 2.8), on a model
of a server that replaces arrays whole."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.apply.entries import after_change, after_settle
from reconciler.diff import at_rest, compare, names_of, view_of
from reconciler.identity import identify
from reconciler.kinds import COLLECTION
from reconciler.model import (
    Applied,
    Catalog,
    Change,
    Entry,
    IgnoreRule,
    LiveObject,
    Number,
    Plan,
    Policy,
    Ref,
    State,
)
from reconciler.plan import build
from reconciler.wire import Manners, Names, create_body, decode, update_body
from tests.build import account, catalog, entry, has, state, want

OPTIONS = ("Blue", "Red", "Green")
ATTRIBUTES = (
    want("attribute", "text", label="Text", type="Text"),
    want("attribute", "number", label="Number", type="Number"),
    want("attribute", "pick", label="Pick", type="Pick List", multiple=True, options=OPTIONS),
)
PLACES = tuple(want("category", key, name=key.upper()) for key in "abc")
OTHERS = (
    has("attribute", "id-text", label="Text", type="Text"),
    has("attribute", "id-number", label="Number", type="Number"),
    has("attribute", "id-pick", label="Pick", type="Pick List", multiple=True,
        options=tuple((f"o-{label}", label, "") for label in (*OPTIONS, "Theirs"))),
    has("attribute", "id-theirs", label="Theirs", type="Text"),
    *(has("category", f"id-{key}", name=key.upper()) for key in "abcx"),
)  # fmt: skip
KNOWN = (
    entry("attribute", "text", "id-text", label="Text", type="Text"),
    entry("attribute", "number", "id-number", label="Number", type="Number"),
    entry("attribute", "pick", "id-pick", label="Pick", type="Pick List", multiple=True, options=OPTIONS),
    *(entry("category", key, f"id-{key}", name=key.upper(), parent=None) for key in "abc"),
)  # fmt: skip
REF = Ref("collection", "c")

texts = st.sampled_from(["x", " x ", "y & z", "007", "7"])
numbers = st.sampled_from(["1", "1.0", "2.50"])
picks = st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3, unique=True).map(tuple)


def desired() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"name": st.just("C")},
        optional={
            "additional_title": st.none() | texts,
            "published": st.none() | st.just(False),
            "categories": st.lists(st.sampled_from("abc"), unique=True, max_size=3).map(tuple),
            "attributes.text": st.none() | texts,
            "attributes.number": st.none() | numbers.map(Number),
            "attributes.pick": st.none() | picks,
        },
    )


def raw() -> st.SearchStrategy[dict[str, Any]]:
    values = st.fixed_dictionaries(
        {},
        optional={
            "id-text": texts,
            "id-number": numbers,
            "id-pick": st.lists(st.sampled_from([*OPTIONS, "Theirs"]), min_size=1, max_size=3, unique=True)
                .map(lambda labels: [f"o-{label}" for label in labels]),
            "id-theirs": texts,
        },
    )  # fmt: skip
    return st.fixed_dictionaries(
        {
            "id": st.just("5"),
            "name": st.just("C"),
            "additional_title": st.none() | texts,
            "published": st.none() | st.booleans(),
            "direct_parent": st.lists(
                st.sampled_from(["id-a", "id-b", "id-x"]), unique=True, max_size=3
            ),
            "attributes": values.map(
                lambda found: [{"id": id_, "value": value} for id_, value in found.items()]
            ),
        }
    )


def applied() -> st.SearchStrategy[dict[str, Applied]]:
    def both(sent: Any) -> st.SearchStrategy[Applied]:
        return st.sampled_from([Applied(sent, sent, True), Applied(sent)])

    return st.fixed_dictionaries(
        {"name": both("C")},
        optional={
            "additional_title": texts.flatmap(both),
            "published": st.booleans().flatmap(both),
            "categories": st.lists(st.sampled_from(["id-a", "id-b"]), unique=True)
            .map(tuple)
            .flatmap(both),
            "attributes.id-text": texts.flatmap(both),
            "attributes.id-number": numbers.map(Number).flatmap(both),
            "attributes.id-pick": picks.map(
                lambda labels: Applied(labels, [f"o-{label}" for label in labels], True)
            ),
        },
    )


def plan_of(fields: dict[str, Any], item: LiveObject, known: State) -> Plan:
    return build(catalog_of(fields), account(*OTHERS, item), known)


def catalog_of(fields: dict[str, Any]) -> Catalog:
    return catalog(*ATTRIBUTES, *PLACES, want("collection", "c", **fields))


def names_for(fields: dict[str, Any], item: LiveObject, known: State) -> Names:
    wanted, live = catalog_of(fields), account(*OTHERS, item)
    return names_of(wanted, live, identify(wanted, live, known))


def written(before: dict[str, Any], change: Change, names: Names) -> dict[str, Any]:
    """What a server keeps that replaces `attributes` with the entries to update."""
    body = update_body(COLLECTION, change.fields, before, names, Manners())
    after = {**before, **body}
    if "attributes" in body:
        after["attributes"] = [
            {"id": item["id"], "value": item["value"]}
            for item in body["attributes"]
            if item["type"] == "update"
        ]
    return after


def remembered(plan: Plan, known: State, item: LiveObject, now: LiveObject, names: Names) -> State:
    entries = dict(known.entries)
    for change in plan.changes:
        entries[REF] = after_change(change, entries.get(REF), now, item, names, (), 1.0)
    for settle in plan.settles:
        entries[settle.ref] = after_settle(settle, entries.get(settle.ref), now, names)
    return replace(known, entries=entries)


@settings(max_examples=60)
@given(fields=desired(), live=raw(), before=applied())
def test_what_is_made_leaves_nothing_to_do_and_nothing_foreign_changed(
    fields: dict[str, Any], live: dict[str, Any], before: dict[str, Applied]
) -> None:
    item = decode(COLLECTION, live)
    known = state(*KNOWN, Entry(REF, "5", before))
    plan, names = plan_of(fields, item, known), names_for(fields, item, known)

    after = dict(live)
    for change in plan.changes:
        after = written(live, change, names)
    now = decode(COLLECTION, after)
    again = plan_of(fields, now, remembered(plan, known, item, now, names))

    assert again.changes == ()
    assert again.settles == ()
    theirs = [entry for entry in live["attributes"] if entry["id"] == "id-theirs"]
    assert [entry for entry in after["attributes"] if entry["id"] == "id-theirs"] == theirs
    assert ("id-x" in after["direct_parent"]) == ("id-x" in live["direct_parent"])


SETTINGS = (
    Policy(),
    Policy(drift="keep"),
    Policy(exact=frozenset({"default"})),
    Policy(exact=frozenset({"categories"})),
    Policy(ignore=(IgnoreRule("collection", "*", frozenset({"categories", "attributes.text"})),)),
)


@settings(max_examples=100)
@given(fields=desired(), live=raw(), before=applied(), policy=st.sampled_from(SETTINGS))
def test_what_is_seen_to_be_at_rest_has_no_difference(
    fields: dict[str, Any], live: dict[str, Any], before: dict[str, Applied], policy: Policy
) -> None:
    """The short cut reads every setting that the long way reads."""
    item, known = decode(COLLECTION, live), Entry(REF, "5", before)
    resource, names = want("collection", "c", **fields), names_for(fields, item, state(*KNOWN))

    if at_rest(resource, item, known, names, policy):
        found = compare(view_of(resource, item, known, names, policy))
        assert found == replace(found, fields=(), kept=(), settled=(), forget=())


@given(fields=desired())
def test_an_object_is_at_rest_once_it_is_as_it_was_sent(fields: dict[str, Any]) -> None:
    known = state(*KNOWN)
    create = next(x for x in build(catalog_of(fields), account(*OTHERS), known).changes)
    names = names_for(fields, has("collection", "0", name="-"), known)

    body = create_body(COLLECTION, create.sent, names, Manners())
    made = decode(COLLECTION, {**body, "id": "5", "region_ids": ["r-us"]})
    kept = after_change(create, None, made, None, names, (), 1.0)

    assert at_rest(want("collection", "c", **fields), made, kept, names, Policy())
    assert plan_of(fields, made, state(*KNOWN, kept)).changes == ()
