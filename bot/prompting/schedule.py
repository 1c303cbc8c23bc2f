"""Schedules prompts: the steps of a new essay's plan, digests, and planned prompts that change."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_milliseconds
from bot.core.prompts.local_time import WeeklyTime
from bot.core.prompts.plan import parse_plan, schedule_steps
from bot.core.prompts.policy import REASON_PAUSED, PromptKind
from bot.core.text.coded_text import make_coded
from storage.db.writer import Transaction
from storage.prompts import digest, prompts
from storage.prompts.prompts import Prompt
from storage.servers import settings as settings_module

__all__ = ["change_prompt", "plan_next_digest", "plan_steps", "replace_later_digest", "set_digest"]


async def plan_steps(
    tx: Transaction, *, server_id: int, discussion_id: int, published_at: datetime
) -> None:
    """Plan the steps of the server's plan for an essay that was published then."""
    settings = await settings_module.get_settings(tx, server_id)
    steps = parse_plan(settings.plan_text)
    for step, at in zip(steps, schedule_steps(steps, published_at, settings.zone), strict=True):
        local = None
        if isinstance(step.when, WeeklyTime):
            local = datetime.combine(at.astimezone(settings.zone).date(), step.when.at)
        await prompts.add(
            tx,
            server_id=server_id,
            discussion_id=discussion_id,
            kind=PromptKind.STEP,
            at=at,
            content=str(step.content),
            condition=str(step.condition),
            local_at=local,
        )


async def change_prompt(
    tx: Transaction, prompt: Prompt, *, content: str, condition: str, forced: bool, now: datetime
) -> bool:
    """Change what a planned prompt says and when it may; False if it isn't planned any more.

    It keeps its time. Only a prompt that waits for its turn in the channel no longer has to wait
    once an admin forces it.
    """
    late_from, due_at = prompt.late_from, prompt.due_at
    if forced and not prompt.forced and late_from == due_at > prompt.planned_for:
        late_from = due_at = min(due_at, max(now, prompt.planned_for))
    return await prompts.change(
        tx,
        prompt.id,
        content=content,
        condition=condition,
        forced=forced,
        late_from=late_from,
        due_at=due_at,
    )


async def set_digest(
    tx: Transaction,
    server_id: int,
    *,
    channel_id: int | None,
    when: WeeklyTime | None,
    now: datetime,
) -> None:
    """Set where and when the server's digest comes; None for no digest.

    If nothing changes, the digest that is planned stays.
    """
    before = await settings_module.get_settings(tx, server_id)
    await settings_module.set_digest(tx, server_id, channel_id, when)
    if (before.digest_channel, before.digest) != (channel_id, when):
        await digest.skip_digests(
            tx,
            server_id,
            reason=make_coded("digest-changed"),
            or_skipped_for=REASON_PAUSED,
            now_ms=to_milliseconds(now),
        )
    await plan_next_digest(tx, server_id, now)


async def plan_next_digest(tx: Transaction, server_id: int, after: datetime) -> None:
    """Plan the server's next digest after a time, if it wants one and none is planned."""
    settings = await settings_module.get_settings(tx, server_id)
    if settings.digest is None or await digest.has_planned_digest(tx, server_id):
        return
    at = settings.digest.next_after(after, settings.zone)
    await prompts.add(
        tx,
        server_id=server_id,
        discussion_id=None,
        kind=PromptKind.DIGEST,
        at=at,
        channel_id=settings.digest_channel,
        local_at=datetime.combine(at.astimezone(settings.zone).date(), settings.digest.at),
    )


async def replace_later_digest(tx: Transaction, server_id: int, prompt_id: int, at_ms: int) -> bool:
    """Delete the digest that is planned after this one, so that this one can be planned again.

    False if this one is superseded: a later one was sent or is due before ``at_ms``. A server has
    one planned digest; the one after this is planned again when this one is sent.
    """
    if await digest.has_later_digest(tx, server_id, prompt_id, at_ms):
        return False
    await digest.delete_planned_digest_after(tx, server_id, prompt_id)
    return True
