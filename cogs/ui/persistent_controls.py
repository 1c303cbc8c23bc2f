"""Buttons and selects that work after a restart: the custom id has all that their handler needs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

import discord
from discord import ui

from bot.services import Services
from cogs.ui.permission_checks import CheckedItem

__all__ = ["Control", "ControlHandler", "make_control_class"]

#: Handles a control: gets the interaction, the match of its custom id, and a select's values.
ControlHandler = Callable[[discord.Interaction[Any], "re.Match[str]", list[str]], Awaitable[None]]

_ANY = re.compile(r"salon:.+")


class Control(CheckedItem, ui.DynamicItem[ui.Item[Any]], template=_ANY):
    """A button or select; its custom id says what it does."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Control:
        """The control that was used, perhaps one that was shown before a restart."""
        del interaction, match
        return cls(item)


def make_control_class(
    custom_id: re.Pattern[str], command: str, services: Services, handler: ControlHandler
) -> type[Control]:
    """The class of the controls whose custom id matches ``custom_id``, handled by ``handler``.

    ``command``: the name of the command that one must be allowed to use to use them.
    The cog's ``setup`` has to register it with the bot, so that controls work after a restart.
    """

    class Bound(Control, template=custom_id):
        async def handle(self, interaction: discord.Interaction[Any]) -> None:
            match = custom_id.fullmatch(self.custom_id)
            assert match is not None
            data = cast("dict[str, Any]", interaction.data)
            await handler(interaction, match, list(data.get("values", ())))

    Bound.command, Bound.services = command, services
    return Bound
