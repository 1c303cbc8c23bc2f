"""Where a message belongs: one pure function over what the archive knows."""

from __future__ import annotations

from dataclasses import dataclass

from bot.discussion.talk import WRITTEN_TYPES, Message

__all__ = ["Answered", "AnsweredPost", "AnsweredReply", "Ignore", "Record", "ThreadPlace", "route"]


@dataclass(frozen=True, slots=True)
class ThreadPlace:
    """A thread of a discussion. ``head_id`` is None for one that was opened on a post of ours."""

    discussion_id: int
    head_id: int | None


@dataclass(frozen=True, slots=True)
class AnsweredPost:
    """The message that is answered is the bot's own: a card, part, closing question or prompt."""

    discussion_id: int
    post_id: int
    open: bool  # whether the discussion takes new threads


@dataclass(frozen=True, slots=True)
class AnsweredReply:
    """The message that is answered is a member's reply in a discussion."""

    discussion_id: int
    reply_id: int


Answered = AnsweredPost | AnsweredReply


@dataclass(frozen=True, slots=True)
class Ignore:
    """The message is none of a discussion's."""


@dataclass(frozen=True, slots=True)
class Record:
    """The message is a reply of a discussion.

    ``parent_id`` None: it answers the essay itself. ``opens_thread``: it becomes a thread's head.
    """

    discussion_id: int
    parent_id: int | None
    thread_id: int | None
    post_id: int | None
    opens_thread: bool = False


def route(
    message: Message, place: ThreadPlace | None, answered: Answered | None
) -> Ignore | Record:
    """Decide where ``message`` belongs.

    ``place`` is the thread of ours it stands in, None for a channel; ``answered`` is what the
    archive knows of the message it replies to, None where it replies to nothing or to something
    that is no part of a discussion.
    """
    if message.from_bot or message.kind not in WRITTEN_TYPES:
        return Ignore()
    if place is not None:
        return _in_thread(message, place, answered)
    if isinstance(answered, AnsweredPost):
        return Record(
            discussion_id=answered.discussion_id,
            parent_id=None,
            thread_id=message.id if answered.open else None,
            post_id=answered.post_id,
            opens_thread=answered.open,
        )
    if isinstance(answered, AnsweredReply):
        return Record(answered.discussion_id, answered.reply_id, None, None)
    return Ignore()


def _in_thread(message: Message, place: ThreadPlace, answered: Answered | None) -> Record:
    """Talk in a thread answers the head, unless it replies to another member's message there."""
    parent_id, post_id = place.head_id, None
    if isinstance(answered, AnsweredReply) and answered.discussion_id == place.discussion_id:
        parent_id = answered.reply_id
    elif isinstance(answered, AnsweredPost) and answered.discussion_id == place.discussion_id:
        post_id = answered.post_id
    return Record(place.discussion_id, parent_id, message.channel_id, post_id)
