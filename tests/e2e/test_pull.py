"""`pxm pull` as a user runs it: a whole account, and drift taken over into files in git."""

import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.catalog import load
from tests.e2e.test_main_job import SMALL
from tests.e2e.worlds import FAST, World

DATA = Path(__file__).parents[3] / "shared" / "data"


def git(root: Path, *arguments: str) -> str:
    """git in a folder, as nobody in particular."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *who, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def changed_lines(root: Path) -> list[str]:
    """What `git diff` shows without its heads."""
    lines = git(root, "diff", "--unified=0", "--no-color").splitlines()
    return [x for x in lines if x[:1] in "+-" and x[:3] not in ("+++", "---")]


def committed(pxm: World) -> None:
    """Everything in a commit."""
    git(pxm.root, "init", "-q")
    git(pxm.root, "add", "catalog")
    git(pxm.root, "commit", "-qm", "catalog")


def find(pxm: World, kind: str, **fields: str) -> str:
    """The id of the object with these fields."""
    return next(
        str(x["id"]) for x in pxm.sandbox.all(kind) if all(x[k] == v for k, v in fields.items())
    )


def test_a_pulled_account_is_managed_and_a_plan_of_it_is_empty(pxm: World) -> None:
    pxm.write(SMALL)
    assert pxm.apply() == 0
    (pxm.root / "new").mkdir()
    (pxm.root / "new" / "reconciler.yaml").write_text(FAST)
    before = len(pxm.sandbox.requests)
    new = ("--state", "file:new.db")

    assert pxm.pxm(*new, "pull", "new") == 0

    assert "They are managed now." in pxm.out
    assert {x.method for x in pxm.sandbox.requests[before:]} == {"GET"}
    assert pxm.pxm("--catalog", "new", *new, "plan", "--detailed-exitcode") == 0
    assert "No changes." in pxm.out
    assert pxm.pxm("--catalog", "new", *new, "drift") == 0
    assert pxm.pxm("--catalog", "new", *new, "fmt", "--check", "new") == 0
    assert pxm.pxm(*new, "pull", "new") == 0
    assert "are declared in new already" in pxm.out


def test_a_file_that_pull_did_not_write_is_never_overwritten(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()
    (pxm.root / "new").mkdir()
    mine = pxm.root / "new" / "attributes.yaml"
    mine.write_text("attributes:\n  - {key: mine, label: Mine, type: Text}\n")

    assert pxm.pxm("--state", "file:new.db", "pull", "new") == 1
    assert "new/attributes.yaml would be overwritten" in pxm.err
    assert mine.read_text() == "attributes:\n  - {key: mine, label: Mine, type: Text}\n"
    assert sorted(x.name for x in (pxm.root / "new").rglob("*")) == ["attributes.yaml"]


def test_an_empty_folder_is_a_working_repository_then(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    assert pxm.pxm("--state", "file:new.db", "pull", "shop/goods") == 0

    shop = pxm.root / "shop"
    settings = (shop / "goods" / "reconciler.yaml").read_text()
    assert settings.startswith(
        "# yaml-language-server: $schema=../.reconciler/settings.schema.json\n"
    )
    assert "\nlimits:\n  deletes: 10\n" in settings
    assert (shop / ".gitignore").read_text() == ".reconciler/\n"
    assert (shop / ".reconciler" / "catalog.schema.json").is_file()
    assert (shop / ".reconciler" / "settings.schema.json").is_file()
    heads = {path.read_text().partition("\n")[0] for path in (shop / "goods").glob("*.yaml")}
    assert all(head.startswith("# yaml-language-server: $schema=../.reconciler/") for head in heads)
    options = ("--catalog", "shop/goods", "--state", "file:new.db")
    assert pxm.pxm(*options, "plan", "--detailed-exitcode") == 0
    assert pxm.pxm(*options, "fmt", "--check") == 0


def test_one_kind_brings_what_it_names_as_external(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    assert pxm.pxm("--state", "file:new.db", "pull", "new", "--kind", "collections") == 0

    names = sorted(
        x.relative_to(pxm.root / "new").as_posix() for x in (pxm.root / "new").rglob("*.yaml")
    )
    assert names[0] == "external.yaml"
    assert names[-1] == "reconciler.yaml"
    assert all(x.startswith("products/") for x in names[1:-1])
    assert "external: true" in (pxm.root / "new" / "external.yaml").read_text()
    assert pxm.pxm("--catalog", "new", "--state", "file:new.db", "plan", "--detailed-exitcode") == 0
    assert pxm.pxm("pull", "--kind", "gadget", "x") == 1
    assert "no such kind" in pxm.err


def test_a_state_of_another_catalog_is_not_made_to_delete(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    assert pxm.pxm("pull", "new", "--kind", "resource") == 1
    assert "which new would not declare" in pxm.err
    assert not (pxm.root / "new").exists()


def test_another_account_is_refused(pxm: World) -> None:
    pxm.write(SMALL)
    pxm.apply()

    assert (
        pxm.pxm("--sandbox-db", "other.db", "--state", "file:.reconciler/state.db", "pull", "new")
        == 3
    )
    assert "belongs to another account" in pxm.err


RICH = """\
# Jackets of the house.
categories:
  - key: apparel
    name: Apparel
    children:
      - {key: jackets, name: Jackets}   # worn outside
      - key: new-in
        name: New in
attributes:
  - {key: color, label: Color, type: Pick List, options: [Blue, Red], multiple: true}
  - {key: care, label: Care, type: Text}
  - {key: size, label: Size, type: Text}
  - key: chart
    label: Chart
    type: List
    fields: [{label: Chest, type: Number}, {label: Note, type: Text}]
attribute_groups:
  - {key: looks, name: Looks, attributes: [color, size]}
collections:
  - key: rain
    name: 'Rain Jacket'      # the one that sells
    category: jackets
    categories: [new-in]
    attributes: &shared
      color: [Blue, Red]     # both
      care: |
        Wash cold.
        Dry.
      chart: {Chest: 90, Note: "a"}
    variants:
      # sizes
      - key: rain-m
        name: Rain M
        additional_title: "007"
        attributes: {size: M}
      - key: rain-l
        name: Rain L
        additional_title: "008"
  - key: sun
    name: Sun Jacket
    category: jackets
    attributes:
      <<: *shared
      size: S
resources:
  - {key: guide, description: Guide, link: "https://x.example/g", collections: [rain, sun]}
"""


@pytest.fixture
def rich(pxm: World) -> World:
    """A catalog with all sorts of YAML, applied and in git."""
    pxm.write(RICH)
    assert pxm.apply() == 0
    committed(pxm)
    return pxm


def value(pxm: World, name: str, label: str, new: object) -> None:
    """Give a collection's attribute another value, or none."""
    attribute = find(pxm, "attribute", label=label)
    item = next(x for x in pxm.sandbox.all("collection") if x["name"] == name)
    kept = [x for x in item["attributes"] if x["id"] != attribute]
    more = [] if new is None else [{"id": attribute, "value": new}]
    pxm.sandbox.edit("collection", item["id"], attributes=[*kept, *more])


def settled(pxm: World) -> None:
    """Nothing differs any more."""
    assert pxm.pxm("plan", "--detailed-exitcode") == 0, pxm.out
    assert pxm.pxm("drift") == 0, pxm.out


def test_only_the_lines_of_what_drifted_change(rich: World) -> None:
    rain = find(rich, "collection", name="Rain Jacket")
    rich.sandbox.edit(
        "collection",
        rain,
        name="Rain: Coat",
        direct_parent=[find(rich, "category", name="Jackets")],
    )
    rich.sandbox.edit(
        "collection", find(rich, "collection", name="Rain M"), additional_title="0070"
    )
    value(rich, "Rain M", "Size", "XL, long")
    before = len(rich.sandbox.requests)

    assert rich.pxm("pull", "--accept", "all") == 0

    assert {x.method for x in rich.sandbox.requests[before:]} == {"GET"}
    assert changed_lines(rich.root) == [
        "-    name: 'Rain Jacket'      # the one that sells",
        "+    name: 'Rain: Coat'      # the one that sells",
        "-    categories: [new-in]",
        '-        additional_title: "007"',
        "-        attributes: {size: M}",
        '+        additional_title: "0070"',
        '+        attributes: {size: "XL, long"}',
    ]
    settled(rich)


def test_named_drift_alone_is_taken_over(rich: World) -> None:
    rich.sandbox.edit("collection", find(rich, "collection", name="Rain M"), name="Rain Medium")
    rich.sandbox.edit("collection", find(rich, "collection", name="Rain L"), name="Rain Large")

    assert rich.pxm("pull", "--accept", "collection/rain-m") == 0
    assert changed_lines(rich.root) == ["-        name: Rain M", "+        name: Rain Medium"]
    assert rich.pxm("drift") == 2
    assert "Rain Large" in rich.out
    assert "Rain Medium" not in rich.out


def test_a_merged_value_is_said_where_it_is_merged(rich: World) -> None:
    value(rich, "Sun Jacket", "Care", "Only dust it.")

    assert rich.pxm("pull", "--accept", "collection/sun") == 0
    assert changed_lines(rich.root) == ["+      care: Only dust it."]
    settled(rich)


def test_what_others_lean_on_is_left_and_said_with_its_place(rich: World) -> None:
    value(rich, "Rain Jacket", "Care", "Only dust it.")

    assert rich.pxm("pull", "--accept", "collection/rain") == 1
    assert "Left: collection/rain attributes.care" in rich.out
    assert "catalog.yaml:24:17" in rich.out
    assert "&shared" in rich.out
    assert changed_lines(rich.root) == []


def test_an_option_is_renamed_with_the_values_that_hold_it(pxm: World) -> None:
    pxm.write(RICH.replace("&shared", "").replace("<<: *shared", "color: Blue"))
    assert pxm.apply() == 0
    committed(pxm)
    color = next(x for x in pxm.sandbox.all("attribute") if x["label"] == "Color")
    options = [{**x, "label": "Navy"} if x["label"] == "Blue" else x for x in color["options"]]
    pxm.sandbox.edit("attribute", color["id"], options=options)

    assert pxm.pxm("pull", "--accept", "all") == 0
    head = "  - {key: color, label: Color, type: Pick List, options: "
    assert changed_lines(pxm.root) == [
        f"-{head}[Blue, Red], multiple: true}}",
        f"+{head}[Navy, Red], multiple: true}}",
        "-      color: [Blue, Red]     # both",
        "+      color: [Navy, Red]     # both",
        "-      color: Blue",
        "+      color: Navy",
    ]
    settled(pxm)


def test_what_is_gone_leaves_the_files_and_all_that_named_it(rich: World) -> None:
    rich.sandbox.remove("collection", find(rich, "collection", name="Rain L"))
    rich.sandbox.remove("resource", find(rich, "resource", description="Guide"))

    assert rich.pxm("pull", "--accept", "all") == 0
    assert changed_lines(rich.root) == [
        "-      - key: rain-l",
        "-        name: Rain L",
        '-        additional_title: "008"',
        "-resources:",
        '-  - {key: guide, description: Guide, link: "https://x.example/g", collections: [rain, sun]}',
    ]
    settled(rich)


def test_a_category_moves_with_its_entry(rich: World) -> None:
    rich.sandbox.edit("category", find(rich, "category", name="New in"), parent_id=None)

    assert rich.pxm("pull", "--accept", "category/new-in") == 0
    assert changed_lines(rich.root) == [
        "-      - key: new-in",
        "-        name: New in",
        "+  - key: new-in",
        "+    name: New in",
    ]
    settled(rich)


def test_an_unmanaged_object_is_written_into_a_named_file(rich: World) -> None:
    jackets = find(rich, "category", name="Jackets")
    new = rich.sandbox.put_object(
        "collection", {"name": "Wind Jacket", "parent_id": jackets, "direct_parent": [jackets]}
    )
    rich.sandbox.put_object(
        "collection",
        {"name": "Wind Jacket M", "parent_topic_id": new, "collection_type": "variant"},
    )

    assert rich.pxm("pull", "--accept", f"collection/{new}") == 1
    assert "needs a file to stand in" in rich.err
    assert rich.pxm("pull", "--accept", f"collection/{new}/", "--into", "catalog/wind.yaml") == 0
    assert (rich.root / "catalog" / "wind.yaml").read_text() == (
        "collections:\n"
        "  - key: wind-jacket\n"
        "    name: Wind Jacket\n"
        "    category: jackets\n"
        "    variants:\n"
        "      - key: wind-jacket-m\n"
        "        name: Wind Jacket M\n"
    )
    settled(rich)


def test_a_wrong_target_or_file_is_an_error(rich: World) -> None:
    for arguments, words in (
        (("--accept", "collection/nobody"), "neither a key of the catalog nor the id"),
        (("--accept", "all", "--into", "../x.yaml"), "not a YAML file in the catalog folder"),
        (
            ("--accept", "all", "--into", "catalog/reconciler.yaml"),
            "no catalog file can have that name",
        ),
        (("--accept", "all", "--kind", "file"), "--kind goes with a whole pull"),
        (("--into", "catalog/x.yaml"), "--into goes with --accept"),
        (("a", "b"), "pull takes one folder"),
    ):
        assert rich.pxm("pull", *arguments) == 1
        assert words in rich.err
    assert rich.pxm("pull", "--accept", "collection/rain") == 0
    assert "Nothing to accept" in rich.out
    assert changed_lines(rich.root) == []


@pytest.mark.parametrize("name", ["saleor", pytest.param("magento", marks=pytest.mark.long)])
def test_a_real_catalog_comes_back_whole(name: str, pxm: World) -> None:
    if not (DATA / name).is_dir():
        pytest.skip("the real catalogs are kept apart from the project and are not here")
    for folder in ("real", "new"):
        shutil.copytree(DATA / name, pxm.root / "real", dirs_exist_ok=True)
        (pxm.root / folder).mkdir(exist_ok=True)
        (pxm.root / folder / "reconciler.yaml").write_text(FAST)
    real = ("--catalog", "real", "--state", "file:real.db")
    new = ("--catalog", "new", "--state", "file:new.db")
    assert pxm.pxm(*real, "apply", "--yes") == 0

    assert pxm.pxm(*new, "pull") == 0

    assert "Left out" not in pxm.out
    assert pxm.pxm(*new, "plan", "--detailed-exitcode") == 0
    assert "No changes." in pxm.out
    assert pxm.pxm(*new, "fmt", "--check", "new") == 0
    check_compact(pxm)


def check_compact(pxm: World) -> None:
    """Of the product files that share much less than a third is left, and they say the same."""
    for folder in ("compact", "again"):
        (pxm.root / folder).mkdir()
        (pxm.root / folder / "reconciler.yaml").write_text(FAST)
    compact = ("--catalog", "compact", "--state", "file:compact.db")
    assert pxm.pxm(*compact, "pull", "--compact") == 0
    assert pxm.pxm(*compact, "plan", "--detailed-exitcode") == 0
    assert pxm.pxm(*compact, "fmt", "--check", "compact") == 0
    again = ("--catalog", "again", "--state", "file:compact.db")
    assert pxm.pxm(*again, "pull", "--compact") == 0

    assert texts(pxm.root / "compact") == texts(pxm.root / "again")
    new, small = load(pxm.root / "new"), load(pxm.root / "compact")
    assert {ref: item.fields for ref, item in small.resources.items()} == {
        ref: item.fields for ref, item in new.resources.items()
    }
    before, after = (size_of_products(pxm.root / folder) for folder in ("new", "compact"))
    if len(new.resources) > 2_000:
        assert after * 3 < before
    else:
        assert after < before


def size_of_products(folder: Path) -> int:
    """Bytes of the files of products."""
    return sum(len(data) for name, data in texts(folder).items() if name.startswith("products"))


def texts(folder: Path) -> dict[str, bytes]:
    """The files of a catalog."""
    return {str(x.relative_to(folder)): x.read_bytes() for x in folder.rglob("*.yaml")}
