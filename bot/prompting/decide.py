"""Decides about a prompt: gathers its context and the server's settings, and asks the policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.prompts.plan import parse_condition
from bot.core.prompts.policy import Decision, PromptContext, decide_prompt
from storage.db.writer import Transaction
from storage.prompts.prompt_context import get_context
from storage.prompts.prompts import Prompt
from storage.servers import settings as settings_module
from storage.servers.settings import ServerSettings

__all__ = ["DecidedPrompt", "decide"]


@dataclass(frozen=True, slots=True)
class DecidedPrompt:
    """A decision, with what it was made from."""

    decision: Decision
    context: PromptContext
    settings: ServerSettings


async def decide(
    tx: Transaction, prompt: Prompt, at: datetime, *, settings: ServerSettings | None = None
) -> DecidedPrompt:
    """Whether to send, postpone or skip a prompt at a time.

    ``settings``: those of its server, if they were read already.
    """
    if settings is None:
        settings = await settings_module.get_settings(tx, prompt.server_id)
    context = await get_context(
        tx,
        prompt,
        condition=parse_condition(prompt.condition),
        digest_disabled=settings.digest is None,
        digest_channel_id=settings.digest_channel,
    )
    return DecidedPrompt(decide_prompt(context, settings.prompt_rules, at), context, settings)
