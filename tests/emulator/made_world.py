"""A world with one of everything, for walks over the routes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.emulator.rest import routes
from bot.emulator.world.models import (
    AutoModRule,
    Ban,
    Channel,
    ChannelType,
    Command,
    Message,
    MessageType,
    Overwrite,
    OverwriteType,
    Reaction,
    Role,
    Sticker,
    ThreadMember,
    ThreadState,
    Webhook,
)
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import put_channel
from tests.emulator.http_clients import SeededServer

__all__ = ["Route", "fill", "grant", "make_objects", "plain_path", "served_routes"]


@dataclass(frozen=True)
class Route:
    """A route that the emulator serves; ``is_open`` if a token in its path is enough."""

    method: str
    path: str
    is_open: bool = False

    @property
    def placeholders(self) -> list[str]:
        """The names in braces in its path."""
        return re.findall(r"\{(\w+)\}", self.path)


def plain_path(path: str) -> str:
    """A path without its query and without the names in braces."""
    return re.sub(r"\{\w+\}", "{}", path.partition("?")[0])


def served_routes() -> list[Route]:
    """Every route that the emulator serves."""
    found: list[Route] = []

    class Collector:
        def add(self, method: str, path: str, _: Any, *, open_to_all: bool = False) -> None:
            found.append(Route(method, path, open_to_all))

    routes.add_routes(Collector())  # type: ignore[arg-type]
    return found


def make_objects(server: SeededServer) -> dict[str, int]:
    """One object of every kind, which the world makes, so that no permission is needed."""
    world, guild = server.emulator.world, server.emulator.world.guild
    now, ann = world.now(), server.ann.user.id
    theirs = Message(
        world.new_id(), server.essays, ann, MessageType.DEFAULT, "theirs", now, guild.id
    )
    other = Message(world.new_id(), server.essays, ann, MessageType.DEFAULT, "other", now, guild.id)
    world.add_message(other)
    world.add_message(theirs)
    theirs.reactions.append(Reaction(None, "\N{HEAVY BLACK HEART}", [ann]))
    state = ThreadState(ann, False, now, 1440, now, now)
    state.members[ann] = ThreadMember(ann, now)
    thread = Channel(world.new_id(), ChannelType.PUBLIC_THREAD, "T", guild.id, server.essays)
    thread.thread = state
    world.add_channel(thread)
    webhook = Webhook(world.new_id(), server.essays, guild.id, "w", "token", ann)
    world.webhooks[webhook.id] = webhook
    hooked = Message(
        world.new_id(), server.essays, webhook.id, MessageType.DEFAULT, "hooked", now, guild.id
    )
    hooked.webhook_id, hooked.shown_name = webhook.id, "w"
    world.add_message(hooked)
    role = Role(world.new_id(), "r", 0)
    rule = AutoModRule(world.new_id(), ann, "W")
    sticker = Sticker(world.new_id(), "Hello", "wave")
    guild.roles[role.id], guild.automod_rules[rule.id] = role, rule
    guild.stickers[sticker.id] = sticker
    ben = Overwrite(server.ben.user.id, OverwriteType.MEMBER)
    world.channels[server.essays].overwrites = [ben]
    banned = world.add_user("banned")
    guild.bans[banned.id] = Ban(banned.id)
    bot = server.bot.user.id
    poll = Message(world.new_id(), server.essays, bot, MessageType.DEFAULT, "", now, guild.id)
    answers = [{"answer_id": 1, "poll_media": {"text": "yes"}}]
    end = "2100-01-01T00:00:00+00:00"
    poll.poll = {"question": {"text": "?"}, "answers": answers, "expiry": end}
    poll.poll |= {"allow_multiselect": False, "layout_type": 1}
    world.add_message(poll)
    news = put_channel(world, guild, "news", ChannelType.ANNOUNCEMENT)
    mine = Message(world.new_id(), news.id, bot, MessageType.DEFAULT, "mine", now, guild.id)
    their_news = Message(world.new_id(), news.id, ann, MessageType.DEFAULT, "news", now, guild.id)
    world.add_message(mine)
    world.add_message(their_news)
    voice = put_channel(world, guild, "voice", ChannelType.VOICE)
    spoken = Message(world.new_id(), voice.id, ann, MessageType.DEFAULT, "x", now, guild.id)
    world.add_message(spoken)
    application = server.application_id
    body = {"description": "d", "default_member_permissions": None}
    command = Command(world.new_id(), application, None, world.new_id(), 1, "c", body)
    command_here = Command(world.new_id(), application, guild.id, world.new_id(), 1, "c", body)
    world.commands[command.id], world.commands[command_here.id] = command, command_here
    return {
        "essays": server.essays,
        "forum": server.forum,
        "guild": guild.id,
        "bot": server.bot.user.id,
        "ann": ann,
        "ben": server.ben.user.id,
        "theirs": theirs.id,
        "other": other.id,
        "thread": thread.id,
        "webhook": webhook.id,
        "hooked": hooked.id,
        "role": role.id,
        "rule": rule.id,
        "sticker": sticker.id,
        "banned": banned.id,
        "poll": poll.id,
        "news": news.id,
        "mine": mine.id,
        "their_news": their_news.id,
        "voice": voice.id,
        "spoken": spoken.id,
        "command": command.id,
        "command_here": command_here.id,
    }


def fill(body: Any, names: dict[str, int]) -> Any:
    """A body with the names in braces replaced by ids."""
    if isinstance(body, dict):
        return {key: fill(value, names) for key, value in body.items()}
    if isinstance(body, list):
        return [fill(one, names) for one in body]
    return str(names[body[1:-1]]) if isinstance(body, str) and body[:1] == "{" else body


def grant(server: SeededServer, bits: int) -> None:
    """Give the bot, and nobody else, these permissions; never *Administrator*."""
    guild = server.emulator.world.guild
    guild.roles[guild.id].permissions = 0
    guild.roles[guild.id].permissions |= int(Permission.VIEW_CHANNEL) & bits
    role = next(role for role in guild.roles.values() if role.bot_id == server.bot.user.id)
    role.permissions = bits & ~Permission.ADMINISTRATOR
