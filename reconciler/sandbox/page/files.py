"""Files as the pages show them: renditions by name, as addresses on this very server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler.sandbox.page.account import title
from reconciler.sandbox.store import Object
from reconciler.sandbox.wire import Presenter

_MIDDLE = ("small", "medium", "thumb", "large", "preview")
_SMALLEST = ("thumb", "small", "medium", "large", "preview")
_LARGEST = ("preview", "large", "medium", "small", "thumb")
UNITS = ("bytes", "kB", "MB", "GB")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file: `renditions` by name; the best of them for a row, for a card and for a page."""

    id: str
    name: str
    type: str
    size: str
    dimension: str
    converting: bool
    renditions: Mapping[str, str]
    thumb: str
    card: str
    picture: str


def asset(presenter: Presenter, item: Object) -> Asset:
    """A stored file as the API shows it, made ready to look at."""
    shown = presenter.show("file", item)
    found = renditions(shown.get("variants"))
    return Asset(
        id=item["id"],
        name=title("file", item),
        type=str(item.get("type") or "misc"),
        size=size(item.get("file_size")),
        dimension=dimension(item.get("file_dimension")),
        converting=bool(item.get("is_converting")),
        renditions=found,
        thumb=_best(found, _SMALLEST),
        card=_best(found, _MIDDLE),
        picture=_best(found, _LARGEST),
    )


def _best(found: Mapping[str, str], names: Sequence[str]) -> str:
    """The first of these renditions that there is; "" for none."""
    return next((found[name] for name in names if name in found), "")


def renditions(variants: object) -> Mapping[str, str]:
    """The field `variants` of a file: name → an address here; what is no address is left out."""
    if not isinstance(variants, dict):
        return {}
    found = {}
    for name, value in variants.items():
        address = _local(value)
        if address:
            found[str(name)] = address
    return found


def _local(value: object) -> str:
    """The path of an address: whatever host it names, the sandbox serves it here."""
    address = value.get("url") if isinstance(value, dict) else value
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
    except ValueError:
        return ""
    if not parts.path.startswith("/") or parts.path.startswith("//"):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def size(value: object) -> str:
    """Bytes as people read them; "" where it is not known."""
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        return ""
    number = int(text)
    power = min(3, (len(str(number)) - 1) // 3)
    if power == 0:
        return f"{number:,} bytes"
    return f"{number / 1000**power:,.1f} {UNITS[power]}"


def dimension(value: object) -> str:
    """Width and height as people read them."""
    if isinstance(value, dict):
        return " × ".join(str(value[name]) for name in ("width", "height") if name in value)
    return str(value or "")
