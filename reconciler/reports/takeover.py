"""What GitHub is told where drift is taken over into the files (contract 8.4).

The offer in the drift issue, the answer to a comment, the commit and the pull request.  Keys are
told as they are, which their grammar makes harmless; all else from outside is made inert (8.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.model import Drift, Ref
from reconciler.reports.markdown import COMMENT, Size
from reconciler.reports.markdown.document import document, marker
from reconciler.reports.markdown.escaping import code, prose
from reconciler.reports.report import drift_report

OURS = 8_000
"""Characters of a pull request's text that we keep for what stands around the report."""
MOST_LINES = 20

_LOGIN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*(?:_[A-Za-z0-9]+)?")
"""A person's name on GitHub; `_` is in those that a company manages."""

OFFER = (
    "\nTo have a pull request that takes it over, comment `/accept all`, or `/accept KIND/KEY` with"
    " one or several names of the list: the command alone, and a comment for each pull request. "
    "It takes write access to this repository. A box is ticked once there is a pull request, or by"
    " you; ticking it does nothing else.\n"
)
"""The end of the drift issue, where there is a workflow that listens."""

GRAMMAR = (
    "A comment is the command alone: `/accept all`, or `/accept KIND/KEY` with one or several "
    "names as the task list has them, between spaces."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for it, where: the address of the comment or of the run, the drift issue."""

    by: str
    url: str
    issue: int = 0


# --- the pull request ---------------------------------------------------------------------------


def title(refs: Sequence[Ref], name: str | None) -> str:
    """Of the commit and of the pull request; plain text."""
    what = str(refs[0]) if len(refs) == 1 else f"{len(refs):,} objects"
    return f"Take over {what} from the account{_for(name)}"


def message(refs: Sequence[Ref], name: str | None, asked: Asked) -> str:
    """The message of the commit."""
    lines = [f"- {ref}" for ref in refs[:MOST_LINES]]
    if len(refs) > MOST_LINES:
        lines.append(f"- and {len(refs) - MOST_LINES:,} more")
    return "\n".join([title(refs, name), "", *lines, "", f"Asked for at {asked.url}", ""])


def body(
    drift: Drift, refs: Sequence[Ref], left: Sequence[str], told: Sequence[str], asked: Asked
) -> str:
    """The pull request: who asked, what is accepted as the drift report tells it, what is left.

    `told` says where values were edited that an object has from elsewhere, and what it concerns.
    """
    taken = frozenset(refs)
    objects = tuple(item for item in drift.objects if item.ref in taken)
    issue = f" of #{asked.issue}" if asked.issue else ""
    opening = (
        f"Takes over into the catalog what was changed in the account: **{_objects(len(refs))}**"
        f"{issue}, asked for by {_person(asked.by)} ([where]({asked.url})).\n\n"
        "The account has all of it already. To have it as the catalog says instead, close this "
        f"and apply.{_others(len(drift.objects) - len(objects))}\n\n"
    )
    foot = "\n".join(["", *_section("Left as it was", left), *_section("To know", told)])
    size = Size(COMMENT.most - OURS, COMMENT.measure)
    report = drift_report(replace(drift, objects=objects, notes=()))
    return document(report, opening, foot, size).rstrip("\n") + "\n"


# --- the answer to the comment ------------------------------------------------------------------


def answer_mark(comment: str) -> str:
    """The hidden first line of the answer to a comment, by the comment's id."""
    return marker("pxm-accept", comment)


def opened(pull: int, refs: Sequence[Ref], left: Sequence[str], *, starts_nothing: bool) -> str:
    """There is a pull request; a token of the job's own starts no workflow on it."""
    lines = [f"✅ #{pull} takes over {_named(refs)}."]
    if starts_nothing:
        lines += [
            "",
            "It was opened with the token of the job, and GitHub starts no workflow for that: "
            "**close and open it again** to have it planned. With a token in the secret "
            "`PXM_PULL_TOKEN`, or an app, it is planned by itself.",
        ]
    return _answer(lines, left)


def pushed(branch: str, url: str, refs: Sequence[Ref], left: Sequence[str], why: str) -> str:
    """There is a branch, and the pull request is for somebody to open."""
    lines = [
        f"☑️ The branch {code(branch)} takes over {_named(refs)}: "
        f"**[open the pull request]({url})**.",
        "",
        f"The job may not: {prose(why, 300)}",
    ]
    return _answer(lines, left)


def already(pull: int) -> str:
    """The comment was answered with a pull request before."""
    return f"✅ #{pull} is the pull request of this comment. Comment again for another one.\n"


def branch_is_there(branch: str, url: str) -> str:
    """An earlier run of the comment made a branch, which is left to whoever works on it."""
    return (
        f"☑️ An earlier run has made the branch {code(branch)}, which is left as it is: "
        f"[open the pull request]({url}), or comment again for another one.\n"
    )


def nothing(left: Sequence[str]) -> str:
    """None of it could be taken over, and why."""
    return _answer(["ℹ️ Nothing to take over."], left)


def may_not(login: str) -> str:
    """Somebody without write access asked."""
    return (
        f"🚫 {_person(login)} may not write to this repository, so nothing was done. Whoever may "
        "can give the same command.\n"
    )


def not_understood(why: str) -> str:
    """The words are not the grammar's."""
    return f"❓ Nothing was done: {prose(why, 300)}\n\n{GRAMMAR}\n"


def failed(why: str, run_url: str) -> str:
    """The run could not do it."""
    return f"❌ Nothing was done: {prose(why, 600)}\n\n[The run]({run_url}) says more.\n"


def _answer(lines: Sequence[str], left: Sequence[str]) -> str:
    return "\n".join([*lines, "", *_section("", left)]).rstrip("\n") + "\n"


def _section(heading: str, texts: Sequence[str]) -> Iterator[str]:
    if not texts:
        return
    if heading:
        yield from (f"### {heading}", "")
    yield from (f"- {prose(text, 300)}" for text in texts[:MOST_LINES])
    if len(texts) > MOST_LINES:
        yield f"- … shown {MOST_LINES} of {len(texts):,}"
    yield ""


def _named(refs: Sequence[Ref]) -> str:
    shown = ", ".join(f"`{ref}`" for ref in refs[:MOST_LINES])
    more = len(refs) - MOST_LINES
    return f"{shown} and {more:,} more" if more > 0 else shown


def _others(number: int) -> str:
    """What a merge of this does besides, as every pull request's does."""
    if not number:
        return ""
    what = "1 other object drifts" if number == 1 else f"{number:,} other objects drift"
    return (
        f"\n\n⚠️ {what}. **The plan of this pull request puts that back**, as every plan does: "
        "accept it as well before this is merged, where it is to stay."
    )


def _objects(number: int) -> str:
    return "1 object" if number == 1 else f"{number:,} objects"


def _for(name: str | None) -> str:
    return f" ({name})" if name else ""


def _person(login: str) -> str:
    """Somebody by name, whom GitHub tells of it."""
    return f"@{login}" if _LOGIN.fullmatch(login) else code(login)
