"""Autocomplete shared by the commands: essays and times."""

from __future__ import annotations

from collections.abc import Iterable

from discord import app_commands

from bot.core import limits
from bot.core.prompts.parse_time import parse_time
from bot.core.text.locale_format import format_long_date_time
from bot.core.text.titles import shorten_title
from bot.errors import UserError
from bot.services import Services
from storage.prompts import listings
from storage.servers import settings as settings_module

__all__ = ["complete_essay", "complete_time", "make_choices"]


def make_choices(pairs: Iterable[tuple[str, str]], typed: str) -> list[app_commands.Choice[str]]:
    """The first 25 (name, value) whose name or value contains what was typed."""
    needle = typed.strip().casefold()
    matching = [
        app_commands.Choice(name=shorten_title(name, limits.CHOICE), value=value)
        for name, value in pairs
        if needle in name.casefold() or needle == value.casefold()
    ]
    return matching[: limits.AUTOCOMPLETE_CHOICES]


async def complete_essay(
    services: Services, server_id: int, typed: str
) -> list[app_commands.Choice[str]]:
    """The server's essays by title, the newest first."""
    found = await services.database.read(lambda tx: listings.get_essays(tx, server_id))
    return make_choices(((f"{one.id}: {one.title}", str(one.id)) for one in found), typed)


async def complete_time(
    services: Services, server_id: int, typed: str
) -> list[app_commands.Choice[str]]:
    """How a time is understood, in the server's time zone; no choice if it isn't understood."""
    settings = await services.database.read(lambda tx: settings_module.get_settings(tx, server_id))
    try:
        meant = parse_time(typed, services.clock.now(), settings.zone)
    except UserError:
        return []
    local = meant.at.astimezone(settings.zone)
    written = " ".join(typed.split())
    name = f"{written} = {format_long_date_time(local)} ({settings.zone_name})"
    return [app_commands.Choice(name=shorten_title(name, limits.CHOICE), value=written)]
