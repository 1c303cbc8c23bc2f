"""What the author of a moved reply can do with its copy, which Discord takes for the webhook's.

Two message commands (docs: Application Commands › Message Commands): *Take away* and *Correct*.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.core import limits
from bot.errors import UserError
from bot.ingest.moved_replies import edit_moved_reply
from bot.services import Services
from cogs.ui.bot import SalonBot
from cogs.ui.forms import Entered, show_form, text_field
from cogs.ui.responses import answer, server_id
from storage.db.writer import Transaction
from storage.replies import reply_copies
from storage.replies.reply_copies import Copy

__all__ = ["Copies"]

_NO_COPY = (
    "This is for replies that I moved into their thread. Your other messages you can edit and "
    "delete yourself."
)
_TAKEN_AWAY = "This reply has been taken away."


class Copies(commands.Cog):
    """Takes copies away and corrects them, for their authors."""

    def __init__(self, services: Services) -> None:
        self._services = services
        take_away = app_commands.ContextMenu(name="Take away", callback=self.take_away)
        correct = app_commands.ContextMenu(name="Correct", callback=self.correct)
        self.menus = (take_away, correct)
        for menu in self.menus:
            menu.guild_only = True

    async def take_away(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Erase the reply and delete its copy; its author may, and who manages messages."""
        now_ms, server = self._services.clock.now_ms(), server_id(interaction)
        manages = interaction.permissions.manage_messages

        async def take(tx: Transaction) -> None:
            copy = _held(await reply_copies.find_copy(tx, server, message.id))
            if copy.author_id != interaction.user.id and not manages:
                raise UserError(
                    f"Only {discord.utils.escape_markdown(copy.author_name)} and those who "
                    "manage messages here may take this reply away."
                )
            await reply_copies.delete_copy(tx, copy, now_ms)

        with self._services.active_work.track():
            await self._services.database.write(take)
            self._services.sweep.wake()
            await answer(interaction, "It is taken away, and erased from the archive.")

    async def correct(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Show its author what the reply says, to be corrected."""
        with self._services.active_work.track():
            copy = await self._own(interaction, message.id)
            field = text_field(
                "text",
                "Your reply",
                copy.text,
                most=limits.MESSAGE_CONTENT,
                required=not copy.files,
                long=True,
            )
            await show_form(
                interaction, "copy", message.id, title="Correct your reply", fields=[field]
            )

    async def take_correction(
        self, interaction: discord.Interaction[Any], entered: Entered
    ) -> None:
        """Put what was entered into the archive, from where it reaches the copy."""
        copy = await self._own(interaction, entered.number)
        now_ms, text = self._services.clock.now_ms(), entered.texts["text"].strip()
        if not text and not copy.files:
            raise UserError("A reply needs words. To remove it, use *Take away*.")
        if not await self._services.database.write(
            lambda tx: edit_moved_reply(tx, copy, text, now_ms)
        ):
            raise UserError(_TAKEN_AWAY)
        self._services.sweep.wake()
        await answer(interaction, "It is corrected.")

    async def _own(self, interaction: discord.Interaction[Any], message_id: int) -> Copy:
        server = server_id(interaction)
        found = await self._services.database.read(
            lambda tx: reply_copies.find_copy(tx, server, message_id)
        )
        copy = _held(found)
        if copy.author_id != interaction.user.id:
            name = discord.utils.escape_markdown(copy.author_name)
            raise UserError(f"Only {name} may correct this reply.")
        return copy


def _held(copy: Copy | None) -> Copy:
    if copy is None:
        raise UserError(_NO_COPY)
    if copy.deleted:
        raise UserError(_TAKEN_AWAY)
    return copy


async def setup(bot: SalonBot) -> None:
    """Add the cog, its message commands and its form."""
    cog = Copies(bot.services)
    await bot.add_cog(cog)
    for menu in cog.menus:
        bot.tree.add_command(menu)
    bot.forms.register("copy", cog.take_correction)
