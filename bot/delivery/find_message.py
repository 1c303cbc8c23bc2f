"""Searches a channel's history for a message that an earlier attempt may have created."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from typing import Any, Protocol

from bot.core import limits

__all__ = ["HistoryClient", "find_message"]


class HistoryClient(Protocol):
    """What reads a channel's history: discord.py's ``HTTPClient``."""

    def logs_from(
        self, channel_id: int, limit: int, *, after: int
    ) -> Awaitable[Sequence[Mapping[str, Any]]]:
        """docs: Message Resource › Get Channel Messages."""
        ...


async def find_message(
    http: HistoryClient,
    channel_id: int,
    *,
    after: int,
    besides: Container[int],
    matches: Callable[[dict[str, Any]], bool],
) -> dict[str, Any] | None:
    """The oldest message after an id that matches; None if there is none.

    ``besides``: messages that are known to be others. Raises what discord.py raises where Discord
    can't be reached. The history is empty where the bot may not read it, which proves nothing.
    """
    while True:
        page = await http.logs_from(channel_id, limits.HISTORY_PAGE, after=after)
        found: list[dict[str, Any]] = [dict(message) for message in page]
        found.sort(key=lambda one: int(one["id"]))
        for message in found:
            if int(message["id"]) not in besides and matches(message):
                return message
        if len(found) < limits.HISTORY_PAGE:
            return None
        after = int(found[-1]["id"])
