"""What commands cost on this machine: CPU and memory by the number of products."""

from __future__ import annotations

import shutil
from typing import Any

from benchmarks.measuring import Measured, middle
from benchmarks.session import LOGGED, Session, World
from benchmarks.worlds import edit

WHOLE = ("region", "attribute", "attribute-group", "category", "resource")
"""The lists that are read whole with a snapshot, too."""
BY_DATE = "since the full read of"
"""What a plan says that rests on a snapshot."""
SNAPSHOT = "kept"
"""The cache that a warm snapshot is in."""


def run(session: Session) -> dict[str, Any]:
    """By number of products, and by command, the medians of its runs."""
    found = {}
    for count in session.sizes:
        with session.world(count) as world:
            found[str(count)] = _Commands(session, world).measured()
    return {"sizes": found, "edits": session.edits, "adopt": session.results.get("adopt", {})}


class _Commands:
    """The commands, one after the other, on one world."""

    def __init__(self, session: Session, world: World) -> None:
        self._session, self._world = session, world

    def measured(self) -> dict[str, Any]:
        """Each by its name.  What changes the catalog or the account comes last."""
        return {
            "validate": _told(self._runs("validate")),
            "plan": _told(self._runs("plan")),
            "drift": _told(self._runs("drift")),
            "delta": self._delta(),
            "apply": self._applies(),
            "pull": self._pulls(),
        }

    def _runs(self, *arguments: str, cache: str = "") -> list[Measured]:
        return self._session.repeat(
            f"{self._world.count:,} products: {' '.join(arguments)}",
            lambda _: self._world.pxm(*arguments, *LOGGED, cache=cache),
        )

    def _delta(self) -> dict[str, Any]:
        """A plan of a pull request: some products are edited, and the snapshot is warm."""
        world, session = self._world, self._session
        world.pxm("plan", "--refresh", "full", cache=SNAPSHOT)
        edits = edit(world.catalog, world.count, session.edits, edition=99)
        try:
            runs = self._runs("plan", "--refresh", "delta", cache=SNAPSHOT)
        finally:
            edit(world.catalog, world.count, session.edits, edition=0)
        if not all(BY_DATE in run.out for run in runs):
            return {"missing": "everything was read: no snapshot could be used"}
        return {**_told(runs), "changes": edits}

    def _applies(self) -> dict[str, Any]:
        """Updates of some products: each run gives them other names."""
        world, session = self._world, self._session
        what = f"{world.count:,} products: apply of {session.edits:,} updates"
        edits = 0

        def update(number: int) -> Measured:
            nonlocal edits
            edits = edit(world.catalog, world.count, session.edits, edition=number)
            return world.pxm("apply", "--yes", *LOGGED)

        found = _told(session.repeat(what, update))
        return {**found, "changes": edits}

    def _pulls(self) -> dict[str, Any]:
        """A whole account into a folder that is not there yet, and a state that is new."""
        world = self._world

        def pull(_number: int) -> Measured:
            shutil.rmtree(world.folder / "pulled", ignore_errors=True)
            for path in world.folder.glob("pulled.db*"):
                path.unlink()
            return world.pxm("--state", "file:pulled.db", "pull", "pulled", *LOGGED)

        return _told(self._session.repeat(f"{world.count:,} products: pull", pull))


def _told(runs: list[Measured]) -> dict[str, Any]:
    """The medians, the requests, and the stages of the run in the middle."""
    middle_run = sorted(runs, key=lambda run: run.cpu)[len(runs) // 2]
    stages = {}
    for name, line in middle_run.profile.items():
        stages[name] = {field: line[field] for field in ("seconds", "cpu", "peak_mib", "requests")}
    requests = {
        "all": middle_run.requests(),
        "collections": middle_run.requests("/collection"),
        "besides_whole_lists": sum(
            line["path"].rpartition("/")[2] not in WHOLE
            for line in middle_run.log
            if line.get("event") == "request"
        ),
    }
    return {**middle(runs), "requests": requests, "stages": stages}
