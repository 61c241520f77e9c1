"""Keeps secrets out of what is shown (contract 7.1).

The API's own words are shown in errors, and a service in trouble may echo what it was sent.
"""

from __future__ import annotations

from base64 import b64encode

_SHORTEST = 4
"""A shorter secret cannot be told from ordinary text, and is none."""


class Redaction:
    """Known secrets, and a text without them."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def learn(self, secret: str) -> None:
        """From now on, leave this out."""
        if len(secret) >= _SHORTEST:
            self._secrets = {*self._secrets, secret}

    def learn_login(self, client_id: str, client_secret: str) -> None:
        """Leave out the secret, and both together as Basic authentication says them."""
        self.learn(client_secret)
        if client_secret:
            self.learn(b64encode(f"{client_id}:{client_secret}".encode()).decode())

    def __call__(self, text: str) -> str:
        # The longest first: a secret may be a part of another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text
