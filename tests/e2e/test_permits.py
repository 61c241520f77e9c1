"""Plan files permit, they never instruct (contract 2.7): whole runs over HTTP."""

import json
from typing import Any

from reconciler.reports.digest import digest
from reconciler.reports.planform import filled
from reconciler.sandbox import Options, Request, Sandbox
from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import World

TWO = "collections:\n  - {key: a, name: A}\n  - {key: b, name: B}\n"


def planned(pxm: World, text: str, name: str) -> str:
    """The plan file of a catalog, as a pull request would leave it."""
    pxm.write(text)
    path = str(pxm.root / f"{name}.json")
    assert pxm.pxm("plan", "--out", path) == 0
    return path


def names(pxm: World, kind: str = "collection") -> set[str]:
    return {item["name"] for item in pxm.sandbox.all(kind)}


def writes(pxm: World) -> int:
    return sum(
        request.method in ("POST", "PUT", "DELETE") and "oauth" not in request.path
        for request in pxm.sandbox.requests
    )


def started(pxm: World, text: str = TWO) -> None:
    pxm.write(text)
    assert pxm.apply() == 0


def test_a_reviewed_plan_needs_no_yes_and_no_terminal(pxm: World) -> None:
    path = planned(pxm, SMALL, "plan")

    assert pxm.pxm("apply", path) == 0
    assert "Apply complete! 10 created" in pxm.out
    assert "Converged: 0 changes remain." in pxm.out
    assert pxm.pxm("plan", "--detailed-exitcode") == 0


def test_a_file_that_says_so_starts_a_new_state(pxm: World) -> None:
    pxm.sandbox.put_object("collection", {"name": "A"})
    path = planned(pxm, TWO, "plan")

    assert pxm.pxm("apply", "--yes") == 3
    assert pxm.pxm("apply", path) == 0
    assert "1 created, 1 adopted" in pxm.out


def test_two_pull_requests_that_touch_different_products_do_not_stop_each_other(pxm: World) -> None:
    started(pxm)
    one = planned(pxm, TWO.replace("name: A", "name: Alpha"), "one")
    two = planned(pxm, TWO.replace("name: B", "name: Beta"), "two")
    pxm.write(TWO.replace("name: A", "name: Alpha").replace("name: B", "name: Beta"))

    assert pxm.pxm("apply", one) == 3
    assert "Not permitted by any plan file, left out:\n  collection/b: name" in pxm.out
    assert "Converged: all 1 made; left: 1 not permitted." in pxm.out
    assert names(pxm) == {"Alpha", "B"}
    assert pxm.pxm("apply", one, two) == 0
    assert "Reviewed, and done already:\n  collection/a name" in pxm.out
    assert names(pxm) == {"Alpha", "Beta"}


def test_of_several_files_the_last_that_speaks_of_a_field_counts(pxm: World) -> None:
    started(pxm)
    one = planned(pxm, TWO.replace("name: A", "name: Alpha"), "one")
    two = planned(pxm, TWO.replace("name: A", "name: Alef"), "two")

    assert pxm.pxm("apply", two, one) == 3
    assert "collection/a: name is not as it was reviewed" in pxm.err
    assert names(pxm) == {"A", "B"}
    assert pxm.pxm("apply", one, two) == 0
    assert names(pxm) == {"Alef", "B"}


def test_a_reviewed_change_that_the_catalog_no_longer_wants_is_overtaken(pxm: World) -> None:
    started(pxm)
    path = planned(pxm, TWO.replace("name: A", "name: Alpha"), "plan")
    pxm.write(TWO)

    assert pxm.pxm("apply", path) == 0
    assert "Reviewed, and overtaken by now:\n  collection/a name" in pxm.out
    assert names(pxm) == {"A", "B"}


def test_a_pending_change_whose_before_has_changed_writes_nothing(pxm: World) -> None:
    started(pxm)
    path = planned(pxm, TWO.replace("name: A", "name: Alpha").replace("name: B", "name: Beta"), "p")
    (item,) = [i for i in pxm.sandbox.all("collection") if i["name"] == "A"]
    pxm.sandbox.edit("collection", item["id"], name="Theirs")
    before = writes(pxm)

    assert pxm.pxm("apply", path) == 3
    assert "collection/a: name is not as it was reviewed" in pxm.err
    assert writes(pxm) == before


def test_drift_since_the_review_is_left_out_and_listed(pxm: World) -> None:
    started(pxm)
    path = planned(pxm, TWO.replace("name: B", "name: Beta"), "plan")
    (item,) = [i for i in pxm.sandbox.all("collection") if i["name"] == "A"]
    pxm.sandbox.edit("collection", item["id"], name="Theirs")

    assert pxm.pxm("apply", path) == 0
    assert "Drift that no plan file names as it is now, left out:\n  collection/a: name" in pxm.out
    assert names(pxm) == {"Theirs", "Beta"}


def test_an_object_that_somebody_made_since_the_plan_is_not_doubled(pxm: World) -> None:
    started(pxm)
    path = planned(pxm, TWO + "  - {key: c, name: C}\n", "plan")
    pxm.sandbox.put_object("collection", {"name": "C"})

    assert pxm.pxm("apply", path) == 3
    assert "collection/c: adopt is not as it was reviewed" in pxm.err
    assert len(pxm.sandbox.all("collection")) == 3


def test_a_category_that_was_filled_since_is_not_deleted(pxm: World) -> None:
    both = "categories:\n  - {key: a, name: A}\n  - {key: b, name: B}\n"
    started(pxm, both)
    path = planned(pxm, "categories:\n  - {key: a, name: A}\n", "plan")
    (item,) = [i for i in pxm.sandbox.all("category") if i["name"] == "B"]
    pxm.sandbox.put_object("collection", {"name": "Theirs", "parent_id": item["id"]})

    assert pxm.pxm("apply", path) == 3
    assert "it still holds an unmanaged collection 'Theirs'" in pxm.out
    assert names(pxm, "category") == {"A", "B"}


def test_set_elements_are_permitted_one_by_one(pxm: World) -> None:
    cats = "categories:\n" + "".join(f"  - {{key: {k}, name: {k.upper()}}}\n" for k in "xyz")
    base = cats + "collections: [{key: a, name: A, categories: [%s]}]\n"
    started(pxm, base % "x")
    path = planned(pxm, base % "x, y", "plan")
    pxm.write(base % "x, y, z")

    assert pxm.pxm("apply", path) == 3
    assert "collection/a: categories z" in pxm.out
    (item,) = pxm.sandbox.all("collection")
    shown = {i["id"]: i["name"] for i in pxm.sandbox.all("category")}
    assert {shown[id_] for id_ in item["direct_parent"]} == {"X", "Y"}
    assert pxm.apply() == 0


def test_what_depends_on_a_change_that_is_left_out_is_left_out_too(pxm: World) -> None:
    started(pxm)
    path = planned(pxm, TWO.replace("name: A", "name: Alpha"), "plan")
    pxm.write(
        TWO.replace("name: A", "name: Alpha").replace("name: B", "name: B, category: x")
        + "categories: [{key: x, name: X}]\n"
    )

    assert pxm.pxm("apply", path) == 3
    assert "category/x: create" in pxm.out
    assert names(pxm) == {"Alpha", "B"}
    assert pxm.sandbox.all("category") == []


def test_an_update_that_finishes_a_reviewed_create_is_that_change(pxm: World) -> None:
    path = planned(pxm, SMALL, "plan")
    dropped: list[str] = []

    def forget_the_weight(request: Request) -> None:
        made = pxm.sandbox.all("collection")
        if request.method == "POST" and made and not dropped:
            dropped.append(made[0]["id"])
            pxm.sandbox.edit("collection", made[0]["id"], attributes=[])

    pxm.sandbox.on_answer(forget_the_weight)
    assert pxm.pxm("apply", path) == 1
    pxm.sandbox.on_answer(None)

    assert pxm.pxm("apply", path) == 0, pxm.out + pxm.err
    assert pxm.pxm("plan", "--detailed-exitcode") == 0


def test_a_file_that_was_edited_by_hand_is_refused(pxm: World) -> None:
    path = planned(pxm, TWO, "plan")
    text = (pxm.root / "plan.json").read_text().replace('"Alpha"', '"Omega"').replace('"A"', '"Z"')
    (pxm.root / "plan.json").write_text(text)

    assert pxm.pxm("apply", path) == 1
    assert "was changed after it was made" in pxm.err
    assert writes(pxm) == 0


def test_a_forged_file_with_a_right_digest_instructs_nothing(pxm: World) -> None:
    """It says that everything is to be deleted, and something created: the catalog does not."""
    started(pxm)
    path = planned(pxm, TWO, "plan")
    file: dict[str, Any] = json.loads((pxm.root / "plan.json").read_text())
    for item in pxm.sandbox.all("collection"):
        key = item["name"].lower()
        file["changes"].append(change("delete", key, item["id"]))
    file["changes"].append(change("create", "evil", None))
    (pxm.root / "plan.json").write_text(with_digest(file))
    before = writes(pxm)

    assert pxm.pxm("apply", path) == 0, pxm.err
    assert writes(pxm) == before
    assert names(pxm) == {"A", "B"}
    assert "Reviewed, and overtaken by now:" in pxm.out


def change(action: str, key: str, id_: str | None) -> dict[str, Any]:
    return {
        "action": action,
        "kind": "collection",
        "key": key,
        "id": id_,
        "label": key,
        "source": None,
        "moved_from": None,
        "class": "pending",
        "fields": [],
        "fallout": [],
        "depends_on": [],
        "blocked": None,
    }


def with_digest(file: dict[str, Any]) -> str:
    """The file with the digest that its content has."""
    reviewed = {
        "regions": file["account"]["regions"],
        **{name: file[name] for name in ("environment", "targets", "new_state", "changes")},
    }
    reviewed["changes"] = list(map(filled, file["changes"]))
    return json.dumps({**file, "digest": digest(reviewed)})


def test_a_file_of_another_account_permits_nothing(pxm: World) -> None:
    path = planned(pxm, TWO, "plan")
    with Sandbox(None, Options(rate_limit=None)) as other:
        assert pxm.pxm("--base-url", other.url, "apply", path) == 3
        assert "was made for another account" in pxm.err
        assert other.all("collection") == []


def test_limits_hold_for_what_is_permitted_too(pxm: World) -> None:
    rows = "".join(f"  - {{key: c{n}, name: Category {n}}}\n" for n in range(12))
    started(pxm, "categories:\n" + rows)
    path = planned(pxm, "categories:\n  - {key: c0, name: Category 0}\n", "plan")

    assert pxm.pxm("apply", path) == 3
    assert "11 deletes, the limit is 10" in pxm.err
    assert pxm.pxm("apply", path, "--allow-deletes", "11") == 0


def test_a_receipt_keeps_the_proof(pxm: World) -> None:
    started(pxm)
    path = planned(
        pxm, TWO.replace("name: A", "name: Alpha").replace("  - {key: b, name: B}\n", ""), "p"
    )
    gone = next(i for i in pxm.sandbox.all("collection") if i["name"] == "B")
    receipt = pxm.root / "receipt.json"

    assert pxm.pxm("apply", path, "--receipt", str(receipt)) == 0
    kept = json.loads(receipt.read_text())
    file = json.loads((pxm.root / "p.json").read_text())
    assert kept["plan"] == {"digest": file["digest"], "files": [file["digest"]]}
    assert [(row["action"], row["key"], row["status"]) for row in kept["outcomes"]] == [
        ("update", "a", "done"),
        ("delete", "b", "done"),
    ]
    assert kept["outcomes"][1]["before"]["name"] == "B"
    assert kept["outcomes"][1]["id"] == gone["id"]
    assert kept["requests"]["sent"] == kept["requests"]["predicted"]
    assert kept["converged"] is True
    assert kept["ended"] >= kept["started"]


def test_what_is_not_done_is_not_said_to_be(pxm: World) -> None:
    """One is held by now, the other was not asked for."""
    started(pxm)
    renamed = TWO.replace("name: A", "name: Alpha")
    path = planned(pxm, renamed.replace("  - {key: b, name: B}\n", ""), "plan")
    (b,) = (item["id"] for item in pxm.sandbox.all("collection") if item["name"] == "B")
    pxm.sandbox.put_object("collection", {"name": "M", "parent_topic_id": b})

    pxm.pxm("apply", path, "--target", "collection/b")
    assert "delete blocked: it still holds an unmanaged collection 'M'" in pxm.out
    assert "done already" not in pxm.out
    assert "overtaken" not in pxm.out
    assert names(pxm) == {"A", "B", "M"}
