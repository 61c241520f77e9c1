"""What empties a scalar field: null, or "" where null does nothing (contract 2.3).

Which way an account goes is a behaviour: seen once, it is kept in the state (contract 10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from reconciler.apply.proof import Proof
from reconciler.apply.sending import Seen, check, look_at, mark, path, send_until_answered
from reconciler.apply.work import Work
from reconciler.behaviours import BLANK, CLEARS_WITH, NULL
from reconciler.errors import StatusError
from reconciler.kinds import KINDS, Kind, Type
from reconciler.live import read_one
from reconciler.model import Change, FieldChange, LiveObject
from reconciler.normalize import canon, is_empty
from reconciler.wire import update_body

_NEVER_NULL = frozenset({Type.VALUES, Type.BOOLEAN})
"""Values of attributes are cleared by `delete`, flags by false."""

_SIGHTING = {None: NULL, "": BLANK}


def cleared(
    work: Work,
    change: Change,
    item: LiveObject,
    was: LiveObject,
    judge: Callable[[LiveObject], Proof],
) -> tuple[LiveObject, Proof]:
    """Clear the other way what a PUT did not empty; the object as it is then, and its proof.

    `was` is the object as read before the PUT, `item` after it; `judge` proves a read.  What
    holds another value than before was set by somebody else meanwhile, and is left.
    """
    proof = judge(item)
    unstuck = {entry.path for entry in proof.unstuck}
    clears = [part for part in change.fields if _clears_scalar(KINDS[item.kind], part)]
    if any(part.path not in unstuck and _tells(work, part, was) for part in clears):
        work.notice(CLEARS_WITH, _SIGHTING[work.manners.clear])
    stayed = [x for x in clears if x.path in unstuck and _same(x.path, was, item)]
    if not stayed:
        return item, proof
    other = "" if work.manners.clear is None else None
    again = _clear_with(work, other, change, stayed, item)
    better = judge(again)
    if len(better.unstuck) < len(proof.unstuck):
        work.manners = replace(work.manners, clear=other)
        work.notice(CLEARS_WITH, _SIGHTING[other])
    return again, better


def _clear_with(
    work: Work, word: str | None, change: Change, fields: Sequence[FieldChange], item: LiveObject
) -> LiveObject:
    named = "null" if word is None else '""'
    cause = f"clear again with {named}"
    work.cause(cause)
    kind, again = KINDS[item.kind], replace(change, fields=tuple(fields))
    manners = replace(work.manners, clear=word, top_known=False)

    def send(seen: LiveObject) -> None:
        body = update_body(kind, fields, seen.raw or {}, work.names, manners)
        check(work.session.put(path(kind, item.id), body))

    try:
        send_until_answered(work, Seen(item, mark(work)), lambda: look_at(work, again), send)
    except StatusError as error:
        paths = ", ".join(part.path for part in fields)
        words = f"{paths} stayed as it was, and clearing it with {named} failed: {error.words}"
        raise StatusError(error.status, words, request=error.request) from error
    work.cause(cause)
    return read_one(work.session, kind.name, item.id, keep_raw=True) or item


def _clears_scalar(kind: Kind, part: FieldChange) -> bool:
    field = kind.field(part.path)
    return not field.is_set and part.after is None and field.type not in _NEVER_NULL


def _tells(work: Work, part: FieldChange, was: LiveObject) -> bool:
    """That it is empty now shows what empties: it was not, and was not told where the top is."""
    says_top = KINDS[was.kind].field(part.path).to == was.kind and work.manners.top_known
    return not is_empty(was.fields.get(part.path)) and not says_top


def _same(path_: str, one: LiveObject, other: LiveObject) -> bool:
    return canon(one.fields.get(path_)) == canon(other.fields.get(path_))
