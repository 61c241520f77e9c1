"""What the book of a run counts."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep, time

from reconciler.apply.ledger import Ledger
from reconciler.model import Plan, State
from tests.build import ACCOUNT, account


class Word(str):
    """A word that others get their turn at whenever it is looked up."""

    __slots__ = ()

    def __hash__(self) -> int:
        sleep(0)
        return super().__hash__()


def test_requests_that_writes_side_by_side_make_besides_are_all_counted() -> None:
    ledger = Ledger(Plan(ACCOUNT), account(), State(), None, time)  # type: ignore[arg-type]

    def count(_: int) -> None:
        for _ in range(100):
            ledger.cause(Word("read again"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))

    assert ledger.causes == {"read again": 800}
