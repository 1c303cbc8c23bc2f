"""``/essay``: publish, list, show, schedule, close, reopen, withdraw and export essays."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.clock import to_milliseconds
from bot.core.conversation.styles import THREAD, THREADS
from bot.core.prompts.parse_time import parse_time
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext, use_language
from bot.core.text.truncate import truncate_lines
from bot.errors import UserError
from bot.languages import get_discussion_language
from bot.library.book import build_book
from bot.services import Services
from cogs.essays import wording
from cogs.essays.deleted_messages import DeletedMessagesPanel
from cogs.essays.drafts import DraftPanel, list_warnings
from cogs.essays.edits import EditCommand, EditPanel
from cogs.essays.status import describe_essay
from cogs.essays.submission_form import (
    make_submission,
    make_submission_fields,
    make_tags_fields,
    parse_chapter,
    read_submission_form,
    read_submitted_cover,
)
from cogs.essays.target_channel import TargetChannelOption, check_target, complete_tags
from cogs.ui.autocomplete import complete_essay, complete_time
from cogs.ui.base_cog import get_server, get_server_id
from cogs.ui.deadline import acknowledge
from cogs.ui.forms import SubmittedForm, show_form
from cogs.ui.named_essay_or_prompt import choose_essay
from cogs.ui.ping_role import check_ping_role
from cogs.ui.responses import answer, answer_with_file, show
from cogs.ui.salon_bot import SalonBot
from cogs.ui.views import get_actor, make_text_view
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion
from storage.essays.submissions import Submission
from storage.replies.book import get_book_rows
from storage.replies.export import count_replies, export_discussion
from storage.servers import settings as settings_module

__all__ = ["Essays"]

_MAX_LISTED = 40
_ESSAY = gettext_noop("The essay, by title or number")
_STYLES = [
    app_commands.Choice(name=gettext_noop("A thread for every reply to it"), value=THREADS),
    app_commands.Choice(name=gettext_noop("One thread for the whole essay"), value=THREAD),
]


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Essays(
    EditCommand,
    commands.GroupCog,
    group_name="essay",
    group_description=gettext_noop("Publish and manage essays."),
):
    """The commands about essays."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.drafts = DraftPanel(services)
        self.edits = EditPanel(services)
        self.deleted = DeletedMessagesPanel(services)
        super().__init__()

    @app_commands.command(description=gettext_noop("Publish an essay here, or in another channel."))
    @app_commands.describe(
        file=gettext_noop("The essay as a file: text, Markdown, HTML, Word, PDF or EPUB"),
        url=gettext_noop("Or a link to it. Without a file or link, a form opens."),
        channel=gettext_noop(
            "The channel to publish in. Default: as chosen in /setup, or this one"
        ),
        style=gettext_noop("How it is discussed. Default: as chosen in /setup"),
        tags=gettext_noop("Tags of the forum post, separated by commas"),
        chapter=gettext_noop("EPUB: a chapter's number, or “all” for a draft of each chapter"),
        cover=gettext_noop("The picture on the card. Default: the essay's own"),
        cover_url=gettext_noop("Or a link to that picture"),
        ping=gettext_noop("A role to mention on the card. Default: as chosen in /setup"),
    )
    @app_commands.choices(style=_STYLES)
    async def publish(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        url: str | None = None,
        channel: app_commands.Transform[int, TargetChannelOption] | None = None,
        style: str | None = None,
        tags: str | None = None,
        chapter: str | None = None,
        cover: discord.Attachment | None = None,
        cover_url: str | None = None,
        ping: discord.Role | None = None,
    ) -> None:
        """Make a draft of a file or web page and show it, or show the form for a submission."""
        with self.services.active_work.track():
            channel_id = await self._get_target_channel_id(interaction, channel)
            target = check_target(
                self.services.permissions.get_target_channel(
                    get_server_id(interaction), channel_id
                ),
                channel_id,
                style,
                tags,
            )
            url, wanted = (url or "").strip() or None, parse_chapter(chapter)
            ping_role = None if ping is None else check_ping_role(interaction, ping.id)
            if file is not None and url:
                raise UserError(_("Give either a file or a link, not both."))
            given_cover = read_submitted_cover(cover, cover_url)
            if file is None and url is None:
                if given_cover is not None:
                    raise UserError(
                        _(
                            "A form has no room for a cover. Give it with a file or a link, or "
                            "press *Authors and cover …* below the draft."
                        )
                    )
                target_channel = self.services.permissions.get_target_channel(
                    get_server_id(interaction), channel_id
                )
                await show_form(
                    interaction,
                    "publish",
                    channel_id,
                    style or "",
                    "" if wanted is None else wanted,
                    "" if ping_role is None else ping_role,
                    title=_("Publish an essay"),
                    fields=[*make_submission_fields(), *make_tags_fields(target_channel, tags)],
                )
                return
            submission = make_submission(
                interaction,
                channel_id,
                file=file,
                page_url=url,
                style=target.style,
                tags=target.tags,
                chapter=wanted,
                cover=given_cover,
                ping_role=ping_role,
            )
            await self.submit(interaction, submission)

    async def handle_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Submit what was uploaded or pasted in the form."""
        channel_id = entered.number
        if get_server(interaction).get_channel(channel_id) is None:
            raise UserError(_("The channel was deleted in the meantime. Nothing was saved."))
        # A form that was opened before an update has fewer arguments.
        style, chapter, ping = (*entered.arguments[1:], "", "", "")[:3]
        target = check_target(
            self.services.permissions.get_target_channel(get_server_id(interaction), channel_id),
            channel_id,
            style or None,
            entered.texts.get("tags"),
        )
        submission = read_submission_form(
            interaction,
            channel_id,
            entered,
            style=target.style,
            tags=target.tags,
            chapter=int(chapter) if chapter else None,
            ping_role=int(ping) if ping else None,
        )
        await self.submit(interaction, submission)

    async def submit(self, interaction: discord.Interaction[Any], submission: Submission) -> None:
        """Save a submission, acknowledge it, make a draft of it and show that.

        The drafts of several chapters are listed instead.
        """
        await self.services.publishing.save_submission(submission)
        await acknowledge(interaction, ephemeral=True, thinking=True)
        created = await self.services.publishing.create_drafts(submission)
        if created.chapters is not None and created.chapters > 1:
            await show(interaction, make_text_view(wording.describe_chapter_drafts(created)))
        else:
            await self.drafts.show(interaction, created.drafts[0].id)

    @app_commands.command(
        name="list", description=gettext_noop("Show this server's essays and their numbers.")
    )
    async def list_essays(self, interaction: discord.Interaction) -> None:
        """Show the newest essays of this server."""
        server = get_server_id(interaction)
        with self.services.active_work.track():
            found = await self.services.database.read(
                lambda tx: discussions.list_discussions(tx, server)
            )
            lines = [wording.format_essay_line(essay) for essay in found[:_MAX_LISTED]]
            if len(found) > _MAX_LISTED:
                more = len(found) - _MAX_LISTED
                lines.append(
                    ngettext("… and {count} older one.", "… and {count} older ones.", more)
                )
            await answer(
                interaction,
                truncate_lines(lines)
                or _("There are no essays yet. Publish one with `/essay publish`."),
            )

    @app_commands.command(
        description=gettext_noop("Show an essay's status, or continue with a draft.")
    )
    @app_commands.describe(essay=_ESSAY)
    async def show(self, interaction: discord.Interaction, essay: str) -> None:
        """Show a draft with its buttons, or an essay's state and audit log."""
        with self.services.active_work.track():
            found = await self._find_essay(interaction, essay)
            if found.state in ("draft", "scheduled"):
                await acknowledge(interaction, ephemeral=True, thinking=True)
                await self.drafts.show(interaction, found.id)
                return
            text = await self.services.database.read(lambda tx: describe_essay(tx, found.id))
            if await self.edits.show_pending(interaction, found, text):
                return
            if found.publishing_error is not None:
                await acknowledge(interaction, ephemeral=True, thinking=True)
                await self.drafts.show(interaction, found.id)
                return
            view = await self.deleted.make_view(found.id, text)
            if found.state in ("open", "closed"):
                await acknowledge(interaction, ephemeral=True, thinking=True)
                view = view or make_text_view(text)
                from cogs.essays.chart import add_chart  # rarely needed

                pictures = await add_chart(view, self.services, found, interaction.user.id)
                view.add_item(self.edits.make_begin_row(found.id))
                await show(interaction, view, pictures)
            elif view is not None:
                await answer(interaction, view=view)
            else:
                await answer(interaction, text)

    @app_commands.command(description=gettext_noop("Publish a draft later."))
    @app_commands.describe(
        essay=gettext_noop("The draft, by title or number"),
        when=gettext_noop("For example: tomorrow 9:00, Thursday 18:00, 2026-12-01 18:30"),
    )
    async def schedule(self, interaction: discord.Interaction, essay: str, when: str) -> None:
        """Schedule a draft, or another time for a scheduled essay."""
        with self.services.active_work.track():
            found = await self._find_essay(interaction, essay)
            server, now = get_server_id(interaction), self.services.clock.now()
            settings = await self.services.database.read(
                lambda tx: settings_module.get_settings(tx, server)
            )
            moment = parse_time(when, now, settings.zone).at
            await self.services.publishing.schedule(
                found.id, get_actor(interaction), to_milliseconds(moment)
            )
            preview = await self.services.publishing.get_preview(found.id, server)
            text = _(
                "“{title}” will be published {when} ({in_how_long}).",
                title=escape_title(found.title),
                when=format_timestamp(moment, "F"),
                in_how_long=format_timestamp(moment, "R"),
            )
            await answer(interaction, "\n".join([text, *list_warnings(preview)]))

    @app_commands.command(
        description=gettext_noop("Close a discussion: no new threads, no more prompts.")
    )
    @app_commands.describe(essay=_ESSAY)
    async def close(self, interaction: discord.Interaction, essay: str) -> None:
        """Close an open discussion."""
        with self.services.active_work.track():
            found = await self._find_essay(interaction, essay)
            await self.services.publishing.change_state(
                found.id, get_actor(interaction), to="closed"
            )
            await answer(interaction, wording.describe_closed(found))

    @app_commands.command(description=gettext_noop("Open a closed discussion again."))
    @app_commands.describe(essay=_ESSAY)
    async def reopen(self, interaction: discord.Interaction, essay: str) -> None:
        """Open a closed discussion again."""
        with self.services.active_work.track():
            found = await self._find_essay(interaction, essay)
            await self.services.publishing.change_state(found.id, get_actor(interaction), to="open")
            text = _("“{title}” is open again.", title=escape_title(found.title))
            await answer(interaction, text)

    @app_commands.command(description=gettext_noop("Unpublish an essay (asks first)."))
    @app_commands.describe(essay=_ESSAY)
    async def withdraw(self, interaction: discord.Interaction, essay: str) -> None:
        """Ask for confirmation."""
        with self.services.active_work.track():
            found = await self._find_essay(interaction, essay)
            if found.state not in ("publishing", "open", "closed"):
                raise UserError(
                    _(
                        "Only a published essay can be withdrawn. You can discard a draft with "
                        "`/essay show`."
                    )
                )
            await answer(interaction, view=self.drafts.make_withdrawal_view(found))

    @app_commands.command(
        name="export",
        description=gettext_noop("Get an essay and the tree of its replies as a file."),
    )
    @app_commands.rename(form="format")
    @app_commands.describe(
        essay=_ESSAY, form=gettext_noop("JSON is for programs, Markdown is to read")
    )
    async def export_essay(
        self,
        interaction: discord.Interaction,
        essay: str,
        form: Literal["json", "markdown"] = "json",
    ) -> None:
        """Answer with the file that ``python -m bot export`` writes."""
        with self.services.active_work.track():
            found = await self._find_essay(interaction, essay)
            await acknowledge(interaction, ephemeral=True, thinking=True)
            if form == "markdown":
                count, data = await self._export_markdown(found)
                name = f"essay-{found.id}.md"
            else:
                count, data = await self._export_json(found)
                name = f"essay-{found.id}.json"
            text = ngettext(
                "“{title}” and {count} reply.",
                "“{title}” and {count} replies.",
                count,
                title=escape_title(found.title),
            )
            await answer_with_file(interaction, text, data, name)

    async def _export_json(self, found: ListedDiscussion) -> tuple[int, bytes]:
        """How many replies an export has, and its bytes."""

        async def read(tx: Transaction) -> tuple[int, bytes]:
            pieces = [piece.encode() async for piece in export_discussion(tx, found)]
            return await count_replies(tx, found.id), b"".join(pieces)

        return await self.services.database.read(read)

    async def _export_markdown(self, found: ListedDiscussion) -> tuple[int, bytes]:
        """How many replies a Markdown export has, and its bytes; it is in the essay's language."""
        from bot.library.markdown import render_markdown  # takes 3 MB, and is rarely needed

        rows = await self.services.database.read(lambda tx: get_book_rows(tx, found))
        language = await self.services.database.read(
            lambda tx: get_discussion_language(tx, found.server_id, found.id)
        )
        with use_language(language):  # a thread has the context of this task
            made = await asyncio.to_thread(lambda: render_markdown(build_book(rows)))
        return len(rows.replies), made

    @publish.autocomplete("tags")
    async def _complete_tags(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        chosen = interaction.namespace.channel
        channel_id = await self._get_target_channel_id(
            interaction, None if chosen is None else int(chosen.id)
        )
        return complete_tags(
            self.services.permissions.get_target_channel(get_server_id(interaction), channel_id),
            typed,
        )

    @show.autocomplete("essay")
    @export_essay.autocomplete("essay")
    @withdraw.autocomplete("essay")
    @schedule.autocomplete("essay")
    @close.autocomplete("essay")
    @reopen.autocomplete("essay")
    async def _complete_essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_essay(self.services, get_server_id(interaction), typed)

    @schedule.autocomplete("when")
    async def _complete_times(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_time(self.services, get_server_id(interaction), typed)

    async def _get_target_channel_id(
        self, interaction: discord.Interaction, channel: int | None
    ) -> int:
        """The channel to publish in: the named one, else that of ``/setup``, else this one."""
        if channel is not None:
            return channel
        server = get_server(interaction)
        settings = await self.services.database.read(
            lambda tx: settings_module.get_settings(tx, server.id)
        )
        if settings.channel is not None:
            if server.get_channel(settings.channel) is None:
                raise UserError(
                    _(
                        "The channel that was chosen for essays was deleted. Choose another one in "
                        "`/setup`, or name one as `channel`."
                    )
                )
            return settings.channel
        here = interaction.channel
        if isinstance(here, discord.TextChannel):
            return here.id
        raise UserError(
            _(
                "I can publish an essay in a channel, but not here. Use the command in a text "
                "channel, name a channel or forum as `channel`, or choose one in `/setup`."
            )
        )

    async def _find_essay(self, interaction: discord.Interaction, essay: str) -> ListedDiscussion:
        server = get_server_id(interaction)

        async def look(tx: Transaction) -> ListedDiscussion:
            chosen = await choose_essay(tx, server, essay)
            found = await discussions.find(tx, chosen.id)
            assert found is not None
            return found

        return await self.services.database.read(look)


async def setup(bot: SalonBot) -> None:
    """Add the cog, its buttons and its forms."""
    cog = Essays(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(
        cog.drafts.button_class,
        cog.drafts.tag_select_class,
        cog.edits.button_class,
        cog.deleted.button_class,
    )
    bot.forms.register("publish", "essay", cog.handle_form)
    bot.forms.register("revision", "essay", cog.edits.handle_form)
    bot.forms.register("correction", "essay", cog.edits.handle_corrections_form)
    bot.forms.register("draft", "essay", cog.drafts.handle_corrections_form)
    bot.forms.register("cover", "essay", cog.drafts.handle_authors_form)
    bot.forms.register("edit-cover", "essay", cog.edits.handle_authors_form)
    bot.forms.register("draft-text", "essay", cog.drafts.handle_text_form)
    bot.forms.register("draft-ping", "essay", cog.drafts.handle_ping_form)
    bot.forms.register("schedule", "essay", cog.drafts.handle_schedule_form)
