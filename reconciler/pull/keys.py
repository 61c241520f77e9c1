"""Keys made of names: slugs, unique within their kind, the same for the same account.

Each object takes the first of its candidates that no other object wants: its name, its name
below what it stands in, its SKU.  What is still not told apart is numbered.

Names are transliterated letter by letter.  That reads well but for Chinese characters in Japanese
names, whose sound only a dictionary knows: they are left out there, and what has no other word is
called by its kind and numbered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count

from anyascii import anyascii

from reconciler.kinds import KEY, LONGEST_KEY
from reconciler.model import LiveObject
from reconciler.normalize import distinct, loosened, spelled

ROOM = LONGEST_KEY - len("-1000000")
"""The longest key that is made of a name: it can still be numbered."""

_BREAKS = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile("['’`]")
_HAN = re.compile("[々㐀-䶿一-鿿豈-﫿\U00020000-\U000323af]+")
_KANA = re.compile("[ぁ-ゖァ-ヺｦ-ﾝ]")
_KANA_ALSO_IN_CHINESE = "の"

JAPANESE_SHARE = 0.1
"""An account is Japanese where so many of its names with Chinese characters or kana have kana:
a Japanese one has more, a Chinese one a foreign brand now and then."""


def is_japanese(names: Iterable[str]) -> bool:
    """An account with these names is kept in Japanese: Chinese characters are read so there."""
    with_kana = with_either = 0
    for name in names:
        has_kana = _has_kana(name)
        with_kana += has_kana
        with_either += has_kana or bool(_HAN.search(name))
    return with_kana > 0 and with_kana >= JAPANESE_SHARE * with_either


def _has_kana(name: str) -> bool:
    return bool(_KANA.search(name.replace(_KANA_ALSO_IN_CHINESE, "")))


def slug(text: str, *, japanese: bool = False) -> str:
    """Lower-case ASCII words joined by hyphens; empty where a text has no word to be read.

    `japanese` says that Chinese characters are not to be read as Chinese ones.
    """
    told = loosened(text)
    if japanese or _has_kana(told):
        told = _HAN.sub(" ", told)
    plain = _APOSTROPHES.sub("", anyascii(told)).lower()
    return _BREAKS.sub("-", plain).strip("-")


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
    fit = (_shortened(wish) for wish in wishes if KEY.fullmatch(wish))
    return distinct(wish for wish in fit if wish)


def _shortened(key: str) -> str:
    """A key that is too long without its last words; empty where nothing of its own would stay."""
    if len(key) <= ROOM:
        return key
    above, slash, _ = key.rpartition("/")
    own = key[len(above + slash) : ROOM]
    if key[ROOM] != "-":
        own = own.rpartition("-")[0] or own
    own = own.rstrip("-")
    return f"{above}{slash}{own}" if own else ""


def _numbered(base: str, used: set[str]) -> str:
    if base not in used:
        return base
    numbered = (f"{base}-{number}" for number in count(2))
    return next(key for key in numbered if key not in used)


# --- the candidates of each kind ----------------------------------------------------------------

Read = Callable[[str], str]
"""The slug of a live object's field."""


def _named(*fields: str) -> Callable[[Read, str], tuple[str, ...]]:
    """By its first field, then by the first and each of the others."""

    def wishes(read: Read, _: str) -> tuple[str, ...]:
        first, *others = map(read, fields)
        return (first, *(f"{first}-{other}" for other in others if other))

    return wishes


def _category(read: Read, above: str) -> tuple[str, ...]:
    own = read("name")
    return (own, f"{above}/{own}") if above else (own,)


def _collection(read: Read, above: str) -> tuple[str, ...]:
    name, title = read("name"), read("additional_title")
    if not above:
        return (name, f"{name}-{title}" if title else "", title)
    # A variant called M is only known together with its product.
    telling = name.startswith(f"{above.rpartition('/')[2]}-")
    below = f"{above}/{name}" if name != above else ""
    return (name if telling else "", below, title, f"{above}/{title}" if title else "", name)


def _resource(read: Read, _: str) -> tuple[str, ...]:
    words, last = read("description"), read("link")
    return (words, f"{words}-{last}" if words and last else last)


_WISHES: Mapping[str, Callable[[Read, str], tuple[str, ...]]] = {
    "attribute": _named("label", "type"),
    "attribute_group": _named("name"),
    "category": _category,
    "collection": _collection,
    "resource": _resource,
}


def wishes(item: LiveObject, above: str, *, japanese: bool = False) -> tuple[str, ...]:
    """The keys that an object could have, the best first; `above` is the key it stands under.

    `japanese` says how its account reads Chinese characters (`is_japanese`).
    """

    def read(field: str) -> str:
        text = spelled(item.fields.get(field) or "")
        if field == "link":
            text = text.rstrip("/").rpartition("/")[2]
        return slug(text, japanese=japanese)

    if item.kind in _WISHES:
        return _WISHES[item.kind](read, above)
    return (slug(item.label, japanese=japanese),)
