"""Events: what happened in the world, as plain records without any payload.

The gateway renders them (:mod:`bot.emulator.payloads.dispatches`). Listeners hear an event while
the world is as the event says, so a record holds references and no copies.
docs: Gateway Events › Receive Events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.emulator.world.models import (
    Application,
    AutoModRule,
    Channel,
    Guild,
    Interaction,
    Message,
    Reaction,
    Role,
    User,
)

__all__ = [
    "ApplicationJoined",
    "AutoModRuleCreated",
    "AutoModRuleDeleted",
    "AutoModRuleUpdated",
    "AutocompleteAnswered",
    "ChannelCreated",
    "ChannelDeleted",
    "ChannelUpdated",
    "CommandPermissionsUpdated",
    "Event",
    "GuildLeft",
    "GuildUpdated",
    "InteractionAnswered",
    "InteractionCreated",
    "InteractionFailed",
    "InteractionReceived",
    "MemberBanned",
    "MemberJoined",
    "MemberRemoved",
    "MemberUnbanned",
    "MemberUpdated",
    "MessageBlocked",
    "MessageCreated",
    "MessageDeleted",
    "MessageUpdated",
    "MessagesDeleted",
    "ModalShown",
    "PinsUpdated",
    "PollVoteAdded",
    "PollVoteRemoved",
    "PresenceUpdated",
    "ReactionAdded",
    "ReactionEmojiCleared",
    "ReactionRemoved",
    "ReactionsCleared",
    "RoleCreated",
    "RoleDeleted",
    "RoleUpdated",
    "StickersUpdated",
    "ThreadJoined",
    "ThreadListSynced",
    "ThreadMembersUpdated",
    "TypingStarted",
    "WebhooksUpdated",
]


@dataclass(frozen=True, slots=True)
class MessageCreated:
    """A message was posted; an ephemeral one concerns a single member."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageUpdated:
    """A message was edited, pinned or changed in another way."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """One message was deleted."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessagesDeleted:
    """Several messages of a channel were deleted at once."""

    channel: Channel
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReactionAdded:
    """Somebody reacted to a message."""

    message: Message
    reaction: Reaction
    user_id: int


@dataclass(frozen=True, slots=True)
class ReactionRemoved:
    """Somebody's reaction was removed, by them or by a moderator."""

    message: Message
    reaction: Reaction
    user_id: int


@dataclass(frozen=True, slots=True)
class ReactionEmojiCleared:
    """All reactions with one emoji were removed from a message."""

    message: Message
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class ReactionsCleared:
    """All reactions were removed from a message."""

    message: Message


@dataclass(frozen=True, slots=True)
class TypingStarted:
    """Somebody started typing in a channel."""

    channel: Channel
    user_id: int


@dataclass(frozen=True, slots=True)
class PinsUpdated:
    """A message was pinned or unpinned in a channel."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A channel or thread was created."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelUpdated:
    """A channel's or thread's fields changed."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelDeleted:
    """A channel or thread was deleted; it is still in the world while this is heard."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ThreadJoined:
    """A user was added to a private thread, which they see from now on."""

    channel: Channel
    user_id: int


@dataclass(frozen=True, slots=True)
class ThreadMembersUpdated:
    """Users joined or left a thread."""

    channel: Channel
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadListSynced:
    """A user gained access to ``channels``; their active threads become visible."""

    guild: Guild
    user_id: int
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class ApplicationJoined:
    """A bot was added to a server."""

    guild: Guild
    user_id: int


@dataclass(frozen=True, slots=True)
class GuildUpdated:
    """A server's own properties changed, for instance its preferred locale."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class GuildLeft:
    """For the user alone who left a server or was removed from it."""

    guild: Guild
    user_id: int


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """A user joined a server."""

    guild: Guild
    user_id: int


@dataclass(frozen=True, slots=True)
class MemberUpdated:
    """A member's nickname, roles or time-out changed."""

    guild: Guild
    user_id: int


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """A user left a server or was removed from it."""

    guild: Guild
    user: User


@dataclass(frozen=True, slots=True)
class MemberBanned:
    """A user was banned from a server."""

    guild: Guild
    user: User


@dataclass(frozen=True, slots=True)
class MemberUnbanned:
    """A user's ban was lifted."""

    guild: Guild
    user: User


@dataclass(frozen=True, slots=True)
class PollVoteAdded:
    """A member voted for an answer of a poll."""

    message: Message
    user_id: int
    answer_id: int


@dataclass(frozen=True, slots=True)
class PollVoteRemoved:
    """A member took back a vote."""

    message: Message
    user_id: int
    answer_id: int


@dataclass(frozen=True, slots=True)
class RoleCreated:
    """A role was created."""

    guild: Guild
    role: Role


@dataclass(frozen=True, slots=True)
class RoleUpdated:
    """A role changed."""

    guild: Guild
    role: Role


@dataclass(frozen=True, slots=True)
class RoleDeleted:
    """A role was deleted."""

    guild: Guild
    role: Role


@dataclass(frozen=True, slots=True)
class StickersUpdated:
    """A server's stickers changed."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class AutoModRuleCreated:
    """An AutoMod rule was created."""

    guild: Guild
    rule: AutoModRule


@dataclass(frozen=True, slots=True)
class AutoModRuleUpdated:
    """An AutoMod rule was changed."""

    guild: Guild
    rule: AutoModRule


@dataclass(frozen=True, slots=True)
class AutoModRuleDeleted:
    """An AutoMod rule was deleted."""

    guild: Guild
    rule: AutoModRule


@dataclass(frozen=True, slots=True)
class MessageBlocked:
    """An AutoMod rule blocked a text; ``matched`` is the part that its ``keyword`` matched."""

    guild: Guild
    rule: AutoModRule
    channel: Channel
    user_id: int
    text: str
    keyword: str
    matched: str


@dataclass(frozen=True, slots=True)
class WebhooksUpdated:
    """A webhook of a channel was created, changed, moved or deleted."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class CommandPermissionsUpdated:
    """For the application's bot: who may use a command, or all its commands, was changed.

    ``target_id`` is the id of the command or of the application.
    """

    guild: Guild
    application: Application
    target_id: int


@dataclass(frozen=True, slots=True)
class InteractionReceived:
    """For the member alone: Discord has received what their client sent."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class InteractionCreated:
    """For the application's bot: a member started an interaction with it."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class InteractionAnswered:
    """For the member alone: the application gave its first answer."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class InteractionFailed:
    """For the member alone: the application did not respond within 3 seconds."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class AutocompleteAnswered:
    """For the member alone: the choices for the option they are typing in."""

    interaction: Interaction
    choices: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ModalShown:
    """For the member alone: the application answered with the form in ``interaction.modal``."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class PresenceUpdated:
    """A client changed its status; ``activities`` are as the client sent them."""

    guild: Guild
    user_id: int
    status: str
    activities: list[Any] = field(default_factory=list)


Event: TypeAlias = (
    MessageCreated
    | MessageUpdated
    | MessageDeleted
    | MessagesDeleted
    | ReactionAdded
    | ReactionRemoved
    | ReactionEmojiCleared
    | ReactionsCleared
    | TypingStarted
    | PinsUpdated
    | ChannelCreated
    | ChannelUpdated
    | ChannelDeleted
    | ThreadJoined
    | ThreadMembersUpdated
    | ThreadListSynced
    | ApplicationJoined
    | GuildLeft
    | GuildUpdated
    | MemberJoined
    | MemberUpdated
    | MemberRemoved
    | MemberBanned
    | MemberUnbanned
    | PollVoteAdded
    | PollVoteRemoved
    | RoleCreated
    | RoleUpdated
    | StickersUpdated
    | RoleDeleted
    | AutoModRuleCreated
    | AutoModRuleUpdated
    | AutoModRuleDeleted
    | MessageBlocked
    | WebhooksUpdated
    | CommandPermissionsUpdated
    | InteractionReceived
    | InteractionCreated
    | InteractionAnswered
    | InteractionFailed
    | AutocompleteAnswered
    | ModalShown
    | PresenceUpdated
)
"""Everything that listeners of the world may hear."""
