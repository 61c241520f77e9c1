"""Data + JSON Schema → findings, and the schemas themselves."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.catalog import published
from reconciler.catalog.forms import as_data
from reconciler.kinds import KINDS, VALUE_TYPES
from reconciler.model import Number
from reconciler.schema import Finding, check, load, slots
from reconciler.schema.judge import is_sound, judge
from reconciler.schema.wording import MAX_UNKNOWN
from reconciler.yamlfile import parse

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
CASES = ROOT / "tests" / "cases" / "validate"


def told(text: str, name: str = "catalog") -> list[str]:
    """Findings as `path: message (hint)`, `!` after a path that ends in the key meant."""
    return [line(finding) for finding in check(data_of(text, name), name)]


def line(finding: Finding) -> str:
    path = ".".join(map(str, finding.path)) + ("!" if finding.key else "")
    return f"{path}: {finding.message}" + (f" ({finding.hint})" if finding.hint else "")


def data_of(text: str, name: str = "catalog") -> Any:
    node, problems = parse(text.encode(), "a.yaml")
    assert node is not None
    assert not problems
    return as_data(node, slots(name))


# --- the schemas --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["catalog", "settings"])
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(load(name))


@pytest.mark.parametrize("name", ["catalog", "settings"])
def test_every_field_says_what_it_is(name: str) -> None:
    for path, part in fields(load(name), name):
        assert {"title", "description", "examples"} <= part.keys(), path
        assert part["examples"], path


@pytest.mark.parametrize("name", ["catalog", "settings"])
def test_every_example_is_valid(name: str) -> None:
    whole = load(name)
    for path, part in fields(whole, name):
        validator = Draft202012Validator({**part, "$defs": whole["$defs"]})
        for example in part["examples"]:
            assert not list(validator.iter_errors(example)), f"{path}: {example}"


@pytest.mark.parametrize("name", ["catalog", "settings"])
def test_every_mapping_with_fields_refuses_others(name: str) -> None:
    for path, part in mappings(load(name), name):
        assert part.get("additionalProperties") is False, path


def mappings(part: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every part that lists fields; not those in conditions, which only look."""
    if isinstance(part, dict):
        if "properties" in part and ("type" in part or "title" in part):
            yield path, part
        for word, inner in part.items():
            if word not in ("if", "then", "else", "examples", "default"):
                yield from mappings(inner, f"{path}.{word}")


def fields(part: Any, path: str) -> Iterator[tuple[str, Any]]:
    for where, mapping in mappings(part, path):
        for name, item in mapping["properties"].items():
            yield f"{where}.{name}", item


def test_the_schema_knows_what_the_table_of_kinds_knows() -> None:
    catalog = load("catalog")
    for kind in KINDS.values():
        assert kind.plural in catalog["properties"]
        known = catalog["$defs"][kind.name]["properties"]
        assert {item.name for item in kind.fields if item.yaml} <= known.keys()
    assert tuple(catalog["$defs"]["attribute"]["properties"]["type"]["enum"]) == VALUE_TYPES


def test_the_published_schema_is_the_one_that_the_tables_make() -> None:
    assert (ROOT / "schemas" / "catalog.schema.json").read_text(
        encoding="utf-8"
    ) == published.text()


# --- real catalogs ------------------------------------------------------------------------------


def catalog_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.yaml")) if path.name != "reconciler.yaml"]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared catalogs are not beside this checkout")
@pytest.mark.parametrize("path", catalog_files(SHARED), ids=lambda path: path.name)
def test_the_catalogs_of_others_are_valid(path: Path) -> None:
    assert told(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", catalog_files(ROOT / "catalog"), ids=lambda path: path.name)
def test_the_example_catalog_is_valid(path: Path) -> None:
    assert told(path.read_text(encoding="utf-8")) == []


def test_the_example_settings_are_valid() -> None:
    text = (ROOT / "catalog" / "reconciler.yaml").read_text(encoding="utf-8")
    assert told(text, "settings") == []


# --- findings -----------------------------------------------------------------------------------

CATALOG = {
    "an unknown section": (
        "categries: []",
        ["categries!: unknown section 'categries' (did you mean 'categories'?)"],
    ),
    "an unknown field": (
        "collections: [{key: a, name: b, categry: c}]",
        ["collections.0.categry!: unknown field 'categry' (did you mean 'category'?)"],
    ),
    "a field like no other": (
        "moved: [{kind: file, from: a, to: b, zzz: 1}]",
        ["moved.0.zzz!: unknown field 'zzz' (it takes kind, from, to)"],
    ),
    "an unknown field of a variant": (
        "collections: [{key: a, name: b, variants: [{key: c, name: d, siz: M}]}]",
        ["collections.0.variants.0.siz!: unknown field 'siz'"],
    ),
    "a missing field": (
        "collections: [{key: a}]",
        ["collections.0.name: name is missing"],
    ),
    "all that is missing": (
        "resources: [{}]",
        [
            "resources.0.description: description is missing",
            "resources.0.key: an entry of resources without `key` (give it one: `key: a-name`)",
            "resources.0.link: link is missing",
        ],
    ),
    "a word in small letters": (
        "attributes: [{key: a, label: b, type: text}]",
        [
            "attributes.0.type: type takes one of Text, Date, List, Pick List, Boolean, Number, not 'text' (did you mean 'Text'?)"
        ],
    ),
    "yes for true": (
        "collections: [{key: a, name: b, published: yes}]",
        ["collections.0.published: published takes true or false, not 'yes'"],
    ),
    "a quoted true": (
        "collections: [{key: a, name: b, published: 'true'}]",
        [
            "collections.0.published: published takes true or false, not 'true' (leave out the quotes)"
        ],
    ),
    "one for a list": (
        "collections: [{key: a, name: b, categories: new}]",
        ["collections.0.categories: categories takes a list, not 'new' (put it in [ ])"],
    ),
    "a mapping for a list": (
        "collections: {a: {name: b}}",
        ["collections: collections takes a list, not a mapping (put it in [ ])"],
    ),
    "a text for an entry": (
        "collections: [a]",
        ["collections.0: an entry of collections takes a mapping, not 'a'"],
    ),
    "no name": (
        "collections: [{key: a, name: }, {key: b, name: ''}]",
        [
            "collections.0.name: name must not be empty",
            "collections.1.name: name must not be empty",
        ],
    ),
    "a key with a space": (
        "collections: [{key: a b, name: c}]",
        [
            "collections.0.key: 'a b' is not a key (letters, digits and . _ - in parts joined by /, at most 200 characters)"
        ],
    ),
    "no regions": (
        "collections: [{key: a, name: b, regions: []}, {key: c, name: d, regions: null}]",
        [
            "collections.0.regions: regions cannot be emptied (leave it out to keep them)",
            "collections.1.regions: regions cannot be emptied (leave it out to keep them)",
        ],
    ),
    "a region twice": (
        "collections: [{key: a, name: b, regions: [US, EU, US]}]",
        ["collections.0.regions: regions names one twice (name each once)"],
    ),
    "no date": (
        "collections: [{key: a, name: b, published_end_date: 31.12.2025}]",
        [
            "collections.0.published_end_date: published_end_date takes a date, not '31.12.2025' (write 2025-01-31 or 2025-01-31T10:00:00Z)"
        ],
    ),
    "options of a text": (
        "attributes: [{key: a, label: b, type: Text, options: [c]}]",
        [
            "attributes.0.options!: 'options' is for a Pick List only "
            "(leave it out, or declare `type: Pick List`)"
        ],
    ),
    "sub-fields of a pick list": (
        "attributes: [{key: a, label: b, type: Pick List, fields: [{label: c, type: Text}]}]",
        [
            "attributes.0.fields!: 'fields' is for a List only "
            "(leave it out, or declare `type: List`)"
        ],
    ),
    "an option without a label": (
        "attributes: [{key: a, label: b, type: Pick List, options: [{was: c}]}]",
        ["attributes.0.options.0.label: an entry of options without `label`"],
    ),
    "an external object that nothing names": (
        "collections: [{key: a, external: true}]",
        ["collections.0: needs `name`, `additional_title` or `id`, external as it is"],
    ),
    "a file without a file": (
        "files: [{key: a}]",
        ["files.0: needs `path` or `file_name` (a path uploads, a name alone links what is there)"],
    ),
    "a value too deep": (
        "collections: [{key: a, name: b, attributes: {size: {Chest: [1]}}}]",
        ["collections.0.attributes.size.Chest: Chest takes a text, not a list"],
    ),
    "a list for a file": ("- a", [": the file takes a mapping, not a list"]),
}

SETTINGS = {
    "a word": ("prune: manage", ["prune: prune takes one of managed, unpublish, never, not 'manage' (did you mean 'managed'?)"]),
    "a secret": (
        "client_secret: x",
        ["client_secret!: unknown setting 'client_secret' (it takes prune, drift, limits, rate, web, arrays, natural_keys, ignore, rules, environments)"],
    ),
    "limits": (
        "limits: {clears: many, delete_percent: 101, deletes: -1, gone: '5'}",
        ["limits.clears: limits.clears takes a whole number, not 'many'", "limits.delete_percent: limits.delete_percent must be at most 100 (is '101')", "limits.deletes: limits.deletes must be at least 0 (is '-1')", "limits.gone: limits.gone takes a whole number, not '5' (leave out the quotes)"],
    ),
    "no time at all": (
        "rate: {per_seconds: 0}",
        ["rate.per_seconds: rate.per_seconds must be at least 0.001 (is '0')"],
    ),
    "a natural key": (
        "natural_keys: {collection: gtin}",
        ["natural_keys.collection: natural_keys: 'gtin' cannot be the natural key of a collection (it is additional_title or attribute:KEY)"],
    ),
    "a rule that rules nothing": (
        "rules: [{level: warning}]",
        ["rules.0: a rule asks nothing (it needs `require`, `require_groups`, `unique`, or `attribute` or `field` with what the value must be like)"],
    ),
    "one word only": (
        "rules: [{require: [a], only: draft}]",
        ["rules.0.only: only takes one of published, parents, variants, not 'draft'"],
    ),
    "an environment's name": (
        "environments: {a b: {state: file:x}}",
        [
            "environments.a b!: 'a b' is no name for an environment: letters, digits and . _ -"
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CATALOG.values(), ids=CATALOG.keys())
def test_a_fault_of_a_catalog_is_told_in_plain_words(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(("text", "expected"), SETTINGS.values(), ids=SETTINGS.keys())
def test_a_fault_of_the_settings_is_told_in_plain_words(text: str, expected: list[str]) -> None:
    assert told(text, "settings") == expected


SOUND = [
    "collections: [{key: 2024, name: 2024}, {key: b, name: true, additional_title: null}]",
    "collections: [{key: a, external: true, id: 7}, {key: b, name: c, id: {live: x, test: 8}}]",
    "collections: [{key: a, name: b, published_start_date: 2025-01-01T08:00:00+02:00}]",
    "resources: [{key: a, description: {file: texts/a.html}, link: b}]",
    "collections: [{key: a, name: b, attributes: {c: {file: d.html}, e: [F], g: null, h: 007}}]",
    "attributes: [{key: a, label: b, type: Pick List, options: [1, {label: A, was: B}]}]",
    "attributes: [{key: a, label: b, external: true}]",
    "categories:\ncollections: []",
    "defaults: {collections: {published: true, published_start_date: 2025-01-01}, variants: {}}",
    "collections: [{key: a, name: b, inherit: [c], lifecycle: {ignore: [name]}}]",
    "removed: [{kind: collection, key: a}, {kind: file, key: b, destroy: false}]",
]


@pytest.mark.parametrize("text", SOUND)
def test_what_the_contract_allows_is_allowed(text: str) -> None:
    assert told(text) == []


def test_control_characters_are_never_shown_raw() -> None:
    (finding,) = check({"collections": [{"key": "a\x1b[31m", "name": "b"}]}, "catalog")
    assert "\\x1b[31m" in finding.message


def test_a_long_text_is_cut() -> None:
    (finding,) = check({"collections": [{"key": "a" * 201, "name": "b"}]}, "catalog")
    assert finding.message == f"'{'a' * 59}…' is not a key"


def test_an_object_of_nothing_but_unknown_fields_is_told_in_part() -> None:
    entry = {"key": "a", "name": "b", **{f"x{n}": 1 for n in range(1_000)}}
    findings = list(check({"collections": [entry]}, "catalog"))
    assert len(findings) == 1_000
    assert sum(bool(finding.message) for finding in findings) == MAX_UNKNOWN


# --- the fast judge and the thorough one ----------------------------------------------------------


TEXTS = st.sampled_from(["", "a", "a b", "Text", "2025-01-01", "parent", "file", "x" * 201])
SCALARS = st.one_of(
    TEXTS, st.none(), st.booleans(), st.integers(0, 2), st.sampled_from([0.5, 1.0, float("inf")])
)
NAMES = st.sampled_from(
    [
        "key",
        "name",
        "label",
        "type",
        "id",
        "external",
        "regions",
        "attributes",
        "variants",
        "published_start_date",
        "options",
        "fields",
        "lifecycle",
        "ignore",
        "children",
        "other",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
ENTRIES = st.dictionaries(NAMES, VALUES, max_size=7).map(lambda item: {"key": "a", **item})
SECTIONS = st.sampled_from(["collections", "categories", "attributes", "resources", "files"])
PLAIN = Draft202012Validator(load("catalog"))


@given(SECTIONS, ENTRIES)
def test_both_judges_say_the_same(section: str, entry: Any) -> None:
    catalog = judge("catalog")
    assert is_sound(catalog.gates[section], entry) == catalog.entries[section].is_valid(entry)
    assert bool(list(check({section: [entry]}, "catalog"))) != PLAIN.is_valid({section: [entry]})


@pytest.mark.parametrize(
    "path", sorted(CASES.rglob("*.yaml")), ids=lambda path: f"{path.parents[1].name}/{path.name}"
)
def test_both_judges_say_the_same_of_broken_catalogs(path: Path) -> None:
    node, _ = parse(path.read_bytes(), path.name)
    name = "settings" if path.name == "reconciler.yaml" else "catalog"
    both, data = judge(name), as_data(node, slots(name)) if node else None
    for section, entries in both.lists(data).items():
        for entry in entries:
            is_valid = both.entries[section].is_valid(entry)
            assert is_sound(both.gates[section], entry) == is_valid


def test_what_is_no_json_is_left_to_the_thorough_judge() -> None:
    (finding,) = check(
        {"collections": [{"key": "a", "name": "b", "published": Number("1.5")}]}, "catalog"
    )
    assert finding.message == "published takes true or false, not '1.5'"


def test_the_end_of_a_line_is_no_part_of_a_key() -> None:
    (finding,) = check({"collections": [{"key": "a\n", "name": "b"}]}, "catalog")
    assert finding.message == r"'a\n' is not a key"


def test_a_key_is_judged_as_it_was_typed() -> None:
    assert told("collections: [{key: -5, name: 1.10}]") == [
        "collections.0.key: '-5' is not a key (letters, digits and . _ - in parts joined by /, at most 200 characters)"
    ]


@given(VALUES)
def test_checking_never_raises_or_changes_its_data(data: Any) -> None:
    before = deepcopy(data)
    for name in ("catalog", "settings"):
        assert all(finding.path or finding.message for finding in check(data, name))
    assert data == before
