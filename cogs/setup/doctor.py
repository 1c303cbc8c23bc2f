"""``/doctor``: health checks of this server, and what to do about each problem."""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot import checks
from bot.checks import Finding
from bot.clock import to_milliseconds
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.core.text.truncate import truncate, truncate_lines
from cogs.ui.base_cog import get_server
from cogs.ui.responses import answer
from cogs.ui.salon_bot import SalonBot
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

    def __init__(self, bot: SalonBot) -> None:
        self.services = bot.services
        self._bot = bot
        super().__init__()

    @app_commands.command(
        description=gettext_noop("Check whether everything works here, and what to fix.")
    )
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
                self._check_connection(server.id),
                _check_intents(interaction.client),
                *(_check_channel(server, uses) for uses in checks.group_by_channel(used)),
                *_check_settings(settings, used),
                *checks.check_deleted_messages(deleted),
                *checks.check_pending_work(last_error, waits, _describe_place),
                self._check_archive(server.id),
                Finding(_("versions"), True, checks.get_versions()),
            ]
            await answer(
                interaction,
                truncate_lines([_format_line(one) for one in _sort_problems_first(found)]),
            )

    def _check_connection(self, server_id: int) -> Finding:
        shards = self._bot.shards_served
        shard_id = shards.get_shard(server_id)
        latency = self._bot.get_latency(shard_id)
        milliseconds = f"{latency * 1000:.0f}"
        if latency > _SLOW_RESPONSE:
            text = _(
                "Discord answers in {milliseconds} ms, which is slow. See discordstatus.com",
                milliseconds=milliseconds,
            )
            return Finding(_("connection"), False, text)
        text = _("Discord answers in {milliseconds} ms", milliseconds=milliseconds)
        if shards.count > 1:
            text = _(
                "Discord answers in {milliseconds} ms. This server is on shard {shard} of {count}, "
                "counted from 0",
                milliseconds=milliseconds,
                shard=str(shard_id),
                count=str(shards.count),
            )
        return Finding(_("connection"), True, text)

    def _check_archive(self, server_id: int) -> Finding:
        text = _("I'm still reading what was said while I was offline")
        if self.services.catch_up.has_caught_up(server_id):
            text = _("everything said so far is saved")
        elif self.services.catch_up.is_comparing(server_id):
            text = _(
                "what was said in channels and active threads is saved; I'm still looking for "
                "edits, deletions and archived threads"
            )
        return Finding(_("archive"), True, text)


def _sort_problems_first(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: one.is_ok)


def _format_line(one: Finding) -> str:
    return f"{'✅' if one.is_ok else '⚠️'} {one.subject}: {truncate(one.text, _MAX_TEXT)}"


def _describe_place(problem: Problem) -> str:
    return _("this server") if problem.channel_id is None else f"<#{problem.channel_id}>"


def _check_intents(client: discord.Client) -> Finding:
    flags = client.application_flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding(_("message content"), True, _("I can read messages"))
    text = _(
        "I can't read messages. Whoever runs the bot has to enable *Message Content Intent* in "
        "the Developer Portal."
    )
    return Finding(_("message content"), False, text)


def _check_channel(server: discord.Guild, uses: Sequence[UsedChannel]) -> Finding:
    channel = server.get_channel(uses[0].channel_id)
    held = discord.Permissions.none() if channel is None else channel.permissions_for(server.me)
    return checks.check_channel(
        uses,
        None if channel is None else channel.mention,
        lambda permission: bool(getattr(held, permission.key)),
        forum=isinstance(channel, discord.ForumChannel),
    )


def _check_settings(settings: ServerSettings, used: list[UsedChannel]) -> list[Finding]:
    found: list[Finding] = []
    if settings.alerts_channel is None:
        text = _("no channel is chosen for them. Choose one in `/setup`.")
        found.append(Finding(_("alerts"), False, text))
    if settings.paused:
        found.append(Finding(_("prompts"), True, _("paused until `/prompts resume`")))
    if not used:
        text = _("none is open yet. Start with `/setup`, then `/essay publish`.")
        found.append(Finding(_("essays"), True, text))
    return found


async def setup(bot: SalonBot) -> None:
    """Add the cog."""
    await bot.add_cog(Doctor(bot))
