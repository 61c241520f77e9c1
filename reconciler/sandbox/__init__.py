"""A local PXM: the API of the article over real HTTP, kept in SQLite (contract 6).

It imports nothing of the rest of the program: it is an independent witness of the API, or shared
mistakes would cancel out.

    with Sandbox(path) as sandbox:     # real sockets on loopback, a free port
        sandbox.url                    # what a client is given as base URL
        sandbox.put_object("category", {"name": "Theirs"})   # as somebody else would
"""

from reconciler.sandbox.chaos import FAULTS, TWICE
from reconciler.sandbox.chaos import parse as parse_chaos
from reconciler.sandbox.dialects import DIALECTS, FURTHER, LISTED
from reconciler.sandbox.dialects import checked as checked_dialects
from reconciler.sandbox.exchange import Answer, Options, Request
from reconciler.sandbox.server import Sandbox
from reconciler.sandbox.stage import Incident

__all__ = [
    "DIALECTS",
    "FAULTS",
    "FURTHER",
    "LISTED",
    "TWICE",
    "Answer",
    "Incident",
    "Options",
    "Request",
    "Sandbox",
    "checked_dialects",
    "parse_chaos",
]
