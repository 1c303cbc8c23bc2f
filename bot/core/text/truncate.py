"""A text made short enough, without half a grapheme and, where it can be, without half a word."""

from __future__ import annotations

from bot.core.text.length import utf16_units
from bot.core.text.sentences import cluster_ends

__all__ = ["cut"]


def cut(text: str, most: int) -> str:
    """At most ``most`` UTF-16 units, cut between words where that keeps half of them."""
    if utf16_units(text) <= most:
        return text
    end = 0
    for cluster in cluster_ends(text[:most]):
        if utf16_units(text[:cluster]) >= most:
            break
        end = cluster
    kept = text[:end]
    space = max(kept.rfind(" "), kept.rfind("\n"))
    if space >= len(kept) // 2:
        kept = kept[:space]
    return kept.rstrip(" \n,;:–—-") + "…"
