"""Routing: the table of cases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.conversation.events import Attachment, Message
from bot.core.conversation.routing import (
    Answered,
    AnsweredBotMessage,
    AnsweredReply,
    DiscussionState,
    DiscussionThread,
    Ignore,
    JoinedDiscussion,
    Record,
    route,
)

CHANNEL, HEAD, OWN_THREAD = 20, 1000, 900
POST = AnsweredBotMessage(discussion_id=1, planned_message_id=5, state=DiscussionState.OPEN)
CLOSED = AnsweredBotMessage(discussion_id=1, planned_message_id=5, state=DiscussionState.CLOSED)
OTHER_DISCUSSION = AnsweredBotMessage(
    discussion_id=2, planned_message_id=9, state=DiscussionState.OPEN
)
WITHDRAWN = AnsweredBotMessage(
    discussion_id=1, planned_message_id=5, state=DiscussionState.WITHDRAWN
)
NOTICE = AnsweredBotMessage(
    discussion_id=1, planned_message_id=6, state=DiscussionState.OPEN, is_notice=True
)
ONE_THREAD = AnsweredBotMessage(
    discussion_id=1, planned_message_id=5, state=DiscussionState.OPEN, main_thread_id=OWN_THREAD
)
REPLY = AnsweredReply(discussion_id=1, reply_id=1001)
HEAD_REPLY = AnsweredReply(discussion_id=1, reply_id=HEAD, thread_id=HEAD)
LINK = AnsweredBotMessage(
    discussion_id=1,
    planned_message_id=7,
    state=DiscussionState.OPEN,
    is_notice=True,
    about_reply=HEAD_REPLY,
)
MOVED = AnsweredReply(discussion_id=1, reply_id=1003, thread_id=HEAD)
CLOSED_LINK = AnsweredBotMessage(
    discussion_id=1,
    planned_message_id=7,
    state=DiscussionState.CLOSED,
    is_notice=True,
    about_reply=HEAD_REPLY,
)
CLOSED_NOTICE = AnsweredBotMessage(
    discussion_id=1, planned_message_id=6, state=DiscussionState.CLOSED, is_notice=True
)
OTHER_REPLY = AnsweredReply(discussion_id=2, reply_id=1002)
THREAD = DiscussionThread(discussion_id=1, head_id=HEAD)
MEMBERS_THREAD = DiscussionThread(discussion_id=1, head_id=None)


def message(
    channel_id: int = CHANNEL,
    *,
    message_type: int = 0,
    from_bot: bool = False,
    reference: bool = False,
    text: str = "I would.",
    files: int = 0,
) -> Message:
    return Message(
        id=2000,
        server_id=10,
        channel_id=channel_id,
        author_id=40,
        author_name="Ann",
        from_bot=from_bot,
        type=message_type,
        text=text,
        reference_id=1 if reference else None,
        written_at=datetime(2026, 1, 1, tzinfo=UTC),
        attachments=(Attachment("a.png", "image/png", 10),) * files,
    )


@pytest.mark.parametrize(
    ("case", "written", "thread", "answered", "expected"),
    [
        (
            "a reply to the bot's message opens a thread",
            message(message_type=19, reference=True),
            None,
            POST,
            Record(1, parent_id=None, thread_id=2000, planned_message_id=5, opens_thread=True),
        ),
        (
            "a reply in a closed discussion is saved, without a thread",
            message(message_type=19, reference=True),
            None,
            CLOSED,
            Record(1, parent_id=None, thread_id=None, planned_message_id=5, notify_closed=True),
        ),
        (
            "a reply to a withdrawn essay is saved, and nobody is informed",
            message(message_type=19, reference=True),
            None,
            WITHDRAWN,
            Record(1, parent_id=None, thread_id=None, planned_message_id=5),
        ),
        (
            "a reply to a notice of the bot opens no thread",
            message(message_type=19, reference=True),
            None,
            NOTICE,
            Record(1, parent_id=None, thread_id=None, planned_message_id=6),
        ),
        (
            "a reply to a notice that links to a thread belongs in that thread",
            message(message_type=19, reference=True),
            None,
            LINK,
            Record(
                1, parent_id=HEAD, thread_id=None, planned_message_id=None, target_thread_id=HEAD
            ),
        ),
        (
            "a reply in a thread to a notice of the bot answers the head",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            NOTICE,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=None),
        ),
        (
            "a reply to an essay with one thread belongs in that thread",
            message(message_type=19, reference=True),
            None,
            ONE_THREAD,
            Record(
                1, parent_id=None, thread_id=None, planned_message_id=5, target_thread_id=OWN_THREAD
            ),
        ),
        (
            "a reply to a part opens its own thread even if a member opened one there",
            message(message_type=19, reference=True),
            None,
            POST,
            Record(1, parent_id=None, thread_id=2000, planned_message_id=5, opens_thread=True),
        ),
        (
            "a channel reply to the head of a thread belongs in the thread",
            message(message_type=19, reference=True),
            None,
            HEAD_REPLY,
            Record(
                1, parent_id=HEAD, thread_id=None, planned_message_id=None, target_thread_id=HEAD
            ),
        ),
        (
            "a forward in a thread is a reply there",
            message(HEAD),
            THREAD,
            None,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=None),
        ),
        ("a forward into the channel isn't a reply", message(), None, None, Ignore()),
        (
            "a message in a forum post answers the essay",
            message(OWN_THREAD),
            MEMBERS_THREAD,
            None,
            Record(1, parent_id=None, thread_id=OWN_THREAD, planned_message_id=None),
        ),
        (
            "a reply in a forum post to the essay's message there answers the essay",
            message(OWN_THREAD, message_type=19, reference=True),
            MEMBERS_THREAD,
            POST,
            Record(1, parent_id=None, thread_id=OWN_THREAD, planned_message_id=5),
        ),
        (
            "a channel reply to a member's reply answers it",
            message(message_type=19, reference=True),
            None,
            REPLY,
            Record(1, parent_id=1001, thread_id=None, planned_message_id=None),
        ),
        ("a plain message in the channel", message(), None, None, Ignore()),
        (
            "a reply to something outside of a discussion",
            message(message_type=19, reference=True),
            None,
            None,
            Ignore(),
        ),
        (
            "a message in a thread answers its head",
            message(HEAD),
            THREAD,
            None,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=None),
        ),
        (
            "a reply in a thread answers the member it replies to",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            REPLY,
            Record(1, parent_id=1001, thread_id=HEAD, planned_message_id=None),
        ),
        (
            "a reply in a thread to the bot's message there answers the head",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            POST,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=5),
        ),
        (
            "a reply in a thread to an unknown message answers the head",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            None,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=None),
        ),
        (
            "a reply in a thread to another discussion's reply answers the head",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            OTHER_REPLY,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=None),
        ),
        (
            "a reply in a thread to another discussion's message answers the head",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            OTHER_DISCUSSION,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=None),
        ),
        (
            "a message in a thread that a member opened on the bot's message answers the essay",
            message(OWN_THREAD),
            MEMBERS_THREAD,
            None,
            Record(1, parent_id=None, thread_id=OWN_THREAD, planned_message_id=None),
        ),
        ("a bot or webhook in a thread", message(HEAD, from_bot=True), THREAD, None, Ignore()),
        (
            "a bot's reply to the essay",
            message(message_type=19, from_bot=True, reference=True),
            None,
            POST,
            Ignore(),
        ),
        (
            "a reply in a thread to a copy of a moved reply answers that reply",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            MOVED,
            Record(1, parent_id=1003, thread_id=HEAD, planned_message_id=None),
        ),
        (
            "a channel reply to a reply that belongs in a thread belongs there, too",
            message(message_type=19, reference=True),
            None,
            MOVED,
            Record(
                1, parent_id=1003, thread_id=None, planned_message_id=None, target_thread_id=HEAD
            ),
        ),
        (
            "a channel reply to a notice that links to a closed discussion's thread",
            message(message_type=19, reference=True),
            None,
            CLOSED_LINK,
            Record(
                1, parent_id=HEAD, thread_id=None, planned_message_id=None, target_thread_id=HEAD
            ),
        ),
        (
            "the author of a reply to a notice in a closed discussion isn't informed again",
            message(message_type=19, reference=True),
            None,
            CLOSED_NOTICE,
            Record(1, parent_id=None, thread_id=None, planned_message_id=6),
        ),
        (
            "a message in a thread of a closed or withdrawn discussion is saved",
            message(HEAD, message_type=19, reference=True),
            THREAD,
            WITHDRAWN,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=5),
        ),
        (
            "a webhook's copy that replies to nothing",
            message(HEAD, from_bot=True),
            MEMBERS_THREAD,
            None,
            Ignore(),
        ),
        (
            "the message that somebody joined the server",
            message(message_type=7),
            None,
            None,
            Ignore(),
        ),
        (
            "the message that a message was pinned",
            message(message_type=6, reference=True),
            None,
            POST,
            Ignore(),
        ),
        ("the response to a slash command", message(HEAD, message_type=20), THREAD, None, Ignore()),
        (
            "the response to a message command",
            message(HEAD, message_type=23),
            THREAD,
            REPLY,
            Ignore(),
        ),
        (
            "the result of a poll",
            message(HEAD, message_type=46, reference=True),
            THREAD,
            REPLY,
            Ignore(),
        ),
        ("the message that a thread was opened", message(message_type=18), None, POST, Ignore()),
        ("a thread's starter message", message(HEAD, message_type=21), THREAD, None, Ignore()),
    ],
)
def test_a_message_belongs_to_what_it_replies_to_or_to_its_thread(
    case: str,
    written: Message,
    thread: DiscussionThread | None,
    answered: Answered | None,
    expected: Ignore | Record,
) -> None:
    assert route(written, thread, answered) == expected, case


NEWEST = JoinedDiscussion(discussion_id=1)
NEWEST_OF_ONE_THREAD = JoinedDiscussion(discussion_id=1, main_thread_id=OWN_THREAD)
JOINED = Record(1, parent_id=None, thread_id=2000, planned_message_id=None, opens_thread=True)


@pytest.mark.parametrize(
    ("case", "written", "thread", "answered", "joined", "expected"),
    [
        ("a plain message opens a thread", message(), None, None, NEWEST, JOINED),
        ("a file without text does, too", message(text="", files=1), None, None, NEWEST, JOINED),
        (
            "it belongs in the thread of an essay with one thread",
            message(),
            None,
            None,
            NEWEST_OF_ONE_THREAD,
            Record(
                1,
                parent_id=None,
                thread_id=None,
                planned_message_id=None,
                target_thread_id=OWN_THREAD,
            ),
        ),
        ("where plain messages join nothing", message(), None, None, None, Ignore()),
        (
            "a reply to another conversation in the channel",
            message(message_type=19, reference=True),
            None,
            None,
            NEWEST,
            Ignore(),
        ),
        ("a forward, a poll or a sticker", message(text=" "), None, None, NEWEST, Ignore()),
        ("a bot or webhook", message(from_bot=True), None, None, NEWEST, Ignore()),
        ("a system message", message(message_type=7), None, None, NEWEST, Ignore()),
        (
            "a reply to an older essay belongs to that essay",
            message(message_type=19, reference=True),
            None,
            OTHER_DISCUSSION,
            NEWEST,
            Record(2, parent_id=None, thread_id=2000, planned_message_id=9, opens_thread=True),
        ),
        (
            "a message in a thread stays there",
            message(HEAD),
            THREAD,
            None,
            NEWEST,
            Record(1, parent_id=HEAD, thread_id=HEAD, planned_message_id=None),
        ),
    ],
)
def test_a_plain_message_joins_the_newest_essay_if_the_server_chose_that(
    case: str,
    written: Message,
    thread: DiscussionThread | None,
    answered: Answered | None,
    joined: JoinedDiscussion | None,
    expected: Ignore | Record,
) -> None:
    assert route(written, thread, answered, joined) == expected, case
