"""Forecasts what will become of planned prompts, for the lists that admins see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.prompts.policy import Postpone, PromptKind, Send, Skip
from bot.core.prompts.wording import NothingToSay, PromptText
from bot.core.text.timestamps import format_timestamp
from bot.core.text.translate import gettext as _
from bot.prompting.decide import decide
from bot.prompting.prompt_text import make_text
from storage.db.writer import Transaction
from storage.prompts.prompt_context import PromptEssay, get_essay
from storage.prompts.prompts import Prompt
from storage.servers.settings import ServerSettings

__all__ = ["Forecast", "forecast", "forecast_all"]

#: The states of an essay that isn't published yet.
_UNPUBLISHED = ("draft", "scheduled", "publishing")


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will become of a planned prompt if nothing changes.

    obstacle:    what keeps it from being sent when it is due, a sentence; "" if nothing does
    is_skipped:  it will never be sent
    text:        what it will say; None if it says nothing or is being sent
    """

    obstacle: str = ""
    is_skipped: bool = False
    text: PromptText | None = None


async def forecast_all(
    tx: Transaction,
    planned: Sequence[Prompt],
    now: datetime,
    *,
    settings: ServerSettings | None = None,
) -> list[Forecast]:
    """The forecasts of a discussion's prompts, the earliest first.

    What an earlier one will ask, a later one doesn't ask again. ``settings``: as in
    :func:`forecast`.
    """
    asked: set[str] = set()
    found: list[Forecast] = []
    essay = None
    for prompt in planned:
        if essay is None and prompt.discussion_id is not None:
            essay = await get_essay(tx, prompt.discussion_id)
        one = await forecast(tx, prompt, now, asked_before=asked, essay=essay, settings=settings)
        if one.text is not None and not one.is_skipped:
            asked.update(one.text.asked)
        found.append(one)
    return found


async def forecast(
    tx: Transaction,
    prompt: Prompt,
    now: datetime,
    *,
    asked_before: Collection[str] = (),
    essay: PromptEssay | None = None,
    settings: ServerSettings | None = None,
) -> Forecast:
    """The forecast of one prompt; the policy is asked for the time at which it is due.

    ``asked_before``: what earlier prompts will ask, as in PromptMaterial. ``essay``: the prompt's
    essay, if it was read already. ``settings``: those of its server, likewise.
    """
    if prompt.state != "planned":
        if prompt.reason:
            return Forecast(_("It waits: {reason}", reason=prompt.reason))
        return Forecast(_("It is being sent."))
    decided = await decide(tx, prompt, max(now, prompt.due_at), settings=settings)
    text = await make_text(tx, prompt, now, asked_before=asked_before, essay=essay)
    said = None if isinstance(text, NothingToSay) else text
    if decided.context.state in _UNPUBLISHED:
        return Forecast(_("It will be sent only if the essay is published by then."), text=said)
    match decided.decision:
        case Postpone(until, reason, _resets_lateness):
            obstacle = _(
                "It would wait until {time}: {reason}", time=format_timestamp(until), reason=reason
            )
            return Forecast(obstacle, text=said)
        case Skip(reason):
            return Forecast(_("It would be skipped: {reason}", reason=reason), True, said)
        case Send():
            if isinstance(text, NothingToSay) and prompt.kind is not PromptKind.DIGEST:
                return Forecast(_("It would be skipped: {reason}", reason=text.reason), True)
    obstacle = _("It waits: {reason}", reason=prompt.reason) if prompt.reason else ""
    return Forecast(obstacle, text=said)
