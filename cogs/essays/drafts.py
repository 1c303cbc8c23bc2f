"""A draft as an admin sees it: how it will stand, and the buttons to go on from there.

The buttons carry the draft's number and nothing else, so that they work after a restart.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.clock import to_milliseconds
from bot.core import limits
from bot.core.extraction.title import find_former_title_line
from bot.core.layout.card import CARD_TEXT
from bot.core.prompts.parse_time import parse_time
from bot.core.text.plural import format_count
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.publishing.publish import Preview
from bot.services import Services
from cogs.essays import style_controls, wording
from cogs.essays.corrections_form import make_correction_fields, read_corrections_form
from cogs.essays.status import describe_essay
from cogs.ui.buttons import Label, make_button_class, make_button_row
from cogs.ui.commands import get_server_id
from cogs.ui.forms import SubmittedForm, make_text_field, show_form
from cogs.ui.progress import show_progress
from cogs.ui.responses import acknowledge, answer_with_file, show
from cogs.ui.views import get_actor, make_card_view, make_text_view
from storage.essays import discussions
from storage.essays.discussions import Listed
from storage.servers import settings as settings_module

__all__ = ["DraftPanel", "list_warnings"]

#: UTF-16 units of the text below the card.
_MAX_SUMMARY = limits.COMPONENT_TEXT - CARD_TEXT - 100
_MAX_QUESTION, _MAX_NOTES = 300, 5
#: Messages of the whole text that are shown one by one; longer essays come as a file.
_MAX_SHOWN = 5

_WHEN = "When (tomorrow 9:00, 2026-12-01 18:30)"
_GREEN, _GREY = discord.ButtonStyle.success, discord.ButtonStyle.secondary
_RED = discord.ButtonStyle.danger
_BUTTONS: tuple[Label, ...] = (
    ("schedule", "Schedule …", _GREY),
    ("edit", "Edit …", _GREY),
    ("text", "Whole text", _GREY),
    ("discard", "Discard", _RED),
)


def list_warnings(preview: Preview) -> list[str]:
    """What keeps a draft from its channel, or might: the first thing to know of it."""
    lines = []
    if preview.problem:
        lines.append(f"**Not yet:** {preview.problem}")
    if preview.duplicate is not None:
        where = wording.make_card_link(preview.duplicate) or f"<#{preview.duplicate.channel_id}>"
        lines.append(
            f"**Already here:** this very essay is essay {preview.duplicate.id} "
            f"({preview.duplicate.state}), {where}. Publish it once more only if that is meant."
        )
    return lines


def _summarize(preview: Preview) -> str:
    """What an admin should know before pressing a button; the most important comes first."""
    draft = preview.draft
    parts = sum(post.purpose == "part" for post in draft.posts)
    closing = next((p.payload["content"] for p in draft.posts if p.purpose == "closing"), None)
    lines = list_warnings(preview)
    if draft.scheduled_for is not None:
        lines.append(f"**Scheduled** for <t:{draft.scheduled_for // 1000}:F>.")
    lines.append(
        f"**{format_count(len(draft.posts), 'message')}** in <#{draft.channel_id}>: the card, "
        f"{format_count(parts, 'part')}"
        + (", the closing question." if closing else "; the last part ends with the question.")
    )
    left = find_former_title_line(draft.essay)
    if left is not None:
        lines.append(f"{wording.describe_former_title(left)}.")
    notes = draft.notes[:_MAX_NOTES]
    if notes:
        lines.append("**Not shown as it was**\n" + "\n".join(f"- {note}" for note in notes))
    if closing:
        quoted = truncate(closing, _MAX_QUESTION).replace("\n", "\n> ")
        lines.append(f"**Asked at the end**\n> {quoted}")
    lines.append(style_controls.describe_style(preview))
    lines.append(f"**Prompts that follow**\n{truncate(preview.plan, _MAX_QUESTION)}")
    return truncate("\n".join(lines), _MAX_SUMMARY)


class DraftPanel:
    """Shows drafts, and does what their buttons say.

    ``button`` and ``tags`` are the kinds of button and list they have; the client has to know
    them, so that what was shown before a restart still works.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.button_class = make_button_class("draft", services, self.handle_button)
        self.tag_select_class = style_controls.make_tag_select_class(self.handle_tags)

    def make_view(self, preview: Preview) -> ui.LayoutView:
        """The draft as it will stand, what there is to know of it, and its buttons."""
        draft = preview.draft
        card = next(post.payload for post in draft.posts if post.purpose == "card")
        told = f"-# Draft {draft.id}, seen by you alone. This is its card:"
        view = make_card_view(told, card)
        view.add_item(ui.TextDisplay(_summarize(preview)))
        publish = "Publish" if preview.duplicate is None else "Publish again"
        view.add_item(
            make_button_row(self.button_class, draft.id, [("publish", publish, _GREEN), *_BUTTONS])
        )
        change = style_controls.get_style_button(preview)
        if change is not None:
            view.add_item(make_button_row(self.button_class, draft.id, [(*change, _GREY)]))
        tags = self.tag_select_class.make(preview)
        if tags is not None:
            view.add_item(ui.ActionRow(tags))
        return view

    async def handle_tags(
        self, interaction: discord.Interaction[Any], discussion_id: int, tags: tuple[int, ...]
    ) -> None:
        """Put the tags that were handle_tags on what does not stand yet, and show it anew."""
        with self.services.active_work.track():
            # That it is of this server is asked with the preview.
            await self.services.publishing.get_preview(discussion_id, get_server_id(interaction))
            await self.services.publishing.set_tags(discussion_id, tags)
            await acknowledge(interaction)
            await self.show(interaction, discussion_id)

    def make_stopped_view(self, preview: Preview, told: str) -> ui.LayoutView:
        """A publishing that Discord refused to go on with, and what can be done."""
        view = make_text_view(told)
        tags = self.tag_select_class.make(preview)
        if tags is not None:
            view.add_item(ui.ActionRow(tags))
        labels = [("again", "Go on", _GREEN), ("withdraw", "Withdraw", _RED)]
        view.add_item(make_button_row(self.button_class, preview.draft.id, labels))
        return view

    def make_withdrawal_view(self, essay: Listed) -> ui.LayoutView:
        """The question whether an essay is really to be withdrawn."""
        view = make_text_view(
            f"Withdraw “{wording.format_title(essay.title)}”? "
            f"{wording.describe_withdrawal(essay)} What members wrote stays, in "
            "the channel and in the archive. This cannot be undone."
        )
        labels = [("withdraw", "Withdraw", _RED), ("keep", "Keep", _GREY)]
        view.add_item(make_button_row(self.button_class, essay.id, labels))
        return view

    async def show(self, interaction: discord.Interaction[Any], discussion_id: int) -> None:
        """Put a draft, or what stopped, in the place of the answer promised or shown before."""
        preview = await self.services.publishing.get_preview(
            discussion_id, get_server_id(interaction)
        )
        if preview.draft.state == "publishing":
            told = await self.services.database.read(lambda tx: describe_essay(tx, discussion_id))
            await show(interaction, self.make_stopped_view(preview, told))
            return
        await show(interaction, self.make_view(preview))

    async def handle_button(
        self, interaction: discord.Interaction[Any], what: str, discussion_id: int
    ) -> None:
        """Do what a button says."""
        preview = await self.services.publishing.get_preview(
            discussion_id, get_server_id(interaction)
        )
        title = wording.format_title(preview.draft.essay.title)
        match what:
            case "keep":
                await interaction.response.edit_message(view=make_text_view(f"“{title}” stays."))
                return
            case "again":
                await self.services.publishing.retry(discussion_id)
                await interaction.response.edit_message(
                    view=make_text_view(f"“{title}” goes on; `/essay show` tells how far it is.")
                )
                return
            case "withdraw":
                await self.services.publishing.withdraw(discussion_id, get_actor(interaction))
                await interaction.response.edit_message(
                    view=make_text_view(f"“{title}” is withdrawn.")
                )
                return
        if preview.draft.state not in ("draft", "scheduled"):
            raise UserError(
                f"“{preview.draft.essay.title}” is no draft any more: `/essay show` tells where "
                "it stands."
            )
        match what:
            case "publish":
                await self.publish(interaction, preview)
            case "schedule":
                await show_form(
                    interaction,
                    "schedule",
                    discussion_id,
                    title="When is it to be published?",
                    fields=[make_text_field("when", _WHEN, most=100, required=True)],
                )
            case "edit":
                await show_form(
                    interaction,
                    "draft",
                    discussion_id,
                    title="What was found in the essay",
                    fields=make_correction_fields(preview.draft.essay, preview.draft.closing),
                )
            case "apart" | "together":
                await self.services.publishing.set_style(
                    discussion_id, style_controls.STYLES_BY_BUTTON[what]
                )
                await acknowledge(interaction)
                await self.show(interaction, discussion_id)
            case "text":
                await self._show_full_text(interaction, preview)
            case "discard":
                await self.services.publishing.discard_draft(discussion_id)
                await interaction.response.edit_message(
                    view=make_text_view(f"“{preview.draft.essay.title}” is discarded.")
                )

    async def publish(self, interaction: discord.Interaction[Any], preview: Preview) -> None:
        """Publish, and show in the preview's place how far it has come."""
        draft = preview.draft
        # Begun before it is acknowledged: what was acknowledged is carried out.
        await self.services.publishing.publish(draft.id, get_actor(interaction), interaction.id)
        await acknowledge(interaction)
        title = draft.essay.title
        progress = await show_progress(
            self.services,
            interaction,
            lambda: self.services.publishing.get_progress(draft.id),
            lambda far: wording.describe_publishing(title, far),
        )
        if progress.failed:
            text = (
                f"“{wording.format_title(title)}” stopped after {progress.sent} of "
                f"{progress.total} messages: {progress.last_error}"
            )
            await show(interaction, self.make_stopped_view(preview, text))
            return
        essay = await self.services.database.read(lambda tx: discussions.find(tx, str(draft.id)))
        where = wording.make_card_link(essay) or f"<#{essay.channel_id}>"
        await show(
            interaction,
            make_text_view(
                f"“{wording.format_title(title)}” is published as essay {draft.id}, in "
                f"{format_count(len(draft.posts), 'message')}: {where}"
            ),
        )

    async def handle_corrections_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Put what was corrected in the form into the draft, and show that anew."""
        preview = await self.services.publishing.get_preview(
            entered.number, get_server_id(interaction)
        )
        await self.services.publishing.correct_draft(preview, read_corrections_form(entered))
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def handle_schedule_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Schedule the draft for the time as it was written, in the server's zone."""
        services, server = self.services, get_server_id(interaction)
        await services.publishing.get_preview(entered.number, server)
        settings = await services.database.read(lambda tx: settings_module.read(tx, server))
        moment = parse_time(entered.texts["when"], services.clock.now(), settings.zone).at
        await services.publishing.schedule(
            entered.number, get_actor(interaction), to_milliseconds(moment)
        )
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def _show_full_text(
        self, interaction: discord.Interaction[Any], preview: Preview
    ) -> None:
        """The messages as they will read, seen by the admin alone."""
        texts = [p.payload["content"] for p in preview.draft.posts if p.purpose != "card"]
        if len(texts) > _MAX_SHOWN:
            await acknowledge(interaction, ephemeral=True, thinking=True)
            told = f"All {len(texts)} messages, as they will read, are in this file."
            await answer_with_file(interaction, told, "\n\n".join(texts), "essay.md")
            return
        await interaction.response.send_message(texts[0], ephemeral=True, suppress_embeds=True)
        for text in texts[1:]:
            await interaction.followup.send(text, ephemeral=True, suppress_embeds=True)
