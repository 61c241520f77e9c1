"""Who is who, over real HTTP: renamed keys, look-alike texts, lost states (contract 1.1, 2.1)."""

from tests.e2e.worlds import World


def ids(pxm: World, kind: str = "collection") -> dict[str, str]:
    """What the account has, by name; objects of one name count as one."""
    return {item["name"]: str(item["id"]) for item in pxm.sandbox.all(kind)}


# --- moved --------------------------------------------------------------------------------------


def at(key: str, *moves: str) -> str:
    entries = "".join(
        f"  - {{kind: collection, from: {source}, to: {target}}}\n"
        for source, _, target in (move.partition(">") for move in moves)
    )
    text = "categories:\n  - {key: t, name: Tents}\ncollections:\n"
    products = "".join(f"  - {{key: {name}, name: Dome, category: t}}\n" for name in key.split())
    return f"{text}{products}" + (f"moved:\n{entries}" if moves else "")


def test_a_history_of_renames_is_walked_by_accounts_at_every_point_of_it(pxm: World) -> None:
    pxm.write(at("a"))
    pxm.apply()
    made = ids(pxm)
    pxm.write(at("b", "a>b"))
    assert pxm.apply() == 0

    pxm.write(at("c", "a>b", "b>c"))
    assert pxm.apply() == 0
    assert "1 moved" in pxm.out
    pxm.pxm("state", "rm", "collection/c")
    pxm.pxm("state", "bind", "collection/a", made["Dome"])
    pxm.write(at("e", "a>b", "b>c", "c>d", "d>e"))

    assert pxm.apply() == 0
    assert ids(pxm) == made


def test_a_move_that_a_target_left_out_is_made_by_the_next_run(pxm: World) -> None:
    pxm.write(at("a") + "  - {key: x, name: Tarp, category: t}\n")
    pxm.apply()
    made = ids(pxm)
    pxm.write(at("b x", "a>b").replace("{key: x, name: Dome", "{key: x, name: Tarp 2"))

    assert pxm.pxm("apply", "--yes", "--target", "collection/x") == 0
    assert pxm.apply() == 0

    assert "1 moved" in pxm.out
    assert ids(pxm) == {"Dome": made["Dome"], "Tarp 2": made["Tarp"]}
