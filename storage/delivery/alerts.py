"""Alerts: problems that a server's admins were notified of, once until each is over."""

from __future__ import annotations

from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction

__all__ = ["add", "clear", "make_closed_key"]


def make_closed_key(discussion_id: int) -> str:
    """What the message is ``about`` that informs members that their discussion is closed."""
    return f"closed discussion {discussion_id}"


async def add(
    tx: Transaction, server_id: int, *, about: str, alert: CodedText, now_ms: int
) -> bool:
    """Record an alert, unless there is one ``about`` this; whether it is new."""
    added = await tx.run(
        """
        INSERT INTO alerts (server_id, about, alert, sent_at)
        VALUES (:server_id, :about, :alert, :now)
        ON CONFLICT (server_id, about) DO NOTHING
        """,
        {"server_id": server_id, "about": about, "alert": alert.stored, "now": now_ms},
    )
    return bool(added)


async def clear(tx: Transaction, server_id: int, about: str) -> None:
    """Clear an alert, because the problem is over; if it comes back, there is a new alert."""
    await tx.run(
        "DELETE FROM alerts WHERE server_id = :server_id AND about = :about",
        {"server_id": server_id, "about": about},
    )
