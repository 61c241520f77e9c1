"""The client of the PXM API: token, rate, retries, tolerant answers, whole lists (contract 7)."""

from reconciler.api.session import Event, Session, quote_id
from reconciler.api.token import Credentials

__all__ = ["Credentials", "Event", "Session", "quote_id"]
