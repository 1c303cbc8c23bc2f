"""Messages of essays that somebody deleted in Discord, and posting them again.

What the bot itself deleted, by an edit of the essay or by withdrawing it, isn't among them, nor is
a message whose text an edit of the essay has put elsewhere since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.layout.parts import Position
from bot.core.payload import Payload
from storage.db.writer import Row, Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage

__all__ = [
    "DeletedMessage",
    "EssayWithDeletions",
    "RestoredMessage",
    "count_refused",
    "find_deleted_messages",
    "find_essays_with_deletions",
    "make_alert_key",
    "restore",
    "retry_restored",
]


@dataclass(frozen=True, slots=True)
class DeletedMessage:
    """A message of an essay that was deleted.

    channel_deleted:  the channel or thread it was in was deleted, too
    payload:          its body, with ``content_without_links`` where a part had links
    """

    planned_message_id: int
    purpose: str
    channel_id: int
    channel_deleted: bool
    payload: Payload
    content_without_links: str | None
    essay_range: tuple[Position, Position] | None

    @property
    def payload_without_links(self) -> Payload:
        """Its body without links to other parts."""
        if self.content_without_links is None:
            return self.payload
        return self.payload | {"content": self.content_without_links}


@dataclass(frozen=True, slots=True)
class RestoredMessage:
    """How a deleted message is posted again. ``previous_part_id``: a part that links to it."""

    deleted: DeletedMessage
    payload: Payload
    previous_part_id: int | None = None


@dataclass(frozen=True, slots=True)
class EssayWithDeletions:
    """A published essay, and how many of its messages were deleted."""

    discussion_id: int
    title: str
    count: int


_DELETED = """
SELECT planned_messages.id, purpose, planned_messages.channel_id, payload, content_without_links,
    essay_range, planned_messages.discussion_id, EXISTS (
        SELECT 1 FROM deleted_channels
        WHERE deleted_channels.channel_id = planned_messages.channel_id
    ) AS channel_deleted, (
        SELECT title FROM revisions WHERE revisions.discussion_id = discussions.id
        ORDER BY number DESC LIMIT 1
    ) AS title
FROM planned_messages JOIN discussions ON discussions.id = planned_messages.discussion_id
WHERE purpose IN ('card', 'part', 'closing') AND planned_messages.state = 'sent'
    AND (deleted_at IS NOT NULL OR message_id IS NULL)
    AND discussions.state IN ('open', 'closed')
    AND NOT EXISTS (
        SELECT 1 FROM message_edits
        WHERE message_edits.discussion_id = discussions.id
            AND message_edits.message_id = planned_messages.message_id
            AND message_edits.kind IN ('delete', 'remove')
    )
    AND (purpose = 'card' OR COALESCE(deleted_at, sent_at) >= (
        SELECT COALESCE(max(created_at), 0) FROM revisions
        WHERE revisions.discussion_id = discussions.id AND number > 1
    ))
"""
_OF_ESSAY = _DELETED + "AND planned_messages.discussion_id = :id ORDER BY planned_messages.id"
_IN_SERVER = _DELETED + "AND planned_messages.server_id = :server_id"


def make_alert_key(discussion_id: int) -> str:
    """What the alert is ``about`` that says that messages of an essay were deleted."""
    return f"deleted messages of {discussion_id}"


async def find_deleted_messages(tx: Transaction, discussion_id: int) -> list[DeletedMessage]:
    """The deleted messages of an open or closed essay, in their order."""
    rows = await tx.rows(_OF_ESSAY, {"id": discussion_id})
    return [_read(row) for row in rows]


def _read(row: Row) -> DeletedMessage:
    span = None if row["essay_range"] is None else json.loads(row["essay_range"])
    return DeletedMessage(
        planned_message_id=row["id"],
        purpose=row["purpose"],
        channel_id=row["channel_id"],
        channel_deleted=bool(row["channel_deleted"]),
        payload=json.loads(row["payload"]),
        content_without_links=row["content_without_links"],
        essay_range=None if span is None else (tuple(span[0]), tuple(span[1])),
    )


async def find_essays_with_deletions(tx: Transaction, server_id: int) -> list[EssayWithDeletions]:
    """The essays of a server with deleted messages."""
    found: dict[int, EssayWithDeletions] = {}
    for row in await tx.rows(_IN_SERVER, {"server_id": server_id}):
        before = found.get(row["discussion_id"])
        found[row["discussion_id"]] = EssayWithDeletions(
            row["discussion_id"], row["title"], 1 if before is None else before.count + 1
        )
    return sorted(found.values(), key=lambda essay: essay.discussion_id)


async def restore(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int,
    restored: Sequence[RestoredMessage],
    revision: int,
    now_ms: int,
) -> None:
    """Plan to post deleted messages again, each in its channel or thread and in their order.

    The deleted message's row stays, so that replies to it stay linked.
    """
    for one in restored:
        deleted = one.deleted
        passages = await tx.rows(
            """
            SELECT revision, number FROM planned_message_passages WHERE planned_message_id = :id
            """,
            {"id": deleted.planned_message_id},
        )
        (planned_message_id,) = await messages.plan(
            tx,
            server_id=server_id,
            discussion_id=discussion_id,
            channel_id=deleted.channel_id,
            after_id=await messages.get_newest_id(tx, deleted.channel_id, discussion_id),
            messages=[
                NewMessage(
                    deleted.purpose, one.payload, (), deleted.essay_range, _get_bare_text(one)
                )
            ],
            revision=revision,
            now_ms=now_ms,
        )
        parameters = {
            "id": planned_message_id,
            "deleted_id": deleted.planned_message_id,
            "previous_part_id": one.previous_part_id,
        }
        await tx.run_many(
            """
            INSERT INTO planned_message_passages (planned_message_id, revision, number)
            VALUES (:id, :revision, :number)
            """,
            [
                {"id": planned_message_id, "revision": row["revision"], "number": row["number"]}
                for row in passages
            ],
        )
        await tx.run(
            """
            UPDATE planned_messages
            SET restores_id = :deleted_id, previous_part_id = :previous_part_id
            WHERE id = :id
            """,
            parameters,
        )
        await tx.run(
            "UPDATE planned_messages SET purpose = 'replaced' WHERE id = :deleted_id", parameters
        )


def _get_bare_text(one: RestoredMessage) -> str | None:
    """A part's text without links, if it is posted with links."""
    bare = one.deleted.payload_without_links.get("content")
    return None if one.payload.get("content") == bare else bare


async def retry_restored(tx: Transaction, discussion_id: int, now_ms: int) -> int:
    """Send messages again that were to be posted again but that Discord refused; their number."""
    return await tx.run(
        """
        UPDATE planned_messages
        SET state = 'planned', due_at = :now, first_attempt_at = NULL, last_error = NULL
        WHERE discussion_id = :id AND state = 'failed' AND restores_id IS NOT NULL
            AND (SELECT state FROM discussions WHERE id = :id) IN ('open', 'closed')
        """,
        {"id": discussion_id, "now": now_ms},
    )


async def count_refused(tx: Transaction, discussion_id: int) -> int:
    """How many messages were to be posted again but were refused by Discord."""
    row = await tx.row(
        """
        SELECT count(*) AS count FROM planned_messages
        WHERE discussion_id = :id AND state = 'failed' AND restores_id IS NOT NULL
            AND (SELECT state FROM discussions WHERE id = :id) IN ('open', 'closed')
        """,
        {"id": discussion_id},
    )
    return 0 if row is None else int(row["count"])
