"""What waits and what failed, and why; and the channels that are in use."""

from __future__ import annotations

from dataclasses import dataclass

from storage.db.writer import Transaction

__all__ = ["InUse", "Trouble", "Waiting", "in_use", "troubles", "waiting"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Things of one kind that wait or failed in one channel for one reason.

    ``kind``: 'post', 'prompt', 'thread', 'errand' or 'moved reply'.
    """

    kind: str
    failed: bool
    server_id: int
    channel_id: int | None
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much is on its way, and how much is planned for later."""

    posts: int
    threads: int
    errands: int
    prompts: int


@dataclass(frozen=True, slots=True)
class InUse:
    """A channel, and what it is used for: 'threads', 'thread', 'forum', or 'notices'."""

    server_id: int
    server_name: str
    channel_id: int
    use: str
    moves: bool


async def in_use(tx: Transaction, server_id: int | None = None) -> list[InUse]:
    """Channels with essays that are live or to come, and what was chosen in ``/setup``."""
    rows = await tx.rows(
        """
        SELECT DISTINCT used.server_id, servers.name, used.channel_id, used.use,
               COALESCE(server_settings.channel_replies, 'link') AS channel_replies
        FROM (
            SELECT server_id, channel_id, style AS use FROM discussions
            WHERE state IN ('scheduled', 'publishing', 'open')
            UNION SELECT server_id, channel_id, style FROM server_settings
            WHERE channel_id IS NOT NULL
            UNION SELECT server_id, alerts_channel_id, 'notices' FROM server_settings
            WHERE alerts_channel_id IS NOT NULL
            UNION SELECT server_id, digest_channel_id, 'notices' FROM server_settings
            WHERE digest_channel_id IS NOT NULL
        ) AS used
        JOIN servers ON servers.id = used.server_id
        LEFT JOIN server_settings ON server_settings.server_id = used.server_id
        WHERE :server_id IS NULL OR used.server_id = :server_id
        ORDER BY used.server_id, used.channel_id, used.use
        """,
        {"server_id": server_id},
    )
    return [
        InUse(
            row["server_id"],
            row["name"],
            row["channel_id"],
            row["use"],
            row["channel_replies"] == "move",
        )
        for row in rows
    ]


async def waiting(tx: Transaction, server_id: int | None = None) -> Waiting:
    """What is on its way and what is to come, of one server or of all."""
    row = await tx.row(
        """
        SELECT
            (SELECT count(*) FROM planned_messages WHERE state IN ('planned', 'claimed')
                AND (:server_id IS NULL OR server_id = :server_id)) AS posts,
            (SELECT count(*) FROM threads WHERE state IN ('planned', 'open')
                AND (:server_id IS NULL OR server_id = :server_id)) AS threads,
            (SELECT count(*) FROM message_edits WHERE state = 'planned'
                AND (:server_id IS NULL OR server_id = :server_id)) AS message_edits,
            (SELECT count(*) FROM prompts WHERE state = 'planned'
                AND (:server_id IS NULL OR server_id = :server_id)) AS prompts
        """,
        {"server_id": server_id},
    )
    assert row is not None
    return Waiting(row["posts"], row["threads"], row["message_edits"], row["prompts"])


async def troubles(tx: Transaction, since_ms: int, server_id: int | None = None) -> list[Trouble]:
    """What waits for something to be mended, and what failed since ``since_ms``; most first."""
    rows = await tx.rows(_TROUBLES, {"server_id": server_id, "since": since_ms})
    return [
        Trouble(
            kind=row["kind"],
            failed=bool(row["failed"]),
            server_id=row["server_id"],
            channel_id=row["channel_id"],
            count=row["count"],
            why=row["why"],
        )
        for row in rows
    ]


_TROUBLES = """
SELECT kind, failed, server_id, channel_id, why, count(*) AS count FROM (
    SELECT 'post' AS kind, 0 AS failed, server_id, channel_id, last_error AS why
    FROM planned_messages WHERE state IN ('planned', 'claimed') AND last_error IS NOT NULL
    UNION ALL
    SELECT 'post', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM planned_messages WHERE state = 'failed' AND planned_at > :since
    UNION ALL
    SELECT 'prompt', 0, server_id, channel_id, reason
    FROM prompts WHERE state = 'claimed' AND reason IS NOT NULL
    UNION ALL
    SELECT 'prompt', 1, server_id, channel_id, COALESCE(reason, '')
    FROM prompts WHERE state = 'failed' AND due_at > :since
    UNION ALL
    SELECT 'thread', 0, server_id, channel_id, last_error
    FROM threads WHERE state IN ('planned', 'open') AND last_error IS NOT NULL
    UNION ALL
    SELECT 'thread', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM threads WHERE state = 'failed' AND due_at > :since
    UNION ALL
    SELECT 'errand', 0, server_id, channel_id, last_error
    FROM message_edits WHERE state = 'planned' AND last_error IS NOT NULL
    UNION ALL
    SELECT 'errand', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM message_edits WHERE state = 'failed' AND due_at > :since
    UNION ALL
    -- Of those under way the index has one more kind: moved, with a copy that is out of date.
    SELECT 'moved reply', 0, server_id, channel_id, last_error
    FROM reply_moves
    WHERE (state IN ('planned', 'copying', 'copied', 'deleting') OR stale = 1)
        AND state IN ('planned', 'copying', 'copied', 'deleting') AND last_error IS NOT NULL
    UNION ALL
    SELECT 'moved reply', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM reply_moves WHERE state = 'failed' AND due_at > :since
) AS found
WHERE :server_id IS NULL OR server_id = :server_id
GROUP BY kind, failed, server_id, channel_id, why
ORDER BY failed DESC, count DESC, server_id, channel_id, kind
"""
