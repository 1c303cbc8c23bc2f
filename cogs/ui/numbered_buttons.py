"""Buttons that work after a restart: the custom id has the action and the number it is about."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar

import discord
from discord import ui

from bot.services import Services
from cogs.ui.permission_checks import CheckedItem

__all__ = ["ButtonHandler", "Label", "NumberedButton", "make_button_class", "make_button_row"]

#: Handles a button: gets the interaction, the action in the custom id, and the number.
ButtonHandler = Callable[[discord.Interaction[Any], str, int], Awaitable[None]]
#: A button's action in the custom id, its label and its style.
Label = tuple[str, str, discord.ButtonStyle]

_ANY = re.compile(r"salon:[a-z]+:(?P<what>[a-z]+):(?P<id>[0-9]+)")


class NumberedButton(CheckedItem, ui.DynamicItem[ui.Button[Any]], template=_ANY):
    """A button below an answer; its custom id has the action and a number."""

    #: The part of the custom id that distinguishes the buttons of different panels.
    kind: ClassVar[str]

    def __init__(self, what: str, number: int, label: str, style: discord.ButtonStyle) -> None:
        super().__init__(
            ui.Button(label=label, style=style, custom_id=f"salon:{self.kind}:{what}:{number}")
        )
        self.what = what
        self.number = number

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> NumberedButton:
        """The button that was pressed, perhaps one that was shown before a restart."""
        del interaction
        assert isinstance(item, ui.Button)
        return cls(match["what"], int(match["id"]), item.label or "", item.style)


def make_button_class(
    kind: str, command: str, services: Services, handler: ButtonHandler
) -> type[NumberedButton]:
    """The class of a panel's buttons, handled by ``handler``.

    ``command``: the name of the command that one must be allowed to use to press them.
    The cog's ``setup`` has to register it with the bot, so that buttons work after a restart.
    """

    class Bound(NumberedButton, template=rf"salon:{kind}:(?P<what>[a-z]+):(?P<id>[0-9]+)"):
        async def handle(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.what, self.number)

    Bound.kind, Bound.command, Bound.services = kind, command, services
    return Bound


def make_button_row(
    button: type[NumberedButton], number: int, labels: Iterable[Label]
) -> ui.ActionRow[Any]:
    """A row of at most 5 buttons that are about one number."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for what, label, style in labels:
        row.add_item(button(what, number, label, style))
    return row
