"""Which parts of two nested JSON values differ."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model import Json


def differing_parts(was: Json, now: Json) -> list[str]:
    """The parts, as a reader of the JSON finds them: `rev`, `sizes[2].unit`; sorted.

    Empty where the values are equal, and one empty text where they differ as a whole.
    """
    # It takes a tenth of a start to import.
    from deepdiff import DeepDiff

    tree = DeepDiff(was, now, view="tree", ignore_numeric_type_changes=True)
    return sorted(
        _in_words(level.path(output_format="list")) for levels in tree.values() for level in levels
    )


def _in_words(steps: Iterable[str | int]) -> str:
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
