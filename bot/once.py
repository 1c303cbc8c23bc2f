"""Calls that are made once: those that Discord would carry out twice if they were repeated.

The library repeats a call that was answered with 500, 502, 504 or 524 up to five times, of itself.
Starting a forum's post and executing a webhook have no nonce, so that a 502 behind the effect
would post twice there, before anybody could look.
"""

from __future__ import annotations

import io
from typing import Any

import discord
from discord.http import HTTPClient, Route

__all__ = ["UnclearError", "call_once"]


class UnclearError(OSError):
    """The call may have had its effect or not; whoever made it has to look."""


class _Once(discord.File):
    """A file that is part of no call: the library winds it back before each of its attempts."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), "once")

    def reset(self, *, seek: int | bool = True) -> None:
        """Refuse the second attempt; ``seek`` counts them from 0."""
        if seek:
            raise UnclearError


async def call_once(http: HTTPClient, route: Route, body: dict[str, Any]) -> Any:
    """Make a call with a JSON body in one attempt, within the library's rate limits; the answer.

    Raises UnclearError where the library would have repeated it, after a 429 too (docs: Topics ›
    Rate Limits), for which it has waited then; else what the library raises.
    """
    return await http.request(route, json=body, files=[_Once()])
