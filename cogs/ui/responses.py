"""What commands share: whose server it is, an answer that only the asker sees, one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord.ext import commands

from bot.clock import to_milliseconds
from bot.core import limits
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.services import Services
from cogs.ui.choose import choose_essay
from storage.db.writer import Transaction
from storage.prompts.queries import EssayChoice
from storage.servers import settings
from storage.servers.audit_log import record_act

__all__ = ["WritingCog", "answer", "choose_optional_essay", "get_server", "get_server_id"]

_ONLY_IN_A_SERVER = "This works in a server only."

Work = Callable[[Transaction], Awaitable[str]]


class WritingCog(commands.Cog):
    """Does the work of a command and answers with its text."""

    services: Services

    async def write_and_answer(self, interaction: discord.Interaction, work: Work) -> None:
        """Do ``work`` in one transaction, on behalf of a server that is known, and say its text."""
        server, now_ms = get_server(interaction), self.services.clock.now_ms()

        async def known(tx: Transaction) -> str:
            await settings.register(tx, server.id, server.name, now_ms)
            return await work(tx)

        with self.services.active_work.track():
            text = await self.services.database.write(known)
            self.services.scheduler.wake()
            await answer(interaction, text)

    async def record_act(
        self,
        tx: Transaction,
        interaction: discord.Interaction,
        discussion_id: int | None,
        what: str,
    ) -> None:
        await record_act(
            tx,
            server_id=get_server(interaction).id,
            discussion_id=discussion_id,
            member_id=interaction.user.id,
            member_name=interaction.user.display_name,
            what=what,
            now_ms=to_milliseconds(self.services.clock.now()),
        )


async def answer(interaction: discord.Interaction, text: str) -> None:
    """Answer with a text that only the asker sees, truncated to the length of a message."""
    content = truncate(text, limits.MESSAGE_CONTENT)
    await interaction.response.send_message(content, ephemeral=True, suppress_embeds=True)


async def choose_optional_essay(
    tx: Transaction, server_id: int, essay: str | None
) -> EssayChoice | None:
    return None if essay is None else await choose_essay(tx, server_id, essay)


def get_server_id(interaction: discord.Interaction[Any]) -> int:
    """The id of the server an interaction came from."""
    if interaction.guild_id is None:
        raise UserError(_ONLY_IN_A_SERVER)
    return interaction.guild_id


def get_server(interaction: discord.Interaction) -> discord.Guild:
    """The server an interaction came from."""
    if interaction.guild is None:
        raise UserError(_ONLY_IN_A_SERVER)
    return interaction.guild
