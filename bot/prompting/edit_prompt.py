"""Edits a planned prompt as an admin wants it: its time, what it says, its condition."""

from __future__ import annotations

from datetime import datetime

from bot.core.prompts.parse_time import parse_time
from bot.core.prompts.plan import parse_command_content, parse_condition, parse_content
from bot.prompting.prompt_text import check_content_exists
from bot.prompting.schedule import change_prompt
from storage.db.writer import Transaction
from storage.prompts import prompts
from storage.prompts.prompts import Prompt
from storage.servers import settings as settings_module

__all__ = ["edit_prompt"]


async def edit_prompt(
    tx: Transaction,
    prompt: Prompt,
    *,
    when: str | None,
    what: str | None,
    condition: str | None,
    force: bool | None,
    now: datetime,
) -> bool:
    """Change what was entered, as admins write it; None leaves it as it is.

    False if the prompt isn't planned any more. UserError for what isn't understood.
    """
    assert prompt.discussion_id is not None
    settings = await settings_module.get_settings(tx, prompt.server_id)
    content = parse_content(prompt.content)
    if what is not None:
        content = parse_command_content(what)
        await check_content_exists(tx, prompt.discussion_id, content)
    is_changed = await change_prompt(
        tx,
        prompt,
        content=str(content),
        condition=prompt.condition if condition is None else str(parse_condition(condition)),
        forced=prompt.forced if force is None else force,
        now=now,
    )
    if when is not None:
        parsed = parse_time(when, now, settings.zone)
        await prompts.reschedule(tx, prompt.id, at=parsed.at, local_at=parsed.local)
    return is_changed
