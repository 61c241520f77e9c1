"""What `git log` on the ref tells: one commit opens a run, one closes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.enums import Action
from reconciler.state import Intent, Run
from reconciler.state.lockmessages import instant

SHOWN = 200
"""Intents that a message lists; all of them are in the tree."""


def opening(run: Run) -> str:
    """A run is about to do this."""
    lines = [f"  {item.action} {item.ref}" for item in run.intents[:SHOWN]]
    more = len(run.intents) - len(lines)
    if more > 0:
        lines.append(f"  … {more:,} more")
    what = run.about or _counted(run.intents)
    listed = "\n".join(lines) + "\n\n" if lines else ""
    return f"apply: {what}\n\n{listed}{_trailers(_who(run))}"


def _counted(intents: Sequence[Intent]) -> str:
    counts = Counter(item.action for item in intents)
    names = [*Action, *sorted(counts.keys() - set(Action))]
    return ", ".join(f"{counts[name]:,} to {name}" for name in names if counts[name]) or "no change"


def between(run: Run) -> str:
    """What a run has done so far is kept."""
    left = len(run.intents)
    return f"apply: {left:,} left\n\n{_trailers({'Run': run.id})}"


def closing(run: Run | None, run_id: str, *, converged: bool, words: str) -> str:
    """A run has ended, or a later one has settled what it left open."""
    verdict = "converged" if converged else "not converged"
    said = f": {words}" if words else ""
    who = _who(run) if run is not None else {"Run": run_id}
    return f"applied, {verdict}{said}\n\n{_trailers({**who, 'Converged': str(converged).lower()})}"


def command(words: str) -> str:
    """A command has mended the state."""
    return f"state: {words or 'changed by a command'}\n"


def on(ref: str, message: str) -> str:
    """On a branch a push starts pipelines, unless its message says not to."""
    return f"{message}\n[skip ci]\n" if ref.startswith("refs/heads/") else message


def locking(holder: str, run: str, since: float) -> str:
    """The lock is taken."""
    return f"lock: {holder}\n\n{_trailers({'Run': run, 'Since': instant(since)})}"


def _who(run: Run) -> Mapping[str, str]:
    return {
        "Run": run.id,
        "Holder": run.holder,
        "Started": instant(run.started),
        "Catalog-Commit": run.commit,
    }


def _trailers(values: Mapping[str, str]) -> str:
    # One line each: a holder's name is not ours, and must not be able to write a trailer.
    return "".join(f"{name}: {' '.join(text.split())}\n" for name, text in values.items() if text)
