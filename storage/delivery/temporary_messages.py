"""What the bot remarks in a discussion by itself: once, or for a while."""

from __future__ import annotations

from bot.core.payload import Payload, make_plain_message
from storage.db.writer import Transaction
from storage.delivery import messages

__all__ = ["due", "next_due", "point", "put_off", "removed", "say_once"]

#: Milliseconds for which a line that points into a thread stands.
_POINTS_FOR = 10 * 60_000


async def say_once(
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
    """Plan a remark in a discussion's channel, unless it was made before; whether it is new.

    ``about`` names it; :func:`storage.delivery.alerts.past` lets it be made again.
    """
    news = await tx.run(
        """
        INSERT INTO notices (server_id, about, text, told_at)
        VALUES (:server_id, :about, :text, :now)
        ON CONFLICT (server_id, about) DO NOTHING
        """,
        {"server_id": server_id, "about": about, "text": text, "now": now_ms},
    )
    if not news:
        return False
    await messages.plan(
        tx,
        server_id=server_id,
        discussion_id=discussion_id,
        channel_id=channel_id,
        after_id=after_id,
        posts=[messages.NewPost("notice", make_plain_message(text, silent=True))],
        now_ms=now_ms,
    )
    return True


async def point(
    tx: Transaction,
    server_id: int,
    *,
    discussion_id: int,
    channel_id: int,
    reply_id: int,
    thread_id: int,
    now_ms: int,
) -> None:
    """Plan the line under a reply in the channel that points into the thread it belongs to."""
    payload: Payload = make_plain_message(f"-# This talk goes on in <#{thread_id}>.", silent=True)
    payload["message_reference"] = {"message_id": str(reply_id), "fail_if_not_exists": False}
    (post_id,) = await messages.plan(
        tx,
        server_id=server_id,
        discussion_id=discussion_id,
        channel_id=channel_id,
        after_id=reply_id,
        posts=[messages.NewPost("notice", payload)],
        now_ms=now_ms,
    )
    await tx.run(
        """
        INSERT INTO passing_posts (post_id, reply_id, remove_at)
        VALUES (:post_id, :reply_id, :remove_at)
        """,
        {"post_id": post_id, "reply_id": reply_id, "remove_at": now_ms + _POINTS_FOR},
    )


async def due(tx: Transaction, now_ms: int) -> list[tuple[int, int, int | None]]:
    """Remarks whose time is over: post, channel, message (None: it never came to stand)."""
    rows = await tx.rows(
        """
        SELECT posts.id, posts.channel_id, posts.message_id
        FROM passing_posts JOIN posts ON posts.id = passing_posts.post_id
        WHERE passing_posts.remove_at <= :now AND posts.state IN ('sent', 'failed')
        ORDER BY passing_posts.remove_at
        """,
        {"now": now_ms},
    )
    return [(row["id"], row["channel_id"], row["message_id"]) for row in rows]


async def removed(tx: Transaction, post_id: int) -> None:
    """The remark does not stand any more.

    What replied to it is kept as it was recorded; later replies to it cannot come. What it said
    is not kept either.
    """
    await tx.run(
        """
        UPDATE posts SET payload = '{}' WHERE id = :id AND state IN ('sent', 'failed')
        """,
        {"id": post_id},
    )
    await tx.run("DELETE FROM passing_posts WHERE post_id = :id", {"id": post_id})


async def next_due(tx: Transaction) -> int | None:
    """When there next is a remark to take away."""
    row = await tx.row(
        """
        SELECT min(remove_at) AS remove_at
        FROM passing_posts JOIN posts ON posts.id = passing_posts.post_id
        WHERE posts.state IN ('sent', 'failed')
        """
    )
    return None if row is None else row["remove_at"]


async def put_off(tx: Transaction, post_id: int, remove_at: int) -> None:
    """It could not be taken away; try again at ``remove_at``."""
    await tx.run(
        "UPDATE passing_posts SET remove_at = :at WHERE post_id = :id",
        {"id": post_id, "at": remove_at},
    )
