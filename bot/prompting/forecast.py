"""Forecasts what will become of a planned prompt, for the lists that admins see."""

from __future__ import annotations

from datetime import datetime

from bot.core.prompts.policy import Postpone, PromptKind, Send, Skip
from bot.core.prompts.wording import NothingToSay
from bot.core.text.timestamps import format_timestamp
from bot.prompting.decide import decide
from bot.prompting.text import make_text
from storage.db.writer import Transaction
from storage.prompts.prompts import Prompt

__all__ = ["forecast"]

#: The states of an essay that isn't published yet.
_UNPUBLISHED = ("draft", "scheduled", "publishing")


async def forecast(tx: Transaction, prompt: Prompt, now: datetime) -> str:
    """What would keep a prompt from being sent when it is due, if nothing changes; "" if nothing.

    The policy is asked for the time at which the prompt is due, the text is the present one.
    """
    if prompt.state != "planned":
        return f"waits: {prompt.reason}" if prompt.reason else "is being sent"
    decided = await decide(tx, prompt, max(now, prompt.due_at))
    if decided.context.state in _UNPUBLISHED:
        return "will be sent only if the essay is published by then"
    match decided.decision:
        case Postpone(until, reason, _):
            return f"would wait until {format_timestamp(until)}: {reason}"
        case Skip(reason):
            return f"would be skipped: {reason}"
        case Send():
            text = await make_text(tx, prompt, now)
            if isinstance(text, NothingToSay) and prompt.kind is not PromptKind.DIGEST:
                return f"would be skipped: {text.reason}"
    return f"waits: {prompt.reason}" if prompt.reason else ""
