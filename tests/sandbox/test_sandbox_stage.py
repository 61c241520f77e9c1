"""What a test puts on the sandbox's stage: incidents, refusals, records that lack what others have."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox import Incident
from reconciler.sandbox.late import Arriving
from tests import patient
from tests.sandbox.acts import make, name, values
from tests.sandbox.boxes import JSON, Box, served

# --- incidents ---


@pytest.mark.parametrize(("fault", "status"), [("429", 429), ("503", 503), ("500", 500)])
def test_somebody_edits_between_a_refusal_and_the_repeat(fault: str, status: int, box: Box) -> None:
    id_ = make(box, "collection", name="ours")
    path = f"collection/{id_}"
    box.sandbox.stage(
        Incident("PUT", path, fault, lambda: box.sandbox.edit("collection", id_, name="theirs"))
    )
    assert box.send("PUT", path, json={"published": False}).status_code == status
    assert box.get(path)["name"] == "theirs"
    assert box.put(path, name="again")["name"] == "again"
    assert [request.fault for request in box.sandbox.requests if request.fault] == [fault]


def test_an_incident_waits_for_its_request_and_happens_as_often_as_it_says(box: Box) -> None:
    ids = [make(box, "category") for _ in range(5)]
    box.sandbox.stage(Incident("PUT|DELETE", "category/.*", "503", nth=2, times=2))
    statuses = [
        box.send("PUT", f"category/{id_}", json={"name": name()}).status_code for id_ in ids
    ]
    assert statuses == [200, 503, 503, 200, 200]
    assert box.send("GET", f"category/{ids[0]}").status_code == 200


def test_somebody_acts_between_two_requests_that_go_well(box: Box) -> None:
    id_ = make(box, "category", name="a")
    box.sandbox.stage(
        Incident("GET", then=lambda: box.sandbox.edit("category", id_, name="b"), nth=2)
    )
    assert [box.get(f"category/{id_}")["name"] for _ in range(3)] == ["a", "a", "b"]


def test_of_two_incidents_at_one_request_the_first_happens(box: Box) -> None:
    box.sandbox.stage(Incident("GET", "category", "500"), Incident("GET", "category", "503"))
    assert [box.send("GET", "category").status_code for _ in range(2)] == [500, 200]


def test_an_incident_of_no_known_fault_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^unknown fault '418'; there are 429, "):
        Incident("GET", fault="418")


@pytest.mark.parametrize(("fault", "status"), [("twice", 201), ("502-twice", 502)])
def test_a_create_that_takes_effect_twice_makes_two(fault: str, status: int, box: Box) -> None:
    box.sandbox.stage(Incident("POST", "category", fault))
    answer = box.send("POST", "category", json={"name": "Twin"})
    assert answer.status_code == status
    twins = [item["id"] for item in box.get("category") if item["name"] == "Twin"]
    assert len(twins) == 2
    if fault == "twice":
        assert answer.json()["id"] == twins[0]


def test_what_makes_no_object_comes_to_the_same_twice(box: Box) -> None:
    box.sandbox.set_chaos({"twice": 1.0})
    id_ = make(box, "category")
    assert box.put(f"category/{id_}", name="new")["name"] == "new"
    assert box.delete(f"category/{id_}") == {"deleted": True}
    asked = box.post("file/request-upload", file_name="a.txt", size=1)
    patient.put(asked["upload_url"], content=b"x").raise_for_status()
    box.post("file/confirm-upload", file_path=asked["file_path"])
    assert len(box.sandbox.all("file")) == 1


# --- refusals of single objects ---


def test_writes_of_one_object_are_refused_by_name_or_id(box: Box) -> None:
    bad, by_id, good = (make(box, "category", name=one) for one in ("Bad", "By id", "Good"))
    attribute, _ = values(box, "Text", "x")
    box.sandbox.refuse("Bad", by_id)
    for method, path, body in (
        ("POST", "category", {"name": "Bad"}),
        ("PUT", f"category/{bad}", {"published": False}),
        ("DELETE", f"category/{bad}", None),
        ("PUT", f"category/{bad}/attribute/{attribute}", {"value": "y"}),
    ):
        refused = box.refused(method, path, json=body)
        assert refused == (400, "'Bad' cannot be written")
    words = f"{by_id!r} cannot be written"
    assert box.refused("PUT", f"category/{by_id}", json={"name": "x"}) == (400, words)
    assert box.get(f"category/{bad}")["name"] == "Bad"
    box.put(f"category/{good}", name="Better")
    box.sandbox.allow("Bad")
    box.delete(f"category/{bad}")
    box.sandbox.allow()
    box.delete(f"category/{by_id}")


def test_a_refusal_has_the_status_and_words_that_were_said(box: Box) -> None:
    box.sandbox.refuse("a.txt", status=422, words="locked by legal")
    asked = box.post("file/request-upload", file_name="a.txt", size=1)
    patient.put(asked["upload_url"], content=b"x").raise_for_status()
    body = {"file_path": asked["file_path"], "file_name": "a.txt"}
    assert box.refused("POST", "file/confirm-upload", json=body) == (422, "locked by legal")


def test_a_server_can_be_told_whom_to_refuse() -> None:
    with served(refused=("Bad",)) as box:
        assert box.refused("POST", "category", json={"name": "Bad"})[0] == 400
        box.post("category", name="Good")


# --- records that lack what others have, and deletes by hand ---


def test_what_is_concealed_is_shown_by_nothing(box: Box) -> None:
    top = make(box, "category")
    id_ = make(box, "collection", name="x", parent_id=top, direct_parent=[top])
    box.sandbox.conceal("collection", id_, "name", "direct_parent")
    shown = [box.get(f"collection/{id_}"), *box.get("collection", parent_id=top)["collections"]]
    assert [{"name", "direct_parent"} & item.keys() for item in shown] == [set(), set()]
    assert [item["parent_id"] for item in shown] == [top, top]
    box.sandbox.conceal("collection", id_, "id")
    [item] = box.get("collection", parent_id=top)["collections"]
    assert ("id" in item, item["name"]) == (False, "x")
    box.sandbox.conceal("collection", id_)
    assert box.get(f"collection/{id_}")["name"] == "x"


def test_strays_are_made_once(tmp_path: Path) -> None:
    for _ in range(2):
        with served("entries-without-id", db=tmp_path / "pxm.db") as box:
            assert len(box.get("category")) == 2


def test_a_delete_by_hand_unlinks_and_a_removal_does_not(box: Box) -> None:
    one, two = make(box, "category"), make(box, "category")
    id_ = make(box, "collection", parent_id=one, direct_parent=[one, two])
    box.sandbox.delete("category", one)
    box.sandbox.remove("category", two)
    item = box.get(f"collection/{id_}")
    assert (item["parent_id"], item["direct_parent"]) == (None, [two])


# --- values of categories ---


@pytest.mark.parametrize("dialect", [(), ("inherited-values",)])
def test_a_value_sent_back_becomes_the_products_own(dialect: tuple[str, ...]) -> None:
    with served(*dialect) as box:
        care, above = values(box, "Text", "Wash cold")
        top = make(box, "category", attributes=above)
        id_ = make(box, "collection", parent_id=top)
        path = f"collection/{id_}"
        shown = {entry["id"]: entry["value"] for entry in box.get(path)["attributes"]}
        assert shown == ({care: "Wash cold"} if dialect else {})

        box.put(path, attributes=[{"id": care, "type": "update", "value": "Wash cold"}])
        box.sandbox.edit("category", top, attributes=[{"id": care, "value": "Ask us"}])

        [entry] = box.get(path)["attributes"]
        assert entry["value"] == "Wash cold"
        box.put(path, attributes=[{"id": care, "type": "delete"}])
        left = [entry["value"] for entry in box.get(path)["attributes"]]
        assert left == (["Ask us"] if dialect else [])


# --- what comes late, and what falls with what holds it ---


def test_a_late_file_is_there_once_its_time_has_come_and_its_reads_are_over() -> None:
    time = [0.0]
    arriving = Arriving(1, 10.0, lambda: time[0])
    arriving.add("f")
    seen = [arriving.hides("f")]
    arriving.asked("f")
    arriving.asked("f")
    seen.append(arriving.hides("f"))
    time[0] = 10.0
    seen.append(arriving.hides("f"))
    arriving.listed()
    assert (seen, bool(arriving)) == ([True, True, False], False)


def test_a_cascade_takes_members_along_that_live_elsewhere() -> None:
    with served("delete-cascades") as box:
        home, sale = make(box, "category"), make(box, "category")
        id_ = make(box, "collection", parent_id=home, direct_parent=[home, sale])
        box.delete(f"category/{sale}")
        assert box.sandbox.get("collection", id_) is None
        assert box.sandbox.get("category", home) is not None


def test_names_are_unique_among_siblings_on_create_update_and_move() -> None:
    with served("names-unique") as box:
        one, two = make(box, "category", name="One"), make(box, "category", name="Two")
        inner = make(box, "category", name="Two", parent_id=one)
        parent = make(box, "collection", collection_type="parent")
        s, m = (
            make(box, "collection", name=n, collection_type="variant", parent_topic_id=parent)
            for n in "SM"
        )
        tries: list[tuple[str, JSON]] = [
            (f"category/{one}", {"name": "Two"}),
            (f"category/{inner}", {"parent_id": None}),
            (f"category/{two}", {"parent_id": one}),
            (f"collection/{m}", {"name": "S"}),
        ]
        assert [box.refused("PUT", path, json=body)[0] for path, body in tries] == [409] * 4
        box.put(f"collection/{s}", name="S")
        box.put(f"category/{one}", name="Three")
