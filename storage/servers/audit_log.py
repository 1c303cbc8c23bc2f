"""Who did what."""

from __future__ import annotations

from dataclasses import dataclass

from storage.db.writer import Transaction

__all__ = ["Act", "of_essay", "record_act"]


@dataclass(frozen=True, slots=True)
class Act:
    """What a member did, and when (milliseconds since 1970)."""

    member_name: str
    what: str
    done_at: int


async def of_essay(tx: Transaction, discussion_id: int) -> list[Act]:
    """Who did what to an essay, the earliest first."""
    rows = await tx.rows(
        """
        SELECT member_name, action, done_at FROM audit_log WHERE discussion_id = :id ORDER BY id
        """,
        {"id": discussion_id},
    )
    return [Act(row["member_name"], row["action"], row["done_at"]) for row in rows]


async def record_act(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int | None,
    member_id: int,
    member_name: str,
    what: str,
    now_ms: int,
) -> None:
    """Keep that a member did ``what``, to an essay or to the server's settings."""
    await tx.run(
        """
        INSERT INTO audit_log (server_id, discussion_id, member_id, member_name, action, done_at)
        VALUES (:server_id, :discussion_id, :member_id, :member_name, :action, :now)
        """,
        {
            "server_id": server_id,
            "discussion_id": discussion_id,
            "member_id": member_id,
            "member_name": member_name,
            "action": what,
            "now": now_ms,
        },
    )
