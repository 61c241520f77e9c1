"""Acts that show how lists and objects read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.acts import _numbers, filled, inside, make, marked, name, options, peek, values
from tests.sandbox.boxes import Box

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


def seams(box: Box) -> list[str]:
    top = make(box, "category")
    for title in "ABCDE":
        make(box, "collection", name=title, parent_id=top)
    pages = [inside(box, top, limit=3, offset=offset) for offset in (0, 2, 4)]
    return ["".join(item["name"] for item in page) for page in pages]


def left_out(box: Box) -> list[str]:
    top = make(box, "category")
    for title in "ABC":
        make(box, "collection", name=title, parent_id=top)
    return ["".join(item["name"] for item in inside(box, top)) for _ in range(4)]


def lacking(box: Box) -> list[list[str]]:
    """What the entries of each list lack of an id and a name."""
    found = []
    for path, key in (("category", "name"), ("attribute", "label"), ("file", "file_name")):
        lacks = [
            " ".join(name for name in ("id", key) if name not in item)
            for item in box.get(path, limit=10_000)
        ]
        found.append(sorted(filter(None, lacks)))
    return found


def by_id_without_a_name(box: Box) -> Any:
    strays = [item for item in box.sandbox.all("category") if "_stray" in item]
    return [sorted({"id", "name"} & box.get(f"category/{item['id']}").keys()) for item in strays]


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


def changed_by(box: Box) -> bool:
    """Whether an update moves the date of an object's last change."""
    id_ = make(box, "collection")
    box.sandbox.age(1)
    made = box.get(f"collection/{id_}")
    later = box.put(f"collection/{id_}", name=name())
    return bool(later["updated_date"] > made["updated_date"])


def by_date(box: Box) -> list[Any]:
    """Found from its own day on, from the next one on; an object made at five in the morning."""
    made = box.post("collection", name=name())
    at = datetime.fromisoformat(made["created_date"])
    early = at.replace(hour=5, minute=0, second=0) - timedelta(days=1)
    box.sandbox.age((at - early) / timedelta(days=1))
    answers = [
        box.send(
            "GET", "collection", params={"created_start_date": f"{day:%Y-%m-%d}", "limit": 9999}
        )
        for day in (early, early + timedelta(days=1))
    ]
    if answers[0].status_code != 200:
        return [answer.status_code for answer in answers]
    return [made["id"] in answer.text for answer in answers]


def revised(box: Box) -> list[Any]:
    """What of an object differs from read to read, and after a write of another and of it."""
    id_, other = make(box, "category"), make(box, "category")
    shown = [box.get(f"category/{id_}"), box.get(f"category/{id_}")]
    box.put(f"category/{other}", published=True)
    shown.append(box.get(f"category/{id_}"))
    box.put(f"category/{id_}", published=True)
    shown.append(box.get(f"category/{id_}"))
    first, again, beside, after = shown
    dates = {"updated_date", "published"}
    changed = sorted(name for name in first if first[name] != after[name] and name not in dates)
    return [first == again == beside, changed]


def size(box: Box) -> Any:
    return box.get(f"file/{box.sandbox.put_file('a.txt', b'1234')}")["file_size"]


def definition(box: Box) -> list[Any]:
    made = make(box, "attribute", label="Color", value_type="Text")
    return peek(box, f"attribute/{made}", "label", "value_type", "name", "type")


def shown_label(box: Box) -> list[str]:
    id_, entries = values(box, "Text", "x", label="Color")
    item = box.get(f"collection/{make(box, 'collection', attributes=entries)}")
    return [box.get(f"attribute/{id_}")["label"], item["attributes"][0]["label"]]
