"""``/essay edit`` and the view of an edit: what it changes, and the buttons to decide.

A button's custom id has the edit's number, so that it works after a restart.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.core.essay.serialize import essay_from_json
from bot.core.extraction.corrections import list_corrected_facts
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UserError
from bot.publishing.edit import EditPreview
from bot.services import Services
from cogs.essays import edit_summary, wording
from cogs.essays.authors_form import (
    AUTHORS_BUTTON,
    AUTHORS_TITLE,
    load_cover,
    make_authors_fields,
    read_authors_form,
)
from cogs.essays.corrections_form import make_correction_fields, read_corrections_form
from cogs.essays.draft_forms import get_form_text
from cogs.essays.drafts import DraftPanel
from cogs.essays.submission_form import (
    make_submission,
    make_submission_fields,
    read_submission_form,
)
from cogs.ui.autocomplete import complete_essay
from cogs.ui.base_cog import get_server_id
from cogs.ui.deadline import acknowledge
from cogs.ui.forms import SubmittedForm, show_form
from cogs.ui.named_essay_or_prompt import choose_essay
from cogs.ui.numbered_buttons import Label, make_button_class, make_button_row
from cogs.ui.progress import show_progress
from cogs.ui.responses import answer, answer_with_file, show, update
from cogs.ui.views import get_actor, make_card_view, make_text_view
from storage.essays.discussions import ListedDiscussion
from storage.essays.posted_essays import PostedEssay
from storage.essays.submissions import Submission

__all__ = ["EditCommand", "EditPanel"]

#: Labels are translated where they are shown.
_BUTTONS: tuple[Label, ...] = (
    ("apply", gettext_noop("Apply"), discord.ButtonStyle.success),
    ("edit", gettext_noop("Edit details"), discord.ButtonStyle.secondary),
    ("changes", gettext_noop("All changes"), discord.ButtonStyle.secondary),
    ("text", gettext_noop("Full text"), discord.ButtonStyle.secondary),
    ("cancel", gettext_noop("Discard"), discord.ButtonStyle.danger),
)


class EditPanel:
    """Shows edits and handles their buttons.

    ``button_class`` is registered with the bot, so that a button that was shown before a restart
    works.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.button_class = make_button_class("edit", "essay", services, self.handle_button)

    def make_view(self, preview: EditPreview, text: str) -> ui.LayoutView:
        """The view of an edit: the new card, the summary of changes, and buttons."""
        heading = _(
            "New text of essay {number} · only you can see this. Nothing changes until you apply "
            "it. The card will look like this:",
            number=preview.posted.discussion_id,
        )
        view = make_card_view(f"-# {heading}", preview.card)
        view.add_item(ui.TextDisplay(text))
        labels = [(what, _(label), style) for what, label, style in _BUTTONS]
        view.add_item(make_button_row(self.button_class, preview.edit.id, labels))
        cover = ("cover", _(AUTHORS_BUTTON), discord.ButtonStyle.secondary)
        view.add_item(make_button_row(self.button_class, preview.edit.id, [cover]))
        return view

    async def show(self, interaction: discord.Interaction[Any], edit_id: int) -> None:
        """Show an edit as the interaction's answer."""
        preview = await self.services.editing.get_preview(edit_id, get_server_id(interaction))
        # Comparing two long texts takes a second.
        text = await asyncio.to_thread(edit_summary.summarize, preview)
        cover = await load_cover(self.services.database, preview.edit.revision.essay)
        await show(interaction, self.make_view(preview, text), cover)

    async def show_unchanged(
        self, interaction: discord.Interaction[Any], discussion_id: int
    ) -> None:
        """Say that the submitted text is the current one."""
        text = _("Nothing changes. This is already the essay's current text.")
        view = make_text_view(text)
        view.add_item(self.make_begin_row(discussion_id))
        await show(interaction, view)

    def make_begin_row(self, discussion_id: int) -> ui.ActionRow[Any]:
        """The button that begins an edit of an essay whose text stays as it is."""
        label = ("begin", _("Edit details"), discord.ButtonStyle.secondary)
        return make_button_row(self.button_class, discussion_id, [label])

    def make_discard_view(self, preview: EditPreview) -> ui.LayoutView:
        """The question whether to discard an edit."""
        view = make_text_view(
            _(
                "Discard the new text of “{title}”? The essay will stay as it is. You can't undo "
                "this.",
                title=escape_title(preview.old.title),
            )
        )
        labels = [
            ("delete", _("Discard"), discord.ButtonStyle.danger),
            ("back", _("Cancel"), discord.ButtonStyle.secondary),
        ]
        view.add_item(make_button_row(self.button_class, preview.edit.id, labels))
        return view

    def make_stopped_view(self, discussion_id: int, text: str) -> ui.LayoutView:
        """The view of an edit that stopped, with a button to retry."""
        view = make_text_view(text)
        retry = ("again", _("Retry"), discord.ButtonStyle.success)
        view.add_item(make_button_row(self.button_class, discussion_id, [retry]))
        return view

    async def show_pending(
        self, interaction: discord.Interaction[Any], essay: ListedDiscussion, text: str
    ) -> bool:
        """Answer with a pending edit of a published essay, or one in progress; False if none is."""
        editing = self.services.editing
        edit_id = await editing.find_pending(essay.id)
        if edit_id is not None:
            await acknowledge(interaction, ephemeral=True, thinking=True)
            await self.show(interaction, edit_id)
            return True
        progress = await editing.get_progress(essay.id)
        if progress.sent == progress.total or essay.state not in ("open", "closed"):
            return False
        name = escape_title(essay.title)
        lines = [text, wording.describe_edit_progress(name, essay.revision, progress)]
        view = make_text_view("\n".join(lines))
        if progress.failed:
            view = self.make_stopped_view(essay.id, "\n".join(lines))
        await answer(interaction, view=view)
        return True

    async def submit(self, interaction: discord.Interaction[Any], submission: Submission) -> None:
        """Save a new text, acknowledge it, and show what it changes."""
        await self.services.publishing.save_submission(submission)
        await acknowledge(interaction, ephemeral=True, thinking=True)
        edit_id = await self.services.editing.create_edit(submission)
        if edit_id is None:
            assert submission.essay_id is not None
            await self.show_unchanged(interaction, submission.essay_id)
        else:
            await self.show(interaction, edit_id)

    async def handle_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Submit what was uploaded or pasted in the form."""
        posted = await self.services.editing.get_editable(
            entered.number, get_server_id(interaction)
        )
        # A form that was opened before an update has one argument.
        chapter = entered.arguments[1] if len(entered.arguments) > 1 else ""
        submission = read_submission_form(
            interaction,
            posted.place_id,
            entered,
            before=get_form_text(posted.source, posted.source_name),
            essay_id=posted.discussion_id,
            chapter=int(chapter) if chapter else None,
        )
        await self.submit(interaction, submission)

    async def handle_button(
        self, interaction: discord.Interaction[Any], what: str, number: int
    ) -> None:
        """Handle a button."""
        editing, server = self.services.editing, get_server_id(interaction)
        if what == "again":
            await editing.get_editable(number, server)
            await editing.retry(number)
            text = _("I'm trying again. `/essay show` shows the progress.")
            await update(interaction, make_text_view(text))
            return
        if what == "begin":
            edit_id = await editing.begin_edit(number, server)
            await acknowledge(interaction, ephemeral=True, thinking=True)
            await self.show(interaction, edit_id)
            return
        match what:
            case "apply":
                await self._apply(interaction, number)
            case "edit":
                edit = (await editing.get_preview(number, server)).edit
                await show_form(
                    interaction,
                    "correction",
                    edit.id,
                    title=_("Edit details"),
                    fields=make_correction_fields(edit.revision.essay, edit.revision.closing),
                )
            case "cover":
                preview = await editing.get_preview(number, server)
                await show_form(
                    interaction,
                    "edit-cover",
                    number,
                    title=_(AUTHORS_TITLE),
                    fields=make_authors_fields(preview.edit.revision.essay, preview.authors),
                )
            case "changes":
                preview = await editing.get_preview(number, server)
                await acknowledge(interaction, ephemeral=True, thinking=True)
                text = _("What was removed is ~~struck through~~. What is new is **bold**.")
                await answer_with_file(
                    interaction, text, edit_summary.list_all_changes(preview), "changes.md"
                )
            case "text":
                preview = await editing.get_preview(number, server)
                await acknowledge(interaction, ephemeral=True, thinking=True)
                text = _("The essay's messages as they will be after the edit.")
                await answer_with_file(
                    interaction, text, edit_summary.join_messages(preview), "essay.md"
                )
            case "cancel":
                preview = await editing.get_preview(number, server)
                await update(interaction, self.make_discard_view(preview))
            case "back":
                # Whether the edit is still there; otherwise the question would stay.
                await editing.get_preview(number, server)
                await acknowledge(interaction)
                await self.show(interaction, number)
            case "delete":
                await editing.discard_edit(number, server)
                text = _("The new text is discarded. The essay stays as it is.")
                await update(interaction, make_text_view(text))

    async def handle_corrections_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Apply the corrections to the edit, and show it again."""
        await self.services.editing.correct_edit(
            entered.number, get_server_id(interaction), read_corrections_form(entered)
        )
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def handle_authors_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Set the edit's authors and cover, and show it again."""
        preview = await self.services.editing.get_preview(
            entered.number, get_server_id(interaction)
        )
        chosen = read_authors_form(entered, preview.edit.revision.essay, preview.authors)
        await self.services.editing.choose_authors_and_cover(preview, chosen.authors, chosen.cover)
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def _apply(self, interaction: discord.Interaction[Any], edit_id: int) -> None:
        """Apply an edit, and show the progress in the answer."""
        editing, server = self.services.editing, get_server_id(interaction)
        # Planned before it is acknowledged: what was acknowledged is carried out.
        preview, revision = await editing.apply(edit_id, server, get_actor(interaction))
        await acknowledge(interaction)
        name = escape_title(preview.edit.revision.essay.title)
        progress = await show_progress(
            self.services,
            interaction,
            lambda: editing.get_progress(preview.posted.discussion_id),
            lambda current: wording.describe_edit_progress(name, revision, current),
        )
        text = wording.describe_edit_progress(name, revision, progress)
        if progress.failed:
            await show(interaction, self.make_stopped_view(preview.posted.discussion_id, text))
        else:
            await show(interaction, make_text_view(text))


class EditCommand(commands.Cog):
    """``/essay edit``, part of the cog ``Essays``."""

    services: Services
    edits: EditPanel
    drafts: DraftPanel

    @app_commands.command(description=gettext_noop("Replace the text of an essay or a draft."))
    @app_commands.describe(
        essay=gettext_noop("The essay, by title or number"),
        file=gettext_noop("The new text as a file: text, Markdown, HTML, Word, PDF or EPUB"),
        url=gettext_noop("Or a link to it. Without a file or link, a form opens."),
        chapter=gettext_noop("EPUB: a chapter's number. Default: the whole book"),
    )
    async def edit(
        self,
        interaction: discord.Interaction,
        essay: str,
        file: discord.Attachment | None = None,
        url: str | None = None,
        chapter: app_commands.Range[int, 1, 9999] | None = None,
    ) -> None:
        """Show what a new text changes, or the form for it."""
        with self.services.active_work.track():
            server = get_server_id(interaction)
            chosen = await self.services.database.read(lambda tx: choose_essay(tx, server, essay))
            url = (url or "").strip() or None
            if file is not None and url:
                raise UserError(_("Give either a file or a link, not both."))
            preview = await self.drafts.find_draft(chosen.id, server)
            if preview is not None:
                await self.drafts.edit_text(
                    interaction, preview, file=file, page_url=url, chapter=chapter
                )
                return
            posted = await self.services.editing.get_editable(chosen.id, server)
            if file is None and url is None:
                await show_form(
                    interaction,
                    "revision",
                    posted.discussion_id,
                    "" if chapter is None else chapter,
                    title=_("Replace the text"),
                    fields=make_submission_fields(
                        get_form_text(posted.source, posted.source_name),
                        _get_given_title(posted),
                        posted.closing,
                    ),
                )
                return
            submission = make_submission(
                interaction,
                posted.place_id,
                file=file,
                page_url=url,
                essay_id=posted.discussion_id,
                chapter=chapter,
            )
            await self.edits.submit(interaction, submission)

    @edit.autocomplete("essay")
    async def _complete_essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_essay(self.services, get_server_id(interaction), typed)


def _get_given_title(posted: PostedEssay) -> str | None:
    """The title that an admin gave; None if it is the text's own."""
    essay = essay_from_json(json.loads(posted.essay))
    own = essay.extracted is not None and "title" not in list_corrected_facts(essay)
    return None if own else essay.title
