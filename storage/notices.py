"""Notices: what the admins of a server are told of trouble, once until it has passed."""

from __future__ import annotations

from bot.discussion.payloads import plain_message
from storage import posts, servers
from storage.posts import Post
from storage.writer import Transaction

__all__ = ["past", "prompt_stuck", "tell"]


async def tell(tx: Transaction, server_id: int, *, about: str, text: str, now_ms: int) -> bool:
    """Plan a notice for the admins, unless they were told of ``about`` already.

    Where the server has named no channel for it, the trouble stands in lists and the log alone.
    Whether this was news.
    """
    news = await tx.run(
        """
        INSERT INTO notices (server_id, about, text, told_at)
        VALUES (:server_id, :about, :text, :now)
        ON CONFLICT (server_id, about) DO NOTHING
        """,
        {"server_id": server_id, "about": about, "text": text, "now": now_ms},
    )
    channel_id = (await servers.read(tx, server_id)).notices_channel
    if not news or channel_id is None:
        return bool(news)
    await posts.plan(
        tx,
        server_id=server_id,
        discussion_id=None,
        channel_id=channel_id,
        after_id=await posts.newest_id(tx, channel_id),
        posts=[posts.NewPost("notice", plain_message(text, silent=False))],
        now_ms=now_ms,
    )
    return True


async def prompt_stuck(tx: Transaction, post: Post, trouble: str, now_ms: int) -> None:
    """A prompt cannot be sent until somebody mends something: it waits, and admins are told."""
    await tx.run(
        """
        UPDATE prompts SET reason = :trouble, stuck_since = COALESCE(stuck_since, :now)
        WHERE post_id = :id AND state = 'claimed'
        """,
        {"id": post.id, "trouble": trouble, "now": now_ms},
    )
    await tell(
        tx,
        post.server_id,
        about="nudges" if post.purpose == "nudge" else f"channel {post.channel_id}",
        text=f"A prompt waits that belongs into <#{post.channel_id}>. {trouble}",
        now_ms=now_ms,
    )


async def past(tx: Transaction, server_id: int, about: str) -> None:
    """The trouble has passed; if it comes back, it is told again."""
    await tx.run(
        "DELETE FROM notices WHERE server_id = :server_id AND about = :about",
        {"server_id": server_id, "about": about},
    )
