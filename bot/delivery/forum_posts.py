"""Starts forum posts, and searches for them before they are started again.

docs: Channel Resource › Start Thread in Forum or Media Channel. The call has no nonce; the post it
creates has the id of its first message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import discord
from discord.http import Route

from bot.core import limits
from bot.core.conversation.thread_names import make_essay_thread_name
from bot.core.payload import get_signature
from bot.core.snowflake import get_snowflake_time
from bot.delivery.worker import HistoryUnreadable
from bot.delivery.worker_context import DeliveryContext
from bot.discord_api.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.discord_api.single_attempt import Upload
from storage.delivery.messages import NewForumPost, PlannedMessage

__all__ = ["ForumPostStarter"]


class ForumPostStarter:
    """Starts forum posts, each exactly once."""

    def __init__(self, context: DeliveryContext) -> None:
        self._http = context.http
        self._permissions = context.permissions
        self._single = context.single

    async def start(
        self, message: PlannedMessage, new: NewForumPost, uploads: Sequence[Upload]
    ) -> int:
        """Start the forum post whose first message this is, with its pictures; its id.

        A generic name is in the current language, here and where the post is searched for.
        In a single attempt: after an error it has to be searched for, unless Discord refused it.
        """
        route = Route("POST", "/channels/{channel_id}/threads", channel_id=message.channel_id)
        body: dict[str, Any] = {
            "name": make_essay_thread_name(new.title),
            "auto_archive_duration": limits.AUTO_ARCHIVE_MINUTES,
            "message": {"allowed_mentions": {"parse": []}, **message.payload},
        }
        if new.tags:
            body["applied_tags"] = [str(tag) for tag in new.tags]
        return int((await self._single.call(route, as_bot=True, body=body, files=uploads))["id"])

    async def find(
        self, message: PlannedMessage, new: NewForumPost, recorded: set[int]
    ) -> int | None:
        """The forum post that an earlier attempt started, if one did.

        ``recorded``: posts of other essays. Raises JobFailed where not finding it would prove
        nothing.
        """
        active = await self._http.get_active_threads(message.server_id)
        found = await self._find_same(message, new, active["threads"], recorded)
        if found is not None:
            return found
        if not self._permissions.can_read_history(message.server_id, message.channel_id):
            raise HistoryUnreadable(message.channel_id)
        before: str | None = None
        while True:
            page = await self._list_archived(message.channel_id, before)
            found = await self._find_same(message, new, page["threads"], recorded)
            if found is not None or not page.get("has_more") or not page["threads"]:
                return found
            # The latest archived come first; this one can't be archived before it was planned.
            before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
            if datetime.fromisoformat(before) < get_snowflake_time(message.after_id):
                return None

    async def _list_archived(self, channel_id: int, before: str | None) -> Mapping[str, Any]:
        """docs: Channel Resource › List Public Archived Threads."""
        route = Route(
            "GET", "/channels/{channel_id}/threads/archived/public", channel_id=channel_id
        )
        params: dict[str, Any] = {"limit": limits.THREADS_PAGE}
        if before is not None:
            params["before"] = before
        found: Mapping[str, Any] = await self._http.request(route, params=params)
        return found

    async def _find_same(
        self,
        message: PlannedMessage,
        new: NewForumPost,
        threads: Sequence[Mapping[str, Any]],
        recorded: set[int],
    ) -> int | None:
        for thread in sorted(
            self._get_ours(message, threads, recorded), key=lambda one: int(one["id"])
        ):
            if await self._is_same(message, new, thread):
                return int(thread["id"])
        return None

    def _get_ours(
        self, message: PlannedMessage, threads: Sequence[Mapping[str, Any]], recorded: set[int]
    ) -> Iterator[Mapping[str, Any]]:
        for thread in threads:
            if (
                int(thread["parent_id"]) == message.channel_id
                and int(thread["owner_id"]) == self._permissions.own_id
                and int(thread["id"]) > message.after_id
                and int(thread["id"]) not in recorded
            ):
                yield thread

    async def _is_same(
        self, message: PlannedMessage, new: NewForumPost, thread: Mapping[str, Any]
    ) -> bool:
        thread_id = int(thread["id"])
        try:
            first = await self._http.get_message(thread_id, thread_id)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_CHANNEL:
                return False
            if error.code == UNKNOWN_MESSAGE:  # it was deleted: only its name is left
                return bool(thread["name"] == make_essay_thread_name(new.title))
            raise
        return get_signature(first) == get_signature(message.payload)
