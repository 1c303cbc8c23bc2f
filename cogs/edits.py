"""A new revision of an essay as an admin sees it: what it changes, and the buttons to decide.

The buttons carry a number and nothing else, so that they work after a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.discussion.card import opening_card
from bot.discussion.measure import utf16_units
from bot.editing import Shown
from bot.errors import Refused
from bot.services import Services
from bot.speaking import acknowledge, answer_with_file, show, speak
from cogs import edit_words, essay_words, prompt_choices
from cogs.answers import server_id
from cogs.drafts import actor, card_view, text_view
from cogs.forms import Entered, show_form
from cogs.handing_in import TEXT_LIMIT, form_fields, handed_in, hold_size
from storage import prompt_lists
from storage.discussions import Listed
from storage.laying import Stand
from storage.progress import Progress
from storage.submissions import Submission

__all__ = ["EditCommand", "EditDesk"]

#: Seconds between two looks at how far an edit has come, and for which it is shown; see
#: cogs.drafts.
_LOOK_EVERY, _SHOWN_FOR = 2.0, 14 * 60

_BUTTONS = (
    ("apply", "Apply", discord.ButtonStyle.success),
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
        self.button = _button_class(self)

    def view(self, shown: Shown, told: str) -> ui.LayoutView:
        """An edit: the new card, what is told of the changes, and its buttons."""
        essay = shown.edit.revision.essay
        view = card_view(
            f"-# A new text of essay {shown.stand.discussion_id}, seen by you alone. Nothing "
            "changes before you apply it. This will be its card:",
            opening_card(essay),
        )
        view.add_item(ui.TextDisplay(told))
        row: ui.ActionRow[Any] = ui.ActionRow()
        for what, label, style in _BUTTONS:
            row.add_item(self.button(what, shown.edit.id, label, style))
        view.add_item(row)
        return view

    async def show(self, interaction: discord.Interaction[Any], edit_id: int) -> None:
        """Put an edit in the place of the answer that was promised."""
        shown = await self.services.editing.shown(edit_id, server_id(interaction))
        # Two long texts are compared for a second, in which everything else goes on.
        told = await asyncio.to_thread(edit_words.told, shown)
        await show(interaction, self.view(shown, told))

    async def unchanged(self, interaction: discord.Interaction[Any]) -> None:
        """Say that the text handed in is the one that stands."""
        await show(
            interaction, text_view("Nothing changes: the essay stands just like this already.")
        )

    def stopped(self, discussion_id: int, told: str) -> ui.LayoutView:
        """An edit that Discord refused to go on with, and what can be done."""
        view = text_view(told)
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(self.button("again", discussion_id, "Go on", discord.ButtonStyle.success))
        view.add_item(row)
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
        name = essay_words.title(essay.title)
        lines = [told, essay_words.edit_progress(name, essay.revision, progress)]
        view = text_view("\n".join(lines))
        if progress.failed:
            view = self.stopped(essay.id, "\n".join(lines))
        await interaction.response.send_message(view=view, ephemeral=True)
        return True

    async def hand_in(self, interaction: discord.Interaction[Any], submission: Submission) -> None:
        """Keep a new text, acknowledge it, show what it changes."""
        await self.services.publishing.receive(submission)
        await acknowledge(interaction, ephemeral=True, thinking=True)
        edit_id = await self.services.editing.hand_in(submission)
        if edit_id is None:
            await self.unchanged(interaction)
        else:
            await self.show(interaction, edit_id)

    async def take(self, interaction: discord.Interaction[Any], entered: Entered) -> None:
        """Hand in what was uploaded or pasted in the form."""
        stand = await self.services.editing.may_edit(entered.number)
        file = handed_in(entered, _text_of(stand))
        await self.hand_in(
            interaction,
            _submission(
                interaction,
                stand,
                file_name=None if file is None else file.filename,
                file_address=None if file is None else file.url,
                text=entered.texts["text"] if file is None else None,
                title=entered.texts["title"],
                question=entered.texts["question"],
            ),
        )

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
            case "changes":
                shown = await editing.shown(number, server)
                await acknowledge(interaction, ephemeral=True, thinking=True)
                told = "What goes is ~~struck through~~, what comes is **bold**."
                await answer_with_file(
                    interaction, told, edit_words.all_changes(shown), "changes.md"
                )
            case "text":
                shown = await editing.shown(number, server)
                await acknowledge(interaction, ephemeral=True, thinking=True)
                told = "The essay as it will read."
                await answer_with_file(interaction, told, edit_words.whole_text(shown), "essay.md")
            case "cancel":
                await editing.discard(number, server)
                await interaction.response.edit_message(
                    view=text_view("The new text is discarded; the essay stays as it is.")
                )

    async def _apply(self, interaction: discord.Interaction[Any], edit_id: int) -> None:
        """Apply an edit, and show in its place how far it has come."""
        editing, server = self.services.editing, server_id(interaction)
        # Begun before it is acknowledged: what was acknowledged is carried out.
        shown, revision = await editing.apply(edit_id, server, actor(interaction))
        await acknowledge(interaction)
        name = essay_words.title(shown.edit.revision.essay.title)
        loop = asyncio.get_running_loop()
        until, before = loop.time() + _SHOWN_FOR, ""
        while True:
            progress = await self._progress(shown.stand.discussion_id)
            if progress.failed or progress.sent == progress.total or loop.time() > until:
                break
            text = essay_words.edit_progress(name, revision, progress)
            if text != before:
                await show(interaction, text_view(text))
                before = text
        text = essay_words.edit_progress(name, revision, progress)
        if progress.failed:
            await show(interaction, self.stopped(shown.stand.discussion_id, text))
        else:
            await show(interaction, text_view(text))

    async def _progress(self, discussion_id: int) -> Progress:
        """How far it has come: at its end, or after a while."""
        services = self.services
        progress = await services.editing.progress(discussion_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                while progress.sent < progress.total and not progress.failed:
                    with services.busy.waiting():
                        await services.outbox.changed()
                    progress = await services.editing.progress(discussion_id)
        return progress


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
        with self.services.busy.working():
            server = server_id(interaction)
            chosen = await self.services.database.read(
                lambda tx: prompt_lists.choose_essay(tx, server, essay)
            )
            stand = await self.services.editing.may_edit(chosen.id)
            if file is not None and address:
                raise Refused("Both a file and an address were given; which is the new text?")
            if address:
                submission = _submission(interaction, stand, page_address=address.strip())
                await self.edits.hand_in(interaction, submission)
                return
            if file is None:
                await show_form(
                    interaction,
                    "revision",
                    stand.discussion_id,
                    title="A new text",
                    fields=form_fields(_text_of(stand)),
                )
                return
            hold_size(file.filename, file.size)
            submission = _submission(
                interaction, stand, file_name=file.filename, file_address=file.url
            )
            await self.edits.hand_in(interaction, submission)

    @edit.autocomplete("essay")
    async def _published(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await prompt_choices.essays(self.services, server_id(interaction), typed)


def _text_of(stand: Stand) -> str | None:
    """The text as it was pasted or uploaded, where a form can show it; None where it cannot."""
    name = stand.source_name
    if len(stand.source) > 4 * TEXT_LIMIT or (name and not name.lower().endswith(".md")):
        return None
    try:
        text = stand.source.decode()
    except UnicodeDecodeError:
        return None
    return text if 0 < utf16_units(text) <= TEXT_LIMIT and "\0" not in text else None


def _submission(
    interaction: discord.Interaction[Any],
    stand: Stand,
    *,
    file_name: str | None = None,
    file_address: str | None = None,
    page_address: str | None = None,
    text: str | None = None,
    title: str | None = None,
    question: str | None = None,
) -> Submission:
    assert interaction.guild is not None
    return Submission(
        id=interaction.id,
        server_id=interaction.guild.id,
        server_name=interaction.guild.name,
        channel_id=stand.place,
        member_id=interaction.user.id,
        member_name=interaction.user.display_name,
        file_name=file_name,
        file_address=file_address,
        page_address=page_address,
        text=text,
        title=title,
        question=question,
        essay_id=stand.discussion_id,
    )


def _button_class(desk: EditDesk) -> type[_EditButton]:
    class Bound(_EditButton, template=_CUSTOM_ID):
        @property
        def desk(self) -> EditDesk:
            return desk

    return Bound


_CUSTOM_ID = re.compile(r"salon:edit:(?P<what>[a-z]+):(?P<id>[0-9]+)")


class _EditButton(ui.DynamicItem[ui.Button[Any]], template=_CUSTOM_ID):
    """A button below an edit; what it does and to which stands in its id."""

    def __init__(self, what: str, number: int, label: str, style: discord.ButtonStyle) -> None:
        super().__init__(
            ui.Button(label=label, style=style, custom_id=f"salon:edit:{what}:{number}")
        )
        self.what = what
        self.number = number

    @property
    def desk(self) -> EditDesk:
        """Whose button it is."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> _EditButton:
        """The button that was pressed, perhaps one that was shown before a restart."""
        del interaction
        assert isinstance(item, ui.Button)
        return cls(match["what"], int(match["id"]), item.label or "", item.style)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says; what goes wrong is spoken of, not only logged."""
        with self.desk.services.busy.working():
            try:
                await self.desk.pressed(interaction, self.what, self.number)
            except Exception as error:  # noqa: BLE001 - handed to the one place of errors
                await speak(interaction, error)
