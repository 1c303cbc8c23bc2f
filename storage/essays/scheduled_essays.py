"""Scheduled essays: drafts that are published at a set time."""

from __future__ import annotations

from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import make_coded
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction
from storage.essays.drafts import publish
from storage.servers.audit_log import record_action

__all__ = ["NEXT_DUE", "publish_due", "schedule"]

#: When the next scheduled essay is to be published.
NEXT_DUE = """
SELECT min(scheduled_for) FROM discussions
WHERE state = 'scheduled'
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""


async def schedule(
    tx: Transaction,
    discussion_id: int,
    *,
    at_ms: int,
    member_id: int,
    member_name: str,
    now_ms: int,
) -> bool:
    """Schedule or reschedule a draft for ``at_ms``; False if it isn't a draft or scheduled."""
    row = await tx.row(
        """
        UPDATE discussions SET state = 'scheduled', scheduled_for = :at
        WHERE id = :id AND state IN ('draft', 'scheduled')
        RETURNING server_id
        """,
        {"id": discussion_id, "at": at_ms},
    )
    if row is None:
        return False
    await record_action(
        tx,
        server_id=row["server_id"],
        discussion_id=discussion_id,
        member_id=member_id,
        member_name=member_name,
        action=make_coded("did-schedule"),
        now_ms=now_ms,
    )
    return True


async def publish_due(
    tx: Transaction, *, after_id: int, now_ms: int, shards: Shards = UNSHARDED
) -> int:
    """Start publishing the scheduled essays that are due in these shards; their number.

    Each is published in the name of the admin who last scheduled it. ``after_id``: a Discord id
    older than any message of the essays can be.
    """
    rows = await tx.rows(
        """
        SELECT id, (
            SELECT audit_log.id FROM audit_log
            WHERE audit_log.discussion_id = discussions.id AND action = 'scheduled'
            ORDER BY audit_log.id DESC LIMIT 1
        ) AS act_id
        FROM discussions WHERE state = 'scheduled' AND scheduled_for <= :now
            AND (server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
        ORDER BY scheduled_for, id
        """,
        {"now": now_ms, **make_shard_parameters(shards)},
    )
    for row in rows:
        act = await tx.row(
            "SELECT member_id, member_name FROM audit_log WHERE id = :id", {"id": row["act_id"]}
        )
        await publish(
            tx,
            row["id"],
            member_id=0 if act is None else act["member_id"],
            member_name="" if act is None else act["member_name"],
            after_id=after_id,
            now_ms=now_ms,
        )
    return len(rows)
