"""The stages that the steps of are counted, each a function of a catalog and what it meets."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from reconciler.apply.entries import after_change
from reconciler.catalog import load
from reconciler.cli.planread import plan_from_json
from reconciler.drift import find_drift
from reconciler.errors import PxmError
from reconciler.identity import identify
from reconciler.model import Catalog, Drift, Plan, State
from reconciler.plan import Ask, build
from reconciler.plan.cost import cut
from reconciler.plan.matched import matched
from reconciler.pull.accept import Sides, accept, chosen
from reconciler.pull.full_pull import pull
from reconciler.reports.driftjson import drift_json
from reconciler.reports.drifttext import drift_text
from reconciler.reports.html import drift_html, plan_html
from reconciler.reports.markdown import drift_markdown, plan_markdown
from reconciler.reports.planjson import plan_json
from reconciler.reports.text import plan_text
from reconciler.state.jsonform import entry_text
from reconciler.state.rows import difference
from tests.scaling.situations import SITUATIONS, Inputs
from tests.scaling.worlds import SHAPES, loaded


@dataclass
class Case:
    """A catalog of one shape and size, in a folder, and one situation."""

    folder: Path
    catalog: Catalog
    situation: str

    @cached_property
    def inputs(self) -> Inputs:
        """What a plan is made of."""
        return SITUATIONS[self.situation](self.catalog)

    @cached_property
    def plan(self) -> Plan:
        """The plan; one without changes where it is an error."""
        try:
            return self.built()
        except PxmError:
            return Plan(self.inputs.live.account)

    def built(self, **ask: Any) -> Plan:
        """A plan."""
        return build(self.inputs.catalog, self.inputs.live, self.inputs.state, Ask(**ask))

    @cached_property
    def drift(self) -> Drift:
        """What has drifted; nothing where that cannot be told."""
        try:
            return self.drifted()
        except PxmError:
            return Drift(self.inputs.live.account)

    def drifted(self) -> Drift:
        """What has drifted, and what nobody declared."""
        inputs = self.inputs
        return find_drift(inputs.catalog, inputs.live, inputs.state, unmanaged=True)


def _identity(case: Case) -> None:
    identify(case.inputs.catalog, case.inputs.live, case.inputs.state)


def _batches(case: Case) -> None:
    known = matched(case.inputs.catalog, case.inputs.live, case.inputs.state)
    cut(case.plan.active, known.live, known.names, known.state.refused)


def _permits_all(case: Case) -> None:
    case.built(reviewed=(case.plan,))


def _permits_none(case: Case) -> None:
    case.built(reviewed=(replace(case.plan, changes=()),))


def _permits_but_last(case: Case) -> None:
    case.built(reviewed=(replace(case.plan, changes=case.plan.changes[:-1]),))


def _permits_of_old(case: Case) -> None:
    there = SITUATIONS["unchanged"](case.catalog)
    build(there.catalog, there.live, there.state, Ask(reviewed=(case.plan,)))


def _targets(case: Case) -> None:
    if case.plan.changes:
        case.built(targets=(f"{case.plan.changes[-1].ref}/",))


def _read_back(case: Case) -> None:
    plan_from_json(plan_json(case.plan, "1"), "plan.json")


def _entries(case: Case) -> None:
    """What apply remembers of what it has made, where the account is then as it was wanted."""
    inputs = case.inputs
    known = matched(inputs.catalog, inputs.live, inputs.state)
    for change in case.plan.active:
        item = inputs.live.of(change.ref.kind).get(change.id or "")
        if item is not None:
            after_change(
                change, inputs.state.entries.get(change.ref), item, item, known.names, (), 1.0
            )


def _state_forms(case: Case) -> None:
    for entry in case.inputs.state.entries.values():
        entry_text(entry)
    after = SITUATIONS["changed"](case.catalog).state.entries
    difference({}, after)
    difference(case.inputs.state.entries, after)


Stage = Callable[[Case], object]

STAGES: Mapping[str, Stage] = {
    "identity": _identity,
    "plan": Case.built,
    "batches": _batches,
    "permits, all": _permits_all,
    "permits, none": _permits_none,
    "permits, all but one": _permits_but_last,
    "permits, of old": _permits_of_old,
    "targets": _targets,
    "drift": Case.drifted,
}
"""From what is known to what is planned."""

REPORTS: Mapping[str, Stage] = {
    "text": lambda case: plan_text(case.plan, color=False),
    "markdown": lambda case: plan_markdown(case.plan),
    "html": lambda case: plan_html(case.plan),
    "json": lambda case: plan_json(case.plan, "1"),
    "read back": _read_back,
    "drift text": lambda case: drift_text(case.drift, color=False),
    "drift markdown": lambda case: drift_markdown(case.drift),
    "drift html": lambda case: drift_html(case.drift),
    "drift json": lambda case: drift_json(case.drift, "1"),
    "entries": _entries,
    "state": _state_forms,
}
"""What becomes of it."""


def _reading(case: Case) -> None:
    load(case.folder)


def _pull(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        pull(Path(name) / "catalog", case.inputs.live, State(), _forget)


def _compact_pull(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        pull(Path(name) / "catalog", case.inputs.live, State(), _forget, compact=True)


def _accept(case: Case) -> None:
    inputs = case.inputs
    asked = chosen(("all",), "", case.drift, inputs.catalog, inputs.live)
    accept(Sides(case.folder, inputs.catalog, inputs.live, inputs.state), asked, _forget)


def _forget(_: State) -> None:
    pass


FOLDERS: Mapping[str, Stage] = {
    "reading": _reading,
    "pull": _pull,
    "compact pull": _compact_pull,
    "accept": _accept,
}
"""Those that read or write a folder."""


@contextmanager
def case(shape: str, size: int, situation: str) -> Iterator[Case]:
    """A situation of a catalog of one shape, in a folder of its own, with plan and drift."""
    with tempfile.TemporaryDirectory() as name:
        made = Case(Path(name), loaded(Path(name), SHAPES[shape](size)), situation)
        _ = made.plan, made.drift
        yield made
