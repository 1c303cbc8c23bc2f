"""Truncate a text, or a list of lines, to a number of UTF-16 units."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core import limits
from bot.core.text.length import count_utf16_units
from bot.core.text.sentences import find_grapheme_ends
from bot.core.text.translate import ngettext

__all__ = ["truncate", "truncate_lines"]

_ROOM_FOR_COUNT = 60  # units kept free for the line that counts what is left out


def truncate(text: str, most: int) -> str:
    """At most ``most`` UTF-16 units, cut between words where that keeps at least half of them.

    Never cuts inside a grapheme.
    """
    if count_utf16_units(text) <= most:
        return text
    end = 0
    for cluster in find_grapheme_ends(text[:most]):
        if count_utf16_units(text[:cluster]) >= most:
            break
        end = cluster
    kept = text[:end]
    space = max(kept.rfind(" "), kept.rfind("\n"))
    if space >= len(kept) // 2:
        kept = kept[:space]
    return kept.rstrip(" \n,;:–—-") + "…"


def truncate_lines(lines: Sequence[str], most: int = limits.MESSAGE_CONTENT) -> str:
    """As many lines as fit into ``most`` UTF-16 units; the last one counts those left out."""
    left = most - _ROOM_FOR_COUNT
    taken: list[str] = []
    for number, line in enumerate(lines):
        left -= count_utf16_units(line) + 1
        if left < 0:
            left_out = len(lines) - number
            taken.append(
                ngettext("-# … and {count} more line.", "-# … and {count} more lines.", left_out)
            )
            break
        taken.append(line)
    return "\n".join(taken)
