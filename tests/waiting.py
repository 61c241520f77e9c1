"""Which tests wait for something or look at a clock: found in their code, not kept by hand.

What a test names is followed through the functions, classes and fixtures of `tests`, down to
`tests.limits`, `time`, the waits of `threading` and `subprocess`, and Selenium's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests import limits, patient

CLOCKS = (limits, patient, time, limits.until, time.sleep, time.time, time.monotonic)
WAITS = (*CLOCKS, WebDriverWait, threading.Timer, threading.Barrier, threading.Event)

OPTIONS = ("--grace", "--lock-timeout")

_known: dict[Any, bool] = {}


def waits(item: pytest.Function) -> bool:
    """Whether a test, or a fixture that it has, comes to something that waits."""
    fixtures = item._fixtureinfo.name2fixturedefs
    functions = [item.function, *(each.func for name in fixtures for each in fixtures[name])]
    return any(_waits(function) for function in functions)


def _waits(thing: Any) -> bool:
    if any(thing is known for known in WAITS) or thing is limits.HANG or thing in OPTIONS:
        return True
    if isinstance(thing, tuple | list):
        return any(map(_waits, thing))
    name = getattr(thing, "__module__", None) or ""
    if not isinstance(thing, FunctionType | type) or not name.startswith("tests."):
        return False
    if thing not in _known:
        _known[thing] = False  # what comes back to itself has nothing to add
        _known[thing] = any(map(_waits, _named(thing)))
    return _known[thing]


def _named(thing: FunctionType | type) -> Iterator[Any]:
    """What a function names, with its defaults; the functions of a class."""
    if isinstance(thing, type):
        yield from (getattr(x, "fget", None) or getattr(x, "__func__", x) for x in vars(thing).values())  # fmt: skip
        return
    thing = getattr(thing, "__wrapped__", thing)
    yield from thing.__defaults__ or ()
    yield from _constants(thing.__code__)
    for word in _words(thing.__code__):
        if word in thing.__globals__:
            found = thing.__globals__[word]
            # Of a module of ours only what is named with it counts.
            yield found if not isinstance(found, ModuleType) or found in (time, patient) else None


def _constants(code: CodeType) -> Iterator[Any]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _constants(inner)
        elif isinstance(inner, str | tuple):
            yield inner


def _words(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _words(inner)
