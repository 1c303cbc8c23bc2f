"""The opening card of an essay, with a mention of the command for members' own data."""

from __future__ import annotations

from bot.core.essay.essay import Essay
from bot.core.layout.card import render_card
from bot.core.payload import Payload
from bot.discord_api.commands import CommandMentions

__all__ = ["make_card"]


def make_card(
    essay: Essay,
    commands: CommandMentions,
    *,
    saves_all: bool = False,
    ping_role: int | None = None,
) -> Payload:
    """The payload of the card; see :func:`bot.core.layout.card.render_card`."""
    return render_card(
        essay, commands.mention("privacy my-data"), saves_all=saves_all, ping_role=ping_role
    )
