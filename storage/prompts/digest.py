"""Rows of a server's digests, and of the week that a digest is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import to_milliseconds
from bot.core.prompts.digest import DigestEssay, DigestThread
from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction
from storage.prompts.listings import get_asked_questions

__all__ = [
    "UnansweredPrompt",
    "WeeklyActivity",
    "delete_planned_digest_after",
    "get_week",
    "has_later_digest",
    "has_planned_digest",
    "skip_digests",
]

#: Rows of each kind at most.
_MAX_ROWS = 50


@dataclass(frozen=True, slots=True)
class UnansweredPrompt:
    """A prompt of the week that no reply answers or mentions.

    ``title``: of its essay. ``questions``: the essay's own that it asked. ``content``: as admins
    write it.
    """

    title: str
    questions: tuple[str, ...]
    content: str
    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class WeeklyActivity:
    """What happened in a server's open discussions in a week."""

    essays: tuple[DigestEssay, ...]
    threads: tuple[DigestThread, ...]
    unanswered: tuple[UnansweredPrompt, ...]


async def has_planned_digest(tx: Transaction, server_id: int) -> bool:
    """Whether a digest is planned in the server."""
    row = await tx.row(
        """
        SELECT 1 FROM prompts
        WHERE server_id = :server_id AND kind = 'digest' AND state = 'planned'
        """,
        {"server_id": server_id},
    )
    return row is not None


async def has_later_digest(tx: Transaction, server_id: int, prompt_id: int, at_ms: int) -> bool:
    """Whether a later digest than this one was claimed, sent or is due by then.

    An earlier one that is planned counts, too.
    """
    row = await tx.row(
        """
        SELECT 1 FROM prompts
        WHERE server_id = :server_id AND kind = 'digest' AND (
            (id > :id AND state IN ('claimed', 'sent'))
            OR (id > :id AND state = 'planned' AND due_at <= :at)
            OR (id < :id AND state = 'planned')
        )
        """,
        {"server_id": server_id, "id": prompt_id, "at": at_ms},
    )
    return row is not None


async def delete_planned_digest_after(tx: Transaction, server_id: int, prompt_id: int) -> None:
    """Delete the planned digest that follows this one."""
    await tx.run(
        """
        DELETE FROM prompts
        WHERE server_id = :server_id AND kind = 'digest' AND state = 'planned' AND id > :id
        """,
        {"server_id": server_id, "id": prompt_id},
    )


async def skip_digests(
    tx: Transaction, server_id: int, *, reason: CodedText, or_skipped_for: CodedText, now_ms: int
) -> None:
    """Skip the server's planned digest, and note the reason on those ``or_skipped_for`` another."""
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', reason = :reason, decided_at = :now
        WHERE server_id = :server_id AND kind = 'digest'
            AND (state = 'planned' OR (state = 'skipped' AND reason = :other))
        """,
        {
            "server_id": server_id,
            "now": now_ms,
            "reason": reason.stored,
            "other": or_skipped_for.stored,
        },
    )


async def get_week(
    tx: Transaction, server_id: int, *, since: datetime, since_id: int
) -> WeeklyActivity:
    """What happened since then in the server's open discussions.

    ``since_id``: the lowest id of a message written at ``since`` or later.
    """
    since_ms = to_milliseconds(since)
    window = {
        "server_id": server_id,
        "since_ms": since_ms,
        "since_id": since_id,
        "most": _MAX_ROWS,
    }
    essays = await tx.rows(
        """
        SELECT discussions.id, COALESCE(card.channel_id, discussions.channel_id) AS channel_id,
               revisions.title, card.message_id AS card_id, COALESCE(talk.replies, 0) AS replies,
               COALESCE(talk.by_authors, 0) AS by_authors
        FROM discussions
        LEFT JOIN planned_messages AS card
            ON card.discussion_id = discussions.id AND card.purpose = 'card'
        JOIN revisions ON revisions.discussion_id = discussions.id AND revisions.number = (
            SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
        )
        LEFT JOIN (
            SELECT discussion_id, count(*) AS replies, sum(CASE WHEN EXISTS (
                    SELECT 1 FROM essay_authors
                    WHERE essay_authors.discussion_id = replies.discussion_id
                        AND essay_authors.member_id = replies.author_id
                ) THEN 1 ELSE 0 END) AS by_authors
            FROM replies
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
        SELECT reply.thread_id, count(DISTINCT reply.author_id) AS voices, EXISTS (
                SELECT 1 FROM essay_authors JOIN replies AS theirs
                    ON theirs.discussion_id = essay_authors.discussion_id
                    AND theirs.author_id = essay_authors.member_id
                WHERE essay_authors.discussion_id = reply.discussion_id
                    AND theirs.thread_id = reply.thread_id AND theirs.id >= :since_id
                    AND theirs.deleted_at IS NULL
            ) AS by_author
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
        GROUP BY reply.discussion_id, reply.thread_id
        ORDER BY voices DESC, reply.thread_id DESC
        LIMIT :most
        """,
        window,
    )
    questions = await tx.rows(
        """
        SELECT planned_messages.channel_id, planned_messages.message_id, revisions.title,
               discussions.id, prompts.content, prompts.asked_questions
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
                    AND (
                        replies.planned_message_id = planned_messages.id
                        -- in a thread that somebody opened on it
                        OR replies.thread_id = planned_messages.message_id
                        -- in the essay's own thread, where the prompt asks to write
                        OR (discussions.style <> 'threads'
                            AND replies.channel_id = planned_messages.channel_id)
                        -- with a link to it
                        OR instr(replies.text, CAST(planned_messages.message_id AS TEXT)) > 0
                    )
            )
        ORDER BY planned_messages.message_id DESC
        LIMIT :most
        """,
        window,
    )
    return WeeklyActivity(
        tuple(
            DigestEssay(
                row["title"],
                row["channel_id"],
                row["card_id"],
                row["replies"],
                row["by_authors"],
            )
            for row in essays
        ),
        tuple(
            DigestThread(row["thread_id"], row["voices"], bool(row["by_author"])) for row in voices
        ),
        tuple(
            [
                UnansweredPrompt(
                    row["title"],
                    await get_asked_questions(tx, row["id"], row["asked_questions"]),
                    row["content"],
                    row["channel_id"],
                    row["message_id"],
                )
                for row in questions
            ]
        ),
    )
