"""Declared changes of type, which no write can make (contract 1.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reconciler.diff.sides import View
from reconciler.normalize import is_empty


def blocked_change(sides: View) -> str | None:
    """Why a declared change of type is blocked (contract 1.2); None where nothing is."""
    for check in _CHECKS.get(sides.kind.name, ()):
        for reason in check(sides):
            return reason
    return None


def _collection_type(sides: View) -> Iterator[str]:
    declared, has = sides.resource.fields.get("type"), sides.live.get("type")
    if declared is None and "variant_of" not in sides.applied:
        return  # its type is not ours
    wants = declared or "standalone"
    if wants == "variant" and _was_ours(sides, "variant_of"):
        return  # its parent was deleted, or somebody emptied the pointer: it gets one again
    is_variant = not is_empty(sides.live.get("variant_of"))
    has = "variant" if is_variant else has or "standalone"
    if is_variant != (wants == "variant"):
        yield f"a {has} collection cannot become a {wants} one: declare a new key"


def _was_ours(sides: View, path: str) -> bool:
    applied = sides.applied.get(path)
    return applied is not None and not is_empty(applied.sent)


def _attribute_type(sides: View) -> Iterator[str]:
    wants, has = sides.resource.fields.get("type"), sides.live.get("type")
    if has and wants not in (None, has):
        yield f"its type is {has} and cannot become {wants}: declare a new attribute"


def _attribute_multiple(sides: View) -> Iterator[str]:
    """Not declared is single too, where it was ours; else it is somebody else's to say."""
    ours = sides.applied.get("multiple")
    single = not sides.resource.fields.get("multiple", ours is None or not ours.sent)
    if single and sides.live.get("multiple"):
        yield "it takes several options and cannot be made single: declare a new attribute"


def _subfield_types(sides: View) -> Iterator[str]:
    wanted = sides.resource.fields.get("fields")
    if not isinstance(wanted, Mapping):
        return
    definition = sides.names.definition(sides.resource.ref.key)
    for label, type_ in wanted.items():
        has = definition.type_of_part(label)
        if has not in (None, type_):
            yield f"sub-field '{label}' is {has}, not {type_}: declare a new attribute"


_CHECKS: Mapping[str, tuple[Callable[[View], Iterator[str]], ...]] = {
    "collection": (_collection_type,),
    "attribute": (_attribute_type, _attribute_multiple, _subfield_types),
}
"""By kind."""
