"""Discord's ids (snowflakes) and the times in them (docs: Reference › Snowflakes)."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["get_snowflake_time", "make_first_snowflake", "make_snowflake_before"]

_DISCORD_EPOCH = 1_420_070_400_000
_CLOCK_SKEW = 60_000  # milliseconds that our clock and Discord's may differ


def make_snowflake_before(milliseconds: int) -> int:
    """An id older than any that Discord creates from a time on (milliseconds since 1970).

    A minute is allowed for clock skew.
    """
    return make_first_snowflake(milliseconds - _CLOCK_SKEW)


def make_first_snowflake(milliseconds: int) -> int:
    """The lowest id of those created at a time or later (milliseconds since 1970)."""
    return max(milliseconds - _DISCORD_EPOCH, 0) << 22


def get_snowflake_time(snowflake: int) -> datetime:
    """When Discord created an id."""
    milliseconds = (snowflake >> 22) + _DISCORD_EPOCH
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
