"""``/book``: a discussion as a file to read, of what the person who asks may read."""

from __future__ import annotations

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.core import limits
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.discord_api.readable_channels import ReadableChannels, ThreadPlaces
from bot.errors import UserError
from bot.library.book import Book, build_book, make_recorder
from bot.library.book_files import BookFormat, make_names, render_volumes
from bot.library.chart_data import describe_own
from bot.services import Services
from cogs.library.readable_discussion import complete_readable_essay, find_named_discussion
from cogs.ui.base_cog import get_server, get_server_id
from cogs.ui.deadline import acknowledge
from cogs.ui.responses import answer, follow_up_with_files
from cogs.ui.salon_bot import SalonBot
from storage.replies.book import BookRows, get_book_rows
from storage.servers import settings as settings_module

__all__ = ["BookCog"]


class BookCog(commands.Cog, name="Book"):
    """The command."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = ThreadPlaces()
        super().__init__()

    @app_commands.command(
        description=gettext_noop("Get an essay and its discussion as a file to read.")
    )
    @app_commands.guild_only()
    @app_commands.rename(form="format")
    @app_commands.describe(
        essay=gettext_noop("The essay; without it, the newest one here"),
        form=gettext_noop("A web page, a book for an e-reader, or Markdown"),
    )
    async def book(
        self,
        interaction: discord.Interaction,
        essay: str | None = None,
        form: BookFormat = "page",
    ) -> None:
        """Answer with the file, or with several where one would be too large for Discord."""
        services, server_id = self._services, get_server_id(interaction)
        with services.active_work.track():
            await self._check_allowed(interaction, server_id)
            await acknowledge(interaction, ephemeral=True, thinking=True)
            readable = ReadableChannels(
                interaction.client, get_server(interaction), interaction.user, self._places
            )
            found = await find_named_discussion(services, interaction, readable, essay)
            rows = await services.database.read(lambda tx: get_book_rows(tx, found))
            channels = {one.channel_id for one in rows.replies}
            may_read = {one for one in channels if await readable.can_read(one)}
            # The thread has the context of this task, and so its language.
            made, files, own = await asyncio.to_thread(
                _render, rows, may_read, form, interaction.user.id
            )
            await self._send(interaction, made, form, files, own)

    async def _check_allowed(self, interaction: discord.Interaction, server_id: int) -> None:
        settings = await self._services.database.read(
            lambda tx: settings_module.get_settings(tx, server_id)
        )
        if settings.books == "admins":
            try:
                await self._services.command_permissions.check(interaction, "essay")
            except UserError as error:
                raise UserError(_("Only admins can make books in this server.")) from error

    async def _send(
        self,
        interaction: discord.Interaction,
        made: Book,
        form: BookFormat,
        files: list[bytes],
        own: str,
    ) -> None:
        if any(len(one) > limits.FILE_BYTES for one in files):
            raise UserError(
                _(
                    "One thread alone is more than Discord takes in one file (10 MiB). Ask whoever "
                    "runs the bot to make the book."
                )
            )
        names = make_names(made, form, len(files))
        text = ngettext(
            "“{title}” with {count} reply.",
            "“{title}” with {count} replies.",
            made.replies,
            title=escape_title(made.essay.title),
        )
        await answer(interaction, f"{text}\n-# {own}" if own else text)
        for name, content in zip(names, files, strict=True):
            await follow_up_with_files(interaction, name, [(name, content)])

    @book.autocomplete("essay")
    async def _complete_essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        readable = ReadableChannels(
            interaction.client, get_server(interaction), interaction.user, self._places
        )
        return await complete_readable_essay(self._services, interaction, readable, typed)


def _render(
    rows: BookRows, may_read: set[int], form: BookFormat, member_id: int
) -> tuple[Book, list[bytes], str]:
    """The book, its files, and what the member has written in it; blocking."""
    recorder = make_recorder(rows)
    made = build_book(rows, may_read.__contains__, recorder)
    return made, render_volumes(made, form), describe_own(recorder.get_own_part(member_id))


async def setup(bot: SalonBot) -> None:
    """Add the cog."""
    await bot.add_cog(BookCog(bot.services))
