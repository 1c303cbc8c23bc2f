"""A new revision of an essay as an admin sees it: what it changes, and the buttons to decide.

The buttons carry a number and nothing else, so that they work after a restart.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.core import limits
from bot.core.essay.serialize import essay_from_json
from bot.core.extraction.corrections import list_corrected_facts
from bot.core.layout.card import render_card
from bot.core.text.length import count_utf16_units
from bot.errors import UserError
from bot.publishing.edit import Shown
from bot.services import Services
from cogs.essays import edit_text
from cogs.essays import text as text_module
from cogs.essays.corrections import correction_fields, entered_corrections
from cogs.essays.submission import entered_submission, form_fields, submission
from cogs.ui.autocomplete import complete_essay
from cogs.ui.buttons import Label, button_class, row_of
from cogs.ui.choose import choose_essay
from cogs.ui.errors import acknowledge, answer_with_file, show
from cogs.ui.forms import Entered, show_form
from cogs.ui.progress import watch
from cogs.ui.responses import server_id
from cogs.ui.views import actor, card_view, text_view
from storage.essays.apply_revision import Stand
from storage.essays.discussions import Listed
from storage.essays.submissions import Submission

__all__ = ["EditCommand", "EditDesk"]

_BUTTONS: tuple[Label, ...] = (
    ("apply", "Apply", discord.ButtonStyle.success),
    ("edit", "Edit …", discord.ButtonStyle.secondary),
    ("changes", "All changes", discord.ButtonStyle.secondary),
    ("text", "Whole text", discord.ButtonStyle.secondary),
    ("cancel", "Cancel", discord.ButtonStyle.danger),
)


class EditDesk:
    """Shows edits, and does what their buttons say.

    ``button`` is the kind of button they have; the client has to know it, so that a button that
    was shown before a restart still works.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.button = button_class("edit", services, self.pressed)

    def view(self, shown: Shown, told: str) -> ui.LayoutView:
        """An edit: the new card, what is told of the changes, and its buttons."""
        essay = shown.edit.revision.essay
        view = card_view(
            f"-# A new text of essay {shown.stand.discussion_id}, seen by you alone. Nothing "
            "changes before you apply it. This will be its card:",
            render_card(essay),
        )
        view.add_item(ui.TextDisplay(told))
        view.add_item(row_of(self.button, shown.edit.id, _BUTTONS))
        return view

    async def show(self, interaction: discord.Interaction[Any], edit_id: int) -> None:
        """Put an edit in the place of the answer that was promised."""
        shown = await self.services.editing.shown(edit_id, server_id(interaction))
        # Two long texts are compared for a second, in which everything else goes on.
        told = await asyncio.to_thread(edit_text.told, shown)
        await show(interaction, self.view(shown, told))

    async def unchanged(self, interaction: discord.Interaction[Any]) -> None:
        """Say that the text handed in is the one that stands."""
        await show(
            interaction, text_view("Nothing changes: the essay stands just like this already.")
        )

    def stopped(self, discussion_id: int, told: str) -> ui.LayoutView:
        """An edit that Discord refused to go on with, and what can be done."""
        view = text_view(told)
        go_on = ("again", "Go on", discord.ButtonStyle.success)
        view.add_item(row_of(self.button, discussion_id, [go_on]))
        return view

    async def show_waiting(
        self, interaction: discord.Interaction[Any], essay: Listed, told: str
    ) -> bool:
        """Answer with what waits for a decision about a published essay, if anything does."""
        editing = self.services.editing
        edit_id = await editing.waiting(essay.id)
        if edit_id is not None:
            await acknowledge(interaction, ephemeral=True, thinking=True)
            await self.show(interaction, edit_id)
            return True
        progress = await editing.progress(essay.id)
        if progress.sent == progress.total or essay.state not in ("open", "closed"):
            return False
        name = text_module.title(essay.title)
        lines = [told, text_module.edit_progress(name, essay.revision, progress)]
        view = text_view("\n".join(lines))
        if progress.failed:
            view = self.stopped(essay.id, "\n".join(lines))
        await interaction.response.send_message(view=view, ephemeral=True)
        return True

    async def hand_in(self, interaction: discord.Interaction[Any], handed: Submission) -> None:
        """Keep a new text, acknowledge it, show what it changes."""
        await self.services.publishing.receive(handed)
        await acknowledge(interaction, ephemeral=True, thinking=True)
        edit_id = await self.services.editing.hand_in(handed)
        if edit_id is None:
            await self.unchanged(interaction)
        else:
            await self.show(interaction, edit_id)

    async def take(self, interaction: discord.Interaction[Any], entered: Entered) -> None:
        """Hand in what was uploaded or pasted in the form."""
        stand = await self.services.editing.may_edit(entered.number)
        handed = entered_submission(
            interaction,
            stand.place,
            entered,
            before=_text_of(stand),
            essay_id=stand.discussion_id,
        )
        await self.hand_in(interaction, handed)

    async def pressed(self, interaction: discord.Interaction[Any], what: str, number: int) -> None:
        """Do what a button says."""
        editing, server = self.services.editing, server_id(interaction)
        if what == "again":
            await editing.may_edit(number)
            await self.services.publishing.preview(number, server)
            await editing.go_on(number)
            await interaction.response.edit_message(
                view=text_view("It goes on; `/essay show` tells how far it is.")
            )
            return
        match what:
            case "apply":
                await self._apply(interaction, number)
            case "edit":
                edit = (await editing.shown(number, server)).edit
                await show_form(
                    interaction,
                    "correction",
                    edit.id,
                    title="What was found in the new text",
                    fields=correction_fields(edit.revision.essay, edit.revision.closing),
                )
            case "changes":
                shown = await editing.shown(number, server)
                await acknowledge(interaction, ephemeral=True, thinking=True)
                told = "What goes is ~~struck through~~, what comes is **bold**."
                await answer_with_file(
                    interaction, told, edit_text.all_changes(shown), "changes.md"
                )
            case "text":
                shown = await editing.shown(number, server)
                await acknowledge(interaction, ephemeral=True, thinking=True)
                told = "The essay as it will read."
                await answer_with_file(interaction, told, edit_text.whole_text(shown), "essay.md")
            case "cancel":
                await editing.discard(number, server)
                await interaction.response.edit_message(
                    view=text_view("The new text is discarded; the essay stays as it is.")
                )

    async def take_corrections(
        self, interaction: discord.Interaction[Any], entered: Entered
    ) -> None:
        """Put what was corrected in the form into the edit, and show that anew."""
        await self.services.editing.correct(
            entered.number, server_id(interaction), entered_corrections(entered)
        )
        await acknowledge(interaction)
        await self.show(interaction, entered.number)

    async def _apply(self, interaction: discord.Interaction[Any], edit_id: int) -> None:
        """Apply an edit, and show in its place how far it has come."""
        editing, server = self.services.editing, server_id(interaction)
        # Begun before it is acknowledged: what was acknowledged is carried out.
        shown, revision = await editing.apply(edit_id, server, actor(interaction))
        await acknowledge(interaction)
        name = text_module.title(shown.edit.revision.essay.title)
        progress = await watch(
            self.services,
            interaction,
            lambda: editing.progress(shown.stand.discussion_id),
            lambda far: text_module.edit_progress(name, revision, far),
        )
        text = text_module.edit_progress(name, revision, progress)
        if progress.failed:
            await show(interaction, self.stopped(shown.stand.discussion_id, text))
        else:
            await show(interaction, text_view(text))


class EditCommand(commands.Cog):
    """``/essay edit``, one of the commands of the group."""

    services: Services
    edits: EditDesk

    @app_commands.command(description="Put a new text in the place of a published essay's.")
    @app_commands.describe(
        essay="The essay",
        file="The new text as a file: text, Markdown, HTML or Word",
        address="Or where it stands on the web; without either a form opens",
    )
    async def edit(
        self,
        interaction: discord.Interaction,
        essay: str,
        file: discord.Attachment | None = None,
        address: str | None = None,
    ) -> None:
        """Show what a new text changes, or the form to hand it in."""
        with self.services.active_work.track():
            server = server_id(interaction)
            chosen = await self.services.database.read(lambda tx: choose_essay(tx, server, essay))
            stand = await self.services.editing.may_edit(chosen.id)
            address = (address or "").strip() or None
            if file is not None and address:
                raise UserError("Both a file and an address were given; which is the new text?")
            if file is None and address is None:
                await show_form(
                    interaction,
                    "revision",
                    stand.discussion_id,
                    title="A new text",
                    fields=form_fields(_text_of(stand), _title_of(stand), stand.closing),
                )
                return
            handed = submission(
                interaction,
                stand.place,
                file=file,
                page_url=address,
                essay_id=stand.discussion_id,
            )
            await self.edits.hand_in(interaction, handed)

    @edit.autocomplete("essay")
    async def _published(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await complete_essay(self.services, server_id(interaction), typed)


def _title_of(stand: Stand) -> str | None:
    """The title that an admin gave; None where it is the text's own."""
    essay = essay_from_json(json.loads(stand.essay))
    own = essay.extracted is not None and "title" not in list_corrected_facts(essay)
    return None if own else essay.title


def _text_of(stand: Stand) -> str | None:
    """The text as it was pasted or uploaded, where a form can show it; None where it cannot."""
    name = stand.source_name
    if len(stand.source) > 4 * limits.FIELD_TEXT or (name and not name.lower().endswith(".md")):
        return None
    try:
        text = stand.source.decode()
    except UnicodeDecodeError:
        return None
    return text if 0 < count_utf16_units(text) <= limits.FIELD_TEXT and "\0" not in text else None
