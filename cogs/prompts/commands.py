"""``/prompts``: list, add, edit, cancel, send and preview prompts."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.prompts.parse_time import parse_time
from bot.core.prompts.plan import parse_command_content, parse_condition
from bot.core.prompts.policy import PromptKind
from bot.core.prompts.wording import NothingToSay
from bot.core.text.coded_text import make_coded
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.core.text.truncate import truncate_lines
from bot.errors import UserError
from bot.prompting.dispatch import send_now
from bot.prompting.edit_prompt import edit_prompt
from bot.prompting.forecast import forecast, forecast_all
from bot.prompting.prompt_text import check_content_exists
from bot.services import Services
from cogs.prompts import wording
from cogs.prompts.autocomplete import complete_prompt
from cogs.prompts.essay_states import refuse_ended, refuse_unless_open
from cogs.prompts.list_panel import FORM, ListPanel
from cogs.prompts.settings import PromptSettings
from cogs.ui.autocomplete import complete_essay, complete_time
from cogs.ui.base_cog import get_server
from cogs.ui.named_essay_or_prompt import choose_essay, choose_prompt
from cogs.ui.responses import answer
from cogs.ui.salon_bot import SalonBot
from storage.db.writer import Transaction
from storage.prompts import listings, prompts
from storage.servers import settings as settings_module

__all__ = ["Prompts"]

#: Prompts whose texts a preview shows.
_MAX_PREVIEWED = 25


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Prompts(
    PromptSettings,
    commands.GroupCog,
    group_name="prompts",
    group_description=gettext_noop("Manage follow-up prompts."),
):
    """The commands about prompts; only the admin who used one sees the answer."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.panel = ListPanel(services)
        super().__init__()

    # -- one prompt ---------------------------------------------------------------------------

    @app_commands.command(
        name="list", description=gettext_noop("Show upcoming and recent prompts.")
    )
    @app_commands.describe(essay=gettext_noop("Only this essay's prompts"))
    async def list_prompts(
        self, interaction: discord.Interaction, essay: str | None = None
    ) -> None:
        """Show the panel of an essay's prompts."""
        with self.services.active_work.track():
            await answer(interaction, view=await self.panel.make_view(interaction, essay))

    @app_commands.command(description=gettext_noop("Plan a prompt for an essay."))
    @app_commands.describe(
        essay=gettext_noop("The essay"),
        when=gettext_noop("For example “Thursday 18:00”, “in 3 days”, “1 April at noon”"),
        what=gettext_noop("“next question”, “question 2”, “poll: q | a | b” or your words"),
        condition=gettext_noop("“if quiet for 24 hours”, “if fewer than 5 replies”, “always”"),
        force=gettext_noop("Even if the channel already had a prompt that day"),
    )
    async def add(
        self,
        interaction: discord.Interaction,
        essay: str,
        when: app_commands.Range[str, 1, 100],
        what: app_commands.Range[str, 1, 1600],
        condition: app_commands.Range[str, 1, 100] = "always",
        force: bool = False,
    ) -> None:
        """Plan a prompt."""
        server_id, now = get_server(interaction).id, self.services.clock.now()
        asked, only = parse_command_content(what), parse_condition(condition)

        async def add(tx: Transaction) -> str:
            chosen = await choose_essay(tx, server_id, essay)
            refuse_ended(chosen)
            await check_content_exists(tx, chosen.id, asked)
            settings = await settings_module.get_settings(tx, server_id)
            parsed = parse_time(when, now, settings.zone)
            prompt_id = await prompts.add(
                tx,
                server_id=server_id,
                discussion_id=chosen.id,
                kind=PromptKind.STEP,
                at=parsed.at,
                content=str(asked),
                condition=str(only),
                forced=force,
                local_at=parsed.local,
            )
            await self.record_action(
                tx, interaction, chosen.id, make_coded("did-add-prompt", number=prompt_id)
            )
            prompt = await prompts.find_prompt(tx, prompt_id)
            assert prompt is not None
            return wording.describe_planned(
                prompt, chosen.title, settings, await forecast(tx, prompt, now, settings=settings)
            )

        await self.write_and_answer(interaction, add)

    @app_commands.command(description=gettext_noop("Change an upcoming prompt."))
    @app_commands.describe(
        prompt=gettext_noop("The prompt"),
        when=gettext_noop("A new time (optional)"),
        what=gettext_noop("New content (optional)"),
        condition=gettext_noop("A new condition (optional)"),
        force=gettext_noop("Even if the channel already had a prompt that day"),
    )
    async def edit(
        self,
        interaction: discord.Interaction,
        prompt: str,
        when: app_commands.Range[str, 1, 100] | None = None,
        what: app_commands.Range[str, 1, 1600] | None = None,
        condition: app_commands.Range[str, 1, 100] | None = None,
        force: bool | None = None,
    ) -> None:
        """Change one prompt."""
        server_id, now = get_server(interaction).id, self.services.clock.now()

        async def edit(tx: Transaction) -> str:
            found = await choose_prompt(tx, server_id, prompt)
            if found.kind is not PromptKind.STEP or found.discussion_id is None:
                raise UserError(_("Nudges and digests can't be changed one by one."))
            if not await edit_prompt(
                tx,
                found,
                when=when,
                what=what,
                condition=condition,
                force=force,
                now=now,
            ):
                raise UserError(wording.describe_unchangeable(found))
            await self.record_action(
                tx,
                interaction,
                found.discussion_id,
                make_coded("did-change-prompt", number=found.id),
            )
            again = await choose_prompt(tx, server_id, prompt)
            essay = await choose_essay(tx, server_id, str(found.discussion_id))
            settings = await settings_module.get_settings(tx, server_id)
            return wording.describe_planned(
                again, essay.title, settings, await forecast(tx, again, now, settings=settings)
            )

        await self.write_and_answer(interaction, edit)

    @app_commands.command(description=gettext_noop("Cancel an upcoming prompt."))
    @app_commands.describe(prompt=gettext_noop("The prompt"))
    async def cancel(self, interaction: discord.Interaction, prompt: str) -> None:
        """Cancel one prompt."""
        server_id, now_ms = get_server(interaction).id, self.services.clock.now_ms()

        async def cancel(tx: Transaction) -> str:
            found = await choose_prompt(tx, server_id, prompt)
            by = escape_title(interaction.user.display_name)
            if found.kind is PromptKind.DIGEST:
                raise UserError(_("To stop the digest, use `/prompts digest` with `when: none`."))
            if not await prompts.skip(
                tx,
                prompt_id=found.id,
                reason=make_coded("cancelled", member=by, member_id=interaction.user.id),
                now_ms=now_ms,
            ):
                raise UserError(wording.describe_unchangeable(found))
            await self.record_action(
                tx,
                interaction,
                found.discussion_id,
                make_coded("did-cancel-prompt", number=found.id),
            )
            return _(
                "Prompt {number}, planned for {time}, is cancelled.",
                number=found.id,
                time=format_timestamp(found.planned_for),
            )

        await self.write_and_answer(interaction, cancel)

    @app_commands.command(description=gettext_noop("Send a prompt now, even in quiet hours."))
    @app_commands.describe(
        essay=gettext_noop("The essay"),
        what=gettext_noop("What to post (default: the next question)"),
    )
    async def now(
        self,
        interaction: discord.Interaction,
        essay: str,
        what: app_commands.Range[str, 1, 1600] = "next question",
    ) -> None:
        """Send one prompt now; the prompt policy doesn't count it."""
        server_id, now = get_server(interaction).id, self.services.clock.now()
        asked = parse_command_content(what)

        async def send(tx: Transaction) -> str:
            chosen = await choose_essay(tx, server_id, essay)
            refuse_unless_open(chosen)
            found = await send_now(
                tx, server_id=server_id, discussion_id=chosen.id, content=str(asked), now=now
            )
            if isinstance(found, NothingToSay):
                raise UserError(_("Nothing was sent: {reason}.", reason=found.reason))
            await self.record_action(
                tx, interaction, chosen.id, make_coded("did-send-prompt", number=found)
            )
            prompt = await choose_prompt(tx, server_id, str(found))
            return wording.describe_sent_now(prompt, chosen.title)

        await self.write_and_answer(interaction, send)

    @app_commands.command(description=gettext_noop("Preview the upcoming prompts of an essay."))
    @app_commands.describe(essay=gettext_noop("The essay"))
    async def preview(self, interaction: discord.Interaction, essay: str) -> None:
        """Show the texts of an essay's planned prompts as they would be now."""
        server_id, now = get_server(interaction).id, self.services.clock.now()

        async def look(tx: Transaction) -> list[str]:
            chosen = await choose_essay(tx, server_id, essay)
            settings = await settings_module.get_settings(tx, server_id)
            upcoming, _total = await listings.get_upcoming(tx, chosen.id, _MAX_PREVIEWED)
            forecasts = await forecast_all(tx, upcoming, now, settings=settings)
            lines: list[str] = []
            for prompt, expected in zip(upcoming, forecasts, strict=True):
                lines.append(wording.format_upcoming(prompt, expected, settings))
                said = expected.text
                if said is not None:
                    lines += said.content.splitlines()
                    if said.poll is not None:
                        lines += [f"📊 {said.poll.question}", " · ".join(said.poll.answers)]
            return lines

        with self.services.active_work.track():
            lines = await self.services.database.read(look)
            await answer(
                interaction, truncate_lines(lines) or _("This essay has no upcoming prompts.")
            )

    # -- autocomplete ----------------------------------------------------------------------------

    @list_prompts.autocomplete("essay")
    @add.autocomplete("essay")
    @now.autocomplete("essay")
    @preview.autocomplete("essay")
    async def complete_essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """This server's essays, the newest first."""
        return await complete_essay(self.services, get_server(interaction).id, typed)

    @edit.autocomplete("prompt")
    @cancel.autocomplete("prompt")
    async def complete_prompts(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """This server's planned prompts, the next one first."""
        return await complete_prompt(self.services, get_server(interaction).id, typed)

    @add.autocomplete("when")
    @edit.autocomplete("when")
    async def complete_times(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """How the time that was typed is understood."""
        return await complete_time(self.services, get_server(interaction).id, typed)


async def setup(bot: SalonBot) -> None:
    """Add the cog, the controls of its list and its form."""
    cog = Prompts(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(cog.panel.control_class)
    bot.forms.register(FORM, "prompts", cog.panel.handle_form)
