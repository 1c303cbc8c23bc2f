"""Audit log: which member did what to an essay or to the settings, and when."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.text.coded_text import CodedText, read_coded
from storage.db.writer import Transaction

__all__ = ["AuditEntry", "get_entries", "record_action"]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An action of a member, and its time in milliseconds since 1970."""

    member_name: str
    action: CodedText
    done_at: int


async def get_entries(tx: Transaction, discussion_id: int) -> list[AuditEntry]:
    """The entries about an essay, the earliest first."""
    rows = await tx.rows(
        """
        SELECT member_name, action, done_at FROM audit_log WHERE discussion_id = :id ORDER BY id
        """,
        {"id": discussion_id},
    )
    return [
        AuditEntry(row["member_name"], _read_action(row["action"]), row["done_at"]) for row in rows
    ]


def _read_action(stored: str) -> CodedText:
    action = read_coded(stored)
    assert action is not None
    return action


async def record_action(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int | None,
    member_id: int,
    member_name: str,
    action: CodedText,
    now_ms: int,
) -> None:
    """Record an action of a member on an essay, or on the server's settings if None."""
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
            "action": action.stored,
            "now": now_ms,
        },
    )
