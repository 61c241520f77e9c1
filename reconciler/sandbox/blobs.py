"""The bytes of files: a folder beside the database, or a temporary one for an account in memory."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

ORIGINAL = "original"


class Blobs:
    """A folder for each file, with its original and its renditions, and one for open uploads."""

    def __init__(self, db: Path | None) -> None:
        self._temporary = db is None
        self.folder = Path(tempfile.mkdtemp(prefix="pxm-sandbox-")) if db is None else _beside(db)
        self._uploads = self.folder / "uploads"

    def close(self) -> None:
        """Drop what only an account in memory had."""
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def forget_uploads(self) -> None:
        """What was on its way when a server ended can never be confirmed."""
        shutil.rmtree(self._uploads, ignore_errors=True)

    def path(self, file_id: str, name: str = ORIGINAL) -> Path:
        """Where a file's original or rendition is, or would be."""
        return self.folder / "files" / f"f-{quote(file_id, safe='')}" / f"b-{quote(name, safe='')}"

    def upload(self, name: str) -> Path:
        """Where an upload is collected; its folder exists."""
        self._uploads.mkdir(parents=True, exist_ok=True)
        return self._uploads / name

    def adopt(self, upload: Path, file_id: str) -> None:
        """An upload becomes a file's original."""
        target = self.path(file_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        upload.replace(target)

    def write(self, file_id: str, content: bytes, name: str = ORIGINAL) -> None:
        """Keep bytes as a file's original or rendition."""
        target = self.path(file_id, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def remove(self, file_id: str) -> None:
        """Drop a file's bytes."""
        shutil.rmtree(self.path(file_id).parent, ignore_errors=True)


def _beside(db: Path) -> Path:
    return db.with_name(f"{db.name}.files")
