"""Reconsiders prompts that were claimed and aren't sent yet: the policy holds while they wait.

If it is certain that no message was sent, the prompt is planned again, to be decided and worded
afresh. If a message may have been sent and the policy doesn't allow it any more, the message is
only looked for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.clock import to_milliseconds
from bot.core.prompts.policy import PromptKind, Send
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText, make_coded
from bot.prompting.decide import decide
from bot.prompting.schedule import replace_later_digest
from storage.db.writer import Transaction
from storage.prompts import claimed_prompts, prompts

__all__ = ["reconsider_claimed", "release"]

#: Milliseconds between attempts at a prompt that is blocked until somebody fixes something: at
#: first the shorter, growing with the time it has been blocked up to the longer.
_MIN_BLOCKED_WAIT, _MAX_BLOCKED_WAIT = 60_000, 3_600_000


async def reconsider_claimed(
    tx: Transaction, now: datetime, busy: Collection[int] = (), shards: Shards = UNSHARDED
) -> None:
    """Reconsider every claimed prompt of these shards whose message is due at ``now``.

    ``busy``: the planned messages that are being sent at this moment; they aren't touched.
    """
    now_ms = to_milliseconds(now)
    for one in await claimed_prompts.get_unsent(tx, now_ms):
        if one.planned_message_id in busy or not shards.has_server(one.server_id):
            continue
        prompt = await prompts.find_prompt(tx, one.prompt_id)
        assert prompt is not None
        may_send = isinstance((await decide(tx, prompt, now)).decision, Send)
        # A prompt that an admin sends at once keeps its first text.
        is_current = one.planned_at == now_ms or prompt.kind is PromptKind.NOW
        if one.was_never_created and not (may_send and is_current):
            await release(tx, one.planned_message_id, at_ms=now_ms)
        elif not may_send:
            await claimed_prompts.stop_sending(tx, one.planned_message_id, now_ms)


async def release(
    tx: Transaction,
    planned_message_id: int,
    *,
    at_ms: int,
    reason: CodedText | None = None,
    blocked: bool = False,
) -> None:
    """Plan a claimed prompt again, due at ``at_ms``: its message certainly wasn't sent.

    ``reason``: what it waits for. ``blocked``: somebody has to fix that; it is tried the more
    rarely the longer it takes, and the time it takes doesn't make the prompt late.
    """
    prompt = await claimed_prompts.find_claimed(tx, planned_message_id)
    if prompt is None:  # the prompt was skipped meanwhile
        await claimed_prompts.cancel_message(tx, planned_message_id, make_coded("prompt-skipped"))
        return
    blocked_since = prompt.blocked_since
    if blocked:
        blocked_since = at_ms if blocked_since is None else blocked_since
        at_ms += min(max(at_ms - blocked_since, _MIN_BLOCKED_WAIT), _MAX_BLOCKED_WAIT)
    if prompt.kind is PromptKind.DIGEST and not await replace_later_digest(
        tx, prompt.server_id, prompt.id, at_ms
    ):
        await claimed_prompts.skip_claimed(
            tx, prompt.id, planned_message_id, reason=make_coded("digest-replaced"), at_ms=at_ms
        )
        return
    await claimed_prompts.plan_again(
        tx,
        prompt.id,
        planned_message_id,
        due_at=at_ms,
        reason=reason,
        blocked_since=blocked_since,
    )
