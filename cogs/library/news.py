"""*What's new* and ``/new``: what is new for a member in a discussion.

Looking moves the member's reading mark, once the answer was sent; *Undo* puts it back. The custom
ids of the controls have all they need, so that they work after a restart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.clock import from_milliseconds, to_milliseconds
from bot.core import limits
from bot.core.layout.discussion_buttons import DISCUSSION_BUTTON_KIND, WHATS_NEW
from bot.core.snowflake import make_first_snowflake
from bot.core.text.length import count_utf16_units
from bot.core.text.timestamps import format_timestamp
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.discord_api.readable_channels import ReadableChannels, ThreadPlaces
from bot.library.news import BEGINNING, NewsItem, Visit, get_visit, make_page, read_items
from bot.services import Services
from cogs.library.readable_discussion import (
    complete_readable_essay,
    find_discussion,
    find_discussion_of_button,
    find_named_discussion,
)
from cogs.ui.base_cog import get_server
from cogs.ui.deadline import acknowledge
from cogs.ui.persistent_controls import make_control_class
from cogs.ui.responses import answer, update
from cogs.ui.salon_bot import SalonBot
from cogs.ui.views import make_text_view
from storage.db.writer import Transaction
from storage.essays.discussions import ListedDiscussion
from storage.replies import reading_marks
from storage.replies.news import Since
from storage.replies.reading_marks import ReadingMark

__all__ = ["NewsCog"]

_COMMAND = "new"
VISIT, DAY, WEEK, ALL = "visit", "day", "week", "all"
_PERIODS: Final = {
    VISIT: gettext_noop("Since your last visit"),
    DAY: gettext_noop("The last day"),
    WEEK: gettext_noop("The last week"),
    ALL: gettext_noop("From the beginning"),
}
_LENGTHS: Final = {DAY: timedelta(days=1), WEEK: timedelta(days=7)}
_UNDO, _PERIOD, _PAGE = "undo", "period", "page"

_BUTTON_ID = re.compile(rf"salon:{DISCUSSION_BUTTON_KIND}:{WHATS_NEW}")
_CONTROL_ID = re.compile(
    r"salon:news:(?P<what>[a-z]+):(?P<discussion>[0-9]{1,18}):(?P<period>[a-z]+)"
    r":(?P<since>[0-9a-z]{1,13}-[0-9a-z]{1,9}):(?P<mark>[0-9a-z]{1,13}-[0-9a-z]{1,9}|none|unstored)"
    r":(?P<page>[0-9]{1,4})"
)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown: a page of a period.

    since:  of the visit it began with
    mark:   where the member was before it
    """

    period: str
    since: Since
    mark: ReadingMark | None
    is_stored: bool
    page: int = 0


class NewsCog(commands.Cog, name="What's new"):
    """The command, the button, and the controls below their answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = ThreadPlaces()
        self.button_class = make_control_class(_BUTTON_ID, _COMMAND, services, self.handle_button)
        self.control_class = make_control_class(
            _CONTROL_ID, _COMMAND, services, self.handle_control
        )
        super().__init__()

    @app_commands.command(
        name=_COMMAND, description=gettext_noop("See what is new for you in a discussion.")
    )
    @app_commands.guild_only()
    @app_commands.describe(essay=gettext_noop("The essay; without it, the newest one here"))
    async def new(self, interaction: discord.Interaction, essay: str | None = None) -> None:
        """Answer with what is new since the member's last visit."""
        with self._services.active_work.track():
            readable = self._get_readable(interaction)
            found = await find_named_discussion(self._services, interaction, readable, essay)
            await self._visit(interaction, found, readable)

    @new.autocomplete("essay")
    async def _complete_essays(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        readable = self._get_readable(interaction)
        return await complete_readable_essay(self._services, interaction, readable, typed)

    async def handle_button(
        self, interaction: discord.Interaction[Any], _match: re.Match[str], _values: Sequence[str]
    ) -> None:
        """The button below a card, a closing message or a prompt."""
        readable = self._get_readable(interaction)
        found = await find_discussion_of_button(self._services, interaction, readable)
        await self._visit(interaction, found, readable)

    async def handle_control(
        self, interaction: discord.Interaction[Any], match: re.Match[str], values: Sequence[str]
    ) -> None:
        """Another page or period, or *Undo*."""
        readable = self._get_readable(interaction)
        discussion_id = int(match["discussion"])
        found = await find_discussion(self._services, interaction, readable, discussion_id)
        shown = _read_shown(match)
        if match["what"] == _UNDO:
            await self._undo(interaction, found, shown)
            return
        if match["what"] == _PERIOD and values:
            shown = replace(shown, period=values[0], page=0)
        await acknowledge(interaction)
        items = await self._read_items(interaction, found, shown)
        await update(interaction, await self._make_view(found, readable, shown, items))

    def _get_readable(self, interaction: discord.Interaction[Any]) -> ReadableChannels:
        return ReadableChannels(
            interaction.client, get_server(interaction), interaction.user, self._places
        )

    async def _visit(
        self,
        interaction: discord.Interaction[Any],
        found: ListedDiscussion,
        readable: ReadableChannels,
    ) -> None:
        member_id, now_ms = interaction.user.id, self._services.clock.now_ms()

        async def look(tx: Transaction) -> tuple[Visit, list[NewsItem]]:
            visit = await get_visit(tx, found, member_id, now_ms)
            return visit, await read_items(tx, found, member_id=member_id, since=visit.since)

        await acknowledge(interaction, ephemeral=True, thinking=True)
        visit, items = await self._services.database.read(look)
        shown = _Shown(VISIT, visit.since, visit.mark, visit.is_stored)
        await answer(interaction, view=await self._make_view(found, readable, shown, items))
        if visit.is_stored:
            await self._services.database.write(
                lambda tx: reading_marks.set_mark(
                    tx,
                    found.id,
                    server_id=found.server_id,
                    member_id=member_id,
                    mark=visit.current,
                )
            )

    async def _undo(
        self, interaction: discord.Interaction[Any], found: ListedDiscussion, shown: _Shown
    ) -> None:
        member_id = interaction.user.id
        await self._services.database.write(
            lambda tx: reading_marks.restore_mark(
                tx, found.id, server_id=found.server_id, member_id=member_id, mark=shown.mark
            )
        )
        await update(interaction, make_text_view(_("**What's new** will show this again.")))

    async def _read_items(
        self, interaction: discord.Interaction[Any], found: ListedDiscussion, shown: _Shown
    ) -> list[NewsItem]:
        since, member_id = self._get_since(shown), interaction.user.id
        return await self._services.database.read(
            lambda tx: read_items(tx, found, member_id=member_id, since=since)
        )

    def _get_since(self, shown: _Shown) -> Since:
        if shown.period in _LENGTHS:
            at_ms = to_milliseconds(self._services.clock.now() - _LENGTHS[shown.period])
            return Since(make_first_snowflake(at_ms) - 1, at_ms)
        return BEGINNING if shown.period == ALL else shown.since

    async def _make_view(
        self,
        found: ListedDiscussion,
        readable: ReadableChannels,
        shown: _Shown,
        items: Sequence[NewsItem],
    ) -> ui.LayoutView:
        head = _describe_period(found.title, self._get_since(shown))
        room = limits.COMPONENT_TEXT - count_utf16_units(head) - 1
        text, has_more = await make_page(items, readable.can_read, shown.page, room)
        if not text:
            text = _("Nothing new.")
        view = make_text_view(f"{head}\n{text}")
        select: ui.Select[Any] = ui.Select(custom_id=_make_id(_PERIOD, found.id, shown))
        for period, label in _PERIODS.items():
            select.add_option(label=_(label), value=period, default=period == shown.period)
        view.add_item(ui.ActionRow(self.control_class(select)))
        row: ui.ActionRow[Any] = ui.ActionRow()
        turns = [(_("Back"), shown.page - 1)] if shown.page else []
        turns += [(_("More"), shown.page + 1)] if has_more else []
        for label, page in turns:
            custom_id = _make_id(_PAGE, found.id, replace(shown, page=page))
            row.add_item(self.control_class(ui.Button(label=label, custom_id=custom_id)))
        if shown.is_stored:
            custom_id = _make_id(_UNDO, found.id, shown)
            row.add_item(self.control_class(ui.Button(label=_("Undo"), custom_id=custom_id)))
        if row.children:
            view.add_item(row)
        return view


def _describe_period(title: str, since: Since) -> str:
    shown = escape_title(title)
    if not since.at_ms:
        return _("**What's new** in “{title}”, from the beginning", title=shown)
    when = format_timestamp(from_milliseconds(since.at_ms), "R")
    return _("**What's new** in “{title}”, since {when}", title=shown, when=when)


def _make_id(what: str, discussion_id: int, shown: _Shown) -> str:
    """The custom id of a control; at most 100 characters."""
    mark = "none" if shown.is_stored else "unstored"
    if shown.mark is not None:
        mark = f"{_encode(shown.mark.reply_id)}-{_encode(shown.mark.looked_at)}"
    since = f"{_encode(shown.since.reply_id)}-{_encode(shown.since.at_ms)}"
    return f"salon:news:{what}:{discussion_id}:{shown.period}:{since}:{mark}:{shown.page}"


def _read_shown(match: re.Match[str]) -> _Shown:
    mark = None
    if "-" in match["mark"]:
        mark = ReadingMark(*map(_decode, match["mark"].split("-")))
    return _Shown(
        period=match["period"],
        since=Since(*map(_decode, match["since"].split("-"))),
        mark=mark,
        is_stored=match["mark"] != "unstored",
        page=int(match["page"]),
    )


def _encode(number: int) -> str:
    """A number in base 36."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _decode(digits: str) -> int:
    """The number; no more than the archive can store."""
    return min(int(digits, 36), (1 << 63) - 1)


async def setup(bot: SalonBot) -> None:
    """Add the cog and its controls."""
    cog = NewsCog(bot.services)
    await bot.add_cog(cog)
    bot.add_dynamic_items(cog.button_class, cog.control_class)
