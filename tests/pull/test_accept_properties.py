"""Any drift can be taken over: a plan is empty then, and each comment stands where it stood."""

import re
import tempfile
from pathlib import Path as Folder
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.errors import CatalogError
from reconciler.yamltext.spans import outline
from tests.pull.accounts import Edit, Spec, World, drifts, edit, fill, specs, world
from tests.standing import Path, places, standing


def commented(text: str, name: str) -> str:
    """The text with a comment above some lines and behind others."""
    on = outline(text)
    lines, at = [], 0
    for number, line in enumerate(text.split("\n")):
        inside = on.scalar_at(at) is not None and not line.strip().startswith("-")
        block = any(on.scalar_at(at + x) is None for x in range(len(line) + 1))
        first = len(line) - len(line.lstrip())
        free = line.strip() and not inside and block
        covering = on.scalar_at(at + first)
        free = free and (covering is None or covering.start >= at)
        if free and number % 3 == 0:
            lines.append(f"{line[:first]}# above {name} {number}")
        ends = free and on.scalar_at(at + len(line)) is None
        lines.append(f"{line}   # behind {name} {number}" if ends and number % 2 else line)
        at += len(line) + 1
    return "\n".join(lines)


def comments(texts: dict[str, str]) -> set[tuple[str, Path]]:
    """Every comment of every file, each a different one, and what it stands at."""
    return {found for name, text in texts.items() for found in standing(text, name)}


def check_comments(before: dict[str, str], after: dict[str, str], renamed: dict[str, str]) -> None:
    """What is still there has its own, what went has taken its own along.

    `renamed` are labels by what they were.
    """
    was, now = comments(before), comments(after)
    at = dict(was)
    for words, path in now - was:
        assert path == tuple(renamed.get(x, x) for x in at[words])
    stay = {path for name, text in after.items() for path in places(text, name)}
    lost = {path for words, path in was if words not in dict(now)}
    assert not {path for path in lost & stay if not {*renamed.values()} & {*path}}


def relabelled(spec: Spec, edits: list[Edit]) -> dict[str, str]:
    """Labels that options and sub-fields have now, by what they had, as key and as element."""
    found = {}
    for index, name, value in edits:
        old = {x["id"]: x["label"] for x in spec[index][1].get("options") or ()}
        for x in value or () if name == "options" else ():
            if old.get(x.get("id"), x["label"]) != x["label"]:
                found |= {old[x["id"]]: x["label"], f"={old[x['id']]}": f"={x['label']}"}
    return found


def comment_all(made: World) -> None:
    """Comments into every file."""
    for name, text in made.texts().items():
        (made.folder / name).write_bytes(commented(text, name).encode())


def accepted(spec: Spec, edits: list[Edit]) -> None:
    """Pull, drift, accept all: what is left over is named, all else is as the account has it."""
    with tempfile.TemporaryDirectory() as name, world(Folder(name) / "catalog") as made:
        ids = fill(made.sandbox, spec)
        if not made.pull().counts:
            return
        comment_all(made)
        assert made.plan().changes == ()
        before = made.texts()
        edit(made.sandbox, spec, ids, edits)

        result = made.accept()

        left = {stay.ref for stay in result.stays}
        assert {change.ref for change in made.plan().changes} <= left
        assert {item.ref for item in made.drift().objects} <= left
        assert set(result.remaining) <= left
        check_comments(before, made.texts(), relabelled(spec, edits))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Spec, list[Edit]]:
    """An account and what others did to it."""
    spec = draw(specs().filter(bool))
    return spec, draw(drifts(spec))


PARTS = [{"id": f"p-{x}", "label": x, "value_type": "Number"} for x in ("Red", "Blue")]
CHART = ("attribute", {"label": "Chart", "value_type": "List", "options": PARTS})
HELD = [{"id": (0,), "value": [{**part, "value": "12"} for part in PARTS]}]
START = "2025-01-01T00:00:00Z"


def holder(**more: Any) -> tuple[str, dict[str, Any]]:
    """A category that holds a record."""
    return "category", {"name": "Jackets", "published": True, "attributes": HELD, **more}


@settings(max_examples=15)
@example(([CHART, holder()], [(0, "options", PARTS[1:])])).via(
    "a sub-field went, and the record keeps its part"
)
@example(
    (
        [CHART, holder(published_start_date=START)],
        [(1, "published_start_date", None), (0, "options", [{**PARTS[0], "label": "R"}, PARTS[1]])],
    )
).via("what drifted on the holder cannot be said, the new label must be")
@given(cases())
def test_any_drift_is_taken_over_and_no_comment_parts_from_what_it_stands_at(
    case: tuple[Spec, list[Edit]],
) -> None:
    accepted(*case)


@st.composite
def goings(draw: st.DrawFn) -> tuple[Spec, list[int]]:
    """An account and what others deleted in it."""
    spec = draw(specs().filter(bool))
    numbers = st.integers(0, len(spec) - 1)
    return spec, draw(st.lists(numbers, min_size=1, max_size=3, unique=True))


_PINNED = re.compile("id .* does not exist in the account")


def gone(spec: Spec, numbers: list[int]) -> None:
    """Pull, delete, accept all: the entries are gone, and nothing names them."""
    with tempfile.TemporaryDirectory() as name, world(Folder(name) / "catalog") as made:
        ids = fill(made.sandbox, spec)
        if not made.pull().counts:
            return
        for number in numbers:
            made.sandbox.remove(spec[number][0], ids[number])

        try:
            result = made.accept()
        except CatalogError as error:
            # A gone object that must stay and is pinned: every command asks for its `id:` to go.
            if not all(_PINNED.search(item.message) for item in error.problems):
                raise
            return

        left = {stay.ref for stay in result.stays}
        lost = {x.ref for x in made.drift().objects if x.status == "gone"}
        assert lost <= left
        assert not {x.ref for x in made.plan().changes if x.action == "recreate"} - left


def product(**more: Any) -> tuple[str, dict[str, Any]]:
    return "collection", {"name": "Jacket", "attributes": [], "region_ids": "EU", **more}


LINKED = [
    product(),
    product(parent_topic_id=(0,), collection_type="variant"),
    product(),
    ("resource", {"description": "Care", "link": "https://x.example/a",
                  "category_id": None, "collections": [(0,), (1,), (2,)]}),
]  # fmt: skip


@settings(max_examples=12)
@example((LINKED, [2, 0])).via("one that is gone stays declared, and a link names it")
@given(goings())
def test_what_is_gone_leaves_the_files(case: tuple[Spec, list[int]]) -> None:
    gone(*case)


@pytest.mark.long
@settings(max_examples=500)
@given(goings())
def test_much_that_is_gone_leaves_the_files(case: tuple[Spec, list[int]]) -> None:
    gone(*case)


@pytest.mark.long
@settings(max_examples=1000)
@given(cases())
def test_much_drift_is_taken_over(case: tuple[Spec, list[Edit]]) -> None:
    accepted(*case)
