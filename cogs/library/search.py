"""``/search``: finds words in a server's discussions, for anybody, in what they may read.

A page is searched again whenever it is shown, so it has nothing that was deleted meanwhile. What is
searched for is kept in memory only, and forgotten when the bot stops.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.core import limits
from bot.core.message_link import make_message_link
from bot.core.text.escape import escape
from bot.core.text.message_quote import find_mentioned
from bot.core.text.past_dates import parse_past_date
from bot.core.text.search_query import parse_search
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.core.text.truncate import truncate
from bot.discord_api.readable_channels import ReadableChannels, ThreadPlaces
from bot.errors import UserError
from bot.library import snippets
from bot.library.search import NEWEST, Cursor, Hit, Page, Search, run_search
from bot.services import Services
from cogs.library.readable_discussion import complete_readable_essay, find_named_discussion
from cogs.ui.base_cog import get_server, get_server_id
from cogs.ui.deadline import acknowledge
from cogs.ui.numbered_buttons import make_button_class
from cogs.ui.responses import answer, update
from cogs.ui.salon_bot import SalonBot
from storage.db.writer import Transaction
from storage.prompts import prompt_context
from storage.servers import settings as settings_module

__all__ = ["SearchCog"]

#: Searches whose further pages can be shown.
_MAX_REMEMBERED = 1000
#: Lengths of snippets, the next one where the page is too long for a message.
_LENGTHS = (snippets.LENGTH, 120, 60, 30)


@dataclass
class _Remembered:
    """A search somebody is reading. ``pages``: where each page begins, up to the shown one."""

    member_id: int
    asked: Search
    entered: str
    pages: list[Cursor] = field(default_factory=lambda: [NEWEST])
    further: Cursor | None = None


class SearchCog(commands.Cog, name="Search"):
    """The command and the buttons below its answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = ThreadPlaces()
        self._remembered: OrderedDict[int, _Remembered] = OrderedDict()
        self.button_class = make_button_class("search", "search", services, self.handle_button)
        super().__init__()

    @app_commands.command(
        description=gettext_noop("Find words in the essays and discussions you may read.")
    )
    @app_commands.guild_only()
    @app_commands.describe(
        words=gettext_noop("Words in any order; put a phrase in quotation marks"),
        essay=gettext_noop("Only in this essay and its discussion"),
        by=gettext_noop("Only what this member wrote"),
        passage=gettext_noop("Only about this passage (¶)"),
        since=gettext_noop("Only since a date: 2026-05-01, 1 May, 3 weeks ago …"),
    )
    async def search(
        self,
        interaction: discord.Interaction,
        words: str,
        essay: str | None = None,
        by: discord.User | None = None,
        passage: app_commands.Range[int, 1, 1_000_000] | None = None,
        since: str | None = None,
    ) -> None:
        """Answer with the newest hits."""
        services, server_id = self._services, get_server_id(interaction)
        with services.active_work.track():
            folded = parse_search(words)

            await acknowledge(interaction, ephemeral=True, thinking=True)
            found = None
            if essay is not None:
                readable = ReadableChannels(
                    interaction.client, get_server(interaction), interaction.user, self._places
                )
                found = await find_named_discussion(services, interaction, readable, essay)

            async def look(tx: Transaction) -> Search:
                settings = await settings_module.get_settings(tx, server_id)
                now = services.clock.now()
                return Search(
                    server_id=server_id,
                    words=folded,
                    discussion_id=None if found is None else found.id,
                    author_id=None if by is None else by.id,
                    passage=passage,
                    since=None if since is None else parse_past_date(since, now, settings.zone),
                )

            asked = await services.database.read(look)
            remembered = _Remembered(interaction.user.id, asked, words)
            self._remember(interaction.id, remembered)
            view = await self._make_view(interaction, interaction.id, remembered)
            await answer(interaction, view=view)

    @search.autocomplete("essay")
    async def _complete_essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        readable = ReadableChannels(
            interaction.client, get_server(interaction), interaction.user, self._places
        )
        return await complete_readable_essay(self._services, interaction, readable, typed)

    def _remember(self, key: int, one: _Remembered) -> None:
        self._remembered[key] = one
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    async def handle_button(
        self, interaction: discord.Interaction[Any], what: str, key: int
    ) -> None:
        """Show the page before, or the next one."""
        remembered = self._remembered.get(key)
        if remembered is None or remembered.member_id != interaction.user.id:
            raise UserError(_("This search is out of date. Run `/search` again."))
        if what == "back" and len(remembered.pages) > 1:
            remembered.pages.pop()
        elif what in ("next", "further") and remembered.further is not None:
            remembered.pages.append(remembered.further)
        await acknowledge(interaction)
        await update(interaction, await self._make_view(interaction, key, remembered))

    async def _make_view(
        self, interaction: discord.Interaction[Any], key: int, remembered: _Remembered
    ) -> ui.LayoutView:
        readable = ReadableChannels(
            interaction.client, get_server(interaction), interaction.user, self._places
        )
        page = await run_search(
            self._services.database,
            remembered.asked,
            readable.can_read,
            after=remembered.pages[-1],
        )
        remembered.further = page.further
        names = await self._get_names(page)
        for length in _LENGTHS:
            text = _describe_page(remembered, page, names, length)
            if len(text) <= limits.COMPONENT_TEXT // 2:
                break
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(truncate(text, limits.COMPONENT_TEXT)))
        row: ui.ActionRow[Any] = ui.ActionRow()
        grey = discord.ButtonStyle.secondary
        if len(remembered.pages) > 1:
            row.add_item(self.button_class("back", key, _("Back"), grey))
        if page.further is not None and page.searched_back_to is None:
            row.add_item(self.button_class("next", key, _("More"), grey))
        elif page.further is not None:
            row.add_item(self.button_class("further", key, _("Search further"), grey))
        if row.children:
            view.add_item(row)
        view.stop()  # The buttons are dynamic items; nothing waits for this view.
        return view

    async def _get_names(self, page: Page) -> dict[int, dict[int, str]]:
        """By discussion, the names of the people whom the hits mention."""

        async def look(tx: Transaction) -> dict[int, dict[int, str]]:
            mentioned = find_mentioned("\n".join(one.text for one in page.hits))
            unknown = dict.fromkeys(mentioned, _("member"))
            return {
                hit.discussion_id: unknown
                | (await prompt_context.get_author_names(tx, hit.discussion_id, mentioned))
                for hit in page.hits
            }

        return await self._services.database.read(look)


def _describe_page(
    remembered: _Remembered, page: Page, names: dict[int, dict[int, str]], length: int
) -> str:
    asked = remembered.asked
    lines = [_("**Search:** {words}", words=escape(truncate(remembered.entered, 200)))]
    for hit in page.hits:
        snippet = snippets.make_snippet(
            hit.text, asked.words, names.get(hit.discussion_id, {}), length
        )
        lines.append(f"{_describe_hit(asked.server_id, hit)}\n> {snippet}")
    if page.more and page.has_uncounted:
        lines.append(ngettext("More than {count} more.", "More than {count} more.", page.more))
    elif page.more:
        lines.append(ngettext("{count} more.", "{count} more.", page.more))
    if page.searched_back_to is not None:
        until = format_timestamp(page.searched_back_to, "D")
        lines.append(_("Searched back to {date}.", date=until))
    elif not page.hits and len(remembered.pages) == 1:
        lines.append(_("Nothing was found in what you may read here."))
    elif not page.hits:
        lines.append(_("Nothing else was found."))
    return "\n\n".join(lines)


def _describe_hit(server_id: int, hit: Hit) -> str:
    """Two lines: who wrote it and when, and where it is."""
    link = make_message_link(server_id, hit.channel_id, hit.message_id)
    when, title = format_timestamp(hit.at, "d"), escape_title(hit.title)
    passages = _format_passages(hit.passages)
    if hit.is_essay:
        first = _("**Essay text** · {when} · [Open]({link})", when=when, link=link)
        if hit.author:
            first = _(
                "**Essay text** by {name} · {when} · [Open]({link})",
                name=escape_title(hit.author),
                when=when,
                link=link,
            )
    else:
        first = _(
            "**{name}** · {when} · [Open]({link})",
            name=escape_title(hit.author or ""),
            when=when,
            link=link,
        )
    where = f"“{title}” {passages}".rstrip()
    if hit.thread_name:
        where = _("{essay}, in {thread}", essay=where, thread=escape_title(hit.thread_name, 100))
    return f"{first}\n-# {where}"


def _format_passages(numbers: tuple[int, ...]) -> str:
    """¶3, or ¶3–7 for a part with these."""
    if not numbers:
        return ""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"¶{numbers[0]}–{numbers[-1]}"
    shown = ", ".join(f"¶{number}" for number in numbers[:5])
    return f"{shown} …" if len(numbers) > 5 else shown


async def setup(bot: SalonBot) -> None:
    """Add the cog and its buttons."""
    cog = SearchCog(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(cog.button_class)
