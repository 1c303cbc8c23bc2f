"""Where and how an admin wants an essay to stand: what commands and forms are given of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import app_commands

from bot.core.conversation.styles import Venue, chosen_tags, misplaced
from bot.errors import Refused

__all__ = ["Place", "Way", "chosen_way"]


class Place(app_commands.Transformer):
    """A text, announcement or forum channel; its id is what the command is given.

    docs: Channel Resource › Channel Types. The library's own option for forums takes media
    channels too, which are for posts of pictures and which Discord's description of options does
    not know.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Of these kinds."""
        return [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> int:
        """The id of the channel that was chosen."""
        del interaction
        return int(value.id)


@dataclass(frozen=True, slots=True)
class Way:
    """How an admin wants an essay to stand: the style, None where nothing was said, and tags."""

    style: str | None
    tags: tuple[int, ...]


def chosen_way(venue: Venue | None, channel_id: int, style: str | None, tags: str | None) -> Way:
    """How an essay is to stand in a channel; Refused where it cannot."""
    if venue is None:
        raise Refused(
            f"I cannot see <#{channel_id}>: give me *View Channel* there. Nothing was kept."
        )
    if venue.is_forum and style is not None:
        raise Refused(f"#{venue.name} is a forum, where each essay is a post: leave `style` out.")
    chosen = chosen_tags(venue, tags or "")
    # That a tag is needed can still be mended below the preview.
    trouble = misplaced(replace(venue, needs_tag=False), chosen)
    if trouble:
        raise Refused(f"{trouble} Nothing was kept.")
    return Way(style, chosen)
