"""The time zone in which a form reads times, and the time there."""

from __future__ import annotations

from datetime import datetime

from bot.core.text.translate import gettext as _
from storage.servers.settings import ServerSettings

__all__ = ["describe_local_time"]


def describe_local_time(settings: ServerSettings, now: datetime) -> str:
    """The server's time zone and the current time in it, as the hint of a form's field."""
    return _(
        "Time zone: {zone}, where it's {time} now.",
        zone=settings.zone_name,
        time=f"{now.astimezone(settings.zone):%Y-%m-%d %H:%M}",
    )
