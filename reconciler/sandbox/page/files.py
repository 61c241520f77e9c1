"""Files as the pages show them: renditions by name, as addresses on this very server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler.sandbox.page.account import title
from reconciler.sandbox.store import Object
from reconciler.sandbox.wire import Reader

_MIDDLE = ("small", "medium", "thumb", "large", "preview")
_SMALLEST = ("thumb", "small", "medium", "large", "preview")
_LARGEST = ("preview", "large", "medium", "small", "thumb")
UNITS = ("bytes", "kB", "MB", "GB")
_SIZES = (_SMALLEST, _MIDDLE, _LARGEST)


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


def asset(reader: Reader, item: Object) -> Asset:
    """A stored file as the API shows it, made ready to look at."""
    shown = reader.show("file", item)
    found = renditions(shown.get("variants"))
    return Asset(
        item["id"],
        title("file", item),
        str(item.get("type") or "misc"),
        size(item.get("file_size")),
        dimension(item.get("file_dimension")),
        bool(item.get("is_converting")),
        found,
        *(next((found[name] for name in names if name in found), "") for names in _SIZES),
    )


def renditions(variants: object) -> Mapping[str, str]:
    """The field `variants` of a file: name → an address here; what is no address is left out."""
    if not isinstance(variants, dict):
        return {}
    found = {str(name): _local(value) for name, value in variants.items()}
    return {name: address for name, address in found.items() if address}


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
    if not (str(value).isascii() and str(value).isdigit()):
        return ""
    number = int(str(value))
    power = min(3, (len(str(number)) - 1) // 3)
    return f"{number:,} bytes" if power == 0 else f"{number / 1000**power:,.1f} {UNITS[power]}"


def dimension(value: object) -> str:
    """Width and height as people read them."""
    if isinstance(value, dict):
        return " × ".join(str(value[name]) for name in ("width", "height") if name in value)
    return str(value or "")
