"""Addresses of PostgreSQL databases, for messages and logs."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["describe_address"]


def describe_address(address: str) -> str:
    """The address of a PostgreSQL database without user name, password and options."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{parts.hostname or ''}{port}{parts.path}"
