"""The bot as cogs see it: discord.py's client with Salon's services and form handlers."""

from __future__ import annotations

from discord.ext import commands

from bot.core.shards import Shards
from bot.services import Services
from cogs.ui.forms import Forms

__all__ = ["SalonBot"]


class SalonBot(commands.Bot):
    """What a cog's ``setup(bot)`` is given.

    ``forms``: where a cog registers a handler for each kind of form that it shows.
    ``shards_served``: those that this process serves.
    """

    services: Services
    forms: Forms
    shards_served: Shards

    def get_latency(self, shard_id: int) -> float:
        """Seconds between a shard's heartbeat and its acknowledgement; nan if unknown."""
        raise NotImplementedError
