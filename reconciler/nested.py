"""Which parts of two nested JSON values differ."""

from __future__ import annotations

from itertools import chain

from reconciler.model import Json

Path = tuple[str | int, ...]


def differing_parts(was: Json, now: Json) -> list[str]:
    """The parts, as a reader of the JSON finds them: `rev`, `sizes[2].unit`; sorted.

    Empty where the values are equal, and one empty text where they differ as a whole.
    """
    return sorted(map(_in_words, differing_paths(was, now)))


def differing_paths(was: Json, now: Json) -> list[Path]:
    """The same as keys and positions; an empty path where the values differ as a whole."""
    # It takes a tenth of a start to import.
    from deepdiff import DeepDiff

    # Objects that have little in common are still compared part by part.
    tree = DeepDiff(
        was, now, view="tree", ignore_numeric_type_changes=True, threshold_to_diff_deeper=0
    )
    levels = chain.from_iterable(tree.values())
    return [tuple(level.path(output_format="list")) for level in levels]


def _in_words(steps: Path) -> str:
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
