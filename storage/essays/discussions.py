"""Discussions: essays as hosted in a channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.essay.essay import Essay
from bot.core.text.coded_text import CodedText, read_coded
from storage.db.writer import Row, Transaction
from storage.essays.revisions import hash_text

__all__ = [
    "ChangedDiscussion",
    "ListedDiscussion",
    "change_state",
    "find",
    "find_by_message",
    "find_same_essay",
    "list_discussions",
    "list_same_drafts",
    "list_with_title",
    "mark_withdrawn",
]


@dataclass(frozen=True, slots=True)
class ListedDiscussion:
    """A discussion as ``/essay list`` shows it.

    card_id:           the message id of its opening card, unless that was deleted
    publishing_error:  the error that stopped its publishing
    thread_id:         its own thread or forum post, once the card is sent
    thread_lost:       that was deleted or couldn't be opened
    revision:          the newest
    """

    id: int
    server_id: int
    channel_id: int
    title: str
    state: str
    scheduled_for: int | None
    published_at: int | None
    card_id: int | None
    publishing_error: CodedText | None
    style: str
    thread_id: int | None
    thread_lost: bool
    revision: int


async def find_same_essay(
    tx: Transaction, channel_id: int, essay: Essay, besides: int = 0
) -> ListedDiscussion | None:
    """Find the newest discussion of exactly this text in a channel that isn't withdrawn.

    ``besides``: the id of a discussion to ignore.
    """
    row = await tx.row(
        """
        SELECT discussions.id
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.channel_id = :channel_id AND discussions.state <> 'withdrawn'
            AND revisions.content_hash = :content_hash AND discussions.id <> :besides
            AND revisions.number = (
                SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
            )
        ORDER BY discussions.id DESC
        """,
        {"channel_id": channel_id, "content_hash": hash_text(essay), "besides": besides},
    )
    return None if row is None else await find(tx, row["id"])


async def list_same_drafts(tx: Transaction, channel_id: int, essay: Essay) -> list[int]:
    """The drafts of exactly this text for a channel, the newest first."""
    rows = await tx.rows(
        """
        SELECT discussions.id
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.channel_id = :channel_id AND discussions.state = 'draft'
            AND revisions.content_hash = :content_hash
        ORDER BY discussions.id DESC
        """,
        {"channel_id": channel_id, "content_hash": hash_text(essay)},
    )
    return [row["id"] for row in rows]


_SELECT = """
SELECT discussions.id, discussions.server_id, discussions.channel_id, discussions.state,
       discussions.scheduled_for, discussions.published_at, revisions.title,
       discussions.style, discussions.thread_id,
       EXISTS (SELECT 1 FROM threads
               WHERE threads.id = discussions.thread_id AND threads.state = 'failed'
       ) AS thread_lost,
       revisions.number AS revision,
       (SELECT message_id FROM planned_messages
        WHERE planned_messages.discussion_id = discussions.id AND purpose = 'card'
            AND deleted_at IS NULL) AS card_id,
       (SELECT max(last_error) FROM planned_messages
        WHERE planned_messages.discussion_id = discussions.id AND discussions.state = 'publishing'
            AND planned_messages.state = 'failed') AS publishing_error
FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
WHERE revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
)
"""
_SELECT_ONE = _SELECT + "AND discussions.id = :id"
_SELECT_BY_TITLE = _SELECT + "AND revisions.title = :title ORDER BY discussions.id"
_SELECT_BY_SERVER = _SELECT + "AND discussions.server_id = :server_id ORDER BY discussions.id DESC"


async def _list_rows(
    tx: Transaction, sql: str, parameters: dict[str, object]
) -> list[ListedDiscussion]:
    return [
        ListedDiscussion(
            id=row["id"],
            server_id=row["server_id"],
            channel_id=row["channel_id"],
            title=row["title"],
            state=row["state"],
            scheduled_for=row["scheduled_for"],
            published_at=row["published_at"],
            card_id=row["card_id"],
            publishing_error=read_coded(row["publishing_error"]),
            style=row["style"],
            thread_id=row["thread_id"],
            thread_lost=bool(row["thread_lost"]),
            revision=row["revision"],
        )
        for row in await tx.rows(sql, parameters)
    ]


async def find(tx: Transaction, discussion_id: int) -> ListedDiscussion | None:
    """Find the discussion with this id."""
    found = await _list_rows(tx, _SELECT_ONE, {"id": discussion_id})
    return found[0] if found else None


async def find_by_message(
    tx: Transaction, server_id: int, message_id: int
) -> ListedDiscussion | None:
    """Find the discussion that a message of the bot's in a server belongs to."""
    row = await tx.row(
        """
        SELECT discussion_id FROM planned_messages
        WHERE message_id = :message_id AND server_id = :server_id AND discussion_id IS NOT NULL
        """,
        {"message_id": message_id, "server_id": server_id},
    )
    return None if row is None else await find(tx, row["discussion_id"])


async def list_discussions(tx: Transaction, server_id: int) -> list[ListedDiscussion]:
    """List a server's discussions, the newest first."""
    return await _list_rows(tx, _SELECT_BY_SERVER, {"server_id": server_id})


async def list_with_title(tx: Transaction, title: str) -> list[ListedDiscussion]:
    """The discussions of the essays that have exactly this title, in all servers."""
    return await _list_rows(tx, _SELECT_BY_TITLE, {"title": title})


@dataclass(frozen=True, slots=True)
class ChangedDiscussion:
    """A discussion whose state was changed. ``thread_id``: its own thread or forum post."""

    server_id: int
    style: str
    thread_id: int | None


async def change_state(
    tx: Transaction, discussion_id: int, *, before: str, after: str
) -> ChangedDiscussion | None:
    """Change a discussion's state from ``before`` to ``after``; None if it wasn't ``before``."""
    row = await tx.row(
        """
        UPDATE discussions SET state = :after
        WHERE id = :id AND state = :before RETURNING server_id, style, thread_id
        """,
        {"id": discussion_id, "before": before, "after": after},
    )
    return _changed(row)


async def mark_withdrawn(tx: Transaction, discussion_id: int) -> ChangedDiscussion | None:
    """Mark an essay as withdrawn; None if it was neither publishing, open nor closed."""
    row = await tx.row(
        """
        UPDATE discussions SET state = 'withdrawn'
        WHERE id = :id AND state IN ('publishing', 'open', 'closed')
        RETURNING server_id, style, thread_id
        """,
        {"id": discussion_id},
    )
    return _changed(row)


def _changed(row: Row | None) -> ChangedDiscussion | None:
    if row is None:
        return None
    return ChangedDiscussion(row["server_id"], row["style"], row["thread_id"])
