"""What happens in a server, as plain data: messages, edits, deletions, reactions.

The gateway and the history both are translated into these, so that the record does not care
which of the two told it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a message; ``size`` in bytes, ``type`` a media type where Discord names one.

    ``id`` is Discord's; ``address``: where it can be had for a day or so (docs: Reference ›
    Signed Attachment CDN URLs).
    """

    name: str
    type: str | None
    size: int
    id: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands at one moment.

    ``kind`` is Discord's message type; ``reference_id`` the message it replies to (not one it
    forwards); ``nonce`` is only known where the gateway tells of our own message.
    ``reactions`` is None where the source does not tell them. ``withheld``: nothing at all is in
    it, which hardly any message is, so Discord may not have shown what it says (docs: Gateway ›
    Message Content Intent). ``whole``: text and files are all there is to it, no sticker, poll or
    forward.
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
    #: Whether the bot itself wrote it; then the nonce, or else the signature of its payload,
    #: tells which post it is (bot.core.payloads.signature).
    own: bool = False
    nonce: str | None = None
    signature: str = ""
    content_missing: bool = False
    copyable: bool = True


@dataclass(frozen=True, slots=True)
class Edit:
    """A message's new text and files."""

    message_id: int
    channel_id: int
    text: str
    edited_at: datetime | None
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Deletion:
    """Messages of one channel that were deleted, singly or in bulk."""

    message_ids: tuple[int, ...]
    channel_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Reaction:
    """One reaction put on (``change`` 1) or taken off (-1) a message."""

    message_id: int
    channel_id: int
    server_id: int
    emoji: str
    change: int


@dataclass(frozen=True, slots=True)
class ReactionsCleared:
    """All reactions taken off a message, or all of one emoji."""

    message_id: int
    channel_id: int
    server_id: int
    emoji: str | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of a channel's history: these messages stand there as they are told here.

    ``shown``: Discord says that it shows the bot what messages say, so one that looks withheld has
    nothing to show, like an invitation to a game.
    """

    channel_id: int
    messages: tuple[Message, ...]
    content_visible: bool = False


@dataclass(frozen=True, slots=True)
class ThreadSeen:
    """A thread stands on a message of a channel; it bears that message's id.

    ``owner_id``: who opened it. ``new``: it was opened just now, so nothing was said in it unseen.
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
