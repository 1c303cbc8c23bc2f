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
SELECT planned_messages.id, planned_messages.planned_at, planned_messages.attempts =
    planned_messages.attempts_without_effect AS never,
       prompts.id AS prompt_id
FROM planned_messages JOIN prompts ON prompts.planned_message_id = planned_messages.id
WHERE planned_messages.state IN ('planned', 'claimed') AND planned_messages.due_at <= :now
    AND COALESCE(planned_messages.expires_at, :now) >= :now AND prompts.state = 'claimed'
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
                "UPDATE planned_messages SET expires_at = :before WHERE id = :id",
                {"id": row["id"], "before": now_ms - 1},
            )


async def release(
    tx: Transaction,
    planned_message_id: int,
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
        SELECT prompts.id, server_id, kind, blocked_since FROM prompts
        WHERE planned_message_id = :id AND state = 'claimed'
        """,
        {"id": planned_message_id},
    )
    if row is None:  # what was decided of it meanwhile holds
        await tx.run(
            """
            UPDATE planned_messages SET state = 'failed',
                last_error = COALESCE(last_error, 'It is not wanted.')
            WHERE id = :id AND state IN ('planned', 'claimed')
            """,
            {"id": planned_message_id},
        )
        return
    since = row["blocked_since"]
    if stuck:
        since = at_ms if since is None else since
        at_ms += min(max(at_ms - since, _SOONEST), _RAREST)
    returns = True
    if row["kind"] == PromptKind.DIGEST:
        returns = await digest_returns(tx, row["server_id"], row["id"], at_ms)
    await tx.run(
        """
        UPDATE prompts SET state = 'planned', planned_message_id = NULL, asked_questions = '',
            decided_at = NULL,
            channel_id = CASE WHEN kind IN ('step', 'now') THEN NULL ELSE channel_id END,
            failures = (SELECT failures FROM planned_messages WHERE planned_messages.id =
                :planned_message_id),
            due_at = :at, reason = :reason, blocked_since = :since,
            late_from = CASE WHEN :since IS NULL OR kind = 'now' THEN late_from ELSE :at END,
            queued_since = CASE WHEN :since IS NULL THEN queued_since ELSE :at END
        WHERE id = :id AND :returns = 1
        """,
        {
            "id": row["id"],
            "planned_message_id": planned_message_id,
            "at": at_ms,
            "reason": reason,
            "since": since,
            "returns": int(returns),
        },
    )
    if not returns:
        await tx.run(
            """
            UPDATE prompts SET state = 'skipped', planned_message_id = NULL, decided_at = :at,
                reason = 'the next digest took its place'
            WHERE id = :id
            """,
            {"id": row["id"], "at": at_ms},
        )
    await tx.run("DELETE FROM planned_messages WHERE id = :id", {"id": planned_message_id})


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
