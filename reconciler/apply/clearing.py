"""What empties a scalar field: null, or "" where null does nothing (contract 2.3).

Which way an account goes is a behaviour: seen once, it is kept in the state (contract 10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from reconciler.apply.proof import Proof
from reconciler.apply.runstate import RunState
from reconciler.apply.sending import Read, check, look_at, mark, path, send_until_answered
from reconciler.behaviours import BLANK, CLEARS_WITH, NULL
from reconciler.errors import StatusError
from reconciler.kinds import KINDS, Type
from reconciler.live import read_one
from reconciler.model import Change, FieldChange, LiveObject
from reconciler.normalize import canon, is_empty
from reconciler.wire import update_body

_NEVER_NULL = frozenset({Type.VALUES, Type.BOOLEAN})
"""Values of attributes are cleared by `delete`, flags by false."""

_SIGHTING = {None: NULL, "": BLANK}


def cleared(
    run: RunState,
    change: Change,
    item: LiveObject,
    was: LiveObject,
    proof: Proof,
    judge: Callable[[LiveObject], Proof],
) -> LiveObject:
    """Clear the other way what a PUT did not empty; the object as it is then.

    `was` is the object as read before the PUT, `item` after it, with its `proof`; `judge` proves
    another read.  What holds another value than before was set by somebody else meanwhile, and is
    left.
    """
    clears = [part for part in change.fields if _clears_scalar(item.kind, part)]
    stuck, unstuck = _parted(clears, proof)
    word = run.seen.manners.clear
    if any(_shows_how(run, part, was) for part in stuck):
        run.ledger.notice(CLEARS_WITH, _SIGHTING[word])
    stayed = [part for part in unstuck if _same(part.path, was, item)]
    if not stayed:
        return item
    other = "" if word is None else None
    again = _clear_with(run, other, change, stayed, item)
    better = judge(again)
    if len(better.unstuck) < len(proof.unstuck):
        run.seen.clear_with(other)
        run.ledger.notice(CLEARS_WITH, _SIGHTING[other])
    return again


def _parted(
    clears: Iterable[FieldChange], proof: Proof
) -> tuple[list[FieldChange], list[FieldChange]]:
    """The fields that are empty now, and those that are not."""
    stuck: list[FieldChange] = []
    unstuck: list[FieldChange] = []
    paths = {entry.path for entry in proof.unstuck}
    for part in clears:
        (unstuck if part.path in paths else stuck).append(part)
    return stuck, unstuck


def _clear_with(
    run: RunState, word: str | None, change: Change, fields: Sequence[FieldChange], item: LiveObject
) -> LiveObject:
    named = "null" if word is None else '""'
    cause = f"clear again with {named}"
    run.ledger.cause(cause)
    kind, again = KINDS[item.kind], replace(change, fields=tuple(fields))
    manners = replace(run.seen.manners, clear=word, top_known=False)

    def send(read: LiveObject) -> None:
        body = update_body(kind, fields, read.raw or {}, run.seen.names, manners)
        check(run.session.put(path(kind, item.id), body))

    try:
        send_until_answered(run, Read(item, mark(run)), lambda: look_at(run, again), send)
    except StatusError as error:
        paths = ", ".join(part.path for part in fields)
        words = f"{paths} stayed as it was, and clearing it with {named} failed: {error.words}"
        raise StatusError(error.status, words, request=error.request) from error
    run.ledger.cause(cause)
    return read_one(run.session, kind.name, item.id, keep_raw=True) or item


def _clears_scalar(kind: str, part: FieldChange) -> bool:
    field = KINDS[kind].field(part.path)
    return not field.is_set and part.after is None and field.type not in _NEVER_NULL


def _shows_how(run: RunState, part: FieldChange, was: LiveObject) -> bool:
    """That it is empty now shows what empties: it was not, and was not told where the top is."""
    says_top = KINDS[was.kind].field(part.path).to == was.kind and run.seen.manners.top_known
    return not is_empty(was.fields.get(part.path)) and not says_top


def _same(path_: str, one: LiveObject, other: LiveObject) -> bool:
    return canon(one.fields.get(path_)) == canon(other.fields.get(path_))
