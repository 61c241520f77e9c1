"""Settings of the test run, and what it says at its end of the dialects it tried."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests import waiting

# The same examples each time: a run that fails can be run again.
settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
# A failure that kills a mutant need not be a small one.
settings.register_profile(
    "mutants", settings.get_profile("default"), phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that wait, or look at a clock: `make test-slow` runs these."""
    for item in items:
        if isinstance(item, pytest.Function) and waiting.waits(item):
            item.add_marker(pytest.mark.waits)


CASE = re.compile(r"test_the_story_goes_as_the_docs_say_under\[([a-z0-9-]+)\]")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line of counts and one of names."""
    passed, failed = (sorted(_names(terminalreporter, word)) for word in ("passed", "failed"))
    if passed or failed:
        terminalreporter.section("dialects")
        terminalreporter.line(f"{len(passed)} as documented, {len(failed)} otherwise")
        terminalreporter.line(", ".join(passed))
        terminalreporter.line(f"otherwise: {', '.join(failed) or 'none'}")


def _names(reporter: pytest.TerminalReporter, word: str) -> Iterator[str]:
    for report in reporter.stats.get(word, ()):
        found = CASE.search(getattr(report, "nodeid", ""))
        if found and getattr(report, "when", "") == "call":
            yield found[1]
