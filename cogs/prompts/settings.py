"""Commands of ``/prompts`` for a server's settings: pause, resume, plan, policy, digest."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.core.prompts.parse_time import is_none, parse_quiet_hours, parse_weekly_time
from bot.core.prompts.plan import format_plan, parse_plan
from bot.core.prompts.timezones import resolve_zone
from bot.core.text.coded_text import make_coded
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UserError
from bot.prompting import change_settings, schedule
from bot.prompting.resume import resume_discussion, resume_server
from cogs.prompts import wording
from cogs.prompts.autocomplete import complete_zone
from cogs.ui.autocomplete import complete_essay
from cogs.ui.base_cog import WritingCog, get_server
from cogs.ui.named_essay_or_prompt import choose_optional_essay
from storage.db.writer import Transaction
from storage.prompts import pauses
from storage.servers import settings as settings_module

__all__ = ["PromptSettings"]

_MOST_HOURS = 24 * 90


class PromptSettings(WritingCog):
    """Part of the cog ``Prompts``."""

    @app_commands.command(
        description=gettext_noop("Pause prompts for an essay or the whole server.")
    )
    @app_commands.describe(essay=gettext_noop("Only this essay (default: the whole server)"))
    async def pause(self, interaction: discord.Interaction, essay: str | None = None) -> None:
        """Stop prompts until they are resumed."""
        server_id, now_ms = get_server(interaction).id, self.services.clock.now_ms()

        async def pause(tx: Transaction) -> str:
            chosen = await choose_optional_essay(tx, server_id, essay)
            if chosen is None:
                await pauses.pause(tx, server_id, now_ms)
            else:
                await pauses.pause_discussion(tx, chosen.id, now_ms)
            await self.record_action(
                tx,
                interaction,
                None if chosen is None else chosen.id,
                make_coded("did-pause-prompts"),
            )
            if chosen is None:
                return _("Prompts in this server are paused until `/prompts resume`.")
            return _(
                "Prompts for “{title}” are paused until `/prompts resume`.",
                title=escape_title(chosen.title),
            )

        await self.write_and_answer(interaction, pause)

    @app_commands.command(
        description=gettext_noop("Resume prompts for an essay or the whole server.")
    )
    @app_commands.describe(essay=gettext_noop("Only this essay (default: the whole server)"))
    async def resume(self, interaction: discord.Interaction, essay: str | None = None) -> None:
        """Resume prompts; those that were due meanwhile are sent, unless it is too late."""
        server_id, now = get_server(interaction).id, self.services.clock.now()

        async def resume(tx: Transaction) -> str:
            chosen = await choose_optional_essay(tx, server_id, essay)
            if chosen is None:
                await resume_server(tx, server_id, now)
            else:
                await resume_discussion(tx, server_id, chosen.id, now)
            await self.record_action(
                tx,
                interaction,
                None if chosen is None else chosen.id,
                make_coded("did-resume-prompts"),
            )
            if chosen is None:
                return _("Prompts in this server are resumed.")
            title = escape_title(chosen.title)
            if (await settings_module.get_settings(tx, server_id)).paused:
                return _(
                    "Prompts for “{title}” are resumed, but prompts in the whole server are still "
                    "paused. To resume those, use `/prompts resume` without an essay.",
                    title=title,
                )
            return _("Prompts for “{title}” are resumed.", title=title)

        await self.write_and_answer(interaction, resume)

    @app_commands.command(description=gettext_noop("Show or set the plan for new essays."))
    @app_commands.describe(
        steps=gettext_noop("“none”, “default”, or steps: “after 1 day: questions; Thu 18:00: …”")
    )
    async def plan(
        self,
        interaction: discord.Interaction,
        steps: app_commands.Range[str, 1, 4000] | None = None,
    ) -> None:
        """Show the server's plan, or set it; ``default`` is Salon's own, ``none`` an empty one."""
        server_id = get_server(interaction).id
        wanted = None
        if steps is not None and steps.strip().lower() != "default":
            wanted = format_plan(parse_plan(steps))

        async def plan(tx: Transaction) -> str:
            if steps is not None:
                await settings_module.set_plan(tx, server_id, wanted)
                await self.record_action(tx, interaction, None, make_coded("did-set-plan"))
            settings = await settings_module.get_settings(tx, server_id)
            return wording.describe_plan(parse_plan(settings.plan_text), settings)

        await self.write_and_answer(interaction, plan)

    @app_commands.command(
        name="settings",
        description=gettext_noop("Show or set time zone, quiet hours, nudges and more."),
    )
    @app_commands.describe(
        zone=gettext_noop("A large city such as Berlin, or a name such as Europe/Berlin"),
        quiet=gettext_noop("Quiet hours, for example “22:00-08:00”; “none” for none"),
        nudges=gettext_noop("Hours without a reply before a thread gets a nudge; 0: never"),
        tolerance=gettext_noop("How many hours late a prompt may be"),
        notices=gettext_noop("Where I post alerts for admins"),
    )
    async def policy(
        self,
        interaction: discord.Interaction,
        zone: app_commands.Range[str, 1, 60] | None = None,
        quiet: app_commands.Range[str, 1, 50] | None = None,
        nudges: app_commands.Range[int, 0, _MOST_HOURS] | None = None,
        tolerance: app_commands.Range[int, 1, _MOST_HOURS] | None = None,
        notices: discord.TextChannel | None = None,
    ) -> None:
        """Show the settings of the prompt policy, or set some of them."""
        server_id, now = get_server(interaction).id, self.services.clock.now()
        chosen = None if zone is None else resolve_zone(zone)
        hours = None if quiet is None else parse_quiet_hours(quiet)

        async def set_policy(tx: Transaction) -> str:
            if chosen is not None:
                await change_settings.set_time_zone(tx, server_id, chosen, now)
            if quiet is not None:
                await change_settings.set_quiet_hours(tx, server_id, hours, now)
            if nudges is not None:
                await change_settings.set_nudges(tx, server_id, nudges, now)
            if tolerance is not None:
                await settings_module.set_tolerance(tx, server_id, tolerance)
            if notices is not None:
                await settings_module.set_alerts_channel(tx, server_id, notices.id)
            if any(one is not None for one in (zone, quiet, nudges, tolerance, notices)):
                await self.record_action(
                    tx, interaction, None, make_coded("did-set-prompt-settings")
                )
            return wording.describe_policy(await settings_module.get_settings(tx, server_id))

        await self.write_and_answer(interaction, set_policy)

    @app_commands.command(description=gettext_noop("Show or set the weekly digest."))
    @app_commands.describe(
        when=gettext_noop("For example “Sunday 18:00”; “none” for no digest"),
        channel=gettext_noop("Where it is posted (default: here)"),
    )
    async def digest(
        self,
        interaction: discord.Interaction,
        when: app_commands.Range[str, 1, 50] | None = None,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Show or set when the digest comes."""
        server_id, now = get_server(interaction).id, self.services.clock.now()
        off = when is not None and is_none(when)
        weekly = None if when is None or off else parse_weekly_time(when)
        if when is not None and not off and weekly is None:
            raise UserError(
                _(
                    "“{when}” isn't a time of the week. Write for example “Sunday 18:00”.",
                    when=escape_title(when),
                )
            )
        channel_id = interaction.channel_id if channel is None else channel.id

        async def digest(tx: Transaction) -> str:
            settings = await settings_module.get_settings(tx, server_id)
            if when is not None or (channel is not None and settings.digest is not None):
                await schedule.set_digest(
                    tx,
                    server_id,
                    channel_id=None if off else channel_id,
                    when=weekly if when is not None else settings.digest,
                    now=now,
                )
                await self.record_action(tx, interaction, None, make_coded("did-set-digest"))
            return wording.describe_digest(await settings_module.get_settings(tx, server_id), now)

        await self.write_and_answer(interaction, digest)

    # -- autocomplete --------------------------------------------------------------------------

    @pause.autocomplete("essay")
    @resume.autocomplete("essay")
    async def complete_settings_essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """This server's essays, the newest first."""
        return await complete_essay(self.services, get_server(interaction).id, typed)

    @policy.autocomplete("zone")
    async def complete_zones(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """The time zones whose name contains what was typed."""
        del interaction
        return complete_zone(typed)
