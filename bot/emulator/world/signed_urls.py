"""Signed attachment addresses that expire, like those of Discord's CDN.

docs: Reference › Signed Attachment CDN URLs: ``ex`` is when it expires, ``is`` when it was issued,
both in hexadecimal seconds, ``hm`` the signature. How long an address is valid isn't documented;
real ones show a day.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

__all__ = ["is_valid_url", "sign_url"]

_VALID_FOR = 24 * 3600
#: Addresses issued within the same hour are the same.
_STEP = 3600


def sign_url(address: str, path: str, secret: bytes, now: datetime) -> str:
    """The signed address of a file, valid for a day from ``now``."""
    issued = int(now.timestamp()) // _STEP * _STEP
    expires = issued + _VALID_FOR + _STEP
    return f"{address}?ex={expires:x}&is={issued:x}&hm={_signature(path, issued, expires, secret)}"


def is_valid_url(path: str, query: Mapping[str, str], secret: bytes, now: datetime) -> bool:
    """Whether an address was signed by this world and hasn't expired."""
    try:
        issued, expires = int(query["is"], 16), int(query["ex"], 16)
    except (KeyError, ValueError):
        return False
    wanted = _signature(path, issued, expires, secret)
    return hmac.compare_digest(wanted, query.get("hm", "")) and now.timestamp() < expires


def _signature(path: str, issued: int, expires: int, secret: bytes) -> str:
    return hmac.new(secret, f"{path} {issued} {expires}".encode(), hashlib.sha256).hexdigest()
