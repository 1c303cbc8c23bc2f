"""A published essay and replies to it, written straight to an archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.clock import to_milliseconds
from bot.core.conversation.events import Message
from bot.core.read_essay import read_essay
from bot.core.snowflake import make_first_snowflake
from bot.delivery import after_send
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.essays import submissions
from storage.essays.submissions import Submission
from storage.replies.reply_changes import Changes
from tests.support.essays import publish_essay

__all__ = ["CHANNEL", "SERVER", "START", "add_replies", "make_id", "publish"]

SERVER, CHANNEL = 1, 2
#: When the first essay is published.
START = datetime.fromisoformat("2026-01-05T10:00:00+00:00")


def make_id(seconds: float) -> int:
    """The id of a message that is posted so many seconds after the start."""
    return make_first_snowflake(to_milliseconds(START + timedelta(seconds=seconds))) + 1


async def publish(
    tx: Transaction,
    text: str,
    *,
    seconds: float = 0,
    server_id: int = SERVER,
    channel_id: int = CHANNEL,
) -> int:
    """Publish an essay in a card, a part and a closing question; the discussion's id."""
    now_ms = to_milliseconds(START + timedelta(seconds=seconds))
    submission = Submission(
        id=make_id(seconds) - 1,
        server_id=server_id,
        server_name="Library",
        channel_id=channel_id,
        member_id=1,
        member_name="Admin",
        file_name=None,
        file_url=None,
        text=text,
    )
    await submissions.save(tx, submission, now_ms)
    await submissions.accept(tx, submission.id, "")
    discussion_id = await publish_essay(
        tx,
        submission=submission,
        essay=read_essay(text, format="markdown", name=None),
        source=text.encode(),
        planned=[NewMessage(one, {"content": one}) for one in ("card", "part", "closing")],
        now_ms=now_ms,
    )
    for place in range(3):
        (post,) = await messages.claim(tx, busy=(), now_ms=now_ms)
        await after_send.record_sent(
            tx,
            planned_message_id=post.id,
            message_id=make_id(seconds) + place,
            now_ms=now_ms,
        )
    return discussion_id


async def add_replies(
    tx: Transaction,
    discussion_id: int,
    texts: Sequence[str],
    *,
    seconds: float = 10,
    author_id: int = 7,
    author: str = "Ann",
    server_id: int = SERVER,
    channel_id: int = CHANNEL,
    thread_id: int | None = None,
    parent_id: int | None = None,
) -> list[int]:
    """Add a reply a second; their ids."""
    changes = Changes()
    ids = []
    for place, text in enumerate(texts):
        at = START + timedelta(seconds=seconds + place)
        message = Message(
            id=make_id(seconds + place),
            server_id=server_id,
            channel_id=channel_id,
            author_id=author_id,
            author_name=author,
            from_bot=False,
            type=19,
            text=text,
            reference_id=None,
            written_at=at,
        )
        changes.insert_reply(
            message,
            discussion_id=discussion_id,
            parent_id=parent_id,
            thread_id=thread_id,
            planned_message_id=None,
        )
        ids.append(message.id)
    await changes.write(tx)
    return ids
