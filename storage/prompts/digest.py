"""What a server's digest tells: a week of its discussions."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from bot.clock import to_milliseconds
from bot.core.prompts.digest import Digest, DigestEssay, DigestThread, OpenQuestion
from bot.core.prompts.local_time import WeeklyTime
from bot.core.prompts.policy import REASON_PAUSED
from storage.db.writer import Transaction
from storage.prompts import prompts
from storage.prompts.queries import asked_questions
from storage.servers import settings

__all__ = ["set_digest", "week"]

_WEEK = timedelta(days=7)
#: Snowflakes count milliseconds from 2015 on, 22 bits up (docs: Reference › Snowflakes).
_FIRST_MS, _SHIFT = 1_420_070_400_000, 22
_MOST = 50


async def set_digest(
    tx: Transaction,
    server_id: int,
    *,
    channel_id: int | None,
    when: WeeklyTime | None,
    now: datetime,
) -> None:
    """Where and when the server's digest comes from now on; None for no digest.

    Where it comes so already, the one that is planned stays.
    """
    before = await settings.read(tx, server_id)
    await settings.set_digest(tx, server_id, channel_id, when)
    if (before.digest_channel, before.digest) == (channel_id, when):
        await prompts.plan_digest(tx, server_id, now)
        return
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', reason = 'the digest was changed', decided_at = :now
        WHERE server_id = :server_id AND kind = 'digest'
            AND (state = 'planned' OR (state = 'skipped' AND reason = :paused))
        """,
        {"server_id": server_id, "now": to_milliseconds(now), "paused": REASON_PAUSED},
    )
    await prompts.plan_digest(tx, server_id, now)


async def week(tx: Transaction, server_id: int, now: datetime) -> Digest:
    """What happened in the week before ``now`` in the server's open discussions."""
    since_ms = to_milliseconds(now - _WEEK)
    window = {
        "server_id": server_id,
        "since_ms": since_ms,
        "since_id": max(since_ms - _FIRST_MS, 0) << _SHIFT,
        "most": _MOST,
    }
    essays = await tx.rows(
        """
        SELECT discussions.id, COALESCE(card.channel_id, discussions.channel_id) AS channel_id,
               revisions.title, card.message_id AS card_id, COALESCE(talk.replies, 0) AS replies
        FROM discussions
        LEFT JOIN planned_messages AS card
            ON card.discussion_id = discussions.id AND card.purpose = 'card'
        JOIN revisions ON revisions.discussion_id = discussions.id AND revisions.number = (
            SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
        )
        LEFT JOIN (
            SELECT discussion_id, count(*) AS replies FROM replies
            WHERE id >= :since_id AND server_id = :server_id AND deleted_at IS NULL
            GROUP BY discussion_id
        ) AS talk ON talk.discussion_id = discussions.id
        WHERE discussions.server_id = :server_id AND discussions.state = 'open'
            AND NOT EXISTS (
                SELECT 1 FROM deleted_channels
                WHERE deleted_channels.channel_id IN (discussions.channel_id, discussions.thread_id)
            )
            AND (talk.replies > 0 OR discussions.published_at >= :since_ms)
        ORDER BY replies DESC, discussions.id DESC
        LIMIT :most
        """,
        window,
    )
    voices = await tx.rows(
        """
        SELECT reply.thread_id, count(DISTINCT reply.author_id) AS voices
        FROM replies AS reply
        JOIN threads ON threads.id = reply.thread_id AND threads.state IN ('open', 'ready')
        JOIN discussions ON discussions.id = reply.discussion_id AND discussions.state = 'open'
        WHERE reply.id >= :since_id AND reply.server_id = :server_id
            AND reply.deleted_at IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM replies AS before
                WHERE before.discussion_id = reply.discussion_id AND before.id < :since_id
                    AND before.thread_id = reply.thread_id
                    AND before.author_id = reply.author_id
            )
        GROUP BY reply.thread_id
        ORDER BY voices DESC, reply.thread_id DESC
        LIMIT :most
        """,
        window,
    )
    questions = await tx.rows(
        """
        SELECT planned_messages.channel_id, planned_messages.message_id, revisions.title,
            discussions.id,
               prompts.content, prompts.asked_questions
        FROM prompts
        JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
        JOIN discussions ON discussions.id = prompts.discussion_id AND discussions.state = 'open'
        JOIN revisions ON revisions.discussion_id = discussions.id AND revisions.number = (
            SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
        )
        WHERE prompts.server_id = :server_id AND prompts.state = 'sent'
            AND prompts.kind IN ('step', 'now') AND prompts.sent_at >= :since_ms
            AND planned_messages.message_id IS NOT NULL
            AND planned_messages.channel_id NOT IN (SELECT channel_id FROM deleted_channels)
            AND NOT EXISTS (
                SELECT 1 FROM replies WHERE replies.discussion_id = discussions.id
                    AND replies.id > planned_messages.message_id AND replies.deleted_at IS NULL
            )
        ORDER BY planned_messages.message_id DESC
        LIMIT :most
        """,
        window,
    )
    return Digest(
        server_id,
        tuple(
            DigestEssay(row["title"], row["channel_id"], row["card_id"], row["replies"])
            for row in essays
        ),
        tuple(DigestThread(row["thread_id"], row["voices"]) for row in voices),
        tuple(
            [
                OpenQuestion(
                    row["title"], await _asked(tx, row), row["channel_id"], row["message_id"]
                )
                for row in questions
            ]
        ),
    )


async def _asked(tx: Transaction, row: sqlite3.Row) -> str:
    """What a prompt asked: the essay's own questions, else what an admin wrote it was to say."""
    own = await asked_questions(tx, row["id"], row["asked_questions"])
    return " ".join(own) or row["content"].removeprefix("text:").strip()
