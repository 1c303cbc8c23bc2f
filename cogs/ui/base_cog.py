"""Base class of cogs whose commands write, and the server a command is used in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord.ext import commands

from bot.core.text.coded_text import CodedText
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UserError
from bot.services import Services
from cogs.ui.responses import answer
from storage.db.writer import Transaction
from storage.servers import settings
from storage.servers.audit_log import record_action

__all__ = ["WritingCog", "get_server", "get_server_id"]

_ONLY_IN_A_SERVER = gettext_noop("This works only in a server.")

#: The changes of a command, and the text of its answer.
Work = Callable[[Transaction], Awaitable[str]]


class WritingCog(commands.Cog):
    """A cog whose commands make changes in one transaction and answer with a text."""

    services: Services

    async def write_and_answer(self, interaction: discord.Interaction, work: Work) -> None:
        """Do ``work`` in one transaction, in which the server is registered, and send its text."""
        server, now_ms = get_server(interaction), self.services.clock.now_ms()

        async def register_and_work(tx: Transaction) -> str:
            await settings.register_server(tx, server.id, server.name, now_ms)
            return await work(tx)

        with self.services.active_work.track():
            text = await self.services.database.write(register_and_work)
            self.services.scheduler.wake()
            await answer(interaction, text)

    async def record_action(
        self,
        tx: Transaction,
        interaction: discord.Interaction,
        discussion_id: int | None,
        what: CodedText,
    ) -> None:
        """Write what an admin did to the audit log."""
        await record_action(
            tx,
            server_id=get_server(interaction).id,
            discussion_id=discussion_id,
            member_id=interaction.user.id,
            member_name=interaction.user.display_name,
            action=what,
            now_ms=self.services.clock.now_ms(),
        )


def get_server_id(interaction: discord.Interaction[Any]) -> int:
    """The id of the server an interaction came from."""
    if interaction.guild_id is None:
        raise UserError(_(_ONLY_IN_A_SERVER))
    return interaction.guild_id


def get_server(interaction: discord.Interaction) -> discord.Guild:
    """The server an interaction came from."""
    if interaction.guild is None:
        raise UserError(_(_ONLY_IN_A_SERVER))
    return interaction.guild
