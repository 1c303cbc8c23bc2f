"""Views for answers to admins: a text, or a text with an essay's card."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.core import limits
from bot.core.payload import Payload
from bot.core.text.truncate import truncate
from bot.publishing.publish import Actor

__all__ = ["get_actor", "make_card_view", "make_text_view"]


def get_actor(interaction: discord.Interaction[Any]) -> Actor:
    """The admin who used the interaction."""
    return Actor(interaction.user.id, interaction.user.display_name)


def make_text_view(text: str) -> ui.LayoutView:
    """A view of one text, truncated to what a message of components may have."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(truncate(text, limits.COMPONENT_TEXT)))
    return view


def make_card_view(text: str, card: Payload) -> ui.LayoutView:
    """A view of ``text`` and an opening card as it will be posted."""
    view = make_text_view(text)
    inner: list[ui.Item[Any]] = []
    for component in card["components"][0]["components"]:
        if component["type"] == discord.ComponentType.text_display.value:
            inner.append(ui.TextDisplay(component["content"]))
        elif component["type"] == discord.ComponentType.media_gallery.value:
            gallery: ui.MediaGallery[Any] = ui.MediaGallery()
            gallery.add_item(media=component["items"][0]["media"]["url"])
            inner.append(gallery)
    view.add_item(ui.Container(*inner))
    return view
