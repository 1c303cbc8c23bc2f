"""Dispatches due prompts: each is decided and, if it is to be sent, planned as a message."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.clock import to_milliseconds
from bot.core.layout.discussion_buttons import make_discussion_buttons
from bot.core.payload import Payload, make_plain_message
from bot.core.prompts.plan import Poll
from bot.core.prompts.policy import (
    REASON_OTHER_ESSAY,
    Decision,
    Postpone,
    PromptKind,
    Send,
    Skip,
)
from bot.core.prompts.wording import NothingToSay, PromptText
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.translate import use_language
from bot.prompting.decide import decide
from bot.prompting.prompt_text import get_language, make_text
from bot.prompting.schedule import plan_next_digest
from storage.db.writer import Transaction
from storage.delivery import essay_threads, messages
from storage.delivery.messages import NewMessage
from storage.essays.authors import get_authors
from storage.prompts import prompts
from storage.prompts.prompts import Prompt
from storage.servers.settings import ServerSettings

__all__ = ["plan_due", "send_now", "send_planned_now"]

_log = logging.getLogger(__name__)

#: Prompts decided in one transaction: what members write meanwhile waits no longer than that.
_MAX_PER_TRANSACTION = 50


async def plan_due(tx: Transaction, now: datetime, shards: Shards = UNSHARDED) -> bool:
    """Decide the first prompts of these shards that are due at ``now``; whether more may be."""
    due = await prompts.get_due(tx, to_milliseconds(now), _MAX_PER_TRANSACTION, shards)
    for prompt in due:
        await _dispatch(tx, prompt, now)
    return len(due) == _MAX_PER_TRANSACTION


async def _dispatch(tx: Transaction, prompt: Prompt, now: datetime) -> None:
    """Plan a due prompt's message, postpone it or skip it; after a digest comes the next one."""
    match await _decide_and_plan(tx, prompt, now):
        case Postpone(until, reason, resets_lateness):
            await prompts.postpone(
                tx,
                prompt_id=prompt.id,
                until=until,
                resets_lateness=resets_lateness,
                reason=reason,
            )
            return
        case Skip(reason):
            _log.info(
                "Prompt %d of essay %s is skipped: %s.", prompt.id, prompt.discussion_id, reason
            )
            await prompts.skip(tx, prompt_id=prompt.id, reason=reason, now_ms=to_milliseconds(now))
        case Send():
            pass
    if prompt.kind is PromptKind.DIGEST:
        await plan_next_digest(tx, prompt.server_id, max(now, prompt.planned_for))


async def _decide_and_plan(tx: Transaction, prompt: Prompt, now: datetime) -> Decision:
    """Decide about a prompt; if it is to be sent and has something to say, plan its message."""
    decided = await decide(tx, prompt, now)
    if not isinstance(decided.decision, Send):
        return decided.decision
    text = await make_text(tx, prompt, now)
    if isinstance(text, NothingToSay):
        return Skip(text.reason)
    await _plan_message(tx, prompt, text, decided.settings, now, decided.decision.expires)
    return decided.decision


async def _plan_message(
    tx: Transaction,
    prompt: Prompt,
    text: PromptText,
    settings: ServerSettings,
    now: datetime,
    expires: datetime,
) -> None:
    """Plan a prompt's message and mark the prompt as claimed; it is sent with the message."""
    channel_id = prompt.channel_id
    if prompt.kind is PromptKind.DIGEST:
        channel_id = settings.digest_channel
    elif prompt.discussion_id is not None and prompt.kind is not PromptKind.NUDGE:
        channel_id = await essay_threads.get_channel_id(tx, prompt.discussion_id)
    assert channel_id is not None
    asks_essay = prompt.kind not in (PromptKind.NUDGE, PromptKind.DIGEST)
    purpose = "nudge" if prompt.kind is PromptKind.NUDGE else "prompt"
    with use_language(await get_language(tx, prompt)):
        payload = _make_payload(text)
        if asks_essay and text.poll is None:
            has_author = prompt.discussion_id is not None and bool(
                await get_authors(tx, prompt.discussion_id)
            )
            payload["components"] = make_discussion_buttons(
                has_answer=settings.answer_forms, has_author=has_author
            )
    (planned_message_id,) = await messages.plan(
        tx,
        server_id=prompt.server_id,
        discussion_id=prompt.discussion_id,
        channel_id=channel_id,
        after_id=await messages.get_newest_id(tx, channel_id, prompt.discussion_id),
        messages=[NewMessage(purpose, payload)],
        now_ms=to_milliseconds(now),
        expires_at=to_milliseconds(expires),
        failures=prompt.failures,
    )
    await prompts.claim(
        tx,
        prompt_id=prompt.id,
        planned_message_id=planned_message_id,
        channel_id=channel_id,
        asked_questions=text.asked,
        now_ms=to_milliseconds(now),
    )


def _make_payload(text: PromptText) -> Payload:
    payload = make_plain_message(text.content, silent=False)
    if text.poll is not None:
        payload["poll"] = _make_poll(text.poll)
    return payload


def _make_poll(poll: Poll) -> Payload:
    """docs: Poll Resource › Poll Create Request Object."""
    return {
        "question": {"text": poll.question},
        "answers": [{"poll_media": {"text": answer}} for answer in poll.answers],
        "duration": poll.hours,
        "allow_multiselect": False,
    }


async def send_now(
    tx: Transaction, *, server_id: int, discussion_id: int, content: str, now: datetime
) -> NothingToSay | int:
    """Plan the message of a prompt that an admin sends at once; its id, or why there is none.

    It waits while another essay is being posted in the channel.
    """
    prompt_id = await prompts.add(
        tx,
        server_id=server_id,
        discussion_id=discussion_id,
        kind=PromptKind.NOW,
        at=now,
        content=content,
    )
    decision = await _send_immediate(tx, prompt_id, now)
    if decision is None:
        return prompt_id
    await prompts.skip(tx, prompt_id=prompt_id, reason=decision.reason, now_ms=to_milliseconds(now))
    return NothingToSay(decision.reason)


async def send_planned_now(tx: Transaction, prompt_id: int, now: datetime) -> NothingToSay | None:
    """Send a planned step of a plan now, like :func:`send_now`; why it can't be, or None.

    The caller has to roll back where it can't be. Raises LookupError if the prompt isn't planned
    any more.
    """
    if not await prompts.make_immediate(tx, prompt_id, now):
        raise LookupError(f"prompt {prompt_id} is not planned any more")
    decision = await _send_immediate(tx, prompt_id, now)
    return None if decision is None else NothingToSay(decision.reason)


async def _send_immediate(tx: Transaction, prompt_id: int, now: datetime) -> Postpone | Skip | None:
    """Plan the message of a prompt that an admin sends at once; None if it will be sent."""
    prompt = await prompts.find_prompt(tx, prompt_id)
    assert prompt is not None
    decision = await _decide_and_plan(tx, prompt, now)
    if isinstance(decision, Send):
        return None
    if isinstance(decision, Postpone) and decision.reason == REASON_OTHER_ESSAY:
        await prompts.postpone(
            tx,
            prompt_id=prompt_id,
            until=decision.until,
            resets_lateness=decision.resets_lateness,
            reason=decision.reason,
        )
        return None
    return decision
