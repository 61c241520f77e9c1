"""The parts of a state as JSON: the same form in a pulled file and in the files of a git ref.

Readers take parsed JSON and raise whatever a wrong shape raises (`UNREADABLE`); whoever calls
them knows what the text is called and says that it is damaged.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from reconciler.errors import StateError
from reconciler.model import Account, Applied, Behaviour, Entry, Ref, State
from reconciler.state import Converged, Intent, Mark, Run
from reconciler.statetext import Shelf, applied_of, applied_text, dumps, revived

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading raises where a text is not what this program writes."""

Parsed = Mapping[str, Any]


MOST_SERIAL = 2**53
"""JSON readers of other languages, and every backend's numbers, hold no more exactly."""

LAST_MOMENT = 253_402_300_800.0
"""The end of the year 9999, in seconds since 1970."""


def check_format(value: Any, known: int, name: str) -> None:
    """The one rule wherever the format of a state is read (contract 5).

    StateError for a newer one; ValueError for what no released version wrote.
    """
    version = _whole(value)
    if version > known:
        raise StateError(
            f"{name} has format {version}, this program knows up to {known}; nothing was changed",
            hint="install a newer pxm",
        )
    if version < known:
        raise ValueError(f"format version {version}")


def _whole(value: Any) -> int:
    # True is 1, and 1.0 is 1, to everything but this.
    if type(value) is not int:
        raise TypeError(f"not a whole number: {value!r}")
    return value


def moment_from(value: Any) -> float:
    """Seconds since 1970; what no clock says raises."""
    if type(value) not in (int, float):
        raise TypeError(f"not a moment: {value!r}")
    if not (math.isfinite(value) and 0 <= value < LAST_MOMENT):
        raise ValueError(f"not a moment: {value!r}")
    return float(value)


def entry_text(entry: Entry) -> str:
    """An entry in one line of ASCII, always the same for the same entry; long texts as digests."""
    written = f',"written":{json.dumps(entry.written)}' if entry.written else ""
    protected = ',"prevent_destroy":true' if entry.prevent_destroy else ""
    since = f',"processing":{json.dumps(entry.processing)}' if entry.processing else ""
    at_rest = f',"at_rest":{json.dumps(entry.at_rest)}' if entry.at_rest else ""
    return (
        f'{{"kind":{json.dumps(entry.ref.kind)},"key":{json.dumps(entry.ref.key)},'
        f'"id":{json.dumps(entry.id)}{written}{protected}{since}{at_rest}'
        f"{_FIELDS}{applied_text(entry.applied)}}}"
    )


_FIELDS = ',"applied":'
"""What comes last in an entry's text begins so; nothing before it can hold these characters."""


def entry_from(value: Parsed) -> Entry:
    """An entry from what `entry_text` wrote."""
    return _entry(value, lambda _, __: applied_of(value["applied"]))


def _entry(value: Parsed, applied: Callable[[Ref, str], Mapping[str, Applied]]) -> Entry:
    """An entry whose fields are made of its ref and of its digest."""
    ref, at_rest = Ref(_text(value["kind"]), _text(value["key"])), _text(value.get("at_rest", ""))
    return Entry(
        ref,
        _text(value["id"]),
        applied(ref, at_rest),
        bool(value.get("prevent_destroy", False)),
        moment_from(value.get("written", 0.0)),
        moment_from(value.get("processing", 0.0)),
        at_rest,
    )


def entries_from(lines: Iterable[str], shelf: Shelf) -> Iterator[Entry]:
    """Entries from lines that `entry_text` wrote, their fields on the shelf."""
    heads: list[str] = []
    fields: list[str] = []
    for line in lines:
        head, _, applied = line.partition(_FIELDS)
        heads.append(f"{head}}}")
        fields.append(applied[:-1])
    # One parse for all of them: a third faster than one for each line.
    for value, text in zip(json.loads(f"[{','.join(heads)}]"), fields, strict=True):
        yield _entry(value, partial(_shelved, shelf, text))


def _shelved(shelf: Shelf, text: str, ref: Ref, at_rest: str) -> Mapping[str, Applied]:
    return shelf.fields(ref, text, at_rest)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return value


def account_json(account: Account | None) -> dict[str, Any] | None:
    """An account with its regions in order; the client id is no secret."""
    if account is None:
        return None
    found: dict[str, Any] = {
        "base_url": account.base_url,
        "regions": sorted(account.regions),
        "client_id": account.client_id,
    }
    return found | ({"environment": account.environment} if account.environment else {})


def account_from(value: Parsed | None) -> Account | None:
    """An account from what `account_json` made."""
    if value is None:
        return None
    return Account(
        value["base_url"],
        frozenset(value["regions"]),
        value["client_id"],
        value.get("environment", ""),
    )


def mark_json(mark: Mark) -> dict[str, Any]:
    """Lineage, serial and writer."""
    return {"lineage": mark.lineage, "serial": mark.serial, "writer": mark.writer}


def mark_from(value: Parsed) -> Mark:
    """A mark from what `mark_json` made; a serial that no run of writes reaches raises."""
    serial = _whole(value["serial"])
    if not 0 <= serial < MOST_SERIAL:
        raise ValueError(f"serial {serial}")
    return Mark(_text(value["lineage"]), serial, _text(value["writer"]))


def converged_json(converged: Converged | None) -> dict[str, Any] | None:
    """The last converged run."""
    if converged is None:
        return None
    return {"run": converged.run, "commit": converged.commit, "at": converged.at}


def converged_from(value: Parsed | None) -> Converged | None:
    """A converged run from what `converged_json` made."""
    if value is None:
        return None
    return Converged(_text(value["run"]), _text(value["commit"]), moment_from(value["at"]))


def rest_json(state: State) -> dict[str, Any]:
    """All of a state but its entries."""
    rest: dict[str, Any] = {
        "account": account_json(state.account),
        "moved": [list(item) for item in sorted(state.moved)],
        "near": [[ref.kind, ref.key, list(ids)] for ref, ids in sorted(state.near.items())],
        "doubtful": [[ref.kind, ref.key, at] for ref, at in sorted(state.doubtful.items())],
        "behaviours": [[name, x.value, x.day] for name, x in sorted(state.behaviours.items())],
        "refused": [[ref.kind, ref.key] for ref in sorted(state.refused)],
    }
    return rest | ({"shared": dict(sorted(state.shared.items()))} if state.shared else {})


def state_from(rest: Parsed, entries: Iterable[Entry]) -> State:
    """A state from what `rest_json` made, and its entries."""
    return State(
        account=account_from(rest.get("account")),
        entries={entry.ref: entry for entry in entries},
        moved=frozenset(tuple(item) for item in rest.get("moved", ())),
        near={Ref(kind, key): tuple(ids) for kind, key, ids in rest.get("near", ())},
        doubtful={Ref(kind, key): moment_from(at) for kind, key, at in rest.get("doubtful", ())},
        behaviours={
            name: Behaviour(value, _text(day)) for name, value, day in rest.get("behaviours", ())
        },
        refused=frozenset(Ref(_text(kind), _text(key)) for kind, key in rest.get("refused", ())),
        shared={name: _text(digest) for name, digest in (rest.get("shared") or {}).items()},
    )


def run_json(run: Run) -> dict[str, Any]:
    """A run without its intents."""
    return {
        "id": run.id,
        "holder": run.holder,
        "started": run.started,
        "commit": run.commit,
        "about": run.about,
    }


def run_from(value: Parsed, intents: Iterable[Intent]) -> Run:
    """A run from what `run_json` made, and its intents."""
    head = (_text(value["id"]), _text(value["holder"]), moment_from(value["started"]))
    return Run(*head, tuple(intents), _text(value["commit"]), _text(value["about"]))


def intent_text(intent: Intent) -> str:
    """An intent in one line of ASCII."""
    return dumps([intent.action, intent.ref.kind, intent.ref.key, intent.id, intent.natural])


def intent_from(value: Any) -> Intent:
    """An intent from what `intent_text` wrote."""
    action, kind, key, id_, natural = value
    return Intent(action, Ref(_text(kind), _text(key)), id_, revived(natural))
