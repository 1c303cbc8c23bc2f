"""Members who appear as "a reader" in books, instead of by their name."""

from __future__ import annotations

from storage.db.writer import Transaction

__all__ = ["is_unnamed", "set_unnamed"]


async def set_unnamed(tx: Transaction, server_id: int, member_id: int, *, unnamed: bool) -> None:
    """Set whether a member of a server appears as a reader; the server has to be known."""
    parameters = {"server_id": server_id, "member_id": member_id}
    if unnamed:
        await tx.run(
            """
            INSERT INTO unnamed_members (server_id, member_id) VALUES (:server_id, :member_id)
            ON CONFLICT DO NOTHING
            """,
            parameters,
        )
    else:
        await tx.run(
            """
            DELETE FROM unnamed_members WHERE member_id = :member_id AND server_id = :server_id
            """,
            parameters,
        )


async def is_unnamed(tx: Transaction, server_id: int, member_id: int) -> bool:
    """Whether a member of a server appears as a reader."""
    row = await tx.row(
        "SELECT 1 FROM unnamed_members WHERE member_id = :member_id AND server_id = :server_id",
        {"server_id": server_id, "member_id": member_id},
    )
    return row is not None
