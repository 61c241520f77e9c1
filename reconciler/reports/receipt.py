"""The receipt of a run: the proof, as JSON, for those who were not there (contract 2.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model import Account
from reconciler.reports.jsontext import document
from reconciler.reports.outcome import ApplyReport, outcome_value

FORMAT = 1


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a receipt says besides what became of each change.

    Times are in seconds since 1970, `waited` is seconds; `commit` is the catalog's, empty where
    it is in no git repository; `plan_files` are the digests of the files that permitted the run.
    """

    run: str
    holder: str
    tool_version: str
    account: Account
    plan_digest: str
    environment: str | None = None
    commit: str = ""
    plan_files: tuple[str, ...] = ()
    started: float = 0.0
    ended: float = 0.0
    retries: Mapping[str, int] = field(default_factory=dict)
    waited: float = 0.0


def receipt_json(facts: RunFacts, report: ApplyReport) -> str:
    """The whole receipt; each delete with its object's JSON as read just before."""
    return document(
        {
            "format_version": FORMAT,
            "run": facts.run,
            "holder": facts.holder,
            "tool_version": facts.tool_version,
            "account": {
                "base_url": facts.account.base_url,
                "regions": sorted(facts.account.regions),
            },
            "environment": facts.environment,
            "commit": facts.commit or None,
            "plan": {"digest": facts.plan_digest, "files": list(facts.plan_files)},
            "started": facts.started,
            "ended": facts.ended,
            "retries": dict(facts.retries),
            "waited_seconds": round(facts.waited, 3),
            **outcome_value(report),
        }
    )
