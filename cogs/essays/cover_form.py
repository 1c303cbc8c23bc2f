"""The form in which an admin chooses the cover, and the copy that its preview uploads."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.core.essay.essay import Essay
from bot.core.layout.card import MAX_COVER_URL
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.publishing.cover import ChosenCover, UploadedCover
from cogs.ui.forms import SubmittedForm, make_text_field
from storage.db.database import Database
from storage.essays.pictures import get_pictures

__all__ = ["COVER_TITLE", "load_cover", "make_cover_fields", "read_cover_form"]

COVER_TITLE = gettext_noop("Cover")


def make_cover_fields(essay: Essay) -> list[ui.Label[Any]]:
    """The fields for a picture or its address, with the current address."""
    return [
        ui.Label(
            text=_("A picture"),
            description=_("PNG, JPEG, GIF, WebP, AVIF or SVG."),
            component=ui.FileUpload(custom_id="file", required=False, max_values=1),
        ),
        make_text_field(
            "url",
            _("Or a link to it"),
            essay.cover_image,
            most=MAX_COVER_URL,
            description=_("Leave both empty for a card without a cover."),
        ),
    ]


def read_cover_form(entered: SubmittedForm, essay: Essay) -> ChosenCover:
    """The cover that was chosen; UserError if it is both a picture and a link.

    essay: what the form was shown for; its address, unchanged, doesn't count beside a picture
    """
    address = entered.texts["url"].strip() or None
    uploads = [UploadedCover(one.filename, one.size, one.url) for one in entered.files["file"]]
    if uploads and address == essay.cover_image:
        address = None
    return ChosenCover(uploads[0] if uploads else None, address)


async def load_cover(database: Database, essay: Essay) -> dict[str, bytes]:
    """The copy of an essay's cover by its name; empty if there is none."""
    name = essay.cover_file
    if name is None:
        return {}
    return await database.read(lambda tx: get_pictures(tx, [name]))
