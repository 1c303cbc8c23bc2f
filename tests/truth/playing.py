"""A seeded random play of members, admins and misfortunes around a running bot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.rehearsal.founding import add_application, invite_bot
from bot.rehearsal.records import Message, User
from bot.rehearsal.standin import StandIn

__all__ = ["FLOORS", "Bot", "Play"]

#: How often each kind of action comes at least in a play of 200.
FLOORS = {
    "say": 8,
    "answer essay": 14,
    "answer in channel": 8,
    "talk": 20,
    "answer in thread": 14,
    "attach": 4,
    "edit": 14,
    "delete": 8,
    "delete many": 2,
    "react": 14,
    "take back": 6,
    "clear reactions": 2,
    "open thread": 4,
    "archive": 4,
    "lock": 2,
    "delete thread": 2,
    "join or leave": 3,
    "hide": 2,
    "show": 2,
    "outage": 2,
    "return": 2,
    "cut": 2,
    "close": 2,
    "invalid session": 3,
    "duplicate": 5,
    "reorder": 5,
    "failing call": 3,
    "settle": 3,
}
_EVENTS = (
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "THREAD_CREATE",
)
_EMOJI = ("👍", "🍞", "🎉")
_VIEW, _HISTORY = 1 << 10, 1 << 16


@dataclass
class Bot:
    """What a play does to the bot."""

    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    is_up: bool = True


@dataclass
class Play:
    """One play. ``ours``: the bot's messages of the essay. ``done`` counts what was done."""

    standin: StandIn
    bot: Bot
    seed: int
    channel_id: int
    session: aiohttp.ClientSession
    done: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    hidden: bool = False

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        world = self.standin.world
        guild = next(iter(world.guilds.values()))
        self.own_id = world.bot.id
        self.admin = world.users[guild.owner_id]
        # Only bots can delete many messages at once (docs: Message Resource › Bulk Delete).
        application = add_application(world, self.admin, "Moderator")
        self.moderator = world.users[application.bot_id]
        invite_bot(world, guild, self.moderator)
        self.members = [
            user for user in world.users.values() if not user.bot and user.id != self.admin.id
        ]

    # -- the course of it ---------------------------------------------------------------------

    async def run(self, actions: int) -> None:
        """Do ``actions`` things, each kind at least as often as its floor in 200 asks."""
        share = actions / 200
        kinds = [kind for kind, floor in FLOORS.items() for _ in range(max(1, int(floor * share)))]
        common = ["talk", "answer essay", "answer in thread", "edit", "react", "delete"]
        kinds += [self.random.choice(common) for _ in range(max(0, actions - len(kinds)))]
        self.random.shuffle(kinds)
        # What needs something to act on waits until there is something.
        for kind in kinds:
            if not await self._do(kind):
                await self._do("answer essay")
                if not await self._do(kind):
                    kinds.append(kind)
            if len(kinds) > actions * 4:
                raise AssertionError(f"{kind} is never possible")
        if self.hidden:
            await self._do("show")
        if not self.bot.is_up:
            await self._do("return")

    async def _do(self, kind: str) -> bool:
        done: bool = await getattr(self, "_" + kind.replace(" ", "_"))()
        if done:
            self.done[kind] += 1
            self.told.append(kind)
        return done

    # -- what there is ------------------------------------------------------------------------

    def _standing(self, *, mine: bool = True, in_thread: bool | None = None) -> list[Message]:
        world = self.standin.world
        return [
            message
            for message in world.messages.values()
            if not message.deleted
            and message.ephemeral_to is None
            and message.type in {0, 19}
            and message.channel_id in world.channels
            and (message.author_id == self.own_id) != mine
            and (in_thread is None or (message.channel_id != self.channel_id) == in_thread)
        ]

    def _threads(self) -> list[int]:
        return [
            channel.id
            for channel in self.standin.world.channels.values()
            if channel.thread is not None
            and channel.parent_id == self.channel_id
            and not channel.thread.locked
        ]

    def _pick(self, some: list[Any]) -> Any:
        return self.random.choice(some) if some else None

    def _author(self, message: Message) -> User:
        return self.standin.world.users[message.author_id]

    def _words(self) -> str:
        words = ["bread", "night", "crust", "**bold**", "𝕊low", "it takes\ntime", "¶1", "> wait"]
        return f"{' '.join(self.random.choices(words, k=4))} {self.random.randrange(10**6)}"

    async def _call(
        self, member: User, method: str, path: str, body: Any = None, file: bytes | None = None
    ) -> bool:
        """A call as a member; whether Discord let it happen."""
        headers = {"Authorization": f"Bot {member.token}" if member.bot else member.token}
        data: Any = None
        if file is not None:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(body), content_type="application/json")
            data.add_field("files[0]", file, filename="crust.png")
        elif body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        async with self.session.request(
            method, f"{self.standin.api}{path}", data=data, headers=headers
        ) as response:
            await response.read()
            return response.status < 300

    async def control(self, path: str, body: dict[str, Any]) -> None:
        """One of the stand-in's controls."""
        async with self.session.post(
            f"{self.standin.page}/rehearsal/{path}", json=body
        ) as response:
            assert response.status < 300, await response.text()

    async def _write(self, channel_id: int, to: int | None = None, *, file: bool = False) -> bool:
        body: dict[str, Any] = {"content": self._words()}
        if to is not None:
            body["message_reference"] = {"message_id": str(to)}
        if file:
            body["attachments"] = [{"id": "0", "filename": "crust.png"}]
        path = f"/channels/{channel_id}/messages"
        return await self._call(
            self._pick(self.members), "POST", path, body, b"png" if file else None
        )

    # -- members ------------------------------------------------------------------------------

    async def _say(self) -> bool:
        return await self._write(self.channel_id)

    async def _answer_essay(self) -> bool:
        post = self._pick(self._standing(mine=False, in_thread=False))
        return post is not None and await self._write(self.channel_id, post.id)

    async def _answer_in_channel(self) -> bool:
        message = self._pick(self._standing(in_thread=False))
        return message is not None and await self._write(self.channel_id, message.id)

    async def _talk(self) -> bool:
        thread_id = self._pick(self._threads())
        return thread_id is not None and await self._write(thread_id)

    async def _answer_in_thread(self) -> bool:
        message = self._pick(self._standing(in_thread=True))
        return message is not None and await self._write(message.channel_id, message.id)

    async def _attach(self) -> bool:
        thread_id = self._pick(self._threads())
        return thread_id is not None and await self._write(thread_id, file=True)

    async def _edit(self) -> bool:
        message = self._pick(self._standing())
        if message is None:
            return False
        path = f"/channels/{message.channel_id}/messages/{message.id}"
        return await self._call(self._author(message), "PATCH", path, {"content": self._words()})

    async def _delete(self) -> bool:
        message = self._pick(self._standing())
        if message is None:
            return False
        path = f"/channels/{message.channel_id}/messages/{message.id}"
        return await self._call(self._author(message), "DELETE", path)

    async def _delete_many(self) -> bool:
        where = Counter(message.channel_id for message in self._standing())
        place = self._pick([place for place, count in where.items() if count > 1])
        if place is None:
            return False
        there = [m.id for m in self._standing() if m.channel_id == place]
        some = self.random.sample(there, min(len(there), 3))
        path = f"/channels/{place}/messages/bulk-delete"
        return await self._call(self.moderator, "POST", path, {"messages": [str(i) for i in some]})

    async def _react(self) -> bool:
        message = self._pick(self._standing())
        if message is None:
            return False
        emoji = quote(self.random.choice(_EMOJI))
        path = f"/channels/{message.channel_id}/messages/{message.id}/reactions/{emoji}/@me"
        return await self._call(self._pick(self.members), "PUT", path)

    async def _take_back(self) -> bool:
        message = self._pick([m for m in self._standing() if m.reactions])
        if message is None:
            return False
        reaction = self._pick(message.reactions)
        member = self.standin.world.users[self._pick(list(reaction.users))]
        emoji = quote(reaction.emoji_name)
        path = f"/channels/{message.channel_id}/messages/{message.id}/reactions/{emoji}/@me"
        return await self._call(member, "DELETE", path)

    async def _clear_reactions(self) -> bool:
        message = self._pick([m for m in self._standing() if m.reactions])
        if message is None:
            return False
        path = f"/channels/{message.channel_id}/messages/{message.id}/reactions"
        return await self._call(self.admin, "DELETE", path)

    async def _open_thread(self) -> bool:
        world = self.standin.world
        free = [
            message
            for mine in (True, False)
            for message in self._standing(mine=mine, in_thread=False)
            if message.id not in world.channels
        ]
        message = self._pick(free)
        if message is None:
            return False
        path = f"/channels/{self.channel_id}/messages/{message.id}/threads"
        return await self._call(self._pick(self.members), "POST", path, {"name": "Aside"})

    async def _archive(self) -> bool:
        thread_id = self._pick(self._threads())
        return thread_id is not None and await self._call(
            self.admin, "PATCH", f"/channels/{thread_id}", {"archived": True}
        )

    async def _lock(self) -> bool:
        thread_id = self._pick(self._threads())
        if thread_id is None:
            return False
        path = f"/channels/{thread_id}"
        return await self._call(self.admin, "PATCH", path, {"archived": True, "locked": True})

    async def _delete_thread(self) -> bool:
        thread_id = self._pick(self._threads())
        return thread_id is not None and await self._call(
            self.admin, "DELETE", f"/channels/{thread_id}"
        )

    async def _join_or_leave(self) -> bool:
        thread_id = self._pick(self._threads())
        method = self.random.choice(("PUT", "DELETE"))
        return thread_id is not None and await self._call(
            self._pick(self.members), method, f"/channels/{thread_id}/thread-members/@me"
        )

    # -- misfortunes --------------------------------------------------------------------------

    async def _hide(self) -> bool:
        """The bot loses the right to see the channel, or to read its history."""
        if self.hidden:
            await self._do("show")
        self.hidden = True
        deny = self.random.choice((_VIEW, _HISTORY, _VIEW | _HISTORY))
        path = f"/channels/{self.channel_id}/permissions/{self.own_id}"
        return await self._call(
            self.admin, "PUT", path, {"type": 1, "allow": "0", "deny": str(deny)}
        )

    async def _show(self) -> bool:
        if not self.hidden:
            await self._do("hide")
        self.hidden = False
        path = f"/channels/{self.channel_id}/permissions/{self.own_id}"
        return await self._call(self.admin, "DELETE", path)

    async def _outage(self) -> bool:
        if not self.bot.is_up:
            await self._do("return")
        self.bot.is_up = False
        await self.bot.stop()
        return True

    async def _return(self) -> bool:
        if self.bot.is_up:
            await self._do("outage")
        self.bot.is_up = True
        await self.bot.start()
        return True

    async def _fault(self, body: dict[str, Any]) -> bool:
        if not self.bot.is_up:
            await self._do("return")
        await self.control("faults", body)
        return True

    async def _disconnect(self, body: dict[str, Any]) -> bool:
        """Strike the connection; only one that stands, or the library may never come back."""
        if not self.bot.is_up:
            await self._do("return")
        hub = self.standin.gateway_hub
        if not any(hub.bot_sessions()):
            await self._settle()
        lost = hub.next_change()
        struck = any(hub.bot_sessions()) and await self._fault(body)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(lost, 5 if struck else 0)
        return struck

    async def _cut(self) -> bool:
        return await self._disconnect({"kind": "reconnect"})

    async def _close(self) -> bool:
        return await self._disconnect({"kind": "gateway_close", "code": 4000})

    async def _invalid_session(self) -> bool:
        return await self._disconnect({"kind": "invalid_session"})

    async def _duplicate(self) -> bool:
        event = self.random.choice(_EVENTS)
        return await self._fault({"kind": "duplicate", "event": event, "times": 1})

    async def _reorder(self) -> bool:
        event = self.random.choice(_EVENTS)
        return await self._fault({"kind": "reorder", "event": event, "times": 1})

    async def _failing_call(self) -> bool:
        status = self.random.choice((500, 502, 503, None))
        method, path = self.random.choice(
            (
                ("GET", "/channels/*/messages"),
                ("POST", "/channels/*/messages/*/threads"),
                ("GET", "/channels/*/messages/*"),
            )
        )
        after = self.random.choice((True, False))
        return await self._fault(
            {"kind": "http", "method": method, "path": path, "status": status, "times": 1}
            | {"after_effect": after}
        )

    async def _settle(self) -> bool:
        if self.bot.is_up:
            with contextlib.suppress(aiohttp.ServerDisconnectedError):
                await self.control("clock", {"advance": 0})
        return True
