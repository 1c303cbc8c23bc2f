"""Who did what."""

from __future__ import annotations

from storage.writer import Transaction

__all__ = ["record_act"]


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
        INSERT INTO acts (server_id, discussion_id, member_id, member_name, what, done_at)
        VALUES (:server_id, :discussion_id, :member_id, :member_name, :what, :now)
        """,
        {
            "server_id": server_id,
            "discussion_id": discussion_id,
            "member_id": member_id,
            "member_name": member_name,
            "what": what,
            "now": now_ms,
        },
    )
