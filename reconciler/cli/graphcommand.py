"""`pxm graph`: the catalog drawn, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli.loading import load
from reconciler.cli.settings import Settings
from reconciler.plan.targets import wanted_refs
from reconciler.reports.graph import graph_dot, graph_json, graph_mermaid


def run(settings: Settings, output: str, targets: Sequence[str]) -> int:
    """Draw the catalog, or what the targets name, offline."""
    catalog = load(settings).catalog
    focus = wanted_refs(targets, catalog, {}) if targets else None
    draw = {"dot": graph_dot, "mermaid": graph_mermaid, "json": graph_json}[output]
    click.echo(draw(catalog, focus), nl=False)
    return 0
