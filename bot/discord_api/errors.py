"""What every call to Discord shares: its error codes, what may pass by itself, how long to wait."""

from __future__ import annotations

import asyncio

import aiohttp
import discord

from bot.core.conversation.styles import TargetChannel

__all__ = [
    "ARCHIVED",
    "AUTOMOD",
    "MAY_NOT_REPLY",
    "PASSING",
    "REFUSED_BY_AUTOMOD",
    "THREAD_LOCKED",
    "TOO_MANY_THREADS",
    "UNKNOWN_CHANNEL",
    "UNKNOWN_MESSAGE",
    "Sight",
    "forbidden",
    "name",
    "wait_before",
]

#: docs: Topics › Opcodes and Status Codes › JSON Error Codes.
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, ARCHIVED = 10003, 10008, 50083
THREAD_LOCKED = 160005
#: Of all threads, and of those in announcement channels.
TOO_MANY_THREADS = frozenset((160006, 160007))
#: Of a message, and of the title of a thread or post.
REFUSED_BY_AUTOMOD = frozenset((200000, 200001))
#: Replying takes the right to read the history; Discord says so with status 400, not 403.
MAY_NOT_REPLY = 160002
#: What an admin can do about that.
AUTOMOD = "The server's AutoMod refused the message; let me pass in its rules."

#: What may be in the way of one attempt and gone at the next.
PASSING = (OSError, asyncio.TimeoutError, aiohttp.ClientError, discord.RateLimited)


class Sight:
    """What the bot knows of itself and its rights; the client is one of these."""

    own_id: int

    def may_read_history(self, channel_id: int) -> bool:
        """Whether an empty history of the channel would prove that it is empty."""
        raise NotImplementedError

    def lists(self, server_id: int, channel_id: int) -> bool | None:
        """Whether a server tells of a channel; None where the server itself cannot be seen."""
        raise NotImplementedError

    def is_locked(self, thread_id: int) -> bool | None:
        """Whether a thread is locked; None where only Discord can tell."""
        raise NotImplementedError

    def target_channel(self, channel_id: int) -> TargetChannel | None:
        """What kind of channel it is, and what a post in it takes; None for one not seen."""
        raise NotImplementedError

    def missing_to_write(self, channel_id: int) -> str:
        """What keeps the bot from writing into the channel, as a sentence; "" if nothing known."""
        raise NotImplementedError

    def missing_to_move(self, channel_id: int) -> str:
        """What keeps the bot from moving replies out of the channel, as a sentence; "" if nothing
        is known to."""
        raise NotImplementedError


def forbidden(sight: Sight, channel_id: int, error: discord.HTTPException) -> str:
    """Why Discord answered 403 in a channel: the right that lacks, else Discord's own word."""
    return sight.missing_to_write(channel_id) or f"Discord forbids it ({error.text or error.code})."


def wait_before(attempts: int, *, slowly: bool) -> int:
    """Milliseconds until the next attempt, growing with their number (1 for the first).

    What may pass by itself is tried soon and at least every five minutes; what somebody has to
    mend, such as a permission, after a minute and at least every hour.
    """
    growth = 1 << min(attempts, 12)
    seconds = min(30 * growth, 3600) if slowly else min(growth, 300)
    return seconds * 1000


def name(error: BaseException) -> str:
    return type(error).__name__
