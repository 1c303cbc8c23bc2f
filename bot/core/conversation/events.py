"""What happens in a server, as plain data: messages, edits, deletions, reactions, threads.

Gateway events and pages of channel history are both translated into these types, so recording
them works the same way for either source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.conversation.forwards_polls_stickers import NO_EXTRAS, Extras
from bot.core.frozen import frozen

__all__ = [
    "Attachment",
    "ChannelDeletion",
    "Deletion",
    "Edit",
    "Event",
    "HistoryPage",
    "Message",
    "Reaction",
    "ReactionsCleared",
    "ThreadSeen",
]

#: Message types that people write: DEFAULT and REPLY (docs: Message Resource › Message Types).
USER_MESSAGE_TYPES = frozenset({0, 19})
#: The type of a message that replies to another one.
REPLY = 19
#: The type of the message that announces a poll's result; it refers to the poll.
POLL_RESULT = 46


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file attached to a message.

    type:  its media type; None where Discord names none
    size:  in bytes
    id:    Discord's id of the attachment
    url:   where to download it, for about a day (docs: Reference › Signed Attachment CDN URLs)
    """

    name: str
    type: str | None
    size: int
    id: int = 0
    url: str = ""


@frozen
class Message:
    """A message as it is at one moment.

    type:             Discord's message type
    reference_id:     the message it replies to; None for a forward
    reactions:        emoji and count; None where the source doesn't include them
    own:              the bot itself wrote it; then ``nonce``, or else ``signature``, says which
                      planned message it is (bot.core.payload.get_signature)
    nonce:            only known when the gateway reports a message of the bot
    content_missing:  it has no content at all; since hardly any message has none, Discord may
                      have withheld it (docs: Gateway › Message Content Intent)
    copyable:         it consists of text and files only: no sticker, poll or forward
    extras:           its forwarded message, poll and stickers; the files of a forwarded message
                      are in ``attachments``
    webhook_app_id:   the app whose webhook posted it
    linked_id:        a message of the server that an embed links to: so an app shows what the
                      message it reposts replied to
    """

    id: int
    server_id: int
    channel_id: int
    author_id: int
    author_name: str
    from_bot: bool
    type: int
    text: str
    reference_id: int | None
    written_at: datetime
    edited_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    reactions: tuple[tuple[str, int], ...] | None = None
    own: bool = False
    nonce: str | None = None
    signature: str = ""
    content_missing: bool = False
    copyable: bool = True
    extras: Extras = NO_EXTRAS
    webhook_app_id: int | None = None
    linked_id: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A message's new text and files, and the result of its poll."""

    message_id: int
    channel_id: int
    text: str
    edited_at: datetime | None
    attachments: tuple[Attachment, ...]
    extras: Extras = NO_EXTRAS


@dataclass(frozen=True, slots=True)
class Deletion:
    """Messages of one channel that were deleted, singly or in bulk."""

    message_ids: tuple[int, ...]
    channel_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Reaction:
    """One reaction added to (``change`` is 1) or removed from (-1) a message."""

    message_id: int
    channel_id: int
    server_id: int
    emoji: str
    change: int


@dataclass(frozen=True, slots=True)
class ReactionsCleared:
    """All reactions were removed from a message, or all with one emoji."""

    message_id: int
    channel_id: int
    server_id: int
    emoji: str | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of a channel's history: messages as they are in the channel now.

    ``content_visible``: Discord confirmed that the bot may read message content. A message without
    content then really is empty, like an invitation to a game.
    """

    channel_id: int
    messages: tuple[Message, ...]
    content_visible: bool = False
    named: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ThreadSeen:
    """A thread exists on a message of a channel; it has that message's id.

    ``owner_id``: who opened it. ``is_new``: it was opened just now, so the bot has missed no
    message in it.
    """

    id: int
    server_id: int
    channel_id: int
    owner_id: int
    name: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class ChannelDeletion:
    """A channel or thread was deleted, with everything in it."""

    channel_id: int
    server_id: int
    at: datetime


Event = (
    Message
    | Edit
    | Deletion
    | Reaction
    | ReactionsCleared
    | HistoryPage
    | ThreadSeen
    | ChannelDeletion
)
