"""Lines on stderr: above the bars while there are some, so that neither tears the other."""

from __future__ import annotations

from typing import Protocol

import click


class Screen(Protocol):
    """What draws on the terminal and can print a line above it."""

    def line(self, text: str) -> None: ...


class Console:
    """Where lines go.  `screen` is what draws there for now."""

    def __init__(self) -> None:
        self.screen: Screen | None = None

    def line(self, text: str) -> None:
        """Print one; from any thread, and from a handler of signals."""
        screen = self.screen
        if screen is None:
            click.echo(text, err=True)
        else:
            screen.line(text)


STDERR = Console()
"""The process has one terminal."""
