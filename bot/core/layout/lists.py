"""Lines of a list that has to fit into one message, and moments as Discord shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.text.length import utf16_units

__all__ = ["fitting", "stamp"]

_MOST_UNITS = 2000
_AT_THE_END = 60


def stamp(moment: datetime, style: str = "f") -> str:
    """A moment that every reader sees in their own zone (docs: Reference › Message Formatting).

    ``f``: date and time; ``R``: how long until or since then.
    """
    return f"<t:{int(moment.timestamp())}:{style}>"


def fitting(lines: Sequence[str], most: int = _MOST_UNITS) -> str:
    """As many lines as fit into ``most`` UTF-16 units, the last saying how many are left out."""
    left = most - _AT_THE_END
    taken: list[str] = []
    for number, line in enumerate(lines):
        left -= utf16_units(line) + 1
        if left < 0:
            taken.append(f"-# … and {len(lines) - number} more lines.")
            break
        taken.append(line)
    return "\n".join(taken)
