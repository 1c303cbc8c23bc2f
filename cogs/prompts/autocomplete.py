"""Autocomplete of prompts and time zones."""

from __future__ import annotations

from zoneinfo import available_timezones

from discord import app_commands

from bot.core.prompts.describe_plan import describe_content
from bot.core.prompts.plan import parse_content
from bot.core.text.locale_format import format_short_date_time
from bot.core.text.titles import shorten_title
from bot.core.text.translate import gettext as _
from bot.services import Services
from cogs.prompts import wording
from cogs.ui.autocomplete import make_choices
from storage.db.writer import Transaction
from storage.prompts import listings
from storage.prompts.prompts import Prompt
from storage.servers import settings as settings_module
from storage.servers.settings import ServerSettings

__all__ = ["complete_prompt", "complete_zone"]

#: Prompts among which what was typed is searched.
_MAX_SEARCHED = 200


async def complete_prompt(
    services: Services, server_id: int, typed: str
) -> list[app_commands.Choice[str]]:
    """The server's prompts that can still be changed."""

    async def look(tx: Transaction) -> list[tuple[str, str]]:
        settings = await settings_module.get_settings(tx, server_id)
        titles = {one.id: one.title for one in await listings.get_essays(tx, server_id)}
        coming = await listings.get_coming(tx, server_id, None, _MAX_SEARCHED)
        return [
            (_format_choice(one, titles.get(one.discussion_id or 0), settings), str(one.id))
            for one in coming
            if one.state == "planned"
        ]

    return make_choices(await services.database.read(look), typed)


def complete_zone(typed: str) -> list[app_commands.Choice[str]]:
    """IANA zones; the well-known ones of cities and UTC before the rest."""
    known = sorted(available_timezones(), key=lambda name: ("/" not in name, name))
    return make_choices(((name, name) for name in ["UTC", *known]), typed.replace(" ", "_"))


def _format_choice(prompt: Prompt, title: str | None, settings: ServerSettings) -> str:
    """A prompt in the list of choices, with its time in the server's time zone."""
    when = format_short_date_time(prompt.due_at.astimezone(settings.zone))
    what = wording.describe_kind(prompt.kind) or describe_content(parse_content(prompt.content))
    return f"{prompt.id}: {when} {shorten_title(what, 30)} · {title or _('digest')}"
