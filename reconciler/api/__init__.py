"""The client of the PXM API: token, rate, retries, tolerant answers, whole lists (contract 7)."""

from reconciler.api.address import quote_id
from reconciler.api.events import RequestEvent
from reconciler.api.options import Access, Hooks, Surroundings
from reconciler.api.paging import Listing, read_list
from reconciler.api.session import Session, any_error
from reconciler.api.token import Credentials

__all__ = [
    "Access",
    "Credentials",
    "Hooks",
    "Listing",
    "RequestEvent",
    "Session",
    "Surroundings",
    "any_error",
    "quote_id",
    "read_list",
]
