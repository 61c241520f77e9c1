"""Markdown for a pull-request comment, an issue or a step's summary (contract 8.1)."""

from reconciler.reports.markdown.budget import COMMENT, STEP_SUMMARY, Size
from reconciler.reports.markdown.comparison import comparison_markdown
from reconciler.reports.markdown.completeness import (
    completeness_markdown,
    difference_markdown,
)
from reconciler.reports.markdown.drift import drift_markdown, drift_marker
from reconciler.reports.markdown.plan import plan_markdown, plan_marker

__all__ = [
    "COMMENT",
    "STEP_SUMMARY",
    "Size",
    "comparison_markdown",
    "completeness_markdown",
    "difference_markdown",
    "drift_markdown",
    "drift_marker",
    "plan_markdown",
    "plan_marker",
]
