"""``/doctor``: health checks of this server, and what to do about each problem."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot import checks
from bot.checks import Finding
from bot.clock import to_milliseconds
from bot.core.text.truncate import truncate, truncate_lines
from bot.services import Services
from cogs.ui.bot import SalonBot
from cogs.ui.commands import get_server
from cogs.ui.responses import answer
from storage.db.writer import Transaction
from storage.essays import deleted_messages
from storage.essays.deleted_messages import EssayWithDeletions
from storage.servers import diagnostics
from storage.servers import settings as settings_module
from storage.servers.diagnostics import PendingCounts, Problem, UsedChannel
from storage.servers.settings import ServerSettings

__all__ = ["Doctor"]

#: Seconds of latency above which Discord is reported as slow.
_SLOW_RESPONSE = 2.0
_MAX_TEXT = 300


@app_commands.guild_only()
class Doctor(commands.Cog):
    """The command; it reports on the server it is used in and on no other."""

    def __init__(self, services: Services) -> None:
        self.services = services
        super().__init__()

    @app_commands.command(description="Check whether everything works here, and what to fix.")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def doctor(self, interaction: discord.Interaction) -> None:
        """Answer with one line for each check, problems first."""
        server = get_server(interaction)
        since = to_milliseconds(self.services.clock.now() - checks.RECENT_FAILURES)

        async def look(
            tx: Transaction,
        ) -> tuple[
            list[UsedChannel],
            list[Problem],
            PendingCounts,
            ServerSettings,
            list[EssayWithDeletions],
        ]:
            return (
                await diagnostics.get_used_channels(tx, server.id),
                await diagnostics.get_problems(tx, since, server.id),
                await diagnostics.count_pending(tx, server.id),
                await settings_module.get_settings(tx, server.id),
                await deleted_messages.find_essays_with_deletions(tx, server.id),
            )

        with self.services.active_work.track():
            used, last_error, waits, settings, deleted = await self.services.database.read(look)
            found = [
                self._check_connection(interaction),
                _check_intents(interaction.client),
                *(_check_channel(server, place) for place in used),
                *_check_settings(settings, used),
                *checks.check_deleted_messages(deleted),
                *checks.check_pending_work(last_error, waits, _describe_place),
                self._check_archive(server.id),
                Finding("versions", True, checks.get_versions()),
            ]
            await answer(
                interaction,
                truncate_lines([_format_line(one) for one in _sort_problems_first(found)]),
            )

    def _check_connection(self, interaction: discord.Interaction) -> Finding:
        latency = interaction.client.latency
        text = f"Discord answers in {latency * 1000:.0f} ms"
        if latency > _SLOW_RESPONSE:
            return Finding("connection", False, f"{text}, which is slow: see discordstatus.com")
        return Finding("connection", True, text)

    def _check_archive(self, server_id: int) -> Finding:
        if self.services.catch_up.has_caught_up(server_id):
            return Finding("record", True, "everything said so far has been read")
        return Finding("record", True, "what was said while I was away is being read")


def _sort_problems_first(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: one.is_ok)


def _format_line(one: Finding) -> str:
    return f"{'✅' if one.is_ok else '⚠️'} {one.subject}: {truncate(one.text, _MAX_TEXT)}"


def _describe_place(last_error: Problem) -> str:
    return "this server" if last_error.channel_id is None else f"<#{last_error.channel_id}>"


def _check_intents(client: discord.Client) -> Finding:
    flags = client.application_flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding("message content", True, "I can read what is said")
    return Finding(
        "message content",
        False,
        "I cannot read what is said: the operator has to switch on *Message Content Intent* in "
        "the developer portal",
    )


def _check_channel(server: discord.Guild, place: UsedChannel) -> Finding:
    channel = server.get_channel(place.channel_id)
    held = discord.Permissions.none() if channel is None else channel.permissions_for(server.me)
    return checks.check_channel(
        place,
        None if channel is None else channel.mention,
        lambda permission: bool(getattr(held, permission.key)),
        forum=isinstance(channel, discord.ForumChannel),
        me="me",
    )


def _check_settings(settings: ServerSettings, used: list[UsedChannel]) -> list[Finding]:
    found: list[Finding] = []
    if settings.alerts_channel is None:
        found.append(
            Finding("notices", False, "choose in `/setup` where I tell the admins of trouble")
        )
    if settings.paused:
        found.append(Finding("prompts", True, "they are paused until `/prompts resume`"))
    if not used:
        found.append(Finding("essays", True, "none is open yet: `/setup`, then `/essay publish`"))
    return found


async def setup(bot: SalonBot) -> None:
    """Add the cog."""
    await bot.add_cog(Doctor(bot.services))
