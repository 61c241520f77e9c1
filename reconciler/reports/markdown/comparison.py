"""A comparison of two accounts in Markdown (8.1)."""

from __future__ import annotations

from reconciler.model import Comparison
from reconciler.reports.markdown.budget import COMMENT, Size
from reconciler.reports.markdown.document import document, head, marker
from reconciler.reports.report import comparison_report


def comparison_markdown(found: Comparison, size: Size = COMMENT) -> str:
    """Verdict and counts, what only one account has, what both have otherwise by category.

    Never larger than `size`; what has no room is counted, and said to be left out.
    """
    report = comparison_report(found)
    mark = marker("pxm-compare", " ".join(found.environments))
    return document(report, head(report, mark, "Compare", None), "", size)
