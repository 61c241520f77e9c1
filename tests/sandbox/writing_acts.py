"""Acts that show what writes, uploads and refusals do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tests import patient
from tests.sandbox.acts import _numbers, make, marked, name, options, peek, values
from tests.sandbox.boxes import Box, until

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


def same_names(box: Box) -> list[int]:
    """A create, an update and a move onto a name of the same place; a create in another one."""
    top, other, title = make(box, "category"), make(box, "category"), name()
    make(box, "collection", parent_id=top, name=title)
    free, away = make(box, "collection", parent_id=top), make(box, "collection", parent_id=other)
    box.sandbox.edit("collection", away, name=title)
    sent = (
        ("POST", "collection", {"parent_id": top, "name": title}),
        ("PUT", f"collection/{free}", {"name": title}),
        ("PUT", f"collection/{away}", {"parent_id": top}),
        ("PUT", f"collection/{away}", {"published": False}),
    )
    return [box.send(method, path, json=body).status_code for method, path, body in sent]


def same_kinds(box: Box) -> list[int]:
    """A second object of one name, of each kind, and an update onto it."""
    found = []
    for kind, fields in (
        ("attribute", {"label": name(), "value_type": "Text"}),
        ("attribute_group", {"name": name()}),
        ("category", {"name": name()}),
        ("resource", {"description": name(), "link": "https://x"}),
    ):
        path = kind.replace("_", "-")
        made = make(box, kind, **fields)
        found.append(box.send("POST", path, json=fields).status_code)
        box.send("PUT", f"{path}/{made}", json=fields).raise_for_status()
    return found


def same_files(box: Box) -> list[int]:
    title = f"{next(_numbers)}.txt"
    one = box.sandbox.put_file(title, b"1")
    other = box.sandbox.put_file("other.txt", b"1")
    asked = box.post("file/request-upload", file_name=title, size=4)
    patient.put(asked["upload_url"], content=b"1234")
    sent = (
        ("POST", "file/confirm-upload", {"file_path": asked["file_path"]}),
        ("PUT", f"file/{other}", {"file_name": title}),
        ("PUT", f"file/{one}", {"file_name": title}),
    )
    return [box.send(method, path, json=body).status_code for method, path, body in sent]


def cleared(box: Box) -> list[Any]:
    """A scalar is cleared with null and then with "": what is left, and the status."""
    id_ = make(box, "collection", additional_title="kept")
    found: list[Any] = []
    for empty in (None, ""):
        status = box.send("PUT", f"collection/{id_}", json={"additional_title": empty}).status_code
        found.append((status, box.get(f"collection/{id_}")["additional_title"]))
    return found


def unpublished(box: Box) -> list[int]:
    id_ = make(box, "category", published=True)
    return [
        box.send("PUT", f"category/{id_}", json={"published": value}).status_code
        for value in (None, "", False)
    ]


def bereft(box: Box) -> list[Any]:
    """What becomes of a variant and of a category's member as those above them are deleted."""
    parent = make(box, "collection", collection_type="parent")
    variant = make(box, "collection", collection_type="variant", parent_topic_id=parent)
    top = make(box, "category")
    make(box, "collection", parent_id=top)
    found = [
        box.send("DELETE", path).status_code for path in (f"collection/{parent}", f"category/{top}")
    ]
    return [
        *found,
        *marked(peek(box, f"collection/{variant}", "parent_topic_id", "collection_type"), p=parent),
    ]


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


def option_keys(box: Box) -> list[Any]:
    """What options have beside: of a new one, sent back, and left out."""
    made = box.post("attribute", label=name(), value_type="Pick List", options=["Blue"])
    path = f"attribute/{made['id']}"
    sent = [{**option, "color": "pink"} for option in made["options"]]
    bare = [{"id": option["id"], "label": option["label"]} for option in made["options"]]
    found = [made, box.put(path, options=sent), box.put(path, options=bare)]
    return [
        {key: value for key, value in item["options"][0].items() if key not in ("id", "label")}
        for item in found
    ]


def option_order(box: Box) -> list[str]:
    made = box.post("attribute", label=name(), value_type="Pick List", options=["S", "M", "L"])
    return [option["label"] for option in made["options"]]


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
    patient.put(asked["upload_url"], content=b"1234")
    made = box.post("file/confirm-upload", file_path=asked["file_path"])
    return marked(made["collections"], c=id_)


def tagged_later(box: Box) -> Any:
    """A new file's links just after its upload, and once it is processed."""
    number = next(_numbers)
    id_ = make(box, "collection", additional_title=f"SKU-{number}-x")
    asked = box.post("file/request-upload", file_name=f"hero_SKU-{number}-X.jpg", size=4)
    patient.put(asked["upload_url"], content=b"1234")
    made = box.post("file/confirm-upload", file_path=asked["file_path"])
    path = f"file/{made['id']}"
    until(lambda: not box.get(path)["is_converting"])
    return marked([made["collections"], box.get(path)["collections"]], c=id_)


def first_reads(box: Box) -> list[Any]:
    """A new file by id, in the list and below its product, read after read."""
    product = make(box, "collection")
    asked = box.post("file/request-upload", file_name="a.txt", size=4)
    patient.put(asked["upload_url"], content=b"1234")
    more = {"metadata": {"collections": [product]}}
    id_ = box.post("file/confirm-upload", file_path=asked["file_path"], **more)["id"]

    def listed() -> bool:
        return id_ in [item["id"] for item in box.get("file", limit=10_000)]

    def by_id() -> int:
        return box.send("GET", f"file/{id_}").status_code

    below = len(box.get(f"collection/{product}/files"))
    return [below, listed(), by_id(), by_id(), by_id(), listed()]


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
    answer = patient.post(
        f"{box.sandbox.url}/v2.1/oauth/authorize",
        auth=("sandbox", "sandbox"),
        json={"grant_type": "client_credentials"},
    )
    return answer.json().get("expires_in", "absent")
