"""Channels and threads that were deleted: hidden at once, erased later, for it may be a mistake."""

from __future__ import annotations

from storage.db.writer import Transaction
from storage.delivery import alerts, essay_threads

__all__ = ["KEPT_FOR", "erase_due", "next_due", "note"]

#: Milliseconds for which what stood in a deleted channel is kept, hidden (design, decision 6).
KEPT_FOR = 7 * 86_400_000

_WATCHED = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM watermarks WHERE channel_id = :id)
    OR EXISTS (SELECT 1 FROM threads WHERE id = :id OR channel_id = :id)
    OR EXISTS (SELECT 1 FROM discussions WHERE channel_id = :id)
"""
_HIDE = """
INSERT INTO deleted_channels (channel_id, server_id, deleted_at) VALUES (:id, :server_id, :now)
ON CONFLICT (channel_id) DO NOTHING
"""
# A thread bears the id of the message it was opened on.
_HIDE_THREADS = """
INSERT INTO deleted_channels (channel_id, server_id, deleted_at)
SELECT channel_id, server_id, :now FROM watermarks WHERE channel_id IN (
    SELECT id FROM threads WHERE channel_id = :id
    UNION SELECT id FROM replies WHERE channel_id = :id
    UNION SELECT message_id FROM planned_messages WHERE channel_id = :id
    UNION SELECT thread_id FROM discussions WHERE channel_id = :id
)
ON CONFLICT (channel_id) DO NOTHING
"""
_LEAVE = "DELETE FROM watermarks WHERE channel_id IN (SELECT channel_id FROM deleted_channels)"


async def note(tx: Transaction, channel_id: int, server_id: int, now_ms: int) -> None:
    """A channel or thread was deleted; with a channel its threads are gone, too.

    What belongs to no discussion is not noted. The admins are told.
    """
    parameters = {"id": channel_id, "server_id": server_id, "now": now_ms}
    if await tx.row(_WATCHED, parameters) is None:
        return
    if not await tx.run(_HIDE, parameters):
        await tx.run(_LEAVE)
        return
    await tx.run(_HIDE_THREADS, parameters)
    await tx.run(_LEAVE)
    await tx.run(
        """
        UPDATE threads SET state = 'failed', last_error = 'It was deleted.'
        WHERE id = :id OR channel_id = :id
        """,
        parameters,
    )
    await tx.run("UPDATE replies SET thread_id = NULL WHERE id = :id", parameters)
    await essay_threads.lost(tx, channel_id, "The essay's thread was deleted.")
    row = await tx.row("SELECT name FROM threads WHERE id = :id", parameters)
    text = "What was said there is hidden now and erased in 7 days."
    if row is None:
        text = f"A channel with discussions was deleted. {text} Its prompts end then, too."
    else:
        text = f"The thread “{row['name']}” was deleted. {text}"
    await alerts.tell(
        tx,
        server_id,
        about=f"gone {channel_id}",
        text=text,
        now_ms=now_ms,
    )


async def erase_due(tx: Transaction, now_ms: int) -> int:
    """Erase what has been hidden long enough; the number of channels."""
    due = await tx.rows(
        """
        SELECT channel_id, deleted_at
        FROM deleted_channels
        WHERE erased_at IS NULL
        AND deleted_at <= :before
        """,
        {"before": now_ms - KEPT_FOR},
    )
    for row in due:
        parameters = {"id": row["channel_id"], "now": now_ms, "at": row["deleted_at"]}
        for statement in (
            """
            DELETE FROM attachments
            WHERE reply_id IN (SELECT id FROM replies WHERE channel_id = :id)
            """,
            """
            DELETE
            FROM attachment_files
            WHERE reply_id IN (SELECT id
            FROM replies
            WHERE channel_id = :id)
            """,
            "DELETE FROM reactions WHERE reply_id IN (SELECT id FROM replies WHERE channel_id=:id)",
            """
            UPDATE replies SET text = '', deleted_at = :at
            WHERE channel_id = :id AND deleted_at IS NULL
            """,
            "UPDATE threads SET name = '' WHERE id = :id",
            "UPDATE deleted_channels SET erased_at = :now WHERE channel_id = :id",
        ):
            await tx.run(statement, parameters)
    return len(due)


async def next_due(tx: Transaction) -> int | None:
    """When there next is something to erase."""
    row = await tx.row(
        "SELECT min(deleted_at) AS deleted_at FROM deleted_channels WHERE erased_at IS NULL"
    )
    if row is None or row["deleted_at"] is None:
        return None
    return int(row["deleted_at"]) + KEPT_FOR
