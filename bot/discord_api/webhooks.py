"""The bot's webhook in a channel: found or made, and used to write under a member's name.

Its token is fetched when it is needed, kept in memory alone, and forgotten when it stops working
(design, decision 12).
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
    """A webhook of the bot's; who has the token can write with it."""

    id: int
    token: str = field(repr=False)


class Webhooks:
    """Finds, makes and uses the bot's webhooks, one a channel."""

    def __init__(self, *, http: HTTPClient, permissions: Permissions, single: SingleCalls) -> None:
        self._http = http
        self._permissions = permissions
        self._single = single
        self._known: dict[int, Webhook] = {}
        self._turns: dict[int, asyncio.Lock] = {}

    async def of(self, channel_id: int) -> Webhook:
        """The bot's webhook in a channel, made where there is none.

        Raises discord.HTTPException: 403 without *Manage Webhooks*, 30007 where the channel has
        as many as Discord allows, 15 (docs: Webhook Resource › Create Webhook).
        """
        async with self._turns.setdefault(channel_id, asyncio.Lock()):
            if channel_id not in self._known:
                self._known[channel_id] = await self._found(channel_id) or await self._made(
                    channel_id
                )
            return self._known[channel_id]

    def forget(self, channel_id: int) -> None:
        """The webhook does not work any more: somebody deleted it."""
        self._known.pop(channel_id, None)

    async def _found(self, channel_id: int) -> Webhook | None:
        for one in await self._http.channel_webhooks(channel_id):
            token, creator = one.get("token"), one.get("user")
            mine = creator is not None and int(creator["id"]) == self._permissions.own_id
            if one["type"] == _INCOMING and token and mine:
                return Webhook(int(one["id"]), token)
        return None

    async def _made(self, channel_id: int) -> Webhook:
        route = Route("POST", "/channels/{channel_id}/webhooks", channel_id=channel_id)
        made = await self._single.call(route, as_bot=True, body={"name": NAME})
        return Webhook(int(made["id"]), made["token"])

    async def write(
        self, webhook: Webhook, thread_id: int, payload: Payload, files: Sequence[Upload]
    ) -> int:
        """Write into a thread of its channel; the message's id.

        docs: Webhook Resource › Execute Webhook. A single attempt, for there is no nonce.
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
            query={"wait": "true", "thread_id": str(thread_id)},
            body=payload,
            files=files,
        )
        return int(message["id"])

    async def rewrite(
        self, webhook: Webhook, thread_id: int, message_id: int, payload: Payload
    ) -> None:
        """Change what the webhook wrote. docs: Webhook Resource › Edit Webhook Message."""
        route = Route(
            "PATCH",
            "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}",
            webhook_id=webhook.id,
            webhook_token=webhook.token,
            message_id=message_id,
        )
        await self._single.call(
            route, as_bot=False, query={"thread_id": str(thread_id)}, body=payload
        )

    async def delete(self, channel_id: int, message_id: int) -> None:
        """Take a message of somebody else's away, in a single attempt.

        docs: Message Resource › Delete Message (*Manage Messages*). Whether an answer of 10008
        means that somebody else was faster can only be told if nothing was asked before.
        """
        route = Route(
            "DELETE",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=channel_id,
            message_id=message_id,
        )
        await self._single.call(route, as_bot=True)
