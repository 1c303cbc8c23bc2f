"""Webhooks: finds or creates the bot's webhook in a channel, and posts under a member's name.

Its token is fetched when needed, kept in memory only, and dropped when it stops working (design,
decision 12).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from discord.http import HTTPClient, Route

from bot.core.payload import Payload
from bot.discord_api.permissions import Permissions
from bot.discord_api.single_attempt import SingleCalls, Upload

__all__ = ["NAME", "Webhook", "Webhooks"]

#: What the webhook is called in the server's settings.
NAME = "Salon"
_INCOMING = 1


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of the bot's; anyone who has the token can post with it."""

    id: int
    token: str = field(repr=False)


class Webhooks:
    """Finds, creates and uses the bot's webhooks, one a channel."""

    def __init__(self, *, http: HTTPClient, permissions: Permissions, single: SingleCalls) -> None:
        self._http = http
        self._permissions = permissions
        self._single = single
        self._known: dict[int, Webhook] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    async def get(self, channel_id: int) -> Webhook:
        """The bot's webhook in a channel, created if there is none.

        Raises discord.HTTPException: 403 without *Manage Webhooks*, 30007 where the channel has
        as many as Discord allows, 15 (docs: Webhook Resource › Create Webhook).
        """
        async with self._locks.setdefault(channel_id, asyncio.Lock()):
            if channel_id not in self._known:
                self._known[channel_id] = await self._find(channel_id) or await self._create(
                    channel_id
                )
            return self._known[channel_id]

    def forget(self, channel_id: int) -> None:
        """Drop a webhook that somebody deleted."""
        self._known.pop(channel_id, None)

    async def _find(self, channel_id: int) -> Webhook | None:
        for one in await self._http.channel_webhooks(channel_id):
            token, creator = one.get("token"), one.get("user")
            mine = creator is not None and int(creator["id"]) == self._permissions.own_id
            if one["type"] == _INCOMING and token and mine:
                return Webhook(int(one["id"]), token)
        return None

    async def _create(self, channel_id: int) -> Webhook:
        route = Route("POST", "/channels/{channel_id}/webhooks", channel_id=channel_id)
        created = await self._single.call(route, as_bot=True, body={"name": NAME})
        return Webhook(int(created["id"]), created["token"])

    async def post(
        self, webhook: Webhook, thread_id: int | None, payload: Payload, files: Sequence[Upload]
    ) -> int:
        """Post into a thread of its channel, or the channel itself for None; the message's id.

        docs: Webhook Resource › Execute Webhook. In a single attempt, since there is no nonce.
        """
        route = Route(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            webhook_id=webhook.id,
            webhook_token=webhook.token,
        )
        message: dict[str, Any] = await self._single.call(
            route,
            as_bot=False,
            query={"wait": "true"} | _name_thread(thread_id),
            body=payload,
            files=files,
        )
        return int(message["id"])

    async def edit(
        self, webhook: Webhook, thread_id: int | None, message_id: int, payload: Payload
    ) -> None:
        """Edit a message of the webhook. docs: Webhook Resource › Edit Webhook Message."""
        route = Route(
            "PATCH",
            "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
            webhook_id=webhook.id,
            webhook_token=webhook.token,
            message_id=message_id,
        )
        await self._single.call(route, as_bot=False, query=_name_thread(thread_id), body=payload)

    async def delete(self, channel_id: int, message_id: int) -> None:
        """Delete somebody else's message, in a single attempt.

        docs: Message Resource › Delete Message (*Manage Messages*). Only the first attempt's 10008
        proves that somebody else deleted it.
        """
        route = Route(
            "DELETE",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=channel_id,
            message_id=message_id,
        )
        await self._single.call(route, as_bot=True)


def _name_thread(thread_id: int | None) -> dict[str, str]:
    """The query of a call about a message in a thread; empty for one in the channel."""
    return {} if thread_id is None else {"thread_id": str(thread_id)}
