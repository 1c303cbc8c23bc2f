"""Replies written in the channel that belong into a thread: pointed at, once the thread stands."""

from __future__ import annotations

from storage import remarks
from storage.writer import Transaction

__all__ = ["point_due"]


async def point_due(tx: Transaction, now_ms: int) -> int:
    """Plan the line that points into the thread under every reply whose thread stands by now.

    A reply whose thread will never be, or that was deleted meanwhile, is left alone. The number of
    lines planned.
    """
    await tx.run(
        """
        UPDATE bringings SET state = 'failed'
        WHERE state = 'wanted' AND (
            EXISTS (SELECT 1 FROM replies
                    WHERE replies.id = bringings.reply_id AND deleted_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM threads
                       WHERE threads.id = bringings.thread_id AND state = 'failed')
            OR EXISTS (SELECT 1 FROM gone
                       WHERE gone.channel_id IN (bringings.thread_id, bringings.channel_id))
        )
        """
    )
    rows = await tx.rows(
        """
        SELECT bringings.reply_id, bringings.server_id, bringings.discussion_id,
               bringings.channel_id, bringings.thread_id
        FROM bringings JOIN threads ON threads.id = bringings.thread_id
        WHERE bringings.state = 'wanted' AND bringings.due_at <= :now
            AND threads.state IN ('open', 'ready')
        ORDER BY bringings.reply_id
        """,
        {"now": now_ms},
    )
    for row in rows:
        await remarks.point(
            tx,
            row["server_id"],
            discussion_id=row["discussion_id"],
            channel_id=row["channel_id"],
            reply_id=row["reply_id"],
            thread_id=row["thread_id"],
            now_ms=now_ms,
        )
        await tx.run(
            "UPDATE bringings SET state = 'done' WHERE reply_id = :id", {"id": row["reply_id"]}
        )
    return len(rows)
