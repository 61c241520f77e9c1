"""Lists of what was created or updated since a moment (article: filters by date; contract 7.4).

Accounts may refuse such a filter, ignore it, or count days in another zone: what an answer is
worth is for who asks to tell.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from reconciler.api import Session
from reconciler.api.paging import Listing, Make, read_list
from reconciler.errors import BadAnswer, StatusError
from reconciler.kinds import Kind
from reconciler.plan.cost import PAGE

T = TypeVar("T")

DAY = 86_400.0
"""By how much is asked for too much: no zone is further off, and a day is all that is asked for."""


def first_day(moment: float) -> float:
    """The day that is asked for where something may have happened since a moment; both are
    seconds since 1970."""
    return (moment - DAY) // DAY * DAY


def day_text(moment: float) -> str:
    """The day of a moment as filters take it."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def read_since(session: Session, kind: Kind, name: str, moment: float, make: Make[T]) -> Listing[T]:
    """The list of a kind by its filter `name`, from the day before a moment on.

    Raises StatusError or BadAnswer where the account does not take that, and other ApiErrors where
    it cannot be reached.
    """
    limit = session.page_limit
    try:
        return read_list(
            session,
            f"/v2.1/{kind.path}",
            kind.lists,
            make=make,
            limit=PAGE,
            params={name: day_text(first_day(moment))},
        )
    except (StatusError, BadAnswer):
        # What was refused is the filter, and not the size of the page.
        session.page_limit = limit
        raise
