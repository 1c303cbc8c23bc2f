"""Rows of replies that an app reposted with a webhook, and of the messages that they replace."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import from_milliseconds
from bot.core.conversation.events import Message
from bot.core.conversation.proxies import MAX_DELAY, Original
from bot.core.conversation.routing import AnsweredReply
from storage.db.writer import Transaction

__all__ = [
    "HOLD_ORIGINAL",
    "INSERT_CANDIDATE",
    "INSERT_PROXIED",
    "MAX_CANDIDATE_AGE",
    "PURGE_CANDIDATES",
    "REMOVE_ORIGINAL",
    "SETTLE_PROXIED",
    "Candidate",
    "find_candidates",
    "find_opening",
    "find_originals",
    "get_apps",
    "parse_apps",
]

#: Ids increase with time: 22 bits of them are no time (docs: Reference › Snowflakes).
_TIME_SHIFT = 22
_WINDOW = (MAX_DELAY // timedelta(milliseconds=1)) << _TIME_SHIFT
#: How long a deletion may show which message was reposted: the bot may have been offline.
_CANDIDATE_TIME = timedelta(days=1)
#: The same as a difference of ids.
MAX_CANDIDATE_AGE = (_CANDIDATE_TIME // timedelta(milliseconds=1)) << _TIME_SHIFT


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that a reply may replace; which one it does isn't known yet.

    reply:     the reply that an app reposted
    author_id: 0: somebody who was erased
    score:     how well the message fits
    """

    reply: AnsweredReply
    original_id: int
    author_id: int
    reference_id: int | None
    score: float


async def get_apps(tx: Transaction) -> dict[int, frozenset[int]]:
    """By server, the apps whose webhook messages count as members' messages."""
    rows = await tx.rows("SELECT server_id, proxy_apps FROM server_settings WHERE proxy_apps <> ''")
    return {row["server_id"]: parse_apps(row["proxy_apps"]) for row in rows}


def parse_apps(text: str) -> frozenset[int]:
    """The ids in the column ``proxy_apps``."""
    return frozenset(int(one) for one in text.split())


async def find_originals(tx: Transaction, proxies: Collection[Message]) -> list[Original]:
    """Recorded replies that these messages may replace, as far as the archive has their text."""
    found: list[Original] = []
    for proxy in proxies:
        rows = await tx.rows(
            """
            SELECT replies.id, replies.channel_id, replies.author_id, replies.text,
                replies.written_at, COALESCE(planned_messages.message_id, replies.parent_id)
                    AS reference_id, (
                    SELECT json_group_array(name) FROM (
                        SELECT name FROM attachments WHERE reply_id = replies.id ORDER BY position
                    ) AS named
                ) AS files
            FROM replies
            LEFT JOIN planned_messages ON planned_messages.id = replies.planned_message_id
            WHERE replies.channel_id = :channel_id AND replies.id > :after_id
                AND replies.id < :proxy_id AND replies.deleted_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM proxied_replies WHERE reply_id = replies.id)
            """,
            {
                "channel_id": proxy.channel_id,
                "after_id": proxy.id - _WINDOW,
                "proxy_id": proxy.id,
            },
        )
        found += [
            Original(
                row["id"],
                row["channel_id"],
                row["author_id"],
                row["text"],
                tuple(json.loads(row["files"])),
                row["reference_id"],
                from_milliseconds(row["written_at"]),
            )
            for row in rows
        ]
    return found


async def find_candidates(
    tx: Transaction, deleted: Collection[int], now_ms: int
) -> list[Candidate]:
    """Which replies these deleted messages may be the originals of."""
    rows = await tx.rows(
        """
        SELECT proxy_candidates.*, replies.discussion_id, replies.thread_id
        FROM json_each(:ids) CROSS JOIN proxy_candidates
        JOIN replies ON replies.id = proxy_candidates.reply_id
        WHERE original_id = CAST(json_each.value AS BIGINT) AND replies.written_at > :since
        """,
        {
            "ids": json.dumps(sorted(deleted)),
            "since": now_ms - _CANDIDATE_TIME // timedelta(milliseconds=1),
        },
    )
    return [
        Candidate(
            AnsweredReply(row["discussion_id"], row["reply_id"], row["thread_id"]),
            row["original_id"],
            row["author_id"],
            row["reference_id"],
            row["score"],
        )
        for row in rows
    ]


async def find_opening(tx: Transaction, ids: Collection[int], now_ms: int) -> set[int]:
    """Those of these messages whose thread is open, or may be being opened now."""
    rows = await tx.rows(
        """
        SELECT id FROM threads
        WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            AND state <> 'failed' AND (state <> 'planned' OR due_at <= :now OR attempts > 0)
        """,
        {"ids": json.dumps(sorted(ids)), "now": now_ms},
    )
    return {row["id"] for row in rows}


INSERT_PROXIED = """
INSERT INTO proxied_replies (reply_id, server_id, original_id, author_id, reference_id)
VALUES (:reply_id, :server_id, :original_id, :author_id, :reference_id)
ON CONFLICT DO NOTHING
"""
#: Removes the reply that an app reposted as ``reply_id``; what was attached to it goes with it. Its
#: thread isn't opened, unless it may be open already.
REMOVE_ORIGINAL = (
    "DELETE FROM prompts WHERE thread_id = :original_id AND state = 'planned'",
    """
    DELETE FROM threads
    WHERE id = :original_id AND state = 'planned' AND due_at > :now AND attempts = 0
    """,
    """
    UPDATE replies SET parent_id = :reply_id
    WHERE discussion_id = :discussion_id AND parent_id = :original_id
    """,
    "DELETE FROM replies WHERE id = :original_id",
)
INSERT_CANDIDATE = """
INSERT INTO proxy_candidates (reply_id, original_id, server_id, author_id, reference_id, score)
SELECT reply_id, :original_id, server_id, :author_id, :reference_id, :score
FROM proxied_replies WHERE reply_id = :reply_id
ON CONFLICT DO NOTHING
"""
#: Removes the candidates that are too old to be deleted by the app, when there are new ones.
PURGE_CANDIDATES = """
DELETE FROM proxy_candidates WHERE server_id = :server_id AND reply_id < :before_id
"""
#: The thread of a message that may be an original isn't opened until ``until``, nor is it moved.
HOLD_ORIGINAL = (
    """
    UPDATE threads SET due_at = CASE WHEN due_at > :until THEN due_at ELSE :until END
    WHERE id = :original_id AND state = 'planned' AND due_at > :now AND attempts = 0
    """,
    """
    UPDATE reply_moves SET due_at = CASE WHEN due_at > :until THEN due_at ELSE :until END
    WHERE reply_id = :original_id AND state = 'planned' AND due_at > :now AND attempts = 0
    """,
)
#: An original was found: the reply ``reply_id`` takes its place, and its thread if that may be
#: open already; otherwise the thread of the reply is opened when that of the original would be.
SETTLE_PROXIED = (
    """
    UPDATE proxied_replies
    SET original_id = :original_id, author_id = :author_id, reference_id = :reference_id
    WHERE reply_id = :reply_id
    """,
    "DELETE FROM proxy_candidates WHERE reply_id = :reply_id",
    "DELETE FROM proxy_candidates WHERE original_id = :original_id",
    """
    UPDATE replies SET (discussion_id, parent_id, planned_message_id) = (
        SELECT discussion_id, parent_id, planned_message_id FROM replies WHERE id = :original_id
    )
    WHERE id = :reply_id AND EXISTS (SELECT 1 FROM replies WHERE id = :original_id)
    """,
    """
    UPDATE threads SET
        member_id = CASE CAST(:author_id AS BIGINT) WHEN 0 THEN -1 ELSE :author_id END,
        discussion_id = :discussion_id
    WHERE id = :reply_id
    """,
    "UPDATE reply_moves SET member_id = :author_id WHERE reply_id = :reply_id",
    """
    UPDATE replies SET thread_id = :original_id
    WHERE id = :reply_id AND thread_id = :reply_id AND EXISTS (
        SELECT 1 FROM threads WHERE id = :original_id AND state <> 'failed'
            AND (state <> 'planned' OR due_at <= :now OR attempts > 0)
    ) AND EXISTS (
        SELECT 1 FROM threads WHERE id = :reply_id AND state = 'planned' AND due_at > :now
            AND attempts = 0
    )
    """,
    """
    DELETE FROM prompts WHERE thread_id = :reply_id AND state = 'planned' AND EXISTS (
        SELECT 1 FROM replies WHERE id = :reply_id AND thread_id = :original_id
    )
    """,
    """
    DELETE FROM threads WHERE id = :reply_id AND EXISTS (
        SELECT 1 FROM replies WHERE id = :reply_id AND thread_id = :original_id
    )
    """,
    """
    UPDATE threads SET (due_at, priority) = (
        SELECT due_at, priority FROM threads WHERE id = :original_id
    )
    WHERE id = :reply_id AND state = 'planned' AND attempts = 0 AND EXISTS (
        SELECT 1 FROM threads WHERE id = :original_id AND state = 'planned' AND due_at > :now
            AND attempts = 0
    )
    """,
)
