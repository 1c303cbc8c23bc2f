"""The emulated world: users, servers, channels and messages, and who may see them.

The world holds state and emits events to its listeners. The rules for changing it are in
:mod:`bot.emulator.rules`.
"""

from __future__ import annotations

import base64
import bisect
import logging
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.emulator.world.clock import WorldClock
from bot.emulator.world.events import (
    ChannelUpdated,
    Event,
    InteractionFailed,
    MessageCreated,
    MessageUpdated,
)
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
    MessageType,
    User,
    Webhook,
)
from bot.emulator.world.permissions import ALL, Permission, channel_permissions, guild_permissions
from bot.emulator.world.sharding import Sharding
from bot.emulator.world.snowflakes import Snowflakes

__all__ = ["ANSWER_WITHIN", "TOKEN_LASTS", "World", "new_token"]

_log = logging.getLogger(__name__)

ANSWER_WITHIN = timedelta(seconds=3)
TOKEN_LASTS = timedelta(minutes=15)
"""docs: Receiving and Responding to Interactions › Responding to an Interaction."""

_DM_PERMISSIONS = ALL & ~(Permission.MANAGE_MESSAGES | Permission.MANAGE_THREADS)


def new_token(user_id: int) -> str:
    """A new random token for a user, in the shape of Discord's: it begins with the user's id."""
    head = base64.urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
    return f"{head}.{secrets.token_hex(3)}.{secrets.token_hex(19)}"


class World:
    """All records by id. ``guild`` and ``application`` are the first ones, which tests use.

    ``listeners`` get every event, in order. ``on_change`` callbacks run after each change, with
    or without an event, so that the world can be saved. ``thread_limit`` is how many threads of
    one server may be active at once. ``cdn`` is the base address of files, ``cdn_secret`` the key
    that signs their addresses.
    ``last_sent`` is when a member last wrote in a channel, ``last_thread`` when they last started
    a thread in it, both by channel id and user id. ``opening`` has the ids of forum posts whose
    first message hasn't arrived yet, ``open_polls`` the ids of messages whose poll hasn't ended.
    ``sharding`` is what bots' sessions have to keep to.
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
        self.last_thread: dict[tuple[int, int], datetime] = {}
        self.opening: set[int] = set()
        self.open_polls: set[int] = set()
        self.tokens: dict[str, int] = {}
        self.thread_limit = 1000
        self.sharding = Sharding()
        self.cdn = "http://127.0.0.1"
        self.cdn_secret = secrets.token_bytes(32)
        self.listeners: list[Callable[[Event], None]] = []
        self.on_change: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The current time of the world."""
        return self.clock.now()

    def new_id(self) -> int:
        """A new id, greater than every earlier one."""
        return self.snowflakes.next()

    def touch(self) -> None:
        """Report a change that has to be saved."""
        for callback in self.on_change:
            callback()

    def emit(self, event: Event) -> None:
        """Send an event to every listener; one that fails doesn't stop the others."""
        for listener in self.listeners:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - the change was made; other listeners need it
                _log.exception("A listener failed on the event %s.", type(event).__name__)
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

    def add_user(
        self,
        name: str,
        display_name: str | None = None,
        *,
        bot: bool = False,
        user_id: int | None = None,
    ) -> User:
        """Add a user with a new token, and a new id unless one is given; ``name`` is the handle."""
        user_id = self.new_id() if user_id is None else user_id
        user = User(user_id, name, display_name, new_token(user_id), bot=bot)
        self.users[user_id] = user
        self.tokens[user.token] = user_id
        self.touch()
        return user

    def user_by_authorization(self, header: str | None) -> User | None:
        """The user that an ``Authorization`` header names; None for an unknown token.

        docs: Reference › Authentication (``Bot TOKEN``); members send their token alone.
        """
        if not header:
            return None
        scheme, _, rest = header.strip().rpartition(" ")
        user = self.users.get(self.tokens.get(rest, 0))
        if user is None or (scheme == "Bot") != user.bot or scheme not in {"Bot", ""}:
            return None
        return user

    def user_by_token(self, token: str) -> User | None:
        """The user of a token sent to the gateway, with or without the prefix ``Bot ``."""
        return self.users.get(self.tokens.get(token.removeprefix("Bot "), 0))

    def reset_token(self, user: User) -> None:
        """Give a user a new token; the old one isn't valid any more."""
        del self.tokens[user.token]
        user.token = new_token(user.id)
        self.tokens[user.token] = user.id
        self.touch()

    def application_of(self, bot_id: int) -> Application | None:
        """The application that a bot belongs to."""
        return next((a for a in self.applications.values() if a.bot_id == bot_id), None)

    def guilds_of(self, user_id: int) -> Iterator[Guild]:
        """The servers that a user is a member of."""
        return (guild for guild in self.guilds.values() if user_id in guild.members)

    def member(self, guild_id: int | None, user_id: int) -> Member | None:
        """A user's membership in a server, None if they aren't a member."""
        guild = self.guilds.get(guild_id) if guild_id is not None else None
        return guild.members.get(user_id) if guild else None

    # Permissions ------------------------------------------------------------------------------

    def permission_channel(self, channel: Channel) -> Channel:
        """The channel whose overwrites apply: a thread inherits its parent's.

        docs: Threads › Permissions.
        """
        if channel.thread is None or channel.parent_id is None:
            return channel
        return self.channels.get(channel.parent_id, channel)

    def permissions(self, user_id: int, channel_id: int) -> int:
        """A user's permission bits in a channel or thread; 0 if they can't see it."""
        channel = self.channels.get(channel_id)
        if channel is None:
            return 0
        if channel.guild_id is None:
            return _DM_PERMISSIONS if user_id in channel.recipients else 0
        guild = self.guilds[channel.guild_id]
        return channel_permissions(guild, self.permission_channel(channel), user_id, self.now())

    def guild_permissions(self, user_id: int, guild_id: int) -> int:
        """A member's permission bits in the whole server; 0 for anyone else."""
        guild = self.guilds.get(guild_id)
        return guild_permissions(guild, user_id) if guild else 0

    def can_view(self, user_id: int, channel_id: int) -> bool:
        """Whether a user can see a channel and gets its events.

        Only its members and people with *Manage Threads* can see a private thread.
        docs: Threads › Private Threads.
        """
        bits = self.permissions(user_id, channel_id)
        if not bits & Permission.VIEW_CHANNEL:
            return False
        channel = self.channels[channel_id]
        if channel.type is not ChannelType.PRIVATE_THREAD or channel.thread is None:
            return True
        return user_id in channel.thread.members or bool(bits & Permission.MANAGE_THREADS)

    # Channels and messages --------------------------------------------------------------------

    def add_channel(self, channel: Channel) -> Channel:
        """Add a channel or thread, without an event."""
        self.channels[channel.id] = channel
        self.timelines.setdefault(channel.id, [])
        self.touch()
        return channel

    def channels_of(self, guild_id: int) -> Iterator[Channel]:
        """A server's channels, without threads."""
        return (c for c in self.channels.values() if c.guild_id == guild_id and c.thread is None)

    def threads_of(self, guild_id: int, *, archived: bool = False) -> Iterator[Channel]:
        """A server's active threads, or its archived ones."""
        return (
            channel
            for channel in self.channels.values()
            if channel.guild_id == guild_id
            and channel.thread is not None
            and channel.thread.archived is archived
        )

    def add_message(self, message: Message) -> None:
        """Add a message to its channel; an ephemeral one isn't part of the history."""
        self.messages[message.id] = message
        if message.poll is not None:
            self.open_polls.add(message.id)
        if message.ephemeral_to is None:
            bisect.insort(self.timelines.setdefault(message.channel_id, []), message.id)
        self.touch()

    def message(self, channel_id: int, message_id: int) -> Message | None:
        """A message of this channel; None if it was deleted, is ephemeral or isn't there."""
        message = self.messages.get(message_id)
        if message is None or message.channel_id != channel_id or message.deleted:
            return None
        return message if message.ephemeral_to is None else None

    def remove_message(self, message: Message) -> None:
        """Remove a message from its channel's history; the record stays, marked deleted."""
        message.deleted = True
        timeline = self.timelines.get(message.channel_id, [])
        at = bisect.bisect_left(timeline, message.id)
        if at < len(timeline) and timeline[at] == message.id:
            del timeline[at]
        self.touch()

    # Time -------------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """When something next happens by itself, None if nothing will.

        An interaction fails after 3 seconds and its token expires after 15 minutes; a thread
        without activity is archived. docs: Receiving and Responding to Interactions; Threads.
        """
        moments = [due for _, due in self._deadlines()]
        return min(moments, default=None)

    def pass_time(self) -> None:
        """Do everything that is due: fail interactions, expire tokens, archive threads."""
        now = self.now()
        for record, due in sorted(self._deadlines(), key=lambda pair: pair[1]):
            if due > now:
                break
            if isinstance(record, Channel):
                self._archive(record, due)
            elif isinstance(record, Message):
                self.end_poll(record)
            elif record.state is InteractionState.WAITING:
                record.state = InteractionState.FAILED
                self.emit(InteractionFailed(record))
                if record.created_at + TOKEN_LASTS <= now:
                    record.token_ended = True
            else:
                record.token_ended = True
                self.touch()

    def _deadlines(self) -> Iterator[tuple[Channel | Interaction | Message, datetime]]:
        for message_id in self.open_polls:
            message = self.messages[message_id]
            if message.poll is not None and not message.deleted:
                yield message, datetime.fromisoformat(message.poll["expiry"])
        for interaction in self.interactions.values():
            if interaction.state is InteractionState.WAITING:
                yield interaction, interaction.created_at + ANSWER_WITHIN
            elif not interaction.token_ended:
                yield interaction, interaction.created_at + TOKEN_LASTS
        for channel in self.channels.values():
            thread = channel.thread
            if thread is not None and not thread.archived and not channel.flags & 2:
                yield channel, thread.active_at + timedelta(minutes=thread.auto_archive_duration)

    def end_poll(self, message: Message) -> None:
        """End a poll and post its result.

        docs: Poll Resource › Poll Results, End Poll; Message Resource › Message Types
        (POLL_RESULT), Embed Fields by Embed Type (Poll Result Embed Fields).
        """
        poll = message.poll
        assert poll is not None
        poll["finalized"] = True
        self.open_polls.discard(message.id)
        self.emit(MessageUpdated(message))
        counts = {answer: len(voters) for answer, voters in message.poll_votes.items() if voters}
        best = max(counts.values(), default=0)
        winners = [answer for answer, count in counts.items() if count == best]
        fields = {
            "poll_question_text": poll["question"]["text"],
            "victor_answer_votes": str(best),
            "total_votes": str(sum(counts.values())),
        }
        if len(winners) == 1:
            media = {one["answer_id"]: one["poll_media"] for one in poll["answers"]}[winners[0]]
            fields["victor_answer_id"] = str(winners[0])
            fields["victor_answer_text"] = media["text"]
            emoji = media.get("emoji") or {}
            if emoji.get("id") is not None:
                fields["victor_answer_emoji_id"] = emoji["id"]
            if emoji.get("name") is not None:
                fields["victor_answer_emoji_name"] = emoji["name"]
            if emoji.get("animated"):
                fields["victor_answer_emoji_animated"] = "true"
        reference = {
            "type": 0,
            "channel_id": str(message.channel_id),
            "message_id": str(message.id),
        }
        result = Message(
            id=self.new_id(),
            channel_id=message.channel_id,
            author_id=message.author_id,
            type=MessageType.POLL_RESULT,
            content="",
            timestamp=self.now(),
            guild_id=message.guild_id,
            mentions=[message.author_id],
            reference=reference,
            embeds=[
                {
                    "type": "poll_result",
                    "fields": [
                        {"name": name, "value": value, "inline": False}
                        for name, value in fields.items()
                    ],
                }
            ],
        )
        self.channels[message.channel_id].last_message_id = result.id
        self.add_message(result)
        self.emit(MessageCreated(result))

    def _archive(self, channel: Channel, moment: datetime) -> None:
        assert channel.thread is not None
        channel.thread.archived = True
        channel.thread.archive_timestamp = moment
        self.emit(ChannelUpdated(channel))
