"""The *Threads* button: all threads of a discussion that the person may read, in several orders.

In an essay's own thread it lists the replies there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui
from discord.ext import commands

from bot.core.conversation.thread_index import (
    BUSIEST,
    ORDERS,
    IndexEntry,
    IndexTotals,
    describe_entry,
    describe_totals,
    sort_entries,
)
from bot.core.layout.discussion_buttons import DISCUSSION_BUTTON_KIND, THREADS
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.discord_api.readable_channels import ReadableChannels, ThreadPlaces
from bot.services import Services
from cogs.library.readable_discussion import find_discussion, find_discussion_of_button
from cogs.ui.base_cog import get_server
from cogs.ui.deadline import acknowledge
from cogs.ui.persistent_controls import make_control_class
from cogs.ui.responses import answer, update
from cogs.ui.salon_bot import SalonBot
from storage.db.writer import Transaction
from storage.essays.discussions import ListedDiscussion
from storage.replies import discussion_index

__all__ = ["ThreadList"]

_PER_PAGE = 20
_BUTTON_ID = re.compile(rf"salon:{DISCUSSION_BUTTON_KIND}:{THREADS}")
_CONTROL_ID = re.compile(
    r"salon:threads:(?P<what>[a-z]+):(?P<discussion>[0-9]{1,18}):(?P<page>[0-9]{1,6})"
)
#: The action of the select in its custom id; that of a page's button is the order.
_SORT = "sort"


class ThreadList(commands.Cog, name="Threads"):
    """The button on the card, and the controls below its answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = ThreadPlaces()
        self.button_class = make_control_class(_BUTTON_ID, "new", services, self.show)
        self.control_class = make_control_class(_CONTROL_ID, "new", services, self.change)
        super().__init__()

    async def show(
        self, interaction: discord.Interaction[Any], _match: re.Match[str], _values: Sequence[str]
    ) -> None:
        """The button: show the busiest threads."""
        readable = self._get_readable(interaction)
        found = await find_discussion_of_button(self._services, interaction, readable)
        await acknowledge(interaction, ephemeral=True, thinking=True)
        await answer(interaction, view=await self._make_view(found, readable, BUSIEST, 0))

    async def change(
        self, interaction: discord.Interaction[Any], match: re.Match[str], values: Sequence[str]
    ) -> None:
        """Another page, or another order."""
        readable = self._get_readable(interaction)
        discussion_id = int(match["discussion"])
        found = await find_discussion(self._services, interaction, readable, discussion_id)
        order, page = match["what"], int(match["page"])
        if order == _SORT:
            order, page = (values[0] if values else BUSIEST), 0
        await acknowledge(interaction)
        await update(interaction, await self._make_view(found, readable, order, page))

    def _get_readable(self, interaction: discord.Interaction[Any]) -> ReadableChannels:
        return ReadableChannels(
            interaction.client, get_server(interaction), interaction.user, self._places
        )

    async def _make_view(
        self, found: ListedDiscussion, readable: ReadableChannels, order: str, page: int
    ) -> ui.LayoutView:
        async def look(tx: Transaction) -> tuple[IndexTotals, list[IndexEntry]]:
            entries = await discussion_index.get_entries(tx, found.id, found.style)
            return await discussion_index.get_totals(tx, found.id), entries

        totals, entries = await self._services.database.read(look)
        entries = sort_entries(entries, order)
        last = max(len(entries) - 1, 0) // _PER_PAGE
        page = min(page, last)
        shown = entries[page * _PER_PAGE : (page + 1) * _PER_PAGE]
        lines = [
            describe_entry(one, found.server_id, shows_passage=True)
            for one in shown
            if await readable.can_read(one.channel_id)
        ]
        title = _("**Threads** in “{title}”", title=escape_title(found.title))
        if totals.replies:
            title += f"\n-# {describe_totals(totals, sum(one.is_thread for one in entries))}"
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay("\n".join([title, *(lines or [_("Nothing yet.")])])))
        if len(entries) > 1:
            view.add_item(ui.ActionRow(self._make_select(found.id, order)))
        row: ui.ActionRow[Any] = ui.ActionRow()
        for label, to in ((_("Back"), page - 1), (_("More"), page + 1)):
            if 0 <= to <= last:
                custom_id = f"salon:threads:{order}:{found.id}:{to}"
                row.add_item(self.control_class(ui.Button(label=label, custom_id=custom_id)))
        if row.children:
            view.add_item(row)
        return view

    def _make_select(self, discussion_id: int, order: str) -> ui.Item[Any]:
        select: ui.Select[Any] = ui.Select(custom_id=f"salon:threads:{_SORT}:{discussion_id}:0")
        for name, label in ORDERS.items():
            select.add_option(label=_(label), value=name, default=name == order)
        return self.control_class(select)


async def setup(bot: SalonBot) -> None:
    """Add the cog and its controls."""
    cog = ThreadList(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(cog.button_class, cog.control_class)
