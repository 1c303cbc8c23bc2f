"""Buttons, selects and forms check that the person may use their command.

Discord checks that when somebody runs the command. What a command showed can still be pressed by
somebody who has lost the role since.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import discord

from bot.services import Services
from cogs.ui.deadline import begin_interaction, claim_answer
from cogs.ui.errors import report_error

__all__ = ["CheckedItem", "handle_checked"]

Handler = Callable[[], Awaitable[None]]


async def handle_checked(
    interaction: discord.Interaction[Any], services: Services, command: str, handler: Handler
) -> None:
    """Handle a button, select or form of a command, whose permission is checked again.

    Errors are reported to the person who used it.
    """
    with services.active_work.track():
        begin_interaction(interaction)
        try:
            await services.command_permissions.check(interaction, command)
            await handler()
        except Exception as error:  # noqa: BLE001 - reported to the user
            await report_error(interaction, error)
        finally:
            await claim_answer(interaction)


class CheckedItem:
    """Base of all buttons and selects: checks that the person may use its command.

    ``command``: the name of the command whose permission counts.
    """

    command: ClassVar[str]
    services: ClassVar[Services]

    async def handle(self, interaction: discord.Interaction[Any]) -> None:
        """Handle the item."""
        raise NotImplementedError

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Check the permission, then handle the item."""
        await handle_checked(
            interaction, self.services, self.command, lambda: self.handle(interaction)
        )
