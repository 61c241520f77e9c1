"""Blobs that open with the client secret alone, and only where they were put (contract 7.4).

A CI cache is readable by others, a fork's pull request among them: what is in clear says nothing.
Each blob is sealed together with its place, so that one that was swapped with another, or comes
from an earlier writing, does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import zlib

from reconciler.cache.folder import Owner

NONCE = 12
"""Bytes before what is sealed; random ones, as AES-GCM wants them."""

_KEY = 32
_PURPOSE = "pxm cache 1"
_LEVEL = 1
"""Of compression: the next level takes twice as long for a tenth of the size."""


class Damaged(Exception):
    """It is not what was put there: bits, place or version differ."""


class Seal:
    """Seals and opens blobs for one owner; ValueError where it has no secret."""

    def __init__(self, owner: Owner) -> None:
        # Imported here: most commands open no cache.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        if not owner.client_secret:
            raise ValueError("nothing is sealed without a client secret")
        whose = _label(_PURPOSE, owner.base_url, owner.client_id)
        keys = HKDF(SHA256(), 2 * _KEY, salt=None, info=whose).derive(
            owner.client_secret.encode("utf-8", "surrogatepass")
        )
        self._names = keys[:_KEY]
        self._cipher = AESGCM(keys[_KEY:])

    def name(self, *parts: str) -> bytes:
        """What stands for a name in clear: nobody without the secret can tell or guess it."""
        return hmac.new(self._names, _label(*parts), hashlib.sha256).digest()

    def close(self, content: bytes, *place: str) -> bytes:
        """The content, compressed and sealed for a place."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(content, _LEVEL), _label(*place))

    def open(self, sealed: bytes, *place: str) -> bytes:
        """What was sealed for this place; Damaged where it is anything else."""
        from cryptography.exceptions import InvalidTag

        try:
            packed = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _label(*place))
            return zlib.decompress(packed)
        except (InvalidTag, ValueError, zlib.error):
            raise Damaged("a part of it is not what was written") from None


def _label(*parts: str) -> bytes:
    """Parts as one text in which none can run into the next."""
    return json.dumps(parts).encode("ascii")
