"""Discord's timestamp markup: a time that every reader sees in their own time zone."""

from __future__ import annotations

from datetime import datetime

__all__ = ["format_timestamp"]


def format_timestamp(moment: datetime, style: str = "f") -> str:
    """Discord's markup for a time (docs: Reference › Message Formatting).

    ``f``: date and time; ``R``: relative ("in two hours").
    """
    return f"<t:{int(moment.timestamp())}:{style}>"
