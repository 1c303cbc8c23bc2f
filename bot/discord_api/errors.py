"""Discord error codes, which errors are transient, and what a failed call means for its job.

docs: Topics › Opcodes and Status Codes › JSON Error Codes.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Final

import aiohttp
import discord

from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.truncate import truncate

__all__ = [
    "ALREADY_CROSSPOSTED",
    "ARCHIVED",
    "AUTOMOD",
    "BLOCKED_BY_AUTOMOD",
    "CANNOT_REPLY_WITHOUT_HISTORY",
    "TAG_REQUIRED",
    "THREAD_EXISTS",
    "THREAD_LOCKED",
    "TOO_MANY_OLD_EDITS",
    "TOO_MANY_PINS",
    "TOO_MANY_THREADS",
    "TOO_MANY_WEBHOOKS",
    "TRANSIENT",
    "UNKNOWN_CHANNEL",
    "UNKNOWN_MEMBER",
    "UNKNOWN_MESSAGE",
    "UNKNOWN_USER",
    "WEBHOOK_DELETED",
    "Outcome",
    "classify",
    "describe_error",
    "get_error_name",
    "has_no_effect",
]

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MEMBER: Final = 10007
UNKNOWN_MESSAGE: Final = 10008
UNKNOWN_USER: Final = 10013
#: Unknown webhook, and invalid webhook token.
WEBHOOK_DELETED: Final = frozenset((10015, 50027))
TOO_MANY_PINS: Final = 30003
TOO_MANY_WEBHOOKS: Final = 30007
#: The message was published to followers before.
ALREADY_CROSSPOSTED: Final = 40033
#: Too many edits of messages older than an hour.
TOO_MANY_OLD_EDITS: Final = 30046
#: A forum post needs a tag, and perhaps one that only moderators may set.
TAG_REQUIRED: Final = frozenset((40066, 40067))
#: The thread is archived; whoever may write in it may open it again.
ARCHIVED: Final = 50083
THREAD_EXISTS: Final = 160004
THREAD_LOCKED: Final = 160005
#: Of all active threads, and of those in announcement channels.
TOO_MANY_THREADS: Final = frozenset((160006, 160007))
#: Of a message, and of the title of a thread or post.
BLOCKED_BY_AUTOMOD: Final = frozenset((200000, 200001))
#: Replying takes *Read Message History*; Discord says so with status 400, not 403.
CANNOT_REPLY_WITHOUT_HISTORY: Final = 160002

#: What an admin can do about a message that AutoMod blocked.
AUTOMOD = make_coded("automod")

#: Errors of one attempt that may be over by the next, without anybody's doing.
TRANSIENT = (OSError, asyncio.TimeoutError, aiohttp.ClientError, discord.RateLimited)


class Outcome(Enum):
    """What a failed call means for the job that made it."""

    #: Transient: try again soon.
    RETRY_SOON = "retry_soon"
    #: Somebody has to fix something, such as a permission: try again, but less and less often.
    NEEDS_ADMIN = "needs_admin"
    #: The channel or message is no longer there.
    DELETED = "deleted"
    #: Discord will never accept this call.
    REFUSED = "refused"


def classify(error: BaseException) -> Outcome:
    """What an error of Discord's API, or of the way to it, means; unknown ones are transient."""
    if not isinstance(error, discord.HTTPException):
        return Outcome.RETRY_SOON
    if error.code in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
        return Outcome.DELETED
    if error.code in BLOCKED_BY_AUTOMOD:
        return Outcome.REFUSED
    if (
        error.status == 403
        or error.code in (THREAD_LOCKED, CANNOT_REPLY_WITHOUT_HISTORY)
        or error.code in TOO_MANY_THREADS
        or error.code == TOO_MANY_OLD_EDITS
    ):
        return Outcome.NEEDS_ADMIN
    if error.status in (400, 413):
        return Outcome.REFUSED
    return Outcome.RETRY_SOON


_MAX_TEXT = 200
#: What errors mean that an admin may meet.
_DESCRIPTIONS: Final = {
    10003: make_coded("error-channel-unknown"),
    10008: make_coded("error-message-unknown"),
    10015: make_coded("error-webhook-unknown"),
    20009: make_coded("error-explicit-content"),
    20016: make_coded("error-slow-mode"),
    30007: make_coded("error-too-many-webhooks"),
    40005: make_coded("error-file-too-large"),
    40066: make_coded("error-tag-required"),
    40067: make_coded("error-moderator-tag-required"),
    50001: make_coded("error-no-access"),
    50006: make_coded("error-message-empty"),
    50008: make_coded("error-no-text-channel"),
    50009: make_coded("error-verification-level"),
    50013: make_coded("error-no-permission"),
    50024: make_coded("error-channel-type"),
    50083: make_coded("error-thread-archived"),
    160002: make_coded("error-no-history"),
    160005: make_coded("error-thread-locked"),
    160006: make_coded("error-too-many-threads"),
    200000: make_coded("error-automod"),
    240000: make_coded("error-harmful-link"),
}
#: Codes that mean the same to an admin.
_SAME: Final = {50027: 10015, 160007: 160006, 200001: 200000}


def describe_error(error: Exception) -> CodedText | str:
    """What an error of Discord's API means, in a few words without a full stop.

    Errors that an admin may meet are translated; others are in Discord's own words. An error of the
    way to it is named by its type.
    """
    if not isinstance(error, discord.HTTPException):
        return get_error_name(error)
    known = _DESCRIPTIONS.get(_SAME.get(error.code, error.code))
    if known is not None:
        return known
    text = " ".join(error.text.split()) or error.response.reason or "?"
    return make_coded(
        "error-other", text=truncate(text, _MAX_TEXT), number=error.code or error.status
    )


def has_no_effect(error: BaseException) -> bool:
    """Whether it is certain that Discord didn't do what was asked.

    A status of 500 and more, or a broken connection, leaves it open.
    """
    if isinstance(error, discord.HTTPException):
        return error.status < 500
    return isinstance(error, discord.RateLimited)


def get_error_name(error: BaseException) -> str:
    """The name of the error's type, for logs and ``last_error``."""
    return type(error).__name__
