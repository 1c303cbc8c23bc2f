"""Copies whose making was not answered: which message of the thread one is, and what came to it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from discord.http import HTTPClient

from bot.core import limits
from bot.core.conversation.events import Message
from bot.core.conversation.reply_copy import hash_copy
from bot.ingest.recorder import LiveEvent
from storage.replies.reply_moves import ReplyMove

__all__ = ["copy_of", "reactions_to"]


async def copy_of(
    one: ReplyMove, http: HTTPClient, *, besides: Container[int]
) -> dict[str, Any] | None:
    """The copy of a reply, looked for in its thread behind the reply; None where none stands.

    ``besides``: messages that are the copies of other replies. Raises what the library raises
    where Discord cannot be reached.
    """
    after = one.reply_id
    while True:
        page = await http.logs_from(one.thread_id, limits.HISTORY_PAGE, after=after)
        for data in sorted(page, key=lambda message: int(message["id"])):
            if int(data["id"]) not in besides and _is_copy(dict(data), one):
                return dict(data)
        if len(page) < limits.HISTORY_PAGE:
            return None
        after = max(int(data["id"]) for data in page)


def _is_copy(data: dict[str, Any], one: ReplyMove) -> bool:
    """Whether a message is the copy that was asked for, by who wrote it and what it says."""
    if data.get("webhook_id") is None or int(data["webhook_id"]) != one.webhook_id:
        return False
    sizes = [file["size"] for file in data.get("attachments") or ()]
    return hash_copy(data["author"]["username"], data["content"], sizes) == one.signature


def reactions_to(copy_id: int, live: Iterable[LiveEvent]) -> list[LiveEvent]:
    """The reactions to a copy that came before it was known to be one."""
    return [one for one in live if not isinstance(one, Message) and one.message_id == copy_id]
