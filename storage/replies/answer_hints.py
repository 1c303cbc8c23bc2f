"""Rows of answer hints: which members were told how to answer, in which discussion."""

from __future__ import annotations

from storage.db.writer import Transaction

__all__ = ["mark_given"]


async def mark_given(
    tx: Transaction, *, server_id: int, discussion_id: int, member_id: int
) -> bool:
    """Note that a member gets the hint of a discussion; False if they got it before."""
    return bool(
        await tx.run(
            """
            INSERT INTO answer_hints (server_id, discussion_id, member_id)
            VALUES (:server_id, :discussion_id, :member_id)
            ON CONFLICT DO NOTHING
            """,
            {"server_id": server_id, "discussion_id": discussion_id, "member_id": member_id},
        )
    )
