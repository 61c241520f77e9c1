"""What a catalog's fields become (contract 1); broken catalogs are in test_validate_cases."""

import os
import shutil
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalog import Reading, load, read
from reconciler.errors import CatalogError, UsageError
from reconciler.model import (
    IgnoreRule,
    Lifecycle,
    Limits,
    Moved,
    Number,
    Place,
    Policy,
    Rate,
    Ref,
    Removed,
    Resource,
)
from tests.limits import HANG

DATA = Path(__file__).parents[2] / "shared" / "data"


def write(folder: Path, **files: str) -> Path:
    """A catalog folder of these files."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def only(folder: Path, text: str, ref: str) -> Resource:
    """One object of a catalog that has no problems."""
    reading = read(write(folder, catalog=text))
    assert [str(problem) for problem in reading.problems] == []
    kind, _, key = ref.partition("/")
    return reading.catalog.resources[Ref(kind, key)]


# --- attribute values ---------------------------------------------------------------------------

ATTRIBUTES = """
attributes:
  - {key: text, label: Text, type: Text}
  - {key: number, label: Number, type: Number}
  - {key: yes-no, label: Yes or no, type: Boolean}
  - {key: day, label: Day, type: Date}
  - {key: one, label: One, type: Pick List, options: [39, NO, Blue]}
  - {key: many, label: Many, type: Pick List, options: [A, B], multiple: true}
  - key: record
    label: Record
    type: List
    fields:
      - {label: Chest, type: Number}
      - {label: Note, type: Text}
      - {label: Since, type: Date}
      - {label: Ok, type: Boolean}
  - {key: theirs, label: Theirs, type: Pick List, external: true}
  - {key: their-record, label: Their record, type: List, external: true}
"""

VALUES: list[tuple[str, Any]] = [
    # A Text keeps the characters that were typed (contract 1.4).
    ("text: 1.10", "1.10"),
    ("text: 007", "007"),
    ("text: NO", "NO"),
    ("text: 12:30", "12:30"),
    ("text: on", "on"),
    ("text: 1e3", "1e3"),
    ("text: 2025-01-01", "2025-01-01"),
    ("text: true", "true"),
    ("text: ' x '", " x "),
    ("text: 'null'", "null"),
    ("text: null", None),
    ("text: ''", None),
    ("text:", None),
    ("number: 1.10", Number("1.10")),
    ("number: '42'", Number("42")),
    ("number: -1e3", Number("-1e3")),
    ("number: ~", None),
    ("yes-no: true", True),
    ("yes-no: false", False),
    ("yes-no: null", None),
    ("day: 2025-01-31", "2025-01-31T00:00:00Z"),
    ("day: '2025-01-31'", "2025-01-31T00:00:00Z"),
    ("day: 2025-01-31T01:30:00.250+02:00", "2025-01-30T23:30:00Z"),
    ("day: ''", None),
    ("one: 39", ("39",)),
    ("one: '39'", ("39",)),
    ("one: [NO]", ("NO",)),
    ("one: ''", None),
    ("one: []", None),
    ("many: A", ("A",)),
    ("many: [B, A, B]", ("B", "A")),
    ("many: null", None),
    ("record: {Chest: 90, Note: 1.0}", {"Chest": Number("90"), "Note": "1.0"}),
    ("record: {Since: 2025-01-31, Ok: true}", {"Since": "2025-01-31T00:00:00Z", "Ok": True}),
    ("record: {Chest: null}", {"Chest": None}),
    ("record: {}", None),
    ("record: []", None),
    ("record: ''", None),
    # Nobody can tell what an attribute takes that is somebody else's and lists nothing.
    ("theirs: [Anything, Else]", ("Anything", "Else")),
    (
        "their-record: {A: 90, B: '90', C: false, D: x, E: ~}",
        {"A": Number("90"), "B": "90", "C": False, "D": "x", "E": None},
    ),
]


@pytest.mark.parametrize(("line", "expected"), VALUES, ids=lambda item: str(item)[:40])
def test_a_value_is_read_by_the_type_of_its_attribute(
    tmp_path: Path, line: str, expected: object
) -> None:
    text = f"{ATTRIBUTES}\ncollections:\n  - key: x\n    name: X\n    attributes:\n      {line}\n"
    value = only(tmp_path, text, "collection/x").fields[f"attributes.{line.partition(':')[0]}"]
    assert value == expected
    assert type(value) is type(expected)


def test_a_number_keeps_its_spelling(tmp_path: Path) -> None:
    text = ATTRIBUTES + "collections: [{key: x, name: X, attributes: {number: 1.10}}]"
    assert str(only(tmp_path, text, "collection/x").fields["attributes.number"]) == "1.10"


# --- fields -------------------------------------------------------------------------------------

OTHERS = """
categories:
  - {key: a, name: A}
  - {key: b, name: B}
attributes: [{key: color, label: Color, type: Text}]
collections: [{key: other, name: Other}]
"""

FIELDS: list[tuple[str, str, dict[str, Any]]] = [
    ("category", "name: 007", {"name": "007", "parent": None}),
    ("category", "name: X, parent: ''", {"name": "X", "parent": None}),
    ("category", "name: X, parent: null, regions: [US, 1.0]",
     {"name": "X", "parent": None, "regions": ("US", "1.0")}),
    ("category", "name: X, published: false, published_end_date: 2025-01-31",
     {"name": "X", "parent": None, "published": False,
      "published_end_date": "2025-01-31T00:00:00Z"}),
    ("category", "name: X, attributes: ", {"name": "X", "parent": None}),
    ("attribute", "label: X, type: Text", {"label": "X", "type": "Text"}),
    ("attribute", "label: X, type: Pick List, multiple: false, options: []",
     {"label": "X", "type": "Pick List", "multiple": False, "options": ()}),
    ("attribute", "label: X, type: Pick List, options: [39, {label: NO}]",
     {"label": "X", "type": "Pick List", "options": ("39", "NO")}),
    ("attribute", "label: X, type: List, fields: [{label: 1.0, type: Number}]",
     {"label": "X", "type": "List", "fields": {"1.0": "Number"}}),
    ("attribute_group", "name: X", {"name": "X"}),
    ("attribute_group", "name: X, attributes: [color, color]",
     {"name": "X", "attributes": ("color",)}),
    ("attribute_group", "name: X, attributes: []", {"name": "X", "attributes": ()}),
    ("collection", "name: X", {"name": "X"}),
    ("collection", "name: X, additional_title: 0815", {"name": "X", "additional_title": "0815"}),
    ("collection", "name: X, additional_title: null", {"name": "X", "additional_title": None}),
    ("collection", "name: X, type: parent", {"name": "X", "type": "parent"}),
    ("collection", "name: X, variants: []", {"name": "X", "type": "parent"}),
    ("collection", "name: X, variant_of: other",
     {"name": "X", "type": "variant", "variant_of": "other"}),
    ("collection", "name: X, category: a", {"name": "X", "category": "a", "categories": ("a",)}),
    ("collection", "name: X, category: a, categories: [b, a, b]",
     {"name": "X", "category": "a", "categories": ("a", "b")}),
    ("collection", "name: X, category: null", {"name": "X", "category": None}),
    ("collection", "name: X, category: null, categories: [b]",
     {"name": "X", "category": None, "categories": ("b",)}),
    ("collection", "name: X, categories: []", {"name": "X", "categories": ()}),
    ("collection", "name: X, published: true, published_start_date: 2025-01-31",
     {"name": "X", "published": True, "published_start_date": "2025-01-31T00:00:00Z"}),
    ("resource", "description: X, link: y", {"description": "X", "link": "y"}),
    ("resource", "description: X, link: y, category: a, collections: [other]",
     {"description": "X", "link": "y", "category": "a", "collections": ("other",)}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "line", "expected"), FIELDS)
def test_only_declared_fields_are_present_in_canonical_form(
    tmp_path: Path, kind: str, line: str, expected: dict[str, Any]
) -> None:
    plural = "categories" if kind == "category" else f"{kind}s"
    reading = read(write(tmp_path, a=OTHERS, b=f"{plural}: [{{key: x, {line}}}]"))
    assert [str(problem) for problem in reading.problems] == []
    assert dict(reading.catalog.resources[Ref(kind, "x")].fields) == expected


def test_nested_objects_are_flattened_in_the_order_of_the_file(tmp_path: Path) -> None:
    reading = read(write(tmp_path, catalog="""
categories:
  - key: top
    name: Top
    children:
      - {key: middle, name: Middle, children: [{key: leaf, name: Leaf}]}
      - {key: second, name: Second}
collections:
  - key: boot
    name: Boot
    variants: [{key: boot/m, name: M}]
  - {key: named, name: Named}
  - {key: named/s, name: S, variant_of: named}
"""))  # fmt: skip
    found = reading.catalog.resources
    assert [str(ref) for ref in found] == [
        "category/top", "category/middle", "category/leaf", "category/second",
        "collection/boot", "collection/boot/m", "collection/named", "collection/named/s",
    ]  # fmt: skip
    assert [item.fields["parent"] for item in reading.catalog.of("category")] == [
        None, "top", "middle", "top",
    ]  # fmt: skip
    types = [item.fields["type"] for item in reading.catalog.of("collection")]
    assert types == ["parent", "variant", "parent", "variant"]
    assert found[Ref("collection", "boot/m")].fields["variant_of"] == "boot"
    assert reading.problems == ()


def test_places_are_those_of_the_values(tmp_path: Path) -> None:
    text = (
        ATTRIBUTES
        + """
collections:
  - key: x
    name:   X
    attributes:
      text: a
"""
    )
    found = only(tmp_path, text, "collection/x")
    line = text[: text.index("- key: x\n")].count("\n") + 1
    assert found.place == Place("catalog.yaml", line, 5)
    assert found.at("name") == Place("catalog.yaml", line + 1, 13)
    assert found.at("attributes.text") == Place("catalog.yaml", line + 3, 13)
    assert found.at("category") == found.place


def test_what_every_kind_has(tmp_path: Path) -> None:
    text = """
collections:
  - key: x
    name: X
    id: 0815
    external: true
    lifecycle: {prevent_destroy: true, ignore: [name, attributes.color]}
attributes: [{key: color, label: Color, type: Text}]
"""
    found = only(tmp_path, text, "collection/x")
    assert (found.id, found.external) == ("0815", True)
    assert found.lifecycle == Lifecycle(True, frozenset({"name", "attributes.color"}))


def test_renames_lead_from_the_new_label_to_the_old_one(tmp_path: Path) -> None:
    text = """
attributes:
  - {key: x, label: X, type: Pick List, options: [Blue, {label: Crimson, was: Red}]}
"""
    found = only(tmp_path, text, "attribute/x")
    assert found.fields["options"] == ("Blue", "Crimson")
    assert found.renames == {"Crimson": "Red"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [("staging", "17"), ("production", "new"), ("test", None), (None, None)],
)
def test_an_id_may_depend_on_the_environment(
    tmp_path: Path, environment: str | None, expected: str | None
) -> None:
    text = "categories: [{key: x, name: X, id: {staging: 17, production: new, test: ~}}]"
    settings = "environments: {staging: , production: , test: }"
    folder = write(tmp_path, catalog=text, reconciler=settings)
    reading = read(folder, environment=environment)
    assert reading.catalog.resources[Ref("category", "x")].id == expected
    assert reading.problems == ()


def test_pinned_objects_may_share_a_natural_key(tmp_path: Path) -> None:
    """All but one have an id, in whichever environment."""
    text = (
        "categories: [{key: x, name: X}, {key: y, name: X, id: 7}, {key: z, name: X, id: {a: 8}}]"
    )
    folder = write(tmp_path, catalog=text, reconciler="environments: {a: }")
    reading = read(folder, environment="a")
    assert reading.problems == ()
    new = "categories: [{key: x, name: X}, {key: y, name: X, id: new}]"
    assert len(read(write(tmp_path, catalog=new)).problems) == 1


def test_aliases_and_merge_keys_are_read_where_they_are_used(tmp_path: Path) -> None:
    text = """
categories:
  - &base {key: a, name: A, regions: &r [US], published: false}
  - {<<: *base, key: b, name: B, regions: *r}
"""
    found = only(tmp_path, text, "category/b")
    assert found.fields == {"name": "B", "regions": ("US",), "published": False, "parent": None}


# --- moved, removed, policy ---------------------------------------------------------------------


def test_moves_and_removals_are_entries_of_any_file(tmp_path: Path) -> None:
    text = """
moved: [{kind: category, from: old, to: x}]
removed:
  - {kind: collection, key: gone}
  - {kind: collection, key: let-go, destroy: false}
"""
    found = read(write(tmp_path, a=text, b="categories: [{key: x, name: X}]"))
    assert found.problems == ()
    assert found.catalog.moved == (Moved("category", "old", "x", Place("a.yaml", 2, 9)),)
    assert found.catalog.removed == (
        Removed(Ref("collection", "gone"), True, Place("a.yaml", 4, 5)),
        Removed(Ref("collection", "let-go"), False, Place("a.yaml", 5, 5)),
    )


def test_the_settings_become_the_policy(tmp_path: Path) -> None:
    settings = """
prune: never
drift: keep
limits: {deletes: 3, clears: 5}
arrays: {default: exact, regions: merge, categories: exact}
natural_keys: {collection: "attribute:sku"}
ignore: [{kind: collection, match: "promo-*", fields: [published_end_date, attributes.sku]}]
rate: {requests: 100, per_seconds: 0.5, concurrency: 2}
"""
    catalog = "attributes: [{key: sku, label: SKU, type: Text}]"
    found = read(write(tmp_path, reconciler=settings, catalog=catalog))
    assert found.problems == ()
    assert found.catalog.policy == Policy(
        prune="never",
        drift="keep",
        limits=Limits(deletes=3, clears=5),
        exact=frozenset({"default", "!regions", "categories"}),
        natural_keys={"collection": "attribute:sku"},
        ignore=(
            IgnoreRule(
                "collection", "promo-*", frozenset({"published_end_date", "attributes.sku"})
            ),
        ),
        rate=Rate(100, 0.5, 2),
    )


def test_without_settings_the_policy_is_the_default(tmp_path: Path) -> None:
    assert read(write(tmp_path, catalog="categories: []")).catalog.policy == Policy()


def test_a_start_date_that_settings_leave_alone_need_not_be_declared(tmp_path: Path) -> None:
    text = "collections: [{key: promo-1, name: X, published: true}]"
    ignore = "ignore: [{kind: collection, match: 'promo-*', fields: [published_start_date]}]"
    assert read(write(tmp_path, catalog=text, reconciler=ignore)).problems == ()


# --- files --------------------------------------------------------------------------------------


def test_files_are_read_in_the_order_of_their_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.yml").write_text("categories: [{key: second, name: 2}]")
    (tmp_path / "b.yaml").write_text("categories: [{key: first, name: 1}]")
    (tmp_path / ".hidden.yaml").write_text("broken: [")
    (tmp_path / "notes.txt").write_text("not: [yaml")
    reading = read(tmp_path)
    assert [ref.key for ref in reading.catalog.resources] == ["first", "second"]
    assert reading.problems == ()


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read(tmp_path / "catalogue")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is not a folder"):
        read(tmp_path / "file")


def test_an_empty_folder_is_an_error_and_no_empty_catalog(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as error:
        load(tmp_path)
    assert "no catalog file" in error.value.problems[0].message


def test_a_file_over_the_bound_is_an_error(tmp_path: Path) -> None:
    """What is in it is not known, so that references into it are no errors of their own."""
    write(tmp_path, big="categories:\n" + "  # filling\n" * 20)
    write(tmp_path, small="collections: [{key: x, name: X, category: a}]")
    problems = read(tmp_path, max_bytes=100).problems
    assert [problem.place.file for problem in problems] == ["big.yaml"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "not a regular file" in read(tmp_path).problems[0].message


def test_warnings_alone_do_not_stop_a_load(tmp_path: Path) -> None:
    moved = "moved: [{kind: category, from: y, to: z}]"
    catalog = load(write(tmp_path, a="categories: [{key: x, name: X}]", b=moved))
    assert Ref("category", "x") in catalog.resources


def test_control_characters_never_reach_a_message_raw(tmp_path: Path) -> None:
    text = 'collections: [{key: x, name: X, category: "\\e[31m\\nred"}]'
    (problem,) = read(write(tmp_path, a=text)).problems
    assert problem.message == r"collection 'x': unknown category '\x1b[31m\nred'"


# --- real catalogs ------------------------------------------------------------------------------

SIZES = {
    "saleor": {"category": 18, "attribute": 25, "attribute_group": 8,
               "collection": 88, "resource": 48},
    "magento": {"category": 39, "attribute": 39, "attribute_group": 7,
                "collection": 2046, "resource": 731},
}  # fmt: skip


def real(name: str) -> Path:
    """A real catalog from beside the checkout."""
    if not (DATA / name).is_dir():
        pytest.skip(f"{DATA / name} is not there")
    return DATA / name


@pytest.mark.parametrize("name", SIZES)
def test_real_catalogs_have_no_problems(name: str) -> None:
    reading = read(real(name))
    assert [str(problem) for problem in reading.problems] == []
    sizes = {kind: len(list(reading.catalog.of(kind))) for kind in SIZES[name]}
    assert sizes == SIZES[name]


def test_the_result_is_the_same_on_any_checkout(tmp_path: Path) -> None:
    """Neither the order in which files were made nor where they are matters."""

    def copy(folder: Path, names: list[Path]) -> Reading:
        for path in names:
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        return read(folder)

    source = real("saleor")
    files = sorted(source.rglob("*.yaml"))
    one, other = copy(tmp_path / "one", files), copy(tmp_path / "other", files[::-1])
    assert one == other
    assert list(one.catalog.resources) == list(other.catalog.resources)


def test_a_catalog_of_nothing_but_typos_is_read_in_linear_time(tmp_path: Path) -> None:
    """Guesses are bounded: 700 wrong references among 700 keys would be half a million looks."""
    lines = ["collections:"]
    lines += [f"  - {{key: item-{n}, name: N{n}, category: categori-{n}}}" for n in range(700)]
    lines += ["categories:", *(f"  - {{key: category-{n}, name: N{n}}}" for n in range(700))]
    write(tmp_path, a="\n".join(lines))
    start = time.process_time()
    problems = read(tmp_path).problems
    assert len(problems) == 700
    assert time.process_time() - start < HANG


@pytest.mark.parametrize(("on_disk", "typed"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_file_is_found_whichever_unicode_spelling_the_disk_keeps(
    tmp_path: Path, on_disk: Any, typed: Any
) -> None:
    folder = tmp_path / unicodedata.normalize(on_disk, "été")
    folder.mkdir()
    (folder / unicodedata.normalize(on_disk, "crème.jpg")).write_bytes(b"x")
    path = unicodedata.normalize(typed, "été/crème.jpg")

    found = only(tmp_path, f"files: [{{key: f, path: {path}, file_name: a.jpg}}]", "file/f")

    assert found.file is not None
    assert Path(found.file).is_file()


def test_a_catalog_reads_as_it_would_with_edited_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("categories:\n  - {key: a, name: A}\n")
    edited = {
        "a.yaml": "categories:\n  - {key: a, name: B}\n",
        "new.yaml": "categories:\n  - {key: c, name: C}\n",
    }
    found = read(tmp_path, edited=edited).catalog.resources
    assert {ref.key: item.fields["name"] for ref, item in found.items()} == {"a": "B", "c": "C"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]
