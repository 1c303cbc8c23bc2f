"""Rows of the direct messages to authors: who wants them, and the one that is being sent.

At most one a day, about questions that are new since the last one. A message is sent in steps, each
recorded before the next: what is requested (``sending``), then that it exists (``on`` again).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Row, Transaction

__all__ = [
    "NEXT_DUE",
    "AuthorMessage",
    "find_state",
    "get_due",
    "mark_not_sent",
    "mark_refused",
    "mark_sending",
    "mark_sent",
    "postpone",
    "skip",
    "switch_off",
    "switch_on",
]


@dataclass(frozen=True, slots=True)
class AuthorMessage:
    """An author who is due to get a direct message.

    told_until:  the newest question that a message was about
    channel_id, after_id, content:  of the message that is being sent: where, the newest message
                 there before it, and its text
    """

    id: int
    server_id: int
    server_name: str
    member_id: int
    state: str
    attempts: int
    told_until: int
    channel_id: int | None
    after_id: int | None
    content: str | None

    @property
    def is_sending(self) -> bool:
        """Whether a message may exist."""
        return self.state == "sending"


async def find_state(tx: Transaction, server_id: int, member_id: int) -> str | None:
    """Whether an author gets direct messages: ``refused`` if Discord refused one; None if not."""
    row = await tx.row(
        """
        SELECT state FROM author_messages
        WHERE server_id = :server_id AND member_id = :member_id
        """,
        {"server_id": server_id, "member_id": member_id},
    )
    return None if row is None else str(row["state"])


async def switch_on(
    tx: Transaction, server_id: int, member_id: int, *, told_until: int, due_at: int
) -> None:
    """Send an author messages from ``due_at`` on, about questions newer than ``told_until``."""
    await tx.run(
        """
        INSERT INTO author_messages (server_id, member_id, state, due_at, told_until)
        VALUES (:server_id, :member_id, 'on', :due_at, :told_until)
        ON CONFLICT (server_id, member_id) DO UPDATE SET state = 'on', attempts = 0,
            due_at = excluded.due_at, told_until = excluded.told_until, content = NULL,
            last_error = NULL
        WHERE author_messages.state = 'refused'
        """,
        {
            "server_id": server_id,
            "member_id": member_id,
            "due_at": due_at,
            "told_until": told_until,
        },
    )


async def switch_off(tx: Transaction, server_id: int, member_id: int) -> None:
    """Send an author no more messages; nothing is stored about that."""
    await tx.run(
        "DELETE FROM author_messages WHERE server_id = :server_id AND member_id = :member_id",
        {"server_id": server_id, "member_id": member_id},
    )


_DUE = """
SELECT author_messages.*, servers.name AS server_name
FROM author_messages JOIN servers ON servers.id = author_messages.server_id
WHERE state IN ('on', 'sending') AND due_at <= :now
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
ORDER BY due_at, author_messages.id
"""
#: When the next author is due.
NEXT_DUE = """
SELECT min(due_at) AS due_at FROM author_messages
WHERE state IN ('on', 'sending')
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""


def _make_message(row: Row) -> AuthorMessage:
    return AuthorMessage(
        id=row["id"],
        server_id=row["server_id"],
        server_name=row["server_name"],
        member_id=row["member_id"],
        state=row["state"],
        attempts=row["attempts"],
        told_until=row["told_until"],
        channel_id=row["channel_id"],
        after_id=row["after_id"],
        content=row["content"],
    )


async def get_due(tx: Transaction, now_ms: int, shards: Shards = UNSHARDED) -> list[AuthorMessage]:
    """The authors who are to get a message now, if there is something new."""
    parameters = {"now": now_ms, **make_shard_parameters(shards)}
    return [_make_message(row) for row in await tx.rows(_DUE, parameters)]


async def skip(tx: Transaction, message_id: int, due_at: int) -> None:
    """Nothing is new: look again at ``due_at``."""
    await tx.run(
        "UPDATE author_messages SET due_at = :due_at WHERE id = :id AND state = 'on'",
        {"id": message_id, "due_at": due_at},
    )


async def mark_sending(
    tx: Transaction,
    message_id: int,
    *,
    channel_id: int,
    after_id: int,
    content: str,
    telling_until: int,
) -> bool:
    """The message is about to be requested; False if the author switched it off meanwhile."""
    return bool(
        await tx.run(
            """
            UPDATE author_messages SET state = 'sending', channel_id = :channel_id,
                after_id = :after_id, content = :content, telling_until = :telling_until
            WHERE id = :id AND state = 'on'
            """,
            {
                "id": message_id,
                "channel_id": channel_id,
                "after_id": after_id,
                "content": content,
                "telling_until": telling_until,
            },
        )
    )


async def mark_not_sent(tx: Transaction, message_id: int) -> None:
    """It is certain that there is no message."""
    await tx.run(
        """
        UPDATE author_messages SET state = 'on', content = NULL
        WHERE id = :id AND state = 'sending'
        """,
        {"id": message_id},
    )


async def mark_sent(tx: Transaction, message_id: int, due_at: int) -> None:
    """The message exists; the next one is due at ``due_at``."""
    await tx.run(
        """
        UPDATE author_messages SET state = 'on', due_at = :due_at, attempts = 0,
            told_until = telling_until, content = NULL, last_error = NULL
        WHERE id = :id AND state = 'sending'
        """,
        {"id": message_id, "due_at": due_at},
    )


async def mark_refused(tx: Transaction, message_id: int, last_error: CodedText) -> None:
    """Discord doesn't let the bot write to the author: no more messages are sent."""
    await tx.run(
        """
        UPDATE author_messages SET state = 'refused', content = NULL, last_error = :last_error
        WHERE id = :id
        """,
        {"id": message_id, "last_error": last_error.stored},
    )


async def postpone(tx: Transaction, message_id: int, *, due_at: int, last_error: CodedText) -> None:
    """Try again at ``due_at``."""
    await tx.run(
        """
        UPDATE author_messages SET due_at = :due_at, attempts = attempts + 1,
            last_error = :last_error
        WHERE id = :id
        """,
        {"id": message_id, "due_at": due_at, "last_error": last_error.stored},
    )
