"""What ``/setup`` keeps of a server's choices; :mod:`storage.servers.settings` reads them."""

from __future__ import annotations

from storage.db.writer import Transaction
from storage.servers.settings import begin

__all__ = ["set_bring", "set_channel", "set_loose", "set_numbered", "set_style"]


async def set_channel(tx: Transaction, server_id: int, channel_id: int | None) -> None:
    """Where essays go when no channel is named; None: where the command is given."""
    await begin(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET channel_id = :channel_id WHERE server_id = :server_id",
        {"server_id": server_id, "channel_id": channel_id},
    )


async def set_style(tx: Transaction, server_id: int, style: str) -> None:
    """'threads': one a reply; 'thread': one for the essay. A forum has its own way."""
    await begin(tx, server_id)
    await tx.run(
        "UPDATE server_settings SET style = :style WHERE server_id = :server_id",
        {"server_id": server_id, "style": style},
    )


async def set_numbered(tx: Transaction, server_id: int, numbered: bool) -> None:
    """Whether essays show their passages' numbers."""
    await begin(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings
        SET show_passage_numbers = :show_passage_numbers
        WHERE server_id = :server_id
        """,
        {"server_id": server_id, "show_passage_numbers": int(numbered)},
    )


async def set_loose(tx: Transaction, server_id: int, loose: str, now_ms: int) -> None:
    """What a channel's message that replies to nothing is: 'leave' alone, or let it 'join'.

    Only what is written from now on joins: what was said before was said to others.
    """
    await begin(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings SET plain_messages = :plain_messages,
            plain_messages_since = CASE WHEN plain_messages = :plain_messages THEN
                plain_messages_since ELSE :now END
        WHERE server_id = :server_id
        """,
        {"server_id": server_id, "plain_messages": loose, "now": now_ms},
    )


async def set_bring(tx: Transaction, server_id: int, bring: str) -> None:
    """How a channel reply comes into the thread it belongs in: 'link' or 'move'."""
    await begin(tx, server_id)
    await tx.run(
        """
        UPDATE server_settings
        SET channel_replies = :channel_replies
        WHERE server_id = :server_id
        """,
        {"server_id": server_id, "channel_replies": bring},
    )
