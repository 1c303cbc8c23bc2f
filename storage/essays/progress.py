"""Progress of publishing an essay, and retrying one that stopped."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.text.coded_text import CodedText, read_coded
from storage.db.writer import Transaction

__all__ = [
    "OpenedDiscussion",
    "Progress",
    "PublishedEssay",
    "find_published",
    "get_progress",
    "open_discussion",
    "retry",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the messages that publish an essay are sent, and whether one failed."""

    sent: int
    total: int
    failed: bool
    last_error: CodedText | None


async def retry(tx: Transaction, discussion_id: int, now_ms: int) -> int:
    """Plan the messages of an essay again that Discord refused; their number."""
    return await tx.run(
        """
        UPDATE planned_messages
        SET state = 'planned', due_at = :now, first_attempt_at = NULL, last_error = NULL
        WHERE discussion_id = :id AND state = 'failed' AND purpose IN ('card', 'part', 'closing')
            AND (SELECT state FROM discussions WHERE id = :id) = 'publishing'
        """,
        {"id": discussion_id, "now": now_ms},
    )


async def get_progress(tx: Transaction, discussion_id: int) -> Progress:
    """The progress of publishing a discussion's essay."""
    row = await tx.row(
        """
        SELECT count(*) AS total,
               count(*) FILTER (WHERE state = 'sent') AS sent,
               count(*) FILTER (WHERE state = 'failed') AS failed,
               COALESCE(max(last_error), (
                   SELECT threads.last_error FROM discussions
                   JOIN threads ON threads.id = discussions.thread_id
                   WHERE discussions.id = :discussion_id AND threads.state = 'planned'
               )) AS last_error
        FROM planned_messages
        WHERE discussion_id = :discussion_id AND purpose IN ('card', 'part', 'closing')
        """,
        {"discussion_id": discussion_id},
    )
    if row is None:
        return Progress(0, 0, False, None)
    return Progress(row["sent"], row["total"], row["failed"] > 0, read_coded(row["last_error"]))


@dataclass(frozen=True, slots=True)
class OpenedDiscussion:
    """A discussion that has just been opened. ``published_at``: milliseconds since 1970 UTC."""

    id: int
    server_id: int
    published_at: int


async def open_discussion(
    tx: Transaction, planned_message_id: int, now_ms: int
) -> OpenedDiscussion | None:
    """Open the discussion of a sent message if all messages that publish it are sent now."""
    row = await tx.row(
        """
        UPDATE discussions SET state = 'open', published_at = :now
        WHERE state = 'publishing'
            AND id = (SELECT discussion_id FROM planned_messages WHERE id = :id)
            AND NOT EXISTS (
                SELECT 1 FROM planned_messages
                WHERE planned_messages.discussion_id = discussions.id
                    AND planned_messages.state <> 'sent'
            )
        RETURNING id, server_id, published_at
        """,
        {"id": planned_message_id, "now": now_ms},
    )
    if row is None:
        return None
    return OpenedDiscussion(row["id"], row["server_id"], row["published_at"])


@dataclass(frozen=True, slots=True)
class PublishedEssay:
    """An essay that is published or being published. ``title``: of its newest revision."""

    server_id: int
    channel_id: int
    state: str
    title: str


async def find_published(tx: Transaction, discussion_id: int) -> PublishedEssay | None:
    """The essay of a discussion that is publishing, open or closed."""
    row = await tx.row(
        """
        SELECT discussions.server_id, discussions.channel_id, state, revisions.title
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.id = :id AND state IN ('publishing', 'open', 'closed')
        ORDER BY revisions.number DESC LIMIT 1
        """,
        {"id": discussion_id},
    )
    if row is None:
        return None
    return PublishedEssay(row["server_id"], row["channel_id"], row["state"], row["title"])
