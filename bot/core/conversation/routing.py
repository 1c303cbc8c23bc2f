"""Routing: which discussion and thread a message belongs to, and which message opens a thread.

A pure function of the message and of what the archive knows about what it replies to.
"""

from __future__ import annotations

from enum import Enum

from bot.core.conversation.events import USER_MESSAGE_TYPES, Message
from bot.core.conversation.plain_messages import Placement
from bot.core.frozen import frozen

__all__ = [
    "Answered",
    "AnsweredBotMessage",
    "AnsweredReply",
    "DiscussionState",
    "DiscussionThread",
    "Ignore",
    "JoinedDiscussion",
    "Record",
    "can_join",
    "find_thread",
    "route",
]


class DiscussionState(Enum):
    """Whether a discussion takes new replies."""

    OPEN = "open"
    #: Replies are saved, but open no threads; their author is informed once.
    CLOSED = "closed"
    #: Replies are saved; the essay was withdrawn, so nobody is informed.
    WITHDRAWN = "withdrawn"


@frozen
class DiscussionThread:
    """A thread of a discussion.

    ``head_id``: the reply that the thread was opened on. None for a thread on a message of the
    bot: one that a member opened on a part, the single thread of an essay, a forum post.
    """

    discussion_id: int
    head_id: int | None


@frozen
class AnsweredBotMessage:
    """The message replied to is the bot's own: a card, part, closing question, prompt or notice.

    about_reply:     of a notice: the reply that it is about
    main_thread_id:  the single thread of the essay, if the discussion has that style
    """

    discussion_id: int
    planned_message_id: int
    state: DiscussionState
    is_notice: bool = False
    about_reply: AnsweredReply | None = None
    main_thread_id: int | None = None


@frozen
class AnsweredReply:
    """The message replied to is a member's reply in a discussion.

    ``thread_id``: the thread it opened, is in or is to be moved into; None if there is none.
    ``waits``: a thread is opened on it when somebody answers it (plain_messages.is_short).
    """

    discussion_id: int
    reply_id: int
    thread_id: int | None = None
    waits: bool = False


Answered = AnsweredBotMessage | AnsweredReply


@frozen
class JoinedDiscussion:
    """The discussion that a plain message in the channel joins although it replies to nothing.

    The newest open one whose card was posted before the message, if the server chose that.
    """

    discussion_id: int
    main_thread_id: int | None = None


@frozen
class Ignore:
    """The message doesn't belong to a discussion."""


@frozen
class Record:
    """The message is a reply in a discussion and is saved.

    parent_id:         the reply it answers; None for the essay itself
    thread_id:         the thread it is in or opens
    opens_thread:      a thread is to be opened on it
    opens_thread_on:   the reply it answers gets a thread now
    target_thread_id:  the thread it is to be moved into
    notify_closed:     its author expects a thread, and is informed that there is none
    """

    discussion_id: int
    parent_id: int | None
    thread_id: int | None
    planned_message_id: int | None
    opens_thread: bool = False
    opens_thread_on: int | None = None
    target_thread_id: int | None = None
    notify_closed: bool = False


def find_thread(answered: Answered | None) -> DiscussionThread | None:
    """The thread on a message, from what the archive knows about that message.

    A thread opened on a message has the message's id (docs: Channel Resource › Start Thread from
    Message), so the channel id of a message in a thread is looked up like a message id.
    """
    if isinstance(answered, AnsweredBotMessage):
        return DiscussionThread(answered.discussion_id, None)
    if isinstance(answered, AnsweredReply):
        return DiscussionThread(answered.discussion_id, answered.reply_id)
    return None


def route(
    message: Message,
    thread: DiscussionThread | None,
    answered: Answered | None,
    joined: JoinedDiscussion | None = None,
    placement: Placement | None = None,
) -> Ignore | Record:
    """Decide where ``message`` belongs.

    thread:    the discussion's thread that the message is in; None if it is in a channel
    answered:  what the archive knows about the message it replies to; None if it replies to
               nothing, or to something outside of a discussion
    joined:    the discussion that plain messages in this channel join; None if they join none
    placement: where it belongs in that discussion (plain_messages.place_plain_message)
    """
    if message.from_bot or message.type not in USER_MESSAGE_TYPES:
        return Ignore()
    if thread is not None:
        return _route_in_thread(message, thread, answered)
    if isinstance(answered, AnsweredBotMessage):
        if answered.about_reply is not None:
            return _route_to_reply(answered.about_reply)
        return _route_to_bot_message(message, answered)
    if isinstance(answered, AnsweredReply):
        return _route_to_reply(answered)
    if joined is not None and can_join(message):
        return _route_plain_message(message, joined, placement or Placement(opens_thread=True))
    return Ignore()


def can_join(message: Message) -> bool:
    """Whether a message is addressed to the whole channel and has text or files of its own.

    A reply to another conversation, a forward, a poll or a sticker doesn't join.
    """
    return message.reference_id is None and bool(message.text.strip() or message.attachments)


def _route_plain_message(
    message: Message, joined: JoinedDiscussion, placement: Placement
) -> Record:
    """A plain message that joins a discussion is a reply to the essay, or to what it continues."""
    discussion_id, main_thread_id = joined.discussion_id, joined.main_thread_id
    if main_thread_id is not None:
        return Record(discussion_id, None, None, None, target_thread_id=main_thread_id)
    if placement.answered is not None:
        one = placement.answered
        return _route_to_reply(AnsweredReply(discussion_id, one.id, one.thread_id, one.waits))
    if placement.opens_thread:
        return Record(discussion_id, None, message.id, None, opens_thread=True)
    return Record(discussion_id, None, None, None)


def _route_to_bot_message(message: Message, answered: AnsweredBotMessage) -> Record:
    """A reply in the channel to a message of the bot opens a thread if the discussion is open."""
    discussion_id, planned_message_id = answered.discussion_id, answered.planned_message_id
    if answered.state is not DiscussionState.OPEN or answered.is_notice:
        closed = answered.state is DiscussionState.CLOSED and not answered.is_notice
        return Record(discussion_id, None, None, planned_message_id, notify_closed=closed)
    if answered.main_thread_id is not None:
        return Record(
            discussion_id, None, None, planned_message_id, target_thread_id=answered.main_thread_id
        )
    return Record(discussion_id, None, message.id, planned_message_id, opens_thread=True)


def _route_to_reply(answered: AnsweredReply) -> Record:
    """A reply in the channel to a member's reply belongs in the thread of that reply."""
    opens_on = answered.reply_id if answered.waits and answered.thread_id is None else None
    return Record(
        answered.discussion_id,
        answered.reply_id,
        None,
        None,
        opens_thread_on=opens_on,
        target_thread_id=opens_on or answered.thread_id,
    )


def _route_in_thread(
    message: Message, thread: DiscussionThread, answered: Answered | None
) -> Record:
    """A message in a thread answers its head, unless it replies to another message there."""
    parent_id, planned_message_id = thread.head_id, None
    if answered is not None and answered.discussion_id == thread.discussion_id:
        if isinstance(answered, AnsweredReply):
            parent_id = answered.reply_id
        elif not answered.is_notice:
            planned_message_id = answered.planned_message_id
    return Record(thread.discussion_id, parent_id, message.channel_id, planned_message_id)
