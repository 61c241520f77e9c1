"""The figures that the contract asks for, each held against what was measured (contract 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

Results = Mapping[str, Any]
"""What the parts measured, by name."""

PAGE, CONCURRENCY = 250, 8
LARGE = 100_000
"""Products that figures of CPU and memory are wanted for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One figure: what is wanted, what was measured, and whether that is enough (None: unknown)."""

    what: str
    wanted: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """For a table."""
        unknown = "not judged: too small a world" if self.measured else "not measured"
        return {True: "met", False: "**not met**", None: unknown}[self.met]


def wanted(results: Results) -> list[Wanted]:
    """Every figure, in the order of the page."""
    found: list[Wanted] = []
    for judge in JUDGES:
        try:
            found += judge(results)
        except (KeyError, ZeroDivisionError):
            found.append(Wanted(judge.__doc__ or "", "", "", None))
    return found


def largest(results: Results) -> tuple[int, dict[str, Any]]:
    """The largest world and what its commands took; KeyError where there is none."""
    sizes = results["local"]["sizes"]
    count = max(map(int, sizes))
    return count, sizes[str(count)]


def _most(what: str, value: float, limit: float, unit: str, digits: int = 1) -> Wanted:
    shown = f"{value:,.{digits}f}{unit}"
    return Wanted(what, f"≤ {limit:,g}{unit}", shown, value <= limit)


def _of_large(row: Wanted, count: int) -> Wanted:
    """A figure that is wanted of a large world; on a smaller one it is told, and not judged."""
    return row if count >= LARGE else replace(row, met=None)


def _least(what: str, value: float, limit: float, unit: str) -> Wanted:
    return Wanted(what, f"≥ {limit:,g}{unit}", f"{value:,.2f}{unit}", value >= limit)


def _reads(results: Results) -> Iterator[Wanted]:
    """Requests of a full read"""
    count, commands = largest(results)
    limit = 1.02 * ceil(count / PAGE) + 1 + CONCURRENCY
    sent = commands["plan"]["requests"]["collections"]
    yield _most(f"requests of a full read of {count:,} collections", sent, int(limit), "", 0)


def _writes(results: Results) -> Iterator[Wanted]:
    """Requests of updates and creates of collections"""
    row = max(results["requests"]["products"], key=lambda row: int(row["count"]))
    count = row["count"]
    # The first of its sort goes alone: its reads are its own.
    yield _most(
        f"requests of {count:,} updates of collections",
        row["updated"], row["updated_ideal"] + 2, "", 0,
    )  # fmt: skip
    yield _most(
        f"requests of {count:,} creates of collections",
        row["created"], row["created_ideal"] + 1, "", 0,
    )  # fmt: skip


def _others(results: Results) -> Iterator[Wanted]:
    """Requests of creates of kinds without `ids=`"""
    for row in results["requests"]["others"]:
        more = 100 * (row["created"] / row["count"] - 1)
        yield _most(
            f"further requests of {row['count']:,} creates of a {row['kind']}", more, 5, " %"
        )


def _throughput(results: Results) -> Iterator[Wanted]:
    """Creates at the limit"""
    found = results["throughput"]
    what = f"{found['count']:,} creates at the limit: the least time ÷ the time taken"
    yield _least(what, found["share"], 0.95, "")
    yield _most("429 answers meanwhile", found["refused"], 0, "", 0)


def _create(results: Results) -> Iterator[Wanted]:
    """CPU of a create"""
    yield _most("CPU of the client for each create", results["creates"]["each"], 2, " ms", 2)


def _validate(results: Results) -> Iterator[Wanted]:
    """CPU and memory of `validate`"""
    count, commands = largest(results)
    yield _of_large(
        _most(f"CPU of `validate`, {count:,} products", commands["validate"]["cpu"], 7, " s"), count
    )
    yield _of_large(_most("its memory", commands["validate"]["peak"], 250, " MiB", 0), count)


def _plan(results: Results) -> Iterator[Wanted]:
    """CPU and memory of `plan`"""
    count, commands = largest(results)
    yield _of_large(
        _most(f"CPU of `plan`, {count:,} products unchanged", commands["plan"]["cpu"], 16, " s"),
        count,
    )
    yield _of_large(_most("its memory", commands["plan"]["peak"], 450, " MiB", 0), count)


def _linear(results: Results) -> Iterator[Wanted]:
    """Ten times the objects"""
    count, commands = largest(results)
    smaller = results["local"]["sizes"][str(count // 10)]
    times = commands["plan"]["cpu"] / smaller["plan"]["cpu"]
    yield _most("ten times the products take so many times the CPU of `plan`", times, 11, " ×")


def _floor(results: Results) -> Iterator[Wanted]:
    """`plan` against the floor"""
    times = over_floor(results)
    yield _most("CPU of that `plan` ÷ the floor, start-up apart", times, 3, " ×", 2)


def over_floor(results: Results) -> float:
    """How many times the floor a plan takes for each further product, start-up apart: from the
    smallest world to the largest."""
    floors, ours = results["floor"]["sizes"], results["local"]["sizes"]
    sizes = sorted(map(int, ours))
    least, most = str(sizes[0]), str(sizes[-1])
    further = sum(floors[most]["parts"].values()) - sum(floors[least]["parts"].values())
    return float((ours[most]["plan"]["cpu"] - ours[least]["plan"]["cpu"]) / further)


def _octodns(results: Results) -> Iterator[Wanted]:
    """octoDNS, planning as many records"""
    times = against_octodns(results)
    yield _least("CPU of octoDNS for a record ÷ that of `plan` for a product", times, 4, " ×")


def against_octodns(results: Results) -> float:
    """How many times the CPU octoDNS takes for each further one, start-up apart."""
    theirs, ours = results["octodns"]["sizes"], results["local"]["sizes"]
    common = [int(size) for size in theirs if size in ours]
    least, most = str(min(common)), str(max(common))
    further = ours[most]["plan"]["cpu"] - ours[least]["plan"]["cpu"]
    return float((theirs[most]["cpu"] - theirs[least]["cpu"]) / further)


def _delta(results: Results) -> Iterator[Wanted]:
    """`plan --refresh delta` with 500 changes"""
    count, commands = largest(results)
    found = commands["delta"]
    what = f"`plan --refresh delta`, {count:,} products, {found['changes']:,} changes"
    yield _of_large(_most(f"CPU of {what}", found["cpu"], 5, " s"), count)
    requests = found["requests"]["besides_whole_lists"]
    yield _of_large(_most("its requests besides the kinds read whole", requests, 20, "", 0), count)


def _startup(results: Results) -> Iterator[Wanted]:
    """Start-up"""
    commands = results["startup"]["commands"]
    for name in ("pxm --version", "completion of a command"):
        yield _most(
            f"CPU of `{name}`" if "pxm" in name else f"CPU of the {name}",
            commands[name]["cpu"],
            0.15,
            " s",
            3,
        )


JUDGES: tuple[Callable[[Results], Iterator[Wanted]], ...] = (
    _reads,
    _writes,
    _others,
    _throughput,
    _create,
    _validate,
    _plan,
    _linear,
    _floor,
    _octodns,
    _delta,
    _startup,
)
