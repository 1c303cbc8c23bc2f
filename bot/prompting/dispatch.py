"""The prompter: what is due is decided by the manners and planned as posts, in one transaction."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.clock import to_milliseconds
from bot.core.payload import Payload, make_plain_message
from bot.core.prompts.digest import make_digest_text
from bot.core.prompts.plan import (
    NumberedQuestion,
    Poll,
    PromptContent,
    QuotedPassage,
    parse_content,
)
from bot.core.prompts.policy import Postpone, PromptKind, Send, Skip, decide_prompt
from bot.core.prompts.wording import (
    NothingToSay,
    PromptText,
    format_asked,
    make_nudge_text,
    make_prompt_text,
)
from bot.core.text.timestamps import format_timestamp
from bot.errors import UserError
from storage.db.writer import Transaction
from storage.delivery import essay_threads, messages
from storage.delivery.messages import NewMessage
from storage.prompts import context, digest, prompts
from storage.prompts.prompts import Prompt
from storage.servers import settings as settings_module

__all__ = ["forecast", "plan_due", "refuse_missing", "send_now", "words"]

_log = logging.getLogger(__name__)

#: Prompts decided in one transaction: what members write meanwhile waits no longer than that.
_MOST_AT_ONCE = 50
#: The states of an essay that is not published yet.
_TO_COME = ("draft", "scheduled", "publishing")


async def plan_due(tx: Transaction, now: datetime) -> bool:
    """Decide the first prompts that are due at ``now``; whether there may be more of them."""
    found = await prompts.due(tx, to_milliseconds(now), _MOST_AT_ONCE)
    for prompt in found:
        await _decide(tx, prompt, now)
    return len(found) == _MOST_AT_ONCE


async def _decide(tx: Transaction, prompt: Prompt, now: datetime) -> None:
    settings = await settings_module.read(tx, prompt.server_id)
    case = await context.situation(tx, prompt)
    match decide_prompt(case, settings.prompt_rules, now):
        case Postpone(until, reason, owed):
            await prompts.wait(tx, prompt_id=prompt.id, until=until, owed=owed, reason=reason)
            return
        case Skip(reason):
            await _skip(tx, prompt, reason, now)
        case Send(expires):
            said = await words(tx, prompt, now)
            if isinstance(said, NothingToSay):
                await _skip(tx, prompt, said.reason, now)
            else:
                await _claim(tx, prompt, said, now, expires)
    if prompt.kind is PromptKind.DIGEST:
        await prompts.plan_digest(tx, prompt.server_id, max(now, prompt.planned_for))


async def _skip(tx: Transaction, prompt: Prompt, reason: str, now: datetime) -> None:
    _log.info("Prompt %d of essay %s is skipped: %s.", prompt.id, prompt.discussion_id, reason)
    await prompts.skip(tx, prompt_id=prompt.id, reason=reason, now_ms=to_milliseconds(now))


async def words(tx: Transaction, prompt: Prompt, now: datetime) -> PromptText | NothingToSay:
    """What the prompt would say at this moment."""
    if prompt.kind is PromptKind.DIGEST:
        text = make_digest_text(await digest.week(tx, prompt.server_id, now))
        return NothingToSay("there was nothing to say") if text is None else PromptText(text)
    if prompt.kind is PromptKind.NUDGE:
        assert prompt.thread_id is not None
        head = await context.head(tx, prompt.thread_id)
        return PromptText(make_nudge_text(head.text, head.author))
    assert prompt.discussion_id is not None
    what = parse_content(prompt.what)
    return make_prompt_text(what, await context.material(tx, prompt.discussion_id, what))


async def refuse_missing(tx: Transaction, discussion_id: int, what: PromptContent) -> None:
    """UserError where the essay has no such question or passage to ask."""
    if not isinstance(what, NumberedQuestion | QuotedPassage):
        return
    questions, passages = await context.counts(tx, discussion_id)
    kind, count = (
        ("question", questions) if isinstance(what, NumberedQuestion) else ("passage", passages)
    )
    if what.number <= count:
        return
    has = {0: f"it has no {kind}s", 1: f"it has one {kind}"}.get(count, f"it has {count} {kind}s")
    raise UserError(f"The essay has no {kind} {what.number}: {has}.")


async def forecast(tx: Transaction, prompt: Prompt, now: datetime) -> str:
    """What would keep a planned prompt from coming at its time as things stand; "" if nothing."""
    if prompt.state != "planned":
        return f"waits: {prompt.reason}" if prompt.reason else "is being sent"
    settings = await settings_module.read(tx, prompt.server_id)
    at = max(now, prompt.due_at)
    case = await context.situation(tx, prompt)
    if case.state in _TO_COME:
        return "comes only if the essay is published by then"
    match decide_prompt(case, settings.prompt_rules, at):
        case Postpone(until, reason, _):
            return f"would wait until {format_timestamp(until)}: {reason}"
        case Skip(reason):
            return f"would be skipped: {reason}"
        case Send():
            said = await words(tx, prompt, now)
            if isinstance(said, NothingToSay) and prompt.kind is not PromptKind.DIGEST:
                return f"would be skipped: {said.reason}"
    return f"waits: {prompt.reason}" if prompt.reason else ""


async def _claim(
    tx: Transaction, prompt: Prompt, said: PromptText, now: datetime, expires: datetime
) -> None:
    channel_id = prompt.channel_id
    if prompt.kind is PromptKind.DIGEST:
        channel_id = (await settings_module.read(tx, prompt.server_id)).digest_channel
    elif prompt.discussion_id is not None and prompt.kind is not PromptKind.NUDGE:
        channel_id = await essay_threads.get_channel_id(tx, prompt.discussion_id)
    assert channel_id is not None
    purpose = "nudge" if prompt.kind is PromptKind.NUDGE else "prompt"
    (planned_message_id,) = await messages.plan(
        tx,
        server_id=prompt.server_id,
        discussion_id=prompt.discussion_id,
        channel_id=channel_id,
        after_id=await messages.get_newest_id(tx, channel_id, prompt.discussion_id),
        messages=[NewMessage(purpose, _payload(said))],
        now_ms=to_milliseconds(now),
        expires_at=to_milliseconds(expires),
        failures=prompt.failures,
    )
    await prompts.claimed(
        tx,
        prompt_id=prompt.id,
        planned_message_id=planned_message_id,
        channel_id=channel_id,
        asked=format_asked(said.asked),
        now_ms=to_milliseconds(now),
    )


def _payload(said: PromptText) -> Payload:
    payload = make_plain_message(said.content, silent=False)
    if said.poll is not None:
        payload["poll"] = _poll(said.poll)
    return payload


def _poll(poll: Poll) -> Payload:
    """docs: Poll Resource › Poll Create Request Object."""
    return {
        "question": {"text": poll.question},
        "answers": [{"poll_media": {"text": answer}} for answer in poll.answers],
        "duration": poll.hours,
        "allow_multiselect": False,
    }


async def send_now(
    tx: Transaction, *, server_id: int, discussion_id: int, what: str, now: datetime
) -> NothingToSay | int:
    """Plan what an admin sends at once as a post; the prompt's id, or why there is nothing."""
    prompt_id = await prompts.add(
        tx,
        server_id=server_id,
        discussion_id=discussion_id,
        kind=PromptKind.NOW,
        at=now,
        what=what,
    )
    prompt = await prompts.find(tx, prompt_id)
    assert prompt is not None
    settings = await settings_module.read(tx, server_id)
    decision = decide_prompt(await context.situation(tx, prompt), settings.prompt_rules, now)
    if isinstance(decision, Send):
        said = await words(tx, prompt, now)
    else:
        said = NothingToSay(decision.reason)
    if isinstance(said, NothingToSay):
        await prompts.skip(tx, prompt_id=prompt_id, reason=said.reason, now_ms=to_milliseconds(now))
        return said
    await _claim(tx, prompt, said, now, now + settings.tolerance)
    return prompt_id
