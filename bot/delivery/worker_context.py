"""What all workers use: the archive, the clock, and Discord."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from discord.http import HTTPClient

from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.discord_api.permissions import Permissions
from bot.discord_api.single_attempt import SingleCalls
from bot.discord_api.webhooks import Webhooks
from bot.ingest.recorder import Recorder
from storage.db.database import Database

__all__ = ["DeliveryContext"]


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """The dependencies of the workers of one connection.

    permissions: the bot's own, in every channel
    recorder:    records what the workers see of members' messages
    single:      for the calls that must not be repeated without looking
    webhooks:    the bot's own, one a channel
    get_shards:  gets the shards in whose servers work can be done now
    """

    database: Database
    clock: Clock
    http: HTTPClient
    permissions: Permissions
    recorder: Recorder
    single: SingleCalls
    webhooks: Webhooks
    get_shards: Callable[[], Shards] = lambda: UNSHARDED
