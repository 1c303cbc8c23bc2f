"""Reading marks: up to where a member has seen what is new in a discussion.

Stored only for those who look, never for somebody who opted out; erased with their other data.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.db.writer import Transaction

__all__ = ["ReadingMark", "get_current", "get_mark", "restore_mark", "set_mark"]


@dataclass(frozen=True, slots=True)
class ReadingMark:
    """``reply_id``: the newest reply they have seen, 0 for none; ``looked_at``: milliseconds."""

    reply_id: int
    looked_at: int


async def get_mark(tx: Transaction, discussion_id: int, member_id: int) -> ReadingMark | None:
    """Where the member was when they last looked; None if they never did."""
    row = await tx.row(
        """
        SELECT reply_id, looked_at FROM reading_marks
        WHERE discussion_id = :discussion_id AND member_id = :member_id
        """,
        {"discussion_id": discussion_id, "member_id": member_id},
    )
    return None if row is None else ReadingMark(row["reply_id"], row["looked_at"])


async def get_current(tx: Transaction, discussion_id: int, now_ms: int) -> ReadingMark:
    """The mark of somebody who sees everything that is saved now."""
    row = await tx.row(
        "SELECT max(id) AS id FROM replies WHERE discussion_id = :id", {"id": discussion_id}
    )
    return ReadingMark(0 if row is None else row["id"] or 0, now_ms)


async def set_mark(
    tx: Transaction, discussion_id: int, *, server_id: int, member_id: int, mark: ReadingMark
) -> bool:
    """Record where a member is; False if nothing about them is stored, because they opted out."""
    changed = await tx.run(
        """
        INSERT INTO reading_marks (discussion_id, member_id, server_id, reply_id, looked_at)
        SELECT :discussion_id, :member_id, :server_id, :reply_id, :looked_at
        WHERE NOT EXISTS (
            SELECT 1 FROM erased_members
            WHERE member_id = :member_id AND server_id = :server_id AND opted_out_at IS NOT NULL
        )
        ON CONFLICT (discussion_id, member_id) DO UPDATE
        SET reply_id = excluded.reply_id, looked_at = excluded.looked_at
        """,
        {
            "discussion_id": discussion_id,
            "member_id": member_id,
            "server_id": server_id,
            "reply_id": mark.reply_id,
            "looked_at": mark.looked_at,
        },
    )
    return changed > 0


async def restore_mark(
    tx: Transaction,
    discussion_id: int,
    *,
    server_id: int,
    member_id: int,
    mark: ReadingMark | None,
) -> None:
    """Put a mark back to where it was before; None: there was none."""
    if mark is not None:
        await set_mark(tx, discussion_id, server_id=server_id, member_id=member_id, mark=mark)
        return
    await tx.run(
        """
        DELETE FROM reading_marks
        WHERE discussion_id = :discussion_id AND member_id = :member_id AND server_id = :server_id
        """,
        {"discussion_id": discussion_id, "member_id": member_id, "server_id": server_id},
    )
