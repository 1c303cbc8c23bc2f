"""Forum posts: started once, and looked for before they are started again.

docs: Channel Resource › Start Thread in Forum or Media Channel. The call has no nonce; the post it
makes bears the id of its first message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.core import limits
from bot.core.conversation.thread_names import make_essay_thread_name
from bot.core.payload import get_signature
from bot.core.snowflake import get_snowflake_time
from bot.discord_api.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.discord_api.permissions import Permissions
from bot.discord_api.single_attempt import SingleCalls
from storage.delivery.messages import NewForumPost, PlannedMessage

__all__ = ["Forums"]


class Forums:
    """Starts forum posts for the outbox."""

    def __init__(self, *, http: HTTPClient, permissions: Permissions) -> None:
        self._http = http
        self._permissions = permissions
        self._single = SingleCalls(http)

    async def start(self, post: PlannedMessage, starts: NewForumPost) -> int:
        """Start the forum's post whose first message ``post`` is; its id.

        In a single attempt: whatever fails but what Discord refused has to be looked for.
        """
        route = Route("POST", "/channels/{channel_id}/threads", channel_id=post.channel_id)
        body: dict[str, Any] = {
            "name": make_essay_thread_name(starts.title),
            "auto_archive_duration": limits.AUTO_ARCHIVE_MINUTES,
            "message": {"allowed_mentions": {"parse": []}, **post.payload},
        }
        if starts.tags:
            body["applied_tags"] = [str(tag) for tag in starts.tags]
        return int((await self._single.call(route, as_bot=True, body=body))["id"])

    async def stop(self) -> None:
        """Close what is open."""
        await self._single.close()

    async def find(
        self, post: PlannedMessage, starts: NewForumPost, recorded: set[int]
    ) -> int | None:
        """The forum's post that an earlier attempt started, if one did.

        ``recorded``: posts that are another essay's. Raises PermissionError where not finding it
        would prove nothing.
        """
        active = await self._http.get_active_threads(post.server_id)
        found = await self._first(post, starts, active["threads"], recorded)
        if found is not None:
            return found
        if not self._permissions.can_read_history(post.channel_id):
            raise PermissionError
        before: str | None = None
        while True:
            page = await self._archived(post.channel_id, before)
            found = await self._first(post, starts, page["threads"], recorded)
            if found is not None or not page.get("has_more") or not page["threads"]:
                return found
            # The latest archived come first: what was archived before it was begun is another.
            before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
            if datetime.fromisoformat(before) < get_snowflake_time(post.after_id):
                return None

    async def _archived(self, channel_id: int, before: str | None) -> Mapping[str, Any]:
        """docs: Channel Resource › List Public Archived Threads."""
        route = Route(
            "GET", "/channels/{channel_id}/threads/archived/public", channel_id=channel_id
        )
        params: dict[str, Any] = {"limit": limits.THREADS_PAGE}
        if before is not None:
            params["before"] = before
        found: Mapping[str, Any] = await self._http.request(route, params=params)
        return found

    async def _first(
        self,
        post: PlannedMessage,
        starts: NewForumPost,
        threads: Sequence[Mapping[str, Any]],
        recorded: set[int],
    ) -> int | None:
        for thread in sorted(self._ours(post, threads, recorded), key=lambda one: int(one["id"])):
            if await self._is_same(post, starts, thread):
                return int(thread["id"])
        return None

    def _ours(
        self, post: PlannedMessage, threads: Sequence[Mapping[str, Any]], recorded: set[int]
    ) -> Iterator[Mapping[str, Any]]:
        for thread in threads:
            if (
                int(thread["parent_id"]) == post.channel_id
                and int(thread["owner_id"]) == self._permissions.own_id
                and int(thread["id"]) > post.after_id
                and int(thread["id"]) not in recorded
            ):
                yield thread

    async def _is_same(
        self, post: PlannedMessage, starts: NewForumPost, thread: Mapping[str, Any]
    ) -> bool:
        thread_id = int(thread["id"])
        try:
            message = await self._http.get_message(thread_id, thread_id)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_CHANNEL:
                return False
            if error.code == UNKNOWN_MESSAGE:  # somebody has deleted it: its name is left
                return bool(thread["name"] == make_essay_thread_name(starts.title))
            raise
        return get_signature(message) == get_signature(post.payload)
