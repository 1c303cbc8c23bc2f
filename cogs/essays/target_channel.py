"""The channel, style and tags that an admin chooses for an essay: command options and checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import app_commands

from bot.core import limits
from bot.core.conversation.styles import TargetChannel, check_target_channel, parse_tags
from bot.core.text.translate import gettext as _
from bot.errors import UserError
from cogs.ui.autocomplete import make_choices

__all__ = ["TargetChannelOption", "TargetChoice", "check_target", "complete_tags"]


class TargetChannelOption(app_commands.Transformer):
    """Command option for a text, announcement or forum channel; the command gets its id.

    docs: Channel Resource › Channel Types. The library's own option for forums takes media
    channels too, which are for posts of pictures and which Discord's description of options does
    not know.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        """The option's type."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """The types of channels to choose from."""
        return [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> int:
        """The id of the chosen channel."""
        del interaction
        return int(value.id)


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """The chosen style, None if none was, and tags."""

    style: str | None
    tags: tuple[int, ...]


def check_target(
    target_channel: TargetChannel | None, channel_id: int, style: str | None, tags: str | None
) -> TargetChoice:
    """The chosen style and tags; UserError if they don't fit the channel."""
    if target_channel is None:
        raise UserError(
            _(
                "I can't see {channel}. Give me *View Channel* there. Nothing was saved.",
                channel=f"<#{channel_id}>",
            )
        )
    if target_channel.is_forum and style is not None:
        raise UserError(
            _(
                "#{channel} is a forum, where each essay is a post. Leave `style` out.",
                channel=target_channel.name,
            )
        )
    chosen = parse_tags(target_channel, tags or "")
    # A required tag can still be chosen below the preview.
    problem = check_target_channel(replace(target_channel, requires_tag=False), chosen)
    if problem:
        raise UserError(" ".join((problem, _("Nothing was saved."))))
    return TargetChoice(style, chosen)


def complete_tags(
    target_channel: TargetChannel | None, typed: str
) -> list[app_commands.Choice[str]]:
    """Autocomplete of a forum's tags, after those that were typed already."""
    if target_channel is None:
        return []
    *before, last = [name.strip() for name in typed.split(",")]
    taken = {name.casefold() for name in before}
    first = "".join(f"{name}, " for name in before if name)
    return make_choices(
        (
            (first + tag.name, first + tag.name)
            for tag in target_channel.tags
            if tag.name.casefold() not in taken
            and last.casefold() in tag.name.casefold()
            and (target_channel.can_manage_threads or not tag.moderated)
            and len(first + tag.name) <= limits.CHOICE
        ),
        "",
    )
