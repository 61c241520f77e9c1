"""Each dialect does what it says: the same act, by default and under it, and what comes of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest

from reconciler.sandbox import DIALECTS
from reconciler.sandbox.dialects import EXCLUSIVE
from reconciler.sandbox.rules.shapes import SHAPES
from tests.sandbox.boxes import JSON, Box, picture, served, until

_numbers = count(1)
GONE = {"error": "Not Found", "message": "Not Found"}
PARTS = {"multipart_threshold": 8, "part_size": 4}


@dataclass(frozen=True)
class Show:
    """An act, what comes of it by default, and what under the dialect.

    `options` set the sandbox; with them the default has a sandbox of its own, too.
    """

    act: Callable[[Box], Any]
    default: Any
    under: Any
    options: Mapping[str, Any] = field(default_factory=dict)


# --- what acts are made of ---


def name() -> str:
    """A name that no other act uses."""
    return f"Thing {next(_numbers)}"


def make(box: Box, kind: str, **fields: Any) -> str:
    """An object made by somebody else, so that no dialect changes the making."""
    fields.setdefault(SHAPES[kind].name, name())
    return box.sandbox.put_object(kind, fields)


def values(box: Box, type_: str, value: Any, **more: Any) -> tuple[str, list[JSON]]:
    """An attribute and a value of it as it is kept."""
    id_ = make(box, "attribute", value_type=type_, **more)
    return id_, [{"id": id_, "value": value}]


def options(*labels: str) -> list[JSON]:
    return [{"id": f"o-{label}", "label": label} for label in labels]


def marked(value: Any, **ids: str) -> Any:
    """The value with ids in it replaced by names, and whole objects by a word."""
    if isinstance(value, dict):
        if "created_date" in value:
            return "object"
        return {key: marked(inner, **ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner, **ids) for inner in value]
    return next((f"#{known}" for known, id_ in ids.items() if str(value) == id_), value)


def peek(box: Box, path: str, *names: str) -> list[Any]:
    """Fields of a single object, "absent" where they are not there."""
    item = box.get(path)
    return [item.get(name, "absent") for name in names]


def filled(box: Box, number: int) -> str:
    """A category with that many collections."""
    top = make(box, "category")
    for _ in range(number):
        make(box, "collection", parent_id=top)
    return top


def inside(box: Box, top: str, **query: Any) -> list[JSON]:
    found: list[JSON] = box.get("collection", parent_id=top, **query)["collections"]
    return found


# --- lists ---


def empty_list(box: Box) -> Any:
    return box.get("collection", ids="none")


def empty_category_list(box: Box) -> Any:
    return box.get("category", limit=0)


def capped(box: Box) -> int:
    return len(inside(box, filled(box, 60), limit=100))


def past_the_end(box: Box) -> list[str]:
    top = make(box, "category")
    for title in "ABC":
        make(box, "collection", name=title, parent_id=top)
    return [item["name"] for item in inside(box, top, limit=2, offset=10)]


def order_changes(box: Box) -> bool:
    top = filled(box, 8)
    orders = {tuple(item["id"] for item in inside(box, top)) for _ in range(4)}
    assert all(len(set(order)) == 8 for order in orders)
    return len(orders) > 1


def asked_for_30(box: Box) -> int:
    return len(inside(box, filled(box, 30), limit=30))


def status_of(path: str) -> Callable[[Box], int]:
    return lambda box: box.send("GET", path).status_code


def asked_by_60_ids(box: Box) -> Any:
    top = filled(box, 60)
    ids = [item["id"] for item in box.sandbox.all("collection") if item["parent_id"] == top]
    answer = box.send("GET", "collection", params={"ids": ",".join(ids), "limit": 100})
    return len(answer.json()["collections"]) if answer.status_code == 200 else answer.status_code


def asked_by_one_id(box: Box) -> int:
    top = filled(box, 3)
    first = next(i["id"] for i in box.sandbox.all("collection") if i["parent_id"] == top)
    found = box.get("collection", ids=first, parent_id=top)["collections"]
    return len(found)


def of_another_region(box: Box) -> bool:
    make(box, "collection")
    return bool(box.get("collection", region_ids="none")["collections"])


def member_only(box: Box) -> int:
    top = make(box, "category")
    make(box, "collection", direct_parent=[top])
    return len(inside(box, top))


def deeper(box: Box) -> int:
    top = make(box, "category")
    inner = make(box, "category", parent_id=top)
    make(box, "collection", parent_id=inner)
    return len(inside(box, top))


def minified_names(box: Box) -> bool:
    id_ = make(box, "collection")
    [item] = box.get("collection", ids=id_, minified="true")["collections"]
    return sorted(item) == ["id", "name"]


def lagging(box: Box) -> list[Any]:
    word = f"word{next(_numbers)}"
    id_ = box.post("category", name=word)["id"]
    listed = word in [item["name"] for item in box.get("category", limit=10_000)]
    hits = box.client.get("/v3/folder/search", params={"keyword": word}).json()["hits"]
    return [listed, len(hits), box.get(f"category/{id_}")["name"] == word]


# --- how objects read ---


def nothing(box: Box) -> list[Any]:
    return peek(box, f"collection/{make(box, 'collection')}", "additional_title", "direct_parent")


def picked(*labels: str, maximum: int = 1) -> Callable[[Box], Any]:
    def act(box: Box) -> Any:
        ids = [option["id"] for option in options(*labels)]
        more = {"options": options("Blue", "Red"), "maximum": maximum}
        _, entries = values(box, "Pick List", ids, **more)
        return box.get(f"collection/{make(box, 'collection', attributes=entries)}")["attributes"][
            0
        ]["value"]

    return act


def label_written(box: Box) -> int:
    id_, _ = values(box, "Pick List", None, options=options("Blue"), maximum=1)
    path = f"collection/{make(box, 'collection')}/attribute/{id_}"
    return box.send("PUT", path, json={"value": "Blue"}).status_code


def scalars(box: Box) -> list[Any]:
    id_, entries = values(box, "Number", 450)
    item = box.get(f"collection/{make(box, 'collection', attributes=entries)}")
    return [
        item["published"],
        item["attributes"][0]["value"],
        box.get(f"attribute/{id_}")["maximum"],
    ]


def types_of_ids(box: Box) -> list[str]:
    top = box.post("category", name=name())["id"]
    attribute = box.post("attribute", label=name(), value_type="Pick List", options=["a"])
    record = box.post("attribute", label=name(), value_type="List", options=["n"])
    group = box.post("attribute-group", name=name(), attributes=[attribute["id"]])
    entries = [
        {"id": attribute["id"], "type": "update", "value": [attribute["options"][0]["id"]]},
        {"id": record["id"], "type": "update", "value": [{"label": "n", "value": "x"}]},
    ]
    item = box.post(
        "collection", name=name(), parent_id=top, direct_parent=[top], attributes=entries
    )
    pick, fields = (entry["value"] for entry in item["attributes"])
    ids = [
        top, attribute["id"], attribute["options"][0]["id"], group["attributes"][0], item["id"],
        item["parent_id"], item["direct_parent"][0], item["region_ids"][0], pick[0],
        item["attributes"][0]["id"], fields[0]["id"],
    ]  # fmt: skip
    assert box.get("collection", ids=str(item["id"]))["collections"] == [item]
    return sorted({type(id_).__name__ for id_ in ids})


def dates(box: Box) -> list[str]:
    _, entries = values(box, "Date", "2025-03-04T00:00:00Z")
    start = "2025-01-01T10:11:12Z"
    item = box.get(
        f"collection/{make(box, 'collection', attributes=entries, published_start_date=start)}"
    )
    return [item["published_start_date"], item["attributes"][0]["value"]]


def many_fields(box: Box) -> bool:
    return len(box.get(f"resource/{make(box, 'resource')}")) > 40


def hit(box: Box) -> list[Any]:
    id_ = make(box, "category", name=f"word{next(_numbers)}")
    word = box.sandbox.get("category", id_)["name"]  # type: ignore[index]
    answer = box.client.get("/v3/folder/search", params={"keyword": word}).json()
    return ["_source" in answer["hits"][0], answer["total"]]


def above_the_top(box: Box) -> list[Any]:
    id_ = box.post("category", name=name())["id"]
    parent = box.get(f"category/{id_}")["parent_id"]
    listed = "Super" in [item["name"] for item in box.get("category", limit=10_000)]
    moved = box.put(f"category/{id_}", parent_id=None)["parent_id"]
    assert moved == parent
    return [parent and box.get(f"category/{parent}")["name"], listed]


def joined(box: Box) -> list[Any]:
    top, other = make(box, "category"), make(box, "category")
    made = box.post("collection", name=name(), parent_id=top, direct_parent=[other])
    return [
        marked(made["direct_parent"], top=top, other=other),
        marked(box.put(f"collection/{made['id']}", direct_parent=[])["direct_parent"], top=top),
    ]


def sub_fields(box: Box) -> list[Any]:
    id_, _ = values(box, "List", None, options=options("a"), maximum=1)
    found = peek(box, f"attribute/{id_}", "options", "fields")
    return [entry and [option["label"] for option in entry] for entry in found if entry != "absent"]


def inherited(box: Box) -> list[str]:
    id_, entries = values(box, "Text", "from above")
    top = make(box, "category", attributes=entries)
    other, own = values(box, "Text", "own")
    inner = make(box, "category", parent_id=top, attributes=[{"id": other, "value": "not shown"}])
    item = box.get(f"collection/{make(box, 'collection', parent_id=inner, attributes=own)}")
    return [
        marked(entry["id"], a=id_, b=other) + " " + entry["value"] for entry in item["attributes"]
    ]


def topics(kind: str) -> Callable[[Box], list[Any]]:
    def act(box: Box) -> list[Any]:
        id_ = make(box, "collection")
        path = f"{kind}/{make(box, kind, collections=[id_])}"
        return marked(peek(box, path, "collections", "topics"), c=id_)  # type: ignore[no-any-return]

    return act


def references(box: Box) -> Any:
    top = make(box, "category")
    item = make(box, "collection", parent_id=top, direct_parent=[top])
    return marked(peek(box, f"collection/{item}", "parent_id", "direct_parent"), a=top)


def a_set(box: Box) -> Any:
    one, two = make(box, "category"), make(box, "category")
    return marked(
        peek(
            box, f"collection/{make(box, 'collection', direct_parent=[one, two])}", "direct_parent"
        ),
        a=one,
        b=two,
    )


def set_order_changes(box: Box) -> bool:
    ids = [make(box, "category") for _ in range(4)]
    path = f"collection/{make(box, 'collection', direct_parent=ids)}"
    found = [tuple(box.get(path)["direct_parent"]) for _ in range(4)]
    assert all(sorted(order) == sorted(ids) for order in found)
    return len(set(found)) > 1


def dated(box: Box) -> list[bool]:
    made = box.post("category", name=name())
    later = box.put(f"category/{made['id']}", name=name())
    day = made["created_date"][:10]
    found = box.get("collection", updated_start_date=day)
    assert isinstance(found, dict)
    return ["updated_date" in made, "updated_date" in later]


def size(box: Box) -> Any:
    return box.get(f"file/{box.sandbox.put_file('a.txt', b'1234')}")["file_size"]


def definition(box: Box) -> list[Any]:
    made = make(box, "attribute", label="Color", value_type="Text")
    return peek(box, f"attribute/{made}", "label", "value_type", "name", "type")


def shown_label(box: Box) -> list[str]:
    id_, entries = values(box, "Text", "x", label="Color")
    item = box.get(f"collection/{make(box, 'collection', attributes=entries)}")
    return [box.get(f"attribute/{id_}")["label"], item["attributes"][0]["label"]]


# --- writes ---


def writes(box: Box) -> list[Any]:
    found = []
    made = box.send("POST", "category", json={"name": (title := name())})
    [id_] = [item["id"] for item in box.sandbox.all("category") if item["name"] == title]
    for answer in (
        made,
        box.send("PUT", f"category/{id_}", json={"published": False}),
        box.send("DELETE", f"category/{id_}"),
    ):
        body = answer.json() if answer.content else None
        found.append((answer.status_code, marked(body, id=id_, **{"": title})))
    return found


def update_answer(box: Box) -> str:
    return str(box.put(f"category/{make(box, 'category', name='old')}", name="new")["name"])


def patched(box: Box) -> int:
    one, first = values(box, "Text", "1")
    _, second = values(box, "Text", "2")
    id_ = make(box, "collection", attributes=[*first, *second])
    box.put(f"collection/{id_}", attributes=[{"id": one, "type": "update", "value": "3"}])
    return len(box.get(f"collection/{id_}")["attributes"])


def texts(box: Box) -> list[str]:
    made = box.post("category", name=" a & b ")
    return [made["name"], box.put(f"category/{made['id']}", name="a &amp; b")["name"]]


def untouched_texts(box: Box) -> list[str]:
    _, entries = values(box, "Text", "<x>")
    id_ = make(box, "collection", name="a & b", attributes=entries)
    item = box.put(f"collection/{id_}", published=False)
    return [item["name"], item["attributes"][0]["value"]]


def category_value(box: Box) -> list[int]:
    id_, _ = values(box, "Text", "x")
    top = make(box, "category")
    entry = {"id": id_, "type": "update", "value": "x"}
    whole = box.send("PUT", f"category/{top}", json={"attributes": [entry]})
    single = box.send("PUT", f"category/{top}/attribute/{id_}", json={"value": "x"})
    return [whole.status_code, single.status_code]


def not_empty(box: Box) -> list[Any]:
    top = make(box, "category")
    inner, member = (
        make(box, "category", parent_id=top),
        make(box, "collection", direct_parent=[top]),
    )
    status = box.send("DELETE", f"category/{top}").status_code
    left = [box.sandbox.get("category", inner), box.sandbox.get("collection", member)]
    return [
        status,
        *(item and (item["parent_id"] == top, len(item["direct_parent"])) for item in left),
    ]


def dangling(box: Box) -> Any:
    id_ = make(box, "collection")
    resource = make(box, "resource", collections=[id_])
    box.delete(f"collection/{id_}")
    return marked(box.get(f"resource/{resource}")["collections"], gone=id_)


def deleted(box: Box) -> list[Any]:
    id_ = make(box, "category")
    before = box.get(f"category/{id_}").get("status")
    box.delete(f"category/{id_}")
    after = box.send("GET", f"category/{id_}")
    listed = [item for item in box.get("category", limit=10_000) if item["id"] == id_]
    refused = [
        box.send(method, f"category/{id_}", json={}).status_code for method in ("PUT", "DELETE")
    ]
    return [before, after.status_code, after.json().get("status"), len(listed), refused]


def clears(box: Box) -> list[Any]:
    found: list[Any] = []
    for empty in (None, ""):
        attribute, entries = values(box, "Text", "kept")
        id_ = make(box, "collection", additional_title="kept", attributes=entries)
        box.put(f"collection/{id_}", additional_title=empty)
        box.put(f"collection/{id_}/attribute/{attribute}", value=empty)
        box.put(
            f"collection/{id_}", attributes=[{"id": attribute, "type": "update", "value": empty}]
        )
        item = box.get(f"collection/{id_}")
        found.append((item["additional_title"], len(item["attributes"])))
    return found


def twice_the_same(box: Box) -> list[int]:
    top, other, title = make(box, "category"), make(box, "category"), name()
    tries = [(top, title), (top, title), (other, title)]
    found = [
        box.send("POST", "collection", json={"parent_id": p, "name": n}).status_code
        for p, n in tries
    ]
    mine = box.sandbox.all("collection")[-1]
    box.put(f"collection/{mine['id']}", name=title)
    free = make(box, "collection", parent_id=top)
    return [*found, box.send("PUT", f"collection/{free}", json={"name": title}).status_code]


def late(box: Box) -> Any:
    try:
        return box.send("POST", "category", json={"name": name()}).status_code
    except httpx.RemoteProtocolError:
        return "dropped"


def of_a_hidden_region(box: Box) -> list[Any]:
    eu = box.sandbox.ensure_region("EU")
    id_ = make(box, "collection", region_ids=[eu])
    both = make(box, "collection", region_ids=[*box.sandbox.app.rules.primary(), eu])
    found = [
        box.send(method, f"collection/{id_}{rest}", json=body).status_code
        for method, rest, body in (
            ("GET", "", None),
            ("GET", "/files", None),
            ("PUT", "", {}),
            ("DELETE", "", None),
        )
    ]
    listed = box.get("collection", ids=f"{id_},{both}")["collections"]
    return [found, "EU" in [item["name"] for item in box.get("region")], len(listed)]


def writing(box: Box) -> list[int]:
    return [
        box.send("POST", "category", json={"name": name()}).status_code,
        box.send("GET", "category").status_code,
    ]


def dropped_fields(box: Box) -> Any:
    top = make(box, "category")
    id_ = make(box, "collection", name="kept", additional_title="SKU", direct_parent=[top])
    box.put(f"collection/{id_}", published=False)
    return marked(
        peek(box, f"collection/{id_}", "name", "additional_title", "direct_parent"), a=top
    )


# --- options, groups, files ---


def option_ids(sent: list[Any]) -> Callable[[Box], list[Any]]:
    def act(box: Box) -> list[Any]:
        id_ = make(
            box, "attribute", value_type="Pick List", options=options("Blue", "Red"), maximum=1
        )
        found = box.put(f"attribute/{id_}", options=sent)["options"]
        known = {"o-Blue", "o-Red"}
        return [(option["label"], option["id"] in known) for option in found]

    return act


def emptied(box: Box) -> list[Any]:
    id_, entries = values(box, "Text", "x")
    path = f"collection/{make(box, 'collection', attributes=entries)}"
    box.put(path, attributes=[{"id": id_, "type": "delete"}])
    found = [box.get(path)["attributes"] for _ in range(4)]
    return sorted(repr(entry.get("value", "absent")) for shown in found for entry in shown)


def membership(box: Box) -> Any:
    on_group, on_attribute = make(box, "attribute_group"), make(box, "attribute_group")
    one = make(box, "attribute", value_type="Text")
    box.put(f"attribute-group/{on_group}", attributes=[one])
    box.put(f"attribute/{one}", group_id=[on_attribute] if on_attribute else [])
    shown = [
        *peek(box, f"attribute-group/{on_group}", "attributes"),
        *peek(box, f"attribute-group/{on_attribute}", "attributes"),
        *peek(box, f"attribute/{one}", "group_id"),
    ]
    return marked(shown, a=one, g1=on_group, g2=on_attribute)


def upload_names(box: Box) -> list[Any]:
    found: list[Any] = []
    for bytes_ in (4, 9):
        answer = box.post("file/request-upload", file_name="a.txt", size=bytes_)
        parts = answer.get("parts") or answer.get("urls") or []
        found.append(
            (
                sorted(answer),
                sorted(parts[0]) if parts and isinstance(parts[0], dict) else len(parts),
            )
        )
    return found


def tagged(box: Box) -> Any:
    number = next(_numbers)
    id_ = make(box, "collection", additional_title=f"SKU-{number}-x")
    asked = box.post("file/request-upload", file_name=f"hero_SKU-{number}-X.jpg", size=4)
    httpx.put(asked["upload_url"], content=b"1234")
    made = box.post("file/confirm-upload", file_path=asked["file_path"])
    return marked(made["collections"], c=id_)


# --- errors, limits, tokens ---


def not_found(box: Box) -> Any:
    answer = box.send("GET", "category/gone")
    if answer.headers["Content-Type"].startswith("text/html"):
        return answer.status_code, answer.text
    return answer.status_code, answer.json()


def too_many(box: Box) -> Any:
    box.get("category")
    answer = box.send("GET", "category")
    assert 0 < answer.json()["retry_after"] <= 60
    after = answer.headers.get("Retry-After", "absent")
    return "a number" if after.isdigit() else "a date" if after.endswith("GMT") else after


def expiry(box: Box) -> Any:
    answer = httpx.post(
        f"{box.sandbox.url}/v2.1/oauth/authorize",
        auth=("sandbox", "sandbox"),
        json={"grant_type": "client_credentials"},
    )
    return answer.json().get("expires_in", "absent")


OBJECTS = [(201, "object"), (200, "object"), (200, {"deleted": True})]
EMPTY: Any = {"collections": []}

SHOWS: Mapping[str, Show] = {
    "lists-raw": Show(empty_list, EMPTY, []),
    "lists-wrapped": Show(empty_category_list, [], {"categories": []}),
    "lists-data": Show(
        empty_list, EMPTY, {"data": [], "pagination": {"total": 0, "offset": 0, "limit": 0}}
    ),
    "lists-items": Show(empty_list, EMPTY, {"items": []}),
    "lists-hits": Show(empty_list, EMPTY, {"hits": [], "total": 0}),
    "lists-results": Show(empty_list, EMPTY, {"results": [], "count": 0}),
    "lists-null": Show(empty_list, EMPTY, None),
    "page-cap": Show(capped, 60, 50),
    "page-repeat": Show(past_the_end, [], ["C"]),
    "page-shuffle": Show(order_changes, False, True),
    "limit-ignored": Show(asked_for_30, 30, 20),
    "limit-refused": Show(status_of("category?limit=101"), 200, 400),
    "ids-ignored": Show(asked_by_one_id, 1, 3),
    "ids-capped": Show(asked_by_60_ids, 60, 50),
    "ids-limit": Show(asked_by_60_ids, 60, 400),
    "ids-strict": Show(status_of("collection?ids=none"), 200, 404),
    "regions-advisory": Show(of_another_region, False, True),
    "parent-primary": Show(member_only, 1, 0),
    "parent-deep": Show(deeper, 0, 1),
    "days-only": Show(status_of("collection?created_start_date=2025-01-01T00:00:00Z"), 200, 400),
    "minified-bare": Show(minified_names, False, True),
    "stale-lists": Show(lagging, [True, 1, True], [False, 0, True]),
    "none-blank": Show(nothing, [None, []], ["", ""]),
    "none-null": Show(nothing, [None, []], [None, None]),
    "none-absent": Show(nothing, [None, []], ["absent", "absent"]),
    "options-labels": Show(picked("Blue"), ["o-Blue"], "Blue"),
    "options-nested": Show(picked("Blue", "Red", maximum=2), ["o-Blue", "o-Red"], [["o-Blue"], ["o-Red"]]),
    "options-single": Show(picked("Blue"), ["o-Blue"], "o-Blue"),
    "options-strict": Show(label_written, 200, 400),
    "scalars-as-strings": Show(scalars, [False, 450, 1], ["false", "450", "1"]),
    "ids-int": Show(types_of_ids, ["str"], ["int"]),
    "dates-millis": Show(
        dates,
        ["2025-01-01T10:11:12Z", "2025-03-04T00:00:00Z"],
        ["2025-01-01T10:11:12.000Z", "2025-03-04T00:00:00.000Z"],
    ),
    "dates-zoned": Show(
        dates,
        ["2025-01-01T10:11:12Z", "2025-03-04T00:00:00Z"],
        ["2025-01-01T12:11:12+02:00", "2025-03-04T00:00:00Z"],
    ),
    "extra-fields": Show(many_fields, False, True),
    "hits-wrapped": Show(hit, [False, 1], [True, {"value": 1}]),
    "root-category": Show(above_the_top, [None, False], ["Super", True]),
    "root-unlisted": Show(above_the_top, [None, False], ["Super", False]),
    "parent-joins": Show(joined, [["#other"], []], [["#other", "#top"], ["#top"]]),
    "list-fields": Show(sub_fields, [["a"]], [[], ["a"]]),
    "inherited-values": Show(inherited, ["#b own"], ["#b own", "#a from above"]),
    "related-topics": Show(topics("resource"), [["#c"], "absent"], ["absent", [{"id": "#c"}]]),
    "links-bare": Show(topics("file"), [[{"id": "#c"}], "absent"], [["#c"], "absent"]),
    "references-objects": Show(references, ["#a", ["#a"]], [{"id": "#a"}, [{"id": "#a"}]]),
    "sets-doubled": Show(a_set, [["#a", "#b"]], [["#a", "#b", "#a"]]),
    "sets-reordered": Show(set_order_changes, False, True),
    "update-undated": Show(dated, [True, True], [False, True]),
    "size-text": Show(size, 4, "4"),
    "definition-names": Show(
        definition, ["Color", "Text", "absent", "absent"], ["absent", "absent", "Color", "Text"]
    ),
    "labels-spaced": Show(shown_label, ["Color", "Color"], [" Color  ", " Color "]),
    "write-results": Show(
        writes,
        OBJECTS,
        [
            (201, {"inserted": 1, "generated_keys": ["#id"], "errors": 0}),
            (200, {"replaced": 1, "unchanged": 0, "errors": 0}),
            (200, {"deleted": 1, "errors": 0}),
        ],
    ),
    "write-empty": Show(writes, OBJECTS, [(204, None)] * 3),
    "create-200": Show(writes, OBJECTS, [(200, "object"), *OBJECTS[1:]]),
    "create-partial": Show(writes, OBJECTS, [(201, {"id": "#id", "name": "#"}), *OBJECTS[1:]]),
    "update-true": Show(writes, OBJECTS, [OBJECTS[0], (200, {"updated": True}), OBJECTS[2]]),
    "update-stale": Show(update_answer, "new", "old"),
    "attributes-patch": Show(patched, 1, 2),
    "text-cleaned": Show(texts, [" a & b ", "a &amp; b"], ["a &amp; b", "a &amp; b"]),
    "text-cleaned-twice": Show(texts, [" a & b ", "a &amp; b"], ["a &amp; b", "a &amp;amp; b"]),
    "foreign-escaped": Show(untouched_texts, ["a & b", "<x>"], ["a &amp; b", "&lt;x&gt;"]),
    "category-attributes-refused": Show(category_value, [200, 200], [400, 400]),
    "delete-refused": Show(
        not_empty, [400, (True, 0), (False, 1)], [400, (True, 0), (False, 1)]
    ),
    "delete-cascades": Show(not_empty, [400, (True, 0), (False, 1)], [200, None, None]),
    "delete-orphans": Show(
        not_empty, [400, (True, 0), (False, 1)], [200, (False, 0), (False, 0)]
    ),
    "references-dangle": Show(dangling, [], ["#gone"]),
    "status-deleted": Show(
        deleted, [None, 404, None, 0, [404, 404]], ["Active", 200, "Deleted", 1, [404, 404]]
    ),
    "clear-blank": Show(clears, [(None, 0), (None, 0)], [("kept", 1), (None, 0)]),
    "clear-null": Show(clears, [(None, 0), (None, 0)], [(None, 0), ("kept", 1)]),
    "names-unique": Show(twice_the_same, [201, 201, 201, 200], [201, 409, 201, 409]),
    "slow-create": Show(late, 201, "dropped", {"create_wait": 0.02, "create_delay": 0.02}),
    "partial-view": Show(of_a_hidden_region, [[200, 200, 200, 200], True, 1], [[404] * 4, False, 1]),
    "writes-forbidden": Show(writing, [201, 200], [403, 200]),
    "put-drops": Show(dropped_fields, ["kept", "SKU", ["#a"]], ["kept", None, []]),
    "options-kept": Show(option_ids(["Blue"]), [("Blue", False)], [("Blue", True)]),
    "options-merged": Show(
        option_ids([{"id": "o-Red", "label": "Crimson"}]),
        [("Crimson", True)],
        [("Blue", True), ("Crimson", True)],
    ),
    "options-reissued": Show(
        option_ids([{"id": "o-Red", "label": "Red"}]), [("Red", True)], [("Red", False)]
    ),
    "values-emptied": Show(emptied, [], ["''", "'absent'", "None", "[]"]),
    "groups-on-attributes": Show(
        membership, [["#a"], [], "absent"], ["absent", "absent", ["#g2"]]
    ),
    "groups-both": Show(membership, [["#a"], [], "absent"], [[], ["#a"], ["#g2"]]),
    "groups-unseen": Show(membership, [["#a"], [], "absent"], ["absent"] * 3),
    "upload-url": Show(
        upload_names,
        [
            (["expires_in", "file_path", "upload_id", "upload_type", "upload_url"], 0),
            (
                ["expires_in", "file_path", "part_size", "parts", "upload_id", "upload_type"],
                ["part_number", "upload_url"],
            ),
        ],
        [
            (["expires_in", "path", "upload_id", "upload_type", "url"], 0),
            (
                ["expires_in", "part_size", "parts", "path", "upload_id", "upload_type"],
                ["part_number", "url"],
            ),
        ],
        PARTS,
    ),
    "upload-presigned": Show(
        upload_names,
        [
            (["expires_in", "file_path", "upload_id", "upload_type", "upload_url"], 0),
            (
                ["expires_in", "file_path", "part_size", "parts", "upload_id", "upload_type"],
                ["part_number", "upload_url"],
            ),
        ],
        [
            (["expires_in", "key", "presigned_url", "upload_id", "upload_type"], 0),
            (["expires_in", "key", "part_size", "upload_id", "upload_type", "urls"], 3),
        ],
        PARTS,
    ),
    "auto-links": Show(tagged, [], [{"id": "#c"}]),
    "errors-message": Show(not_found, (404, GONE), (404, {"message": "Not Found"})),
    "errors-error": Show(not_found, (404, GONE), (404, {"error": "Not Found"})),
    "errors-nested": Show(
        not_found, (404, GONE), (404, {"error": {"code": 404, "message": "Not Found"}})
    ),
    "errors-list": Show(not_found, (404, GONE), (404, [{"code": 404, "message": "Not Found"}])),
    "errors-text": Show(
        not_found, (404, GONE), (404, "<html><body><h1>404</h1><p>Not Found</p></body></html>")
    ),
    "errors-200": Show(not_found, (404, GONE), (200, {**GONE, "statusCode": 404})),
    "retry-body": Show(too_many, "a number", "absent", {"rate_limit": 1}),
    "retry-date": Show(too_many, "a number", "a date", {"rate_limit": 1}),
    "token-endless": Show(expiry, "31536000", "absent"),
    "token-number": Show(expiry, "31536000", 31_536_000),
    "single-wrapped": Show(
        lambda box: marked(box.get(f"category/{make(box, 'category')}")),
        "object",
        {"category": "object"},
    ),
    "single-data": Show(
        lambda box: marked(box.get(f"category/{make(box, 'category')}")),
        "object",
        {"data": "object"},
    ),
    "single-array": Show(
        lambda box: marked(box.get(f"category/{make(box, 'category')}")), "object", ["object"]
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def plain() -> Iterator[Box]:
    """One account of the default dialect for all acts: they do not meet."""
    with served() as box:
        yield box


def test_every_dialect_is_shown() -> None:
    assert set(SHOWS) == set(DIALECTS)


@pytest.mark.parametrize("dialect", SHOWS)
def test_by_default_the_article_holds(dialect: str, plain: Box) -> None:
    show = SHOWS[dialect]
    if not show.options:
        assert show.act(plain) == show.default
        return
    with served(**show.options) as box:
        assert show.act(box) == show.default


@pytest.mark.parametrize("dialect", SHOWS)
def test_a_dialect_does_what_it_says(dialect: str) -> None:
    show = SHOWS[dialect]
    with served(dialect, **show.options) as box:
        assert show.act(box) == show.under


# --- what a table cannot show ---


def test_lists_that_lag_catch_up() -> None:
    with served("stale-lists", lag=0.3) as box:
        one = box.sandbox.put_object("category", {"name": "One"})
        two = box.sandbox.put_object("category", {"name": "Two"})
        box.put(f"category/{one}", name="Uno")
        box.put(f"category/{one}", name="Eins")
        box.delete(f"category/{two}")
        names = lambda: [item["name"] for item in box.get("category")]  # noqa: E731
        assert names() == ["One", "Two"]
        assert box.get(f"category/{one}")["name"] == "Eins"
        assert box.send("GET", f"category/{two}").status_code == 404
        until(lambda: names() == ["Eins"])


def test_lists_that_lag_are_filtered_as_they_show() -> None:
    with served("stale-lists", lag=60) as box:
        top, other = (box.sandbox.put_object("category", {"name": n}) for n in "ab")
        id_ = box.sandbox.put_object("collection", {"name": "x", "parent_id": top})
        box.put(f"collection/{id_}", name="y", parent_id=other)
        [shown] = box.get("collection", ids=id_)["collections"]
        assert (shown["name"], shown["parent_id"]) == ("x", top)


def test_what_a_cascade_deletes_lags_too() -> None:
    with served("stale-lists", "delete-cascades", lag=60) as box:
        top = box.sandbox.put_object("category", {"name": "Top"})
        inner = box.sandbox.put_object("category", {"name": "Inner", "parent_id": top})
        id_ = box.sandbox.put_object("collection", {"name": "x", "parent_id": inner})
        box.delete(f"category/{top}")
        assert box.sandbox.get("collection", id_) is None
        assert [item["name"] for item in box.get("category")] == ["Top", "Inner"]
        assert [item["name"] for item in box.get("collection")["collections"]] == ["x"]


def test_the_hidden_root_cannot_be_deleted_and_holds_what_others_make() -> None:
    with served("root-category") as box:
        theirs = box.sandbox.put_object("category", {"name": "Theirs"})
        root = box.get(f"category/{theirs}")["parent_id"]
        box.delete(f"category/{theirs}")
        assert box.refused("DELETE", f"category/{root}") == (403, "this category cannot be deleted")
        assert box.get(f"category/{root}")["region_ids"] == box.sandbox.app.rules.primary()


def test_definitions_can_be_written_by_their_other_names() -> None:
    with served("definition-names") as box:
        made = box.post("attribute", name="Size", type="List", fields=[{"label": "Chest"}])
        assert (made["name"], made["type"], made["options"][0]["label"]) == (
            "Size",
            "List",
            "Chest",
        )


def test_a_group_that_is_not_there_cannot_be_joined() -> None:
    with served("groups-on-attributes") as box:
        body = {"label": "x", "value_type": "Text", "group_id": "gone"}
        assert box.refused("POST", "attribute", json=body) == (
            400,
            "group_id: no attribute_group has the id gone",
        )
        assert box.sandbox.all("attribute") == []
        group = box.sandbox.put_object("attribute_group", {"name": "g"})
        made = box.post("attribute", label="x", value_type="Text", group_id=group)
        assert made["group_id"] == [group]
        assert box.put(f"attribute/{made['id']}", group_id="")["group_id"] == []


def test_every_retry_of_a_fault_has_the_shape_of_the_account() -> None:
    with served("errors-nested") as box:
        box.sandbox.set_chaos({"429": 1.0})
        answer = box.send("GET", "category")
        assert answer.json() == {
            "error": {"code": 429, "message": "Rate limit exceeded.", "retry_after": 1}
        }


# --- together ---


def together(seed: int) -> list[str]:
    """As many dialects as go together, chosen by a seed."""
    found: list[str] = []
    names = sorted(
        DIALECTS.keys() - {"slow-create", "writes-forbidden", "errors-200", "retry-date"}
    )
    random.Random(seed).shuffle(names)
    for candidate in names:
        if not any(candidate in group and group & set(found) for group in EXCLUSIVE):
            found.append(candidate)
    return found


@pytest.mark.parametrize("seed", range(10))
def test_dialects_work_together(seed: int) -> None:
    """Every endpoint answers, and what was written is there, whatever the shapes."""
    with served(*together(seed), lag=0.0, rate_limit=None) as box:
        sent = Sent(box)
        attribute = sent.made(
            "attribute", {"label": "Color", "value_type": "Pick List", "options": ["Blue", "Red"]}
        )
        record = sent.made(
            "attribute", {"label": "Chart", "value_type": "List", "options": [{"label": "n"}]}
        )
        sent.made("attribute_group", {"name": "Looks", "attributes": [attribute["id"]]})
        top = sent.made("category", {"name": "Top"})
        inner = sent.made("category", {"name": "Inner", "parent_id": top["id"]})
        blue = attribute["options"][0]["id"]
        entries = [
            {"id": attribute["id"], "type": "update", "value": [blue]},
            {"id": record["id"], "type": "update", "value": [{"label": "n", "value": "x"}]},
        ]
        item = sent.made(
            "collection",
            {
                "name": "Jacket",
                "parent_id": inner["id"],
                "direct_parent": [top["id"]],
                "attributes": entries,
            },
        )
        assert item["attributes"][0]["value"] == [blue]
        guide = sent.made(
            "resource", {"description": "Care", "link": "https://x", "collections": [item["id"]]}
        )
        box.sandbox.put_file("a.jpg", picture(8, 8), collections=[item["id"]])
        for path in (
            "category",
            "collection",
            "attribute",
            "attribute-group",
            "resource",
            "region",
            "file",
        ):
            sent.well("GET", path)
        for path in ("files", "image-stacks", "relationships/related", "attribute"):
            sent.well("GET", f"collection/{item['id']}/{path}")
        box.v = "/v3"
        sent.well("GET", "folder/search?keyword=jacket")
        sent.well("GET", "file/search?keyword=a")
        box.v = "/v2.1"
        sent.well("PUT", f"collection/{item['id']}", {"name": "Coat"})
        assert box.sandbox.get("collection", item["id"])["name"] == "Coat"  # type: ignore[index]
        sent.well("GET", f"collection/{item['id']}")
        sent.well("DELETE", f"resource/{guide['id']}")
        assert box.sandbox.get("resource", guide["id"]) is None


@dataclass
class Sent:
    """Sends requests that must go well, and finds what they made past the API."""

    box: Box

    def well(self, method: str, path: str, body: JSON | None = None) -> None:
        answer = self.box.send(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"

    def made(self, kind: str, body: JSON) -> JSON:
        self.well("POST", kind.replace("_", "-"), body)
        return self.box.sandbox.all(kind)[-1]
