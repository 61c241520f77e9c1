"""Keys made of names: slugs, unique within their kind, the same for the same account.

Each object takes the first of its candidates that no other object wants: its name, its name
below what it stands in, its SKU.  What is still not told apart is numbered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count

from anyascii import anyascii

from reconciler.kinds import KEY, LONGEST_KEY
from reconciler.model import LiveObject
from reconciler.normalize import loosened, spelled

LONGEST_SLUG = 60
_BREAKS = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile("['’`]")


def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens; empty where a text has no letter and no digit."""
    plain = _APOSTROPHES.sub("", anyascii(loosened(text))).lower()
    found = _BREAKS.sub("-", plain).strip("-")
    if len(found) <= LONGEST_SLUG:
        return found
    cut = found[: LONGEST_SLUG + 1].rpartition("-")[0] or found[:LONGEST_SLUG]
    return cut.rstrip("-")


def assign(
    wishes: Mapping[str, Sequence[str]], taken: Iterable[str], fallback: str
) -> dict[str, str]:
    """A key for each id of `wishes`, which gives the candidates of each, the best first.

    The last resort numbers them in the order given; `taken` keys are not given out again;
    `fallback` names what has no word of its own.
    """
    sound = {id_: _sound(wish) for id_, wish in wishes.items()}
    keys: dict[str, str] = {}
    used = set(taken)
    for level in range(max(map(len, sound.values()), default=0)):
        asked: dict[str, str] = {}
        for id_, wish in sound.items():
            if id_ not in keys and level < len(wish):
                asked[id_] = wish[level]
        free = _free(asked, used)
        keys |= free
        used.update(free.values())
    for id_, wish in sound.items():
        if id_ not in keys:
            keys[id_] = _numbered((*wish, fallback)[0], used)
            used.add(keys[id_])
    return keys


def _free(asked: Mapping[str, str], used: Collection[str]) -> dict[str, str]:
    """The keys that only one asks for and nobody has."""
    wanted = Counter(asked.values())
    return {id_: key for id_, key in asked.items() if wanted[key] == 1 and key not in used}


def _sound(wishes: Iterable[str]) -> tuple[str, ...]:
    fit = (wish for wish in wishes if KEY.fullmatch(wish) and len(wish) <= LONGEST_KEY - 8)
    return tuple(dict.fromkeys(fit))


def _numbered(base: str, used: set[str]) -> str:
    if base not in used:
        return base
    numbered = (f"{base}-{number}" for number in count(2))
    return next(key for key in numbered if key not in used)


# --- the candidates of each kind ----------------------------------------------------------------


def _named(*fields: str) -> Callable[[LiveObject, str], tuple[str, ...]]:
    """By its first field, then by the first and each of the others."""

    def wishes(item: LiveObject, _: str) -> tuple[str, ...]:
        first, *others = (slug(spelled(item.fields.get(name) or "")) for name in fields)
        return (first, *(f"{first}-{other}" for other in others if other))

    return wishes


def _category(item: LiveObject, above: str) -> tuple[str, ...]:
    own = slug(spelled(item.fields.get("name") or ""))
    return (own, f"{above}/{own}") if above else (own,)


def _collection(item: LiveObject, above: str) -> tuple[str, ...]:
    name, title = (slug(spelled(item.fields.get(x) or "")) for x in ("name", "additional_title"))
    if not above:
        return (name, f"{name}-{title}" if title else "", title)
    # A variant called M is only known together with its product.
    telling = name.startswith(f"{above.rpartition('/')[2]}-")
    below = f"{above}/{name}" if name != above else ""
    return (name if telling else "", below, title, f"{above}/{title}" if title else "", name)


def _resource(item: LiveObject, _: str) -> tuple[str, ...]:
    words = slug(spelled(item.fields.get("description") or ""))
    link = spelled(item.fields.get("link") or "").rstrip("/")
    last = slug(link.rpartition("/")[2])
    return (words, f"{words}-{last}" if words and last else last)


def _any(item: LiveObject, _: str) -> tuple[str, ...]:
    return (slug(item.label),)


_WISHES: Mapping[str, Callable[[LiveObject, str], tuple[str, ...]]] = {
    "attribute": _named("label", "type"),
    "attribute_group": _named("name"),
    "category": _category,
    "collection": _collection,
    "resource": _resource,
}


def wishes(item: LiveObject, above: str) -> tuple[str, ...]:
    """The keys that an object could have, the best first; `above` is the key it stands under."""
    return _WISHES.get(item.kind, _any)(item, above)
