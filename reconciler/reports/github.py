"""What GitHub and GitLab are told: comments on pull requests, the drift issue, a job's summary.

Bodies are Markdown with a hidden first line by which they are found again; outside text in them is
inert (8.3).  `name` tells several accounts of one repository apart, None where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.enums import Class
from reconciler.model import Plan, Problem
from reconciler.reports.markdown import COMMENT, Size, drift_marker, plan_marker
from reconciler.reports.markdown import plan_markdown as written_plan
from reconciler.reports.markdown.document import marker
from reconciler.reports.markdown.escaping import name as inert_name
from reconciler.reports.markdown.escaping import prose
from reconciler.reports.site import NOWHERE, Site

OURS = 4_000
"""Characters of a comment that we keep for what stands around a plan."""
MOST_LINES = 10
LABEL = "pxm-drift"
"""The label by which the drift issue is found."""

_DIGEST = re.compile(r"^Plan `(sha256:[0-9a-f]{64})`$", re.MULTILINE)
_SMALLER = Size(COMMENT.most - OURS, COMMENT.measure)

# --- a plan on its pull request -----------------------------------------------------------------


def plan_mark(name: str | None) -> str:
    """The hidden first line of the plan's comment."""
    return plan_marker(name)


def plan_comment(
    plan: Plan,
    name: str | None,
    commit: str,
    run_url: str,
    completeness: str = "",
    site: Site = NOWHERE,
) -> str:
    """The plan as the one comment on a pull request, with its digest and where it was made.

    `completeness` is what the change makes of that, in Markdown; `site` is what it links to.
    """
    size = Size(_SMALLER.most - _SMALLER.measure(completeness) - 1, _SMALLER.measure)
    body = _titled(written_plan(plan, size, site), plan_marker(name), name, plan.environment)
    if completeness:
        body = f"{body}\n{completeness}"
    return (
        f"{body}\nMade of {commit[:12]} by [this run]({run_url}). {_merging(plan)} To plan again, "
        "push a commit or re-run the jobs of that run.\n"
    )


def _merging(plan: Plan) -> str:
    """What a merge does with a plan."""
    if plan.refusals:
        return "**Merging applies nothing**, until what is refused is settled."
    if not plan.active:
        return "Merging changes nothing in the account."
    return "**Merging applies this plan**; what is no longer as shown here waits for approval."


def failed_comment(name: str | None, commit: str, run_url: str) -> str:
    """In the plan's place where there is none: an older one must not be taken for it."""
    return (
        f"{plan_marker(name)}\n## ❌ No plan{_for(name)}\n\nThe catalog at {commit[:12]} could not "
        f"be planned; [the run]({run_url}) says why. What was shown here before is void: "
        "merged like this, nothing is permitted.\n"
    )


def digest_of(comment: str) -> str | None:
    """The digest that a plan's comment shows; None where it shows none."""
    found = _DIGEST.findall(comment)
    return str(found[-1]) if found else None


def _titled(body: str, mark: str, name: str | None, environment: str | None) -> str:
    """The document under another marker, and with the name where its heading lacks it."""
    lines = body.split("\n", 2)
    lines[0] = mark
    if name and not environment:
        lines[1] = lines[1].replace(":", f"{_for(name)}:", 1)
    return "\n".join(lines)


def _for(name: str | None) -> str:
    return f" for {inert_name(name)}" if name else ""


# --- an apply on the pull request that was merged -----------------------------------------------


def apply_mark(name: str | None) -> str:
    """The hidden first line of the comment that tells what became of a merge."""
    return marker("pxm-apply", name)


def waiting_comment(plan: Plan, name: str | None, reasons: Sequence[str], run_url: str) -> str:
    """What no reviewed plan permits, why, and where it is approved."""
    lines = [
        apply_mark(name),
        f"## ⏸️ Waits for approval{_for(name)}",
        "",
        f"What no reviewed plan permits was planned anew and waits: [review and approve it]"
        f"({run_url}).",
        "",
        *_listed(reasons),
    ]
    shown = written_plan(plan, _SMALLER).split("\n", 1)[1]
    return "\n".join([*lines, "", shown])


@dataclass(frozen=True, slots=True)
class Became:
    """What became of the changes of one plan: how many were made, and which were not, in words."""

    made: int = 0
    not_made: tuple[str, ...] = ()


def became(receipt: Mapping[str, Any], plan: Plan | None) -> Became:
    """What the receipt of an apply says of a plan's changes; of all, without a plan."""
    wanted = {(str(item.ref.kind), item.ref.key) for item in plan.active} if plan else None
    made, rest = 0, []
    for item in receipt.get("outcomes", []):
        if wanted is not None and (item["kind"], item["key"]) not in wanted:
            continue
        if item["status"] == "done":
            made += 1
        else:
            status = str(item["status"]).replace("_", " ")
            why = f": {item['words']}" if item.get("words") else ""
            rest.append(f"{item['label']} ({item['kind']}/{item['key']}), {status}{why}")
    return Became(made, tuple(rest))


def done_comment(
    name: str | None, run_url: str, artifacts_url: str, found: Became | None = None
) -> str:
    """What was reviewed is made: how much of it, and what is left; the receipt is with the run."""
    lines = [f"{apply_mark(name)}", f"## ✅ Applied{_for(name)}", ""]
    if found is None:
        return "\n".join([*lines, f"Made by [this run]({run_url}).", ""])
    counts = f"**{found.made:,}** made"
    if found.not_made:
        counts += f", **{len(found.not_made):,}** not"
    receipt = f"The receipt is [among its artifacts]({artifacts_url})."
    return (
        "\n".join(
            [
                *lines,
                f"{counts}, by [this run]({run_url}). {receipt}",
                "",
                *_listed(found.not_made),
                "",
            ]
        ).rstrip("\n")
        + "\n"
    )


def stopped_comment(
    name: str | None,
    reasons: Sequence[str],
    run_url: str,
    artifacts_url: str,
    found: Became | None = None,
) -> str:
    """A run that did not make all that it should, and that no approval helps."""
    title = "Not applied" if found is None or not found.made else "Applied in part"
    counts = f"**{found.made:,}** made, **{len(found.not_made):,}** not. " if found else ""
    lines = [
        apply_mark(name),
        f"## ❌ {title}{_for(name)}",
        "",
        f"{counts}[The run]({run_url}) says what was made and what was not; the receipt is "
        f"[among its artifacts]({artifacts_url}).",
        "",
        *_listed([*reasons, *(found.not_made if found else ())]),
    ]
    return "\n".join(lines) + "\n"


def _listed(texts: Sequence[str]) -> Iterator[str]:
    yield from (f"- {prose(text, 300)}" for text in texts[:MOST_LINES])
    if len(texts) > MOST_LINES:
        yield f"- … shown {MOST_LINES} of {len(texts):,}"


# --- drift --------------------------------------------------------------------------------------


def drift_title(name: str | None) -> str:
    """The title of the drift issue; titles are plain text."""
    return f"The PXM account was changed behind git's back{f' ({name})' if name else ''}"


def drift_mark(name: str | None) -> str:
    """The hidden first line of the drift issue."""
    return drift_marker(name)


def drift_issue(report: str, name: str | None, environment: str | None) -> str:
    """The issue's body from a drift report in Markdown.

    No date and no link to a run: the same drift is the same body, and is not written again.
    """
    return _titled(report, drift_marker(name), name, environment)


def drift_over(run_url: str) -> str:
    """The last word before the issue is closed."""
    return f"The catalog and the account match again, says [this run]({run_url}).\n"


# --- what a job shows ---------------------------------------------------------------------------


def plan_outputs(plan: Plan, digest: str) -> dict[str, str]:
    """Outputs of a step, by name."""
    counts = plan.summary
    return {
        "has_changes": str(bool(plan.active)).lower(),
        "to_create": str(counts.create + counts.recreate),
        "to_adopt": str(counts.adopt),
        "to_update": str(counts.update),
        "to_delete": str(counts.delete),
        "to_unpublish": str(counts.unpublish),
        "blocked": str(counts.blocked),
        "digest": digest,
    }


def plan_findings(plan: Plan) -> Iterator[Problem]:
    """Warnings at file and line for what needs eyes: what is blocked, and conflicts."""
    for change in plan.changes:
        if change.place is None:
            continue
        if change.blocked is not None:
            text = f"{change.ref} is blocked: {change.blocked}"
        elif change.cls == Class.CONFLICT:
            text = f"{change.ref}: git and the account both changed; apply writes what git says"
        else:
            continue
        yield Problem(change.place, text, severity="warning")


_LISTS = (
    ("not_permitted", "Not permitted by any reviewed plan, left out"),
    ("drift", "Drift that no reviewed plan names as it is now, left out"),
    ("overtaken", "Reviewed, and overtaken by now"),
    ("done", "Reviewed, and done already"),
)


def applied_summary(receipt: Mapping[str, Any], name: str | None) -> str:
    """A job's summary from the receipt of its apply."""
    statuses = [str(item.get("status")) for item in receipt.get("outcomes", [])]
    counts = [
        f"**{statuses.count(status):,}** {status.replace('_', ' ')}"
        for status in dict.fromkeys(statuses)
    ]
    verdict = "converged" if receipt.get("converged") else "not converged"
    lines = [f"## Apply{_for(name)}: {verdict}", "", f"{', '.join(counts) or 'Nothing to do'}."]
    review = receipt.get("review") or {}
    for key, title in _LISTS:
        if review.get(key):
            lines += ["", f"**{title}**", "", *_listed(review[key])]
    return "\n".join(lines) + "\n\n"
