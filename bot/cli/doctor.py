"""``python -m bot doctor``: health checks of settings, archive, disk and Discord; read-only."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import discord

from bot import checks
from bot.checks import Finding
from bot.clock import Clock, to_milliseconds
from bot.core.text.plural import format_count
from bot.discord_api.commands import CommandSet
from bot.discord_api.connection import set_base_urls
from bot.discord_api.errors import TRANSIENT
from bot.discord_api.gateway_limits import fetch_gateway_limits
from bot.discord_api.invite_link import get_invite_link
from bot.errors import DatabaseError, DatabaseInUse, SalonError, SettingsError
from bot.settings import (
    Settings,
    read_backup_folder,
    read_database_path,
    read_postgresql_address,
    read_settings,
)
from storage.db import backups
from storage.db.archive_location import Location
from storage.db.connection import lock_archive
from storage.db.database import Database, open_for_reading
from storage.db.file_access import find_access_problem, find_folder_problem
from storage.db.integrity import describe_damage
from storage.db.writer import Transaction
from storage.servers import command_sync, diagnostics
from storage.servers.diagnostics import Problem, UsedChannel

__all__ = ["examine", "format_findings"]

_MOUNTS = Path("/proc/self/mounts")
_SERVERS_AT_ONCE = 200
_CHANNEL_MENTION = re.compile(r"<#(\d+)>")


def format_findings(found: list[Finding]) -> str:
    """The findings, a line each, and a summary."""
    lines = [
        f"{'[ ok ]' if one.is_ok else '[ do ]'} {one.subject}: {_remove_markup(one.text)}"
        for one in found
    ]
    open_ones = sum(not one.is_ok for one in found)
    lines.append(
        f"{format_count(open_ones, 'problem')} to fix, marked with [ do ]."
        if open_ones
        else "No problems found."
    )
    return "\n".join(lines)


def _remove_markup(text: str) -> str:
    """A text without Discord's emphasis and mentions of channels, for a terminal."""
    return _CHANNEL_MENTION.sub(r"channel \1", text).replace("*", "")


#: Loads the commands of this version.
LoadCommands = Callable[[], Awaitable[CommandSet]]


async def examine(
    values: Mapping[str, str], clock: Clock, load_commands: LoadCommands
) -> list[Finding]:
    """The results of all checks; ``values``: environment and ``.env`` together."""
    found: list[Finding] = [Finding("versions", True, checks.get_versions())]
    settings: Settings | None = None
    problems: list[str] = []
    address = read_postgresql_address(values)
    if address is None:
        database = read_database_path(values, problems)
        folder = read_backup_folder(values, database, problems)
    try:
        settings = read_settings(values)
    except SettingsError as error:
        found += [Finding("settings", False, line) for line in str(error).splitlines()]
    else:
        found.append(Finding("settings", True, "complete"))
    async with contextlib.AsyncExitStack() as stack:
        archive = None
        # With a wrong path, the settings' finding says all there is to say.
        if address is not None:
            location = Location(Path(), Path(), address)
            archive = await stack.enter_async_context(_open_on_postgresql(location, found))
        elif not problems:
            found += _check_disk(database, values)
            found += _check_backups(database, folder, clock)
            archive = await stack.enter_async_context(_open_archive(database, folder, found))
        if archive is not None:
            found += await _check_archive(archive, clock)
        if settings is not None:
            found += await _check_discord(settings, archive, load_commands)
    return found


@contextlib.asynccontextmanager
async def _open_on_postgresql(
    location: Location, found: list[Finding]
) -> AsyncIterator[Database | None]:
    """The archive on PostgreSQL, None if it can't be opened; adds findings about it."""
    try:
        async with location.open_for_reading() as archive:
            size = await archive.measure_size() / 1024**2
            running = "a bot is" if await archive.is_running() else "no bot is"
            found.append(
                Finding(
                    "database", True, f"{location.name}, {size:.1f} MB; {running} running on it"
                )
            )
            found += checks.check_processes(
                await archive.get_processes(), await archive.get_running_shards()
            )
            yield archive
    except SalonError as error:
        found.append(Finding("database", False, str(error)))
        yield None


def _check_backups(database: Path, folder: Path, clock: Clock) -> list[Finding]:
    problem = find_folder_problem(folder)
    if problem:
        remedy = (
            "Make it writable for the user that runs Salon, or set SALON_BACKUPS to another one."
        )
        return [Finding("backups", False, f"{problem} {remedy}")]
    newest = next(iter(backups.list_backups(folder, database.stem)), None)
    if not database.exists() and newest is None:
        return []
    return [checks.check_backups(newest, folder, clock.now())]


def _check_disk(database: Path, values: Mapping[str, str]) -> list[Finding]:
    folder = database.absolute().parent
    if not folder.is_dir():
        return []
    size = backups.measure_size(database)
    found = [checks.check_disk_space(shutil.disk_usage(folder).free, size)]
    mounts = _MOUNTS.read_text(encoding="utf-8") if _MOUNTS.exists() else ""
    passing = checks.find_data_loss_risk(folder.resolve(), values, mounts)
    if passing:
        found.append(Finding("folder", False, passing))
    else:
        found.append(Finding("folder", True, f"{folder} is kept when Salon is deployed again"))
    return found


@contextlib.asynccontextmanager
async def _open_archive(
    database: Path, folder: Path, found: list[Finding]
) -> AsyncIterator[Database | None]:
    """The archive, None if it can't be opened; adds findings about it to ``found``.

    ``folder``: of its backups.
    """
    problem = find_access_problem(database)
    if problem:
        found.append(Finding("database", False, problem))
        yield None
        return
    if not database.exists() or not database.stat().st_size:
        found.append(Finding("database", True, f"the first start creates {database}"))
        yield None
        return
    try:
        with lock_archive(database):
            running = "no bot is running on it"
    except DatabaseInUse:
        running = "a bot is running on it"
    except DatabaseError as error:
        found.append(Finding("database", False, str(error)))
        yield None
        return
    try:
        async with open_for_reading(database, folder) as archive:
            fault = await archive.check_integrity()
            if fault:
                found.append(Finding("database", False, describe_damage(database, folder, fault)))
                yield None
                return
            size = backups.measure_size(database) / 1024**2
            found.append(
                Finding("database", True, f"{database}, {size:.1f} MB, not damaged; {running}")
            )
            yield archive
    except SalonError as error:
        found.append(Finding("database", False, str(error)))
        yield None


async def _check_archive(archive: Database, clock: Clock) -> list[Finding]:
    since = to_milliseconds(clock.now() - checks.RECENT_FAILURES)

    async def look(tx: Transaction) -> list[Finding]:
        names = {row["id"]: row["name"] for row in await tx.rows("SELECT id, name FROM servers")}

        def name(last_error: Problem) -> str:
            return f"{names.get(last_error.server_id)}, channel {last_error.channel_id}"

        return checks.check_pending_work(
            await diagnostics.get_problems(tx, since), await diagnostics.count_pending(tx), name
        )

    return await archive.read(look)


async def _check_discord(
    settings: Settings, archive: Database | None, load_commands: LoadCommands
) -> list[Finding]:
    set_base_urls(settings.api_base, settings.gateway_url)
    try:
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(settings.token)
            found = [Finding("token", True, f"belongs to {client.user}")]
            found += await _check_application(client, archive, await load_commands())
            found.append(await _check_invitation(client))
            limits = await fetch_gateway_limits(settings.token)
            found.append(checks.check_shards(settings.shards, limits))
            if archive is not None:
                found += await _check_channels(
                    client, await archive.read(diagnostics.get_used_channels)
                )
            return found
    except discord.LoginFailure:
        return [
            Finding(
                "token",
                False,
                "Discord refuses it: copy it again from the developer portal (Bot › Reset Token) "
                "into DISCORD_TOKEN",
            )
        ]
    except (discord.HTTPException, *TRANSIENT) as error:
        return [Finding("Discord", False, f"can't be reached ({error}): try again later")]


async def _check_application(
    client: discord.Client, archive: Database | None, commands: CommandSet
) -> list[Finding]:
    application = client.application
    assert application is not None
    flags = application.flags
    found: list[Finding] = []
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        found.append(Finding("intents", True, "*Message Content Intent* is on"))
    else:
        found.append(
            Finding(
                "intents",
                False,
                "switch on *Message Content Intent* in the developer portal (Bot › Privileged "
                "Gateway Intents)",
            )
        )
    theirs = {command["name"] for command in await client.http.get_global_commands(application.id)}
    known = None
    if archive is not None:
        known = await archive.read(lambda tx: command_sync.get_payload_hash(tx, application.id))
    if commands.names <= theirs and known == commands.digest:
        found.append(Finding("commands", True, f"{len(commands.names)} registered with Discord"))
    else:
        found.append(
            Finding("commands", False, "not those of this version: start the bot to register them")
        )
    return found


async def _check_invitation(client: discord.Client) -> Finding:
    """The link that invites the bot; whether it is in a server."""
    assert client.application_id is not None
    link = get_invite_link(client.application_id)
    async for _ in client.fetch_guilds(limit=1):
        return Finding("invite link", True, link)
    return Finding("invite link", False, f"Salon isn't in any server. Open this link: {link}")


async def _check_channels(client: discord.Client, used: list[UsedChannel]) -> list[Finding]:
    """Whether the bot has the permissions it needs in each channel in use."""
    assert client.user is not None
    found: list[Finding] = []
    there = {one.server_id for one in used}
    for server_id in sorted(there)[:_SERVERS_AT_ONCE]:
        places = [one for one in used if one.server_id == server_id]
        try:
            server = await client.fetch_guild(server_id, with_counts=False)
            channels = {channel.id: channel for channel in await server.fetch_channels()}
            me = await server.fetch_member(client.user.id)
        except (discord.NotFound, discord.Forbidden):
            name = places[0].server_name
            found.append(
                Finding(f"server {name}", False, "Salon isn't in it: invite it again with the link")
            )
            continue
        for uses in checks.group_by_channel(places):
            channel = channels.get(uses[0].channel_id)
            held_there = discord.Permissions.none()
            if channel is not None:
                held_there = channel.permissions_for(me)
            found.append(
                checks.check_channel(
                    uses,
                    None if channel is None else f"#{channel.name} of {server.name}",
                    lambda permission, held=held_there: bool(getattr(held, permission.key)),  # type: ignore[misc]
                    forum=isinstance(channel, discord.ForumChannel),
                )
            )
    if len(there) > _SERVERS_AT_ONCE:
        more = len(there) - _SERVERS_AT_ONCE
        found.append(Finding("servers", True, f"{format_count(more, 'more server')} not checked"))
    return found
