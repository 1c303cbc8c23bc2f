"""Where a message belongs: one pure function over what the archive knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.core.conversation.events import USER_MESSAGE_TYPES, Message

__all__ = [
    "Answered",
    "AnsweredBotMessage",
    "AnsweredReply",
    "DiscussionState",
    "DiscussionThread",
    "Ignore",
    "JoinedDiscussion",
    "Record",
    "find_thread",
    "route",
]


class DiscussionState(Enum):
    """What a discussion does with new replies."""

    OPEN = "open"
    #: It keeps what is said, opens no new threads, and says so once.
    CLOSED = "closed"
    #: It keeps what is said; its essay was taken back, so nothing is said about it.
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class DiscussionThread:
    """A thread of a discussion.

    ``head_id`` is None for one that stands on a post of ours: a thread that a member opened on a
    part, the one thread of a whole essay, a forum post.
    """

    discussion_id: int
    head_id: int | None


@dataclass(frozen=True, slots=True)
class AnsweredBotMessage:
    """The message that is answered is the bot's own: a card, part, closing question or prompt.

    ``about_id``: the reply that a notice of the bot's is about. ``main_thread_id``: the one thread
    of the essay, where the discussion has that style.
    """

    discussion_id: int
    post_id: int
    state: DiscussionState
    is_notice: bool = False
    about_reply: AnsweredReply | None = None
    main_thread_id: int | None = None


@dataclass(frozen=True, slots=True)
class AnsweredReply:
    """The message that is answered is a member's reply in a discussion.

    ``thread_id``: the thread it heads, stands in or belongs into; None where it has none.
    """

    discussion_id: int
    reply_id: int
    thread_id: int | None = None


Answered = AnsweredBotMessage | AnsweredReply


@dataclass(frozen=True, slots=True)
class JoinedDiscussion:
    """The essay that a channel's message joins although it replies to nothing.

    The newest open one that stood there before the message, where the server has it so.
    """

    discussion_id: int
    main_thread_id: int | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """The message is none of a discussion's."""


@dataclass(frozen=True, slots=True)
class Record:
    """The message is a reply of a discussion.

    ``parent_id`` None: it answers the essay itself. ``thread_id``: the thread it stands in or
    heads. ``opens_thread``: it becomes a thread's head. ``belongs_in``: the thread it is to be
    brought into. ``meets_closed``: its author expects a thread, and is told that there is none.
    """

    discussion_id: int
    parent_id: int | None
    thread_id: int | None
    post_id: int | None
    opens_thread: bool = False
    target_thread_id: int | None = None
    notify_closed: bool = False


def find_thread(answered: Answered | None) -> DiscussionThread | None:
    """The thread that stands on a message, by what the archive knows of that message.

    A thread that was opened on a message bears its id (docs: Channel Resource › Start Thread from
    Message), so the id of the channel that a message stands in tells.
    """
    if isinstance(answered, AnsweredBotMessage):
        return DiscussionThread(answered.discussion_id, None)
    if isinstance(answered, AnsweredReply):
        return DiscussionThread(answered.discussion_id, answered.reply_id)
    return None


def route(
    message: Message,
    place: DiscussionThread | None,
    answered: Answered | None,
    gathering: JoinedDiscussion | None = None,
) -> Ignore | Record:
    """Decide where ``message`` belongs.

    ``place`` is the thread of ours it stands in, None for a channel; ``answered`` is what the
    archive knows of the message it replies to, None where it replies to nothing or to something
    that is no part of a discussion. ``gathering`` is the essay that talk in this channel joins,
    None where it is left alone.
    """
    if message.from_bot or message.type not in USER_MESSAGE_TYPES:
        return Ignore()
    if place is not None:
        return _in_thread(message, place, answered)
    if isinstance(answered, AnsweredBotMessage):
        if answered.about_reply is not None:
            return _to_reply(answered.about_reply)
        return _to_post(message, answered)
    if isinstance(answered, AnsweredReply):
        return _to_reply(answered)
    if gathering is not None and _joins(message):
        return _to_gathering(message, gathering)
    return Ignore()


def _joins(message: Message) -> bool:
    """Whether a message speaks to the channel; a reply to somebody else's talk does not.

    Nor has a forward, a poll or a sticker words of its own.
    """
    return message.reference_id is None and bool(message.text.strip() or message.attachments)


def _to_gathering(message: Message, gathering: JoinedDiscussion) -> Record:
    """Talk in the channel that joins an essay is a reply to it like any other."""
    discussion_id, main_thread_id = gathering.discussion_id, gathering.main_thread_id
    if main_thread_id is not None:
        return Record(discussion_id, None, None, None, target_thread_id=main_thread_id)
    return Record(discussion_id, None, message.id, None, opens_thread=True)


def _to_post(message: Message, answered: AnsweredBotMessage) -> Record:
    """A reply in the channel to a message of ours heads a thread, while the discussion is open."""
    discussion_id, post_id = answered.discussion_id, answered.post_id
    if answered.state is not DiscussionState.OPEN or answered.is_notice:
        closed = answered.state is DiscussionState.CLOSED and not answered.is_notice
        return Record(discussion_id, None, None, post_id, notify_closed=closed)
    if answered.main_thread_id is not None:
        return Record(discussion_id, None, None, post_id, target_thread_id=answered.main_thread_id)
    return Record(discussion_id, None, message.id, post_id, opens_thread=True)


def _to_reply(answered: AnsweredReply) -> Record:
    """A reply in the channel to a member's reply belongs into that one's thread."""
    return Record(
        answered.discussion_id, answered.reply_id, None, None, target_thread_id=answered.thread_id
    )


def _in_thread(message: Message, place: DiscussionThread, answered: Answered | None) -> Record:
    """Talk in a thread answers the head, unless it replies to another member's message there."""
    parent_id, post_id = place.head_id, None
    if answered is not None and answered.discussion_id == place.discussion_id:
        if isinstance(answered, AnsweredReply):
            parent_id = answered.reply_id
        elif not answered.is_notice:
            post_id = answered.post_id
    return Record(place.discussion_id, parent_id, message.channel_id, post_id)
