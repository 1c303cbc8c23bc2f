"""Prompts that were claimed and are not sent yet: they keep to the manners while they wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clock import to_milliseconds
from bot.discussion.hours import quiet_end
from storage import servers
from storage.writer import Transaction

__all__ = ["mind"]

_PAUSE = timedelta(hours=1)


async def mind(tx: Transaction, now: datetime) -> None:
    """Look at every prompt that could be sent (again) at ``now``.

    Where its discussion has ended meanwhile it expires: it is only looked for, in case an earlier
    attempt got through. In quiet hours it waits for their end, in a pause for an hour more; what
    an admin sends at once waits for neither.
    """
    now_ms = to_milliseconds(now)
    rows = await tx.rows(
        """
        SELECT posts.id, posts.server_id, prompts.kind,
               COALESCE(discussions.state, 'open') AS state,
               EXISTS (SELECT 1 FROM pauses
                       WHERE pauses.discussion_id = posts.discussion_id) AS paused
        FROM posts
        JOIN prompts ON prompts.post_id = posts.id
        LEFT JOIN discussions ON discussions.id = posts.discussion_id
        WHERE posts.state IN ('planned', 'claimed') AND posts.due_at <= :now
            AND COALESCE(posts.expires_at, :now) >= :now
        """,
        {"now": now_ms},
    )
    for row in rows:
        if row["state"] != "open":
            await tx.run(
                "UPDATE posts SET expires_at = :before WHERE id = :id",
                {"id": row["id"], "before": now_ms - 1},
            )
            continue
        settings = await servers.read(tx, row["server_id"])
        until = quiet_end(now, settings.quiet, settings.zone)
        if until is None and (row["paused"] or settings.paused):
            until = now + _PAUSE
        if until is not None and row["kind"] != "now":
            await tx.run(
                "UPDATE posts SET due_at = :until WHERE id = :id",
                {"id": row["id"], "until": to_milliseconds(until)},
            )
