"""Any catalog can be edited: there and back is as it was, and what is left is valid."""

import itertools
import re
import tempfile
from pathlib import Path as Folder

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.catalog import SETTINGS, read
from reconciler.catalog.objects import LISTS
from reconciler.model import Ref, Resource
from reconciler.refactor.move import move
from reconciler.refactor.remove import Wanted, remove
from reconciler.refactor.rename import rename
from reconciler.refactor.work import Patch
from tests.refactor.catalogs import Texts, catalogs
from tests.refactor.shop import texts
from tests.standing import Path, places, standing

MOVED = re.compile(r"\n*^moved:\n(  - .*\n)+", re.MULTILINE)


class Shop:
    """A catalog in a folder."""

    def __init__(self, folder: str, files: Texts) -> None:
        self.folder = Folder(folder)
        for name, text in files.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8")

    def objects(self) -> dict[Ref, Resource]:
        """What the folder declares; it is valid."""
        reading = read(self.folder)
        errors = [str(problem) for problem in reading.problems if problem.severity == "error"]
        assert errors == [], errors
        return dict(reading.catalog.resources)

    def write(self, patch: Patch) -> None:
        """Make the edits."""
        before = texts(self.folder)
        assert {name: before[name] for name in patch.before} == patch.before
        patch.write()


@st.composite
def cases(draw: st.DrawFn) -> tuple[Texts, int]:
    """A catalog, and a number that chooses one of its objects."""
    return draw(catalogs()), draw(st.integers(0, 1000))


def chosen(objects: dict[Ref, Resource], number: int) -> Ref:
    return list(objects)[number % len(objects)]


def comments(found: Texts) -> set[tuple[str, Path]]:
    """Every comment, each a different one, and what it stands at.

    Those of the settings are left out, since rules have no names that tell them apart.
    """
    files = {name: text for name, text in found.items() if name != SETTINGS}
    return {one for name, text in files.items() for one in standing(text, name)}


def heads(found: Texts) -> set[str]:
    """The comments at the head of a file, which are nobody's."""
    return {
        line
        for text in found.values()
        for line in itertools.takewhile(lambda line: line.startswith("#"), text.split("\n"))
    }


def renamed(files: Texts, number: int) -> None:
    """There and back again: the same bytes but for the history."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder, files)
        before = shop.objects()
        ref = chosen(before, number)
        shop.write(rename(shop.folder, str(ref), "new/key"))
        now = shop.objects()
        assert {x for x in before if x != ref} == {x for x in now if x.key != "new/key"}
        named = [
            text
            for text in texts(shop.folder).values()
            if re.search(rf"\b{ref.key}\b(?!-)", MOVED.sub("", text))
        ]
        assert named == [] or ref.key == "new/key"

        shop.write(rename(shop.folder, f"{ref.kind}/new/key", ref.key))
        after = texts(shop.folder)
        assert {name: MOVED.sub("", text) for name, text in after.items()} == {
            name: text.removesuffix("\n") if "moved:" in after[name] else text
            for name, text in files.items()
        }


def removed(files: Texts, number: int) -> None:
    """What is left is valid, names nothing that went, and keeps its comments."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder, files)
        before = shop.objects()
        ref = chosen(before, number)
        removal = remove(shop.folder, Wanted((str(ref),), orphans=number % 2 == 0))
        shop.write(removal.patch)
        now = shop.objects()

        assert now.keys() == before.keys() - {*removal.all}
        left = texts(shop.folder)
        for gone in removal.all:
            assert not [
                name for name, text in left.items() if re.search(rf"\b{gone.key}\b(?!-)", text)
            ]
        added = [line for line in _added(files, left) if not re.search(r"[\[{:]", line)]
        assert added == []
        _check_comments(files, left)


def _added(before: Texts, after: Texts) -> list[str]:
    """Lines that were nowhere in a file."""
    return [
        line
        for name, text in after.items()
        for line in set(text.split("\n")) - {*before[name].split("\n")}
    ]


def _check_comments(before: Texts, after: Texts) -> None:
    """What is still there has its comments, and nothing has those of what went."""
    top = heads(before)
    was, now = (
        {(words, path) for words, path in comments(found) if words not in top}
        for found in (before, after)
    )
    assert now <= was
    stay = {path for name, text in after.items() for path in places(text, name)}
    lost = {path for words, path in was - now}
    assert not lost & stay


def moved(files: Texts, number: int, to: str) -> None:
    """The catalog declares what it did, and each comment stands where it stood."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder, files)
        before = shop.objects()
        ref = chosen(before, number)
        shop.write(move(shop.folder, [str(ref)], shop.folder / to))
        now = shop.objects()

        assert now[ref].place.file == to
        fields = {x: (item.fields, item.lifecycle) for x, item in before.items()}
        assert {x: (item.fields, item.lifecycle) for x, item in now.items()} == fields
        after = texts(shop.folder)
        kept = {words for words, _ in comments(after)}
        lost = {path for words, path in comments(files) if words not in kept}
        # A list that is empty goes with its own.
        left = {path for name, text in after.items() for path in places(text, name)}
        assert {path[-1] for path in lost} <= {*LISTS}
        assert not lost & left


@settings(max_examples=25)
@given(cases())
def test_a_rename_there_and_back_is_as_it_was_but_for_the_history(case: tuple[Texts, int]) -> None:
    renamed(*case)


@settings(max_examples=25)
@given(cases())
def test_what_a_removal_leaves_is_valid_and_keeps_its_comments(case: tuple[Texts, int]) -> None:
    removed(*case)


@settings(max_examples=25)
@given(cases(), st.sampled_from(["a.yaml", "sub/new.yaml", "b.yaml"]))
def test_a_move_says_the_same_from_another_file(case: tuple[Texts, int], to: str) -> None:
    moved(*case, to)


@pytest.mark.long
@settings(max_examples=3000)
@given(cases(), st.sampled_from(["a.yaml", "sub/new.yaml", "b.yaml"]))
def test_many_edits_of_many_catalogs(case: tuple[Texts, int], to: str) -> None:
    renamed(*case)
    removed(*case)
    moved(*case, to)
