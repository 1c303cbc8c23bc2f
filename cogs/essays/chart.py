"""The chart *How it went* in ``/essay show``, and what the person who asks has written."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from discord import ui

from bot.core import limits
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UnreadableEssay
from bot.library.book import make_course, make_recorder
from bot.library.chart import DARK, draw_chart
from bot.library.chart_data import CourseRecorder, describe_course, describe_own
from bot.publishing.reader_process import ask_child
from bot.services import Services
from storage.db.writer import Transaction
from storage.essays.discussions import ListedDiscussion
from storage.replies.book import BookRows, get_book_rows
from storage.replies.full_replies import read_replies

__all__ = ["add_chart"]

_log = logging.getLogger(__name__)

_FILE = "how-it-went.png"
_WALL_SECONDS = 20.0
_CHART_MODULE = "bot.library.chart_process"


async def add_chart(
    view: ui.LayoutView, services: Services, found: ListedDiscussion, member_id: int
) -> dict[str, bytes]:
    """Add the chart to a view, and the member's own part; the picture that it shows, by name.

    Where it can't be drawn, what it would show is said in words.
    """

    async def read(tx: Transaction) -> tuple[BookRows, CourseRecorder]:
        rows = await get_book_rows(tx, found, with_replies=False)
        recorder = make_recorder(rows)
        async for replies in read_replies(tx, found.id):
            recorder.add(replies)
        return rows, recorder

    rows, recorder = await services.database.read(read)
    course = await asyncio.to_thread(make_course, rows, recorder)
    own = describe_own(await asyncio.to_thread(recorder.get_own_part, member_id))
    words = describe_course(course)
    picture = await _render(draw_chart(course, DARK))
    if picture:
        gallery: ui.MediaGallery[Any] = ui.MediaGallery()
        description = truncate(words, limits.DESCRIPTION)
        gallery.add_item(media=f"attachment://{_FILE}", description=description)
        view.add_item(ui.TextDisplay(f"**{_('How it went')}**"))
        view.add_item(gallery)
    else:
        view.add_item(ui.TextDisplay(f"**{_('How it went')}**\n{words}"))
    if own:
        view.add_item(ui.TextDisplay(f"-# {own}"))
    return {_FILE: picture} if picture else {}


async def _render(svg: str) -> bytes:
    """The PNG; b"" if there is nothing to draw, or the child process fails."""
    if not svg:
        return b""
    try:
        picture = await ask_child(svg.encode(), _WALL_SECONDS, module=_CHART_MODULE)
    except (UnreadableEssay, OSError):
        picture = b""
    if not picture:
        _log.warning("The chart of a discussion couldn't be rendered.")
    return picture
