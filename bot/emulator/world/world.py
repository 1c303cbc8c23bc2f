"""The world that the emulator plays: its people, places and messages, and who may see them.

The world keeps state and tells its listeners what happened; the rules by which somebody may
change it stand in the modules that act on it (``messages``, ``threads``, ``interactions``, …).
"""

from __future__ import annotations

import base64
import bisect
import logging
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from bot.emulator.world.clock import WorldClock
from bot.emulator.world.events import Event
from bot.emulator.world.files import FileStore
from bot.emulator.world.models import (
    Application,
    Channel,
    ChannelType,
    Command,
    Guild,
    Interaction,
    InteractionState,
    Member,
    Message,
    User,
    Webhook,
)
from bot.emulator.world.permissions import ALL, Permission, channel_permissions, guild_permissions
from bot.emulator.world.snowflakes import Snowflakes

__all__ = ["ANSWER_WITHIN", "TOKEN_LASTS", "World", "new_token"]

_log = logging.getLogger(__name__)

ANSWER_WITHIN = timedelta(seconds=3)
TOKEN_LASTS = timedelta(minutes=15)
"""docs: Receiving and Responding to Interactions › Responding to an Interaction."""

_DM_PERMISSIONS = ALL & ~(Permission.MANAGE_MESSAGES | Permission.MANAGE_THREADS)


def new_token(user_id: int) -> str:
    """A token of Discord's shape for a user: its id, and what nobody can guess."""
    head = base64.urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
    return f"{head}.{secrets.token_hex(3)}.{secrets.token_hex(19)}"


class World:
    """Everything there is, by id. ``guild`` and ``application`` are the first and usual ones.

    ``listeners`` hear every event, in order; ``on_change`` is called after each change, heard
    or not, by whoever keeps the world on disk. ``thread_limit`` is how many threads of one
    server may be active at once, ``cdn`` the address under which files are served,
    ``cdn_secret`` what their addresses are signed with.
    ``last_sent`` is when a member last wrote in a channel; ``opening`` are forum posts whose
    first message is still on its way.
    """

    def __init__(self, clock: WorldClock | None = None, files: FileStore | None = None) -> None:
        self.clock = clock or WorldClock()
        self.files = files or FileStore()
        self.snowflakes = Snowflakes(self.clock.now)
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.timelines: dict[int, list[int]] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.applications: dict[int, Application] = {}
        self.commands: dict[int, Command] = {}
        self.interactions: dict[int, Interaction] = {}
        self.nonces: dict[str, int] = {}
        self.last_sent: dict[tuple[int, int], datetime] = {}
        self.opening: set[int] = set()
        self.tokens: dict[str, int] = {}
        self.thread_limit = 1000
        self.cdn = "http://127.0.0.1"
        self.cdn_secret = secrets.token_bytes(32)
        self.listeners: list[Callable[[Event], None]] = []
        self.on_change: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The present moment in the world."""
        return self.clock.now()

    def new_id(self) -> int:
        """A new id, greater than every one before."""
        return self.snowflakes.next()

    def touch(self) -> None:
        """Say that something has changed that is worth keeping."""
        for heard in self.on_change:
            heard()

    def emit(self, event: Event) -> None:
        """Tell every listener what happened; one that fails keeps it from nobody else."""
        for listener in self.listeners:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - it has happened, whoever cannot take it
                _log.exception("A listener failed at %s.", event.name)
        self.touch()

    @property
    def guild(self) -> Guild:
        """The world's first server."""
        return next(iter(self.guilds.values()))

    @property
    def application(self) -> Application:
        """The world's first application."""
        return next(iter(self.applications.values()))

    @property
    def bot(self) -> User:
        """The bot of the world's first application."""
        return self.users[self.application.bot_id]

    # People -----------------------------------------------------------------------------------

    def add_user(self, name: str, display_name: str | None = None, *, bot: bool = False) -> User:
        """A new user with a token of its own; ``name`` is the handle."""
        user_id = self.new_id()
        user = User(user_id, name, display_name, new_token(user_id), bot=bot)
        self.users[user_id] = user
        self.tokens[user.token] = user_id
        self.touch()
        return user

    def user_by_authorization(self, header: str | None) -> User | None:
        """Who calls with this ``Authorization`` header; None if nobody does.

        docs: Reference › Authentication (``Bot TOKEN``); members bring their bare token.
        """
        if not header:
            return None
        scheme, _, rest = header.strip().rpartition(" ")
        user = self.users.get(self.tokens.get(rest, 0))
        if user is None or (scheme == "Bot") != user.bot or scheme not in {"Bot", ""}:
            return None
        return user

    def user_by_token(self, token: str) -> User | None:
        """Who identifies at the gateway with this token, with or without ``Bot `` before it."""
        return self.users.get(self.tokens.get(token.removeprefix("Bot "), 0))

    def application_of(self, bot_id: int) -> Application | None:
        """The application that a bot belongs to."""
        return next((a for a in self.applications.values() if a.bot_id == bot_id), None)

    def guilds_of(self, user_id: int) -> Iterator[Guild]:
        """The servers that a user is a member of."""
        return (guild for guild in self.guilds.values() if user_id in guild.members)

    def member(self, guild_id: int | None, user_id: int) -> Member | None:
        """A user's membership, None where there is none."""
        guild = self.guilds.get(guild_id) if guild_id is not None else None
        return guild.members.get(user_id) if guild else None

    # Rights -----------------------------------------------------------------------------------

    def place_of_rights(self, channel: Channel) -> Channel:
        """The channel whose overwrites rule: a thread inherits its parent's.

        docs: Threads › Permissions.
        """
        if channel.thread is None or channel.parent_id is None:
            return channel
        return self.channels.get(channel.parent_id, channel)

    def permissions(self, user_id: int, channel_id: int) -> int:
        """The permission bits of a user in a channel or thread, 0 where they may see nothing."""
        channel = self.channels.get(channel_id)
        if channel is None:
            return 0
        if channel.guild_id is None:
            return _DM_PERMISSIONS if user_id in channel.recipients else 0
        guild = self.guilds[channel.guild_id]
        return channel_permissions(guild, self.place_of_rights(channel), user_id, self.now())

    def guild_permissions(self, user_id: int, guild_id: int) -> int:
        """The permission bits of a member in the whole server."""
        guild = self.guilds.get(guild_id)
        return guild_permissions(guild, user_id) if guild else 0

    def may_view(self, user_id: int, channel_id: int) -> bool:
        """Whether a user sees a channel and hears of what happens in it.

        Of a private thread only its members and those who manage threads hear.
        docs: Threads › Private Threads.
        """
        bits = self.permissions(user_id, channel_id)
        if not bits & Permission.VIEW_CHANNEL:
            return False
        channel = self.channels[channel_id]
        if channel.type is not ChannelType.PRIVATE_THREAD or channel.thread is None:
            return True
        return user_id in channel.thread.members or bool(bits & Permission.MANAGE_THREADS)

    # Places and messages ----------------------------------------------------------------------

    def add_channel(self, channel: Channel) -> Channel:
        """Put a channel or thread into the world; nobody is told."""
        self.channels[channel.id] = channel
        self.timelines.setdefault(channel.id, [])
        self.touch()
        return channel

    def channels_of(self, guild_id: int) -> Iterator[Channel]:
        """A server's channels without its threads."""
        return (c for c in self.channels.values() if c.guild_id == guild_id and c.thread is None)

    def threads_of(self, guild_id: int, *, archived: bool = False) -> Iterator[Channel]:
        """A server's threads, those that are active unless ``archived`` is asked for."""
        return (
            channel
            for channel in self.channels.values()
            if channel.guild_id == guild_id
            and channel.thread is not None
            and channel.thread.archived is archived
        )

    def add_message(self, message: Message) -> None:
        """Put a message into its channel; one that a single member sees is in no history."""
        self.messages[message.id] = message
        if message.ephemeral_to is None:
            bisect.insort(self.timelines.setdefault(message.channel_id, []), message.id)
        self.touch()

    def message(self, channel_id: int, message_id: int) -> Message | None:
        """A message that is in this channel, not deleted and seen by everyone there."""
        message = self.messages.get(message_id)
        if message is None or message.channel_id != channel_id or message.deleted:
            return None
        return message if message.ephemeral_to is None else None

    def forget_message(self, message: Message) -> None:
        """Take a message out of its channel's history; its record stays, marked deleted."""
        message.deleted = True
        timeline = self.timelines.get(message.channel_id, [])
        at = bisect.bisect_left(timeline, message.id)
        if at < len(timeline) and timeline[at] == message.id:
            del timeline[at]
        self.touch()

    # Time -------------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """The nearest moment at which something happens by itself, None if nothing will.

        Interactions run out of their 3 seconds and their token's 15 minutes, and threads
        without activity are archived. docs: Receiving and Responding to Interactions; Threads.
        """
        moments = [due for _, due in self._dues()]
        return min(moments, default=None)

    def pass_time(self) -> None:
        """Let everything happen whose moment has come."""
        now = self.now()
        for record, due in sorted(self._dues(), key=lambda pair: pair[1]):
            if due > now:
                break
            if isinstance(record, Channel):
                self._archive(record, due)
            elif record.state is InteractionState.WAITING:
                record.state = InteractionState.FAILED
                told = {"id": str(record.id), "nonce": record.nonce}
                self.emit(Event("INTERACTION_FAILURE", told, None, None, record.member_id))
                if record.created_at + TOKEN_LASTS <= now:
                    record.token_ended = True
            else:
                record.token_ended = True
                self.touch()

    def _dues(self) -> Iterator[tuple[Channel | Interaction, datetime]]:
        for interaction in self.interactions.values():
            if interaction.state is InteractionState.WAITING:
                yield interaction, interaction.created_at + ANSWER_WITHIN
            elif not interaction.token_ended:
                yield interaction, interaction.created_at + TOKEN_LASTS
        for channel in self.channels.values():
            thread = channel.thread
            if thread is not None and not thread.archived and not channel.flags & 2:
                yield channel, thread.active_at + timedelta(minutes=thread.auto_archive_duration)

    def _archive(self, channel: Channel, moment: datetime) -> None:
        from bot.emulator import payloads  # payloads describe the world, and so import it

        assert channel.thread is not None
        channel.thread.archived = True
        channel.thread.archive_timestamp = moment
        data: dict[str, Any] = payloads.channel(self, channel)
        self.emit(Event("THREAD_UPDATE", data, channel.guild_id, channel.id))
