"""Addresses of files that run out, as Discord's CDN gives them.

docs: Reference › Signed Attachment CDN URLs: ``ex`` is when it runs out, ``is`` when it was given,
both in hexadecimal seconds, ``hm`` what shows that they are Discord's. How long an address lasts
is not documented; a day is what they show.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

__all__ = ["is_valid_url", "sign_url"]

_LASTS = 24 * 3600
#: Addresses given within the same hour are the same.
_STEP = 3600


def sign_url(address: str, path: str, secret: bytes, now: datetime) -> str:
    """The address of a file, good for a day from ``now`` on."""
    given = int(now.timestamp()) // _STEP * _STEP
    runs_out = given + _LASTS + _STEP
    return f"{address}?ex={runs_out:x}&is={given:x}&hm={_mark(path, given, runs_out, secret)}"


def is_valid_url(path: str, query: Mapping[str, str], secret: bytes, now: datetime) -> bool:
    """Whether an address was given by this world and has not run out."""
    try:
        given, runs_out = int(query["is"], 16), int(query["ex"], 16)
    except (KeyError, ValueError):
        return False
    wanted = _mark(path, given, runs_out, secret)
    return hmac.compare_digest(wanted, query.get("hm", "")) and now.timestamp() < runs_out


def _mark(path: str, given: int, runs_out: int, secret: bytes) -> str:
    return hmac.new(secret, f"{path} {given} {runs_out}".encode(), hashlib.sha256).hexdigest()
