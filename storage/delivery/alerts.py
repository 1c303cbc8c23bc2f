"""Alerts: notify a server's admins of a problem, once until it is over."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.payload import Payload, make_plain_message
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.servers import settings

__all__ = ["clear", "make_closed_key", "notify_admins", "post_once"]


def make_closed_key(discussion_id: int) -> str:
    """What the message is ``about`` that informs members that their discussion is closed."""
    return f"closed discussion {discussion_id}"


async def notify_admins(
    tx: Transaction,
    server_id: int,
    *,
    about: str,
    text: str,
    now_ms: int,
    components: Sequence[Payload] = (),
) -> bool:
    """Plan an alert for the admins, unless there is one ``about`` this; whether it is new.

    ``components``: buttons below it.
    If the server has no channel for alerts, the problem is only in lists and the log.
    """
    if not await _add(tx, server_id, about=about, text=text, now_ms=now_ms):
        return False
    channel_id = (await settings.get_settings(tx, server_id)).alerts_channel
    if channel_id is not None:
        payload = make_plain_message(text, silent=False)
        if components:
            payload["components"] = list(components)
        await messages.plan(
            tx,
            server_id=server_id,
            discussion_id=None,
            channel_id=channel_id,
            after_id=await messages.get_newest_id(tx, channel_id),
            messages=[NewMessage("notice", payload)],
            now_ms=now_ms,
        )
    return True


async def post_once(
    tx: Transaction,
    server_id: int,
    *,
    about: str,
    text: str,
    discussion_id: int,
    channel_id: int,
    after_id: int,
    now_ms: int,
) -> bool:
    """Plan a silent message in a discussion's channel, unless there was one ``about`` this.

    Whether it is new; :func:`clear` lets it be posted again.
    """
    if not await _add(tx, server_id, about=about, text=text, now_ms=now_ms):
        return False
    await messages.plan(
        tx,
        server_id=server_id,
        discussion_id=discussion_id,
        channel_id=channel_id,
        after_id=after_id,
        messages=[NewMessage("notice", make_plain_message(text, silent=True))],
        now_ms=now_ms,
    )
    return True


async def _add(tx: Transaction, server_id: int, *, about: str, text: str, now_ms: int) -> bool:
    added = await tx.run(
        """
        INSERT INTO alerts (server_id, about, text, sent_at)
        VALUES (:server_id, :about, :text, :now)
        ON CONFLICT (server_id, about) DO NOTHING
        """,
        {"server_id": server_id, "about": about, "text": text, "now": now_ms},
    )
    return bool(added)


async def clear(tx: Transaction, server_id: int, about: str) -> None:
    """Clear an alert, because the problem is over; if it comes back, there is a new alert."""
    await tx.run(
        "DELETE FROM alerts WHERE server_id = :server_id AND about = :about",
        {"server_id": server_id, "about": about},
    )
