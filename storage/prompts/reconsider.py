"""Prompts that were claimed and are not sent yet: they keep to the manners while they wait.

What provably never reached Discord is planned again, to be decided and worded anew. What may have
reached it is only looked for where the manners no longer let it be sent.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.clock import to_milliseconds
from bot.core.prompts.policy import PromptKind, Send, decide_prompt
from storage.db.writer import Transaction
from storage.prompts import context, prompts
from storage.servers import settings as settings_module

__all__ = ["CLAIMED", "digest_returns", "mind", "release"]

#: Claimed prompts that could be sent (again) and were not given up.
CLAIMED = """
SELECT posts.id, posts.planned_at, posts.attempts = posts.refused AS never,
       prompts.id AS prompt_id
FROM posts JOIN prompts ON prompts.post_id = posts.id
WHERE posts.state IN ('planned', 'claimed') AND posts.due_at <= :now
    AND COALESCE(posts.expires_at, :now) >= :now AND prompts.state = 'claimed'
"""
#: Milliseconds between attempts at what somebody has to mend: the longer the rarer.
_SOONEST, _RAREST = 60_000, 3_600_000


async def mind(tx: Transaction, now: datetime, busy: Collection[int] = ()) -> None:
    """Look at every claimed prompt that could be sent (again) at ``now``.

    ``busy`` are the posts that are under way at this moment; nothing is changed about them.
    """
    now_ms = to_milliseconds(now)
    rows = await tx.rows(CLAIMED, {"now": now_ms})
    for row in rows:
        if row["id"] in busy:
            continue
        prompt = await prompts.find(tx, row["prompt_id"])
        assert prompt is not None
        settings = await settings_module.read(tx, prompt.server_id)
        decision = decide_prompt(await context.situation(tx, prompt), settings.prompt_rules, now)
        holds = isinstance(decision, Send)
        # What an admin sends at once keeps the words that were asked for.
        fresh = row["planned_at"] == now_ms or prompt.kind is PromptKind.NOW
        if row["never"] and not (holds and fresh):
            await release(tx, row["id"], at_ms=now_ms)
        elif not holds:
            await tx.run(
                "UPDATE posts SET expires_at = :before WHERE id = :id",
                {"id": row["id"], "before": now_ms - 1},
            )


async def release(
    tx: Transaction,
    post_id: int,
    *,
    at_ms: int,
    reason: str | None = None,
    stuck: bool = False,
) -> None:
    """The post stands nowhere: its prompt is planned again and looked at from ``at_ms`` on.

    ``reason`` is what it waits for. ``stuck``: somebody has to mend that; it is tried the more
    rarely the longer it takes, and that it takes long does not make the prompt late.
    """
    row = await tx.row(
        """
        SELECT prompts.id, server_id, kind, stuck_since FROM prompts
        WHERE post_id = :id AND state = 'claimed'
        """,
        {"id": post_id},
    )
    if row is None:  # what was decided of it meanwhile holds
        await tx.run(
            """
            UPDATE posts SET state = 'failed', trouble = COALESCE(trouble, 'It is not wanted.')
            WHERE id = :id AND state IN ('planned', 'claimed')
            """,
            {"id": post_id},
        )
        return
    since = row["stuck_since"]
    if stuck:
        since = at_ms if since is None else since
        at_ms += min(max(at_ms - since, _SOONEST), _RAREST)
    returns = True
    if row["kind"] == PromptKind.DIGEST:
        returns = await digest_returns(tx, row["server_id"], row["id"], at_ms)
    await tx.run(
        """
        UPDATE prompts SET state = 'planned', post_id = NULL, asked = '', decided_at = NULL,
            channel_id = CASE WHEN kind IN ('step', 'now') THEN NULL ELSE channel_id END,
            failures = (SELECT failures FROM posts WHERE posts.id = :post_id),
            due_at = :at, reason = :reason, stuck_since = :since,
            owed_at = CASE WHEN :since IS NULL OR kind = 'now' THEN owed_at ELSE :at END,
            turn_from = CASE WHEN :since IS NULL THEN turn_from ELSE :at END
        WHERE id = :id AND :returns = 1
        """,
        {
            "id": row["id"],
            "post_id": post_id,
            "at": at_ms,
            "reason": reason,
            "since": since,
            "returns": int(returns),
        },
    )
    if not returns:
        await tx.run(
            """
            UPDATE prompts SET state = 'skipped', post_id = NULL, decided_at = :at,
                reason = 'the next digest took its place'
            WHERE id = :id
            """,
            {"id": row["id"], "at": at_ms},
        )
    await tx.run("DELETE FROM posts WHERE id = :id", {"id": post_id})


async def digest_returns(tx: Transaction, server_id: int, prompt_id: int, at_ms: int) -> bool:
    """Whether a digest may be planned again: not where a later one was sent or falls due first.

    A server has one planned digest; what was planned after this one is planned again with its
    sending.
    """
    later = await tx.row(
        """
        SELECT 1 FROM prompts
        WHERE server_id = :server_id AND kind = 'digest' AND (
            (id > :id AND state IN ('claimed', 'sent'))
            OR (id > :id AND state = 'planned' AND due_at <= :at)
            OR (id < :id AND state = 'planned')
        )
        """,
        {"server_id": server_id, "id": prompt_id, "at": at_ms},
    )
    if later is not None:
        return False
    await tx.run(
        """
        DELETE FROM prompts
        WHERE server_id = :server_id AND kind = 'digest' AND state = 'planned' AND id > :id
        """,
        {"server_id": server_id, "id": prompt_id},
    )
    return True
