"""Small pictures of the catalog's files, as `data:` addresses."""

from __future__ import annotations

import base64
import io
import os
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model import Ref
from reconciler.reports.site import Picture

if TYPE_CHECKING:
    from PIL import Image

SIDES = ((300, 320), (1000, 240), (2500, 160))
"""How many pictures there are at most, and how many pixels the longer side of each then has."""

LEAST = 96
"""The same of more than those."""

QUALITIES = (75, 55, 35)
DENSITY = 0.18
"""Bytes for each pixel of a square of that side that a picture may take, or it is made coarser."""

MOST_BYTES = 64 * 1024 * 1024
"""Of a file that is looked at: nobody shows larger ones in a shop."""


def thumbnails(files: Mapping[Ref, Path]) -> Mapping[Ref, Picture]:
    """A small picture of each file; what is none, or cannot be read, is left out."""
    from PIL import Image

    side = _side(len(files))
    with (
        warnings.catch_warnings(),
        ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool,
    ):
        # Pillow warns of what unpacks to far more than it seems; here that is no picture.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        made = list(pool.map(lambda path: _thumbnail(path, side), files.values()))
    return {
        ref: Picture("", path.name, f"data:image/jpeg;base64,{base64.b64encode(data).decode()}")
        for (ref, path), data in zip(files.items(), made, strict=True)
        if data
    }


def _side(count: int) -> int:
    return next((side for most, side in SIDES if count <= most), LEAST)


def _thumbnail(path: Path, side: int) -> bytes:
    """A JPEG on white; empty where that cannot be."""
    from PIL import Image, ImageOps

    try:
        if path.stat().st_size > MOST_BYTES:
            return b""
        with Image.open(path, formats=("JPEG", "PNG", "GIF", "WEBP")) as image:
            # A JPEG is unpacked at a part of its size at once, which is most of the work.
            image.draft("RGB", (side, side))
            seen = image if image.mode == "RGB" else image.convert("RGBA")
            seen.thumbnail((side, side))
            small = ImageOps.exif_transpose(seen)
            flat = small if small.mode == "RGB" else _on_white(small)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        return b""
    data = b""
    for quality in QUALITIES:
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=quality)
        data = out.getvalue()
        if len(data) <= side * side * DENSITY:
            break
    return data


def _on_white(image: Image.Image) -> Image.Image:
    """An RGBA picture without its alpha channel: JPEG has none."""
    from PIL import Image

    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image)
    return flat
