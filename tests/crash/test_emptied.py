"""A run killed between a write that lost somebody else's value and putting it back (2.3, 2.6)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from reconciler.sandbox import Answer, Request
from tests.crash.program import Child, Program
from tests.e2e.test_inherited import (
    CATALOG,
    ONE,
    OTHER_FIT,
    behaviour,
    care_of,
    copying,
    hand_care,
    named,
    set_care,
)
from tests.e2e.worlds import World


def killed(pxm: World, program: Program, strikes: Callable[[list[str]], bool]) -> None:
    """Apply in a process of its own, killed once the methods of its requests say so."""
    seen: list[str] = []
    child: list[Child] = []
    living = threading.Event()

    def strike(request: Request) -> Answer | None:
        seen.append(request.method)
        if not strikes(seen):
            return None
        living.wait(60)
        child[0].signal(signal.SIGKILL)
        return Answer(drop=True)

    before, after = pxm.sandbox.app.before, pxm.sandbox.app.after
    pxm.sandbox.on_answer(_both(after, strike))
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(pxm.root),
        "PXM_CLIENT_ID": "sandbox",
        "PXM_CLIENT_SECRET": "sandbox",
        "PXM_BASE_URL": pxm.sandbox.url,
    }
    orders = [["--catalog", str(pxm.root / "catalog"), "apply", "--yes"]]
    child.append(program.start(orders, pxm.root, env, pxm.root / "output"))
    living.set()
    assert child[0].wait() == -signal.SIGKILL, (pxm.root / "output").read_text()
    pxm.sandbox.on_request(before)
    pxm.sandbox.on_answer(after)


def _both(
    one: Callable[[Request], Answer | None] | None, other: Callable[[Request], Answer | None]
) -> Callable[[Request], Answer | None]:
    def both(request: Request) -> Answer | None:
        if one is not None:
            one(request)
        return other(request)

    return both


def since_put(seen: list[str]) -> list[str]:
    return seen[seen.index("PUT") :] if "PUT" in seen else []


def test_what_was_left_out_and_lost_is_put_back_by_the_next_run(
    pxm: World, program: Program
) -> None:
    """Killed when the write took effect: nothing of it was read back yet."""
    copying(pxm)
    pxm.write(CATALOG % "  []")
    assert pxm.apply() == 0, pxm.out
    hand_care(pxm)
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    assert behaviour(pxm) == "yes"
    pxm.write(OTHER_FIT)

    killed(pxm, program, lambda seen: len(since_put(seen)) == 1)
    assert care_of(pxm, "A") is None
    assert pxm.apply() == 0, pxm.out

    assert care_of(pxm, "A") == "Wash"
    assert "collection/a: a broken run lost Care had 'Wash'; it was put back" in pxm.out


@pytest.mark.parametrize("took", [False, True])
def test_what_was_lost_and_is_being_put_back_is_put_back_by_the_next_run(
    took: bool, pxm: World, program: Program
) -> None:
    """Killed when the second PUT was sent, before it took effect or after."""
    pxm.write(ONE)
    assert pxm.apply() == 0, pxm.out
    care = hand_care(pxm, "Sale")
    set_care(pxm, "A", care, "Dry clean")
    puts = [0]

    def drop(request: Request) -> None:
        if request.method != "PUT" or "/collection/" not in request.path:
            return
        puts[0] += 1
        if puts[0] == 1 or (puts[0] == 2 and not took):
            item = named(pxm, "collection", "A")
            left = [entry for entry in item["attributes"] if entry["id"] != care]
            pxm.sandbox.edit("collection", item["id"], attributes=left)

    pxm.sandbox.on_answer(drop)
    pxm.write(OTHER_FIT)

    killed(pxm, program, lambda seen: seen.count("PUT") == 2)
    assert (care_of(pxm, "A") is None) != took
    assert pxm.apply() == 0, pxm.out

    assert care_of(pxm, "A") == "Dry clean"
