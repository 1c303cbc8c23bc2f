"""The form *Authors and cover*: members as authors, names for the card, and the picture on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.core import limits
from bot.core.essay.essay import Essay
from bot.core.extraction.corrections import FIELD_LIMITS
from bot.core.layout.card import MAX_COVER_URL
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.core.text.truncate import truncate
from bot.errors import UserError
from bot.publishing.authors import ChosenAuthors
from bot.publishing.cover import ChosenCover, UploadedCover
from cogs.ui.forms import SubmittedForm, make_text_field
from storage.db.database import Database
from storage.essays.pictures import get_pictures

__all__ = [
    "AUTHORS_BUTTON",
    "AUTHORS_TITLE",
    "ChosenFacts",
    "load_cover",
    "make_authors_fields",
    "read_authors_form",
]

AUTHORS_TITLE = gettext_noop("Authors and cover")
AUTHORS_BUTTON = gettext_noop("Authors and cover …")
#: Members who can be the authors of one essay.
_MAX_AUTHORS = 10
_KEEP, _REMOVE = "keep", "remove"


class _PresetUser(discord.SelectDefaultValue):
    """A user who is chosen in a select when it is shown.

    discord.py sends the id as a number; Discord's API description has a string (docs: Component
    Reference › Select Default Value).
    """

    def to_dict(self) -> Any:
        return {"id": str(self.id), "type": "user"}


@dataclass(frozen=True, slots=True)
class ChosenFacts:
    """What was entered. ``cover``: None if it stays as it is."""

    authors: ChosenAuthors
    cover: ChosenCover | None


def make_authors_fields(essay: Essay, members: tuple[int, ...]) -> list[ui.Label[Any]]:
    """The fields, with what is known; ``members``: the authors so far."""
    select: ui.UserSelect[Any] = ui.UserSelect(
        custom_id="members",
        required=False,
        min_values=0,
        max_values=_MAX_AUTHORS,
        default_values=[
            _PresetUser(id=one, type=discord.SelectDefaultValueType.user)
            for one in members[:_MAX_AUTHORS]
        ],
    )
    fields: list[ui.Label[Any]] = [
        ui.Label(
            text=truncate(_("Authors in this server"), limits.FIELD_LABEL),
            description=truncate(
                _("Members can ask them questions, and their replies are marked."),
                limits.FIELD_DESCRIPTION,
            ),
            component=select,
        ),
        make_text_field(
            "names",
            _("Author names"),
            essay.author,
            most=FIELD_LIMITS["authors"],
            description=_("As the card shows them."),
        ),
        ui.Label(
            text=truncate(_("A picture"), limits.FIELD_LABEL),
            description=_("PNG, JPEG, GIF, WebP, AVIF or SVG."),
            component=ui.FileUpload(custom_id="file", required=False, max_values=1),
        ),
        make_text_field("url", _("Or a link to it"), essay.cover_image, most=MAX_COVER_URL),
    ]
    if _has_cover(essay):
        cover: ui.Select[Any] = ui.Select(custom_id="cover", required=True)
        keep, remove = _("Keep it, unless another one is given"), _("Remove it")
        cover.add_option(label=truncate(keep, limits.CHOICE), value=_KEEP, default=True)
        cover.add_option(label=truncate(remove, limits.CHOICE), value=_REMOVE)
        label = truncate(_("The current cover"), limits.FIELD_LABEL)
        fields.append(ui.Label(text=label, component=cover))
    return fields


def _has_cover(essay: Essay) -> bool:
    return essay.cover_file is not None or essay.cover_image is not None


def read_authors_form(
    entered: SubmittedForm, essay: Essay, members: tuple[int, ...]
) -> ChosenFacts:
    """What was chosen; UserError if it can't be carried out.

    essay, members: what the form was shown for
    """
    chosen = entered.choices.get("members")
    if chosen is not None:
        members = tuple(int(one) for one in chosen if one.isdecimal())
    if entered.bots.intersection(members):
        raise UserError(_("An app can't be an author. Nothing was changed."))
    names = entered.texts.get("names", essay.author or "")
    return ChosenFacts(ChosenAuthors(members, names), _read_cover(entered, essay))


def _read_cover(entered: SubmittedForm, essay: Essay) -> ChosenCover | None:
    """The cover that was chosen; UserError if it is both a picture and a link.

    The address that the form was shown with, unchanged, doesn't count beside a picture.
    """
    address = entered.texts["url"].strip() or None
    uploads = [UploadedCover(one.filename, one.size, one.url) for one in entered.files["file"]]
    if uploads:
        return ChosenCover(uploads[0], None if address == essay.cover_image else address)
    if entered.choices.get("cover", (_KEEP,))[0] == _REMOVE and address == essay.cover_image:
        return ChosenCover(None, None)
    # One that couldn't be fetched is tried again.
    if address == essay.cover_image and (address is None or essay.cover_file is not None):
        return None
    return ChosenCover(None, address)


async def load_cover(database: Database, essay: Essay) -> dict[str, bytes]:
    """The copy of an essay's cover by its name; empty if there is none."""
    name = essay.cover_file
    if name is None:
        return {}
    return await database.read(lambda tx: get_pictures(tx, [name]))
