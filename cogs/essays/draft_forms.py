"""The form for a draft's text and channel."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.core import limits
from bot.core.text.length import count_utf16_units
from bot.core.text.translate import gettext as _
from cogs.ui.forms import SubmittedForm, make_text_field
from cogs.ui.selects import make_default_channels
from storage.essays.drafts import Draft

__all__ = [
    "get_form_text",
    "make_text_fields",
    "read_channel",
]

_CHANNELS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]


def get_form_text(source: bytes, name: str | None) -> str | None:
    """An essay's source as it was pasted or uploaded; None if a form can't show it."""
    if len(source) > 4 * limits.FIELD_TEXT or (name and not name.lower().endswith(".md")):
        return None
    try:
        text = source.decode()
    except UnicodeDecodeError:
        return None
    return text if 0 < count_utf16_units(text) <= limits.FIELD_TEXT and "\0" not in text else None


def make_text_fields(server: discord.Guild, draft: Draft) -> list[ui.Label[Any]]:
    """The fields for another text and another channel, with the current ones."""
    return [
        ui.Label(
            text=_("A file"),
            description=_("Text, Markdown, HTML, Word, PDF or EPUB. Or change the text below."),
            component=ui.FileUpload(custom_id="file", required=False, max_values=1),
        ),
        make_text_field(
            "text",
            _("Or the text"),
            get_form_text(draft.source, draft.source_name),
            most=limits.FIELD_TEXT,
            long=True,
            description=_("Leave it as it is to change only the channel."),
        ),
        ui.Label(
            text=_("Channel"),
            component=ui.ChannelSelect(
                custom_id="channel",
                channel_types=_CHANNELS,
                default_values=make_default_channels(server, draft.channel_id),
            ),
        ),
    ]


def read_channel(entered: SubmittedForm, draft: Draft) -> int:
    """The channel that was chosen in the form."""
    chosen = entered.choices.get("channel", ())
    return int(chosen[0]) if chosen else draft.channel_id
