"""Deleted channels and threads: hidden at once, erased later, since it may be a mistake."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText
from storage.db.folded_texts import fold_all
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction

__all__ = ["NEXT_DUE", "RETENTION_MS", "HiddenChannel", "erase_due", "hide"]

#: When the next hidden channel is to be erased, ``:hidden_for`` milliseconds after it was deleted.
NEXT_DUE = """
SELECT min(deleted_at) + :hidden_for FROM deleted_channels
WHERE erased_at IS NULL
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""

#: Milliseconds for which the messages of a deleted channel are kept, hidden (design, decision 6).
RETENTION_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class HiddenChannel:
    """A channel or thread that was hidden. ``thread_name``: None if it is a channel."""

    thread_name: str | None


_HAS_DISCUSSION = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM watermarks WHERE channel_id = :id)
    OR EXISTS (SELECT 1 FROM threads WHERE id = :id OR channel_id = :id)
    OR EXISTS (SELECT 1 FROM discussions WHERE channel_id = :id)
"""
_HIDE = """
INSERT INTO deleted_channels (channel_id, server_id, deleted_at) VALUES (:id, :server_id, :now)
ON CONFLICT (channel_id) DO NOTHING
"""
# A thread has the id of the message it was opened on.
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
_UNWATCH = "DELETE FROM watermarks WHERE channel_id IN (SELECT channel_id FROM deleted_channels)"


async def hide(
    tx: Transaction, channel_id: int, server_id: int, *, last_error: CodedText, now_ms: int
) -> HiddenChannel | None:
    """Hide a deleted channel or thread; with a channel its threads were deleted, too.

    ``last_error``: why these threads failed.

    None if it belongs to no discussion, or was hidden before.
    """
    parameters = {
        "id": channel_id,
        "server_id": server_id,
        "now": now_ms,
        "last_error": last_error.stored,
    }
    if await tx.row(_HAS_DISCUSSION, parameters) is None:
        return None
    if not await tx.run(_HIDE, parameters):
        await tx.run(_UNWATCH)
        return None
    await tx.run(_HIDE_THREADS, parameters)
    await tx.run(_UNWATCH)
    await tx.run(
        """
        UPDATE threads SET state = 'failed', last_error = :last_error
        WHERE id = :id OR channel_id = :id
        """,
        parameters,
    )
    await tx.run("UPDATE replies SET thread_id = NULL WHERE id = :id", parameters)
    row = await tx.row("SELECT name FROM threads WHERE id = :id", parameters)
    return HiddenChannel(None if row is None else row["name"])


async def erase_due(tx: Transaction, now_ms: int, shards: Shards = UNSHARDED) -> int:
    """Erase the channels in these shards that have been hidden long enough; their number."""
    due = await tx.rows(
        """
        SELECT channel_id, deleted_at FROM deleted_channels
        WHERE erased_at IS NULL AND deleted_at <= :before
            AND (server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
        """,
        {"before": now_ms - RETENTION_MS, **make_shard_parameters(shards)},
    )
    for row in due:
        parameters = {"id": row["channel_id"], "now": now_ms, "at": row["deleted_at"]}
        for statement in (
            """
            DELETE FROM attachments
            WHERE reply_id IN (SELECT id FROM replies WHERE channel_id = :id)
            """,
            """
            DELETE FROM attachment_files
            WHERE reply_id IN (SELECT id FROM replies WHERE channel_id = :id)
            """,
            # What others forwarded from there.
            """
            DELETE FROM attachments WHERE reply_id IN (
                SELECT reply_id FROM reply_extras WHERE forwarded_id IN (
                    SELECT id FROM replies WHERE channel_id = :id
                )
            )
            """,
            """
            DELETE FROM attachment_files WHERE reply_id IN (
                SELECT reply_id FROM reply_extras WHERE forwarded_id IN (
                    SELECT id FROM replies WHERE channel_id = :id
                )
            )
            """,
            """
            UPDATE reply_extras SET forward_text = '', forward_stickers = '[]'
            WHERE forwarded_id IN (SELECT id FROM replies WHERE channel_id = :id)
            """,
            """
            DELETE FROM reply_extras
            WHERE reply_id IN (SELECT id FROM replies WHERE channel_id = :id)
            """,
            """
            DELETE FROM reply_anchors
            WHERE reply_id IN (SELECT id FROM replies WHERE channel_id = :id)
            """,
            """
            DELETE FROM reactions
            WHERE reply_id IN (SELECT id FROM replies WHERE channel_id = :id)
            """,
            """
            UPDATE replies SET text = '', deleted_at = :at
            WHERE channel_id = :id AND deleted_at IS NULL
            """,
            "UPDATE threads SET name = '' WHERE id = :id",
            "UPDATE deleted_channels SET erased_at = :now WHERE channel_id = :id",
        ):
            await tx.run(statement, parameters)
    if due:
        await fold_all(tx)  # forwards of them have lost words
    return len(due)
