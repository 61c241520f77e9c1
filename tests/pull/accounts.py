"""Random accounts, made past the API as people in the web interface would make them, and the
stages of pull run on them without a command line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from reconciler.api import Access, Session
from reconciler.catalog import load
from reconciler.drift import find_drift
from reconciler.kinds import KINDS
from reconciler.live import read
from reconciler.model import Catalog, Drift, Live, Plan, State
from reconciler.plan import Ask, build
from reconciler.pull.accept import Accepted, Sides, accept, chosen
from reconciler.pull.full_pull import Result, pull
from reconciler.sandbox import Options, Sandbox

NAMES = st.sampled_from(
    [
        "Jacket",
        "Jackets",
        "jacket",
        "A & B",
        "null",
        "007",
        "NO",
        " spaced ",
        "日本",
        "a: b #c",
        "it's",
        'say "so"',
        "- dash",
        "word " * 40,
        "two\nlines",
        "#x",
        "x\ty",
        "Jacket - M",
    ]
)
TEXTS = st.one_of(
    NAMES,
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
    ),
)
TYPES = ("Text", "Date", "List", "Pick List", "Boolean", "Number")
DATES = st.sampled_from(["2025-01-01T00:00:00Z", "2025-06-30T10:30:00Z", "2024-02-29"])
LABELS = ("Red", "Blue", "on", "1.10", "Salty, sour")


@dataclass
class World:
    """A sandbox, what is read of it, a folder and a state in memory."""

    sandbox: Sandbox
    session: Session
    folder: Path
    state: State = field(default_factory=State)

    def live(self, base: Catalog | None = None) -> Live:
        """The account as it is now."""
        return read(
            self.session,
            base or Catalog({}),
            self.state,
            base_url=self.sandbox.url,
            now=time.time() + 3600,
            kinds=KINDS,
        )

    def save(self, state: State) -> None:
        """Keep a state."""
        self.state = state

    def pull(self, folder: Path | None = None, **options: Any) -> Result:
        """A whole pull."""
        return pull(folder or self.folder, self.live(), self.state, self.save, **options)

    def plan(self) -> Plan:
        """What a plan of the folder would do."""
        catalog = load(self.folder)
        return build(catalog, self.live(catalog), self.state, Ask())

    def drift(self, *, unmanaged: bool = False) -> Drift:
        """What was changed behind git's back."""
        catalog = load(self.folder)
        return find_drift(catalog, self.live(catalog), self.state, unmanaged=unmanaged)

    def accept(self, *targets: str, into: str = "") -> Accepted:
        """Take drift over."""
        catalog = load(self.folder)
        live = self.live(catalog)
        drift = find_drift(catalog, live, self.state, unmanaged=True)
        asked = chosen(targets or ("all",), into, drift, catalog, live)
        return accept(Sides(self.folder, catalog, live, self.state), asked, self.save)

    def texts(self, folder: Path | None = None) -> dict[str, str]:
        """Every file of the folder."""
        home = folder or self.folder
        return {
            path.relative_to(home).as_posix(): path.read_bytes().decode()
            for path in sorted(home.rglob("*.yaml"))
        }


@contextmanager
def world(folder: Path, *dialects: str) -> Iterator[World]:
    """An empty account."""
    options = Options(dialects=frozenset(dialects), rate_limit=None, open_access=True, seed=1)
    with (
        Sandbox(None, options) as sandbox,
        Session(sandbox.url, Access(open_access=True), read_only=True) as session,
    ):
        sandbox.ensure_region("EU")
        sandbox.ensure_region("US")
        yield World(sandbox, session, folder)


Spec = list[tuple[str, dict[str, Any]]]
"""Objects in the order of making; a reference is a number in that order, in a tuple."""


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A small account with all that can be wrong in one."""
    found: Spec = []
    for kind, most, make in _MAKERS:
        for _ in range(draw(st.integers(0, most))):
            found.append((kind, draw(make(found))))
    return found


def _refs(found: Spec, kind: str) -> st.SearchStrategy[tuple[int]] | None:
    indexes = [(index,) for index, (name, _) in enumerate(found) if name == kind]
    return st.sampled_from(indexes) if indexes else None


def _maybe(found: Spec, kind: str) -> st.SearchStrategy[Any]:
    refs = _refs(found, kind)
    return st.one_of(st.none(), refs) if refs is not None else st.none()


def _some(found: Spec, kind: str) -> st.SearchStrategy[list[Any]]:
    refs = _refs(found, kind)
    return st.lists(refs, max_size=3, unique=True) if refs is not None else st.just([])


@st.composite
def _attribute(draw: st.DrawFn, _: Spec) -> dict[str, Any]:
    type_ = draw(st.sampled_from(TYPES))
    labels = draw(st.lists(st.sampled_from(LABELS), max_size=3, unique=True))
    types = [draw(st.sampled_from(("Text", "Number"))) for _ in labels]
    options = [{"id": f"o-{x}", "label": x} for x in labels]
    if type_ == "List":
        options = [{**x, "value_type": t} for x, t in zip(options, types, strict=True)]
    made: dict[str, Any] = {"label": draw(NAMES), "value_type": type_}
    if type_ in ("List", "Pick List"):
        made["options"] = options
    if type_ == "Pick List" and draw(st.booleans()):
        made["maximum"] = 10
    return made


@st.composite
def _group(draw: st.DrawFn, found: Spec) -> dict[str, Any]:
    return {"name": draw(NAMES), "attributes": draw(_some(found, "attribute"))}


@st.composite
def _category(draw: st.DrawFn, found: Spec) -> dict[str, Any]:
    made = {"name": draw(NAMES), "parent_id": draw(_maybe(found, "category")), "region_ids": "EU"}
    return {**made, **draw(_published()), "attributes": draw(_values(found))}


@st.composite
def _published(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"published": draw(st.sampled_from([True, False, None]))}
    for side in ("start", "end"):
        if draw(st.booleans()):
            made[f"published_{side}_date"] = draw(DATES)
    return made


def _value_of(spec: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    ids = [x["id"] for x in spec.get("options", ())]
    picks = st.lists(st.sampled_from([*ids, "stale"]), min_size=1, max_size=2, unique=True)
    parts = [
        st.fixed_dictionaries(
            {
                "id": st.just(x["id"]),
                "label": st.just(x["label"]),
                "value_type": st.just(x["value_type"]),
                "value": st.sampled_from(["12", "7.50"]) if x["value_type"] == "Number" else TEXTS,
            }
        )
        for x in spec.get("options", ())
        if "value_type" in x
    ]
    return {
        "Text": TEXTS,
        "Date": st.one_of(DATES, st.just("soon")),
        "Number": st.one_of(
            st.sampled_from(["1.10", "007", "-3", ".5", "many"]), st.integers(-9, 9)
        ),
        "Boolean": st.sampled_from([True, False, "true", "maybe"]),
        "Pick List": picks,
        "List": st.tuples(*parts).map(list) if parts else st.just([]),
    }[spec["value_type"]]


@st.composite
def _values(draw: st.DrawFn, found: Spec) -> list[dict[str, Any]]:
    refs = draw(_some(found, "attribute"))
    return [{"id": ref, "value": draw(_value_of(found[ref[0]][1]))} for ref in refs]


@st.composite
def _collection(draw: st.DrawFn, found: Spec) -> dict[str, Any]:
    categories = draw(_some(found, "category"))
    made = {"name": draw(NAMES), **draw(_published()), "attributes": draw(_values(found))}
    made["region_ids"] = draw(st.sampled_from(["EU", "Global", "EU US"]))
    if draw(st.booleans()):
        made["additional_title"] = draw(NAMES)
    if categories:
        made |= {
            "parent_id": categories[0],
            "direct_parent": draw(st.sampled_from([categories, categories[1:]])),
        }
    above = draw(_maybe(found, "collection"))
    if above is not None:
        made |= {"parent_topic_id": above, "collection_type": "variant"}
    return made


@st.composite
def _resource(draw: st.DrawFn, found: Spec) -> dict[str, Any]:
    made = {
        "description": draw(NAMES),
        "link": draw(st.sampled_from(["https://x.example/a", "https://x.example/b?c=#d"])),
    }
    return {
        **made,
        "category_id": draw(_maybe(found, "category")),
        "collections": draw(_some(found, "collection")),
    }


_MAKERS = (
    ("attribute", 5, _attribute),
    ("attribute_group", 2, _group),
    ("category", 5, _category),
    ("collection", 7, _collection),
    ("resource", 3, _resource),
)


@st.composite
def families(draw: st.DrawFn) -> Spec:
    """An account in which most is said again and again, and some of it otherwise."""
    found = draw(specs())
    shared = {**draw(_collection(found)), "collection_type": "parent"}
    shared.pop("parent_topic_id", None)
    for number in range(draw(st.integers(3, 5))):
        parent = (len(found),)
        found.append(("collection", {**draw(_varied(found, shared)), "name": f"Family {number}"}))
        for size in range(draw(st.integers(0, 3))):
            variant = {**draw(_varied(found, shared)), "name": f"Family {number} - {size}"}
            variant |= {"parent_topic_id": parent, "collection_type": "variant"}
            found.append(("collection", variant))
    return found


@st.composite
def _varied(draw: st.DrawFn, found: Spec, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Mostly the same, now and then with something else in one place, or nothing."""
    made = dict(shared)
    if draw(st.integers(0, 3)) == 0:
        made |= draw(_published())
    if draw(st.integers(0, 2)) == 0:
        others = draw(_values(found))
        kept = [x for x in shared["attributes"] if x["id"] not in [y["id"] for y in others]]
        made["attributes"] = [*draw(st.sampled_from([kept, kept[1:]])), *others]
    made.pop("additional_title", None)
    return made


def fill(sandbox: Sandbox, spec: Spec) -> list[str]:
    """Make the objects; answers their ids in order."""
    ids: list[str] = []
    for kind, fields in spec:
        ids.append(sandbox.put_object(kind, _told(fields, ids, sandbox)))
    return ids


def _told(fields: Mapping[str, Any], ids: list[str], sandbox: Sandbox) -> dict[str, Any]:
    regions = {x["name"]: x["id"] for x in sandbox.all("region")}

    def told(value: Any) -> Any:
        if isinstance(value, tuple):
            return ids[value[0]]
        if isinstance(value, dict):
            return {name: told(part) for name, part in value.items()}
        return [told(part) for part in value] if isinstance(value, list) else value

    found = {name: told(value) for name, value in fields.items() if value is not None}
    if "region_ids" in found:
        found["region_ids"] = [regions[name] for name in str(found["region_ids"]).split()]
    return found


Edit = tuple[int, str, Any]
"""Object by its number, field as the API calls it, and what it becomes."""


@st.composite
def drifts(draw: st.DrawFn, spec: Spec) -> list[Edit]:
    """What others did in the web interface since."""
    found: list[Edit] = []
    for _ in range(draw(st.integers(1, 6))):
        index = draw(st.integers(0, len(spec) - 1))
        kind, fields = spec[index]
        name, value = draw(_CHANGES[kind](spec, fields))
        found.append((index, name, value))
    return found


def _one(*choices: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(*choices)


def _set(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(name), values)


def _relabelled(fields: Mapping[str, Any]) -> st.SearchStrategy[list[Any]]:
    """Options renamed, taken out and put in."""
    options = fields.get("options", [])
    renamed = [{**x, "label": f"{x['label']} II"} for x in options[:1]] + options[1:]
    type_ = {"value_type": "Text"} if fields["value_type"] == "List" else {}
    return st.sampled_from(
        [renamed, options[1:], [*options, {"id": "new", "label": "New", **type_}]]
    )


_PUBLISHING = (
    _set("published", st.sampled_from([True, False])),
    _set("published_start_date", st.one_of(DATES, st.none())),
    _set("published_end_date", st.one_of(DATES, st.none())),
)

_CHANGES: Mapping[str, Any] = {
    "attribute": lambda _, fields: _one(_set("label", NAMES), _set("options", _relabelled(fields))),
    "attribute_group": lambda spec, _: _one(
        _set("name", NAMES), _set("attributes", _some(spec, "attribute"))
    ),
    "category": lambda spec, _: _one(
        _set("name", NAMES), *_PUBLISHING, _set("attributes", _values(spec))
    ),
    "collection": lambda spec, _: _one(
        _set("name", NAMES),
        _set("additional_title", st.one_of(NAMES, st.none())),
        _set("parent_id", _maybe(spec, "category")),
        _set("direct_parent", _some(spec, "category")),
        _set("region_ids", st.sampled_from(["EU", "Global", "EU US"])),
        _set("attributes", _values(spec)),
        *_PUBLISHING,
    ),
    "resource": lambda spec, _: _one(
        _set("description", NAMES),
        _set("category_id", _maybe(spec, "category")),
        _set("collections", _some(spec, "collection")),
    ),
}


def edit(sandbox: Sandbox, spec: Spec, ids: list[str], edits: list[Edit]) -> None:
    """Do it."""
    for index, name, value in edits:
        told = _told({"x" if name != "region_ids" else name: value}, ids, sandbox)
        sandbox.edit(spec[index][0], ids[index], **{name: next(iter(told.values()), None)})
