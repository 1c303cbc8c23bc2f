"""Where a message belongs: the table of cases."""

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
POST = AnsweredBotMessage(discussion_id=1, post_id=5, state=DiscussionState.OPEN)
POST_OF_A_CLOSED_ONE = AnsweredBotMessage(discussion_id=1, post_id=5, state=DiscussionState.CLOSED)
POST_OF_ANOTHER = AnsweredBotMessage(discussion_id=2, post_id=9, state=DiscussionState.OPEN)
POST_OF_A_WITHDRAWN_ONE = AnsweredBotMessage(
    discussion_id=1, post_id=5, state=DiscussionState.WITHDRAWN
)
NOTICE = AnsweredBotMessage(discussion_id=1, post_id=6, state=DiscussionState.OPEN, is_notice=True)
IN_ONE_THREAD = AnsweredBotMessage(
    discussion_id=1, post_id=5, state=DiscussionState.OPEN, main_thread_id=OWN_THREAD
)
REPLY = AnsweredReply(discussion_id=1, reply_id=1001)
HEAD_REPLY = AnsweredReply(discussion_id=1, reply_id=HEAD, thread_id=HEAD)
POINTER = AnsweredBotMessage(
    discussion_id=1, post_id=7, state=DiscussionState.OPEN, is_notice=True, about_reply=HEAD_REPLY
)
MOVED = AnsweredReply(discussion_id=1, reply_id=1003, thread_id=HEAD)
POINTER_OF_A_CLOSED_ONE = AnsweredBotMessage(
    discussion_id=1, post_id=7, state=DiscussionState.CLOSED, is_notice=True, about_reply=HEAD_REPLY
)
NOTICE_OF_A_CLOSED_ONE = AnsweredBotMessage(
    discussion_id=1, post_id=6, state=DiscussionState.CLOSED, is_notice=True
)
REPLY_OF_ANOTHER = AnsweredReply(discussion_id=2, reply_id=1002)
THREAD = DiscussionThread(discussion_id=1, head_id=HEAD)
MEMBERS_THREAD = DiscussionThread(discussion_id=1, head_id=None)


def message(
    channel_id: int = CHANNEL,
    *,
    kind: int = 0,
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
        type=kind,
        text=text,
        reference_id=1 if reference else None,
        written_at=datetime(2026, 1, 1, tzinfo=UTC),
        attachments=(Attachment("a.png", "image/png", 10),) * files,
    )


@pytest.mark.parametrize(
    ("case", "said", "place", "answered", "expected"),
    [
        (
            "a reply to the bot's message heads a thread",
            message(kind=19, reference=True),
            None,
            POST,
            Record(1, parent_id=None, thread_id=2000, post_id=5, opens_thread=True),
        ),
        (
            "a reply in a closed discussion is kept, without a thread",
            message(kind=19, reference=True),
            None,
            POST_OF_A_CLOSED_ONE,
            Record(1, parent_id=None, thread_id=None, post_id=5, notify_closed=True),
        ),
        (
            "a reply to a withdrawn essay is kept, and nothing is said",
            message(kind=19, reference=True),
            None,
            POST_OF_A_WITHDRAWN_ONE,
            Record(1, parent_id=None, thread_id=None, post_id=5),
        ),
        (
            "a reply to a remark of the bot's opens no thread",
            message(kind=19, reference=True),
            None,
            NOTICE,
            Record(1, parent_id=None, thread_id=None, post_id=6),
        ),
        (
            "a reply to the line that points into a thread belongs there",
            message(kind=19, reference=True),
            None,
            POINTER,
            Record(1, parent_id=HEAD, thread_id=None, post_id=None, target_thread_id=HEAD),
        ),
        (
            "a reply in a thread to a remark of the bot's answers the head alone",
            message(HEAD, kind=19, reference=True),
            THREAD,
            NOTICE,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=None),
        ),
        (
            "a reply to an essay of one thread belongs into that thread",
            message(kind=19, reference=True),
            None,
            IN_ONE_THREAD,
            Record(1, parent_id=None, thread_id=None, post_id=5, target_thread_id=OWN_THREAD),
        ),
        (
            "a reply to a part heads its own thread though a member opened one there",
            message(kind=19, reference=True),
            None,
            POST,
            Record(1, parent_id=None, thread_id=2000, post_id=5, opens_thread=True),
        ),
        (
            "a channel reply to a reply that heads a thread belongs into it",
            message(kind=19, reference=True),
            None,
            HEAD_REPLY,
            Record(1, parent_id=HEAD, thread_id=None, post_id=None, target_thread_id=HEAD),
        ),
        (
            "a forward in a thread is talk there",
            message(HEAD),
            THREAD,
            None,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=None),
        ),
        ("a forward into the channel is no reply", message(), None, None, Ignore()),
        (
            "a message in a forum post answers the essay",
            message(OWN_THREAD),
            MEMBERS_THREAD,
            None,
            Record(1, parent_id=None, thread_id=OWN_THREAD, post_id=None),
        ),
        (
            "a reply in a forum post to the essay's message there answers the essay",
            message(OWN_THREAD, kind=19, reference=True),
            MEMBERS_THREAD,
            POST,
            Record(1, parent_id=None, thread_id=OWN_THREAD, post_id=5),
        ),
        (
            "a channel reply to a member's reply answers it",
            message(kind=19, reference=True),
            None,
            REPLY,
            Record(1, parent_id=1001, thread_id=None, post_id=None),
        ),
        ("a message in the channel that is no reply", message(), None, None, Ignore()),
        (
            "a reply to something that is no part of a discussion",
            message(kind=19, reference=True),
            None,
            None,
            Ignore(),
        ),
        (
            "talk in a thread answers its head",
            message(HEAD),
            THREAD,
            None,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=None),
        ),
        (
            "a reply in a thread answers the member it replies to",
            message(HEAD, kind=19, reference=True),
            THREAD,
            REPLY,
            Record(1, parent_id=1001, thread_id=HEAD, post_id=None),
        ),
        (
            "a reply in a thread to the bot's message there answers the head",
            message(HEAD, kind=19, reference=True),
            THREAD,
            POST,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=5),
        ),
        (
            "a reply in a thread to a message nobody knows answers the head",
            message(HEAD, kind=19, reference=True),
            THREAD,
            None,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=None),
        ),
        (
            "a reply in a thread to another discussion's reply answers the head",
            message(HEAD, kind=19, reference=True),
            THREAD,
            REPLY_OF_ANOTHER,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=None),
        ),
        (
            "a reply in a thread to another discussion's post answers the head",
            message(HEAD, kind=19, reference=True),
            THREAD,
            POST_OF_ANOTHER,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=None),
        ),
        (
            "talk in a thread that a member opened on the bot's message answers the essay",
            message(OWN_THREAD),
            MEMBERS_THREAD,
            None,
            Record(1, parent_id=None, thread_id=OWN_THREAD, post_id=None),
        ),
        ("a bot or webhook in a thread", message(HEAD, from_bot=True), THREAD, None, Ignore()),
        (
            "a bot's reply to the essay",
            message(kind=19, from_bot=True, reference=True),
            None,
            POST,
            Ignore(),
        ),
        (
            "a reply in a thread to a copy of a moved reply answers that reply",
            message(HEAD, kind=19, reference=True),
            THREAD,
            MOVED,
            Record(1, parent_id=1003, thread_id=HEAD, post_id=None),
        ),
        (
            "a channel reply to a reply that belongs into a thread belongs there, too",
            message(kind=19, reference=True),
            None,
            MOVED,
            Record(1, parent_id=1003, thread_id=None, post_id=None, target_thread_id=HEAD),
        ),
        (
            "a channel reply to the line that points into a closed discussion's thread",
            message(kind=19, reference=True),
            None,
            POINTER_OF_A_CLOSED_ONE,
            Record(1, parent_id=HEAD, thread_id=None, post_id=None, target_thread_id=HEAD),
        ),
        (
            "a reply to a remark in a closed discussion is told nothing more",
            message(kind=19, reference=True),
            None,
            NOTICE_OF_A_CLOSED_ONE,
            Record(1, parent_id=None, thread_id=None, post_id=6),
        ),
        (
            "talk in a thread of a closed or withdrawn discussion is kept like any other",
            message(HEAD, kind=19, reference=True),
            THREAD,
            POST_OF_A_WITHDRAWN_ONE,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=5),
        ),
        (
            "a webhook's copy that replies to nothing",
            message(HEAD, from_bot=True),
            MEMBERS_THREAD,
            None,
            Ignore(),
        ),
        ("that somebody joined the server", message(kind=7), None, None, Ignore()),
        ("that a message was pinned", message(kind=6, reference=True), None, POST, Ignore()),
        ("what a slash command answered", message(HEAD, kind=20), THREAD, None, Ignore()),
        ("what a message command answered", message(HEAD, kind=23), THREAD, REPLY, Ignore()),
        ("a poll's result", message(HEAD, kind=46, reference=True), THREAD, REPLY, Ignore()),
        ("the notice that a thread was opened", message(kind=18), None, POST, Ignore()),
        ("a thread's starter message", message(HEAD, kind=21), THREAD, None, Ignore()),
    ],
)
def test_a_message_is_routed(
    case: str,
    said: Message,
    place: DiscussionThread | None,
    answered: Answered | None,
    expected: Ignore | Record,
) -> None:
    assert route(said, place, answered) == expected, case


NEWEST = JoinedDiscussion(discussion_id=1)
NEWEST_OF_ONE_THREAD = JoinedDiscussion(discussion_id=1, main_thread_id=OWN_THREAD)
JOINED = Record(1, parent_id=None, thread_id=2000, post_id=None, opens_thread=True)


@pytest.mark.parametrize(
    ("case", "said", "place", "answered", "gathering", "expected"),
    [
        ("what replies to nothing heads a thread", message(), None, None, NEWEST, JOINED),
        ("a file alone does too", message(text="", files=1), None, None, NEWEST, JOINED),
        (
            "of an essay of one thread it belongs into that thread",
            message(),
            None,
            None,
            NEWEST_OF_ONE_THREAD,
            Record(1, parent_id=None, thread_id=None, post_id=None, target_thread_id=OWN_THREAD),
        ),
        ("where the server leaves it alone", message(), None, None, None, Ignore()),
        (
            "a reply to other talk in the channel is none of the essay's",
            message(kind=19, reference=True),
            None,
            None,
            NEWEST,
            Ignore(),
        ),
        ("a forward, a poll or a sticker", message(text=" "), None, None, NEWEST, Ignore()),
        ("a bot or webhook", message(from_bot=True), None, None, NEWEST, Ignore()),
        ("a notice of Discord's", message(kind=7), None, None, NEWEST, Ignore()),
        (
            "a reply to an older essay is that one's",
            message(kind=19, reference=True),
            None,
            POST_OF_ANOTHER,
            NEWEST,
            Record(2, parent_id=None, thread_id=2000, post_id=9, opens_thread=True),
        ),
        (
            "talk in a thread stays there",
            message(HEAD),
            THREAD,
            None,
            NEWEST,
            Record(1, parent_id=HEAD, thread_id=HEAD, post_id=None),
        ),
    ],
)
def test_talk_in_the_channel_joins_the_newest_essay_where_the_server_has_it_so(
    case: str,
    said: Message,
    place: DiscussionThread | None,
    answered: Answered | None,
    gathering: JoinedDiscussion | None,
    expected: Ignore | Record,
) -> None:
    assert route(said, place, answered, gathering) == expected, case
