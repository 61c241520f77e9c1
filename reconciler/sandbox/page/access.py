"""Who may send the form: only a page of this very sandbox, asked for under its own host."""

from __future__ import annotations

import ipaddress
import secrets
from urllib.parse import urlsplit


def host_allowed(header: str, reached: str, served: str) -> bool:
    """Whether a Host header names loopback, the address reached, or the host that is served.

    Any other name is one that somebody else's page made point here (DNS rebinding).
    """
    try:
        name = urlsplit(f"//{header}").hostname
    except ValueError:
        return False
    return bool(name) and (
        name in {"localhost", reached.lower(), served.lower()} or _loopback(name)
    )


def _loopback(name: str | None) -> bool:
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False


def token_matches(sent: str, own: str) -> bool:
    """Compared in constant time."""
    return secrets.compare_digest(sent.encode(errors="replace"), own.encode())
