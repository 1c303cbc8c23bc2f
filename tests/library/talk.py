"""A published essay and replies to it, written straight to an archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.clock import to_milliseconds
from bot.core.conversation.events import Message
from bot.core.read_essay import read_essay
from bot.core.snowflake import make_first_snowflake
from bot.delivery import after_send
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.essays import submissions
from storage.essays.submissions import Submission
from storage.replies.reply_changes import Changes
from tests.support.essays import publish_essay

__all__ = [
    "CHANNEL",
    "SERVER",
    "START",
    "about",
    "add_prompt",
    "add_replies",
    "answering",
    "make_id",
    "publish",
]

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


async def about(database: Database, reply_id: int, *numbers: int, revision: int = 1) -> None:
    """Note that a reply is about these passages."""
    rows = [{"id": reply_id, "revision": revision, "number": number} for number in numbers]
    await database.write(
        lambda tx: tx.run_many(
            """
            INSERT INTO reply_passages (reply_id, revision, number)
            VALUES (:id, :revision, :number)
            """,
            rows,
        )
    )


async def answering(database: Database, reply_id: int, purpose: str) -> None:
    """Note that a reply answers the bot's message of this purpose."""
    await database.write(
        lambda tx: tx.run(
            """
            UPDATE replies SET planned_message_id = (
                SELECT id FROM planned_messages WHERE purpose = :purpose
            ) WHERE id = :id
            """,
            {"id": reply_id, "purpose": purpose},
        )
    )


async def add_prompt(
    database: Database, content: str, *, seconds: float, asked: str = "", discussion_id: int = 1
) -> int:
    """A prompt that was sent; the id of its planned message, which replies answer."""
    at = to_milliseconds(START + timedelta(seconds=seconds))
    row = {
        "id": discussion_id,
        "server_id": SERVER,
        "channel_id": CHANNEL,
        "at": at,
        "message_id": make_id(seconds),
        "content": content,
        "asked": asked,
    }

    async def write(tx: Transaction) -> int:
        planned = await tx.insert(
            """
            INSERT INTO planned_messages (server_id, discussion_id, channel_id, state, purpose,
                planned_at, due_at, sent_at, message_id, after_id, nonce, payload)
            VALUES (:server_id, :id, :channel_id, 'sent', 'prompt', :at, :at, :at, :message_id, 0,
                CAST(:message_id AS TEXT), '{}')
            RETURNING id
            """,
            row,
        )
        await tx.run(
            """
            INSERT INTO prompts (server_id, discussion_id, state, kind, channel_id,
                planned_message_id, planned_for, late_from, due_at, sent_at, asked_questions,
                condition, content)
            VALUES (:server_id, :id, 'sent', 'step', :channel_id, :planned, :at, :at, :at, :at,
                :asked, '', :content)
            """,
            row | {"planned": planned},
        )
        return planned

    return await database.write(write)
