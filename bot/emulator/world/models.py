"""Records of the world: users, servers, channels, messages, interactions.

They are mutable state; clients get payloads (:mod:`bot.emulator.payloads`). Embeds, components
and a command's options are stored as the validated JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

__all__ = [
    "Application",
    "Attachment",
    "AutoModRule",
    "Ban",
    "Channel",
    "ChannelType",
    "Command",
    "CommandPermission",
    "Emoji",
    "Guild",
    "Interaction",
    "InteractionState",
    "Member",
    "Message",
    "MessageType",
    "Overwrite",
    "OverwriteType",
    "Reaction",
    "Role",
    "Sticker",
    "StickerFormat",
    "ThreadMember",
    "ThreadState",
    "User",
    "Webhook",
]


class ChannelType(IntEnum):
    """docs: Channels Resource › Channel Types (those that the emulator supports)."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15
    MEDIA = 16


class MessageType(IntEnum):
    """docs: Message Resource › Message Types (those that the emulator creates)."""

    DEFAULT = 0
    RECIPIENT_ADD = 1
    RECIPIENT_REMOVE = 2
    CHANNEL_NAME_CHANGE = 4
    CHANNEL_PINNED_MESSAGE = 6
    USER_JOIN = 7
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER_MESSAGE = 21
    CONTEXT_MENU_COMMAND = 23
    POLL_RESULT = 46


class OverwriteType(IntEnum):
    """docs: Channels Resource › Overwrite Object."""

    ROLE = 0
    MEMBER = 1


class InteractionState(IntEnum):
    """Whether an interaction waits for its first response, has one, or failed."""

    WAITING = 0
    ANSWERED = 1
    FAILED = 2


@dataclass(slots=True)
class User:
    """A user. ``name`` is the unique handle, ``display_name`` what others see.

    ``refuses_messages``: apps and people who aren't friends can't send them direct messages.
    """

    id: int
    name: str
    display_name: str | None
    token: str
    bot: bool = False
    flags: int = 0
    locale: str = "en-US"
    refuses_messages: bool = False


@dataclass(slots=True)
class Role:
    """A role. ``bot_id`` is set for a bot's managed role."""

    id: int
    name: str
    permissions: int
    position: int = 0
    color: int = 0
    hoist: bool = False
    managed: bool = False
    mentionable: bool = False
    bot_id: int | None = None


@dataclass(slots=True)
class Emoji:
    """A server's own emoji."""

    id: int
    name: str
    animated: bool = False


class StickerFormat(IntEnum):
    """docs: Sticker Resource › Sticker Format Types."""

    PNG = 1
    APNG = 2
    LOTTIE = 3
    GIF = 4


@dataclass(slots=True)
class Sticker:
    """A server's own sticker. docs: Sticker Resource › Sticker Object."""

    id: int
    name: str
    tags: str
    format: StickerFormat = StickerFormat.PNG
    description: str | None = None
    creator_id: int | None = None
    available: bool = True


@dataclass(slots=True)
class Ban:
    """A user who can't join a server. docs: Guild Resource › Ban Object."""

    user_id: int
    reason: str | None = None


@dataclass(slots=True)
class AutoModRule:
    """A rule that blocks words. docs: Auto Moderation › Auto Moderation Rule Object."""

    id: int
    creator_id: int
    name: str
    keywords: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    custom_message: str | None = None
    enabled: bool = True
    exempt_roles: list[int] = field(default_factory=list)
    exempt_channels: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Member:
    """A user in a server; ``roles`` leaves out ``@everyone``."""

    user_id: int
    joined_at: datetime
    roles: list[int] = field(default_factory=list)
    nick: str | None = None
    communication_disabled_until: datetime | None = None


@dataclass(slots=True)
class CommandPermission:
    """Whether a role (``type`` 1), user (2) or channel (3) may use a command.

    docs: Application Commands › Application Command Permissions Structure.
    """

    id: int
    type: int
    permission: bool


@dataclass(slots=True)
class Guild:
    """A server; the role ``@everyone`` has the server's id.

    ``command_permissions`` are by the id of a command, or of an application for all its commands.
    """

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    emojis: dict[int, Emoji] = field(default_factory=dict)
    stickers: dict[int, Sticker] = field(default_factory=dict)
    bans: dict[int, Ban] = field(default_factory=dict)
    automod_rules: dict[int, AutoModRule] = field(default_factory=dict)
    command_permissions: dict[int, list[CommandPermission]] = field(default_factory=dict)
    system_channel_id: int | None = None
    preferred_locale: str = "en-US"


@dataclass(slots=True)
class Overwrite:
    """Permission bits allowed and denied to a role or a member in one channel."""

    id: int
    type: OverwriteType
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class ThreadMember:
    """A member of a thread."""

    user_id: int
    joined_at: datetime
    flags: int = 1


@dataclass(slots=True)
class ThreadState:
    """The extra fields of a thread. ``auto_archive_duration`` is in minutes.

    ``active_at`` is when the thread was last active: its start, its last message, the last time
    it was unarchived. docs: Threads › Archive Timestamp & Auto-archiving.
    """

    owner_id: int
    archived: bool
    archive_timestamp: datetime
    auto_archive_duration: int
    created_at: datetime
    active_at: datetime
    locked: bool = False
    invitable: bool = True
    message_count: int = 0
    total_message_sent: int = 0
    applied_tags: list[int] = field(default_factory=list)
    members: dict[int, ThreadMember] = field(default_factory=dict)


@dataclass(slots=True)
class Channel:
    """A channel, thread or direct-message channel.

    For direct messages ``guild_id`` is None and ``recipients`` is filled. ``thread`` is set only
    for a thread. ``rate_limit_per_user`` is the slowmode in seconds.
    """

    id: int
    type: ChannelType
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    position: int = 0
    topic: str | None = None
    nsfw: bool = False
    rate_limit_per_user: int = 0
    flags: int = 0
    overwrites: list[Overwrite] = field(default_factory=list)
    last_message_id: int | None = None
    last_pin_timestamp: datetime | None = None
    recipients: list[int] = field(default_factory=list)
    available_tags: list[dict[str, Any]] = field(default_factory=list)
    default_auto_archive_duration: int | None = None
    default_thread_rate_limit_per_user: int = 0
    default_reaction_emoji: dict[str, Any] | None = None
    default_sort_order: int | None = None
    bitrate: int = 64000
    user_limit: int = 0
    rtc_region: str | None = None
    video_quality_mode: int = 1
    default_forum_layout: int = 0
    thread: ThreadState | None = None


@dataclass(slots=True)
class Attachment:
    """An uploaded file; its bytes are in the world's file store. ``size`` is in bytes."""

    id: int
    channel_id: int
    filename: str
    size: int
    content_type: str | None
    description: str | None = None
    width: int | None = None
    height: int | None = None
    flags: int = 0
    ephemeral: bool = False


@dataclass(slots=True)
class Reaction:
    """One emoji on a message and the users who reacted with it, in order."""

    emoji_id: int | None
    emoji_name: str
    users: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Message:
    """A message; a deleted one is kept with ``deleted`` set, for the snapshot.

    ``reply_to`` is the message that a reply refers to, ``reference`` the whole
    ``message_reference``. ``ephemeral_to`` is the one member who sees an ephemeral message.
    ``shown_name`` is the name that a webhook used for this message.
    """

    id: int
    channel_id: int
    author_id: int
    type: MessageType
    content: str
    timestamp: datetime
    guild_id: int | None = None
    edited_timestamp: datetime | None = None
    tts: bool = False
    mention_everyone: bool = False
    mentions: list[int] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    sticker_items: list[dict[str, Any]] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    poll: dict[str, Any] | None = None
    poll_votes: dict[int, list[int]] = field(default_factory=dict)
    pinned: bool = False
    pinned_at: datetime | None = None
    flags: int = 0
    nonce: str | int | None = None
    reference: dict[str, Any] | None = None
    reply_to: int | None = None
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    webhook_id: int | None = None
    shown_name: str | None = None
    shown_avatar: str | None = None
    application_id: int | None = None
    interaction_id: int | None = None
    interaction_metadata: dict[str, Any] | None = None
    position: int | None = None
    ephemeral_to: int | None = None
    loading: bool = False
    deleted: bool = False


@dataclass(slots=True)
class Webhook:
    """An incoming webhook, or one that follows another server's announcement channel."""

    id: int
    channel_id: int
    guild_id: int
    name: str
    token: str
    creator_id: int
    application_id: int | None = None
    avatar: str | None = None


@dataclass(slots=True)
class Application:
    """The bot's application: ``flags`` says which privileged intents are enabled."""

    id: int
    name: str
    bot_id: int
    owner_id: int
    description: str = ""
    flags: int = 0
    verify_key: str = ""


@dataclass(slots=True)
class Command:
    """An application command; ``body`` is everything but its ids, as Discord returns it."""

    id: int
    application_id: int
    guild_id: int | None
    version: int
    type: int
    name: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Interaction:
    """A member's interaction with the application, and the responses to it.

    ``payload`` is the INTERACTION_CREATE, ``answer`` the first response as the application sent
    it, ``messages`` the ids of the response messages, first the original one. ``modal`` is the
    form that the first response showed, until it is submitted.
    """

    id: int
    application_id: int
    type: int
    token: str
    member_id: int
    channel_id: int
    guild_id: int | None
    created_at: datetime
    payload: dict[str, Any]
    state: InteractionState = InteractionState.WAITING
    answer: dict[str, Any] | None = None
    messages: list[int] = field(default_factory=list)
    original_id: int | None = None
    modal: dict[str, Any] | None = None
    source_message_id: int | None = None
    nonce: str | None = None
    triggered_by: int | None = None
    token_ended: bool = False
