"""``/essay``: publish an essay and look after what has been published."""

from __future__ import annotations

import json
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.clock import to_milliseconds
from bot.core.conversation.styles import THREAD, THREADS
from bot.core.prompts.parse_time import parse_time
from bot.core.text.plural import format_count
from bot.core.text.timestamps import format_timestamp
from bot.core.text.truncate import truncate_lines
from bot.errors import UserError
from bot.export import render_markdown
from bot.services import Services
from cogs.essays import text as text_module
from cogs.essays.drafts import Desk, hindrances
from cogs.essays.edits import EditCommand, EditDesk
from cogs.essays.status_text import essay_told
from cogs.essays.submission import entered_submission, form_fields, submission, tags_field
from cogs.essays.target import Place, chosen_way, complete_tags
from cogs.ui.autocomplete import complete_essay, complete_time
from cogs.ui.bot import SalonBot
from cogs.ui.choose import choose_essay
from cogs.ui.errors import acknowledge, answer_with_file
from cogs.ui.forms import Entered, show_form
from cogs.ui.responses import answer, server_id, server_of
from cogs.ui.views import actor
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.essays.discussions import Listed
from storage.essays.export import export
from storage.essays.submissions import Submission
from storage.servers import settings as settings_module

__all__ = ["Essays"]

_LISTED = 40
_STYLES = [
    app_commands.Choice(name="A thread for each reply", value=THREADS),
    app_commands.Choice(name="One thread for the essay", value=THREAD),
]


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Essays(
    EditCommand,
    commands.GroupCog,
    group_name="essay",
    group_description="Publish essays and look after them.",
):
    """The commands that are about an essay."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.desk = Desk(services)
        self.edits = EditDesk(services)
        super().__init__()

    @app_commands.command(description="Publish an essay here, or in another channel.")
    @app_commands.describe(
        file="The essay as a file: text, Markdown, HTML or Word",
        address="Or where it stands on the web; without either a form opens",
        channel="Where to publish it; if left out, where /setup says, or here",
        style="How it is discussed; as /setup says if left out",
        tags="Of a post in a forum, with commas between them",
    )
    @app_commands.choices(style=_STYLES)
    async def publish(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        address: str | None = None,
        channel: app_commands.Transform[int, Place] | None = None,
        style: str | None = None,
        tags: str | None = None,
    ) -> None:
        """Make a draft of a file or page and show it, or show the form to hand an essay in."""
        with self.services.active_work.track():
            channel_id = await self._target(interaction, channel)
            way = chosen_way(
                self.services.permissions.get_target_channel(channel_id), channel_id, style, tags
            )
            address = (address or "").strip() or None
            if file is not None and address:
                raise UserError("Both a file and an address were given; which is the essay?")
            if file is None and address is None:
                target_channel = self.services.permissions.get_target_channel(channel_id)
                await show_form(
                    interaction,
                    "publish",
                    channel_id,
                    style or "",
                    title="Publish an essay",
                    fields=[*form_fields(), *tags_field(target_channel, tags)],
                )
                return
            handed = submission(
                interaction,
                channel_id,
                file=file,
                page_url=address,
                style=way.style,
                tags=way.tags,
            )
            await self.hand_in(interaction, handed)

    async def take(self, interaction: discord.Interaction[Any], entered: Entered) -> None:
        """Hand in what was uploaded or pasted in the form."""
        channel_id = entered.number
        style = entered.arguments[1] if len(entered.arguments) > 1 else ""
        way = chosen_way(
            self.services.permissions.get_target_channel(channel_id),
            channel_id,
            style or None,
            entered.texts.get("tags"),
        )
        handed = entered_submission(
            interaction, channel_id, entered, style=way.style, tags=way.tags
        )
        await self.hand_in(interaction, handed)

    async def hand_in(self, interaction: discord.Interaction[Any], handed: Submission) -> None:
        """Keep what was handed in, acknowledge it, make a draft of it, show that."""
        await self.services.publishing.receive(handed)
        await acknowledge(interaction, ephemeral=True, thinking=True)
        discussion_id = await self.services.publishing.draft(handed)
        await self.desk.show(interaction, discussion_id)

    @app_commands.command(name="list", description="Show this server's essays and their numbers.")
    async def list_essays(self, interaction: discord.Interaction) -> None:
        """Show the newest essays of this server."""
        server = server_id(interaction)
        with self.services.active_work.track():
            found = await self.services.database.read(lambda tx: discussions.listed(tx, server))
            lines = [text_module.line(essay) for essay in found[:_LISTED]]
            if len(found) > _LISTED:
                lines.append(f"… and {len(found) - _LISTED} older ones.")
            await answer(
                interaction,
                truncate_lines(lines) or "No essay is here yet: `/essay publish` begins with one.",
            )

    @app_commands.command(description="Show where an essay stands, or a draft to go on with.")
    @app_commands.describe(essay="The essay")
    async def show(self, interaction: discord.Interaction, essay: str) -> None:
        """Show a draft with its buttons, or what became of an essay and who did what."""
        with self.services.active_work.track():
            found = await self._find(interaction, essay)
            if found.state in ("draft", "scheduled"):
                await interaction.response.defer(ephemeral=True, thinking=True)
                await self.desk.show(interaction, found.id)
                return
            told = await self.services.database.read(lambda tx: essay_told(tx, found.id))
            if await self.edits.show_waiting(interaction, found, told):
                return
            if found.stopped is not None:
                await interaction.response.defer(ephemeral=True, thinking=True)
                await self.desk.show(interaction, found.id)
                return
            await answer(interaction, told)

    @app_commands.command(description="Publish a draft later.")
    @app_commands.describe(
        essay="The draft", when="tomorrow 9:00, Thursday 18:00, 2026-12-01 18:30 …"
    )
    async def schedule(self, interaction: discord.Interaction, essay: str, when: str) -> None:
        """Schedule a draft, or another time for a scheduled essay."""
        with self.services.active_work.track():
            found = await self._find(interaction, essay)
            server, now = server_id(interaction), self.services.clock.now()
            settings = await self.services.database.read(
                lambda tx: settings_module.read(tx, server)
            )
            moment = parse_time(when, now, settings.zone).at
            await self.services.publishing.schedule(
                found.id, actor(interaction), to_milliseconds(moment)
            )
            preview = await self.services.publishing.preview(found.id, server)
            told = (
                f"“{text_module.title(found.title)}” will be published "
                f"{format_timestamp(moment, 'F')} ({format_timestamp(moment, 'R')})."
            )
            await answer(interaction, "\n".join([told, *hindrances(preview)]))

    @app_commands.command(description="Close a discussion: no new threads, no more prompts.")
    @app_commands.describe(essay="The essay")
    async def close(self, interaction: discord.Interaction, essay: str) -> None:
        """Close an open discussion."""
        with self.services.active_work.track():
            found = await self._find(interaction, essay)
            await self.services.publishing.turn(found.id, actor(interaction), to="closed")
            await answer(
                interaction,
                f"“{text_module.title(found.title)}” is closed. "
                f"{text_module.closed(found)}; `/essay reopen` opens it again.",
            )

    @app_commands.command(description="Open a closed discussion again.")
    @app_commands.describe(essay="The essay")
    async def reopen(self, interaction: discord.Interaction, essay: str) -> None:
        """Open a closed discussion again."""
        with self.services.active_work.track():
            found = await self._find(interaction, essay)
            await self.services.publishing.turn(found.id, actor(interaction), to="open")
            await answer(interaction, f"“{text_module.title(found.title)}” is open again.")

    @app_commands.command(description="Take an essay back, after asking once more.")
    @app_commands.describe(essay="The essay")
    async def withdraw(self, interaction: discord.Interaction, essay: str) -> None:
        """Ask whether the essay is really to be withdrawn."""
        with self.services.active_work.track():
            found = await self._find(interaction, essay)
            if found.state not in ("publishing", "open", "closed"):
                raise UserError(
                    "Only an essay that was published can be withdrawn; a draft is discarded "
                    "with `/essay show`."
                )
            await interaction.response.send_message(
                view=self.desk.withdrawal(found), ephemeral=True
            )

    @app_commands.command(
        name="export", description="Get an essay and the tree of its replies as a file."
    )
    @app_commands.rename(form="format")
    @app_commands.describe(essay="The essay", form="For programs, or to read")
    async def export_essay(
        self,
        interaction: discord.Interaction,
        essay: str,
        form: Literal["json", "markdown"] = "json",
    ) -> None:
        """Hand out what ``python -m bot export`` writes."""
        with self.services.active_work.track():
            found = await self._find(interaction, essay)
            await acknowledge(interaction, ephemeral=True, thinking=True)
            exported = await self.services.database.read(lambda tx: export(tx, str(found.id)))
            if form == "markdown":
                text, name = render_markdown(exported), f"essay-{found.id}.md"
            else:
                text = json.dumps(exported, ensure_ascii=False, indent=2)
                name = f"essay-{found.id}.json"
            replies = format_count(len(exported["replies"]), "reply", "replies")
            told = f"“{text_module.title(found.title)}” and {replies}."
            await answer_with_file(interaction, told, text, name)

    @publish.autocomplete("tags")
    async def _tags(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        chosen = interaction.namespace.channel
        channel_id = await self._target(interaction, None if chosen is None else int(chosen.id))
        return complete_tags(self.services.permissions.get_target_channel(channel_id), typed)

    @show.autocomplete("essay")
    @export_essay.autocomplete("essay")
    @withdraw.autocomplete("essay")
    @schedule.autocomplete("essay")
    @close.autocomplete("essay")
    @reopen.autocomplete("essay")
    async def _essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_essay(self.services, server_id(interaction), typed)

    @schedule.autocomplete("when")
    async def _moments(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_time(self.services, server_id(interaction), typed)

    async def _target(self, interaction: discord.Interaction, channel: int | None) -> int:
        """Where to publish: the channel named, else the one chosen in ``/setup``, else here."""
        if channel is not None:
            return channel
        server = server_of(interaction)
        settings = await self.services.database.read(lambda tx: settings_module.read(tx, server.id))
        if settings.channel is not None:
            if server.get_channel(settings.channel) is None:
                raise UserError(
                    "The channel that was chosen for essays is gone: choose another in `/setup`, "
                    "or name one as `channel`."
                )
            return settings.channel
        here = interaction.channel
        if isinstance(here, discord.TextChannel):
            return here.id
        raise UserError(
            "An essay is published in a channel, not in a thread: run the command in one, name a "
            "channel or forum as `channel`, or choose one in `/setup`."
        )

    async def _find(self, interaction: discord.Interaction, essay: str) -> Listed:
        server = server_id(interaction)

        async def look(tx: Transaction) -> Listed:
            chosen = await choose_essay(tx, server, essay)
            return await discussions.find(tx, str(chosen.id))

        return await self.services.database.read(look)


async def setup(bot: SalonBot) -> None:
    """Add the cog, its buttons and its forms."""
    cog = Essays(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(cog.desk.button, cog.desk.tags, cog.edits.button)
    bot.forms.register("publish", cog.take)
    bot.forms.register("revision", cog.edits.take)
    bot.forms.register("correction", cog.edits.take_corrections)
    bot.forms.register("draft", cog.desk.take_corrections)
    bot.forms.register("schedule", cog.desk.take_time)
