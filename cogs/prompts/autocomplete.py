"""Autocomplete: the essays, prompts, times and zones offered while an admin types."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import available_timezones

from discord import app_commands

from bot.core import limits
from bot.core.conversation.styles import TargetChannel
from bot.core.prompts.parse_time import parse_time
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.services import Services
from cogs.prompts import text
from storage.db.writer import Transaction
from storage.prompts import queries
from storage.servers import settings as settings_module

__all__ = ["essays", "moments", "prompts", "tags", "zones"]

_PROMPTS_LOOKED_AT = 200


def _choices(pairs: Iterable[tuple[str, str]], typed: str) -> list[app_commands.Choice[str]]:
    """The first 25 (name, value) whose name or value contains what was typed."""
    wanted = typed.strip().casefold()
    fitting = [
        app_commands.Choice(name=truncate(name, limits.CHOICE), value=value)
        for name, value in pairs
        if wanted in name.casefold() or wanted == value.casefold()
    ]
    return fitting[: limits.AUTOCOMPLETE_CHOICES]


async def essays(services: Services, server_id: int, typed: str) -> list[app_commands.Choice[str]]:
    """The server's essays by title, the newest first."""
    found = await services.database.read(lambda tx: queries.get_essays(tx, server_id))
    return _choices(((f"{one.id}: {one.title}", str(one.id)) for one in found), typed)


async def prompts(services: Services, server_id: int, typed: str) -> list[app_commands.Choice[str]]:
    """The server's prompts that can still be changed."""

    async def look(tx: Transaction) -> list[tuple[str, str]]:
        settings = await settings_module.read(tx, server_id)
        titles = {one.id: one.title for one in await queries.get_essays(tx, server_id)}
        coming = await queries.get_coming(tx, server_id, None, _PROMPTS_LOOKED_AT)
        return [
            (text.choice(one, titles.get(one.discussion_id or 0), settings), str(one.id))
            for one in coming
            if one.state == "planned"
        ]

    return _choices(await services.database.read(look), typed)


async def moments(services: Services, server_id: int, typed: str) -> list[app_commands.Choice[str]]:
    """The one moment that is meant, in the server's zone; nothing where it is not understood."""
    settings = await services.database.read(lambda tx: settings_module.read(tx, server_id))
    try:
        meant = parse_time(typed, services.clock.now(), settings.zone)
    except UserError:
        return []
    local = meant.at.astimezone(settings.zone)
    written = " ".join(typed.split())
    name = f"{written} = {local:%A %d %B %Y %H:%M} ({settings.zone_name})"
    return [app_commands.Choice(name=truncate(name, limits.CHOICE), value=written)]


def tags(target_channel: TargetChannel | None, typed: str) -> list[app_commands.Choice[str]]:
    """A forum's tags, each behind those that were typed already; what one may put on a post."""
    if target_channel is None:
        return []
    *before, last = [name.strip() for name in typed.split(",")]
    taken = {name.casefold() for name in before}
    first = "".join(f"{name}, " for name in before if name)
    return _choices(
        (
            (first + tag.name, first + tag.name)
            for tag in target_channel.tags
            if tag.name.casefold() not in taken
            and last.casefold() in tag.name.casefold()
            and (target_channel.can_manage_threads or not tag.moderated)
            and len(first + tag.name) <= limits.CHOICE
        ),
        "",
    )


def zones(typed: str) -> list[app_commands.Choice[str]]:
    """IANA zones; the well-known ones of cities and UTC before the rest."""
    known = sorted(available_timezones(), key=lambda name: ("/" not in name, name))
    return _choices(((name, name) for name in ["UTC", *known]), typed.replace(" ", "_"))
