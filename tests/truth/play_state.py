"""The state of a play: the world, the bot, and calls as members."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

import aiohttp

from bot.emulator.server import Emulator
from bot.emulator.world.models import Message, Sticker, User
from bot.emulator.world.seed import add_application, invite_bot

__all__ = ["AskedQuestions", "Bot", "PlayState"]

#: The share of texts with a spoiler.
_SPOILED = 0.2


@dataclass
class Bot:
    """How a play controls the bot. ``ended``: whether it ended by itself and must be restarted."""

    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    ended: Callable[[], bool]
    is_up: bool = True


@dataclass
class AskedQuestions:
    """What members and authors did with questions to the author, by the ids of replies.

    ``marked``: with *Ask the author this*. ``uncertain``: those of which the bot's answer didn't
    arrive. ``put_off``: each with the number of the time that it was put off. ``same_as``: the
    question that each was merged into.
    """

    marked: set[int] = field(default_factory=set)
    uncertain: set[int] = field(default_factory=set)
    put_off: dict[int, int] = field(default_factory=dict)
    same_as: dict[int, int] = field(default_factory=dict)


@dataclass
class PlayState:
    """The world of one play. ``done`` counts what was done, ``actions`` lists it in order.

    ``names``: by message, what its author was called when it was written, and since. ``moves``:
    channel replies are moved into their threads. ``marks``: a word of each text ever written, which
    no other text has; ``hidden_marks``: those that are spoilers.
    ``reposted``: by message of the proxy app, the message that it replaces; ``interrupted``:
    those of them around which something went wrong. ``proxies``: there is such an app.
    ``answers``: those that were submitted with forms. ``authors``: the members who wrote the essay.
    """

    emulator: Emulator
    bot: Bot
    seed: int
    channel_id: int
    session: aiohttp.ClientSession
    done: Counter[str] = field(default_factory=Counter)
    actions: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    hidden_marks: set[str] = field(default_factory=set)
    reposted: dict[str, str] = field(default_factory=dict)
    interrupted: set[str] = field(default_factory=set)
    answers: list[Any] = field(default_factory=list)
    authors: list[User] = field(default_factory=list)
    asked: AskedQuestions = field(default_factory=AskedQuestions)
    deleted_threads: set[int] = field(default_factory=set)
    moves: bool = False
    proxies: bool = False
    hidden: bool = False
    lost: bool = False

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        world = self.emulator.world
        self.guild = next(iter(world.guilds.values()))
        self.own_id = world.bot.id
        self.admin = world.users[self.guild.owner_id]
        # Only bots can delete many messages at once (docs: Message Resource › Bulk Delete).
        application = add_application(world, self.admin, "Moderator")
        self.moderator = world.users[application.bot_id]
        invite_bot(world, self.guild, self.moderator)
        self.members = [
            user for user in world.users.values() if not user.bot and user.id != self.admin.id
        ]
        sticker = Sticker(world.new_id(), "Loaf", "bread")
        self.guild.stickers[sticker.id] = sticker
        self._names_by_user: dict[int, list[list[str]]] = {}

    async def do(self, kind: str) -> bool:
        """Do one action and count it; False if there is nothing to do it to."""
        done: bool = await getattr(self, "_" + kind.replace(" ", "_"))()
        if done:
            self.done[kind] += 1
            self.actions.append(kind)
        if self.bot.is_up and self.bot.ended():
            await self.bot.stop()  # as the supervisor does: it connects again
            await self.bot.start()
        return done

    # -- people -------------------------------------------------------------------------------

    def here(self) -> list[User]:
        """The members who are in the server now."""
        return [user for user in self.members if user.id in self.guild.members]

    def name_of(self, user: User) -> str:
        """A user's current name in the server."""
        member = self.guild.members.get(user.id)
        return (member.nick if member else None) or user.display_name or user.name

    def note_name(self, user: User) -> None:
        """Note a user's new name."""
        for names in self._names_by_user.get(user.id, ()):
            names.append(self.name_of(user))

    def note_author(self, user: User, message_id: str) -> None:
        """Note who wrote a message, and their name."""
        names = [self.name_of(user)]
        self._names_by_user.setdefault(user.id, []).append(names)
        self.names[message_id] = names

    # -- calls --------------------------------------------------------------------------------

    async def _ask(
        self, member: User, method: str, path: str, body: Any = None, file: bytes | None = None
    ) -> dict[str, Any] | None:
        """A call as a member; its answer, None if it was refused."""
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
            method, f"{self.emulator.api}{path}", data=data, headers=headers
        ) as response:
            text = await response.text()
            if response.status >= 300:
                return None
            found: dict[str, Any] = json.loads(text) if text else {}
            return found

    async def _call(self, member: User, method: str, path: str, body: Any = None) -> bool:
        """A call as a member; whether it was accepted."""
        return await self._ask(member, method, path, body) is not None

    async def call_as_admin(self, method: str, path: str, body: Any) -> bool:
        """A call as the admin; whether it was accepted."""
        return await self._call(self.admin, method, path, body)

    async def control(self, path: str, body: dict[str, Any]) -> None:
        """Call one of the emulator's controls."""
        address = f"{self.emulator.page}/rehearsal/{path}"
        async with self.session.post(address, json=body) as response:
            assert response.status < 300, await response.text()

    # -- what there is ------------------------------------------------------------------------

    def _present(self, *, mine: bool = True, in_thread: bool | None = None) -> list[Message]:
        world = self.emulator.world
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
            for channel in self.emulator.world.channels.values()
            if channel.thread is not None
            and channel.parent_id == self.channel_id
            and not channel.thread.locked
        ]

    def _pick(self, some: list[Any]) -> Any:
        return self.random.choice(some) if some else None

    def _author(self, message: Message) -> User:
        return self.emulator.world.users[message.author_id]

    def _changeable(self) -> list[Message]:
        """Messages whose author is in the server, and so may change them."""
        return [one for one in self._present() if one.author_id in self.guild.members]

    def _heads(self) -> list[Message]:
        """First messages of threads whose author may change them."""
        return [
            one
            for one in self._changeable()
            if one.id in self.emulator.world.channels and one.webhook_id is None
        ]

    def _words(self) -> str:
        words = ["bread", "night", "crust", "**bold**", "𝕊low", "it takes\ntime", "¶1", "> wait"]
        mark = "".join(self.random.choices(ascii_lowercase, k=9))
        self.marks.add(mark)
        chosen = self.random.choices(words, k=4)
        if self.random.random() < _SPOILED:
            hidden = mark[::-1]
            self.marks.add(hidden)
            self.hidden_marks.add(hidden)
            chosen[self.random.randrange(4)] = f"||{hidden} hush||"
        chosen.insert(self.random.randrange(1, 5), mark)
        return " ".join(chosen)
