"""What processing finds in a file: renditions and size of an image, labels, text."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageOps

SIZES: Mapping[str, int] = {
    "preview": 1600,
    "large": 1024,
    "medium": 512,
    "small": 256,
    "thumb": 128,
}
"""Renditions (article) and how long their longer side is at most, in pixels."""

MOST_PIXELS = 100_000_000
TEXT_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Processed:
    """What processing found: all of it empty where a file is no image and no text."""

    dimension: str | None = None
    images: Mapping[str, bytes] = field(default_factory=dict)
    text: str = ""


def look(path: Path, mime_type: str) -> Processed:
    """Look into a file.  What cannot be read is no error: there is nothing to find in it."""
    if mime_type.startswith("text/"):
        with path.open("rb") as source:
            return Processed(text=source.read(TEXT_LENGTH).decode("utf-8", "replace"))
    return _image(path) if mime_type.startswith("image/") else Processed()


def _image(path: Path) -> Processed:
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; how large is too large is said here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return _rendered(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Processed()


def _rendered(image: Image.Image) -> Processed:
    width, height = image.size
    dimension, text = f"{width}px x {height}px", str(image.info.get("Description", ""))
    if width * height > MOST_PIXELS:
        return Processed(dimension, text=text)
    image.draft("RGB", (SIZES["preview"], SIZES["preview"]))
    upright = _opaque(ImageOps.exif_transpose(image))
    images = {}
    for name, side in SIZES.items():
        upright.thumbnail((side, side))
        images[name] = _jpeg(upright)
    return Processed(dimension, images, text)


def _opaque(image: Image.Image) -> Image.Image:
    """On white, as catalogs print it."""
    if image.mode == "RGB":
        return image
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=82)
    return target.getvalue()


def labels_of(file_name: str, type_: str | None) -> list[str]:
    """Labels that a picture's name suggests: nothing here looks at what it shows."""
    words = re.findall(r"[^\W\d_]{3,}", Path(file_name).stem.lower())
    return list(dict.fromkeys([*words, *([type_] if type_ else [])]))
