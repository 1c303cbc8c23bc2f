"""``/privacy``: what is kept of a member, shown to that member alone, and erased if they want."""

from __future__ import annotations

import json
import logging
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.patience import PASSING
from bot.services import Services
from bot.speaking import acknowledge, answer_with_file, speak
from storage import privacy
from storage.writer import Transaction

__all__ = ["Privacy"]

_log = logging.getLogger(__name__)

#: Seconds for which the question stands; an interaction's token lasts 15 minutes (docs: Receiving
#: and Responding › Followup Messages).
_ASKED_FOR = 840.0
_FILE = "my-data.json"
_QUESTION = (
    "Everything you said in this server's discussions is erased from the archive: text, files, "
    "reactions, your name. Empty places stay, so that the talk around them holds together. Your "
    "messages in Discord are yours to delete. This cannot be taken back."
)


@app_commands.guild_only()
class Privacy(
    commands.GroupCog, group_name="privacy", group_description="See and erase what is kept of you."
):
    """The commands that any member may use about themselves."""

    def __init__(self, services: Services) -> None:
        self._services = services
        super().__init__()

    @app_commands.command(name="my-data", description="Get all that is kept of you, as a file.")
    async def my_data(self, interaction: discord.Interaction) -> None:
        """Answer with a file that only they see."""
        assert interaction.guild_id is not None
        server_id, member_id = interaction.guild_id, interaction.user.id
        with self._services.busy.working():
            await acknowledge(interaction, ephemeral=True, thinking=True)
            found = await self._services.database.read(
                lambda tx: privacy.kept_of(tx, server_id, member_id)
            )
            data = json.dumps(found, ensure_ascii=False, indent=2)
            told = f"This is all that is kept of you here: {len(found['replies'])} replies."
            await answer_with_file(interaction, told, data, _FILE)

    @app_commands.command(name="forget-me", description="Erase what you said from the archive.")
    async def forget_me(self, interaction: discord.Interaction) -> None:
        """Ask first."""
        await interaction.response.send_message(
            _QUESTION, view=_Question(self._services), ephemeral=True
        )


class _Question(discord.ui.View):
    """Whether to erase, and whether to keep out from now on."""

    def __init__(self, services: Services) -> None:
        super().__init__(timeout=_ASKED_FOR)
        self._services = services

    @discord.ui.button(label="Erase", style=discord.ButtonStyle.danger)
    async def erase(
        self, interaction: discord.Interaction, _: discord.ui.Button[_Question]
    ) -> None:
        """Erase what there is."""
        await self._forget(interaction, keep_out=False)

    @discord.ui.button(label="Erase, and keep me out", style=discord.ButtonStyle.danger)
    async def erase_for_good(
        self, interaction: discord.Interaction, _: discord.ui.Button[_Question]
    ) -> None:
        """Erase what there is and what will come."""
        await self._forget(interaction, keep_out=True)

    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item[Any], /
    ) -> None:
        """Hand the error to the one place where errors are spoken."""
        del item
        await speak(interaction, error)

    async def _forget(self, interaction: discord.Interaction, *, keep_out: bool) -> None:
        assert interaction.guild_id is not None
        server_id, member_id = interaction.guild_id, interaction.user.id
        now_ms = self._services.clock.now_ms()

        async def forget(tx: Transaction) -> list[int]:
            if keep_out:
                await privacy.keep_out(tx, server_id, member_id, now_ms)
            return await privacy.forget(tx, server_id, member_id, now_ms)

        with self._services.busy.working():
            threads = await self._services.database.write(forget)
            told = "What you said is erased."
            if keep_out:
                told += " What you say from now on is not kept."
            await interaction.response.edit_message(content=told, view=None)
            await self._rename(interaction.client, threads)

    async def _rename(self, client: discord.Client, threads: list[int]) -> None:
        """Threads named after what was said are called otherwise, where Discord lets the bot."""
        for thread_id in threads:
            try:
                await client.http.edit_channel(thread_id, name=privacy.THREAD_NAME)
            except discord.HTTPException as error:
                _log.warning("Thread %d keeps its name in Discord: %s", thread_id, error.text)
            except PASSING as error:
                _log.warning("Thread %d keeps its name (%s).", thread_id, type(error).__name__)
