"""Who is who, over real HTTP: renamed keys, look-alike texts, lost states (contract 1.1, 2.1)."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.worlds import World, world


def ids(pxm: World, kind: str = "collection") -> dict[str, str]:
    """What the account has, by name; objects of one name count as one."""
    return {item["name"]: str(item["id"]) for item in pxm.sandbox.all(kind)}


def exact(pxm: World) -> bool:
    """Apply sent what its plan had predicted."""
    found = re.search(r"Requests: ([\d,]+) sent, ([\d,]+) predicted", pxm.out)
    return found is not None and found[1] == found[2]


# --- moved --------------------------------------------------------------------------------------


def at(key: str, *moves: str) -> str:
    entries = "".join(
        f"  - {{kind: collection, from: {source}, to: {target}}}\n"
        for source, _, target in (move.partition(">") for move in moves)
    )
    text = "categories:\n  - {key: t, name: Tents}\ncollections:\n"
    products = "".join(f"  - {{key: {name}, name: Dome, category: t}}\n" for name in key.split())
    return f"{text}{products}" + (f"moved:\n{entries}" if moves else "")


def test_a_history_of_renames_is_walked_by_accounts_at_every_point_of_it(pxm: World) -> None:
    pxm.write(at("a"))
    pxm.apply()
    made = ids(pxm)
    pxm.write(at("b", "a>b"))
    assert pxm.apply() == 0

    pxm.write(at("c", "a>b", "b>c"))
    assert pxm.apply() == 0
    assert "1 moved" in pxm.out
    pxm.pxm("state", "rm", "collection/c")
    pxm.pxm("state", "bind", "collection/a", made["Dome"])
    pxm.write(at("e", "a>b", "b>c", "c>d", "d>e"))

    assert pxm.apply() == 0
    assert ids(pxm) == made


def test_a_move_that_a_target_left_out_is_made_by_the_next_run(pxm: World) -> None:
    pxm.write(at("a") + "  - {key: x, name: Tarp, category: t}\n")
    pxm.apply()
    made = ids(pxm)
    pxm.write(
        at("b x", "a>b")
        .replace("{key: x, name: Dome", "{key: x, name: Tarp 2")
        .replace("b, name: Dome", "b, name: Yurt")
    )

    assert pxm.pxm("apply", "--yes", "--target", "collection/x") == 0
    assert pxm.apply() == 0

    assert "1 moved" in pxm.out
    assert ids(pxm) == {"Yurt": made["Dome"], "Tarp 2": made["Tarp"]}


# --- two Unicode spellings of one text ----------------------------------------------------------

SHOP = """
categories:
  - {key: desserts, name: Crème brûlée, regions: [Île]}
attributes:
  - {key: note, label: Año, type: Text}
  - {key: taste, label: Goût, type: Pick List, options: [Café, Thé], multiple: true}
  - {key: size, label: Größe, type: List, fields: [{label: Höhe, type: Number}]}
attribute_groups:
  - {key: g, name: Qualité, attributes: [note]}
collections:
  - key: p
    name: Crème
    category: desserts
    attributes: {note: São Paulo, taste: [Café, Thé], size: {Höhe: 3}}
    variants:
      - {key: v, name: Été}
resources:
  - {key: r, description: Résumé, link: "https://example.com/r", category: desserts}
"""


def spelled(form: str, value: Any) -> Any:
    """All texts of a value in one of Unicode's forms."""
    if isinstance(value, str):
        return unicodedata.normalize(form, value)  # type: ignore[arg-type]
    if isinstance(value, list):
        return [spelled(form, item) for item in value]
    if isinstance(value, dict):
        return {name: spelled(form, item) for name, item in value.items()}
    return value


def respell(pxm: World, form: str) -> None:
    """The account gives every text back in another form, ids and kinds as they were."""
    for kind in ("category", "attribute", "attribute_group", "collection", "resource"):
        for item in pxm.sandbox.all(kind):
            pxm.sandbox.edit(kind, item["id"], **spelled(form, item))


@pytest.mark.parametrize(("typed", "shown"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_texts_that_differ_in_unicode_normalization_alone_are_no_difference(
    pxm: World, typed: str, shown: str
) -> None:
    pxm.sandbox.ensure_region(spelled(shown, "Île"))
    pxm.write(spelled(typed, SHOP))
    assert pxm.apply() == 0, pxm.err
    respell(pxm, shown)

    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out
    assert pxm.pxm("drift") == 0, pxm.out
    pxm.write(spelled(shown, SHOP))
    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out


@pytest.mark.parametrize(("typed", "shown"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_lost_state_is_found_again_in_another_unicode_spelling(
    pxm: World, typed: str, shown: str
) -> None:
    pxm.sandbox.ensure_region(spelled(shown, "Île"))
    pxm.write(spelled(typed, SHOP))
    pxm.apply()
    respell(pxm, shown)
    (pxm.root / ".reconciler" / "state.db").unlink()
    before = {kind: len(pxm.sandbox.all(kind)) for kind in ("category", "collection", "attribute")}

    assert pxm.apply("--new-state") == 0, pxm.out + pxm.err
    assert "0 created, 8 adopted, 0 updated" in pxm.out
    assert before == {kind: len(pxm.sandbox.all(kind)) for kind in before}


def test_texts_go_out_as_they_were_typed_and_options_by_id(pxm: World) -> None:
    pxm.sandbox.ensure_region("Île")
    pxm.write(spelled("NFC", SHOP))
    pxm.apply()
    pxm.write(
        spelled("NFD", SHOP.replace("São Paulo", "São João")).replace(
            spelled("NFD", "[Café, Thé], size"), spelled("NFD", "[Thé], size")
        )
    )

    assert pxm.apply() == 0, pxm.out + pxm.err

    definition = next(x for x in pxm.sandbox.all("attribute") if x["label"] == "Goût")
    tea = next(x["id"] for x in definition["options"] if x["label"] == "Thé")
    note = next(x["id"] for x in pxm.sandbox.all("attribute") if x["label"] == "Año")
    (product,) = [x for x in pxm.sandbox.all("collection") if x["name"] == "Crème"]
    held = {x["id"]: x["value"] for x in product["attributes"]}
    assert held[definition["id"]] == [tea]
    assert held[note] == spelled("NFD", "São João")


def test_an_option_is_renamed_whatever_spelling_its_old_label_is_typed_in(pxm: World) -> None:
    pxm.sandbox.ensure_region("Île")
    pxm.write(spelled("NFC", SHOP))
    pxm.apply()
    before = next(x for x in pxm.sandbox.all("attribute") if x["label"] == "Goût")["options"]
    changed = SHOP.replace("options: [Café, Thé]", "options: [{label: Coffee, was: Café}, Thé]")
    pxm.write(spelled("NFD", changed.replace("taste: [Café, Thé]", "taste: [Coffee, Thé]")))

    assert pxm.apply() == 0, pxm.out + pxm.err
    after = next(x for x in pxm.sandbox.all("attribute") if x["label"] == "Goût")["options"]
    assert [x["id"] for x in after] == [x["id"] for x in before]
    assert [x["label"] for x in after] == ["Coffee", "Thé"]


def test_a_plan_file_permits_whatever_spelling_the_catalog_has_by_then(pxm: World) -> None:
    pxm.sandbox.ensure_region("Île")
    pxm.write(spelled("NFC", SHOP))
    pxm.apply()
    changed = SHOP.replace("[Café, Thé], multiple", "[Café, Thé, Lait d’été], multiple")
    pxm.write(spelled("NFC", changed.replace("name: Crème\n", "name: Crème fraîche\n")))
    assert pxm.pxm("plan", "--out", "plan.json") == 0
    pxm.write(spelled("NFD", changed.replace("name: Crème\n", "name: Crème fraîche\n")))

    assert pxm.pxm("apply", "plan.json") == 0, pxm.out + pxm.err
    assert "Converged: 0 changes remain." in pxm.out


def test_drift_is_accepted_into_files_of_another_unicode_spelling(pxm: World) -> None:
    pxm.sandbox.ensure_region("Île")
    pxm.write(spelled("NFD", SHOP))
    pxm.apply()
    respell(pxm, "NFC")
    definition = next(x for x in pxm.sandbox.all("attribute") if x["label"] == "Goût")
    tea = next(x["id"] for x in definition["options"] if x["label"] == "Thé")
    (product,) = [x for x in pxm.sandbox.all("collection") if x["name"] == "Crème"]
    values = [
        {**x, "value": [tea]} if x["id"] == definition["id"] else x for x in product["attributes"]
    ]
    pxm.sandbox.edit("collection", product["id"], attributes=values)

    assert pxm.pxm("pull", "--accept", "all") == 0, pxm.out + pxm.err
    text = (pxm.root / "catalog" / "catalog.yaml").read_text(encoding="utf-8")
    assert spelled("NFD", "taste: [Thé]") in text
    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out


# --- two of one natural key ---------------------------------------------------------------------


def test_two_of_one_name_are_made_by_the_way_that_validate_tells(pxm: World) -> None:
    one = "categories:\n  - {key: a, name: Tops%s}\n"
    pxm.write(one % "" + "  - {key: b, name: Tops}\n")
    assert pxm.pxm("validate") == 1
    assert (
        "make them differ, or pin all but one with `id:`; if neither exists yet, apply 'a' alone "
        "first: `pxm state show category/a` tells its id" in pxm.out
    )

    pxm.write(one % "")
    assert pxm.apply() == 0
    assert pxm.pxm("state", "show", "category/a") == 0
    (id_,) = [item["id"] for item in pxm.sandbox.all("category")]
    assert str(id_) in pxm.out
    pxm.write(one % f', id: "{id_}"' + "  - {key: b, name: Tops}\n")

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert [item["name"] for item in pxm.sandbox.all("category")] == ["Tops", "Tops"]


# --- a pinned id that is gone -------------------------------------------------------------------

PINNED = """
categories:
  - {key: t, name: Tents}
collections:
  - key: a
    name: Dome
    id: "%s"
    category: t
    variants:
      - {key: a-2, name: Dome 2}
  - {key: b, name: Tarp, category: t}
"""


def test_a_pinned_id_that_is_gone_blocks_its_object_and_what_depends_on_it_alone(
    pxm: World,
) -> None:
    dome = pxm.sandbox.put_object("collection", {"name": "Dome"})
    pxm.write(PINNED % dome)
    pxm.apply("--new-state")
    made = ids(pxm)
    for name in ("Dome 2", "Dome"):
        pxm.sandbox.remove("collection", made[name])
    pxm.sandbox.edit("collection", made["Tarp"], name="Tarp of theirs")
    gone = f"id {dome}, pinned at catalog.yaml:7:9, does not exist in the account"

    assert pxm.pxm("plan", "--detailed-exitcode") == 3
    assert f"update blocked: {gone}" in pxm.out
    assert "it depends on collection/a, which is blocked" in pxm.out
    assert pxm.pxm("explain", "collection/a") == 0
    assert gone in pxm.out
    assert pxm.pxm("drift") == 2
    assert pxm.pxm("pull", "--accept", "collection/b") == 0, pxm.out + pxm.err
    assert "name: Tarp of theirs" in (pxm.root / "catalog" / "catalog.yaml").read_text("utf-8")
    pxm.write(PINNED.replace("Tarp", "Tarp 3") % dome)

    assert pxm.pxm("apply", "--yes") == 3, pxm.out + pxm.err
    assert "left: 2 blocked" in pxm.out
    assert ids(pxm) == {"Tarp 3": made["Tarp"]}

    pxm.write(PINNED.replace("Tarp", "Tarp 3").replace('    id: "%s"\n', ""))
    assert pxm.apply() == 0, pxm.out + pxm.err
    assert ids(pxm).keys() == {"Dome", "Dome 2", "Tarp 3"}


def test_what_is_in_an_external_category_whose_pinned_id_is_gone_is_blocked(pxm: World) -> None:
    text = "categories:\n  - {key: t, name: Tents, id: gone, external: true}\n"
    pxm.write(text + "collections:\n  - {key: a, name: Dome, category: t}\n  - {key: b, name: B}\n")

    assert pxm.pxm("apply", "--yes") == 3, pxm.out + pxm.err
    assert ids(pxm).keys() == {"B"}
    assert "Converged: all 1 made; left: 2 blocked." in pxm.out


# --- variants of a parent that somebody deleted -------------------------------------------------

FAMILY = """
categories:
  - {key: t, name: Tents}
collections:
  - key: dome
    name: Dome
    category: t
    variants:
      - {key: dome-2, name: Dome 2, additional_title: SKU-2}
      - {key: dome-3, name: Dome 3}
"""


@pytest.mark.parametrize("dialect", ["variants-emptied", "variants-freed", "delete-orphans"])
def test_variants_of_a_deleted_parent_move_to_the_one_that_is_made_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    dialect: str,
) -> None:
    with world(tmp_path, monkeypatch, capsys, dialect) as pxm:
        pxm.write(FAMILY)
        pxm.apply()
        made = ids(pxm)
        pxm.sandbox.delete("collection", made["Dome"])
        assert ids(pxm).keys() == {"Dome 2", "Dome 3"}

        assert pxm.apply() == 0, pxm.out + pxm.err

        assert "1 recreated" in pxm.out
        assert exact(pxm)
        after = ids(pxm)
        assert {name: id_ for name, id_ in made.items() if name != "Dome"} == {
            name: id_ for name, id_ in after.items() if name != "Dome"
        }
        assert {
            item["parent_topic_id"]
            for item in pxm.sandbox.all("collection")
            if item["name"] != "Dome"
        } == {after["Dome"]}


def test_a_variant_whose_pointer_was_emptied_gets_it_again(pxm: World) -> None:
    pxm.write(FAMILY)
    pxm.apply()
    made = ids(pxm)
    pxm.sandbox.edit("collection", made["Dome 2"], parent_topic_id=None, collection_type=None)

    assert pxm.apply() == 0, pxm.out + pxm.err
    item = pxm.sandbox.get("collection", made["Dome 2"])
    assert item is not None
    assert (item["parent_topic_id"], item["collection_type"]) == (made["Dome"], "variant")


# --- the hidden root that no list shows ---------------------------------------------------------

TREE = """
categories:
  - key: men
    name: Men
    children: [{key: tops, name: Tops}]
  - {key: women, name: Women}
collections:
  - {key: a, name: Tee, category: tops}
"""


@pytest.mark.parametrize("lost", [True, False])
def test_a_root_that_no_list_shows_is_known_from_what_its_children_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lost: bool
) -> None:
    """After a lost state, and at a first adoption of what somebody else made."""
    with world(tmp_path, monkeypatch, capsys, "root-unlisted") as pxm:
        pxm.write(TREE)
        if lost:
            pxm.apply()
            (tmp_path / ".reconciler" / "state.db").unlink()
        else:
            men = pxm.sandbox.put_object("category", {"name": "Men"})
            tops = pxm.sandbox.put_object("category", {"name": "Tops", "parent_id": men})
            pxm.sandbox.put_object("category", {"name": "Women"})
            pxm.sandbox.put_object(
                "collection", {"name": "Tee", "parent_id": tops, "direct_parent": [tops]}
            )
        before = len(pxm.sandbox.requests)

        assert pxm.apply("--new-state") == 0, pxm.out + pxm.err
        assert "0 created, 4 adopted" in pxm.out
        asked = [
            request.path
            for request in pxm.sandbox.requests[before:]
            if "/category/" in request.path
        ]
        assert len(set(asked)) == 1  # once by apply, once by the plan after it
        assert len(asked) == 2
        pxm.write(TREE.replace("name: Women}", "name: Women}\n  - {key: kids, name: Kids}"))
        assert pxm.apply() == 0, pxm.out + pxm.err


# --- a tree under new keys ----------------------------------------------------------------------


def test_offered_moves_make_a_tree_under_new_keys_cheap(pxm: World) -> None:
    leaves = "".join(f"{{key: {{0}}/c{n}, name: C{n}}}, " for n in range(6))
    tree = "categories:\n  - {key: {0}, name: {1}, children: [" + leaves + "]}\n"
    products = "collections:\n  - {key: p, name: P, category: {0}/c1}\n"
    text = tree + "  - {key: sale, name: Sale}\n" + products
    pxm.write(text.replace("{0}", "old").replace("{1}", "Footwear"))
    pxm.apply()
    made = ids(pxm, "category")
    pxm.write(text.replace("{0}", "new").replace("{1}", "Shoes"))
    assert pxm.pxm("plan") == 0
    moves = re.findall(r"{kind: category, from: [^}]+}", pxm.out)
    assert len(moves) == 7

    pxm.write("moved:\n" + "".join(f"  - {move}\n" for move in moves), "history.yaml")
    assert pxm.apply() == 0, pxm.out + pxm.err
    assert "0 created, 0 adopted, 0 updated, 0 deleted, 7 moved" in pxm.out
    assert exact(pxm)
    after = ids(pxm, "category")
    assert after == {
        **{k: v for k, v in made.items() if k != "Footwear"},
        "Shoes": made["Footwear"],
    }


# --- a lost state -------------------------------------------------------------------------------

STORE = """
categories:
  - {key: tents, name: Tents, children: [{key: domes, name: Domes}, {key: yurts, name: Yurts}]}
attributes:
  - {key: note, label: Note, type: Text}
collections:
  - key: fjell
    name: Fjell
    category: domes
    attributes: {note: light}
    variants:
      - {key: fjell-2, name: Fjell 2, additional_title: SKU-2}
      - {key: fjell-3, name: Fjell 3, additional_title: SKU-3}
  - {key: nor, name: Nor, additional_title: SKU-N, category: domes, attributes: {note: warm}}
  - {key: steppe, name: Steppe, category: yurts}
"""


def lose_state(pxm: World) -> dict[str, list[str]]:
    """Forget everything; what there is, by kind."""
    for path in (pxm.root / ".reconciler").glob("state.db*"):
        path.unlink()
    return everything(pxm)


def everything(pxm: World) -> dict[str, list[str]]:
    return {kind: sorted(str(x["id"]) for x in items) for kind, items in pxm.sandbox.dump().items()}


@pytest.mark.parametrize(
    ("before", "after", "refs"),
    [
        ("name: Tents", "name: Shelters", ["category/tents"]),
        ("name: Domes", "name: Round tents", ["category/domes"]),
        ("name: Fjell\n", "name: Mountain\n", ["collection/fjell"]),
        (
            "name: Steppe, category",
            "name: Plain, published: false, category",
            ["collection/steppe"],
        ),
        (
            "name: Nor, additional_title: SKU-N, category: domes, attributes: {note: warm}",
            "name: Sor, additional_title: SKU-S, category: domes, attributes: {note: cold}",
            ["collection/nor"],
        ),
    ],
    ids=[
        "category",
        "inner category",
        "variants by titles",
        "name and values",
        "sku, name, values",
    ],
)
def test_a_lost_state_doubles_nothing_that_was_renamed_since(
    pxm: World, before: str, after: str, refs: list[str]
) -> None:
    pxm.write(STORE)
    pxm.apply()
    there = lose_state(pxm)
    renamed = STORE.replace(before, after)
    assert renamed != STORE
    pxm.write(renamed)

    assert pxm.pxm("apply", "--yes") == 3
    assert "the state is new" in pxm.err
    assert everything(pxm) == there
    for _ in range(2):
        assert pxm.pxm("apply", "--yes", "--new-state") == 3, pxm.out + pxm.err
        assert "! " + refs[0] in pxm.out
        assert everything(pxm) == there
    for ref in refs:
        found = re.search(rf"{ref}: near match '[^']*' \((\S+?)[:)]", pxm.out)
        assert found is not None, pxm.out
        assert pxm.pxm("state", "bind", ref, found[1]) == 0, pxm.err

    assert pxm.apply() == 0, pxm.out + pxm.err
    assert everything(pxm) == there


@pytest.mark.parametrize("way", ["id", "new", "deleted", "external"])
def test_a_near_match_blocks_in_every_run_until_it_is_settled(pxm: World, way: str) -> None:
    pxm.write(STORE)
    pxm.apply()
    old = ids(pxm)["Steppe"]
    lose_state(pxm)
    renamed = STORE.replace("name: Steppe", "name: Plain")
    pxm.write(renamed)
    for _ in range(2):
        assert pxm.pxm("apply", "--yes", "--new-state") == 3
        assert "create blocked: a near match exists" in pxm.out

    settled = {
        "id": renamed.replace("key: steppe", f'key: steppe, id: "{old}"'),
        "new": renamed.replace("key: steppe", "key: steppe, id: new"),
        "deleted": renamed,
        "external": renamed
        + f'  - {{key: x, name: Steppe, id: "{old}", category: yurts, external: true}}\n',
    }
    pxm.write(settled[way])
    if way == "deleted":
        pxm.sandbox.remove("collection", old)

    assert pxm.apply() == 0, pxm.out + pxm.err
    after = ids(pxm)
    assert ("Steppe" in after, after["Plain"] == old) == {
        "id": (False, True),
        "new": (True, False),
        "deleted": (False, False),
        "external": (True, False),
    }[way]


def test_an_ordinary_first_run_beside_other_peoples_objects_goes_through(pxm: World) -> None:
    put = pxm.sandbox.put_object
    theirs = put("category", {"name": "Theirs"})
    ours = put("category", {"name": "Tents"})
    for name, category in (("Stranger", ours), ("Other", theirs)):
        put("collection", {"name": name, "parent_id": category, "direct_parent": [category]})
    pxm.write(
        "categories:\n  - {key: t, name: Tents}\ncollections:\n"
        "  - {key: a, name: A, category: t}\n  - {key: b, name: B, category: t}\n"
    )

    assert pxm.pxm("plan", "--detailed-exitcode") == 2
    assert "Note: 2 to create beside 2 products that nobody declares" in pxm.out
    assert "Off a terminal, apply takes it with --new-state" in pxm.out
    assert pxm.pxm("apply", "--yes") == 3
    assert pxm.apply("--new-state") == 0
    assert "Apply complete! 2 created, 1 adopted" in pxm.out
    assert exact(pxm)


def test_creates_beside_objects_that_nobody_declares_ask_for_new_state(pxm: World) -> None:
    """SKU and name changed: nothing is adopted, and nothing looks alike."""
    pxm.sandbox.put_object("collection", {"name": "Old", "additional_title": "SKU-1"})
    pxm.write("collections:\n  - {key: p, name: New, additional_title: SKU-2}\n")

    assert pxm.pxm("plan", "--detailed-exitcode") == 2
    assert pxm.pxm("apply", "--yes") == 3
    assert "the state is new, and the plan creates beside objects that nobody declares" in pxm.err
    assert pxm.pxm("plan", "--out", "plan.json") == 0
    assert pxm.pxm("apply", "plan.json") == 0, pxm.out + pxm.err
