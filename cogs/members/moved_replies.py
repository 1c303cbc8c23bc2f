"""Message commands with which the author of a moved reply edits or deletes it.

To Discord the copy is the webhook's message, so its author can't edit or delete it.

Two message commands (docs: Application Commands › Message Commands): *Delete my reply* and
*Edit my reply*.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.core import limits
from bot.core.conversation.answers import MAX_ANSWER
from bot.core.text.length import count_utf16_units
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UserError
from bot.ingest.moved_replies import delete_moved_reply, edit_moved_reply
from bot.services import Services
from cogs.ui.base_cog import get_server_id
from cogs.ui.forms import SubmittedForm, make_text_field, show_form
from cogs.ui.responses import answer
from cogs.ui.salon_bot import SalonBot
from storage.db.writer import Transaction
from storage.replies import reply_copies
from storage.replies.reply_copies import Copy

__all__ = ["MovedReplies"]

_NO_COPY = gettext_noop(
    "This works only for replies that I moved into a thread. You can edit and delete your other "
    "messages yourself."
)
_DELETED = gettext_noop("This reply has been deleted.")


class MovedReplies(commands.Cog):
    """The message commands, for the authors of moved replies."""

    def __init__(self, services: Services) -> None:
        self._services = services
        delete = app_commands.ContextMenu(
            name=gettext_noop("Delete my reply"), callback=self.delete_reply
        )
        edit = app_commands.ContextMenu(
            name=gettext_noop("Edit my reply"), callback=self.edit_reply
        )
        self.menus = (delete, edit)
        for menu in self.menus:
            menu.guild_only = True

    async def delete_reply(
        self, interaction: discord.Interaction, message: discord.Message
    ) -> None:
        """Erase the reply and delete its copy; for its author and those who manage messages."""
        now_ms, server = self._services.clock.now_ms(), get_server_id(interaction)
        manages = interaction.permissions.manage_messages

        async def delete(tx: Transaction) -> None:
            copy = _check_copy(await reply_copies.find_copy(tx, server, message.id))
            if copy.author_id != interaction.user.id and not manages:
                raise UserError(
                    _(
                        "Only {name} and people who can manage messages here can delete this "
                        "reply.",
                        name=discord.utils.escape_markdown(copy.author_name),
                    )
                )
            await delete_moved_reply(tx, copy.reply_id, now_ms)

        with self._services.active_work.track():
            await self._services.database.write(delete)
            self._services.scheduler.wake()
            await answer(interaction, _("The reply is deleted, here and in the archive."))

    async def edit_reply(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Show its author a form with the reply's text."""
        with self._services.active_work.track():
            copy = await self._find_own_copy(interaction, message.id)
            field = make_text_field(
                "text",
                _("Your reply"),
                copy.text,
                most=MAX_ANSWER if copy.is_answer else limits.MESSAGE_CONTENT,
                required=not copy.files,
                long=True,
            )
            await show_form(
                interaction, "copy", message.id, title=_("Edit your reply"), fields=[field]
            )

    async def handle_edit_form(
        self, interaction: discord.Interaction[Any], entered: SubmittedForm
    ) -> None:
        """Save the edited text, and plan the edit of the copy."""
        copy = await self._find_own_copy(interaction, entered.number)
        now_ms, text = self._services.clock.now_ms(), entered.texts["text"].strip()
        if not text and not copy.files:
            raise UserError(_("A reply can't be empty. To remove it, use *Delete my reply*."))
        if copy.is_answer and count_utf16_units(text) > MAX_ANSWER:
            raise UserError(
                _(
                    "An answer can have at most {count} characters. Emoji count as two or more.",
                    count=MAX_ANSWER,
                )
            )
        if not await self._services.database.write(
            lambda tx: edit_moved_reply(tx, copy, text, now_ms)
        ):
            raise UserError(_(_DELETED))
        self._services.scheduler.wake()
        await answer(interaction, _("Your reply is edited."))

    async def _find_own_copy(self, interaction: discord.Interaction[Any], message_id: int) -> Copy:
        server = get_server_id(interaction)
        found = await self._services.database.read(
            lambda tx: reply_copies.find_copy(tx, server, message_id)
        )
        copy = _check_copy(found)
        if copy.author_id != interaction.user.id:
            name = discord.utils.escape_markdown(copy.author_name)
            raise UserError(_("Only {name} can edit this reply.", name=name))
        return copy


def _check_copy(copy: Copy | None) -> Copy:
    if copy is None:
        raise UserError(_(_NO_COPY))
    if copy.deleted:
        raise UserError(_(_DELETED))
    return copy


async def setup(bot: SalonBot) -> None:
    """Add the cog, its message commands and its form."""
    cog = MovedReplies(bot.services)
    await bot.add_cog(cog)
    for menu in cog.menus:
        bot.tree.add_command(menu)
    bot.forms.register("copy", "Edit my reply", cog.handle_edit_form)
