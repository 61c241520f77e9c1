"""What is kept on this machine so that the next run has less to read, sealed (contract 7.4).

    folder.py    which folder, and which file of it belongs to whom
    seal.py      keys from the client secret, and blobs that open only where they were put
    store.py     the file: shelves of sealed blobs in SQLite

A cache is never needed: whatever is wrong with it is noticed, and everything is read anew.  Keep
nothing here that could not be read again.
"""

from __future__ import annotations

from reconciler.cache.folder import Owner, sealed_folder
from reconciler.cache.seal import Damaged
from reconciler.cache.store import Cache, Shelf, Unusable

__all__ = ["Cache", "Damaged", "Owner", "Shelf", "Unusable", "sealed_folder"]
