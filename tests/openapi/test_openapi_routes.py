"""Nothing that the sandbox serves as the API is left out of the description."""

import re
from collections.abc import Iterator
from itertools import product

import httpx
import pytest

from reconciler.sandbox import Options, Sandbox
from tests.openapi.account import client, seed
from tests.openapi.description import METHODS, SCHEMAS, examples, operations

VERSIONS = ("v2.1", "v2", "v3")
ABSENT = (404, 405)


def segments() -> tuple[list[str], list[str], list[str]]:
    """Words of described paths, by place: first, second, and further down."""
    split = [operation.path.split("/")[2:] for operation in operations()]
    words = {(place, word) for path in split for place, word in enumerate(path) if "{" not in word}
    first, second = ([word for at, word in sorted(words) if at == place] for place in (0, 1))
    return [*first, "folder"], second, [word for at, word in sorted(words) if at > 1]


def ids() -> dict[str, str]:
    """The id that an example has, by the first segment of its path."""
    names = {"Attribute": "attribute", "AttributeGroup": "attribute-group"}
    names |= {name: name.lower() for name in ("Category", "Collection", "File", "Resource")}
    return {
        **{path: examples(SCHEMAS[name])[0]["id"] for name, path in names.items()},
        "region": "reg_us",
    }


def candidates() -> Iterator[str]:
    """Paths that a server of this sort might serve, deepest first."""
    first, second, below = segments()
    known = ids()
    for word in first:
        own = [known[word], "search"] if word in known else ["search"]
        yield from (
            f"{word}/{id_}/{a}/{b}" for id_, a, b in product(own, below, ("related", "att_color"))
        )
        yield from (f"{word}/{id_}/{a}" for id_, a in product(own, [*below, "search"]))
        yield from (f"{word}/{a}" for a in [*own, *second])
        yield word


def described() -> list[tuple[str, re.Pattern[str]]]:
    """Every method with the paths that are described for it, aliases too."""
    found = []
    for operation in operations():
        for path in (operation.path, *operation.also):
            for parameter in operation.parameters:
                words = parameter["schema"].get("enum", ["[^/]+"])
                path = path.replace(f"{{{parameter['name']}}}", f"(?:{'|'.join(words)})")
            found.append((operation.method, re.compile(path.replace(".", r"\."))))
    return found


@pytest.fixture(scope="module")
def served() -> list[tuple[str, str]]:
    """Methods and paths that a sandbox with the account of the examples answers."""
    with Sandbox(None, Options(rate_limit=None)) as sandbox, client(sandbox) as http:
        seed(sandbox)
        return list(answered(http))


def test_every_route_that_is_served_is_described(served: list[tuple[str, str]]) -> None:
    known = described()

    assert len(served) > 60
    assert [
        f"{method} {path}"
        for method, path in served
        if not any(m == method and pattern.fullmatch(path) for m, pattern in known)
    ] == []


def test_every_path_that_is_described_is_served_under_all_its_versions(
    served: list[tuple[str, str]],
) -> None:
    # What was deleted under one version is not there under the next: deletes are sent elsewhere.
    known = [(method, pattern) for method, pattern in described() if method != "delete"]

    assert len(known) > 65
    assert [
        f"{method} {pattern.pattern}"
        for method, pattern in known
        if not any(m == method and pattern.fullmatch(path) for m, path in served)
    ] == []


def answered(http: httpx.Client) -> Iterator[tuple[str, str]]:
    """What is there: a body that is no object is refused by whatever takes one."""
    for method, version, path in product(METHODS, VERSIONS, candidates()):
        address = f"/{version}/{path}"
        if http.request(method, address, content=b"[]").status_code not in ABSENT:
            yield method, address
