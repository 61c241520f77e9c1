"""What two accounts hold differently, without a network (contract 3)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.compare import compare_accounts, side_of
from reconciler.enums import SideStatus
from reconciler.model import Account, Catalog, Comparison, Entry, Live, LiveObject, Ref, State

NOTHING = Catalog({})


def live(*items: LiveObject) -> Live:
    objects: dict[str, dict[str, LiveObject]] = {}
    for item in items:
        objects.setdefault(item.kind, {})[item.id] = item
    return Live(Account("https://x"), objects=objects)


def category(id_: str, name: str, parent: str | None = None) -> LiveObject:
    return LiveObject("category", id_, {"name": name, "parent": parent})


def product(id_: str, name: str, **fields: object) -> LiveObject:
    return LiveObject("collection", id_, {"name": name, **fields})


def compared(one: Live, other: Live, first: State | None = None) -> Comparison:
    mine = side_of("a", NOTHING, one, first or State())
    return compare_accounts(mine, side_of("b", NOTHING, other, State()))


def told(found: Comparison) -> list[tuple[str, str]]:
    return [(item.status, item.label) for item in found.objects]


def test_what_stands_in_a_pair_is_paired_by_its_name_there() -> None:
    one = live(category("1", "Men"), category("2", "Jackets", "1"), category("3", "Jackets"))
    other = live(category("9", "Jackets", "8"), category("8", "Men"), category("7", "Jackets"))

    assert told(compared(one, other)) == []
    assert compared(one, other).same == 3


def test_a_key_that_one_state_knows_names_both() -> None:
    state = State(
        Account("https://x"), {Ref("category", "men"): Entry(Ref("category", "men"), "1")}
    )
    found = compared(
        live(category("1", "Men")),
        live(replace(category("8", "Men"), fields={"name": "Men", "published": True})),
        state,
    )
    (item,) = found.objects
    assert (item.status, item.ref.key) == (SideStatus.DIFFERS, "men")
    assert [(part.path, part.before, part.after) for part in item.fields] == [
        ("published", None, True)
    ]


def test_a_title_of_its_own_tells_two_products_of_one_name_apart() -> None:
    one = live(product("1", "Rain", additional_title="A-1"))
    other = live(product("2", "Rain", additional_title="B-1"))

    assert told(compared(one, other)) == [("only_first", "Rain"), ("only_second", "Rain")]


def test_what_looks_alike_in_one_account_is_not_guessed() -> None:
    one = live(product("1", "Rain"), product("2", "Rain"))
    other = live(product("3", "Rain"))

    assert [status for status, _ in told(compared(one, other))] == [
        "only_first",
        "only_first",
        "only_second",
    ]


def test_off_and_never_said_are_one() -> None:
    one = live(product("1", "Rain", published=False, attributes=None))
    other = live(product("2", "Rain"))

    assert told(compared(one, other)) == []


NAMES = st.lists(st.sampled_from(["Men", "Women", "Kids", "Hats", "Gloves"]), unique=True)


@given(NAMES, NAMES)
def test_the_other_way_round_the_same_is_told_of_the_other_side(
    mine: list[str], theirs: list[str]
) -> None:
    one = live(*(category(f"a{name}", name) for name in mine))
    other = live(*(category(f"b{name}", name) for name in theirs))
    there, back = compared(one, other), compared(other, one)

    assert there.same == back.same == len(set(mine) & set(theirs))
    assert there.count(SideStatus.FIRST) == back.count(SideStatus.SECOND)
    assert there.count(SideStatus.SECOND) == back.count(SideStatus.FIRST)
