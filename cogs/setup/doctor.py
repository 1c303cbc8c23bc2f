"""``/doctor``: whether all is well in this server, and what to do where it is not."""

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
from cogs.ui.responses import answer, server_of
from storage.db.writer import Transaction
from storage.servers import diagnostics
from storage.servers import settings as settings_module
from storage.servers.diagnostics import InUse, Trouble, Waiting
from storage.servers.settings import ServerSettings

__all__ = ["Doctor"]

#: Seconds from which on an answer of Discord's is called slow.
_SLOW = 2.0
_MOST_WHY = 300


@app_commands.guild_only()
class Doctor(commands.Cog):
    """The command; it tells of the asker's server and of no other."""

    def __init__(self, services: Services) -> None:
        self.services = services
        super().__init__()

    @app_commands.command(description="See whether all is well with me here, and what to do.")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def doctor(self, interaction: discord.Interaction) -> None:
        """Tell, a line each, what is fine and what is to be done."""
        server = server_of(interaction)
        since = to_milliseconds(self.services.clock.now() - checks.RECENT_FAILURES)

        async def look(
            tx: Transaction,
        ) -> tuple[list[InUse], list[Trouble], Waiting, ServerSettings]:
            return (
                await diagnostics.in_use(tx, server.id),
                await diagnostics.troubles(tx, since, server.id),
                await diagnostics.waiting(tx, server.id),
                await settings_module.read(tx, server.id),
            )

        with self.services.active_work.track():
            used, last_error, waits, settings = await self.services.database.read(look)
            found = [
                self._connection(interaction),
                _intents(interaction.client),
                *(_channel(server, place) for place in used),
                *_choices(settings, used),
                *checks.check_pending_work(last_error, waits, _where),
                self._record(server.id),
                Finding("versions", True, checks.get_versions()),
            ]
            await answer(interaction, truncate_lines([_line(one) for one in _open_first(found)]))

    def _connection(self, interaction: discord.Interaction) -> Finding:
        latency = interaction.client.latency
        told = f"Discord answers in {latency * 1000:.0f} ms"
        if latency > _SLOW:
            return Finding("connection", False, f"{told}, which is slow: see discordstatus.com")
        return Finding("connection", True, told)

    def _record(self, server_id: int) -> Finding:
        if self.services.catch_up.has_caught_up(server_id):
            return Finding("record", True, "everything said so far has been read")
        return Finding("record", True, "what was said while I was away is being read")


def _open_first(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: one.is_ok)


def _line(one: Finding) -> str:
    return f"{'✅' if one.is_ok else '⚠️'} {one.subject}: {truncate(one.text, _MOST_WHY)}"


def _where(last_error: Trouble) -> str:
    return "this server" if last_error.channel_id is None else f"<#{last_error.channel_id}>"


def _intents(client: discord.Client) -> Finding:
    flags = client.application_flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding("message content", True, "I can read what is said")
    return Finding(
        "message content",
        False,
        "I cannot read what is said: the operator has to switch on *Message Content Intent* in "
        "the developer portal",
    )


def _channel(server: discord.Guild, place: InUse) -> Finding:
    channel = server.get_channel(place.channel_id)
    held = discord.Permissions.none() if channel is None else channel.permissions_for(server.me)
    return checks.check_channel(
        place,
        None if channel is None else channel.mention,
        lambda right: bool(getattr(held, right.key)),
        forum=isinstance(channel, discord.ForumChannel),
        me="me",
    )


def _choices(settings: ServerSettings, used: list[InUse]) -> list[Finding]:
    found: list[Finding] = []
    if settings.notices_channel is None:
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
