"""Buttons that outlive the process that showed them: what one does, and to which number.

Both stand in the button's id and nowhere else, so that it works after a restart.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import discord
from discord import ui

from bot.services import Services
from cogs.ui.errors import report_error

__all__ = ["ButtonHandler", "Label", "NumberedButton", "make_button_class", "make_button_row"]

#: Does what a button says: its interaction, what it is called in ids, and its number.
ButtonHandler = Callable[[discord.Interaction[Any], str, int], Awaitable[None]]
#: What a button is called in ids, its label and its style.
Label = tuple[str, str, discord.ButtonStyle]

_ANY = re.compile(r"salon:[a-z]+:(?P<what>[a-z]+):(?P<id>[0-9]+)")


class NumberedButton(ui.DynamicItem[ui.Button[Any]], template=_ANY):
    """A button below an answer; what it does and to what stands in its id."""

    #: The part of its id that tells the buttons of one desk from those of another.
    kind: str
    services: Services

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
        """The button that was handler, perhaps one that was shown before a restart."""
        del interaction
        assert isinstance(item, ui.Button)
        return cls(match["what"], int(match["id"]), item.label or "", item.style)

    async def press(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says."""
        raise NotImplementedError

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says; what goes wrong is spoken of, not only logged."""
        with self.services.active_work.track():
            try:
                await self.press(interaction)
            except Exception as error:  # noqa: BLE001 - handed to the one place of errors
                await report_error(interaction, error)


def make_button_class(
    kind: str, services: Services, handler: ButtonHandler
) -> type[NumberedButton]:
    """The buttons of one desk, which does what they say in ``handler``.

    The client has to know the class, so that what was shown before a restart still works.
    """

    class Bound(NumberedButton, template=rf"salon:{kind}:(?P<what>[a-z]+):(?P<id>[0-9]+)"):
        async def press(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.what, self.number)

    Bound.kind, Bound.services = kind, services
    return Bound


def make_button_row(
    button: type[NumberedButton], number: int, labels: Iterable[Label]
) -> ui.ActionRow[Any]:
    """A row of buttons, at most 5, that are about one number."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for what, label, style in labels:
        row.add_item(button(what, number, label, style))
    return row
