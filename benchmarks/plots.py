"""The plots of docs/benchmarks.md, as small SVG files that are the same for the same figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

import matplotlib.pyplot as plt

from benchmarks.parts.throughput import LIMIT, OURS
from benchmarks.wanted import PAGE, Results

STYLE: Any = {
    "svg.hashsalt": "pxm",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
COLORS = {"pxm": "#1f6feb", "ideal": "#2da44e", "others": "#cf5a21", "floor": "#6e7781"}
COMMANDS = ("validate", "plan", "drift", "pull", "apply", "delta")


def draw(results: Results, folder: Path) -> Iterator[Path]:
    """A file for each plot of which the figures are there."""
    with mpl.rc_context(STYLE):
        for name, plot in PLOTS.items():
            try:
                figure = plot(results)
            except KeyError:
                continue  # a part of it was not measured
            path = folder / f"benchmarks-{name}.svg"
            figure.savefig(path, format="svg", metadata={"Date": None}, bbox_inches="tight")
            plt.close(figure)
            yield path


def _requests(results: Results) -> Any:
    """Reads by number of products, writes by number of changes."""
    figure, (reads, writes) = plt.subplots(1, 2, figsize=(8.5, 3.2))
    sizes = _by_size(results["local"]["sizes"])
    counts = list(sizes)
    sent = [commands["plan"]["requests"]["collections"] for commands in sizes.values()]
    reads.plot(counts, counts, "--", color=COLORS["others"], label="one GET an object")
    ideal = [ceil(count / PAGE) for count in counts]
    reads.plot(counts, ideal, color=COLORS["ideal"], label="ideal: pages")
    reads.plot(counts, sent, "o", color=COLORS["pxm"], label="pxm plan")
    _logarithmic(reads, "products", "requests of a full read")
    rows = results["requests"]["products"]
    edits = [row["count"] for row in rows]
    each = [row["a_call_each"] for row in rows]
    writes.plot(edits, each, "--", color=COLORS["others"], label="GET, PUT, GET each")
    ideal = [row["updated_ideal"] for row in rows]
    writes.plot(edits, ideal, color=COLORS["ideal"], label="ideal: K + 2⌈K/100⌉")
    writes.plot(
        edits, [row["updated"] for row in rows], "o", color=COLORS["pxm"], label="pxm apply"
    )
    _logarithmic(writes, "updates", "requests of an apply")
    return figure


def _throughput(results: Results) -> Any:
    """Requests sent by the time, beside what the limit and the budget allow."""
    found = results["throughput"]
    sent = list(accumulate(found["by_second"]))
    seconds = list(range(1, len(sent) + 1))
    figure, axes = plt.subplots(figsize=(8.5, 3.0))
    limit = [LIMIT * second / 60 for second in seconds]
    axes.plot(seconds, limit, color=COLORS["others"], label=f"the limit, {LIMIT:,} a minute")
    budget = [OURS * second / 60 for second in seconds]
    axes.plot(seconds, budget, color=COLORS["ideal"], label=f"the budget, {OURS:,} a minute")
    axes.plot(seconds, sent, color=COLORS["pxm"], label="sent")
    axes.set(xlabel="seconds", ylabel="requests so far")
    axes.legend()
    return figure


def _local(results: Results) -> Any:
    """CPU and memory of commands by number of products."""
    figure, (cpu, memory) = plt.subplots(1, 2, figsize=(8.5, 3.6))
    sizes = _by_size(results["local"]["sizes"])
    for command in COMMANDS:
        points = {size: found[command] for size, found in sizes.items() if "cpu" in found[command]}
        _line(cpu, points, "cpu", command)
        _line(memory, points, "peak", command)
    floor = _by_size(results["floor"]["sizes"])
    least = [sum(found["parts"].values()) for found in floor.values()]
    cpu.plot(list(floor), least, "--", color=COLORS["floor"], label="floor")
    theirs = _by_size(results.get("octodns", {}).get("sizes", {}))
    _line(cpu, theirs, "cpu", "octoDNS", color="black", linestyle="--")
    _line(memory, theirs, "peak", "octoDNS", color="black", linestyle="--")
    _logarithmic(cpu, "products", "CPU, seconds")
    _logarithmic(memory, "products", "memory, MiB")
    return figure


def _line(axes: Any, points: Mapping[int, Any], field: str, label: str, **style: Any) -> None:
    """By size one field of what was measured; nothing where nothing was."""
    if points:
        values = [found[field] for found in points.values()]
        axes.plot(list(points), values, marker="o", ms=3, label=label, **style)


def _startup(results: Results) -> Any:
    """CPU of commands that do little."""
    commands = results["startup"]["commands"]
    figure, axes = plt.subplots(figsize=(8.5, 2.0))
    names = list(commands)[::-1]
    axes.barh(names, [commands[name]["cpu"] for name in names], color=COLORS["pxm"])
    axes.axvline(0.15, color=COLORS["others"], linestyle="--")
    axes.set(xlabel="CPU, seconds")
    axes.grid(visible=False, axis="y")
    return figure


def _by_size(sizes: Mapping[str, Any]) -> dict[int, Any]:
    return {size: sizes[str(size)] for size in sorted(map(int, sizes))}


def _logarithmic(axes: Any, across: str, up: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel=up)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
        axis.set_minor_formatter("")
    axes.legend(fontsize=8)


PLOTS: Mapping[str, Callable[[Results], Any]] = {
    "requests": _requests,
    "throughput": _throughput,
    "local": _local,
    "startup": _startup,
}
